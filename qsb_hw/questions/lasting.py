"""For how long a device keeps its Fock state: eliminated, with every level there is, from the ground state on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Chosen, chain_of
from qsb_hw.elimination.populations import after, escape_rates, mean_time_to_leave, relaxation
from qsb_hw.errors import QsbError
from qsb_hw.model.device import Device
from qsb_hw.questions.criteria import LARGEST_IMPURITY

RELAXED = 40.0
"""Relaxation times after which populations are those of the steady state, to double precision."""
LONGEST = 1e4
"""Experiments for which the state is followed to see when it is lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Lasting:
    """Populations in the course of time.

    Attributes
    ----------
    experiment_time : Chosen
        Duration of an experiment in s, and where that comes from.
    populations, populations_forever : (n,) float
        At the end of it, of what has not left the ladder, and as if nothing left the ladder.
    relaxation_rate : float
        Slowest decay of the populations in 1/s.
    lost, time_to_loss : float
        Share that has left the ladder by the end of the experiment, and mean time in s until it is left; NaN where the
        ladder has no barrier that is known.
    holds : float
        Time in s from which on P(n0), of what has not left the ladder, is too small; ∞ if never, 0 if it already is at
        the end of the experiment, NaN if later than it was followed.
    """

    experiment_time: Chosen
    target: int
    populations: Floats
    populations_forever: Floats
    relaxation_rate: float
    lost: float
    time_to_loss: float
    holds: float

    @property
    def fidelity(self) -> float:
        """P(n0) at the end of the experiment."""
        return float(self.populations[self.target])

    @property
    def fidelity_forever(self) -> float:
        """P(n0) in the steady state."""
        return float(self.populations_forever[self.target])


def lasting(device: Device, experiment_time: Chosen) -> Lasting | None:
    """How long a device keeps its state; None where its populations are no chain that comes to rest."""
    try:
        rates, forever = chain_of(device)
    except QsbError:
        return None
    time, known = experiment_time.value, device.ends_at_barrier
    escape = escape_rates(device.complete) if known else np.zeros(device.complete.levels)
    if known and device.escape is not None:
        escape = escape + device.escape
    rate, leaving = relaxation(rates), mean_time_to_leave(rates, escape)
    course = _course(rates, escape, rate, forever, leaving)
    found = course(time)
    return Lasting(
        experiment_time=experiment_time,
        target=device.target,
        populations=found / found.sum(),
        populations_forever=forever,
        relaxation_rate=rate,
        lost=max(1 - float(found.sum()), 0.0) if known else math.nan,
        time_to_loss=leaving if known else math.nan,
        holds=_holds(device.target, course, time, forever),
    )


def _course(rates: Floats, escape: Floats, rate: float, forever: Floats, leaving: float) -> Callable[[float], Floats]:
    """Populations after a time, from the ground state on."""

    def after_time(moment: float) -> Floats:
        if rate * moment > RELAXED:
            return forever * math.exp(-moment / leaving)
        return after(rates, escape, moment, np.eye(len(forever))[0])

    return after_time


def _holds(target: int, after_time: Callable[[float], Floats], time: float, forever: Floats) -> float:
    """When P(n0) of what is left becomes too small, to 1 %."""
    least = 1 - LARGEST_IMPURITY

    def enough(moment: float) -> bool:
        found = after_time(moment)
        return bool(found[target] >= least * found.sum())

    if not enough(time):
        return 0.0
    if forever[target] >= least:
        return math.inf
    early, late = time, 2 * time
    while enough(late):
        early, late = late, 2 * late
        if late > LONGEST * time:
            return math.nan
    while late > 1.01 * early:
        middle = math.sqrt(early * late)
        early, late = (middle, late) if enough(middle) else (early, middle)
    return early
