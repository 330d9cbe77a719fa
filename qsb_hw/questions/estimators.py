"""Estimators of synchronization from measurement records, with their variance in closed form.

One repetition prepares the pair anew and gives one outcome. Its complex weights w_k have the mean c_k, the
coefficients of P(φ) = (1/2π) Σ c_k e^{ikφ}; whatever the protocol, everything follows from outcomes, probabilities
and weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.errors import require
from qsb_hw.lindblad.operators import frozen
from qsb_hw.sync.phase import PhaseDistribution

LEVELS = 3
"""Levels read out of each oscillator: n0 − 1, n0, n0 + 1."""
HARMONICS = LEVELS - 1


@dataclass(frozen=True, slots=True, eq=False)
class Protocol:
    """A measurement with finitely many outcomes.

    Attributes
    ----------
    name : str
        For tables.
    probabilities : (o,) float
        Of every outcome of one repetition, the choice of its setting included.
    weights : (o, k) complex
        w_1 … w_k of every outcome; 0 for an outcome outside the levels read out.
    """

    name: str
    probabilities: Floats
    weights: Complexes

    def __post_init__(self) -> None:
        total = float(np.sum(self.probabilities))
        require(
            abs(total - 1) < 1e-6 and bool(np.all(np.asarray(self.probabilities) > -1e-9)),
            "Probabilities of a protocol must be positive and add up to one",
            total,
            "Normalise the state.",
        )
        clean = np.clip(self.probabilities, 0, None)
        object.__setattr__(self, "probabilities", frozen(clean / clean.sum()))
        object.__setattr__(self, "weights", frozen(np.asarray(self.weights, dtype=complex)))

    def with_harmonics(self, count: int) -> Protocol:
        """The same measurement, of which only c_1 … c_count are used."""
        return replace(self, weights=self.weights[:, :count])

    @property
    def harmonics(self) -> int:
        """How many coefficients are estimated."""
        return int(self.weights.shape[1])

    @property
    def coefficients(self) -> Complexes:
        """c_1 … c_k: the mean of the weights."""
        return np.asarray(self.probabilities @ self.weights)

    def moments(self, phase: float) -> tuple[float, float, float]:
        """Variance of s(φ) and of s′(φ) in one repetition, and s″(φ), at one phase."""
        k = np.arange(1, self.weights.shape[1] + 1)
        waves = self.weights * np.exp(1j * k * phase)
        height, slope = 2 * waves.real.sum(1), -2 * (waves.imag @ k)
        curvature = -2 * float(self.probabilities @ (waves.real @ k**2))
        return self._variance(height), self._variance(slope), curvature

    def _variance(self, values: Floats) -> float:
        mean = float(self.probabilities @ values)
        return float(self.probabilities @ (values - mean) ** 2)


def middle_levels(state: Complexes, levels: tuple[int, int], targets: tuple[int, int]) -> Complexes:
    """Block of a pair's density matrix on the levels n0 − 1, n0, n0 + 1 of each, shape (9, 9); its trace is below one.

    Parameters
    ----------
    state : (n_i n_j, n_i n_j) complex
        Of the pair.
    levels : (int, int)
        n_i and n_j.
    targets : (int, int)
        n0 of each.

    Raises
    ------
    ArgumentError
        If a ladder is too short for n0.
    """
    for n, target in zip(levels, targets, strict=True):
        require(
            1 <= target <= n - 2,
            "The levels read out, n0 − 1 to n0 + 1, must be on the ladder",
            f"n0 = {target} among {n} levels",
            "Keep more levels.",
        )
    kept = [np.arange(t - 1, t + 2) for t in targets]
    index = (kept[0][:, None] * levels[1] + kept[1][None, :]).ravel()
    return np.asarray(state[np.ix_(index, index)])


def phase_readout(block: Complexes) -> Protocol:
    """Relative phases read out directly: both oscillators in the Fourier basis of their three levels.

    A Fourier gate on each, (1/√3) Σ e^{inφ_k}|n⟩ with φ_k = 2πk/3, and level readout; every second repetition the
    basis of one is turned by π/3, without which c_1 and c_2* would fall together. The outcome φ = φ_i − φ_j is drawn
    from P(φ) itself, on six phases, and w_k = e^{−ikφ}. The pair's state must conserve the number of quanta, as that
    of every model in a rotating-wave approximation does.
    """
    offsets = (0.0, math.pi / LEVELS)
    probabilities, weights = [], []
    for offset in offsets:
        for i, one in enumerate(_fourier(0, offset)):
            for j, other in enumerate(_fourier(0)):
                phase = 2 * math.pi * (i - j) / LEVELS + offset
                probabilities.append(_overlap(block, one, other) / len(offsets))
                weights.append(np.exp(-1j * phase * np.arange(1, HARMONICS + 1)))
    return _with_outside("phase readout", probabilities, weights)


def joint_tomography(block: Complexes) -> Protocol:
    """Complete tomography of the three populated levels of both, by local measurements and linear inversion.

    Each oscillator is read out in one of the four mutually unbiased bases of three levels (the levels themselves and
    Fourier bases with quadratic phases), chosen at random: 16 settings. ρ = Σ p (4Π − 1)⊗(4Π′ − 1), outcome by outcome,
    so that w_k = Tr[(4Π − 1)E^k] Tr[(4Π′ − 1)E^{k†}] with E = Σ |n + 1⟩⟨n|.
    """
    bases = [np.eye(LEVELS, dtype=complex), *(_fourier(quadratic) for quadratic in range(LEVELS))]
    shifts = [np.eye(LEVELS, k=-k) for k in range(1, HARMONICS + 1)]
    probabilities, weights = [], []
    for one in bases:
        for other in bases:
            for u in one:
                for v in other:
                    probabilities.append(_overlap(block, u, v) / len(bases) ** 2)
                    weights.append([_dual(u, s) * _dual(v, s.T) for s in shifts])
    return _with_outside("joint tomography", probabilities, weights)


def _fourier(quadratic: int, offset: float = 0.0) -> Complexes:
    """Rows: the vectors (1/√3) Σ_n e^{i(2π(kn + b n²)/3 + n·offset)}|n⟩."""
    n = np.arange(LEVELS)
    phases = 2 * math.pi * (np.outer(n, n) + quadratic * n**2) / LEVELS + offset * n
    return np.asarray(np.exp(1j * phases) / math.sqrt(LEVELS))


def _overlap(block: Complexes, one: Complexes, other: Complexes) -> float:
    vector = np.kron(one, other)
    return float((vector.conj() @ block @ vector).real)


def _dual(vector: Complexes, shift: Floats) -> complex:
    """Tr[(4|v⟩⟨v| − 1) A]."""
    return complex(4 * (vector.conj() @ shift @ vector) - np.trace(shift))


def _with_outside(name: str, probabilities: list[float], weights: list[Complexes] | list[list[complex]]) -> Protocol:
    """Add the outcome "some other level", which has no weight."""
    inside = float(np.sum(probabilities))
    return Protocol(
        name,
        np.array([*probabilities, max(0.0, 1 - inside)]),
        np.array([*weights, np.zeros(HARMONICS)]),
    )


def simulate(protocol: Protocol, repetitions: int, rng: np.random.Generator) -> Integers:
    """A measurement record: how often every outcome came, shape (o,)."""
    return np.asarray(rng.multinomial(repetitions, protocol.probabilities), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A signal from a record.

    Attributes
    ----------
    value : float
        Every repetition taken at the phase that the others found.
    standard_error : float
        From the spread of the outcomes.
    naive : float
        The maximum over phases of the whole record, which is biased upwards.
    """

    value: float
    standard_error: float
    naive: float

    @property
    def significance(self) -> float:
        """Standard errors above zero."""
        return self.value / self.standard_error


