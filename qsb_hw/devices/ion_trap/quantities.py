"""Derived numbers of a device, for its tables."""

from __future__ import annotations

import math
from collections.abc import Iterator

from qsb_hw.devices.ion_trap.constants import HBAR
from qsb_hw.devices.ion_trap.drive import Sideband
from qsb_hw.devices.ion_trap.motion import perturbative_kerr
from qsb_hw.devices.ion_trap.neighbour import Neighbour
from qsb_hw.devices.ion_trap.potentials import OpticalLattice
from qsb_hw.devices.ion_trap.wells import TrappedIon
from qsb_hw.model.device import DerivedQuantity, HeldBy, QuantityRow, known_quantities
from qsb_hw.units import TWO_PI, show_frequency, to_hertz


def derived_quantities(
    ion: TrappedIon, sidebands: tuple[Sideband, ...], other: Neighbour, target: int
) -> tuple[DerivedQuantity, ...]:
    """Everything worth showing; what the spec does not tell is left out."""
    return known_quantities(
        *_of_well(ion),
        *_of_motion(ion, target),
        *(row for s in sidebands for row in _of_sideband(s, ion)),
        *_of_neighbour(ion, other),
        held_by=_held_by(ion, sidebands, target),
    )


def _held_by(ion: TrappedIon, sidebands: tuple[Sideband, ...], target: int) -> dict[str, tuple[HeldBy, ...]]:
    """Criteria that bound a quantity, by its key."""
    root, kerr = math.sqrt(target + 1), abs(_hertz(ion.motion.kerr(target)))
    stabilising = sidebands[:2]
    kappa, gamma = (_hertz(min(x)) for x in ([s.linewidth for s in stabilising], [s.gamma for s in stabilising]))
    tunnelling = [HeldBy(criterion="tunnelling_to_linewidth", scale=kappa)]
    if gamma:
        tunnelling.append(HeldBy(criterion="tunnelling_to_gamma", scale=gamma))
    found = {
        "bound_levels": (HeldBy(criterion="bound_levels", scale=1.0),),
        "tunnelling": tuple(tunnelling),
        f"kerr_{target}": (HeldBy(criterion="kerr_to_linewidth"), HeldBy(criterion="kerr_to_gamma")),
        "static_force_ratio": (HeldBy(criterion="static_force", scale=1.0),),
    }
    for s in sidebands:
        own = {
            "lamb_dicke": HeldBy(criterion="lamb_dicke", scale=1 / root),
            "light_shift": HeldBy(criterion="light_shift", scale=_hertz(s.linewidth)),
            "laser_power": HeldBy(criterion="laser_power", scale=1.0),
        }
        if s in stabilising:
            own |= {
                "linewidth": HeldBy(criterion="kerr_to_linewidth", scale=kerr, power=-1.0),
                "decay_lamb_dicke": HeldBy(criterion="recoil_tail", scale=math.sqrt(3) / root, power=2.0),
                "coupling": HeldBy(criterion="adiabaticity", scale=_hertz(s.linewidth) / root),
                "coupling_to_linewidth": HeldBy(criterion="adiabaticity", scale=1 / root),
            }
        found |= {f"{s.name}_{key}": (held,) for key, held in own.items()}
    return found


def recoil_energy(wavelength: float, mass: float) -> float:
    """ħk²/2m in rad/s of one photon of `wavelength` (m) on `mass` (kg)."""
    return HBAR * (TWO_PI / wavelength) ** 2 / (2 * mass)


def _of_well(ion: TrappedIon) -> Iterator[QuantityRow]:
    well, solved = ion.potential, ion.motion.levels
    yield "mass", "mass", ion.species.mass, "kg", ion.species.name
    depth = well.barrier / HBAR
    yield "depth", "depth", _hertz(depth) if depth < math.inf else None, "Hz", "up to the barrier, over h"
    if isinstance(well, OpticalLattice):
        recoil = well.recoil_energy(ion.species.mass) / HBAR
        yield "lattice_recoil_energy", "lattice recoil energy E_R", _hertz(recoil), "Hz", "ħ²k²/2m, over h"
        yield "depth_in_recoils", "depth U/E_R", depth / recoil, "", ""
    bound = None if ion.bound_levels is None else float(ion.bound_levels)
    note = "below the barrier" if solved == ion.bound_levels else f"below the barrier, {solved} of them solved"
    yield "bound_levels", "bound levels", bound, "", note


