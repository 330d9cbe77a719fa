"""Synchronized states found directly: rotating waves of the mean-field equations, and whether they are stable.

In a frame that rotates with Ω a rotating wave is a fixed point. Each group is the stationary state of one three-level
oscillator driven by its mean field, so the unknowns are Ω and the amplitudes, one of them real by choice of phase.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qsb_hw.sync.ensemble.groups import RAISING, SPIN_Z, SpinGroups
from qsb_hw.sync.ensemble.stability import growth, stability_matrix

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

STARTS = (0.6, 0.3, 0.9, 0.12, 0.03, 1.1)
"""Amplitudes Newton's method is started from, one after the other."""
MOST_STEPS = 60
SMALLEST = 1e-7
"""Amplitude below which a solution is the unsynchronized state."""


@dataclass(frozen=True, slots=True, eq=False)
class LimitCycle:
    """A rotating wave, or the unsynchronized state where there is none.

    Attributes
    ----------
    groups : SpinGroups
        What was solved.
    amplitude : (G,) float
        |⟨S⁺⟩| of every group; zero where nothing synchronizes.
    phase : (G,) float
        arg⟨S⁺⟩ relative to the first group.
    frequency : (G,) float
        Of ⟨S⁺⟩ ∝ e^{iΩt}, the same for all groups; NaN without a wave.
    states : (G, 3, 3) complex
        Density matrices in the rotating frame.
    growth : float
        Largest real part of the linearised dynamics about the state, the free phase left out; negative: stable.
    residual : float
        Largest mismatch of the self-consistency.
    """

    groups: SpinGroups
    amplitude: Floats
    phase: Floats
    frequency: Floats
    states: Complexes
    growth: float
    residual: float

    @property
    def synchronized(self) -> bool:
        """Whether there is a wave."""
        return bool(self.amplitude.max() > SMALLEST)

    @property
    def stable(self) -> bool:
        """Whether small disturbances die out."""
        return self.growth < 0

    @property
    def relative_phase(self) -> float:
        """arg⟨S⁺⟩ of the first group less that of the second, in (−π, π]; NaN for a single group."""
        return float(np.angle(np.exp(-1j * self.phase[1]))) if self.groups.count > 1 else math.nan


def limit_cycle(groups: SpinGroups) -> LimitCycle:
    """Rotating wave of all groups at one frequency, by Newton's method; the unsynchronized state if there is none.

    The wave is followed from where the couplings, scaled up together, first make the unsynchronized state unstable.
    Where that leads nowhere, or to an unstable wave, others are looked for from different starts; a stable one is
    preferred, then the largest.
    """
    followed = _follow(groups)
    found = [] if followed is None else [_cycle(groups, followed)]
    if not any(cycle.stable for cycle in found):
        others = (_newton(groups, _guess(groups, start)) for start in STARTS)
        found += [_cycle(groups, unknowns) for unknowns in others if unknowns is not None]
    stable = [cycle for cycle in found if cycle.stable]
    if found:
        return max(stable or found, key=lambda cycle: float(cycle.amplitude.sum()))
    return _unsynchronized(groups)


def stationary_states(groups: SpinGroups, fields: Complexes, frequency: float) -> Complexes:
    """States (G, 3, 3) of every group under a constant field h_σ in the frame rotating with `frequency`."""
    return np.array([_driven(groups, k, field, frequency) for k, field in enumerate(fields)])


def _driven(groups: SpinGroups, group: int, field: complex, frequency: float) -> Complexes:
    liouvillian = _liouvillian(groups, group, field, frequency)
    liouvillian[0] = np.eye(3).ravel()  # one row is redundant: the trace in its place
    rhs = np.zeros(9, dtype=complex)
    rhs[0] = 1.0
    return np.asarray(np.linalg.solve(liouvillian, rhs).reshape(3, 3))


