"""Levels and matrix elements of a transmon, exact in the charge basis, not from the Duffing series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import eigh_tridiagonal

from qsb_hw._typing import Complexes, Floats
from qsb_hw.devices.transmon_squid.constants import ELEMENTARY_CHARGE
from qsb_hw.lindblad.operators import frozen

MOST_LEVELS = 60
"""Levels solved at most; a deeper well has more."""


@dataclass(frozen=True, slots=True, eq=False)
class Transmon:
    """The n bound levels, at most `MOST_LEVELS`, of H = 4E_C(n − n_g)² − E_J cos φ.

    Energies, dispersion and modulation in rad/s, the offset charge n_g in Cooper pairs. `sine` (n, n) is sin φ, with
    phases such that the elements n, n+1 are real and positive, `charge` (n, n) n̂ in the same gauge. `dispersion` (n−1,)
    is the peak-to-peak charge dispersion of each transition, `modulation` (n,) ε_n/2 of E_n(n_g) = Ē_n + (ε_n/2) cos
    2πn_g; its sign alternates with n. `slope` (n,) is dE_n/dE_J = −⟨n|cos φ|n⟩.
    """

    josephson_energy: float
    charging_energy: float
    offset_charge: float
    energies: Floats
    sine: Complexes
    charge: Complexes
    dispersion: Floats
    modulation: Floats
    slope: Floats

    @property
    def bound_levels(self) -> int:
        """Levels below the barrier top +E_J; where there are more than `MOST_LEVELS`, about how many."""
        solved, estimate = int(self.energies.size), round(_estimate(self.josephson_energy, self.charging_energy))
        return solved if solved < MOST_LEVELS else max(solved, estimate)

    @property
    def zero_point_current(self) -> float:
        """|⟨0|I|1⟩| in A of I = I_c sin φ with I_c = 2eE_J/ħ."""
        return 2 * ELEMENTARY_CHARGE * self.josephson_energy * float(abs(self.sine[0, 1]))

    @property
    def zero_point_charge(self) -> float:
        """|⟨0|n̂|1⟩| in Cooper pairs; (E_J/32E_C)^¼ to lowest order."""
        return float(abs(self.charge[0, 1]))


@lru_cache(maxsize=256)
def solve_transmon(josephson_energy: float, charging_energy: float, offset_charge: float = 0.25) -> Transmon | None:
    """Bound levels of a transmon (E_J/ħ and E_C/ħ in rad/s), or None where fewer than two are bound.

    A level is bound where its energy, averaged over the offset charge (in Cooper pairs), lies below the top of the
    cosine barrier, +E_J. At n_g = ¼ every transition has its mean over n_g. Nodes of a chip that are alike share it.
    """
    count = math.ceil(min(1.1 * _estimate(josephson_energy, charging_energy) + 3, MOST_LEVELS))
    symmetric, half = (_charge_energies(josephson_energy, charging_energy, n_g, count) for n_g in (0.0, 0.5))
    bound = int(np.count_nonzero((symmetric + half) / 2 < josephson_energy))
    if bound < 2:
        return None
    own = offset_charge - round(offset_charge)  # whole pairs change nothing but leave the charge basis
    energies, states, charges = _charge_states(josephson_energy, charging_energy, own, count)
    raised = states[1:].T @ states[:-1]  # of Σ |n + 1⟩⟨n| = exp(iφ)
    sine = np.asarray(-0.5j * (raised - raised.T), dtype=complex)
    gauge = np.exp(-1j * np.concatenate([[0.0], np.cumsum(np.angle(np.diag(sine, 1)))]))
    return Transmon(
        josephson_energy,
        charging_energy,
        offset_charge,
        energies=frozen(energies[:bound]),
        sine=frozen(_in_gauge(sine, gauge)[:bound, :bound]),
        charge=frozen(_in_gauge(states.T @ (charges[:, None] * states), gauge)[:bound, :bound]),
        dispersion=frozen(np.abs(np.diff(symmetric) - np.diff(half))[: bound - 1]),
        modulation=frozen((symmetric - half)[:bound] / 2),
        slope=frozen(-np.diag(raised)[:bound]),
    )


def _estimate(josephson_energy: float, charging_energy: float) -> float:
    """About how many levels the cosine well binds: ∮n dφ/2π below its top, (4/π)√(E_J/2E_C)."""
    return 4 / math.pi * math.sqrt(josephson_energy / (2 * charging_energy))


def charge_cutoff(josephson_energy: float, charging_energy: float, levels: int) -> int:
    """Cooper pairs on either side of zero that the charge basis has for so many levels."""
    zero_point = math.sqrt(math.sqrt(josephson_energy / (32 * charging_energy)))
    return 15 + math.ceil(8 * zero_point * math.sqrt(max(levels, 12)))


def _charge_energies(josephson_energy: float, charging_energy: float, offset_charge: float, levels: int) -> Floats:
    """Lowest energies in rad/s; without states all of them at once take the least time."""
    diagonal, beside, _ = _charge_basis(josephson_energy, charging_energy, offset_charge, levels)
    return np.asarray(eigh_tridiagonal(diagonal, beside, eigvals_only=True, lapack_driver="sterf")[:levels])


def _charge_states(
    josephson_energy: float, charging_energy: float, offset_charge: float, levels: int
) -> tuple[Floats, Floats, Floats]:
    """Lowest energies (rad/s), their states (columns, real) in the charge basis, and its charges in Cooper pairs."""
    diagonal, beside, charges = _charge_basis(josephson_energy, charging_energy, offset_charge, levels)
    energies, states = eigh_tridiagonal(diagonal, beside, select="i", select_range=(0, levels - 1))
    return energies, states, charges


def _charge_basis(
    josephson_energy: float, charging_energy: float, offset_charge: float, levels: int
) -> tuple[Floats, Floats, Floats]:
    """Diagonal and secondary diagonal of H in rad/s, and the charges they belong to, in Cooper pairs."""
    cutoff = charge_cutoff(josephson_energy, charging_energy, levels)
    charges = np.arange(-cutoff, cutoff + 1.0)
    diagonal = 4 * charging_energy * (charges - offset_charge) ** 2
    return diagonal, np.full(2 * cutoff, -josephson_energy / 2), charges


def _in_gauge(operator: Complexes | Floats, gauge: Complexes) -> Complexes:
    turned = gauge.conj()[:, None] * operator * gauge[None, :]
    return np.asarray((turned + turned.conj().T) / 2)
