"""A solved network."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.lindblad.operators import embed
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.task import Solver
from qsb_hw.model.display import html_tables
from qsb_hw.model.network import Network
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.phase import PhaseDistribution, relative_phase, synchronizations_of


@dataclass(frozen=True, eq=False, kw_only=True)
class SyncSolution(Result):
    """Steady state of a network with its certificate.

    Attributes
    ----------
    network : Network
        What was solved.
    steady : SteadyState
        The state in its symmetry sectors.
    truncation_error : float
        Largest error that finite ladders leave in any population, any pair's S and c_1
        (`qsb_hw.sync.truncation`). Worked out when it is first asked for, from the network with other ladders; NaN
        where the solution did not converge, `estimate_truncation` was False, or there is neither a shorter ladder that
        holds the stabilised levels and their neighbours nor a longer one.
    resolve : callable, optional
        Solves the network with other ladders, as this one was solved.
    subsystems : tuple of int
        Position of every oscillator among the subsystems of `steady`.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=5)
    >>> solution = qh.steady_state(qh.Network([one, one.detuned(20)], [[0, 0.3], [0.3, 0]]))
    >>> print(f"{solution.synchronization(0, 1):.3f} {abs(solution.cross_correlation(0, 1)):.3f}")
    0.333 0.234
    """

    network: Network
    steady: SteadyState
    subsystems: tuple[int, ...]
    resolve: Callable[[Network], SyncSolution] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"SyncSolution({self.network!r}, {self.steady!r})"

    @cached_property
    def truncation_error(self) -> float:
        """Largest error that finite ladders leave in any population, any pair's S and c_1."""
        from qsb_hw.sync.truncation import truncation_error

        return truncation_error(self, self.resolve) if self.resolve is not None and self.ok else math.nan

    @property
    def status(self) -> Status:
        """How the solve ended."""
        return self.steady.status

    @property
    def message(self) -> str:
        """What happened and what to do about it."""
        return self.steady.message

    @property
    def certificate(self) -> Certificate:
        """Residual, error bound and gap of the steady state."""
        return self.steady.certificate

    @property
    def solver(self) -> Solver:
        """The solver used."""
        return self.steady.solver

    def populations(self, oscillator: int) -> Floats:
        """Level populations of one oscillator, shape (levels,)."""
        self.network.oscillator(oscillator)
        return self.steady.populations(self.subsystems[oscillator])

    def phase_distribution(self, first: int, second: int) -> PhaseDistribution:
        """Distribution of the relative phase of two oscillators (Lörch 2017 Eq. 6)."""
        return relative_phase(self.steady, *self._pair(first, second))

    def synchronization(self, first: int, second: int) -> float:
        """S = 2π max P(φ) − 1 of two oscillators; zero for independent ones."""
        return self.phase_distribution(first, second).S

    @property
    def synchronizations(self) -> Floats:
        """S of every two oscillators, shape (N, N); NaN on the diagonal."""
        found = np.full((self.network.size,) * 2, math.nan)
        for i in range(self.network.size):
            for j in range(i + 1, self.network.size):
                found[i, j] = found[j, i] = self.synchronization(i, j)
        return found

    def state(self) -> Complexes:
        """Density matrix of the whole network, dense, shape (D, D)."""
        return self.steady.state()

    def pair_state(self, first: int, second: int) -> Complexes:
        """Density matrix of two oscillators, everything else traced out, shape (n_i n_j, n_i n_j)."""
        return self.steady.reduced(self._pair(first, second))

    def cross_correlation(self, first: int, second: int) -> complex:
        """⟨a_i†a_j⟩ with the ladders' exchange operators: what heterodyning two outputs measures."""
        i, j = self._pair(first, second)
        a_i, a_j = (self.network.oscillators[k].ladder.annihilation for k in (first, second))
        return self.steady.expectation(embed({i: a_i.conj().T, j: a_j}, self.steady.dims))

    def mutual_information(self, first: int, second: int) -> float:
        """S(ρ_i) + S(ρ_j) − S(ρ_ij) in nats."""
        parts = [self.steady.reduced([k]) for k in self._pair(first, second)]
        return float(sum(_entropy(part) for part in parts) - _entropy(self.pair_state(first, second)))

    def negativity(self, first: int, second: int) -> float:
        """Sum of the negative eigenvalues' moduli of the partial transpose; above zero only if entangled."""
        joint = self.pair_state(first, second)
        sizes = [self.network.oscillators[k].levels for k in (first, second)]
        tensor = joint.reshape(*sizes, *sizes)
        values = np.linalg.eigvalsh(np.swapaxes(tensor, 1, 3).reshape(sizes[0] * sizes[1], -1))
        return float(-values[values < 0].sum())

    _repr_html_ = html_tables

    def _pair(self, first: int, second: int) -> tuple[int, int]:
        """Positions of two different oscillators among the subsystems; `ArgumentError` for any other two numbers."""
        self.network.pair(first, second)
        return self.subsystems[first], self.subsystems[second]


def synchronizations(solutions: Sequence[SyncSolution]) -> Floats:
    """S of the first two oscillators of each solution, (m,); NaN where a solve failed."""
    found = np.full(len(solutions), math.nan)
    layouts = dict[tuple[int, ...], list[int]]()
    for number, solution in enumerate(solutions):
        if solution.steady.ok:
            layouts.setdefault((id(solution.steady.space), *solution.subsystems[:2]), []).append(number)
    for (_, first, second), numbers in layouts.items():
        found[numbers] = synchronizations_of([solutions[k].steady for k in numbers], first, second)
    return found


def _entropy(state: Complexes) -> float:
    values = np.linalg.eigvalsh(state)
    values = values[values > 1e-300]
    return float(-(values * np.log(values)).sum())
