"""A circuit for pictures: what stands beside its elements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qsb_hw.devices.transmon_squid.oscillator import Anharmonic
from qsb_hw.devices.transmon_squid.pump import PumpedCavity
from qsb_hw.devices.transmon_squid.spec import Cavity, TransmonSquidSpec
from qsb_hw.model.bath import Role
from qsb_hw.model.device import CircuitSketch, SketchedMode
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import show_frequency, watt_to_dbm

_SIDES = {Role.DAMPING: "red", Role.AMPLIFICATION: "blue"}


def sketch_of(spec: TransmonSquidSpec, oscillator: Anharmonic, cavities: tuple[PumpedCavity, ...]) -> CircuitSketch:
    """Oscillator and cavities with their values, as the file gives them or as they follow from it."""
    given = (spec.damping, spec.amplification)
    return CircuitSketch(
        junction=oscillator.transmon is not None,
        values=tuple(_of_oscillator(spec, oscillator)),
        modes=tuple(_mode(cavity, found) for cavity, found in zip(given, cavities, strict=True)),
    )


def _of_oscillator(spec: TransmonSquidSpec, oscillator: Anharmonic) -> Iterator[str]:
    transmon, spacings = oscillator.transmon, oscillator.ladder.transition_frequencies
    if transmon is not None:
        yield f"E_J/h = {show_frequency(transmon.josephson_energy)}"
        yield f"E_C/h = {show_frequency(transmon.charging_energy)}"
    yield f"ω01/2π = {show_frequency(float(spacings[0]))}"
    yield f"ω12/2π = {show_frequency(float(spacings[1]))}"
    yield f"T1 = {_written(spec.oscillator.t1)}"


def _written(quantity: Quantity) -> str:
    """A value as the file has it, its unit as it is printed: 100 µs for "100 us"."""
    return re.sub(r"\bu(?=[A-Za-z])", "µ", quantity.text).replace("Phi_0", "Φ0")


def _mode(given: Cavity, found: PumpedCavity) -> SketchedMode:
    written = (
        ("C", given.capacitance), ("L", given.inductance), ("I_c", given.squid_critical_current),
        ("Φ", given.flux_bias),
    )  # fmt: skip
    values = [] if found.frequency is None else [f"ω_c/2π = {show_frequency(found.frequency)}"]
    values += [f"κ/2π = {show_frequency(found.linewidth)}"]
    values += [f"{symbol} = {_written(quantity)}" for symbol, quantity in written if quantity is not None]
    link = "" if given.mutual_inductance is None else f"M = {_written(given.mutual_inductance)}, "
    drive = f"δ/2π = {show_frequency(found.detuning)}"
    if found.pump_frequency is not None:
        drive = show_frequency(found.pump_frequency)
    if found.power is not None:
        drive += f", {watt_to_dbm(found.power):.0f} dBm".replace("-", "−")
    return SketchedMode(
        name=found.name,
        values=tuple(values),
        squid=given.squid_critical_current is not None,
        link=f"{link}g/2π = {show_frequency(found.coupling)}",
        drive=f"{_SIDES[found.role]} pump: {drive}",
    )
