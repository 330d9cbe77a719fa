"""The answer."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.reduction.feasibility import Verdict
from qsb_hw.report.tables.criteria import is_fine, margin_text, worst_first
from qsb_hw.report.tables.style import BAD, GOOD, QUIET, WARNING
from qsb_hw.report.tables.text import number
from qsb_hw.study.assess import Assessment

_COLOURS = {Verdict.FEASIBLE: GOOD, Verdict.BORDERLINE: WARNING, Verdict.INFEASIBLE: BAD}


def verdict_panel(assessment: Assessment) -> Panel:
    """Verdict, what decided it, what to change, which model to trust, and the rule it follows."""
    colour = _COLOURS[assessment.verdict]
    parts: list[RenderableType] = [
        Text(assessment.verdict.value.upper(), style=f"bold {colour}"),
        Text(_headline(assessment)),
        *_needs(assessment),
        *_approximations(assessment),
        Text(f"Rule: {assessment.rule}", style=QUIET),
    ]
    title = f"Can synchronization blockade be reached on {assessment.device.name}?"
    return Panel(Group(*parts), title=title, title_align="left", border_style=colour, box=box.ROUNDED, padding=(0, 1))


def _headline(assessment: Assessment) -> str:
    comparison, prediction = assessment.comparison, assessment.synchronization
    if comparison is None or prediction is None:
        return "No Fock state is stabilised; what presupposes one was skipped."
    fidelity = comparison.fock_fidelity(comparison.populations_full)
    return (
        f"The full model holds P({assessment.device.target}) = {fidelity:.3f}; S is {number(prediction.contrast, 3)} "
        "times larger at the resonances than at equal frequencies."
    )


def _needs(assessment: Assessment) -> list[RenderableType]:
    needs = [c for c in assessment.criteria if c.kind is CriterionKind.NEED and c.margin is not None]
    failed, tight = [c for c in needs if not c.passed], [c for c in needs if c.passed and not is_fine(c)]
    if failed:
        return [Text("Needs that fail:"), *_with_remedies(failed, BAD)]
    if tight:
        return [Text("Needs met without the margin asked for:"), *_with_remedies(tight, WARNING)]
    smallest = ", ".join(f"{c.name} {margin_text(c.margin)}" for c in worst_first(needs)[:3])
    return [Text(f"Every need is met with the margin asked for; smallest margins: {smallest}.")]


def _approximations(assessment: Assessment) -> list[RenderableType]:
    failed = [c for c in assessment.criteria if c.kind is CriterionKind.APPROXIMATION and c.passed is False]
    if not failed:
        return [Text("Every approximation that could be checked holds.")]
    return [Text("Approximations that fail (the verdict does not rest on them):"), *_with_remedies(failed, WARNING)]


def _with_remedies(criteria: list[Criterion], style: str) -> list[RenderableType]:
    return [
        Padding(Text.assemble((f"{c.name} {margin_text(c.margin)}", style), f" → {c.remedy}"), (0, 0, 0, 2))
        for c in worst_first(criteria)
    ]
