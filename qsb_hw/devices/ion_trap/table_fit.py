"""A curve through the points of a table, or along them, and what their noise makes uncertain.

K follows from the fourth derivative. A curve through every point gives it the rounding of the last digit divided
by the fourth power of the step, so where that matters a polynomial of the lowest degree that the points allow is
fitted instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from qsb_hw._typing import Floats

NOISE_SHARE = 1e-4
"""Share of the anharmonicity that noise may have in a curve through every point; beyond it the points are fitted."""
AGREES = 2.5
"""Residual in units of the noise up to which a polynomial describes the points."""
SMOOTH = 1e-4
"""Share of the height of the table: what rises less and decides K is told apart from the well."""
LOWEST_DEGREE, HIGHEST_DEGREE = 4, 16
"""Of fitted polynomials: the fourth has an anharmonicity, those beyond the sixteenth lose digits."""

_ORDER = 10


class Curve(Protocol):
    """V(x) in J, linear in the heights of the table."""

    def __call__(self, x: Any, order: int = 0) -> Floats:
        """V or its derivative, at positions in m."""

    def gain(self, x: Floats, weights: Floats, order: int = 0) -> float:
        """Standard deviation of Σ weights · V^(order)(x) for noise of standard deviation one in every height."""


@dataclass(frozen=True, slots=True, eq=False)
class Interpolant:
    """The quintic spline through every point."""

    positions: Floats
    spline: Any

    @classmethod
    def through(cls, x: Floats, v: Floats) -> Interpolant:
        """Interpolate the points."""
        from scipy.interpolate import make_interp_spline

        return cls(x, make_interp_spline(x, v, k=5))

    def __call__(self, x: Any, order: int = 0) -> Floats:
        """V or its derivative."""
        return np.asarray(self.spline(x, order))

    def gain(self, x: Floats, weights: Floats, order: int = 0) -> float:
        """Norm of the weights with which every height enters."""
        from scipy.interpolate import BSpline
        from scipy.sparse.linalg import splu

        knots, count = self.spline.t, self.positions.size
        design = BSpline.design_matrix(self.positions, knots, 5)
        if order == 0:
            functional = BSpline.design_matrix(np.clip(x, self.positions[0], self.positions[-1]), knots, 5).T @ weights
        else:
            functional = np.zeros(count)
            for at, weight in zip(x, weights, strict=True):
                first = int(np.clip(np.searchsorted(knots, at, "right") - 1, 5, count - 1)) - 5
                pieces = BSpline(knots, np.eye(count, 6, -first), 5)
                functional[first : first + 6] += weight * pieces(at, order)
        return float(np.linalg.norm(splu(design.T.tocsc()).solve(functional)))


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The polynomial of least squares, in powers of (x − origin)/scale, so that it is exact near its minimum."""

    origin: float
    scale: float
    coefficients: Floats
    root: Floats

    @classmethod
    def to(cls, x: Floats, v: Floats, degree: int) -> Fitted:
        """Fit to the points, expanded about the lowest of the turning points inside them."""
        from numpy.polynomial import Polynomial, legendre

        middle, half = (x[0] + x[-1]) / 2, (x[-1] - x[0]) / 2
        design = legendre.legvander((x - middle) / half, degree)
        orthogonal, triangle = np.linalg.qr(design)
        series = legendre.Legendre(np.linalg.solve(triangle, orthogonal.T @ v))
        roots: list[complex] = series.deriv().roots().tolist()
        turns = [t.real for t in roots if abs(t.imag) < 1e-9 and -1 < t.real < 1]
        at = min(turns, key=lambda t: float(series(t)), default=0.0)
        shifted = series.convert(kind=Polynomial)(Polynomial([at, 1.0]))
        powers = np.vander((x - middle) / half - at, degree + 1, increasing=True)
        return cls(middle + half * at, half, np.asarray(shifted.coef), np.asarray(np.linalg.qr(powers, mode="r")))

    @property
    def degree(self) -> int:
        """Of the polynomial."""
        return int(self.coefficients.size) - 1

    def __call__(self, x: Any, order: int = 0) -> Floats:
        """V or its derivative."""
        from numpy.polynomial import polynomial

        y = (np.asarray(x, dtype=float) - self.origin) / self.scale
        return np.asarray(polynomial.polyval(y, polynomial.polyder(self.coefficients, order)) / self.scale**order)

    def gain(self, x: Floats, weights: Floats, order: int = 0) -> float:
        """Norm of the weights with which every height enters, from the triangle of the fit."""
        from numpy.polynomial import polynomial
        from scipy.linalg import solve_triangular

        y = (np.asarray(x) - self.origin) / self.scale
        unit = np.eye(self.coefficients.size)
        values = np.array([polynomial.polyval(y, polynomial.polyder(row, order)) for row in unit])  # (degree + 1, x)
        functional = values @ weights / self.scale**order
        return float(np.linalg.norm(solve_triangular(self.root, functional, trans="T")))


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """What a table says: V(x), the noise of its heights in J, and V(x) from every second point (None: too few)."""

    curve: Curve
    noise: float
    half: Curve | None


