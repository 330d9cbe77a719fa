"""Steady states of Lindblad models, certified.

`steady_state` finds the symmetry sectors, picks a solver, solves, and checks the answer. A solver is a value
that carries its settings; its `solve` takes a `Task` and returns a packed vector with operation counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from numpy.typing import NDArray

from qsb_hw.errors import ConvergenceError, require
from qsb_hw.linalg.blocks import BlockGenerator, BlockSpace
from qsb_hw.linalg.capacity import available_memory, require_memory
from qsb_hw.linalg.gmres import gmres
from qsb_hw.linalg.sectors import Sectors, check_charge, find_sectors
from qsb_hw.linalg.sylvester import SylvesterInverse
from qsb_hw.linalg.uniqueness import proven_unique

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]
Progress = Callable[[int, float], None]

RESIDUAL_LIMIT = 1e-9
"""Largest ‖Lρ‖/(‖ρ‖·rate) that counts as a steady state."""
NEGATIVITY_LIMIT = -1e-8
"""Lowest eigenvalue that rounding may leave."""


class LindbladLike(Protocol):
    """What a model must have to be solved."""

    @property
    def hamiltonian(self) -> sp.csr_array: ...  # noqa: D102
    @property
    def jumps(self) -> tuple[sp.csr_array, ...]: ...  # noqa: D102
    @property
    def dims(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def charge(self) -> Integers | None: ...  # noqa: D102


class Status(Enum):
    """How a solve ended."""

    CONVERGED = "converged"
    NOT_CONVERGED = "not converged"
    NOT_UNIQUE = "not unique"
    UNPHYSICAL = "unphysical"


@dataclass(frozen=True, slots=True)
class OperationCounts:
    """What a solve cost, in operations and not in seconds.

    Attributes
    ----------
    gmres_steps : int
        Krylov steps, those of a uniqueness probe included.
    products : int
        Applications of 1 + L0⁻¹J.
    factorisations : int
        Blocks diagonalised (Sylvester) or matrices factorised (direct).
    probe_steps : int
        Of the Krylov steps, those spent on uniqueness.
    """

    gmres_steps: int = 0
    products: int = 0
    factorisations: int = 0
    probe_steps: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A model cut down to the sectors that matter."""

    generator: BlockGenerator
    sectors: Sectors
    jumps: tuple[sp.csr_array, ...]
    guess: Floats
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A solver's answer to a `Task`: a packed vector, whether it is unique, and what it cost."""

    flat: Floats
    unique: bool
    converged: bool
    counts: OperationCounts
    message: str = ""


class Solver(Protocol):
    """Anything that solves a `Task`."""

    def solve(self, task: Task) -> Outcome: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class SparseDirect:
    """Sparse LU of L with the trace in the place of one redundant row; for what is small."""

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


