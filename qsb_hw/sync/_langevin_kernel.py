"""Compiled Heun integrator of coupled noisy amplitudes; imported only when it is used."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

MOST_ESCAPES = 1000


@numba.njit(cache=True, fastmath=False)
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


@numba.njit(cache=True)
def _advance(alpha: Any, parameters: Any, coupling: Any, noise: Any, step: Any, work: Any) -> None:
    """One step of Heun's method with additive noise of variance γ_T n_T · step, half per quadrature."""
    first, second, trial, kick = work
    scale = math.sqrt(0.5 * noise * step)
    _drift(alpha, parameters, coupling, first)
    for j in range(alpha.size):
        kick[j] = scale * (np.random.standard_normal() + 1j * np.random.standard_normal())
        trial[j] = alpha[j] + step * first[j] + kick[j]
    _drift(trial, parameters, coupling, second)
    for j in range(alpha.size):
        alpha[j] += 0.5 * step * (first[j] + second[j]) + kick[j]


@numba.njit(cache=True)
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


@numba.njit(cache=True)
def _start(alpha: Any, parameters: Any) -> None:
    """Every oscillator on its limit cycle with a random phase."""
    for j in range(alpha.size):
        phase = 2 * math.pi * np.random.random()
        alpha[j] = math.sqrt(max(parameters[j, 3], 0.5)) * complex(math.cos(phase), math.sin(phase))


@numba.njit(cache=True)
def _escaped(alpha: Any, ceilings: Any) -> Any:
    for j in range(alpha.size):
        if not alpha[j].real ** 2 + alpha[j].imag ** 2 <= ceilings[j]:
            return True
    return False


@numba.njit(cache=True)
def _settle(
    alpha: Any, parameters: Any, coupling: Any, noise: Any, step: Any, steps: Any, work: Any, ceilings: Any
) -> Any:
    """Start anew and burn in; the number of escapes on the way."""
    escapes = 0
    _start(alpha, parameters)
    done = 0
    while done < steps and escapes < MOST_ESCAPES:
        _advance(alpha, parameters, coupling, noise, step, work)
        done += 1
        if _escaped(alpha, ceilings):
            escapes += 1
            done = 0
            _start(alpha, parameters)
    return escapes


@numba.njit(cache=True)
def _trajectory(
    parameters: Any,
    coupling: Any,
    noise: Any,
    step: Any,
    burn_in: Any,
    half: Any,
    seed: Any,
    ceilings: Any,
    averages: Any,
    intensity: Any,
) -> Any:
    np.random.seed(seed)
    alpha = np.zeros(parameters.shape[0], dtype=np.complex128)
    work = np.zeros((4, alpha.size), dtype=np.complex128)
    escapes = 0
    _settle(alpha, parameters, coupling, noise, step, burn_in, work, ceilings)
    for part in range(2):
        for _ in range(half):
            _advance(alpha, parameters, coupling, noise, step, work)
            if _escaped(alpha, ceilings):
                escapes += 1
                _settle(alpha, parameters, coupling, noise, step, burn_in, work, ceilings)
            _accumulate(alpha, 1.0 / half, averages[part], intensity)
    return escapes


@numba.njit(cache=True, parallel=True)
def simulate(
    parameters: Any,
    coupling: Any,
    noise: Any,
    step: Any,
    burn_in: Any,
    half: Any,
    harmonics: Any,
    seeds: Any,
    ceilings: Any,
) -> Any:
    """Time averages of e^{−ik(φ_i − φ_j)} over two halves, of |α|², and the escapes, for every seed."""
    count = parameters.shape[0]
    averages = np.zeros((seeds.size, 2, count, count, harmonics), dtype=np.complex128)
    intensity = np.zeros((seeds.size, count))
    escapes = np.zeros(seeds.size, dtype=np.int64)
    for run in numba.prange(seeds.size):
        escapes[run] = _trajectory(
            parameters,
            coupling,
            noise,
            step,
            burn_in,
            half,
            seeds[run],
            ceilings,
            averages[run],
            intensity[run],
        )
    return averages, intensity, escapes
