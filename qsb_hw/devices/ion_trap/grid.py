"""Bound levels of a well on a grid fine and wide enough: refined until the levels converge.

Sine and cosine waves on the midpoints of a box: derivatives are exact for what the grid can carry, so the error
falls exponentially (a discrete variable representation as in D. T. Colbert and W. H. Miller, J. Chem.
Phys. 96, 1982 (1992), in a box). Sines have a node at the ends of the box, cosines an antinode.

Where an end of the box is an end of the potential's region the well is continued by its mirror image. Sines and
cosines are then the odd and the even states of the two wells: a level is their mean, its state their
sum, localised in the well, and their distance is what tunnelling does to it. For a lattice, which is
its own mirror image, that distance is the width of the Bloch band. States are cut off at the end of the
region and made orthogonal from below, an error of the order of tunnelling over frequency.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.devices.ion_trap.constants import HBAR
from qsb_hw.devices.ion_trap.potentials import Potential
from qsb_hw.errors import ConvergenceError, require

TOLERANCE = 1e-10
"""Largest change from one grid to the next: of level energies in units of the mean spacing, of x in
units of |x_01| and of exp(ikx) at the largest Lamb–Dicke parameter."""
MOST_POINTS = 1200
FEWEST_POINTS = 8
"""Also in a well that may be too small to bind anything."""
LARGEST_LAMB_DICKE = 2.0
"""|k x_01| up to which the grid is refined for exp(ikx)."""

_MARGIN = 3.0
_CUT = 1e-7
"""Amplitude at the rim of the box, or of its shortest waves, from which on it is widened or refined in earnest."""
_WHOLE_WELL = 4.0
_TUNNELLING_SHARE = 0.1
_FEW = 0.25
"""Share of all states on a grid up to which only those that are kept are solved for."""
_PANEL, _NODES = 4, 16
"""Grid points per panel, and Gauss–Legendre nodes in it, when states that do not vanish at the ends are integrated."""


class Levels(NamedTuple):
    """The lowest n levels on one grid.

    Increasing positions `x` and the `weights` (points,) of the quadrature on them, in m; `states` (points, n),
    orthonormal under the weights, in 1/√m. In rad/s: `energies` (n,) above V = 0, `tunnelling` (n,), the distance of
    the odd from the even states across the ends, zero where no end is near, and `rounding`, machine precision times
    the largest energy on the grid.
    """

    x: Floats
    weights: Floats
    states: Floats
    energies: Floats
    tunnelling: Floats
    rounding: float

    def position(self, center: float) -> Floats:
        """⟨m|x − center|n⟩ in m, shape (n, n)."""
        return self.states.T @ ((self.weights * (self.x - center))[:, None] * self.states)

    def displacement(self, center: float, wavenumber: float) -> Complexes:
        """⟨m|exp(ik(x − center))|n⟩, shape (n, n)."""
        phases = wavenumber * (self.x - center)
        even, odd = (
            self.states.T @ ((self.weights * wave)[:, None] * self.states) for wave in (np.cos(phases), np.sin(phases))
        )
        return np.asarray(even + 1j * odd)

    def bound(self, potential: Potential) -> int:
        """How many of the levels lie below the barrier."""
        return int(np.count_nonzero(self.energies * HBAR < potential.barrier))


class Refined(NamedTuple):
    """Levels on the finest grid, how many converged, and how far they moved from the one before, in rad/s."""

    levels: Levels
    converged: int
    change: Floats


class _Grid(NamedTuple):
    """A box in m, its points, and which of its ends are ends of the region."""

    left: float
    right: float
    points: int
    ends: tuple[bool, bool]

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def spacing(self) -> float:
        return self.width / self.points

    @property
    def midpoints(self) -> Floats:
        return np.asarray(self.left + self.spacing * (np.arange(self.points) + 0.5), dtype=float)

    def kinetic(self, number: Any, mass: float) -> Any:
        """Kinetic energy in rad/s of the standing wave with `number` half wavelengths in the box."""
        return HBAR * (math.pi * number / self.width) ** 2 / (2 * mass)


class _Resolution(NamedTuple):
    """How far a box reaches beyond the minima, how far its points are apart, and which region's end is near; in m."""

    half: float
    spacing: float
    near: float

    def grid(self, potential: Potential) -> _Grid:
        left, at_left = _end(potential.minima[0], -self.half, potential.region[0], self.near)
        right, at_right = _end(potential.minima[-1], self.half, potential.region[1], self.near)
        points = max(FEWEST_POINTS, math.ceil((right - left) / self.spacing))
        return _Grid(left, right, points, (at_left, at_right))

    def better(self, rim: float, short: float) -> _Resolution:
        """Wider by half where the rim is reached, finer by a quarter where short waves matter; else a bit of both."""
        wider, finer = rim > _CUT, short > _CUT
        if not wider and not finer:
            return self._replace(half=1.1 * self.half, spacing=0.9 * self.spacing)
        half = 1.5 * self.half if wider else self.half
        return self._replace(half=half, spacing=0.75 * self.spacing if finer else self.spacing)


