"""Compiled mean-field equations of three-level groups; imported only when they are integrated.

A group's state is (ρ_00, ρ_22, ρ_01, ρ_12, ρ_02); ρ_11 follows from the trace.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

ROOT = np.sqrt(2.0)


@numba.njit(cache=True)
def _fields(state: Any, links: Any, out: Any) -> None:
    """√2 h_σ = 2 Σ_τ links[σ, τ] (ρ_01 + ρ_12)_τ."""
    for s in range(links.shape[0]):
        total = 0.0j
        for t in range(links.shape[0]):
            total += links[s, t] * (state[t, 2] + state[t, 3])
        out[s] = 2 * total


@numba.njit(cache=True)
def slope(state: Any, rates: Any, links: Any, fields: Any, out: Any) -> None:
    """Nadolny 2023 Eq. (2) for every group; `rates` holds (γ₊, γ₋, K, ω) of each."""
    _fields(state, links, fields)
    for s in range(state.shape[0]):
        gain, loss, asymmetry, frequency = rates[s]
        empty, full, low, high, outer = state[s]
        x = fields[s]
        y = x.conjugate()
        middle = 1.0 - empty - full
        out[s, 0] = 2 * (x * low.conjugate()).imag - gain * empty.real
        out[s, 1] = 2 * (y * high).imag - loss * full.real
        out[s, 2] = (1j * frequency - gain / 2) * low - 1j * (x * (middle - empty) - outer * y)
        out[s, 3] = (1j * (frequency + asymmetry) - loss / 2) * high - 1j * (y * outer + x * (full - middle))
        out[s, 4] = (1j * (2 * frequency + asymmetry) - (gain + loss) / 2) * outer - 1j * x * (high - low)


@numba.njit(cache=True)
def _step(state: Any, rates: Any, links: Any, fields: Any, step: Any, work: Any) -> None:
    """One step of the classical Runge–Kutta method of fourth order."""
    first, second, third, fourth, trial = work
    slope(state, rates, links, fields, first)
    trial[:] = state + 0.5 * step * first
    slope(trial, rates, links, fields, second)
    trial[:] = state + 0.5 * step * second
    slope(trial, rates, links, fields, third)
    trial[:] = state + step * third
    slope(trial, rates, links, fields, fourth)
    state += step / 6 * (first + 2 * second + 2 * third + fourth)


@numba.njit(cache=True, parallel=True)
def integrate(states: Any, rates: Any, links: Any, step: Any, every: Any, samples: Any) -> Any:
    """⟨S⁺⟩ of every group, (batch, G, samples + 1), from `states` (batch, G, 5), which end as the final ones."""
    batch, groups = states.shape[0], states.shape[1]
    found = np.empty((batch, groups, samples + 1), dtype=np.complex128)
    for b in numba.prange(batch):
        work = np.empty((5, groups, 5), dtype=np.complex128)
        fields = np.empty(groups, dtype=np.complex128)
        state = states[b].copy()
        for k in range(samples + 1):
            for s in range(groups):
                found[b, s, k] = ROOT * (state[s, 2] + state[s, 3])
            if k < samples:
                for _ in range(every):
                    _step(state, rates[b], links[b], fields, step, work)
        states[b] = state
    return found
