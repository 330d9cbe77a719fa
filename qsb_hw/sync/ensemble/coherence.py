"""How a coherence that starts at some amplitude fades: one integration for all methods at finite size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw.errors import require

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

SAMPLES_PER_STEP = 4
"""Points in every step at which the crossing of 1/e is looked for, and samples where no times are asked for."""


class RunStatus(StrEnum):
    """How a run ended."""

    CONVERGED = "converged"
    POSITIVITY_LOST = "positivity lost"
    STILL_COHERENT = "still coherent"
    FAILED = "integration failed"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how accurately to integrate.

    Attributes
    ----------
    t_final : float, optional
        Time up to which samples are taken; until the coherence has fallen to 1/e unless given.
    samples : int
        Equally spaced times up to `t_final`, besides the start.
    longest : float
        Time after which a coherence that has not fallen to 1/e is left alone.
    max_steps : int
        Steps after which it is left alone.
    tolerance : float
        Relative error per step.
    """

    t_final: float | None = None
    samples: int = 200
    longest: float = math.inf
    max_steps: int = 50_000
    tolerance: float = 1e-9

    def __post_init__(self) -> None:
        t_final = self.t_final
        require(
            t_final is None or (math.isfinite(t_final) and t_final > 0),
            "`t_final` must be positive",
            t_final,
            "Leave it out to stop where the amplitude has fallen to 1/e.",
        )
        require(self.samples >= 2, "There must be at least 2 samples", self.samples, "Raise `samples`.")
        require(self.longest > 0, "`longest` must be positive", self.longest, "Give a time.")
        require(self.max_steps >= 1, "`max_steps` must be positive", self.max_steps, "Give a number of steps.")
        require(
            1e-13 <= self.tolerance <= 1e-2,
            "`tolerance` must lie between 1e-13 and 1e-2",
            self.tolerance,
            "Leave it out for 1e-9.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Fading:
    """A coherence against time, in the frame it was integrated in.

    Attributes
    ----------
    times : (T,) float
        Where it was sampled.
    amplitudes : (T,) complex
        The coherence.
    watched : (T, W) float
        Whatever else was looked at.
    lifetime : float
        When |amplitude| first falls to 1/e of its start; ∞ where it has not.
    status : RunStatus
        How the run ended.
    message : str
        What happened, and what to do about it.
    final : array of complex
        State at the last step.
    evaluations : int
        How often the equations were evaluated.
    """

    times: Floats
    amplitudes: Complexes
    watched: Floats
    lifetime: float
    status: RunStatus
    message: str
    final: Complexes
    evaluations: int


def fade(
    slope: Callable[[float, Complexes], Complexes],
    start: Complexes,
    amplitude: Callable[[Complexes], complex],
    limits: Limits,
    *,
    watch: Callable[[Complexes], tuple[float, ...]] = lambda _: (),
    largest: float = math.inf,
) -> Fading:
    """Integrate ẏ = slope(t, y) until |amplitude(y)| has fallen to 1/e and `t_final` is reached.

    Explicit Runge–Kutta method of order 8 with error control; the crossing is found on its interpolant of order 7. A
    state whose norm exceeds `largest` ends the run; `watch` is sampled beside the amplitude.

    Raises
    ------
    ArgumentError
        A start without any coherence.
    """
    from scipy.integrate import DOP853

    first = abs(amplitude(start))
    require(
        first > 1e-12, "The initial state must carry a coherence", f"|⟨A†⟩| = {first:.1e}", "Add one, or give another."
    )
    smallest = 1e-3 * limits.tolerance * float(np.linalg.norm(start)) / math.sqrt(start.size)
    end = limits.longest if limits.t_final is None else max(limits.longest, limits.t_final)
    solver = DOP853(slope, 0.0, start, end, rtol=limits.tolerance, atol=smallest)
    samples = _Samples(limits, amplitude, watch, start)
    lifetime, steps, reason = math.inf, 0, ""
    while not reason and not (math.isfinite(lifetime) and samples.complete(solver.t)):
        with np.errstate(over="ignore", invalid="ignore"):  # a trial step that overflows is rejected
            solver.step()
        steps += 1
        between = solver.dense_output()
        if math.isinf(lifetime):
            lifetime = _crossing(between, amplitude, first / math.e, solver.t_old, solver.t)
        samples.take(between, solver.t_old, solver.t if limits.t_final is not None else min(solver.t, lifetime))
        reason = _ending(solver, steps, largest, limits)
    status, message = _verdict(lifetime, reason, solver.t)
    return Fading(*samples.arrays(), lifetime, status, message, solver.y.copy(), solver.nfev)


class _Samples:
    """Samples taken so far."""

    def __init__(
        self,
        limits: Limits,
        amplitude: Callable[[Complexes], complex],
        watch: Callable[[Complexes], tuple[float, ...]],
        start: Complexes,
    ) -> None:
        self.asked = None if limits.t_final is None else np.linspace(0, limits.t_final, limits.samples + 1)
        self.amplitude, self.watch = amplitude, watch
        self.rows: list[tuple[float, complex, tuple[float, ...]]] = []
        self._keep(0.0, start)

    def _keep(self, time: float, state: Complexes) -> None:
        self.rows.append((time, self.amplitude(state), self.watch(state)))

    def complete(self, time: float) -> bool:
        return self.asked is None or time >= self.asked[-1]

    def take(self, between: Callable[[float], Complexes], old: float, new: float) -> None:
        if self.asked is None:
            times = np.linspace(old, new, SAMPLES_PER_STEP + 1)[1:]
        else:
            times = self.asked[(self.asked > old) & (self.asked <= new)]
        for time in times:
            self._keep(float(time), between(time))

    def arrays(self) -> tuple[Floats, Complexes, Floats]:
        times, amplitudes, watched = zip(*self.rows, strict=True)
        return np.array(times), np.array(amplitudes, dtype=complex), np.array(watched, dtype=float)


def _crossing(
    between: Callable[[float], Complexes],
    amplitude: Callable[[Complexes], complex],
    level: float,
    old: float,
    new: float,
) -> float:
    """First time within a step at which |amplitude| has fallen to `level`; ∞ where it stays above."""
    from scipy.optimize import brentq

    def excess(time: float) -> float:
        return abs(amplitude(between(time))) - level

    for before, after in pairwise(np.linspace(old, new, SAMPLES_PER_STEP + 1).tolist()):
        if excess(after) <= 0:
            return float(brentq(excess, before, after, xtol=1e-13 * new, rtol=1e-12))
    return math.inf


def _ending(solver: Any, steps: int, largest: float, limits: Limits) -> str:
    """Why a run must end here; empty if it need not."""
    if solver.status == "failed":
        return "failed"
    if not float(np.linalg.norm(solver.y)) < largest:
        return "diverged"
    if solver.status == "finished":
        return "time"
    return "steps" if steps >= limits.max_steps else ""


def _verdict(lifetime: float, reason: str, time: float) -> tuple[RunStatus, str]:
    if reason == "failed":
        return RunStatus.FAILED, f"The integration needed a vanishing step at t = {time:.6g}."
    if reason == "diverged":
        return RunStatus.FAILED, f"The state grew without bound at t = {time:.6g}: the equations left what is physical."
    if math.isinf(lifetime):
        more = "`longest`" if reason == "time" else "`max_steps`"
        return (
            RunStatus.STILL_COHERENT,
            f"The amplitude had not fallen to 1/e at t = {time:.6g}. Raise {more} to follow it further.",
        )
    return RunStatus.CONVERGED, "The amplitude fell to 1/e."
