"""Approximate solutions of (z − L) x = r for many z: by sparse LU, or by GMRES on Sylvester solves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from qsb_hw._typing import Complexes, Floats
from qsb_hw.lindblad.ketbra import Coordinates

FACTORISED_BELOW = 600
"""Matrix elements up to which L is factorised."""
NEAR = 0.2
"""Distance of two shifts, over the size of the larger, within which the factors of one serve the other."""
INNER_TOLERANCE, MOST_INNER_STEPS = 3e-2, 60
"""Relative residual that an iterative solve is asked for, and its Krylov steps at most."""

Vector = Complexes | Floats


class Resolvent(Protocol):
    """Anything that solves (z − L) x = r well enough to be a new direction."""

    def solve(self, shift: complex, rhs: Vector) -> Vector: ...  # noqa: D102


def resolvent_of(coordinates: Coordinates) -> Resolvent:
    """The one that suits the size."""
    small = coordinates.generator.space.size <= FACTORISED_BELOW
    return Factorised(coordinates.matrix) if small else Iterated(coordinates)


@dataclass(eq=False)
class Factorised:
    """Sparse LU at a few shifts, each for all that are near."""

    matrix: sp.csr_array
    known: dict[complex, Any] = field(default_factory=dict)

    def solve(self, shift: complex, rhs: Vector) -> Vector:
        """Solution for the nearest shift that was factorised, or for this one."""
        near = min(self.known, key=lambda z: abs(z - shift), default=None)
        if near is None or abs(near - shift) > NEAR * max(abs(near), abs(shift)):
            near = shift
            exact = shift.real if shift.imag == 0 and not np.iscomplexobj(self.matrix.data) else shift
            size = self.matrix.shape[0]
            shifted = sp.csc_array(exact * sp.eye_array(size, format="csc") - self.matrix)
            self.known[shift] = spla.splu(shifted, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        lu = self.known[near]
        if lu.L.dtype.kind == "c":
            return np.asarray(lu.solve(np.asarray(rhs, dtype=complex)))
        return np.asarray(lu.solve(rhs) if not np.iscomplexobj(rhs) else lu.solve(rhs.real) + 1j * lu.solve(rhs.imag))


@dataclass(eq=False)
class Iterated:
    """GMRES on 1 − J (z − L0)⁻¹ in single precision; L0 is diagonal in the eigenvectors of H_eff in every sector."""

    coordinates: Coordinates

    @cached_property
    def _spectra(self) -> list[tuple[Complexes, Complexes, Complexes]]:
        return [_spectrum(h) for h in self.coordinates.generator.effective]

    @cached_property
    def _feeding(self) -> sp.csr_array:
        feeding = self.coordinates.feeding
        return feeding.astype(np.complex64 if np.iscomplexobj(feeding.data) else np.float32)

    def solve(self, shift: complex, rhs: Vector) -> Vector:
        """Solution with a relative residual below `INNER_TOLERANCE` where that is reached."""
        inverse = self._inverse(shift)
        size = float(np.linalg.norm(rhs))
        feeding = self._feeding

        def apply(vector: Complexes) -> Complexes:
            fed = inverse(vector)
            if np.iscomplexobj(feeding.data):
                return np.asarray(vector - feeding @ fed)
            return np.asarray(vector - (feeding @ fed.real + 1j * (feeding @ fed.imag)))

        flux = _gmres(apply, np.asarray(rhs / size, dtype=np.complex64))
        return np.asarray(size * inverse(flux).astype(complex))

    def _inverse(self, shift: complex) -> Callable[[Complexes], Complexes]:
        """(z − L0)⁻¹."""
        generator, swap = self.coordinates.generator, self.coordinates.swap
        weights = []
        for ket, bra in zip(generator.space.kets, generator.space.bras, strict=True):
            turning = self._spectra[ket][0][:, None] - self._spectra[bra][0][None, :].conj()
            turning = turning + (generator.mean[ket] - generator.mean[bra] - generator.frame)
            weights.append((1 / (shift + 1j * turning)).astype(np.complex64))
        narrow = [(v.astype(np.complex64), w.astype(np.complex64)) for _, v, w in self._spectra]

        def inverse(vector: Complexes) -> Complexes:
            flat = vector
            if swap is not None:
                turned = vector[swap]
                flat = (vector + turned) * np.complex64(0.5) + np.complex64(0.5j) * (vector - turned)
            out = np.empty_like(flat)
            for number, (ket, bra, block) in enumerate(generator.space.blocks(flat)):
                (v, w), (other_v, other_w) = narrow[ket], narrow[bra]
                inner = (w @ block @ other_w.conj().T) * weights[number]
                out[generator.space.offset[number] : generator.space.offset[number + 1]] = (
                    v @ inner @ other_v.conj().T
                ).ravel()
            return self.coordinates.folded(out).astype(np.complex64) if swap is not None else out

        return inverse


def _spectrum(effective: Complexes) -> tuple[Complexes, Complexes, Complexes]:
    """Eigenvalues, eigenvectors and their inverse, of a matrix moved off an exceptional point where it is at one."""
    scale = float(np.abs(effective).max(initial=0.0)) or 1.0
    for nudge in (0.0, 1e-9, 1e-6):
        moved = effective + nudge * scale * np.random.default_rng(0).standard_normal(effective.shape)
        values, vectors = np.linalg.eig(moved)
        try:
            inverse = np.linalg.inv(vectors)
        except np.linalg.LinAlgError:
            continue
        if np.linalg.norm(inverse) < 1e5 * len(values):
            break
    return values - 1j * np.maximum(values.imag, 0), vectors, inverse


def _gmres(apply: Callable[[Complexes], Complexes], rhs: Complexes) -> Complexes:
    """GMRES without restart, for a right-hand side of norm one."""
    basis = np.empty((MOST_INNER_STEPS + 1, rhs.size), dtype=rhs.dtype)
    small = np.zeros((MOST_INNER_STEPS + 1, MOST_INNER_STEPS), dtype=complex)
    basis[0] = rhs
    start = np.zeros(MOST_INNER_STEPS + 1)
    start[0] = 1.0
    weights = np.zeros(0, dtype=complex)
    for j in range(MOST_INNER_STEPS):
        image = apply(basis[j])
        for _ in range(2):
            along = basis[: j + 1].conj() @ image
            image = image - along @ basis[: j + 1]
            small[: j + 1, j] += along
        left = float(np.linalg.norm(image))
        small[j + 1, j] = left
        weights = np.linalg.lstsq(small[: j + 2, : j + 1], start[: j + 2], rcond=None)[0]
        residual = np.linalg.norm(start[: j + 2] - small[: j + 2, : j + 1] @ weights)
        if residual <= INNER_TOLERANCE or left < 1e-6:
            break
        basis[j + 1] = image / left
    return np.asarray(weights.astype(rhs.dtype) @ basis[: weights.size])
