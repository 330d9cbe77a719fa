"""Steady states by preconditioned GMRES, for what is large.

With L = L0 + J and y = Jρ = −L0ρ, (1 + JL0⁻¹)y = 0: L0⁻¹ is a Sylvester solve in every sector, cheap after one
diagonalisation of H_eff, and −JL0⁻¹ takes the state after one quantum jump to the state after the next. It conserves
the trace and all its entries are of order one, however far the rates lie apart; so GMRES converges in some tens of
steps, and errors are not multiplied by the ratio of fast and slow rates as they are in ρ itself. GMRES computes
corrections to a guess, and the defect is formed anew before each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import BlockGenerator, BlockSpace, Reals
from qsb_hw.linalg.capacity import available_memory, threads_for
from qsb_hw.linalg.gmres import Apply, GmresResult, gmres
from qsb_hw.linalg.sylvester import SylvesterInverse
from qsb_hw.linalg.task import OperationCounts, Outcome, Task, require_room
from qsb_hw.linalg.uniqueness import proven_unique

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST_VECTORS = 12
"""Krylov vectors below which restarted GMRES is not worth trying."""


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
    single_above : int
        Rows of the largest sector from which Krylov vectors and the work on them are in single precision; residuals,
        and with them the answer, are in double precision always.
    """

    tolerance: float = 1e-12
    restart: int = 80
    max_steps: int = 1000
    single_above: int = 200

    def memory(self, size: int, restart: int | None = None, single: bool = False) -> int:
        """Bytes needed for Σ D_b² = `size` matrix elements and `restart` Krylov vectors in single or double precision.

        350 bytes an element go to H_eff, its eigenvectors in both precisions, the jumps and the vectors at work.
        """
        return size * ((4 if single else 8) * ((restart or self.restart) + 1) + 350)

    def least_memory(self, space: BlockSpace) -> float:
        """Bytes without which it cannot work."""
        return self.memory(space.size, FEWEST_VECTORS, space.largest_block >= self.single_above)

    def solve(self, task: Task) -> Outcome:
        """Solve by refined GMRES, then prove or probe uniqueness."""
        space = task.generator.space
        require_room(self, space)
        single = space.largest_block >= self.single_above
        restart = self._affordable_restart(space.size, single)
        with threads_for(space.largest_block):
            inverse = SylvesterInverse.of(task.generator)
            unique: bool | None = proven_unique(task.sectors, task.jumps, task.generator, inverse)
            iteration = _Iteration.of(task.generator, inverse)
            rough = iteration.single().apply if single else None
            found = self._flux(task, iteration, restart, rough)
            probed = None
            if not unique:
                unique, probed = self._probe(iteration, restart, rough) if found.residual < 1e-6 else (None, None)
            flat = iteration.state(found.solution)
        counts = OperationCounts(
            found.steps + (probed.steps if probed else 0),
            found.products + (probed.products if probed else 0),
            found.single + (probed.single if probed else 0),
            inverse.factorisations,
            probed.steps if probed else 0,
        )
        message = self._message(found.residual, found.steps)
        return Outcome(flat, unique, found.residual < 1e3 * self.tolerance, counts, message)

    def _flux(self, task: Task, iteration: _Iteration, restart: int, rough: Apply | None) -> GmresResult:
        """Flux of the steady state, from the flux the guess would have."""
        space = task.generator.space
        flux = np.asarray(iteration.fed(task.guess), dtype=float)
        flux /= space.trace(flux)
        return gmres(
            iteration.apply, space.identity(), flux, self.tolerance, restart, self.max_steps, task.progress, rough
        )

    def _message(self, residual: float, steps: int) -> str:
        if residual <= self.tolerance:
            return ""
        return (
            f"The preconditioned residual stopped at {residual:.1e} after {steps} steps "
            f"(tolerance {self.tolerance:.0e}). Raise `max_steps` or `restart`."
        )

    def _affordable_restart(self, size: int, single: bool) -> int:
        spare = 0.8 * available_memory() - self.memory(size, 1, single)
        return int(min(self.restart, max(FEWEST_VECTORS, spare // ((4 if single else 8) * size))))

    def _probe(self, iteration: _Iteration, restart: int, rough: Apply | None) -> tuple[bool | None, GmresResult]:
        """Whether a random traceless start is drawn to zero: it is not if there is a second steady state."""
        space = iteration.generator.space
        start = np.random.default_rng(space.size).standard_normal(space.size) / math.sqrt(space.size)
        start[space.diagonal] -= space.trace(start) / space.diagonal.size
        image = np.asarray(iteration.apply(start), dtype=float)
        result = gmres(iteration.apply, image, 0 * start, 1e-7, restart, self.max_steps, rough=rough)
        left = float(np.linalg.norm(result.solution - start) / np.linalg.norm(start))
        return (left < 1e-3 if result.converged else None), result


@dataclass(frozen=True, slots=True, eq=False)
class _Iteration:
    """y ↦ y + JL0⁻¹y + u tr y; u = 1/D pins the trace and changes nothing else."""

    generator: BlockGenerator
    inverse: SylvesterInverse
    feeding: sp.csr_array
    diagonal: Integers

    @classmethod
    def of(cls, generator: BlockGenerator, inverse: SylvesterInverse) -> _Iteration:
        return cls(generator, inverse, generator.feeding, generator.space.diagonal)

    def single(self) -> _Iteration:
        """The same in single precision."""
        return replace(self, inverse=self.inverse.single(), feeding=self.feeding.astype(np.float32))

    def fed(self, state: Reals) -> Reals:
        """Jρ, what the jumps make of a state (with the shift that L0 was given)."""
        fed = self.feeding @ state
        if self.inverse.shift:
            fed += self.inverse.shift * state
        return np.asarray(fed)

    def apply(self, flux: Reals) -> Reals:
        result = self.fed(self.inverse.apply(flux))
        result += flux
        result[self.diagonal] += flux[self.diagonal].sum() / self.diagonal.size
        return result

    def state(self, flux: Floats) -> Floats:
        """ρ = −L0⁻¹y of trace one."""
        state = np.asarray(self.inverse.apply(flux), dtype=float)
        normalised: Floats = state / self.generator.space.trace(state)
        return normalised


def flux_solver(generator: BlockGenerator, tolerance: float) -> Callable[[Floats], Floats]:
    """The inverse of L on traceless packed vectors, up to a multiple of the steady state: x = L0⁻¹(1 + JL0⁻¹)⁻¹b."""
    iteration, settings = _Iteration.of(generator, SylvesterInverse.of(generator)), SylvesterGMRES()

    def solve(rhs: Floats) -> Floats:
        found = gmres(iteration.apply, rhs, 0 * rhs, tolerance, settings.restart, settings.max_steps)
        return np.asarray(iteration.inverse.apply(found.solution), dtype=float)

    return solve
