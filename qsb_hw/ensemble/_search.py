"""Search for phase-locked states: groups of any ladder one by one, or three levels, compiled, point by point of a map.

A field h in a frame that turns with Ω gives an oscillator the amplitude ⟨A†⟩ = A(h, h*, Ω), so that a phase-locked
state solves A_σ = A(Σ links[σ, τ] A_τ) for all groups. Unknowns are (Re A_0, Ω/unit, Re A_1, Im A_1, …), A_0 real.

What the groups are made of is a tuple `model`: own dynamics (G, d−1, d−1) of the coherences ρ_{n,n+1} about the
unsynchronized state and its push per field (G, d−1), elements of A (G, d−1), then either rates (G, 6), that is
(γ₊, γ₋, α, ω, a, b) of three levels, whose response has a closed form, or the matrices 𝓛, −i[A, ·] and −i[A†, ·], each
(G, d², d²), whose response takes a linear solution.

One search runs as plain Python: it would take longer to compile than it takes. Only a map compiles it; plain loops
compile several times faster than slices and array expressions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qsb_hw.ensemble._lane_kernel import group_slope
from qsb_hw.lindblad.compiling import compiled, jitable

STARTS = (0.6, 0.3, 0.9, 0.12, 0.03, 1.1)
"""Amplitudes Newton's method is started from, one after the other."""
MOST_STEPS = 40
NUDGE = 1e-6
"""Relative size of the differences that slopes of the closed form are taken from."""
SMALLEST = 1e-7
"""Amplitude below which a solution is the unsynchronized state."""
ACCURACY = 1e-10
"""Largest mismatch of a phase-locked state."""

UNSYNCHRONIZED, LOCKED, UNDECIDED = 0, 1, 2
FOLLOWED, GIVEN = len(STARTS), -1
"""Ways to a phase-locked state beside the starts."""


@jitable
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


@jitable
def _susceptibility(rates: Any, intensity: Any, frequency: Any) -> Any:
    """χ = ⟨S⁺⟩/h of three levels."""
    _, _, lower, upper, _ = driven(rates, intensity, frequency)
    return rates[4] * lower + rates[5] * upper


@jitable
def _closed_response(rates: Any, field: Any, frequency: Any, unit: Any) -> Any:
    intensity = field.real**2 + field.imag**2
    chi = _susceptibility(rates, intensity, frequency)
    step = NUDGE * (intensity + 1e-3)
    by_intensity = (_susceptibility(rates, intensity + step, frequency) - chi) / step
    step = NUDGE * unit
    by_frequency = (_susceptibility(rates, intensity, frequency + step) - chi) / step
    return field * chi, chi + intensity * by_intensity, field * field * by_intensity, field * by_frequency


