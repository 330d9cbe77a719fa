"""Figs. 3 (d) and 4: planes of parameters of two groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Progress
from qsb_hw.ensemble.maps import PhaseDiagram
from qsb_hw.papers.dataset import Axis, Field, grid, silent
from qsb_hw.papers.nadolny2023.planes import derived_quantities, diagram
from qsb_hw.papers.nadolny2023.setup import (
    COUPLING,
    GAIN,
    LOSS,
    ORDER,
    RANGE,
    RESOLUTION,
    SAMPLES,
    dataset,
)

if TYPE_CHECKING:
    from xarray import Dataset


T_FINAL_3, T_FINAL_4 = 1000.0, 500.0
PLANE = ("asymmetry", "detuning")
REGIMES = "0 unsynchronized, 1 locked, 2 breathing, 3 drifting"
MODEL = "γ₋ = 2γ₊ = V"
OWN = {"gain": GAIN, "loss": LOSS, "coupling": COUPLING}


def figure_3d(
    *,
    detunings: ArrayLike | None = None,
    intergroups: ArrayLike | None = None,
    checks: int = 8,
    t_final: float = T_FINAL_3,
    samples: int = SAMPLES,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (d): frequency difference of two groups over detuning and coupling between them, an Arnold tongue.

    For V_AB ≪ V the locking range is proportional to V_AB and ends in a fold, where the common wave disappears. From
    V_AB ≈ V/5 on the wave turns unstable before, in a Hopf bifurcation, and the groups breathe. For V_AB > 1.5 V they
    lock once more at larger δ, one group much stronger than the other.

    Parameters
    ----------
    detunings, intergroups : array_like
        δ/γ₋ and V_AB/γ₋.
    checks : int
        So many points in either direction are integrated whatever the direct search says.
    t_final, samples : float, int
        Of every integration, in 1/γ₋.

    Returns
    -------
    Dataset
        ``frequency_difference`` (NaN where nothing synchronizes), ``order_parameter`` (the larger one), ``regime``
        and ``integrated`` over ``intergroup``, ``detuning``.
    """
    detunings = grid(detunings, np.linspace(-2, 2, RESOLUTION))
    intergroups = grid(intergroups, np.linspace(0, 2, RESOLUTION + 1)[1:])
    plane = OWN | {"asymmetry": 0.0, "intergroup": intergroups[:, None], "detuning": detunings}
    run = {"t_final": t_final, "samples": samples}
    found = diagram(plane, run, "Fig. 3d", progress)
    axes = ("intergroup", "detuning")
    return dataset(
        "3d",
        "Arnold tongue of two groups",
        {
            "intergroup": Axis(intergroups, "γ₋", "coupling V_AB between the groups"),
            "detuning": Axis(detunings, "γ₋", "detuning δ"),
        },
        _fields(axes, found),
        f"{MODEL}, K = 0",
        f"ranges of δ and V_AB; integrated points over t = {t_final:g}/γ₋.",
        **derived_quantities(found, plane, run, checks, "Fig. 3d", progress),
    )


def figure_4(
    *,
    detunings: ArrayLike | None = None,
    asymmetries: ArrayLike | None = None,
    checks: int = 8,
    t_final: float = T_FINAL_4,
    samples: int = SAMPLES,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 4: frequency difference, order parameter and relative phase of two groups over δ and K.

    At large |K| nothing synchronizes near δ = 0, and two groups synchronize just below the lines K = ±δ, where their
    relative phase approaches ±π. Along the lower edge of the drifting groups only one of them is beyond its own
    threshold and drives the other: a thin rim that is locked.

    Parameters
    ----------
    detunings, asymmetries : array_like
        δ/γ₋ and K/γ₋.
    checks, t_final, samples : int, float, int
        As for `figure_3d`.

    Returns
    -------
    Dataset
        ``frequency_difference``, ``relative_phase`` (NaN where nothing synchronizes), ``order_parameter`` (the larger
        one), ``regime``, ``integrated`` over ``asymmetry``, ``detuning``.
    """
    detunings = grid(detunings, np.linspace(-RANGE, RANGE, RESOLUTION))
    asymmetries = grid(asymmetries, np.linspace(-RANGE, RANGE, RESOLUTION))
    plane = OWN | {"asymmetry": asymmetries[:, None], "intergroup": COUPLING, "detuning": detunings}
    run = {"t_final": t_final, "samples": samples}
    found = diagram(plane, run, "Fig. 4", progress)
    return dataset(
        "4",
        "Macroscopic quantum synchronization blockade",
        {
            "asymmetry": Axis(asymmetries, "γ₋", "asymmetry K"),
            "detuning": Axis(detunings, "γ₋", "detuning δ"),
        },
        {
            **_fields(PLANE, found),
            "relative_phase": Field(PLANE, found.relative_phase, "rad", "relative phase φ_A − φ_B"),
        },
        f"{MODEL} = V_AB",
        f"ranges of δ and K; integrated points over t = {t_final:g}/γ₋; (b) shows the larger order parameter.",
        **derived_quantities(found, plane, run, checks, "Fig. 4", progress),
    )


def _fields(dims: tuple[str, ...], found: PhaseDiagram) -> dict[str, Field]:
    return {
        "frequency_difference": Field(dims, found.frequency_difference, "γ₋", "frequency difference ω_A − ω_B"),
        "order_parameter": Field(dims, found.order_parameter.max(axis=-1), "1", f"{ORDER}, the larger one"),
        "regime": Field(dims, found.regime.astype(float), "1", REGIMES),
        "integrated": Field(dims, found.integrated.astype(float), "1", "from integration (1) or direct (0)"),
    }
