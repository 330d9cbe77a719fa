"""The elements of all jumps of a model in one list: a network has dozens of jumps, each with few elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Booleans, Complexes, Floats, Integers


def sums(place: Integers, value: Complexes, size: int) -> Complexes:
    """Sums of the values of each place, (size,)."""
    out = np.bincount(place, value.real, size).astype(complex)
    if value.imag.any():
        out.imag = np.bincount(place, value.imag, size)
    return out


def csr(row: Integers, col: Integers, value: Complexes, size: int) -> sp.csr_array:
    """Sparse (size, size) matrix of elements, one for each place; sorted here, which takes SciPy several passes."""
    order = np.argsort(row * size + col, kind="stable")
    index: Any = np.int32 if size < np.iinfo(np.int32).max else np.int64
    starts = np.zeros(size + 1, dtype=index)
    np.cumsum(np.bincount(row, minlength=size), out=starts[1:])
    found = sp.csr_array((value[order], col[order].astype(index), starts), shape=(size, size))
    found.has_canonical_format = True
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Elements ⟨row|A|col⟩ = value of an operator on `size` states, (m,); several of one place add up."""

    row: Integers
    col: Integers
    value: Complexes
    size: int

    @classmethod
    def of(cls, matrix: Any) -> Entries:
        """Nonzero elements of a dense or sparse matrix."""
        if sp.issparse(matrix):
            found = sp.coo_array(matrix)
            row, col, value = found.row, found.col, found.data
        else:
            array = np.asarray(matrix)
            row, col = np.nonzero(array)
            value = array[row, col]
        return cls(row.astype(np.int64), col.astype(np.int64), value.astype(complex), int(matrix.shape[0]))

    @classmethod
    def diagonal(cls, values: Floats) -> Entries:
        """A diagonal operator."""
        places = np.nonzero(values)[0]
        return cls(places, places, np.asarray(values)[places].astype(complex), int(values.size))

    @classmethod
    def total(cls, parts: Iterable[Entries]) -> Entries:
        """The sum of operators on one space."""
        parts = list(parts)
        row, col, value = (np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "col", "value"))
        return cls(row, col, value, parts[0].size)

    def __rmul__(self, factor: complex) -> Entries:
        return Entries(self.row, self.col, factor * self.value, self.size)

    @property
    def adjoint(self) -> Entries:
        """A†."""
        return Entries(self.col, self.row, self.value.conj(), self.size)

    def summed(self) -> Entries:
        """The same with one element for each place, in the order of rows, and none that is zero."""
        place, inverse = np.unique(self.row * self.size + self.col, return_inverse=True)
        value = sums(inverse, self.value, place.size)
        kept = value != 0
        place = place[kept]
        return Entries(place // self.size, place % self.size, value[kept], self.size)

    def sparse(self) -> sp.csr_array:
        """As a sparse matrix."""
        found = self.summed()
        return csr(found.row, found.col, found.value, self.size)


@dataclass(frozen=True, slots=True, eq=False)
class JumpEntries:
    """Nonzero elements ⟨target|L_number|source⟩ = value, (m,), ordered by number, of `count` jumps on `size` states."""

    number: Integers
    target: Integers
    source: Integers
    value: Complexes
    count: int
    size: int

    @classmethod
    def of(cls, jumps: Sequence[sp.csr_array], size: int) -> JumpEntries:
        """Elements of the jumps, each (size, size)."""
        nothing = np.zeros(0, dtype=np.int64)
        target = [np.repeat(np.arange(size), np.diff(jump.indptr)) for jump in jumps]
        stored = cls(
            np.repeat(np.arange(len(jumps)), [jump.indices.size for jump in jumps]),
            np.concatenate([nothing, *target]),
            np.concatenate([nothing, *(jump.indices for jump in jumps)]),
            np.concatenate([nothing.astype(complex), *(jump.data for jump in jumps)]),
            len(jumps),
            size,
        )
        return stored if stored.value.all() else stored.select(stored.value != 0)  # a sparse matrix may store zeros

    @classmethod
    def of_dense(cls, jumps: Sequence[Complexes | Floats], size: int) -> JumpEntries:
        """Elements of dense jumps, each (size, size); those without any are left out."""
        jumps = [jump for jump in jumps if np.any(jump)]
        stacked = np.array(jumps, dtype=complex).reshape(-1, size, size)
        number, target, source = np.nonzero(stacked)
        return cls(number, target, source, stacked[number, target, source], len(jumps), size)

    @classmethod
    def of_entries(cls, jumps: Sequence[Entries], size: int) -> JumpEntries:
        """Of jumps by their elements, one for each place; those without any are left out."""
        jumps = [jump for jump in jumps if jump.value.size]
        nothing = np.zeros(0, dtype=np.int64)
        return cls(
            np.repeat(np.arange(len(jumps)), [jump.value.size for jump in jumps]),
            np.concatenate([nothing, *(jump.row for jump in jumps)]),
            np.concatenate([nothing, *(jump.col for jump in jumps)]),
            np.concatenate([nothing.astype(complex), *(jump.value for jump in jumps)]),
            len(jumps),
            size,
        )

    @classmethod
    def joined(cls, parts: Sequence[JumpEntries]) -> JumpEntries:
        """All jumps on one space, numbered one part after the other."""
        before = np.cumsum([0, *(part.count for part in parts)])
        number = [part.number + first for part, first in zip(parts, before[:-1], strict=True)]
        target, source, value = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("target", "source", "value")
        )
        return cls(np.concatenate(number), target, source, value, int(before[-1]), parts[0].size)

    def select(self, keep: Booleans | slice) -> JumpEntries:
        """Only the elements marked."""
        return JumpEntries(
            self.number[keep], self.target[keep], self.source[keep], self.value[keep], self.count, self.size
        )

    @property
    def first_of_jump(self) -> Integers:
        """For every element, which is the first one of its jump."""
        return np.asarray(np.searchsorted(self.number, self.number))

    def matrices(self) -> tuple[sp.csr_array, ...]:
        """The jumps as sparse matrices."""
        stop = np.searchsorted(self.number, np.arange(self.count + 1))
        pieces = [slice(*ends) for ends in zip(stop[:-1].tolist(), stop[1:].tolist(), strict=True)]
        return tuple(csr(self.target[p], self.source[p], self.value[p], self.size) for p in pieces)

    def by_jumps(self, elements: int) -> Iterator[JumpEntries]:
        """Pieces of whole jumps with at most `elements` elements where a single jump does not have more."""
        ends = np.searchsorted(self.number, np.arange(self.count), side="right")
        start = 0
        while start < self.number.size:
            fitting = ends[(ends > start) & (ends <= start + elements)]
            stop = int(fitting[-1]) if fitting.size else int(ends[ends > start][0])
            yield self.select(slice(start, stop))
            start = stop

    def decay(self) -> sp.csr_array:
        """Σ L†L, (size, size)."""
        return self._squared(self.value)

    def coherent_pattern(self) -> sp.csr_array:
        """Σ |L|ᵀ|L| with moduli taken element by element, (size, size): L†L without accidental zeros."""
        return self._squared(np.abs(self.value))

    def _squared(self, values: Complexes | Floats) -> sp.csr_array:
        rows, shape = self.number * self.size + self.target, (max(self.count, 1) * self.size, self.size)
        stacked = sp.csr_array((values, (rows, self.source)), shape=shape)
        return sp.csr_array(stacked.conj().T @ stacked)
