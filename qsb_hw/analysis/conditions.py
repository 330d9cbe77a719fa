"""Under which conditions a device is computed: as given, else as the device file says, else chosen here.

Levels are added until the populations no longer change. What is left out by that is part of the answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.arguments import real, whole
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import QsbError, require
from qsb_hw.lindblad.markov import stationary_populations
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.build import full_model
from qsb_hw.model.device import Device
from qsb_hw.model.oscillator import SelfOscillator, has_fock_state

TOLERANCE = 1e-3
"""Share of the population (half the sum of all changes) that one more level may still move."""
FEWEST_LEVELS = 8
"""Levels kept at least, as far as there are so many."""
FEWEST_BATH_LEVELS, MOST_BATH_LEVELS = 3, 10
"""Fock states of an auxiliary mode, at least and at most, where they are chosen here."""
ASSUMED_COUPLING = 0.3
"""V/γ where neither the caller nor the device file gives V."""


class Origin(Enum):
    """Where a number comes from."""

    GIVEN = "given"
    FILE = "from the device file"
    CHOSEN = "chosen until converged"
    ALL = "all bound levels"
    LIMIT = "the limit of what is affordable"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A number and where it comes from."""

    value: float
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """What a caller asks for; None leaves it to the device file, or else to the choice made here.

    Attributes
    ----------
    levels, pair_levels : int or None
        Levels of the ladder, and of each ladder where two complete devices are solved.
    bath_levels : int or None
        Fock states of each auxiliary mode, in one device and in pairs.
    coupling, detuning : float or None, float
        V in rad/s with its sign; Δ in rad/s, where one value of S is asked for.
    rwa, complete : bool
        Drop the counter-rotating terms of complete devices; keep every bath, else they are eliminated.
    experiment_time : float or None
        Duration of one experiment in s.
    """

    levels: int | None = None
    pair_levels: int | None = None
    bath_levels: int | None = None
    coupling: float | None = None
    detuning: float = 0.0
    rwa: bool = True
    complete: bool = True
    experiment_time: float | None = None

    def __post_init__(self) -> None:
        if self.bath_levels is not None:
            hint = "An auxiliary mode must keep at least two Fock states. Leave it out to have them chosen."
            whole("`bath_levels`", self.bath_levels, hint, least=2)
        for name in ("levels", "pair_levels"):
            if (found := getattr(self, name)) is not None:
                whole(f"`{name}`", found, "Leave it out to have them chosen.", least=2)
        if self.coupling is not None:
            v = real("`coupling`", self.coupling, "Give V in rad/s, or leave it out.")
            require(v != 0, "`coupling` must not be zero", v, "Give V in rad/s with its sign, or leave it out.")
        real("`detuning`", self.detuning, "Give Δ in rad/s.")
        for name in ("rwa", "complete"):
            hint = "Give True or False."
            require(isinstance(getattr(self, name), bool), f"`{name}` must be a bool", getattr(self, name), hint)
        if self.experiment_time is not None:
            real("`experiment_time`", self.experiment_time, "The duration of an experiment in s.", above=0.0)

    def with_settings(self, settings: Mapping[str, Any] | None) -> Requested:
        """The same with some fields set; `ArgumentError` for a condition that is unknown or out of its range."""
        known = [f.name for f in fields(self)]
        for name in settings or {}:
            require(name in known, f"A condition must be one of {', '.join(known)}", repr(name), "Choose one of these.")
        return replace(self, **(settings or {}))

    def with_values(self, values: Mapping[str, float]) -> Requested:
        """The same with those of `values` that are named like its fields; integers where the field is one."""
        known = {key: value for key, value in values.items() if not key.startswith("$")}
        cast = {key: int(value) if key.endswith("levels") else value for key, value in known.items()}
        return replace(self, **cast)  # type: ignore[arg-type]


