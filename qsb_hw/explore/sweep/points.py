"""Points of a sweep: how one is sent to a worker, solved there, and how its result is kept."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Requested
from qsb_hw.errors import QsbError
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.measures import Measure, measures_of
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.lindblad.capacity import on_one_core
from qsb_hw.result import Status


class PointStatus(IntEnum):
    """Status of a point as it is stored."""

    MISSING = 0
    CONVERGED = 1
    NOT_CONVERGED = 2
    """A steady state without a certificate; the reason is its `Status`."""
    REFUSED = 3
    """Values that give no device; the reason says why."""
    FAILED = 4
    """An unexpected exception."""
    CRASHED = 5
    """The process that worked on it died, more than once."""

    @classmethod
    def of(cls, status: Status) -> PointStatus:
        """Code under which the outcome of a solution is stored."""
        return cls.CONVERGED if status is Status.CONVERGED else cls.NOT_CONVERGED


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rows:
    """Results of points, one row each.

    Attributes
    ----------
    values : (n, width) float
        Numbers of all measures side by side; NaN where there is no result.
    status : (n,) uint8
        `PointStatus` of each.
    residual : (n,) float
        Largest ‖Lρ‖/(‖ρ‖·rate).
    reasons : (n,) object
        Why there is no result, in words; empty where there is one.
    """

    values: Floats
    status: NDArray[np.uint8]
    residual: Floats
    reasons: NDArray[np.object_]

    @classmethod
    def without(cls, status: PointStatus, reason: str, count: int, width: int) -> Rows:
        """Rows of points that have no result."""
        return cls(
            values=np.full((count, width), math.nan),
            status=np.full(count, status, dtype=np.uint8),
            residual=np.full(count, math.nan),
            reasons=np.full(count, reason, dtype=object),
        )

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """One after the other."""
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})

    def __getitem__(self, chosen: NDArray[np.generic]) -> Rows:
        """Some of the rows."""
        return Rows(**{f.name: getattr(self, f.name)[chosen] for f in fields(Rows)})

    def put(self, places: NDArray[np.generic], rows: Rows) -> None:
        """Replace the rows at `places`."""
        for f in fields(Rows):
            getattr(self, f.name)[places] = getattr(rows, f.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is sent to a worker: numbers of a device file, never a matrix."""

    subject: Subject
    paths: tuple[str, ...]
    points: tuple[tuple[float, ...], ...]
    measures: tuple[str, ...]
    sizes: tuple[int, ...]
    settings: Requested


def evaluate(work: Work) -> Rows:
    """Rows of a work unit, computed on one core; an exception at a point becomes its reason."""
    measures = measures_of(work.measures, work.subject)
    with on_one_core():
        parts = [
            _rows(Evaluation(work.subject, values, work.settings.with_values(values), detunings), measures, work.sizes)
            for values, detunings in _members(work)
        ]
    return Rows.joined(parts)


def _members(work: Work) -> Iterator[tuple[dict[str, float], list[float] | None]]:
    """Points of a unit, those that differ only in Δ together."""
    if "detuning" not in work.paths:
        yield from ((dict(zip(work.paths, point, strict=True)), None) for point in work.points)
        return
    at = work.paths.index("detuning")
    paths = work.paths[:at] + work.paths[at + 1 :]
    for rest, together in groupby(work.points, key=lambda point: point[:at] + point[at + 1 :]):
        yield dict(zip(paths, rest, strict=True)), [point[at] for point in together]


def _rows(evaluation: Evaluation, measures: Sequence[Measure], sizes: Sequence[int]) -> Rows:
    count, width = len(evaluation.detunings), sum(sizes)
    try:
        values = np.concatenate([m.of(evaluation, n) for m, n in zip(measures, sizes, strict=True)], axis=1)
    except QsbError as error:
        return Rows.without(PointStatus.REFUSED, str(error), count, width)
    except Exception as error:  # the sweep continues with its other points
        return Rows.without(PointStatus.FAILED, f"{type(error).__name__}: {error}", count, width)
    found = evaluation.certificate()
    reasons = ["" if status is Status.CONVERGED else f"steady state: {status.value}" for status, _ in found]
    return Rows(
        values=values,
        status=np.array([PointStatus.of(status) for status, _ in found], dtype=np.uint8),
        residual=np.array([residual for _, residual in found]),
        reasons=np.array(reasons, dtype=object),
    )
