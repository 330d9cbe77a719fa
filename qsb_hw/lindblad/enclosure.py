"""Proof that a Lindblad model has several steady states.

It has exactly when there are two orthogonal *enclosures*: subspaces that H_eff and every jump map into themselves
(Baumgartner & Narnhofer, Rev. Math. Phys. 24, 1250001 (2012)). Where Lx = 0 for a traceless Hermitian x, the supports
of its positive and its negative part are such: the smallest enclosure of a vector of each is built and compared. Every
operator is scaled to norm one by itself: however slow a process is, it joins the subspaces it joins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats
from qsb_hw.lindblad.jumps import JumpEntries
from qsb_hw.lindblad.space import BlockSpace

FAINT = 1e-8
"""Share of the largest eigenvalue of a candidate below which an eigenvalue is not used."""
LARGEST = 1000
"""Basis states up to which enclosures are looked for."""
NEW_DIRECTION = 1e-8
"""Part of an operator's image outside a subspace, the operator having norm one, that is followed."""
CROSSING = 1e-11
"""Amplitude from one steady state to the other, the operator having norm one, that is rounding."""


def several_steady_states(
    hamiltonian: sp.csr_array, jumps: Sequence[sp.csr_array], space: BlockSpace, candidate: Floats
) -> str | None:
    """What keeps two steady states apart, in words, or None where nothing is proven.

    The candidate is a traceless Hermitian matrix, packed, that L takes (nearly) to zero.
    """
    size = hamiltonian.shape[0]
    if size > LARGEST or not np.all(np.isfinite(candidate)) or not candidate.any():
        return None
    decay = JumpEntries.of(jumps, size).decay()
    operators = [_scaled(op) for op in (sp.csr_array(hamiltonian - 0.5j * decay), *jumps)]
    parts = _parts(space, candidate, size)
    one = _enclosure(operators, parts[0][0][:, -1:])
    if one.shape[1] == size:
        return None
    other = _enclosure(operators, parts[1][0][:, -1:])
    if one.shape[1] + other.shape[1] > size or np.linalg.norm(one.conj().T @ other) > np.sqrt(NEW_DIRECTION):
        return None
    for (vectors, weights), (beyond, _) in zip(parts, reversed(parts), strict=True):
        if any(np.linalg.norm(beyond.conj().T @ (op @ (vectors * np.sqrt(weights)))) > CROSSING for op in operators):
            return None
    kind = "dark states" if one.shape[1] == other.shape[1] == 1 else "a conserved quantity tells them apart"
    dimensions = f"{one.shape[1]} and {other.shape[1]}"
    return f"two orthogonal subspaces, of dimension {dimensions}, are never left ({kind})"


def _scaled(operator: sp.csr_array) -> sp.csr_array:
    """Less its mean, which moves nothing, and with the largest element one."""
    mean = operator.trace() / operator.shape[0]
    moved = sp.csr_array(operator - mean * sp.eye_array(operator.shape[0], format="csr"))
    largest = float(abs(moved).max()) if moved.nnz else 0.0
    return sp.csr_array(moved / largest) if largest > 1e-13 * abs(mean) else sp.csr_array(operator.shape, dtype=complex)


def _parts(space: BlockSpace, candidate: Floats, size: int) -> tuple[tuple[Complexes, Floats], ...]:
    """Eigenvectors, (D, m), and weights of sum one, of the positive and of the negative part, from small to large."""
    values, vectors = [], []
    for states, block in space.blocks(candidate):
        found, turned = np.linalg.eigh(block)
        whole = np.zeros((size, found.size), dtype=complex)
        whole[states] = turned
        values.append(found)
        vectors.append(whole)
    value, vector = np.concatenate(values), np.concatenate(vectors, axis=1)
    parts = []
    for part in (value, -value):
        order = np.argsort(part)
        order = order[part[order] > FAINT * part.max()]
        parts.append((vector[:, order], part[order] / part[order].sum()))
    return tuple(parts)


def _enclosure(operators: Sequence[sp.csr_array], seed: Complexes) -> Complexes:
    """Orthonormal basis, (D, d), of the smallest subspace that holds `seed` and is mapped into itself."""
    basis = fresh = seed / np.linalg.norm(seed)
    while fresh.shape[1] and basis.shape[1] < basis.shape[0]:
        images = np.hstack([op @ fresh for op in operators])
        images = images[:, images.any(axis=0)]
        if images.shape[1] > images.shape[0]:  # as many columns as states say the same
            images = np.asarray(np.linalg.qr(images.conj().T, mode="r")).conj().T
        for _ in range(2):
            images = images - basis @ (basis.conj().T @ images)
        left, heights, _ = np.linalg.svd(images, full_matrices=False)
        fresh = left[:, heights > NEW_DIRECTION]
        basis = np.hstack([basis, fresh])
    return basis