def describe(x: Floats, v: Floats, rounding: float) -> Described:
    """Curve of a table, from its heights in J above the lowest point, rounded to at least `rounding`."""
    noise = max(noise_of(x, v), 0.3 * rounding)
    through = Interpolant.through(x, v)
    exact = noise * _anharmonic_gain(through, x, v) <= NOISE_SHARE
    degree = None if exact else _lowest(x, v, AGREES * noise)
    half = slice(None, None, 2)
    few = x[half].size <= max(5, degree or 0) + 1
    if degree is None:
        return Described(through, noise, None if few else Interpolant.through(x[half], v[half]))
    fitted = Fitted.to(x, v, degree)
    left = float(np.linalg.norm(v - fitted(x))) / math.sqrt(x.size - degree - 1)  # larger where only the ends are noisy
    return Described(fitted, max(noise, left), None if few else Fitted.to(x[half], v[half], degree))


def smoother(curve: Curve, x: Floats, v: Floats) -> Curve | None:
    """Another polynomial along the points of one well, to tell what decides K: None where there are too few.

    Two degrees above the lowest that leaves a `SMOOTH` of the height, or above `curve` where that is a polynomial.
    """
    if x.size < 2 * LOWEST_DEGREE:
        return None
    lowest = curve.degree if isinstance(curve, Fitted) else _lowest(x, v, SMOOTH * float(np.ptp(v)))
    degree = min((lowest or HIGHEST_DEGREE) + 2, _highest(x))
    return None if isinstance(curve, Fitted) and degree == curve.degree else Fitted.to(x, v, degree)


def noise_of(x: Floats, v: Floats) -> float:
    """Standard deviation of a height about a smooth curve: from divided differences that polynomials leave empty."""
    order = min(_ORDER, (x.size - 1) // 2)
    windows = np.lib.stride_tricks.sliding_window_view(x, order + 1)
    apart = windows[:, :, None] - windows[:, None, :]
    apart /= np.abs(apart).max(axis=(1, 2), keepdims=True)
    weights = 1 / np.where(apart == 0, 1.0, apart).prod(axis=2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    differences = np.sum(weights * np.lib.stride_tricks.sliding_window_view(v, order + 1), axis=1)
    return float(np.sqrt(np.mean(differences**2)))


def _lowest(x: Floats, v: Floats, residual: float) -> int | None:
    """Lowest degree of a polynomial that leaves at most so much, root mean square; None where none does."""
    from numpy.polynomial import legendre

    y = (2 * x - x[0] - x[-1]) / (x[-1] - x[0])
    orthogonal = np.linalg.qr(legendre.legvander(y, _highest(x)))[0]
    for degree in range(LOWEST_DEGREE, _highest(x) + 1):
        basis = orthogonal[:, : degree + 1]
        rest = v - basis @ (basis.T @ v)
        if float(rest @ rest) <= residual**2 * (x.size - degree - 1):
            return degree
    return None


def _highest(x: Floats) -> int:
    """As many as least squares on evenly spaced points bear, and one to compare with as soon as there are ten."""
    few = LOWEST_DEGREE + 2 if x.size >= 10 else LOWEST_DEGREE
    return max(few, min(HIGHEST_DEGREE, x.size // 4, int(2 * math.sqrt(x.size))))


def _anharmonic_gain(curve: Curve, x: Floats, v: Floats) -> float:
    """Relative change of the fourth derivative at the lowest point inside, for noise of one in every height."""
    lowest = x[1:-1][[int(np.argmin(v[1:-1]))]]
    fourth = float(abs(curve(lowest, 4)[0]))
    return curve.gain(lowest, np.ones(1), 4) / fourth if fourth else math.inf
