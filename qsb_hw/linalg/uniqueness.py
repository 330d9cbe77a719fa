"""Whether a steady state is the only one.

A Lindblad generator has several steady states exactly when it has two orthogonal *enclosures*: subspaces that
H_eff and every jump leave invariant (Baumgartner & Narnhofer, Rev. Math. Phys. 24, 1250001 (2012)). Two
disconnected closed sets of sectors are two enclosures. The other way round: if every eigenvector of H_eff, in
every sector, is taken by some jump one sector nearer to one particular basis state, then every enclosure
contains that state, and there cannot be two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from qsb_hw.linalg.blocks import BlockGenerator
from qsb_hw.linalg.sectors import Sectors
from qsb_hw.linalg.sylvester import SylvesterInverse

Complexes = NDArray[np.complex128]

NEGLIGIBLE = 1e-13
"""Relative rate below which a state counts as never leaving."""


def proven_unique(
    sectors: Sectors,
    jumps: Sequence[sp.csr_array],
    generator: BlockGenerator,
    inverse: SylvesterInverse,
) -> bool:
    """Whether every eigenvector of H_eff leads, jump by jump, to one and the same basis state.

    True is a proof up to rounding; False means only that this argument does not apply.
    """
    goal = _one_dimensional_sector(sectors)
    if goal is None:
        return False
    distance = dijkstra(sectors.links.T, directed=True, indices=goal, unweighted=True)
    threshold = NEGLIGIBLE * generator.rate
    for batch, values, vectors in zip(generator.space.batches, inverse.eigenvalues, inverse.eigenvectors, strict=True):
        for states, value, vector in zip(batch.states, values, vectors, strict=True):
            sector = int(sectors.labels[states[0]])
            if sector == goal:
                continue
            nearer = [jump[:, states][distance[sectors.labels] < distance[sector]] for jump in jumps]
            approaching = sp.vstack(nearer, format="csr")
            if not _every_eigenvector_leaves(approaching, value, vector, threshold):
                return False
    return True


def _one_dimensional_sector(sectors: Sectors) -> int | None:
    sizes = np.bincount(sectors.labels)
    closed = sectors.closed_sets[0]
    singles = closed[sizes[closed] == 1]
    return int(singles[0]) if singles.size else None


def _every_eigenvector_leaves(jump: sp.csr_array, values: Complexes, vectors: Complexes, threshold: float) -> bool:
    """Whether no eigenvector of H_eff, nor any mixture of degenerate ones, is annihilated by `jump`."""
    images = jump @ vectors
    rates = np.sum(np.abs(images) ** 2, axis=0)
    if not np.all(rates > threshold):
        return False
    order = np.lexsort((values.imag, values.real))
    close = np.abs(np.diff(values[order])) < 1e-9 * max(float(np.abs(values).max()), threshold)
    for cluster in np.split(order, np.nonzero(~close)[0] + 1):
        if cluster.size > 1:
            basis = np.linalg.qr(vectors[:, cluster])[0]
            if np.linalg.svd(jump @ basis, compute_uv=False)[-1] ** 2 <= threshold:
                return False
    return True
