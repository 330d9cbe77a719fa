"""One-sided correlation spectrum of a bath: all that elimination needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy.linalg

from qsb_hw._typing import Complexes, Floats
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.operators import frozen
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.lindblad import LindbladModel

LIOUVILLIANS = 10
"""Dense ones that are alive at once."""
LARGEST_DARK, WELL_APART = 6, 1e-9
"""Levels of a bath up to which all singular values of its Liouvillian are looked at, and the share of the largest that
the second smallest must exceed: a single one is zero then."""


def correlation_spectrum(
    hamiltonian: Complexes,
    jumps: Sequence[Complexes],
    operators: Sequence[Complexes],
    frequencies: Floats,
    name: str = "of these operators",
) -> Complexes:
    """G_ab(ω) = ∫₀^∞ dt e^{iωt} ⟨δB_a†(t) δB_b(0)⟩ of a bath's coupling operators.

    By the quantum regression theorem G_ab(ω) = Tr[δB_a† (−L − iω)⁻¹ (δB_b ρ)], one linear solve on the
    bath's own Liouvillian per frequency. For a linear cavity with B = g(c + c†) it is
    g²/(κ/2 − i(δ + ω)). `frequencies` (w,) are the energies the bath takes up, `name` is what errors call it.

    Returns
    -------
    (w, k, k) complex
        In rad/s for k operators; 2 Re G is a rate.

    Raises
    ------
    ArgumentError
        If the bath's own steady state is not unique.
    CapacityError
        If the bath's Liouvillian would not fit in memory.
    """
    size = len(hamiltonian)
    require_memory(LIOUVILLIANS * 16.0 * size**4, f"The Liouvillian of bath {name}", "Keep fewer of its levels.")
    matrices = tuple(np.asarray(m, dtype=complex).tobytes() for m in (hamiltonian, *jumps))
    steady, complaint = _relaxed(size, *matrices)
    must, hint = f"Bath {name} must relax to one steady state", "Give it a decay that reaches all its levels."
    require(not complaint, must, complaint, hint)
    stacked = np.array(operators)
    means = np.einsum("aij,ji->a", stacked, steady)
    fluctuations = stacked - means[:, None, None] * np.eye(size)
    sources = (fluctuations @ steady).reshape(-1, size**2).T  # (d², k)
    probes = fluctuations.conj().reshape(-1, size**2)  # Tr[B† M] = Σ conj(B_ij) M_ij
    triangle, turn = _schur_form(size, *matrices)
    return _responses(triangle, turn.conj().T @ sources, probes @ turn, np.asarray(frequencies, dtype=float))


def _responses(triangle: Complexes, right: Complexes, left: Complexes, frequencies: Floats) -> Complexes:
    """P (T − iω)⁻¹ B at every frequency, (w, p, k): back-substitution in a triangular T, all at once."""
    rows, columns = right.shape
    solved = np.empty((rows, frequencies.size, columns), dtype=complex)
    flat = solved.reshape(rows, -1)
    for row in range(rows - 1, -1, -1):
        rest = (triangle[row, row + 1 :] @ flat[row + 1 :]).reshape(-1, columns)
        solved[row] = (right[row] - rest) / (triangle[row, row] - 1j * frequencies)[:, None]
    return np.asarray(np.moveaxis((left @ flat).reshape(len(left), -1, columns), 1, 0))


@lru_cache(maxsize=8)
def _schur_form(size: int, *matrices: bytes) -> tuple[Complexes, Complexes]:
    """T and U with −L = U T U† for a bath's L; neighbouring points of a sweep, and ladders cut shorter, share it.

    Its trace is pinned: of what is traceless that changes nothing, and it makes ω = 0 solvable.
    """
    hamiltonian, *jumps = (np.frombuffer(m, dtype=complex).reshape(size, size) for m in matrices)
    liouvillian, (steady, _) = _liouvillian(hamiltonian, jumps), _relaxed(size, *matrices)
    pin = np.outer(steady.ravel(), np.eye(size).ravel()) * np.abs(liouvillian).max()
    triangle, turn = scipy.linalg.schur(pin - liouvillian, output="complex")
    return frozen(triangle), frozen(turn)


@lru_cache(maxsize=256)
def _relaxed(size: int, *matrices: bytes) -> tuple[Complexes, str]:
    """Steady state (d, d) of a Hamiltonian and jumps, or why there is none; many points of a sweep share a bath."""
    hamiltonian, *jumps = (np.frombuffer(m, dtype=complex).reshape(size, size) for m in matrices)
    dark = _only_dark_state(hamiltonian, jumps)
    if dark is not None:
        return frozen(np.diag(np.eye(size, dtype=complex)[dark])), ""
    found = steady_state(LindbladModel(hamiltonian, tuple(jumps)))
    if not found.ok:
        return np.empty((0, 0), dtype=complex), f"{found.status.value}: {found.message}"
    return frozen(found.state()), ""


def _only_dark_state(hamiltonian: Complexes, jumps: Sequence[Complexes]) -> int | None:
    """The basis state that nothing leaves, such as a vacuum, if it is the only steady state beyond doubt."""
    if len(hamiltonian) > LARGEST_DARK:
        return None
    away = np.abs(hamiltonian - np.diag(np.diag(hamiltonian))).sum(axis=0) + sum(np.abs(j).sum(axis=0) for j in jumps)
    dark = np.flatnonzero(away == 0)
    if dark.size != 1:
        return None
    singular = np.linalg.svd(_liouvillian(hamiltonian, jumps), compute_uv=False)
    return int(dark[0]) if singular[-2] > WELL_APART * singular[0] else None


def _liouvillian(hamiltonian: Complexes, jumps: Sequence[Complexes]) -> Complexes:
    """Row-major matrix: A ρ B has vectorised form A ⊗ Bᵀ, element A_ij B_lk at (ik, jl)."""
    size = len(hamiltonian)
    one, array = np.eye(size), np.array(jumps).reshape(-1, size, size)
    effective = -1j * hamiltonian - 0.5 * np.einsum("aki,akj->ij", array.conj(), array)
    total = effective[:, None, :, None] * one[None, :, None, :] + one[:, None, :, None] * effective.conj()[:, None, :]
    for jump in array:
        total += jump[:, None, :, None] * jump.conj()[:, None, :]
    return np.asarray(total.reshape(size**2, size**2))
