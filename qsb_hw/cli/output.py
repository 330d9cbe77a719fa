"""What leaves the program: JSON or tables on standard output, pictures in files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from qsb_hw.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

WIDTH = 100
"""Columns where the output is not a terminal."""
READER_LEFT = 141
"""Exit status when the reader of the output went away (128 + SIGPIPE)."""


def emit(as_json: bool, record: Callable[[], Any], view: Callable[[], RenderableType]) -> None:
    """Print a result: its record as JSON, or its tables."""
    write(_json(record()) if as_json else _rendered(view()))


def write(text: str) -> None:
    """Write to standard output; leave quietly if nobody reads it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(READER_LEFT) from None


def draw(file: Path | None, plot: Callable[[], tuple[Figure, Any]] | None, option: str = "--plot") -> None:
    """Draw a result to the file `option` asks for, if it does; say so where there is nothing to draw."""
    if file is None:
        return
    if plot is None:
        typer.echo(f"nothing to draw, {file} was not written", err=True)
        return
    figure, _ = plot()
    try:
        figure.savefig(file, dpi=200)
    except OSError as error:
        raise ArgumentError(
            f"{option} must be a file that can be written, but found {str(file)!r}: {error.strerror}. "
            "Choose another place."
        ) from error
    typer.echo(f"wrote {file}", err=True)


def leave(fine: bool) -> None:
    """Exit status 1 unless all is fine."""
    if not fine:
        raise typer.Exit(1)


def _json(record: Any) -> str:
    from qsb_hw.report.plain import to_json

    return to_json(record) + "\n"


def _rendered(view: RenderableType) -> str:
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
    console = Console(width=width)
    with console.capture() as captured:
        console.print(view)
    return captured.get()
