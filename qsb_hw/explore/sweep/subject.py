"""What is varied: the numbers of a device file or of a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qsb_hw.devices.catalog import device_file, device_from_spec, platforms
from qsb_hw.errors import ArgumentError, require, shown
from qsb_hw.explore.sweep.models import MODELS, KerrCavities, LorentzianPair
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.spec.base import DeviceSpec, Section
from qsb_hw.spec.load import read_toml, validate
from qsb_hw.spec.paths import SpecField, Table, field_at, leaves, prepared, with_value
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import written

_NOT_PHYSICS = ("$.name", "$.description")


@dataclass(frozen=True, slots=True)
class Subject:
    """A device file or a model, ready to be varied and sent to a worker.

    `table` is as `qsb_hw.spec.paths.prepared` gives it, `source` the path of the file, for errors and files beside it.
    """

    table: Table = field(repr=False)
    source: str

    @property
    def spec_class(self) -> type[Section]:
        """The class its tables are validated by."""
        return MODELS[self.table["model"]] if self.dimensionless else platforms()[self.table["platform"]].spec

    @property
    def name(self) -> str:
        """Name in the file, else the tag of the model."""
        return str(self.table.get("name") or self.table.get("model"))

    @property
    def is_pair_model(self) -> bool:
        """Whether there is nothing but two eliminated oscillators."""
        return self.table.get("model") == "lorentzian_pair"

    @property
    def dimensionless(self) -> bool:
        """Whether its numbers are pure: it is a model and no device."""
        return "model" in self.table

    def field(self, path: str) -> SpecField:
        """Numeric field at a path; `ArgumentError` if there is none."""
        return field_at(self.spec_class, path)

    def spec(self, values: Mapping[str, float] | None = None) -> Section:
        """The validated spec, with some of its fields set in internal units, within their ranges."""
        table: Any = self.table
        for path, value in (values or {}).items():
            field = self.field(path)
            text, within = written(value, field.reads.kind), field.reads.within
            require(within.holds(value), f"{path} must be {within.words}", text, "Stay within its range.")
            table = with_value(table, field.keys, Quantity(value, text))
        return validate(self.spec_class, table, self.source)

    def build(self, values: Mapping[str, float] | None = None) -> Device | EffectiveOscillator:
        """The device with those values; of a model of two eliminated oscillators one of them."""
        spec = self.spec(values)
        if isinstance(spec, DeviceSpec):
            return device_from_spec(spec, self.source)
        assert isinstance(spec, LorentzianPair | KerrCavities)
        return spec.build()

    def number(self, path: str) -> Quantity | None:
        """Number of the file at a path; None if there is none."""
        found = dict(leaves(self.table)).get(self.field(path).path)
        return found if isinstance(found, Quantity) else None

    def canonical(self) -> dict[str, str]:
        """Everything the physics depends on, by path; numbers exactly, tabulated potentials by their hash."""
        values = ((path, value) for path, value in leaves(self.table) if path not in _NOT_PHYSICS)
        found = {path: repr(value.value) if isinstance(value, Quantity) else str(value) for path, value in values}
        if (beside := found.get("$.potential.file")) is not None:
            content = Path(self.source).parent / beside
            found["$.potential.file"] = hashlib.sha256(content.read_bytes()).hexdigest() if content.exists() else beside
        return found

    @property
    def digest(self) -> str:
        """Hash of everything the physics depends on."""
        lines = (f"{path}={text}" for path, text in sorted(self.canonical().items()))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def subject_of(spec: Any) -> Subject:
    """Subject of a path, the name of a shipped file, a table, a validated spec or a device."""
    if isinstance(spec, Subject):
        return spec
    if isinstance(spec, Device):
        return subject_of(spec.spec)
    if isinstance(spec, Section):
        return Subject(prepared(spec), "spec")
    if isinstance(spec, str | Path):
        file = device_file(spec)
        return _validated(read_toml(file), str(file))
    if isinstance(spec, Mapping):
        return _validated(spec, "spec")
    raise ArgumentError(f"A device must be given by its file or a table, but found {type(spec).__name__}. Pass one.")


def _validated(table: Mapping[str, Any], source: str) -> Subject:
    if "model" in table:
        tag = table["model"]
        if not isinstance(tag, str) or tag not in MODELS:
            raise ArgumentError(f"`model` must be one of {', '.join(MODELS)}, but found {shown(tag)}. Correct it.")
        return Subject(prepared(validate(MODELS[tag], table, source)), source)
    return Subject(prepared(device_from_spec(table, source).spec), source)