class _Waves(NamedTuple):
    """Energies in rad/s, amplitudes (waves, n), and per state the largest at the rim and of the shortest waves."""

    energies: Floats
    amplitudes: Floats
    rim: Floats
    short: Floats


def refine(potential: Potential, mass: float, count: int) -> Refined:
    """The lowest `count` levels of a well, on ever wider and finer grids until the bound energies converge.

    ArgumentError if two levels coincide to machine precision, as those of two wells that tunnelling does not join;
    ConvergenceError if not even two grids fit within `MOST_POINTS`.
    """
    refined: Refined | None = None
    previous: Levels | None = None
    length, reach = _length(potential, mass), math.sqrt(2 * count + 1) + _MARGIN  # as a harmonic well, roughly
    resolution = _Resolution(reach * length, math.pi * length / reach, _WHOLE_WELL * reach * length)
    while (grid := resolution.grid(potential)).points <= MOST_POINTS:
        levels, waves = _solve(potential, mass, grid, count)
        bound = levels.bound(potential)
        if previous is not None:
            _require_distinct(levels.energies)
            refined = _compare(previous, levels, potential.center)
            if previous.bound(potential) == bound <= refined.converged:
                return refined
        previous = levels
        kept = slice(max(bound, 1))
        resolution = resolution.better(float(waves.rim[kept].max()), float(waves.short[kept].max()))
    if refined is None:
        raise ConvergenceError(
            f"The levels must fit on {MOST_POINTS} points, but found a well too wide for its wavelength. Describe "
            "one of its minima only."
        )
    return refined


def bound_estimate(potential: Potential, mass: float) -> float:
    """About how many levels are bound, ∮p dx/2πħ below the barrier; ∞ for a confining potential."""
    if not math.isfinite(potential.barrier):
        return math.inf
    left, right = (_way_out(potential, mass, side) for side in (0, 1))
    x = np.linspace(left, right, 4001)
    momentum = np.sqrt(2 * mass * np.maximum(potential.barrier - potential(x), 0.0))
    return float(np.trapezoid(momentum, x) / (math.pi * HBAR))


def _way_out(potential: Potential, mass: float, side: int) -> float:
    """Where the well has risen to its barrier on one side (0 left, 1 right), in m."""
    end, sign = potential.region[side], 2 * side - 1
    step = _length(potential, mass)
    start = potential.minima[-side]
    while not math.isfinite(end):
        step *= 2
        if potential(np.array([start + sign * step]))[0] >= (1 - 1e-6) * potential.barrier:
            return start + sign * step
    return end


def _end(minimum: float, step: float, region_end: float, near: float) -> tuple[float, bool]:
    """Where the box ends on one side, and whether the region does too."""
    if abs(region_end - minimum) <= max(abs(step), near):
        return region_end, True
    return minimum + step, False


def _length(potential: Potential, mass: float) -> float:
    """Scale on which wavefunctions of the well vary: of its harmonic or its quartic part, whichever is shorter."""
    c2, _, c4 = potential.expansion()
    stiffness = HBAR**2 / (2 * mass)
    scales: list[float] = [math.pow(stiffness / c, power) for c, power in ((c2, 1 / 4), (c4, 1 / 6)) if c > 0]
    require(bool(scales), "A well must curve upwards at its minimum", f"c2 = {c2}, c4 = {c4}", "Check the potential.")
    return min(scales)


def _solve(potential: Potential, mass: float, grid: _Grid, count: int) -> tuple[Levels, _Waves]:
    height = potential(grid.midpoints) / HBAR
    odd = _waves("sine", height, mass, grid, count)
    energies, tunnelling = odd.energies, np.zeros_like(odd.energies)
    if any(grid.ends):
        even = _waves("cosine", height, mass, grid, count)
        energies, tunnelling = (energies + even.energies) / 2, np.abs(energies - even.energies)
        x, weights = _quadrature(grid)
        states, others = _at(x, "sine", odd.amplitudes, grid), _at(x, "cosine", even.amplitudes, grid)
        root = np.sqrt(weights)[:, None]
        states = np.linalg.qr(root * (states + others * np.sign(weights @ (states * others))))[0] / root
    else:
        x, weights, states = _between(odd.amplitudes, grid)
    states = _in_gauge(states, x, weights)
    rounding = np.finfo(float).eps * float(np.max(np.abs(height)) + grid.kinetic(grid.points, mass))
    return Levels(x, weights, states, energies, tunnelling, rounding), odd


