"""What is varied: numbers of a device file or settings of the solution, along axes whose product is the grid.

An axis is written ``PATH=10..60 pH:11`` (equal steps), ``PATH=1..100 MHz:21 log`` or ``PATH=10, 20, 40 pH``; several
paths before the sign, ``A,B=…``, share their values; several axes joined by ``;`` take theirs together. A mapping says
the same: ``{"$.damping.linewidth": "10..30 MHz:11"}``, whose values may also be lists of texts or pure numbers.
``detuning=-300..300 MHz:adaptive`` puts the points where the lines of S(Δ) are (`qsb_hw.explore.sweep.lines`).

Of a chip ``$.node.B.oscillator.flux_bias`` is a number of one node, ``$.node.*.damping.linewidth`` the same for all of
them, ``$.link.A-B.coupling`` V of two; ``detuning[B]=…`` raises every spacing of a node, its tones following.
The dollar may be left out: ``oscillator.t1`` is ``$.oscillator.t1``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw.errors import ArgumentError, require, suggestion
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.lindblad.capacity import require_count
from qsb_hw.spec.paths import near_path
from qsb_hw.spec.quantity import ANY, Range, Reads
from qsb_hw.units import FREQUENCY, NUMBER

DETUNING = "detuning"
"""The setting whose axis may be adaptive."""
SETTINGS: Mapping[str, Reads] = {
    DETUNING: Reads(FREQUENCY, ANY),
    "coupling": Reads(FREQUENCY, ANY),
    "levels": Reads(NUMBER, Range("at least 3", 3.0), whole=True, written="8"),
    "pair_levels": Reads(NUMBER, Range("at least 3", 3.0), whole=True, written="4"),
}
"""What can be varied besides the fields of the file: Δ and V (cyclic), levels kept, levels in the complete pair."""

CHIP_SETTINGS: Mapping[str, Reads] = {key: SETTINGS[key] for key in ("levels", "pair_levels")} | {
    "network_levels": Reads(NUMBER, Range("at least 3", 3.0), whole=True, written="5")
}
"""The same of a chip, beside ``detuning[NODE]``: V is a number of the file. Levels of each ladder of the network."""

_OF_NODE = re.compile(r"detuning\[([^\[\]]*)\]")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_SPAN = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*([^:]*?)\s*(?::\s*(?:(\d+)\s*(log|lin)?|(adaptive)))?\s*")
_POINTS = re.compile(r":\s*(\d{1,30})\s*(?:log|lin)?\s*$")
_ENTRY = re.compile(rf"\s*({_NUMBER})\s*([^,:]*?)\s*")

SECONDS = 1e-3
"""Shortest time of a point on one core, for the estimate of a sweep that is refused."""
MOST_ALONG_AN_AXIS = 1_000_000
"""Largest number of points of one axis."""
LONGEST_UNIT_TEXT = 100
"""Largest number of characters of a unit."""
DIGITS = 20
"""Of a number of points that are read: more are beyond every limit."""


@dataclass(frozen=True, slots=True)
class Span:
    """From one number to another in a unit: the bounds of a search, or an axis if `points` says how many."""

    first: float
    last: float
    unit: str
    points: int | None = None
    log: bool = False
    adaptive: bool = False

    def numbers(self) -> tuple[float, ...]:
        """The points on it, in its unit."""
        require(not self.adaptive, "Only the axis of detuning may be adaptive", self.text, "Say how many points: :11.")
        require(self.points is not None, "A range must say how many points", self.text, "Write 10..60 pH:11.")
        assert self.points is not None
        if self.points == 1:
            return (self.first,)
        steps = np.arange(self.points) / (self.points - 1)
        above_zero = not self.log or self.first * self.last > 0
        require(above_zero, "A logarithmic range must not reach 0", self.text, "Leave `log` out.")
        return tuple(float(f"{x:.12g}") for x in self.at(steps, self.log).tolist())

    def at(self, share: Any, log: bool) -> Any:
        """Number at a fraction of the way between the ends."""
        return self.first * (self.last / self.first) ** share if log else self.first + share * (self.last - self.first)

    @property
    def text(self) -> str:
        """As one would write it."""
        return f"{self.first:g}..{self.last:g} {self.unit}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One number along an axis: its numbers in the unit in which they are written, its values in internal units."""

    path: str
    numbers: tuple[float, ...]
    unit: str
    values: tuple[float, ...]

    @property
    def name(self) -> str:
        """Name of its coordinate: the path without the dollar."""
        return self.path.removeprefix("$.")


