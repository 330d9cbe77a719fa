"""From solutions to Datasets: numbers with names, units, and what is known about their error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats
from qsb_hw.model.network import Network
from qsb_hw.papers import dataset as common
from qsb_hw.sync.exact import detuning_sweep, steady_state
from qsb_hw.sync.solution import SyncSolution
from qsb_hw.sync.truncation import remaining_change

Measure = Callable[[SyncSolution], float]

REFERENCE = "Lörch, Nigg, Nunnenkamp, Tiwari, Bruder, Phys. Rev. Lett. 118, 243602 (2017)"

dataset = partial(common.dataset, REFERENCE)
"""Dataset of a figure of this paper."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Measures along one sweep.

    Attributes
    ----------
    values : dict of (n,) float
        NaN where there is no certified steady state.
    residual : float
        Largest residual of the sweep.
    failed : int
        Points without a certified steady state.
    truncation : float
        `remaining_change` of the first measure where it is largest; NaN where it was not asked for or is not known.
    """

    values: Mapping[str, Floats]
    residual: float
    failed: int
    truncation: float


def synchronization_of(first: int, second: int) -> Measure:
    """The measure S of one pair."""
    return lambda solution: solution.synchronization(first, second)


def swept(
    network: Network,
    detunings: ArrayLike,
    measures: Mapping[str, Measure],
    oscillator: int = 0,
    truncation: bool = True,
) -> Row:
    """Measures of a network while one of its oscillators is detuned."""
    return _row(detuning_sweep(network, np.asarray(detunings, dtype=float), oscillator), measures, truncation)


def solved(networks: Iterable[Network], measures: Mapping[str, Measure], truncation: bool = True) -> Row:
    """Measures of one network after the other, each the next one's guess."""
    solutions: list[SyncSolution] = []
    for network in networks:
        guess = solutions[-1] if solutions else None
        solutions.append(steady_state(network, guess=guess, estimate_truncation=False))
    return _row(solutions, measures, truncation)


def _row(solutions: Sequence[SyncSolution], measures: Mapping[str, Measure], truncation: bool) -> Row:
    fine = [solution.steady.ok for solution in solutions]
    values = {
        name: np.array([measure(s) if ok else np.nan for s, ok in zip(solutions, fine, strict=True)])
        for name, measure in measures.items()
    }
    name, measure = next(iter(measures.items()))
    residuals = [s.residual for s, ok in zip(solutions, fine, strict=True) if ok]
    error = np.nan
    if truncation and any(fine):
        best = solutions[int(np.nanargmax(values[name]))]
        error = remaining_change(best, lambda one, other: abs(measure(one) - measure(other)), _solved)
    return Row(values, max(residuals, default=np.nan), fine.count(False), error)


def _solved(network: Network) -> SyncSolution:
    return steady_state(network, estimate_truncation=False)


def stacked(rows: Sequence[Row], name: str) -> Floats:
    """One measure of all rows, (rows, n)."""
    return np.stack([row.values[name] for row in rows])


def certificate(rows: Sequence[Row]) -> dict[str, Any]:
    """How well the steady states behind a figure are solved."""
    points = sum(next(iter(row.values.values())).size for row in rows)
    failed = sum(row.failed for row in rows)
    errors = [row.truncation for row in rows if np.isfinite(row.truncation)]
    found: dict[str, Any] = {
        "steady_states": points,
        "not_converged": failed,
        "status": "converged" if not failed else f"{failed} of {points} points without a certified steady state",
        "residual_max": float(np.nanmax([row.residual for row in rows])) if failed < points else np.nan,
    }
    return {**found, "truncation_error_max": max(errors)} if errors else found
