"""Many analyses: lines and maps of a sweep, the feasibility map, and shares of the variance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw.devices.pumps import LEFT
from qsb_hw.errors import ArgumentError, require
from qsb_hw.explore.map import FeasibilityMap
from qsb_hw.explore.sweep.chip_measures import PAIR
from qsb_hw.explore.tolerance import Tolerance
from qsb_hw.plot.style import (
    BAD,
    ELIMINATED,
    GOOD,
    QUIET,
    TIGHT,
    house_style,
    legend_beside,
    literal,
    named_rows,
    new_figure,
    on,
)  # fmt: skip
from qsb_hw.questions.criteria import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from xarray import DataArray, Dataset

LOG_FROM = 30.0
"""Ratio of largest to smallest from which a positive measure is shown on a logarithmic scale."""
MOST_PANELS = 6
COLOURS = {Verdict.FEASIBLE: GOOD, Verdict.BORDERLINE: TIGHT, Verdict.INFEASIBLE: BAD, Verdict.UNDECIDED: QUIET}
LINES = ("#000000", "#D55E00", "#56B4E9", "#CC79A7", "#E69F00", "#009E73", "#F0E442")


def plot_sweep(dataset: Dataset, measures: list[str] | None = None) -> tuple[Figure, NDArray[np.object_]]:
    """Every measure of a sweep, or the `measures` named, in a panel of its own; at most six.

    Select until one or two axes are left. Points without a result are grey. S of every two nodes of a chip is a line
    for each pair over one axis, or a heat map if there are many; over two axes a panel for each pair.

    Raises
    ------
    ArgumentError
        If there are more than two axes of more than one point, or a measure is not in the sweep.
    """
    dataset = dataset.squeeze()
    axes = [str(dim) for dim in dataset.status.dims]
    require(1 <= len(axes) <= 2, "A picture must have one axis or two", len(axes), "Select along the others first.")
    asked = [str(n) for n in dataset.attrs.get("measures", [])]
    names = measures or [n for n in asked if dataset[n].dims == dataset.status.dims or _labelled(dataset[n], axes)]
    if not names or any(name not in dataset for name in names):
        raise ArgumentError(f"Measures to draw must be scalars of the sweep, but found {names or 'none'}. Name others.")
    arrays = [part for name in names for part in _panels_of(dataset[name], axes)][:MOST_PANELS]
    with house_style():
        rows = len(arrays) if len(axes) == 1 else -(-len(arrays) // 2)
        columns = -(-len(arrays) // rows)
        figure = new_figure(5.4 if columns == 1 else 7.6, 1.1 + (1.7 if len(axes) == 1 else 2.6) * rows)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=len(axes) == 1)
        for ax, array in zip(panels.ravel(), arrays, strict=False):
            (_line if len(axes) == 1 else _map)(ax, array, axes)
        for ax in panels.ravel()[len(arrays) :]:
            ax.set_visible(False)
        left = ", pumps left as they are" if dataset.attrs.get("pumps") == LEFT else ""
        left += "; grey: no result" if any(not np.isfinite(array.values).all() for array in arrays) else ""
        figure.suptitle(literal(dataset.attrs["title"]) + left, fontsize=9, x=0.01, ha="left")
    return figure, panels


def plot_s_matrices(dataset: Dataset, most: int = MOST_PANELS) -> tuple[Figure, NDArray[np.object_]]:
    """S of every two nodes of a chip as a matrix at up to `most` values along the axis of a sweep that measured S.

    The value at which some S is largest is one of them; all matrices share one logarithmic scale of colours.

    Raises
    ------
    ArgumentError
        If the sweep has no S of every two nodes, or not one axis of more than one point.
    """
    from matplotlib.colors import LogNorm

    dataset = dataset.squeeze([dim for dim in dataset.status.dims if dataset.sizes[dim] == 1])
    axes = [str(dim) for dim in dataset.status.dims]
    require(len(axes) == 1, "Matrices must be drawn along one axis", len(axes), "Select along the others first.")
    labelled = "S" in dataset and PAIR in dataset["S"].dims
    require(labelled, "S of every two nodes must have been measured", [*dataset.data_vars], "Sweep a chip with S.")
    labels = [str(label).split("-") for label in dataset[PAIR].values]
    names = [*dict.fromkeys(name for label in labels for name in label)]
    chosen = _places(dataset["S"].transpose(axes[0], PAIR).values, most)
    matrices = np.full((chosen.size, len(names), len(names)), np.nan)
    for k, (first, second) in enumerate(labels):
        j, m = names.index(first), names.index(second)
        matrices[:, j, m] = matrices[:, m, j] = dataset["S"].isel({axes[0]: chosen, PAIR: k}).values
    known = matrices[np.isfinite(matrices) & (matrices > 0)]
    low, high = (float(known.min()), float(known.max())) if known.size else (1e-3, 1.0)
    norm = LogNorm(low, high if high > low else 10 * low)
    with house_style():
        columns = min(chosen.size, 3)
        rows = -(-chosen.size // columns)
        figure = new_figure(2.1 * columns + 0.9, 2.2 * rows + 0.6)
        panels = figure.subplots(rows, columns, squeeze=False)
        for ax, place, matrix in zip(panels.ravel(), chosen, matrices, strict=False):
            image = ax.imshow(np.where(matrix > 0, matrix, np.nan), cmap="viridis", norm=norm)
            ax.set_xticks(range(len(names)), [literal(name) for name in names])
            ax.set_yticks(range(len(names)), [literal(name) for name in names])
            ax.tick_params(length=0)
            ax.spines[:].set_visible(False)
            coordinate = dataset[axes[0]]
            unit = coordinate.attrs.get("units", "")
            ax.set_title(f"{float(coordinate.values[place]):.4g} {unit}".strip(), fontsize=8)
        for ax in panels.ravel()[chosen.size :]:
            ax.set_visible(False)
        figure.colorbar(image, ax=panels, shrink=0.8, label="S")
        figure.suptitle(f"S of every two nodes over {_label(dataset[axes[0]])}", fontsize=9, x=0.01, ha="left")
    return figure, panels


def _places(S: NDArray[np.float64], most: int) -> NDArray[np.int_]:
    """Rows of S that are drawn: evenly chosen, the largest S among them."""
    chosen = np.unique(np.linspace(0, len(S) - 1, most).round().astype(int))
    if np.isfinite(S).any():
        peak = int(np.unravel_index(np.nanargmax(S), S.shape)[0])
        chosen[np.argmin(np.abs(chosen - peak))] = peak
    return chosen


def _labelled(array: DataArray, axes: list[str]) -> str | None:
    """The dimension of an array beside the axes whose entries have names; None without one."""
    more = [str(dim) for dim in array.dims if str(dim) not in axes]
    return more[0] if len(more) == 1 and more[0] in array.coords else None


def _panels_of(array: DataArray, axes: list[str]) -> list[DataArray]:
    """What is drawn in a panel each: over two axes every named entry by itself."""
    dim = _labelled(array, axes)
    if dim is None or len(axes) == 1:
        return [array]
    entries = (array.isel({dim: k}, drop=True) for k in range(array.sizes[dim]))
    return [one.rename(f"{array.name}[{label}]") for one, label in zip(entries, array[dim].values, strict=True)]


def _line(ax: Axes, array: DataArray, axes: list[str]) -> None:
    x, dim = array[axes[0]].values, _labelled(array, axes)
    order = np.argsort(x)
    style = "-" if x.size > 25 else ".-"
    if dim is not None and array.sizes[dim] > len(LINES):
        _heat(ax, array, axes[0], dim)
        return
    if dim is None:
        ax.plot(x[order], array.values[order], style, color=ELIMINATED, linewidth=1.2)
    else:
        for k, label in enumerate(array[dim].values):
            width = 1.2 + 0.8 * (array.sizes[dim] - 1 - k)  # so that equal courses are seen beneath each other
            one = array.isel({dim: k}).values[order]
            ax.plot(x[order], one, style, color=LINES[k], linewidth=width, label=literal(label))
        legend_beside(ax)
    for missing in x[~np.isfinite(array.transpose(axes[0], ...).values.reshape(x.size, -1)).any(axis=1)]:
        ax.axvline(missing, color=QUIET, linewidth=2, alpha=0.3)
    if _wants_log(array.values):
        ax.set_yscale("log")
    else:
        ax.ticklabel_format(axis="y", useOffset=False)
    if words := array.attrs.get("flag_meanings"):
        ax.set_yticks(array.attrs["flag_values"], words.split())
    ax.set_ylabel(_label(array), fontsize=8)
    if ax.get_subplotspec() is not None and ax.get_subplotspec().is_last_row():  # type: ignore[union-attr]
        ax.set_xlabel(_label(array[axes[0]]))
    if _geometric(x):
        _logarithmic(ax, "x")


def _heat(ax: Axes, array: DataArray, axis: str, dim: str) -> None:
    """One row for each named entry, over an axis."""
    x = array[axis]
    rows = np.arange(array.sizes[dim])
    _coloured(ax, x.values, rows, array.transpose(dim, axis).values, _label(array), **_colours(array))
    ax.set_yticks(rows, [literal(label) for label in array[dim].values])
    if ax.get_subplotspec() is not None and ax.get_subplotspec().is_last_row():  # type: ignore[union-attr]
        ax.set_xlabel(_label(x))


def _map(ax: Axes, array: DataArray, axes: list[str]) -> None:
    y, x = (array[name] for name in axes)
    bar = _coloured(ax, x.values, y.values, array.values, _label(array), **_colours(array))
    if words := array.attrs.get("flag_meanings"):
        bar.set_ticks(array.attrs["flag_values"], labels=words.split())
    ax.set(xlabel=_label(x), ylabel=_label(y))
    for name, coordinate in (("x", x), ("y", y)):
        if _geometric(coordinate.values):
            _logarithmic(ax, name)


def _coloured(ax: Axes, x: Any, y: Any, values: NDArray[np.float64], name: str, **colours: Any) -> Any:
    """Colour map, grey where there is no value; its colour bar."""
    ax.set_facecolor("#E0E0E0")
    shown = np.ma.masked_invalid(values)
    image = ax.pcolormesh(x, y, shown, shading="nearest", rasterized=True, **({"cmap": "viridis"} | colours))
    bar = ax.get_figure(root=True).colorbar(image, ax=ax, pad=0.02)  # type: ignore[union-attr]
    bar.set_label(name, fontsize=8)
    return bar


def _logarithmic(ax: Axes, name: str) -> None:
    """Logarithmic axis with plain numbers at 1, 2 and 5 times a power of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set(**{f"{name}scale": "log"})
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def _colours(array: DataArray) -> dict[str, Any]:
    from matplotlib.colors import ListedColormap, LogNorm

    if "flag_meanings" in array.attrs:
        return {"cmap": ListedColormap([BAD, TIGHT, GOOD]), "vmin": -0.5, "vmax": 2.5}
    return {"norm": LogNorm()} if _wants_log(array.values) else {}


