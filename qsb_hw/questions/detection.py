"""How many repetitions it takes to detect the synchronization of a pair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes
from qsb_hw.arguments import real
from qsb_hw.errors import require
from qsb_hw.model.network import Network
from qsb_hw.questions.estimators import LEVELS, PROTOCOLS, Protocol, middle_levels
from qsb_hw.questions.readout import confusions
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.phase import PhaseDistribution
from qsb_hw.sync.solution import SyncSolution

SIGMAS = 5.0
"""Standard deviations from zero that count as detected."""
RATE = 0.9
"""Share of experiments that detect it with the number of repetitions stated."""
FEWEST = 40
"""Fewest repetitions stated: with fewer a standard error is itself uncertain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shots:
    """Repetitions of one protocol for one signal.

    Attributes
    ----------
    protocol, signal : str, float
        The measurement, and what it estimates: S of the levels read out and the harmonics used, or |⟨a_i†a_j⟩|.
    harmonics : int
        Coefficients c_k used: with c_1 alone S = 2|c_1|; as many as make for the fewest repetitions, since a c_k that
        is small adds only its noise. 0 where no phase distribution is estimated.
    variance : float
        Of the estimate in one repetition, at the phase of the maximum; falls as 1/N.
    phase_cost : float
        b = Var[s′]/|s″|: estimating the phase too costs b/2N of the signal and adds b²/2N² to the variance.
    repetitions : float
        N for which the estimate exceeds `sigmas` standard errors in a share `rate` of all experiments; infinite for
        no signal.
    naive_bias : float
        By how much the maximum of the estimated distribution would be biased upwards at that N.
    """

    protocol: str
    signal: float
    harmonics: int
    variance: float
    phase_cost: float
    repetitions: float
    naive_bias: float
    sigmas: float
    rate: float


def shots(
    solution: SyncSolution | Evolution,
    first: int = 0,
    second: int = 1,
    *,
    sigmas: float = SIGMAS,
    rate: float = RATE,
    added_noise: float = 0.0,
    readout_error: float | Sequence[ArrayLike] = 0.0,
) -> tuple[Shots, ...]:
    """Repetitions until the synchronization of two oscillators is detected, by three protocols.

    Phase readout and joint tomography estimate S of the levels n0 − 1, n0, n0 + 1 (`qsb_hw.questions.estimators`);
    heterodyne detection of what both oscillators emit estimates ⟨a_i†a_j⟩. Every repetition waits for the steady state
    anew.

    Parameters
    ----------
    solution : SyncSolution or Evolution
        Of a network, from `steady_state` or `detuning_sweep`; of an `Evolution` the state at its last time.
    first, second : int
        The pair.
    sigmas, rate : float
        Standard errors the estimate must lie above zero, and the share of experiments that must find it so.
    added_noise : float
        Quanta each amplifier adds to the vacuum noise of heterodyne detection.
    readout_error : float or two (3, 3) array_like
        Of the level readout of phase readout and joint tomography, as of `read_out`; it is undone, which
        takes more repetitions.

    Returns
    -------
    tuple of Shots
        Phase readout, joint tomography, cross-correlation.

    Raises
    ------
    ArgumentError
        If an oscillator lacks n0 or its neighbours on its ladder, the rate is outside (0, 1), or a number is negative.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.1, n_plus=1, n_minus=2, levels=4)
    >>> pair = qh.Network([one.detuned(20.0), one], [[0, 0.3], [0.3, 0]])
    >>> [shot.protocol for shot in qh.shots(qh.steady_state(pair))]
    ['phase readout', 'joint tomography', 'cross-correlation']
    """
    require_claim(sigmas, rate, added_noise)
    found = [shots_of(protocol, sigmas, rate) for protocol in protocols(solution, first, second, readout_error)]
    pair = _network(solution).pair(first, second)
    levels = (pair[0].levels, pair[1].levels)
    signal, along, across = heterodyne_moments(solution.pair_state(first, second), levels, added_noise)
    cost = across / signal if signal > 0 else math.inf
    return (*found, _shots("cross-correlation", signal, 0, along, cost, sigmas, rate))


def protocols(
    source: SyncSolution | Evolution,
    first: int,
    second: int,
    readout_error: float | Sequence[ArrayLike] = 0.0,
    number: int = -1,
) -> tuple[Protocol, ...]:
    """Measurements of S of two oscillators, by detectors with that error; `number` is a time of an `Evolution`."""
    pair = _network(source).pair(first, second)
    state = source.pair_state(first, second, number) if isinstance(source, Evolution) else (
        source.pair_state(first, second))  # fmt: skip
    targets = (pair[0].target or 0, pair[1].target or 0)
    block = middle_levels(state, (pair[0].levels, pair[1].levels), targets)
    confused = confusions((LEVELS, LEVELS), readout_error)
    exact = all(np.array_equal(c, np.eye(LEVELS)) for c in confused)
    found = tuple(protocol(block) for protocol in PROTOCOLS.values())
    return found if exact else tuple(protocol.with_readout_error(*confused) for protocol in found)


