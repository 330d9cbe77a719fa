"""Arguments and options the verbs share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from qsb_hw.cli.output import replaceable

HIGHEST = 2e12 * math.pi
"""Angular frequency (rad/s) of 1 THz, beyond which no oscillator of this kind is."""
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
        help="Levels of each ladder in the complete pair; n0 + 3, or as many as S needs and are affordable, unless "
        "given.",
    ),
]  # fmt: skip


def angular(text: str, option: str, positive: bool = False) -> float:
    """Angular frequency (rad/s) of the cyclic one an option gives."""
    from qsb_hw.errors import ArgumentError, require
    from qsb_hw.units import FREQUENCY, parse

    try:
        found = parse(text, FREQUENCY)
    except ArgumentError as error:
        raise ArgumentError(f"{option} {error}") from None
    if positive:
        require(found > 0, f"{option} must be positive", repr(text), "Give |V|/2π.")
    require(abs(found) <= HIGHEST, f"{option} must be at most 1 THz", repr(text), "Give |V|/2π.")
    return found