@jitable
def _solved_response(elements: Any, local: Any, lower: Any, raised: Any, field: Any, frequency: Any) -> Any:
    size, levels = local.shape[0], elements.size + 1
    matrix = local + field * lower + field.conjugate() * raised
    turning = np.empty(size, dtype=np.complex128)
    for i in range(size):
        turning[i] = 1j * (i // levels - i % levels)
        matrix[i, i] += frequency * turning[i]
    matrix[0] = 0.0  # one row is redundant: the trace in its place
    matrix[0, :: levels + 1] = 1.0
    trace = np.zeros(size, dtype=np.complex128)
    trace[0] = 1.0
    state = np.linalg.solve(matrix, trace)
    pushed = np.empty((size, 3), dtype=np.complex128)
    pushed[:, 0], pushed[:, 1], pushed[:, 2] = lower @ state, raised @ state, turning * state
    pushed[0] = 0.0
    moved = np.linalg.solve(matrix, -pushed)
    row = np.zeros(size, dtype=np.complex128)
    for n in range(levels - 1):
        row[n * levels + n + 1] = elements[n].conjugate()
    by = row @ moved
    return row @ state, by[0], by[1], by[2]


@jitable
def response(model: Any, s: Any, field: Any, frequency: Any, unit: Any) -> Any:
    """⟨A†⟩ of group s under a field, and its derivatives with respect to h, h* and Ω."""
    if len(model) == 4:  # known when it is compiled, which leaves the rest out
        return _closed_response(model[3][s], field, frequency, unit)
    _, _, elements, local, lower, raised = model
    return _solved_response(elements[s], local[s], lower[s], raised[s], field, frequency)


@jitable
def copied(source: Any, out: Any) -> None:
    """Out = source, element by element."""
    for i in range(source.size):
        out[i] = source[i]


@jitable
def amplitude(unknowns: Any, s: Any) -> Any:
    """A_s."""
    return complex(unknowns[2 * s], unknowns[2 * s + 1] if s > 0 else 0.0)


@jitable
def field_at(links: Any, unknowns: Any, s: Any) -> Any:
    """Field at group s."""
    field = 0.0j
    for t in range(links.shape[0]):
        field += links[s, t] * amplitude(unknowns, t)
    return field


@jitable
def mismatch(model: Any, links: Any, unit: Any, unknowns: Any, miss: Any, jacobian: Any) -> Any:
    """Amplitudes the fields lead to less those they are made of, its derivatives, and the largest mismatch."""
    count = links.shape[0]
    worst = 0.0
    for s in range(count):
        field = field_at(links, unknowns, s)
        found, by_field, by_conjugate, by_frequency = response(model, s, field, unit * unknowns[1], unit)
        left = found - amplitude(unknowns, s)
        miss[2 * s], miss[2 * s + 1] = left.real, left.imag
        worst = max(worst, abs(left.real), abs(left.imag))
        by_real, by_imaginary = by_field + by_conjugate, 1j * (by_field - by_conjugate)
        turning = unit * by_frequency
        jacobian[2 * s, 1], jacobian[2 * s + 1, 1] = turning.real, turning.imag
        for t in range(count):
            one = 1.0 if s == t else 0.0
            jacobian[2 * s, 2 * t] = links[s, t] * by_real.real - one
            jacobian[2 * s + 1, 2 * t] = links[s, t] * by_real.imag
            if t > 0:
                jacobian[2 * s, 2 * t + 1] = links[s, t] * by_imaginary.real
                jacobian[2 * s + 1, 2 * t + 1] = links[s, t] * by_imaginary.imag - one
    return worst


@jitable
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


@jitable
def newton(model: Any, links: Any, unit: Any, unknowns: Any) -> Any:
    """Move `unknowns` to the solution next to them; False where there is none but the unsynchronized state."""
    size = unknowns.size
    miss, jacobian = np.empty(size), np.zeros((size, size))
    for _ in range(MOST_STEPS):
        worst = mismatch(model, links, unit, unknowns, miss, jacobian)
        if not np.isfinite(worst):
            return False
        if worst < 1e-13:
            break
        if not solve_in_place(jacobian, miss):
            return False
        largest = 0.0
        for i in range(size):
            largest = max(largest, abs(miss[i]))
        share = min(1.0, 0.2 / max(largest, 1e-300))
        for i in range(size):
            unknowns[i] -= share * miss[i]
        if largest < 1e-14:
            break
    worst = mismatch(model, links, unit, unknowns, miss, jacobian)
    largest = 0.0
    for s in range(links.shape[0]):
        largest = max(largest, abs(amplitude(unknowns, s)))
    return worst < ACCURACY and largest > SMALLEST


@jitable
def disturbances(model: Any, links: Any) -> Any:
    """Linear dynamics of ρ_01, ρ_12, … of every group about the unsynchronized state."""
    parts, steps, elements = model[:3]
    count, size = steps.shape
    matrix = np.zeros((count * size, count * size), dtype=np.complex128)
    for s in range(count):
        for i in range(size):
            for j in range(size):
                matrix[s * size + i, s * size + j] = parts[s, i, j]
    for s in range(count):
        for t in range(count):
            for i in range(size):
                for j in range(size):
                    matrix[s * size + i, t * size + j] += links[s, t] * steps[s, i] * elements[t, j].conjugate()
    return matrix


@jitable
def growth(model: Any, links: Any) -> Any:
    """Fastest growth of the unsynchronized state."""
    return np.linalg.eigvals(disturbances(model, links)).real.max()


@jitable
def guess(model: Any, links: Any, unit: Any, start: Any, out: Any) -> None:
    """Along the fastest growing disturbance: its frequency, and the relative amplitudes of its groups."""
    elements = model[2]
    count, size = elements.shape
    values, vectors = np.linalg.eig(disturbances(model, links))
    fastest = np.argmax(values.real)
    pattern = np.zeros(count, dtype=np.complex128)
    for s in range(count):
        for n in range(size):
            pattern[s] += elements[s, n].conjugate() * vectors[s * size + n, fastest]
    largest = 0.0
    for s in range(count):
        largest = max(largest, abs(pattern[s]))
    for s in range(count):
        pattern[s] = pattern[s] / largest if largest > 0 else 1.0 + 0.0j
    turned = pattern[0].conjugate() / abs(pattern[0]) if abs(pattern[0]) > 1e-6 else 1.0 + 0.0j
    out[0] = max(start * abs(pattern[0]), 0.1 * start)
    out[1] = values[fastest].imag / unit
    for s in range(1, count):
        found = start * pattern[s] * turned
        out[2 * s], out[2 * s + 1] = found.real, found.imag


@jitable
def _slopes(rates: Any, links: Any, state: Any, out: Any) -> None:
    """Slopes of three-level groups, (G, 8) as in `_lane_kernel`."""
    for s in range(links.shape[0]):
        gain, loss, asymmetry, omega, a, b = rates[s]
        field = 0.0j
        for t in range(links.shape[0]):
            x, c, d = state[t], rates[t, 4], rates[t, 5]
            field += links[s, t] * complex(c * x[2] + d * x[4], c * x[3] + d * x[5])
        own = (gain, loss, a, b, omega, omega + asymmetry, 2 * omega + asymmetry)
        x = state[s]
        change = group_slope((x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]), own, field.real, field.imag)
        for k in range(8):
            out[s, k] = change[k]


