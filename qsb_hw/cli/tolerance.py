"""``qsb-hw tolerance``: yield of a device or a chip whose numbers scatter."""

from __future__ import annotations

from typing import Annotated

from qsb_hw.cli.options import Json, Levels, Plot, Pumps, Seed, Spec, Store, Workers, by_path, option
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import NetworkLevels, of_network

Scatter = Annotated[list[str] | None, option(
    "--scatter PATH=SHARE",
    "'$.oscillator.josephson_energy=3 %' besides the tolerances in the file, =0 for none; of a chip "
    "'$.node.*.oscillator.josephson_energy=3 %', in every node by itself. May be repeated.",
)]  # fmt: skip
Holds = Annotated[str | None, option(
    "--holds LIMIT", "Condition to meet, 'contrast>=20'; a verdict as good as the file's own unless given.",
)]  # fmt: skip
Explained = Annotated[str | None, option(
    "--measure NAMES",
    "Measures whose variance is explained, separated by commas; contrast,margin unless given, of a chip margin.",
)]  # fmt: skip
Distribution = Annotated[str, option(
    "--distribution LAW", "normal: a tolerance is one standard deviation; uniform: the half-width.", show_default=True,
)]  # fmt: skip
Samples = Annotated[int, option(
    "--samples N", "A power of two; N·(numbers + 2) are solved.", show_default=True,
)]  # fmt: skip


def tolerance(
    spec: Spec, scatter: Scatter = None, holds: Holds = None, measure: Explained = None,
    distribution: Distribution = "normal", samples: Samples = 512, seed: Seed = 0, out: Store = None,
    workers: Workers = None, as_json: Json = False, plot: Plot = None, levels: Levels = None,
    pumps: Pumps = "retuned", network_levels: NetworkLevels = None,
) -> None:  # fmt: skip
    """Scatter the numbers of a device or chip: yield, shares of the variance, and which node or link is to blame."""
    with progress("reading the device", out) as report:
        from qsb_hw.explore.sweep.subject import subject_of
        from qsb_hw.explore.tolerance import tolerance as scattered

        explained = None if measure is None else [m.strip() for m in measure.split(",") if m.strip()]
        read = subject_of(spec)
        found = scattered(
            read, by_path(scatter, "--scatter"), holds=holds, measures=explained, pumps=pumps,
            distribution=distribution, samples=samples, seed=seed, out=out, workers=workers, progress=report,
            settings={"levels": levels, **of_network(network_levels)},
        )  # fmt: skip
    from qsb_hw.plot import plot_tolerance
    from qsb_hw.show.fields import With
    from qsb_hw.show.tolerance import TOLERANCE, tolerance_view

    present(
        TOLERANCE, With(found, subject=(read.name, read.description)), tolerance_view, as_json=as_json, plot=plot,
        picture=lambda _: plot_tolerance(found), spec=spec, read=read,
    )  # fmt: skip
