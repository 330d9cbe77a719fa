"""``qsb-hw map``: the plane K/κ against g/κ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qsb_hw.cli.options import Json, drawable
from qsb_hw.cli.output import draw, emit
from qsb_hw.cli.progress import progress
from qsb_hw.cli.sweep import Workers

Device = Annotated[
    str, typer.Argument(metavar="[SPEC]", help="Device file, or shipped name, whose losses, n0 and V/γ to take.")
]
Points = Annotated[int, typer.Option("--points", metavar="N", help="Along each axis.")]
Store = Annotated[
    Path | None,
    typer.Option("--out", metavar="STORE", show_default=False, help="Zarr store to write, or to go on from."),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", callback=drawable, show_default=False,
        help="Picture to draw: .png, .pdf or .svg; feasibility_map.png unless only --out or --json is asked for.",
    ),
]  # fmt: skip


def feasibility_map(
    spec: Device = "transmon_squid",
    points: Points = 41,
    out: Store = None,
    plot: Picture = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Draw where to build: blockade contrast over K/κ and g/κ, every bound, and the shipped devices."""
    if plot is None and out is None and not as_json:
        plot = drawable(Path("feasibility_map.png"))
    with progress("reading the device", out) as report:
        from qsb_hw.explore.map import feasibility_map as mapped

        found = mapped(spec, points=points, out=out, workers=workers, progress=report)
    from qsb_hw.plot.map import plot_map
    from qsb_hw.show.map import map_record, map_view

    draw(plot, lambda: plot_map(found))
    emit(as_json, lambda: map_record(found), lambda: map_view(found))
