"""The mean-field equations of groups as matrices: driven states and linearised dynamics.

Density matrices are flattened row by row. In a frame that turns with Ω group σ obeys
ρ̇ = [𝓛_σ + h*·(−i[A†, ·]) + h·(−i[A, ·]) + Ω·i[N, ·]]ρ, and the fields are h = links·⟨A†⟩.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.ensemble.ladders import LadderGroups


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """Matrices of every group, made once per search."""

    ladders: LadderGroups
    local: Complexes  # (G, d², d²) 𝓛 with the energies
    raised: Complexes  # (G, d², d²) −i[A†, ·]
    lower: Complexes  # (G, d², d²) −i[A, ·]

    @classmethod
    def of(cls, ladders: LadderGroups) -> Equations:
        """Equations of groups of ladders."""
        return cls(ladders, *ladders.superoperators())

    @property
    def rate(self) -> float:
        """Largest rate, anharmonicity or coupling: a unit for frequencies."""
        bends = np.abs(np.diff(self.ladders.energies, n=2, axis=1)).max(initial=0.0)
        decays = max(float(np.sum(np.abs(jump) ** 2, axis=0).max()) for group in self.ladders.jumps for jump in group)
        return max(float(np.abs(self.ladders.links).max()), decays, float(bends))

    def stationary(self, fields: Complexes, frequency: float) -> Complexes:
        """States (G, d, d) of every group under a constant field, in the frame of `frequency`."""
        size = self.ladders.levels
        matrices = self._liouvillian(fields, frequency)
        matrices[:, 0] = np.eye(size).ravel()  # one row is redundant: the trace in its place
        rhs = np.zeros((self.ladders.count, size**2, 1), dtype=complex)
        rhs[:, 0] = 1.0
        return np.asarray(np.linalg.solve(matrices, rhs).reshape(-1, size, size), dtype=complex)

    def turning_of(self, states: Complexes) -> Floats:
        """Frequency that ⟨A†⟩ of every group turns with in `states` (G, d, d), Im(d⟨A†⟩/dt / ⟨A†⟩), (G,)."""
        amplitudes = self.ladders.amplitudes(states)
        matrices = self._liouvillian(self.ladders.links @ amplitudes, 0.0)
        slopes = np.einsum("gi,gij,gj->g", self._raising, matrices, states.reshape(len(states), -1))
        return np.asarray((slopes / np.where(amplitudes == 0, 1.0, amplitudes)).imag)

    def linearised(self, states: Complexes, frequency: float) -> Complexes:
        """Linearised dynamics about `states` (G, d, d) in the frame of `frequency`, (G(d²−1), G(d²−1)).

        On deviations of all elements but ρ_00, which the trace fixes.
        """
        links, count, size = self.ladders.links, self.ladders.count, self.ladders.levels**2
        flat = states.reshape(count, size)
        fields = links @ self.ladders.amplitudes(states)
        by_field = np.einsum("gij,gj->gi", self.lower, flat)
        by_conjugate = np.einsum("gij,gj->gi", self.raised, flat)
        lowering = np.swapaxes(self.ladders.lowering, 1, 2).reshape(count, -1)  # ⟨A⟩ as a row
        full = np.einsum("st,si,tj->sitj", links, by_field, self._raising)
        full += np.einsum("st,si,tj->sitj", links, by_conjugate, lowering)
        own = np.arange(count)
        full[own, :, own, :] += self._liouvillian(fields, frequency)
        diagonal = np.arange(1, self.ladders.levels) * (self.ladders.levels + 1)
        full[..., diagonal] -= full[..., :1]  # δρ_00 = −Σ δρ_nn
        kept = full[:, 1:, :, 1:]
        return np.asarray(kept.reshape(count * (size - 1), count * (size - 1)))

    @property
    def _raising(self) -> Complexes:
        """⟨A†⟩ as a row (G, d²)."""
        return np.asarray(self.ladders.lowering.conj().reshape(self.ladders.count, -1))

    def _liouvillian(self, fields: Complexes, frequency: float) -> Complexes:
        driven = np.conj(fields)[:, None, None] * self.raised + fields[:, None, None] * self.lower
        return np.asarray(self.local + driven + frequency * np.diag(self.ladders.turning))
