"""The error budget: what each approximation on the way from a device to the printed closed forms costs.

One oscillator is solved on every level of description, and two of them at Δ = 0 and at the resonance |n0, n0⟩ ↔
|n0 + 1, n0 − 1⟩; the other resonance is the mirror image. Both sides of a row differ by the neglected term only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.elimination.hierarchy import Description
from qsb_hw.errors import require
from qsb_hw.lindblad.task import OperationCounts
from qsb_hw.model.display import html_tables
from qsb_hw.result import Certificate, Result, Status, worst_status

Item = TypeVar("Item")

LIMIT = 0.05
"""Cost above which an approximation counts as failed."""
OBSERVABLES = ("populations", "S at Δ = 0", "S at the resonance")
"""What the cost of a row is the largest of."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairResult(Result):
    """Two equal oscillators on one description, by the worse of two solves; NaN and no dimensions where there is none.

    Attributes
    ----------
    dims : tuple of int
        Of the model solved: oscillator 1, its baths, oscillator 2, its baths.
    synchronization : (2,) float
        S at Δ = 0 and at the resonance.
    """

    status: Status
    message: str
    dims: tuple[int, ...] = ()
    synchronization: Floats = field(default_factory=lambda: np.full(2, math.nan))
    certificate: Certificate = field(default_factory=Certificate)
    counts: OperationCounts = field(default_factory=OperationCounts)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DescriptionResult(Result):
    """One oscillator on one description, solved.

    Attributes
    ----------
    state : (levels, levels) complex or None
        Of the oscillator, the baths traced out.
    relaxation_rate : float
        Slowest decay of the populations in 1/s.
    pair : PairResult or None
        The largest pair solved on it.
    """

    description: Description
    status: Status
    message: str
    state: Complexes | None = None
    relaxation_rate: float = math.nan
    dims: tuple[int, ...] = ()
    certificate: Certificate = field(default_factory=Certificate)
    counts: OperationCounts = field(default_factory=OperationCounts)
    pair: PairResult | None = None

    @property
    def populations(self) -> Floats | None:
        """Of the levels, shape (levels,); None without a state."""
        return None if self.state is None else np.real(np.diag(self.state)).copy()

    def population(self, level: int) -> float:
        """Of one level; NaN without a state."""
        return math.nan if self.state is None else float(self.state[level, level].real)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BudgetRow(Result):
    """One approximation: from the description above to the description below, as sure as the worst of four solves.

    Attributes
    ----------
    neglected, remedy : str
        The physics that is dropped, and what to do where that costs too much.
    trace_distance : float
        ½‖ρ_above − ρ_below‖₁ of one oscillator.
    fidelity, relaxation_rate : (float, float)
        P(n0), and the slowest decay of the populations in 1/s, above and below.
    synchronization : (2, 2) float
        [[S(0), S(resonance)] above, the same below], of pairs of one size.
    pair_dims : (tuple, tuple)
        Dimensions of the two pairs.
    limit : float
        Cost from which the approximation counts as failed.
    """

    above: str
    below: str
    neglected: str
    remedy: str
    status: Status
    message: str
    trace_distance: float
    fidelity: tuple[float, float]
    relaxation_rate: tuple[float, float]
    synchronization: Floats
    pair_dims: tuple[tuple[int, ...], tuple[int, ...]]
    certificate: Certificate
    limit: float = LIMIT

    @property
    def fidelity_change(self) -> float:
        """P(n0) below less that above: the error made by dropping the physics."""
        return self.fidelity[1] - self.fidelity[0]

    @property
    def relaxation_change(self) -> float:
        """Relative change of the slowest decay."""
        return _relative(*self.relaxation_rate)

    @property
    def synchronization_changes(self) -> tuple[float, float]:
        """Relative changes of S(0) and S(resonance)."""
        (zero, resonant), (zero_below, resonant_below) = self.synchronization
        return _relative(float(zero), float(zero_below)), _relative(float(resonant), float(resonant_below))

    @property
    def costs(self) -> tuple[float, float, float]:
        """Moduli of what the cost is the largest of, as in `OBSERVABLES`; NaN where not known."""
        zero, resonant = self.synchronization_changes
        return self.trace_distance, abs(zero), abs(resonant)

    @property
    def cost(self) -> float:
        """Largest of trace distance and relative changes of S; NaN where nothing is known.

        The slowest decay does not count: it belongs to the top of the ladder, which hardly anything populates.
        """
        return float(np.fmax.reduce(self.costs))

    @property
    def limiting(self) -> str:
        """Which of `OBSERVABLES` suffers most; "" where nothing is known."""
        return "" if math.isnan(self.cost) else OBSERVABLES[int(np.nanargmax(self.costs))]

    @property
    def fails(self) -> bool | None:
        """Whether the cost is above the limit; None where it may be, for part of it is not known."""
        if self.cost > self.limit:
            return True
        return None if any(map(math.isnan, self.costs)) else False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ErrorBudget(Result):
    """Which approximation costs how much.

    Attributes
    ----------
    target, levels : int
        n0, and levels of every single oscillator.
    coupling, assumed : float, bool
        V of the pairs in rad/s, and whether that is neither given nor the device's.
    detuning : float
        Δ of the resonance in rad/s, 2K and the baths' level shifts: the same on every description.
    results : tuple of DescriptionResult
        From the most complete description downwards.
    rows : tuple of BudgetRow
        From each description that is not skipped to the next.
    truncation_error : float
        What the levels left out change in the populations of the eliminated oscillator.
    limit : float
        Cost above which an approximation counts as failed.
    """

    name: str
    target: int
    levels: int
    coupling: float
    assumed: bool
    detuning: float
    results: tuple[DescriptionResult, ...]
    rows: tuple[BudgetRow, ...]
    counts: OperationCounts
    truncation_error: float = math.nan
    limit: float = LIMIT

    def result(self, name: str) -> DescriptionResult:
        """One description by its name; `ArgumentError` for one that is not in this budget."""
        return _named(name, {r.description.name: r for r in self.results}, "A description of this budget must be")

    def row(self, below: str) -> BudgetRow:
        """The step down to one description; `ArgumentError` for one no step leads to."""
        return _named(below, {row.below: row for row in self.rows}, "A step must lead to")

    @property
    def worst_first(self) -> tuple[BudgetRow, ...]:
        """Rows by falling cost; those of which nothing is known last."""
        return tuple(sorted(self.rows, key=lambda row: -np.nan_to_num(row.cost, nan=-1.0)))

    @property
    def worst(self) -> BudgetRow | None:
        """The most expensive approximation; None where nothing is known."""
        return next((row for row in self.worst_first if not math.isnan(row.cost)), None)

    @property
    def first_failure(self) -> BudgetRow | None:
        """The first approximation on the way down that costs more than its limit; None where all hold."""
        return next((row for row in self.rows if row.fails), None)

    @property
    def status(self) -> Status:
        """Of the first step that is not certified, else converged; pairs too large to be solved do not count."""
        return worst_status(row.status for row in self.rows if row.status is not Status.TOO_LARGE)

    @property
    def message(self) -> str:
        """Why a step is not certified."""
        return next((row.message for row in self.rows if row.message), "")

    @property
    def converged(self) -> bool:
        """Whether every solve that was tried is certified."""
        return self.ok

    @property
    def certificate(self) -> Certificate:
        """The worst of all solves."""
        return Certificate.worst(row.certificate for row in self.rows)

    def _repr_html_(self) -> str:
        return html_tables(self)


def _named(name: str, known: dict[str, Item], must: str) -> Item:
    require(name in known, f"{must} one of {', '.join(known)}", repr(name), "Choose one.")
    return known[name]


def _relative(above: float, below: float) -> float:
    """below/above − 1; NaN where either is not known or there is nothing to compare with."""
    return below / above - 1 if above and math.isfinite(above) and math.isfinite(below) else math.nan
