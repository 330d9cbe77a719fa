"""``qsb-hw check``: the whole path, from a device file to a verdict."""

from __future__ import annotations

from qsb_hw.cli.options import Json, Levels, Plot, Spec
from qsb_hw.cli.output import draw, emit, leave
from qsb_hw.cli.progress import progress


def check(spec: Spec, as_json: Json = False, plot: Plot = None, levels: Levels = None) -> None:
    """Judge a device: effective parameters, how far to trust them, what would be seen, and the verdict."""
    with progress("reading the device") as report:
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.reduction.feasibility import Verdict
        from qsb_hw.study.assess import assess

        device = load_device(spec)
        assessment = assess(device, levels=levels, report=report)
    from qsb_hw.plot import plot_assessment
    from qsb_hw.report.record import assessment_record
    from qsb_hw.report.tables.views import assessment_view

    draw(plot, lambda: plot_assessment(assessment))
    emit(as_json, lambda: assessment_record(assessment), lambda: assessment_view(assessment))
    leave(assessment.verdict is not Verdict.INFEASIBLE and assessment.numerics.converged)
