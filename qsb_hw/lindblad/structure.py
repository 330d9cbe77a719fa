"""What follows from where a model has nonzero elements, and not from what they are.

Sectors, layout, places of elements and the work of a factorisation are the same for all points of a sweep, all samples
of a scatter and all temperatures. They are worked out once for each shape and kept for the shapes used last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from qsb_hw._typing import Booleans, Integers
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.jumps import Entries, JumpEntries
from qsb_hw.lindblad.pattern import Pattern, count_pairs
from qsb_hw.lindblad.sectors import Sectors, sectors_of
from qsb_hw.lindblad.space import BlockSpace

SHAPES_KEPT = 32
"""Shapes whose structure is kept, those used last."""
ELEMENTS_KEPT = 50_000
"""Elements of H and the jumps together up to which a structure is kept at all."""

FEEDING_BYTES = 100
"""Of every pair of elements of a jump: its row, its column and its value, twice while they are joined."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Places of nonzero elements: those of H beside the diagonal, and those of the jumps.

    `turning` and `phases`: whether an element of H is real, imaginary or both, and whether one of a jump has a phase
    beside the first of its jump: that decides which elements of a generator on packed vectors are zero.
    """

    size: int
    row: Integers
    col: Integers
    turning: tuple[Booleans, Booleans]
    number: Integers
    target: Integers
    source: Integers
    phases: Booleans
    count: int

    @classmethod
    def of(cls, elements: Elements) -> Shape:
        """Shape of a model."""
        hopping, jumps = elements.hopping, elements.jump_entries
        turning = (hopping.value.real != 0, hopping.value.imag != 0)
        if jumps.value.imag.any():
            phases = (jumps.value * jumps.value[jumps.first_of_jump].conj()).imag != 0
        else:
            phases = np.zeros(jumps.value.size, dtype=bool)
        places = (jumps.number, jumps.target, jumps.source)
        return cls(elements.size, hopping.row, hopping.col, turning, *places, phases, jumps.count)

    @cached_property
    def _key(self) -> tuple[object, ...]:
        arrays = (self.row, self.col, *self.turning, self.number, self.target, self.source, self.phases)
        return self.size, self.count, *(array.tobytes() for array in arrays)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and self._key == other._key

    def example(self) -> Elements:
        """A model of this shape, with random elements."""
        rng = np.random.default_rng(0)

        def drawn(real: Booleans, imaginary: Booleans) -> np.ndarray:
            one, other = rng.uniform(1, 2, (2, real.size))
            return np.asarray(one * real + 1j * other * imaginary)

        hopping = Entries(self.row, self.col, drawn(*self.turning), self.size)
        value = drawn(np.ones(self.phases.size, dtype=bool), self.phases)
        jumps = JumpEntries(self.number, self.target, self.source, value, self.count, self.size)
        return Elements(rng.uniform(1, 2, self.size), hopping, jumps)


@dataclass(frozen=True, eq=False)
class Structure:
    """Sectors of all models of one shape, and where their elements go in packed vectors."""

    shape: Shape
    sectors: Sectors

    @cached_property
    def space(self) -> BlockSpace:
        """Layout of the sectors."""
        return BlockSpace.over(self.sectors)

    @cached_property
    def memory(self) -> float:
        """Bytes that the jumps' part of a generator, Σ_L L·L†, takes while it is put together."""
        return FEEDING_BYTES * count_pairs(self.shape.example().jump_entries, self.space)

    @cached_property
    def pattern(self) -> Pattern:
        """Places of the elements."""
        return Pattern.of(self.shape.example(), self.space)

    @cached_property
    def _work(self) -> float:
        return BlockGenerator.on(self.pattern, self.shape.example()).factorisation_work()

    def work(self) -> float:
        """Multiplications of an LU of a generator of this shape, an estimate."""
        return self._work

    def generator(self, elements: Elements) -> BlockGenerator:
        """Generator of a model of this shape."""
        return BlockGenerator.on(self.pattern, elements, self.work)


def structure_of(elements: Elements, directions: Sequence[Elements] = ()) -> Structure:
    """Structure of a model, or of all models with any amount of the directions added to H."""
    shape = Shape.of(elements.joined(directions) if directions else elements)
    if shape.row.size + shape.source.size > ELEMENTS_KEPT:
        return _worked_out(shape)
    return _kept(shape)


@lru_cache(maxsize=SHAPES_KEPT)
def _kept(shape: Shape) -> Structure:
    return _worked_out(shape)


def _worked_out(shape: Shape) -> Structure:
    return Structure(shape, sectors_of(shape.example()))
