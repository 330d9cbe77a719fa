"""Steady states by preconditioned GMRES, for what is large.

With L = L0 + J and y = Jρ = −L0ρ, (1 + JL0⁻¹)y = 0: L0⁻¹ is a Sylvester solve in every sector, cheap after one
diagonalisation of H_eff, and −JL0⁻¹ takes the state after one quantum jump to the state after the next. It conserves
the trace and all its entries are of order one, however far the rates lie apart; so GMRES converges in some tens of
steps, and errors are not multiplied by the ratio of fast and slow rates as they are in ρ itself. GMRES computes
corrections to a guess, and the defect is formed anew before each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import BlockGenerator
from qsb_hw.linalg.capacity import available_memory, require_memory, threads_for
from qsb_hw.linalg.gmres import gmres
from qsb_hw.linalg.sylvester import SylvesterInverse
from qsb_hw.linalg.task import OperationCounts, Outcome, Task
from qsb_hw.linalg.uniqueness import proven_unique

Floats = NDArray[np.float64]

FEWEST_VECTORS = 12
"""Krylov vectors below which restarted GMRES is not worth trying."""
SMALLEST_GOAL = 1e-12
"""Relative residual below which one round of GMRES works for rounding only."""


@dataclass(frozen=True, slots=True)
class SylvesterGMRES:
    """GMRES on (1 + JL0⁻¹)y = 0, y = Jρ, with the trace pinned; L0⁻¹ is a Sylvester solve in every sector.

    Attributes
    ----------
    tolerance : float
        ‖y + JL0⁻¹y‖/‖y‖ to reach.
    restart : int
        Krylov vectors kept; fewer where memory asks for it.
    max_steps : int
        Krylov steps before giving up.
    """

    tolerance: float = 1e-12
    restart: int = 80
    max_steps: int = 1000

    def memory(self, size: int, restart: int | None = None) -> int:
        """Bytes needed for Σ D_b² = `size` matrix elements and `restart` Krylov vectors."""
        return size * (8 * ((restart or self.restart) + 1) + 330)

    def solve(self, task: Task) -> Outcome:
        """Solve by iterative refinement, then prove or probe uniqueness."""
        size = task.generator.space.size
        restart = self._affordable_restart(size)
        with threads_for(task.generator.space.largest_block):
            inverse = SylvesterInverse.of(task.generator)
            unique: bool | None = proven_unique(task.sectors, task.jumps, task.generator, inverse)
            iteration = _Iteration(task.generator, inverse)
            run = _Refinement(self, task, iteration, restart)
            flat, residual = run.refine(task.guess)
            probe = (0, 0)
            if not unique:
                unique, probe = self._probe(iteration, restart) if residual < 1e-6 else (None, probe)
        counts = OperationCounts(run.steps + probe[0], run.products + probe[1], inverse.factorisations, probe[0])
        return Outcome(flat, unique, residual < 1e3 * self.tolerance, counts, self._message(residual, run.steps))

    def _message(self, residual: float, steps: int) -> str:
        if residual <= self.tolerance:
            return ""
        return (
            f"The preconditioned residual stopped at {residual:.1e} after {steps} steps "
            f"(tolerance {self.tolerance:.0e}). Raise `max_steps` or `restart`."
        )

    def _affordable_restart(self, size: int) -> int:
        require_memory(
            self.memory(size, FEWEST_VECTORS),
            f"A steady state with {size:.3g} matrix elements in its symmetry sectors",
            "Keep fewer levels, or eliminate the baths.",
        )
        spare = 0.8 * available_memory() - self.memory(size, 1)
        return int(min(self.restart, max(FEWEST_VECTORS, spare // (8 * size))))

    def _probe(self, iteration: _Iteration, restart: int) -> tuple[bool | None, tuple[int, int]]:
        """Whether a random traceless start is drawn to zero: it is not if there is a second steady state."""
        space = iteration.generator.space
        start = np.random.default_rng(space.size).standard_normal(space.size) / math.sqrt(space.size)
        start[space.diagonal] -= space.trace(start) / space.diagonal.size
        result = gmres(iteration.apply, 0 * start, start, 1e-7, restart, self.max_steps)
        left = float(np.linalg.norm(result.solution) / np.linalg.norm(start))
        decided = left < 1e-3 if result.converged else None
        return decided, (result.steps, result.products)


class _Refinement:
    """y ← y + correction until the residual is small enough; counts what it costs."""

    def __init__(self, solver: SylvesterGMRES, task: Task, iteration: _Iteration, restart: int) -> None:
        self.solver, self.task, self.iteration, self.restart = solver, task, iteration, restart
        self.steps, self.products = 0, 0

    def refine(self, state: Floats) -> tuple[Floats, float]:
        """Refine until the tolerance is met, the steps are spent, or a correction gains too little."""
        space, iteration, best = self.task.generator.space, self.iteration, math.inf
        flux = iteration.fed(state)
        flux /= space.trace(flux)
        while True:
            rhs = space.identity() - iteration.apply(flux)
            size, norm = float(np.linalg.norm(flux)), float(np.linalg.norm(rhs))
            residual = norm / size
            exhausted = self.steps >= self.solver.max_steps
            if residual <= self.solver.tolerance or residual > 0.5 * best or exhausted:
                return iteration.state(flux), residual
            best = residual
            flux = flux + self._correction(rhs, norm, size)

    def _correction(self, rhs: Floats, norm: float, size: float) -> Floats:
        report, done = self.task.progress, self.steps
        result = gmres(
            self.iteration.apply,
            rhs,
            np.zeros_like(rhs),
            min(0.1, max(SMALLEST_GOAL, 0.3 * self.solver.tolerance * size / norm)),
            self.restart,
            self.solver.max_steps - done,
            None if report is None else lambda step, left: report(done + step, left * norm / size),
        )
        self.steps += result.steps
        self.products += result.products
        return result.solution


@dataclass(frozen=True, slots=True, eq=False)
class _Iteration:
    """y ↦ y + JL0⁻¹y + u tr y; u = 1/D pins the trace and changes nothing else."""

    generator: BlockGenerator
    inverse: SylvesterInverse

    def fed(self, state: Floats) -> Floats:
        """Jρ, what the jumps make of a state (with the shift that L0 was given)."""
        fed: Floats = self.generator.feeding @ state
        if self.inverse.shift:
            fed += self.inverse.shift * state
        return fed

    def apply(self, flux: Floats) -> Floats:
        result, space = self.fed(self.inverse.apply(flux)) + flux, self.generator.space
        result[space.diagonal] += space.trace(flux) / space.diagonal.size
        return result

    def state(self, flux: Floats) -> Floats:
        """ρ = −L0⁻¹y of trace one."""
        state = self.inverse.apply(flux)
        normalised: Floats = state / self.generator.space.trace(state)
        return normalised
