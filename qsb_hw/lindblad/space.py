"""Block-diagonal Hermitian matrices as flat real vectors.

A Hermitian block M is stored as the real matrix Re M + Im M, which is an isometry; equal blocks lie together and are
worked on in one batched call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.sectors import Sectors

Reals = NDArray[np.floating[Any]]
"""Of single or of double precision."""
Packed = TypeVar("Packed", NDArray[np.float64], NDArray[np.complex128], NDArray[np.floating[Any]])


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Blocks of equal size, at `start` in the flat vector, with the basis states of each, (count, size)."""

    start: int
    states: Integers

    @property
    def count(self) -> int:
        """Number of blocks."""
        return int(self.states.shape[0])

    @property
    def size(self) -> int:
        """Rows of each block."""
        return int(self.states.shape[1])

    @property
    def slice(self) -> slice:
        """Where the blocks lie in the flat vector."""
        return slice(self.start, self.start + self.count * self.size**2)

    def of(self, flat: Packed) -> Packed:
        """View of flat vectors (…, n) as packed blocks (…, count, size, size)."""
        return flat[..., self.slice].reshape(*flat.shape[:-1], self.count, self.size, self.size)


@dataclass(frozen=True, slots=True, eq=False)
class BlockSpace:
    """Layout of block-diagonal matrices, smallest blocks first, in a flat real vector of `size` Σ D_b².

    `offset`, `width` and `place` of every basis state, (D,): start of its block, size of the block, row within it.
    """

    batches: tuple[Batch, ...]
    size: int
    offset: Integers
    width: Integers
    place: Integers

    @classmethod
    def over(cls, sectors: Sectors) -> BlockSpace:
        """Layout over all sectors."""
        labels = sectors.labels
        order = np.argsort(labels, kind="stable")
        groups = np.split(order, np.cumsum(np.bincount(labels, minlength=sectors.count))[:-1])
        offset, width, place = (np.empty(labels.size, dtype=np.int64) for _ in range(3))
        batches, start = [], 0
        for size in sorted({g.size for g in groups}):
            batch = Batch(start, np.array([g for g in groups if g.size == size], dtype=np.int64))
            offset[batch.states] = start + size**2 * np.arange(batch.count)[:, None]
            width[batch.states] = size
            place[batch.states] = np.arange(size)[None, :]
            batches.append(batch)
            start += batch.count * size**2
        return cls(tuple(batches), start, offset, width, place)

    @property
    def diagonal(self) -> Integers:
        """Positions of the diagonal elements in the flat vector, in the order of the basis states."""
        return self.offset + self.place * (self.width + 1)

    @property
    def largest_block(self) -> int:
        """Rows of the largest block."""
        return max(batch.size for batch in self.batches)

    def position(self, row: Integers, col: Integers) -> Integers:
        """Position of element (row, col) in the flat vector; both states must be in one block."""
        return self.offset[row] + self.place[row] * self.width[row] + self.place[col]

    def trace(self, flat: Reals) -> float:
        """Trace of the matrix."""
        return float(flat[self.diagonal].sum())

    def blocks(self, flat: Floats) -> Iterator[tuple[Integers, Complexes]]:
        """Every block with its basis states."""
        for batch in self.batches:
            yield from zip(batch.states, unpack(batch.of(flat)), strict=True)

    def lowest_eigenvalue(self, flat: Floats) -> Floats:
        """Lowest eigenvalue of each matrix (…, n), shape (…)."""
        lowest = [_lowest(batch.of(flat)).min(axis=-1) for batch in self.batches]
        return np.asarray(np.min(lowest, axis=0))

    def identity(self) -> Floats:
        """The identity divided by its trace."""
        flat = np.zeros(self.size)
        flat[self.diagonal] = 1 / self.diagonal.size
        return flat


def _lowest(packed: Reals) -> Reals:
    """Lowest eigenvalue of each block."""
    if packed.shape[-1] == 1:
        return packed[..., 0, 0]
    return np.asarray(np.linalg.eigvalsh(unpack(packed))[..., 0])


def unpack(packed: Reals) -> Complexes:
    """Hermitian matrices of packed ones, over the last two axes."""
    transposed = np.swapaxes(packed, -1, -2)
    matrix = np.empty(packed.shape, dtype=complex)
    np.add(packed, transposed, out=matrix.real)
    np.subtract(packed, transposed, out=matrix.imag)
    matrix *= 0.5
    return matrix


def pack(matrix: Complexes) -> Floats:
    """Packed form of Hermitian matrices, over the last two axes."""
    packed: Floats = matrix.real + matrix.imag
    return packed


def pairs_within_groups(groups: Integers) -> tuple[Integers, Integers]:
    """All ordered pairs (p, q) of positions with ``groups[p] == groups[q]``."""
    order = np.argsort(groups, kind="stable")
    counts = np.unique(groups, return_counts=True)[1]
    starts = np.cumsum(counts) - counts
    mates = np.repeat(counts, counts)  # for every member, how many mates
    first = np.repeat(order, mates)
    within = np.arange(first.size) - np.repeat(np.cumsum(mates) - mates, mates)
    second = order[np.repeat(np.repeat(starts, counts), mates) + within]
    return first, second


def transposition(space: BlockSpace) -> Integers:
    """Position of the transposed element for every position of the flat vector."""
    positions = np.arange(space.size, dtype=np.int64)
    for batch in space.batches:
        view = positions[batch.slice].reshape(batch.count, batch.size, batch.size)
        view[...] = np.swapaxes(view, -1, -2).copy()
    return positions
