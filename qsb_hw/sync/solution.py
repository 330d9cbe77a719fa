"""A solved network."""

from __future__ import annotations

from dataclasses import dataclass, field

from qsb_hw._typing import Complexes, Floats
from qsb_hw.lindblad.steady import Solver, SteadyState
from qsb_hw.model.network import Network
from qsb_hw.result import Certificate, Status
from qsb_hw.sync.phase import PhaseDistribution, relative_phase


@dataclass(frozen=True, slots=True, eq=False)
class SyncSolution:
    """Steady state of a network with its certificate.

    Attributes
    ----------
    network : Network
        What was solved.
    steady : SteadyState
        The state in its symmetry sectors.
    truncation_error : float
        Largest error that finite ladders leave in any population, any pair's S and c_1
        (`qsb_hw.sync.truncation`); NaN where no estimate was asked for, or where there is neither a shorter ladder
        that holds the stabilised levels and their neighbours nor a longer one.
    subsystems : tuple of int
        Position of every oscillator among the subsystems of `steady`.
    """

    network: Network
    steady: SteadyState
    truncation_error: float
    subsystems: tuple[int, ...] = field(default=())

    def __repr__(self) -> str:
        return f"SyncSolution({self.network!r}, {self.steady!r}, truncation_error={self.truncation_error:.1e})"

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
    def residual(self) -> float:
        """‖Lρ‖/(‖ρ‖·rate)."""
        return self.steady.residual

    @property
    def solver(self) -> Solver:
        """The solver used."""
        return self.steady.solver

    def populations(self, oscillator: int) -> Floats:
        """Level populations of one oscillator, shape (levels,)."""
        return self.steady.populations(self._subsystem(oscillator))

    def phase_distribution(self, first: int, second: int) -> PhaseDistribution:
        """Distribution of the relative phase of two oscillators (Lörch 2017 Eq. 6)."""
        return relative_phase(self.steady, *self.pair(first, second))

    def synchronization(self, first: int, second: int) -> float:
        """S = 2π max P(φ) − 1 of two oscillators; zero for independent ones."""
        return self.phase_distribution(first, second).S

    def state(self) -> Complexes:
        """Density matrix of the whole network, dense, shape (D, D)."""
        return self.steady.state()

    def pair(self, first: int, second: int) -> tuple[int, int]:
        """Positions of two different oscillators among the subsystems; `ArgumentError` for any other two numbers."""
        self.network.pair(first, second)
        return self.subsystems[first], self.subsystems[second]

    def _subsystem(self, oscillator: int) -> int:
        self.network.oscillator(oscillator)
        return self.subsystems[oscillator]
