"""The whole budget of a device: reduction per noise channel, which tones are better, how often to measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Conditions, Requested
from qsb_hw.lindblad.spectrum import relaxation_rate
from qsb_hw.model.build import network_model
from qsb_hw.model.device import Device
from qsb_hw.model.display import html_tables
from qsb_hw.model.network import Network
from qsb_hw.model.noise import noises_named
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.detection import RATE, SIGMAS, Shots, require_claim, shots, shots_below
from qsb_hw.questions.estimators import LEVELS
from qsb_hw.questions.noise import NoiseBudget, noise_budget
from qsb_hw.questions.numerics import Checked, Numerics, numerics_of
from qsb_hw.questions.observe import nominal_detunings
from qsb_hw.questions.readout import confusions
from qsb_hw.questions.slow_noise import DURATION
from qsb_hw.questions.tones import ToneAdvice, advise_tones
from qsb_hw.result import Status
from qsb_hw.sync.solution import SyncSolution

SETTLED = 0.01
"""Share of the initial deviation left after the settling time."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DetectionEstimate:
    """What it takes to see the synchronization at one detuning.

    Attributes
    ----------
    detuning, resonance : float, bool
        Δ in rad/s, and whether it is a resonance, or zero.
    S : float
        Of the complete pair.
    shots : tuple of Shots
        One per protocol.
    """

    detuning: float
    resonance: bool
    S: float
    shots: tuple[Shots, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DeviceBudget(Checked):
    """Everything `device_budget` finds out.

    Attributes
    ----------
    oscillator : SelfOscillator
        With the levels kept.
    conditions : Conditions
        n0, V with its origin, levels and Fock states of device and pair.
    noise, tones : NoiseBudget, ToneAdvice or None
        None where there is no Fock state.
    detection : tuple of DetectionEstimate
        At a resonance, and at zero.
    readout_error : float
        Probability to read a wrong level of one oscillator, which the numbers of shots make up for.
    settling_rate : float
        Slowest decay of the pair at these detunings, baths eliminated, on the levels a pair keeps, 1/s: the Liouvillian
        gap. NaN where it was not computed. `noise.settling_rate` is that of one device with all its levels, which may
        wait long for the highest.
    numerics : Numerics
        What was certified, left out and skipped.
    solves : int
        Steady states solved.
    """

    device: Device
    oscillator: SelfOscillator
    conditions: Conditions
    noise: NoiseBudget | None = None
    tones: ToneAdvice | None = None
    detection: tuple[DetectionEstimate, ...] = ()
    readout_error: float = 0.0
    settling_rate: float = math.nan
    numerics: Numerics
    solves: int = 0

    _repr_html_ = html_tables

    @property
    def settling_time(self) -> float:
        """Seconds until 1 % of any deviation is left: ln(100) over the Liouvillian gap; the wait of one repetition."""
        return math.log(1 / SETTLED) / self.settling_rate

    @property
    def repetitions_to_contrast(self) -> float:
        """Repetitions at Δ = 0, by phase readout, after which S(0) lies below half of S(resonance) beyond doubt."""
        resonance, zero = (estimate.shots[0] for estimate in self.detection)
        return shots_below(zero, resonance.signal / 2)


def device_budget(
    device: Device,
    *,
    levels: int | None = None,
    coupling: float | None = None,
    pair_levels: int | None = None,
    bath_levels: int | None = None,
    noises: Sequence[str] = (),
    duration: float = DURATION,
    sigmas: float = SIGMAS,
    rate: float = RATE,
    added_noise: float = 0.0,
    readout_error: float = 0.0,
    progress: Progress | None = None,
) -> DeviceBudget:
    """Noise budget, advice on the tones, repetitions and settling time of a device.

    Parameters
    ----------
    device : Device
        From `load_device`.
    levels, coupling, pair_levels, bath_levels : optional
        As for `assess`: both compute the same pair.
    noises : sequence of str
        Rows of the noise budget (`qsb_hw.model.noise.Noise`); all unless given.
    duration : float
        Of the whole measurement in s, where 1/f noise ends below.
    sigmas, rate, added_noise, readout_error : float
        As for `shots`.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    DeviceBudget
        `.noise`, `.tones`, `.detection`.

    Raises
    ------
    ArgumentError
        If a noise is not known, the platform does not have the levels, or a number is out of its range.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> budget = qh.device_budget(qh.load_device("photon_pressure"))
    >>> budget.noise is None, "σ = κ/4K" in budget.message
    (True, True)
    """
    requested = Requested(levels=levels, coupling=coupling, pair_levels=pair_levels, bath_levels=bath_levels)
    return budgeted(
        Analysis(device, requested, progress=progress), noises=noises, duration=duration, sigmas=sigmas, rate=rate,
        added_noise=added_noise, readout_error=readout_error,
    )  # fmt: skip


def budgeted(
    analysis: Analysis,
    *,
    noises: Sequence[str] = (),
    duration: float = DURATION,
    sigmas: float = SIGMAS,
    rate: float = RATE,
    added_noise: float = 0.0,
    readout_error: float = 0.0,
) -> DeviceBudget:
    """Budget of the device that an analysis is of, as of `device_budget`."""
    noises_named(noises)
    require_claim(sigmas, rate, added_noise)
    confusions((LEVELS, LEVELS), readout_error)
    device, progress = analysis.device, analysis.progress
    if not analysis.has_fock_state:
        return DeviceBudget(
            device=device,
            oscillator=analysis.oscillator,
            conditions=analysis.conditions,
            numerics=numerics_of(analysis, skipped="noise budget, tones and shots"),
        )
    noise = noise_budget(analysis, noises=noises, duration=duration, progress=progress)
    tones = advise_tones(analysis, progress)
    if progress is not None:
        progress("repetitions", 0, 0)
    detunings = nominal_detunings(analysis)
    pair = analysis.complete_pairs(detunings)
    detection = _detection(pair, detunings, sigmas, rate, added_noise, readout_error)
    variants = (v for v in tones.variants if v.status is not Status.SKIPPED)
    return DeviceBudget(
        device=device,
        oscillator=analysis.oscillator,
        conditions=analysis.conditions,
        noise=noise,
        tones=tones,
        detection=detection,
        readout_error=readout_error,
        settling_rate=_pair_settling(analysis, [s.detuning for s in detection]),
        numerics=numerics_of(analysis, pair=(noise, *variants, *(s.steady for s in pair))),
        solves=noise.solves + tones.solves,
    )


def _detection(
    solved: Sequence[SyncSolution],
    detunings: Floats,
    sigmas: float,
    rate: float,
    added_noise: float,
    readout_error: float,
) -> tuple[DetectionEstimate, ...]:
    if len(solved) < 2 or not all(s.steady.ok for s in solved):
        return ()
    return tuple(
        DetectionEstimate(
            detuning=float(detunings[k]),
            resonance=resonance,
            S=solved[k].synchronization(0, 1),
            shots=shots(solved[k], sigmas=sigmas, rate=rate, added_noise=added_noise, readout_error=readout_error),
        )
        for k, resonance in ((1, True), (0, False))
    )


def _pair_settling(analysis: Analysis, detunings: list[float]) -> float:
    effective, v = analysis.effective.truncated(int(analysis.pair_size.levels.value)), analysis.coupling
    pairs = (Network([effective.detuned(d), effective], [[0, v], [v, 0]]) for d in detunings)
    return min((relaxation_rate(network_model(pair)) for pair in pairs), default=math.nan)
