"""Arguments and options the verbs share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qsb_hw.cli.output import replaceable

if TYPE_CHECKING:
    from qsb_hw.units import Kind

HIGHEST = 2e12 * math.pi
"""Angular frequency (rad/s) of 1 THz, above every oscillator of this kind."""
PICTURES = (".png", ".pdf", ".svg")


def drawable(file: Path | None) -> Path | None:
    """Let a path through that a picture can be written to, before any long work."""
    if file is None:
        return None
    if file.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"must end in {', '.join(PICTURES)}, but found {str(file)!r}. Change the suffix.")
    return replaceable(file)


Spec = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", show_default=False, help="Device file (TOML), or the name of one `qsb-hw specs` lists."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else; the keys are stable.")]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", callback=drawable, help="Draw the result to a .png, .pdf or .svg file."),
]
Levels = Annotated[
    int | None,
    typer.Option(
        "--levels", metavar="N", help="Levels of the ladder to keep; as many as the populations need unless given.",
        show_default=False,
    ),
]  # fmt: skip
BathLevels = Annotated[
    int | None,
    typer.Option(
        "--bath-levels", metavar="N", show_default=False,
        help="Fock states of each auxiliary mode to keep; as many as the populations need unless given.",
    ),
]  # fmt: skip
PairLevels = Annotated[
    int | None,
    typer.Option(
        "--pair-levels", metavar="N", show_default=False,
        help="Levels of each ladder in the complete pair; n0 + 3, or as many affordable ones as S needs, unless given.",
    ),
]  # fmt: skip


Coupling = Annotated[
    str | None,
    typer.Option(
        "--coupling", metavar="V", show_default=False,
        help='Exchange coupling of a pair, V/2π with its sign, like "100 kHz"; the device file\'s unless given.',
    ),
]  # fmt: skip
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", show_default=False, help="Processes; one per core unless given."),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed gives the same result.")]
Store = Annotated[
    Path | None,
    typer.Option("--out", metavar="STORE", show_default=False, help="Zarr store to write, or to resume."),
]


def angular(text: str | None, option: str) -> float | None:
    """Angular frequency (rad/s) of the cyclic one an option gives; None where it is left out."""
    if text is None:
        return None
    from qsb_hw.errors import require
    from qsb_hw.units import FREQUENCY

    found = _parsed(text, option, FREQUENCY)
    require(found != 0, f"{option} must be other than zero", repr(text), "Give V/2π with its sign.")
    require(abs(found) <= HIGHEST, f"{option} must be at most 1 THz", repr(text), "Give V/2π with its sign.")
    return found


def seconds(text: str | None, option: str) -> float | None:
    """Time in s that an option gives; None where it is left out."""
    if text is None:
        return None
    from qsb_hw.errors import require
    from qsb_hw.units import TIME

    found = _parsed(text, option, TIME)
    require(found > 0, f"{option} must be positive", repr(text), 'Write it like "10 s".')
    return found


def _parsed(text: str, option: str, kind: Kind) -> float:
    from qsb_hw.errors import ArgumentError
    from qsb_hw.units import parse

    try:
        return parse(text, kind)
    except ArgumentError as error:
        raise ArgumentError(f"{option} {error}") from None
