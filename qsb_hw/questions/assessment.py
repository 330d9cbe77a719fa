"""A device judged: its criteria, its verdict, and everything they rest on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Conditions
from qsb_hw.analysis.pair import SyncPrediction
from qsb_hw.elimination.compare import Comparison
from qsb_hw.elimination.eliminate import both_conventions
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.device import Device
from qsb_hw.model.display import html_tables
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.approximations import MOST_LEVELS, MOST_STATES_FREE, budget_of
from qsb_hw.questions.criteria import VERDICT_RULE, Verdict, criteria_of, criteria_of_node, verdict_of
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
        Full against eliminated, S(Δ), and what each approximation costs; None without a Fock state, the last also where
        it was not asked for.
    numerics, conditions : Numerics, Conditions
        What was certified, left out and skipped; sizes, V and durations, and where each comes from.
    lasting : Lasting or None
        Populations at the end of an experiment and in the steady state; None where they do not relax.
    analysis : Analysis or None
        What it was judged from, with every solution, for a report.
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
    analysis: Analysis | None = field(default=None, repr=False)

    def _repr_html_(self) -> str:
        return html_tables(self)


def assessed(analysis: Analysis, budget: bool = True) -> Assessment:
    """The verdict on a device and its twin, with everything it rests on; the error budget where it is asked for."""
    known, levels = analysis.has_fock_state, min(analysis.oscillator.levels, MOST_LEVELS)
    judged = _assessed(analysis, "comparison, synchronization and error budget")
    return replace(
        judged,
        synchronization=analysis.prediction if known else None,
        budget=budget_of(analysis, levels=levels, most_states=MOST_STATES_FREE) if known and budget else None,
    )


def assessed_alone(analysis: Analysis) -> Assessment:
    """The verdict on a device by itself, without its twin and without the error budget."""
    return _assessed(analysis, "comparison", paired=False)


def _assessed(analysis: Analysis, parts: str, paired: bool = True) -> Assessment:
    """The verdict without prediction and error budget; `parts` are those that take a Fock state."""
    known = analysis.has_fock_state
    found = lasting(analysis.device, analysis.base_conditions.experiment_time)
    comparison = analysis.comparison if known else None
    if known and paired:
        _ = analysis.prediction  # before the criteria, whose error bound is that of every solve
    criteria = (criteria_of if paired else criteria_of_node)(analysis, found)
    effective, published = both_conventions(analysis.oscillator)
    return Assessment(
        device=analysis.device,
        oscillator=analysis.oscillator,
        effective=effective,
        published=published,
        criteria=criteria,
        verdict=verdict_of(criteria),
        comparison=comparison,
        synchronization=None,
        budget=None,
        numerics=numerics_of(
            analysis, comparison=known, prediction=known and paired, skipped="" if known else parts, paired=paired
        ),
        conditions=analysis.conditions if paired else analysis.base_conditions,
        lasting=found,
        analysis=analysis,
    )
