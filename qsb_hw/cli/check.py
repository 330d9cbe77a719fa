"""``qsb-hw check``: from a device file to a verdict."""

from __future__ import annotations

from typing import Annotated

from qsb_hw.cli.options import BathLevels, Json, Levels, PairLevels, Plot, Spec, option, seconds
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress

ExperimentTime = Annotated[str | None, option(
    "--experiment-time TIME",
    "Duration of one experiment, like \"10 s\"; the file's unless given, else the platform's usual one.",
)]  # fmt: skip


def check(
    spec: Spec, as_json: Json = False, plot: Plot = None, levels: Levels = None, pair_levels: PairLevels = None,
    bath_levels: BathLevels = None, experiment_time: ExperimentTime = None,
) -> None:  # fmt: skip
    """Judge a device: effective parameters, how far to trust them, synchronization of a pair, and the verdict.

    Exit status 1 where the verdict is infeasible, or where there is none because numbers have not converged.
    """
    with progress("reading the device") as report:
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.questions.assess import assess
        from qsb_hw.questions.criteria import Verdict

        time = seconds(experiment_time, "--experiment-time")
        assessment = assess(
            load_device(spec), levels=levels, pair_levels=pair_levels, bath_levels=bath_levels, experiment_time=time,
            progress=report,
        )  # fmt: skip
    from qsb_hw.plot import plot_assessment
    from qsb_hw.show.record import CHECK, assessment_view

    decided = assessment.verdict in (Verdict.FEASIBLE, Verdict.BORDERLINE)
    present(
        CHECK, assessment, assessment_view, as_json=as_json, plot=plot, picture=plot_assessment, spec=spec,
        fine=decided and assessment.numerics.converged,
    )  # fmt: skip
