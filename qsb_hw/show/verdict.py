"""The verdict, and for how long it holds."""

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
from qsb_hw.show.criteria import is_fine, margin_text, worst_first
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import BAD, GOOD, QUIET, WARNING
from qsb_hw.show.text import number
from qsb_hw.units import show_time

_COLOURS = {Verdict.FEASIBLE: GOOD, Verdict.BORDERLINE: WARNING}
FOR_EVER = 3e9
"""Seconds, a century: a mean time to the barrier beyond it counts as none."""
LASTING = Section(
    Field("experiment_time_s", "duration of an experiment", "experiment_time.value"),
    Field("experiment_time_origin", "where that comes from", "experiment_time.origin"),
    Field("relaxation_rate", "slowest decay of the populations"),
    Field("populations", "at the end of an experiment, from the ground state on, of what has not left the ladder"),
    Field("populations_forever", "in the steady state"),
    Field("lost", "share that has left the ladder by the end of an experiment; null where no barrier is known"),
    Field("time_to_loss_s", "mean time until the ladder is left; null where no barrier is known, or never"),
    Field("holds_s", "time from which on P(n0) is too small; null for never, 0 if it already is at the end", "holds"),
)
"""Of the eliminated oscillator with every level; null where its populations have no steady state."""


def verdict_panel(assessment: Assessment) -> Panel:
    """Verdict, what decided it, what to change, which model to trust, and the rule it follows."""
    colour = _COLOURS.get(assessment.verdict, BAD)
    parts: list[RenderableType] = [
        Text(verdict_word(assessment), style=f"bold {colour}"),
        Text(_headline(assessment)),
        *_duration(assessment),
        *_not_converged(assessment),
        *_requirements(assessment),
        *_approximations(assessment),
        Text(f"Rule: {assessment.rule}", style=QUIET),
    ]
    title = f"Can synchronization blockade be reached on {assessment.device.name}?"
    return Panel(Group(*parts), title=title, title_align="left", border_style=colour, box=box.ROUNDED, padding=(0, 1))


def verdict_word(assessment: Assessment) -> str:
    """The verdict in capitals; undecided with the reason."""
    if assessment.verdict is Verdict.UNDECIDED:
        return "UNDECIDED: not converged, no verdict"
    return str(assessment.verdict.value).upper()


def undecided_notice(assessment: Assessment) -> list[RenderableType]:
    """Shown first where there is no verdict; nothing otherwise."""
    if assessment.verdict is not Verdict.UNDECIDED:
        return []
    return [Text(verdict_word(assessment), style=f"bold {BAD}"), *_not_converged(assessment)]


def _not_converged(assessment: Assessment) -> list[RenderableType]:
    failed = _failed(assessment, CriterionKind.NUMERICS)
    return [Text("Numerical checks that fail:"), *_with_remedies(failed, BAD)] if failed else []


def _failed(assessment: Assessment, kind: CriterionKind) -> list[Criterion]:
    return [c for c in assessment.criteria if c.kind is kind and c.passed is False]


def _duration(assessment: Assessment) -> list[RenderableType]:
    """For how long the verdict holds."""
    found, verdict = assessment.lasting, assessment.verdict
    if found is None or assessment.comparison is None or verdict is Verdict.UNDECIDED:
        return []
    n0, time = found.target, found.experiment_time
    now, forever = (float(p[n0]) for p in (found.populations, found.populations_forever))
    words = (
        f"Experiments of {show_time(time.value)} ({time.origin.value}): P({n0}) = {now:.3f} at the end, {forever:.3f} "
        f"in the steady state (eliminated, every level); populations relax within "
        f"{show_time(1 / found.relaxation_rate)}."
    )
    if verdict in (Verdict.FEASIBLE, Verdict.BORDERLINE):
        words += f" The verdict holds {_until(found)}."
    return [Text(words)]


def _until(found: Lasting) -> str:
    left = math.inf if math.isnan(found.time_to_loss) else found.time_to_loss
    if math.isinf(found.holds):
        crossed = f"until the barrier is crossed, after {show_time(left)} on average"
        return "indefinitely" if left > FOR_EVER else crossed
    if math.isnan(found.holds):
        return f"for more than {show_time(LONGEST * found.experiment_time.value)}, but not indefinitely"
    return f"for {show_time(min(found.holds, left), 2)}"


def _headline(assessment: Assessment) -> str:
    comparison, prediction = assessment.comparison, assessment.synchronization
    if comparison is None or prediction is None:
        return "No Fock state is stabilised; what requires one was skipped."
    fidelity = comparison.fock_fidelity(comparison.populations_full)
    return (
        f"The full model holds P({assessment.device.target}) = {fidelity:.3f}; S is {number(prediction.contrast, 3)} "
        "times larger at the resonances than at equal frequencies."
    )


def _requirements(assessment: Assessment) -> list[RenderableType]:
    checked = [c for c in assessment.criteria if c.kind is CriterionKind.REQUIREMENT and c.margin is not None]
    failed, marginal = [c for c in checked if not c.passed], [c for c in checked if c.passed and not is_fine(c)]
    now, later = ([c for c in failed if c.lasting is lasting] for lasting in (False, True))
    if now:
        return [Text("Failed requirements:"), *_with_remedies(now, BAD), *_with_remedies(later, WARNING)]
    if later:
        title = "Requirements that fail in the steady state, not by the end of an experiment:"
        return [Text(title), *_with_remedies(later, WARNING)]
    if marginal:
        return [Text("Requirements met without their margin:"), *_with_remedies(marginal, WARNING)]
    smallest = ", ".join(f"{c.name} {margin_text(c.margin)}" for c in worst_first(checked)[:3])
    return [Text(f"Every requirement is met with its margin; smallest margins: {smallest}.")]


def _approximations(assessment: Assessment) -> list[RenderableType]:
    if failed := _failed(assessment, CriterionKind.APPROXIMATION):
        title = "Failed approximation checks (the verdict does not rest on them):"
        return [Text(title), *_with_remedies(failed, WARNING)]
    if _failed(assessment, CriterionKind.NUMERICS):
        return []  # without converged numbers the approximations are not known either
    return [Text("Every approximation that could be checked holds.")]


def _with_remedies(criteria: list[Criterion], style: str) -> list[RenderableType]:
    return [
        Padding(Text.assemble((f"{c.name} {margin_text(c.margin)}", style), f" → {c.remedy}"), (0, 0, 0, 2))
        for c in worst_first(criteria)
    ]
