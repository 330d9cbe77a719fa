"""A well known point by point, as electrode solvers export it."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.ion_trap.constants import ELEMENTARY_CHARGE, HBAR
from qsb_hw.devices.ion_trap.motion import Motion
from qsb_hw.devices.ion_trap.potentials import Expansion, Potential
from qsb_hw.devices.ion_trap.table_fit import Curve, Described, describe, smoother
from qsb_hw.errors import ArgumentError, printable, require, shown
from qsb_hw.lindblad.operators import frozen
from qsb_hw.spec.files import LARGEST_TABLE_FILE, read_text
from qsb_hw.units import ENERGY, LENGTH, VOLTAGE, parse, show, written

FEWEST_POINTS = 8
MOST_POINTS = 50_000
LONGEST_LINE = 1000
"""Characters of a line of a table."""

SURE = 3.0
"""Standard errors that count as the error of K."""
ROUNDING = 1e-10
"""Of the largest |V| in the table: a shallower dip is no well."""

_HEIGHTS = ((ENERGY, 1.0), (VOLTAGE, ELEMENTARY_CHARGE))
_BETWEEN = 8
_HEADER = re.compile(r"\s*([A-Za-z]\w*)\s*\[([^\[\]]+)\]\s*")


class _Well(NamedTuple):
    """What is found on the curve, in m and J."""

    center: float
    bottom: float
    region: tuple[float, float]
    barrier: float


@dataclass(frozen=True, slots=True, eq=False)
class Tabulated(Potential):
    """A well given at points.

    Where the last digits of the heights do not matter to c4 a quintic spline goes through every point (a cubic one
    has no c4). Elsewhere the polynomial of the lowest degree that the points allow is fitted. `kerr_error` says what
    of K is left open. The deepest minimum inside the table is the well; it ends at the nearest maximum on either side
    or at the end of the table. `positions` (n,) increase, in m; `energies` (n,) in J, to which a constant may be added.
    """

    positions: Floats
    energies: Floats
    _described: Described = field(init=False, repr=False)
    _well: _Well = field(init=False, repr=False)

    def __post_init__(self) -> None:
        x, v = np.asarray(self.positions, dtype=float), np.asarray(self.energies, dtype=float)
        _check_table(x, v)
        object.__setattr__(self, "positions", frozen(x))
        object.__setattr__(self, "energies", frozen(v))
        described = describe(x, v - np.min(v), float(np.finfo(float).eps * np.max(np.abs(v))))
        object.__setattr__(self, "_described", described)
        object.__setattr__(self, "_well", _deepest_well(described.curve, x))

    def __call__(self, x: Floats) -> Floats:
        """V(x) in J above the minimum, for positions within the table."""
        first, last = self.positions[[0, -1]]
        require(
            bool(np.all((x >= first) & (x <= last))),
            f"A tabulated potential is known from {first:g} m to {last:g} m",
            f"a position between {np.min(x):g} m and {np.max(x):g} m",
            "Extend the table.",
        )
        return np.asarray(self._described.curve(x) - self._well.bottom)

    @property
    def center(self) -> float:
        """Where the minimum is, in m."""
        return self._well.center

    @property
    def region(self) -> tuple[float, float]:
        """Between the nearest maxima, or the ends of the table, in m."""
        return self._well.region

    @property
    def barrier(self) -> float:
        """V at the lower end of the region, in J."""
        return self._well.barrier

    def expansion(self) -> Expansion:
        """Derivatives at the minimum."""
        c2, c3, c4 = (float(self._described.curve(self.center, order)) / math.factorial(order) for order in (2, 3, 4))
        return Expansion(c2, c3, c4)

    def kerr_error(self, motion: Motion, level: int) -> KerrError:
        """What the table leaves open of K at a level with both its neighbours, to first order in the change of V."""
        below, at, above = motion.densities.T[level - 1 : level + 2]
        weights = -motion.weights * (below - 2 * at + above) / (2 * HBAR)
        found = self._described
        own = found.curve(motion.grid)
        inside = (self.positions >= self.region[0]) & (self.positions <= self.region[1])

        def moved(other: Curve | None) -> float | None:
            if other is None:
                return None
            change = other(motion.grid) - own
            return abs(float(weights @ (change - change[change.size // 2])))

        return KerrError(
            noise=found.noise * found.curve.gain(motion.grid, weights),
            half=moved(found.half),
            smooth=moved(smoother(found.curve, self.positions[inside], self.energies[inside] - np.min(self.energies))),
            height=found.noise,
            step=float(np.median(np.diff(self.positions))),
        )


@dataclass(frozen=True, slots=True)
class KerrError:
    """What a table leaves open of K, in rad/s.

    `noise` is the standard error by the noise of the heights: rounding of their digits, ripple from point to point.
    `half` is the change if every second point is left out, `smooth` that if a polynomial of another degree is taken,
    which leaves out what rises little; None where too few points remain. `height` is the noise of the heights in J,
    `step` the distance of two points in m.
    """

    noise: float
    half: float | None
    smooth: float | None
    height: float
    step: float

    @property
    def total(self) -> float:
        """`SURE` standard errors, and both changes, added in squares; ∞ where there is nothing to compare with."""
        if self.half is None and self.smooth is None:
            return math.inf
        return math.hypot(SURE * self.noise, self.half or 0.0, self.smooth or 0.0)

    def hint(self, allowed: float) -> str:
        """What table would tell K to `allowed` (rad/s)."""
        if math.isinf(self.total):
            return "Give at least ten points."
        parts = {"noise": SURE * self.noise, "half": self.half or 0.0, "smooth": self.smooth or 0.0}
        worst = max(parts, key=lambda name: parts[name])
        times = parts[worst] / allowed
        if worst == "noise":
            digits = max(1, math.ceil(math.log10(times)))
            return (
                f"The heights scatter by {show(self.height / ELEMENTARY_CHARGE, 'eV', 2)}: print at least {digits} "
                "more digits, or extend the table."
            )
        if worst == "half":
            step = self.step / math.sqrt(times)
            return f"Every second point gives another K: use steps of {show(step, 'm', 2)} or less."
        return "What is too small for a smooth curve to follow decides K: smooth the table if that is ripple."


def read_potential(path: str | Path) -> Tabulated:
    """Read a well from a CSV file with a header like ``x [um], V [meV]``.

    Position in any unit of length. Height as an energy ([meV]), as the electric potential that a charge +e
    sees ([mV]), as a temperature ([uK], times k_B) or as a frequency ([MHz], times h). Lines
    that start with # and empty lines are skipped; positions may run either way. What is wrong is said with the name of
    the file.
    """
    file = Path(path)
    try:
        return _from_rows(_rows(file))
    except ArgumentError as error:
        raise ArgumentError(f"{file.name}: {error}") from error


def _rows(file: Path) -> list[tuple[int, list[str]]]:
    lines = read_text(file, LARGEST_TABLE_FILE).split("\n")
    rows = [(number, _cells(number, line)) for number, line in enumerate(lines, 1) if line.strip()]
    return [(number, cells) for number, cells in rows if not cells[0].lstrip().startswith("#")]


def _cells(number: int, line: str) -> list[str]:
    if len(line) > LONGEST_LINE and not line.lstrip().startswith("#"):
        raise ArgumentError(f"Line {number} must have at most {LONGEST_LINE} characters, but found {len(line)}.")
    try:
        return next(csv.reader([line[:LONGEST_LINE]]))
    except csv.Error as error:
        raise ArgumentError(f"Line {number} must be comma-separated values, but found {error}.") from None


def _from_rows(rows: Sequence[tuple[int, Sequence[str]]]) -> Tabulated:
    header = rows[0][1] if rows else []
    units = [match for match in map(_HEADER.fullmatch, header) if match]
    require(
        len(units) == len(header) == 2,
        "The first line must name two columns and their units",
        printable(",".join(header), 60) or "nothing",
        "Write it like: x [um], V [meV].",
    )
    x, v = np.array([_numbers(*row) for row in rows[1:]], dtype=float).reshape(-1, 2).T
    if x.size > 1 and x[0] > x[-1]:
        x, v = x[::-1], v[::-1]
    return Tabulated(x * parse(f"1 {units[0][2]}", LENGTH), v * _height_unit(units[1][2]))


def _height_unit(unit: str) -> float:
    """One `unit` of height in J."""
    for kind, factor in _HEIGHTS:
        try:
            return factor * parse(f"1 {unit}", kind)
        except ArgumentError:
            continue
    raise ArgumentError(
        "The height must have a unit of energy, electric potential, temperature, frequency, "
        f"but found [{printable(unit, 60)}]. Write it like: V [meV]."
    )


def _numbers(line: int, cells: Sequence[str]) -> tuple[float, float]:
    try:
        x, v = map(float, cells)
    except ValueError as error:
        found = shown(",".join(cells), 60)
        raise ArgumentError(f"Line {line} must hold two numbers, but found {found}. Correct it.") from error
    return x, v


def _check_table(x: Floats, v: Floats) -> None:
    must = f"A tabulated potential must have at most {MOST_POINTS} points"
    require(x.size <= MOST_POINTS, must, x.size, "Leave some out.")
    must, found = f"A tabulated potential must have at least {FEWEST_POINTS} points", f"{x.size} positions"
    valid = x.ndim == 1 and x.shape == v.shape and x.size >= FEWEST_POINTS
    require(valid, must, f"{found} and {v.size} heights", "Export a finer table.")
    valid = bool(np.all(np.isfinite([x, v])))
    require(valid, "Positions and heights must be finite", "NaN or infinity", "Remove those lines.")
    for name, values, kind in (("Positions", x, LENGTH), ("Heights", v, ENERGY)):
        largest = float(np.max(np.abs(values)))
        must = f"{name} must be at most {written(kind.largest, kind, 3)}"
        require(largest <= kind.largest, must, written(largest, kind, 3), "Check their unit.")
    wrong = np.flatnonzero(np.diff(x) <= 0)
    found = f"{x[wrong[0]]:g} m followed by {x[wrong[0] + 1]:g} m" if wrong.size else ""
    require(not wrong.size, "Positions must increase from point to point", found, "Sort them and remove repetitions.")


def _deepest_well(spline: Curve, x: Floats) -> _Well:
    minima, maxima = _turning_points(spline, x)
    shallow = ROUNDING * float(np.max(np.abs(spline(x))))
    wells = [well for well in (_well_at(spline, x, maxima, at) for at in minima) if well.barrier > shallow]
    require(
        bool(wells),
        "A tabulated potential must have a minimum inside",
        f"V running from {float(spline(x[0])):.3g} J to {float(spline(x[-1])):.3g} J without one",
        "Extend the table to both sides of the minimum, or check its sign (V is what the charge +e sees).",
    )
    return min(wells, key=lambda well: well.bottom)


def _well_at(spline: Curve, x: Floats, maxima: Sequence[float], center: float) -> _Well:
    left = max((top for top in maxima if top < center), default=float(x[0]))
    right = min((top for top in maxima if top > center), default=float(x[-1]))
    bottom = float(spline(center))
    return _Well(center, bottom, (left, right), float(min(spline(left), spline(right))) - bottom)


def _turning_points(spline: Curve, x: Floats) -> tuple[list[float], list[float]]:
    """Minima and maxima inside the table: where V' changes sign, looked for between points too."""
    from scipy.optimize import brentq

    fine = np.interp(np.arange(0, x.size - 1 + 0.5 / _BETWEEN, 1 / _BETWEEN), np.arange(x.size), x)
    rising = spline(fine, 1) >= 0
    turns = np.flatnonzero(rising[1:] != rising[:-1])
    close = 1e-15 * float(x[-1] - x[0])
    found = [(float(brentq(spline, fine[i], fine[i + 1], args=(1,), xtol=close)), rising[i + 1]) for i in turns]
    return [at for at, rises in found if rises], [at for at, rises in found if not rises]
