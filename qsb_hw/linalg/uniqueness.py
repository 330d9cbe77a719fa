"""Whether a steady state is the only one.

A Lindblad generator has several steady states exactly when it has two orthogonal *enclosures*: subspaces that
H_eff and every jump leave invariant (Baumgartner & Narnhofer, Rev. Math. Phys. 24, 1250001 (2012)). Two
disconnected closed sets of sectors are two enclosures. The other way round: an enclosure contains an eigenvector v
of H_eff, with it every jump's image Jv, and with that every eigenvector Jv has a component along. If one particular
eigenvector is reached in this way from all others, every enclosure contains it, and there cannot be two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import BlockGenerator
from qsb_hw.linalg.sectors import Sectors
from qsb_hw.linalg.sylvester import SylvesterInverse

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]

NEGLIGIBLE = 1e-12
"""Share of the jumps out of a state below which they count as none."""
ROUNDING = 1e-24
"""Rate below which, relative to the largest, the square of a rounding error is not a rate."""


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """One sector in the eigenbasis of H_eff.

    `clusters` groups eigenvalues that cannot be told apart, `leaving` are the decay rates.
    """

    sector: int
    states: Integers
    vectors: Complexes
    inverse: Complexes
    clusters: tuple[Integers, ...]
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
    mixture = _random_mixture(jumps)
    images = [_images(block, blocks, sectors, mixture) for block in blocks.values()]
    goal = _slowest_single(images, sectors)
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
    for batch, values, vectors, left in zip(
        generator.space.batches, inverse.eigenvalues, inverse.eigenvectors, inverse.left, strict=True
    ):
        if left is not None:
            for states, value, vector, dual in zip(batch.states, values, vectors, left, strict=True):
                yield _Block(int(sectors.labels[states[0]]), states, vector, dual, _clusters(value), -2 * value.imag)


def _clusters(values: Complexes) -> tuple[Integers, ...]:
    order = np.lexsort((values.imag, values.real))
    close = np.abs(np.diff(values[order])) < 1e-12 * max(float(np.abs(values).max()), 1e-300)
    return tuple(np.split(order, np.nonzero(~close)[0] + 1))


def _images(block: _Block, blocks: dict[int, _Block], sectors: Sectors, mixture: sp.csc_array) -> _Images:
    part = mixture[:, block.states]
    found = np.unique(sectors.labels[part.indices])
    rows = part.tocsr()
    targets = {int(t): blocks[int(t)].inverse @ (rows[blocks[int(t)].states] @ block.vectors) for t in found}
    return _Images(block, targets)


def _random_mixture(jumps: Sequence[sp.csr_array]) -> sp.csc_array:
    """One random mixture of all jumps: it misses nothing that a single one reaches."""
    weights = np.random.default_rng(len(jumps)).standard_normal(len(jumps))
    return sp.csc_array(sum(weight * jump for weight, jump in zip(weights, jumps, strict=True)))


def _slowest_single(images: Sequence[_Images], sectors: Sectors) -> tuple[int, int] | None:
    """The slowest eigenvector, not degenerate, in the sectors the dynamics ends up in."""
    closed = set(sectors.closed_sets[0].tolist())
    candidates = [
        (image.block.leaving[cluster[0]], image.block.sector, int(cluster[0]))
        for image in images
        if image.block.sector in closed
        for cluster in image.block.clusters
        if cluster.size == 1
    ]
    return min(candidates)[1:] if candidates else None


def _spread(image: _Images, reached: dict[int, NDArray[np.bool_]], floor: float) -> bool:
    """Mark the eigenvectors that surely lead to marked ones; of degenerate ones every mixture must."""
    flags, changed = reached[image.block.sector], False
    if flags.all() or not image.targets:
        return False
    onward = [amplitudes[reached[target]] for target, amplitudes in image.targets.items()]
    stacked = np.concatenate(onward)
    shares = np.sum(np.abs(stacked) ** 2, axis=0)
    for cluster in image.block.clusters:
        if not flags[cluster[0]] and np.all(image.block.leaving[cluster] > floor):
            least = shares[cluster[0]] if cluster.size == 1 else _least_mixture(stacked, image, cluster)
            if least > NEGLIGIBLE * image.block.leaving[cluster].min():
                flags[cluster] = changed = True
    return changed


def _least_mixture(stacked: Complexes, image: _Images, cluster: Integers) -> float:
    """Smallest ‖C u‖² over unit mixtures u of degenerate eigenvectors."""
    triangle = np.linalg.qr(image.block.vectors[:, cluster])[1]
    amplitudes = stacked[:, cluster] @ np.linalg.inv(triangle)
    if amplitudes.shape[0] < cluster.size:
        return 0.0
    return float(np.linalg.svd(amplitudes, compute_uv=False)[-1] ** 2)
