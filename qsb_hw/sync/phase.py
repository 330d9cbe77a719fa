"""The distribution of a relative phase, and the synchronization measure made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.arguments import complex_array
from qsb_hw.errors import require
from qsb_hw.lindblad.operators import frozen
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.space import BlockSpace, pairs_within_groups

PAIRS_KEPT = 16
"""Pairs of oscillators whose places in packed states are kept, for the states of a sweep."""
GRID_POINTS = 16
"""Points per harmonic of the grid on which the search for the highest maximum begins."""
NEWTON_STEPS = 3
"""Steps of Newton's method from there: the last one is within rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class PhaseDistribution:
    """P(φ) = (1/2π) Σ_k c_k e^{ikφ}, a trigonometric polynomial; calling it gives s(φ) = P(φ) − 1/2π.

    Parameters
    ----------
    coefficients : (m+1,) complex
        c_0 … c_m; c_0 = 1 and c_{−k} = c_k*. Phase states are normalised with 1/√(2π), so that P
        integrates to one and a flat distribution has S = 0.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.PhaseDistribution([1.0, 0.1])
    >>> print(f"{found.S:.2f} {found.argmax:.2f}")
    0.20 0.00
    """

    coefficients: Complexes

    def __post_init__(self) -> None:
        hint = "Give ⟨e^{−ikφ}⟩ for k = 0, 1, …."
        coefficients = np.atleast_1d(complex_array("Coefficients", self.coefficients, hint))
        require(
            coefficients.ndim == 1 and coefficients.size > 0,
            "Coefficients of a phase distribution must be a list",
            f"shape {coefficients.shape}",
            hint,
        )
        require(
            abs(coefficients[0] - 1) < 1e-6,
            "The zeroth coefficient of a phase distribution must be 1",
            coefficients[0],
            "Normalise the state.",
        )
        object.__setattr__(self, "coefficients", frozen(coefficients))

    def __call__(self, phase: ArrayLike) -> Any:
        """s(φ) at one phase or an array of them."""
        angle = np.asarray(phase, dtype=float)
        k = np.arange(1, self.coefficients.size)
        waves = np.exp(1j * angle[..., None] * k)
        return (waves @ self.coefficients[1:]).real / math.pi

    @property
    def argmax(self) -> float:
        """Phase of the highest maximum, in (−π, π]; of two equal ones the one nearer to zero."""
        return float(phases_of_highest(self.coefficients[None])[0])

    @property
    def maximum(self) -> float:
        """Largest value of s(φ) = P(φ) − 1/2π, to machine precision."""
        return float(self(self.argmax))

    @property
    def S(self) -> float:
        """Synchronization measure S = 2π max P − 1 (Lörch 2017 Eq. 6)."""
        return float(highest(self.coefficients[None])[0])

    def extrema(self) -> Floats:
        """Phases in (−π, π] where P′(φ) = 0, ascending; [0] for a flat distribution."""
        weights = np.arange(1, self.coefficients.size) * self.coefficients[1:]
        scale = float(np.abs(weights).max(initial=0.0))
        if scale < 1e-300:
            return np.zeros(1)
        weights = np.trim_zeros(np.where(np.abs(weights) < 1e-15 * scale, 0, weights), "b")
        # −i P′ ∝ Σ_k k c_k z^k − Σ_k k c_k* z^−k with z = e^{iφ}, times z^m
        polynomial = np.concatenate([weights[::-1], [0.0], -weights.conj()])
        roots = np.roots(polynomial)
        angles = np.angle(roots[np.abs(np.abs(roots) - 1) < 1e-4])
        if angles.size:
            return np.unique(self._polish(angles))
        grid = np.linspace(-math.pi, math.pi, 64 * self.coefficients.size, endpoint=False)
        return self._polish(grid[[int(np.argmax(self(grid)))]])

    def maxima(self) -> Floats:
        """Phases of all local maxima in (−π, π], highest first."""
        k = np.arange(1, self.coefficients.size)
        phases = self.extrema()
        curvature = (np.exp(1j * phases[:, None] * k) @ (-(k**2) * self.coefficients[1:])).real
        peaks = phases[curvature < 0]
        return np.asarray(peaks[np.argsort(-self(peaks))])

    @property
    def bimodality(self) -> float:
        """Height of the second highest maximum over that of the highest, 1 for two equal ones, 0 for a single one.

        Heights are measured from the lowest point of P.
        """
        peaks, lowest = self.maxima(), float(np.min(self(self.extrema())))
        if peaks.size < 2 or self.maximum == lowest:
            return 0.0
        return float((self(peaks[1]) - lowest) / (self.maximum - lowest))

    def _polish(self, angles: Floats) -> Floats:
        """Two Newton steps on P′, which the roots of a polynomial of high degree need."""
        k = np.arange(1, self.coefficients.size)
        for _ in range(2):
            terms = self.coefficients[1:] * np.exp(1j * angles[:, None] * k)
            slope, curvature = (1j * k * terms).sum(1).real, (-(k**2) * terms).sum(1).real
            step = np.divide(slope, curvature, out=np.zeros_like(slope), where=np.abs(curvature) > 1e-300)
            angles = angles - np.where(np.abs(step) < 1e-2, step, 0)
        return np.asarray(np.angle(np.exp(1j * angles)))


def relative_phase(steady: SteadyState, first: int, second: int) -> PhaseDistribution:
    """Distribution of φ = φ_first − φ_second between two subsystems of a steady state, others traced out.

    With phase states |φ⟩ = Σ e^{inφ}|n⟩/√(2π), ⟨φ_i, φ_j|ρ|φ_i, φ_j⟩ gives c_k = Σ ρ_{n_i, n_j; n_i+k, n_j−k}, the
    adjoint of what lowers i and raises j: a coherent state of amplitude |α|e^{iθ} has its maximum at θ
    (Lörch 2017 above Eq. 6).
    """
    return PhaseDistribution(_harmonics([steady.require()], first, second)[0])


