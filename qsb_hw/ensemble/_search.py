"""Search for phase-locked states: groups of any ladder one by one, or three levels, point by point of a map.

A field h in a frame that turns with Ω gives an oscillator the amplitude ⟨A†⟩ = A(h, h*, Ω), so that a phase-locked
state solves A_σ = A(Σ links[σ, τ] A_τ) for all groups. Unknowns are (Re A_0, Ω/unit, Re A_1, Im A_1, …), A_0 real.

What the groups are made of is a tuple `model`: own dynamics (G, d−1, d−1) of the coherences ρ_{n,n+1} about the
unsynchronized state and its push per field (G, d−1), elements of A (G, d−1), then either rates (G, 6), that is
(γ₊, γ₋, α, ω, a, b) of three levels, whose response has a closed form, or the matrices 𝓛, −i[A, ·] and −i[A†, ·], each
(G, d², d²), whose response takes a linear solution. Where nothing else is said there may be axes of points before.

Newton's method runs as plain Python for a single search, which would take longer to compile than it takes, and compiled
for a map; plain loops compile several times faster than slices and array expressions, and eigenvalues are numpy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qsb_hw._typing import Complexes, Floats
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

FOLLOWED, GIVEN = len(STARTS), -1
"""Ways to a phase-locked state beside the starts."""
HALVINGS = 30
"""Bisections that find where the unsynchronized state first turns unstable."""


@jitable
def driven(rates: Any, intensity: Any, frequency: Any) -> Any:
    """(ρ_00, ρ_22, ρ_01/h, ρ_12/h, ρ_02/h²) of the stationary state under a field with |h|² = `intensity`."""
    gain, loss, asymmetry, omega, a, b = rates
    turn = omega - frequency
    low = -gain / 2 + 1j * turn
    high = -loss / 2 + 1j * (turn + asymmetry)
    outer = -(gain + loss) / 2 + 1j * (2 * turn + asymmetry)
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
    return complex(float(unknowns[2 * s]), float(unknowns[2 * s + 1]) if s > 0 else 0.0)


@jitable
def field_at(links: Any, unknowns: Any, s: Any) -> Any:
    """Field at group s."""
    field = 0.0j
    for t in range(links.shape[0]):
        field += float(links[s, t]) * amplitude(unknowns, t)
    return field


@jitable
def mismatch(model: Any, links: Any, unit: Any, unknowns: Any, miss: Any, jacobian: Any) -> Any:
    """Amplitudes the fields lead to less those they are made of, its derivatives, and the largest mismatch."""
    count = links.shape[0]
    worst = 0.0
    for s in range(count):
        field = field_at(links, unknowns, s)
        frequency = float(unit * unknowns[1])  # run as plain Python, numbers of numpy's take three times as long
        found, by_field, by_conjugate, by_frequency = response(model, s, field, frequency, float(unit))
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
def farthest(one: Any, other: Any) -> Any:
    """Largest modulus of a difference."""
    largest = 0.0
    for i in range(one.size):
        largest = max(largest, abs(one[i] - other[i]))
    return largest


@jitable
def follow(model: Any, links: Any, unit: Any, scale: Any, starts: Any, unknowns: Any) -> Any:
    """The state that Newton's method finds from the first of `starts`, (starts, 2G), where it finds one.

    It is found where all links are those given times `scale`, and followed to the links given.
    """
    found = False
    for k in range(starts.shape[0]):
        copied(starts[k], unknowns)
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


@compiled(nogil=True)
def search(
    parts: Any, steps: Any, elements: Any, rates: Any, links: Any, units: Any,
    scales: Any, starts: Any, unknowns: Any, found: Any, begin: Any, end: Any,
) -> None:  # fmt: skip
    """`follow` at points `begin` to `end` of models of three levels; fills `unknowns` and `found`."""
    for k in range(begin, end):
        model = (parts[k], steps[k], elements[k], rates[k])
        found[k] = follow(model, links[k], units[k], scales[k], starts[k], unknowns[k])


def disturbances(model: Any, links: Floats) -> Complexes:
    """Linear dynamics of ρ_01, ρ_12, … of every group about the unsynchronized state."""
    parts, steps, elements = model[:3]
    count, size = steps.shape[-2:]
    matrix = np.einsum("...st,...si,...tj->...sitj", links, steps, elements.conj())
    matrix += np.eye(count)[:, None, :, None] * parts[..., :, :, None, :]
    return np.asarray(matrix.reshape(*matrix.shape[:-4], count * size, count * size))


def growth(model: Any, links: Floats) -> Any:
    """Fastest growth of the unsynchronized state."""
    return np.linalg.eigvals(disturbances(model, links)).real.max(axis=-1)


def onset(model: Any, links: Floats) -> Floats:
    """A little more than the smallest factor of all links that makes the unsynchronized state unstable, at most 1."""
    low = np.zeros(links.shape[:-2])
    high = np.ones(links.shape[:-2])
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        unstable = growth(model, middle[..., None, None] * links) > 0
        low, high = np.where(unstable, low, middle), np.where(unstable, middle, high)
    return np.minimum(1.0, 1.02 * high)


def starting(model: Any, links: Floats, unit: Any, sizes: Any) -> Floats:
    """Unknowns (sizes, 2G) along the fastest growing disturbance, its largest amplitude each of `sizes`."""
    elements = model[2]
    values, vectors = np.linalg.eig(disturbances(model, links))
    fastest = np.argmax(values.real, axis=-1)[..., None]
    vector = np.take_along_axis(vectors, fastest[..., None], axis=-1)[..., 0]
    pattern = (elements.conj() * vector.reshape(elements.shape)).sum(axis=-1)
    largest = np.abs(pattern).max(axis=-1, keepdims=True)
    pattern = np.where(largest > 0, pattern / np.where(largest > 0, largest, 1.0), 1.0)
    first = np.abs(pattern[..., :1])
    turned = np.where(first > 1e-6, pattern[..., :1].conj() / np.maximum(first, 1e-300), 1.0)
    amplitudes = np.asarray(sizes)[:, None] * (pattern * turned)[..., None, :]
    unknowns = np.ascontiguousarray(amplitudes).view(float)
    unknowns[..., 0] = np.asarray(sizes) * np.maximum(first, 0.1)
    unknowns[..., 1] = np.take_along_axis(values, fastest, axis=-1).imag / np.asarray(unit)[..., None]
    return np.asarray(unknowns)


def beginning(model: Any, links: Floats, unit: Any, which: int) -> tuple[Any, Floats]:
    """Scale of the links and starts for `follow`: start number `which`, or all of them where the state branches off."""
    if which == FOLLOWED:
        scale = onset(model, links)
        return scale, starting(model, scale[..., None, None] * links, unit, STARTS[-2::-1])
    return np.ones(links.shape[:-2]), starting(model, links, unit, STARTS[which : which + 1])


def attempt(model: Any, links: Floats, unit: float, which: int, unknowns: Floats) -> bool:
    """One way to a locked state of one model: from the start number `which`, from `unknowns`, or followed."""
    plain = (*model[:3], model[3].tolist()) if len(model) == 4 else model  # as above, numbers of Python's
    if which == GIVEN:
        return bool(newton(plain, links, unit, unknowns))
    scale, starts = beginning(model, links, unit, which)
    return bool(follow(plain, links, unit, float(scale), starts, unknowns))


def locked_growth(rates: Floats, links: Floats, frequency: Floats, amplitudes: Complexes) -> Floats:
    """Largest growth rate of a disturbance of locked states of three levels, without the free phase; NaN where none is.

    Of points (P, G, …); the equations are of second degree, so that differences are exact slopes.
    """
    turned = rates.copy()
    turned[..., 3] -= frequency[:, None]
    fields = np.einsum("pst,pt->ps", links, amplitudes)
    given = np.moveaxis(turned, -1, 0)
    empty, full, low, high, outer = driven(given, np.abs(fields) ** 2, 0.0)
    low, high, outer = low * fields, high * fields, outer * fields**2
    state = np.stack([empty, full, low.real, low.imag, high.real, high.imag, outer.real, outer.imag], axis=-1)
    size = 8 * links.shape[-1]
    jacobian = np.empty((len(links), size, size))
    for k in range(size):
        step = np.eye(size)[k].reshape(-1, 8)
        change = _slopes(given, links, state + step) - _slopes(given, links, state - step)
        jacobian[:, :, k] = change.reshape(-1, size) / 2
    known = np.isfinite(jacobian).all(axis=(1, 2))
    values = np.linalg.eigvals(jacobian[known])
    free = np.abs(values).argmin(axis=1)
    values[np.arange(len(values)), free] = -np.inf
    found = np.full(len(links), np.nan)
    found[known] = values.real.max(axis=1)
    return found


def _slopes(rates: Floats, links: Floats, state: Floats) -> Floats:
    """Slopes of three-level groups, (P, G, 8) as in `_lane_kernel`; rates (6, P, G)."""
    gain, loss, asymmetry, omega, a, b = rates
    x = np.moveaxis(state, -1, 0)
    fields = np.einsum("pst,pt->ps", links, a * (x[2] + 1j * x[3]) + b * (x[4] + 1j * x[5]))
    own = (gain, loss, a, b, omega, omega + asymmetry, 2 * omega + asymmetry)
    return np.stack(group_slope.py_func(tuple(x), own, fields.real, fields.imag), axis=-1)
