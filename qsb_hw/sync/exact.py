"""Exact steady states of coupled self-oscillators."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw.errors import require
from qsb_hw.linalg import steady as linear
from qsb_hw.linalg.steady import Progress, Solver, Status, SteadyState
from qsb_hw.model.build import network_model, oscillator_charge, oscillator_subsystems
from qsb_hw.model.lindblad import LindbladModel
from qsb_hw.model.network import Network
from qsb_hw.sync.phase import PhaseDistribution, relative_phase

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


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
        Estimated change of populations and of every coherence sum c_1 if the ladders went on for ever,
        from the solution with one level less: Lorentzian tails fall as 1/n², so the error left at N levels
        is N−1 times the last change. NaN where there is no smaller ladder to compare with or no estimate
        was asked for.
    """

    network: Network
    steady: SteadyState
    truncation_error: float
    subsystems: tuple[int, ...] = field(default=())

    @property
    def status(self) -> Status:
        """How the solve ended."""
        return self.steady.status

    @property
    def message(self) -> str:
        """What happened and what to do about it."""
        return self.steady.message

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
        return relative_phase(self.steady, self._subsystem(first), self._subsystem(second))

    def synchronization(self, first: int, second: int) -> float:
        """S = 2π max P(φ) − 1 of two oscillators; zero for independent ones."""
        return self.phase_distribution(first, second).S

    def state(self) -> Complexes:
        """Density matrix of the whole network, dense, shape (D, D)."""
        return self.steady.state()

    def _subsystem(self, oscillator: int) -> int:
        require(
            0 <= oscillator < len(self.subsystems),
            f"The oscillator must lie between 0 and {len(self.subsystems) - 1}",
            oscillator,
            "Oscillators are counted from 0.",
        )
        return self.subsystems[oscillator]


@overload
def steady_state(
    problem: Network,
    solver: Solver | None = ...,
    *,
    guess: SyncSolution | SteadyState | None = ...,
    rwa: bool = ...,
    estimate_truncation: bool = ...,
    progress: Progress | None = ...,
) -> SyncSolution: ...
@overload
def steady_state(
    problem: LindbladModel,
    solver: Solver | None = ...,
    *,
    guess: SyncSolution | SteadyState | None = ...,
    rwa: bool = ...,
    estimate_truncation: bool = ...,
    progress: Progress | None = ...,
) -> SteadyState: ...
def steady_state(
    problem: Network | LindbladModel,
    solver: Solver | None = None,
    *,
    guess: SyncSolution | SteadyState | None = None,
    rwa: bool = True,
    estimate_truncation: bool = True,
    progress: Progress | None = None,
) -> SyncSolution | SteadyState:
    """Steady state of a network of oscillators, or of any Lindblad model.

    Parameters
    ----------
    problem : Network or LindbladModel
        A network gives a `SyncSolution`, a model a `SteadyState`.
    solver : Solver, optional
        `Auto()` unless given; `SparseDirect()` and `SylvesterGMRES(tolerance=…)` are the others.
    guess : SyncSolution or SteadyState, optional
        Of a neighbouring problem: a warm start.
    rwa : bool
        For complete oscillators: drop the counter-rotating terms.
    estimate_truncation : bool
        For networks: solve once more with one level less.
    progress : callable, optional
        Called with (step, relative residual).

    Raises
    ------
    ArgumentError, CapacityError
        Bad input, or a problem too large; see `qsb_hw.linalg.steady.steady_state`.
    """
    start = guess.steady if isinstance(guess, SyncSolution) else guess
    if isinstance(problem, LindbladModel):
        return linear.steady_state(problem, solver, start, progress)
    steady = linear.steady_state(network_model(problem, rwa), solver, start, progress)
    solution = SyncSolution(problem, steady, math.nan, oscillator_subsystems(problem))
    if not (estimate_truncation and steady.ok):
        return solution
    error = _truncation_error(solution, solver, rwa)
    return SyncSolution(problem, steady, error, solution.subsystems)


def detuning_sweep(
    network: Network,
    detunings: Sequence[float] | Floats,
    oscillator: int = 0,
    solver: Solver | None = None,
    *,
    rwa: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> list[SyncSolution]:
    """Steady states of a network while one oscillator, its tones following, is detuned.

    Parameters
    ----------
    network : Network
        At detuning zero.
    detunings : sequence of float
        Added to every spacing of `oscillator`, in the unit of its energies.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    list of SyncSolution
        One per detuning; no truncation estimate.
    """
    model = network_model(network, rwa)
    charge = oscillator_charge(network, oscillator)
    direction = sp.diags_array(charge.astype(complex), format="csr")
    states = linear.steady_states_along(model, direction, detunings, solver, progress=progress)
    subsystems = oscillator_subsystems(network)
    return [
        SyncSolution(_detuned(network, oscillator, float(d)), state, math.nan, subsystems)
        for d, state in zip(detunings, states, strict=True)
    ]


def _detuned(network: Network, oscillator: int, detuning: float) -> Network:
    oscillators = [o.detuned(detuning) if k == oscillator else o for k, o in enumerate(network.oscillators)]
    return Network(oscillators, network.coupling)


def _truncation_error(solution: SyncSolution, solver: Solver | None, rwa: bool) -> float:
    smaller = solution.network.truncated()
    if smaller is None:
        return math.nan
    reference = steady_state(smaller, solver, rwa=rwa, estimate_truncation=False)
    if not reference.steady.ok:
        return math.nan
    count = solution.network.size
    changes = [float(np.abs(solution.populations(i)[:-1] - reference.populations(i)).max()) for i in range(count)]
    changes += [abs(_first(solution, i, j) - _first(reference, i, j)) for i in range(count) for j in range(i)]
    fewest = min(o.levels for o in solution.network.oscillators)
    return (fewest - 1) * max(changes)


def _first(solution: SyncSolution, i: int, j: int) -> complex:
    coefficients = solution.phase_distribution(i, j).coefficients
    return complex(coefficients[1]) if coefficients.size > 1 else 0j
