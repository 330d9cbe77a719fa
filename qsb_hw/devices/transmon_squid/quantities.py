"""Derived numbers of a device, for its tables."""

from __future__ import annotations

import math
from collections.abc import Iterator

from qsb_hw.devices.transmon_squid.oscillator import Anharmonic
from qsb_hw.devices.transmon_squid.pump import PumpedCavity
from qsb_hw.model.device import DerivedQuantity, HeldBy, QuantityRow, known_quantities
from qsb_hw.units import FLUX_QUANTUM, to_hertz, watt_to_dbm


def derived_quantities(
    oscillator: Anharmonic,
    cavities: tuple[PumpedCavity, ...],
    target: int,
    coupling: float | None,
    capacitance_ratio: float | None,
) -> tuple[DerivedQuantity, ...]:
    """Everything worth showing; what the spec does not tell is left out."""
    return known_quantities(
        *_of_oscillator(oscillator, target),
        *(row for cavity in cavities for row in _of_cavity(cavity)),
        ("coupling", "coupling V", _hertz(coupling), "Hz", "between the two"),
        ("coupling_capacitance_ratio", "coupling capacitance C_g/C", capacitance_ratio, "", ""),
        held_by=_held_by(oscillator, cavities, target),
    )


def _held_by(oscillator: Anharmonic, cavities: tuple[PumpedCavity, ...], target: int) -> dict[str, tuple[HeldBy, ...]]:
    """Criteria that bound a quantity, by its key."""
    kappa, gamma = min(c.linewidth for c in cavities), min(c.gamma for c in cavities)
    kerr, root = abs(to_hertz(oscillator.ladder.kerr_at(target))), math.sqrt(target + 1)
    dispersion = [HeldBy(criterion="charge_dispersion_to_linewidth", scale=to_hertz(kappa))]
    if gamma:
        dispersion.append(HeldBy(criterion="charge_dispersion_to_gamma", scale=to_hertz(gamma)))
    found = {f"charge_dispersion_{n}_{n + 1}": tuple(dispersion) for n in (target - 1, target)}
    found["bound_levels"] = (HeldBy(criterion="bound_levels", scale=1.0),)
    for cavity in cavities:
        width = to_hertz(cavity.linewidth)
        own = {
            "linewidth": HeldBy(criterion="kerr_to_linewidth", scale=kerr, power=-1.0),
            "single_photon_coupling": HeldBy(criterion="single_photon_coupling_to_linewidth", scale=width),
            "photon_number": HeldBy(criterion="photon_number", scale=1.0),
            "coupling": HeldBy(criterion="adiabaticity", scale=width / root),
            "coupling_to_linewidth": HeldBy(criterion="adiabaticity", scale=1 / root),
            "pump_power": HeldBy(criterion="pump_power"),
            "screening": HeldBy(criterion="screening", scale=1.0),
        }
        if cavity.photons:
            own["kerr"] = HeldBy(criterion="cavity_kerr_shift", scale=width / (4 * cavity.photons))
        section = cavity.name
        found |= {f"{section}_{key}": (held,) for key, held in own.items()}
    return found


def _of_oscillator(oscillator: Anharmonic, target: int) -> Iterator[QuantityRow]:
    transmon, ladder = oscillator.transmon, oscillator.ladder
    if transmon is not None:
        e_j, e_c = transmon.josephson_energy, transmon.charging_energy
        yield "josephson_energy", "Josephson energy E_J", _hertz(e_j), "Hz", "at the flux bias"
        yield "charging_energy", "charging energy E_C", _hertz(e_c), "Hz", "e²/2C"
        yield "energy_ratio", "E_J/E_C", e_j / e_c, "", ""
        yield "bound_levels", "bound levels", float(transmon.bound_levels), "", "below the barrier"
    for n, spacing in enumerate(ladder.transition_frequencies[: target + 1]):
        yield f"transition_{n}_{n + 1}", f"transition ω{n}{n + 1}", _hertz(spacing), "Hz", ""
    kerr = _hertz(ladder.kerr_at(target))
    yield "kerr", f"K at n0 = {target}", kerr, "Hz", "half the difference of the spacings"
    alpha = _hertz(ladder.transition_frequencies[1] - ladder.transition_frequencies[0])
    yield "anharmonicity", "anharmonicity α", alpha, "Hz", "ω12 − ω01"
    if transmon is not None:
        for n in range(target + 1):
            key, name = f"charge_dispersion_{n}_{n + 1}", f"charge dispersion of ω{n}{n + 1}"
            yield key, name, _hertz(transmon.dispersion[n]), "Hz", "peak to peak"
        charge = transmon.zero_point_charge
        yield "zero_point_charge", "zero-point charge n_zpf", charge, "", "⟨0|n|1⟩, Cooper pairs"
    yield "zero_point_current", "zero-point current I_zpf", oscillator.zero_point_current, "A", "⟨0|I|1⟩"
    occupation = oscillator.decoherence.thermal_occupation
    yield "thermal_occupation", "thermal occupation n_th", occupation, "", ""


def _of_cavity(cavity: PumpedCavity) -> Iterator[QuantityRow]:
    slope, flux = cavity.flux_slope, cavity.zero_point_flux
    power = None if cavity.power is None else watt_to_dbm(cavity.power)
    slope_per_quantum = None if slope is None else to_hertz(slope) * FLUX_QUANTUM
    rows: tuple[QuantityRow, ...] = (
        ("cavity_frequency", "cavity ω_c", _hertz(cavity.frequency), "Hz", ""),
        ("linewidth", "linewidth κ", _hertz(cavity.linewidth), "Hz", "energy decay"),
        ("participation", "SQUID participation p", cavity.participation, "", ""),
        ("flux_slope", "dω_c/dΦ", slope_per_quantum, "Hz", "per Φ0"),
        ("zero_point_flux", "flux zero point M I_zpf/Φ0", None if flux is None else flux / FLUX_QUANTUM, "", ""),
        ("single_photon_coupling", "g0", _hertz(cavity.single_photon_coupling), "Hz", ""),
        ("photon_number", "photons n_c", cavity.photons, "", ""),
        ("coupling", "coupling g", _hertz(cavity.coupling), "Hz", ""),
        ("coupling_to_linewidth", "g/κ", cavity.coupling / cavity.linewidth, "", ""),
        ("pump_detuning", "pump detuning δ", _hertz(cavity.detuning), "Hz", ""),
        ("pump_frequency", "pump frequency", _hertz(cavity.pump_frequency), "Hz", "ω_c + δ"),
        ("pump_power", "pump power", power, "dBm", "at the chip"),
        ("kerr", "cavity Kerr K_c", _hertz(cavity.kerr), "Hz", "of −K_c c†²c²"),
        ("screening", "screening β_L", cavity.screening, "", ""),
    )
    section = cavity.name
    for key, name, value, unit, note in rows:
        yield f"{section}_{key}", f"{section} {name}", value, unit, note


def _hertz(angular: float | None) -> float | None:
    return None if angular is None else float(to_hertz(angular))
