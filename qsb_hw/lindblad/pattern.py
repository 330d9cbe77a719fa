"""Where the elements of a model go in packed vectors, worked out once for all models of one shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.jumps import JumpEntries, sums
from qsb_hw.lindblad.space import BlockSpace, pairs_within_groups, transposition

PAIRED_AT_ONCE = 500_000
"""Pairs of jump elements worked on in one go."""
PAIRS_KEPT = 400_000
"""Pairs of jump elements up to which their places are kept for the next model of the same shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Elements of a sparse matrix on packed vectors: `slot` of every contribution among `indices`, row by row."""

    slot: Integers
    indices: NDArray[np.integer[Any]]
    starts: NDArray[np.integer[Any]]

    @classmethod
    def of(cls, row: Integers, col: Integers, size: int) -> Places:
        """From row and column of every contribution."""
        place, slot = np.unique(row * size + col, return_inverse=True)
        starts = np.zeros(size + 1, dtype=np.int32)
        np.cumsum(np.bincount(place // size, minlength=size), out=starts[1:])
        return cls(slot, (place % size).astype(np.int32), starts)

    def filled(self, weights: Floats, size: int) -> sp.csr_array:
        """The matrix of these contributions."""
        data = np.asarray(np.bincount(self.slot, weights, self.indices.size), dtype=float)
        matrix = sp.csr_array((data, self.indices, self.starts), shape=(size, size))
        matrix.has_canonical_format = True
        return matrix


@dataclass(frozen=True, slots=True, eq=False)
class Feeding:
    """Pairs of elements of one jump within one block: ρ at `col` feeds what is at `row`, L_ij ρ_jj′ L_i′j′*.

    `plain` are the places of real products of them, `turned` those of Pᵀ for what has an imaginary part.
    """

    first: Integers
    second: Integers
    plain: Places
    turned: Places

    @classmethod
    def of(cls, entries: JumpEntries, space: BlockSpace) -> Feeding:
        """Of all pairs at once."""
        first, second, row, col = element_pairs(entries, space)
        apart = Places.of(row, transposition(space)[col], space.size)
        return cls(first, second, Places.of(row, col, space.size), apart)

    def matrix(self, entries: JumpEntries, size: int) -> sp.csr_array:
        """J of a model of this shape; with P = Re ρ + Im ρ a weight a + ib takes P to aP + bPᵀ."""
        if not entries.value.imag.any():
            value = entries.value.real
            return self.plain.filled(value[self.first] * value[self.second], size)
        weight = entries.value[self.first] * entries.value[self.second].conj()
        matrix = self.plain.filled(weight.real, size)
        if weight.imag.any():
            matrix = matrix + self.turned.filled(weight.imag, size)
        return matrix


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Where H_eff and J of all models with the same nonzero elements are in packed vectors over `space`.

    `hopping` are the places of the elements of H beside its diagonal; `first`, `second` and `place` those of the
    products that Σ L†L is made of. `feeding` is None where the pairs of elements are too many to be kept.
    """

    space: BlockSpace
    hopping: Integers
    first: Integers
    second: Integers
    place: Integers
    feeding: Feeding | None

    @classmethod
    def of(cls, elements: Elements, space: BlockSpace) -> Pattern:
        """Of a model, restricted to `space`."""
        entries, hopping = elements.jump_entries, elements.hopping
        first, second = pairs_within_groups(entries.number * space.offset.size + entries.target)
        place = space.position(entries.source[first], entries.source[second])
        few = count_pairs(entries, space) <= PAIRS_KEPT
        feeding = Feeding.of(entries, space) if few else None
        return cls(space, space.position(hopping.row, hopping.col), first, second, place, feeding)

    def effective(self, elements: Elements) -> tuple[Complexes, ...]:
        """H − (i/2) Σ L†L of every batch, less its mean in each block."""
        space, value = self.space, elements.jump_entries.value
        decay = sums(self.place, value[self.first].conj() * value[self.second], space.size)
        flat = -0.5j * decay
        flat[self.hopping] += elements.hopping.value
        flat[space.diagonal] += elements.energies
        blocks = []
        for batch in space.batches:
            block = batch.of(flat)
            diagonal = block.reshape(batch.count, -1)[:, :: batch.size + 1]
            diagonal -= diagonal.real.mean(axis=1, keepdims=True)
            blocks.append(np.ascontiguousarray(block))
        return tuple(blocks)

    def jumps(self, elements: Elements) -> sp.csr_array:
        """J of a model."""
        if self.feeding is not None:
            return self.feeding.matrix(elements.jump_entries, self.space.size)
        return _feeding(elements.jump_entries, self.space)


def fastest(entries: JumpEntries) -> float:
    """The largest total jump rate of any basis state."""
    return float(np.bincount(entries.source, np.abs(entries.value) ** 2, entries.size).max(initial=0.0))


def count_pairs(entries: JumpEntries, space: BlockSpace) -> float:
    """Pairs of elements of one jump within one block."""
    return float(sum(np.unique(_groups(entries, space), return_counts=True)[1].astype(float) ** 2))


def _groups(entries: JumpEntries, space: BlockSpace) -> Integers:
    return np.asarray(entries.number * space.size + space.offset[entries.source])


def element_pairs(entries: JumpEntries, space: BlockSpace) -> tuple[Integers, Integers, Integers, Integers]:
    """Elements of one jump that together feed an element of a block: their numbers, and places of target and source."""
    target, source = entries.target, entries.source
    first, second = pairs_within_groups(_groups(entries, space))
    row = space.position(target[first], target[second])
    return first, second, row, space.position(source[first], source[second])


def packed(
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


def _feeding(entries: JumpEntries, space: BlockSpace) -> sp.csr_array:
    """J on packed vectors, some jumps at a time: element (i, i′) is fed from (j, j′) by L_ij L_i′j′*."""
    index: Any = np.int32 if space.size < np.iinfo(np.int32).max else np.int64  # half the memory, and quicker products
    row, col = [np.zeros(0, dtype=index)], [np.zeros(0, dtype=index)]
    data: list[Complexes | Floats] = [np.zeros(0)]
    for part in entries.by_jumps(PAIRED_AT_ONCE // space.largest_block):
        value = part.value if part.value.imag.any() else part.value.real
        first, second, into, out_of = element_pairs(part, space)
        row.append(into.astype(index))
        col.append(out_of.astype(index))
        data.append(value[first] * value[second].conj())
    return packed(np.concatenate(row), np.concatenate(col), np.concatenate(data), space)
