"""``qsb-hw tolerance``: how much scatter a device bears."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qsb_hw.cli.options import Json, Levels, Plot, Spec
from qsb_hw.cli.output import draw, emit
from qsb_hw.cli.progress import progress
from qsb_hw.cli.sweep import Workers
from qsb_hw.errors import ArgumentError

Scatter = Annotated[
    list[str] | None,
    typer.Option(
        "--scatter", metavar="PATH=SHARE", show_default=False,
        help="'$.oscillator.josephson_energy=3 %' on top of the tolerances in the file, =0 for none. Again for more.",
    ),
]  # fmt: skip
Holds = Annotated[
    str | None,
    typer.Option(
        "--holds", metavar="LIMIT", show_default=False,
        help="What a device must do, 'contrast>=20'; a verdict as good as the file's own unless given.",
    ),
]  # fmt: skip
Explained = Annotated[
    str, typer.Option("--measure", metavar="NAMES", help="Measures whose variance is explained, separated by commas.")
]
Distribution = Annotated[
    str, typer.Option("--distribution", help="normal: a tolerance is one standard deviation; uniform: the half-width.")
]
Samples = Annotated[int, typer.Option("--samples", metavar="N", help="A power of two; N·(numbers + 2) are solved.")]
Seed = Annotated[int, typer.Option("--seed", help="Decides everything.", min=0)]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="STORE", show_default=False, help="Zarr store for every device, to go on from."),
]


def tolerance(
    spec: Spec,
    scatter: Scatter = None,
    holds: Holds = None,
    measure: Explained = "contrast,margin",
    distribution: Distribution = "normal",
    samples: Samples = 512,
    seed: Seed = 0,
    out: Out = None,
    workers: Workers = None,
    as_json: Json = False,
    plot: Plot = None,
    levels: Levels = None,
) -> None:
    """Scatter a device's numbers: the share that holds, with its interval, and which number is to blame."""
    with progress("reading the device", out) as report:
        from qsb_hw.explore.tolerance import tolerance as scattered

        found = scattered(
            spec, _pairs(scatter or []), holds=holds, measures=[m.strip() for m in measure.split(",") if m.strip()],
            distribution=distribution, samples=samples, seed=seed, settings={"levels": levels}, out=out,
            workers=workers, progress=report,
        )  # fmt: skip
    from qsb_hw.plot.tolerance import plot_tolerance
    from qsb_hw.show.tables.tolerance import tolerance_view
    from qsb_hw.show.tolerance import tolerance_record

    draw(plot, lambda: plot_tolerance(found))
    emit(as_json, lambda: tolerance_record(found), lambda: tolerance_view(found))


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        path, sign, share = text.partition("=")
        if not sign:
            raise ArgumentError(f"--scatter must look like PATH=3 %, but found {text!r}. Write one.")
        pairs[path.strip()] = share.strip()
    return pairs
