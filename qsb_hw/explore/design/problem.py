"""A design problem: what may be chosen, its goal and its constraints; and one trial of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qsb_hw.analysis.conditions import ELIMINATED, Requested
from qsb_hw.errors import ArgumentError, QsbError, require
from qsb_hw.explore.sweep.axes import Span, internal, paths_of, reads_of, span_of
from qsb_hw.explore.sweep.chips import ChipEvaluation, evaluation_of
from qsb_hw.explore.sweep.measures import Measure, measures_of
from qsb_hw.explore.sweep.names import measures_asked
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.lindblad.capacity import on_one_core
from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.questions.criteria import Verdict, verdict_of
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.units import CURRENT, FREQUENCY, LENGTH, NUMBER, POWER, RATE, outside, parse, watt_to_dbm

LARGEST_SLACK = math.log(1e6)
"""Margins beyond a million count as a million."""
DIGITS = 5
"""Significant digits of a chosen number, in trials and in the file."""
OUTCOMES = ("impurity", "contrast")
"""Keys of the criteria whose value the elimination of the baths changes; of a chip after the name of their part."""

LIMIT = re.compile(r"\s*(.+?)\s*(<=|>=|≤|≥)\s*(.+?)\s*")
"""A limit as it is written: measure, sign, bound."""
_KINDS = {"Hz": FREQUENCY, "1/s": RATE, "dBm": POWER, "W": POWER, "A": CURRENT, "m": LENGTH}


@dataclass(frozen=True, slots=True)
class Choice:
    """A number to choose within bounds, for one field or the same for several."""

    paths: tuple[str, ...]
    span: Span

    @property
    def log(self) -> bool:
        """Whether it is searched on a logarithmic scale: marked so, or wider than a decade."""
        first, last = self.span.first, self.span.last
        return self.span.log or (min(first, last) > 0 and max(first, last) >= 10 * min(first, last))

    def number(self, share: float) -> float:
        """Number at a fraction of the way between the bounds, in its unit and rounded as it is written."""
        low, high = sorted((self.span.first, self.span.last))
        return min(max(float(f"{self.span.at(share, self.log):.{DIGITS}g}"), low), high)

    def share(self, number: float) -> float:
        """Fraction of the way at which a number lies, clipped to 0 … 1."""
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
        """As tables show it: "maximise contrast"."""
        return f"{'maximise' if self.maximise else 'minimise'} {self.measure}"


@dataclass(frozen=True, slots=True)
class Limit:
    """Bound on a measure, in the unit in which the measure is stored."""

    measure: str
    at_most: bool
    bound: float
    text: str

    def slack(self, value: float) -> float:
        """Logarithm of the margin if value and bound are positive, else the relative distance; negative: violated."""
        if math.isnan(value):
            return -LARGEST_SLACK
        if value > 0 and self.bound > 0:
            found = math.log(self.bound / value)
        else:
            found = (self.bound - value) / max(abs(self.bound), 1e-12)
        return _clipped(found if self.at_most else -found)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignProblem:
    """What may be chosen, the goal, and the constraints besides the requirements of the physics.

    Every requirement must meet its margin if the `standard` is FEASIBLE, and be met if it is BORDERLINE. Every trial
    computes the measures in `also`. `corrections` are added to the slacks of the criteria with these keys: what the
    eliminated model neglects.
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
        return {
            path: internal(self.subject, path, [float(f"{number:.{DIGITS}g}")], choice.span.unit)[0]
            for choice, number in zip(self.choices, numbers, strict=True)
            for path in choice.paths
        }

    @property
    def measures(self) -> tuple[str, ...]:
        """All measures that a trial computes."""
        wanted = [self.goal.measure, *self.also, *(limit.measure for limit in self.limits)]
        return tuple(dict.fromkeys(wanted))

    def slacks(self, trial: Trial) -> dict[str, float]:
        """Logarithm of every requirement's margin over the required one, and of every limit's; negative: violated."""
        found = {}
        for key, criterion in trial.margins.items():
            least = criterion.required_margin if self.standard is Verdict.FEASIBLE else 1.0
            slack = math.log(max(criterion.margin or 0.0, 1e-300) / least)
            found[criterion.name] = _clipped(slack + self.corrections.get(key, 0.0))
        return found | {limit.text: limit.slack(trial.measures[limit.measure]) for limit in self.limits}

    def violation(self, trial: Trial) -> float:
        """Sum of the negative slacks; infinite if the trial is no device."""
        return math.inf if trial.failed else sum(max(0.0, -slack) for slack in self.slacks(trial).values())

    def holds(self, trial: Trial) -> bool:
        """Whether all constraints hold."""
        return self.violation(trial) == 0.0

    def merit(self, trial: Trial) -> float:
        """What a search minimises: trials that hold before all others, then by goal; else by their violation."""
        if trial.failed:
            return 1e6
        if (violation := self.violation(trial)) > 0:
            return 1e3 + violation
        value = trial.measures[self.goal.measure]
        if math.isnan(value):
            return 1e3
        bounded = value / (1 + abs(value))
        return -bounded if self.goal.maximise else bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial(Result):
    """One set of chosen numbers with its results, baths eliminated; `FAILED` if the numbers give no device.

    Attributes
    ----------
    numbers : tuple of float
        In the units of the choices.
    measures, margins : mapping of str
        All measures of the problem; every requirement that could be checked, by key.
    verdict : Verdict or None
        Of the requirements.
    """

    numbers: tuple[float, ...]
    measures: Mapping[str, float] = field(default_factory=dict)
    margins: Mapping[str, Criterion] = field(default_factory=dict)
    verdict: Verdict | None = None
    status: Status = Status.CONVERGED
    message: str = ""
    certificate: Certificate = field(default_factory=Certificate, compare=False)

    @property
    def failed(self) -> bool:
        """Whether the numbers give no device."""
        return self.status is Status.FAILED


