"""How far the numbers of an answer can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Conditions
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import WIDEST_MEANINGFUL_SIGMA, SelfOscillator, widest_linewidth
from qsb_hw.questions.criteria import LARGEST_CONTRAST_ERROR, LARGEST_TRUNCATION
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.sync.exact import steady_state
from qsb_hw.units import show


@dataclass(frozen=True, slots=True, kw_only=True)
class Numerics(Result):
    """How far the numbers can be trusted; status and certificate are the worst of all solves.

    Attributes
    ----------
    truncation_error : float
        Share of the population that levels and Fock states left out would move, where every level is known; else the
        estimated effect of the levels left out on populations and coherences.
    levels, pair_levels : int, int or None
        Levels kept of the ladder, and of each ladder of the complete pair; None without one.
    bath_edge_population : float
        Largest population of the highest level kept of any bath in the full model; NaN where it was not solved.
    skipped : tuple of str
        What was not computed, and why.
    pair_error, contrast_error : float
        Relative change of S, and of the contrast, that the levels above those, and one more Fock state of each mode as
        far as that is known, would make; NaN where not known.
    pair_bath_error : float
        The part of one more Fock state of each mode; NaN where such a pair was too large to be solved.
    """

    status: Status
    certificate: Certificate
    truncation_error: float
    levels: int
    bath_edge_population: float
    conditions: Conditions
    skipped: tuple[str, ...] = ()
    pair_levels: int | None = None
    pair_error: float = math.nan
    contrast_error: float = math.nan
    pair_bath_error: float = math.nan

    @property
    def message(self) -> str:
        """What was not computed, and why."""
        return " ".join(self.skipped)

    @property
    def converged(self) -> bool:
        """Whether every solve converged."""
        return self.ok

    @property
    def accurate(self) -> bool:
        """Whether there are levels enough for a verdict, as far as that is known."""
        of_pairs = float(np.fmax(self.contrast_error, self.pair_error))
        return not (self.truncation_error > LARGEST_TRUNCATION or of_pairs > LARGEST_CONTRAST_ERROR)


class Checked(Result):
    """A result that ended as its `numerics` did."""

    __slots__ = ()
    numerics: Numerics

    @property
    def status(self) -> Status:
        """Of the first solve that did not converge, else converged."""
        return self.numerics.status

    @property
    def message(self) -> str:
        """What was skipped, and why."""
        return self.numerics.message

    @property
    def certificate(self) -> Certificate:
        """The worst of every solve."""
        return self.numerics.certificate


def numerics_of(
    analysis: Analysis,
    *,
    comparison: bool = False,
    prediction: bool = False,
    skipped: str = "",
    pair: Iterable[Result] = (),
    paired: bool = True,
) -> Numerics:
    """Certificate of an answer, over the comparison and the prediction if they belong to it.

    `skipped` names the parts left out because no Fock state is stabilised; `pair` are the solutions of an answer about
    complete pairs and of one device; without `paired` no complete pair is part of it, and V is no condition of it.
    """
    conditions = analysis.conditions if paired else analysis.base_conditions
    alone = steady_state(Network([analysis.effective], [[0.0]]))
    solved, edges = [*pair], []
    size = analysis.pair_size if prediction or (solved and paired) else None
    if solved:
        edges.append(_bath_edge(analysis.alone))
    if comparison:
        found = analysis.comparison
        solved += [s for s in (found.full, found.eliminated, found.published) if s is not None]
        edges.append(_bath_edge(found.full))
    if prediction:
        solved.append(analysis.prediction)
        edges += [_bath_edge(s.steady, s.subsystems) for s in analysis.prediction.full if s.steady.ok]
    if not solved:
        solved.append(alone.steady)
    truncation = np.nansum([conditions.level_error, conditions.bath_error])
    if math.isnan(conditions.level_error):
        tail = analysis.prediction.truncation_error if prediction else math.nan
        truncation = np.fmax(alone.truncation_error, tail)
    return Numerics(
        status=worst_status(s.status for s in solved),
        certificate=Certificate.worst(s.certificate for s in solved),
        truncation_error=float(truncation),
        levels=analysis.oscillator.levels,
        bath_edge_population=float(np.fmax.reduce(edges, initial=math.nan)),
        conditions=conditions,
        skipped=(_skipped(analysis.oscillator, skipped),) if skipped else (),
        pair_levels=None if size is None else int(size.levels.value),
        pair_error=math.nan if size is None else size.total_error,
        contrast_error=math.nan if size is None else size.total_contrast_error,
        pair_bath_error=math.nan if size is None else size.bath_error,
    )


def _skipped(oscillator: SelfOscillator, part: str) -> str:
    """Why `part` means nothing here."""
    target = oscillator.target
    if target is None or not 1 <= target <= oscillator.levels - 2:
        found = f"n0 = {target} among {oscillator.levels} levels"
    elif (kerr := oscillator.ladder.kerr_at(target)) > 0:
        found = f"σ = {show(widest_linewidth(oscillator) / (4 * kerr), digits=3)}"
    else:
        found = f"no positive K at n0 = {target}"
    return (
        f"{part}: the tones must single out one level, which takes σ = κ/4K ≤ {WIDEST_MEANINGFUL_SIGMA:g} and n0 ≥ 1 "
        f"below the top of the ladder, but found {found}. Raise K or lower κ."
    )


def _bath_edge(full: SteadyState, oscillators: tuple[int, ...] = (0,)) -> float:
    """Largest population of the highest level kept of any subsystem that is no oscillator; NaN without one."""
    edges = np.delete(full.edge_populations, oscillators)
    return float(edges.max()) if edges.size else math.nan
