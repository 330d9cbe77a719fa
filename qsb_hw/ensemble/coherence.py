"""How a coherence that starts at some amplitude decays: one integration for all methods at finite size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real, whole
from qsb_hw.ensemble.groups import Groups
from qsb_hw.errors import require
from qsb_hw.result import Certificate, Result, Status

POINTS_PER_STEP = 4
"""Points in every step at which the crossing of 1/e is looked for, and samples where no times are asked for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how accurately to integrate."""

    t_final: float | None = None  # end of the samples; when the coherence has fallen to 1/e unless given
    samples: int = 200  # up to `t_final`, besides the start
    longest: float = math.inf  # time after which a coherence that has not fallen to 1/e is no longer followed
    max_steps: int = 50_000  # steps after which it is no longer followed
    tolerance: float = 1e-9  # relative error per step

    def __post_init__(self) -> None:
        t_final = self.t_final
        if t_final is not None:
            hint = "Leave it out to stop where the amplitude has fallen to 1/e."
            real("`t_final`", t_final, hint, above=0.0)
        whole("`samples`", self.samples, "There must be at least 2 samples.", least=2)
        real("`longest`", self.longest, "Give a time.", above=0.0, infinite=True)
        whole("`max_steps`", self.max_steps, "Give a number of steps.", least=1)
        require(
            1e-13 <= real("`tolerance`", self.tolerance, "Leave it out for 1e-9.") <= 1e-2,
            "`tolerance` must lie between 1e-13 and 1e-2",
            self.tolerance,
            "Leave it out for 1e-9.",
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class CoherenceDecay(Result):
    """Amplitude of N oscillators against time.

    Attributes
    ----------
    groups : SpinGroups or LadderGroups
        What was integrated.
    n : int
        Number of oscillators.
    times : (T,) float
        In the inverse unit of the rates.
    amplitude : (T,) complex
        ⟨S⁺⟩ (⟨A†⟩ of a ladder).
    lifetime : float
        When |⟨S⁺⟩| first falls to 1/e of its start, between the times too; ∞ where it has not.
    evaluations : int
        How often the equations were evaluated.
    status : Status
        Converged, still coherent, failed, or unphysical where an approximation gave negative probabilities.
    """

    groups: Groups
    n: int
    times: Floats
    amplitude: Complexes
    lifetime: float
    evaluations: int
    status: Status
    message: str
    certificate: Certificate = field(default_factory=Certificate)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n}, lifetime {self.lifetime:.6g}, {self.status.value})"


class Decay(NamedTuple):
    """A coherence against time."""

    measured: Floats  # (T, W) what was sampled beside it
    final: Complexes  # state at the last step, in the frame it was integrated in
    result: dict[str, Any]  # times, amplitude, lifetime, evaluations, status and message, as of `CoherenceDecay`


def decay(
    slope: Callable[[float, Complexes], Complexes],
    start: Complexes,
    amplitude: Callable[[Complexes], Complexes],
    limits: Limits,
    frequency: float,
    *,
    measure: Callable[[Complexes], Floats] = lambda states: np.zeros((states.shape[1], 0)),
    largest: float = math.inf,
) -> Decay:
    """Integrate ẏ = slope(t, y) until |amplitude(y)| has fallen to 1/e and `t_final` is reached.

    Explicit Runge–Kutta method of order 8 with error control; the crossing is found on its interpolant of order 7.
    """
    from scipy.integrate import DOP853

    first = abs(amplitude(start[:, None])[0])
    require(
        first > 1e-12, "The initial state must carry a coherence", f"|⟨A†⟩| = {first:.1e}", "Add one, or give another."
    )
    smallest = 1e-3 * limits.tolerance * float(np.linalg.norm(start)) / math.sqrt(start.size)
    end = limits.longest if limits.t_final is None else max(limits.longest, limits.t_final)
    solver = DOP853(slope, 0.0, start, end, rtol=limits.tolerance, atol=smallest)
    asked = None if limits.t_final is None else np.linspace(0, limits.t_final, limits.samples + 1)
    sampled = [np.zeros(1)]
    kept = [(amplitude(start[:, None]), measure(start[:, None]))]
    lifetime, steps, reason = math.inf, 0, ""
    while not reason and not (math.isfinite(lifetime) and (asked is None or solver.t >= asked[-1])):
        with np.errstate(over="ignore", invalid="ignore"):  # a trial step may be far too long; it is rejected
            solver.step()
        steps += 1
        reason = _ending(solver, steps, largest, limits)
        if reason == "failed":
            break
        between = solver.dense_output()
        times = np.linspace(solver.t_old, solver.t, POINTS_PER_STEP + 1)
        if math.isinf(lifetime):
            lifetime = _crossing(between, amplitude, first / math.e, times)
        if asked is None:  # at points within the step up to the lifetime
            wanted = np.append(times[1:][times[1:] < lifetime], [lifetime] if lifetime <= times[-1] else [])
        else:
            wanted = asked[(asked > times[0]) & (asked <= times[-1])]
        if wanted.size:
            states = between(wanted)
            sampled.append(wanted)
            kept.append((amplitude(states), measure(states)))
    status, message = _verdict(lifetime, reason, solver.t)
    amplitudes, measured = (np.concatenate(part) for part in zip(*kept, strict=True))
    times = np.concatenate(sampled)
    result = {
        "times": times,
        "amplitude": amplitudes * np.exp(1j * frequency * times),
        "lifetime": lifetime,
        "evaluations": solver.nfev,
        "status": status,
        "message": message,
    }
    return Decay(measured, solver.y.copy(), result)


def _crossing(
    between: Callable[[Any], Complexes], amplitude: Callable[[Complexes], Complexes], level: float, times: Floats
) -> float:
    """First time within a step at which |amplitude| has fallen to `level`; ∞ where it stays above at all `times`."""
    from scipy.optimize import brentq

    below = np.flatnonzero(np.abs(amplitude(between(times[1:]))) <= level)
    if not below.size:
        return math.inf
    before, after = times[below[0]], times[below[0] + 1]

    def excess(time: float) -> float:
        return float(abs(amplitude(between(np.array([time])))[0]) - level)

    return float(brentq(excess, before, after, xtol=1e-13 * after, rtol=1e-12))


def _ending(solver: Any, steps: int, largest: float, limits: Limits) -> str:
    """Why a run must end here; empty if it need not."""
    if solver.status == "failed":
        return "failed"
    if not float(np.linalg.norm(solver.y)) < largest:
        return "diverged"
    if solver.status == "finished":
        return "time"
    return "steps" if steps >= limits.max_steps else ""


def _verdict(lifetime: float, reason: str, time: float) -> tuple[Status, str]:
    if reason == "failed":
        return Status.FAILED, f"The integration needed a vanishing step at t = {time:.6g}."
    if reason == "diverged":
        return Status.FAILED, f"The state grew without bound at t = {time:.6g}: the equations left what is physical."
    if math.isinf(lifetime):
        more = "`longest`" if reason == "time" else "`max_steps`"
        return (
            Status.STILL_COHERENT,
            f"The amplitude had not fallen to 1/e at t = {time:.6g}. Raise {more} to follow it further.",
        )
    if reason == "steps":
        return Status.CONVERGED, f"The amplitude fell to 1/e. Samples end at t = {time:.6g}: raise `max_steps`."
    return Status.CONVERGED, "The amplitude fell to 1/e."
