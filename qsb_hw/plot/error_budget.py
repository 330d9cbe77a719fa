"""Cost of each approximation."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.plot.style import BAD, ELIMINATED, FULL, GOOD, PUBLISHED, QUIET, house_style, literal, named_rows, on
from qsb_hw.questions.error_budget import BudgetRow, ErrorBudget

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


SHOWN = (1e-6, 2.0)
"""Costs below or above are drawn at the edge."""
LEFT = SHOWN[0] / 1.5
"""Where the axis and the bars begin."""
MARKERS = (
    ("state of one oscillator (trace distance)", FULL, "s"),
    ("S at Δ = 0", ELIMINATED, "o"),
    ("S at the resonance", PUBLISHED, "d"),
)


def plot_error_budget(budget: ErrorBudget, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Cost of every approximation as a bar on a logarithmic axis, in the order of the hierarchy, top first.

    Symbols on a bar are the changes the cost is the largest of; open ones are smaller than what is drawn. The line is
    the limit above which an approximation fails. A step of which nothing is known has its status in place of a bar.

    Parameters
    ----------
    budget : ErrorBudget
        From `error_budget`.
    ax : Axes, optional
        Drawn on a new figure unless given.
    """
    rows = budget.rows
    with house_style():
        figure, ax = on(ax, 7.2, 1.3 + 0.42 * max(len(rows), 3))
        for place, row in enumerate(rows):
            _bar(ax, place, row)
        for k, (name, colour, marker) in enumerate(MARKERS):
            _symbols(ax, np.array([row.costs[k] for row in rows]), name, colour, marker)
        ax.axvline(budget.limit, color="black", linewidth=0.8)
        ax.set_xscale("log")
        ax.set_xlim(LEFT, SHOWN[1] * 1.5)
        named_rows(ax, [textwrap.fill(row.neglected, 34) for row in rows])
        ax.set_xlabel("change by neglecting the term")
        ax.set_title(f"{literal(budget.name)}: cost of each approximation (line: {budget.limit:.0%})")
        ax.legend(loc="upper center", bbox_to_anchor=(0.3, -0.13), ncols=3, fontsize=7, handletextpad=0.2)
    return figure, ax


def _bar(ax: Axes, place: int, row: BudgetRow) -> None:
    if row.fails is None:
        ax.text(SHOWN[0], place, f" {row.status.value}", va="center", fontsize=7, color=QUIET)
        return
    end = float(np.clip(row.cost, *SHOWN))
    colour = BAD if row.fails else GOOD
    ax.barh(place, end - LEFT, left=LEFT, height=0.66, color=colour, alpha=0.35, linewidth=0)


def _symbols(ax: Axes, costs: Floats, name: str, colour: str, marker: str) -> None:
    places = np.arange(costs.size)
    seen = costs >= SHOWN[0]
    ax.plot(np.minimum(costs[seen], SHOWN[1]), places[seen], marker, color=colour, markersize=4.5, label=name)
    small = costs < SHOWN[0]
    style: dict[str, Any] = {"color": colour, "markersize": 4.5, "markerfacecolor": "white", "label": "_smaller"}
    ax.plot(np.full(small.sum(), SHOWN[0]), places[small], marker, clip_on=False, **style)