def synchronizations_of(steadies: Sequence[SteadyState], first: int, second: int) -> Floats:
    """S of two subsystems in many steady states of one layout, (m,), worked out together."""
    return highest(_harmonics(steadies, first, second))


def _harmonics(steadies: Sequence[SteadyState], first: int, second: int) -> Complexes:
    """c_k of each steady state, (m, k)."""
    sums, differences = _coherences(steadies[0].space, steadies[0].dims, first, second)
    flat = np.array([steady.flat for steady in steadies]).T
    harmonics = np.asarray((sums @ flat - 1j * (differences @ flat)).T / 2)
    harmonics[:, 0] = 1.0
    return harmonics


@lru_cache(maxsize=PAIRS_KEPT)
def _coherences(space: BlockSpace, dims: tuple[int, ...], first: int, second: int) -> tuple[sp.csr_array, sp.csr_array]:
    """Sums over ρ_{n_i+k, n_j−k; n_i, n_j} of a packed state for every k, with its transpose added and taken off."""
    digits = np.indices(dims).reshape(len(dims), -1)
    n, m = digits[first], digits[second]
    length = min(dims[first], dims[second])
    others = np.ravel_multi_index(
        tuple(np.where(np.isin(k, (first, second)), 0, digits[k]) for k in range(len(dims))), dims
    )
    key = others * (dims[first] + dims[second]) + n + m
    row, col = pairs_within_groups(key * (space.size + 1) + space.offset)
    upper = n[row] > n[col]
    row, col = row[upper], col[upper]
    places = (np.tile(n[row] - n[col], 2), np.concatenate([space.position(row, col), space.position(col, row)]))
    signs = (np.ones(2 * row.size), np.repeat([1.0, -1.0], row.size))
    added, apart = (sp.csr_array((sign, places), shape=(length, space.size)) for sign in signs)
    return added, apart


@lru_cache(maxsize=PAIRS_KEPT)
def _grid(length: int) -> tuple[Floats, Floats, Complexes]:
    """The harmonics k = 1 … length − 1, a grid of phases fine enough for them, and e^{ikφ} on it, (k, G)."""
    k = np.arange(1.0, length)
    count = GRID_POINTS * length
    grid = math.pi * (1 - 2 * np.arange(count) / count)  # with π and without −π, and 0 exactly
    return k, grid, np.exp(1j * k[:, None] * grid)


def _maxima(coefficients: Complexes) -> tuple[Integers, Floats, Floats]:
    """All that may be the highest maximum of some polynomials (m, k): which one's, phase in (−π, π], 2π s(φ).

    With |P″| ≤ B a maximum is higher than the nearest point of a grid of spacing h by no more than B h²/8, so that it
    lies beside a local maximum of the grid that is that close to the highest. Newton's method leads on. A single
    harmonic has one maximum, where it is real.
    """
    terms = coefficients[:, 1:]
    if terms.shape[1] == 1:
        phase = 0.0 - np.angle(terms[:, 0])  # no −0
        return np.arange(len(terms)), np.where(phase > -math.pi, phase, math.pi), 2 * np.abs(terms[:, 0])
    flat = np.abs(terms).max(axis=1, initial=0.0) < 1e-300
    k, grid, waves = _grid(coefficients.shape[1])
    step = float(grid[0] - grid[1])
    heights = (terms @ waves).real
    around = heights[:, np.arange(-1, grid.size + 1) % grid.size]
    margin = np.abs(terms) @ k**2 * step**2 / 8
    close = heights >= (heights.max(axis=1) - margin)[:, None]
    close &= (heights >= around[:, :-2]) & (heights >= around[:, 2:])
    close[flat] = grid == 0
    row, point = np.nonzero(close)
    phase, weights = grid[point], terms[row]
    for _ in range(NEWTON_STEPS):
        turned = weights * np.exp(1j * phase[:, None] * k)
        slope, curvature = turned.imag @ k, turned.real @ k**2
        rising = curvature > 0
        move = slope[rising] / curvature[rising]
        phase[rising] -= np.minimum(np.maximum(move, -step), step)
    climbed = np.sum(weights * np.exp(1j * phase[:, None] * k), axis=1).real
    phase -= 2 * math.pi * np.round(phase / (2 * math.pi))
    lower = climbed < heights[row, point]
    if lower.any():
        phase[lower], climbed[lower] = grid[point[lower]], heights[row, point][lower]
    return row, phase, 2 * climbed


def highest(coefficients: Complexes) -> Floats:
    """S = 2π max P − 1 of many distributions, (m,), from their coefficients (m, k) as of `PhaseDistribution`."""
    row, _, heights = _maxima(coefficients)
    highest = np.full(len(coefficients), -math.inf)
    np.maximum.at(highest, row, heights)
    return highest


def phases_of_highest(coefficients: Complexes) -> Floats:
    """Phase of the highest maximum of each, (m,), in (−π, π]; of equal ones the one nearer to zero."""
    row, phase, heights = _maxima(coefficients)
    top, low = np.full(len(coefficients), -math.inf), np.full(len(coefficients), math.inf)
    np.maximum.at(top, row, heights)
    np.minimum.at(low, row, heights)
    among = heights >= (top - 1e-12 * np.maximum(top - low, 1e-300))[row]
    row, phase = row[among], phase[among]
    order = np.lexsort((np.abs(phase), row))
    return np.asarray(phase[order[np.unique(row[order], return_index=True)[1]]])
