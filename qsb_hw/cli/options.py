"""Arguments and options the verbs share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from qsb_hw.cli.output import writable
from qsb_hw.errors import ArgumentError, require
from qsb_hw.units import FREQUENCY, TIME, Kind, parse

HIGHEST = 2e12 * math.pi
"""Angular frequency (rad/s) of 1 THz, above every oscillator of this kind."""
drawable = writable(".png", ".pdf", ".svg")
"""Callback of options that name a picture."""


def option(usage: str, text: str, show_default: bool = False, **more: Any) -> Any:
    """Option with its usage like "--levels N"; without a second word it is a flag, or named like its parameter."""
    flag, _, metavar = usage.partition(" ")
    return typer.Option(flag, metavar=metavar or None, help=text, show_default=show_default, **more)


Spec = Annotated[str, typer.Argument(
    metavar="SPEC", show_default=False, help="Device file (TOML), or the name of one `qsb-hw specs` lists.",
)]  # fmt: skip
Json = Annotated[bool, option("--json", "Print JSON and nothing else; the keys are stable.")]
Plot = Annotated[Path | None, option("--plot FILE", "Draw the result to a .png, .pdf or .svg file.", callback=drawable)]
Levels = Annotated[
    int | None, option("--levels N", "Levels of the ladder to keep; as many as the populations need unless given.")
]
BathLevels = Annotated[int | None, option(
    "--bath-levels N", "Fock states of each auxiliary mode to keep; as many as the populations need unless given.",
)]  # fmt: skip
PairLevels = Annotated[int | None, option(
    "--pair-levels N",
    "Levels of each ladder in the complete pair; n0 + 3, or as many affordable ones as S needs, unless given.",
)]  # fmt: skip
Coupling = Annotated[str | None, option(
    "--coupling V",
    'Exchange coupling of a pair, V/2π with its sign, like "100 kHz"; the device file\'s unless given.',
)]  # fmt: skip
Workers = Annotated[int | None, option("--workers N", "Processes; one per core unless given.")]
Seed = Annotated[int, option("--seed N", "The same seed gives the same result.", show_default=True, min=0)]
Store = Annotated[Path | None, option("--out STORE", "Zarr store to write, or to resume.")]

Pumps = Annotated[str, option(
    "--pumps retuned|left",
    "retuned: tones that the file leaves open follow what changes; left: frequency and power of every pump stay at "
    "their values in the file.", show_default=True,
)]  # fmt: skip


def angular(text: str | None, option: str) -> float | None:
    """Angular frequency (rad/s) of the cyclic one an option gives; None where it is left out."""
    if text is None:
        return None
    found = _parsed(text, option, FREQUENCY)
    require(found != 0, f"{option} must be other than zero", repr(text), "Give V/2π with its sign.")
    require(abs(found) <= HIGHEST, f"{option} must be at most 1 THz", repr(text), "Give V/2π with its sign.")
    return found


def seconds(text: str | None, option: str) -> float | None:
    """Time in s that an option gives; None where it is left out."""
    if text is None:
        return None
    found = _parsed(text, option, TIME)
    require(found > 0, f"{option} must be positive", repr(text), 'Write it like "10 s".')
    return found


def _parsed(text: str, option: str, kind: Kind) -> float:
    try:
        return parse(text, kind)
    except ArgumentError as error:
        raise ArgumentError(f"{option} {error}") from None


def of_two(options: Mapping[str, object], alone: bool) -> None:
    """`ArgumentError` if an option of a pair is given where one device only is looked at."""
    for name, value in options.items():
        require(not alone or value is None, f"{name} must come without --alone", "both", "Leave one out.")