def _network(source: SyncSolution | Evolution) -> Network:
    network = source.network
    require(network is not None, "Synchronization must be that of a network", "a model", "Evolve a Network.")
    assert network is not None
    return network


def require_claim(sigmas: float, rate: float, added_noise: float) -> None:
    """Raise `ArgumentError` unless the claim can be asked for."""
    rate = real("`rate`", rate, "0.9 asks for nine experiments in ten.")
    require(0 < rate < 1, "`rate` must be a share between 0 and 1", rate, "0.9 asks for nine experiments in ten.")
    sigmas = real("`sigmas`", sigmas, "5 is the usual claim.", above=0.0)
    added_noise = real("`added_noise`", added_noise, "0 is the quantum limit.", least=0.0)


def shots_below(one: Shots, bound: float) -> float:
    """Repetitions until the estimate of a small signal lies below `bound`, as surely as `one` asks for its own.

    (sigmas + z)²v/(bound − signal)²; infinite where the signal is not below the bound.
    """
    from scipy.special import ndtri

    room = bound - one.signal
    if room <= 0:
        return math.inf
    spreads = one.sigmas + float(ndtri(one.rate))
    return float(max(math.ceil(one.variance * (spreads / room) ** 2), FEWEST))


def heterodyne_moments(state: Complexes, levels: tuple[int, int], added_noise: float) -> tuple[float, float, float]:
    """|⟨a_i†a_j⟩|, and the variance of z = α_i*α_j in one repetition along its phase and across it.

    Ideal heterodyne detection draws (α_i, α_j) from the pair's Husimi function, whose moments are antinormally ordered:
    E z = ⟨a_i†a_j⟩, E|z|² = ⟨(a a†)_i (a a†)_j⟩ with added quanta in either factor, E z² = ⟨a_i†² a_j²⟩. With
    y = Re(z e^{−iθ}), θ = arg E z, the variances are ½(E|z|² ± Re(e^{−2iθ} E z²)), less |E z|² along the phase. Here
    a = Σ √n |n−1⟩⟨n|, and `levels` are n_i and n_j.
    """
    a, b = (np.diag(np.sqrt(np.arange(1, n)), 1) for n in levels)
    n, m = (np.arange(size) + 1 + added_noise for size in levels)
    mean, square = (complex(np.trace(state @ np.kron(one, other))) for one, other in ((a.T, b), (a.T @ a.T, b @ b)))
    turn = np.exp(-1j * np.angle(mean))
    intensity = float((np.diag(state).real.reshape(levels) * np.outer(n, m)).sum())
    in_phase = float((turn**2 * square).real)
    along, across = (intensity + in_phase) / 2 - abs(mean) ** 2, (intensity - in_phase) / 2
    return abs(mean), along, across


def shots_of(protocol: Protocol, sigmas: float, rate: float) -> Shots:
    """With as many harmonics as make for the fewest repetitions."""
    tried = []
    for count in range(1, protocol.weights.shape[1] + 1):
        used = protocol.with_harmonics(count)
        curve = PhaseDistribution(np.concatenate([[1.0], used.coefficients]))
        variance, slope_variance, curvature = used.moments(curve.argmax)
        cost = slope_variance / abs(curvature) if curvature else math.inf
        tried.append(_shots(protocol.name, curve.S, count, variance, cost, sigmas, rate))
    return min(tried, key=lambda found: found.repetitions)


def _shots(
    name: str, signal: float, harmonics: int, variance: float, phase_cost: float, sigmas: float, rate: float
) -> Shots:
    detectable = signal > 0 and math.isfinite(phase_cost)
    repetitions = _repetitions(signal, variance, phase_cost, sigmas, rate) if detectable else math.inf
    return Shots(
        protocol=name,
        signal=signal,
        harmonics=harmonics,
        variance=variance,
        phase_cost=phase_cost,
        repetitions=repetitions,
        naive_bias=phase_cost / (2 * repetitions) if math.isfinite(repetitions) else math.nan,
        sigmas=sigmas,
        rate=rate,
    )


def _repetitions(signal: float, variance: float, phase_cost: float, sigmas: float, rate: float) -> float:
    """N from S − b/2N = (sigmas + z) √(v/N + b²/2N²): the mean clears `sigmas` standard errors by z of its spread."""
    from scipy.optimize import brentq
    from scipy.special import ndtri

    z = float(ndtri(rate))

    def clearance(log_n: float) -> float:
        n = math.exp(log_n)
        spread = math.sqrt(variance / n + phase_cost**2 / (2 * n**2))
        return signal - phase_cost / (2 * n) - (sigmas + z) * spread

    least = most = math.log(FEWEST)
    if clearance(least) >= 0:
        return float(FEWEST)
    while clearance(most) < 0:
        most += math.log(10)
    return math.ceil(math.exp(brentq(clearance, least, most)))
