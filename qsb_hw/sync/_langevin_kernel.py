"""Compiled Heun integrator of coupled noisy amplitudes; imported only when it is used."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qsb_hw.lindblad.compiling import compiled

MOST_ESCAPES = 1000
"""During one burn-in; then the trajectory is sampled as it is."""
SETTLING, SAMPLED, ESCAPES, LOST = 0, 1, 2, 3
"""Columns of the counts of a trajectory."""


@compiled(fastmath=False)
def _drift(alpha: Any, parameters: Any, coupling: Any, out: Any) -> None:
    for j in range(alpha.size):
        omega, kerr, gain, n_gain, s_gain, loss, n_loss, s_loss = parameters[j]
        quanta = alpha[j].real ** 2 + alpha[j].imag ** 2
        damping = loss * s_loss**2 / ((quanta - n_loss) ** 2 + s_loss**2)
        damping -= gain * s_gain**2 / ((quanta - n_gain) ** 2 + s_gain**2)
        value = -(1j * (omega - 2 * kerr * quanta) + 0.5 * damping) * alpha[j]
        for k in range(alpha.size):
            value -= 1j * coupling[j, k] * alpha[k]
        out[j] = value


@compiled()
def _advance(alpha: Any, model: Any, work: Any) -> None:
    """One step of Heun's method with additive noise of variance γ_T n_T · step, half per quadrature."""
    first, second, trial, kick = work[0], work[1], work[2], work[3]  # rows that numba knows to be contiguous
    parameters, coupling, noise, step, _ = model
    scale = math.sqrt(0.5 * noise * step)
    _drift(alpha, parameters, coupling, first)
    for j in range(alpha.size):
        kick[j] = scale * (np.random.standard_normal() + 1j * np.random.standard_normal())
        trial[j] = alpha[j] + step * first[j] + kick[j]
    _drift(trial, parameters, coupling, second)
    for j in range(alpha.size):
        alpha[j] += 0.5 * step * (first[j] + second[j]) + kick[j]


@compiled()
def _accumulate(alpha: Any, weight: Any, averages: Any, intensity: Any) -> None:
    for i in range(alpha.size):
        intensity[i] += 0.5 * weight * (alpha[i].real ** 2 + alpha[i].imag ** 2)
        for j in range(i + 1, alpha.size):
            product = alpha[j] * alpha[i].conjugate()
            size = abs(product)
            turn = product / size if size > 0 else 1.0 + 0.0j
            power = 1.0 + 0.0j
            for k in range(averages.shape[2]):
                power *= turn
                averages[i, j, k] += weight * power
                averages[j, i, k] += weight * power.conjugate()


@compiled()
def _start(alpha: Any, parameters: Any) -> None:
    """Every oscillator on its limit cycle with a random phase."""
    for j in range(alpha.size):
        phase = 2 * math.pi * np.random.random()
        alpha[j] = math.sqrt(max(parameters[j, 3], 0.5)) * complex(math.cos(phase), math.sin(phase))


@compiled()
def _escaped(alpha: Any, ceilings: Any) -> Any:
    for j in range(alpha.size):
        if not alpha[j].real ** 2 + alpha[j].imag ** 2 <= ceilings[j]:
            return True
    return False


@compiled()
def _proceed(alpha: Any, counts: Any, model: Any, lengths: Any, averages: Any, intensity: Any) -> None:
    """The next steps of one trajectory; `counts` holds where it is, see `simulate`."""
    parameters, ceilings = model[0], model[4]
    burn_in, half, steps = lengths
    work = np.zeros((4, alpha.size), dtype=np.complex128)
    for _ in range(steps):
        if counts[SAMPLED] == 2 * half:
            return
        _advance(alpha, model, work)
        escaped = _escaped(alpha, ceilings)
        if counts[SETTLING] > 0:
            counts[SETTLING] -= 1
            if escaped:
                counts[LOST] += 1
                counts[SETTLING] = burn_in if counts[LOST] < MOST_ESCAPES else 0
                _start(alpha, parameters)
            continue
        if escaped:
            counts[ESCAPES] += 1
            counts[SETTLING], counts[LOST] = burn_in, 0
            _start(alpha, parameters)
            continue
        _accumulate(alpha, 1.0 / half, averages[counts[SAMPLED] // half], intensity)
        counts[SAMPLED] += 1


@compiled(nogil=True)
def simulate(
    alphas: Any, counts: Any, model: Any, lengths: Any, seeds: Any, averages: Any, intensity: Any, start: Any, stop: Any
) -> None:
    """Further steps of trajectories `start` to `stop`, with random numbers from their `seeds`.

    `model` is (parameters, coupling, noise, step, ceilings) and `lengths` steps of the burn-in, of half a run and now.
    `counts` (trajectories, 4) says where each is: steps of its burn-in left, samples taken, escapes, and escapes
    during the present burn-in. Where it is at its very beginning (`alphas` NaN) it is started.
    `averages` and `intensity` are added to.
    """
    for run in range(start, stop):
        np.random.seed(seeds[run])
        if np.isnan(alphas[run, 0].real):
            counts[run, SETTLING] = lengths[0]
            _start(alphas[run], model[0])
        _proceed(alphas[run], counts[run], model, lengths, averages[run], intensity[run])
