"""The feasibility map: where to build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsb_hw.explore.map import FeasibilityMap
from qsb_hw.plot.style import BAD, GOOD, QUIET, TIGHT, house_style, literal, on
from qsb_hw.plot.sweep import logarithmic
from qsb_hw.questions.criteria import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

COLOURS = {Verdict.FEASIBLE: GOOD, Verdict.BORDERLINE: TIGHT, Verdict.INFEASIBLE: BAD, Verdict.UNDECIDED: QUIET}
LINES = ("#000000", "#D55E00", "#56B4E9", "#CC79A7", "#E69F00", "#009E73", "#F0E442")


def plot_map(found: FeasibilityMap, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Blockade contrast over K/κ and g/κ, the bound of every criterion that crosses the plane, and the device itself.

    Solid lines are bounds of requirements, dashed ones of approximations; the short strokes point to the side that
    fails. The device has the colour of its own verdict; an arrow shows that it lies beyond the edge.
    """
    from matplotlib.colors import LogNorm

    dataset = found.dataset
    kerr, coupling = (dataset[name].values for name in dataset.status.dims)
    with house_style():
        figure, ax = on(ax, 6.6, 4.6)
        ax.set_facecolor("#E0E0E0")
        contrast = np.ma.masked_invalid(dataset["contrast"].values)
        image = ax.pcolormesh(
            coupling, kerr, contrast, norm=LogNorm(), cmap="viridis", shading="nearest", rasterized=True
        )
        bar = figure.colorbar(image, ax=ax, pad=0.02)
        bar.set_label("blockade contrast S(resonance)/S(0), baths eliminated", fontsize=8)
        lines = _bounds(ax, found)
        logarithmic(ax, "x")
        logarithmic(ax, "y")
        ax.set_xlim(coupling[0], coupling[-1])
        ax.set_ylim(kerr[0], kerr[-1])
        _devices(ax, found)
        ax.set_xlabel("g/κ")
        ax.set_ylabel("K/κ")
        ax.set_title(f"losses, temperature, n0 and V/γ of {literal(found.losses_of)}")
        figure.legend(handles=lines, loc="outside lower left", ncols=3, fontsize=7)
    return figure, ax


def _bounds(ax: Axes, found: FeasibilityMap) -> list[Line2D]:
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withTickedStroke

    dataset = found.dataset
    handles: list[Line2D] = []
    kerr, coupling = (dataset[name].values for name in dataset.status.dims)
    for key, name in (found.requirements | found.approximations).items():
        margin = np.log(np.maximum(dataset[f"margin:{key}"].values, 1e-12))
        margin = np.where(np.isfinite(margin), margin, np.nan)
        if not np.nanmin(margin) < 0 < np.nanmax(margin):
            continue
        colour = LINES[len(handles) % len(LINES)]
        style = "-" if key in found.requirements else "--"
        drawn = ax.contour(coupling, kerr, margin, levels=[0.0], colors=colour, linewidths=1.4, linestyles=style)
        drawn.set_path_effects([withTickedStroke(angle=-90, spacing=9, length=0.5)])
        handles.append(Line2D([], [], color=colour, linewidth=1.4, linestyle=style, label=name))
    return handles


def _devices(ax: Axes, found: FeasibilityMap) -> None:
    from matplotlib.patheffects import withStroke

    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    beyond, middle = 0, float(np.sqrt(left * right))
    for place in (p for p in found.places if p.own_losses):
        x = float(np.clip(place.coupling_to_linewidth, left * 1.03, right / 1.03))
        y = float(np.clip(place.kerr_to_linewidth, bottom * 1.04, top / 1.04))
        inside = x == place.coupling_to_linewidth and y == place.kerr_to_linewidth
        sideways = y == place.kerr_to_linewidth
        marker = "o" if inside else (">" if sideways else "v" if y > place.kerr_to_linewidth else "^")
        ax.plot(x, y, marker, color=COLOURS[place.verdict], markeredgecolor="white", markersize=8, zorder=5)
        beyond += not inside
        side = 1 if place.coupling_to_linewidth > middle else -1
        note = place.name if inside else f"{place.name} (K/κ = {place.kerr_to_linewidth:.2g})"
        ax.annotate(
            note, (x, y), (6 * side, 5 if inside else 5 + 9 * (beyond - 1)), textcoords="offset points", fontsize=7,
            color="white", ha="left" if side > 0 else "right",
            path_effects=[withStroke(linewidth=1.5, foreground="black")],
        )  # fmt: skip
