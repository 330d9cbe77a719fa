"""A device or a chip with other numbers in its file: what a flux does to everything at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qsb_hw.devices.catalog import chip_from_spec, device_from_spec
from qsb_hw.devices.pumps import LEFT, PUMPS, RETUNED, left_alone
from qsb_hw.errors import ArgumentError, require
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.spec.base import DeviceSpec, Section
from qsb_hw.spec.chip import ChipSpec
from qsb_hw.spec.load import validate
from qsb_hw.spec.paths import field_at, leaves, prepared, with_value
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import written

FLUX = "oscillator.flux_bias"
"""The number of a device's file that is its flux bias."""


def rebuilt(
    built: Device | Chip, values: Mapping[str, float], pumps: str = RETUNED, source: str = "spec"
) -> Device | Chip:
    """The same device or chip with some numbers of its file set (internal units), built anew.

    Of a part of a chip the same part. Pumps follow ("retuned") or keep their frequency and power ("left").
    `ArgumentError` if there is no such number, or what is built did not come from a file; `SpecError` if nothing can be
    built of them.
    """
    spec = spec_of(built)
    require(pumps in PUMPS, "Pumps must be retuned or left", repr(pumps), "Choose one of these.")
    table: Any = prepared(spec)
    for path, value in values.items():
        field = field_at(type(spec), path)
        text, within = written(value, field.reads.kind), field.reads.within
        require(within.holds(value), f"{path} must be {within.words}", text, "Stay within its range.")
        table = with_value(table, field.keys, Quantity(value, text))
    found = validate(type(spec), table, source)
    if pumps == LEFT:
        assert isinstance(spec, DeviceSpec | ChipSpec)
        at_rest = device_from_spec(spec, source) if isinstance(spec, DeviceSpec) else chip_from_spec(spec, source)
        found = validate(type(spec), left_alone(found, at_rest, [*values]), source)
    if isinstance(built, Device):
        assert isinstance(found, DeviceSpec)
        return device_from_spec(found, source)
    assert isinstance(found, ChipSpec)
    chip = chip_from_spec(found, source)
    return chip if chip.names == built.names else chip.part(built.names)


def spec_of(built: Device | Chip) -> Section:
    """The spec that something was built of; `ArgumentError` where that is not that of its file."""
    spec = built.spec
    kind = ChipSpec if isinstance(built, Chip) else DeviceSpec
    must = "What is built anew must come from the file of a chip" if kind is ChipSpec else (
        "What is built anew must come from a file")  # fmt: skip
    require(isinstance(spec, kind), must, built.name, "Load it from its file.")
    assert isinstance(spec, Section)
    return spec


def flux_of(built: Device | Chip, node: str | None = None) -> float:
    """Flux bias in Wb in the file of a device, or of a node of a chip; `ArgumentError` where it has none."""
    path = flux_path(node)
    found = dict(leaves(prepared(spec_of(built)))).get(path)
    if not isinstance(found, Quantity):
        raise ArgumentError(
            f"A flux must be that of a split junction whose file gives {path[2:]}, but {node or built.name} has none. "
            "Give its flux_bias, or use a detuning."
        )
    return found.value


def flux_path(node: str | None = None) -> str:
    """Path of the flux bias in the file of a device, or of a node in that of a chip."""
    return f"$.{FLUX}" if node is None else f"$.node.{node}.{FLUX}"
