"""``qsb-hw check``: from a device file to a verdict."""

from __future__ import annotations

from typing import Annotated

from qsb_hw.cli.options import BathLevels, Json, Levels, PairLevels, Plot, Spec, option, seconds
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Complete, NetworkLevels, Node, Nodes, Visible, loaded, refuse

ExperimentTime = Annotated[str | None, option(
    "--experiment-time TIME",
    "Duration of one experiment, like \"10 s\"; the file's unless given, else the platform's usual one.",
)]  # fmt: skip


def check(
    spec: Spec, as_json: Json = False, plot: Plot = None, levels: Levels = None, pair_levels: PairLevels = None,
    bath_levels: BathLevels = None, experiment_time: ExperimentTime = None, node: Node = None, nodes: Nodes = None,
    visible: Visible = None, network_levels: NetworkLevels = None, complete: Complete = None,
) -> None:  # fmt: skip
    """Judge a device or a chip: effective parameters, how far to trust them, synchronization, and the verdict.

    Exit status 1 where the verdict is infeasible, or where there is none because numbers have not converged.
    """
    with progress("reading the file") as report:
        from qsb_hw.analysis.chip import VISIBLE
        from qsb_hw.model.chip import Chip
        from qsb_hw.questions import assess
        from qsb_hw.questions.assessment import Assessment
        from qsb_hw.questions.chip import ChipAssessment, assess_chip
        from qsb_hw.questions.criteria import Verdict

        time = seconds(experiment_time, "--experiment-time")
        found = loaded(spec, node, nodes)
        judged: Assessment | ChipAssessment
        if isinstance(found, Chip):
            judged = assess_chip(
                found, levels=levels, pair_levels=pair_levels, bath_levels=bath_levels, experiment_time=time,
                network_levels=network_levels, visible=VISIBLE if visible is None else visible, complete=complete,
                progress=report,
            )  # fmt: skip
        else:
            only = {"--visible": visible, "--network-levels": network_levels, "--complete": complete}
            refuse(only, "the file of a chip")
            judged = assess.assess(
                found, levels=levels, pair_levels=pair_levels, bath_levels=bath_levels, experiment_time=time,
                progress=report,
            )  # fmt: skip
    from qsb_hw.plot import plot_assessment, plot_chip_assessment
    from qsb_hw.show.chip import CHIP_CHECK, chip_assessment_view
    from qsb_hw.show.record import CHECK, assessment_view

    decided = judged.verdict in (Verdict.FEASIBLE, Verdict.BORDERLINE)
    if isinstance(judged, ChipAssessment):
        present(
            CHIP_CHECK, judged, chip_assessment_view, as_json=as_json, plot=plot, picture=plot_chip_assessment,
            spec=spec, fine=decided and judged.ok,
        )  # fmt: skip
    else:
        present(
            CHECK, judged, assessment_view, as_json=as_json, plot=plot, picture=plot_assessment, spec=spec,
            fine=decided and judged.numerics.converged,
        )  # fmt: skip
