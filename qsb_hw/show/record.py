"""What the verbs about one device or a pair print: sections of their records, and their tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType

from qsb_hw.questions.assessment import Assessment
from qsb_hw.show.criteria import CRITERION, LASTING, criteria_tables, undecided_notice, verdict_panel
from qsb_hw.show.device import DEVICE, OSCILLATOR, device_tables, heading
from qsb_hw.show.effective import COMPARISON, EFFECTIVE, comparison_tables, effective_tables, parameter_table
from qsb_hw.show.error_budget import ERROR_BUDGET, error_budget_summary, error_budget_tables
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.numerics import IN_FORCE, NUMERICS, conditions_table, numerics_table
from qsb_hw.show.style import label, lines, stacked
from qsb_hw.show.synchronization import SYNCHRONIZATION, synchronization_tables

_HEAD = (
    Field("device", "what the device is", inside=DEVICE),
    Field("oscillator", "with the levels kept", inside=OSCILLATOR),
)
_EFFECTIVE = Field(
    "effective", "baths eliminated: the derived convention, the published one", lambda found: found, inside=EFFECTIVE
)
_BUDGET = Field("error_budget", "cost of each approximation; null without a Fock state", "budget", inside=ERROR_BUDGET)
_COMPARISON = Field("comparison", "full model against eliminated; null without a Fock state", inside=COMPARISON)
_PAIR = Field("synchronization", "of two such devices; null without a Fock state", inside=SYNCHRONIZATION)
_NUMERICS = Field("numerics", "how far the numbers can be trusted, and what was skipped", inside=NUMERICS)

CHECK = Section(
    _HEAD[0],
    Field("verdict", '"feasible", "borderline", "infeasible", or "undecided" where the numbers have not converged'),
    _HEAD[1],
    _EFFECTIVE,
    Field("criteria", "requirements, approximation checks, numerical checks", each=CRITERION),
    _COMPARISON,
    _PAIR,
    _BUDGET,
    Field("lasting", "populations in the course of time; null without a steady state", inside=LASTING),
    _NUMERICS,
)
ELIMINATED = Section(*_HEAD, _EFFECTIVE, IN_FORCE)
COMPARED = Section(
    *_HEAD, Field("rotating_wave_approximation", "of both models", "rwa"), _EFFECTIVE, _COMPARISON, _NUMERICS
)
HIERARCHY = Section(*_HEAD, _BUDGET, Field("numerics", "why there is no error budget; null otherwise", inside=NUMERICS))
PAIR = Section(*_HEAD, _PAIR, _NUMERICS)
SPEC = Section(
    *(Field(key, "from the file") for key in ("name", "platform", "description")),
    Field("kind", "device or chip"),
    Field("path", "of the file"),
)
SPECS = Section(Field("specs", "device and chip files that ship", each=SPEC))


def assessment_view(assessment: Assessment) -> RenderableType:
    """Everything that `check` prints, the verdict last, next to the prompt."""
    a = assessment
    return stacked(
        *undecided_notice(a), device_tables(a.device), effective_tables(a, a.comparison),
        None if a.comparison is None else comparison_tables(a.comparison),
        None if a.synchronization is None else synchronization_tables(a.synchronization, a.conditions),
        None if a.budget is None else error_budget_summary(a.budget),
        criteria_tables(a.criteria), numerics_table(a.numerics), verdict_panel(a),
    )  # fmt: skip


def effective_view(found: Any) -> RenderableType:
    """The device and its baths eliminated, in both conventions."""
    return stacked(device_tables(found.device), effective_tables(found), conditions_table(found.conditions))


def comparison_view(found: Any) -> RenderableType:
    """Full against eliminated; without a comparison the reason alone."""
    shown: list[RenderableType] = []
    if found.comparison is not None:
        terms = "without the counter-rotating terms" if found.rwa else "with all counter-rotating terms"
        shown = [comparison_tables(found.comparison), lines([f"Both models {terms}."])]
    parameters = parameter_table(found, found.comparison)
    return Group(heading(found.device), stacked(parameters, *shown, numerics_table(found.numerics)))


def error_budget_view(found: Any) -> RenderableType:
    """The whole error budget; without one the reason alone."""
    shown = numerics_table(found.numerics) if found.budget is None else error_budget_tables(found.budget)
    return Group(heading(found.device), shown)


def synchronization_view(found: Any) -> RenderableType:
    """Prediction for a pair; without one the reason alone."""
    pair = found.synchronization
    shown = None if pair is None else synchronization_tables(pair, found.numerics.conditions)
    return Group(heading(found.device), stacked(shown, numerics_table(found.numerics)))


def specs_view(found: Mapping[str, Any]) -> RenderableType:
    """Files that ship: name, kind, platform, description, and the folders they lie in."""
    rows = found["specs"]
    shown = SPEC.table(
        "Files that ship", rows, (label("name", no_wrap=True), lambda row: row["name"]), "kind", "platform",
        "description",
    )  # fmt: skip
    folders = dict.fromkeys(str(Path(row["path"]).parent) for row in rows)
    return stacked(shown, lines(f"in {folder}" for folder in folders))
