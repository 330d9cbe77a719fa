"""The main job: from a device to a checked verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from qsb_hw._typing import Progress
from qsb_hw.analysis.conditions import Conditions, conditions_of, under
from qsb_hw.analysis.pair import SyncPrediction, predict_pair
from qsb_hw.arguments import real
from qsb_hw.elimination.compare import Comparison, compare
from qsb_hw.elimination.eliminate import both_conventions
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator, has_fock_state
from qsb_hw.questions.approximations import MOST_LEVELS, MOST_STATES_FREE, error_budget
from qsb_hw.questions.criteria import VERDICT_RULE, Accuracy, Verdict, feasibility, judge
from qsb_hw.questions.error_budget import ErrorBudget
from qsb_hw.questions.lasting import Lasting, lasting
from qsb_hw.questions.numerics import (
    Numerics,
    comparison_numerics,
    joined,
    prediction_numerics,
    skipped_numerics,
    under_conditions,
)


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
    conditions : Conditions
        Levels, Fock states and the duration of an experiment, who said so, and what was left out.
    lasting : Lasting or None
        Populations at the end of an experiment and for ever; None where they come to no rest.
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
    conditions: Conditions
    lasting: Lasting | None
    rule: str = field(default=VERDICT_RULE)


def assess(
    device: Device,
    *,
    levels: int | None = None,
    pair_levels: int | None = None,
    coupling: float | None = None,
    bath_levels: int | None = None,
    experiment_time: float | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """Map a device to its effective parameters, check the elimination, predict S(Δ), and judge it.

    Parameters
    ----------
    device : Device
        From `load_device`.
    levels : int, optional
        Levels of the ladder; the file's unless given, else as many as the populations need.
    pair_levels : int, optional
        Levels per ladder in the complete two-device model; the file's unless given, else as many as S needs and as are
        affordable.
    coupling : float, optional
        V in rad/s; the spec's unless given, 0.3 γ if that has none.
    bath_levels : int, optional
        Fock states of each auxiliary mode; the file's unless given, else as many as the populations need.
    experiment_time : float, optional
        Duration of one experiment in s; the file's unless given, else the platform's usual one.
    progress : callable, optional
        Called with (stage, done, total) for progress.

    Raises
    ------
    ArgumentError
        Levels the platform does not have, fewer than two Fock states, a duration that is not positive.
    """
    wanted = _coupling(device, coupling)
    conditions = conditions_of(device, levels, bath_levels, experiment_time)
    oscillator = under(device, conditions)
    pair_levels = pair_levels or device.given.pair_levels
    effective, published = both_conventions(oscillator)
    comparison = prediction = budget = accuracy = None
    if has_fock_state(oscillator):
        if progress is not None:
            progress("full model against the eliminated one", 0, 0)
        comparison = compare(oscillator)
        prediction = predict_pair(oscillator, wanted, pair_levels, progress)
        budget = error_budget(
            device,
            levels=min(oscillator.levels, MOST_LEVELS),
            coupling=coupling,
            most_states=MOST_STATES_FREE,
            progress=progress,
        )
        numerics = joined(comparison_numerics(oscillator, comparison), prediction_numerics(oscillator, prediction))
        numerics = under_conditions(numerics, conditions, prediction)
        accuracy = Accuracy(
            conditions.truncation_error,
            numerics.contrast_error,
            numerics.pair_error,
            numerics.certificate.error_bound if numerics.converged else math.inf,
            oscillator.levels,
            prediction.pair_levels,
        )
    else:
        skipped = skipped_numerics(oscillator, "comparison, synchronization and error budget")
        numerics = under_conditions(skipped, conditions)
    found = lasting(device, conditions.experiment_time)
    contrast = None if prediction is None else prediction.contrast
    criteria = feasibility(device, comparison, contrast, None if found is None else found.duration, accuracy)
    return Assessment(
        device=device,
        oscillator=oscillator,
        effective=effective,
        published=published,
        criteria=criteria,
        verdict=judge(criteria),
        comparison=comparison,
        synchronization=prediction,
        budget=budget,
        numerics=numerics,
        conditions=conditions,
        lasting=found,
    )


def _coupling(device: Device, coupling: float | None) -> float | None:
    """V to predict with: the one asked for, else the spec's, else None for the tool's assumption."""
    if coupling is not None:
        coupling = real("`coupling`", coupling, "Leave it out for the spec's own.", above=0.0)
    return coupling if coupling is not None else abs(device.nearest_coupling) or None