ELIMINATED = Requested(complete=False)
"""What is requested of many points at once unless said otherwise: every bath eliminated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a device is computed, and where each number comes from.

    Attributes
    ----------
    levels, bath_levels : Chosen, Chosen or None
        Of the ladder, and Fock states of each auxiliary mode; None where no bath is a mode, or all are eliminated.
    experiment_time : Chosen
        Duration of an experiment in s.
    level_error : float
        Share of the population that the levels left out would move, judged by the eliminated oscillator with every
        level there is; 0 for all of them, NaN where it cannot be told.
    bath_error : float
        Likewise of one more Fock state in every auxiliary mode, judged by the full model with n0 + 3 levels; 0 where no
        bath is a mode.
    rwa, target : bool, int
        Whether the counter-rotating terms of complete devices are dropped; n0.
    coupling : Chosen or None
        V in rad/s with its sign; None where no pair is asked for.
    pair_levels, pair_bath_levels : Chosen or None
        Levels of each ladder, and Fock states of each auxiliary mode, of a complete pair; None where none is solved.
    """

    levels: Chosen
    bath_levels: Chosen | None
    coupling: Chosen | None = None
    pair_levels: Chosen | None = None
    pair_bath_levels: Chosen | None = None
    experiment_time: Chosen
    level_error: float
    bath_error: float
    rwa: bool = True
    target: int

    @property
    def decided(self) -> dict[str, Chosen]:
        """Every number that was decided, with its origin, by field name."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: number for name, number in found.items() if isinstance(number, Chosen)}

    @property
    def coupling_assumed(self) -> bool:
        """Whether neither the caller nor the device file gives V."""
        return self.coupling is not None and self.coupling.origin is Origin.ASSUMED


@lru_cache(maxsize=16)
def chain_of(device: Device) -> tuple[Floats, Floats]:
    """Rates (n, n) of the eliminated oscillator with every level there is, and its steady-state populations (n,).

    `ConvergenceError` for levels from which nothing leads down.
    """
    rates = eliminate(device.complete).rates
    return rates, stationary_populations(rates)


def conditions_of(device: Device, requested: Requested | None = None) -> Conditions:
    """Conditions of a device: as requested, else as its file says, else chosen. Pairs are left open.

    `ArgumentError` where the platform does not have the levels requested.
    """
    asked, given = requested or Requested(), device.given
    kept, left_out = _levels(device, first_of(asked.levels, given.levels))
    modes, modes_left_out = None, 0.0
    if asked.complete:
        modes, modes_left_out = _bath_levels(device, first_of(asked.bath_levels, given.bath_levels))
    time = first_of(asked.experiment_time, given.experiment_time) or Chosen(device.usual_time, Origin.ASSUMED)
    return Conditions(
        levels=kept,
        bath_levels=modes,
        experiment_time=time,
        level_error=left_out,
        bath_error=modes_left_out,
        rwa=asked.rwa,
        target=device.target,
    )


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
        rates, populations = chain_of(device)
        kept = populations if levels >= len(rates) else stationary_populations(rates[:levels, :levels])
        change = population_change(kept, populations)
    except QsbError:
        return math.nan
    above = 0.0 if device.ends_at_barrier else device.complete.levels * float(populations[-1])
    return min(change + above, 1.0)


def first_of(asked: float | None, in_file: float | None) -> Chosen | None:
    """What the caller asks for, else what the device file says; None where neither says anything."""
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
def steady_state_with(device: Device, levels: int, bath_levels: int) -> SteadyState:
    """Steady state of a device with so many levels and Fock states, without counter-rotating terms."""
    return steady_state(full_model(device.oscillator(levels).with_bath_levels(bath_levels)))


def _populations_with(device: Device, bath_levels: int) -> Floats | None:
    found = steady_state_with(device, min(device.target + 3, device.complete.levels), bath_levels)
    return found.populations(0) if found.ok else None


def bath_error(device: Device, levels: int) -> float:
    """Share of the population that one more Fock state in every mode would move; NaN where it was not solved."""
    fewer, more = _populations_with(device, levels), _populations_with(device, levels + 1)
    return math.nan if fewer is None or more is None else population_change(fewer, more)
