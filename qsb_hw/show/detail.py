"""How much of a result is shown: every part of a view has its detail, and one function leaves out what goes further.

A view is made once, whatever is asked for. What is not marked belongs to ordinary output. Footnotes stand once, however
many tables they belong to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from rich.box import Box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.containers import Lines
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.table import Column, Table
from rich.text import Text

from qsb_hw.show.ascii import asciified

TEXT_WIDTH = 100
"""Columns of running text, at most: longer lines are hard to read."""
LEGIBLE = 24
"""Columns that a column of running text needs in a table; with fewer each row is shown as a list."""

ASCII_HEAD = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
"""As `SIMPLE_HEAD`, without box drawing."""


class Detail(IntEnum):
    """From which output on something is shown."""

    BRIEF = 0
    """The answer, on one screen."""
    NORMAL = 1
    """What it rests on."""
    VERBOSE = 2
    """Everything."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is shown from one detail on, up to another."""

    content: RenderableType
    detail: Detail = Detail.NORMAL
    until: Detail = Detail.VERBOSE

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.content


class Path(Text):
    """Path of a key or of a number in a file; where it must be broken, that is after a dot."""

    def wrap(self, console: Console, width: int, **settings: Any) -> Lines:
        """Lines of at most a width."""
        if self.cell_len <= width:
            return super().wrap(console, width, **settings)
        broken: list[str] = []
        for line in self.plain.split("\n"):
            broken.append("")
            for part in re.findall(r"[^. ]*[. ]?", line):
                if len(broken[-1]) + len(part.rstrip()) <= width:
                    broken[-1] += part
                else:
                    broken.append(part)
        wrapped = (Text(text.rstrip(), self.style).wrap(console, width, **settings) for text in broken if text)
        return Lines(line for lines in wrapped for line in lines)


@dataclass(frozen=True, slots=True)
class Notes:
    """Footnotes, one paragraph each; what is said of the command line belongs only on a `terminal`."""

    texts: tuple[str, ...]
    style: str = ""
    terminal: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text("\n".join(self.texts), style=self.style)


