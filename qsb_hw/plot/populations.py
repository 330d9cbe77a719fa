"""Level populations of the full, the eliminated and the published model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsb_hw.elimination.compare import Comparison
from qsb_hw.plot.style import ELIMINATED, FULL, PUBLISHED, house_style, on, power_of_ten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 0.27
"""Of a bar, in levels."""


def plot_populations(comparison: Comparison, log: bool = False, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Populations of every level, one bar per model; `log` shows the tail, with symbols in place of bars.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    log : bool
        Logarithmic axis.
    ax : Axes, optional
        Drawn on a new figure unless given.
    """
    series = [
        ("full model", FULL, "s", comparison.populations_full),
        ("eliminated", ELIMINATED, "o", comparison.populations_eliminated),
        ("published σ, n±", PUBLISHED, "d", comparison.populations_published),
    ]
    with house_style():
        figure, ax = on(ax, 4.6, 3.2)
        n = np.arange(comparison.populations_full.size)
        for k, (name, colour, marker, populations) in enumerate(series):
            if populations is not None and log:
                ax.plot(n + (k - 1) * 0.1, populations, marker, color=colour, markersize=4.5, label=name)
            elif populations is not None:
                ax.bar(n + (k - 1) * WIDTH, populations, WIDTH, color=colour, label=name)
        ax.set_yscale("log" if log else "linear")
        ax.set_xticks(n)
        ax.set_xlabel("level n")
        ax.set_ylabel("population P(n)")
        ax.set_title(f"trace distance {power_of_ten(comparison.trace_distance)}")
        ax.legend()
    return figure, ax
