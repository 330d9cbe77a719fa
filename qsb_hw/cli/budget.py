"""``qsb-hw budget``: noise, tones and detection of a device."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from qsb_hw.cli.options import Json, Levels, Plot, Spec, option, seconds
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.errors import require

MOST_QUANTA = 1e9
"""Added by an amplifier, at most."""
Noises = Annotated[
    list[str] | None,
    option("--noise NAME", "A row of the noise budget, like t1 or flux-noise; may be repeated; all unless given."),
]
Duration = Annotated[
    str | None,
    option(
        "--duration TIME",
        'Duration of the whole measurement, which cuts 1/f noise off below; "1 hour" unless given.',
    ),
]
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
    """Reduction of P(n0) and contrast per noise channel, better tones, and the number of shots for detection."""
    bounded = not MOST_QUANTA < added_noise < math.inf
    require(bounded, f"--added-noise must be at most {MOST_QUANTA:g}", added_noise, "Give quanta.")
    with progress("reading the device") as report:
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.questions.budget import device_budget
        from qsb_hw.questions.slow_noise import DURATION

        time = seconds(duration, "--duration")
        device = load_device(spec)
        found = device_budget(
            device, levels=levels, noises=noise or (), added_noise=added_noise, progress=report,
            duration=DURATION if time is None else time,
        )  # fmt: skip
    from qsb_hw.plot import plot_budget
    from qsb_hw.show.budget import BUDGET, budget_view

    present(
        BUDGET, found, budget_view, as_json=as_json, plot=plot, picture=None if found.noise is None else plot_budget,
        spec=spec, device=device, fine=found.noise is not None and found.numerics.converged and found.numerics.accurate,
    )  # fmt: skip
