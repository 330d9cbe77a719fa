"""Margins of all criteria."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.plot.style import BAD, GOOD, QUIET, TIGHT, house_style, named_rows, on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = (1e-4, 1e3)
"""Margins beyond these are drawn up to them, with an arrow."""


def plot_criteria(criteria: Sequence[Criterion], ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Margin of every criterion that could be checked, as bars that start at the bound.

    A bar to the right passes, one to the left fails. A tick marks the required margin where it is above 1.
    Requirements are above the line; approximation checks, which never decide the verdict, are pale below it; worst
    first.

    Parameters
    ----------
    criteria : sequence of Criterion
        From `feasibility`.
    ax : Axes, optional
        Drawn on a new figure unless given.
    """
    checked = sorted((c for c in criteria if c.margin is not None), key=_order)
    with house_style():
        figure, ax = on(ax, 5.4, 0.7 + 0.19 * max(len(checked), 4))
        for row, criterion in enumerate(checked):
            _bar(ax, row, criterion)
        requirements = sum(c.kind is CriterionKind.REQUIREMENT for c in checked)
        ax.axhline(requirements - 0.5, color=QUIET, linewidth=0.6)
        ax.axvline(1, color="black", linewidth=0.8)
        ax.set_xscale("log")
        ax.set_xlim(min([0.1, *(_clipped(c) / 3 for c in checked)]), SHOWN[1] * 2)
        named_rows(ax, [c.name for c in checked])
        ax.set_xlabel("margin (times better than the bound)")
        ax.set_title("tick: required margin\npale: approximation checks")
    return figure, ax


def _order(criterion: Criterion) -> tuple[bool, float]:
    return criterion.kind is CriterionKind.APPROXIMATION, criterion.margin or 0.0


def _clipped(criterion: Criterion) -> float:
    return float(np.clip(criterion.margin or 0.0, *SHOWN))


def _bar(ax: Axes, row: int, criterion: Criterion) -> None:
    required = criterion.kind is CriterionKind.REQUIREMENT
    end, colour = _clipped(criterion), _colour(criterion)
    ax.barh(row, end - 1, left=1, height=0.7, color=colour, linewidth=1.2, alpha=1.0 if required else 0.45)
    if not SHOWN[0] < (criterion.margin or 0.0) < SHOWN[1]:
        ax.plot(end, row, marker=">" if end > 1 else "<", color=colour, markersize=5, clip_on=False)
    if required and criterion.required_margin > 1:
        ax.plot([criterion.required_margin] * 2, [row - 0.4, row + 0.4], color="black", linewidth=0.9)


def _colour(criterion: Criterion) -> str:
    if not criterion.passed:
        return BAD
    marginal = criterion.kind is CriterionKind.REQUIREMENT and not criterion.meets_margin
    return TIGHT if marginal else GOOD
