"""Fig. S1: the relative phase of two oscillators, which explains the phase diagram of two groups."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.papers.dataset import Axis, Field, Values, grid, silent
from qsb_hw.papers.nadolny2023.setup import (
    DIFFERENCE,
    ORDER,
    OWN,
    RANGE,
    RESOLUTION,
    asymmetry_axis,
    dataset,
    detuning_axis,
)
from qsb_hw.papers.nadolny2023.two_groups import PLANE, figure_4
from qsb_hw.sync.microscopic import pair_first_harmonic, pair_phase_distribution
from qsb_hw.sync.phase import PhaseDistribution

if TYPE_CHECKING:
    from xarray import Dataset


THRESHOLD = 5e-2
"""Height of the maximum from which on Fig. S1 (d) is white."""
PANELS = ((-10, 10), (0, 10), (10, 10), (-12, -1), (12, -1), (-12, -12), (0, -12), (12, -12))
"""δ and α of the panels of Fig. S1 (a), row by row."""
PARAMETERS = "γ₋ = 2γ₊ = V_AB"


def figure_s1a(
    *,
    panels: Values = None,
    phases: Values = None,
    detunings: Values = None,
    asymmetries: Values = None,
    progress: Progress = silent,
) -> Dataset:
    """Fig. S1 (a): distributions of the relative phase of two oscillators around the diagram of two groups.

    The distribution varies strongly where |11⟩ ↔ |20⟩ (δ = −α) or |11⟩ ↔ |02⟩ (δ = α) is resonant and is flat away
    from there. At V_AB = γ₋ the first order exceeds what a probability allows near these lines; the exact steady
    state, also given, does not.
    """
    points = np.atleast_2d(np.asarray(PANELS if panels is None else panels, dtype=float))
    phases = grid(phases, np.linspace(-math.pi, math.pi, 361))
    central = figure_4(detunings=detunings, asymmetries=asymmetries, checks=0, progress=progress)
    first, exact = (np.array([_pair(point, order)(phases) for point in points]) for order in (1, None))
    over = ("panel", "phase")
    return dataset(
        "S1a",
        "Relative phase of two oscillators around the diagram of two groups",
        {
            "panel": Axis(np.arange(len(points)), "1", "panel"),
            "phase": Axis(phases, "rad", "relative phase φ_AB"),
            **{name: Axis(central[name].values, "γ₋", central[name].attrs["long_name"]) for name in PLANE},
        },
        {
            "s": Field(over, first, "1", "s(φ_AB), first order in V_AB"),
            "s_exact": Field(over, exact, "1", "s(φ_AB), exact"),
            "panel_detuning": Field(("panel",), points[:, 0], "γ₋", "detuning δ of the panel"),
            "panel_asymmetry": Field(("panel",), points[:, 1], "γ₋", "asymmetry α of the panel"),
            "frequency_difference": Field(PLANE, central.frequency_difference.values, "γ₋", DIFFERENCE),
            "order_parameter": Field(PLANE, central.order_parameter.values, "1", f"{ORDER}, the larger one"),
        },
        f"{PARAMETERS}; central panel as Fig. 4 (a)",
        f"V_AB as in Fig. 4; points of the panels: top left and bottom left from the text, the others to match; "
        f"lowest P(φ) to first order {float(first.min() + 1 / (2 * math.pi)):.3f}.",
        criterion=central.attrs["criterion"],
        direct_points=central.attrs["direct_points"],
        integrated_points=central.attrs["integrated_points"],
    )


def figure_s1bcd(
    *, detunings: Values = None, asymmetries: Values = None, threshold: float = THRESHOLD, progress: Progress = silent
) -> Dataset:
    """Fig. S1 (b–d): maximum of s(φ_AB), where it is, and where both favour synchronization.

    To first order in V_AB c_1 = −(9π²/32)V_AB α/[(Γ + iδ)² + α²], Γ = (γ₊ + γ₋)/2: the maximum |c_1|/π is largest at
    δ² = α² − Γ², the phase −arg c_1 is ±π/2 at δ² = α² + Γ², and at α = 0 there is none (NaN).
    """
    detunings = grid(detunings, np.linspace(-RANGE, RANGE, RESOLUTION))
    asymmetries = grid(asymmetries, np.linspace(-RANGE, RANGE, RESOLUTION))
    first = pair_first_harmonic(**OWN, asymmetry=asymmetries[:, None], detuning=detunings)
    maximum = np.abs(first) / math.pi
    most_likely = np.where(first != 0, -np.angle(first), np.nan)
    favoured = (maximum > threshold) & (np.abs(most_likely) < math.pi / 2)
    progress("Fig. S1b–d", 1, 1)
    return dataset(
        "S1bcd",
        "Where two oscillators favour synchronization",
        {"asymmetry": asymmetry_axis(asymmetries), "detuning": detuning_axis(detunings)},
        {
            "maximum": Field(PLANE, maximum, "1", "maximum of s(φ_AB)"),
            "most_likely": Field(PLANE, most_likely, "rad", "most likely φ_AB"),
            "favoured": Field(PLANE, favoured.astype(float), "1", "favoured"),
        },
        PARAMETERS,
        f"ranges of δ and α; V_AB as in Fig. 4; threshold {threshold:g}, that of the caption (the text has 5e-3).",
        threshold=threshold,
        criterion="first order in V_AB; favoured where the maximum exceeds the threshold and |φ_AB| < π/2",
    )


def _pair(point: Floats, order: int | None) -> PhaseDistribution:
    detuning, asymmetry = point.tolist()
    return pair_phase_distribution(**OWN, asymmetry=asymmetry, detuning=detuning, order=order)
