"""Operators and models as lists of their nonzero elements, put together by index arithmetic.

An operator of one part of a product space has the same few elements wherever the other parts are: their positions are
sums of multiples of strides. No Kronecker product is formed, and a sparse matrix only where one is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.jumps import Entries, JumpEntries


def embedded(operators: dict[int, Entries], dims: Sequence[int]) -> Entries:
    """Operator on ⊗ dims that acts as given on the named factors and as identity elsewhere, first factor slowest."""
    row = col = np.zeros(1, dtype=np.int64)
    value = np.ones(1, dtype=complex)
    free = 1  # factors in between on which nothing acts are one
    for k, size in enumerate(dims):
        if k not in operators:
            free *= size
            continue
        part = operators[k]
        row, col, value = _beside(row, col, value, free)
        row, col = (_outer(one, part.size, other) for one, other in ((row, part.row), (col, part.col)))
        value = (value[:, None] * part.value[None, :]).ravel()
        free = 1
    row, col, value = _beside(row, col, value, free)
    return Entries(row, col, value, math.prod(dims))


def _outer(slow: Integers, size: int, fast: Integers) -> Integers:
    return np.asarray((slow[:, None] * size + fast[None, :]).ravel())


def _beside(row: Integers, col: Integers, value: Complexes, size: int) -> tuple[Integers, Integers, Complexes]:
    """With an identity on `size` states beside it."""
    if size == 1:
        return row, col, value
    states = np.arange(size)
    return _outer(row, size, states), _outer(col, size, states), np.repeat(value, size)


def embedded_jumps(sites: Sequence[JumpEntries]) -> JumpEntries:
    """The jumps of independent sites on their product space, first site slowest, numbered one site after the other."""
    total, before, first = math.prod(site.size for site in sites), 1, 0
    parts = []
    for site in sites:
        after = total // (before * site.size)
        rest = ((np.arange(before) * site.size * after)[:, None] + np.arange(after)[None, :]).ravel()
        target, source = ((one[:, None] * after + rest[None, :]).ravel() for one in (site.target, site.source))
        parts.append((np.repeat(site.number + first, rest.size), target, source, np.repeat(site.value, rest.size)))
        before, first = before * site.size, first + site.count
    number, target, source, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    return JumpEntries(number, target, source, value, first, total)


@dataclass(frozen=True, eq=False)
class Elements:
    """A Lindblad model by its elements.

    `energies`, (D,), is the diagonal of H, kept apart because it changes from point to point of a sweep and connects
    nothing; `hopping` is the rest of H, one element for each place.
    """

    energies: Floats
    hopping: Entries
    jump_entries: JumpEntries

    @classmethod
    def of(cls, hamiltonian: Entries | sp.csr_array, jumps: Sequence[sp.csr_array] | JumpEntries) -> Elements:
        """From the elements of H, several of one place adding up, and the jumps."""
        entries = hamiltonian if isinstance(hamiltonian, Entries) else Entries.of(hamiltonian)
        size, apart = entries.size, entries.row != entries.col
        energies = np.asarray(np.bincount(entries.row[~apart], entries.value[~apart].real, size), dtype=float)
        hopping = Entries(entries.row[apart], entries.col[apart], entries.value[apart], size).summed()
        found = jumps if isinstance(jumps, JumpEntries) else JumpEntries.of(jumps, size)
        return cls(energies, hopping, found)

    @classmethod
    def of_model(cls, model: Any) -> Elements:
        """Of a model that knows them, or of its matrices."""
        found = getattr(model, "elements", None)
        return found if isinstance(found, Elements) else cls.of(model.hamiltonian, model.jumps)

    @property
    def size(self) -> int:
        """Basis states."""
        return int(self.energies.size)

    @cached_property
    def hamiltonian(self) -> sp.csr_array:
        """H as a sparse matrix."""
        return Entries.total([Entries.diagonal(self.energies), self.hopping]).sparse()

    @cached_property
    def jumps(self) -> tuple[sp.csr_array, ...]:
        """Jumps as sparse matrices."""
        return self.jump_entries.matrices()

    def tilted(self, value: float, direction: Elements) -> Elements:
        """With H + value · that of `direction`."""
        hopping = self.hopping
        if direction.hopping.value.size:
            hopping = Entries.total([hopping, value * direction.hopping]).summed()
        return Elements(self.energies + value * direction.energies, hopping, self.jump_entries)

    def joined(self, directions: Iterable[Elements]) -> Elements:
        """The same with every element of the directions beside it, whatever their values add up to."""
        parts = [Entries(h.row, h.col, np.abs(h.value), h.size) for h in (d.hopping for d in (self, *directions))]
        return Elements(self.energies, Entries.total(parts).summed(), self.jump_entries)
