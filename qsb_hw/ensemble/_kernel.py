"""Compiled mean-field equations of groups of ladders; imported only when they are integrated."""

from __future__ import annotations

from typing import Any

import numpy as np

from qsb_hw.lindblad.compiling import compiled


@compiled()
def amplitudes(state: Any, elements: Any, out: Any) -> None:
    """⟨A†⟩ of every group, A = Σ elements[n]|n⟩⟨n+1|."""
    levels = elements.shape[1] + 1
    for s in range(state.shape[0]):
        total = 0.0j
        for n in range(levels - 1):
            total += elements[s, n].conjugate() * state[s, n * levels + n + 1]
        out[s] = total


@compiled(fastmath={"contract"})
def slope(state: Any, own: Any, elements: Any, network: Any, work: Any, out: Any) -> None:
    """ρ̇ of every group (Nadolny & Bruder 2023 Eq. 2, for any ladder).

    `state` and `out` (G, d²) are Hermitian matrices row by row, `elements` (G, d − 1). `own` is 𝓛: its diagonals
    (G, d²), then (starts, rows, columns, values) of its other elements; `network` are sparse links. `work` is scratch.
    """
    count, levels = state.shape[0], elements.shape[1] + 1
    diagonal, begins, rows, columns, values = own
    starts, neighbours, links = network
    means, lower, raised = work
    amplitudes(state, elements, means)
    for s in range(count):
        field = 0.0j
        for k in range(starts[s], starts[s + 1]):
            field += links[k] * means[neighbours[k]]
        for n in range(levels - 1):  # H = Σ x_n|n⟩⟨n+1| + h.c.
            x = elements[s, n] * field
            lower[n], raised[n] = complex(x.imag, -x.real), complex(-x.imag, -x.real)  # −ix and −ix*
        for n in range(levels):
            for m in range(n, levels):
                i = n * levels + m
                total = diagonal[s, i] * state[s, i]
                if n > 0:
                    total += raised[n - 1] * state[s, i - levels]
                if n + 1 < levels:
                    total += lower[n] * state[s, i + levels]
                if m > 0:
                    total -= state[s, i - 1] * lower[m - 1]
                if m + 1 < levels:
                    total -= state[s, i + 1] * raised[m]
                out[s, m * levels + n] = total.conjugate()
                out[s, i] = total if m > n else complex(total.real)
        for k in range(begins[s], begins[s + 1]):
            out[s, rows[k]] += values[k] * state[s, columns[k]]


@compiled()
def _moved(state: Any, step: Any, change: Any, out: Any) -> None:
    """Out = state + step · change."""
    for s in range(state.shape[0]):
        for i in range(state.shape[1]):
            out[s, i] = state[s, i] + step * change[s, i]


@compiled()
def integrate(
    state: Any, own: Any, elements: Any, network: Any, step: Any, every: Any, found: Any, start: Any, stop: Any
) -> None:
    """Runge–Kutta steps `start` to `stop` of `state` (G, d²), in place; ⟨A†⟩ after each `every`th goes to `found`.

    `found` is (samples + 1, G), its first sample the start.
    """
    first, second, third = np.empty_like(state), np.empty_like(state), np.empty_like(state)
    fourth, trial = np.empty_like(state), np.empty_like(state)
    work = np.empty((3, max(state.shape[0], elements.shape[1])), dtype=np.complex128)
    for n in range(start, stop + 1):
        if n % every == 0:
            amplitudes(state, elements, found[n // every])
        if n < stop:
            slope(state, own, elements, network, work, first)
            _moved(state, 0.5 * step, first, trial)
            slope(trial, own, elements, network, work, second)
            _moved(state, 0.5 * step, second, trial)
            slope(trial, own, elements, network, work, third)
            _moved(state, step, third, trial)
            slope(trial, own, elements, network, work, fourth)
            for s in range(state.shape[0]):
                for i in range(state.shape[1]):
                    middle = second[s, i] + third[s, i]
                    state[s, i] += step / 6 * (first[s, i] + 2 * middle + fourth[s, i])
