"""One style for all pictures: colours that everyone can tell apart (Okabe and Ito), thin axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.errors import printable
from qsb_hw.units import show, to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


FULL, ELIMINATED, PUBLISHED = "#000000", "#0072B2", "#E69F00"
UP, DOWN = "#009E73", "#CC79A7"
GOOD, TIGHT, BAD, QUIET = "#009E73", "#E69F00", "#D55E00", "#8C8C8C"

_SETTINGS: dict[str, Any] = {
    "font.size": 9, "axes.titlesize": 9, "legend.fontsize": 8, "xtick.labelsize": 8, "ytick.labelsize": 8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "axes.titlelocation": "left",
    "legend.frameon": False, "svg.hashsalt": "qsb_hw", "figure.facecolor": "white", "axes.facecolor": "white",
    "text.color": "black", "axes.labelcolor": "black", "axes.edgecolor": "black", "xtick.color": "black",
    "ytick.color": "black",
}  # fmt: skip


@contextmanager
def house_style() -> Iterator[None]:
    """Draw what is inside in this style; nothing is changed outside."""
    from matplotlib import rc_context

    with rc_context(_SETTINGS):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Empty figure of that size in inches, without pyplot."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def on(ax: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """The given axes with its figure, or new ones."""
    if ax is not None:
        return ax.get_figure(root=True), ax  # type: ignore[return-value]
    figure = new_figure(width, height)
    return figure, figure.add_subplot()


def legend_below(
    ax: Axes, handles: Sequence[Any] | None = None, *, ncols: int = 2, drop: float = 0.46, align: str = "center"
) -> None:  # fmt: skip
    """Legend under the labels of the x axis, `drop` inches below it, where it covers nothing.

    It ends where the axes end if `align` is "right": under axes with long names beside them.
    """
    from matplotlib.transforms import ScaledTranslation

    figure: Any = ax.get_figure(root=True)
    place = ax.transAxes + ScaledTranslation(0.0, -drop, figure.dpi_scale_trans)
    ax.legend(
        handles=ax.get_legend_handles_labels()[0] if handles is None else handles, loc=f"upper {align}", ncols=ncols,
        bbox_to_anchor=(1.0 if align == "right" else 0.5, 0.0), bbox_transform=place, borderaxespad=0.0,
        columnspacing=1.2, fontsize=7,
    )  # fmt: skip


def legend_beside(ax: Axes, **more: Any) -> None:
    """Legend to the right of the axes, where it covers nothing."""
    ax.legend(**{"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "fontsize": 7} | more)


def name_figure(figure: Figure, name: str) -> None:
    """Put the name of a device, chip or node in front of the title of a figure, unless it stands in one already."""
    shown = literal(name)
    titles = [figure.get_suptitle(), *(ax.get_title(loc=side) for ax in figure.axes for side in ("left", "center"))]
    if not name or any(shown in title for title in titles):
        return
    title = figure.get_suptitle()
    figure.suptitle(f"{shown}: {title}" if title else shown, fontsize=9, x=0.01, ha="left")


def named_rows(ax: Axes, names: Sequence[str]) -> None:
    """A named row for every bar, the first on top."""
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_yticks(np.arange(len(names)), names)
    ax.tick_params(axis="y", length=0, labelsize=7)


def power_of_ten(value: float) -> str:
    """Small number as mathematical text, for labels."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"${mantissa}\times10^{{{int(exponent)}}}$"


def frequency_unit(angular: Floats) -> tuple[float, str]:
    """Hz per unit and its name, so that the largest of some angular frequencies reads well."""
    largest = float(np.max(np.abs(to_hertz(np.asarray(angular))), initial=0.0))
    units = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"))
    return next(((size, name) for size, name in units if largest >= size), (1.0, "Hz"))


def shown_frequency(angular: float, digits: int = 4, zeros: int = 0) -> str:
    """Cyclic frequency of an angular one with its unit, its minus as long as those of the axes; `zeros` as `show`."""
    return show(to_hertz(angular), "Hz", digits, zeros).replace("-", "−")


def literal(text: str) -> str:
    """A name for a figure: its dollars are no mathematics, and characters without a shape are escapes."""
    return printable(text).replace("$", r"\$")
