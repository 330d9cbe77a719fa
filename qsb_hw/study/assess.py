"""The main job: from a device to a checked verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from qsb_hw.arguments import real
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.reduction.compare import Comparison, compare
from qsb_hw.reduction.eliminate import both_conventions
from qsb_hw.reduction.feasibility import VERDICT_RULE, Verdict, feasibility, has_fock_state, judge
from qsb_hw.study.error_budget import ErrorBudget
from qsb_hw.study.kept import kept_oscillator
from qsb_hw.study.ladder import MOST_STATES_FREE, error_budget
from qsb_hw.study.numerics import Numerics, comparison_numerics, joined, prediction_numerics, skipped_numerics
from qsb_hw.study.prediction import Report, SyncPrediction, predict_pair


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Everything the main job finds out about a device.

    Attributes
    ----------
    device : Device
        What was assessed.
    oscillator : SelfOscillator
        With the levels kept.
    effective, published : EffectiveOscillator
        Eliminated, in both conventions; `published` is None where its closed forms do not exist.
    criteria : Criteria
        Needs first.
    verdict : Verdict
        By `rule`.
    comparison : Comparison or None
        Full against eliminated; None where there is no Fock state to compare.
    synchronization : SyncPrediction or None
        Likewise.
    budget : ErrorBudget or None
        What each approximation costs; likewise.
    numerics : Numerics
        Status, residual, truncation error, and what was skipped.
    """

    device: Device
    oscillator: SelfOscillator
    effective: EffectiveOscillator
    published: EffectiveOscillator | None
    criteria: Criteria
    verdict: Verdict
    comparison: Comparison | None
    synchronization: SyncPrediction | None
    budget: ErrorBudget | None
    numerics: Numerics
    rule: str = field(default=VERDICT_RULE)


def assess(
    device: Device,
    *,
    levels: int | None = None,
    pair_levels: int | None = None,
    coupling: float | None = None,
    report: Report | None = None,
) -> Assessment:
    """Map a device to its effective parameters, check the elimination, predict S(Δ), and judge it.

    Parameters
    ----------
    device : Device
        From `load_device`.
    levels : int, optional
        Levels of the ladder; all bound ones up to 8 unless given.
    pair_levels : int, optional
        Levels per ladder in the complete two-device model; n0 + 3 unless given.
    coupling : float, optional
        V in rad/s; the spec's unless given, 0.3 γ if that has none.
    report : callable, optional
        Called with (stage, done, total) for progress.

    Raises
    ------
    ArgumentError
        Levels the platform does not have.
    """
    wanted = _coupling(device, coupling)
    oscillator = kept_oscillator(device, levels)
    effective, published = both_conventions(oscillator)
    comparison = prediction = budget = None
    if has_fock_state(oscillator):
        if report is not None:
            report("full model against the eliminated one", 0, 0)
        comparison = compare(oscillator)
        prediction = predict_pair(oscillator, wanted, pair_levels, report)
        budget = error_budget(
            device, levels=oscillator.levels, coupling=coupling, most_states=MOST_STATES_FREE, report=report
        )
        numerics = joined(comparison_numerics(oscillator, comparison), prediction_numerics(oscillator, prediction))
    else:
        numerics = skipped_numerics(oscillator, "comparison, synchronization and error budget")
    criteria = feasibility(device, comparison, None if prediction is None else prediction.contrast)
    return Assessment(
        device, oscillator, effective, published, criteria, judge(criteria), comparison, prediction, budget, numerics
    )


def _coupling(device: Device, coupling: float | None) -> float | None:
    """V to predict with: the one asked for, else the spec's, else None for the tool's assumption."""
    if coupling is not None:
        coupling = real("`coupling`", coupling, "Leave it out for the spec's own.", above=0.0)
    return coupling if coupling is not None else device.nearest_coupling or None