def _wants_log(values: NDArray[np.float64]) -> bool:
    found = values[np.isfinite(values)]
    return bool(found.size and found.min() > 0 and found.max() > LOG_FROM * found.min())


def _geometric(x: NDArray[np.float64]) -> bool:
    if x.size < 3 or x.min() <= 0:
        return False
    steps = np.diff(np.log(x))
    return bool(np.ptp(steps) < 1e-6 * abs(steps[0]) and np.ptp(np.diff(x)) > 1e-3 * abs(x[1] - x[0]))


def _label(array: DataArray) -> str:
    unit = array.attrs.get("units", "")
    return f"{array.name} ({unit})" if unit not in ("", "1", "SI") else str(array.name)


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
        contrast = dataset["contrast"].values
        _coloured(ax, coupling, kerr, contrast, "blockade contrast S(resonance)/S(0), baths eliminated", norm=LogNorm())
        lines = _bounds(ax, found)
        _logarithmic(ax, "x")
        _logarithmic(ax, "y")
        ax.set(xlim=(coupling[0], coupling[-1]), ylim=(kerr[0], kerr[-1]), xlabel="g/κ", ylabel="K/κ")
        _devices(ax, found)
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
        needed = key in found.requirements  # wide enough to be seen beneath a dashed line at the same place
        style, width = ("-", 4.5) if needed else ("--", 1.2)
        drawn = ax.contour(coupling, kerr, margin, levels=[0.0], colors=colour, linewidths=width, linestyles=style)
        drawn.set_path_effects([withTickedStroke(angle=-90, spacing=9, length=0.5)])
        handles.append(Line2D([], [], color=colour, linewidth=width, linestyle=style, label=name))
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


