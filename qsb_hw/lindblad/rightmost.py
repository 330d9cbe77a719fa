"""Eigenvalue of largest real part, by Arnoldi's method restarted from its best vector.

Written out because `scipy.sparse.linalg.eigs` (SciPy 1.17.1) gives eigenvalues far to the right of the whole spectrum
for some strongly non-normal generators, and calls them converged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Complexes

KRYLOV, TOLERANCE, MOST_PRODUCTS = 30, 1e-9, 10_000
"""Krylov vectors kept at a time; relative residual to reach; products with the map before giving up."""


@dataclass(frozen=True, slots=True, eq=False)
class Eigenpair:
    """An eigenvalue λ with its eigenvector v of norm one; `residual` is ‖Mv − λv‖ over the largest |λ| seen."""

    value: complex
    vector: Complexes
    residual: float
    products: int
    converged: bool


def rightmost_eigenpair(apply: Callable[[Complexes], Complexes], start: Complexes) -> Eigenpair:
    """Eigenpair of largest real part of the linear map `apply` on vectors like `start`, (n,)."""
    vector, products = start / np.linalg.norm(start), 0
    while True:
        basis, small, left = arnoldi(apply, vector, min(KRYLOV, start.size))
        values, vectors = np.linalg.eig(small)
        best = int(np.argmax(values.real))
        products += len(small)
        vector = vectors[:, best] @ basis
        vector = vector / np.linalg.norm(vector)
        residual = left * abs(vectors[-1, best]) / max(float(np.abs(values).max()), 1e-300)
        if residual <= TOLERANCE or products >= MOST_PRODUCTS:
            return Eigenpair(complex(values[best]), vector, float(residual), products, bool(residual <= TOLERANCE))


def arnoldi(
    apply: Callable[[Complexes], Complexes], start: Complexes, steps: int
) -> tuple[Complexes, Complexes, float]:
    """Orthonormal basis (m, n) of a Krylov space, the map in it (m, m), and the norm of what leaves it."""
    basis = np.empty((steps, start.size), dtype=complex)
    small = np.zeros((steps, steps), dtype=complex)
    basis[0] = start
    for j in range(steps):
        image = np.asarray(apply(basis[j]), dtype=complex)
        scale = float(np.linalg.norm(image))
        for _ in range(2):  # twice is enough
            along = basis[: j + 1].conj() @ image
            image = image - along @ basis[: j + 1]
            small[: j + 1, j] += along
        left = float(np.linalg.norm(image))
        if left <= 1e-14 * scale:
            return basis[: j + 1], small[: j + 1, : j + 1], 0.0
        if j + 1 < steps:
            small[j + 1, j], basis[j + 1] = left, image / left
    return basis, small, left
