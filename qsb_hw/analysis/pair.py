"""What two devices do together: S(Δ), the resonances, and the blockade contrast; and how large a pair is solved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.conditions import Chosen, Origin, Requested, first_of, population_change
from qsb_hw.arguments import whole
from qsb_hw.errors import ConvergenceError
from qsb_hw.lindblad.markov import stationary
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.build import full_model
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.sync.exact import detuning_sweep, steady_state
from qsb_hw.sync.resonances import Resonance
from qsb_hw.sync.solution import SyncSolution

if TYPE_CHECKING:
    from qsb_hw.analysis.analysis import Analysis

S_TOLERANCE, CONTRAST_TOLERANCE = 0.05, 0.02
"""Relative changes of S and of the contrast up to which a complete pair has levels enough."""
BATH_TOLERANCE = 1e-2
"""Relative change of S and of the contrast by one more Fock state up to which a complete pair has enough of them."""
FEWEST_PAIR_BATH_LEVELS = 2
"""Fock states of each auxiliary mode of a complete pair, at least."""
MOST_CHECKED_STATES = 2600
"""Basis states up to which a pair with n0 + 2 levels is solved to see what one more Fock state changes."""
MOST_PAIR_STATES = 1300
"""Basis states up to which a complete pair gets more levels than n0 + 3 by itself."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairSize:
    """How large a complete pair is, and what is left out by that.

    Attributes
    ----------
    levels, bath_levels : Chosen, Chosen or None
        Of each ladder, and Fock states of each auxiliary mode; None where no bath is a mode.
    error, contrast_error : float
        Largest relative change of S, and that of the contrast, that more levels would make, judged by the eliminated
        pair; NaN where that was not solved.
    bath_error : float
        Likewise of both by one more Fock state in every auxiliary mode, from pairs with n0 + 2 levels; 0 where no bath
        is a mode, NaN where that is too large to be solved.
    """

    levels: Chosen
    bath_levels: Chosen | None
    error: float
    contrast_error: float
    bath_error: float

    @property
    def total_error(self) -> float:
        """Of S, by levels and Fock states; NaN where either is not known."""
        return self.error + self.bath_error

    @property
    def total_contrast_error(self) -> float:
        """Of the contrast likewise."""
        return self.contrast_error + self.bath_error

    def of(self, oscillator: SelfOscillator) -> SelfOscillator:
        """An oscillator with as many levels and Fock states."""
        return shortened(oscillator, int(self.levels.value), self.bath_levels)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SyncPrediction(Result):
    """What two such devices do, coupled by V and detuned by Δ.

    Attributes
    ----------
    coupling, assumed : float, bool
        V in rad/s with its sign, and whether neither the caller nor the device file gives it.
    detuning, S : (m,) float
        Δ = ω_1 − ω_2 in rad/s, and the synchronization measure of the eliminated pair; NaN where a solve failed.
    resonances : tuple of Resonance
        From the real ladder, |n0, n0⟩ ↔ |n0 ± 1, n0 ∓ 1⟩.
    full_detuning : (k,) float
        Zero and the resonances, where the complete pair was solved.
    S_full, S_eliminated : (k,) float
        With every bath of both devices kept, and eliminated with as many levels, at `full_detuning`.
    full : tuple of SyncSolution
        The complete pair's solutions.
    truncation_error : float
        Of the eliminated pair at its first resonance.
    statuses : tuple of Status
        Of every solve, eliminated then full.
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
    size: PairSize
    statuses: tuple[Status, ...]
    certificate: Certificate

    @property
    def status(self) -> Status:
        """Of the first solve that did not converge, else converged."""
        return worst_status(self.statuses)

    @property
    def message(self) -> str:
        """What the complete pair says of it."""
        return next((s.message for s in self.full if not s.steady.ok), "")

    @property
    def contrast(self) -> float:
        """S(resonance)/S(0) of the complete pair, the weaker resonance; NaN where a solve failed."""
        return contrast_of(self.S_full)

    @property
    def contrast_eliminated(self) -> float:
        """The same ratio from the eliminated pair."""
        return contrast_of(self.S_eliminated)


def predict_pair(
    oscillator: SelfOscillator,
    coupling: float | None = None,
    pair_levels: int | None = None,
    progress: Progress | None = None,
) -> SyncPrediction:
    """S(Δ) of two copies of an oscillator: eliminated over a sweep, complete at Δ = 0 and the resonances.

    Parameters
    ----------
    oscillator : SelfOscillator
        With the levels and Fock states to keep.
    coupling : float, optional
        V in rad/s with its sign; 0.3 γ of the weakest tone unless given.
    pair_levels : int, optional
        Levels of each ladder of the complete pair; n0 + 3, and more where S needs them and they are affordable, unless
        given.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    SyncPrediction

    Raises
    ------
    ArgumentError
        If there are fewer pair levels than n0 + 2 or more than the oscillator has, or the coupling is zero.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("kerr_squid_array")
    >>> found = qh.predict_pair(device.oscillator(4).with_bath_levels(2), device.nearest_coupling)
    >>> found.contrast > 5
    True
    """
    from qsb_hw.analysis.analysis import Analysis

    return Analysis(oscillator, Requested(coupling=coupling, pair_levels=pair_levels), progress=progress).prediction


def predicted(analysis: Analysis) -> SyncPrediction:
    """The prediction of an analysis."""
    size = analysis.pair_size
    grid = detuning_grid(analysis.effective, analysis.coupling, analysis.resonances)
    swept, rest = analysis.eliminated_pairs(grid), analysis.rest_detunings
    full = analysis.complete_pairs(rest)
    short = analysis.effective.truncated(int(size.levels.value))
    checked = detuning_sweep(pair_of(short, 0.0, analysis.coupling), rest)
    tail = steady_state(pair_of(analysis.reference, float(rest[-1]), analysis.coupling))
    everything = [*swept, *full, *checked, tail]
    return SyncPrediction(
        coupling=analysis.coupling,
        assumed=analysis.coupling_choice.origin is Origin.ASSUMED,
        detuning=grid,
        S=synchronizations(swept),
        resonances=analysis.resonances,
        full_detuning=rest,
        S_full=synchronizations(full),
        S_eliminated=synchronizations(checked),
        full=tuple(full),
        truncation_error=tail.truncation_error,
        size=size,
        statuses=tuple(s.status for s in everything),
        certificate=Certificate.worst(s.certificate for s in everything),
    )


def shortened(oscillator: SelfOscillator, levels: int, bath_levels: Chosen | None) -> SelfOscillator:
    """An oscillator with no more levels, and with as many Fock states of each auxiliary mode."""
    short = oscillator.truncated(min(levels, oscillator.levels))
    if bath_levels is None:
        return short
    most = int(bath_levels.value)
    baths = (b.resized(most) if b.is_mode else b.with_at_most(most - 1) if b.quanta else b for b in short.baths)
    return replace(short, baths=tuple(baths))


def size_of_pair(analysis: Analysis) -> PairSize:
    """Levels and Fock states of the complete pair of an analysis: as requested, else until S and contrast converge.

    `ArgumentError` where fewer levels than n0 + 2, or more than there are, are requested.
    """
    oscillator, target = analysis.oscillator, analysis.target
    wanted = first_of(analysis.requested.pair_levels, analysis.device.given.pair_levels)
    if wanted is not None:
        hint = f"Keep n0 + 2 = {target + 2} levels at least, and no more than the oscillator has."
        whole("`pair_levels`", wanted.value, hint, least=target + 2, most=oscillator.levels)
    bath_levels, bath_error = _bath_levels(analysis)
    levels, error, contrast_error = _levels(analysis, wanted, bath_levels)
    return PairSize(
        levels=levels, bath_levels=bath_levels, error=error, contrast_error=contrast_error, bath_error=bath_error
    )


def _levels(analysis: Analysis, wanted: Chosen | None, bath_levels: Chosen | None) -> tuple[Chosen, float, float]:
    """Levels of each ladder, and the relative errors of S and of the contrast that they leave."""
    effective, reference, target = analysis.effective, analysis.reference, analysis.target
    most, exact = reference.levels, synchronizations(analysis.eliminated_pairs(analysis.rest_detunings))

    def changes(levels: int) -> tuple[float, float]:
        network = pair_of(effective.truncated(levels), 0.0, analysis.coupling)
        return _changes(synchronizations(detuning_sweep(network, analysis.rest_detunings)), exact)

    if wanted is not None:
        sizes = [min(int(wanted.value), analysis.oscillator.levels)]
    else:
        baths = math.prod(b.levels for b in shortened(analysis.oscillator, most, bath_levels).baths)
        fewest = min(target + 3, most)
        sizes = [fewest, *(n for n in range(fewest + 1, most + 1) if (n * baths) ** 2 <= MOST_PAIR_STATES)]
    enough = False
    for levels in sizes:
        change, of_contrast = changes(levels) if levels < most else (0.0, 0.0)
        enough = not (change > S_TOLERANCE or of_contrast > CONTRAST_TOLERANCE)
        if enough:
            break
    beyond = _beyond(effective, reference)
    tail = 0.0
    if beyond and most - 2 >= target + 2:  # the contrast moves on as it did over the last two levels, like 1/levels
        tail = (most - target) / 2 * changes(most - 2)[1]
    enough = enough and not (change + beyond > S_TOLERANCE or of_contrast + tail > CONTRAST_TOLERANCE)
    chosen = Origin.CHOSEN if enough else Origin.LIMIT
    return Chosen(levels, chosen if wanted is None else wanted.origin), change + beyond, of_contrast + tail


def _bath_levels(analysis: Analysis) -> tuple[Chosen | None, float]:
    """Fock states of each auxiliary mode, and the relative error of S and of the contrast that they leave."""
    kept = analysis.base_conditions.bath_levels
    if kept is None:
        return None, 0.0
    most = int(kept.value)
    if kept.origin in (Origin.GIVEN, Origin.FILE):
        return kept, bath_error(analysis, most)
    for levels in range(FEWEST_PAIR_BATH_LEVELS, most):
        error = bath_error(analysis, levels)
        if error <= BATH_TOLERANCE:
            return Chosen(levels, Origin.CHOSEN), error
        if math.isnan(error):
            break
    return kept, bath_error(analysis, most)


def bath_error(analysis: Analysis, modes: int) -> float:
    """Relative change of S or of the contrast by one more Fock state in every mode, from pairs with n0 + 2 levels.

    With two Fock states what a third one changes; with more what the last one changed, times how much less the next
    one changes in the populations.
    """
    oscillator, target = analysis.oscillator, analysis.target
    short, alone = (oscillator.truncated(min(target + n, oscillator.levels)) for n in (2, 3))
    added = (0, 1) if modes < 3 else (-1, 0)
    if math.prod(short.with_bath_levels(modes + added[1]).dims) ** 2 > MOST_CHECKED_STATES:
        return math.nan
    rest = analysis.rest_detunings
    pairs = [
        detuning_sweep(pair_of(short.with_bath_levels(modes + more), 0.0, analysis.coupling), rest) for more in added
    ]
    if not all(s.steady.ok for pair in pairs for s in pair):
        return math.nan
    changed = max(_changes(*(synchronizations(pair) for pair in pairs)))
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
    return 2 * population_change(fewer, more)


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


def pair_of(oscillator: EffectiveOscillator | SelfOscillator, detuning: float, coupling: float) -> Network:
    """Two copies of an oscillator coupled by V (rad/s), the first raised by Δ (rad/s)."""
    if isinstance(oscillator, EffectiveOscillator):  # in the frame of n0, where energies do not drown the rates
        oscillator = oscillator.detuned(-float(oscillator.ladder.transition_frequencies[(oscillator.target or 1) - 1]))
    return Network([oscillator.detuned(detuning), oscillator], [[0, coupling], [coupling, 0]])


def synchronizations(solutions: Sequence[SyncSolution]) -> Floats:
    """S of the first two oscillators of each solution, (m,); NaN where a solve failed."""
    return np.array([s.synchronization(0, 1) if s.steady.ok else math.nan for s in solutions])


def contrast_of(S: Floats) -> float:
    """S(resonance)/S(0), the weaker resonance; NaN where a solve failed or nothing is resonant."""
    return float(np.min(S[1:]) / S[0]) if S.size > 1 and S[0] > 0 else math.nan
