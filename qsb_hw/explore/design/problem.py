"""A design problem: what may be chosen, what is wanted, what must hold; and one trial of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qsb_hw.analysis.conditions import ELIMINATED, Requested
from qsb_hw.errors import ArgumentError, QsbError, require
from qsb_hw.explore.sweep.axes import Span, internal, reads_of, span_of
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.measures import Measure, measures_of
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.lindblad.capacity import on_one_core
from qsb_hw.model.criterion import CriterionKind
from qsb_hw.questions.criteria import Verdict, verdict_of
from qsb_hw.units import FREQUENCY, NUMBER, POWER, parse, to_hertz

LARGEST_SLACK = math.log(1e6)
"""Margins beyond a million say no more."""
DIGITS = 5
"""Significant digits of a chosen number: what is tried is what is written."""
OUTCOMES = ("1 − P(n0)", "S(resonance)/S(0)")
"""Criteria whose value the elimination of the baths changes."""

_LIMIT = re.compile(r"\s*(.+?)\s*(<=|>=|≤|≥)\s*(.+?)\s*")
_KINDS = {"Hz": FREQUENCY, "W": POWER, "1": NUMBER}


@dataclass(frozen=True, slots=True)
class Choice:
    """A number to choose, for one field or the same for several.

    Attributes
    ----------
    paths : tuple of str
        ``$.section.key``.
    span : Span
        Bounds in the unit they are written in; logarithmic where they say so or span more than a decade.
    """

    paths: tuple[str, ...]
    span: Span

    @property
    def log(self) -> bool:
        """Whether ratios matter and not differences."""
        first, last = self.span.first, self.span.last
        return self.span.log or (min(first, last) > 0 and max(first, last) >= 10 * min(first, last))

    def number(self, share: float) -> float:
        """The number at a share between 0 and 1 of the way, in its unit and rounded as it will be written."""
        first, last = self.span.first, self.span.last
        found = first * (last / first) ** share if self.log else first + share * (last - first)
        low, high = sorted((first, last))
        return min(max(float(f"{found:.{DIGITS}g}"), low), high)

    def share(self, number: float) -> float:
        """Where a number lies between the bounds, clipped to 0 … 1."""
        first, last = self.span.first, self.span.last
        if self.log:
            number = max(number, 1e-300)
            return min(max(math.log(number / first) / math.log(last / first), 0.0), 1.0)
        return min(max((number - first) / (last - first), 0.0), 1.0)

    def text(self, number: float) -> str:
        """A number as it is written into a device file."""
        return f"{number:.{DIGITS}g} {self.span.unit}".strip()


@dataclass(frozen=True, slots=True)
class Goal:
    """A measure to make large or small."""

    measure: str
    maximise: bool = True

    @property
    def text(self) -> str:
        """In words."""
        return f"{'maximise' if self.maximise else 'minimise'} {self.measure}"


@dataclass(frozen=True, slots=True)
class Limit:
    """A measure held against a bound, in the unit the measure is stored in."""

    measure: str
    at_most: bool
    bound: float
    text: str

    def slack(self, value: float) -> float:
        """How well it is kept: the logarithm of the margin where both are positive, else the relative distance."""
        if math.isnan(value):
            return -LARGEST_SLACK
        if value > 0 and self.bound > 0:
            found = math.log(self.bound / value)
        else:
            found = (self.bound - value) / max(abs(self.bound), 1e-12)
        return _clipped(found if self.at_most else -found)


@dataclass(frozen=True, slots=True)
class DesignProblem:
    """What may be chosen, what is wanted, and what must hold besides the needs of the physics.

    Attributes
    ----------
    subject : Subject
        The device file to start from.
    choices : tuple of Choice
        Its free numbers.
    goal : Goal
        What to make large or small.
    limits : tuple of Limit
        What else must hold.
    standard : Verdict
        What to reach: FEASIBLE asks every need for its margin, BORDERLINE to be met.
    settings : Requested
        How every trial is solved.
    also : tuple of str
        Measures a trial must tell besides.
    corrections : mapping of str to float
        Added to the slacks of the criteria of that beginning: what the eliminated model does not know.
    """

    subject: Subject
    choices: tuple[Choice, ...]
    goal: Goal
    limits: tuple[Limit, ...] = ()
    standard: Verdict = Verdict.FEASIBLE
    settings: Requested = ELIMINATED
    also: tuple[str, ...] = ()
    corrections: Mapping[str, float] = field(default_factory=dict)

    def values(self, numbers: Sequence[float]) -> dict[str, float]:
        """Internal values by path of chosen numbers."""
        found: dict[str, float] = {}
        for choice, number in zip(self.choices, numbers, strict=True):
            for path in choice.paths:
                reads = reads_of(self.subject, path)
                found[path] = internal(reads, float(f"{number:.{DIGITS}g}"), choice.span.unit)
        return found

    @property
    def measures(self) -> tuple[str, ...]:
        """Everything a trial must tell."""
        wanted = [self.goal.measure, *self.also, *(limit.measure for limit in self.limits)]
        return tuple(dict.fromkeys(wanted))

    def slacks(self, trial: Trial) -> dict[str, float]:
        """Logarithm of every need's margin over the one asked for, and of every limit's; not negative: it holds."""
        found = {}
        for name, (margin, required_margin) in trial.margins.items():
            asked = required_margin if self.standard is Verdict.FEASIBLE else 1.0
            correction = next((c for start, c in self.corrections.items() if name.startswith(start)), 0.0)
            found[name] = _clipped(math.log(max(margin, 1e-300) / asked) + correction)
        return found | {limit.text: limit.slack(trial.measures[limit.measure]) for limit in self.limits}

    def violation(self, trial: Trial) -> float:
        """Sum of what is missing, as logarithms; infinite where there is no such device."""
        return math.inf if trial.refused else sum(max(0.0, -slack) for slack in self.slacks(trial).values())

    def holds(self, trial: Trial) -> bool:
        """Whether everything does."""
        return self.violation(trial) == 0.0

    def merit(self, trial: Trial) -> float:
        """What a search makes small: trials that hold before all others, then by goal; else by what is missing."""
        if trial.refused:
            return 1e6
        if (violation := self.violation(trial)) > 0:
            return 1e3 + violation
        value = trial.measures[self.goal.measure]
        if math.isnan(value):
            return 1e3
        bounded = value / (1 + abs(value))
        return -bounded if self.goal.maximise else bounded


@dataclass(frozen=True, slots=True)
class Trial:
    """One set of chosen numbers and what came of it.

    Attributes
    ----------
    numbers : tuple of float
        In the units of the choices.
    measures : mapping of str to float
        Everything the problem asks for.
    margins : mapping of str to (float, float)
        Margin of every need that could be checked, and the one asked for.
    verdict : Verdict or None
        Of the needs; None where there is no such device.
    refused : str
        Why there is no such device.
    """

    numbers: tuple[float, ...]
    measures: Mapping[str, float]
    margins: Mapping[str, tuple[float, float]]
    verdict: Verdict | None
    refused: str = ""


def try_out(problem: DesignProblem, numbers: Sequence[float]) -> Trial:
    """Work out one trial, on one core."""
    chosen = tuple(float(n) for n in numbers)
    try:
        with on_one_core():
            evaluation = Evaluation(problem.subject, problem.values(chosen), problem.settings)
            needs = [c for c in evaluation.criteria if c.kind is CriterionKind.REQUIREMENT]
            measures = {m.name: _single(m, evaluation) for m in measures_of(problem.measures, problem.subject)}
    except QsbError as error:
        return Trial(chosen, {}, {}, None, str(error))
    margins = {c.name: (c.margin, c.required_margin) for c in needs if c.margin is not None}
    return Trial(chosen, measures, margins, verdict_of(needs))


def _single(measure: Measure, evaluation: Evaluation) -> float:
    return float(measure.of(evaluation, 1)[0, 0])


def choices_of(subject: Subject, vary: Mapping[str, Any] | Sequence[str]) -> tuple[Choice, ...]:
    """Choices as written: ``{"$.damping.mutual_inductance": "10..60 pH"}`` or ``["$.a,$.b=10..60 pH"]``.

    Raises
    ------
    ArgumentError
        A path that is none or whole numbers only, bounds that are none, equal or not what the field may be.
    """
    given = vary.items() if isinstance(vary, Mapping) else [tuple(text.split("=", 1)) for text in vary]
    found = []
    for entry in given:
        if len(entry) != 2:
            raise ArgumentError(f"What is chosen must look like PATH=10..60 pH, but found {entry[0]!r}. Write bounds.")
        names, text = entry
        paths, span = tuple(name.strip() for name in names.split(",")), span_of(str(text))
        require(span.first != span.last, "Bounds must differ", span.text, "Leave out what cannot be chosen.")
        require(span.points is None, "Bounds must come without a number of points", str(text), "Drop the colon.")
        for path in paths:
            require(path.startswith("$"), "What is chosen must be a path like $.section.key", repr(path), "Name one.")
            reads = reads_of(subject, path)
            require(not reads.whole, "What is chosen must not be a whole number", path, "Design for each one.")
            for bound in (span.first, span.last):
                _check(reads, bound, span.unit, path)
        found.append(Choice(paths, span))
    chosen = [path for choice in found for path in choice.paths]
    require(
        bool(chosen), "A design must have something to choose", "nothing", "Write --vary '$.section.key=10..60 pH'."
    )
    require(len(set(chosen)) == len(chosen), "A number must be chosen once", ", ".join(chosen), "Remove one.")
    return tuple(found)


def _check(reads: Any, bound: float, unit: str, path: str) -> None:
    try:
        internal(reads, bound, unit)
    except ArgumentError as error:
        raise ArgumentError(f"{path} {error}") from None


def limit_of(subject: Subject, text: str) -> Limit:
    """Limit as written: ``pump_power<=-60 dBm``, ``contrast>=20``; `ArgumentError` where it is none."""
    match = _LIMIT.fullmatch(text)
    if match is None:
        raise ArgumentError(f"A limit must look like pump_power<=-60 dBm, but found {text!r}. Write MEASURE<=BOUND.")
    measure = measures_of([match[1]], subject)[0]
    require(measure.dim is None and not measure.meanings, "A limit must be on a number", match[1], "Choose another.")
    kind = NUMBER if subject.dimensionless else _KINDS.get(measure.unit, NUMBER)
    try:
        value = parse(match[3], kind)
    except ArgumentError as error:
        raise ArgumentError(f"The bound of {match[1]} {error}") from None
    bound = float(to_hertz(value)) if kind is FREQUENCY else value
    sign = "≤" if match[2] in ("<=", "≤") else "≥"
    return Limit(measure.name, sign == "≤", bound, f"{measure.name} {sign} {match[3]}")


def _clipped(slack: float) -> float:
    return min(max(slack, -LARGEST_SLACK), LARGEST_SLACK)
