"""One picture of a whole assessment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw.plot.device import plot_levels, plot_populations, plot_rates, plot_well
from qsb_hw.plot.margins import plot_criteria
from qsb_hw.plot.style import house_style, literal, new_figure
from qsb_hw.plot.synchronization import plot_synchronization
from qsb_hw.questions.assessment import Assessment

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_assessment(assessment: Assessment) -> tuple[Figure, NDArray[np.object_]]:
    """Rates, populations (levels without a Fock state) and margins; S(Δ) and the potential where there are any."""
    with house_style():
        well, shown = assessment.device.well is not None, assessment.synchronization is not None
        wide = well and shown
        figure = new_figure(14.0 if wide else 11.0, 6.6)
        title = f"{literal(assessment.device.name)}: {assessment.verdict.value}"
        figure.suptitle(title, fontsize=11, fontweight="bold")
        halves: Any = figure.subfigures(1, 2, width_ratios=[1.85 if wide else 1.25, 1])
        left, right = halves
        above, below = left.subfigures(2, 1) if shown else (left, None)
        panels = list(np.ravel(above.subplots(1, 2 + well) if shown else above.subplots(2 + well, 1)))
        potential = [plot_well(assessment.device, ax=panels.pop(0))[1]] if well else []
        first, second = panels
        plot_rates(assessment.effective, assessment.published, ax=first)
        if assessment.comparison is None:
            plot_levels(assessment.oscillator, ax=second)
        else:
            plot_populations(assessment.comparison, ax=second)
        axes = [first, second, plot_criteria(assessment.criteria, ax=right.subplots())[1]]
        if assessment.synchronization is not None:
            axes += list(plot_synchronization(assessment.synchronization, figure=below)[1])
        axes += potential
    return figure, np.array(axes, dtype=object)
