"""Steady states by preconditioned GMRES, for what is large.

With L = L0 + J and y = Jρ = −L0ρ, (1 + JL0⁻¹)y = 0: L0⁻¹ is a Sylvester solve in every sector, cheap after one
diagonalisation of H_eff, and −JL0⁻¹ takes the state after one quantum jump to the state after the next. All its entries
are of order one, however far the rates lie apart; so GMRES converges in some tens of steps. Where a single block is
that of two weakly coupled parts, their coupling is counted to J.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real, whole
from qsb_hw.lindblad.arrays import Arrays, arrays_of, check_arrays
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.capacity import NOT_ASKED, available_memory, threads_for
from qsb_hw.lindblad.certificate import (
    ACCURACY,
    Sensitivity,
    bases_of,
    bound_and_residual,
    check_accuracy,
    probe,
    traceless,
)
from qsb_hw.lindblad.direct import Factors, factorisable
from qsb_hw.lindblad.gmres import GmresResult, RefinedGmres, norm_of
from qsb_hw.lindblad.product import product_split
from qsb_hw.lindblad.refine import refined
from qsb_hw.lindblad.space import BlockSpace
from qsb_hw.lindblad.sylvester import SylvesterInverse
from qsb_hw.lindblad.task import OperationCounts, Outcome, Task, require_room

FEWEST_VECTORS = 12
"""Krylov vectors below which restarted GMRES is not worth trying."""
MOST_TRUSTED = 160
"""Krylov steps of a solve beyond which its Krylov vectors are not trusted to show what is slow."""
LEAST_SHRUNK = 2e-3
"""Factor by which 1 + JL0⁻¹ shrinks a flux below which the flux is determined again in double precision."""
RARE = 0.99
"""Trace of a flux, over its norm, that every flux of jumps exceeds; below it jumps are rare beside a coupling."""
STEADY_SHARE = 0.7
"""Component along the steady state's own flux from which a flux counts as that."""


