"""How large a complete pair is solved, and what is left out by that."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Chosen, Origin, first_of, population_change
from qsb_hw.arguments import whole
from qsb_hw.errors import ConvergenceError
from qsb_hw.lindblad.markov import stationary_populations
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.build import full_model
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.sync.solution import SyncSolution, synchronizations

if TYPE_CHECKING:
    from qsb_hw.analysis.pair import PairAnalysis

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
Levels = tuple[int, int]
"""Of the ladder of either node."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairSize:
    """How large a complete pair is, and what is left out by that.

    Attributes
    ----------
    levels, second_levels : Chosen, Chosen
        Of the first node's ladder, and of the second's.
    bath_levels : Chosen or None
        Fock states of each auxiliary mode; None where no bath is a mode.
    error, contrast_error : float
        Largest relative change of S, and that of the contrast, that more levels would make, judged by the eliminated
        pair; NaN where that was not solved.
    bath_error : float
        Likewise of both by one more Fock state in every auxiliary mode, from pairs with n0 + 2 levels; 0 where no bath
        is a mode, NaN where that is too large to be solved.
    """

    levels: Chosen
    second_levels: Chosen
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

    @property
    def both(self) -> Levels:
        """Levels of either ladder."""
        return int(self.levels.value), int(self.second_levels.value)

    def of(self, oscillator: SelfOscillator, second: bool = False) -> SelfOscillator:
        """An oscillator in the place of the first node, or of the second, with as many levels and Fock states."""
        return shortened(oscillator, self.both[second], self.bath_levels)


def shortened(oscillator: SelfOscillator, levels: int, bath_levels: Chosen | None) -> SelfOscillator:
    """An oscillator with no more levels, and with as many Fock states of each auxiliary mode."""
    short = oscillator.truncated(min(levels, oscillator.levels))
    if bath_levels is None:
        return short
    most = int(bath_levels.value)
    baths = (b.resized(most) if b.is_mode else b.with_at_most(most - 1) if b.quanta else b for b in short.baths)
    return replace(short, baths=tuple(baths))


def size_of_pair(pair: PairAnalysis) -> PairSize:
    """Levels and Fock states of a complete pair: as requested, else until S and contrast converge.

    `ArgumentError` where fewer levels than n0 + 2, or more than there are, are requested.
    """
    given = [node.device.given.pair_levels for node in pair.nodes]
    wanted = first_of(pair.requested.pair_levels, max((n for n in given if n is not None), default=None))
    if wanted is not None:
        for node in pair.nodes:
            hint = f"Keep n0 + 2 = {node.target + 2} levels at least, and no more than the oscillator has."
            whole("`pair_levels`", wanted.value, hint, least=node.target + 2, most=node.oscillator.levels)
    bath_levels, of_baths = _bath_levels(pair)
    levels, origin, error, contrast_error = _levels(pair, wanted, bath_levels)
    first, second = (Chosen(n, origin) for n in levels)
    return PairSize(
        levels=first,
        second_levels=second,
        bath_levels=bath_levels,
        error=error,
        contrast_error=contrast_error,
        bath_error=of_baths,
    )


def _levels(
    pair: PairAnalysis, wanted: Chosen | None, bath_levels: Chosen | None
) -> tuple[Levels, Origin, float, float]:
    """Levels of each ladder, where they come from, and the relative errors of S and of the contrast that they leave."""
    targets = pair.targets
    most = pair.first.reference.levels, pair.second.reference.levels
    exact = synchronizations(pair.eliminated_pairs(pair.rest_detunings))

    def changes(levels: Levels) -> tuple[float, float]:
        return _changes(synchronizations(pair.eliminated_with(levels, pair.rest_detunings)), exact)

    if wanted is not None:
        one, other = (min(int(wanted.value), node.oscillator.levels) for node in pair.nodes)
        sizes = [(one, other)]
    else:
        sizes = _sizes(pair, most, bath_levels)
    enough = False
    for levels in sizes:
        change, of_contrast = changes(levels) if levels[0] < most[0] or levels[1] < most[1] else (0.0, 0.0)
        enough = not (change > S_TOLERANCE or of_contrast > CONTRAST_TOLERANCE)
        if enough:
            break
    beyond = sum(_beyond(node.effective, node.reference) for node in pair.nodes)
    tail, above = 0.0, min(most[0] - targets[0], most[1] - targets[1])
    if beyond and above >= 4:  # the contrast moves on as it did over the last two levels, like 1/levels
        tail = above / 2 * changes((most[0] - 2, most[1] - 2))[1]
    enough = enough and not (change + beyond > S_TOLERANCE or of_contrast + tail > CONTRAST_TOLERANCE)
    chosen = Origin.CHOSEN if enough else Origin.LIMIT
    return levels, chosen if wanted is None else wanted.origin, change + beyond, of_contrast + tail