def _liouvillian(groups: SpinGroups, group: int, field: complex, frequency: float) -> Complexes:
    """Row-major matrix of one group's master equation under a fixed field."""
    hamiltonian = (groups.frequency[group] - frequency) * SPIN_Z + np.diag([0, 0, groups.asymmetry[group]])
    hamiltonian = hamiltonian + np.conj(field) * RAISING + field * RAISING.conj().T
    one = np.eye(3)
    matrix = -1j * (np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
    for rate, source in ((groups.gain[group], 0), (groups.loss[group], 2)):
        jump = np.zeros((3, 3))
        jump[1, source] = math.sqrt(rate)
        decay = jump.T @ jump
        matrix += np.kron(jump, jump) - (np.kron(decay, one) + np.kron(one, decay)) / 2
    return np.asarray(matrix)


def _amplitudes(states: Complexes) -> Complexes:
    return np.asarray(np.einsum("gij,ji->g", states, RAISING))


def _mismatch(groups: SpinGroups, unknowns: Floats) -> Floats:
    """Amplitudes the fields lead to less those they are made of, real and imaginary parts."""
    trial, frequency = _unfold(unknowns)
    left = _amplitudes(stationary_states(groups, groups.links @ trial, frequency)) - trial
    return np.concatenate([left.real, left.imag])


def _unfold(unknowns: Floats) -> tuple[Complexes, float]:
    """(Re A_0, Ω, Re A_1 …, Im A_1 …) → amplitudes and frequency; A_0 is real."""
    others = (unknowns.size - 2) // 2
    rest = unknowns[2 : 2 + others] + 1j * unknowns[2 + others :]
    return np.concatenate([[unknowns[0] + 0j], rest]), float(unknowns[1])


def _follow(groups: SpinGroups) -> Floats | None:
    """The wave that branches off where couplings, scaled together, first destabilise |1⟩⟨1|, followed to scale 1."""
    if growth(groups).real <= 0:
        return None
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if growth(groups.scaled(middle)).real > 0 else (middle, high)
    scale = min(1.0, 1.02 * high)
    here = groups.scaled(scale)
    starts = (_newton(here, _guess(here, start)) for start in reversed(STARTS))
    unknowns = next((found for found in starts if found is not None), None)
    before, step = None, 0.05
    while unknowns is not None and scale < 1 and step > 1e-4:
        further = min(1.0, scale * (1 + step))
        guess = unknowns
        if before is not None:
            guess = unknowns + (unknowns - before[1]) * (further - scale) / (scale - before[0])
        found = _newton(groups.scaled(further), guess)
        if found is None or np.abs(found - unknowns).max() > 0.5:
            step /= 2
        else:
            before, unknowns, scale, step = (scale, unknowns), found, further, 1.5 * step
    return unknowns if scale == 1 else None


def _newton(groups: SpinGroups, unknowns: Floats) -> Floats | None:
    """Solution next to a guess, or None."""
    scale = float(np.abs(groups.links).max() + groups.gain.max() + groups.loss.max())
    units = np.where(np.arange(unknowns.size) == 1, scale, 1.0)
    for _ in range(MOST_STEPS):
        miss = _mismatch(groups, unknowns)
        if np.abs(miss).max() < 1e-13:
            break
        move = np.linalg.lstsq(_jacobian(groups, unknowns, miss, units), -miss, rcond=None)[0]
        size = float(np.abs(move).max())
        unknowns = unknowns + units * move * min(1.0, 0.2 / max(size, 1e-300))
    reached = np.abs(_mismatch(groups, unknowns)).max() < 1e-9
    return unknowns if reached and np.abs(_unfold(unknowns)[0]).max() > SMALLEST else None


def _guess(groups: SpinGroups, start: float) -> Floats:
    """Along the fastest growing disturbance: its frequency, and the relative amplitudes of its groups."""
    values, vectors = np.linalg.eig(stability_matrix(groups))
    fastest = int(np.argmax(values.real))
    pattern = vectors[0::2, fastest] + vectors[1::2, fastest]
    size = np.abs(pattern).max()
    pattern = pattern / size if size > 0 else np.ones(groups.count, dtype=complex)
    first = pattern[0] if abs(pattern[0]) > 1e-6 else 1.0
    amplitudes = start * pattern * np.conj(first) / abs(first)
    amplitudes[0] = max(amplitudes[0].real, 0.1 * start)
    return np.concatenate([[amplitudes[0].real, values[fastest].imag], amplitudes[1:].real, amplitudes[1:].imag])


def _jacobian(groups: SpinGroups, unknowns: Floats, miss: Floats, units: Floats) -> Floats:
    """By forward differences, per unit of each unknown."""
    small = 1e-7
    moved = (unknowns + small * units * row for row in np.eye(unknowns.size))
    return np.array([(_mismatch(groups, other) - miss) / small for other in moved]).T


def _cycle(groups: SpinGroups, unknowns: Floats) -> LimitCycle:
    amplitudes, frequency = _unfold(unknowns)
    states = stationary_states(groups, groups.links @ amplitudes, frequency)
    values = np.linalg.eigvals(linearised(groups, states, frequency))
    free = int(np.argmin(np.abs(values)))  # turning all phases together costs nothing
    return LimitCycle(
        groups,
        np.abs(amplitudes),
        np.angle(amplitudes * np.conj(amplitudes[0])),
        np.full(groups.count, frequency),
        states,
        float(np.delete(values, free).real.max()),
        float(np.abs(_mismatch(groups, unknowns)).max()),
    )


def linearised(groups: SpinGroups, states: Complexes, frequency: float) -> Complexes:
    """Linearised mean-field dynamics about `states` in the frame of `frequency`, (8G, 8G).

    On deviations of all elements but ρ_11, which the trace fixes.
    """
    fields = groups.links @ _amplitudes(states)
    size = 9 * groups.count
    full = np.zeros((size, size), dtype=complex)
    raise_of, lower_of = RAISING.T.ravel(), RAISING.conj().ravel()  # Tr(ρS⁺) and Tr(ρS⁻) of row-major ρ
    for s in range(groups.count):
        here = slice(9 * s, 9 * s + 9)
        full[here, here] += _liouvillian(groups, s, complex(fields[s]), frequency)
        lowering, raising = RAISING.conj().T, RAISING
        by_field = (-1j * (lowering @ states[s] - states[s] @ lowering)).ravel()
        by_conjugate = (-1j * (raising @ states[s] - states[s] @ raising)).ravel()
        for t in range(groups.count):
            there = slice(9 * t, 9 * t + 9)
            full[here, there] += groups.links[s, t] * (np.outer(by_field, raise_of) + np.outer(by_conjugate, lower_of))
    return _traceless(full, groups.count)


def _traceless(matrix: Complexes, count: int) -> Complexes:
    """Restricted to deviations with δρ_11 = −δρ_00 − δρ_22."""
    embed = np.delete(np.eye(9), 4, axis=1)
    embed[4, [0, 7]] = -1.0
    keep = np.delete(np.eye(9), 4, axis=0)
    one = np.eye(count)
    return np.asarray(np.kron(one, keep) @ matrix @ np.kron(one, embed))


def _unsynchronized(groups: SpinGroups) -> LimitCycle:
    states = np.zeros((groups.count, 3, 3), dtype=complex)
    states[:, 1, 1] = 1.0
    nothing = np.zeros(groups.count)
    return LimitCycle(
        groups, nothing, nothing, np.full(groups.count, math.nan), states, float(growth(groups).real), 0.0
    )
