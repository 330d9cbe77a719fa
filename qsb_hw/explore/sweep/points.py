"""Points of a sweep: how one is sent to a worker, solved there, and how its result is kept."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Requested
from qsb_hw.errors import QsbError
from qsb_hw.explore.sweep.axes import DETUNING
from qsb_hw.explore.sweep.chips import ChipEvaluation, evaluation_of
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
    UNDECIDED = 6
    """Solved, but a numerical check fails, so that a verdict is missing; everything else is as at a converged point."""


SOLVED = (PointStatus.CONVERGED, PointStatus.UNDECIDED)
"""Points whose steady states all have a certificate."""


Rows = NDArray[np.void]
"""Results of points, as `rows_of` makes them."""


def rows_of(values: Floats, status: Any, residual: Any, reason: Any) -> Rows:
    """Results of n points: the numbers of all measures, (n, width); `PointStatus`; largest ‖Lρ‖/(‖ρ‖·rate); reason."""
    kind = [("values", float, values.shape[1:]), ("status", np.uint8), ("residual", float), ("reason", object)]
    rows = np.empty(len(values), dtype=kind)
    rows["values"], rows["status"], rows["residual"], rows["reason"] = values, status, residual, reason
    return rows


def without(status: PointStatus, reason: str, count: int, width: int) -> Rows:
    """Rows of points that have no result."""
    return rows_of(np.full((count, width), math.nan), status, math.nan, reason)


Work = tuple[Subject, Requested, tuple[str, ...], tuple[int, ...], tuple[str, ...], tuple[tuple[float, ...], ...]]
"""What is sent to a worker, numbers and never a matrix: the arguments of `evaluate`."""


def evaluate(
    subject: Subject,
    settings: Requested,
    names: Sequence[str],
    sizes: Sequence[int],
    paths: Sequence[str],
    points: Sequence[tuple[float, ...]],
) -> Rows:
    """Rows of neighbouring points, computed on one core; an exception at a point becomes its reason."""
    measures = measures_of(names, subject)
    with on_one_core():
        parts = [
            _rows(evaluation_of(subject, values, settings, detunings), measures, sizes)
            for values, detunings in _members(paths, points)
        ]
    return np.concatenate(parts)


def _members(
    paths: Sequence[str], points: Sequence[tuple[float, ...]]
) -> Iterator[tuple[dict[str, float], list[float] | None]]:
    """Points of a unit, those that differ only in Δ together."""
    named = [dict(zip(paths, point, strict=True)) for point in points]
    if DETUNING not in paths:
        yield from ((values, None) for values in named)
        return

    def rest_of(values: dict[str, float]) -> dict[str, float]:
        return {path: value for path, value in values.items() if path != DETUNING}

    for rest, together in groupby(named, key=rest_of):
        yield rest, [values[DETUNING] for values in together]


def _rows(evaluation: Evaluation | ChipEvaluation, measures: Sequence[Measure], sizes: Sequence[int]) -> Rows:
    count, width = len(evaluation.detunings), sum(sizes)
    try:
        values = np.concatenate([m.of(evaluation, n) for m, n in zip(measures, sizes, strict=True)], axis=1)
    except QsbError as error:
        return without(PointStatus.REFUSED, str(error), count, width)
    except Exception as error:  # the sweep continues with its other points
        return without(PointStatus.FAILED, f"{type(error).__name__}: {error}", count, width)
    status, residual = zip(*evaluation.certificate(), strict=True)
    done = [one is Status.CONVERGED for one in status]
    codes = np.where(done, PointStatus.CONVERGED, PointStatus.NOT_CONVERGED)
    reasons = ["" if good else f"steady state: {one.value}" for good, one in zip(done, status, strict=True)]
    missing = _without_verdict(measures, sizes, values)
    if missing:
        codes = np.where(done, PointStatus.UNDECIDED, codes)
        why = f"{missing} undecided: a numerical check fails, so that there is none"
        reasons = [reason or why for reason in reasons]
    return rows_of(values, codes, residual, reasons)


def _without_verdict(measures: Sequence[Measure], sizes: Sequence[int], values: Floats) -> str:
    """Names of the verdicts that are missing; the same for all members, for none depends on Δ."""
    starts = np.cumsum([0, *sizes[:-1]])
    verdicts = [(m.name, int(k)) for m, k in zip(measures, starts, strict=True) if m.meanings]
    return ", ".join(name for name, k in verdicts if np.isnan(values[:, k]).any())
