"""Populations of an eliminated oscillator as a Markov chain: after a time, and until they leave it."""

from __future__ import annotations

import math

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.elimination.eliminate import intrinsic_rates, transition_response
from qsb_hw.lindblad.markov import stationary_populations
from qsb_hw.model.bath import Light, Tone
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.oscillator import SelfOscillator


def mean_time_to_leave(rates: Floats, escape: Floats, start: int = 0) -> float:
    """Mean time in s until a population that starts in one level has left the ladder; ∞ if it never does.

    The chain with one more state, from which it starts anew once a second, is stationary; the share of time spent
    there says how often it is reached.
    """
    if not np.any(escape > 0):
        return math.inf
    size = len(escape)
    renewed = np.zeros((size + 1, size + 1))
    renewed[1:, 1:], renewed[0, 1:], renewed[1 + start, 0] = rates, escape, 1.0
    share = stationary_populations(renewed)
    return float(share[1:].sum() / share[0]) if share[0] > 0 else math.inf


def after(rates: Floats, escape: Floats, time: float, start: Floats) -> Floats:
    """Populations (n,) after a time in s; what has left the ladder is missing from their sum."""
    from scipy.linalg import expm

    return np.asarray(np.maximum(expm(_generator(rates, escape) * time) @ start, 0.0))


def relaxation(rates: Floats) -> float:
    """Slowest decay of the populations in 1/s, as if nothing left the ladder."""
    return float(np.sort(-np.linalg.eigvals(_generator(rates)).real)[1])


def _generator(rates: Floats, escape: Floats | float = 0.0) -> Floats:
    generator = np.array(rates, dtype=float)
    np.fill_diagonal(generator, 0.0)
    return generator - np.diag(generator.sum(axis=0) + escape)


def escape_rates(oscillator: SelfOscillator) -> Floats:
    """Rates (n,) in 1/s at which the levels are driven over the top of a ladder that has every bound level.

    Heat, T1's environment and baths that couple through the coordinate lead from the top level on as they lead up to
    it. Light leads out of any level: with the share of the recoil's kicks, and of the kick of absorption, that ends in
    none of the levels. For absorption the rate is an upper bound, as if all states above the barrier lay where the
    light meets them best.
    """
    ladder, top = oscillator.ladder, oscillator.levels - 1
    found = np.zeros(top + 1)
    found[top] = intrinsic_rates(ladder, oscillator.decoherence)[top, top - 1] * (top + 1) / top
    for bath in oscillator.baths:
        for number, tone in enumerate(bath.tones):
            excited = np.maximum(2 * transition_response(bath, number, ladder, False).real, 0.0)
            if tone.light is None:
                found[top] += excited[top, top - 1] * (top + 1) / top
                continue
            if tone.light.recoil:
                landed = sum((np.abs(kick) ** 2 for kick in tone.light.recoil), np.zeros_like(excited)).sum(axis=0)
                found += np.maximum(1 - landed, 0.0) @ excited
            found += _absorbed(tone, tone.light, ladder)
    return found


def _absorbed(tone: Tone, light: Light, ladder: Ladder) -> Floats:
    """Upper bound of the rates at which absorption alone lifts each level over the top, 1/s."""
    missing = np.maximum(1 - (np.abs(light.displacement) ** 2).sum(axis=0), 0.0)
    short = np.maximum(ladder.energies[-1] - ladder.energies - tone.detuning, 0.0)
    strength = tone.coupling / light.lamb_dicke
    return np.asarray(strength**2 * tone.linewidth * missing / ((tone.linewidth / 2) ** 2 + short**2))
