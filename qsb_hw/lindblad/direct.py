"""Steady states by sparse LU, for what is small, and for what iteration cannot settle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from qsb_hw._typing import Floats
from qsb_hw.errors import CapacityError
from qsb_hw.lindblad.blocks import GENERATOR_BYTES, BlockGenerator
from qsb_hw.lindblad.certificate import ACCURACY, Sensitivity, bound_and_residual, check_accuracy, probe, traceless
from qsb_hw.lindblad.refine import refined
from qsb_hw.lindblad.rightmost import arnoldi
from qsb_hw.lindblad.space import BlockSpace
from qsb_hw.lindblad.task import OperationCounts, Outcome, Task

SHIFT = 1e-13
"""Shift, relative to the fastest rate, that lets an exactly singular generator be factorised."""
SMALL = 600
"""Matrix elements up to which a factorisation is cheap whatever its pattern."""
LARGEST = 20_000
"""Matrix elements beyond which no factorisation is tried."""
POWER_ROUNDS, ARNOLDI_STEPS = 4, 6
"""Steps of the two iterations behind an error bound."""


def factorisable(generator: BlockGenerator, work: float) -> bool:
    """Whether an LU of L takes no more than so many multiplications."""
    size = generator.space.size
    if size <= SMALL or not work:
        return work > 0
    return size <= LARGEST and generator.factorisation_work() <= work


@dataclass(frozen=True, slots=True)
class SparseDirect:
    """Sparse LU of L with the trace added to one row, and iterative refinement where relaxation is slow.

    For small problems, and for those on which GMRES stagnates.

    Attributes
    ----------
    accuracy : float
        Error bound to reach. Where rounding prevents it, residuals are formed in twice the working precision.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> lower = np.array([[0, 1], [0, 0]])
    >>> steady = qh.steady_state(qh.LindbladModel(lower + lower.T, [lower]), qh.SparseDirect(accuracy=1e-10))
    >>> steady.ok, steady.counts.factorisations
    (True, 1)
    """

    accuracy: float = ACCURACY

    def __post_init__(self) -> None:
        check_accuracy(self.accuracy)

    def least_memory(self, space: BlockSpace) -> float:
        """Bytes without which it cannot work; what the factors fill in comes on top and is not known before."""
        return GENERATOR_BYTES * space.size

    def solve(self, task: Task) -> Outcome:
        """Solve, and bound the error."""
        generator, space = task.generator, task.generator.space
        factors = Factors.of(generator, int(space.diagonal[np.argmax(task.guess[space.diagonal])]))
        found, flat, counts = factors.sensitivity(), factors.steady(), OperationCounts(factorisations=1)
        if factors.singular or found.unresolved(generator) or not np.all(np.isfinite(flat)):
            return Outcome.unresolved(space, found, counts)
        bound, residual = bound_and_residual(generator, flat, found.amplification)
        outcome = Outcome(flat, bound, found, True, counts, residual=residual)
        if outcome.error_bound > self.accuracy:
            return refined(task, outcome, factors.solve, self.accuracy)
        return outcome


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """LU of L + e_row Tr: regular where the steady state is unique, and L itself on traceless vectors.

    Where it is exactly singular that is said, and the factors are those of a matrix shifted by `SHIFT`.
    """

    generator: BlockGenerator
    matrix: sp.csc_array
    row: int
    lu: Any
    singular: bool

    @classmethod
    def of(cls, generator: BlockGenerator, row: int) -> Factors:
        """Factorise a generator, in units of its fastest rate, with the trace added to one row."""
        space = generator.space
        ones = (np.ones(space.diagonal.size), (np.full(space.diagonal.size, row), space.diagonal))
        matrix = sp.csc_array(generator.matrix() / generator.rate + sp.csr_array(ones, shape=(space.size, space.size)))
        try:
            return cls(generator, matrix, row, spla.splu(matrix), False)
        except MemoryError as error:
            raise CapacityError(
                f"The factors of a generator with {space.size} matrix elements must fit in memory, but do not. "
                "Keep fewer levels, or use `SylvesterGMRES()`."
            ) from error
        except RuntimeError:
            shifted = sp.csc_array(matrix - SHIFT * sp.eye_array(space.size, format="csc"))
            return cls(generator, matrix, row, spla.splu(shifted), True)

    def steady(self) -> Floats:
        """The steady state, packed, of trace one."""
        rhs = np.zeros(self.generator.space.size)
        rhs[self.row] = 1.0
        flat = self.lu.solve(rhs)
        flat += self.lu.solve(rhs - self.matrix @ flat)
        return np.asarray(flat / self.generator.space.trace(flat))

    def solve(self, defect: Floats) -> Floats:
        """L⁺ on traceless packed vectors."""
        return np.asarray(self.lu.solve(defect / self.generator.rate))

    def sensitivity(self) -> Sensitivity:
        """‖L⁺‖ by power iteration on L⁺ᵀL⁺, then the eigenvalue nearest zero by Arnoldi's method."""
        space = self.generator.space
        if space.size == 1:
            return Sensitivity(0.0, float("inf"), np.zeros(1))
        vector = probe(space)
        image, size = vector, 0.0
        for _ in range(POWER_ROUNDS):
            image = self.solve(vector / np.linalg.norm(vector))
            size = float(np.linalg.norm(image))
            if not 0 < size < np.inf:
                return Sensitivity(float("inf"), 0.0, vector)
            vector = traceless(space, np.asarray(self.lu.solve(image, trans="T") / self.generator.rate))
        steps = min(ARNOLDI_STEPS, space.size - 1)
        start = np.asarray(image / size, dtype=complex)
        small = arnoldi(lambda v: self.solve(traceless(space, v.real)).astype(complex), start, steps)[1]
        values = np.linalg.eigvals(small)
        nearest = complex(values[np.argmax(np.abs(values))])
        return Sensitivity(size, float(-(1 / nearest).real) if nearest else float("inf"), image)
