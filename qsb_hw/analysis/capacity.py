"""What a complete network would take, told before anything starts."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from qsb_hw.errors import CapacityError
from qsb_hw.lindblad.capacity import available_memory
from qsb_hw.lindblad.iterative import FEWEST_VECTORS, SylvesterGMRES
from qsb_hw.model.build import LARGEST_SPACE, oscillator_charge
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.units import show_time

STEPS = 40
"""Krylov steps that a network usually takes, those behind the error bound among them."""
PRODUCTS = 4
"""Products of matrices in a step, each of 8 D³ operations in a sector of D states."""
DIAGONALISING = 200
"""D³ operations, complex and in double precision, that preparing a sector takes."""
GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """States, memory in bytes and time in s that a steady state takes, by the sizes of its symmetry sectors."""

    states: int
    memory: float
    seconds: float

    @property
    def words(self) -> str:
        """The estimate in one line."""
        return f"{self.states} states, about {self.memory / GIB:.2g} GiB and {show_time(self.seconds, 2)}"

    def require(self) -> None:
        """Raise `CapacityError` where the memory is not free."""
        free = available_memory()
        if self.states > LARGEST_SPACE or self.memory > free:
            raise CapacityError(
                f"A complete network must fit in memory, but {self.words} are needed, and {free / GIB:.3g} GiB and "
                f"{LARGEST_SPACE} states are there. Take fewer nodes, fewer levels (`pair_levels`), or the network "
                "with its baths eliminated."
            )


def estimate_of(nodes: Sequence[SelfOscillator]) -> Estimate:
    """What the steady state of some complete nodes takes: sectors are those of equal charge."""
    blocks = np.ones(1)
    for node in nodes:
        charge = oscillator_charge(Network([node], [[0.0]]), 0)
        blocks = np.convolve(blocks, np.bincount(charge - charge.min()).astype(float))
    size, cubes = float((blocks**2).sum()), float((blocks**3).sum())
    solver = SylvesterGMRES()
    operations = cubes * (8 * PRODUCTS * STEPS + DIAGONALISING)
    return Estimate(
        states=math.prod(dim for node in nodes for dim in node.dims),
        memory=float(solver.memory(int(min(size, 1e15)), FEWEST_VECTORS, blocks.max() >= solver.single_above)),
        seconds=operations / _speed(),
    )


@cache
def _speed() -> float:
    """Operations per second of products of complex matrices in single precision on every core, measured once."""
    matrix = np.ones((400, 400), dtype=np.complex64)
    matrix @ matrix
    best = math.inf
    for _ in range(3):
        start = time.perf_counter()
        matrix @ matrix
        best = min(best, time.perf_counter() - start)
    return 8 * 400**3 / best
