"""Estimate of the time a sweep still takes, with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

PRIOR = 5
"""Batches before an estimate is given."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Points that have a result, of all; those computed in this run (`fresh`), and the seconds and batches that took.

    `spread` is the sum over the batches of (time per point)² times points, in s².
    """

    done: int
    total: int
    fresh: int = 0
    elapsed: float = 0.0
    batches: int = 0
    spread: float = 0.0

    def after(self, points: int, elapsed: float) -> Pace:
        """One batch later, at `elapsed` seconds."""
        step = max(elapsed - self.elapsed, 0.0)
        spread = self.spread + step**2 / max(points, 1)
        return Pace(self.done + points, self.total, self.fresh + points, elapsed, self.batches + 1, spread)

    @property
    def left(self) -> float:
        """Seconds still to come, at the mean pace so far; NaN before there are enough batches."""
        rest = self.total - self.done
        if rest <= 0:
            return 0.0
        return self.elapsed / self.fresh * rest if self.batches >= PRIOR else math.nan

    @property
    def uncertainty(self) -> float:
        """Standard error of `left` in seconds, from the scatter of the batches.

        With times t_b of batches of n_b points, mean pace p = Σt/Σn and variance per point
        s² = (Σ t²/n − p² Σn)/(B − 1), the rest of m points takes m p ± s √(m + m²/Σn).
        """
        if self.batches < PRIOR or self.done >= self.total:
            return 0.0 if self.done >= self.total else math.nan
        pace, rest = self.elapsed / self.fresh, self.total - self.done
        variance = max(self.spread - pace**2 * self.fresh, 0.0) / (self.batches - 1)
        return math.sqrt(variance * (rest + rest**2 / self.fresh))

    @property
    def text(self) -> str:
        """In words: "3.1 min left (± 20 s)"."""
        if math.isnan(self.left):
            return "no estimate yet"
        error = f" (± {_span(self.uncertainty)})" if self.uncertainty > 0.05 * self.left else ""
        return f"{_span(self.left)} left{error}"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
