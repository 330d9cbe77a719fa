"""Shares of the variance that each number explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qsb_hw.explore.tolerance import Tolerance
from qsb_hw.plot.style import ELIMINATED, QUIET, house_style, named_rows, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_tolerance(found: Tolerance) -> tuple[Figure, NDArray[np.object_]]:
    """First-order (filled) and total (outlined) index of every number, one panel per measure, with 95 % intervals.

    A measure that some device does not have is left out.
    """
    shown = [s for s in found.sensitivities if np.all(np.isfinite(s.first))]
    names = [s.path.removeprefix("$.") for s in found.scatter]
    rows = np.arange(len(names))
    result = found.result
    with house_style():
        figure = new_figure(2.4 + 1.9 * len(shown), 1.2 + 0.32 * max(len(names), 3))
        axes = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        for ax, one in zip(axes, shown, strict=True):
            total, first = (
                np.abs(interval - index[:, None]).T
                for index, interval in ((one.total, one.total_interval), (one.first, one.first_interval))
            )
            ax.barh(rows, one.total, xerr=total, height=0.7, color="white", edgecolor=QUIET, ecolor=QUIET)
            ax.barh(rows, one.first, xerr=first, height=0.4, color=ELIMINATED, ecolor="black")
            ax.set_xlim(0, max(1.0, 1.05 * float(np.max(one.total_interval))))
            ax.set_title(one.measure)
        named_rows(axes[0], names)
        figure.supxlabel("share of the variance, alone (filled) and with interactions (outlined)", fontsize=8)
        figure.suptitle(
            f"{found.condition}: {result.share:.1%} of devices ({result.low:.1%} … {result.high:.1%})",
            fontsize=9, x=0.01, ha="left",
        )  # fmt: skip
    return figure, axes
