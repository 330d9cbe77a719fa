"""Every check of a device, worst first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import BAD, GOOD, QUIET, WARNING, label, stacked, table, value
from qsb_hw.show.text import NONE, quantity

LARGEST_MARGIN = 1000.0
"""Margins beyond it are shown as "more than"."""
TITLES = {
    CriterionKind.REQUIREMENT: "Requirements of the effect (they decide the verdict)",
    CriterionKind.APPROXIMATION: "Approximation checks (they say which model to trust)",
    CriterionKind.NUMERICS: "Numerical checks (without them there is no verdict)",
}
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


def criteria_tables(criteria: Sequence[Criterion]) -> RenderableType:
    """Requirements, approximation checks, numerical checks, and what could not be checked, in this order."""
    checked = worst_first(c for c in criteria if c.margin is not None)
    kinds = {kind: [c for c in checked if c.kind is kind] for kind in TITLES}
    tables = [_table(TITLES[k], of) for k, of in kinds.items() if of or k is not CriterionKind.NUMERICS]
    skipped = [c for c in criteria if c.margin is None]
    return stacked(*tables, _skipped(skipped) if skipped else None)


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


def margin_text(margin: float | None) -> str:
    """How many times better than the bound: "7.1×"."""
    if margin is None:
        return NONE
    if margin > LARGEST_MARGIN:
        return f">{LARGEST_MARGIN:.0f}×" if math.isfinite(margin) else "∞"
    if 0 < margin < 0.01:
        return f"{margin:.0e}×".replace("e-0", "e-")
    return f"{margin:.3g}×"


def _table(title: str, criteria: Sequence[Criterion]) -> Table:
    return CRITERION.table(
        title, criteria,
        (label("criterion", max_width=26), lambda c: c.name),
        (value("value"), lambda c: quantity(c.value, c.unit, 3)),
        (value("bound"), lambda c: f"{c.sense.value} {quantity(c.bound, c.unit, 3)}"),
        (value("margin"), lambda c: margin_text(c.margin)),
        (label("", min_width=5), standing),
        (label("why", ratio=1), _reason),
    )  # fmt: skip


def _reason(criterion: Criterion) -> Text:
    why = Text(criterion.why, style=QUIET)
    return why if is_fine(criterion) else Text.assemble(why, "\n", (f"→ {criterion.remedy}", WARNING))


def _skipped(criteria: Sequence[Criterion]) -> Table:
    rows = table("Not checked", label("criterion", max_width=40), label("reason", style=QUIET, ratio=1))
    for reason in dict.fromkeys(c.why for c in criteria):
        rows.add_row("\n".join(c.name for c in criteria if c.why == reason), reason)
    return rows