def _waves(kind: str, height: Floats, mass: float, grid: _Grid, count: int) -> _Waves:
    """States with nodes (sine) or antinodes (cosine) at the ends."""
    from scipy.fft import dct, dst
    from scipy.linalg import eigh

    transform = dst if kind == "sine" else dct
    number = _numbers(kind, grid)
    basis = transform(np.eye(height.size), type=2, norm="ortho", axis=0)  # (waves, points)
    hamiltonian = basis.T @ (grid.kinetic(number, mass)[:, None] * basis) + np.diag(height)
    kept = min(count, height.size)
    few = (0, kept - 1) if kept < _FEW * height.size else None  # a large part is slower to find than all of them
    energies, vectors = eigh(hamiltonian, subset_by_index=few, overwrite_a=True)
    energies, vectors = energies[:kept], vectors[:, :kept]
    amplitudes = basis @ vectors  # (waves, n)
    strip = max(1, height.size // 20)
    rims = [part for part, end in zip((vectors[:strip], vectors[-strip:]), grid.ends, strict=True) if not end]
    rim = np.max(np.abs(np.concatenate([*rims, np.zeros((1, energies.size))])), axis=0)
    return _Waves(energies, amplitudes, rim, np.max(np.abs(amplitudes[-strip:]), axis=0))


def _numbers(kind: str, grid: _Grid) -> Integers:
    """Half wavelengths in the box of the waves that the grid can carry."""
    return (1 if kind == "sine" else 0) + np.arange(grid.points)


def _at(x: Floats, kind: str, amplitudes: Floats, grid: _Grid) -> Floats:
    """States at `x` in 1/√m, from the amplitudes of their waves."""
    number = _numbers(kind, grid)
    wave = np.sin if kind == "sine" else np.cos
    norms = np.where((number == 0) | (number == grid.points), 1.0, 2.0)
    waves = wave(math.pi / grid.width * np.outer(x - grid.left, number)) * np.sqrt(norms / grid.width)
    return np.asarray(waves @ amplitudes)


def _between(amplitudes: Floats, grid: _Grid) -> tuple[Floats, Floats, Floats]:
    """Points twice as dense, their weights, and sine states there in 1/√m.

    States stay orthonormal, and light of less than twice the shortest wave's momentum finds no alias of them.
    """
    from scipy.fft import idst

    fine = grid._replace(points=2 * grid.points)
    padded = np.concatenate([amplitudes, np.zeros_like(amplitudes)])
    states = idst(padded, type=2, norm="ortho", axis=0) / math.sqrt(fine.spacing)
    return fine.midpoints, np.full(fine.points, fine.spacing), states


def _quadrature(grid: _Grid) -> tuple[Floats, Floats]:
    """Gauss–Legendre nodes and weights in m, panel by panel: exact also where states do not vanish at the ends."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    panels = math.ceil(grid.points / _PANEL)
    width = grid.width / panels
    x = grid.left + width * (np.arange(panels)[:, None] + (nodes + 1) / 2)
    return x.ravel(), np.tile(weights * width / 2, panels)


def _in_gauge(states: Floats, x: Floats, weights: Floats) -> Floats:
    """Signs such that the ground state is positive and ⟨n|x|n−1⟩ > 0."""
    neighbours = (weights * (x - np.mean(x))) @ (states[:, 1:] * states[:, :-1])
    first = math.copysign(1.0, float(weights @ states[:, 0]))
    return states * (first * np.concatenate([[1.0], np.cumprod(np.where(neighbours < 0, -1.0, 1.0))]))


def _compare(coarse: Levels, fine: Levels, center: float) -> Refined:
    """How many levels, counted from below, agree on the two grids as well as `_allowed`."""
    count = min(coarse.energies.size, fine.energies.size)
    change = np.abs(coarse.energies[:count] - fine.energies[:count])
    old, new = (one.position(center)[:count, :count] for one in (coarse, fine))
    unit = abs(new[0, 1])
    kicks = [one.displacement(center, LARGEST_LAMB_DICKE / unit)[:count, :count] for one in (coarse, fine)]
    elements = np.tril(np.maximum(np.abs(old - new) / unit, np.abs(kicks[0] - kicks[1])))
    moved = np.maximum(change / _mean_spacing(fine.energies), np.max(elements, axis=1))
    stands = np.maximum.accumulate(moved) <= _allowed(fine)[:count]
    return Refined(fine, int(np.cumprod(stands).sum()), change)


def _allowed(levels: Levels) -> Floats:
    """What a level and its matrix elements may move, in the units of `TOLERANCE`.

    More where tunnelling makes it less than that exact anyway, and where rounding mixes two levels that nearly
    coincide.
    """
    spacing = _mean_spacing(levels.energies)
    mixing = levels.rounding / np.minimum.accumulate(np.diff(levels.energies, append=np.inf))
    return np.asarray(TOLERANCE + _TUNNELLING_SHARE * levels.tunnelling / spacing + 10 * mixing)


def _mean_spacing(energies: Floats) -> float:
    return float((energies[-1] - energies[0]) / (energies.size - 1))


def _require_distinct(energies: Floats) -> None:
    closest = float(np.min(np.diff(energies))) / _mean_spacing(energies)
    require(
        closest > 10 * TOLERANCE,
        "Levels must be distinct",
        f"two that differ by {closest:.1g} of the mean spacing: wells that tunnelling does not join",
        "Describe one of the wells, by a Polynomial or a table of its own.",
    )
