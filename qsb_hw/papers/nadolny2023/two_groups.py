"""Figs. 3 (d) and 4: planes of parameters of two groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.ensemble.maps import PhaseDiagram
from qsb_hw.papers.dataset import Axis, Field, Values, grid, silent
from qsb_hw.papers.nadolny2023.planes import checked_diagram
from qsb_hw.papers.nadolny2023.setup import (
    COUPLING,
    DIFFERENCE,
    ORDER,
    OWN,
    RANGE,
    RESOLUTION,
    SAMPLES,
    asymmetry_axis,
    dataset,
    detuning_axis,
)

if TYPE_CHECKING:
    from xarray import Dataset


T_FINAL_3, T_FINAL_4 = 1000.0, 500.0
PLANE = ("asymmetry", "detuning")
REGIMES = "0 unsynchronized, 1 locked, 2 breathing, 3 drifting"
MODEL = "γ₋ = 2γ₊ = V"


def figure_3d(
    *,
    detunings: Values = None,
    intergroups: Values = None,
    checks: int = 8,
    t_final: float = T_FINAL_3,
    samples: int = SAMPLES,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (d): frequency difference of two groups over detuning and coupling between them, an Arnold tongue.

    For V_AB ≪ V the locking range is proportional to V_AB and ends in a fold, where the phase-locked state disappears.
    From V_AB ≈ V/5 on it turns unstable before, in a Hopf bifurcation, and the groups breathe. For V_AB > 1.5 V they
    lock once more at larger δ, one group much stronger than the other.
    """
    detunings = grid(detunings, np.linspace(-2, 2, RESOLUTION))
    intergroups = grid(intergroups, np.linspace(0, 2, RESOLUTION + 1)[1:])
    plane = OWN | {"asymmetry": 0.0, "intergroup": intergroups[:, None], "detuning": detunings}
    run = {"t_final": t_final, "samples": samples}
    found, about = checked_diagram(plane, run, checks, "Fig. 3d", progress)
    axes = ("intergroup", "detuning")
    return dataset(
        "3d",
        "Arnold tongue of two groups",
        {
            "intergroup": Axis(intergroups, "γ₋", "coupling V_AB between the groups"),
            "detuning": detuning_axis(detunings),
        },
        _fields(axes, found),
        f"{MODEL}, α = 0",
        f"ranges of δ and V_AB; integrated points over t = {t_final:g}/γ₋.",
        **about,
    )


def figure_4(
    *,
    detunings: Values = None,
    asymmetries: Values = None,
    checks: int = 8,
    t_final: float = T_FINAL_4,
    samples: int = SAMPLES,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 4: frequency difference, order parameter and relative phase of two groups over δ and α.

    At large |α| nothing synchronizes near δ = 0, and two groups synchronize just below the lines α = ±δ, where their
    relative phase approaches ±π. Along the lower edge of the drifting groups only one of them is beyond its own
    threshold and drives the other: a thin rim that is locked.
    """
    detunings = grid(detunings, np.linspace(-RANGE, RANGE, RESOLUTION))
    asymmetries = grid(asymmetries, np.linspace(-RANGE, RANGE, RESOLUTION))
    plane = OWN | {"asymmetry": asymmetries[:, None], "intergroup": COUPLING, "detuning": detunings}
    run = {"t_final": t_final, "samples": samples}
    found, about = checked_diagram(plane, run, checks, "Fig. 4", progress)
    return dataset(
        "4",
        "Macroscopic quantum synchronization blockade",
        {"asymmetry": asymmetry_axis(asymmetries), "detuning": detuning_axis(detunings)},
        _fields(PLANE, found)
        | {"relative_phase": Field(PLANE, found.relative_phase, "rad", "relative phase φ_A − φ_B")},
        f"{MODEL} = V_AB",
        f"ranges of δ and α; integrated points over t = {t_final:g}/γ₋; (b) shows the larger order parameter.",
        **about,
    )


def _fields(dims: tuple[str, ...], found: PhaseDiagram) -> dict[str, Field]:
    return {
        "frequency_difference": Field(dims, found.frequency_difference, "γ₋", DIFFERENCE),
        "order_parameter": Field(dims, found.order_parameter.max(axis=-1), "1", f"{ORDER}, the larger one"),
        "regime": Field(dims, found.regime.astype(float), "1", REGIMES),
        "integrated": Field(dims, found.integrated.astype(float), "1", "from integration (1) or direct (0)"),
    }
