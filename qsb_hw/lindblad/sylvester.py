"""The inverse of L0 ρ = −i(H_eff ρ − ρ H_eff†), block by block, after one factorisation of H_eff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import scipy.linalg

from qsb_hw._typing import Complexes
from qsb_hw.lindblad.arrays import PROCESSOR, Arrays
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.capacity import on_every_core
from qsb_hw.lindblad.space import Batch, Reals, pack, unpack

LARGEST_CONDITION = 100.0
"""Beyond this condition number of its eigenvectors a block is solved in Schur form instead."""
COMPLEX_BELOW = 28
"""Rows up to which four complex products are quicker than ten real ones."""
APART_ABOVE = 200
"""Rows from which blocks are factorised side by side, one thread each, instead of one after the other."""


@dataclass(frozen=True, slots=True, eq=False)
class _Basis:
    """A complex matrix W as Re W + Im W, Re W and Im W, each (count, D, D)."""

    total: Reals
    real: Reals
    imag: Reals

    @classmethod
    def of(cls, matrix: Complexes) -> _Basis:
        return cls(matrix.real + matrix.imag, matrix.real.copy(), matrix.imag.copy())

    def single(self, arrays: Arrays) -> _Basis:
        return _Basis(*map(arrays.single, (self.total, self.real, self.imag)))

    def congruence(self, packed: Any) -> Any:
        """W M W† of Hermitian M, both packed, by five real products.

        With h = W M, Re h ± Im h are Gauss's three products on P = Re M + Im M and its transpose, and the packed result
        (Re h + Im h) Re Wᵀ − (Re h − Im h) Im Wᵀ needs two more.
        """
        turned = packed.swapaxes(-1, -2)
        shared = self.total @ turned
        plus = self.real @ (packed - turned)
        plus += shared
        minus = self.imag @ (packed + turned)
        np.subtract(shared, minus, out=minus)
        result = plus @ self.real.swapaxes(-1, -2)
        result -= minus @ self.imag.swapaxes(-1, -2)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class _Eigen:
    """Solver of one batch in the eigenbasis of H_eff: two changes of basis and a division."""

    vectors: _Basis
    inverse: _Basis
    real: Reals
    imag: Reals

    @classmethod
    def of(cls, values: Complexes, vectors: Complexes, inverse: Complexes, shift: float) -> _Eigen:
        weights = 1 / (-1j * (values[:, :, None] - values[:, None, :].conj()) - shift)
        return cls(_Basis.of(vectors), _Basis.of(inverse), weights.real.copy(), weights.imag.copy())

    def single(self, arrays: Arrays) -> _Eigen:
        real, imag = arrays.single(self.real), arrays.single(self.imag)
        return _Eigen(self.vectors.single(arrays), self.inverse.single(arrays), real, imag)

    def __call__(self, rhs: Any) -> Any:
        inner = self.inverse.congruence(rhs)
        turned = inner.swapaxes(-1, -2) * self.imag
        inner *= self.real
        inner += turned
        return self.vectors.congruence(inner)


@dataclass(frozen=True, slots=True, eq=False)
class _SmallEigen:
    """The same by complex products, of which there are fewer: small blocks cost the number of calls.

    The inverse X takes adjoints to adjoints, and M = ½(1 + i)P + ½(1 − i)Pᵀ with the real, packed P: so X(M), packed,
    is Re X(P) − (Im X(P))ᵀ, and P needs no unpacking. All is kept transposed, which makes the first product a real one:
    `halves` is the transposed inverse of the eigenvectors, (count, D, 2D), real and imaginary parts in turn.
    """

    halves: Reals
    inverse: Complexes
    weights: Complexes
    vectors: Complexes
    turned: Complexes

    @classmethod
    def of(cls, values: Complexes, vectors: Complexes, inverse: Complexes, shift: float) -> _SmallEigen:
        weights = 1 / (-1j * (values[:, None, :] - values[:, :, None].conj()) - shift)
        turned, halves = (np.ascontiguousarray(np.swapaxes(one, -1, -2)) for one in (vectors, inverse))
        return cls(halves.view(float), inverse.conj(), weights, vectors.conj(), turned)

    def single(self, arrays: Arrays) -> _SmallEigen:
        return _SmallEigen(*map(arrays.single, (self.halves, self.inverse, self.weights, self.vectors, self.turned)))

    def __call__(self, rhs: Any) -> Any:
        matrix = self.inverse @ (rhs.swapaxes(-1, -2) @ self.halves).view(self.inverse.dtype)
        matrix *= self.weights
        matrix = self.vectors @ matrix @ self.turned
        return matrix.real.swapaxes(-1, -2) - matrix.imag


@dataclass(frozen=True, slots=True, eq=False)
class _Decay:
    """Solver of a batch of one-by-one blocks."""

    decay: Reals

    def single(self, arrays: Arrays) -> _Decay:
        return _Decay(arrays.single(self.decay))

    def __call__(self, rhs: Any) -> Any:
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

    def single(self, arrays: Arrays) -> Any:
        return self if arrays is PROCESSOR else arrays.visited(self)

    def __call__(self, rhs: Reals) -> Reals:
        solved = [self._one(t, u, r) for (t, u), r in zip(self.factors, unpack(rhs), strict=True)]
        return pack(np.array(solved)).astype(rhs.dtype)

    def _one(self, triangle: Complexes, basis: Complexes, rhs: Complexes) -> Complexes:
        inner, scale, _ = self.trsyl(triangle, triangle, basis.conj().T @ rhs @ basis, trana="N", tranb="C", isgn=1)
        result: Complexes = basis @ (inner / scale) @ basis.conj().T
        return result


class Solve(Protocol):
    """L0⁻¹ on a batch of packed blocks (count, D, D)."""

    def single(self, arrays: Arrays) -> Any: ...  # noqa: D102
    def __call__(self, rhs: Any) -> Any: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class SylvesterInverse:
    """(L0 − shift)⁻¹ on packed vectors, a solver for each batch of packed Hermitian blocks (count, size, size).

    The shift is zero unless some state never decays; then L0 alone has no inverse.
    """

    batches: tuple[Batch, ...]
    shift: float
    solvers: tuple[Solve, ...]
    factorisations: int
    """Matrices diagonalised."""

    @classmethod
    def of(cls, generator: BlockGenerator) -> SylvesterInverse:
        """Factorise every block of H_eff once, large ones first and on all cores."""
        batches, blocks = list[Batch](), list[Complexes]()
        for batch, effective in zip(generator.space.batches[::-1], generator.effective[::-1], strict=True):
            together = batch.count if batch.size < APART_ABOVE else 1
            for k in range(0, batch.count, together):
                batches.append(Batch(batch.start + k * batch.size**2, batch.states[k : k + together]))
                blocks.append(effective[k : k + together])
        spectra = list(on_every_core(_spectrum, blocks) if batches[0].size >= APART_ABOVE else map(_spectrum, blocks))
        slowest = min(float(np.min(-2 * values.imag)) for values, _, _ in spectra)
        shift = 0.0 if slowest > 1e-9 * generator.rate else 0.1 * generator.rate
        solvers = (_solver(block, *spectrum, shift) for block, spectrum in zip(blocks, spectra, strict=True))
        return cls(tuple(batches), shift, tuple(solvers), sum(batch.count for batch in batches))

    def single(self, arrays: Arrays = PROCESSOR) -> SylvesterInverse:
        """The same for vectors of single precision, of these arrays."""
        return replace(self, solvers=tuple(solve.single(arrays) for solve in self.solvers))

    def apply(self, flat: Any) -> Any:
        """(L0 − shift)⁻¹ of a packed vector."""
        out: Any = np.empty_like(flat)
        for (part, shape), solve in zip(self._parts, self.solvers, strict=True):
            out[part] = solve(flat[part].reshape(shape)).ravel()
        return out

    @cached_property
    def _parts(self) -> list[tuple[slice, tuple[int, int, int]]]:
        """Where each batch lies, and its shape: looked up once, not at every product."""
        return [(batch.slice, (batch.count, batch.size, batch.size)) for batch in self.batches]


def _spectrum(effective: Complexes) -> tuple[Complexes, Complexes, Complexes | None]:
    """Eigenvalues, eigenvectors and their inverse, (count, D), (count, D, D) twice; None if that is ill-conditioned."""
    values, vectors = decay_spectrum(effective)
    try:
        inverse = np.asarray(np.linalg.inv(vectors), dtype=complex)
    except np.linalg.LinAlgError:
        return values, vectors, None
    condition = np.linalg.norm(vectors, axis=(-2, -1)) * np.linalg.norm(inverse, axis=(-2, -1)) / values.shape[-1]
    return values, vectors, inverse if np.all(condition < LARGEST_CONDITION) else None


def decay_spectrum(effective: Complexes) -> tuple[Complexes, Complexes]:
    """Eigenvalues and unit eigenvectors of H_eff, (…, D) and (…, D, D).

    The eigenvalues' imaginary parts are the decay rates, often many orders below ‖H‖ and then lost in its rounding;
    −½⟨v|Γ|v⟩ with Γ = i(H_eff − H_eff†) has them to full relative accuracy.
    """
    if effective.shape[-1] == 1:
        return effective[..., 0], np.ones_like(effective)
    values, vectors = np.linalg.eig(effective)
    decay = 1j * (effective - np.swapaxes(effective.conj(), -1, -2))
    rates = np.sum(vectors.conj() * (decay @ vectors), axis=-2).real
    return values.real - 0.5j * rates, vectors


def _solver(
    effective: Complexes, values: Complexes, vectors: Complexes, inverse: Complexes | None, shift: float
) -> Solve:
    if effective.shape[-1] == 1:
        return _Decay(2 * values.imag[:, :, None] - shift)
    if inverse is None:
        return _Schur.of(effective, shift)
    if effective.shape[-1] <= COMPLEX_BELOW:
        return _SmallEigen.of(values, vectors, inverse, shift)
    return _Eigen.of(values, vectors, inverse, shift)
