"""The elements of all jumps of a model in one list: a network has dozens of jumps, each with few elements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Booleans, Complexes, Floats, Integers


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

    def select(self, keep: Booleans | slice) -> JumpEntries:
        """Only the elements marked."""
        return JumpEntries(
            self.number[keep], self.target[keep], self.source[keep], self.value[keep], self.count, self.size
        )

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
