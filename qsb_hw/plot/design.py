"""Pictures of a design: margins before and after, or a Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsb_hw.explore.design.design import DesignResult
from qsb_hw.explore.design.problem import Goal
from qsb_hw.explore.sweep.measures import measures_of
from qsb_hw.plot.criteria import SHOWN
from qsb_hw.plot.style import BAD, ELIMINATED, FULL, GOOD, QUIET, house_style, named_rows, on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_design(result: DesignResult, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Pareto front of a design with two goals; with one goal the margins of every requirement before and after."""
    return _front(result, ax) if result.second is not None and result.front else _margins(result, ax)


def _margins(result: DesignResult, ax: Axes | None) -> tuple[Figure, Axes]:
    before, after = result.before.margins, result.after.margins
    names = sorted(after, key=lambda name: after[name][0] / after[name][1])
    with house_style():
        figure, ax = on(ax, 5.4, 0.9 + 0.2 * max(len(names), 4))
        for row, name in enumerate(names):
            end, required = (float(np.clip(x, *SHOWN)) for x in after[name])
            if name in before:
                start = float(np.clip(before[name][0], *SHOWN))
                ax.plot([start, end], [row, row], color=QUIET, linewidth=1.2, zorder=1)
                ax.plot(start, row, "o", color="white", markeredgecolor=QUIET, markersize=5)
            ax.plot(end, row, "o", color=GOOD if end >= required else BAD, markersize=6)
            ax.plot([required] * 2, [row - 0.35, row + 0.35], color="black", linewidth=0.9)
        ax.axvline(1, color="black", linewidth=0.8)
        ax.set_xscale("log")
        named_rows(ax, names)
        ax.set_xlabel("margin (times better than the bound)")
        ax.set_title(f"{result.problem.goal.text}: before (open), after (filled)\ntick: required margin")
    return figure, ax


def _front(result: DesignResult, ax: Axes | None) -> tuple[Figure, Axes]:
    assert result.second is not None
    first, second = result.problem.goal, result.second
    x = [trial.measures[second.measure] for trial in result.front]
    y = [trial.measures[first.measure] for trial in result.front]
    with house_style():
        figure, ax = on(ax, 4.6, 3.2)
        ax.plot(x, y, ".-", color=ELIMINATED, linewidth=1.0, label="Pareto front")
        if result.before.measures:
            before = result.before.measures
            ax.plot(before[second.measure], before[first.measure], "s", color=FULL, markersize=5, label="device file")
        for axis, values in (("x", x), ("y", y)):
            if min(values) > 0 and max(values) > 10 * min(values):
                ax.set(**{f"{axis}scale": "log"})
        ax.set_xlabel(_label(result, second))
        ax.set_ylabel(_label(result, first))
        ax.legend()
    return figure, ax


def _label(result: DesignResult, goal: Goal) -> str:
    unit = measures_of([goal.measure], result.problem.subject)[0].unit
    direction = "larger" if goal.maximise else "smaller"
    return f"{goal.measure}{'' if unit in ('1', 'SI') else f' ({unit})'}, {direction} is better"
