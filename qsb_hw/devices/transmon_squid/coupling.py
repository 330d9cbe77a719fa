"""Exchange coupling V between charge-coupled oscillators."""

from __future__ import annotations

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.transmon_squid.constants import ELEMENTARY_CHARGE, HBAR


def exchange_from_matrix(capacitance: Floats, zero_point_charge: float) -> Floats:
    """V_jk = 4e² (C⁻¹)_jk n_zpf²/ħ from a Maxwell capacitance matrix.

    Parameters
    ----------
    capacitance : (N, N) float
        In F, positive definite.
    zero_point_charge : float
        n_zpf in Cooper pairs.

    Returns
    -------
    (N, N) float
        In rad/s, without diagonal; ≈ ½ω C_g/C between neighbours while C_g ≪ C.
    """
    inverse = np.asarray(np.linalg.inv(capacitance), dtype=np.float64)
    return _without_diagonal(4 * ELEMENTARY_CHARGE**2 * zero_point_charge**2 / HBAR * inverse)


def chain_matrix(capacitance: float, coupling_capacitance: float, count: int) -> Floats:
    """Maxwell matrix in F of a chain of islands of total capacitance C, neighbours joined by C_g."""
    return capacitance * np.eye(count) - coupling_capacitance * _neighbours(count)


def chain_exchange(coupling: float, count: int) -> Floats:
    """V between the neighbours of a chain, in the unit of `coupling`."""
    return coupling * _neighbours(count)


def _neighbours(count: int) -> Floats:
    return np.asarray(np.eye(count, k=1) + np.eye(count, k=-1))


def _without_diagonal(matrix: Floats) -> Floats:
    symmetric = (matrix + matrix.T) / 2
    return np.asarray(symmetric - np.diag(np.diag(symmetric)))
