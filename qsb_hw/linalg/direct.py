"""Steady states by sparse LU, for what is small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import GENERATOR_BYTES, BlockSpace
from qsb_hw.linalg.task import OperationCounts, Outcome, Task

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SparseDirect:
    """Sparse LU of L with the trace in the place of one redundant row; for what is small."""

    def least_memory(self, space: BlockSpace) -> float:
        """Bytes without which it cannot work; what the factors fill in comes on top and is not known before."""
        return GENERATOR_BYTES * space.size

    def solve(self, task: Task) -> Outcome:
        """Solve, and judge uniqueness by the smallest singular value."""
        space, rate = task.generator.space, task.generator.rate
        row = int(space.diagonal[np.argmax(task.guess[space.diagonal])])
        matrix = _with_trace_row(task.generator.matrix() / rate, row, space.diagonal)
        rhs = np.zeros(space.size)
        rhs[row] = 1.0
        counts = OperationCounts(factorisations=1)
        try:
            factors = spla.splu(matrix)
        except RuntimeError:  # exactly singular
            return Outcome(task.guess, False, False, counts)
        flat = factors.solve(rhs)
        flat += factors.solve(rhs - matrix @ flat)
        unique = _smallest_singular_value(factors, space.size) > 1e-13 * float(abs(matrix).max())
        return Outcome(flat, unique, bool(np.all(np.isfinite(flat))), counts)


def _with_trace_row(matrix: sp.csr_array, row: int, diagonal: Integers) -> sp.csc_array:
    """One row of the generator, redundant because the trace is conserved, replaced by the trace."""
    matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]] = 0
    ones = (np.ones(diagonal.size), (np.full(diagonal.size, row), diagonal))
    return sp.csc_array(matrix + sp.csr_array(ones, shape=matrix.shape))


def _smallest_singular_value(factors: Any, size: int) -> float:
    vector = np.random.default_rng(size).standard_normal(size)
    norm = 0.0
    for _ in range(4):
        vector /= np.linalg.norm(vector)
        vector = factors.solve(factors.solve(vector), trans="T")
        norm = float(np.linalg.norm(vector))
        if not np.isfinite(norm):
            return 0.0
    return float(1 / np.sqrt(norm))
