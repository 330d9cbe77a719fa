"""Compiled search for rotating waves of groups of three-level oscillators, point by point of a map.

A field h in a frame that turns with Ω gives an oscillator the amplitude ⟨S⁺⟩ = h χ(|h|², Ω) with χ in closed form, so
that a wave solves A = (links A)·χ for every group at once. Unknowns are (Re A_0, Ω, Re A_1, Im A_1, …) with A_0 real.
`rates` holds (γ₊, γ₋, K, ω, a, b) of each group, and states are packed, as in `_kernel`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from qsb_hw.ensemble._kernel import slope
from qsb_hw.lindblad.compiling import compiled

STARTS = (0.6, 0.3, 0.9, 0.12, 0.03, 1.1)
"""Amplitudes Newton's method is started from, one after the other."""
MOST_STEPS = 40
NUDGE = 1e-6
"""Relative size of the differences that slopes of χ are taken from."""
SMALLEST = 1e-7
"""Amplitude below which a solution is the unsynchronized state."""
ACCURACY = 1e-11
"""Largest mismatch of a wave."""

UNSYNCHRONIZED, LOCKED, UNDECIDED = 0, 1, 2


@compiled()
def driven(rates: Any, intensity: Any, frequency: Any) -> Any:
    """(ρ_00, ρ_22, ρ_01/h, ρ_12/h, ρ_02/h²) of the stationary state under a field with |h|² = `intensity`."""
    gain, loss, asymmetry, omega, a, b = rates
    turn = omega - frequency
    low = complex(-gain / 2, turn)
    high = complex(-loss / 2, turn + asymmetry)
    outer = complex(-(gain + loss) / 2, 2 * turn + asymmetry)
    q = -a * b / (outer + intensity * (a * a / high + b * b / low))
    r = intensity * q
    # ρ_01/h = low_low·(ρ_11 − ρ_00) + low_high·(ρ_22 − ρ_11), likewise ρ_12/h
    low_low, low_high = 1j / low * (a + b * r / low), -1j * b * r / (low * high)
    high_low, high_high = -1j * a * r / (low * high), 1j / high * (b + a * r / high)
    # γ₊ρ_00 = −2a|h|² Im(ρ_01/h), γ₋ρ_22 = 2b|h|² Im(ρ_12/h), ρ_11 = 1 − ρ_00 − ρ_22
    down, up = -2 * a * intensity, 2 * b * intensity
    m00 = gain - down * (low_high.imag - 2 * low_low.imag)
    m01 = -down * (2 * low_high.imag - low_low.imag)
    m10 = -up * (high_high.imag - 2 * high_low.imag)
    m11 = loss - up * (2 * high_high.imag - high_low.imag)
    r0, r1 = down * (low_low.imag - low_high.imag), up * (high_low.imag - high_high.imag)
    determinant = m00 * m11 - m01 * m10
    empty, full = (r0 * m11 - m01 * r1) / determinant, (m00 * r1 - r0 * m10) / determinant
    first, second = 1 - 2 * empty - full, 2 * full + empty - 1
    lower = low_low * first + low_high * second
    upper = high_low * first + high_high * second
    return empty, full, lower, upper, q * (second / high - first / low)


@compiled()
def susceptibility(rates: Any, intensity: Any, frequency: Any) -> Any:
    """χ = ⟨S⁺⟩/h."""
    _, _, lower, upper, _ = driven(rates, intensity, frequency)
    return rates[4] * lower + rates[5] * upper


@compiled()
def mismatch(rates: Any, links: Any, unit: Any, unknowns: Any, miss: Any, jacobian: Any) -> Any:
    """Amplitudes the fields lead to less those they are made of, its derivatives, and the largest mismatch."""
    count = links.shape[0]
    frequency = unit * unknowns[1]
    worst = 0.0
    for s in range(count):
        field = complex(links[s, 0] * unknowns[0], 0.0)
        for t in range(1, count):
            field += links[s, t] * complex(unknowns[2 * t], unknowns[2 * t + 1])
        intensity = field.real**2 + field.imag**2
        chi = susceptibility(rates[s], intensity, frequency)
        step = NUDGE * (intensity + 1e-3)
        by_intensity = (susceptibility(rates[s], intensity + step, frequency) - chi) / step
        step = NUDGE * unit
        by_frequency = (susceptibility(rates[s], intensity, frequency + step) - chi) / step
        own = complex(unknowns[0], 0.0) if s == 0 else complex(unknowns[2 * s], unknowns[2 * s + 1])
        left = field * chi - own
        miss[2 * s], miss[2 * s + 1] = left.real, left.imag
        worst = max(worst, abs(left.real), abs(left.imag))
        by_real = chi + 2 * field.real * field * by_intensity
        by_imaginary = 1j * chi + 2 * field.imag * field * by_intensity
        turning = unit * field * by_frequency
        jacobian[2 * s, 1], jacobian[2 * s + 1, 1] = turning.real, turning.imag
        for t in range(count):
            one = 1.0 if s == t else 0.0
            jacobian[2 * s, 2 * t] = links[s, t] * by_real.real - one
            jacobian[2 * s + 1, 2 * t] = links[s, t] * by_real.imag
            if t > 0:
                jacobian[2 * s, 2 * t + 1] = links[s, t] * by_imaginary.real
                jacobian[2 * s + 1, 2 * t + 1] = links[s, t] * by_imaginary.imag - one
    return worst