@dataclass(frozen=True, slots=True)
class Axis:
    """One dimension: parameters that go through their values together."""

    parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        lengths = {p.path: len(p.numbers) for p in self.parameters}
        must = "Parameters that are varied together must have as many values each, at least one"
        found = ", ".join(f"{path}: {length}" for path, length in lengths.items())
        equal = len(set(lengths.values())) == 1 and min(lengths.values()) > 0
        require(equal, must, found, "Give them the same number of points.")

    @property
    def name(self) -> str:
        """Name of the dimension: its first parameter's."""
        return self.parameters[0].name

    @property
    def paths(self) -> tuple[str, ...]:
        """What is varied along it."""
        return tuple(p.path for p in self.parameters)

    @property
    def size(self) -> int:
        """Number of points along it."""
        return len(self.parameters[0].numbers)


@dataclass(frozen=True, slots=True)
class AdaptiveAxis:
    """An axis of detunings from `low` to `high` in rad/s, whose points are chosen when all else is known."""

    span: Span
    low: float
    high: float


Vary = Mapping[str, Any] | Sequence["str | Axis"]


def axes_of(subject: Subject, vary: Vary, most_points: float = math.inf) -> tuple[Axis | AdaptiveAxis, ...]:
    """Axes of a sweep, the last one fastest; refused if they have more than `most_points` points."""
    given: Iterable[Any] = vary
    if isinstance(vary, Mapping):
        given = [f"{p}={v if isinstance(v, str) else ', '.join(map(str, v))}" for p, v in vary.items()]
    require_count(_announced(given), most_points, "most_points", "Points of a sweep", "Take fewer", SECONDS)
    axes = tuple(_axis(subject, one) for one in given)
    paths = [p for axis in axes for p in ((DETUNING,) if isinstance(axis, AdaptiveAxis) else axis.paths)]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    require(not twice, "A number must be varied once", ", ".join(twice), "Remove one of its axes.")
    return axes


def _announced(given: Iterable[Any]) -> float:
    """Points of all axes that say how many they have, before any of them is expanded."""
    texts = [one.partition(";")[0] for one in given if isinstance(one, str)]
    return math.prod(float(found[1]) for text in texts if (found := _POINTS.search(text)))


def _axis(subject: Subject, given: Any) -> Axis | AdaptiveAxis:
    if isinstance(given, Axis):
        return given
    parts = [part.partition("=") for part in str(given).split(";")]
    complete = all(sign and values.strip() for _, sign, values in parts)
    hint = "Write $.damping.mutual_inductance=10..60 pH:11."
    require(complete, "What is varied must look like PATH=VALUES", repr(given), hint)
    names, _, values = parts[0]
    one_device = len(parts) == 1 and names.strip() == DETUNING and not subject.is_chip
    if one_device and ":" in values and (span := span_of(values)).adaptive:
        low, high = internal(subject, DETUNING, (span.first, span.last), span.unit)
        require(low < high, "An adaptive range must rise", span.text, "Write the smaller number first.")
        return AdaptiveAxis(span, low, high)
    named = [(path, values) for names, _, values in parts for p in names.split(",") for path in paths_of(subject, p)]
    return Axis(tuple(_parameter(subject, path, values) for path, values in named))


def paths_of(subject: Subject, name: str) -> tuple[str, ...]:
    """Paths that one name stands for: of a chip it may be that of a number of every node."""
    path = from_root(name.strip())
    return subject.expanded(path) if path.startswith("$") else (path,)


def from_root(path: str) -> str:
    """Path from the root of the file: ``oscillator.t1`` is ``$.oscillator.t1``; names without a section stay."""
    return f"$.{path}" if re.match(r"[A-Za-z_]\w*(\[\d+\])*\.", path) else path


