"""The inverse of L0 ρ = −i(H_eff ρ − ρ H_eff†), block by block, after one factorisation of H_eff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import Batch, BlockGenerator, pack, unpack

Complexes = NDArray[np.complex128]
Floats = NDArray[np.float64]

LARGEST_CONDITION = 100.0
"""Beyond this condition number of its eigenvectors a block is solved in Schur form instead."""
HALVED_ABOVE = 400
"""Rows from which only one triangle of a Hermitian product is computed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Eigen:
    """Solver of one batch in the eigenbasis of H_eff: two changes of basis and a division."""

    vectors: Complexes
    inverse: Complexes
    weights: Complexes
    vectors_dagger: Complexes
    inverse_dagger: Complexes

    @classmethod
    def of(cls, values: Complexes, vectors: Complexes, inverse: Complexes, shift: float) -> _Eigen:
        weights = 1 / (-1j * (values[:, :, None] - values[:, None, :].conj()) - shift)
        daggers = (np.swapaxes(m.conj(), -1, -2).copy() for m in (vectors, inverse))
        return cls(vectors, inverse, weights, *daggers)

    def __call__(self, rhs: Complexes) -> Complexes:
        inner = _congruence(self.inverse, rhs, self.inverse_dagger)
        inner *= self.weights
        return _congruence(self.vectors, inner, self.vectors_dagger)


@dataclass(frozen=True, slots=True, eq=False)
class _Decay:
    """Solver of a batch of one-by-one blocks."""

    decay: Floats

    def __call__(self, rhs: Complexes) -> Complexes:
        return rhs / self.decay


@dataclass(frozen=True, slots=True, eq=False)
class _Schur:
    """Backward stable also where eigenvectors coalesce (an exceptional point of H_eff)."""

    factors: tuple[tuple[Complexes, Complexes], ...]
    trsyl: Callable[..., Any]

    @classmethod
    def of(cls, effective: Complexes, shift: float) -> _Schur:
        damping = 0.5 * shift * np.eye(effective.shape[-1])
        factors = tuple(scipy.linalg.schur(-1j * h - damping, output="complex") for h in effective)
        return cls(factors, scipy.linalg.get_lapack_funcs(("trsyl",), (factors[0][0],))[0])

    def __call__(self, rhs: Complexes) -> Complexes:
        solved = [self._one(t, u, r) for (t, u), r in zip(self.factors, rhs, strict=True)]
        return np.array(solved, dtype=rhs.dtype)

    def _one(self, triangle: Complexes, basis: Complexes, rhs: Complexes) -> Complexes:
        inner, scale, _ = self.trsyl(triangle, triangle, basis.conj().T @ rhs @ basis, trana="N", tranb="C", isgn=1)
        result: Complexes = basis @ (inner / scale) @ basis.conj().T
        return result


Solve = _Eigen | _Decay | _Schur


@dataclass(frozen=True, slots=True, eq=False)
class SylvesterInverse:
    """(L0 − shift)⁻¹ on packed vectors.

    Attributes
    ----------
    shift : float
        Zero unless some state never decays; then L0 alone has no inverse.
    eigenvalues, eigenvectors : tuple of arrays
        Of H_eff, per batch: (count, size) and (count, size, size).
    solvers : tuple
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
        spectra = [decay_spectrum(block) for block in generator.effective]
        slowest = min(float(np.min(-2 * values.imag)) for values, _ in spectra)
        shift = 0.0 if slowest > 1e-9 * generator.rate else 0.1 * generator.rate
        solvers = tuple(
            _solver(block, values, vectors, shift)
            for block, (values, vectors) in zip(generator.effective, spectra, strict=True)
        )
        return cls(generator.space.batches, shift, tuple(v for v, _ in spectra), tuple(v for _, v in spectra), solvers)

    @property
    def left(self) -> tuple[Complexes | None, ...]:
        """V⁻¹ of every batch, (count, size, size); None for one that is solved in Schur form."""
        return tuple(
            solve.inverse
            if isinstance(solve, _Eigen)
            else np.ones((len(solve.decay), 1, 1), dtype=complex)
            if isinstance(solve, _Decay)
            else None
            for solve in self.solvers
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


def decay_spectrum(effective: Complexes) -> tuple[Complexes, Complexes]:
    """Eigenvalues and unit eigenvectors of H_eff, (…, D) and (…, D, D).

    The eigenvalues' imaginary parts are the decay rates, often many orders below ‖H‖ and then lost in its rounding;
    −½⟨v|Γ|v⟩ with Γ = i(H_eff − H_eff†) has them to full relative accuracy.
    """
    values, vectors = np.linalg.eig(effective)
    decay = 1j * (effective - np.swapaxes(effective.conj(), -1, -2))
    rates = np.sum(vectors.conj() * (decay @ vectors), axis=-2).real
    return values.real - 0.5j * rates, vectors


def _solver(effective: Complexes, values: Complexes, vectors: Complexes, shift: float) -> Solve:
    if effective.shape[-1] == 1:
        return _Decay(2 * values.imag[:, :, None] - shift)
    try:
        inverse = np.asarray(np.linalg.inv(vectors), dtype=complex)
    except np.linalg.LinAlgError:
        return _Schur.of(effective, shift)
    condition = np.linalg.norm(vectors, axis=(-2, -1)) * np.linalg.norm(inverse, axis=(-2, -1)) / values.shape[-1]
    if not np.all(condition < LARGEST_CONDITION):
        return _Schur.of(effective, shift)
    return _Eigen.of(values, vectors, inverse, shift)


def _congruence(left: Complexes, middle: Complexes, right: Complexes) -> Complexes:
    """Product left · middle · right with right = left† and Hermitian `middle`: Hermitian, so half of it is enough."""
    half = left @ middle
    size = half.shape[-1]
    if size < HALVED_ABOVE:
        full: Complexes = half @ right
        return full
    out = np.empty_like(half)
    for one, other, target in zip(half, right, out, strict=True):
        _lower_product(one, other, target, 0, size)
    return out


def _lower_product(a: Complexes, b: Complexes, out: Complexes, start: int, stop: int) -> None:
    """(a b)[start:stop, start:stop], Hermitian: off-diagonal blocks are computed once and mirrored."""
    if stop - start < HALVED_ABOVE:
        np.matmul(a[start:stop], b[:, start:stop], out=out[start:stop, start:stop])
        return
    middle = (start + stop) // 2
    _lower_product(a, b, out, start, middle)
    _lower_product(a, b, out, middle, stop)
    np.matmul(a[middle:stop], b[:, start:middle], out=out[middle:stop, start:middle])
    np.conjugate(out[middle:stop, start:middle].T, out=out[start:middle, middle:stop])