def _of_motion(ion: TrappedIon, target: int) -> Iterator[QuantityRow]:
    motion = ion.motion
    for n, spacing in enumerate(motion.ladder().transition_frequencies[: target + 1]):
        yield f"transition_{n}_{n + 1}", f"transition ω{n}{n + 1}", _hertz(spacing), "Hz", "of the ion alone"
    for n in range(1, min(target + 1, motion.levels - 2) + 1):
        yield f"kerr_{n}", f"K at level {n}", _hertz(motion.kerr(n)), "Hz", "half the difference of the spacings"
    error = None if ion.kerr_error is None else _hertz(ion.kerr_error.total)
    yield "kerr_error", "error of K", error, "Hz", "digits and steps of the table"
    expansion = ion.potential.expansion()
    if expansion.c2 > 0 and not ion.potential.hump:
        kerr = _hertz(perturbative_kerr(*expansion, ion.species.mass))
        yield "perturbative_kerr", "K, perturbation theory", kerr, "Hz", "30c3²x0⁶/ħ²ω − 6c4x0⁴/ħ"
    yield "zero_point_motion", "zero-point motion ⟨1|x|0⟩", ion.lamb_dicke_length, "m", ""
    tunnelling, rounding = (float(x[: target + 2].max()) for x in (motion.tunnelling, motion.grid_error))
    note = f"widest up to level {target + 1}"
    if 0 < tunnelling <= rounding:
        note += f", less than the levels' error of {show_frequency(rounding, 2)}"
    yield "tunnelling", "tunnelling", _hertz(tunnelling), "Hz", note
    yield "heating_rate", "heating ṅ", ion.decoherence.heating_rate, "1/s", "quanta per second"


def _of_sideband(s: Sideband, ion: TrappedIon) -> Iterator[QuantityRow]:
    recoil = _hertz(recoil_energy(s.decay_wavelength, ion.species.mass))
    rows: tuple[QuantityRow, ...] = (
        ("wavelength", "wavelength", s.wavelength, "m", ""),
        ("lamb_dicke", "Lamb–Dicke parameter η", s.lamb_dicke, "", "k⟨1|x|0⟩"),
        ("decay_lamb_dicke", "Lamb–Dicke parameter of decay", s.decay_lamb_dicke, "", "of the emitted photon"),
        ("linewidth", "linewidth κ", _hertz(s.linewidth), "Hz", s.origin),
        ("rabi_frequency", "Rabi frequency Ω", _hertz(s.rabi_frequency), "Hz", "of the carrier, ion at rest"),
        ("coupling", "coupling g", _hertz(s.coupling), "Hz", "ηΩ/2"),
        ("coupling_to_linewidth", "g/κ", s.coupling / s.linewidth, "", ""),
        ("gamma", "γ", _hertz(s.gamma), "Hz", "4g²/κ = η²Ω²/κ"),
        ("detuning", "detuning δ", _hertz(s.detuning), "Hz", ""),
        ("recoil_energy", "recoil energy", recoil, "Hz", "of the emitted photon; a third of it along the motion"),
        ("light_shift", "carrier light shift", _hertz(s.light_shift), "Hz", "Ω²/4|δ|"),
        ("carrier_scattering", "carrier scattering", s.carrier_scattering, "1/s", "κ(Ω/2δ)²"),
        ("laser_power", "laser power", s.power, "W", "strongest component, best polarisation"),
    )
    for key, name, value, unit, note in rows:
        yield f"{s.name}_{key}", f"{s.name} {name}", value, unit, note


def _of_neighbour(ion: TrappedIon, other: Neighbour) -> Iterator[QuantityRow]:
    coupling = None if other.exchange is None else _hertz(other.exchange)
    yield "coupling", "coupling V", coupling, "Hz", "between the two"
    if other.separation is None:
        return
    yield "separation", "separation", other.separation, "m", "to the nearest other ion"
    yield "coulomb_shift", "Coulomb shift", _hertz(other.shift), "Hz", "by all other ions, in the ladder"
    yield "static_force", "static Coulomb force", other.force, "N", "taken to be compensated"
    yield "static_displacement", "static displacement", other.displacement, "m", "F/mω², if it is not compensated"
    ratio = None if other.force is None else other.force / ion.largest_force
    yield "static_force_ratio", "static Coulomb force/largest restoring force", ratio, "", ""


def _hertz(angular: float) -> float:
    return float(to_hertz(angular))
