"""Derived numbers of a device, for its tables."""

from __future__ import annotations

from collections.abc import Iterator

from qsb_hw.devices.transmon_squid.constants import FLUX_QUANTUM
from qsb_hw.devices.transmon_squid.oscillator import Anharmonic
from qsb_hw.devices.transmon_squid.pump import PumpedCavity
from qsb_hw.model.device import DerivedQuantity
from qsb_hw.units import to_hertz, watt_to_dbm


def device_facts(
    oscillator: Anharmonic,
    cavities: tuple[PumpedCavity, ...],
    target: int,
    coupling: float | None,
    capacitance_ratio: float | None,
) -> tuple[DerivedQuantity, ...]:
    """Everything worth showing; what the spec does not tell is left out."""
    return (
        *_oscillator_facts(oscillator, target),
        *(fact for cavity in cavities for fact in _cavity_facts(cavity)),
        *_present(
            ("coupling V", _hertz(coupling), "Hz", "between neighbours"),
            ("coupling capacitance C_g/C", capacitance_ratio, "", ""),
        ),
    )


def _oscillator_facts(oscillator: Anharmonic, target: int) -> Iterator[DerivedQuantity]:
    transmon, ladder = oscillator.transmon, oscillator.ladder
    if transmon is not None:
        e_j, e_c = transmon.josephson_energy, transmon.charging_energy
        yield DerivedQuantity("Josephson energy E_J", to_hertz(e_j), "Hz", "at the flux bias")
        yield DerivedQuantity("charging energy E_C", to_hertz(e_c), "Hz", "e²/2C")
        yield DerivedQuantity("E_J/E_C", e_j / e_c)
        yield DerivedQuantity("bound levels", float(transmon.bound_levels), "", "below the barrier")
    spacings = to_hertz(ladder.transition_frequencies)
    for n in range(target + 1):
        yield DerivedQuantity(f"transition ω{n}{n + 1}", float(spacings[n]), "Hz")
    yield DerivedQuantity(f"K at n0 = {target}", to_hertz(ladder.kerr_at(target)), "Hz", "half the drop in spacing")
    if transmon is not None:
        for n in (target - 1, target):
            spread = to_hertz(float(transmon.dispersion[n]))
            yield DerivedQuantity(f"charge dispersion of ω{n}{n + 1}", spread, "Hz", "peak to peak")
        yield DerivedQuantity("zero-point charge n_zpf", transmon.zero_point_charge, "", "⟨0|n|1⟩, Cooper pairs")
    yield from _present(("zero-point current I_zpf", oscillator.zero_point_current, "A", "⟨0|I|1⟩"))
    yield DerivedQuantity("thermal occupation n_th", oscillator.decoherence.thermal_occupation)


def _cavity_facts(cavity: PumpedCavity) -> Iterator[DerivedQuantity]:
    slope, flux = cavity.flux_slope, cavity.zero_point_flux
    power = None if cavity.power is None else watt_to_dbm(cavity.power)
    yield from _present(
        (f"{cavity.name} cavity ω_c", _hertz(cavity.frequency), "Hz", ""),
        (f"{cavity.name} linewidth κ", _hertz(cavity.linewidth), "Hz", "energy decay"),
        (f"{cavity.name} SQUID participation p", cavity.participation, "", ""),
        (f"{cavity.name} dω_c/dΦ", None if slope is None else to_hertz(slope) * FLUX_QUANTUM, "Hz", "per Φ0"),
        (f"{cavity.name} flux zero point M I_zpf/Φ0", None if flux is None else flux / FLUX_QUANTUM, "", ""),
        (f"{cavity.name} g0", _hertz(cavity.single_photon_coupling), "Hz", ""),
        (f"{cavity.name} photons n_c", cavity.photons, "", ""),
        (f"{cavity.name} coupling g", _hertz(cavity.coupling), "Hz", ""),
        (f"{cavity.name} g/κ", cavity.coupling / cavity.linewidth, "", ""),
        (f"{cavity.name} pump detuning δ", _hertz(cavity.detuning), "Hz", ""),
        (f"{cavity.name} pump frequency", _hertz(cavity.pump_frequency), "Hz", "ω_c + δ"),
        (f"{cavity.name} pump power", power, "dBm", "at the chip"),
        (f"{cavity.name} cavity Kerr K_c", _hertz(cavity.kerr), "Hz", "of −K_c c†²c²"),
        (f"{cavity.name} screening β_L", cavity.screening, "", ""),
    )


def _present(*rows: tuple[str, float | None, str, str]) -> Iterator[DerivedQuantity]:
    yield from (DerivedQuantity(name, value, unit, note) for name, value, unit, note in rows if value is not None)


def _hertz(angular: float | None) -> float | None:
    return None if angular is None else float(to_hertz(angular))
