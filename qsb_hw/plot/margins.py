"""Margins of criteria: of a device, and of a design before and after; the Pareto front of a design."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.plot.style import (
    BAD,
    ELIMINATED,
    FULL,
    GOOD,
    QUIET,
    TIGHT,
    house_style,
    legend_below,
    literal,
    named_rows,
    on,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qsb_hw.explore.design.design import DesignResult
    from qsb_hw.explore.design.problem import Goal

SHOWN = (1e-4, 1e3)
"""Margins beyond these are drawn up to them, with an arrow."""


def plot_criteria(criteria: Sequence[Criterion], ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Margin of every criterion that could be checked, as bars that start at the bound.

    A bar to the right passes, one to the left fails; a dot marks its end. A stroke marks the required margin where it
    is above 1. Lines part requirements from approximation checks and from numerical checks, which are pale: neither of
    these makes a device infeasible.
    """
    kinds = list(CriterionKind)
    checked = sorted(
        (c for c in criteria if c.margin is not None), key=lambda c: (kinds.index(c.kind), c.margin or 0.0)
    )
    with house_style():
        figure, ax = on(ax, 5.4, 1.1 + 0.19 * max(len(checked), 4))
        for row, criterion in enumerate(checked):
            _bar(ax, row, criterion)
        for row, (above, below) in enumerate(pairwise(checked)):
            if above.kind is not below.kind:
                ax.axhline(row + 0.5, color=QUIET, linewidth=0.6)
        left = min([0.1, *(_clipped(c.margin) / 3 for c in checked)])
        _margin_axis(ax, [c.name for c in checked], "")
        ax.set_xlim(left, SHOWN[1] * 2)
        _margin_legend(ax, checked)
    return figure, ax


def plot_design(result: DesignResult, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Pareto front of a design with two goals; with one goal the margins of every requirement before and after."""
    return _front(result, ax) if result.second is not None and result.front else _before_and_after(result, ax)


def _bar(ax: Axes, row: int, criterion: Criterion) -> None:
    required, margin = criterion.kind is CriterionKind.REQUIREMENT, criterion.margin or 0.0
    end, colour = _clipped(margin), GOOD if criterion.passed else BAD
    if required and criterion.passed and not criterion.meets_margin:
        colour = TIGHT
    ax.barh(row, end - 1, left=1, height=0.7, color=colour, linewidth=1.2, alpha=1.0 if required else 0.45)
    beyond = not SHOWN[0] < margin < SHOWN[1]
    marker, size = ((">" if end > 1 else "<"), 5) if beyond else ("o", 3.5)  # a margin of 1.01 has no bar to be seen
    ax.plot(end, row, marker=marker, color=colour, markersize=size, clip_on=False)
    if required and criterion.required_margin > 1:
        _tick(ax, row, criterion.required_margin, 0.4)


def _margin_legend(ax: Axes, checked: Sequence[Criterion]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    required = [c for c in checked if c.kind is CriterionKind.REQUIREMENT]
    entries: list[tuple[bool, Artist]] = [
        (any(c.passed and c.meets_margin for c in required), Patch(color=GOOD, label="meets its required margin")),
        (any(c.passed and not c.meets_margin for c in required), Patch(color=TIGHT, label="passes with less margin")),
        (any(not c.passed for c in required), Patch(color=BAD, label="fails")),
        (any(c.required_margin > 1 for c in required), Line2D(
            [], [], color="black", marker="|", markersize=9, linestyle="none", label="required margin")),
        (len(required) < len(checked), Patch(color=QUIET, alpha=0.45, label="pale: checks, no requirements")),
    ]  # fmt: skip
    legend_below(ax, [handle for shown, handle in entries if shown], align="right")


def _before_and_after(result: DesignResult, ax: Axes | None) -> tuple[Figure, Axes]:
    from matplotlib.lines import Line2D

    before, after = result.before.margins, result.after.margins
    keys = sorted(after, key=lambda key: (after[key].margin or 0.0) / after[key].required_margin)
    with house_style():
        figure, ax = on(ax, 5.4, 1.3 + 0.2 * max(len(keys), 4))
        for row, key in enumerate(keys):
            end, required = _clipped(after[key].margin), _clipped(after[key].required_margin)
            if key in before:
                start = _clipped(before[key].margin)
                ax.plot([start, end], [row, row], color=QUIET, linewidth=1.2, zorder=1)
                ax.plot(start, row, "o", color="white", markeredgecolor=QUIET, markersize=5)
            ax.plot(end, row, "o", color=GOOD if end >= required else BAD, markersize=6)
            _tick(ax, row, required, 0.35)
        title = f"{literal(result.problem.subject.name)}: {result.problem.goal.text}"
        _margin_axis(ax, [after[key].name for key in keys], title)
        style: dict[str, Any] = {"linestyle": "none", "markersize": 5}
        legend_below(ax, [
            Line2D([], [], marker="o", color="white", markeredgecolor=QUIET, label="before", **style),
            Line2D([], [], marker="o", color=GOOD, label="after", **style),
            Line2D([], [], marker="o", color=BAD, label="after, below the required margin", **style),
            Line2D([], [], marker="|", color="black", label="required margin", **style),
        ], align="right")  # fmt: skip
    return figure, ax


def _clipped(margin: float | None) -> float:
    return float(np.clip(margin or 0.0, *SHOWN))


def _tick(ax: Axes, row: int, required: float, half: float) -> None:
    ax.plot([required] * 2, [row - half, row + half], color="black", linewidth=0.9)


def _margin_axis(ax: Axes, names: Sequence[str], title: str) -> None:
    ax.axvline(1, color="black", linewidth=0.8)
    named_rows(ax, names)
    ax.set(xscale="log", xlabel="margin (times better than the bound)", title=title)


def _front(result: DesignResult, ax: Axes | None) -> tuple[Figure, Axes]:
    assert result.second is not None
    first, second = result.problem.goal, result.second
    x = [trial.measures[second.measure] for trial in result.front]
    y = [trial.measures[first.measure] for trial in result.front]
    with house_style():
        figure, ax = on(ax, 4.6, 3.2)
        ax.plot(x, y, ".-", color=ELIMINATED, linewidth=1.0, label="Pareto front")
        if before := result.before.measures:
            ax.plot(before[second.measure], before[first.measure], "s", color=FULL, markersize=5, label="device file")
        for axis, values in (("x", x), ("y", y)):
            if min(values) > 0 and max(values) > 10 * min(values):
                ax.set(**{f"{axis}scale": "log"})
        ax.set(xlabel=_label(result, second), ylabel=_label(result, first))
        ax.set_title(literal(result.problem.subject.name))
        legend_below(ax)
    return figure, ax


def _label(result: DesignResult, goal: Goal) -> str:
    from qsb_hw.explore.sweep.measures import measures_of

    unit = measures_of([goal.measure], result.problem.subject)[0].unit
    direction = "larger" if goal.maximise else "smaller"
    return f"{goal.measure}{'' if unit in ('1', 'SI') else f' ({unit})'}, {direction} is better"
