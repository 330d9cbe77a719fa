"""A generator reduced to the few directions in which one vector moves.

Galerkin projection onto solutions of (z − L) x = b at shifts z chosen where the residual is largest (a rational Krylov
space with inexact solves). Residuals are evaluated with L itself, so an inexact solve costs directions, not accuracy.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.resolvent import Vector

MORE_AT_ONCE = 32
"""Directions that room is made for at a time."""
SKETCHED = 1500
"""Numbers that stand for a long vector where only norms of combinations are asked for."""
FEWER = "Keep fewer levels or nodes, eliminate the baths, or ask for less accuracy."
NEW_DIRECTION = 1e-10
"""Part of a vector of norm one outside the space below which it brings nothing new."""


class Reduction:
    """The space spanned so far, L on it, and what leaves it.

    Parameters
    ----------
    matrix : (n, n) sparse
        L; where it is real so are all vectors.
    start : (n,)
        b, the vector whose motion is wanted.

    Attributes
    ----------
    small : (m, m)
        V†LV, V orthonormal with b/‖b‖ first.
    """

    def __init__(self, matrix: sp.csr_array, start: Vector) -> None:
        self.matrix, self.start, self.size = matrix, start, 0
        self._basis = self._images = np.empty((0, start.size), dtype=matrix.dtype)
        self.small = np.zeros((0, 0), dtype=matrix.dtype)
        self._sketch = _sketch(start.size)
        self._schur: tuple[Complexes, Complexes] = (np.zeros((0, 0), dtype=complex),) * 2
        self._seen = np.empty((2, 0, self._sketch.shape[0]), dtype=matrix.dtype)
        self.add(start)

    @classmethod
    def whole(cls, matrix: sp.csr_array, start: Vector) -> Reduction:
        """All directions there are, the first along the start."""
        found = cls(matrix, start)
        first = found.basis[0].copy()
        turned = np.ascontiguousarray(scipy.linalg.qr(first[:, None])[0].T)
        turned[0] = first
        found._basis, found._images, found.size = turned, np.asarray(matrix @ turned.T).T.copy(), start.size
        found.small = np.asarray(found._images @ turned.conj().T).T
        found._seen = np.stack([np.asarray((found._sketch @ v.T).T) for v in (found._basis, found._images)])
        return found

    @property
    def basis(self) -> Vector:
        """Orthonormal vectors, (m, n)."""
        return self._basis[: self.size]

    @property
    def images(self) -> Vector:
        """L of them, (m, n)."""
        return self._images[: self.size]

    def add(self, vector: Vector) -> bool:
        """Take in one more direction; whether it was new."""
        norm, m = float(np.linalg.norm(vector)), self.size
        if not 0 < norm < np.inf or m == vector.size:
            return False
        vector = np.asarray(vector / norm, dtype=self.matrix.dtype)
        for _ in range(3):
            vector = vector - (self.basis.conj() @ vector) @ self.basis
            left = float(np.linalg.norm(vector))
            if left < NEW_DIRECTION:
                return False
            vector = vector / left
        if m == len(self._basis):
            needed = 2.0 * (m + 2 * MORE_AT_ONCE) * vector.nbytes  # one of the two is copied while the other is there
            require_memory(needed, f"{m + MORE_AT_ONCE} directions of {vector.size:.3g} matrix elements", FEWER)
            more = np.empty((MORE_AT_ONCE, vector.size), dtype=vector.dtype)
            self._basis, self._images = (np.concatenate([known, more]) for known in (self._basis, self._images))
        self._basis[m], self._images[m], self.size = vector, self.matrix @ vector, m + 1
        small = np.zeros((m + 1, m + 1), dtype=vector.dtype)
        small[:m, :m] = self.small
        small[m], small[:, m] = self.images @ vector.conj(), self.basis.conj() @ self._images[m]
        self.small = small
        seen = np.stack([self._sketch @ vector, self._sketch @ self._images[m]])
        self._seen = np.concatenate([self._seen, seen[:, None, :]], axis=1)
        return True

    def add_solution(self, vector: Vector) -> bool:
        """Take in a solution: its real and imaginary part where vectors are real."""
        if np.iscomplexobj(self.matrix.data) or not np.iscomplexobj(vector):
            return self.add(vector)
        return bool(self.add(vector.real) | self.add(vector.imag))

    @property
    def source(self) -> Vector:
        """The start in the space, (m,)."""
        out = np.zeros(self.size, dtype=self.small.dtype)
        out[0] = np.linalg.norm(self.start)
        return out

    def resolve(self, shifts: Complexes) -> Complexes:
        """(z − V†LV)⁻¹ b at many shifts, (shifts, m), by back-substitution in Schur form."""
        if len(self._schur[0]) != self.size:
            self._schur = scipy.linalg.schur(np.asarray(self.small, dtype=complex), output="complex")
        triangle, turn = self._schur
        rhs = turn.conj().T @ self.source
        out = np.zeros((shifts.size, self.size), dtype=complex)
        for k in range(self.size - 1, -1, -1):
            out[:, k] = (rhs[k] + out[:, k + 1 :] @ triangle[k, k + 1 :]) / (shifts - triangle[k, k])
        return np.asarray(out @ turn.T)

    def residual_norms(self, shifts: Complexes) -> Floats:
        """‖b − (z − L) V (z − V†LV)⁻¹ b‖ at many shifts, estimated where L is large."""
        return np.asarray(np.linalg.norm(self.resolve(shifts) @ self.outside(), axis=1))

    def outside(self) -> Vector:
        """Rows a_i with ‖Σ y_i a_i‖ about ‖(1 − VV†) L V y‖, (m, k): a random projection of what leaves the space."""
        vectors, images = self._seen
        return np.asarray(images - self.small.T @ vectors)

    def residual(self, shift: complex) -> Vector:
        """Of the reduced solution: b − (z − L) V (z − V†LV)⁻¹ b, (n,)."""
        weights = self.resolve(np.array([shift]))[0]
        along = self.small @ weights
        return _combined(weights, self.images) - _combined(along, self.basis)

    def leaving(self) -> Complexes:
        """Like `outside`, (m, m), exact."""
        outside = self.images - self.small.T @ self.basis
        outside -= (outside @ self.basis.conj().T) @ self.basis
        return np.asarray(scipy.linalg.qr(outside.T, mode="r")[0][: self.size].T)


def _combined(weights: Complexes, rows: Vector) -> Vector:
    """Sum of rows by their weights; real rows are not copied to complex ones, which takes longer than the product."""
    if rows.dtype.kind != "f" or weights.dtype.kind != "c":
        return np.asarray(weights @ rows)
    real, imaginary = np.array([weights.real, weights.imag]) @ rows
    return np.asarray(real + 1j * imaginary)


def _sketch(size: int) -> sp.csr_array:
    """Random map to `SKETCHED` numbers that keeps norms to some per cent; the identity for shorter vectors."""
    if size <= SKETCHED:
        return sp.eye_array(size, format="csr")
    rng = np.random.default_rng(size)
    entries = rng.choice((-1.0, 1.0), size), (rng.integers(SKETCHED, size=size), np.arange(size))
    return sp.csr_array(entries, shape=(SKETCHED, size))
