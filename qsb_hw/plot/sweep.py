"""Sweeps: lines over one axis, maps over two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw.errors import ArgumentError, require
from qsb_hw.plot.style import BAD, ELIMINATED, GOOD, QUIET, TIGHT, house_style, literal, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import DataArray, Dataset

LOG_FROM = 30.0
"""Ratio of largest to smallest from which a positive measure is shown on a logarithmic scale."""
MOST_PANELS = 6


def plot_sweep(dataset: Dataset, measures: list[str] | None = None) -> tuple[Figure, NDArray[np.object_]]:
    """Every scalar measure of a sweep, finished or not, in a panel of its own.

    Points without a result are grey.

    Parameters
    ----------
    dataset : Dataset
        From `sweep` or `open_sweep`; select until one or two axes are left.
    measures : list of str, optional
        Which to draw; all scalar ones up to six unless given.

    Raises
    ------
    ArgumentError
        If there are more than two axes of more than one point, or a measure is not in the sweep.
    """
    dataset = dataset.squeeze()
    axes = [str(dim) for dim in dataset.status.dims]
    require(1 <= len(axes) <= 2, "A picture must have one axis or two", len(axes), "Select along the others first.")
    names = measures or [str(n) for n in dataset.attrs.get("measures", []) if dataset[n].dims == dataset.status.dims]
    if not names or any(name not in dataset for name in names):
        raise ArgumentError(f"Measures to draw must be scalars of the sweep, but found {names or 'none'}. Name others.")
    names = names[:MOST_PANELS]
    with house_style():
        rows = len(names) if len(axes) == 1 else -(-len(names) // 2)
        columns = -(-len(names) // rows)
        figure = new_figure(5.4 if columns == 1 else 7.6, 1.1 + (1.7 if len(axes) == 1 else 2.6) * rows)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=len(axes) == 1)
        for ax, name in zip(panels.ravel(), names, strict=False):
            (_line if len(axes) == 1 else _map)(ax, dataset[name], axes)
        for ax in panels.ravel()[len(names) :]:
            ax.set_visible(False)
        figure.suptitle(literal(dataset.attrs["title"]), fontsize=9, x=0.01, ha="left")
    return figure, panels


def _line(ax: Axes, array: DataArray, axes: list[str]) -> None:
    x = array[axes[0]].values
    order = np.argsort(x)
    ax.plot(x[order], array.values[order], "-" if x.size > 25 else ".-", color=ELIMINATED, linewidth=1.2)
    for missing in x[~np.isfinite(array.values)]:
        ax.axvline(missing, color=QUIET, linewidth=2, alpha=0.3)
    if _wants_log(array.values):
        ax.set_yscale("log")
    if words := array.attrs.get("flag_meanings"):
        ax.set_yticks(array.attrs["flag_values"], words.split())
    ax.set_ylabel(_label(array), fontsize=8)
    if ax.get_subplotspec() is not None and ax.get_subplotspec().is_last_row():  # type: ignore[union-attr]
        ax.set_xlabel(coordinate_label(array[axes[0]]))
    if _geometric(x):
        logarithmic(ax, "x")


def _map(ax: Axes, array: DataArray, axes: list[str]) -> None:
    y, x = (array[name] for name in axes)
    ax.set_facecolor("#E0E0E0")
    image = ax.pcolormesh(
        x.values, y.values, np.ma.masked_invalid(array.values), shading="nearest", rasterized=True, **_colours(array)
    )
    bar = ax.get_figure(root=True).colorbar(image, ax=ax, pad=0.02)  # type: ignore[union-attr]
    bar.set_label(_label(array), fontsize=8)
    if words := array.attrs.get("flag_meanings"):
        bar.set_ticks(array.attrs["flag_values"], labels=words.split())
    ax.set_xlabel(coordinate_label(x))
    ax.set_ylabel(coordinate_label(y))
    for name, coordinate in (("x", x), ("y", y)):
        if _geometric(coordinate.values):
            logarithmic(ax, name)


def logarithmic(ax: Axes, name: str) -> None:
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
    return {"cmap": "viridis", **({"norm": LogNorm()} if _wants_log(array.values) else {})}


def _wants_log(values: NDArray[np.float64]) -> bool:
    found = values[np.isfinite(values)]
    return bool(found.size and found.min() > 0 and found.max() > LOG_FROM * found.min())


def _geometric(x: NDArray[np.float64]) -> bool:
    if x.size < 3 or x.min() <= 0:
        return False
    steps = np.diff(np.log(x))
    return bool(np.ptp(steps) < 1e-6 * abs(steps[0]) and np.ptp(np.diff(x)) > 1e-3 * abs(x[1] - x[0]))


def coordinate_label(coordinate: DataArray) -> str:
    """Name of an axis with its unit."""
    unit = coordinate.attrs.get("units")
    return f"{coordinate.name} ({unit})" if unit else str(coordinate.name)


def _label(array: DataArray) -> str:
    unit = array.attrs.get("units", "1")
    return f"{array.name} ({unit})" if unit not in ("1", "SI") else str(array.name)
