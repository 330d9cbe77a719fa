"""Averages over what stands still during one run and differs between runs: no Lindblad rate, a quadrature."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import on_every_core
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.model.bath import Role
from qsb_hw.model.noise import SlowLaw, SlowNoise
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.observe import (
    Observed,
    certified_alone,
    certified_pair,
    nominal_detunings,
    pair_detunings,
    populated,
)
from qsb_hw.result import Certificate, worst_status
from qsb_hw.units import to_hertz

DURATION = 3600.0
"""Seconds a measurement lasts unless given: 1/f noise slower than its inverse is calibrated away."""
NODES = (2, 3, 5, 9)
"""Nodes a variable, tried in turn until nothing changes."""
STEADY = 1e-4
"""Relative change of P(n0) and of the contrast from one rule to the next below which the average stands."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SlowAverage:
    """What is seen on average over runs; errors are changes from the last quadrature rule but one.

    `nodes` counts those of the last rule for one variable, `solves` the steady states of all rules; `spread` is the
    standard deviation of x.
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
    what is faster belongs to Tφ, what is slower to the calibration. `ArgumentError` where the duration is not longer
    than the settling.
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
    """The oscillator in a run in which the noise has the value x.

    Pumps stay where they are: where the resonance of a tone rises, its δ falls by as much.
    """
    shift = x - noise.nominal
    ladder = replace(oscillator.ladder, energies=oscillator.ladder.energies + shift * noise.levels[: oscillator.levels])
    baths, shifts = [], iter(noise.resonances)
    for bath in oscillator.baths:
        moved = bath
        for k, tone in enumerate(bath.tones):
            if raised := shift * next(shifts, 0.0):
                moved = moved.retuned(k, raised if tone.role is Role.DAMPING else -raised)
        baths.append(moved)
    return replace(oscillator, ladder=ladder, baths=tuple(baths))


def slow_average(noise: SlowNoise, spread: float, analysis: Analysis) -> SlowAverage:
    """Average over runs: P(n0) over x, the relative phase over x of either device, independent of each other.

    Pair and pumps are tuned once, at the nominal x. The number of nodes grows until neither P(n0) nor the contrast
    changes by more than 1e-4 of itself, or the rules are used up; the last change is the error. It bounds nothing
    where a line is narrower than the distances between nodes: the contrast is then overestimated.
    """
    detunings = pair_detunings(analysis.oscillator, analysis)
    nominal = [found.steady for found in analysis.complete_pairs(nominal_detunings(analysis))]
    guesses = nominal if all(state.ok for state in nominal) else []
    before: Observed | None = None
    solves = 0
    for nodes in NODES:
        x, w = quadrature(noise.law, nodes, spread)
        runs = [standing_at(analysis.oscillator, noise, value) for value in x]
        seen = _seen(runs, w, detunings, guesses, analysis)
        solves += seen.solves
        fidelity_error = contrast_error = math.nan
        if before is not None:
            fidelity_error, contrast_error = abs(seen.fidelity - before.fidelity), abs(seen.contrast - before.contrast)
            steady = fidelity_error <= STEADY * seen.fidelity and contrast_error <= STEADY * seen.contrast
            if steady or not seen.ok:
                break
        before = seen
    return SlowAverage(
        seen=seen,
        fidelity_error=fidelity_error,
        contrast_error=contrast_error,
        nodes=nodes,
        spread=spread if noise.law is SlowLaw.FLICKER else math.sqrt(0.5),
        solves=solves,
    )


def _seen(
    runs: list[SelfOscillator], weights: Floats, detunings: Floats, guesses: list[SteadyState], analysis: Analysis
) -> Observed:
    """Mixture of what is seen in several runs: populations and phases average, S does not.

    Exchanging two devices that are not detuned turns their relative phase round: one of the two pairs is solved.
    """
    places = [(i, j) for i in range(len(runs)) for j in range(len(runs))]
    solved = [(i, j) for i, j in places if i <= j or detunings.size > 1]

    def pair(place: tuple[int, int]) -> Observed:
        first, second = place
        begin = 0 if first <= second else 1
        return certified_pair(runs[first], runs[second], detunings[begin:], analysis, guesses[begin:])

    alone = list(on_every_core(partial(certified_alone, rwa=analysis.requested.rwa), runs))
    pairs = list(on_every_core(pair, solved))
    known = {place: found.coefficients for place, found in zip(solved, pairs, strict=True)}
    for i, j in places:
        if i > j:
            known[i, j] = np.concatenate([known[j, i][:1].conj(), known.get((i, j), known[j, i][:0])])
    shares, seen = np.outer(weights, weights).ravel(), np.array([known[place] for place in places])
    return Observed(
        fidelity=float(weights @ [populated(a, analysis.target) for a in alone]),
        coefficients=np.einsum("i,ikm->km", shares, seen),
        status=worst_status(s.status for s in (*alone, *pairs)),
        certificate=Certificate.worst(s.certificate for s in (*alone, *pairs)),
        solves=len(alone) + sum(p.solves for p in pairs),
    )
