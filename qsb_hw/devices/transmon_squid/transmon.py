"""Levels and matrix elements of a transmon, exact (scqubits), not from the Duffing series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.devices.transmon_squid.constants import ELEMENTARY_CHARGE
from qsb_hw.units import from_hertz

MOST_LEVELS = 60
"""Levels solved at most; a deeper well has more."""

GIGAHERTZ = from_hertz(1e9)
"""What scqubits counts in: cyclic GHz, here in rad/s."""


@dataclass(frozen=True, slots=True, eq=False)
class Transmon:
    """Bound levels of H = 4E_C(n − n_g)² − E_J cos φ.

    Attributes
    ----------
    josephson_energy, charging_energy : float
        E_J/ħ and E_C/ħ in rad/s.
    offset_charge : float
        n_g, in Cooper pairs.
    energies : (n,) float
        Of the bound levels, at most `MOST_LEVELS`, in rad/s.
    sine : (n, n) complex
        sin φ between them, Hermitian, phases such that the elements n, n+1 are real and positive.
    charge : (n, n) complex
        n̂ in the same gauge.
    dispersion : (n−1,) float
        Peak-to-peak charge dispersion of each transition in rad/s.
    modulation : (n,) float
        ε_n/2 of E_n(n_g) = Ē_n + (ε_n/2) cos 2πn_g, in rad/s; its sign alternates with n.
    """

    josephson_energy: float
    charging_energy: float
    offset_charge: float
    energies: Floats
    sine: Complexes
    charge: Complexes
    dispersion: Floats
    modulation: Floats

    @property
    def bound_levels(self) -> int:
        """Levels below the barrier top +E_J; where there are more than `MOST_LEVELS`, about how many."""
        solved = int(self.energies.size)
        return (
            solved
            if solved < MOST_LEVELS
            else max(solved, round(_estimate(self.josephson_energy, self.charging_energy)))
        )

    @property
    def zero_point_current(self) -> float:
        """|⟨0|I|1⟩| in A of I = I_c sin φ with I_c = 2eE_J/ħ."""
        return 2 * ELEMENTARY_CHARGE * self.josephson_energy * float(abs(self.sine[0, 1]))

    @property
    def zero_point_charge(self) -> float:
        """|⟨0|n̂|1⟩| in Cooper pairs; (E_J/32E_C)^¼ to lowest order."""
        return float(abs(self.charge[0, 1]))


def solve_transmon(josephson_energy: float, charging_energy: float, offset_charge: float = 0.25) -> Transmon | None:
    """Bound levels of a transmon, or None where fewer than two are bound.

    A level is bound where its energy, averaged over the offset charge, lies below the top of the
    cosine barrier, +E_J.

    Parameters
    ----------
    josephson_energy, charging_energy : float
        E_J/ħ and E_C/ħ in rad/s.
    offset_charge : float
        n_g in Cooper pairs. At ¼ every transition has its mean over n_g.

    Returns
    -------
    Transmon or None
    """
    count = math.ceil(min(1.1 * _estimate(josephson_energy, charging_energy) + 3, MOST_LEVELS))
    solver = _charge_basis(josephson_energy, charging_energy, count)
    symmetric, half = _energies(solver, 0.0, count), _energies(solver, 0.5, count)
    bound = int(np.count_nonzero((symmetric + half) / 2 < josephson_energy))
    if bound < 2:
        return None
    solver.ng = offset_charge - round(offset_charge)  # whole pairs change nothing but leave the charge basis
    system = solver.eigensys(evals_count=count)
    gauge = _positive_neighbours(solver.sin_phi_operator(energy_esys=system))
    return Transmon(
        josephson_energy,
        charging_energy,
        offset_charge,
        energies=GIGAHERTZ * np.asarray(system[0])[:bound],
        sine=_in_gauge(solver.sin_phi_operator(energy_esys=system), gauge)[:bound, :bound],
        charge=_in_gauge(solver.n_operator(energy_esys=system), gauge)[:bound, :bound],
        dispersion=np.abs(np.diff(symmetric) - np.diff(half))[: bound - 1],
        modulation=(symmetric - half)[:bound] / 2,
    )


def _estimate(josephson_energy: float, charging_energy: float) -> float:
    """About how many levels the cosine well binds: ∮n dφ/2π below its top, (4/π)√(E_J/2E_C)."""
    return 4 / math.pi * math.sqrt(josephson_energy / (2 * charging_energy))


def _charge_basis(josephson_energy: float, charging_energy: float, levels: int) -> Any:
    import scqubits

    zero_point = (josephson_energy / (32 * charging_energy)) ** 0.25
    cutoff = 15 + math.ceil(8 * zero_point * math.sqrt(max(levels, 12)))
    return scqubits.Transmon(
        EJ=josephson_energy / GIGAHERTZ,
        EC=charging_energy / GIGAHERTZ,
        ng=0.0,
        ncut=cutoff,
        truncated_dim=levels,
    )


def _energies(solver: Any, offset_charge: float, levels: int) -> Floats:
    solver.ng = offset_charge
    return GIGAHERTZ * np.asarray(solver.eigenvals(evals_count=levels))


def _positive_neighbours(operator: Complexes) -> Complexes:
    """Phases e^{iθ_n} of the eigenvectors that make the elements n, n+1 of `operator` real and positive."""
    phases = -np.angle(np.diag(operator, 1))
    return np.exp(1j * np.concatenate([[0.0], np.cumsum(phases)]))


def _in_gauge(operator: Complexes, gauge: Complexes) -> Complexes:
    turned = gauge.conj()[:, None] * np.asarray(operator) * gauge[None, :]
    return np.asarray((turned + turned.conj().T) / 2)
