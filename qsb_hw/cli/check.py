"""``qsb-hw check``: the whole path, from a device file to a verdict."""

from __future__ import annotations

from typing import Annotated

import typer

from qsb_hw.cli.options import BathLevels, Json, Levels, PairLevels, Plot, Spec
from qsb_hw.cli.output import draw, emit, leave
from qsb_hw.cli.progress import progress

ExperimentTime = Annotated[
    str | None,
    typer.Option(
        "--experiment-time", metavar="TIME", show_default=False,
        help='Duration of one experiment, like "10 s"; the file\'s unless given, else the platform\'s usual one.',
    ),
]  # fmt: skip


def check(
    spec: Spec,
    as_json: Json = False,
    plot: Plot = None,
    levels: Levels = None,
    pair_levels: PairLevels = None,
    bath_levels: BathLevels = None,
    experiment_time: ExperimentTime = None,
) -> None:
    """Judge a device: effective parameters, how far to trust them, what would be seen, and the verdict.

    Exit status 1 where the verdict is infeasible, or where there is none because numbers have not converged.
    """
    with progress("reading the device") as report:
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.questions.assess import assess
        from qsb_hw.questions.criteria import Verdict

        time = None if experiment_time is None else _seconds(experiment_time)
        device = load_device(spec)
        assessment = assess(
            device,
            levels=levels,
            pair_levels=pair_levels,
            bath_levels=bath_levels,
            experiment_time=time,
            progress=report,
        )
    from qsb_hw.plot import plot_assessment
    from qsb_hw.show.record import assessment_record
    from qsb_hw.show.tables.views import assessment_view

    draw(plot, lambda: plot_assessment(assessment))
    emit(as_json, lambda: assessment_record(assessment), lambda: assessment_view(assessment))
    decided = assessment.verdict in (Verdict.FEASIBLE, Verdict.BORDERLINE)
    leave(decided and assessment.numerics.converged)


def _seconds(text: str) -> float:
    from qsb_hw.errors import ArgumentError, require
    from qsb_hw.units import TIME, parse

    try:
        found = parse(text, TIME)
    except ArgumentError as error:
        raise ArgumentError(f"--experiment-time {error}") from None
    require(found > 0, "--experiment-time must be positive", repr(text), 'Write it like "10 s".')
    return found
