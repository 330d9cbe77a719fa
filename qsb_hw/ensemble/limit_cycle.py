"""Synchronized states found directly: rotating waves of the mean-field equations, and whether they are stable.

In a frame that rotates with Ω a rotating wave is a fixed point. Each group is the stationary state of one oscillator
driven by its mean field, so the unknowns are Ω and the amplitudes, one of them real by choice of phase.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.ensemble.dynamics import fastest, in_slowest_frame, mean_field
from qsb_hw.ensemble.equations import Equations
from qsb_hw.ensemble.groups import Groups

STARTS = (0.6, 0.3, 0.9, 0.12, 0.03, 1.1)
"""Amplitudes Newton's method is started from, one after the other."""
PATIENCE = 100.0
"""Lifetimes of the uncoupled oscillators that an integration is given to end on a wave."""
MOST_RADIANS = 5e4
"""Turns of the fastest term beyond which that integration is not worth its while."""
MOST_STEPS = 60
SMALLEST = 1e-7
"""Amplitude below which a solution is the unsynchronized state."""


@dataclass(frozen=True, slots=True, eq=False)
class LimitCycle:
    """A rotating wave, or the unsynchronized state where there is none.

    Attributes
    ----------
    groups : SpinGroups or LadderGroups
        What was solved.
    amplitude : (G,) float
        |⟨S⁺⟩| (|⟨a†⟩| of a ladder) of every group; zero where nothing synchronizes.
    phase : (G,) float
        arg⟨S⁺⟩ relative to the first group.
    frequency : (G,) float
        Of ⟨S⁺⟩ ∝ e^{iΩt}, the same for all groups; NaN without a wave.
    states : (G, d, d) complex
        Density matrices in the rotating frame.
    growth : float
        Largest real part of the linearised dynamics about the state, the free phase left out; negative: stable.
    residual : float
        Largest mismatch of the self-consistency.
    """

    groups: Groups
    amplitude: Floats
    phase: Floats
    frequency: Floats
    states: Complexes
    growth: float
    residual: float

    def __repr__(self) -> str:
        amplitude = np.array2string(self.amplitude, precision=4, threshold=9)
        return f"LimitCycle(amplitude {amplitude}, frequency {self.frequency[0]:.6g}, growth {self.growth:.3g})"

    @property
    def synchronized(self) -> bool:
        """Whether there is a wave."""
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
    """Rotating wave of all groups at one frequency, by Newton's method; the unsynchronized state if there is none.

    The wave is followed from where the couplings, scaled up together, first make the unsynchronized state unstable.
    Where that leads nowhere, or to an unstable wave, others are looked for from different starts, in the end from where
    the equations have gone after some time; a stable one is preferred, then the largest.
    """
    search = _Search.of(groups)
    followed = search.follow()
    found = [] if followed is None else [search.cycle(followed)]
    if not any(cycle.stable for cycle in found):
        others = (search.newton(search.guess(start)) for start in STARTS)
        found += [search.cycle(unknowns) for unknowns in others if unknowns is not None]
    if search.growth > 0 and not any(cycle.stable for cycle in found):
        start = search.after_a_while()
        ended = None if start is None else search.newton(start)
        found += [] if ended is None else [search.cycle(ended)]
    stable = [cycle for cycle in found if cycle.stable]
    if found:
        return max(stable or found, key=lambda cycle: float(cycle.amplitude.sum()))
    return search.unsynchronized()


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Unknowns are (Re A_0, Ω/rate, Re A_1 …, Im A_1 …), A_0 real; couplings are multiplied by `scale`."""

    groups: Groups
    equations: Equations
    own: Complexes
    feedback: Complexes
    rate: float
    scale: float = 1.0

    @classmethod
    def of(cls, groups: Groups) -> _Search:
        equations = Equations.of(groups.ladders)
        return cls(groups, equations, *groups.ladders.disturbances(), equations.rate)

    @property
    def links(self) -> Floats:
        return self.scale * self.equations.ladders.links

    def follow(self) -> Floats | None:
        """The wave that branches off where couplings, scaled together, first turn growing, followed to scale 1."""
        if self.growth <= 0:
            return None
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if replace(self, scale=middle).growth > 0 else (middle, high)
        here = replace(self, scale=min(1.0, 1.02 * high))
        starts = (here.newton(here.guess(start)) for start in reversed(STARTS))
        unknowns = next((found for found in starts if found is not None), None)
        scale, before, step = here.scale, None, 0.05
        while unknowns is not None and scale < 1 and step > 1e-4:
            further = min(1.0, scale * (1 + step))
            guess = unknowns
            if before is not None:
                guess = unknowns + (unknowns - before[1]) * (further - scale) / (scale - before[0])
            found = replace(self, scale=further).newton(guess)
            if found is None or np.abs(found - unknowns).max() > 0.5:
                step /= 2
            else:
                before, unknowns, scale, step = (scale, unknowns), found, further, 1.5 * step
        return unknowns if scale == 1 else None

    @property
    def growth(self) -> float:
        """Of the unsynchronized state."""
        return float(np.linalg.eigvals(self.own + self.scale * self.feedback).real.max())

    def newton(self, unknowns: Floats) -> Floats | None:
        """Solution next to a guess, or None."""
        for _ in range(MOST_STEPS):
            miss, slope = self.mismatch(unknowns)
            if np.abs(miss).max() < 1e-13:
                break
            move = np.linalg.lstsq(slope, -miss, rcond=None)[0]
            unknowns = unknowns + move * min(1.0, 0.2 / max(float(np.abs(move).max()), 1e-300))
        reached = np.abs(self.mismatch(unknowns)[0]).max() < 1e-9
        return unknowns if reached and np.abs(_amplitudes(unknowns)).max() > SMALLEST else None

    def mismatch(self, unknowns: Floats) -> tuple[Floats, Floats]:
        """Amplitudes the fields lead to less those they are made of, as real and imaginary parts, and its slope."""
        trial = _amplitudes(unknowns)
        states, slopes = self.equations.response(self.links @ trial, self.rate * unknowns[1])
        left = self.equations.ladders.amplitudes(states) - trial
        by_real = (slopes[:, 0] + slopes[:, 1])[:, None] * self.links - np.eye(trial.size)
        by_imaginary = 1j * (slopes[:, 0] - slopes[:, 1])[:, None] * self.links - 1j * np.eye(trial.size)
        columns = [by_real[:, :1], self.rate * slopes[:, 2:], by_real[:, 1:], by_imaginary[:, 1:]]
        slope = np.concatenate(columns, axis=1)
        return np.concatenate([left.real, left.imag]), np.concatenate([slope.real, slope.imag])

    def guess(self, start: float) -> Floats:
        """Along the fastest growing disturbance: its frequency, and the relative amplitudes of its groups."""
        ladders = self.equations.ladders
        values, vectors = np.linalg.eig(self.own + self.scale * self.feedback)
        fastest = int(np.argmax(values.real))
        elements = np.diagonal(ladders.lowering, 1, 1, 2).conj()
        pattern = np.sum(elements * vectors[:, fastest].reshape(ladders.count, -1), axis=1)
        size = np.abs(pattern).max()
        pattern = pattern / size if size > 0 else np.ones(ladders.count, dtype=complex)
        first = pattern[0] if abs(pattern[0]) > 1e-6 else 1.0
        amplitudes = start * pattern * np.conj(first) / abs(first)
        amplitudes[0] = max(amplitudes[0].real, 0.1 * start)
        head = [amplitudes[0].real, values[fastest].imag / self.rate]
        return np.concatenate([head, amplitudes[1:].real, amplitudes[1:].imag])

    def after_a_while(self) -> Floats | None:
        """Amplitudes and frequency that an integration has come to; None where that would take too long."""
        duration = PATIENCE / float(np.abs(np.linalg.eigvals(self.own).real).min())
        if duration * fastest(in_slowest_frame(self.equations.ladders)[0]) > MOST_RADIANS:
            return None
        states = mean_field(self.groups, duration, samples=8).final
        amplitudes = self.equations.ladders.amplitudes(states)
        turned = amplitudes * np.exp(-1j * np.angle(amplitudes[0]))
        head = [turned[0].real, float(self.equations.turning_of(states)[0]) / self.rate]
        return np.concatenate([head, turned[1:].real, turned[1:].imag])

    def cycle(self, unknowns: Floats) -> LimitCycle:
        amplitudes, frequency = _amplitudes(unknowns), self.rate * float(unknowns[1])
        states = self.equations.stationary(self.links @ amplitudes, frequency)
        values = np.linalg.eigvals(self.equations.linearised(states, frequency))
        free = int(np.argmin(np.abs(values)))  # turning all phases together costs nothing
        return LimitCycle(
            self.groups,
            np.abs(amplitudes),
            np.angle(amplitudes * np.conj(amplitudes[0])),
            np.full(amplitudes.size, frequency),
            states,
            float(np.delete(values, free).real.max()),
            float(np.abs(self.mismatch(unknowns)[0]).max()),
        )

    def unsynchronized(self) -> LimitCycle:
        ladders = self.equations.ladders
        nothing = np.zeros(ladders.count)
        return LimitCycle(
            self.groups, nothing, nothing, np.full(ladders.count, math.nan), ladders.resting_states, self.growth, 0.0
        )


def _amplitudes(unknowns: Floats) -> Complexes:
    others = (unknowns.size - 2) // 2
    rest = unknowns[2 : 2 + others] + 1j * unknowns[2 + others :]
    return np.concatenate([[unknowns[0] + 0j], rest])
