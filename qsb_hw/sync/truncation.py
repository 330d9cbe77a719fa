"""How far a network is from one with infinitely many levels.

The tails of a Lorentzian fall as 1/n² and the rates are n times that, so that populations p_n ∝ n^{−2(n₋−n₊)} are all
but a power law and a measure at N levels misses its limit by about a/N. One or two levels less (or more) say what a is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.model.build import site_dims
from qsb_hw.model.network import Network
from qsb_hw.sync.solution import SyncSolution

Change = Callable[[SyncSolution, SyncSolution], float]

CAUTION = 2.0
"""Factor on an estimate that is right to within about as much."""
CHEAP = 1200
"""Basis states up to which ladders are lengthened."""


def truncation_error(
    solution: SyncSolution, solve: Callable[[Network], SyncSolution], changes: Sequence[int] = (), highest: int = 2
) -> float:
    """Largest error that finite ladders leave in any population, any pair's S and c_1; NaN if it cannot be told.

    Twice the larger of two: what ladders one and two levels shorter differ by, continued like 1/levels
    (`remaining_change`), and the population above the ladder, continued like 1/n² from that of the highest levels.
    Above some 0.2 it says no more than that there are too few levels. `changes` of the levels other than these two may
    be given, and how many of the `highest` levels tell what is above.
    """
    change = remaining_change(solution, largest_change, solve, changes)
    return math.nan if math.isnan(change) else CAUTION * max(change, _above(solution, highest))


def remaining_change(
    solution: SyncSolution, change: Change, solve: Callable[[Network], SyncSolution], changes: Sequence[int] = ()
) -> float:
    """How much something would still change as ladders grow, if it converges like 1/(levels − n0).

    Judged by ladders one and two levels shorter, whichever says more; by longer ones where shorter ones do not hold
    every stabilised level with its neighbours and longer ones are known and cheap; NaN where there are neither. Other
    `changes` of the levels may be given.
    """
    errors, network = [], solution.network
    for levels in changes or _changes(network):
        other = solve(network.resized(levels))
        if other.steady.ok:
            above = network.smallest_ladder + levels - network.minimum_levels + 2  # levels from n0 on
            errors.append(above / abs(levels) * change(solution, other))
    return max(errors, default=math.nan)


def largest_change(one: SyncSolution, other: SyncSolution) -> float:
    """Largest difference in any population, any pair's S and c_1 (modulus) of two solutions of the same network."""
    count = one.network.size
    changes = [_gap(one.populations(i), other.populations(i)) for i in range(count)]
    for i in range(count):
        for j in range(i):
            here, there = (solution.phase_distribution(i, j) for solution in (one, other))
            changes += [abs(here.S - there.S), abs(complex(here.coefficients[1] - there.coefficients[1]))]
    return max(changes)


def states_with(network: Network, change: int) -> int:
    """Basis states with `change` levels more in every ladder."""
    ladders = math.prod(o.levels + change for o in network.oscillators)
    return ladders * math.prod(d for o in network.oscillators for d in site_dims(o)[1:])


def _gap(one: Floats, other: Floats) -> float:
    length = max(one.size, other.size)
    padded = [np.pad(p, (0, length - p.size)) for p in (one, other)]
    return float(np.abs(padded[0] - padded[1]).max())


def _above(solution: SyncSolution, highest: int) -> float:
    """Population above the ladder if it continues as 1/(n − n0)² from its highest levels, n0 + 2 and up."""
    tails = []
    for i, oscillator in enumerate(solution.network.oscillators):
        target = oscillator.target or 0
        top = solution.populations(i)[max(oscillator.levels - highest, target + 2) :]
        tails.append((oscillator.levels - target) * float(top.max(initial=0.0)))
    return max(tails)


def _changes(network: Network) -> Iterator[int]:
    shorter = [change for change in (-1, -2) if network.smallest_ladder + change >= network.minimum_levels]
    yield from shorter or [change for change in (1, 2) if network.extendable and states_with(network, change) <= CHEAP]