@compiled()
def solve_in_place(matrix: Any, vector: Any) -> Any:
    """Gaussian elimination with pivoting; the solution ends in `vector`. False where the matrix is singular."""
    size = vector.size
    for k in range(size):
        pivot = k
        for i in range(k + 1, size):
            if abs(matrix[i, k]) > abs(matrix[pivot, k]):
                pivot = i
        if matrix[pivot, k] == 0.0:
            return False
        if pivot != k:
            for j in range(size):
                matrix[k, j], matrix[pivot, j] = matrix[pivot, j], matrix[k, j]
            vector[k], vector[pivot] = vector[pivot], vector[k]
        for i in range(k + 1, size):
            factor = matrix[i, k] / matrix[k, k]
            for j in range(k + 1, size):
                matrix[i, j] -= factor * matrix[k, j]
            vector[i] -= factor * vector[k]
    for k in range(size - 1, -1, -1):
        for j in range(k + 1, size):
            vector[k] -= matrix[k, j] * vector[j]
        vector[k] /= matrix[k, k]
    return True


@compiled()
def newton(rates: Any, links: Any, unit: Any, unknowns: Any) -> Any:
    """Move `unknowns` to the solution next to them; False where there is none but the unsynchronized state."""
    size = unknowns.size
    miss, jacobian = np.empty(size), np.zeros((size, size))
    for _ in range(MOST_STEPS):
        worst = mismatch(rates, links, unit, unknowns, miss, jacobian)
        if not np.isfinite(worst):
            return False
        if worst < 1e-13:
            break
        if not solve_in_place(jacobian, miss):
            return False
        largest = np.abs(miss).max()
        unknowns -= miss * min(1.0, 0.2 / max(largest, 1e-300))
        if largest < 1e-14:
            break
    worst = mismatch(rates, links, unit, unknowns, miss, jacobian)
    size_of = abs(unknowns[0])
    for t in range(1, links.shape[0]):
        size_of = max(size_of, abs(complex(unknowns[2 * t], unknowns[2 * t + 1])))
    return worst < ACCURACY and size_of > SMALLEST


@compiled()
def disturbances(rates: Any, links: Any, scale: Any) -> Any:
    """Linear dynamics of ρ_01 and ρ_12 of every group about |1⟩⟨1|."""
    count = links.shape[0]
    matrix = np.zeros((2 * count, 2 * count), dtype=np.complex128)
    for s in range(count):
        gain, loss, asymmetry, omega, a, b = rates[s]
        matrix[2 * s, 2 * s] += complex(-gain / 2, omega)
        matrix[2 * s + 1, 2 * s + 1] += complex(-loss / 2, omega + asymmetry)
        for t in range(count):
            link = 1j * scale * links[s, t]
            for k in range(2):
                matrix[2 * s, 2 * t + k] -= link * a * rates[t, 4 + k]
                matrix[2 * s + 1, 2 * t + k] += link * b * rates[t, 4 + k]
    return matrix


@compiled()
def growth(rates: Any, links: Any, scale: Any) -> Any:
    """Fastest growth of the unsynchronized state."""
    return np.linalg.eigvals(disturbances(rates, links, scale)).real.max()


@compiled()
def guess(rates: Any, links: Any, scale: Any, unit: Any, start: Any, out: Any) -> None:
    """Along the fastest growing disturbance: its frequency, and the relative amplitudes of its groups."""
    count = links.shape[0]
    values, vectors = np.linalg.eig(disturbances(rates, links, scale))
    fastest = np.argmax(values.real)
    pattern = np.empty(count, dtype=np.complex128)
    for s in range(count):
        pattern[s] = rates[s, 4] * vectors[2 * s, fastest] + rates[s, 5] * vectors[2 * s + 1, fastest]
    largest = np.abs(pattern).max()
    if largest > 0:
        pattern /= largest
    else:
        pattern[:] = 1.0
    turned = pattern[0].conjugate() / abs(pattern[0]) if abs(pattern[0]) > 1e-6 else 1.0 + 0.0j
    out[0] = max(start * abs(pattern[0]), 0.1 * start)
    out[1] = values[fastest].imag / unit
    for s in range(1, count):
        amplitude = start * pattern[s] * turned
        out[2 * s], out[2 * s + 1] = amplitude.real, amplitude.imag


