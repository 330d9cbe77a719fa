"""``qsb-hw map``: the plane K/κ against g/κ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qsb_hw.cli.options import Json, Store, Workers, drawable, option
from qsb_hw.cli.output import present, usual
from qsb_hw.cli.progress import progress

Spec = Annotated[
    str, typer.Argument(metavar="[SPEC]", help="Device file, or shipped name, that gives losses, n0 and V/γ.")
]
Points = Annotated[int, option("--points N", "Along each axis.", show_default=True)]
Picture = Annotated[Path | None, option(
    "--plot FILE",
    "Picture to draw: .png, .pdf, .svg or .jpg; feasibility_map.png unless only --out or --json is asked for.",
    callback=drawable,
)]  # fmt: skip


def feasibility_map(
    spec: Spec = "transmon_squid", points: Points = 41, out: Store = None, plot: Picture = None,
    workers: Workers = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Draw where to build: blockade contrast over K/κ and g/κ, every bound, and the shipped devices."""
    if plot is None and out is None and not as_json:
        plot = usual(drawable, "feasibility_map.png", "--plot")
    with progress("reading the device", out) as report:
        from qsb_hw.explore.map import feasibility_map as mapped
        from qsb_hw.explore.sweep.subject import subject_of

        read = subject_of(spec)
        found = mapped(read, points=points, out=out, workers=workers, progress=report)
    from qsb_hw.plot import plot_map
    from qsb_hw.show.sweep import MAP, map_view

    present(MAP, found, map_view, as_json=as_json, plot=plot, picture=plot_map, spec=spec, read=read)
