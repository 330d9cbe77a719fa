"""Steady states of Lindblad models, certified.

`steady_state` finds the symmetry sectors, picks a solver, solves, and checks the answer. A solver is a value that
carries its settings; its `solve` takes a `Task` and returns a packed vector with operation counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Floats
from qsb_hw.arguments import real, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.blocks import GENERATOR_BYTES, BlockGenerator
from qsb_hw.lindblad.capacity import available_memory, on_every_core, require_memory, threads_for
from qsb_hw.lindblad.certificate import ACCURACY, EPSILON, UNRESOLVED, check_accuracy
from qsb_hw.lindblad.chain import (
    PopulationChain,
    chain_outcomes,
    feeds_populations_between_sectors,
    feeds_populations_only,
)
from qsb_hw.lindblad.direct import SMALL, SparseDirect, factorisable
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.enclosure import several_steady_states
from qsb_hw.lindblad.iterative import SylvesterGMRES
from qsb_hw.lindblad.orbits import Orbits
from qsb_hw.lindblad.pattern import Pattern
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.sectors import check_charge_of
from qsb_hw.lindblad.space import BlockSpace
from qsb_hw.lindblad.structure import Structure, structure_of
from qsb_hw.lindblad.task import LindbladLike, OperationCounts, Outcome, Progress, Solver, Task, require_room
from qsb_hw.result import Certificate, Status

SUSPICIOUS = 1e8
"""‖L‖‖L⁺‖ above which a proof that there are several steady states is attempted."""
LARGEST_NEGATIVITY = 1e-8
"""Negative eigenvalue of ρ that counts as rounding, even where the error bound is smaller."""

SMALL_SECTORS = 11
"""Rows of the largest sector below which a chain is cheaper than sparse LU whatever happens inside the sectors."""
ORBITS_KEPT = 4
"""Networks whose orbits are kept, those used last."""
ASSEMBLED_BELOW = 20_000
"""Matrix elements by momentum up to which the jumps between orbits are one sparse matrix."""
TOGETHER_ABOVE = 100
"""Rows of the largest sector from which two models of a sweep are solved side by side."""
ORBITS_ABOVE = 3_000
"""Matrix elements by momentum from which a permutation that leaves a model as it is pays."""


@dataclass(frozen=True, slots=True)
class Auto:
    """The default solver: a Markov chain on populations where jumps feed nothing else, sparse LU, or Sylvester–GMRES.

    The cheapest by an estimate is tried first. Where iteration stagnates or its error bound is too large, sparse LU
    follows while it is affordable. A large network that looks the same after its oscillators move on around a ring is
    solved by momentum first.

    Attributes
    ----------
    accuracy : float
        Error bound up to which a state counts as converged.
    chain_below : int
        Basis states up to which a chain is solved.
    direct_work, fallback_work : float
        Multiplications, by an estimate, up to which LU is the first choice, and follows where that fails.
    iterative : SylvesterGMRES
        Settings of the iterative solver.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> lower = np.diag(np.sqrt(np.arange(1.0, 10)), 1)
    >>> driven = qh.LindbladModel(0.2 * (lower + lower.T), [lower])
    >>> solver, reason = qh.Auto().select(driven)
    >>> print(type(solver).__name__, "because of", reason)
    SparseDirect because of 100 matrix elements in the symmetry sectors: sparse LU is cheapest
    >>> qh.steady_state(driven, qh.Auto(accuracy=1e-9)).ok
    True
    """

    accuracy: float = ACCURACY
    chain_below: int = 4000
    direct_work: float = 5e6
    fallback_work: float = 2e11
    iterative: SylvesterGMRES = field(default_factory=SylvesterGMRES)

    def __post_init__(self) -> None:
        check_accuracy(self.accuracy)
        whole("`chain_below`", self.chain_below, "Leave it out for 4000.", least=0)
        for name in ("direct_work", "fallback_work"):
            real(f"`{name}`", getattr(self, name), "Leave it out, or 0 for never.", least=0.0, infinite=True)

    def select(self, model: LindbladLike) -> tuple[Solver, str]:
        """The solver that is tried first on this model, and why."""
        elements = Elements.of_model(model)
        return self.select_for(structure_of(elements).generator(elements))

    def select_for(self, generator: BlockGenerator) -> tuple[Solver, str]:
        """The solver that is tried first on this generator, and why."""
        size, states = generator.space.size, generator.space.diagonal.size
        if self.chains(generator) and (size > SMALL or feeds_populations_only(generator)):
            reason = f"jumps between sectors feed populations only: a Markov chain on {states} of them remains"
            return PopulationChain(self.accuracy), reason
        much = f"{size} matrix elements in the symmetry sectors: sparse LU"
        if factorisable(generator, self.direct_work):
            return SparseDirect(self.accuracy), f"{much} is cheapest"
        return self.by_iteration, f"{much} would fill in too much"

    @property
    def by_iteration(self) -> SylvesterGMRES:
        """The iterative solver as it is tried: without what follows where it fails."""
        return replace(self.iterative, accuracy=self.accuracy, certifying_work=0.0, refine=False)

    def chains(self, generator: BlockGenerator) -> bool:
        """Whether a family of such generators is solved as Markov chains on populations, many at a time."""
        if generator.space.diagonal.size > self.chain_below or not feeds_populations_between_sectors(generator):
            return False
        small = generator.space.largest_block < SMALL_SECTORS
        return small or feeds_populations_only(generator) or not factorisable(generator, self.direct_work)

    def least_memory(self, space: BlockSpace) -> float:
        """Bytes without which it cannot work; the solver that is selected checks its own."""
        small = space.size <= SMALL or space.diagonal.size <= self.chain_below
        return GENERATOR_BYTES * space.size if small else self.iterative.least_memory(space)

    def solve(self, task: Task) -> Outcome:
        """Solve with the first choice, and with the next ones while the error bound is too large."""
        return self.solve_after(task, None)[0]

    def solve_after(self, task: Task, last: Solver | None) -> tuple[Outcome, Solver | None]:
        """Solve beginning with `last`, what a neighbour was solved by; with what solved this one, None if nothing did.

        A family of stiff models is so not iterated in vain again and again.
        """
        spent, found = OperationCounts(), list[Outcome]()
        for solver in self._in_turn(task.generator, last):
            outcome = solver.solve(task)
            spent = spent.plus(outcome.counts)
            bounded = outcome.converged and outcome.error_bound <= self.accuracy
            found.append(replace(outcome, lowest=_lowest(task.generator.space, outcome)) if bounded else outcome)
            if bounded and _physical(found[-1]):
                return replace(found[-1], counts=spent), solver
        best = min(reversed(found), key=lambda outcome: outcome.error_bound)  # the last one where none has a bound
        if not _physical(best):
            best = found[-1]
        return replace(best, counts=spent), None

    def _in_turn(self, generator: BlockGenerator, last: Solver | None) -> Iterator[Solver]:
        """What solved a neighbour, then the others, the first choice first."""
        if last is not None:
            yield last
        yield from (solver for solver in self._choices(generator) if solver != last)

    def _choices(self, generator: BlockGenerator) -> Iterator[Solver]:
        """The first choice, then those to be tried where it fails."""
        first, _ = self.select_for(generator)
        yield first
        if isinstance(first, PopulationChain) and not factorisable(generator, self.direct_work):
            yield self.by_iteration
        if isinstance(first, SparseDirect):
            return
        if factorisable(generator, self.fallback_work):
            yield SparseDirect(self.accuracy)
        else:
            yield replace(self.by_iteration, refine=True)


def _physical(outcome: Outcome) -> bool:
    """Whether ρ is as positive as its error bound allows, as far as is known; if not, the bound does not hold."""
    return not outcome.lowest < -max(outcome.error_bound, LARGEST_NEGATIVITY)


def _lowest(space: BlockSpace, outcome: Outcome) -> float:
    if not math.isnan(outcome.lowest):
        return outcome.lowest
    with threads_for(space.largest_block):
        return float(space.lowest_eigenvalue(outcome.flat))


def steady_state(
    model: LindbladLike,
    solver: Solver | None = None,
    guess: SteadyState | None = None,
    progress: Progress | None = None,
) -> SteadyState:
    """Steady state of any Lindblad model, with its certificate.

    The `guess`, of a neighbouring model, is a warm start, also where its sectors or the levels of its subsystems are
    others; `progress` is called with (step, relative residual).
    """
    solver = solver or Auto()
    found = _by_orbits(model, solver, guess, progress) if isinstance(solver, Auto) else None
    if found is not None:
        return found
    prepared = _prepare(model, (), solver)
    if isinstance(prepared, SteadyState):
        return prepared
    task = replace(prepared, guess=_start(guess, prepared.generator.space, model.dims), progress=progress)
    return _certify(model, solver, task, solver.solve(task))


def _by_orbits(
    model: LindbladLike, solver: Auto, guess: SteadyState | None, progress: Progress | None
) -> SteadyState | None:
    """The steady state of a large model that a permutation of states leaves as it is; None where that is no way to it.

    Whoever gives a model such a `shift` knows that its steady state is unique: of states that the permutation takes
    into each other only the mean would be found.
    """
    shift = getattr(model, "shift", None)
    if shift is None:
        return None
    elements = Elements.of_model(model)
    structure = structure_of(elements)
    orbits, whole, inner = _orbits(structure, shift.tobytes()), structure.space, solver.by_iteration
    if orbits is None or orbits.space.size <= ORBITS_ABOVE:
        return None
    space = orbits.space
    require_room(inner, space)
    require_memory(16.0 * whole.size, "A state of all basis states", "Keep fewer levels or oscillators.")
    generator = orbits.generator(elements)
    if space.size <= ASSEMBLED_BELOW:
        feeding: Any = generator.feeding  # an OrbitFeeding
        generator = replace(generator, feeding=feeding.assembled())
    start = space.identity() if guess is None else orbits.gathered(_start(guess, whole, model.dims), whole)
    outcome = inner.solve(Task(generator, orbits.momentum_sectors, elements, start, progress))
    if not (outcome.converged and outcome.error_bound <= solver.accuracy):
        return None
    outcome = replace(outcome, lowest=_lowest(space, outcome))
    flat = orbits.spread(outcome.flat / space.trace(outcome.flat), whole)
    return _answer(model, solver, whole, replace(outcome, flat=flat)) if _physical(outcome) else None


@lru_cache(maxsize=ORBITS_KEPT)
def _orbits(structure: Structure, shift: bytes) -> Orbits | None:
    """Orbits of the states of a structure under a permutation."""
    return Orbits.of(np.frombuffer(shift, dtype=np.int64), structure.sectors)


def _start(guess: SteadyState | None, space: BlockSpace, dims: Sequence[int]) -> Floats:
    """The guess as far as its elements have a place, of other sectors or with other levels; else the identity."""
    if guess is None or not guess.ok or len(guess.dims) != len(dims):
        return space.identity()
    own = guess.space
    if tuple(guess.dims) == tuple(dims) and own.size == space.size:
        pairs = ((own.offset, space.offset), (own.place, space.place))
        if all(np.array_equal(one, other) for one, other in pairs):
            return guess.flat
    levels = np.array(np.unravel_index(np.arange(own.offset.size), guess.dims))
    inside = np.all(levels < np.array(dims)[:, None], axis=0)
    there = np.ravel_multi_index(tuple(levels), tuple(dims), mode="clip")
    flat = np.zeros(space.size)
    for batch in own.batches:
        row, col = batch.states[:, :, None], batch.states[:, None, :]
        kept = inside[row] & inside[col] & (space.offset[there[row]] == space.offset[there[col]])
        places = space.position(there[row], there[col])
        flat[places[kept]] = batch.of(guess.flat)[kept]
    return flat if space.trace(flat) > 0.5 else space.identity()


def steady_states_along(
    model: LindbladLike,
    direction: sp.csr_array,
    values: Sequence[float] | Floats,
    solver: Solver | None = None,
    guesses: Sequence[SteadyState] = (),
    progress: Callable[[int, int], None] | None = None,
) -> list[SteadyState]:
    """Steady states of a model with H + value · `direction`, for each value in turn.

    Sectors, jumps and the generator's matrices are computed once. Each state is the guess for the next, but where
    `guesses` of a neighbouring model are given, one per value; of large models two are solved at once, each the guess
    for the next but one. The direction, (D, D), is Hermitian and conserves the charge where the model has one;
    `progress` is called with (done, total).
    """
    solver = solver or Auto()
    require(len(guesses) in (0, len(values)), "Guesses must be one per value", f"{len(guesses)}", "Leave them out.")
    turning = Elements.of(direction, ())
    prepared = _prepare(model, (turning,), solver)
    if isinstance(prepared, SteadyState):
        return [prepared for _ in values]
    generator, elements = prepared.generator, prepared.elements
    tilt = generator.tilt(turning)
    at, found = generator.along(tilt), list[SteadyState]()

    def solved(k: int, before: int, last: Solver | None) -> tuple[SteadyState, Solver | None]:
        """The state of one value, from its guess or the state so many values before, and what solved it."""
        guess = guesses[k] if guesses else found[k - before] if k >= before else None
        value, start = float(values[k]), _start(guess, generator.space, model.dims)
        task = replace(prepared, generator=at(value), elements=elements.tilted(value, turning), guess=start)
        outcome, by = solver.solve_after(task, last) if isinstance(solver, Auto) else (solver.solve(task), None)
        return _certify(model, solver, task, outcome), by

    last: Solver | None = None
    if isinstance(solver, Auto) and solver.chains(generator):
        chain = PopulationChain(solver.accuracy)
        for k, outcome in enumerate(chain_outcomes(generator, tilt, np.asarray(values, dtype=float))):
            if outcome.error_bound <= chain.accuracy:
                found.append(_answer(model, chain, generator.space, outcome))
            else:
                state, last = solved(k, 1, last)
                found.append(state)
            _tell(progress, len(found), len(values))
        return found
    together = _together(generator.space, solver)
    while len(found) < len(values):
        next_ones = range(len(found), min(len(found) + together, len(values)))
        work = partial(solved, before=together, last=last)
        made = [work(next_ones[0])] if together == 1 else list(on_every_core(work, next_ones))
        found += [state for state, _ in made]
        last = made[-1][1]
        _tell(progress, len(found), len(values))
    return found


def _tell(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _together(space: BlockSpace, solver: Solver) -> int:
    """Models of a sweep that are solved at once: two where they are large, as on any machine, and memory is plenty."""
    if not isinstance(solver, Auto) or space.largest_block < TOGETHER_ABOVE:
        return 1
    return 2 if 8 * solver.iterative.memory(space.size, solver.iterative.restart) < available_memory() else 1


def _prepare(model: LindbladLike, directions: tuple[Elements, ...], solver: Solver) -> Task | SteadyState:
    """What is to be solved, or at once the finding that there is no unique steady state."""
    elements = Elements.of_model(model)
    structure = structure_of(elements, directions)
    if model.charge is not None:
        check_charge_of(model.charge, elements.joined(directions) if directions else elements)
    if elements.size > SMALL:
        what = f"The generator of a space of {elements.size} states"
        require_memory(structure.memory, what, "Keep fewer levels or eliminate the baths.")
    sectors, space = structure.sectors, structure.space
    require_room(solver, space)
    if len(sectors.closed_sets) > 1:
        message = (
            f"There are {len(sectors.closed_sets)} sets of states that nothing leaves and nothing connects, each with "
            "a steady state of its own. Connect them by a jump or a drive, or solve each on its own."
        )
        return _answer(model, solver, space, Outcome.nothing(space, 0.0, OperationCounts()), Status.NOT_UNIQUE, message)
    if any(direction.hopping.value.size for direction in directions):  # the model has not all elements of its shape
        generator = BlockGenerator.on(Pattern.of(elements, space), elements)
    else:
        generator = structure.generator(elements)
    return Task(generator, sectors, elements, space.identity(), dims=tuple(model.dims))


def _certify(model: LindbladLike, solver: Solver, task: Task, outcome: Outcome) -> SteadyState:
    space, known = task.generator.space, outcome.sensitivity
    if not outcome.unique and known.amplification * task.generator.rate > SUSPICIOUS:
        with threads_for(space.largest_block):
            reason = several_steady_states(task.elements.hamiltonian, task.elements.jumps, space, known.direction)
        if reason is not None:
            message = f"There are several steady states: {reason}. The answer depends on the preparation."
            nothing = Outcome.nothing(space, 0.0, outcome.counts)
            return _answer(model, solver, space, nothing, Status.NOT_UNIQUE, message)
    if not np.isfinite(outcome.error_bound) and outcome.converged:
        message = (
            f"The slowest relaxation takes longer than {UNRESOLVED / (EPSILON * task.generator.rate):.1e} in the "
            "inverse unit of the rates, over 10¹⁴ times longer than the fastest, and its rate cannot be distinguished "
            "from zero. Evolve in time, or leave out what is faster than the experiment."
        )
        nothing = Outcome.nothing(space, known.gap, outcome.counts)
        return _answer(model, solver, space, nothing, Status.SLOW_RELAXATION, message)
    found = replace(outcome, flat=outcome.flat / space.trace(outcome.flat))
    if math.isnan(found.residual):
        with threads_for(space.largest_block):
            found = replace(found, residual=task.generator.residual(found.flat))
    return _answer(model, solver, space, replace(found, lowest=_lowest(space, found)))


def _answer(
    model: LindbladLike,
    solver: Solver,
    space: BlockSpace,
    outcome: Outcome,
    status: Status | None = None,
    message: str = "",
) -> SteadyState:
    """The steady state of an outcome, with its status unless that is given."""
    if status is None:
        status, message = _status(outcome, getattr(solver, "accuracy", ACCURACY))
    return SteadyState(
        status=status,
        message=message,
        certificate=Certificate(outcome.residual, outcome.error_bound, outcome.sensitivity.gap),
        lowest_eigenvalue=outcome.lowest,
        solver=solver,
        counts=outcome.counts,
        dims=model.dims,
        space=space,
        flat=outcome.flat,
    )


def _status(outcome: Outcome, accuracy: float) -> tuple[Status, str]:
    if not (outcome.converged and outcome.error_bound <= accuracy and np.isfinite(outcome.residual)):
        return Status.NOT_CONVERGED, outcome.message or (
            f"The error may be as large as {outcome.error_bound:.1e}, above {accuracy:.0e}: relaxation takes "
            f"{1 / outcome.sensitivity.gap:.1e} in the inverse unit of the rates, and the residual is "
            f"{outcome.residual:.1e} of the fastest rate. Raise `accuracy` of the solver, or leave out what is much "
            "faster or slower."
        )
    if not _physical(outcome):
        return Status.UNPHYSICAL, f"The lowest eigenvalue of ρ is {outcome.lowest:.1e}: the problem is ill-conditioned."
    return Status.CONVERGED, ""
