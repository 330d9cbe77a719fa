"""States in the course of time, and what is seen of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import index, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.evolution import Motion
from qsb_hw.lindblad.result import SteadyState, split_index
from qsb_hw.lindblad.space import pairs_within_groups
from qsb_hw.model.build import exchange_operator
from qsb_hw.model.lindblad import LindbladModel
from qsb_hw.model.network import Network
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.phase import PhaseDistribution, highest


@dataclass(frozen=True, eq=False, kw_only=True)
class Evolution(Result):
    """A state in the course of time, with a bound on its error.

    Oscillators are those of the network, or the subsystems of a model.

    Attributes
    ----------
    status, message : Status, str
        `CONVERGED` where the error that was added to the initial state's is below the accuracy asked for.
    times : (k,) float
        In the inverse unit of the rates.
    accuracy : float
        What was asked for.
    model : LindbladModel
        What was evolved.
    network : Network or None
        Where a network was.
    steady : SteadyState or None
        The certified steady state it ends in, where there is one.
    motion : Motion
        The states, in a few directions.
    subsystems : tuple of int
        Position of every oscillator among the subsystems.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> lower = np.array([[0, 1], [0, 0]])
    >>> found = qh.evolve(qh.LindbladModel(0 * lower, [lower]), [0.0, 1.0], initial=np.array([0.0, 1.0]))
    >>> found.ok, found.populations(0)[:, 1].round(4)
    (True, array([1.    , 0.3679]))
    """

    status: Status
    message: str
    times: Floats
    accuracy: float
    model: LindbladModel
    network: Network | None
    steady: SteadyState | None
    motion: Motion
    subsystems: tuple[int, ...]

    def __repr__(self) -> str:
        return (
            f"Evolution({self.status.value}, {self.times.size} times up to {self.times[-1]:.3g}, "
            f"{self.model.size} states, error ≤ {self.error:.1e}, {self.motion.directions} directions)"
        )

    @property
    def error(self) -> float:
        """Bound on ‖ρ − ρ_true‖₁ (trace norm) at every time, and so on every population."""
        return self.motion.error

    @property
    def certificate(self) -> Certificate:
        """The error bound, and the gap of the steady state it ends in."""
        gap = math.nan if self.steady is None else self.steady.certificate.gap
        return Certificate(error_bound=self.error, gap=gap)

    def _number(self, number: int) -> int:
        hint = "Times are counted from 0, or from −1 backwards."
        found = whole("A time", number, hint, least=-self.times.size, most=self.times.size - 1)
        return found % self.times.size

    def _position(self, oscillator: int) -> int:
        what = "The oscillator" if self.network is not None else "The subsystem"
        return self.subsystems[index(what, oscillator, len(self.subsystems), "They are counted from 0.")]

    def populations(self, oscillator: int = 0) -> Floats:
        """Level populations of one oscillator, (times, levels)."""
        subsystem = self._position(oscillator)
        level = np.indices(self.model.dims).reshape(len(self.model.dims), -1)[subsystem]
        states = np.arange(self.model.size)
        ones = np.ones(states.size, dtype=complex)
        return self.motion.sums(level, states, states, ones, self.model.dims[subsystem]).real

    def phase_distribution(self, first: int, second: int, number: int = -1) -> PhaseDistribution:
        """Distribution of the relative phase of two oscillators at time `times[number]` (Lörch 2017 Eq. 6)."""
        return PhaseDistribution(self._harmonics(first, second)[self._number(number)])

    def synchronization(self, first: int, second: int) -> Floats:
        """S = 2π max P(φ) − 1 of two oscillators, (times,)."""
        return highest(self._harmonics(first, second))

    def expect(self, operator: sp.sparray | Complexes) -> Complexes:
        """Tr(ρ A) of an operator (D, D), (times,)."""
        entries = sp.coo_array(_matrix(operator, self.model.size))
        row, col = entries.coords
        return self.motion.sums(np.zeros(row.size, dtype=np.int64), col, row, entries.data, 1)[:, 0]

    def cross_correlation(self, first: int, second: int) -> Complexes:
        """⟨a_i†a_j⟩ with the ladders' exchange operators, (times,); `ArgumentError` where there is no network."""
        require(self.network is not None, "⟨a_i†a_j⟩ must be of a network", "a model", "Use `.expect(operator)`.")
        assert self.network is not None
        return self.expect(exchange_operator(self.network, first, second))

    def state(self, number: int) -> Complexes:
        """Density matrix at time `times[number]`, dense, (D, D)."""
        require_memory(16.0 * self.model.size**2, "A dense density matrix", "Use populations.")
        return np.asarray(self.motion.matrix(self._number(number)).toarray())

    def reduced(self, oscillators: Sequence[int], number: int = -1) -> Complexes:
        """Density matrix of a few oscillators at time `times[number]`, everything else traced out, (d, d)."""
        kept, rest = split_index(self.model.dims, [self._position(k) for k in oscillators])
        size = int(np.prod([self.model.dims[self._position(k)] for k in oscillators]))
        row, col = pairs_within_groups(rest)
        group = kept[row] * size + kept[col]
        sums = self.motion.sums(group, row, col, np.ones(row.size, dtype=complex), size**2)
        return np.asarray(sums[self._number(number)].reshape(size, size))

    def pair_state(self, first: int, second: int, number: int = -1) -> Complexes:
        """Density matrix of two oscillators at time `times[number]`, shape (n_i n_j, n_i n_j)."""
        require(first != second, "A pair must be made of two different oscillators", f"{first} and {second}", "")
        return self.reduced((first, second), number)

    @property
    def final(self) -> Complexes:
        """Density matrix at the last time: `initial` of what comes next."""
        return self.state(-1)

    def _harmonics(self, first: int, second: int) -> Complexes:
        """c_k of the relative phase at every time, (times, harmonics)."""
        require(first != second, "A phase must be relative to another oscillator", f"{first} and {second}", "Name two.")
        i, j = self._position(first), self._position(second)
        dims = self.model.dims
        digits = np.indices(dims).reshape(len(dims), -1)
        fixed = [np.where(np.isin(k, (i, j)), 0, digits[k]) for k in range(len(dims))]
        key = np.ravel_multi_index(tuple(fixed), dims) * (dims[i] + dims[j]) + digits[i] + digits[j]
        row, col = pairs_within_groups(key)
        order = digits[i][col] - digits[i][row]
        row, col, order = row[order > 0], col[order > 0], order[order > 0]
        found = self.motion.sums(order, row, col, np.ones(order.size, dtype=complex), min(dims[i], dims[j]))
        found[:, 0] = 1
        return found


def _matrix(operator: sp.sparray | Complexes, size: int) -> sp.csr_array:
    matrix = sp.csr_array(operator.to("csr").data.as_scipy() if hasattr(operator, "to") else operator)
    require(matrix.shape == (size, size), f"An operator must be {size} × {size}", f"{matrix.shape}", "Embed it.")
    return matrix