def plot_tolerance(found: Tolerance) -> tuple[Figure, NDArray[np.object_]]:
    """First-order (filled) and total (outlined) index of every number, one panel per measure, with 95 % intervals.

    A measure that some device does not have is left out. Of a chip, the share of the failed samples that each node and
    link is to blame for stands beside. `ArgumentError` where no indices were asked for.
    """
    require(bool(found.sensitivities), "A tolerance must have indices to be drawn", "the yield alone", "Ask for them.")
    shown = [s for s in found.sensitivities if np.all(np.isfinite(s.first))]
    names = [s.path.removeprefix("$.") for s in found.scatter]
    result, wide = found.result, 2.4 + 1.9 * len(shown)
    tall = 1.2 + 0.32 * max(len(names), len(found.parts), 3)
    with house_style():
        figure = new_figure(wide + (2.8 if found.parts else 0.0), tall)
        halves: Any = figure.subfigures(1, 2, width_ratios=[wide, 2.8], squeeze=False)[0] if found.parts else [figure]
        axes = halves[0].subplots(1, len(shown), sharey=True, squeeze=False)[0]
        rows = np.arange(len(names))
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
        halves[0].supxlabel("share of the variance, alone (filled) and with interactions (outlined)", fontsize=8)
        if found.parts:
            axes = np.array([*axes, _blame(halves[1], found)], dtype=object)
        figure.suptitle(
            f"{found.condition}: {result.share:.1%} of devices ({result.low:.1%} … {result.high:.1%})",
            fontsize=9, x=0.01, ha="left",
        )  # fmt: skip
    return figure, axes


def _blame(figure: Any, found: Tolerance) -> Axes:
    """Share of the failed samples that each node and link is to blame for."""
    ax: Axes = figure.subplots()
    ax.barh(np.arange(len(found.parts)), np.nan_to_num([row.blame for row in found.parts]), color=BAD)
    named_rows(ax, [row.part for row in found.parts])
    ax.set_xlim(0, 1)
    ax.set_title("blame")
    figure.supxlabel("share of the failed samples", fontsize=8)
    return ax
