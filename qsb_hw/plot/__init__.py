"""Pictures of results. Every function returns ``(fig, ax)``, or an array of axes, and shows nothing.

A picture is drawn on the `ax` or `figure` given, else on a new one. matplotlib is imported when the first is drawn;
figures are made without pyplot, so nothing global changes and no window opens.
"""

from qsb_hw.plot.assessment import plot_assessment
from qsb_hw.plot.budget import (
    plot_budget,
    plot_chip_budget,
    plot_error_budget,
    plot_noise,
    plot_shots,
    plot_tone_choices,
)
from qsb_hw.plot.chip import (
    plot_chip,
    plot_chip_assessment,
    plot_graph,
    plot_nodes,
    plot_populations_of_nodes,
    plot_s_matrix,
)
from qsb_hw.plot.curves import plot_curves, plot_sensitivities
from qsb_hw.plot.device import plot_levels, plot_populations, plot_rates, plot_well
from qsb_hw.plot.ensemble import plot_ensemble
from qsb_hw.plot.explore import plot_map, plot_s_matrices, plot_sweep, plot_tolerance
from qsb_hw.plot.files import save
from qsb_hw.plot.margins import plot_criteria, plot_design
from qsb_hw.plot.records import (
    plot_heterodyne,
    plot_readout,
    plot_records,
    plot_slips,
    plot_synchronization_records,
)
from qsb_hw.plot.scheme import plot_circuit, plot_scheme
from qsb_hw.plot.states import plot_density_matrix, plot_phase_distribution, plot_wigner
from qsb_hw.plot.synchronization import plot_synchronization
from qsb_hw.plot.tables import plot_table
from qsb_hw.plot.time import plot_chip_emission, plot_chip_turn_on, plot_emission, plot_protocol, plot_turn_on

__all__ = [
    "plot_assessment", "plot_budget", "plot_chip", "plot_chip_assessment", "plot_chip_budget", "plot_chip_emission",
    "plot_chip_turn_on", "plot_circuit", "plot_criteria", "plot_curves", "plot_density_matrix", "plot_design",
    "plot_emission", "plot_ensemble", "plot_error_budget", "plot_graph", "plot_heterodyne", "plot_levels", "plot_map",
    "plot_nodes", "plot_noise", "plot_phase_distribution", "plot_populations", "plot_populations_of_nodes",
    "plot_protocol", "plot_rates", "plot_readout", "plot_records", "plot_s_matrices", "plot_s_matrix", "plot_scheme",
    "plot_sensitivities", "plot_shots", "plot_slips", "plot_sweep", "plot_synchronization",
    "plot_synchronization_records", "plot_table", "plot_tolerance", "plot_tone_choices", "plot_turn_on", "plot_well",
    "plot_wigner", "save",
]  # fmt: skip
