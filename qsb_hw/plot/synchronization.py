"""S(Δ) of two devices."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats
from qsb_hw.analysis.pair import SyncPrediction
from qsb_hw.plot.style import ELIMINATED, FULL, QUIET, frequency_unit, house_style, new_figure, shown_frequency
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


WINDOW = 2.0
"""Half-width of a panel in full widths of the line in it."""
LARGEST_SHARE = 0.4
"""Of the sweep that panels may cover; above it one panel shows everything."""
NARROW = 1.6
"""Inches up to which the numbers below a panel are small."""


def plot_synchronization(
    prediction: SyncPrediction, log: bool = True, figure: Figure | SubFigure | None = None, title: str = ""
) -> tuple[Figure, NDArray[np.object_]]:
    """S(Δ) around the blockade point and around every resonance, each in a panel of its own where the lines are narrow.

    The line is the eliminated pair; squares are the complete pair with every bath of both devices kept. A logarithmic
    S shows the blockade (at Δ = 0 for like devices) and the resonances together; a dashed line shows where unlike
    devices stand. The axes are in the order of Δ.
    """
    windows = panels(prediction)
    with house_style():
        figure = figure or new_figure(5.4, 3.2)
        axes = figure.subplots(1, len(windows), sharey=True, squeeze=False)[0]
        inches = figure.bbox.width / figure.get_figure(root=True).dpi / len(windows)
        for ax, window in zip(axes, windows, strict=True):
            _panel(ax, prediction, window)
            ax.locator_params(axis="x", nbins=2 if len(windows) > 1 else 7)
            if inches < NARROW:
                ax.tick_params(axis="x", labelsize=7)
        _join(axes)
        axes[0].set(yscale="log" if log else "linear", ylabel="synchronization S")
        if not log:
            axes[0].set_ylim(bottom=0)
        figure.supxlabel(f"detuning Δ/2π ({frequency_unit(prediction.full_detuning)[1]})", fontsize=9)
        figure.suptitle(f"{title}: " * bool(title) + _title(prediction), fontsize=9, x=0.01, ha="left")
        axes[len(axes) // 2].legend(*axes[0].get_legend_handles_labels(), loc="best")
    return axes[0].get_figure(root=True), axes


def panels(prediction: SyncPrediction) -> list[tuple[float, float]]:
    """Ranges of Δ in rad/s worth a panel: around blockade point and resonances; one if that is most of the sweep."""
    centres = np.unique(prediction.full_detuning)
    whole = (float(prediction.detuning.min()), float(prediction.detuning.max()))
    width = _line_width(prediction)
    covered = 2 * WINDOW * width * centres.size
    apart = centres.size > 1 and np.diff(centres).min() > 2 * WINDOW * width
    if not (apart and covered < LARGEST_SHARE * (whole[1] - whole[0])):  # a width that is NaN ends here, too
        return [whole]
    return [(float(c - WINDOW * width), float(c + WINDOW * width)) for c in centres]


def _line_width(prediction: SyncPrediction) -> float:
    """Full width at half maximum of the highest line of the sweep, rad/s; NaN where it has none."""
    detuning, S = prediction.detuning, prediction.S
    if not np.any(np.isfinite(S)):
        return math.nan
    top = int(np.nanargmax(S))
    half = S[top] / 2
    below = np.flatnonzero(np.isnan(S) | (half >= S))
    left, right = below[below < top], below[below > top]
    if not (left.size and right.size):
        return math.nan
    return _crossing(detuning, S, right[0], right[0] - 1, half) - _crossing(detuning, S, left[-1], left[-1] + 1, half)


def _crossing(x: Floats, y: Floats, a: int, b: int, level: float) -> float:
    """Where y reaches a level between its points a and b; at b where y is not known at a."""
    share = (level - y[a]) / (y[b] - y[a]) if np.isfinite(y[a]) else 1.0
    return float(x[a] + share * (x[b] - x[a]))


def _panel(ax: Axes, prediction: SyncPrediction, window: tuple[float, float]) -> None:
    size, _ = frequency_unit(prediction.full_detuning)
    swept, points = (to_hertz(d) / size for d in (prediction.detuning, prediction.full_detuning))
    ax.plot(swept, prediction.S, color=ELIMINATED, linewidth=1.2, label="eliminated model")
    ax.plot(points, prediction.S_full, "s", color=FULL, markersize=4, label="full model")
    ax.set_xlim(*(to_hertz(edge) / size for edge in window))
    levels = {r.detuning: "|{},{}⟩ ↔ |{},{}⟩".format(*r.levels, *r.after) for r in prediction.resonances}
    blockade, here = float(prediction.full_detuning[0]), prediction.working_detuning
    names = {blockade: "blockade" if blockade else "Δ = 0"} | levels
    if here != blockade and window[0] <= here <= window[1]:
        ax.axvline(float(to_hertz(here)) / size, color=QUIET, linewidth=0.8, linestyle="--", zorder=0)
    for detuning, name in names.items():
        if window[0] <= detuning <= window[1]:
            x = float(to_hertz(detuning)) / size
            ax.axvline(x, color=QUIET, linewidth=0.6, linestyle=":", zorder=0)
            ax.text(x, 1.02, name, transform=ax.get_xaxis_transform(), ha="center", va="bottom", fontsize=8)


def _join(axes: NDArray[np.object_]) -> None:
    """Cut marks between panels, and no axis line there."""
    cut: dict[str, Any] = {
        "marker": [(-0.5, -1), (0.5, 1)], "markersize": 7, "linestyle": "none", "color": "black", "clip_on": False,
    }  # fmt: skip
    for left, right in pairwise(axes):
        left.plot([1], [0], transform=left.transAxes, **cut)
        right.plot([0], [0], transform=right.transAxes, **cut)
        right.spines.left.set_visible(False)
        right.tick_params(axis="y", which="both", length=0)


def _title(prediction: SyncPrediction) -> str:
    coupling = f"V/2π = {shown_frequency(prediction.coupling, 3)}{' (assumed)' if prediction.assumed else ''}"
    if not math.isfinite(prediction.contrast):
        return coupling
    return f"{coupling}, contrast {prediction.contrast:.3g}"
