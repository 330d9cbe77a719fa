"""Plan of a sweep: the grid of points, what is measured at each, and the work units they are solved in."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import chain, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._version import PHYSICS
from qsb_hw.analysis.conditions import ELIMINATED, Requested
from qsb_hw.devices.pumps import LEFT
from qsb_hw.errors import ArgumentError, require
from qsb_hw.explore.sweep.axes import DETUNING, SECONDS, Axis, Parameter, Vary, axes_of
from qsb_hw.explore.sweep.lines import resolved, too_coarse, too_coarse_for_links
from qsb_hw.explore.sweep.measures import Measure
from qsb_hw.explore.sweep.names import measures_asked
from qsb_hw.explore.sweep.points import Work
from qsb_hw.explore.sweep.subject import Subject, subject_of, under_conditions
from qsb_hw.lindblad.capacity import require_count, require_memory
from qsb_hw.lindblad.steady import Auto

Keys = NDArray[np.bytes_]

KEY_BYTES = 16
_S_OF = re.compile(r"S(?:_pair|_mediated)?\[([^\[\]]+)\]")
"""Measures of two nodes that peak where these meet a resonance."""
UNIT_ALONG_DETUNING = 64
"""Points of a work unit that differ only in Δ and are solved together: what a crash of a worker can lose."""
UNIT = 16
"""Points of a work unit along any other axis."""
COSTLY_UNIT = 4
"""The same where a point takes long."""
COSTLY = ("trace_distance",)
COSTLY_SECONDS = 0.3
"""Shortest time of such a point."""
CHIP_SECONDS = 0.05
"""The same of a chip."""
MOST_POINTS = 10_000_000
"""Default limit on the number of points of a sweep."""
POINT_BYTES = 128
"""Memory of a point beside its measures: key, status, residual and reason."""


@dataclass(frozen=True, kw_only=True)
class SweepPlan:
    """A grid of points, the last axis fastest, what is measured at each, and how it is solved."""

    subject: Subject
    axes: tuple[Axis, ...]
    measures: tuple[Measure, ...]
    settings: Requested = ELIMINATED

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Points along every axis."""
        return tuple(axis.size for axis in self.axes)

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
        return self.settings.complete or self.subject.is_chip or any(m.name in COSTLY for m in self.measures)

    @cached_property
    def unit_length(self) -> int:
        """Points of one work unit: a piece of a line along the last axis."""
        usual = UNIT_ALONG_DETUNING if self.axes[-1].name == DETUNING else UNIT
        return min(COSTLY_UNIT if self.costly else usual, self.shape[-1])

    @property
    def units(self) -> int:
        """Number of work units."""
        return self.size // self.shape[-1] * -(-self.shape[-1] // self.unit_length)

    def span(self, unit: int) -> range:
        """Points of a work unit, counted with the last axis fastest."""
        length, step = self.shape[-1], self.unit_length
        line, piece = divmod(unit, -(-length // step))
        start = line * length + piece * step
        return range(start, min(start + step, (line + 1) * length))

    def point(self, number: int) -> tuple[float, ...]:
        """Values of everything varied at a point, in internal units."""
        index = np.unravel_index(number, self.shape)
        return tuple(p.values[int(k)] for k, axis in zip(index, self.axes, strict=True) for p in axis.parameters)

    def work(self, numbers: Iterable[int]) -> Work:
        """What a worker needs for neighbouring points: the arguments of `evaluate`."""
        names = tuple(m.name for m in self.measures)
        return self.subject, self.settings, names, self.sizes, self.paths, tuple(map(self.point, numbers))

    @cached_property
    def keys(self) -> Keys:
        """Address of every point by its content, (size,): plans that ask the same of the same point share it."""
        along = (zip(*(p.values for p in axis.parameters), strict=True) for axis in self.axes)
        lines, names = [*self._content], [line.partition("=")[0] for line in self._content]
        slots = [names.index(path) for path in self.paths]

        def digests() -> Iterator[bytes]:
            for values in product(*along):
                for path, slot, value in zip(self.paths, slots, chain.from_iterable(values), strict=True):
                    lines[slot] = f"{path}={value!r}"
                yield hashlib.sha256("\n".join(lines).encode()).digest()[:KEY_BYTES]

        return np.fromiter(digests(), dtype=f"S{KEY_BYTES}", count=self.size)

    @cached_property
    def _content(self) -> tuple[str, ...]:
        """What defines a point, a line for each number; lines of varied numbers are replaced by their values."""
        settings = {key: value for key, value in asdict(self.settings).items() if value is not None}
        texts = {key: repr(v if isinstance(v, bool) else float(v)) for key, v in settings.items()}
        lines = self.subject.canonical() | texts
        lines |= dict.fromkeys(self.paths, "varied")
        measured = json.dumps([PHYSICS, [m.name for m in self.measures], self.sizes, repr(Auto())])
        return (*(f"{path}={text}" for path, text in sorted(lines.items())), measured)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the results should know."""
        if self.subject.is_chip:
            passed = self._passed
            return (passed,) if passed else ()
        coarse = any(m.along for m in self.measures) and too_coarse(self.subject, self.settings, self.axes)
        return (coarse,) if coarse else ()

    @property
    def _passed(self) -> str:
        """Warning where nodes pass a resonance between points at which an S of them is measured."""
        asked = [found[1] for m in self.measures if (found := _S_OF.fullmatch(m.name))]
        if not asked and not any(m.name == "S" for m in self.measures):
            return ""
        return too_coarse_for_links(self.subject, self.settings, self.axes, asked)

    @cached_property
    def digest(self) -> str:
        """Address of the whole plan."""
        grid = [[(p.path, p.numbers, p.unit) for p in axis.parameters] for axis in self.axes]
        return hashlib.sha256("\n".join([*self._content, json.dumps(grid)]).encode()).hexdigest()[:32]

    @property
    def definition(self) -> dict[str, Any]:
        """The plan in words, for a reader of the store."""

        def described(p: Parameter) -> dict[str, Any]:
            ends = {"first": p.numbers[0], "last": p.numbers[-1]}
            return {"path": p.path, "unit": p.unit, "points": len(p.numbers), **ends}

        return {"points": [*self._content], "axes": [[*map(described, axis.parameters)] for axis in self.axes]}


def plan_of(
    spec: Any,
    vary: Vary,
    measure: Sequence[str] | str,
    settings: Mapping[str, Any] | Requested | None = None,
    most_points: float = MOST_POINTS,
    pumps: str | None = None,
) -> SweepPlan:
    """Plan of a sweep; arguments and errors as for `sweep`; `pumps` are the subject's unless given."""
    subject, chosen = under_conditions(subject_of(spec), settings, pumps)
    given = axes_of(subject, vary, most_points)
    if not given:
        raise ArgumentError("A sweep must vary something, but found no axis. Write $.section.key=10..60 pH:11.")
    axes = resolved(subject, chosen, given)
    _refuse_conditions(subject, chosen, axes)
    if chosen.complete and subject.is_pair_model:
        raise ArgumentError("`complete` must be left out for a model without baths, but found True. Drop it.")
    measures = measures_asked(measure, subject)
    same = sorted({p.name for axis in axes for p in axis.parameters} & {m.name for m in measures})
    require(not same, "A measure must not be what is varied", ", ".join(same), "Leave it out: it is a coordinate.")
    plan = SweepPlan(subject=subject, axes=axes, measures=measures, settings=chosen)
    seconds = CHIP_SECONDS if subject.is_chip else COSTLY_SECONDS if plan.costly else SECONDS
    require_count(plan.size, most_points, "most_points", "Points of a sweep", "Take fewer", seconds)
    needed = float(plan.size) * (POINT_BYTES + 32 * plan.width)
    require_memory(needed, f"A sweep of {plan.size:.3g} points", "Take fewer, or divide it.")
    return plan


def _refuse_conditions(subject: Subject, settings: Requested, axes: Sequence[Axis]) -> None:
    """`ArgumentError` for conditions that mean nothing for this subject."""
    if subject.is_chip:
        hint = "Vary $.link.A-B.coupling, or detuning[NODE]."
        given = {"coupling": settings.coupling, "detuning": settings.detuning or None}
        found = ", ".join(name for name, value in given.items() if value is not None)
        require(not found, "A chip must come without a coupling or a detuning of all pairs", found, hint)
    if subject.pumps == LEFT:
        moved = [p.path for axis in axes for p in axis.parameters if p.path.startswith(DETUNING)]
        hint = "A detuning takes the pumps along: vary the number that detunes, like a flux, or retune."
        require(not moved, "Pumps that are left must not follow a detuning", ", ".join(moved), hint)
