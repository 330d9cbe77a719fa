"""The command line: verbs, errors and exit statuses.

Exit status: 0 feasible or borderline (or simply fine), 1 infeasible, not converged or not stored, 2 bad input,
130 interrupted, 141 the reader of the output went away.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from qsb_hw.cli.budget import budget
from qsb_hw.cli.check import check
from qsb_hw.cli.compare import compare
from qsb_hw.cli.design import design
from qsb_hw.cli.effective import effective
from qsb_hw.cli.ensemble import ensemble
from qsb_hw.cli.figure import figure
from qsb_hw.cli.map import feasibility_map
from qsb_hw.cli.specs import specs
from qsb_hw.cli.sweep import sweep
from qsb_hw.cli.sync import sync
from qsb_hw.cli.tolerance import tolerance
from qsb_hw.errors import ConvergenceError, QsbError, StorageError

app = typer.Typer(
    name="qsb-hw",
    help="From a device file to a checked verdict: can quantum synchronization blockade be reached on this hardware?",
    epilog="Exit status: 0 feasible, borderline or simply fine; 1 infeasible or not converged; 2 bad input.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for verb in (check, effective, compare, budget, sync, ensemble, sweep, design, tolerance):
    app.command()(verb)
app.command("map")(feasibility_map)
app.command()(figure)
app.command()(specs)


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Exit status of a command line; messages go to standard error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that knows no Greek gets escapes, not a traceback
            stream.reconfigure(errors="backslashreplace")
    try:
        app(list(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except QsbError as error:
        return _refuse(error)
    return 0


def _refuse(error: QsbError) -> int:
    if os.environ.get("QSB_HW_DEBUG"):
        traceback.print_exception(error)
    typer.secho(f"qsb-hw: {error}", err=True)
    return 1 if isinstance(error, ConvergenceError | StorageError) else 2


def _version(wanted: bool) -> None:
    if wanted:
        from qsb_hw import __version__

        typer.echo(f"qsb-hw {__version__}")
        raise typer.Exit


@app.callback()
def _everywhere(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    del version