def try_out(problem: DesignProblem, numbers: Sequence[float]) -> Trial:
    """Trial of some numbers, computed on one core."""
    chosen = tuple(float(n) for n in numbers)
    try:
        with on_one_core():
            evaluation = evaluation_of(problem.subject, problem.values(chosen), problem.settings)
            requirements = [c for c in evaluation.criteria if c.kind is CriterionKind.REQUIREMENT]
            wanted = measures_of(problem.measures, problem.subject)
            measures = {m.name: float(m.of(evaluation, 1)[0, 0]) for m in wanted}
    except QsbError as error:
        return Trial(numbers=chosen, status=Status.FAILED, message=str(error))
    ((status, residual),) = evaluation.certificate()
    return Trial(
        numbers=chosen,
        measures=measures,
        margins={c.key: c for c in requirements if c.margin is not None},
        verdict=evaluation.verdict if isinstance(evaluation, ChipEvaluation) else verdict_of(requirements),
        status=status,
        message="" if status is Status.CONVERGED else f"Steady state: {status.value}.",
        certificate=Certificate(residual=residual),
    )


def is_outcome(key: str) -> bool:
    """Whether a key is that of a criterion whose value the elimination of the baths changes."""
    return key.rpartition(".")[2] in OUTCOMES


def choices_of(subject: Subject, vary: Mapping[str, Any] | Sequence[str]) -> tuple[Choice, ...]:
    """Choices as written: ``{"$.damping.mutual_inductance": "10..60 pH"}`` or ``["$.a,$.b=10..60 pH"]``."""
    given = vary.items() if isinstance(vary, Mapping) else [tuple(text.split("=", 1)) for text in vary]
    found = []
    for entry in given:
        if len(entry) != 2:
            raise ArgumentError(f"What is chosen must look like PATH=10..60 pH, but found {entry[0]!r}. Write bounds.")
        names, text = entry
        paths, span = tuple(p for name in names.split(",") for p in paths_of(subject, name)), span_of(str(text))
        require(span.first != span.last, "Bounds must differ", span.text, "Leave out what cannot be chosen.")
        require(span.points is None, "Bounds must come without a number of points", str(text), "Drop the colon.")
        for path in paths:
            require(path.startswith("$"), "What is chosen must be a path like $.section.key", repr(path), "Name one.")
            whole = reads_of(subject, path).whole
            require(not whole, "What is chosen must not be a whole number", path, "Design for each one.")
            internal(subject, path, (span.first, span.last), span.unit)
        found.append(Choice(paths, span))
    chosen = [path for choice in found for path in choice.paths]
    hint = "Write --vary '$.section.key=10..60 pH'."
    require(bool(chosen), "A design must have something to choose", "nothing", hint)
    require(len(set(chosen)) == len(chosen), "A number must be chosen once", ", ".join(chosen), "Remove one.")
    return tuple(found)


def limit_of(subject: Subject, text: str) -> Limit:
    """Limit as written, ``pump_power<=-60 dBm`` or ``contrast>=20``; `ArgumentError` if it is not valid."""
    match = LIMIT.fullmatch(text)
    if match is None:
        raise ArgumentError(f"A limit must look like pump_power<=-60 dBm, but found {text!r}. Write MEASURE<=BOUND.")
    measure = numeric_measure(subject, match[1], "A limit must be on a number")
    bound = bound_in(match[3], "1" if subject.dimensionless else measure.unit, match[1])
    sign = "≤" if match[2] in ("<=", "≤") else "≥"
    return Limit(measure.name, sign == "≤", bound, f"{measure.name} {sign} {match[3]}")


def bound_in(text: str, unit: str, of: str) -> float:
    """A bound as written, in the unit in which a quantity is stored; frequencies are cyclic."""
    kind = _KINDS.get(unit, NUMBER)
    try:
        value = parse(text, kind)
    except ArgumentError as error:
        raise ArgumentError(f"The bound of {of} {error}") from None
    return watt_to_dbm(value) if unit == "dBm" else float(outside(value, kind)[0])


def numeric_measure(subject: Subject, name: str, must: str) -> Measure:
    """Measure that is one number; `ArgumentError` if it is another."""
    (measure,) = measures_asked([name], subject)
    require(measure.dim is None and not measure.meanings, must, name, "Choose another measure.")
    return measure


def _clipped(slack: float) -> float:
    return min(max(slack, -LARGEST_SLACK), LARGEST_SLACK)