@compiled()
def wave_growth(rates: Any, links: Any, frequency: Any, unknowns: Any) -> Any:
    """Largest growth rate of a disturbance of a wave, the free phase left out; NaN where it cannot be found."""
    count = links.shape[0]
    state = np.empty((count, 5), dtype=np.complex128)
    turned = rates.copy()
    turned[:, 3] -= frequency
    for s in range(count):
        field = complex(links[s, 0] * unknowns[0], 0.0)
        for t in range(1, count):
            field += links[s, t] * complex(unknowns[2 * t], unknowns[2 * t + 1])
        empty, full, low, high, outer = driven(rates[s], field.real**2 + field.imag**2, frequency)
        state[s, 0], state[s, 1] = empty, full
        state[s, 2], state[s, 3], state[s, 4] = low * field, high * field, outer * field * field
    size = 8 * count
    jacobian = np.empty((size, size), dtype=np.complex128)
    fields = np.empty(count, dtype=np.complex128)
    above, below = np.empty_like(state), np.empty_like(state)
    for k in range(size):  # equations of second degree: differences are exact
        s, part = k // 8, k % 8
        which = part if part < 2 else 2 + (part - 2) // 2
        nudge = 1j if part >= 2 and part % 2 else 1.0 + 0.0j
        kept = state[s, which]
        state[s, which] = kept + nudge
        slope(state, turned, links, fields, above)
        state[s, which] = kept - nudge
        slope(state, turned, links, fields, below)
        state[s, which] = kept
        for t in range(count):
            for j in range(5):
                change = (above[t, j] - below[t, j]) / 2
                if j < 2:
                    jacobian[8 * t + j, k] = change.real
                else:
                    jacobian[8 * t + 2 * j - 2, k] = change.real
                    jacobian[8 * t + 2 * j - 1, k] = change.imag
    if not np.all(np.isfinite(jacobian.real)):
        return np.nan
    values = np.linalg.eigvals(jacobian)
    free = np.argmin(np.abs(values))
    largest = -np.inf
    for k in range(size):
        if k != free:
            largest = max(largest, values[k].real)
    return largest


@compiled()
def follow(rates: Any, links: Any, unit: Any, unknowns: Any) -> Any:
    """The wave that branches off where couplings, scaled together, first turn growing, followed to scale 1."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        if growth(rates, links, middle) > 0:
            high = middle
        else:
            low = middle
    scale = min(1.0, 1.02 * high)
    found = False
    for k in range(len(STARTS) - 1, -1, -1):
        guess(rates, links, scale, unit, STARTS[k], unknowns)
        found = newton(rates, scale * links, unit, unknowns)
        if found:
            break
    step, before, distance = 0.05, unknowns.copy(), 0.0
    while found and scale < 1 and step > 1e-4:
        further = min(1.0, scale * (1 + step))
        trial = unknowns.copy()
        if distance > 0:
            trial += (unknowns - before) * ((further - scale) / distance)
        if newton(rates, further * links, unit, trial) and np.abs(trial - unknowns).max() <= 0.5:
            before, distance, scale, step = unknowns.copy(), further - scale, further, 1.5 * step
            unknowns[:] = trial
        else:
            step /= 2
    return found and scale == 1.0


@compiled()
def settle(rates: Any, links: Any, unit: Any, out: Any) -> Any:
    """Best wave of one point: (kind, growth of the unsynchronized state, growth of the wave); `out` its unknowns."""
    rest = growth(rates, links, 1.0)
    if rest <= 0:
        return UNSYNCHRONIZED, rest, np.nan
    trial = np.empty_like(out)
    best, found = -np.inf, False
    for attempt in range(len(STARTS) + 1):
        if attempt < len(STARTS):
            guess(rates, links, 1.0, unit, STARTS[attempt], trial)
            reached = newton(rates, links, unit, trial)
        else:
            reached = follow(rates, links, unit, trial)
        if not reached:
            continue
        rate = wave_growth(rates, links, unit * trial[1], trial)
        if rate < 0:
            out[:] = trial
            return LOCKED, rest, rate
        if not found or rate < best:
            best, found = rate, True
            out[:] = trial
    return UNDECIDED, rest, best if found else np.nan


@compiled(parallel=True)
def search(
    rates: Any, links: Any, units: Any, kinds: Any, rest: Any, waves: Any, unknowns: Any, start: Any, stop: Any
) -> None:
    """`settle` at points `start` to `stop` of (points, G, 6) `rates` and (points, G, G) `links`; fills the others."""
    for k in numba.prange(start, stop):
        kinds[k], rest[k], waves[k] = settle(rates[k], links[k], units[k], unknowns[k])