def estimate_synchronization(protocol: Protocol, counts: Integers) -> Estimate:
    """S from a record, without the bias of a maximum.

    The highest point of a noisy curve lies above the curve's own: 2π max P̂ − 1 is biased by +b/2N with
    b = Var[s′]/|s″|, and by √(π E|w_1|²/N) where nothing synchronizes. So every repetition is taken at the phase of
    the maximum that all others find (leave one out). Its outcome is independent of that phase, so the mean can never
    exceed S, and is zero where nothing synchronizes; it is S − b/2N, with variance Var[s]/N + b²/2N².

    Raises
    ------
    ArgumentError
        If the counts do not belong to the protocol, or there are fewer than three repetitions.
    """
    total = int(counts.sum())
    require(
        counts.shape == protocol.probabilities.shape and total >= 3,
        f"A record must count {protocol.probabilities.size} outcomes in three repetitions or more",
        f"{total} in {counts.shape}",
        "Use the protocol it was taken with.",
    )
    summed = counts @ protocol.weights
    naive = _distribution(summed / total)
    seen = np.nonzero(counts)[0]
    left_out = [_distribution((summed - protocol.weights[o]) / (total - 1)).argmax for o in seen]
    values = np.array([_heights(protocol.weights[[o]], phase)[0] for o, phase in zip(seen, left_out, strict=True)])
    value = float(counts[seen] @ values) / total
    heights = _heights(protocol.weights, naive.argmax)
    spread = float(counts @ (heights - naive.S) ** 2) / (total - 1)
    return Estimate(value, math.sqrt(spread / total), naive.S)


def estimate_correlation(products: Complexes) -> Estimate:
    """|⟨a_i†a_j⟩| from the products α_i*α_j of heterodyne amplitudes, one a repetition, likewise leaving one out."""
    total = products.size
    require(total >= 3, "A record must have three repetitions or more", total, "Measure longer.")
    mean = complex(products.mean())
    others = (mean * total - products) / (total - 1)
    value = float(np.mean((products * np.exp(-1j * np.angle(others))).real))
    along = (products * np.exp(-1j * np.angle(mean))).real
    return Estimate(value, float(along.std(ddof=1)) / math.sqrt(total), abs(mean))


def _heights(weights: Complexes, phase: float) -> Floats:
    k = np.arange(1, weights.shape[1] + 1)
    return np.asarray(2 * (weights * np.exp(1j * k * phase)).real.sum(1))


def _distribution(coefficients: Complexes) -> PhaseDistribution:
    return PhaseDistribution(np.concatenate([[1.0], coefficients]))
