"""What a network tends to as its ladders grow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Floats, Integers
from qsb_hw.errors import require
from qsb_hw.lindblad.task import Solver
from qsb_hw.model.network import Network
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.exact import steady_state
from qsb_hw.sync.solution import SyncSolution
from qsb_hw.sync.truncation import CHEAP, states_with

Measure = Callable[[SyncSolution], float]

SLOWEST, FASTEST = 0.5, 12.0
"""Powers of 1/N between which an observed one is believed."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LevelLimit(Result):
    """A measure of a network as its ladders grow.

    Attributes
    ----------
    levels : (m,) int
        Levels of the smallest ladder, ascending; the last is the network's own.
    values : (m,) float
        The measure at each.
    limit : float
        Its extrapolation to infinitely many levels.
    error : float
        Estimated error of `limit`.
    exponent : float
        Power p of the law value − limit ∝ levels^{−p}; NaN where the values follow none, and `limit` is the last.
    status : Status
        Converged; not converged where the values follow no power law.
    certificate : Certificate
        Worst of the steady states behind the values.
    """

    levels: Integers
    values: Floats
    limit: float
    error: float
    exponent: float
    certificate: Certificate

    @property
    def status(self) -> Status:
        """How it ended."""
        return Status.NOT_CONVERGED if math.isnan(self.exponent) else Status.CONVERGED

    @property
    def message(self) -> str:
        """What happened and what to do about it."""
        if math.isnan(self.exponent):
            return "The values follow no power of the number of levels; the last one is given. Keep more levels."
        return f"The values approach their limit as levels^{-self.exponent:.2g}."


def extrapolate_levels(
    network: Network, measure: Measure, solver: Solver | None = None, *, rwa: bool = True
) -> LevelLimit:
    """What a measure of the steady state tends to as the ladders grow.

    Values at four lengths, the shortest about half the longest, are fitted by limit + a · levels^{−p}, the longest
    three and the shortest three on their own; twice the difference of the two limits and twice the distance to the
    limit of a plain 1/levels make the error. Where they follow no such law the last value stands, with twice what a
    plain 1/levels would still add as its error.

    Parameters
    ----------
    network : Network
        Ladders known in closed form are lengthened as far as that is cheap (1200 basis states); of all others
        the network's own length is the longest, so give it as many levels as can be afforded.
    measure : callable
        Of a `SyncSolution`, for instance ``lambda s: s.synchronization(0, 1)``.
    solver : Solver, optional
        As of `steady_state`.
    rwa : bool
        For complete oscillators: neglect the counter-rotating terms.

    Returns
    -------
    LevelLimit
        Values, limit, its error and the power of the law.

    Raises
    ------
    ArgumentError
        If ladders are too short for four lengths that all hold the stabilised levels and their neighbours.
    ConvergenceError
        If there is no certified steady state at one of the lengths.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=8)
    >>> network = qh.Network([one, one.detuned(20)], [[0, 0.3], [0.3, 0]])
    >>> found = qh.extrapolate_levels(network, lambda s: s.synchronization(0, 1))
    >>> print(f"{found.limit:.3f} ± {found.error:.3f}")
    0.328 ± 0.000
    """
    levels = _lengths(network)
    require(
        levels.size >= 4,
        f"Extrapolation needs ladders of at least {network.minimum_levels + 3} levels here",
        network.smallest_ladder,
        "Keep more levels.",
    )
    values, certificates = np.empty(levels.size), []
    for k, n in enumerate(levels):
        shorter = network.resized(int(n) - network.smallest_ladder)
        solution = steady_state(shorter, solver, rwa=rwa, estimate_truncation=False)
        values[k] = measure(solution)
        certificates.append(solution.certificate)
    limit, error, exponent = _limit(levels, values)
    return LevelLimit(
        levels=levels,
        values=values,
        limit=limit,
        error=error,
        exponent=exponent,
        certificate=Certificate.worst(certificates),
    )


def _lengths(network: Network) -> Integers:
    """Four lengths in even ratio, the shortest about half the longest."""
    most = network.smallest_ladder
    while network.extendable and states_with(network, most + 1 - network.smallest_ladder) <= CHEAP:
        most += 1
    least = max(network.minimum_levels, most // 2)
    return np.unique(np.rint(np.geomspace(least, most, 4)).astype(np.int64))


def _limit(levels: Integers, values: Floats) -> tuple[float, float, float]:
    """Limit, its error and the power; NaN for the power where there is none."""
    late, early = (_power_law(levels[k], values[k]) for k in (slice(-3, None), slice(-4, -1)))
    rest = levels[:-1] / np.diff(levels) * np.diff(values)  # still to come after each step if it goes like 1/levels
    if late is None or early is None:
        return float(values[-1]), 2 * float(np.abs(rest[-2:]).max()), math.nan
    limit, exponent = late
    error = 2 * (abs(limit - early[0]) + abs(values[-1] + rest[-1] - limit))
    return limit, float(error), exponent


def _power_law(levels: Integers, values: Floats) -> tuple[float, float] | None:
    """Limit and power p of three values that follow limit + a · levels^{−p}; None if they do not."""
    one, two = np.diff(values)
    if two == 0:
        return float(values[-1]), math.inf
    from scipy.optimize import brentq

    wanted = one / two

    def surplus(power: float) -> float:
        a, b, c = levels.astype(float) ** -power
        return float((b - a) / (c - b) - wanted)

    if not surplus(SLOWEST) < 0 < surplus(FASTEST):
        return None
    power = float(brentq(surplus, SLOWEST, FASTEST))
    _, b, c = levels.astype(float) ** -power
    return float(values[-1] - two * c / (c - b)), power
