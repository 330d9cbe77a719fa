"""Views made for the terminal, as plain blocks: captions, tables, lists and paragraphs that HTML and Markdown share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text as RichText

from qsb_hw.errors import printable
from qsb_hw.show.detail import Detail, Notes, Selection, Stack
from qsb_hw.show.style import BAD, GOOD, QUIET, WARNING

LONGEST_TEXT = 20_000
"""Characters of one text that are shown; longer ones are shortened in the middle."""
SENTENCE = 45
"""Characters from which a cell counts as a sentence, which needs room."""
WORD = 12
"""Characters up to which a line of a cell is not broken."""
TONES = {GOOD: "good", WARNING: "warning", BAD: "bad", QUIET: "quiet", "bold": "strong"}
"""Styles of the terminal as words; colours are never all that tells them apart."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one tone, a word of `TONES` or ""."""

    text: str
    tone: str = ""


Runs = tuple[Run, ...]
"""A line of text."""
Cell = tuple[Runs, ...]
"""What stands in a table, line by line."""


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Lines of text, each a paragraph; notes where `quiet`."""

    lines: tuple[Runs, ...]
    quiet: bool = False
    kind: str = "paragraphs"


@dataclass(frozen=True, slots=True)
class Listed:
    """Items of a list."""

    items: tuple[Runs, ...]
    kind: str = "list"


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table: its caption, the heads of its columns, whether each holds numbers, and its rows."""

    caption: str
    head: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_head: bool = True
    kind: str = "table"

    @property
    def short(self) -> tuple[bool, ...]:
        """Whether each column holds only words too short to be broken."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.head)
        return tuple(
            all(sum(len(run.text) for run in line) <= WORD for c in column for line in c) for column in columns
        )

    @property
    def long(self) -> tuple[bool, ...]:
        """Whether each column holds sentences."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.head)
        return tuple(any(len(run.text) > SENTENCE for c in column for line in c for run in line) for column in columns)


@dataclass(frozen=True, slots=True)
class Box:
    """Blocks in a frame of one tone, with a title."""

    title: str
    tone: str
    blocks: tuple[Block, ...]
    kind: str = "box"


Block = Paragraphs | Listed | TableBlock | Box


def clean(text: str) -> str:
    """Text without characters that act on a terminal or turn the writing around."""
    return printable(text, LONGEST_TEXT)


def pieces(text: str) -> list[tuple[str, bool]]:
    """Pieces of a text, each with whether it stood between backticks, as commands and keys do."""
    return [(piece, k % 2 == 1) for k, piece in enumerate(re.split(r"`([^`]+)`", text)) if piece]


def blocks_of(view: Any, detail: Detail = Detail.VERBOSE) -> tuple[Block, ...]:
    """Blocks of what a view shows up to a detail; what stands indented in it is a list."""
    return _blocks_of(Selection(detail).of(view))


def _blocks_of(selected: Any) -> tuple[Block, ...]:
    return () if selected is None else tuple(_joined(_blocks(selected)))


def cell(content: Any) -> Cell:
    """Lines of a cell or a paragraph, each in runs of one tone."""
    text = content if isinstance(content, RichText) else RichText(str(content))
    return tuple(_runs(line) for line in text.split("\n", allow_blank=True)) or ((),)


def _runs(line: RichText) -> Runs:
    edges = sorted({0, len(line), *(edge for span in line.spans for edge in (span.start, span.end))})
    found = []
    for start, end in pairwise(edges):
        inside = [str(span.style) for span in line.spans if span.start <= start and end <= span.end]
        tone = next((tone for style in [*inside[::-1], str(line.style)] if (tone := _tone(style))), "")
        found.append(Run(clean(line.plain[start:end]), tone))
    return tuple(found)


def _tone(style: str) -> str:
    """Tone of a style; the part of it that tells most."""
    if style in TONES:
        return TONES[style]
    parts = style.split()
    return next((tone for known, tone in TONES.items() if known.split()[-1] in parts), "")


def _blocks(view: Any) -> Iterator[Block]:
    if isinstance(view, Group | Stack):
        for part in view.parts if isinstance(view, Stack) else view.renderables:
            yield from _blocks(part)
    elif isinstance(view, Notes) and view.terminal:
        return
    elif isinstance(view, Notes):
        yield from _blocks(RichText("\n".join(view.texts), style=view.style))
    elif isinstance(view, Panel):
        yield Box(clean(str(view.title or "")), _tone(str(view.border_style)), _blocks_of(view.renderable))
    elif isinstance(view, Padding):
        yield Listed(cell(view.renderable))
    elif isinstance(view, RichTable):
        yield _table(view)
    else:
        lines = tuple(line for line in cell(view) if any(run.text.strip() for run in line))
        if lines:
            yield Paragraphs(lines, quiet=_tone(str(getattr(view, "style", ""))) == "quiet")


def _table(view: RichTable) -> TableBlock:
    columns = [[_styled(content, column.style) for content in column.cells] for column in view.columns]
    rows = zip(*columns, strict=True)
    return TableBlock(
        clean(str(view.title or "")),
        tuple(clean(_plain(column.header).replace("\n", " ")) for column in view.columns),
        tuple(column.justify == "right" for column in view.columns),
        tuple(
            tuple(cell(content if not row.style else _styled(content, row.style)) for content in cells)
            for cells, row in zip(rows, view.rows, strict=True)
        ),
        view.show_header,
    )


def _styled(content: Any, style: Any) -> RichText:
    """A cell in the style of its column or row, unless it has one of its own."""
    text = content.copy() if isinstance(content, RichText) else RichText(str(content))
    if not text.style:
        text.style = style or ""
    return text


def _plain(content: Any) -> str:
    return content.plain if isinstance(content, RichText) else str(content)


def _joined(blocks: Iterable[Block]) -> Iterator[Block]:
    """Lists that follow each other as one."""
    waiting: Listed | None = None
    for block in blocks:
        if isinstance(block, Listed):
            waiting = Listed((*(waiting.items if waiting else ()), *block.items))
            continue
        if waiting is not None:
            yield waiting
            waiting = None
        yield block
    if waiting is not None:
        yield waiting
