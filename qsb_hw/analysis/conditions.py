"""Under which conditions a device is computed: how many levels of everything, for how long, and who said so.

What nobody gives is chosen here, in one place: levels are added until the populations stand still, Fock states of the
auxiliary modes likewise. What the choice leaves out is measured against every level there is and is part of the answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import QsbError, require
from qsb_hw.lindblad.markov import stationary
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.build import full_model
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator, has_fock_state

TOLERANCE = 1e-3
"""Share of the population (half the sum of all changes) that may still move when levels are added no more."""
FEWEST_LEVELS = 8
"""Levels kept at least, as far as there are so many."""
FEWEST_BATH_LEVELS, MOST_BATH_LEVELS = 3, 10
"""Fock states of an auxiliary mode, at least and at most, where nobody gives them."""


class Origin(Enum):
    """Who said how large something is."""

    GIVEN = "given"
    FILE = "from the device file"
    CHOSEN = "chosen until the populations stood still"
    ALL = "all there are"
    LIMIT = "as many as are affordable"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A number and who said it."""

    value: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a device is computed.

    Attributes
    ----------
    levels : Chosen
        Of the ladder.
    bath_levels : Chosen or None
        Fock states of each auxiliary mode; None where no bath is a mode, or all are eliminated.
    experiment_time : Chosen
        Duration of an experiment in s.
    level_error : float
        Share of the population that the levels left out would move, judged by the eliminated oscillator with every
        level there is; 0 for all of them, NaN where it cannot be told.
    bath_error : float
        Likewise of one more Fock state in every auxiliary mode, judged by the full model with n0 + 3 levels; 0 where no
        bath is a mode.
    """

    levels: Chosen
    bath_levels: Chosen | None
    experiment_time: Chosen
    level_error: float
    bath_error: float

    @property
    def truncation_error(self) -> float:
        """Share of the population that everything left out would move."""
        return self.level_error + self.bath_error


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The eliminated oscillator with every level there is, and its populations for ever, shape (n,)."""

    effective: EffectiveOscillator
    populations: Floats


@lru_cache(maxsize=16)
def chain_of(device: Device) -> Chain:
    """A device's eliminated oscillator with every level.

    Raises
    ------
    ConvergenceError
        Levels from which nothing leads down.
    """
    effective = eliminate(device.complete)
    return Chain(effective, stationary(effective.rates).populations)


def conditions_of(
    device: Device,
    levels: int | None = None,
    bath_levels: int | None = None,
    experiment_time: float | None = None,
    *,
    baths: bool = True,
) -> Conditions:
    """Conditions of a device: as given, else as its file says, else chosen.

    Parameters
    ----------
    device : Device
        From `load_device`.
    levels, bath_levels : int, optional
        Of the ladder, and of each auxiliary mode.
    experiment_time : float, optional
        In s.
    baths : bool
        False where every bath will be eliminated: their Fock states are then left as the platform built them.

    Raises
    ------
    ArgumentError
        Levels the platform does not have, fewer than two Fock states, a time that is not positive.
    """
    require(
        bath_levels is None or bath_levels >= 2,
        "An auxiliary mode must keep at least two Fock states",
        bath_levels,
        "Leave `bath_levels` out to have them chosen.",
    )
    require(
        experiment_time is None or experiment_time > 0,
        "The duration of an experiment must be positive",
        experiment_time,
        "Give it in s, or leave it out.",
    )
    given = device.given
    kept, left_out = _levels(device, _first(levels, given.levels))
    modes, modes_left_out = _bath_levels(device, _first(bath_levels, given.bath_levels)) if baths else (None, 0.0)
    time = _first(experiment_time, given.experiment_time) or Chosen(device.usual_time, Origin.ASSUMED)
    return Conditions(kept, modes, time, left_out, modes_left_out)


def under(device: Device, conditions: Conditions) -> SelfOscillator:
    """The device's oscillator under given conditions."""
    kept = device.oscillator(int(conditions.levels.value))
    return kept if conditions.bath_levels is None else kept.with_bath_levels(int(conditions.bath_levels.value))


def population_change(fewer: Floats, more: Floats) -> float:
    """Share of the population in another level, half the sum of all changes; levels that are missing count as empty."""
    size = max(fewer.size, more.size)
    one, other = (np.pad(p, (0, size - p.size)) for p in (fewer, more))
    return float(np.abs(one - other).sum() / 2)


def level_error(device: Device, levels: int) -> float:
    """Share of the population that the levels from `levels` on would move; NaN where it cannot be told.

    Where the ladder goes on beyond those that are known, what the tail holds if it falls as 1/n² is added.
    """
    try:
        chain = chain_of(device)
        change = population_change(stationary(chain.effective.rates[:levels, :levels]).populations, chain.populations)
    except QsbError:
        return math.nan
    above = 0.0 if device.ends_at_barrier else device.complete.levels * float(chain.populations[-1])
    return min(change + above, 1.0)


def _first(asked: float | None, in_file: float | None) -> Chosen | None:
    if asked is not None:
        return Chosen(asked, Origin.GIVEN)
    return None if in_file is None else Chosen(in_file, Origin.FILE)


def _levels(device: Device, wanted: Chosen | None) -> tuple[Chosen, float]:
    most = device.complete.levels
    if wanted is not None:
        device.oscillator(int(wanted.value))
        return wanted, level_error(device, int(wanted.value))
    fewest = max(min(FEWEST_LEVELS, most), device.target + 2)
    if not has_fock_state(device.complete):
        return Chosen(fewest, Origin.ASSUMED), level_error(device, fewest)
    levels = next((n for n in range(fewest, most) if level_error(device, n) <= TOLERANCE), most)
    return Chosen(levels, Origin.ALL if levels == most else Origin.CHOSEN), level_error(device, levels)


def _bath_levels(device: Device, wanted: Chosen | None) -> tuple[Chosen | None, float]:
    most = device.complete.bath_levels
    if most is None:
        return None, 0.0
    if not has_fock_state(device.complete):
        return wanted or Chosen(most, Origin.ASSUMED), math.nan
    if wanted is not None:
        return wanted, bath_error(device, int(wanted.value))
    for levels in range(FEWEST_BATH_LEVELS, MOST_BATH_LEVELS):
        error = bath_error(device, levels)
        if not error > TOLERANCE:
            return Chosen(levels, Origin.CHOSEN), error
    return Chosen(MOST_BATH_LEVELS, Origin.LIMIT), bath_error(device, MOST_BATH_LEVELS)


@lru_cache(maxsize=64)
def _populations_with(device: Device, bath_levels: int) -> Floats | None:
    short = device.oscillator(min(device.target + 3, device.complete.levels)).with_bath_levels(bath_levels)
    found = steady_state(full_model(short))
    return found.populations(0) if found.ok else None


def bath_error(device: Device, levels: int) -> float:
    """Share of the population that one more Fock state in every mode would move; NaN where it was not solved."""
    fewer, more = _populations_with(device, levels), _populations_with(device, levels + 1)
    return math.nan if fewer is None or more is None else population_change(fewer, more)
