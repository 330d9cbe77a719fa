"""From an ion-trap spec to a device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from qsb_hw.devices.ion_trap.criteria import platform_criteria
from qsb_hw.devices.ion_trap.drive import Sideband, sideband, sideband_problems
from qsb_hw.devices.ion_trap.neighbour import Neighbour, neighbour
from qsb_hw.devices.ion_trap.quantities import derived_quantities
from qsb_hw.devices.ion_trap.spec import IonTrapSpec
from qsb_hw.devices.ion_trap.wells import TrappedIon, trapped_ion
from qsb_hw.devices.ion_trap.words import VOCABULARY
from qsb_hw.errors import ArgumentError, Problem, SpecError
from qsb_hw.model.bath import Bath
from qsb_hw.model.device import Device, pair_coupling
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.noise import Noise, SlowLaw, SlowNoise
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.spec.conditions import given_conditions

EXPERIMENT_TIME = 10.0
"""Seconds of one experiment on ions unless the file says otherwise: as long as a crystal is usually left to itself."""


def build(spec: IonTrapSpec, source: str = "spec") -> Device:
    """Device described by a validated spec; a tabulated well is looked for beside `source`, the path of its file.

    All transitions belong to one ion, so their levels g, e, e′ are one bath. The ladder carries the shift by the
    other ion's repulsion; the light is taken not to disturb the well. SpecError if the solved well shows what cannot
    be: too few bound levels, a grid that does not converge, n0 above the levels, n± off the ladder, a Lamb–Dicke
    parameter above one, ions closer than their orbits.
    """
    ion = trapped_ion(spec, source)
    try:
        other = neighbour(spec.pair, ion, int(spec.target.fock_state.value))
    except ArgumentError as error:
        message = f"must leave each ion to its own well, but found them too close. {error}"
        close = Problem("$.pair.separation", message)
        return device_of(spec, ion, Neighbour(), source, [close])
    return device_of(spec, ion, other, source)


def device_of(
    spec: IonTrapSpec, ion: TrappedIon, other: Neighbour, source: str = "spec", problems: Sequence[Problem] = ()
) -> Device:
    """Device of an ion in its solved well, beside others; SpecError as in `build`, and for `problems` found before."""
    target = int(spec.target.fock_state.value)
    problems = [*_target_problems(spec, ion, target), *problems]
    ladder = ion.motion.ladder().detuned(other.shift)
    drives = {"damping": spec.damping, "amplification": spec.amplification, "cooling": spec.cooling}
    known = {section: drive for section, drive in drives.items() if drive}
    sidebands = tuple(sideband(drive, section, ion, ladder, target) for section, drive in known.items())
    for found in sidebands:
        problems += sideband_problems(known[found.name], found, ladder)
    if problems:
        raise SpecError(source, tuple(problems))
    return _device(spec, ion, other, ladder, sidebands)


def _device(
    spec: IonTrapSpec, ion: TrappedIon, other: Neighbour, ladder: Ladder, sidebands: tuple[Sideband, ...]
) -> Device:
    target = int(spec.target.fock_state.value)
    bath = Bath.internal_levels([s.tone(ion.motion, ladder.levels) for s in sidebands])
    narrowest = min(sidebands, key=lambda s: s.linewidth)
    bath = replace(bath, origin=f"the narrower line: $.{narrowest.name}")
    return Device(
        name=spec.name,
        platform=spec.platform,
        description=spec.description,
        spec=spec,
        complete=SelfOscillator(ladder, (bath,), ion.decoherence, spec.name),
        target=target,
        coupling=pair_coupling(other.exchange),
        criteria=platform_criteria(ion, sidebands, other, target),
        derived_quantities=derived_quantities(ion, sidebands, other, target),
        well=ion.well,
        slow_noise=_slow_noise(spec, ladder),
        not_given={} if spec.ion.frequency_noise else {Noise.FREQUENCY: 'Write frequency_noise = "1 Hz" in [ion].'},
        bound_levels=ion.bound_levels,
        escape=None if ion.potential.hump else ion.tunnelling_out,
        instruments=tuple(s.instrument for s in sidebands),
        usual_time=EXPERIMENT_TIME,
        given=given_conditions(spec.conditions, int(spec.ion.levels.value) if spec.ion.levels else None),
        vocabulary=VOCABULARY,
    )


def _slow_noise(spec: IonTrapSpec, ladder: Ladder) -> tuple[SlowNoise, ...]:
    if spec.ion.frequency_noise is None:
        return ()
    shift = spec.ion.frequency_noise.value * np.arange(ladder.levels, dtype=np.float64)
    remedy = "Recalibrate the light more often than once a measurement, or hold fields and intensities steadier."
    return (SlowNoise(Noise.FREQUENCY, "oscillator", SlowLaw.FLICKER, shift, remedy=remedy),)


def _target_problems(spec: IonTrapSpec, ion: TrappedIon, target: int) -> Iterator[Problem]:
    levels = ion.motion.levels
    if target > levels - 2:
        which = f"the well binds {levels}" if levels == ion.bound_levels else f"{levels} of the well's levels are known"
        message = (
            f"must have level n0 + 1 on the ladder, but found n0 = {spec.target.fock_state.text} where {which} "
            f"(n0 at most {levels - 2}). Deepen the well or lower n0."
        )
        yield Problem("$.target.fock_state", message)
