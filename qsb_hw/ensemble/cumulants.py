"""Second-order cumulant equations of N identical oscillators: what two of them do, three-body correlations dropped.

With the pair coupling (V/N)Σ_{i<j}(A†_i A_j + h.c.), any two oscillators obey, exactly,

    ρ̇12 = (𝓛1 + 𝓛2)ρ12 − i(V/N)[h12, ρ12] − i(V(N−2)/N) Tr3[h13 + h23, ρ123],   h12 = A†_1 A_2 + A_1 A†_2.

Leaving the connected part out of ρ123 = ρ⊗ρ⊗ρ + ρ_1⊗C23 + ρ_2⊗C13 + ρ_3⊗C12 + …, C = ρ12 − ρ⊗ρ, closes them:

    Tr3 P3 ρ123 = ⟨P⟩ρ12 + D_P⊗ρ + ρ⊗D_P,   D_P = Tr2 P2(ρ12 − ρ⊗ρ),   (O, P) ∈ {(A, A†), (A†, A)},

the last term being −i(V(N−2)/N) Σ [O1 + O2, Tr3 P3 ρ123]. At N = 2 nothing is dropped. Tracing out the second
oscillator gives ρ̇ = 𝓛ρ − i(V(N−1)/N) Tr2[h12, ρ12], so that ρ = Tr2 ρ12 holds at all times. The same closure of
operator moments is behind the lifetimes of Nadolny & Bruder 2023, Fig. S4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.ensemble.ladders import LadderGroups


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """The closed equations of one group in a frame that turns with a frequency; states are ρ12, flattened."""

    levels: int  # d
    count: int  # N
    coupling: float  # V
    own: tuple[Integers, Integers, Complexes]  # pointers, indices and values of 𝓛, (d², d²)
    # element i of A X, A†X, X A and X A† is factors[·, i] times element sources[·, i] of X
    sources: Integers  # (4, d²)
    factors: Complexes  # (4, d²)
    rows: Complexes  # (3, d²) ⟨A†⟩, ⟨A⟩ and the trace of a flattened density matrix

    @classmethod
    def of(cls, ladders: LadderGroups, count: int, frequency: float) -> Closure:
        """Of the first group of `ladders`, `count` oscillators strong."""
        import scipy.sparse as sp

        own = sp.csr_array(ladders.superoperators()[0][0] + frequency * np.diag(ladders.turning))
        own.eliminate_zeros()
        lowering = ladders.lowering[0]
        sources, factors = _products(lowering)
        rows = np.array([lowering.conj().ravel(), lowering.T.ravel(), np.eye(ladders.levels).ravel()], dtype=complex)
        sparse = (own.indptr.astype(np.int64), own.indices.astype(np.int64), own.data.astype(complex))
        return cls(ladders.levels, count, float(ladders.links[0, 0]), sparse, sources, factors, rows)

    def __call__(self, _time: float, flat: Complexes) -> Complexes:
        """ρ̇12."""
        from qsb_hw.ensemble._cumulant_kernel import closure_slope

        pair = flat.reshape(self.levels**2, self.levels**2)
        slope = closure_slope(pair, self.own, self.sources, self.factors, self.rows, self.coupling, float(self.count))
        return np.asarray(slope.ravel())

    def product(self, state: Complexes) -> Complexes:
        """ρ⊗ρ, flattened."""
        return np.asarray(np.outer(state.ravel(), state.ravel()).ravel(), dtype=complex)

    def amplitude(self, states: Complexes) -> Complexes:
        """⟨A†⟩ of states (d⁴, k), (k,)."""
        return np.asarray(np.outer(self.rows[0], self.rows[2]).ravel() @ states)

    def single(self, states: Complexes) -> Complexes:
        """ρ of states (d⁴, k), (k, d, d)."""
        d = self.levels
        return np.asarray((states.T.reshape(-1, d * d, d * d) @ self.rows[2]).reshape(-1, d, d))

    def pair(self, states: Complexes) -> Complexes:
        """ρ12 of states (d⁴, k) as density matrices, (k, d², d²), the first oscillator's level slowest."""
        d = self.levels
        return np.asarray(states.T.reshape(-1, d, d, d, d).transpose(0, 1, 3, 2, 4).reshape(-1, d * d, d * d))

    def certificate(self, states: Complexes) -> Floats:
        """Lowest eigenvalues of ρ and ρ12, |Tr ρ12 − 1|, and the largest element of ρ12 − ρ12†, (k, 4)."""
        pair = self.pair(states)
        trace = np.abs(np.trace(pair, axis1=1, axis2=2) - 1)
        hermiticity = np.abs(pair - pair.conj().transpose(0, 2, 1)).max(axis=(1, 2))
        return np.stack([_lowest(self.single(states)), _lowest(pair), trace, hermiticity], axis=1)


def _lowest(matrices: Complexes) -> Floats:
    return np.asarray(np.linalg.eigvalsh((matrices + matrices.conj().transpose(0, 2, 1)) / 2)[:, 0])


def _products(lowering: Complexes) -> tuple[Integers, Complexes]:
    """Of A X, A†X, X A and X A†, for every element of the product which element of X it takes, and times what."""
    levels = len(lowering)
    elements = np.diagonal(lowering, 1)
    sources = np.zeros((4, levels, levels), dtype=np.int64)
    factors = np.zeros((4, levels, levels), dtype=complex)
    place = np.arange(levels * levels).reshape(levels, levels)
    sources[0, :-1], factors[0, :-1] = place[1:], elements[:, None]
    sources[1, 1:], factors[1, 1:] = place[:-1], elements.conj()[:, None]
    sources[2, :, 1:], factors[2, :, 1:] = place[:, :-1], elements[None, :]
    sources[3, :, :-1], factors[3, :, :-1] = place[:, 1:], elements.conj()[None, :]
    return sources.reshape(4, -1), factors.reshape(4, -1)
