"""What this platform adds to the platform-neutral criteria."""

from __future__ import annotations

import math
from collections.abc import Iterator

from qsb_hw.devices.ion_trap.coulomb import LARGEST_ORBIT
from qsb_hw.devices.ion_trap.drive import Sideband
from qsb_hw.devices.ion_trap.neighbour import Neighbour
from qsb_hw.devices.ion_trap.wells import TrappedIon
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.units import show, show_frequency

Sidebands = tuple[Sideband, ...]

LARGEST_POWER = 1.0
"""W in one beam: what a narrow laser delivers."""

REQUIREMENT, APPROXIMATION = CriterionKind.REQUIREMENT, CriterionKind.APPROXIMATION
AT_LEAST, AT_MOST = Sense.AT_LEAST, Sense.AT_MOST


def platform_criteria(ion: TrappedIon, sidebands: Sidebands, other: Neighbour, target: int) -> tuple[Criterion, ...]:
    """Criteria of the ion-trap platform for stabilising level `target`.

    `sidebands` are damping, amplification, and a cooling one where there is one. What is held against the narrow tones'
    γ or κ, or concerns level n0, is asked of the two that stabilise it; what concerns the light, of all.
    """
    return (
        *_well_criteria(ion, sidebands[:2], target),
        *_light_criteria(sidebands, target),
        *_of_worst(sidebands),
        *_neighbour_criteria(ion, other),
        *_accuracy_criteria(ion, target),
        *_not_checked(ion),
    )


def _well_criteria(ion: TrappedIon, sidebands: Sidebands, target: int) -> Iterator[Criterion]:
    bound = math.inf if ion.bound_levels is None else float(ion.bound_levels)
    yield Criterion(
        "bound levels", REQUIREMENT, bound, target + 3.0, AT_LEAST,
        "Levels up to n0 + 2 must lie below the barrier, or they do not belong to an oscillator.",
        "Deepen the well: a lattice binds about √(U/E_R)/2 levels.", required_margin=1.0, key="bound_levels",
    )  # fmt: skip
    spread = None if ion.potential.hump else float(ion.motion.tunnelling[: target + 2].max())
    why = "The levels are those of both wells at once, tunnelling included."
    remedy = "Deepen the well: tunnelling falls exponentially with √(U/E_R)."
    shown = "" if spread is None else f"; here {show_frequency(spread, 3)} up to level {target + 1}."
    yield Criterion(
        "tunnelling/κ", REQUIREMENT, None if spread is None else spread / min(s.linewidth for s in sidebands), 0.1,
        AT_MOST,
        why if spread is None else "A level as wide as its band must stay on the sideband" + shown, remedy,
        key="tunnelling_to_linewidth",
    )  # fmt: skip
    yield Criterion(
        "tunnelling/γ", REQUIREMENT, None if spread is None else spread / min(s.gamma for s in sidebands), 1.0,
        AT_MOST,
        why if spread is None else "The ion must be stabilised before it leaves its well" + shown, remedy,
        key="tunnelling_to_gamma",
    )  # fmt: skip


def _light_criteria(sidebands: Sidebands, target: int) -> Iterator[Criterion]:
    """Of the light; what is compared with γ or concerns level n0, of the two stabilising tones."""
    stabilising = sidebands[:2]
    worst = max(sidebands, key=lambda s: s.lamb_dicke)
    yield Criterion(
        "η√(n0+1)", REQUIREMENT, worst.lamb_dicke * math.sqrt(target + 1), 1.0, AT_MOST,
        "First sidebands must dominate, or each scattered photon moves several quanta; "
        f"largest in {worst.name}.",
        "Stiffen the well, use longer waves, or turn the beams across the motion (projection).", key="lamb_dicke",
    )  # fmt: skip
    worst = max(stabilising, key=lambda s: s.decay_lamb_dicke)
    yield Criterion(
        "recoil tail (n0+1)η_d²/3", REQUIREMENT, (target + 1) * worst.decay_lamb_dicke**2 / 3, 0.1, AT_MOST,
        f"Share of |{target + 2}⟩ that emitted photons feed past the damped |{target + 1}⟩: both the way up and the "
        "way back are off resonance, so neither γ nor σ helps.",
        "Stiffen the well (η_d² falls as 1/ω), or emit longer waves or across the motion.", key="recoil_tail",
    )  # fmt: skip
    worst = max(sidebands, key=lambda s: s.light_shift / s.linewidth)
    yield Criterion(
        "carrier light shift Ω²/4|δ|/κ", APPROXIMATION, worst.light_shift / worst.linewidth, 0.1, AT_MOST,
        f"The carrier, driven off resonance, moves the transition off its sideband; most in {worst.name}.",
        "Retune the laser by the shift, raise the trap frequency, or lower Ω.", key="light_shift",
    )  # fmt: skip
    heating = sum(s.carrier_heating for s in sidebands) / min(s.gamma for s in stabilising)
    yield Criterion(
        "carrier scattering heating/γ", APPROXIMATION, heating, 0.05, AT_MOST,
        "Photons scattered on the carrier kick the ion; the rotating-wave model neglects them.",
        "Resolve the sidebands better: it falls as (κ/ω)². Or keep the counter-rotating terms.", key="carrier_heating",
    )  # fmt: skip


