"""A study: what is varied and what is asked, its points, and the work units they are done in."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import ELIMINATED, Requested
from qsb_hw.errors import ArgumentError, QsbError, require
from qsb_hw.explore.sweep.axes import SECONDS, Axis, Vary, axes_of, shape_of
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.lines import resolved, too_coarse
from qsb_hw.explore.sweep.measures import Measure, measures_of
from qsb_hw.explore.sweep.subject import Subject, physics_version, subject_of
from qsb_hw.lindblad.capacity import on_one_core, require_count, require_memory
from qsb_hw.lindblad.steady import Auto
from qsb_hw.result import Status

Bytes = NDArray[np.uint8]

KEY_BYTES = 16
LONGEST_UNIT = 64
"""Points that differ in Δ only, and so are solved together, in one work unit: what a kill can lose of a worker."""
USUAL_UNIT = 16
"""Points of a unit along any other axis."""
COSTLY_UNIT = 4
"""The same where a point takes long."""
COSTLY = ("trace_distance",)
MOST_POINTS = 10_000_000
"""Points of a study that is begun unless told otherwise."""
COSTLY_SECONDS = 0.3
"""What such a point takes at least."""
POINT_BYTES = 64
"""Memory of a point beside its measures: its entry in the journal's index, status, residual and reason."""


class PointStatus(IntEnum):
    """What became of a point."""

    MISSING = 0
    CONVERGED = 1
    NOT_CONVERGED = 2
    REFUSED = 3
    """No such device, or no such physics: the message says why."""
    FAILED = 4
    """An error nobody foresaw."""
    CRASHED = 5
    """The process that worked on it died, more than once."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Results of neighbouring points.

    Attributes
    ----------
    values : (n, width) float
        The measures' numbers side by side; NaN where there are none.
    status : (n,) uint8
        `PointStatus` of each.
    residual : (n,) float
        Largest ‖Lρ‖/(‖ρ‖·rate).
    reasons : tuple of str
        Why there is nothing; empty where there is.
    """

    values: Floats
    status: Bytes
    residual: Floats
    reasons: tuple[str, ...]

    @classmethod
    def without(cls, status: PointStatus, reason: str, count: int, width: int) -> Rows:
        """Rows of points that have no result."""
        return cls(
            np.full((count, width), math.nan),
            np.full(count, status, dtype=np.uint8),
            np.full(count, math.nan),
            (reason,) * count,
        )

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """One after the other."""
        return cls(
            np.concatenate([p.values for p in parts]),
            np.concatenate([p.status for p in parts]),
            np.concatenate([p.residual for p in parts]),
            tuple(reason for p in parts for reason in p.reasons),
        )


@dataclass(frozen=True, slots=True)
class Work:
    """What is sent to a worker: the numbers of a file, never a matrix."""

    subject: Subject
    paths: tuple[str, ...]
    points: tuple[tuple[float, ...], ...]
    measures: tuple[str, ...]
    sizes: tuple[int, ...]
    settings: Requested


