"""What the figures of all papers are drawn with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.plot.style import QUIET, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure
    from xarray import DataArray, Dataset

    Draw = Callable[[Dataset], tuple[Figure, Any]]

MAP = "viridis"


def drawing(
    width: float, height: float, rows: int = 1, columns: int = 1, **panels: Any
) -> Callable[[Callable[[Any, Dataset], None]], Draw]:
    """Decorator of a function that fills axes, or an array of them: given a Dataset it makes the figure around them."""

    def decorate(fill: Callable[[Any, Dataset], None]) -> Draw:
        @wraps(fill)
        def draw(data: Dataset) -> tuple[Figure, Any]:
            with house_style():
                figure = new_figure(width, height)
                axes = figure.subplots(rows, columns, **panels)
                fill(axes, data)
            return figure, axes

        return draw

    return decorate


def shades(count: int, cmap: str = MAP, dark: float = 0.05, light: float = 0.85) -> list[Any]:
    """So many colours of a map, dark to light."""
    from matplotlib import colormaps

    return list(colormaps[cmap](np.linspace(dark, light, count)))


def phase_wheel() -> ListedColormap:
    """Colours that go round: blue at 0, orange at ±π, never dark."""
    from matplotlib.colors import ListedColormap, hsv_to_rgb

    turn = np.linspace(0, 1, 256)  # −π to π
    hue = (turn + 0.1) % 1
    return ListedColormap(hsv_to_rgb(np.stack([hue, np.full(256, 0.7), np.full(256, 0.95)], axis=1)))


def name_axes(ax: Axes, x: str, y: str, title: str = "", **more: Any) -> None:
    """Labels of both axes and a title, and what else `Axes.set` takes."""
    ax.set(xlabel=x, ylabel=y, title=title, **more)


def dotted(ax: Axes, *places: float) -> None:
    """Thin vertical lines behind the curves."""
    for place in places:
        ax.axvline(place, color=QUIET, linewidth=0.6, linestyle=":", zorder=0)


def ends(coordinate: DataArray) -> tuple[float, float]:
    """First and last value, for the limits of an axis."""
    return float(coordinate[0]), float(coordinate[-1])


def heat_map(
    ax: Axes, values: DataArray, label: str | None, *, cmap: Any = MAP, smooth: bool = True, bad: str = "black",
    extend: str = "neither", **scale: Any,
) -> Any:  # fmt: skip
    """Colour map with the first dimension upwards, and its colour bar unless `label` is None.

    `smooth` interpolates colours between the points: not where values are missing (`bad` is their colour) or jump.
    """
    from matplotlib import colormaps

    y, x = (values[dim].values for dim in values.dims)
    colours = (colormaps[cmap] if isinstance(cmap, str) else cmap).with_extremes(bad=bad)
    mesh = ax.pcolormesh(
        x, y, values.values, cmap=colours, shading="gouraud" if smooth else "nearest", rasterized=True, **scale
    )
    if label is not None:
        ax.get_figure(root=True).colorbar(mesh, ax=ax, label=label, extend=extend)  # type: ignore[union-attr]
    ax.spines[:].set_visible(True)
    return mesh
