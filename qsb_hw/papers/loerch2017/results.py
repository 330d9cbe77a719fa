"""From solutions to Datasets: numbers with names, units, and what is known about their error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.model.network import Network
from qsb_hw.papers import dataset as common
from qsb_hw.papers.dataset import Field
from qsb_hw.result import Certificate
from qsb_hw.sync.exact import detuning_sweep, steady_state
from qsb_hw.sync.solution import SyncSolution
from qsb_hw.sync.truncation import remaining_change

Measure = Callable[[SyncSolution], float]

REFERENCE = "Lörch, Nigg, Nunnenkamp, Tiwari, Bruder, Phys. Rev. Lett. 118, 243602 (2017)"

dataset = partial(common.dataset, REFERENCE)
"""Dataset of a figure of this paper."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Measures along one sweep."""

    values: Mapping[str, Floats]  # (n,) each, NaN where there is no certified steady state
    certificate: Certificate  # worst of the steady states
    failed: int  # points without one
    truncation: float  # `remaining_change` of the first measure where it is largest; NaN if unknown


def synchronization_of(first: int, second: int) -> Measure:
    """The measure S of one pair."""
    return lambda solution: solution.synchronization(first, second)


def swept(
    network: Network, detunings: Floats, measures: Mapping[str, Measure], oscillator: int = 0, truncation: bool = True
) -> Row:
    """Measures of a network while one of its oscillators is detuned."""
    return _row(detuning_sweep(network, detunings, oscillator), measures, truncation)


def solved(networks: Iterable[Network], measures: Mapping[str, Measure]) -> Row:
    """Measures of one network after the other, each the next one's guess."""
    solutions: list[SyncSolution] = []
    for network in networks:
        guess = solutions[-1] if solutions else None
        solutions.append(steady_state(network, guess=guess, estimate_truncation=False))
    return _row(solutions, measures, truncation=True)


def _row(solutions: Sequence[SyncSolution], measures: Mapping[str, Measure], truncation: bool) -> Row:
    fine = [solution.steady.ok for solution in solutions]
    values = {
        name: np.array([measure(s) if ok else np.nan for s, ok in zip(solutions, fine, strict=True)])
        for name, measure in measures.items()
    }
    name, measure = next(iter(measures.items()))
    worst = Certificate.worst(s.certificate for s, ok in zip(solutions, fine, strict=True) if ok)
    error = np.nan
    if truncation and any(fine):
        best = solutions[int(np.nanargmax(values[name]))]
        solve = partial(steady_state, estimate_truncation=False)
        error = remaining_change(best, lambda one, other: abs(measure(one) - measure(other)), solve)
    return Row(values, worst, fine.count(False), error)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """All sweeps of a figure, one row after the other."""

    rows: Sequence[Row]

    @classmethod
    def of(cls, stage: str, values: Iterable[Any], row: Callable[[Any], Row], progress: Progress) -> Rows:
        """One row per value."""
        return cls(common.each(stage, values, row, progress))

    def __getitem__(self, name: str) -> Floats:
        """One measure of all rows, (rows, n)."""
        return np.stack([row.values[name] for row in self.rows])

    @property
    def truncation(self) -> Floats:
        """Truncation errors of the first measure where it is largest, (rows,)."""
        return np.array([row.truncation for row in self.rows])

    def truncation_error(self, *dims: str, of: str = "S", shape: tuple[int, ...] | None = None) -> dict[str, Field]:
        """They as a variable; two dimensions where rows run over both."""
        values = self.truncation if shape is None else self.truncation.reshape(shape)
        return {"truncation_error": Field(dims, values, "1", f"truncation error of the largest {of}")}

    @property
    def certificate(self) -> dict[str, Any]:
        """How well the steady states behind a figure are solved."""
        points = sum(next(iter(row.values.values())).size for row in self.rows)
        failed = sum(row.failed for row in self.rows)
        errors = self.truncation[np.isfinite(self.truncation)]
        found: dict[str, Any] = {
            "steady_states": points,
            "not_converged": failed,
            "status": "converged" if not failed else f"{failed} of {points} points without a certified steady state",
            "residual_max": Certificate.worst(row.certificate for row in self.rows).residual,
        }
        return {**found, "truncation_error_max": float(errors.max())} if errors.size else found
