"""``qsb-hw budget``: what limits the device, and what it takes to see the effect."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from qsb_hw.cli.options import Json, Levels, Plot, Spec
from qsb_hw.cli.output import draw, emit, leave
from qsb_hw.cli.progress import progress
from qsb_hw.errors import ArgumentError, require

MOST_QUANTA = 1e9
"""Added by an amplifier, at most."""
Noises = Annotated[
    list[str] | None,
    typer.Option(
        "--noise", metavar="NAME", show_default=False,
        help="A row of the noise budget, like t1 or flux-noise; may be repeated; all unless given.",
    ),
]  # fmt: skip
Duration = Annotated[
    str | None,
    typer.Option(
        "--duration", metavar="TIME", show_default=False,
        help='How long the whole measurement lasts, where 1/f noise ends below; "1 hour" unless given.',
    ),
]  # fmt: skip
AddedNoise = Annotated[
    float, typer.Option("--added-noise", metavar="QUANTA", help="Quanta each amplifier adds in heterodyne detection.")
]


def budget(
    spec: Spec,
    noise: Noises = None,
    duration: Duration = None,
    added_noise: AddedNoise = 0.0,
    as_json: Json = False,
    plot: Plot = None,
    levels: Levels = None,
) -> None:
    """Say which noise takes what, which tones would do better, and how often one must look."""
    bounded = not MOST_QUANTA < added_noise < math.inf
    require(bounded, f"--added-noise must be at most {MOST_QUANTA:g}", added_noise, "Give quanta.")
    with progress("reading the device") as report:
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.questions.budget import device_budget
        from qsb_hw.questions.slow_noise import DURATION

        found = device_budget(
            load_device(spec),
            levels=levels,
            noises=noise or (),
            added_noise=added_noise,
            progress=report,
            duration=DURATION if duration is None else _seconds(duration),
        )
    from qsb_hw.plot.budget import plot_budget
    from qsb_hw.show.budget_record import budget_record
    from qsb_hw.show.tables.budget import budget_view

    draw(plot, None if found.noise is None else lambda: plot_budget(found))
    emit(as_json, lambda: budget_record(found), lambda: budget_view(found))
    leave(found.noise is not None and found.numerics.converged and found.numerics.accurate)


def _seconds(text: str) -> float:
    from qsb_hw.units import TIME, parse

    try:
        found = parse(text, TIME)
    except ArgumentError as error:
        raise ArgumentError(f"--duration {error}") from None
    require(found > 0, "--duration must be positive", repr(text), "Give how long all repetitions take.")
    return found
