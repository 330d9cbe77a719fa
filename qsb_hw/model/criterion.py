"""One check of a device: a number, its bound, and what to do about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class CriterionKind(Enum):
    """What a failed criterion means."""

    NEED = "need"
    """The effect itself needs it: a failure makes the device infeasible."""
    APPROXIMATION = "approximation"
    """A description needs it: a failure only says which model to trust."""


class Sense(Enum):
    """Which side of the bound is good."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Criterion:
    """A value held against a bound.

    Attributes
    ----------
    name : str
        Short, in the field's symbols ("K/κ").
    kind : CriterionKind
        Whether the physics or an approximation needs it.
    value : float or None
        In `unit`; None where the check means nothing (`why` says so).
    bound : float
        In `unit`.
    sense : Sense
        Which side of the bound is good.
    why : str
        What the criterion is for, or why it was skipped.
    remedy : str
        What to change if it fails.
    unit : str
        SI unit for display ("Hz", "W", "" for a pure number).
    comfort : float
        The margin from which it counts as met comfortably.
    """

    name: str
    kind: CriterionKind
    value: float | None
    bound: float
    sense: Sense
    why: str
    remedy: str
    unit: str = ""
    comfort: float = 2.0

    @property
    def margin(self) -> float | None:
        """How many times better than the bound: ≥ 1 passes; None where skipped."""
        if self.value is None:
            return None
        good, bad = (self.value, self.bound) if self.sense is Sense.AT_LEAST else (self.bound, self.value)
        if bad == 0:
            return math.inf
        return max(good / bad, 0.0)

    @property
    def passed(self) -> bool | None:
        """Whether the bound is kept; None where skipped."""
        return None if self.margin is None else self.margin >= 1

    @property
    def comfortable(self) -> bool | None:
        """Whether the bound is kept with the margin asked for; None where skipped."""
        return None if self.margin is None else self.margin >= self.comfort
