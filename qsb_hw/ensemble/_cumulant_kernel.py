"""Compiled second-order cumulant equations; imported only when they are integrated."""

from __future__ import annotations

from typing import Any

import numpy as np

from qsb_hw.lindblad.compiling import compiled


@compiled()
def _commutators(factors: Any, sources: Any, vector: Any, lower: Any, raised: Any) -> None:
    """−i[A, X] and −i[A†, X] of a flattened X."""
    for i in range(vector.size):
        lower[i] = -1j * (factors[0, i] * vector[sources[0, i]] - factors[2, i] * vector[sources[2, i]])
        raised[i] = -1j * (factors[1, i] * vector[sources[1, i]] - factors[3, i] * vector[sources[3, i]])


@compiled()
def closure_slope(pair: Any, own: Any, sources: Any, factors: Any, rows: Any, coupling: Any, count: Any) -> Any:
    """Slope of ρ12 as a (d², d²) matrix: element (a, b) of the first oscillator, (c, e) of the second.

    `own` are sparse rows of the local dynamics; `factors` and `sources` (4, d²) say what multiplying by A and A† from
    the left and from the right takes to every element, and from which; `rows` (3, d²) give ⟨A†⟩, ⟨A⟩ and the trace.
    """
    pointers, indices, values = own
    size = pair.shape[0]
    rho = np.zeros(size, np.complex128)
    creating, annihilating = np.zeros_like(rho), np.zeros_like(rho)
    a, b = 0.0j, 0.0j
    for i in range(size):
        for j in range(size):
            creating[i] += pair[i, j] * rows[0, j]
            annihilating[i] += pair[i, j] * rows[1, j]
            rho[i] += pair[i, j] * rows[2, j]
        a += rows[0, i] * rho[i]
        b += rows[1, i] * rho[i]
    for i in range(size):  # D_P = Tr2 P2(ρ12 − ρ⊗ρ)
        creating[i] -= a * rho[i]
        annihilating[i] -= b * rho[i]
    lower, raised, unused = np.empty_like(rho), np.empty_like(rho), np.empty_like(rho)
    lower_creating, raised_annihilating = np.empty_like(rho), np.empty_like(rho)
    _commutators(factors, sources, rho, lower, raised)
    _commutators(factors, sources, creating, lower_creating, unused)
    _commutators(factors, sources, annihilating, unused, raised_annihilating)
    field = coupling * (count - 2.0) / count
    half = np.empty((size, size), np.complex128)
    for i in range(size):
        x, y = -1j * field * a, -1j * field * b
        al, bl, ar, br = sources[0, i], sources[1, i], sources[2, i], sources[3, i]
        fal, fbl, far, fbr = x * factors[0, i], y * factors[1, i], -x * factors[2, i], -y * factors[3, i]
        p, q, r, s = field * lower[i], field * lower_creating[i], field * raised[i], field * raised_annihilating[i]
        for j in range(size):
            half[i, j] = (
                fal * pair[al, j] + fbl * pair[bl, j] + far * pair[ar, j] + fbr * pair[br, j]
                + p * creating[j] + q * rho[j] + r * annihilating[j] + s * rho[j]
            )  # fmt: skip
        for k in range(pointers[i], pointers[i + 1]):
            value, source = values[k], indices[k]
            for j in range(size):
                half[i, j] += value * pair[source, j]
    slope = np.empty((size, size), np.complex128)
    strength = -1j * coupling / count
    for i in range(size):
        al, bl, ar, br = sources[0, i], sources[1, i], sources[2, i], sources[3, i]
        fal, fbl, far, fbr = factors[0, i], factors[1, i], factors[2, i], factors[3, i]
        for j in range(size):
            slope[i, j] = half[i, j] + half[j, i] + strength * (
                fal * factors[1, j] * pair[al, sources[1, j]] + fbl * factors[0, j] * pair[bl, sources[0, j]]
                - far * factors[3, j] * pair[ar, sources[3, j]] - fbr * factors[2, j] * pair[br, sources[2, j]]
            )  # fmt: skip
    return slope
