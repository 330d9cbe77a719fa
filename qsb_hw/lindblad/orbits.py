"""Generators of models that a permutation of the basis states leaves as they are, such as a ring of equal oscillators.

Then ρ can be taken to be the same after the permutation, and it is block diagonal in the momentum k besides the
sectors: with g the order of the permutation and ℓ the length of the orbit A that starts at a,
|A, k⟩ = Σ_p e^{2πikp/g} |a shifted p times⟩/√ℓ for all k with kℓ a multiple of g. Blocks are g times smaller. H_eff and
its inverse act on these; the jumps, which are sparse where the basis states are, act on ρ(a, s), one row for each
orbit, which a Fourier transform leads to and back from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.jumps import Entries, sums
from qsb_hw.lindblad.pattern import PAIRED_AT_ONCE, fastest
from qsb_hw.lindblad.sectors import Sectors
from qsb_hw.lindblad.space import BlockSpace, Reals, transposition, unpack

PAIR_BYTES = 60.0
"""Of every pair of jump elements: row, column and value, twice while they are sorted."""


@dataclass(frozen=True, eq=False)
class Orbits:
    """Orbits of the basis states under a permutation that leaves every one of `sectors` to itself.

    `shifted`, (g, D), has every state after 0 … g − 1 permutations; `first` is the state that its orbit begins with,
    `step` how many permutations lead from there to it, `length` that of the orbit, each (D,).
    """

    sectors: Sectors
    shifted: Integers
    first: Integers
    step: Integers
    length: Integers

    @classmethod
    def of(cls, shift: Integers, sectors: Sectors) -> Orbits | None:
        """Orbits under a permutation, (D,); None where it takes one sector to another."""
        if not np.array_equal(sectors.labels[shift], sectors.labels):
            return None
        start = np.arange(shift.size)
        powers = [start]
        while not np.array_equal(after := shift[powers[-1]], start):
            powers.append(after)
        shifted = np.array(powers)
        first = shifted.min(axis=0)
        step = np.argmax(shifted[-np.arange(len(powers))] == first, axis=0)
        return cls(sectors, shifted, first, step, len(powers) // np.sum(shifted == start, axis=0))

    @property
    def order(self) -> int:
        """Order g of the permutation."""
        return int(self.shifted.shape[0])

    @cached_property
    def momentum(self) -> Integers:
        """The k of the |A, k⟩ that has the number of a state of the orbit: an orbit has as many of them as states."""
        return np.asarray(self.step * (self.order // self.length))

    @cached_property
    def momentum_sectors(self) -> Sectors:
        """Sectors of the states |A, k⟩: those of the basis states, divided by momentum."""
        labels = np.unique(self.sectors.labels * self.order + self.momentum, return_inverse=True)[1]
        return Sectors(labels, (np.unique(labels),))

    @cached_property
    def space(self) -> BlockSpace:
        """Layout of these."""
        return BlockSpace.over(self.momentum_sectors)

    @cached_property
    def _layout(self) -> tuple[Integers, Integers, Integers]:
        """Of every state: where its sector starts in an array of elements, orbits in it, number of its orbit there."""
        labels, begins = self.sectors.labels, np.nonzero(self.step == 0)[0]
        begins = begins[np.argsort(labels[begins], kind="stable")]
        count = np.bincount(labels[begins], minlength=self.sectors.count)
        number = np.empty(labels.size, dtype=np.int64)
        number[begins] = np.arange(begins.size) - (np.cumsum(count) - count)[labels[begins]]
        stop = np.cumsum(self.order * count**2)
        return (stop - self.order * count**2)[labels], count[labels], number[self.first]

    @cached_property
    def parts(self) -> list[slice]:
        """Where each sector lies in an array of elements, (g, orbits²) of it."""
        start, count, _ = self._layout
        ends = np.unique(np.stack([start, start + self.order * count**2]), axis=1)
        return [slice(*end) for end in ends.T.tolist()]

    @property
    def size(self) -> int:
        """Elements ρ(a, s), with room for more where orbits are short."""
        return int(self.parts[-1].stop)

    def entry(self, step: Integers, one: Integers, other: Integers) -> Integers:
        """Place of an element between the orbits of two states, a number of steps or a momentum apart."""
        start, count, number = self._layout
        return np.asarray(start[one] + (step * count[one] + number[one]) * count[one] + number[other])

    def between(self, one: Integers, other: Integers) -> Integers:
        """Place of the element of two states of a matrix that is the same after the permutation."""
        return self.entry((self.step[other] - self.step[one]) % self.length[other], one, other)

    @cached_property
    def places(self) -> Integers:
        """Place of every element of the packed layout, by its momentum."""
        out = np.empty(self.space.size, dtype=np.int64)
        for batch in self.space.batches:
            row, col = batch.states[:, :, None], batch.states[:, None, :]
            batch.of(out)[...] = self.entry(self.momentum[row], row, col)  # type: ignore[type-var]
        return out

    def weight(self, one: Integers, other: Integers) -> Floats:
        """√(ℓ/ℓ′) of the orbits of two states."""
        return np.asarray(np.sqrt(self.length[one] / self.length[other]))

    def to_steps(self, flat: Complexes) -> Complexes:
        """√(ℓℓ′) ρ(a, s) of matrix elements by momentum."""
        out = np.zeros(self.size, dtype=flat.dtype)
        out[self.places] = flat
        return self._turned(out, -1)

    def to_momenta(self, elements: Complexes) -> Complexes:
        """Matrix elements by momentum of √(ℓ/ℓ′) A(a, s)."""
        return np.asarray(self._turned(elements, 1)[self.places])

    def _turned(self, elements: Complexes, sign: int) -> Complexes:
        k = np.arange(self.order)
        waves = np.exp(sign * 2j * np.pi * k[:, None] * k / self.order).astype(elements.dtype)
        for part in self.parts:
            elements[part] = (waves @ elements[part].reshape(self.order, -1)).ravel()
        return elements

    @cached_property
    def turns(self) -> tuple[sp.csr_array, sp.csr_array]:
        """From a packed vector by momentum to √(ℓℓ′) ρ(a, s), and to matrix elements by momentum, as matrices."""
        k, own = np.arange(self.order), np.arange(self.space.size)
        waves = np.exp(2j * np.pi * k[:, None] * k / self.order)
        blocks = [
            sp.kron(sp.csr_array(waves), sp.eye_array((part.stop - part.start) // self.order)) for part in self.parts
        ]
        turn = sp.csr_array(sp.block_diag(blocks, format="csr"))
        rows = (np.tile(self.places, 2), np.concatenate([own, transposition(self.space)]))
        values = np.repeat([0.5 + 0.5j, 0.5 - 0.5j], own.size)
        spread = sp.csr_array((values, rows), shape=(self.size, own.size))
        return sp.csr_array(turn.conj() @ spread), sp.csr_array(turn[self.places])

    def generator(self, elements: Elements) -> BlockGenerator:
        """The generator of a model on matrices that are the same after the permutation."""
        total = Entries.total(
            [Entries.diagonal(elements.energies), elements.hopping, -0.5j * Entries.of(elements.jump_entries.decay())]
        )
        kept = self.step[total.row] == 0
        row, col, value = total.row[kept], total.col[kept], total.value[kept]
        matrix = sums(self.between(row, col), value * self.weight(row, col), self.size)
        flat, effective = self.to_momenta(matrix), []
        for batch in self.space.batches:
            block = batch.of(flat)
            block -= np.einsum("bii->b", block.real)[:, None, None] / batch.size * np.eye(batch.size)
            effective.append(block)
        feeding: Any = OrbitFeeding(self, self._jumps(elements))
        return BlockGenerator(self.space, tuple(effective), feeding, fastest(elements.jump_entries) or 1.0)

    def _jumps(self, elements: Elements) -> sp.csr_array:
        """Σ L·L† on the elements ρ(a, s)."""
        entries, index = elements.jump_entries, np.int32 if self.size < np.iinfo(np.int32).max else np.int64
        value = entries.value if entries.value.imag.any() else entries.value.real
        row, col, data = [np.zeros(0, dtype=index)], [np.zeros(0, dtype=index)], [value[:0]]
        for one, other in self._pairs(elements):
            target, source = ((part[one], part[other]) for part in (entries.target, entries.source))
            row.append(self.between(*target).astype(index))
            col.append(self.between(*source).astype(index))
            shared = np.sqrt(self.length[source[0]] * self.length[source[1]])
            data.append(value[one] * value[other].conj() * self.weight(*target) / shared)
        shape = (self.size, self.size)
        return sp.csr_array((np.concatenate(data), (np.concatenate(row), np.concatenate(col))), shape=shape)

    def _pairs(self, elements: Elements) -> Iterator[tuple[Integers, Integers]]:
        """Pairs of elements of one jump from one sector of which the first ends where an orbit begins."""
        entries = elements.jump_entries
        groups = entries.number * self.sectors.count + self.sectors.labels[entries.source]
        order = np.argsort(groups, kind="stable")
        ones = np.nonzero(self.step[entries.target] == 0)[0]
        begin, end = (np.searchsorted(groups[order], groups[ones], side=side) for side in ("left", "right"))
        mates = end - begin
        require_memory(PAIR_BYTES * float(mates.sum()), "The jumps between orbits", "Keep fewer levels or oscillators.")
        pieces = np.cumsum(mates) // PAIRED_AT_ONCE
        for piece in np.split(np.arange(ones.size), np.nonzero(np.diff(pieces))[0] + 1):
            number = mates[piece]
            within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
            yield np.repeat(ones[piece], number), order[np.repeat(begin[piece], number) + within]

    def gathered(self, flat: Floats, space: BlockSpace) -> Floats:
        """The packed matrix by momentum of one packed over the sectors of the basis states."""
        elements = np.zeros(self.size, dtype=complex)
        for batch in space.batches:
            matrix = unpack(batch.of(flat))
            for states, block in zip(batch.states, matrix, strict=True):
                begins = np.nonzero(self.step[states] == 0)[0]
                row, col = states[begins][:, None], states[None, :]
                elements[self.between(row, col)] = self.weight(row, col) * block[begins]
        found = self.to_momenta(elements)
        return np.asarray(found.real + found.imag)

    def spread(self, flat: Floats, space: BlockSpace) -> Floats:
        """The packed matrix over the sectors of the basis states of one packed by momentum."""
        elements = self.to_steps(_unpacked(flat, self.space))
        out = np.empty(space.size)
        for batch in space.batches:
            for states, block in zip(batch.states, batch.of(out), strict=True):
                row, col = states[:, None], states[None, :]
                found = elements[self.between(row, col)] / np.sqrt(self.length[row] * self.length[col])
                block[...] = found.real + found.imag
        return out


@dataclass(frozen=True, slots=True, eq=False)
class OrbitFeeding:
    """J on packed vectors by momentum: to the elements ρ(a, s), on which `matrix` acts, and back."""

    orbits: Orbits
    matrix: sp.csr_array

    def astype(self, kind: type[np.floating[Any]]) -> OrbitFeeding:
        """The same in another precision."""
        imaginary = self.matrix.dtype.kind == "c"
        return replace(self, matrix=self.matrix.astype(np.result_type(kind, np.complex64) if imaginary else kind))

    def __matmul__(self, flat: Reals) -> Reals:
        elements = self.orbits.to_steps(_unpacked(flat, self.orbits.space))
        if self.matrix.dtype.kind == "f":  # a real matrix takes real and imaginary parts side by side
            fed = (self.matrix @ elements.view(flat.dtype).reshape(-1, 2)).ravel().view(elements.dtype)
        else:
            fed = np.asarray(self.matrix @ elements)
        found = self.orbits.to_momenta(fed)
        return np.asarray(found.real + found.imag)

    def assembled(self) -> sp.csr_array:
        """The same as one real sparse matrix."""
        there, back = self.orbits.turns
        whole = (back @ (self.matrix @ there)).tocsr()
        found = sp.csr_array(whole.real + whole.imag)
        found.data[np.abs(found.data) < 1e-14 * np.abs(found.data).max(initial=0.0)] = 0.0
        found.eliminate_zeros()
        return found


def _unpacked(flat: Reals, space: BlockSpace) -> Complexes:
    """Elements of Hermitian blocks, in the order and the precision of the packed vector."""
    out = np.empty(flat.size, dtype=np.result_type(flat.dtype, np.complex64))
    for batch in space.batches:
        packed = batch.of(flat)
        turned, whole = packed.swapaxes(-1, -2), batch.of(out)
        whole.real, whole.imag = (packed + turned) / 2, (packed - turned) / 2
    return out
