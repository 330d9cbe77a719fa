"""Compiled mean-field equations; imported only when they are integrated.

Three levels: a group's state is (ρ_00, ρ_22, ρ_01, ρ_12, ρ_02); ρ_11 follows from the trace. Any ladder: all of ρ.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from qsb_hw.lindblad.compiling import compiled


@compiled()
def _fields(state: Any, rates: Any, links: Any, out: Any) -> None:
    """h_σ = Σ_τ links[σ, τ] (a ρ_01 + b ρ_12)_τ."""
    for s in range(links.shape[0]):
        total = 0.0j
        for t in range(links.shape[0]):
            total += links[s, t] * (rates[t, 4] * state[t, 2] + rates[t, 5] * state[t, 3])
        out[s] = total


@compiled()
def slope(state: Any, rates: Any, links: Any, fields: Any, out: Any) -> None:
    """Nadolny 2023 Eq. (2) for every group; `rates` holds (γ₊, γ₋, K, ω, a, b) of each."""
    _fields(state, rates, links, fields)
    for s in range(state.shape[0]):
        gain, loss, asymmetry, frequency, a, b = rates[s]
        empty, full, low, high, outer = state[s]
        x, y = a * fields[s], b * fields[s]
        middle = 1.0 - empty - full
        out[s, 0] = 2 * (x * low.conjugate()).imag - gain * empty.real
        out[s, 1] = 2 * (y.conjugate() * high).imag - loss * full.real
        out[s, 2] = (1j * frequency - gain / 2) * low - 1j * (x * (middle - empty) - outer * y.conjugate())
        out[s, 3] = (1j * (frequency + asymmetry) - loss / 2) * high - 1j * (
            x.conjugate() * outer + y * (full - middle)
        )
        out[s, 4] = (1j * (2 * frequency + asymmetry) - (gain + loss) / 2) * outer - 1j * (x * high - y * low)


@compiled()
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


@compiled(parallel=True)
def integrate(states: Any, rates: Any, links: Any, step: Any, every: Any, found: Any, start: Any, stop: Any) -> None:
    """Steps `start` to `stop` of `states` (batch, G, 5), in place; ⟨S⁺⟩ after each `every`th goes to `found`.

    `found` is (batch, G, samples + 1), its first sample the start.
    """
    batch, groups = states.shape[0], states.shape[1]
    for b in numba.prange(batch):
        work = np.empty((5, groups, 5), dtype=np.complex128)
        fields = np.empty(groups, dtype=np.complex128)
        state = states[b].copy()
        for n in range(start, stop + 1):
            if n % every == 0:
                for s in range(groups):
                    found[b, s, n // every] = rates[b, s, 4] * state[s, 2] + rates[b, s, 5] * state[s, 3]
            if n < stop:
                _step(state, rates[b], links[b], fields, step, work)
        states[b] = state


@compiled()
def ladder_slope(state: Any, own: Any, elements: Any, network: Any, fields: Any, out: Any) -> None:
    """ρ̇ of every group of ladders: `own` are sparse rows of 𝓛, A = Σ elements[n]|n⟩⟨n+1|, `network` sparse links."""
    count, levels = state.shape[0], state.shape[1]
    pointers, indices, values = own
    starts, neighbours, links = network
    for s in range(count):
        fields[s] = 0.0
        for k in range(starts[s], starts[s + 1]):
            t = neighbours[k]
            for n in range(levels - 1):
                fields[s] += links[k] * elements[t, n].conjugate() * state[t, n, n + 1]
    for s in range(count):
        flat, slope = state[s].ravel(), out[s].ravel()  # views
        for i in range(levels * levels):
            total = 0.0j
            for k in range(pointers[s, i], pointers[s, i + 1]):
                total += values[k] * flat[indices[k]]
            slope[i] = total
        rho = state[s]
        for n in range(levels - 1):  # H = Σ x_n|n⟩⟨n+1| + h.c.
            x = -1j * elements[s, n] * fields[s]
            y = -1j * (elements[s, n] * fields[s]).conjugate()
            for m in range(levels):
                out[s, n, m] += x * rho[n + 1, m]
                out[s, n + 1, m] += y * rho[n, m]
                out[s, m, n + 1] -= rho[m, n] * x
                out[s, m, n] -= rho[m, n + 1] * y


@compiled()
def integrate_ladders(
    states: Any, own: Any, elements: Any, network: Any, step: Any, every: Any, found: Any, start: Any, stop: Any
) -> None:
    """Steps `start` to `stop` of `states` (G, d, d), in place; ⟨A†⟩ after each `every`th goes to `found`.

    `found` is (G, samples + 1), its first sample the start.
    """
    count, levels = states.shape[0], states.shape[1]
    first, second = np.empty_like(states), np.empty_like(states)
    third, fourth = np.empty_like(states), np.empty_like(states)
    fields = np.empty(count, dtype=np.complex128)
    for n in range(start, stop + 1):
        if n % every == 0:
            for s in range(count):
                total = 0.0j
                for m in range(levels - 1):
                    total += elements[s, m].conjugate() * states[s, m, m + 1]
                found[s, n // every] = total
        if n < stop:
            ladder_slope(states, own, elements, network, fields, first)
            ladder_slope(states + 0.5 * step * first, own, elements, network, fields, second)
            ladder_slope(states + 0.5 * step * second, own, elements, network, fields, third)
            ladder_slope(states + step * third, own, elements, network, fields, fourth)
            states += step / 6 * (first + 2 * second + 2 * third + fourth)
