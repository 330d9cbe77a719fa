"""The main job: from a device to a checked verdict."""

from __future__ import annotations

from dataclasses import dataclass

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Conditions, Requested
from qsb_hw.analysis.pair import SyncPrediction
from qsb_hw.elimination.compare import Comparison
from qsb_hw.elimination.eliminate import both_conventions
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.device import Device
from qsb_hw.model.display import html_tables
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.approximations import MOST_LEVELS, MOST_STATES_FREE, budget_of
from qsb_hw.questions.criteria import VERDICT_RULE, Verdict, criteria_of, verdict_of
from qsb_hw.questions.error_budget import ErrorBudget
from qsb_hw.questions.lasting import Lasting, lasting
from qsb_hw.questions.numerics import Checked, Numerics, numerics_of


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Assessment(Checked):
    """Everything the main job finds out about a device.

    Attributes
    ----------
    oscillator : SelfOscillator
        With the levels kept.
    effective, published : EffectiveOscillator
        Eliminated, in both conventions; `published` is None where its closed forms do not exist.
    criteria, verdict : Criteria, Verdict
        Requirements first; the verdict by `rule`.
    comparison, synchronization, budget : Comparison, SyncPrediction, ErrorBudget or None
        Full against eliminated, S(Δ), and what each approximation costs; None without a Fock state.
    numerics, conditions : Numerics, Conditions
        What was certified, left out and skipped; sizes, V and durations, and where each comes from.
    lasting : Lasting or None
        Populations at the end of an experiment and in the steady state; None where they do not relax.
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
    rule: str = VERDICT_RULE

    def _repr_html_(self) -> str:
        return html_tables(self)


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
    levels, pair_levels, bath_levels : int, optional
        Levels of the ladder, of each ladder in the complete pair, and Fock states of each auxiliary mode; the file's
        unless given, else as many as populations and S need.
    coupling : float, optional
        V in rad/s with its sign; the file's unless given, 0.3 γ if that has none.
    experiment_time : float, optional
        Duration of one experiment in s; the file's unless given, else the platform's usual one.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Assessment
        `.verdict`, `.criteria`, and everything they rest on.

    Raises
    ------
    ArgumentError
        If the platform does not have the levels, or a condition is out of its range.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> qh.assess(qh.load_device("photon_pressure")).verdict.value
    'infeasible'
    """
    requested = Requested(
        levels=levels,
        pair_levels=pair_levels,
        coupling=coupling,
        bath_levels=bath_levels,
        experiment_time=experiment_time,
    )
    return assessed(Analysis(device, requested, progress=progress))


def assessed(analysis: Analysis) -> Assessment:
    """The verdict on what an analysis is of, with everything it rests on."""
    known, levels = analysis.has_fock_state, min(analysis.oscillator.levels, MOST_LEVELS)
    found = lasting(analysis.device, analysis.base_conditions.experiment_time)
    comparison = analysis.comparison if known else None
    prediction = analysis.prediction if known else None
    criteria = criteria_of(analysis, found)
    effective, published = both_conventions(analysis.oscillator)
    return Assessment(
        device=analysis.device,
        oscillator=analysis.oscillator,
        effective=effective,
        published=published,
        criteria=criteria,
        verdict=verdict_of(criteria),
        comparison=comparison,
        synchronization=prediction,
        budget=budget_of(analysis, levels=levels, most_states=MOST_STATES_FREE) if known else None,
        numerics=numerics_of(
            analysis,
            comparison=known,
            prediction=known,
            skipped="" if known else "comparison, synchronization and error budget",
        ),
        conditions=analysis.conditions,
        lasting=found,
    )