def _parameter(subject: Subject, path: str, text: str) -> Parameter:
    """Parameter with the values of a text: ``10..60 pH:11``, ``10, 20, 40 pH`` or ``10 pH, 20 pH``."""
    entries = [_ENTRY.fullmatch(entry) for entry in text.split(",")]
    if None in entries or ".." in text:
        span = span_of(text)
        numbers, unit = span.numbers(), span.unit
    else:
        pairs = [(float(entry[1]), entry[2]) for entry in entries if entry]
        numbers, unit = tuple(number for number, _ in pairs), pairs[-1][1]
        hint = "Write 10, 20, 40 pH."
        require({u for _, u in pairs} <= {"", unit}, f"Values of {path} must be in one unit", text.strip(), hint)
    return Parameter(path=path, numbers=numbers, unit=unit, values=internal(subject, path, numbers, unit))


def span_of(text: str) -> Span:
    """Range written in a text: ``10..60 pH``, ``1..100 MHz:21 log``; `ArgumentError` if it is not valid."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ArgumentError(f"Values must look like 10..60 pH:11 or 10, 20, 40 pH, but found {text!r}. Write them so.")
    points = None if found[4] is None else int(found[4][:DIGITS])
    require(points is None or points >= 1, "A range must have at least one point", text.strip(), "Write :11.")
    if points is not None:
        require_count(points, MOST_ALONG_AN_AXIS, "MOST_ALONG_AN_AXIS", "Points of an axis", "Take fewer")
    return Span(float(found[1]), float(found[2]), found[3], points, found[5] == "log", found[6] is not None)


def reads_of(subject: Subject, path: str) -> Reads:
    """How the number at a path, or a setting, is read; `ArgumentError` if there is no such number."""
    if subject.is_chip and not path.startswith("$"):
        return _chip_setting(subject, path)
    if path in SETTINGS:
        allowed = path == DETUNING or not subject.is_pair_model
        require(allowed, "A model of two oscillators takes its numbers by path", repr(path), f"Write $.{path}.")
        reads = SETTINGS[path]
        return Reads(NUMBER, reads.within, reads.whole, reads.written) if subject.dimensionless else reads
    must = f"What is varied must be a path like $.section.key or one of {', '.join(SETTINGS)}"

    def near() -> str:
        return suggestion(path, SETTINGS, near_path(subject.spec_class, path), cutoff=0.7)

    require(path.startswith("$"), must, repr(path), near)
    return subject.field(path).reads


def _chip_setting(subject: Subject, path: str) -> Reads:
    """How what can be varied of a chip besides its numbers is read."""
    if found := _OF_NODE.fullmatch(path):
        subject.node_named(found[1])
        return SETTINGS[DETUNING]
    hints = {DETUNING: f"Name the node: detuning[{subject.nodes[0]}].", "coupling": "Write $.link.A-B.coupling."}
    settings = ", ".join(CHIP_SETTINGS)
    must = f"What is varied of a chip must be a path like $.node.A.section.key, detuning[NODE], or one of {settings}"
    hint = hints.get(path, f"Nodes are {', '.join(subject.nodes)}.")
    require(path in CHIP_SETTINGS, must, repr(path), hint)
    return CHIP_SETTINGS[path]


def detuned_node(path: str) -> str | None:
    """The node whose detuning is varied under a name; None for anything else."""
    found = _OF_NODE.fullmatch(path)
    return found[1] if found else None


def internal(subject: Subject, path: str, numbers: Iterable[float], unit: str) -> tuple[float, ...]:
    """Internal values of numbers in a unit, checked as those of the file are; `ArgumentError` if one is not valid."""
    reads, found = reads_of(subject, path), []
    must = f"A unit must have at most {LONGEST_UNIT_TEXT} characters"
    require(len(unit) <= LONGEST_UNIT_TEXT, must, unit, "Write MHz.")
    for number in numbers:
        problem, value = reads.check(f"{number!r} {unit}".strip())
        if problem is not None:
            raise ArgumentError(f"{path} {problem}")
        found.append(value)
    return tuple(found)
