"""One-sided correlation spectrum of a bath: all that elimination needs to know of it."""

from __future__ import annotations

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.bath import Bath
from qsb_hw.model.lindblad import LindbladModel

LIOUVILLIANS = 10
"""Dense ones that are alive at once."""
ELEMENTS_AT_ONCE = 100_000
"""Of the matrices of one batched solve, unless a single one has more."""


def correlation_spectrum(bath: Bath, frequencies: Floats) -> Complexes:
    """G_ab(ω) = ∫₀^∞ dt e^{iωt} ⟨δB_a†(t) δB_b(0)⟩ of the bath's coupling operators.

    By the quantum regression theorem G_ab(ω) = Tr[δB_a† (−L − iω)⁻¹ (δB_b ρ)], one linear solve on the
    bath's own Liouvillian per frequency. For a linear cavity with B = g(c + c†) it is
    g²/(κ/2 − i(δ + ω)).

    Parameters
    ----------
    bath : Bath
        With d levels and k coupling operators.
    frequencies : (w,) float
        Energy the bath takes up, rad/s.

    Returns
    -------
    (w, k, k) complex
        In rad/s; 2 Re G is a rate.

    Raises
    ------
    ArgumentError
        A bath whose own steady state is not unique.
    CapacityError
        A bath whose Liouvillian would not fit in memory.
    """
    size = bath.levels
    require_memory(LIOUVILLIANS * 16.0 * size**4, f"The Liouvillian of bath {bath.title}", "Keep fewer of its levels.")
    liouvillian = _liouvillian(bath)
    steady = _steady(bath)
    operators = np.array([term.bath for term in bath.couplings])
    means = np.einsum("aij,ji->a", operators, steady)
    fluctuations = operators - means[:, None, None] * np.eye(size)
    sources = np.array([(b @ steady).ravel() for b in fluctuations]).T  # (d², k)
    probes = np.array([b.conj().ravel() for b in fluctuations])  # Tr[B† M] = Σ conj(B_ij) M_ij
    identity = np.eye(size**2)
    # the sources are traceless, so pinning the trace changes nothing but makes ω = 0 solvable
    pin = np.outer(steady.ravel(), np.eye(size).ravel()) * np.abs(liouvillian).max()
    shifted, together = pin - liouvillian, max(1, ELEMENTS_AT_ONCE // size**4)
    parts = [frequencies[k : k + together, None, None] for k in range(0, len(frequencies) or 1, together)]
    return np.concatenate([probes @ np.linalg.solve(shifted - 1j * w * identity, sources[None]) for w in parts])


def _liouvillian(bath: Bath) -> Complexes:
    """Row-major matrix: A ρ B has vectorised form (A ⊗ Bᵀ)."""
    one = np.eye(bath.levels)
    decay = sum((j.conj().T @ j for j in bath.jumps), np.zeros_like(bath.hamiltonian))
    effective = bath.hamiltonian - 0.5j * decay
    feeding = sum((np.kron(j, j.conj()) for j in bath.jumps), np.zeros((bath.levels**2,) * 2, complex))
    total = -1j * np.kron(effective, one) + 1j * np.kron(one, effective.conj()) + feeding
    return np.asarray(total, dtype=complex)


def _steady(bath: Bath) -> Complexes:
    found = steady_state(LindbladModel(bath.hamiltonian, bath.jumps))
    require(
        found.ok,
        f"Bath {bath.title} must relax to one steady state",
        f"{found.status.value}: {found.message}",
        "Give it a decay that reaches all its levels.",
    )
    return found.state()