@dataclass(frozen=True, slots=True)
class SylvesterGMRES:
    """GMRES on (1 + L0⁻¹J)ρ = 0 with the trace pinned; L0⁻¹ is a Sylvester solve in every sector.

    Attributes
    ----------
    tolerance : float
        Relative residual of the preconditioned equation.
    restart : int
        Krylov vectors kept; fewer where memory asks for it.
    max_steps : int
        Krylov steps before giving up.
    """

    tolerance: float = 1e-12
    restart: int = 80
    max_steps: int = 1000

    def memory(self, space_size: int, restart: int | None = None) -> int:
        """Bytes needed for Σ D_b² = `space_size` and `restart` Krylov vectors."""
        return space_size * (8 * ((restart or self.restart) + 1) + 160)

    def solve(self, task: Task) -> Outcome:
        """Solve, then prove or probe uniqueness."""
        restart = self._affordable_restart(task.generator.space.size)
        with _threads_for(task.generator.space.largest_block):
            inverse = SylvesterInverse.of(task.generator)
            iteration = _Iteration(task, inverse)
            result = gmres(
                iteration.apply,
                task.guess,
                task.guess,
                self.tolerance,
                restart,
                self.max_steps,
                task.progress,
            )
            probe_steps, probe_products = 0, 0
            unique = proven_unique(task.sectors, task.jumps, task.generator, inverse)
            if not unique and result.residual < 1e-6:
                unique, probe_steps, probe_products = self._probe(iteration, restart)
        counts = OperationCounts(
            result.steps + probe_steps, result.products + probe_products, inverse.factorisations, probe_steps
        )
        message = (
            ""
            if result.converged
            else (
                f"The preconditioned residual stopped at {result.residual:.1e} after {result.steps} steps "
                f"(tolerance {self.tolerance:.0e}). Raise `max_steps` or `restart`."
            )
        )
        return Outcome(result.solution, unique, result.residual < 1e3 * self.tolerance, counts, message)

    def _affordable_restart(self, size: int) -> int:
        least = 12
        require_memory(
            self.memory(size, least),
            f"A steady state with {size:.3g} matrix elements in its symmetry sectors",
            "Keep fewer levels, or eliminate the baths.",
        )
        spare = 0.8 * available_memory() - self.memory(size, 1)
        return int(min(self.restart, max(least, spare // (8 * size))))

    def _probe(self, iteration: _Iteration, restart: int) -> tuple[bool, int, int]:
        """Whether a random traceless start is drawn to zero: it is not if there is a second steady state."""
        start = iteration.random_traceless()
        result = gmres(iteration.apply, 0 * start, start, 1e-7, restart, self.max_steps)
        left = float(np.linalg.norm(result.solution) / np.linalg.norm(start))
        return left < 1e-3, result.steps, result.products


@dataclass(frozen=True, slots=True, eq=False)
class _Iteration:
    """ρ ↦ ρ + L0⁻¹Jρ + u tr ρ, with u the guess: the trace is pinned and nothing else changes."""

    task: Task
    inverse: SylvesterInverse

    def apply(self, flat: Floats) -> Floats:
        fed: Floats = self.task.generator.feeding @ flat
        if self.inverse.shift:
            fed += self.inverse.shift * flat
        fed = self.inverse.apply(fed) + flat
        pinned: Floats = fed + self.task.guess * self.task.generator.space.trace(flat)
        return pinned

    def random_traceless(self) -> Floats:
        space = self.task.generator.space
        flat: Floats = np.random.default_rng(space.size).standard_normal(space.size) / math.sqrt(space.size)
        flat[space.diagonal] -= space.trace(flat) / space.diagonal.size
        return flat


@dataclass(frozen=True, slots=True)
class Auto:
    """Sparse LU while it is cheap, Sylvester–GMRES from there on.

    Attributes
    ----------
    direct_below : int
        Matrix elements in the symmetry sectors, Σ D_b², up to which LU is used.
    """

    direct_below: int = 600
    iterative: SylvesterGMRES = field(default_factory=SylvesterGMRES)

    def select(self, model: LindbladLike) -> tuple[Solver, str]:
        """The solver this model would get, and why."""
        sectors = find_sectors(model.hamiltonian, model.jumps)
        return self.select_for(int(np.sum(np.bincount(sectors.labels).astype(float) ** 2)))

    def select_for(self, size: int) -> tuple[Solver, str]:
        """The solver for Σ D_b² = `size`, and why."""
        if size <= self.direct_below:
            return SparseDirect(), f"{size} matrix elements in the symmetry sectors: sparse LU is cheapest"
        return self.iterative, f"{size} matrix elements in the symmetry sectors: too many for sparse LU"

    def solve(self, task: Task) -> Outcome:
        """Solve with whichever is selected."""
        return self.select_for(task.generator.space.size)[0].solve(task)


@dataclass(frozen=True, slots=True, eq=False)
class SteadyState:
    """A steady state with everything that says how far to trust it.

    Attributes
    ----------
    status : Status
        Whether there is an answer; without one, asking for the state raises `ConvergenceError`.
    message : str
        What happened and what to do about it.
    residual : float
        ‖Lρ‖/(‖ρ‖·rate), Frobenius norms; rate is the largest total jump rate of a basis state.
    trace : float
        1 up to rounding.
    lowest_eigenvalue : float
        Of ρ; not below zero but for rounding.
    edge_populations : (subsystems,) float
        Population of the highest level kept of every subsystem.
    solver : object
        The solver value used.
    counts : OperationCounts
        What it cost.
    dims : tuple of int
        Dimensions of the subsystems.
    space : BlockSpace
        Layout of the blocks.
    flat : (Σ D_b²,) float
        ρ, packed.
    """

    status: Status
    message: str
    residual: float
    trace: float
    lowest_eigenvalue: float
    edge_populations: Floats
    solver: Solver
    counts: OperationCounts
    dims: tuple[int, ...]
    space: BlockSpace
    flat: Floats

    @property
    def ok(self) -> bool:
        """Whether there is a trustworthy steady state."""
        return self.status is Status.CONVERGED

    def require(self) -> SteadyState:
        """This steady state, or `ConvergenceError` with the reason why there is none."""
        if not self.ok:
            raise ConvergenceError(f"There is no certified steady state ({self.status.value}). {self.message}")
        return self

    def diagonal(self) -> Floats:
        """Populations of all basis states, shape (D,)."""
        self.require()
        populations = np.zeros(int(np.prod(self.dims)))
        populations[self.space.states] = self.flat[self.space.diagonal]
        return populations

    def populations(self, subsystem: int = 0) -> Floats:
        """Populations of one subsystem's levels, shape (dims[subsystem],)."""
        require(
            0 <= subsystem < len(self.dims),
            f"The subsystem must lie between 0 and {len(self.dims) - 1}",
            subsystem,
            "Count subsystems as in `dims`.",
        )
        others = tuple(k for k in range(len(self.dims)) if k != subsystem)
        populations: Floats = self.diagonal().reshape(self.dims).sum(axis=others)
        return populations

    def expectation(self, operator: sp.sparray) -> complex:
        """Tr(ρ A) of a sparse operator, shape (D, D)."""
        self.require()
        entries = sp.coo_array(operator)
        offset = self.space.offset
        inside = (offset[entries.row] >= 0) & (offset[entries.row] == offset[entries.col])
        row, col = entries.row[inside], entries.col[inside]
        above = self.flat[self.space.position(col, row)]
        below = self.flat[self.space.position(row, col)]
        return complex(np.sum(entries.data[inside] * (above + below + 1j * (above - below))) / 2)

    def state(self) -> Complexes:
        """Density matrix, shape (D, D), dense."""
        self.require()
        size = int(np.prod(self.dims))
        require_memory(16.0 * size**2, "A dense density matrix", "Ask for populations or reduced states.")
        rho = np.zeros((size, size), dtype=complex)
        for states, block in self.space.blocks(self.flat):
            rho[np.ix_(states, states)] = block
        return rho

    def reduced(self, subsystems: Sequence[int]) -> Complexes:
        """Density matrix of a few subsystems, the others traced out, shape (d, d)."""
        self.require()
        kept, rest = _split_index(self.dims, list(subsystems))
        size = int(np.prod([self.dims[k] for k in subsystems]))
        rho = np.zeros((size, size), dtype=complex)
        for states, block in self.space.blocks(self.flat):
            row, col = np.nonzero(rest[states][:, None] == rest[states][None, :])
            np.add.at(rho, (kept[states][row], kept[states][col]), block[row, col])
        return rho


def _split_index(dims: tuple[int, ...], kept: list[int]) -> tuple[Integers, Integers]:
    """Of every basis state, its index within the kept subsystems and within the others."""
    digits = np.indices(dims).reshape(len(dims), -1)
    others = [k for k in range(len(dims)) if k not in kept]

    def joint(which: list[int]) -> Integers:
        index = np.zeros(digits.shape[1], dtype=np.int64)
        for k in which:
            index = index * dims[k] + digits[k]
        return index

    return joint(kept), joint(others)


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
    same = guess is not None and guess.ok and _same_layout(guess.space, generator.space)
    start = guess.flat if guess is not None and same else generator.space.identity()
    task = Task(generator, sectors, model.jumps, start, progress)
    return _certify(model, solver, task, solver.solve(task))


def steady_states_along(
    model: LindbladLike,
    direction: sp.csr_array,
    values: Sequence[float] | Floats,
    solver: Solver | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[SteadyState]:
    """Steady states of a model with H + value · `direction`, for each value in turn.

    Sectors, jumps and the generator's matrices are worked out once, and each state is the next one's guess.

    Parameters
    ----------
    model, solver
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
    at = generator.along(direction)
    found: list[SteadyState] = []
    for number, value in enumerate(values):
        start = found[-1].flat if found and found[-1].ok else generator.space.identity()
        task = Task(at(float(value)), sectors, model.jumps, start)
        found.append(_certify(model, solver, task, solver.solve(task)))
        if progress is not None:
            progress(number + 1, len(values))
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
    require_memory(60.0 * space.size, f"A generator on {space.size:.3g} matrix elements", "Keep fewer levels.")
    if len(sectors.closed_sets) > 1:
        message = (
            f"{len(sectors.closed_sets)} sets of states are disconnected for good, each with a steady state "
            "of its own. Connect them by a jump or a drive, or solve each on its own."
        )
        return _undecided(Status.NOT_UNIQUE, message, model, solver, space)
    return sectors, BlockGenerator.of(model.hamiltonian, model.jumps, space)


def _certify(model: LindbladLike, solver: Solver, task: Task, outcome: Outcome) -> SteadyState:
    space = task.generator.space
    if not outcome.unique and (outcome.converged or not np.all(np.isfinite(outcome.flat))):
        message = (
            "The generator has more than one steady state: some states never leave a subspace (a dark state, "
            "or a conserved quantity), so the answer depends on how the system was prepared."
        )
        return replace(_undecided(Status.NOT_UNIQUE, message, model, solver, space), counts=outcome.counts)
    flat = outcome.flat / space.trace(outcome.flat)
    residual = task.generator.residual(flat)
    lowest = min(float(np.linalg.eigvalsh(block)[0]) for _, block in space.blocks(flat))
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


def _threads_for(largest_block: int) -> Any:
    """One BLAS thread where blocks are small: waking the others costs more than the work."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1 if largest_block < 150 else None)