def _sizes(pair: PairAnalysis, most: Levels, bath_levels: Chosen | None) -> list[Levels]:
    """n0 + 3 levels of each ladder, then as many more at once as are affordable."""
    targets = pair.targets
    baths = [
        math.prod(b.levels for b in shortened(node.oscillator, n, bath_levels).baths)
        for node, n in zip(pair.nodes, most, strict=True)
    ]
    sizes = [
        (min(targets[0] + above, most[0]), min(targets[1] + above, most[1]))
        for above in range(3, max(most[0] - targets[0], most[1] - targets[1], 3) + 1)
    ]
    return [sizes[0], *(n for n in sizes[1:] if n[0] * baths[0] * n[1] * baths[1] <= MOST_PAIR_STATES)]


def _bath_levels(pair: PairAnalysis) -> tuple[Chosen | None, float]:
    """Fock states of each auxiliary mode, and the relative error of S and of the contrast that they leave."""
    kept = [node.base_conditions.bath_levels for node in pair.nodes]
    modes = [one for one in kept if one is not None]
    if not modes:
        return None, 0.0
    given = [one for one in modes if one.origin in (Origin.GIVEN, Origin.FILE)]
    largest = max(given or modes, key=lambda one: one.value)
    most = int(largest.value)
    if given:
        return largest, bath_error(pair, most)
    for levels in range(FEWEST_PAIR_BATH_LEVELS, most):
        error = bath_error(pair, levels)
        if error <= BATH_TOLERANCE:
            return Chosen(levels, Origin.CHOSEN), error
        if math.isnan(error):
            break
    return largest, bath_error(pair, most)


def bath_error(pair: PairAnalysis, modes: int) -> float:
    """Relative change of S or of the contrast by one more Fock state in every mode, from pairs with n0 + 2 levels.

    With two Fock states what a third one changes; with more what the last one changed, times how much less the next
    one changes in the populations.
    """
    shorts = [node.oscillator.truncated(min(node.target + 2, node.oscillator.levels)) for node in pair.nodes]
    added = (0, 1) if modes < 3 else (-1, 0)
    largest = (dim for short in shorts for dim in short.with_bath_levels(modes + added[1]).dims)
    if math.prod(largest) > MOST_CHECKED_STATES:
        return math.nan
    pairs = list[list[SyncSolution]]()
    for more in added:
        first, second = (short.with_bath_levels(modes + more) for short in shorts)
        pairs.append(pair.tried(first, second, pair.rest_detunings, pairs[-1] if pairs else ()))
    if not all(s.steady.ok for found in pairs for s in found):
        return math.nan
    changed = max(_changes(*(synchronizations(found) for found in pairs)))
    if modes < 3:
        return changed
    alone = (n.oscillator.truncated(min(n.target + 3, n.oscillator.levels)) for n in dict.fromkeys(pair.nodes))
    return changed * max(_falling(one, modes) for one in alone)


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
    """What a node's levels above the reference take from S: the share of its population that they would move."""
    if reference.levels == effective.levels:
        return 0.0
    try:
        fewer, more = (stationary_populations(rates) for rates in (reference.rates, effective.rates))
    except ConvergenceError:
        return math.nan
    return population_change(fewer, more)
