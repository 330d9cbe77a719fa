"""Stationary populations of a Markov chain by elimination without subtractions.

Grassmann, Taksar & Heyman, Oper. Res. 33, 1107 (1985): states are taken out one by one, and the rates between those
left are raised by the paths through the one taken out. Every population has full relative accuracy however far the
rates lie apart (O'Cinneide, Numer. Math. 65, 109 (1993)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats
from qsb_hw.errors import ConvergenceError
from qsb_hw.lindblad.certificate import EPSILON


@dataclass(frozen=True, slots=True, eq=False)
class Stationary:
    """Stationary populations of a Markov chain, (n,), of sum one, and a bound on the norm of their error.

    `gap` is the rate at which the slowest distribution reaches the most populated state: the decay rate of the slowest
    mode where one state holds most of the population, below it otherwise. `direction`, (n,), is that distribution less
    what it takes from the most populated state.
    """

    populations: Floats
    error_bound: float
    gap: float
    direction: Floats


def stationary(rates: Floats, recurrent: int = 0) -> Stationary:
    """Stationary state of a chain with one closed class, to which the state `recurrent` belongs.

    ``rates[m, n]``, from n to m, are not negative; the diagonal is not read.
    """
    total = rates.shape[0]
    if total == 1:
        return Stationary(np.ones(1), EPSILON, float("inf"), np.zeros(1))
    populations, eliminated = _solved(rates, recurrent)
    reference = eliminated.reference
    bound = 4 * np.sqrt(total) * EPSILON * float(np.linalg.norm(populations))
    gap, slowest = eliminated.slowest()
    slowest[reference] = -slowest.sum()
    return Stationary(populations, bound, gap, slowest)


def stationary_populations(rates: Floats) -> Floats:
    """Populations (n,) of `stationary`, of sum one, without the search for what is slowest; exact up to rounding."""
    if rates.shape[0] == 1:
        return np.ones(1)
    populations = _Eliminated.of(rates, 0).flow()
    total = populations.sum()
    return populations / total if np.isfinite(total) else _solved(rates, 0)[0]  # state 0 holds next to nothing


def _solved(rates: Floats, recurrent: int) -> tuple[Floats, _Eliminated]:
    """Populations of sum one, and the chain with all but the most populated state taken out."""
    eliminated = _Eliminated.of(rates, recurrent)
    populations = eliminated.flow()
    reference = int(np.argmax(populations))
    if reference != recurrent:
        eliminated = _Eliminated.of(rates, reference)
        populations = eliminated.flow()
    return populations / populations.sum(), eliminated


@dataclass(frozen=True, slots=True, eq=False)
class _Eliminated:
    """All states but `reference` taken out in turn.

    In the order of `order`, `rates[m, n]` from n to m is what it was when the earlier of the two was taken out, and
    `leaving` the total rate of each to later states and to the reference.
    """

    reference: int
    order: NDArray[np.int64]
    rates: Floats
    leaving: Floats
    home: Floats

    @classmethod
    def of(cls, rates: Floats, reference: int) -> _Eliminated:
        order = np.delete(np.arange(rates.shape[0]), reference)
        inner = rates[np.ix_(order, order)].astype(float)
        np.fill_diagonal(inner, 0.0)
        exits = rates[reference, order].astype(float)
        leaving = np.empty(order.size)
        for k in range(order.size):
            later = slice(k + 1, None)
            leaving[k] = inner[later, k].sum() + exits[k]
            if not leaving[k] > 0:
                raise ConvergenceError(
                    f"Every state must be able to reach state {reference}, but found that state {order[k]} does not. "
                    "Give a jump that leads there."
                )
            share = inner[k, later] / leaving[k]  # probabilities per unit rate into k
            inner[later, later] += np.outer(inner[later, k], share)
            exits[later] += exits[k] * share
        return cls(reference, order, inner, leaving, rates[order, reference].astype(float))

    def flow(self) -> Floats:
        """Populations relative to that of the reference, from the balance of what enters and leaves."""
        populations = np.ones(self.order.size + 1)
        populations[self.order] = self.residence(self.home)
        return populations

    def residence(self, start: Floats) -> Floats:
        """Time spent in each state on the way to the reference by what starts in the others."""
        source = start.copy()
        for k in range(source.size):
            later = slice(k + 1, None)
            source[later] += self.rates[later, k] * (source[k] / self.leaving[k])
        times = np.empty_like(source)
        for k in range(source.size - 1, -1, -1):
            later = slice(k + 1, None)
            times[k] = (source[k] + self.rates[k, later] @ times[later]) / self.leaving[k]
        return times

    def slowest(self, rounds: int = 8) -> tuple[float, Floats]:
        """Rate at which the distribution that lasts longest reaches the reference, and that distribution."""
        distribution, time = np.full(self.order.size, 1 / self.order.size), 0.0
        for _ in range(rounds):
            times = self.residence(distribution)
            time = float(times.sum())
            distribution = times / time
        whole = np.zeros(self.order.size + 1)
        whole[self.order] = distribution
        return 1 / time, whole
