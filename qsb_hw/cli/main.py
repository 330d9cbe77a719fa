"""The command line: verbs, errors and exit statuses.

Exit status: 0 feasible or borderline (or simply fine), 1 infeasible, not converged or not stored, 2 bad input,
70 a fault of this program, 130 interrupted, 141 the reader of the output went away.
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
from qsb_hw.cli.curves import curves, sensitivities
from qsb_hw.cli.design import design
from qsb_hw.cli.effective import effective
from qsb_hw.cli.ensemble import ensemble
from qsb_hw.cli.evolve import evolve
from qsb_hw.cli.explore import explore
from qsb_hw.cli.figure import figure
from qsb_hw.cli.keys import keys
from qsb_hw.cli.map import feasibility_map
from qsb_hw.cli.options import with_detail
from qsb_hw.cli.output import COMMAND, READER_LEFT, forget, legible_help, prepare, say, unicode_everywhere
from qsb_hw.cli.progress import INTERRUPTED
from qsb_hw.cli.pumps import pumps
from qsb_hw.cli.record import record
from qsb_hw.cli.report import report
from qsb_hw.cli.specs import specs
from qsb_hw.cli.spectrum import spectrum
from qsb_hw.cli.sweep import sweep
from qsb_hw.cli.sync import sync
from qsb_hw.cli.tolerance import tolerance
from qsb_hw.errors import ConvergenceError, QsbError, StorageError, printable

UNEXPECTED = 70
"""Exit status after an error that is this program's fault."""

app = typer.Typer(
    name="qsb-hw",
    help="From a device file to a checked verdict: can quantum synchronization blockade be reached on this hardware?",
    epilog="Exit status: 0 success, feasible or borderline; 1 infeasible, undecided or not converged; 2 bad input.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
PAGES = (report, explore)
VERBS = (
    check, effective, compare, budget, sync, evolve, spectrum, record, ensemble, curves, sensitivities, sweep, design,
    tolerance, pumps, report, explore, feasibility_map, figure, specs, keys,
)  # fmt: skip
for verb in VERBS:
    app.command("map" if verb is feasibility_map else None)(verb if verb in PAGES else with_detail(verb))


def main() -> None:
    """Run the command line and leave with its exit status."""
    try:
        status = run(sys.argv[1:])
    except Exception as error:
        _explain(error)
        say(
            f"qsb-hw: unexpected {type(error).__name__}: {printable(str(error))}. This is a fault of qsb-hw: "
            "please report it. QSB_HW_DEBUG=1 shows where."
        )
        status = UNEXPECTED
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        forget(sys.stdout)
        status = status or 1
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Exit status of a command line; messages go to standard error."""
    prepare()
    COMMAND.set(tuple(arguments))
    legible_help()
    app.rich_markup_mode = "rich" if unicode_everywhere() else None
    try:
        app(list(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except QsbError as error:
        _explain(error)
        say(f"qsb-hw: {error}")
        return 1 if isinstance(error, ConvergenceError | StorageError) else 2
    except BrokenPipeError:
        forget(sys.stdout)
        return READER_LEFT
    except OSError as error:
        _explain(error)
        say(f"qsb-hw: {printable(str(error))}")
        return 1
    except KeyboardInterrupt:
        say("qsb-hw: interrupted.")
        return INTERRUPTED
    return 0


def _explain(error: Exception) -> None:
    if os.environ.get("QSB_HW_DEBUG"):
        traceback.print_exception(error)


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