@dataclass(frozen=True, slots=True)
class Stack:
    """Parts below each other, with an empty line between them; running text is not wider than `TEXT_WIDTH`.

    Shown without a selection it has everything.
    """

    parts: tuple[RenderableType, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        narrow = options.update_width(min(options.max_width, TEXT_WIDTH))
        shown = [p for p in self.parts if not (isinstance(p, Part) and p.until < Detail.VERBOSE)]
        for k, part in enumerate(shown):
            if k:
                yield ""
            yield from console.render(part, options if _is_wide(part) else narrow)


def _is_wide(part: RenderableType) -> bool:
    """Whether a part is a table, or is made of parts of which each has its own width."""
    return _is_wide(part.content) if isinstance(part, Part) else isinstance(part, Table | Stack)


@dataclass(slots=True)
class Selection:
    """What of a view is shown on a terminal of some encoding; footnotes that were shown are not repeated."""

    detail: Detail
    encoding: str = "utf-8"
    noted: set[str] = field(default_factory=set)

    def of(self, view: Any, at: Detail = Detail.NORMAL) -> Any:
        """The view without what goes further than the detail; None where nothing is left.

        What has no detail of its own has that of the part it stands in, `at`.
        """
        if isinstance(view, Part):
            return self.of(view.content, view.detail) if view.detail <= self.detail <= view.until else None
        if isinstance(view, Stack):
            return self._joined(view.parts, at, lambda parts: Stack(tuple(parts)))
        if isinstance(view, Group):
            return self._joined(view.renderables, at, lambda parts: Group(*parts))
        own = view.own if isinstance(view, HouseTable) and view.own is not None else at
        return self._one(view, at) if own <= self.detail else None

    def _one(self, view: Any, at: Detail) -> Any:
        if isinstance(view, Notes):
            return self._notes(view)
        if isinstance(view, Panel):
            return self._panel(view, at)
        if isinstance(view, Padding):
            inside = self.of(view.renderable, at)
            return None if inside is None else Padding(inside, (view.top, view.right, view.bottom, view.left))
        return view.selected(self) if isinstance(view, HouseTable) else self.text(view)

    def text(self, text: Any) -> Any:
        """Text, or anything else, in characters of the encoding."""
        if isinstance(text, Text):
            return spelled(text, self.encoding)
        return asciified(text, self.encoding) if isinstance(text, str) else text

    def _joined(self, parts: Iterable[Any], at: Detail, join: Any) -> Any:
        found = [one for part in parts if (one := self.of(part, at)) is not None]
        return join(found) if found else None

    def _notes(self, notes: Notes) -> Notes | None:
        new = [text for text in dict.fromkeys(notes.texts) if text not in self.noted]
        self.noted.update(new)
        shown = tuple(asciified(text, self.encoding) for text in new)
        return Notes(shown, notes.style, notes.terminal) if new else None

    def _panel(self, panel: Panel, at: Detail) -> Any:
        inside = self.of(panel.renderable, at)
        if inside is None:
            return None
        return type(panel)(
            inside, box=panel.box, title=self.text(panel.title), title_align=panel.title_align,
            border_style=panel.border_style, padding=panel.padding,
        )  # fmt: skip


class Frame(Panel):
    """Panel whose title stands inside where the frame is too narrow for it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - 6
        if not self.title or len(str(self.title)) <= room:
            yield from super().__rich_console__(console, options)
            return
        inside = Group(Text(str(self.title), style="bold"), self.renderable)
        yield Panel(inside, box=self.box, border_style=self.border_style, padding=self.padding)


class HouseTable(Table):
    """Table whose columns and rows have their own detail; its title is as wide as the terminal.

    Where it would not fit without cutting numbers, every row is shown as a list of heads and values.
    """

    def __init__(self, *columns: Column | str, detail: Detail | None = None, **settings: Any) -> None:
        own = (column.copy() if isinstance(column, Column) else column for column in columns)  # they hold the cells
        super().__init__(*own, **settings)
        self.own = detail
        self.of_columns: dict[int, Detail] = {}
        self.of_rows: dict[int, Detail] = {}

    def selected(self, selection: Selection) -> HouseTable:
        """Columns and rows up to a detail, in the characters of an encoding."""
        shown = HouseTable(
            detail=self.own, title=selection.text(self.title), title_justify=self.title_justify,
            title_style=self.title_style, box=self.box, show_edge=self.show_edge, pad_edge=self.pad_edge,
            padding=self.padding, show_header=self.show_header,
        )  # fmt: skip
        rows = [k for k in range(len(self.rows)) if self.of_rows.get(k, Detail.BRIEF) <= selection.detail]
        for number, column in enumerate(self.columns):
            if self.of_columns.get(number, Detail.BRIEF) > selection.detail:
                continue
            cells = [*column.cells]
            new = column.copy()
            new.header, new._index = selection.text(column.header), len(shown.columns)
            new._cells = [selection.text(cells[k]) for k in rows]
            shown.columns.append(new)
        shown.rows = [self.rows[k] for k in rows]
        return shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        title, self.title = self.title, None
        boxed, padded, widths = self.box, self.padding, [column.width for column in self.columns]
        try:
            if title:
                yield Text(str(title), style=self.title_style or "")
            if self.needed(gap=1) > options.max_width:
                yield from self._beside(options.max_width) or self._listed()
            else:
                if options.ascii_only:
                    self.box = ASCII_HEAD
                self._fit(options.max_width)
                yield from super().__rich_console__(console, options)
        finally:
            self.title, self.box, self.padding = title, boxed, padded
            for column, width in zip(self.columns, widths, strict=True):
                column.width = width

    def needed(self, gap: int = 2) -> int:
        """Columns of the terminal below which something would be cut or broken into single words."""
        return sum(_needed(column, self.show_header) + gap for column in self.columns) - gap

    def _fit(self, room: int) -> None:
        """Give every column what no word of it is broken in, then what is left to those that want more."""
        if self.needed() > room:
            self.padding = (0, 0, 0, 0)
        gaps = (2 if self.padding[1] else 1) * (len(self.columns) - 1)
        least = [_needed(column, self.show_header) for column in self.columns]
        wanted = [max(_wanted(column, self.show_header) - width, 0)
                  for column, width in zip(self.columns, least, strict=True)]  # fmt: skip
        left = room - gaps - sum(least)
        if left >= sum(wanted):
            return
        for place, k in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
            more = min(wanted[k], left // (len(wanted) - place))
            self.columns[k].width, left = least[k] + more, left - more

    def _beside(self, room: int) -> list[RenderableType]:
        """The table without its columns of running text, and these below it; nothing where that does not fit either."""
        texts = [k for k, column in enumerate(self.columns) if k and column.ratio]
        if not texts:
            return []
        short = HouseTable(box=self.box, show_edge=self.show_edge, pad_edge=self.pad_edge, padding=self.padding,
                           show_header=self.show_header)  # fmt: skip
        for column in (c for k, c in enumerate(self.columns) if k not in texts):
            new = column.copy()
            new._index, new._cells = len(short.columns), [*column.cells]
            short.columns.append(new)
        short.rows = self.rows
        if short.needed(gap=1) > room:
            return []
        below: list[RenderableType] = []
        for k in texts:
            head = _headed(self.columns[k].header)
            rows = zip(self.columns[0].cells, self.columns[k].cells, strict=True)
            said = [(_plain(who), _plain(text)) for who, text in rows]
            below += [Text(f"{head[:1].upper()}{head[1:]}", style="italic")] if head and any(t for _, t in said) else []
            joined = (f"{who}{' ' if text.startswith('→') else ': '}{text}" for who, text in said if text)
            below += [Padding(Text(text), (0, 0, 0, 2)) for text in joined]
        return [short, *(["", *below] if below else [])]

    def _listed(self) -> Iterator[RenderableType]:
        cells = [[_plain(cell) for cell in column.cells] for column in self.columns]
        heads = [
            _lines(c.header).replace("-\n", "").replace("\n", " ") if self.show_header else "" for c in self.columns
        ]
        styles = [str(column.style) for column in self.columns]
        for k, row in enumerate(zip(*cells, strict=True)):
            first = f"{heads[0]}: {row[0]}" if heads[0] and self.columns[0].justify == "right" else row[0]
            yield Text(first, style=self.rows[k].style or "")
            for head, cell, style in zip(heads[1:], row[1:], styles[1:], strict=True):
                if cell:
                    yield Padding(Text(f"{head}: {cell}" if head else cell, style="" if head else style), (0, 0, 0, 2))


def spelled(text: Text, encoding: str) -> Text:
    """Styled text likewise, every style on the same words."""
    if text.plain.isascii():
        return text

    def upto(place: int) -> int:
        return len(asciified(text.plain[:place], encoding))

    new = text.copy()
    spans = [span.__class__(upto(span.start), upto(span.end), span.style) for span in text.spans]
    new.plain = asciified(text.plain, encoding)
    new.spans = spans
    return new


def _written(column: Column, headed: bool) -> list[str]:
    """Lines of the texts of a column."""
    texts = [*(str(_lines(c)) for c in column.cells), *([str(_lines(column.header))] if headed else [])]
    return [line for text in texts for line in text.split("\n")]


def _wanted(column: Column, headed: bool) -> int:
    """Width at which no line is broken, or the largest allowed."""
    longest = max(map(len, _written(column, headed)), default=0)
    return longest if column.max_width is None else min(longest, column.max_width)


def _needed(column: Column, headed: bool) -> int:
    lines = _written(column, headed)
    longest = max(map(len, lines), default=0)
    if column.no_wrap:
        return max(longest, column.min_width or 0)
    if column.ratio:
        return min(longest, LEGIBLE)
    words = max((len(word) for line in lines for word in line.split()), default=0)
    return max(min(words, column.max_width or words), min(longest, 12), column.min_width or 0)


def _lines(cell: Any) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)


def _headed(header: Any) -> str:
    return _lines(header).replace("-\n", "-").replace("\n", " ")


def _plain(cell: Any) -> str:
    """A cell in one line: what stands in lines of its own is separated."""
    parts = [" ".join(line.split()) for line in _lines(cell).split("\n")]
    joined = parts[0]
    for part in parts[1:]:
        broken = joined.endswith((",", ";", ".", ":", "-")) or part.startswith(("→", "("))
        joined += f"{' ' if broken else '; '}{part}"
    return joined


def legible(style: str) -> tuple[float, float]:
    """Contrast of a style's colour on white and on black, from 1 to 21; 21 for the terminal's own."""
    color = Style.parse(style).color
    if color is None or color.is_default:
        return 21.0, 21.0
    linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in color.get_truecolor()]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05
