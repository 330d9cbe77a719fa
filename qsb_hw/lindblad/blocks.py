"""Block-diagonal Hermitian matrices as flat real vectors, and a Lindblad generator acting on them.

A Hermitian block M is stored as the real matrix Re M + Im M, which is an isometry; equal blocks lie together and are
worked on in one batched call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import reverse_cuthill_mckee

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.jumps import JumpEntries
from qsb_hw.lindblad.sectors import Sectors

Reals = NDArray[np.floating[Any]]
"""Of single or of double precision."""
Packed = TypeVar("Packed", NDArray[np.float64], NDArray[np.floating[Any]])

GENERATOR_BYTES = 220.0
"""Bytes per matrix element that building a generator takes."""
PAIRED_AT_ONCE = 4_000_000
"""Pairs of jump elements worked on in one go."""
ASSEMBLED_BELOW = 4000
"""Matrix elements up to which a family of generators shares one assembled sparse matrix."""


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
        lowest = [np.linalg.eigvalsh(unpack(batch.of(flat)))[..., 0].min(axis=-1) for batch in self.batches]
        return np.asarray(np.min(lowest, axis=0))

    def identity(self) -> Floats:
        """The identity divided by its trace."""
        flat = np.zeros(self.size)
        flat[self.diagonal] = 1 / self.diagonal.size
        return flat


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


@dataclass(frozen=True, slots=True, eq=False)
class BlockGenerator:
    """L = L0 + J on packed block-diagonal matrices.

    L0 ρ = −i(H_eff ρ − ρ H_eff†) keeps every block to itself; J ρ = Σ L ρ L† feeds blocks from one another.

    Attributes
    ----------
    effective : tuple of (count, size, size) complex
        H_eff = H − (i/2) Σ L†L of every batch, less a real multiple of the identity per block, which drops
        out of the commutator and would only cost digits.
    feeding, assembled : (n, n) sparse array
        J on packed vectors, real; L as one matrix, where it has been put together already.
    rate : float
        The largest total jump rate of any basis state, the scale residuals are given in.
    """

    space: BlockSpace
    effective: tuple[Complexes, ...]
    feeding: sp.csr_array
    rate: float
    assembled: sp.csr_array | None = None

    @classmethod
    def of(cls, hamiltonian: sp.csr_array, jumps: Sequence[sp.csr_array], space: BlockSpace) -> BlockGenerator:
        """Generator of a model restricted to `space`."""
        entries = JumpEntries.of(jumps, hamiltonian.shape[0])
        decay = entries.decay()
        rate = float(np.max(decay.diagonal().real, initial=0.0))
        effective = sp.csr_array(hamiltonian - 0.5j * decay)
        return cls(space, _dense_blocks(effective, space), _feeding(entries, space), rate or 1.0)

    def apply(self, flat: Floats) -> Floats:
        """L ρ on the packed vector."""
        fed: Floats = self.feeding @ flat
        self._add_drift(flat, fed)
        return fed

    def _add_drift(self, flat: Floats, out: Floats) -> Floats:
        """Add L0 ρ to packed vectors (…, n); the norms of H_eff ρ."""
        squares = np.zeros(flat.shape[:-1])
        for batch, effective in zip(self.space.batches, self.effective, strict=True):
            drift = effective @ unpack(batch.of(flat))
            # −i(M − M†) with M = H_eff ρ is Hermitian: real part Im M + (Im M)ᵀ, imaginary −Re M + (Re M)ᵀ
            mixed = drift.imag - drift.real
            batch.of(out)[...] += mixed + np.swapaxes(drift.imag + drift.real, -1, -2)
            for part in (drift.real, drift.imag):
                squares += np.einsum("...bij,...bij->...", part, part)
        return np.asarray(np.sqrt(squares))

    def defect(self, flat: Floats) -> tuple[Floats, Floats]:
        """‖Lρ‖ of packed vectors (…, n), also of a family, and the size of what it is the difference of."""
        out: Floats = np.ascontiguousarray((self.feeding @ flat.T).T)
        fed = np.linalg.norm(out, axis=-1)
        drift = self._add_drift(flat, out)
        return np.linalg.norm(out, axis=-1), fed + 2 * drift

    def residual(self, flat: Floats) -> float:
        """‖Lρ‖ / (‖ρ‖ · rate), Frobenius norms."""
        return float(np.linalg.norm(self.apply(flat)) / (np.linalg.norm(flat) * self.rate))

    def matrix(self) -> sp.csr_array:
        """L as one real sparse matrix on packed vectors."""
        return self.assembled if self.assembled is not None else self.feeding + self._drift_matrix()

    def factorisation_work(self) -> float:
        """Multiplications of an LU of L within its profile after reordering: an upper estimate of what it costs."""
        matrix = self.matrix()
        pattern = sp.csr_matrix(abs(matrix) + abs(matrix.T))
        order = reverse_cuthill_mckee(pattern, symmetric_mode=True)
        place = np.empty(order.size, dtype=np.int64)
        place[order] = np.arange(order.size)
        entries = pattern.tocoo()
        first = np.arange(order.size)
        np.minimum.at(first, place[entries.row], place[entries.col])
        return float(np.sum((np.arange(order.size) - first).astype(float) ** 2))

    def tilt(self, direction: sp.csr_array) -> BlockGenerator:
        """Generator of −i[direction, ·] alone, on the same space."""
        return BlockGenerator.of(direction, (), self.space)

    def along(self, direction: sp.csr_array) -> Callable[[float], BlockGenerator]:
        """The generator with H + value · `direction` as a function of value; what does not change is shared."""
        tilt = self.tilt(direction)
        parts = cache(lambda: (self.matrix(), tilt.matrix()))

        def at(value: float) -> BlockGenerator:
            effective = tuple(h + value * d for h, d in zip(self.effective, tilt.effective, strict=True))
            assembled = parts()[0] + value * parts()[1] if self.space.size <= ASSEMBLED_BELOW else None
            return replace(self, effective=effective, assembled=assembled)

        return at

    def _drift_matrix(self) -> sp.csr_array:
        """L0 on packed vectors: element (i, j) is fed by −i h_ik from (k, j) and by i h_jk* from (i, k)."""
        row, col, data = [], [], []
        for batch, effective in zip(self.space.batches, self.effective, strict=True):
            block, i, k = np.nonzero(effective)
            value = -1j * effective[block, i, k]
            start = (batch.start + block * batch.size**2)[:, None]
            j = np.arange(batch.size)[None, :]
            left, right = start + j + batch.size * i[:, None], start + j + batch.size * k[:, None]
            row += [left.ravel(), (start + batch.size * j + i[:, None]).ravel()]
            col += [right.ravel(), (start + batch.size * j + k[:, None]).ravel()]
            data += [np.repeat(value, batch.size), np.repeat(value.conj(), batch.size)]
        return _packed(np.concatenate(row), np.concatenate(col), np.concatenate(data), self.space)


def transposition(space: BlockSpace) -> Integers:
    """Position of the transposed element for every position of the flat vector."""
    positions = np.arange(space.size, dtype=np.int64)
    for batch in space.batches:
        view = positions[batch.slice].reshape(batch.count, batch.size, batch.size)
        view[...] = np.swapaxes(view, -1, -2).copy()
    return positions


def _packed(
    row: NDArray[np.integer], col: NDArray[np.integer], data: NDArray[np.inexact[Any]], space: BlockSpace
) -> sp.csr_array:
    """Real matrix on packed vectors of a complex one on vectorised matrices.

    With P = Re ρ + Im ρ and Pᵀ = Re ρ − Im ρ, a weight a + ib takes P to aP + bPᵀ.
    """
    matrix = sp.csr_array((data.real, (row, col)), shape=(space.size, space.size))
    turning = np.nonzero(data.imag)[0] if np.iscomplexobj(data) else np.zeros(0, dtype=np.int64)
    if turning.size:
        transposed = transposition(space).astype(col.dtype)
        entries = (data.imag[turning], (row[turning], transposed[col[turning]]))
        matrix = matrix + sp.csr_array(entries, shape=matrix.shape)
    return matrix


def _dense_blocks(matrix: sp.csr_array, space: BlockSpace) -> tuple[Complexes, ...]:
    entries = sp.coo_array(matrix)
    flat = np.zeros(space.size, dtype=complex)
    flat[space.position(entries.row, entries.col)] = entries.data
    blocks = []
    for batch in space.batches:
        block = flat[batch.slice].reshape(batch.count, batch.size, batch.size)
        mean = np.trace(block, axis1=-2, axis2=-1).real / batch.size
        blocks.append(block - mean[:, None, None] * np.eye(batch.size))
    return tuple(blocks)


def _feeding(entries: JumpEntries, space: BlockSpace) -> sp.csr_array:
    """J on packed vectors: element (i, i′) is fed from (j, j′) by L_ij L_i′j′*."""
    index: Any = np.int32 if space.size < np.iinfo(np.int32).max else np.int64  # half the memory, and quicker products
    row, col = [np.zeros(0, dtype=index)], [np.zeros(0, dtype=index)]
    data: list[Complexes | Floats] = [np.zeros(0)]
    for part in entries.by_jumps(PAIRED_AT_ONCE // space.largest_block):
        target, source = part.target, part.source
        value = part.value if part.value.imag.any() else part.value.real
        first, second = pairs_within_groups(part.number * space.size + space.offset[source])
        row.append(space.position(target[first], target[second]).astype(index))
        col.append(space.position(source[first], source[second]).astype(index))
        data.append(value[first] * value[second].conj())
    return _packed(np.concatenate(row), np.concatenate(col), np.concatenate(data), space)
