"""How far to trust a comparison, a prediction, or both."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw.analysis.conditions import Conditions
from qsb_hw.analysis.pair import SyncPrediction
from qsb_hw.elimination.compare import Comparison
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.lindblad.steady import SteadyState
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import WIDEST_MEANINGFUL_SIGMA, SelfOscillator
from qsb_hw.questions.criteria import LARGEST_CONTRAST_ERROR, LARGEST_TRUNCATION
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.exact import steady_state


@dataclass(frozen=True, slots=True)
class Numerics(Result):
    """How far the numbers can be trusted.

    Attributes
    ----------
    status : Status
        Of the first solve that did not converge, else converged.
    certificate : Certificate
        The worst of every solve: residual, error bound, slowest relaxation.
    truncation_error : float
        Share of the population that levels and Fock states left out would move, where every level is known; else the
        estimated effect of the levels left out on populations and coherences.
    levels : int
        Levels of the ladder kept.
    bath_edge_population : float
        Largest population of the highest level kept of any bath in the full model; NaN where it was not solved.
    skipped : tuple of str
        What was not computed, and why.
    conditions : Conditions or None
        Who said how many levels and Fock states are kept; None where nothing was chosen.
    pair_levels : int or None
        Levels of each ladder of the complete pair; None without one.
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
    skipped: tuple[str, ...] = ()
    conditions: Conditions | None = None
    pair_levels: int | None = None
    pair_error: float = math.nan
    contrast_error: float = math.nan
    pair_bath_error: float = math.nan

    @property
    def converged(self) -> bool:
        """Whether every solve converged."""
        return self.ok

    @property
    def accurate(self) -> bool:
        """Whether there are levels enough for a verdict, as far as that is known."""
        of_pairs = float(np.fmax(self.contrast_error, self.pair_error))
        return not (self.truncation_error > LARGEST_TRUNCATION or of_pairs > LARGEST_CONTRAST_ERROR)


def comparison_numerics(oscillator: SelfOscillator, comparison: Comparison) -> Numerics:
    """Certificate of a comparison; the truncation error is that of the eliminated oscillator."""
    solved = [s for s in (comparison.full, comparison.eliminated, comparison.published) if s is not None]
    alone = steady_state(Network([eliminate(oscillator)], [[0.0]]))
    return Numerics(
        status=next((s.status for s in solved if not s.ok), solved[0].status),
        certificate=Certificate.worst(s.certificate for s in solved),
        truncation_error=alone.truncation_error,
        levels=oscillator.levels,
        bath_edge_population=_bath_edge(comparison.full),
    )


def prediction_numerics(oscillator: SelfOscillator, prediction: SyncPrediction) -> Numerics:
    """Certificate of a prediction, over every solve of it."""
    edges = [_bath_edge(s.steady, s.subsystems) for s in prediction.full if s.steady.ok]
    failed = (s for s in prediction.statuses if s is not Status.CONVERGED)
    return Numerics(
        status=next(failed, Status.CONVERGED),
        certificate=prediction.certificate,
        truncation_error=prediction.truncation_error,
        levels=oscillator.levels,
        bath_edge_population=max(edges, default=math.nan),
    )


def under_conditions(numerics: Numerics, conditions: Conditions, prediction: SyncPrediction | None = None) -> Numerics:
    """The same certificate with the truncation error against every level there is, and who chose the sizes."""
    modes = 0.0 if prediction is None or math.isnan(prediction.bath_error) else prediction.bath_error
    errors = [e for e in (conditions.level_error, conditions.bath_error) if not math.isnan(e)]
    return replace(
        numerics,
        truncation_error=sum(errors) if not math.isnan(conditions.level_error) else numerics.truncation_error,
        conditions=conditions,
        pair_levels=None if prediction is None else prediction.pair_levels,
        pair_error=math.nan if prediction is None else prediction.pair_error + modes,
        contrast_error=math.nan if prediction is None else prediction.contrast_error + modes,
        pair_bath_error=math.nan if prediction is None else prediction.bath_error,
    )


def skipped_numerics(oscillator: SelfOscillator, part: str) -> Numerics:
    """What stands in the place of a certificate where `part` means nothing: the reason."""
    alone = steady_state(Network([eliminate(oscillator)], [[0.0]]))
    reason = (
        f"{part}: the tones must single out one level, which takes σ = κ/4K ≤ {WIDEST_MEANINGFUL_SIGMA:g} and n0 ≥ 1 "
        f"below the top of the ladder, but found {_found(oscillator)}. Raise K or lower κ."
    )
    return Numerics(alone.status, alone.certificate, alone.truncation_error, oscillator.levels, math.nan, (reason,))


def _bath_edge(full: SteadyState, oscillators: tuple[int, ...] = (0,)) -> float:
    """Largest population of the highest level kept of any subsystem that is no oscillator; NaN without one."""
    edges = np.delete(full.edge_populations, oscillators)
    return float(edges.max()) if edges.size else math.nan


def _found(oscillator: SelfOscillator) -> str:
    target = oscillator.target
    if target is None or not 1 <= target <= oscillator.levels - 2:
        return f"n0 = {target} among {oscillator.levels} levels"
    kerr = oscillator.ladder.kerr_at(target)
    widest = max(t.linewidth for bath in oscillator.baths for t in bath.tones)
    return f"σ = {widest / (4 * kerr):.3g}" if kerr > 0 else f"no positive K at n0 = {target}"


def joined(one: Numerics, other: Numerics) -> Numerics:
    """The worse of two certificates in every respect."""
    return Numerics(
        status=other.status if one.converged else one.status,
        certificate=Certificate.worst((one.certificate, other.certificate)),
        truncation_error=float(np.fmax(one.truncation_error, other.truncation_error)),
        levels=max(one.levels, other.levels),
        bath_edge_population=float(np.fmax(one.bath_edge_population, other.bath_edge_population)),
        skipped=one.skipped + other.skipped,
    )
