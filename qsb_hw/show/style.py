"""One look for all tables."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

GOOD, WARNING, BAD, QUIET = "green", "yellow", "bold red", "dim"


def table(title: str, *columns: Column | str) -> Table:
    """Empty table in the house style: title on the left, a rule under the header, no frame."""
    return Table(
        *columns, title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False,
        pad_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip


def label(header: str, **settings: object) -> Column:
    """Column of words, on the left."""
    return Column(header, overflow="fold", **settings)  # type: ignore[arg-type]


def value(header: str, **settings: object) -> Column:
    """Column of numbers, on the right, never broken."""
    return Column(header, justify="right", no_wrap=True, **settings)  # type: ignore[arg-type]


def stacked(*parts: RenderableType | None) -> Group:
    """Parts that are not None, with an empty line between them."""
    shown = [part for part in parts if part is not None]
    return Group(*[one for part in shown for one in ("", part)][1:])


def lines(texts: Iterable[str]) -> Text:
    """Dim lines under a table."""
    return Text("\n".join(texts), style=QUIET)
