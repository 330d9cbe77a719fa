"""Phase-locked states of the mean-field equations, found directly, and whether they are stable.

In a frame that rotates with Ω a phase-locked state is a fixed point. Each group is in the stationary state of an
oscillator driven by its mean field, so the unknowns are Ω and the amplitudes, one of them real by choice of phase.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.ensemble.dynamics import fastest, in_slowest_frame, mean_field
from qsb_hw.ensemble.equations import Equations
from qsb_hw.ensemble.groups import Groups, SpinGroups
from qsb_hw.ensemble.stability import growth
from qsb_hw.result import Certificate, Result, Status

PATIENCE = 100.0
"""Lifetimes of the uncoupled oscillators that an integration is given to end on a phase-locked state."""
MOST_RADIANS = 5e4
"""Turns of the fastest term beyond which that integration takes too long."""
SMALLEST = 1e-7
"""Amplitude below which a solution is the unsynchronized state."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LimitCycle(Result):
    """A phase-locked state, or the unsynchronized state where there is none.

    Attributes
    ----------
    groups : SpinGroups or LadderGroups
        What was solved.
    amplitude : (G,) float
        |⟨S⁺⟩| (|⟨a†⟩| of a ladder) of every group; zero where nothing synchronizes.
    phase : (G,) float
        arg⟨S⁺⟩ relative to the first group.
    frequency : (G,) float
        Of ⟨S⁺⟩ ∝ e^{iΩt}, the same for all groups; NaN without a phase-locked state.
    states : (G, d, d) complex
        Density matrices in the rotating frame.
    growth : float
        Largest real part of the linearised dynamics about the state, the free phase left out; negative: stable.
    status : Status
        Converged; not converged where the unsynchronized state is unstable but no phase-locked state was found.
    certificate : Certificate
        Its residual is the largest mismatch of the self-consistency.
    """

    groups: Groups
    amplitude: Floats
    phase: Floats
    frequency: Floats
    states: Complexes
    growth: float
    status: Status
    message: str
    certificate: Certificate

    def __repr__(self) -> str:
        amplitude = np.array2string(self.amplitude, precision=4, threshold=9)
        return f"LimitCycle(amplitude {amplitude}, frequency {self.frequency[0]:.6g}, growth {self.growth:.3g})"

    @property
    def synchronized(self) -> bool:
        """Whether there is a phase-locked state."""
        return bool(self.amplitude.max() > SMALLEST)

    @property
    def stable(self) -> bool:
        """Whether small disturbances die out."""
        return self.growth < 0

    @property
    def relative_phase(self) -> float:
        """arg⟨S⁺⟩ of the first group less that of the second, in (−π, π]; NaN for a single group."""
        return float(np.angle(np.exp(-1j * self.phase[1]))) if self.groups.count > 1 else math.nan


def limit_cycle(groups: Groups) -> LimitCycle:
    """Phase-locked state of all groups at one frequency, by Newton's method; the unsynchronized state if there is none.

    It is followed from where the couplings, scaled up together, first make the unsynchronized state unstable. Where
    that leads nowhere, or to an unstable state, others are looked for from different starts, in the end from where the
    equations have gone after some time; a stable one is preferred, then the largest.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        One group or several.

    Returns
    -------
    LimitCycle
        Amplitudes, phases, frequency and growth rate of disturbances.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> cycle = qh.limit_cycle(qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.5))
    >>> print(f"{cycle.amplitude[0]:.3f}", cycle.stable)
    0.117 True
    """
    return searched(groups, integrate=True)


def searched(groups: Groups, *, integrate: bool) -> LimitCycle:
    """As `limit_cycle`; the equations are integrated only if asked for: most of the work where nothing is stable."""
    from qsb_hw.ensemble import _search

    equations = Equations.of(groups.ladders)
    model, links, unit = _model(groups, equations), groups.links, equations.rate
    rate = growth(groups).real
    found: list[LimitCycle] = []

    def stable(*ways: int) -> list[LimitCycle]:
        """Stable ones among all found so far and in these ways."""
        reached = (which for which in ways if _search.attempt(model, links, unit, which, trial))
        found.extend(_cycle(groups, equations, trial) for _ in reached)
        return [cycle for cycle in found if cycle.stable]

    trial = np.zeros(2 * groups.count)
    kept = stable(_search.FOLLOWED) if rate > 0 else []
    kept = kept or stable(*range(len(_search.STARTS)))
    ended = _after_a_while(groups, equations, model[0]) if integrate and rate > 0 and not kept else None
    if ended is not None:
        trial = ended
        kept = stable(_search.GIVEN)
    if found:
        return max(kept or found, key=lambda cycle: float(cycle.amplitude.sum()))
    return _unsynchronized(groups, rate)


def _model(groups: Groups, equations: Equations) -> tuple[Any, ...]:
    """The groups as the search takes them."""
    coherences = groups.ladders.first_coherences()
    if isinstance(groups, SpinGroups):
        return *coherences, groups.rates
    return *coherences, equations.local, equations.lower, equations.raised


def _after_a_while(groups: Groups, equations: Equations, parts: Complexes) -> Floats | None:
    """Unknowns that an integration has come to; None where that would take too long."""
    duration = PATIENCE / float(np.abs(np.linalg.eigvals(parts).real).min())
    if duration * fastest(in_slowest_frame(equations.ladders)[0]) > MOST_RADIANS:
        return None
    states = mean_field(groups, duration, samples=8).final
    amplitudes = equations.ladders.amplitudes(states)
    turned = amplitudes * np.exp(-1j * np.angle(amplitudes[0]))
    unknowns: Floats = turned.view(float)
    unknowns[1] = equations.turning_of(states)[0] / equations.rate
    return unknowns


def _cycle(groups: Groups, equations: Equations, unknowns: Floats) -> LimitCycle:
    amplitudes = unknowns.copy().view(complex)
    amplitudes[0], frequency = unknowns[0], equations.rate * float(unknowns[1])
    states = equations.stationary(groups.links @ amplitudes, frequency)
    values = np.linalg.eigvals(equations.linearised(states, frequency))
    free = int(np.argmin(np.abs(values)))  # turning all phases together costs nothing
    rate = float(np.delete(values, free).real.max())
    left = np.abs((equations.ladders.amplitudes(states) - amplitudes).view(float))
    state = "stable" if rate < 0 else "unstable: the groups may breathe or drift, which `mean_field` shows"
    return LimitCycle(
        groups=groups,
        amplitude=np.abs(amplitudes),
        phase=np.angle(amplitudes * np.conj(amplitudes[0])),
        frequency=np.full(amplitudes.size, frequency),
        states=states,
        growth=rate,
        status=Status.CONVERGED,
        message=f"The phase-locked state is {state}.",
        certificate=Certificate(residual=float(left.max())),
    )


def _unsynchronized(groups: Groups, rate: float) -> LimitCycle:
    nothing = np.zeros(groups.count)
    stable = rate < 0
    return LimitCycle(
        groups=groups,
        amplitude=nothing,
        phase=nothing,
        frequency=np.full(groups.count, math.nan),
        states=groups.ladders.resting_states,
        growth=rate,
        status=Status.CONVERGED if stable else Status.NOT_CONVERGED,
        message="The unsynchronized state is stable, and no phase-locked state was found."
        if stable
        else "The unsynchronized state is unstable, but no phase-locked state was found. Integrate with `mean_field`.",
        certificate=Certificate(residual=0.0),
    )
