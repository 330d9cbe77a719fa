"""Derived numbers of a device, for its tables."""

from __future__ import annotations

from collections.abc import Iterator

from qsb_hw.devices.ion_trap.chain import Chain
from qsb_hw.devices.ion_trap.constants import HBAR
from qsb_hw.devices.ion_trap.drive import Sideband
from qsb_hw.devices.ion_trap.motion import perturbative_kerr
from qsb_hw.devices.ion_trap.potentials import OpticalLattice
from qsb_hw.devices.ion_trap.wells import TrappedIon
from qsb_hw.model.device import DerivedQuantity
from qsb_hw.units import TWO_PI, to_hertz


def device_facts(
    ion: TrappedIon, sidebands: tuple[Sideband, ...], neighbours: Chain, target: int
) -> tuple[DerivedQuantity, ...]:
    """Everything worth showing; what the spec does not tell is left out."""
    return (
        *_well_facts(ion),
        *_motion_facts(ion, target),
        *(fact for s in sidebands for fact in _sideband_facts(s, ion)),
        *_neighbour_facts(ion, neighbours),
    )


def recoil_energy(wavelength: float, mass: float) -> float:
    """ħk²/2m in rad/s of one photon of `wavelength` (m) on `mass` (kg)."""
    return HBAR * (TWO_PI / wavelength) ** 2 / (2 * mass)


def _well_facts(ion: TrappedIon) -> Iterator[DerivedQuantity]:
    well = ion.potential
    yield DerivedQuantity("mass", ion.species.mass, "kg", ion.species.name)
    depth = well.barrier / HBAR
    if depth < float("inf"):
        yield DerivedQuantity("depth", _hertz(depth), "Hz", "up to the barrier, over h")
    if isinstance(well, OpticalLattice):
        recoil = well.recoil_energy(ion.species.mass) / HBAR
        yield DerivedQuantity("lattice recoil energy E_R", _hertz(recoil), "Hz", "ħ²k²/2m, over h")
        yield DerivedQuantity("depth U/E_R", depth / recoil)
    if ion.bound_levels is not None:
        yield DerivedQuantity("bound levels", float(ion.bound_levels), "", _how_counted(ion))


def _how_counted(ion: TrappedIon) -> str:
    solved = ion.motion.levels
    return "below the barrier" if solved == ion.bound_levels else f"below the barrier, {solved} of them solved"


def _motion_facts(ion: TrappedIon, target: int) -> Iterator[DerivedQuantity]:
    motion = ion.motion
    spacings = motion.ladder().transition_frequencies
    for n in range(target + 1):
        yield DerivedQuantity(f"transition ω{n}{n + 1}", _hertz(spacings[n]), "Hz", "of the ion alone")
    for n in range(1, min(target + 1, motion.levels - 2) + 1):
        yield DerivedQuantity(f"K at level {n}", _hertz(motion.kerr(n)), "Hz", "half the drop in spacing")
    if ion.kerr_error is not None:
        yield DerivedQuantity("error of K", _hertz(ion.kerr_error.total), "Hz", "digits and steps of the table")
    expansion = ion.potential.expansion()
    if expansion.c2 > 0 and not ion.potential.hump:
        kerr = perturbative_kerr(*expansion, ion.species.mass)
        yield DerivedQuantity("K, perturbation theory", _hertz(kerr), "Hz", "30c3²x0⁶/ħ²ω − 6c4x0⁴/ħ")
    yield DerivedQuantity("zero-point motion ⟨1|x|0⟩", ion.lamb_dicke_length, "m")
    tunnelling = float(motion.tunnelling[: target + 2].max())
    yield DerivedQuantity("tunnelling", _hertz(tunnelling), "Hz", f"widest up to level {target + 1}")
    yield DerivedQuantity("heating ṅ", ion.decoherence.heating_rate, "1/s", "quanta per second")


def _sideband_facts(s: Sideband, ion: TrappedIon) -> Iterator[DerivedQuantity]:
    yield DerivedQuantity(f"{s.name} wavelength", s.wavelength, "m")
    yield DerivedQuantity(f"{s.name} Lamb–Dicke parameter η", s.lamb_dicke, "", "k⟨1|x|0⟩")
    yield DerivedQuantity(f"{s.name} Lamb–Dicke parameter of decay", s.decay_lamb_dicke, "", "of the emitted photon")
    yield DerivedQuantity(f"{s.name} linewidth κ", _hertz(s.linewidth), "Hz", s.origin)
    yield DerivedQuantity(f"{s.name} Rabi frequency Ω", _hertz(s.rabi_frequency), "Hz", "of the carrier, ion at rest")
    yield DerivedQuantity(f"{s.name} coupling g", _hertz(s.coupling), "Hz", "ηΩ/2")
    yield DerivedQuantity(f"{s.name} g/κ", s.coupling / s.linewidth)
    yield DerivedQuantity(f"{s.name} γ", _hertz(s.gamma), "Hz", "4g²/κ = η²Ω²/κ")
    yield DerivedQuantity(f"{s.name} detuning δ", _hertz(s.detuning), "Hz")
    recoil = recoil_energy(s.decay_wavelength, ion.species.mass)
    yield DerivedQuantity(
        f"{s.name} recoil energy", _hertz(recoil), "Hz", "of the emitted photon; a third of it along the motion"
    )
    yield DerivedQuantity(f"{s.name} carrier light shift", _hertz(s.light_shift), "Hz", "Ω²/4|δ|")
    yield DerivedQuantity(f"{s.name} carrier scattering", s.carrier_scattering, "1/s", "κ(Ω/2δ)²")
    if s.power is not None:
        yield DerivedQuantity(f"{s.name} laser power", s.power, "W", "strongest component, best polarisation")


def _neighbour_facts(ion: TrappedIon, neighbours: Chain) -> Iterator[DerivedQuantity]:
    if len(neighbours.exchange) > 1:
        yield DerivedQuantity("coupling V", _hertz(float(neighbours.exchange[0, 1])), "Hz", "between neighbours")
    if neighbours.separation is None:
        return
    yield DerivedQuantity("separation", neighbours.separation, "m", "between neighbours")
    yield DerivedQuantity(
        "Coulomb shift", _hertz(neighbours.shift), "Hz", "of every ion, in the ladder; mean over the chain"
    )
    if neighbours.push is not None and neighbours.displacement is not None:
        yield DerivedQuantity("static push", neighbours.push, "N", "by the neighbours, taken to be compensated")
        yield DerivedQuantity("static displacement", neighbours.displacement, "m", "F/mω², if it is not")
        yield DerivedQuantity("static push/largest restoring force", neighbours.push / ion.largest_force)


def _hertz(angular: float) -> float:
    return float(to_hertz(angular))
