"""Arguments and options the verbs share."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from qsb_hw.cli.output import DETAIL, writable
from qsb_hw.errors import ArgumentError, require
from qsb_hw.units import FREQUENCY, TIME, Kind, parse

OUTPUT, SIZES, CHIPS = "Output", "Size of the model", "Chip files"
"""Groups of options in the help of a verb."""
HIGHEST = 2e12 * math.pi
"""Angular frequency (rad/s) of 1 THz, above every oscillator of this kind."""
drawable = writable(".png", ".pdf", ".svg", ".jpg", ".jpeg")
"""Callback of options that name a picture."""


def option(usage: str, text: str, show_default: bool = False, **more: Any) -> Any:
    """Option with its usage like "--levels N"; without a second word it is a flag."""
    flag, _, metavar = usage.partition(" ")
    return typer.Option(flag, metavar=metavar, help=text, show_default=show_default, **more)


Spec = Annotated[str, typer.Argument(
    metavar="SPEC", show_default=False, help="Device or chip file (TOML), or the name of one `qsb-hw specs` lists.",
)]  # fmt: skip
Json = Annotated[bool, option("--json", "Print JSON and nothing else; the keys are stable.", rich_help_panel=OUTPUT)]
Plot = Annotated[Path | None, option(
    "--plot FILE", "Draw the result to a .png, .pdf, .svg or .jpg file.", callback=drawable, rich_help_panel=OUTPUT,
)]  # fmt: skip
Levels = Annotated[int | None, option(
    "--levels N", "Levels of the ladder to keep; as many as the populations need unless given.", rich_help_panel=SIZES,
)]  # fmt: skip
BathLevels = Annotated[int | None, option(
    "--bath-levels N", "Fock states of each auxiliary mode to keep; as many as the populations need unless given.",
    rich_help_panel=SIZES,
)]  # fmt: skip
PairLevels = Annotated[int | None, option(
    "--pair-levels N",
    "Levels of each ladder in the complete pair; n0 + 3, or as many affordable ones as S needs, unless given.",
    rich_help_panel=SIZES,
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


Brief = Annotated[bool, option("--brief", "The answer alone, on one screen.", rich_help_panel=OUTPUT)]
Verbose = Annotated[bool, option("--verbose", "Every table and every note.", rich_help_panel=OUTPUT)]


def with_detail(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with ``--brief`` and ``--verbose``, which decide how much of its result is shown."""

    @wraps(verb)
    def shown(*arguments: Any, brief: bool = False, verbose: bool = False, **options: Any) -> None:
        require(not (brief and verbose), "--brief must come without --verbose", "both", "Leave one out.")
        DETAIL.set(0 if brief else 2 if verbose else 1)
        verb(*arguments, **options)

    own = inspect.signature(verb, eval_str=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in (("brief", Brief), ("verbose", Verbose))
    ]
    shown.__signature__ = own.replace(parameters=[*own.parameters.values(), *more])  # type: ignore[attr-defined]
    shown.__annotations__ = {name: p.annotation for name, p in shown.__signature__.parameters.items()}  # type: ignore[attr-defined]
    return shown


def by_path(given: list[str] | None, option: str) -> dict[str, str]:
    """Shares by path, of an option like ``PATH=3 %`` that may be repeated."""
    pairs = {}
    for text in given or []:
        path, sign, share = text.partition("=")
        require(bool(sign), f"{option} must look like PATH=3 %", repr(text), "Write one.")
        pairs[path.strip()] = share.strip()
    return pairs


def angular(text: str | None, option: str) -> float | None:
    """Angular frequency (rad/s) of the cyclic one an option gives; None where it is left out."""
    if text is None:
        return None
    found = _parsed(text, option, FREQUENCY)
    require(found != 0, f"{option} must be other than zero", repr(text), "Give V/2π with its sign.")
    require(abs(found) <= HIGHEST, f"{option} must be at most 1 THz", repr(text), "Give V/2π with its sign.")
    return found


def positive(text: str | None, option: str) -> float | None:
    """The same of a bandwidth or a rate κ, which has no sign."""
    found = None if text is None else _parsed(text, option, FREQUENCY)
    if found is not None:
        require(0 < found <= HIGHEST, f"{option} must be positive and at most 1 THz", repr(text), 'Write "1 MHz".')
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
