"""What two devices would do together: S(Δ), the resonances, and the blockade contrast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.arguments import real, whole
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import ConvergenceError
from qsb_hw.lindblad.markov import stationary
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.build import full_model
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.exact import detuning_sweep, steady_state
from qsb_hw.sync.resonances import Resonance, resonances
from qsb_hw.sync.solution import SyncSolution

ASSUMED_COUPLING = 0.3
"""V/γ taken where the spec names no coupling; the prediction is marked as assumed."""
S_TOLERANCE, CONTRAST_TOLERANCE = 0.05, 0.02
"""Relative changes of S and of the contrast up to which a complete pair has levels enough."""
MOST_PAIR_STATES = 1300
"""Basis states up to which a complete pair gets more levels than n0 + 3 by itself."""
MOST_SWEPT_LEVELS = 12
"""Levels of each ladder, at most, of the eliminated pair that S(Δ) and the truncation error are taken from."""


@dataclass(frozen=True, slots=True, eq=False)
class SyncPrediction(Result):
    """What two such devices would do, coupled by V and detuned by Δ.

    Attributes
    ----------
    coupling : float
        V in rad/s.
    assumed : bool
        Whether V is the tool's assumption and not the spec's.
    detuning : (m,) float
        Δ = ω_1 − ω_2 in rad/s.
    S : (m,) float
        Synchronization measure of the eliminated pair; NaN where a solve failed.
    resonances : tuple of Resonance
        From the real ladder, |n0, n0⟩ ↔ |n0 ± 1, n0 ∓ 1⟩.
    full_detuning : (k,) float
        Zero and the resonances, where the complete pair was solved.
    S_full, S_eliminated : (k,) float
        With every bath of both devices kept, and eliminated, at `full_detuning`.
    full : tuple of SyncSolution
        The complete pair's solutions.
    truncation_error : float
        Of the eliminated pair at its first resonance.
    pair_levels : int
        Levels of each ladder of the complete pair.
    pair_error, contrast_error : float
        Largest relative change of S, and that of the contrast, that the levels above them would make, judged by the
        eliminated pair; NaN where that was not solved.
    bath_error : float
        Likewise of both by one more Fock state in every auxiliary mode: what the last one changed in a pair with n0 + 2
        levels, times how much less the next one changes in the populations (with two Fock states what a third one
        changes); 0 where no bath is a mode, NaN where that was too large to be solved.
    statuses : tuple of Status
        Of every solve, eliminated then full.
    certificate : Certificate
        The worst of them all.
    """

    coupling: float
    assumed: bool
    detuning: Floats
    S: Floats
    resonances: tuple[Resonance, ...]
    full_detuning: Floats
    S_full: Floats
    S_eliminated: Floats
    full: tuple[SyncSolution, ...]
    truncation_error: float
    pair_levels: int
    pair_error: float
    contrast_error: float
    bath_error: float
    statuses: tuple[Status, ...]
    certificate: Certificate

    @property
    def contrast(self) -> float:
        """S(resonance)/S(0) of the complete pair, the weaker resonance; NaN where a solve failed."""
        return float(np.min(self.S_full[1:]) / self.S_full[0]) if self.S_full.size > 1 else math.nan

    @property
    def contrast_eliminated(self) -> float:
        """The same ratio from the eliminated pair."""
        return float(np.min(self.S_eliminated[1:]) / self.S_eliminated[0]) if self.S_eliminated.size > 1 else math.nan


def predict_pair(
    oscillator: SelfOscillator,
    coupling: float | None = None,
    pair_levels: int | None = None,
    progress: Progress | None = None,
) -> SyncPrediction:
    """S(Δ) of two copies of an oscillator: eliminated over a sweep, complete at Δ = 0 and the resonances.

    The complete pair has n0 + 3 levels of each ladder unless given, more where S asks for them and they are affordable.

    Raises
    ------
    ArgumentError
        Fewer pair levels than n0 + 2.
    """
    effective = eliminate(oscillator)
    target = oscillator.target or 1
    assumed = coupling is None
    given = None if coupling is None else real("`coupling`", coupling, "Give V in rad/s, or leave it out.")
    v = assumed_coupling(oscillator) if given is None else given
    if pair_levels is not None:
        hint = f"Keep n0 + 2 = {target + 2} levels at least, and no more than the oscillator has."
        pair_levels = whole("`pair_levels`", pair_levels, hint, least=target + 2, most=oscillator.levels)
    reference = effective.truncated(min(oscillator.levels, MOST_SWEPT_LEVELS))
    found = resonances(_pair(reference, 0.0, v))
    detuning = detuning_grid(effective, v, found)
    swept = _sweep(reference, detuning, v, "S(Δ), eliminated pair", progress)
    full_detuning = np.array([0.0, *(r.detuning for r in found)])
    sizes = _sizes(oscillator, reference, pair_levels)
    sized = _sized(sizes, effective, reference, full_detuning, v)
    full = _sweep(oscillator.truncated(sized.levels), full_detuning, v, "S, complete pair with all baths", progress)
    if sized.levels > sizes[0] and not all(s.steady.ok for s in full):  # what is lost by fewer levels is in the error
        sized = _sized(sizes[:1], effective, reference, full_detuning, v)
        full = _sweep(oscillator.truncated(sized.levels), full_detuning, v, "S, complete pair with all baths", progress)
    checked = sized.eliminated
    tail = steady_state(_pair(reference, float(full_detuning[-1]), v))
    everything = [*swept, *full, *checked, tail]
    return SyncPrediction(
        coupling=v,
        assumed=assumed,
        detuning=detuning,
        S=np.array([_measure(s) for s in swept]),
        resonances=found,
        full_detuning=full_detuning,
        S_full=np.array([_measure(s) for s in full]),
        S_eliminated=np.array([_measure(s) for s in checked]),
        full=tuple(full),
        truncation_error=tail.truncation_error,
        pair_levels=sized.levels,
        pair_error=sized.error,
        contrast_error=sized.contrast_error,
        bath_error=_bath_error(oscillator, full_detuning, v),
        statuses=tuple(s.status for s in everything),
        certificate=Certificate.worst(s.certificate for s in everything),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sized:
    """How many levels the complete pair gets, the eliminated pair with as many, and the error that is left."""

    levels: int
    eliminated: list[SyncSolution]
    error: float
    contrast_error: float


def _sizes(oscillator: SelfOscillator, reference: EffectiveOscillator, wanted: int | None) -> list[int]:
    """Levels that each ladder of the complete pair may have: n0 + 3, and more as far as they are affordable."""
    if wanted is not None:
        return [min(wanted, oscillator.levels)]
    most, bath = reference.levels, math.prod(b.levels for b in oscillator.baths)
    fewest = min((oscillator.target or 1) + 3, most)
    return [fewest, *(n for n in range(fewest + 1, most + 1) if (n * bath) ** 2 <= MOST_PAIR_STATES)]


def _sized(
    sizes: list[int], effective: EffectiveOscillator, reference: EffectiveOscillator, detuning: Floats, coupling: float
) -> _Sized:
    """Levels until S and the contrast of the eliminated pair stand still, or the most there may be."""
    target, most = effective.target or 1, reference.levels
    exact = np.array([_measure(s) for s in _sweep(reference, detuning, coupling)])
    for levels in sizes:
        solutions = _sweep(effective.truncated(levels), detuning, coupling)
        change, of_contrast = (
            _changes(np.array([_measure(s) for s in solutions]), exact) if levels < most else (0.0, 0.0)
        )
        if not (change > S_TOLERANCE or of_contrast > CONTRAST_TOLERANCE):
            break
    beyond = _beyond(effective, reference)
    tail = 0.0
    if beyond and most - 2 >= target + 2:  # the contrast moves on as it did over the last two levels, like 1/levels
        shorter = np.array([_measure(s) for s in _sweep(effective.truncated(most - 2), detuning, coupling)])
        tail = (most - target) / 2 * _changes(shorter, exact)[1]
    return _Sized(levels, solutions, change + beyond, of_contrast + tail)


def _bath_error(oscillator: SelfOscillator, detuning: Floats, coupling: float) -> float:
    """What one more Fock state in every mode would change in S or in the contrast, relative."""
    target, modes = oscillator.target or 1, oscillator.bath_levels
    short, alone = (oscillator.truncated(min(target + n, oscillator.levels)) for n in (2, 3))
    if modes is None:
        return 0.0
    added = (0, 1) if modes < 3 else (-1, 0)
    if math.prod(short.with_bath_levels(modes + added[1]).dims) ** 2 > MOST_PAIR_STATES:
        return math.nan
    pairs = [_sweep(short.with_bath_levels(modes + more), detuning, coupling) for more in added]
    if not all(s.steady.ok for pair in pairs for s in pair):
        return math.nan
    changed = max(_changes(*(np.array([_measure(s) for s in pair]) for pair in pairs)))
    return changed if modes < 3 else changed * _falling(alone, modes)


def _falling(alone: SelfOscillator, modes: int) -> float:
    """How much less the next Fock state changes in the populations than the last one did."""
    singles = [steady_state_of(full_model(alone.with_bath_levels(modes + more))) for more in (-1, 0, 1)]
    if not all(s.ok for s in singles):
        return math.nan
    fewer, now, more = (s.populations(0) for s in singles)
    last, following = (
        np.array([np.abs(b - a).sum(), np.max(np.abs(b / a - 1))]) for a, b in ((fewer, now), (now, more))
    )
    return float(np.max(following / np.maximum(last, 1e-300)))


def _changes(found: Floats, exact: Floats) -> tuple[float, float]:
    """Largest relative change of S, and of S(resonance)/S(0)."""
    ratios = found / exact
    return float(np.max(np.abs(ratios - 1))), float(np.max(np.abs(ratios[1:] / ratios[0] - 1), initial=0.0))


def _beyond(effective: EffectiveOscillator, reference: EffectiveOscillator) -> float:
    """What the levels above the reference pair take from S: twice the share of the population they would move."""
    if reference.levels == effective.levels:
        return 0.0
    try:
        fewer, more = (stationary(rates).populations for rates in (reference.rates, effective.rates))
    except ConvergenceError:
        return math.nan
    return float(np.abs(fewer - more[: fewer.size]).sum() + more[fewer.size :].sum())


def assumed_coupling(oscillator: SelfOscillator) -> float:
    """V in rad/s taken where nobody names one: 0.3 γ of the weakest tone."""
    return ASSUMED_COUPLING * min(tone.gamma for tone in oscillator.stabilising_tones)


LINE_STEPS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0)
"""Where a line is looked at on either side of its centre, in its half-widths."""
BACKGROUND = 61
"""Equal steps over the whole range of Δ, whatever the lines."""


def half_width(effective: EffectiveOscillator, coupling: float) -> float:
    """Half the width of a line of S(Δ), rad/s: the rates around the level it belongs to, and the coupling."""
    n0 = effective.target or 1
    outflow = effective.rates[:, n0 - 1 : n0 + 2].sum()
    return float(0.5 * outflow + 2 * abs(coupling) + effective.dephasing_rate)


def grid_of_lines(centres: Sequence[float], width: float, low: float, high: float) -> Floats:
    """Detunings from `low` to `high` that resolve lines of a half-width at some centres, and the plain in between.

    The grid widens with the distance from a line.
    """
    near = [c + s * width * np.array(LINE_STEPS) for c in centres for s in (-1, 1)]
    grid = np.concatenate([centres, *near, np.linspace(low, high, BACKGROUND)])
    slack = 1e-12 * (high - low)
    return np.unique(grid[(grid >= low - slack) & (grid <= high + slack)])


def detuning_grid(effective: EffectiveOscillator, coupling: float, found: tuple[Resonance, ...]) -> Floats:
    """Detunings (rad/s) that resolve zero, every resonance, and the plain in between."""
    width = half_width(effective, coupling)
    centres = [0.0, *(r.detuning for r in found)]
    reach = 1.6 * max(abs(c) for c in centres) or 10 * width
    return grid_of_lines(centres, width, -reach, reach)


def _pair(oscillator: EffectiveOscillator | SelfOscillator, detuning: float, coupling: float) -> Network:
    if isinstance(oscillator, EffectiveOscillator):  # in the frame of n0, where energies do not drown the rates
        oscillator = oscillator.detuned(-float(oscillator.ladder.transition_frequencies[(oscillator.target or 1) - 1]))
    return Network([oscillator.detuned(detuning), oscillator], [[0, coupling], [coupling, 0]])


def _sweep(
    oscillator: EffectiveOscillator | SelfOscillator,
    detuning: Floats,
    coupling: float,
    stage: str = "",
    progress: Progress | None = None,
) -> list[SyncSolution]:
    progress = None if progress is None else partial(progress, stage)
    return detuning_sweep(_pair(oscillator, 0.0, coupling), detuning, progress=progress)


def _measure(solution: SyncSolution) -> float:
    return solution.synchronization(0, 1) if solution.steady.ok else math.nan