@dataclass(frozen=True, slots=True)
class SylvesterGMRES:
    """Mixed-precision GMRES on (1 + JL0⁻¹)y = 0, y = Jρ; L0⁻¹ is a Sylvester solve in every symmetry sector.

    For problems whose sparse LU would not fit. L = L0 + J with L0 ρ = −i(H_eff ρ − ρ H_eff†), J ρ = Σ L ρ L†.

    Attributes
    ----------
    tolerance : float
        ‖y + JL0⁻¹y‖/‖y‖ to reach.
    restart, max_steps : int
        Krylov vectors kept, fewer where memory asks for it; Krylov steps before giving up.
    single_above : int
        Rows of the largest sector from which Krylov vectors and the work on them are in single precision; residuals,
        and with them the answer, are in double precision always.
    accuracy : float
        Error bound to reach.
    certifying_work : float
        Multiplications up to which a sparse LU of L is made for the error bound; beyond, it rests on Krylov vectors.
    refine : bool
        Where the bound is not reached, whether to go on with residuals in twice the working precision.
    arrays : {"numpy", "cupy"}
        Of the work in single precision: "cupy" does it on a GPU. Factorisations, residuals and the error bound
        remain the processor's.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> lower = np.diag(np.sqrt(np.arange(1.0, 20)), 1)
    >>> cavity = qh.LindbladModel(0.5 * (lower + lower.T), [lower])
    >>> steady = qh.steady_state(cavity, qh.SylvesterGMRES(tolerance=1e-10))
    >>> round(float(np.arange(20) @ steady.populations()), 6)  # |2 · 0.5 / 1|² photons
    1.0
    """

    tolerance: float = 1e-12
    restart: int = 80
    max_steps: int = 1000
    single_above: int = 200
    accuracy: float = ACCURACY
    certifying_work: float = 5e7
    refine: bool = True
    arrays: str = "numpy"

    def __post_init__(self) -> None:
        check_accuracy(self.accuracy)
        real("`tolerance`", self.tolerance, "Leave it out for 1e-12.", above=0.0)
        real("`certifying_work`", self.certifying_work, "Leave it out, or 0 for never.", least=0.0, infinite=True)
        whole("`restart`", self.restart, "Leave it out for 80.", least=1, most=10_000)
        check_arrays(self.arrays)
        whole("`max_steps`", self.max_steps, "Leave it out for 1000.", least=1)

    def memory(self, size: int, restart: int, single: bool = False) -> int:
        """Bytes needed for Σ D_b² = `size` matrix elements and `restart` Krylov vectors in either precision."""
        work = 350  # bytes an element: H_eff, its eigenvectors in both precisions, the jumps, and the vectors at work
        return size * ((4 if single else 8) * (restart + 1) + work)

    def least_memory(self, space: BlockSpace) -> float:
        """Bytes without which it cannot work."""
        return self.memory(space.size, FEWEST_VECTORS, space.largest_block >= self.single_above)

    def solve(self, task: Task) -> Outcome:
        """Solve by refined GMRES, and bound the error."""
        require_room(self, task.generator.space)
        with threads_for(task.generator.space.largest_block):
            return self._solve(task)

    def _solve(self, task: Task) -> Outcome:
        generator, space = task.generator, task.generator.space
        single = space.largest_block >= self.single_above
        iteration, arrays = FluxIteration.of_task(task), arrays_of(self.arrays)
        rough = iteration.single(arrays).apply if single else None
        restart = arrays.vectors(space.size, self._affordable_restart(space.size, single), FEWEST_VECTORS)
        solver = RefinedGmres(iteration.apply, space.size, restart, rough, arrays)
        found = self._flux(task, iteration, solver)
        flat, message = iteration.state(found.solution), self._failure(found, restart)
        factorised, lost, probing = factorisable(generator, self.certifying_work), False, 0
        bases, lowest = list[Complexes](), math.nan
        if factorised:
            known = Factors.of(generator, int(space.diagonal[0])).sensitivity()
        else:
            bases, lowest = bases_of(space, flat, single)  # in single precision good enough to begin with
            known, shrunk, probing, settled = self._explored(
                iteration, solver, probe(space, bases), found.solution, flat
            )
            lost = not settled or shrunk < LEAST_SHRUNK or found.steps > restart
            if not message and found.steps > MOST_TRUSTED:
                message = (
                    f"It took {found.steps} steps, too many for the Krylov vectors to bound the error (at most "
                    f"{MOST_TRUSTED}). Use `SparseDirect()`."
                )
        counts = OperationCounts(
            gmres_steps=found.steps + probing,
            products=found.products + probing,
            single_products=found.single + (probing if single else 0),
            factorisations=iteration.inverse.factorisations,
            probe_steps=probing,
        )
        if message:
            return Outcome(flat, np.inf, known, False, counts, message)
        bound, residual = bound_and_residual(generator, flat, known.amplification)
        outcome = Outcome(flat, bound, known, True, counts, lowest=lowest, residual=residual)
        if not lost and outcome.error_bound <= self.accuracy:
            return outcome
        if not factorised:
            known, extra = self._slowest(iteration, known, flat, probe(space, bases), restart)
            bound, residual = bound_and_residual(generator, flat, known.amplification)
            outcome = Outcome(flat, bound, known, True, counts.plus(extra), lowest=lowest, residual=residual)
        if known.unresolved(generator):
            return Outcome.unresolved(space, known, outcome.counts)
        if self.refine and outcome.error_bound > self.accuracy:
            return refined(task, outcome, iteration.generator_inverse(0.1 * self.tolerance), self.accuracy)
        return outcome

    def _flux(self, task: Task, iteration: FluxIteration, solver: RefinedGmres) -> GmresResult:
        """Flux of the steady state, from the flux the guess would have."""
        space = task.generator.space
        flux = np.asarray(iteration.fed(task.guess), dtype=float)
        flux /= space.trace(flux)
        return solver.solve(space.identity(), flux, self.tolerance, self.max_steps, task.progress)

    def _explored(
        self, iteration: FluxIteration, solver: RefinedGmres, start: Floats, steady_flux: Floats, flat: Floats
    ) -> tuple[Sensitivity, float, int, bool]:
        """What the flux that A shrinks most tells: sensitivity, the factor, the steps it took, whether it has settled.

        With a coupling of two parts among the jumps it may be the steady state's own flux, which then has little trace
        and tells nothing: the one that A shrinks most beside it is looked for too.
        """
        space, own = iteration.generator.space, steady_flux / norm_of(steady_flux)
        least, steps, settled = solver.least_image(start)
        known, shrunk = iteration.sensitivity(traceless(space, least), flat)
        if abs(space.trace(own)) < RARE and abs(float(least @ own)) > STEADY_SHARE:
            least, more, also = solver.least_image(start, own)
            other, shrunk = iteration.sensitivity(traceless(space, least), flat)
            known = max(known, other, key=lambda one: one.amplification)
            steps, settled = steps + more, settled and also
        return known, shrunk, steps, settled

    def _slowest(
        self, iteration: FluxIteration, known: Sensitivity, flat: Floats, start: Floats, restart: int
    ) -> tuple[Sensitivity, OperationCounts]:
        """The slowest mode in double precision: a vector less all that A does not bring to zero."""
        space = iteration.generator.space
        vector, counts = known.direction, OperationCounts()
        vector = traceless(space, vector / np.linalg.norm(vector) + start)
        vector = np.asarray(iteration.fed(vector), dtype=float)
        for _ in range(2):
            vector = traceless(space, vector / np.linalg.norm(vector))
            solver = RefinedGmres(iteration.apply, space.size, restart)
            image = np.asarray(iteration.apply(vector), dtype=float)
            gone = solver.solve(image, 0 * image, self.tolerance, min(self.max_steps, 3 * restart))
            counts = counts.plus(OperationCounts(gone.steps, gone.products, probe_steps=gone.steps))
            left = vector - gone.solution
            if np.linalg.norm(left) < 1e-8 * np.linalg.norm(vector):
                return known, counts
            vector = left
        slow, _ = iteration.sensitivity(traceless(space, vector), flat)
        return (slow if slow.amplification > known.amplification else known), counts

    def _failure(self, found: GmresResult, restart: int) -> str:
        """Why the iteration did not converge; empty where it did."""
        if found.residual < 1e3 * self.tolerance:
            return ""
        stopped = f"The preconditioned residual stopped at {found.residual:.1e} (tolerance {self.tolerance:.0e})"
        if found.steps >= self.max_steps:
            return f"{stopped} after max_steps = {self.max_steps} steps. Raise `max_steps`, or use `SparseDirect()`."
        return (
            f"{stopped}: it no longer falls, after {found.steps} steps with {restart} vectors kept. "
            "Raise `restart`, or use `SparseDirect()`."
        )

    def _affordable_restart(self, size: int, single: bool) -> int:
        if self.memory(size, self.restart, single) <= NOT_ASKED:
            return self.restart
        spare = 0.8 * available_memory() - self.memory(size, 1, single)
        return int(min(self.restart, max(FEWEST_VECTORS, spare // ((4 if single else 8) * size))))


@dataclass(frozen=True, slots=True, eq=False)
class FluxIteration:
    """y ↦ y + JL0⁻¹y + u tr y; u = 1/D pins the trace and changes nothing else."""

    generator: BlockGenerator
    inverse: SylvesterInverse
    feeding: Any
    diagonal: Any

    @classmethod
    def of_task(cls, task: Task) -> FluxIteration:
        """For a task, H_eff factorised as that of two weakly coupled parts where it is one."""
        generator = task.generator
        split = product_split(generator, task.dims)
        if split is None:
            return cls.of(generator)
        inverse, coupling = split
        return cls(generator, inverse, sp.csr_array(generator.feeding + coupling), generator.space.diagonal)

    @classmethod
    def of(cls, generator: BlockGenerator) -> FluxIteration:
        """For a generator, every block of its H_eff factorised."""
        return cls(generator, SylvesterInverse.of(generator), generator.feeding, generator.space.diagonal)

    def single(self, arrays: Arrays) -> FluxIteration:
        """The same for vectors of single precision, of these arrays."""
        feeding = arrays.operator(self.feeding.astype(np.float32))
        diagonal = arrays.module.asarray(self.diagonal)
        return replace(self, inverse=self.inverse.single(arrays), feeding=feeding, diagonal=diagonal)

    def fed(self, state: Any) -> Any:
        """Jρ, what the jumps make of a state (with the shift that L0 was given)."""
        fed = self.feeding @ state
        if self.inverse.shift:
            fed += self.inverse.shift * state
        return fed

    def apply(self, flux: Any) -> Any:
        """The map on a flux."""
        result = self.fed(self.inverse.apply(flux))
        result += flux
        result[self.diagonal] += flux[self.diagonal].sum() / self.diagonal.size
        return result

    def sensitivity(self, flux: Floats, steady: Floats) -> tuple[Sensitivity, float]:
        """‖L⁺‖ and the slowest relaxation ‖Lx‖/‖x‖ as the state of one traceless flux shows it; and ‖A flux‖/‖flux‖."""
        state = np.asarray(self.inverse.apply(flux), dtype=float)
        image = np.asarray(self.fed(state) + flux, dtype=float)
        state -= self.generator.space.trace(state) * steady
        size, left = float(np.linalg.norm(state)), float(np.linalg.norm(image))
        if not left:
            return Sensitivity(float("inf"), 0.0, state), 0.0
        return Sensitivity(size / left, left / size, state), left / float(np.linalg.norm(flux))

    def state(self, flux: Floats) -> Floats:
        """ρ = −L0⁻¹y of trace one."""
        state = np.asarray(self.inverse.apply(flux), dtype=float)
        return np.asarray(state / self.generator.space.trace(state))

    def generator_inverse(self, tolerance: float) -> Callable[[Floats], Floats]:
        """L⁺ on traceless packed vectors, up to a multiple of the steady state: x = L0⁻¹(1 + JL0⁻¹)⁻¹b."""
        restart = SylvesterGMRES().restart
        solver = RefinedGmres(self.apply, self.generator.space.size, restart)

        def solve(rhs: Floats) -> Floats:
            found = solver.solve(rhs, 0 * rhs, tolerance, 3 * restart)
            return np.asarray(self.inverse.apply(found.solution), dtype=float)

        return solve
