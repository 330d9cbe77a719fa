"""Steady states with certificate and observables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.arguments import index
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.space import BlockSpace
from qsb_hw.lindblad.task import OperationCounts, Solver
from qsb_hw.result import Certificate, Result, Status


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SteadyState(Result):
    """A steady state ρ with its certificate, and observables of it.

    Attributes
    ----------
    status, message : Status, str
        `CONVERGED` if the state is certified; if not, methods that give the state raise `ConvergenceError`.
    certificate : Certificate
        `residual`: ‖Lρ‖/(‖ρ‖·rate), Frobenius norms; rate is the largest total jump rate of a basis state.
        `error_bound`: on ‖ρ − ρ_true‖ (Frobenius norm), and so on every element of ρ and every population.
        `gap`: estimate of the slowest relaxation rate in the sectors of the state, in the unit of the rates: the decay
        rate of the mode nearest zero, or 1/‖L⁺‖ where that was not factorised. A residual r alone bounds the error by
        about r/gap and no better.
    lowest_eigenvalue : float
        Of ρ; not below zero but for rounding.
    solver, counts : object, OperationCounts
        The solver used, and what it cost.
    dims : tuple of int
        Dimensions of the subsystems.
    space, flat : BlockSpace, (Σ D_b²,) float
        Layout of the blocks, and ρ packed in it.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> lower = np.array([[0, 1], [0, 0]])
    >>> steady = qh.steady_state(qh.LindbladModel(0.5 * (lower + lower.T), [lower]))  # Rabi frequency 1, decay rate 1
    >>> steady.ok, steady.error_bound < 1e-6, round(steady.gap, 3)
    (True, True, 0.5)
    >>> steady.populations().round(4)
    array([0.6667, 0.3333])
    """

    status: Status
    message: str
    certificate: Certificate
    lowest_eigenvalue: float
    solver: Solver
    counts: OperationCounts
    dims: tuple[int, ...]
    space: BlockSpace
    flat: Floats

    def __repr__(self) -> str:
        size = int(np.prod(self.dims))
        return (
            f"SteadyState({self.status.value}, {size} states, error ≤ {self.error_bound:.1e}, "
            f"residual={self.residual:.1e}, gap={self.gap:.2e}, {type(self.solver).__name__}, {self.counts})"
        )

    @property
    def trace(self) -> float:
        """Trace of ρ, 1 up to rounding."""
        return self.space.trace(self.flat)

    @property
    def edge_populations(self) -> Floats:
        """Population of the highest level kept of every subsystem, shape (subsystems,)."""
        table = self.flat[self.space.diagonal].reshape(self.dims)
        return np.array([float(np.take(table, -1, axis=k).sum()) for k in range(len(self.dims))])

    def diagonal(self) -> Floats:
        """Populations of all basis states, shape (D,)."""
        return np.asarray(self.require().flat[self.space.diagonal])

    def populations(self, subsystem: int = 0) -> Floats:
        """Populations of one subsystem's levels, shape (dims[subsystem],)."""
        subsystem = index("The subsystem", subsystem, len(self.dims), "Count subsystems as in `dims`.")
        others = tuple(k for k in range(len(self.dims)) if k != subsystem)
        populations: Floats = self.diagonal().reshape(self.dims).sum(axis=others)
        return populations

    def expectation(self, operator: sp.sparray) -> complex:
        """Tr(ρ A) of a sparse operator, shape (D, D)."""
        self.require()
        entries = sp.coo_array(operator)
        offset = self.space.offset
        inside = offset[entries.row] == offset[entries.col]
        row, col = entries.row[inside], entries.col[inside]
        above = self.flat[self.space.position(col, row)]
        below = self.flat[self.space.position(row, col)]
        return complex(np.sum(entries.data[inside] * (above + below + 1j * (above - below))) / 2)

    def state(self) -> Complexes:
        """Density matrix, shape (D, D), dense."""
        self.require()
        size = int(np.prod(self.dims))
        require_memory(16.0 * size**2, "A dense density matrix", "Use populations or reduced states.")
        rho = np.zeros((size, size), dtype=complex)
        for states, block in self.space.blocks(self.flat):
            rho[np.ix_(states, states)] = block
        return rho

    def reduced(self, subsystems: Sequence[int]) -> Complexes:
        """Density matrix of a few subsystems, the others traced out, shape (d, d)."""
        self.require()
        kept, rest = split_index(self.dims, list(subsystems))
        size = int(np.prod([self.dims[k] for k in subsystems]))
        rho = np.zeros((size, size), dtype=complex)
        for states, block in self.space.blocks(self.flat):
            row, col = np.nonzero(rest[states][:, None] == rest[states][None, :])
            np.add.at(rho, (kept[states][row], kept[states][col]), block[row, col])
        return rho


def split_index(dims: tuple[int, ...], kept: list[int]) -> tuple[Integers, Integers]:
    """Of every basis state, its index within the kept subsystems and within the others."""
    digits = np.indices(dims).reshape(len(dims), -1)
    weights = np.zeros((2, len(dims)), dtype=np.int64)
    for row, which in enumerate((kept, [k for k in range(len(dims)) if k not in kept])):
        weights[row, which] = np.cumprod([1, *(dims[k] for k in reversed(which))])[-2::-1]
    first, second = weights @ digits
    return first, second