@jitable
def locked_growth(rates: Any, links: Any, frequency: Any, unknowns: Any) -> Any:
    """Largest growth rate of a disturbance of a locked state of three levels, without the free phase, or NaN."""
    count = links.shape[0]
    state = np.empty((count, 8))
    turned = rates.copy()
    for s in range(count):
        turned[s, 3] -= frequency
        field = field_at(links, unknowns, s)
        empty, full, low, high, outer = driven(rates[s], field.real**2 + field.imag**2, frequency)
        low, high, outer = low * field, high * field, outer * field * field
        state[s, 0], state[s, 1] = empty, full
        state[s, 2], state[s, 3], state[s, 4], state[s, 5] = low.real, low.imag, high.real, high.imag
        state[s, 6], state[s, 7] = outer.real, outer.imag
    size = 8 * count
    jacobian = np.empty((size, size), dtype=np.complex128)
    above, below = np.empty((count, 8)), np.empty((count, 8))
    for k in range(size):  # equations of second degree: differences are exact
        kept = state[k // 8, k % 8]
        state[k // 8, k % 8] = kept + 1.0
        _slopes(turned, links, state, above)
        state[k // 8, k % 8] = kept - 1.0
        _slopes(turned, links, state, below)
        state[k // 8, k % 8] = kept
        for i in range(size):
            slope = (above[i // 8, i % 8] - below[i // 8, i % 8]) / 2
            if not np.isfinite(slope):
                return np.nan
            jacobian[i, k] = slope
    values = np.linalg.eigvals(jacobian)
    free = np.argmin(np.abs(values))
    largest = -np.inf
    for k in range(size):
        if k != free:
            largest = max(largest, values[k].real)
    return largest


@jitable
def farthest(one: Any, other: Any) -> Any:
    """Largest modulus of a difference."""
    largest = 0.0
    for i in range(one.size):
        largest = max(largest, abs(one[i] - other[i]))
    return largest


@jitable
def follow(model: Any, links: Any, unit: Any, unknowns: Any) -> Any:
    """The locked state that branches off where couplings, scaled together, first turn growing, followed to scale 1."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        if growth(model, middle * links) > 0:
            high = middle
        else:
            low = middle
    scale = min(1.0, 1.02 * high)
    found = False
    for k in range(len(STARTS) - 1, -1, -1):
        guess(model, scale * links, unit, STARTS[k], unknowns)
        found = newton(model, scale * links, unit, unknowns)
        if found:
            break
    step, before, distance = 0.05, unknowns.copy(), 0.0
    while found and scale < 1 and step > 1e-4:
        further = min(1.0, scale * (1 + step))
        trial = unknowns.copy()
        if distance > 0:
            for i in range(trial.size):
                trial[i] += (unknowns[i] - before[i]) * ((further - scale) / distance)
        if newton(model, further * links, unit, trial) and farthest(trial, unknowns) <= 0.5:
            copied(unknowns, before)
            distance, scale, step = further - scale, further, 1.5 * step
            copied(trial, unknowns)
        else:
            step /= 2
    return found and scale == 1.0


@jitable
def attempt(model: Any, links: Any, unit: Any, which: Any, unknowns: Any) -> Any:
    """One way to a locked state: Newton's method from the start number `which` or from `unknowns`, or `follow`."""
    if which == FOLLOWED:
        return follow(model, links, unit, unknowns)
    if which != GIVEN:
        guess(model, links, unit, STARTS[which], unknowns)
    return newton(model, links, unit, unknowns)


@jitable
def settle(model: Any, links: Any, unit: Any, out: Any) -> Any:
    """Best locked state of three levels at one point: (kind, growth without and with it); `out` its unknowns."""
    free = growth(model, links)
    if free <= 0:
        return UNSYNCHRONIZED, free, np.nan
    trial = np.empty_like(out)
    best, found = -np.inf, False
    for which in range(FOLLOWED + 1):
        if not attempt(model, links, unit, which, trial):
            continue
        rate = locked_growth(model[3], links, unit * trial[1], trial)
        if rate < 0:
            copied(trial, out)
            return LOCKED, free, rate
        if not found or rate < best:
            best, found = rate, True
            copied(trial, out)
    return UNDECIDED, free, best if found else np.nan


_settle = compiled()(settle)


@compiled(nogil=True)
def search(
    parts: Any, steps: Any, elements: Any, rates: Any, links: Any, units: Any,
    kinds: Any, free: Any, locked: Any, unknowns: Any, start: Any, stop: Any,
) -> None:  # fmt: skip
    """`settle` at points `start` to `stop` of models of three levels and `links`, one per point; fills the others."""
    for k in range(start, stop):
        model = (parts[k], steps[k], elements[k], rates[k])
        kinds[k], free[k], locked[k] = _settle(model, links[k], units[k], unknowns[k])
