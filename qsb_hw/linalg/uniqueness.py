"""Whether a steady state is the only one.

A Lindblad generator has several steady states exactly when it has two orthogonal *enclosures*: subspaces that
H_eff and every jump leave invariant (Baumgartner & Narnhofer, Rev. Math. Phys. 24, 1250001 (2012)). Two
disconnected closed sets of sectors are two enclosures. The other way round: an enclosure contains an eigenvector v
of H_eff, with it every jump's image Jv, and with that every eigenvector Jv has a component along. If one particular
eigenvector is reached in this way from all others, every enclosure contains it, and there cannot be two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import BlockGenerator
from qsb_hw.linalg.jumps import JumpEntries
from qsb_hw.linalg.sectors import Sectors
from qsb_hw.linalg.sylvester import SylvesterInverse

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

NEGLIGIBLE = 1e-12
"""Share of the jumps out of a state below which they count as none."""
DENSE_BELOW = 700
"""Dimension up to which picking rows and columns is quicker in a dense matrix."""
ROUNDING = 1e-24
"""Rate below which, relative to the largest, the square of a rounding error is not a rate."""


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """One sector in the eigenbasis of H_eff.

    `clusters` groups eigenvalues that cannot be told apart, `single` marks all others, `leaving` are the decay rates.
    """

    sector: int
    states: Integers
    vectors: Complexes
    inverse: Complexes
    clusters: tuple[Integers, ...]
    single: Booleans
    leaving: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Images:
    """Where the jumps take the eigenvectors of one sector: amplitudes in the eigenbases they reach."""

    block: _Block
    targets: dict[int, Complexes]


def proven_unique(
    sectors: Sectors,
    jumps: Sequence[sp.csr_array],
    generator: BlockGenerator,
    inverse: SylvesterInverse,
) -> bool:
    """Whether one and the same eigenvector of H_eff is reached, jump by jump, from all of them.

    True is a proof up to rounding; False means only that this argument does not apply.
    """
    blocks = {block.sector: block for block in _blocks(sectors, generator, inverse)}
    if len(blocks) < sectors.count or not jumps:
        return False
    mixture = _random_mixture(jumps, sectors.labels.size)
    images = [_images(block, blocks, sectors, mixture) for block in blocks.values()]
    goal = _slowest_single(blocks.values(), sectors)
    if goal is None:
        return False
    reached = {sector: np.zeros(block.states.size, dtype=bool) for sector, block in blocks.items()}
    reached[goal[0]][goal[1]] = True
    floor = ROUNDING * generator.rate
    while sum(_spread(image, reached, floor) for image in images):
        pass
    return all(bool(flags.all()) for flags in reached.values())


def _blocks(sectors: Sectors, generator: BlockGenerator, inverse: SylvesterInverse) -> Iterator[_Block]:
    """Every sector that was diagonalised; those in Schur form are left out."""
    for batch, values, bases in zip(generator.space.batches, inverse.eigenvalues, inverse.eigenvectors, strict=True):
        if bases is not None:
            for states, value, vector, dual in zip(batch.states, values, *bases, strict=True):
                clusters, single = _clusters(value), np.ones(value.size, dtype=bool)
                for cluster in clusters:
                    single[cluster] = False
                sector = int(sectors.labels[states[0]])
                yield _Block(sector, states, vector, dual, clusters, single, -2 * value.imag)


def _clusters(values: Complexes) -> tuple[Integers, ...]:
    """Groups of two or more eigenvalues that cannot be told apart."""
    order = np.lexsort((values.imag, values.real))
    close = np.abs(np.diff(values[order])) < 1e-12 * max(float(np.abs(values).max()), 1e-300)
    if not close.any():
        return ()
    return tuple(c for c in np.split(order, np.nonzero(~close)[0] + 1) if c.size > 1)


def _images(block: _Block, blocks: dict[int, _Block], sectors: Sectors, mixture: Any) -> _Images:
    part = mixture[:, block.states]
    rows = np.unique(part.indices) if sp.issparse(part) else np.nonzero(part.any(axis=1))[0]
    images = (part.tocsr() if sp.issparse(part) else part)[rows] @ block.vectors  # (rows, D)
    targets = {}
    for sector in np.unique(sectors.labels[rows]):
        here = sectors.labels[rows] == sector
        place = np.searchsorted(blocks[int(sector)].states, rows[here])
        targets[int(sector)] = blocks[int(sector)].inverse[:, place] @ images[here]
    return _Images(block, targets)


def _random_mixture(jumps: Sequence[sp.csr_array], size: int) -> sp.csc_array | Complexes:
    """One random mixture of all jumps: it misses nothing that a single one reaches. Dense where that is quicker."""
    weights = np.random.default_rng(len(jumps)).standard_normal(len(jumps))
    mixture = JumpEntries.of(jumps, size).mixture(weights)
    return mixture.toarray() if size <= DENSE_BELOW else sp.csc_array(mixture)


def _slowest_single(blocks: Iterable[_Block], sectors: Sectors) -> tuple[int, int] | None:
    """The slowest eigenvector, not degenerate, in the sectors the dynamics ends up in."""
    closed = set(sectors.closed_sets[0].tolist())
    candidates = []
    for block in blocks:
        if block.sector in closed and block.single.any():
            slowest = int(np.argmin(np.where(block.single, block.leaving, np.inf)))
            candidates.append((float(block.leaving[slowest]), block.sector, slowest))
    return min(candidates)[1:] if candidates else None


def _spread(image: _Images, reached: dict[int, Booleans], floor: float) -> bool:
    """Mark the eigenvectors that surely lead to marked ones; of degenerate ones every mixture must."""
    block, flags = image.block, reached[image.block.sector]
    if flags.all() or not image.targets:
        return False
    onward = np.concatenate([amplitudes[reached[target]] for target, amplitudes in image.targets.items()])
    moving = ~flags & (block.leaving > floor)
    share = np.sum(np.abs(onward) ** 2, axis=0) > NEGLIGIBLE * block.leaving
    found = moving & share & block.single
    for cluster in block.clusters:
        if np.all(moving[cluster]):
            found[cluster] = _least_mixture(onward, block, cluster) > NEGLIGIBLE * block.leaving[cluster].min()
    flags |= found
    return bool(found.any())


def _least_mixture(onward: Complexes, block: _Block, cluster: Integers) -> float:
    """Smallest ‖C u‖² over unit mixtures u of degenerate eigenvectors."""
    triangle = np.linalg.qr(block.vectors[:, cluster])[1]
    amplitudes = onward[:, cluster] @ np.linalg.inv(triangle)
    if amplitudes.shape[0] < cluster.size:
        return 0.0
    return float(np.linalg.svd(amplitudes, compute_uv=False)[-1] ** 2)
