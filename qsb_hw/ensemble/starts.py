"""What a run of N oscillators starts from: every one of them in the same state."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes
from qsb_hw.arguments import whole
from qsb_hw.ensemble.dynamics import checked_states, paper_states
from qsb_hw.ensemble.groups import Groups
from qsb_hw.ensemble.limit_cycle import LimitCycle, limit_cycle
from qsb_hw.ensemble.stability import growth
from qsb_hw.errors import require

BATCH = 4096
"""Times at which an uncoupled coherence is looked at in one go."""


def one_group(groups: Groups, count: int) -> None:
    """Refuse several groups, or fewer than two oscillators."""
    require(
        groups.count == 1, "Methods at finite size take one group", f"{groups.count} groups", "Leave `intergroup` out."
    )
    whole("`n`", count, "Give at least 2 oscillators: a single one has nothing to be coupled to.", least=2)


def starting_state(groups: Groups, initial: str | ArrayLike) -> tuple[Complexes, float]:
    """Density matrix (d, d) every oscillator starts in, and the frequency of a frame in which it changes slowly."""
    cycle = limit_cycle(groups)
    frequency = float(cycle.frequency[0]) if cycle.synchronized else growth(groups).imag
    if not isinstance(initial, str):
        given = np.asarray(initial, dtype=complex)
        return checked_states(groups, given if given.ndim == 3 else given[None])[0], frequency
    wanted = '`initial` must be "limit-cycle", "paper" or a density matrix'
    require(initial in {"limit-cycle", "paper"}, wanted, repr(initial), "Choose one of them.")
    if initial == "limit-cycle":
        _require_synchronized(cycle)
        return cycle.states[0], frequency
    levels = groups.ladders.levels
    require(levels == 3, 'The state "paper" is one of three levels', f"{levels} levels", "Give a density matrix.")
    return paper_states(1)[0], frequency


def synchronized_cycle(groups: Groups) -> LimitCycle:
    """The limit cycle; an error where there is none."""
    cycle = limit_cycle(groups)
    _require_synchronized(cycle)
    return cycle


def _require_synchronized(cycle: LimitCycle) -> None:
    hint = "Raise the coupling beyond the critical one, or start from another state."
    require(cycle.synchronized, "There must be a mean-field limit cycle", "only the unsynchronized state", hint)


def uncoupled_lifetime(groups: Groups, state: Complexes) -> float:
    """When |⟨A†⟩| of one uncoupled oscillator that starts in `state` has fallen to 1/e; ∞ where it never does.

    The coherences ρ_{n,n+1} decay and turn on their own, ⟨A†⟩(t) = Σ_k w_k e^{λ_k t}.
    """
    from scipy.optimize import brentq

    own, _ = groups.ladders.disturbances()
    size = groups.ladders.levels
    values, vectors = np.linalg.eig(own[: size - 1, : size - 1])
    elements = np.diag(groups.ladders.lowering[0], 1).conj()
    weights = (elements @ vectors) * np.linalg.solve(vectors, np.diag(state, 1))
    target = abs(weights.sum()) / math.e

    def excess(time: float) -> float:
        return float(abs(weights @ np.exp(values * time)) - target)

    # between two samples the fastest beat turns by less than a tenth of a radian; after the last one all has decayed
    beat = float(np.abs(values[:, None] - values[None, :]).max(initial=0.0)) + float(np.abs(values.real).max())
    slowest = float(-values.real.max())
    if slowest <= 0 or target == 0:
        return math.inf
    start, step = 0.0, 0.1 / beat
    while start < 50 / slowest:
        times = start + step * np.arange(BATCH + 1)
        below = np.flatnonzero(np.abs(np.exp(times[:, None] * values) @ weights) < target)
        if below.size:
            return float(brentq(excess, times[below[0] - 1], times[below[0]], xtol=1e-9 * step))
        start = float(times[-1])
    return math.inf
