"""The inverse of L0 ρ = −i(H_eff ρ − ρ H_eff†), block by block, after one factorisation of H_eff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import Batch, BlockGenerator, pack, unpack

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

LARGEST_CONDITION = 1e7
"""Beyond this condition number of its eigenvectors a block is solved in Schur form instead."""

Solve = Callable[[Complexes], Complexes]


@dataclass(frozen=True, slots=True, eq=False)
class SylvesterInverse:
    """(L0 − shift)⁻¹ on packed vectors.

    Attributes
    ----------
    shift : float
        Zero unless some state never decays; then L0 alone has no inverse.
    eigenvalues, eigenvectors : tuple of arrays
        Of H_eff, per batch: (count, size) and (count, size, size).
    solvers : tuple of callables
        One per batch, on Hermitian blocks (count, size, size).
    """

    batches: tuple[Batch, ...]
    shift: float
    eigenvalues: tuple[Complexes, ...]
    eigenvectors: tuple[Complexes, ...]
    solvers: tuple[Solve, ...]

    @classmethod
    def of(cls, generator: BlockGenerator) -> SylvesterInverse:
        """Factorise every block of H_eff once."""
        spectra = [np.linalg.eig(block) for block in generator.effective]
        slowest = min(float(np.min(-2 * values.imag)) for values, _ in spectra)
        shift = 0.0 if slowest > 1e-9 * generator.rate else 0.1 * generator.rate
        solvers = tuple(
            _solver(block, values, vectors, shift)
            for block, (values, vectors) in zip(generator.effective, spectra, strict=True)
        )
        return cls(
            generator.space.batches,
            shift,
            tuple(v for v, _ in spectra),
            tuple(v for _, v in spectra),
            solvers,
        )

    @property
    def factorisations(self) -> int:
        """Blocks factorised."""
        return sum(batch.count for batch in self.batches)

    def apply(self, flat: Floats) -> Floats:
        """(L0 − shift)⁻¹ of a packed vector."""
        out = np.empty_like(flat)
        for batch, solve in zip(self.batches, self.solvers, strict=True):
            batch.of(out)[...] = pack(solve(unpack(batch.of(flat))))
        return out


def _solver(effective: Complexes, values: Complexes, vectors: Complexes, shift: float) -> Solve:
    if effective.shape[-1] == 1:
        decay = 2 * values.imag[:, :, None] - shift
        return lambda rhs: rhs / decay
    try:
        inverse = np.linalg.inv(vectors)
    except np.linalg.LinAlgError:
        return _schur_solver(effective, shift)
    condition = np.linalg.norm(vectors, axis=(-2, -1)) * np.linalg.norm(inverse, axis=(-2, -1))
    if not np.all(condition < LARGEST_CONDITION):
        return _schur_solver(effective, shift)
    return _eigen_solver(values, vectors, np.asarray(inverse, dtype=complex), shift)


def _eigen_solver(values: Complexes, vectors: Complexes, inverse: Complexes, shift: float) -> Solve:
    weights = 1 / (-1j * (values[:, :, None] - values[:, None, :].conj()) - shift)
    vectors_dagger, inverse_dagger = (np.swapaxes(m.conj(), -1, -2).copy() for m in (vectors, inverse))

    def solve(rhs: Complexes) -> Complexes:
        inner = inverse @ rhs @ inverse_dagger
        inner *= weights
        result: Complexes = vectors @ inner @ vectors_dagger
        return result

    return solve


def _schur_solver(effective: Complexes, shift: float) -> Solve:
    """Backward stable also where eigenvectors coalesce (an exceptional point of H_eff)."""
    size = effective.shape[-1]
    factors = [scipy.linalg.schur(-1j * h - 0.5 * shift * np.eye(size), output="complex") for h in effective]
    (trsyl,) = scipy.linalg.get_lapack_funcs(("trsyl",), (factors[0][0],))

    def solve_one(triangle: Complexes, basis: Complexes, rhs: Complexes) -> Complexes:
        inner, scale, _ = trsyl(triangle, triangle, basis.conj().T @ rhs @ basis, trana="N", tranb="C", isgn=1)
        result: Complexes = basis @ (inner / scale) @ basis.conj().T
        return result

    return lambda rhs: np.array([solve_one(t, u, r) for (t, u), r in zip(factors, rhs, strict=True)])
