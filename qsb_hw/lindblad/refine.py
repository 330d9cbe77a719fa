"""Iterative refinement of steady states with residuals in twice the working precision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.lindblad.certificate import EPSILON, SAFETY, Sensitivity, traceless
from qsb_hw.lindblad.extended import ExactGenerator, exact_sum
from qsb_hw.lindblad.task import Task

GAIN = 1e-3
"""Error bound to stop at, in units of the accuracy asked for: what a few corrections bring, once they are made."""
ROUNDS = 8
"""Corrections at most; each gains a digit or more, or is the last."""


def refined(
    task: Task, flat: Floats, found: Sensitivity, solve: Callable[[Floats], Floats], goal: float
) -> tuple[Floats, float]:
    """A state refined with residuals in twice the working precision, and its error bound.

    Parameters
    ----------
    solve : callable
        L⁺ on traceless packed vectors, to a digit or better.
    goal : float
        Error bound at which to stop.
    """
    space, norm = task.generator.space, np.linalg.norm
    exact = ExactGenerator.of(task.hamiltonian, task.jumps, space)
    seen = float(norm(exact.apply(found.direction, np.zeros(space.size))))
    amplification = max(found.amplification, float(norm(found.direction)) / max(seen, 1e-300))
    high, low = flat / space.trace(flat), np.zeros(space.size)
    best, bound = (high, low), np.inf
    for _ in range(ROUNDS):
        defect = exact.apply(high, low)
        reached = SAFETY * amplification * float(norm(defect)) + EPSILON * float(norm(high))
        if not reached < 0.5 * bound:
            break
        best, bound = (high, low), reached
        if bound <= goal:
            break
        high, rest = exact_sum(high, -traceless(space, solve(traceless(space, defect))))
        low = low + rest
    return best[0], bound
