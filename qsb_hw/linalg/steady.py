"""Steady states of Lindblad models, certified.

`steady_state` finds the symmetry sectors, picks a solver, solves, and checks the answer. A solver is a value that
carries its settings; its `solve` takes a `Task` and returns a packed vector with operation counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import GENERATOR_BYTES, BlockGenerator, BlockSpace
from qsb_hw.linalg.capacity import threads_for
from qsb_hw.linalg.chain import PopulationChain, chain_states, feeds_populations_only
from qsb_hw.linalg.direct import SparseDirect
from qsb_hw.linalg.iterative import SylvesterGMRES
from qsb_hw.linalg.result import Status, SteadyState
from qsb_hw.linalg.sectors import Sectors, check_charge, find_sectors
from qsb_hw.linalg.task import LindbladLike, OperationCounts, Outcome, Progress, Solver, Task, require_room

__all__ = [
    "Auto",
    "LindbladLike",
    "OperationCounts",
    "Outcome",
    "PopulationChain",
    "Progress",
    "Solver",
    "SparseDirect",
    "Status",
    "SteadyState",
    "SylvesterGMRES",
    "Task",
    "steady_state",
    "steady_states_along",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RESIDUAL_LIMIT = 1e-9
"""Largest ‖Lρ‖/(‖ρ‖·rate) that counts as a steady state."""
NEGATIVITY_LIMIT = -1e-8
"""Lowest eigenvalue that rounding may leave."""


@dataclass(frozen=True, slots=True)
class Auto:
    """A chain on populations where that is all there is, sparse LU while it is cheap, else Sylvester–GMRES.

    Attributes
    ----------
    chain_below : int
        Basis states up to which a chain is solved.
    direct_below : int
        Matrix elements in the symmetry sectors, Σ D_b², up to which LU is used.
    """

    chain_below: int = 4000
    direct_below: int = 600
    iterative: SylvesterGMRES = field(default_factory=SylvesterGMRES)

    def select(self, model: LindbladLike) -> tuple[Solver, str]:
        """The solver this model would get, and why."""
        space = BlockSpace.over(find_sectors(model.hamiltonian, model.jumps))
        return self.select_for(BlockGenerator.of(model.hamiltonian, model.jumps, space))

    def select_for(self, generator: BlockGenerator) -> tuple[Solver, str]:
        """The solver this generator would get, and why."""
        size, states = generator.space.size, generator.space.diagonal.size
        if states <= self.chain_below and feeds_populations_only(generator):
            return PopulationChain(), f"jumps feed populations only: a Markov chain on {states} of them remains"
        if size <= self.direct_below:
            return SparseDirect(), f"{size} matrix elements in the symmetry sectors: sparse LU is cheapest"
        return self.iterative, f"{size} matrix elements in the symmetry sectors: too many for sparse LU"

    def least_memory(self, space: BlockSpace) -> float:
        """Bytes without which it cannot work; what is small may turn out to be a chain, which says so itself."""
        small = space.size <= self.direct_below or space.diagonal.size <= self.chain_below
        return GENERATOR_BYTES * space.size if small else self.iterative.least_memory(space)

    def solve(self, task: Task) -> Outcome:
        """Solve with whichever is selected, and with the next one where a chain has states that never leave."""
        solver, _ = self.select_for(task.generator)
        outcome = solver.solve(task)
        if isinstance(solver, PopulationChain) and outcome.unique is None:
            return replace(self, chain_below=0).solve(task)
        return outcome


def steady_state(
    model: LindbladLike,
    solver: Solver | None = None,
    guess: SteadyState | None = None,
    progress: Progress | None = None,
) -> SteadyState:
    """Steady state of any Lindblad model, with its certificate.

    Parameters
    ----------
    model : LindbladLike
        Hamiltonian, jumps, dims, and a charge or None.
    solver : Solver, optional
        `Auto()` unless given.
    guess : SteadyState, optional
        Of a neighbouring model: a warm start where the sectors are the same.
    progress : callable, optional
        Called with (step, relative residual).

    Raises
    ------
    ArgumentError
        A charge the model does not conserve.
    CapacityError
        A problem that would not fit in memory.
    """
    solver = solver or Auto()
    prepared = _prepare(model, (), solver)
    if isinstance(prepared, SteadyState):
        return prepared
    sectors, generator = prepared
    task = Task(generator, sectors, model.jumps, _start(guess, generator.space), progress)
    return _certify(model, solver, task, solver.solve(task))


def _start(guess: SteadyState | None, space: BlockSpace) -> Floats:
    if guess is not None and guess.ok and _same_layout(guess.space, space):
        return guess.flat
    return space.identity()


def steady_states_along(
    model: LindbladLike,
    direction: sp.csr_array,
    values: Sequence[float] | Floats,
    solver: Solver | None = None,
    guess: SteadyState | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[SteadyState]:
    """Steady states of a model with H + value · `direction`, for each value in turn.

    Sectors, jumps and the generator's matrices are worked out once, and each state is the next one's guess.

    Parameters
    ----------
    model, solver, guess
        As for `steady_state`.
    direction : (D, D) sparse array
        Hermitian; conserves the charge where the model has one.
    values : sequence of float
        In the order to solve them.
    progress : callable, optional
        Called with (done, total) after each.
    """
    solver = solver or Auto()
    prepared = _prepare(model, (direction,), solver)
    if isinstance(prepared, SteadyState):
        return [prepared for _ in values]
    sectors, generator = prepared
    if isinstance(solver, Auto) and isinstance(solver.select_for(generator)[0], PopulationChain):
        return _chain_along(model, solver, generator, direction, values, progress)
    at = generator.along(direction)
    found: list[SteadyState] = []
    for number, value in enumerate(values):
        nearest = found[-1] if found and found[-1].ok else guess
        task = Task(at(float(value)), sectors, model.jumps, _start(nearest, generator.space))
        found.append(_certify(model, solver, task, solver.solve(task)))
        if progress is not None:
            progress(number + 1, len(values))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Tilted:
    """One member of a family of models."""

    hamiltonian: sp.csr_array
    jumps: tuple[sp.csr_array, ...]
    dims: tuple[int, ...]
    charge: Integers | None


def _chain_along(
    model: LindbladLike,
    solver: Auto,
    generator: BlockGenerator,
    direction: sp.csr_array,
    values: Sequence[float] | Floats,
    progress: Callable[[int, int], None] | None,
) -> list[SteadyState]:
    """The whole family by batched chains; a member whose chain does not decide is solved on its own."""
    space, found = generator.space, []
    counts = OperationCounts(factorisations=sum(b.count for b in space.batches) + 1)
    for chunk in chain_states(generator, generator.tilt(direction), np.asarray(values, dtype=float)):
        for flat, residual, lowest, decaying in zip(
            chunk.flat, chunk.residual, chunk.lowest, chunk.decaying, strict=True
        ):
            outcome = Outcome(flat, True, bool(decaying), counts)
            if decaying and residual < RESIDUAL_LIMIT:
                found.append(_certificate(model, PopulationChain(), space, outcome, float(residual), float(lowest)))
            else:
                tilted = model.hamiltonian + float(values[len(found)]) * direction
                alone = _Tilted(tilted, model.jumps, model.dims, model.charge)
                found.append(steady_state(alone, replace(solver, chain_below=0)))
            if progress is not None:
                progress(len(found), len(values))
    return found


def _prepare(
    model: LindbladLike, directions: tuple[sp.csr_array, ...], solver: Solver
) -> tuple[Sectors, BlockGenerator] | SteadyState:
    """Sectors and generator, or at once the finding that there is no unique steady state."""
    pattern = sum((abs(d) for d in directions), abs(model.hamiltonian))
    if model.charge is not None:
        check_charge(model.charge, pattern, model.jumps)
    sectors = find_sectors(pattern, model.jumps)
    space = BlockSpace.over(sectors)
    require_room(solver, space)
    if len(sectors.closed_sets) > 1:
        message = (
            f"{len(sectors.closed_sets)} sets of states are disconnected for good, each with a steady state "
            "of its own. Connect them by a jump or a drive, or solve each on its own."
        )
        return _undecided(Status.NOT_UNIQUE, message, model, solver, space)
    return sectors, BlockGenerator.of(model.hamiltonian, model.jumps, space)


def _certify(model: LindbladLike, solver: Solver, task: Task, outcome: Outcome) -> SteadyState:
    space = task.generator.space
    if outcome.unique is False:
        message = (
            "The generator has more than one steady state: some states never leave a subspace (a dark state, "
            "or a conserved quantity), so the answer depends on how the system was prepared."
        )
        return replace(_undecided(Status.NOT_UNIQUE, message, model, solver, space), counts=outcome.counts)
    flat = outcome.flat / space.trace(outcome.flat)
    with threads_for(space.largest_block):
        residual = task.generator.residual(flat)
        lowest = min(float(np.linalg.eigvalsh(block)[0]) for _, block in space.blocks(flat))
    return _certificate(model, solver, space, replace(outcome, flat=flat), residual, lowest)


def _certificate(
    model: LindbladLike, solver: Solver, space: BlockSpace, outcome: Outcome, residual: float, lowest: float
) -> SteadyState:
    flat = outcome.flat
    status, message = _verdict(outcome, residual, lowest)
    populations = np.zeros(int(np.prod(model.dims)))
    populations[space.states] = flat[space.diagonal]
    return SteadyState(
        status,
        message,
        residual,
        space.trace(flat),
        lowest,
        _edge_populations(populations, model.dims),
        solver,
        outcome.counts,
        model.dims,
        space,
        flat,
    )


def _verdict(outcome: Outcome, residual: float, lowest: float) -> tuple[Status, str]:
    if not outcome.converged or not residual < RESIDUAL_LIMIT:
        return Status.NOT_CONVERGED, outcome.message or (
            f"The residual is {residual:.1e}, above {RESIDUAL_LIMIT:.0e}: rates span too many orders of "
            "magnitude. Rescale, or keep fewer levels."
        )
    if lowest < NEGATIVITY_LIMIT:
        return (
            Status.UNPHYSICAL,
            f"The lowest eigenvalue of ρ is {lowest:.1e}: the problem is ill-conditioned.",
        )
    return Status.CONVERGED, ""


def _undecided(status: Status, message: str, model: LindbladLike, solver: Solver, space: BlockSpace) -> SteadyState:
    nothing = float("nan")
    edges = np.full(len(model.dims), nothing)
    return SteadyState(
        status,
        message,
        nothing,
        nothing,
        nothing,
        edges,
        solver,
        OperationCounts(),
        model.dims,
        space,
        np.full(space.size, nothing),
    )


def _edge_populations(populations: Floats, dims: tuple[int, ...]) -> Floats:
    table = populations.reshape(dims)
    return np.array([float(np.take(table, -1, axis=k).sum()) for k in range(len(dims))])


def _same_layout(one: BlockSpace, other: BlockSpace) -> bool:
    return one.size == other.size and bool(
        np.array_equal(one.offset, other.offset) and np.array_equal(one.place, other.place)
    )
