"""One style for all pictures: colours that everyone can tell apart (Okabe and Ito), thin axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.errors import printable
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


FULL, ELIMINATED, PUBLISHED = "#000000", "#0072B2", "#E69F00"
UP, DOWN = "#009E73", "#CC79A7"
GOOD, TIGHT, BAD, QUIET = "#009E73", "#E69F00", "#D55E00", "#8C8C8C"

_SETTINGS: dict[str, Any] = {
    "font.size": 9, "axes.titlesize": 9, "legend.fontsize": 8, "xtick.labelsize": 8, "ytick.labelsize": 8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "axes.titlelocation": "left",
    "legend.frameon": False, "svg.hashsalt": "qsb_hw",
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


def literal(text: str) -> str:
    """A name for a figure: its dollars are no mathematics, and characters without a shape are escapes."""
    return printable(text).replace("$", r"\$")