def _of_worst(sidebands: Sidebands) -> Iterator[Criterion]:
    """What the worst of the beams that are known decides."""
    powers = {s.name: s.power for s in sidebands if s.power is not None}
    worst = max(powers, key=lambda name: powers[name]) if powers else None
    yield Criterion(
        "laser power", REQUIREMENT, powers[worst] if worst else None, LARGEST_POWER, AT_MOST,
        f"A beam must drive the carrier with Ω; {worst} needs most." if worst
        else "Give transition and beam_waist to know the power a beam needs.",
        "Focus more tightly, lower g/κ, or narrow κ.", unit="W", key="laser_power",
    )  # fmt: skip
    quenched = {s.name: s.quench[0] / s.quench[1] for s in sidebands if s.quench}
    worst = max(quenched, key=lambda name: quenched[name]) if quenched else None
    yield Criterion(
        "quench Ω_q/Γ_f", APPROXIMATION, quenched[worst] if worst else None, 0.1, AT_MOST,
        f"κ = Ω_q²Γ_f/(Γ_f² + 4Δ_q²) needs a fast level that stays empty; largest in {worst}." if worst
        else "The linewidths are given, or natural.",
        "Weaken the quench laser or detune it.", key="quench",
    )  # fmt: skip


def _neighbour_criteria(ion: TrappedIon, other: Neighbour) -> Iterator[Criterion]:
    force, displacement = other.force, other.displacement
    if force is None or displacement is None:
        why = "The other ion's force points across the motion, or the spec has no separation."
    else:
        why = (
            f"The repulsion must not move the ion out of its well: uncompensated, {show(force, 'N', 3)} move it by "
            f"{show(displacement, 'm', 3)}, where ω and K differ."
        )
    yield Criterion(
        "static Coulomb force/largest restoring force", REQUIREMENT,
        None if force is None else force / ion.largest_force,
        0.5, AT_MOST, why,
        "Compensate the force with a static field gradient, move the wells apart (it falls as 1/s²), or deepen them.",
        key="static_force",
    )  # fmt: skip
    yield Criterion(
        "zero-point size over spacing", REQUIREMENT, other.orbit_ratio, LARGEST_ORBIT, AT_MOST,
        "Needs a [pair] with a separation." if other.orbit_ratio is None
        else "The exchange is linear in each displacement only while the amplitudes of n0 + 1 quanta are small.",
        "Move the wells apart or stiffen them.", key="zero_point_to_spacing",
    )  # fmt: skip


def _accuracy_criteria(ion: TrappedIon, target: int) -> Iterator[Criterion]:
    error = float(ion.motion.grid_error[: target + 2].max())
    kerr = abs(ion.motion.kerr(target))
    yield Criterion(
        "grid error/K", APPROXIMATION, error / kerr if kerr else None, 0.01, AT_MOST,
        f"K is a small difference of level energies, which are known to {show_frequency(error, 2)}."
        if kerr else "The ladder is harmonic (K = 0).",
        "Scale the well down to where it is anharmonic, or use perturbation theory.", key="grid_error",
    )  # fmt: skip
    if ion.kerr_error is None:
        return
    error = ion.kerr_error.total
    yield Criterion(
        "error of K by the table/K", APPROXIMATION, error / kerr, 0.1, AT_MOST,
        f"K/2π is {show_frequency(kerr, 3)} ± {show_frequency(error, 2)}: digits and steps of the table say no more.",
        ion.kerr_error.hint(0.1 * kerr), key="table_error",
    )  # fmt: skip


def _not_checked(ion: TrappedIon) -> Iterator[Criterion]:
    optical = hasattr(ion.potential, "depth")
    yield Criterion(
        "same well for g, e and e′", APPROXIMATION, None, 0.1, AT_MOST,
        "Not checked: the light of the well may hold the internal levels differently, shifting the transitions and "
        "moving the ion when it is excited, and it scatters." if optical
        else "Not checked: the well is taken to be the same for all internal levels, as static and radio-frequency "
        "fields are.",
        "Choose a magic wavelength, or drive hyperfine levels of the ground state.", key="same_well_for_all_levels",
    )  # fmt: skip
    yield Criterion(
        "light does not disturb the well", APPROXIMATION, None, 0.1, AT_MOST,
        "Not checked: the driving and quenching light is taken not to disturb the well, each transition to end in an "
        "excited level of its own, and every decay to lead back to the ground level.",
        "Add repumping light; choose beams whose gradients are small over the ion's orbit.", key="light_on_well",
    )  # fmt: skip