@dataclass(frozen=True)
class Study:
    """A grid of points and what is asked of each.

    Attributes
    ----------
    subject : Subject
        A device file or a model.
    axes : tuple of Axis
        The last one runs fastest.
    measures : tuple of Measure
        What is stored.
    settings : Requested
        How every point is solved.
    """

    subject: Subject
    axes: tuple[Axis, ...]
    measures: tuple[Measure, ...]
    settings: Requested = ELIMINATED

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Points along every axis."""
        return shape_of(self.axes)

    @cached_property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Numbers each measure has per point."""
        most = max((v for a in self.axes for p in a.parameters if p.path == "levels" for v in p.values), default=0)
        settings = replace(self.settings, levels=int(most)) if most else self.settings
        return tuple(m.size(self.subject, settings) for m in self.measures)

    @cached_property
    def width(self) -> int:
        """Numbers per point."""
        return sum(self.sizes)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """What is varied, in the order of the axes."""
        return tuple(p.path for axis in self.axes for p in axis.parameters)

    @property
    def costly(self) -> bool:
        """Whether a point takes long."""
        return self.settings.complete or any(m.name in COSTLY for m in self.measures)

    @cached_property
    def unit_length(self) -> int:
        """Points of one work unit: a piece of a line along the last axis."""
        costly = self.costly
        together = LONGEST_UNIT if self.axes[-1].name == "detuning" else USUAL_UNIT
        return min(COSTLY_UNIT if costly else together, self.shape[-1])

    @cached_property
    def units_per_line(self) -> int:
        """Work units along the last axis."""
        return -(-self.shape[-1] // self.unit_length)

    @property
    def units(self) -> int:
        """Number of work units."""
        return self.size // self.shape[-1] * self.units_per_line

    def span(self, unit: int) -> range:
        """Points of a unit, counted with the last axis fastest."""
        line, piece = divmod(unit, self.units_per_line)
        first = piece * self.unit_length
        start = line * self.shape[-1]
        return range(start + first, start + min(first + self.unit_length, self.shape[-1]))

    def point(self, number: int) -> tuple[float, ...]:
        """Values of everything varied at a point, in internal units."""
        index = np.unravel_index(number, self.shape)
        return tuple(p.values[int(k)] for k, axis in zip(index, self.axes, strict=True) for p in axis.parameters)

    def work(self, numbers: Iterable[int]) -> Work:
        """What a worker needs for neighbouring points."""
        points = tuple(self.point(number) for number in numbers)
        names = tuple(m.name for m in self.measures)
        return Work(self.subject, self.paths, points, names, self.sizes, self.settings)

    def keys(self, numbers: Sequence[int]) -> Bytes:
        """Address of every point by its content, (n, 16): two studies that ask the same of the same point share it."""
        found = np.empty((len(numbers), KEY_BYTES), dtype=np.uint8)
        lines, slots = [*self._content], self._slots
        for row, number in enumerate(numbers):
            for path, slot, value in zip(self.paths, slots, self.point(number), strict=True):
                lines[slot] = _line(path, value)
            digest = hashlib.sha256("\n".join(lines).encode()).digest()
            found[row] = np.frombuffer(digest[:KEY_BYTES], dtype=np.uint8)
        return found

    @cached_property
    def _content(self) -> tuple[str, ...]:
        """What defines a point, a line for each number; those that are varied are replaced, given or not."""
        settings = {key: value for key, value in asdict(self.settings).items() if value is not None}
        lines = self.subject.canonical() | {key: _exactly(value) for key, value in settings.items()}
        lines |= dict.fromkeys(self.paths, "varied")
        asked = json.dumps([physics_version(), [m.name for m in self.measures], self.sizes, solver_in_words()])
        return (*(f"{path}={text}" for path, text in sorted(lines.items())), asked)

    @cached_property
    def _slots(self) -> tuple[int, ...]:
        names = [line.partition("=")[0] for line in self._content]
        return tuple(names.index(path) for path in self.paths)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What whoever reads the results should know."""
        coarse = any(m.along for m in self.measures) and too_coarse(self.subject, self.settings, self.axes)
        return (coarse,) if coarse else ()

    @cached_property
    def digest(self) -> str:
        """Address of the whole study."""
        grid = [[(p.path, p.numbers, p.unit) for p in axis.parameters] for axis in self.axes]
        return hashlib.sha256("\n".join([*self._content, json.dumps(grid)]).encode()).hexdigest()[:32]

    @property
    def definition(self) -> dict[str, Any]:
        """What is asked of what, for whoever looks at a store."""
        grid = hashlib.sha256(json.dumps([[p.numbers for p in axis.parameters] for axis in self.axes]).encode())
        return {
            "points": [*self._content],
            "axes": [
                [
                    {"path": p.path, "unit": p.unit, "points": axis.size, "first": p.numbers[0], "last": p.numbers[-1]}
                    for p in axis.parameters
                ]
                for axis in self.axes
            ],
            "numbers": grid.hexdigest(),
        }


def _line(path: str, value: float) -> str:
    return f"{path}={value!r}"


def _exactly(value: float | bool) -> str:
    return repr(value) if isinstance(value, bool) else repr(float(value))


def study_of(
    spec: Any,
    vary: Vary,
    measure: Sequence[str] | str,
    settings: Mapping[str, Any] | Requested | None = None,
    most_points: float = MOST_POINTS,
) -> Study:
    """Study as asked for.

    Raises
    ------
    SpecError, ArgumentError
        A file, an axis, a measure or a setting that is none.
    CapacityError
        If it has more than `most_points` points, or they do not fit in memory.
    """
    subject = subject_of(spec)
    given = axes_of(subject, vary, most_points)
    if not given:
        raise ArgumentError("A study must vary something, but found no axis. Write $.section.key=10..60 pH:11.")
    chosen = settings if isinstance(settings, Requested) else replace(ELIMINATED, **(settings or {}))
    axes = resolved(subject, chosen, given)
    if chosen.complete and subject.is_pair_model:
        raise ArgumentError("`complete` must be left out for a model without baths, but found True. Drop it.")
    measures = measures_of(measure, subject)
    varied = {p.name for axis in axes for p in axis.parameters}
    same = sorted(varied & {m.name for m in measures})
    require(not same, "A measure must not be what is varied", ", ".join(same), "Leave it out: it is a coordinate.")
    study = Study(subject, axes, measures, chosen)
    require_size(study, most_points)
    return study


def require_size(study: Study, most_points: float = MOST_POINTS) -> None:
    """Raise `CapacityError` if a study has too many points, or they do not fit in memory."""
    needed = float(study.size) * (POINT_BYTES + 32 * study.width)
    seconds = COSTLY_SECONDS if study.costly else SECONDS
    require_count(study.size, most_points, "most_points", "Points of a study", "Take fewer", seconds)
    require_memory(needed, f"A study of {study.size:.3g} points", "Take fewer, or divide it.")


def solver_in_words() -> str:
    """The solver every steady state is found by, with its settings."""
    return repr(Auto())


def evaluate(work: Work) -> Rows:
    """Work out a unit, on one core. Whatever goes wrong at a point is its result."""
    measures = measures_of(work.measures, work.subject)
    parts: list[Rows] = []
    with on_one_core():
        for values, detunings in _members(work):
            evaluation = Evaluation(
                work.subject,
                values,
                work.settings.with_values(values),
                detunings,
            )
            parts.append(_rows(evaluation, measures, work.sizes))
    return Rows.joined(parts)


def _members(work: Work) -> Iterator[tuple[dict[str, float], list[float] | None]]:
    """Points of a unit, those that differ in Δ only taken together."""
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
    except Exception as error:  # a study goes on, whatever happens at one of its points
        return Rows.without(PointStatus.FAILED, f"{type(error).__name__}: {error}", count, width)
    found = evaluation.certificate()
    fine = [status is Status.CONVERGED for status, _ in found]
    return Rows(
        values,
        np.where(fine, PointStatus.CONVERGED, PointStatus.NOT_CONVERGED).astype(np.uint8),
        np.array([residual for _, residual in found]),
        tuple("" if good else f"steady state: {status.value}" for good, (status, _) in zip(fine, found, strict=True)),
    )
