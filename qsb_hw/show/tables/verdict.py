"""The answer."""

from __future__ import annotations

import math

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.questions.assess import Assessment
from qsb_hw.questions.criteria import Verdict
from qsb_hw.questions.lasting import LONGEST, Lasting
from qsb_hw.show.tables.criteria import is_fine, margin_text, worst_first
from qsb_hw.show.tables.style import BAD, GOOD, QUIET, WARNING
from qsb_hw.show.tables.text import number
from qsb_hw.units import show_time

_COLOURS = {
    Verdict.FEASIBLE: GOOD,
    Verdict.BORDERLINE: WARNING,
    Verdict.INFEASIBLE: BAD,
    Verdict.UNDECIDED: BAD,
}


FOR_EVER = 3e9
"""Seconds, a century: nobody waits longer for an oscillator to cross its barrier."""


def verdict_panel(assessment: Assessment) -> Panel:
    """Verdict, what decided it, what to change, which model to trust, and the rule it follows."""
    colour = _COLOURS[assessment.verdict]
    parts: list[RenderableType] = [
        Text(verdict_word(assessment), style=f"bold {colour}"),
        Text(_headline(assessment)),
        *_duration(assessment),
        *_not_converged(assessment),
        *_needs(assessment),
        *_approximations(assessment),
        Text(f"Rule: {assessment.rule}", style=QUIET),
    ]
    title = f"Can synchronization blockade be reached on {assessment.device.name}?"
    return Panel(Group(*parts), title=title, title_align="left", border_style=colour, box=box.ROUNDED, padding=(0, 1))


def verdict_word(assessment: Assessment) -> str:
    """The verdict as it is shown: what is not decided says why."""
    if assessment.verdict is Verdict.UNDECIDED:
        return "UNDECIDED: not converged, no verdict"
    return str(assessment.verdict.value).upper()


def undecided_notice(assessment: Assessment) -> list[RenderableType]:
    """What stands at the top where there is no verdict; nothing otherwise."""
    if assessment.verdict is not Verdict.UNDECIDED:
        return []
    return [Text(verdict_word(assessment), style=f"bold {BAD}"), *_not_converged(assessment)]


def _not_converged(assessment: Assessment) -> list[RenderableType]:
    failed = [c for c in assessment.criteria if c.kind is CriterionKind.NUMERICS and c.passed is False]
    if not failed:
        return []
    return [Text("Numbers that have not converged:"), *_with_remedies(failed, BAD)]


def _duration(assessment: Assessment) -> list[RenderableType]:
    """For how long the verdict holds."""
    found, verdict = assessment.lasting, assessment.verdict
    if found is None or assessment.comparison is None or verdict is Verdict.UNDECIDED:
        return []
    n0, time = found.target, found.experiment_time
    now, forever = (float(p[n0]) for p in (found.populations, found.populations_forever))
    words = f"Experiments of {show_time(time.value)} ({time.origin.value}): P({n0}) = {now:.3f} at the end, "
    words += f"{forever:.3f} for ever (eliminated, every level); populations relax within "
    words += f"{show_time(1 / found.relaxation_rate)}."
    if verdict in (Verdict.FEASIBLE, Verdict.BORDERLINE):
        words += f" The verdict holds {_until(found)}."
    return [Text(words)]


def _until(found: Lasting) -> str:
    left = math.inf if math.isnan(found.time_to_loss) else found.time_to_loss
    if math.isinf(found.holds):
        return "for ever" if left > FOR_EVER else f"until the barrier is crossed, after {show_time(left)} on average"
    if math.isnan(found.holds):
        return f"for more than {show_time(LONGEST * found.experiment_time.value)}, but not for ever"
    return f"for {show_time(min(found.holds, left), 2)}"


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
    needs = [c for c in assessment.criteria if c.kind is CriterionKind.REQUIREMENT and c.margin is not None]
    failed, tight = [c for c in needs if not c.passed], [c for c in needs if c.passed and not is_fine(c)]
    now = [c for c in failed if not c.lasting]
    parts: list[RenderableType] = [Text("Needs that fail:"), *_with_remedies(now, BAD)] if now else []
    if later := [c for c in failed if c.lasting]:
        parts += [Text("Needs that fail in the long run, not by the end of an experiment:")] if not now else []
        parts += _with_remedies(later, WARNING)
    if parts:
        return parts
    if tight:
        return [Text("Needs met without the margin asked for:"), *_with_remedies(tight, WARNING)]
    smallest = ", ".join(f"{c.name} {margin_text(c.margin)}" for c in worst_first(needs)[:3])
    return [Text(f"Every need is met with the margin asked for; smallest margins: {smallest}.")]


def _approximations(assessment: Assessment) -> list[RenderableType]:
    failed = [c for c in assessment.criteria if c.kind is CriterionKind.APPROXIMATION and c.passed is False]
    if not failed and any(c.kind is CriterionKind.NUMERICS and c.passed is False for c in assessment.criteria):
        return []  # numbers that have not converged say nothing of the approximations either
    if not failed:
        return [Text("Every approximation that could be checked holds.")]
    return [Text("Approximations that fail (the verdict does not rest on them):"), *_with_remedies(failed, WARNING)]


def _with_remedies(criteria: list[Criterion], style: str) -> list[RenderableType]:
    return [
        Padding(Text.assemble((f"{c.name} {margin_text(c.margin)}", style), f" → {c.remedy}"), (0, 0, 0, 2))
        for c in worst_first(criteria)
    ]
