"""What a steady-state solver is given and what it gives back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from operator import add
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Floats, Integers
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.certificate import Sensitivity
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.sectors import Sectors
from qsb_hw.lindblad.space import BlockSpace

Progress = Callable[[int, float], None]


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


@dataclass(frozen=True, slots=True)
class OperationCounts:
    """What a solve cost, in operations and not in seconds.

    Attributes
    ----------
    gmres_steps, probe_steps : int
        Krylov steps, and of these those spent on the error bound.
    products, single_products : int
        Applications of 1 + JL0⁻¹, and of these those in single precision.
    factorisations : int
        Blocks diagonalised (Sylvester) or matrices factorised (direct).
    """

    gmres_steps: int = 0
    products: int = 0
    single_products: int = 0
    factorisations: int = 0
    probe_steps: int = 0

    def plus(self, other: OperationCounts) -> OperationCounts:
        """Counts of two solves together."""
        return OperationCounts(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A model cut down to the sectors that matter; `dims` of its subsystems, where the states are in their order."""

    generator: BlockGenerator
    sectors: Sectors
    elements: Elements
    guess: Floats
    progress: Progress | None = None
    dims: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A solver's answer to a `Task`.

    Attributes
    ----------
    flat : (Σ D_b²,) float
        The state, packed, of trace one.
    error_bound, sensitivity : float, Sensitivity
        On ‖ρ − ρ_true‖ (Frobenius norm), infinite where the slowest relaxation rate cannot be distinguished from zero;
        and what it rests on.
    converged, message : bool, str
        Whether the solver reached what it was asked for, and why not.
    unique : bool
        Whether there can be no other steady state, by the way it was found.
    lowest, residual : float
        Lowest eigenvalue of the state and ‖Lρ‖/(‖ρ‖·rate); NaN where they are not known yet.
    """

    flat: Floats
    error_bound: float
    sensitivity: Sensitivity
    converged: bool
    counts: OperationCounts
    message: str = ""
    unique: bool = False
    lowest: float = math.nan
    residual: float = math.nan

    @classmethod
    def nothing(cls, space: BlockSpace, gap: float, counts: OperationCounts) -> Outcome:
        """No state at all."""
        return cls(np.full(space.size, np.nan), np.nan, Sensitivity(np.nan, gap, np.zeros(0)), False, counts)

    @classmethod
    def unresolved(cls, space: BlockSpace, found: Sensitivity, counts: OperationCounts) -> Outcome:
        """No state: the slowest relaxation rate cannot be distinguished from zero."""
        return cls(space.identity(), float("inf"), found, True, counts)


class Solver(Protocol):
    """Anything that solves a `Task`."""

    def solve(self, task: Task) -> Outcome: ...  # noqa: D102
    def least_memory(self, space: BlockSpace) -> float: ...  # noqa: D102


def require_room(solver: Solver, space: BlockSpace) -> None:
    """Raise `CapacityError` if the memory `solver` cannot do without is not free."""
    require_memory(
        solver.least_memory(space),
        f"A steady state with {space.size:.3g} matrix elements in its symmetry sectors",
        "Keep fewer levels, or eliminate the baths.",
    )
