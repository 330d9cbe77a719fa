"""Every check of a device, worst first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.show.tables.style import BAD, GOOD, QUIET, WARNING, label, table, value
from qsb_hw.show.tables.text import NONE, quantity

LARGEST_MARGIN = 1000.0
"""Margins beyond it are shown as "more than"."""


def criteria_tables(criteria: Sequence[Criterion]) -> RenderableType:
    """Needs of the physics, needs of the approximations, and what could not be checked, in this order."""
    checked = worst_first(c for c in criteria if c.margin is not None)
    needs = [c for c in checked if c.kind is CriterionKind.REQUIREMENT]
    approximations = [c for c in checked if c.kind is CriterionKind.APPROXIMATION]
    numerics = [c for c in checked if c.kind is CriterionKind.NUMERICS]
    skipped = [c for c in criteria if c.margin is None]
    more: list[RenderableType] = []
    if numerics:
        more += ["", _table("What the numbers need (without it there is no verdict)", numerics)]
    if skipped:
        more += ["", _skipped(skipped)]
    return Group(
        _table("What the effect needs (decides the verdict)", needs),
        "",
        _table("What the approximations need (says which model to trust)", approximations),
        *more,
    )


def worst_first(criteria: Iterable[Criterion]) -> list[Criterion]:
    """Failures, then what is met without the margin asked for, then the rest; smallest margin first."""
    return sorted(criteria, key=lambda c: (bool(c.passed), is_fine(c), c.margin))


def is_fine(criterion: Criterion) -> bool:
    """Whether nothing needs to change: a need met with the margin asked for, an approximation that holds."""
    return bool(criterion.meets_margin if criterion.kind is CriterionKind.REQUIREMENT else criterion.passed)


def standing(criterion: Criterion) -> Text:
    """One word: ok, tight, FAIL (a need) or fails (an approximation), skipped."""
    if criterion.passed is None:
        return Text("skipped", style=QUIET)
    if not criterion.passed:
        mild = criterion.kind is CriterionKind.APPROXIMATION
        return Text("fails", style=WARNING) if mild else Text("FAIL", style=BAD)
    return Text("ok", style=GOOD) if is_fine(criterion) else Text("tight", style=WARNING)


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
    rows = table(
        title,
        label("criterion", max_width=26), value("value"), value("bound"), value("margin"), label("", min_width=5),
        label("why", ratio=1),
    )  # fmt: skip
    for c in criteria:
        bound = f"{c.sense.value} {quantity(c.bound, c.unit, 3)}"
        rows.add_row(c.name, quantity(c.value, c.unit, 3), bound, margin_text(c.margin), standing(c), _reason(c))
    return rows


def _reason(criterion: Criterion) -> Text:
    why = Text(criterion.why, style=QUIET)
    return why if is_fine(criterion) else Text.assemble(why, "\n", (f"→ {criterion.remedy}", WARNING))


def _skipped(criteria: Sequence[Criterion]) -> Table:
    rows = table("Not checked", label("criterion", max_width=40), label("reason", style=QUIET, ratio=1))
    reasons = dict.fromkeys(c.why for c in criteria)
    for reason in reasons:
        names = "\n".join(c.name for c in criteria if c.why == reason)
        rows.add_row(names, reason)
    return rows
