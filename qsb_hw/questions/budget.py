"""The whole budget of a device: which noise takes what, which tones would do better, how often to look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qsb_hw._typing import Progress
from qsb_hw.analysis.conditions import conditions_of, under
from qsb_hw.arguments import real
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.lindblad.spectrum import relaxation_rate
from qsb_hw.model.build import network_model
from qsb_hw.model.device import Device
from qsb_hw.model.network import Network
from qsb_hw.model.noise import noises_named
from qsb_hw.model.oscillator import SelfOscillator, has_fock_state
from qsb_hw.questions.detection import RATE, SIGMAS, Shots, require_claim, shots, shots_below
from qsb_hw.questions.noise import NoiseBudget, noise_budget
from qsb_hw.questions.numerics import Numerics, skipped_numerics, under_conditions
from qsb_hw.questions.observe import (
    Setting,
    certified_alone,
    pair_detunings,
    pair_setting,
    solved_pair,
)
from qsb_hw.questions.slow_noise import DURATION
from qsb_hw.questions.tones import ToneAdvice, advise_tones
from qsb_hw.result import Certificate, Status
from qsb_hw.sync.exact import steady_state
from qsb_hw.sync.solution import SyncSolution

SETTLED = 0.01
"""Share of the initial deviation left after the settling time."""


@dataclass(frozen=True, slots=True, eq=False)
class DetectionEstimate:
    """What it takes to see the synchronization at one detuning.

    Attributes
    ----------
    detuning : float
        Δ in rad/s.
    resonance : bool
        Whether Δ is a resonance, or zero.
    S : float
        Of the complete pair, all levels kept.
    shots : tuple of Shots
        One per protocol.
    """

    detuning: float
    resonance: bool
    S: float
    shots: tuple[Shots, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DeviceBudget:
    """Everything `device_budget` finds out.

    Attributes
    ----------
    device : Device
        Whose.
    oscillator : SelfOscillator
        With the levels kept.
    setting : Setting
        n0, V, levels of the pair.
    coupling_assumed : bool
        Whether V is the tool's assumption and not the spec's.
    noise : NoiseBudget or None
        None where there is no Fock state.
    tones : ToneAdvice or None
        Likewise.
    detection : tuple of DetectionEstimate
        At a resonance, and at zero.
    settling_rate : float
        Slowest decay of the pair at these detunings, baths eliminated, on the levels a pair keeps, 1/s: the Liouvillian
        gap. NaN where it was not computed. `noise.settling_rate` is that of one device with all its levels, which may
        wait long for the highest.
    numerics : Numerics
        Status, residual, truncation error, and what was skipped.
    solves : int
        Steady states solved.
    """

    device: Device
    oscillator: SelfOscillator
    setting: Setting
    coupling_assumed: bool
    noise: NoiseBudget | None
    tones: ToneAdvice | None
    detection: tuple[DetectionEstimate, ...]
    settling_rate: float
    numerics: Numerics
    solves: int

    @property
    def settling_time(self) -> float:
        """Seconds until 1 % of any deviation is left: ln(100) over the Liouvillian gap; what a repetition costs."""
        return math.log(1 / SETTLED) / self.settling_rate

    @property
    def repetitions_to_contrast(self) -> float:
        """Repetitions at Δ = 0, by phase readout, after which S(0) lies below half of S(resonance) beyond doubt."""
        resonance, zero = (sighting.shots[0] for sighting in self.detection)
        return shots_below(zero, resonance.signal / 2)


def device_budget(
    device: Device,
    *,
    levels: int | None = None,
    coupling: float | None = None,
    noises: Sequence[str] = (),
    duration: float = DURATION,
    sigmas: float = SIGMAS,
    rate: float = RATE,
    added_noise: float = 0.0,
    progress: Progress | None = None,
) -> DeviceBudget:
    """Noise budget, advice on the tones, repetitions and settling time of a device.

    Parameters
    ----------
    device : Device
        From `load_device`.
    levels : int, optional
        Levels of the ladder; all bound ones up to 8 unless given. Pairs keep n0 + 3.
    coupling : float, optional
        V in rad/s; the spec's unless given, 0.3 γ if that has none.
    noises : sequence of str
        Rows of the noise budget (`qsb_hw.model.noise.Noise`); all unless given.
    duration : float
        Of the whole measurement in s, where 1/f noise ends below.
    sigmas, rate, added_noise : float
        As for `shots`.
    progress : callable, optional
        Called with (stage, done, total) for progress.

    Raises
    ------
    ArgumentError
        A noise that is not known, levels the platform does not have, numbers out of range.
    """
    noises_named(noises)
    require_claim(sigmas, rate, added_noise)
    if coupling is not None:
        coupling = real("`coupling`", coupling, "Leave it out for the spec's own.", above=0.0)
    conditions = conditions_of(device, levels)
    oscillator = under(device, conditions)
    setting, assumed = pair_setting(device, oscillator, coupling)
    if not has_fock_state(oscillator):
        skipped = under_conditions(skipped_numerics(oscillator, "noise budget, tones and shots"), conditions)
        return DeviceBudget(device, oscillator, setting, assumed, None, None, (), math.nan, skipped, 0)
    noise = noise_budget(device, oscillator, setting, noises=noises, duration=duration, progress=progress)
    tones = advise_tones(oscillator, setting, progress)
    if progress is not None:
        progress("repetitions", 0, 0)
    detection, pair = _sightings(oscillator, setting, sigmas, rate, added_noise)
    settling = _pair_settling(oscillator, setting, [s.detuning for s in detection])
    numerics = under_conditions(_numerics(oscillator, noise, tones, pair), conditions)
    solves = noise.solves + tones.solves + len(pair)
    return DeviceBudget(device, oscillator, setting, assumed, noise, tones, detection, settling, numerics, solves)


def _sightings(
    oscillator: SelfOscillator, setting: Setting, sigmas: float, rate: float, added_noise: float
) -> tuple[tuple[DetectionEstimate, ...], list[SyncSolution]]:
    detunings = pair_detunings(oscillator, setting)
    solved = solved_pair(oscillator, oscillator, detunings, setting)
    good = [s for s in solved if s.steady.ok]
    if len(good) < len(solved) or len(solved) < 2:
        return (), solved
    measures = [s.synchronization(0, 1) for s in solved]
    chosen = ((1, True), (0, False))
    return tuple(
        DetectionEstimate(
            float(detunings[k]), resonance, measures[k],
            shots(solved[k], sigmas=sigmas, rate=rate, added_noise=added_noise),
        )
        for k, resonance in chosen
    ), solved  # fmt: skip


def _pair_settling(oscillator: SelfOscillator, setting: Setting, detunings: list[float]) -> float:
    effective, v = eliminate(oscillator).truncated(setting.levels), setting.coupling
    pairs = (Network([effective.detuned(d), effective], [[0, v], [v, 0]]) for d in detunings)
    return min((relaxation_rate(network_model(pair)) for pair in pairs), default=math.nan)


def _numerics(oscillator: SelfOscillator, noise: NoiseBudget, tones: ToneAdvice, pair: list[SyncSolution]) -> Numerics:
    statuses = (
        noise.status,
        *(v.status for v in tones.variants if v.status is not Status.SKIPPED),
        *(s.status for s in pair),
    )
    behind = (noise.certificate, *(v.certificate for v in tones.variants), *(s.certificate for s in pair))
    full = certified_alone(oscillator)
    edges = full.edge_populations[1:]
    return Numerics(
        status=next((s for s in statuses if s is not Status.CONVERGED), Status.CONVERGED),
        certificate=Certificate.worst(behind),
        truncation_error=steady_state(Network([eliminate(oscillator)], [[0.0]])).truncation_error,
        levels=oscillator.levels,
        bath_edge_population=float(edges.max()) if full.ok and edges.size else math.nan,
    )
