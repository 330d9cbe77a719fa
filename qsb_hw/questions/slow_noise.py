"""Averages over what stands still during one run and differs between runs: no Lindblad rate, a quadrature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.errors import require
from qsb_hw.model.bath import Bath, Role
from qsb_hw.model.noise import SlowLaw, SlowNoise
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.observe import (
    Observed,
    averaged,
    certified_alone,
    certified_pair,
    pair_detunings,
    populated,
)
from qsb_hw.result import Certificate, Status
from qsb_hw.units import to_hertz

DURATION = 3600.0
"""Seconds a measurement lasts unless given: 1/f noise slower than its inverse is calibrated away."""
NODES = (2, 3, 5, 9)
"""Nodes a variable, tried in turn until nothing changes."""
STEADY = 1e-4
"""Relative change of P(n0) and of the contrast from one rule to the next below which the average stands."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SlowAverage:
    """What is seen on average over many runs.

    Attributes
    ----------
    seen : Observed
        Averaged.
    fidelity_error, contrast_error : float
        Change from the last quadrature rule but one.
    nodes : int
        Nodes a variable of the last rule.
    spread : float
        Standard deviation of x.
    solves : int
        Steady states solved, over all rules.
    """

    seen: Observed
    fidelity_error: float
    contrast_error: float
    nodes: int
    spread: float
    solves: int


def flicker_spread(settling_rate: float, duration: float = DURATION) -> float:
    """Standard deviation √ln(f_high/f_low) of x with density 1/f, in its amplitude at 1 Hz.

    Noise between f_low = 1/duration and f_high = λ/2π stands still while the oscillator settles with rate λ (1/s);
    what is faster belongs to Tφ, what is slower to the calibration.

    Raises
    ------
    ArgumentError
        If the duration is not longer than the settling.
    """
    ratio = float(to_hertz(settling_rate)) * duration
    require(
        ratio > 1,
        "A measurement must last longer than the oscillator takes to settle",
        f"{duration:.3g} s",
        f"Give `duration` above {1 / to_hertz(settling_rate):.3g} s.",
    )
    return math.sqrt(math.log(ratio))


def quadrature(law: SlowLaw, nodes: int, spread: float) -> tuple[Floats, Floats]:
    """Nodes and weights, exact for polynomials up to degree 2·nodes − 1.

    Gauss–Hermite for a normal x of standard deviation `spread`; Gauss–Chebyshev for the cosine of a uniform phase.
    """
    if law is SlowLaw.FLICKER:
        x, w = np.polynomial.hermite_e.hermegauss(nodes)
        return spread * x, w / w.sum()
    return np.cos((2 * np.arange(nodes) + 1) * math.pi / (2 * nodes)), np.full(nodes, 1 / nodes)


def standing_at(oscillator: SelfOscillator, noise: SlowNoise, x: float) -> SelfOscillator:
    """The oscillator in a run in which the noise has the value x; pumps stay where they are."""
    shift = x - noise.nominal
    ladder = replace(oscillator.ladder, energies=oscillator.ladder.energies + shift * noise.levels[: oscillator.levels])
    baths, shifts = [], list(noise.resonances)
    for bath in oscillator.baths:
        own, shifts = shifts[: len(bath.tones)], shifts[len(bath.tones) :]
        baths.append(moved_resonances(bath, [shift * s for s in own]))
    return replace(oscillator, ladder=ladder, baths=tuple(baths))


def moved_resonances(bath: Bath, shifts: Sequence[float]) -> Bath:
    """The bath with the resonance of each tone raised (rad/s) under a pump that stays: δ falls by as much."""
    for k, shift in enumerate(shifts):
        sign = 1 if bath.tones[k].role is Role.DAMPING else -1
        bath = bath.retuned(k, sign * shift) if shift else bath
    return bath


def slow_average(noise: SlowNoise, spread: float, analysis: Analysis) -> SlowAverage:
    """Average over runs: P(n0) over x, the relative phase over x of either device, independent of each other.

    Pair and pumps are tuned once, at the nominal x. The number of nodes grows until neither P(n0) nor the contrast
    changes by more than 1e-4 of itself, or the rules are used up; the last change is the error. It bounds nothing
    where a line is narrower than the distances between nodes: the contrast is then overestimated.
    """
    oscillator = analysis.oscillator
    detunings = pair_detunings(oscillator, analysis)
    before: Observed | None = None
    found: SlowAverage | None = None
    solves = 0
    for nodes in NODES:
        x, w = quadrature(noise.law, nodes, spread)
        runs = [standing_at(oscillator, noise, value) for value in x]
        seen = _seen(runs, w, detunings, analysis)
        errors = (math.nan, math.nan) if before is None else _changes(before, seen)
        solves += seen.solves
        deviation = spread if noise.law is SlowLaw.FLICKER else math.sqrt(0.5)
        found = SlowAverage(
            seen=seen,
            fidelity_error=errors[0],
            contrast_error=errors[1],
            nodes=nodes,
            spread=deviation,
            solves=solves,
        )
        if before is not None and _stands(errors, seen):
            break
        before = seen
    assert found is not None
    return found


def _seen(runs: list[SelfOscillator], weights: Floats, detunings: Floats, analysis: Analysis) -> Observed:
    alone = [certified_alone(run) for run in runs]
    pairs = [certified_pair(runs[i], runs[j], detunings, analysis) for i, j in product(range(len(runs)), repeat=2)]
    pair = averaged(pairs, [weights[i] * weights[j] for i, j in product(range(len(runs)), repeat=2)])
    failed = (a.status for a in alone if not a.ok)
    return replace(
        pair,
        fidelity=float(weights @ [populated(a, analysis.target) for a in alone]),
        status=next(failed, pair.status),
        certificate=Certificate.worst((pair.certificate, *(a.certificate for a in alone))),
        solves=pair.solves + len(alone),
    )


def _changes(before: Observed, after: Observed) -> tuple[float, float]:
    return abs(after.fidelity - before.fidelity), abs(after.contrast - before.contrast)


def _stands(errors: tuple[float, float], seen: Observed) -> bool:
    if seen.status is not Status.CONVERGED:
        return True
    return errors[0] <= STEADY * seen.fidelity and errors[1] <= STEADY * seen.contrast
