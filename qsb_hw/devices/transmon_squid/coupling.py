"""Exchange coupling V between charge-coupled oscillators."""

from __future__ import annotations

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.transmon_squid.constants import ELEMENTARY_CHARGE, HBAR


def exchange(capacitance: Floats, zero_point_charge: float) -> float:
    """V = 4e² (C⁻¹)_12 n_zpf²/ħ in rad/s of two islands; ≈ ½ω C_g/C while C_g ≪ C.

    Parameters
    ----------
    capacitance : (2, 2) float
        Maxwell matrix in F, positive definite.
    zero_point_charge : float
        n_zpf in Cooper pairs.
    """
    inverse = np.linalg.inv(capacitance)
    return float(4 * ELEMENTARY_CHARGE**2 * zero_point_charge**2 / HBAR * (inverse[0, 1] + inverse[1, 0]) / 2)
