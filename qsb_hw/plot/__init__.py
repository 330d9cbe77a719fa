"""Pictures of results. Every function returns ``(fig, ax)`` and shows nothing.

matplotlib is imported when the first picture is drawn; figures are made without pyplot, so nothing global
changes and no window opens.
"""

from qsb_hw.plot.assessment import plot_assessment
from qsb_hw.plot.budget import plot_budget
from qsb_hw.plot.criteria import plot_criteria
from qsb_hw.plot.design import plot_design
from qsb_hw.plot.device import plot_levels, plot_populations, plot_rates, plot_well
from qsb_hw.plot.ensemble import plot_ensemble
from qsb_hw.plot.error_budget import plot_error_budget
from qsb_hw.plot.map import plot_map
from qsb_hw.plot.sweep import plot_sweep
from qsb_hw.plot.synchronization import plot_synchronization
from qsb_hw.plot.tolerance import plot_tolerance

__all__ = [
    "plot_assessment",
    "plot_budget",
    "plot_criteria",
    "plot_design",
    "plot_ensemble",
    "plot_error_budget",
    "plot_levels",
    "plot_map",
    "plot_populations",
    "plot_rates",
    "plot_sweep",
    "plot_synchronization",
    "plot_tolerance",
    "plot_well",
]
