"""A progress bar on standard error, gone when the work is done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qsb_hw.cli.output import harmless, say

if TYPE_CHECKING:
    from qsb_hw._typing import Progress

INTERRUPTED = 130
"""Exit status after an interrupt (128 + SIGINT)."""


@contextmanager
def progress(first_stage: str, store: Path | None = None) -> Iterator[Progress]:
    """Show a bar while the block runs; call what it gives with (stage, done, total). Nothing without a terminal.

    A total of 0 means that it is not known. An interrupt ends the program with a message, which says how to resume
    where results are kept in a `store`.
    """
    try:
        with _bar(first_stage) as report:
            yield report
    except KeyboardInterrupt:
        kept = f"Every point computed so far is in {store}: the same command resumes from there."
        say(f"qsb-hw: interrupted. {kept if store is not None else 'Nothing was written.'}")
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def _bar(first_stage: str) -> Iterator[Progress]:
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.theme import Theme

    from qsb_hw.show.style import GOOD, QUIET

    own = {"progress.elapsed": QUIET, "progress.download": GOOD, "progress.spinner": GOOD}
    own |= {"bar.complete": GOOD, "bar.finished": GOOD, "bar.pulse": GOOD, "bar.back": QUIET}
    console = Console(stderr=True, theme=Theme(own))
    words = TextColumn("{task.description}", markup=False)
    spinner = SpinnerColumn("dots" if console.encoding.startswith("utf") else "line")
    columns = (spinner, words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(first_stage, total=None)

        def report(stage: str, done: int, total: int) -> None:
            bar.update(task, description=harmless(stage), completed=done, total=total or None)

        yield report
