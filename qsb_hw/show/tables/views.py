"""Whole screens: one per verb of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType

from qsb_hw.analysis.pair import SyncPrediction
from qsb_hw.elimination.compare import Comparison
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.assess import Assessment
from qsb_hw.questions.ensemble_results import EnsemblePrediction
from qsb_hw.questions.error_budget import ErrorBudget
from qsb_hw.questions.numerics import Numerics
from qsb_hw.show.tables.comparison import comparison_tables
from qsb_hw.show.tables.criteria import criteria_tables
from qsb_hw.show.tables.device import device_tables, heading
from qsb_hw.show.tables.effective import effective_tables, parameter_table
from qsb_hw.show.tables.ensemble import ensemble_tables
from qsb_hw.show.tables.error_budget import error_budget_summary, error_budget_tables
from qsb_hw.show.tables.numerics import numerics_table
from qsb_hw.show.tables.style import label, lines, table
from qsb_hw.show.tables.synchronization import synchronization_tables
from qsb_hw.show.tables.verdict import undecided_notice, verdict_panel


def assessment_view(assessment: Assessment) -> RenderableType:
    """Everything `check` has to say, the verdict last, where the eye is."""
    a = assessment
    parts: list[RenderableType] = [
        *undecided_notice(a),
        device_tables(a.device),
        effective_tables(a.oscillator, a.effective, a.published, a.comparison),
    ]
    if a.comparison is not None:
        parts.append(comparison_tables(a.comparison))
    if a.synchronization is not None:
        parts.append(synchronization_tables(a.synchronization, abs(a.device.nearest_coupling)))
    if a.budget is not None:
        parts.append(error_budget_summary(a.budget))
    return _stacked(*parts, criteria_tables(a.criteria), numerics_table(a.numerics), verdict_panel(a))


def effective_view(
    device: Device, oscillator: SelfOscillator, derived: EffectiveOscillator, published: EffectiveOscillator | None
) -> RenderableType:
    """The device and what is left of it when its baths are eliminated."""
    return _stacked(device_tables(device), effective_tables(oscillator, derived, published))


def comparison_view(
    device: Device,
    derived: EffectiveOscillator,
    published: EffectiveOscillator | None,
    comparison: Comparison | None,
    numerics: Numerics,
    rwa: bool = True,
) -> RenderableType:
    """Full against eliminated; None shows the reason alone."""
    terms = "without the counter-rotating terms" if rwa else "with all counter-rotating terms"
    shown = [] if comparison is None else [comparison_tables(comparison), lines([f"Both models {terms}."])]
    return _stacked(
        heading(device), parameter_table(derived, published, comparison), *shown, numerics_table(numerics), tight=1
    )


def error_budget_view(device: Device, budget: ErrorBudget | None, numerics: Numerics | None = None) -> RenderableType:
    """The whole error budget; None shows the reason alone."""
    shown = [] if budget is None else [error_budget_tables(budget)]
    why = [] if numerics is None else [numerics_table(numerics)]
    return _stacked(heading(device), *shown, *why, tight=1)


def synchronization_view(device: Device, prediction: SyncPrediction | None, numerics: Numerics) -> RenderableType:
    """Prediction for a pair; None shows the reason alone."""
    shown = [] if prediction is None else [synchronization_tables(prediction, abs(device.nearest_coupling))]
    return _stacked(heading(device), *shown, numerics_table(numerics), tight=1)


def ensemble_view(device: Device, prediction: EnsemblePrediction | None, skipped: Numerics | None) -> RenderableType:
    """Prediction for many devices; None shows the reason alone."""
    shown = [] if prediction is None else [ensemble_tables(prediction)]
    reason = [] if skipped is None else [numerics_table(skipped)]
    return _stacked(heading(device), *shown, *reason, tight=1)


def specs_view(rows: Sequence[dict[str, str]]) -> RenderableType:
    """Device files that ship: name, platform, description, and the folders they lie in."""
    shown = table("Device files that ship", label("name", no_wrap=True), label("platform"), label("description"))
    for row in rows:
        shown.add_row(row["name"], row["platform"], row["description"])
    folders = dict.fromkeys(str(Path(row["path"]).parent) for row in rows)
    return Group(shown, "", lines(f"in {folder}" for folder in folders))


def _stacked(*parts: RenderableType, tight: int = 0) -> Group:
    """Parts with an empty line after each but the first `tight` and the last."""
    spaced: list[RenderableType] = []
    for k, part in enumerate(parts):
        spaced.append(part)
        if tight <= k < len(parts) - 1:
            spaced.append("")
    return Group(*spaced)
