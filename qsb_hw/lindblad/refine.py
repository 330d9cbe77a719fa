"""Iterative refinement of steady states with residuals in twice the working precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.lindblad.certificate import EPSILON, SAFETY, traceless
from qsb_hw.lindblad.extended import ExactGenerator, exact_sum
from qsb_hw.lindblad.task import Outcome, Task

GAIN = 1e-3
"""Error bound to stop at, in units of the accuracy asked for: what a few corrections bring, once they are made."""
ROUNDS = 8
"""Corrections at most; each gains a digit or more, or is the last."""


def refined(task: Task, outcome: Outcome, solve: Callable[[Floats], Floats], accuracy: float) -> Outcome:
    """An outcome refined with residuals in twice the working precision; as it was where that brings nothing.

    `solve` is L⁺ on traceless packed vectors, to a digit or better; `accuracy` the error bound to reach.
    """
    space, norm, found = task.generator.space, np.linalg.norm, outcome.sensitivity
    exact = ExactGenerator.of(task.elements, space)
    seen = float(norm(exact.apply(found.direction, np.zeros(space.size))))
    amplification = max(found.amplification, float(norm(found.direction)) / max(seen, 1e-300))
    high, low = outcome.flat / space.trace(outcome.flat), np.zeros(space.size)
    best, bound = high, np.inf
    for _ in range(ROUNDS):
        defect = exact.apply(high, low)
        reached = SAFETY * amplification * float(norm(defect)) + EPSILON * float(norm(high))
        if not reached < 0.5 * bound:
            break
        best, bound = high, reached
        if bound <= GAIN * accuracy:
            break
        high, rest = exact_sum(high, -traceless(space, solve(traceless(space, defect))))
        low = low + rest
    if not bound < outcome.error_bound:
        return outcome
    return replace(outcome, flat=best, error_bound=bound, lowest=np.nan, residual=np.nan)
