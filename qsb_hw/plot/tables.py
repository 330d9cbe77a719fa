"""Tables of results as figures: the same columns, units and digits as in the terminal and in notebooks."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from qsb_hw.errors import ArgumentError, require, suggestion
from qsb_hw.plot.files import subject_of
from qsb_hw.plot.style import BAD, GOOD, QUIET, house_style, literal, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = 8.0
"""Of the letters, in points."""
LETTER = 0.602 * SIZE / 72
"""Width of a letter of the monospaced font, in inches."""
LINE = 1.45 * SIZE / 72
"""Height of a line, in inches."""
WIDEST = 44
"""Letters of a column; longer texts go on in the next line."""
GAP = 2
"""Letters between columns."""
_COLOURS = {"good": GOOD, "warning": "#9A6300", "bad": BAD, "quiet": "#5F5F5F"}
_FONT = "DejaVu Sans Mono"


@dataclass(frozen=True, slots=True)
class _Grid:
    """A table ready to be drawn: lines of every cell, their colours, and the widths of the columns."""

    caption: str
    rows: list[list[list[str]]]
    colours: list[list[str]]
    numeric: tuple[bool, ...]

    @property
    def widths(self) -> list[int]:
        columns = zip(*self.rows, strict=True)
        return [max(len(line) for cell in column for line in cell or [""]) for column in columns]

    @property
    def heights(self) -> list[int]:
        return [max([1, *(len(cell) for cell in row)]) for row in self.rows]


def plot_table(result: Any, caption: str = "", *, detail: int = 1, name: str = "") -> tuple[Figure, Any]:
    """Tables of a result, one below the other; the numbers are those of the terminal.

    Parameters
    ----------
    result : Assessment, Criteria, PumpTable, NoiseBudget, …
        What has tables in notebooks, or a view made by `qsb_hw.show`.
    caption : str
        Only tables whose caption has these words.
    detail : int
        0 shows the answer, 1 what it rests on, 2 everything.
    name : str
        Of the device, for the title; that of the result unless given.

    Returns
    -------
    figure : Figure
    axes : array of Axes
        One for each table.

    Raises
    ------
    ArgumentError
        If the result has no tables, or none with such a caption.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> from qsb_hw import plot
    >>> figure, axes = plot.plot_table(qh.load_device("transmon_squid"))
    >>> figure.get_suptitle()
    'transmon_squid'
    """
    grids = [_grid(block) for block in _tables(result, detail) if caption.lower() in block.caption.lower()]
    if not grids:
        known = [block.caption for block in _tables(result, 2)]
        hint = suggestion(caption, known, "Ask for more detail.") if known else "Draw it with another function."
        raise ArgumentError(f"A result must have a table to draw, but found none with {caption!r}. {hint}")
    name = name or str(getattr(subject_of(result), "name", ""))
    wide = max(sum(grid.widths) + GAP * len(grid.widths) for grid in grids) * LETTER + 0.3
    tall = [(sum(grid.heights) + 2.0) * LINE for grid in grids]
    with house_style():
        figure = new_figure(max(wide, 3.0), sum(tall) + 0.35)
        figure.suptitle(literal(name), fontsize=11, fontweight="bold", x=0.01, ha="left")
        axes = figure.subplots(len(grids), 1, squeeze=False, height_ratios=tall)[:, 0]
        for ax, grid, height in zip(axes, grids, tall, strict=True):
            _draw(ax, grid, wide, height)
    return figure, axes


def _tables(result: Any, detail: int) -> list[Any]:
    """Blocks of the tables of a result, those in frames included."""
    show = import_module("qsb_hw.show.html")  # by name: pictures know nothing of how results are worded
    view = show.VIEWS.get(type(result))
    must = "A result must have tables to draw"
    known = view is not None or hasattr(result, "__rich_console__")
    require(known, must, type(result).__name__, "Draw it with another function.")
    blocks = import_module("qsb_hw.show.blocks")
    level = import_module("qsb_hw.show.detail").Detail(detail)
    waiting, found = list(blocks.blocks_of(result if view is None else view(result), level)), []
    while waiting:
        block = waiting.pop(0)
        if block.kind == "box":
            waiting = [*block.blocks, *waiting]
        elif block.kind == "table" and block.rows:
            found.append(block)
    return found


def _grid(block: Any) -> _Grid:
    head = [[[line] if line else [] for line in block.head]] if block.has_head else []
    rows, colours = [], [["black"] * len(block.head)] * len(head)
    for row in block.rows:
        texts = [["".join(run.text for run in line) for line in cell] for cell in row]
        rows.append([[part for line in cell for part in textwrap.wrap(line, WIDEST) or [""]] for cell in texts])
        tones = [next((run.tone for line in cell for run in line if run.tone), "") for cell in row]
        colours.append([_COLOURS.get(tone, "black") for tone in tones])
    return _Grid(block.caption, head + rows, colours, block.numeric)


def _draw(ax: Axes, grid: _Grid, wide: float, tall: float) -> None:
    ax.set(xlim=(0, wide), ylim=(tall, 0))
    ax.set_axis_off()
    ax.set_title(literal(grid.caption), fontsize=SIZE + 1, fontweight="bold")
    lefts = [0.0, *accumulate((width + GAP) * LETTER for width in grid.widths)]
    y = 0.4 * LINE
    for number, (row, colours, height) in enumerate(zip(grid.rows, grid.colours, grid.heights, strict=True)):
        for column, (cell, colour) in enumerate(zip(row, colours, strict=True)):
            right = grid.numeric[column]
            x = lefts[column] + (grid.widths[column] * LETTER if right else 0.0)
            for k, line in enumerate(cell):
                ax.text(
                    x, y + (k + 0.5) * LINE, literal(line), color=colour, fontsize=SIZE, family=_FONT, va="center",
                    ha="right" if right else "left", fontweight="bold" if number == 0 else "normal",
                )  # fmt: skip
        y += height * LINE
        if number == 0:
            ax.plot([0, lefts[-1] - GAP * LETTER], [y, y], color=QUIET, linewidth=0.6)
            y += 0.3 * LINE
