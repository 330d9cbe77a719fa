"""The checks of a device, worst first; the verdict, and for how long it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.questions.assessment import Assessment
from qsb_hw.questions.criteria import Verdict
from qsb_hw.questions.lasting import LONGEST, Lasting
from qsb_hw.show.advice import tradeoffs
from qsb_hw.show.detail import Detail, HouseTable, Notes, Part
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import (
    BAD,
    GOOD,
    QUIET,
    WARNING,
    answer,
    label,
    lines,
    stacked,
    table,
    until_verbose,
    value,
    verbose,
)
from qsb_hw.show.text import NONE, number, quantity
from qsb_hw.units import show_time

LARGEST_MARGIN = 1000.0
"""Margins beyond it are shown as "more than"."""
TITLES = {
    CriterionKind.REQUIREMENT: "Requirements of the effect (they decide the verdict)",
    CriterionKind.APPROXIMATION: "Approximation checks (they say which model to trust)",
    CriterionKind.NUMERICS: "Numerical checks (without them there is no verdict)",
}
COUNTED = {
    CriterionKind.REQUIREMENT: "requirements are met with their margin",
    CriterionKind.APPROXIMATION: "approximation checks hold",
    CriterionKind.NUMERICS: "numerical checks hold",
}
COLOURS = {Verdict.FEASIBLE: GOOD, Verdict.BORDERLINE: WARNING}
MOST_DIGITS = 17
"""Digits in which two different numbers differ."""
FOR_EVER = 3e9
"""Seconds, a century: a mean time to the barrier beyond it counts as none."""
CRITERION = Section(
    Field("key", "stable name"),
    Field("name", "as tables show it", symbol="criterion"),
    Field("kind", "requirement, approximation or numerics"),
    Field("value", "in `unit`; null where the check does not apply"),
    Field("unit", "SI unit of value and bound"),
    Field("bound", "what the value is compared with"),
    Field("sense", "≥ or ≤: which side of the bound is good"),
    Field("margin", "times better than the bound, from 1 on it passes; null where it does not apply, or infinite"),
    Field("passed", "whether the bound is kept; null where it does not apply"),
    Field("meets_margin", "whether it is kept with the required margin; null likewise"),
    Field("required_margin", "margin below which a requirement is marginal"),
    Field("why", "what it is for, or why it does not apply"),
    Field("remedy", "what to change"),
)
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


def criteria_tables(criteria: Sequence[Criterion], left_out: bool = True) -> RenderableType:
    """Requirements, approximation checks, numerical checks, and what could not be checked, in this order.

    Every check with its reason is for the longest output; else requirements, and what is not fine of the others. What
    could not be checked may be left out where `not_checked` says it.
    """
    checked = worst_first(c for c in criteria if c.margin is not None)
    kinds = {kind: [c for c in checked if c.kind is kind] for kind in TITLES}
    short = [_short(TITLES[kind], shown) for kind, of in kinds.items() if (shown := _needed(kind, of))]
    counted = (f"{sum(map(is_fine, of))} of {len(of)} {COUNTED[kind]}." for kind, of in kinds.items() if of)
    unknown = [c for c in criteria if c.margin is None] if left_out else []
    every = (_table(TITLES[kind], of) for kind, of in kinds.items() if of)
    return stacked(
        until_verbose(*short, lines([" ".join(counted)])),
        verbose(*every, _skipped(unknown) if unknown else None),
        torn(criteria),
    )


def _needed(kind: CriterionKind, criteria: Sequence[Criterion]) -> Sequence[Criterion]:
    """Those of one kind that ordinary output has: requirements, and what is not fine of the others."""
    return criteria if kind is CriterionKind.REQUIREMENT else [c for c in criteria if not is_fine(c)]


def not_checked(criteria: Sequence[Criterion]) -> Part | None:
    """Checks that were skipped, with the reasons, for the top of the output."""
    found = [c for c in criteria if c.margin is None]
    names = {why: "; ".join(c.name for c in found if c.why == why) for why in dict.fromkeys(c.why for c in found)}
    told = [(of, why.removeprefix("Not checked: ")) for why, of in names.items()]
    return Part(lines(f"Not checked: {of}. {why[:1].upper()}{why[1:]}" for of, why in told)) if names else None


def worst_first(criteria: Iterable[Criterion]) -> list[Criterion]:
    """Failures, then what is met without the required margin, then the rest; smallest margin first."""
    return sorted(criteria, key=lambda c: (bool(c.passed), is_fine(c), c.margin))


def is_fine(criterion: Criterion) -> bool:
    """Whether nothing needs to change: a requirement met with its margin, an approximation that holds."""
    return bool(criterion.meets_margin if criterion.kind is CriterionKind.REQUIREMENT else criterion.passed)


def standing(criterion: Criterion) -> Text:
    """One word: ok, marginal, FAIL (a requirement) or fails (an approximation), skipped."""
    if criterion.passed is None:
        return Text("skipped", style=QUIET)
    if not criterion.passed:
        mild = criterion.kind is CriterionKind.APPROXIMATION
        return Text("fails", style=WARNING) if mild else Text("FAIL", style=BAD)
    return Text("ok", style=GOOD) if is_fine(criterion) else Text("marginal", style=WARNING)


def bound_text(criterion: Criterion) -> str:
    """What the value is compared with: "≤ 0.1"."""
    return f"{criterion.sense.value} {quantity(criterion.bound, criterion.unit, 3)}"


def stated(criterion: Criterion) -> str:
    """Criterion in running text, value and bound beside the margin: "K/κ: 6.93, must be ≥ 1 (margin 6.93×)"."""
    margin = margin_text(criterion.margin, criterion.required_margin)
    return f"{criterion.name}: {value_text(criterion)}, must be {bound_text(criterion)} (margin {margin})"


def value_text(criterion: Criterion) -> str:
    """Value in three digits, or in as many as tell it apart from a bound that it misses."""
    if criterion.value is None:
        return NONE
    bound = quantity(criterion.bound, criterion.unit, 3)
    texts = (quantity(criterion.value, criterion.unit, digits) for digits in range(3, MOST_DIGITS))
    return next((text for text in texts if criterion.passed or text != bound), bound)


def margin_text(margin: float | None, required: float = 1.0) -> str:
    """How many times better than the bound: "7.1×"; in as many digits as tell it apart from what it misses."""
    if margin is None:
        return NONE
    if margin > LARGEST_MARGIN:
        return f">{LARGEST_MARGIN:.0f}×" if math.isfinite(margin) else "∞"
    if 0 < margin < 0.01:
        return f"{margin:.0e}×".replace("e-0", "e-")
    missed = {f"{least:.3g}" for least in (1.0, required) if margin < least < math.inf}
    texts = (f"{margin:.{digits}g}" for digits in range(3, MOST_DIGITS))
    return f"{next(text for text in texts if text not in missed or float(text) == margin)}×"


_COLUMNS = (
    (label("criterion", max_width=26), lambda c: c.name),
    (value("value"), value_text),
    (value("bound"), bound_text),
    (value("margin"), lambda c: margin_text(c.margin, c.required_margin)),
    (label("", min_width=8), standing),
)  # fmt: skip


def _table(title: str, criteria: Sequence[Criterion]) -> HouseTable:
    return CRITERION.table(title, criteria, *_COLUMNS, (label("why", ratio=1), _reason))


def _short(title: str, criteria: Sequence[Criterion]) -> HouseTable:
    """Without the reasons; what to change stands where something is not fine."""
    name = (label("criterion"), lambda c: c.name)
    advised = () if all(map(is_fine, criteria)) else ((label("what to change", ratio=1), _change),)
    return CRITERION.table(title, criteria, _COLUMNS[0] if advised else name, *_COLUMNS[1:], *advised)


def _change(criterion: Criterion) -> Text:
    return Text("" if is_fine(criterion) else f"→ {criterion.remedy}", style=WARNING)


def _reason(criterion: Criterion) -> Text:
    why = Text(criterion.why, style=QUIET)
    return why if is_fine(criterion) else Text.assemble(why, "\n", (f"→ {criterion.remedy}", WARNING))


def _skipped(criteria: Sequence[Criterion]) -> HouseTable:
    rows = table("Not checked", label("criterion", max_width=40), label("reason", style=QUIET, ratio=1))
    for reason in dict.fromkeys(c.why for c in criteria):
        rows.add_row("\n".join(c.name for c in criteria if c.why == reason), reason)
    return rows


def verdict_panel(assessment: Assessment) -> Part:
    """Verdict, what decided it, what to change, which model to trust, and the rule it follows."""
    return answer(
        f"Can synchronization blockade be reached on {assessment.device.title}?",
        Text(verdict_word(assessment), style=f"bold {verdict_colour(assessment.verdict)}"),
        Text(_headline(assessment)),
        *_duration(assessment),
        *_not_converged(assessment),
        *_requirements(assessment),
        Part(Group(*_approximations(assessment))),
        None if (tradeoff := torn(assessment.criteria)) is None else Part(tradeoff),
        rule_part(assessment.rule),
        style=verdict_colour(assessment.verdict),
    )


def verdict_colour(verdict: Verdict) -> str:
    """Colour of the frame around a verdict."""
    return COLOURS.get(verdict, BAD)


def rule_part(rule: str) -> Part:
    """The rule that a verdict follows."""
    return verbose(Text(f"Rule: {rule}", style=QUIET))


def verdict_word(assessment: Assessment) -> str:
    """The verdict in capitals; undecided with the reason."""
    if assessment.verdict is Verdict.UNDECIDED:
        return "UNDECIDED: not converged, no verdict"
    return str(assessment.verdict.value).upper()


def _not_converged(assessment: Assessment) -> list[RenderableType]:
    return _listed("Numerical checks that fail:", _failed(assessment, CriterionKind.NUMERICS), BAD)


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
        return [*_listed("Failed requirements:", now, BAD), *_listed("", later, WARNING)[1:]]
    if later:
        return _listed("Requirements that fail in the steady state, not by the end of an experiment:", later, WARNING)
    if marginal:
        return _listed("Requirements met without their margin:", marginal, WARNING)
    smallest = [Padding(Text(stated(c)), (0, 0, 0, 2)) for c in worst_first(checked)[:3]]
    return [Text("Every requirement is met with its margin. The smallest margins:"), *smallest]


def _approximations(assessment: Assessment) -> list[RenderableType]:
    if failed := _failed(assessment, CriterionKind.APPROXIMATION):
        return _listed("Failed approximation checks (the verdict does not rest on them):", failed, WARNING)
    if _failed(assessment, CriterionKind.NUMERICS):
        return []  # without converged numbers the approximations are not known either
    return [Text("Every approximation that could be checked holds.")]


def torn(criteria: Iterable[Criterion]) -> Notes | None:
    """What the advice on all that is not fine would raise and lower; requirements first."""
    weak = [c for c in criteria if c.margin is not None and not is_fine(c)]
    first = sorted(weak, key=lambda c: c.kind is not CriterionKind.REQUIREMENT)
    texts = tradeoffs((c.name, c.remedy) for c in first)
    return Notes(tuple(texts), WARNING) if texts else None


def _listed(title: str, criteria: list[Criterion], style: str) -> list[RenderableType]:
    """A title and criteria, worst first, with their remedies but in the shortest output; nothing without any."""
    rows: list[RenderableType] = []
    for c in worst_first(criteria):
        said = (stated(c), style)
        rows.append(Part(Padding(Text.assemble(said), (0, 0, 0, 2)), Detail.BRIEF, Detail.BRIEF))
        rows.append(Part(Padding(Text.assemble(said, f" → {c.remedy}"), (0, 0, 0, 2))))
    return [Text(title), *rows] if rows else []
