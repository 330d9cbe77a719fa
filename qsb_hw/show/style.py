"""One look for all tables."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Column
from rich.text import Text

from qsb_hw.show.detail import Detail, Frame, HouseTable, Notes, Part, Stack

GOOD, WARNING, BAD, QUIET = "color(28)", "color(130)", "bold color(161)", "color(243)"
"""Fixed colours that can be read on a light background and on a dark one."""


def table(title: str, *columns: Column | str, detail: Detail | None = None) -> HouseTable:
    """Empty table in the house style: title on the left, a rule under the header, no frame."""
    return HouseTable(
        *columns, title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False,
        pad_edge=False, padding=(0, 1, 0, 0), detail=detail,
    )  # fmt: skip


def label(header: str, **settings: object) -> Column:
    """Column of words, on the left."""
    return Column(header, overflow="fold", **settings)  # type: ignore[arg-type]


def value(header: str, **settings: object) -> Column:
    """Column of numbers, on the right, never broken."""
    return Column(header, justify="right", no_wrap=True, **settings)  # type: ignore[arg-type]


def stacked(*parts: RenderableType | None) -> Stack:
    """Parts that are not None, with an empty line between them."""
    return Stack(tuple(part for part in parts if part is not None))


def lines(texts: Iterable[str]) -> Notes:
    """Quiet footnotes under a table; each stands once in a view."""
    return Notes(tuple(texts), QUIET)


def at_terminal(texts: Iterable[str]) -> Notes:
    """Quiet footnotes on the command line: pages and notebooks are without them."""
    return Notes(tuple(texts), QUIET, terminal=True)


def brief(*parts: RenderableType | None) -> Part:
    """The answer: parts that even the shortest output has."""
    return Part(_one(parts), Detail.BRIEF)


def verbose(*parts: RenderableType | None) -> Part:
    """Parts that only the longest output has."""
    return Part(_one(parts), Detail.VERBOSE)


def until_verbose(*parts: RenderableType | None) -> Part:
    """Parts that stand in ordinary output for longer ones, which the longest output has."""
    return Part(_one(parts), Detail.NORMAL, Detail.NORMAL)


def answer(title: str, *parts: RenderableType | str | None, style: str = "") -> Part:
    """The answer to what a verb asks, in a frame: shown first, and in every output."""
    shown = [part for part in parts if part]
    return Part(
        Frame(Group(*shown), title=title, title_align="left", border_style=style, box=box.ROUNDED, padding=(0, 1)),
        Detail.BRIEF,
    )  # fmt: skip


def named(name: str, description: str = "") -> Part:
    """Name of the device or chip that everything below is about."""
    return brief(Text.assemble((name, "bold"), f" – {description}" if description else ""))


def skipped(reasons: Iterable[str]) -> Part | None:
    """What was not computed, and why: near the top, in every output."""
    texts = [f"Skipped: {reason}" for reason in dict.fromkeys(reasons)]
    return brief(Notes(tuple(texts), WARNING)) if texts else None


def _one(parts: tuple[RenderableType | None, ...]) -> RenderableType:
    shown = [part for part in parts if part is not None]
    return shown[0] if len(shown) == 1 else Stack(tuple(shown))
