"""``qsb-hw sweep``: measures of a device or a chip over a grid of its numbers."""

from __future__ import annotations

from typing import Annotated

import typer

from qsb_hw.cli.options import Json, Levels, PairLevels, Plot, Pumps, Store, Workers, option
from qsb_hw.cli.output import present, say
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import NetworkLevels, of_network
from qsb_hw.errors import ArgumentError, require

USAGE = "qsb-hw sweep SPEC --vary … --out map.zarr"
Vary = Annotated[list[str] | None, option(
    "--vary PATH=VALUES",
    "An axis: '$.damping.linewidth=10..30 MHz:11' (add ' log'), '…=10, 20 MHz', 'detuning=-300..300 MHz:101'. "
    "'detuning=-300..300 MHz:adaptive' finds the lines. 'A,B=…' share values, 'A=…; B=…' go together. Of a chip: "
    "'$.node.B.oscillator.flux_bias=…', '$.node.*.damping.linewidth=…', '$.link.A-B.coupling=…', 'detuning[B]=…'. "
    "Repeat it for another axis; the last one is fastest.",
)]  # fmt: skip
Measures = Annotated[str | None, option(
    "--measure NAMES",
    "Measures, separated by commas; `--list` names them. S,contrast unless given; of a chip S, of every two nodes.",
)]  # fmt: skip
Executor = Annotated[str, option(
    "--executor KIND", "local: processes here; dask: a Dask cluster.", show_default=True,
)]  # fmt: skip
Scheduler = Annotated[
    str | None, option("--scheduler ADDRESS", "With --executor dask: a running scheduler, tcp://head:8786.")
]
Complete = Annotated[bool, option("--complete", "Keep every bath of both devices; a hundred times slower.")]
Retry = Annotated[bool, option("--retry", "Compute again what failed or crashed before.")]
MostPoints = Annotated[float | None, option("--most-points N", "Largest number of points; 1e7.")]
List = Annotated[bool, option("--list", "List the measures.")]


def sweep(
    spec: Annotated[str | None, typer.Argument(metavar="SPEC", show_default=False, help="As for `check`.")] = None,
    vary: Vary = None, measure: Measures = None, out: Store = None, executor: Executor = "local",
    workers: Workers = None, scheduler: Scheduler = None, complete: Complete = False, retry: Retry = False,
    most_points: MostPoints = None, listing: List = False, as_json: Json = False, plot: Plot = None,
    levels: Levels = None, pair_levels: PairLevels = None, pumps: Pumps = "retuned",
    network_levels: NetworkLevels = None,
) -> None:  # fmt: skip
    """Compute measures over a grid of the numbers of a device or chip; an interrupted store is resumed."""
    if listing:
        _list(as_json)
        return
    if spec is None or out is None:
        missing = "SPEC" if spec is None else "--out"
        raise ArgumentError(f"{missing} must be given, but is missing. Write {USAGE}.")
    with progress("reading the device", out) as report:
        from qsb_hw.explore.sweep.plan import MOST_POINTS, plan_of
        from qsb_hw.explore.sweep.pool import pool_of
        from qsb_hw.explore.sweep.run import run
        from qsb_hw.explore.sweep.store import open_sweep
        from qsb_hw.explore.sweep.subject import subject_of

        settings = {"levels": levels, "pair_levels": pair_levels, "complete": complete, **of_network(network_levels)}
        subject = subject_of(spec)
        asked = measure or ("S" if subject.is_chip else "S,contrast")
        plan = plan_of(subject, vary or [], asked, settings, most_points or MOST_POINTS, pumps)
        wide = sum(size > 1 for size in plan.shape)
        require(plot is None or 1 <= wide <= 2, "--plot must have one axis or two", wide, "Draw parts of it in Python.")
        with pool_of(executor, workers, scheduler) as pool:
            summary = run(plan, out, pool, report, retry)
        dataset = open_sweep(out)
    for text in plan.warnings:
        say(f"qsb-hw: {text}")
    from qsb_hw.plot import plot_sweep
    from qsb_hw.show.fields import With
    from qsb_hw.show.sweep import SWEEP, sweep_view

    found = With(summary, store=out, dataset=dataset, subject=(subject.name, subject.description))
    present(
        SWEEP, found, sweep_view, as_json=as_json, plot=plot,
        picture=lambda _: plot_sweep(dataset), spec=spec, read=subject, fine=bool((dataset.status == 1).all()),
    )  # fmt: skip


def _list(as_json: bool) -> None:
    from qsb_hw.explore.sweep.chip_measures import listed
    from qsb_hw.explore.sweep.measures import MEASURES as KNOWN
    from qsb_hw.show.sweep import MEASURES, measures_view

    present(MEASURES, {"measures": [*KNOWN.values()], "of_chips": listed()}, measures_view, as_json=as_json)
