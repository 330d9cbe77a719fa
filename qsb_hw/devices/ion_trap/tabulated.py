"""A well known point by point, as electrode solvers export it."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qsb_hw.devices.ion_trap.constants import ELEMENTARY_CHARGE
from qsb_hw.devices.ion_trap.potentials import CentredWell, Expansion
from qsb_hw.errors import ArgumentError, require
from qsb_hw.linalg.operators import frozen
from qsb_hw.units import ENERGY, LENGTH, VOLTAGE, parse

Floats = NDArray[np.float64]

FEWEST_POINTS = 8

ROUNDING = 1e-10
"""Of the largest |V| in the table: a dip that is shallower is none."""

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
class Tabulated(CentredWell):
    """A well given at points, joined by a quintic spline through every one of them.

    The spline is quintic so that c4 exists (a cubic one has none), and it does not smooth: noise in the table is
    taken for potential, and K, which lives in the fourth derivative, feels it first. Fit and smooth before, and
    compare K from every point with K from every second one.
    The deepest minimum inside the table is the well; it ends at the nearest maximum on either side or
    at the end of the table.

    Parameters
    ----------
    positions : (n,) float
        Increasing, in m.
    energies : (n,) float
        In J; a constant added to all does not matter.

    Raises
    ------
    ArgumentError
        Fewer than `FEWEST_POINTS` points, positions not increasing, values not finite, no minimum inside.
    """

    positions: Floats
    energies: Floats
    _spline: Any = field(init=False, repr=False)
    _well: _Well = field(init=False, repr=False)

    def __post_init__(self) -> None:
        x, v = np.asarray(self.positions, dtype=float), np.asarray(self.energies, dtype=float)
        _check_table(x, v)
        object.__setattr__(self, "positions", frozen(x))
        object.__setattr__(self, "energies", frozen(v))
        object.__setattr__(self, "_spline", _through(x, v))
        object.__setattr__(self, "_well", _deepest_well(self._spline, x))

    def __call__(self, x: Floats) -> Floats:
        """V(x) in J above the minimum, for positions within the table.

        Raises
        ------
        ArgumentError
            A position beyond the table.
        """
        first, last = self.positions[[0, -1]]
        require(
            bool(np.all((x >= first) & (x <= last))),
            f"A tabulated potential is known from {first:g} m to {last:g} m",
            f"a position between {np.min(x):g} m and {np.max(x):g} m",
            "Extend the table.",
        )
        return np.asarray(self._spline(x) - self._well.bottom)

    @property
    def center(self) -> float:
        """Position of the minimum in m."""
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
        """Derivatives of the spline at the minimum."""
        c2, c3, c4 = (float(self._spline(self.center, order)) / math.factorial(order) for order in (2, 3, 4))
        return Expansion(c2, c3, c4)


def read_potential(path: str | Path) -> Tabulated:
    """Read a well from a CSV file with a header like ``x [um], V [meV]``.

    Position in any unit of length. Height as an energy ([meV]), as the electric potential that a charge +e
    sees ([mV]), as a temperature ([uK], times k_B) or as a frequency ([MHz], times h). Lines
    that start with # and empty lines are skipped; positions may run either way.

    Raises
    ------
    ArgumentError
        No file, no header with units, a unit of the wrong kind, cells that are not numbers, and what `Tabulated`
        refuses; each names the file.
    """
    file = Path(path)
    try:
        return _from_rows(_rows(file))
    except ArgumentError as error:
        raise ArgumentError(f"{file.name}: {error}") from error


def _rows(file: Path) -> list[tuple[int, list[str]]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f"must be a readable text file, but found {error}. Check the path.") from error
    rows = [(number, next(csv.reader([line]))) for number, line in enumerate(lines, 1) if line.strip()]
    return [(number, cells) for number, cells in rows if not cells[0].lstrip().startswith("#")]


def _from_rows(rows: Sequence[tuple[int, Sequence[str]]]) -> Tabulated:
    header = rows[0][1] if rows else []
    units = [match for match in map(_HEADER.fullmatch, header) if match]
    require(
        len(units) == len(header) == 2,
        "The first line must name two columns and their units",
        ",".join(header) or "nothing",
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
    kinds = "energy, electric potential, temperature, frequency"
    raise ArgumentError(f"The height must have a unit of {kinds}, but found [{unit}]. Write it like: V [meV].")


def _numbers(line: int, cells: Sequence[str]) -> tuple[float, float]:
    try:
        x, v = map(float, cells)
    except ValueError as error:
        raise ArgumentError(f"Line {line} must hold two numbers, but found {','.join(cells)!r}. Mend it.") from error
    return x, v


def _check_table(x: Floats, v: Floats) -> None:
    require(
        x.ndim == 1 and x.shape == v.shape and x.size >= FEWEST_POINTS,
        f"A tabulated potential must have at least {FEWEST_POINTS} points",
        f"{x.size} positions and {v.size} heights",
        "Export a finer table.",
    )
    require(
        bool(np.all(np.isfinite(x)) and np.all(np.isfinite(v))),
        "Positions and heights must be finite",
        "NaN or infinity",
        "Remove those lines.",
    )
    wrong = np.flatnonzero(np.diff(x) <= 0)
    require(
        wrong.size == 0,
        "Positions must increase from point to point",
        f"{x[wrong[0]]:g} m followed by {x[wrong[0] + 1]:g} m" if wrong.size else "",
        "Sort them and remove repetitions.",
    )


def _through(x: Floats, v: Floats) -> Any:
    from scipy.interpolate import make_interp_spline

    return make_interp_spline(x, v, k=5)


def _deepest_well(spline: Any, x: Floats) -> _Well:
    minima, maxima = _turning_points(spline, x)
    shallow = ROUNDING * float(np.max(np.abs(spline(x))))
    wells = [well for well in (_well_at(spline, x, maxima, at) for at in minima) if well.barrier > shallow]
    require(
        bool(wells),
        "A tabulated potential must have a minimum inside",
        f"V running from {spline(x[0]):.3g} J to {spline(x[-1]):.3g} J without one",
        "Extend the table to both sides of the minimum, or check its sign (V is what the charge +e sees).",
    )
    return min(wells, key=lambda well: well.bottom)


def _well_at(spline: Any, x: Floats, maxima: Sequence[float], center: float) -> _Well:
    left = max((top for top in maxima if top < center), default=float(x[0]))
    right = min((top for top in maxima if top > center), default=float(x[-1]))
    bottom = float(spline(center))
    return _Well(center, bottom, (left, right), float(min(spline(left), spline(right))) - bottom)


def _turning_points(spline: Any, x: Floats) -> tuple[list[float], list[float]]:
    """Minima and maxima inside the table: where V' changes sign, looked for between points too."""
    from scipy.optimize import brentq

    fine = np.interp(np.arange(0, x.size - 1 + 0.5 / _BETWEEN, 1 / _BETWEEN), np.arange(x.size), x)
    rising = spline(fine, 1) >= 0
    turns = np.flatnonzero(rising[1:] != rising[:-1])
    close = 1e-15 * float(x[-1] - x[0])
    found = [(float(brentq(spline, fine[i], fine[i + 1], args=(1,), xtol=close)), rising[i + 1]) for i in turns]
    return [at for at, rises in found if rises], [at for at, rises in found if not rises]
