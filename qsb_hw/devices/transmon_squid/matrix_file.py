"""Capacitance matrices as field solvers export them: text of Ansys Q3D, and CSV with the conductors' names."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.errors import ArgumentError, shown
from qsb_hw.units import CAPACITANCE, parse

MOST_CONDUCTORS = 500
LARGEST = 1e-6
"""F: more is no capacitance on a chip."""

_UNITS = re.compile(r"\bC\s*Units?\s*[:=]\s*([A-Za-zµμ]+)", re.IGNORECASE)
_HEADING = re.compile(r"(?:\w+\s+)?capacitance\s+matrix\s*:?", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d{1,3}))?")
_IN_BRACKETS = re.compile(r"\[\s*([A-Za-zµμ]+)\s*\]")


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A matrix as given: names, `values` (n, n) and one unit of the last digit of each, in F.

    `solved` is whether its digits are those of a solver, and not of a person who means just these numbers.
    """

    names: tuple[str, ...]
    values: Floats
    digits: Floats
    solved: bool


def last_digit(number: str) -> float:
    """One unit of the last digit of a number as written: 0.01 for "-5.00", 1e-18 for "61.234e-15"."""
    found = _NUMBER.fullmatch(number.strip())
    if found is None:
        return 0.0
    return float(10.0 ** (int(found[3] or 0) - len(found[2] or "")))


def read_matrix(text: str, unit: str | None = None) -> Matrix:
    """Matrix in a text; `unit` is that of numbers whose unit the text does not tell.

    ArgumentError, whose text begins with "must", if it holds no matrix, or several, or its names do not fit.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    headings = [k for k, line in enumerate(lines) if _HEADING.fullmatch(line.strip())]
    units = [found[1] for line in lines if (found := _UNITS.search(line))]
    if len(headings) > 1:
        places = ", ".join(str(k + 1) for k in headings)
        raise ArgumentError(f"must hold one capacitance matrix, but found several, in lines {places}. Export one.")
    if headings or units:
        return _of_solver(lines, headings[0] + 1 if headings else 0, unit or (units[0] if units else None))
    return _of_csv(lines, unit)


def _of_solver(lines: Sequence[str], start: int, unit: str | None) -> Matrix:
    """The block after the heading: names, and a row for each that begins with its name, separated by tabs."""
    cells = [[cell.strip() for cell in re.split(r"\t", line.rstrip())] for line in lines]
    for k in range(start, len(lines) - 1):
        header = _cells(cells[k]) if len(cells[k]) > 1 else lines[k].split()
        first = _row(lines[k + 1])
        if header and len(first) == len(header) + 1 and all(_is_number(cell) for cell in first[1:]):
            rows = []
            for line in lines[k + 1 :]:
                row = _row(line)
                if len(row) != len(header) + 1:
                    break
                rows.append(row)
            return _matrix(header, [row[0] for row in rows], [row[1:] for row in rows], unit)
    raise ArgumentError(
        "must hold a capacitance matrix, a line of names and then a line for each that begins with its name, "
        "but found none. Export it again, separated by tabs."
    )


def _of_csv(lines: Sequence[str], unit: str | None) -> Matrix:
    """Names in the first row; a name may begin each other row, else they are in the order of the columns."""
    kept = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if len(kept) < 2:
        raise ArgumentError("must hold a header with names and a row for each, but found less. Export it again.")
    separator = next((mark for mark in "\t;," if mark in kept[0]), ",")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(kept, delimiter=separator, strict=True)]
    except csv.Error as error:
        raise ArgumentError(f"must be CSV, but found: {error}. Export it again.") from None
    header, body = rows[0], rows[1:]
    labelled = len(body) == len(header) - 1
    if labelled:
        found = _IN_BRACKETS.search(header[0])
        unit = unit or (found[1] if found else None)
        return _matrix(header[1:], [row[0] for row in body], [row[1:] for row in body], unit)
    return _matrix(header, header, body, unit)


def _matrix(columns: Sequence[str], labels: Sequence[str], rows: Sequence[Sequence[str]], unit: str | None) -> Matrix:
    names = tuple(columns)
    if len(names) > MOST_CONDUCTORS:
        raise ArgumentError(f"must have at most {MOST_CONDUCTORS} conductors, but found {len(names)}. Leave some out.")
    if len(set(names)) < len(names) or not all(names):
        twice = next(name for name in names if names.count(name) > 1 or not name)
        raise ArgumentError(f"must name each conductor once, but found {shown(twice)} again or empty. Rename it.")
    if sorted(labels) != sorted(names) or any(len(row) != len(names) for row in rows):
        found = f"columns {shown(', '.join(names), 80)} and rows {shown(', '.join(labels), 80)}"
        raise ArgumentError(f"must have a row and a column of every conductor, but found {found}. Export it again.")
    order = [labels.index(name) for name in names]
    read = [[_read(cell, unit) for cell in rows[k]] for k in order]
    return Matrix(
        names, np.array([[v for v, _ in row] for row in read]), np.array([[d for _, d in row] for row in read]), True
    )


def _read(cell: str, unit: str | None) -> tuple[float, float]:
    """An entry and one unit of its last digit, in F."""
    number, _, own = cell.partition(" ")
    scale = _scale(own.strip() or unit)
    if not _is_number(number):
        hint = "Write a decimal point." if "," in number else "Correct it."
        raise ArgumentError(f"must hold finite numbers, but found {shown(cell)}. {hint}")
    value = float(number) * scale
    if abs(value) > LARGEST:
        raise ArgumentError(f"must hold capacitances of at most {LARGEST:g} F, but found {value:g} F. Check the unit.")
    return value, last_digit(number) * scale


def _scale(unit: str | None) -> float:
    if unit is None:
        raise ArgumentError('must say its unit, but found none. Write unit = "fF" in [capacitance].')
    try:
        return parse(f"1 {unit}", CAPACITANCE)
    except ArgumentError:
        raise ArgumentError(f"must have a unit of capacitance, but found {shown(unit)}. Write it like fF.") from None


def _row(line: str) -> list[str]:
    """A name and numbers: cells between tabs, else words."""
    cells = _cells([cell.strip() for cell in line.rstrip().split("\t")])
    return cells if len(cells) > 1 else line.split()


def _cells(cells: Sequence[str]) -> list[str]:
    """Without the empty corner and an empty end."""
    found = [*cells]
    while found and not found[0]:
        found.pop(0)
    while found and not found[-1]:
        found.pop()
    return found


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
