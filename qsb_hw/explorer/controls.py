"""What can be moved on the page: every number of a file, with a range to move it in, and texts back to values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qsb_hw.errors import ArgumentError, Problem, shown
from qsb_hw.explore.sweep.subject import Subject, mirrored
from qsb_hw.spec.base import Section, section_of
from qsb_hw.spec.paths import SpecField, leaves
from qsb_hw.spec.quantity import Quantity, Reads
from qsb_hw.units import NUMBER, parse

TOLERANCES = 3.0
"""A number with a tolerance moves by so many of them to either side."""
FACTOR = 2.0
"""A number without one moves from its value over this to its value times this."""
STEPS = 5
"""A whole number moves by so many to either side."""
DECIBELS = 10.0
"""A power in dBm moves by so many to either side."""
MOST_CHANGES = 1000
"""Numbers that one setting may change."""

_WRITTEN = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One number of the file.

    Attributes
    ----------
    path, text : str
        Where it is (``$.damping.linewidth``), and as the file has it, with its unit.
    group, label, meaning : str
        Its section, its key, and what it is.
    unit : str
        In which it is moved: that of the file.
    number, low, high : float
        The file's and the ends of its range, in that unit.
    log, whole : bool
        Whether equal steps are equal factors; whether only whole numbers are meant.
    source : str
        Where the file has it from.
    """

    path: str
    text: str
    group: str
    label: str
    meaning: str
    unit: str
    number: float
    low: float
    high: float
    log: bool
    whole: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Some numbers of a file set anew.

    Attributes
    ----------
    texts : dict
        As they were given, by path; those that are as the file has them are left out.
    values, numbers : dict
        In internal units, and in the unit of the control, of every text that can be read.
    problems : tuple of Problem
        Of those that cannot.
    """

    texts: Mapping[str, str]
    values: Mapping[str, float]
    numbers: Mapping[str, float]
    problems: tuple[Problem, ...]


def controls_of(subject: Subject) -> tuple[Control, ...]:
    """Every number of a file that can be moved, in its order; of a capacitance matrix the upper half."""
    found, lists = [], _lists(subject)
    for path, quantity in leaves(subject.table):
        if not isinstance(quantity, Quantity) or _is_lower(path):
            continue
        field = subject.field(path)
        written = _WRITTEN.fullmatch(quantity.text)
        if written is None:  # a text that says the number in another way
            continue
        number, unit = float(written[1]), written[2]
        scale = abs(number) or lists.get(_list_of(path), 0.0) or 1.0
        low, high, log = _range(field.reads, quantity, number, unit, scale)
        if not low < high:  # only one value is possible
            continue
        group, _, label = path.removeprefix("$.").rpartition(".")
        found.append(
            Control(
                path=path,
                text=quantity.text,
                group=group,
                label=label,
                meaning=_meaning(subject.spec_class, field),
                unit=unit,
                number=number,
                low=low,
                high=high,
                log=log,
                whole=field.reads.whole,
                source=quantity.source or "",
            )
        )
    return tuple(found)


def setting_of(subject: Subject, controls: Mapping[str, Control], texts: Any) -> Setting:
    """A setting from texts by path, as a page sends them; `ArgumentError` if it is no such table.

    What cannot be read, or lies out of its range, is a problem beside its path, as in a file.
    """
    if not isinstance(texts, Mapping) or len(texts) > MOST_CHANGES:
        raise ArgumentError(f"A setting must be a table of texts by path, but found {shown(texts, 80)}. Send one.")
    kept: dict[str, str] = {}
    values: dict[str, float] = {}
    numbers: dict[str, float] = {}
    problems = []
    for path, text in texts.items():
        if path not in controls:
            problems.append(Problem(str(path), "must be a number of the file that can be moved, but found none there."))
            continue
        if not isinstance(text, str):
            problems.append(Problem(path, f"must be text, but found {shown(text, 80)}. Write it with its unit."))
            continue
        problem, value = subject.field(path).reads.check(text)
        if problem is not None:
            problems.append(Problem(path, problem))
            continue
        known = subject.number(path)
        numbers[path] = _number(value, controls[path].unit, subject.field(path).reads)
        if known is None or value != known.value:
            kept[path], values[path] = text.strip(), value
    return Setting(texts=kept, values=values, numbers=numbers, problems=tuple(problems))


def _is_lower(path: str) -> bool:
    """Whether a number is that of another path too: C_kj, which is C_jk."""
    mirror = mirrored(path)
    return mirror is not None and [*map(int, re.findall(r"\d+", mirror))] < [*map(int, re.findall(r"\d+", path))]


def _list_of(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


def _lists(subject: Subject) -> dict[str, float]:
    """For every list of numbers, the smallest that is not zero, with the sign of most: how far a zero of it moves."""
    found: dict[str, list[float]] = {}
    for path, quantity in leaves(subject.table):
        if isinstance(quantity, Quantity) and "[" in path and (written := _WRITTEN.fullmatch(quantity.text)):
            number = float(written[1])
            if number:
                found.setdefault(_list_of(path), []).append(number)
    return {
        path: math.copysign(min(map(abs, of)), sum(math.copysign(1.0, n) for n in of)) for path, of in found.items()
    }


def _range(reads: Reads, quantity: Quantity, number: float, unit: str, scale: float) -> tuple[float, float, bool]:
    """Ends of the range of a number in its unit, and whether it is logarithmic."""
    if reads.whole:
        low, high, log = number - STEPS, number + STEPS, False
    elif unit.startswith("dB"):
        low, high, log = number - DECIBELS, number + DECIBELS, False
    elif number == 0:
        low, high, log = *sorted((0.0, scale)), False
    elif quantity.tolerance:
        spread = TOLERANCES * quantity.tolerance * abs(number)
        low, high, log = number - spread, number + spread, False
        if low * number < 0:  # the sign is the file's
            low, high = (0.0, high) if number > 0 else (low, 0.0)
    else:
        low, high = sorted((number / FACTOR, number * FACTOR))
        log = low > 0
    ends = [_number(end, unit, reads) for end in (reads.within.least, reads.within.most)]
    low, high = max(low, ends[0]), min(high, ends[1])
    if reads.within.without_least and low == ends[0]:
        low = min(high, abs(number) or scale) / 100
    return low, high, log and low > 0


def _number(value: float, unit: str, reads: Reads) -> float:
    """A value in internal units as a number in a unit of the file."""
    if not math.isfinite(value) or (reads.kind is NUMBER and not unit):
        return value
    if unit.startswith("dB"):
        return 10 * math.log10(value / parse(f"0 {unit}", reads.kind)) if value > 0 else -math.inf
    zero, one = (parse(f"{n} {unit}", reads.kind) for n in (0, 1))
    return float(f"{(value - zero) / (one - zero):.12g}")


def _meaning(model: type[Section], field: SpecField) -> str:
    """What the class of a file says of a field."""
    current: type[Section] | None = model
    info = None
    for key in (key for key in field.keys if isinstance(key, str)):
        if current is None:
            break
        if key in current.model_fields:
            info = current.model_fields[key]
            current = section_of(info)
    return (info.description or "") if info is not None else ""
