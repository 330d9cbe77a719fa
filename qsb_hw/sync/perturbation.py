"""Synchronization of two eliminated oscillators to first order in their coupling (Lörch 2017, S1–S3)."""

from __future__ import annotations

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.errors import ArgumentError
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.build import effective_model
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network, Oscillator
from qsb_hw.sync.phase import PhaseDistribution


def perturbative_coherences(network: Network, first: int, second: int) -> Complexes:
    """First-order coherences ρ⁽¹⁾ between |m_i − 1, m_j + 1⟩ and |m_i, m_j⟩ of a pair.

    ρ⁽¹⁾_ab = i V_ab (ρ⁽⁰⁾_b − ρ⁽⁰⁾_a)/λ_ab with λ_ab = −i(E_a − E_b) − ½ Σ (rates out of a and b), plus dephasing.
    Jumps move populations only, so L0 is diagonal on these elements and this is exact to first order. The
    printed (S2) has the opposite sign, which turns the phase by π and leaves S alone.
    """
    one, other = (_eliminated(oscillator) for oscillator in network.pair(first, second))
    populations = np.outer(_populations(one), _populations(other))
    amplitude = network.coupling[second, first] * np.outer(
        np.diag(one.ladder.exchange, 1), np.diag(other.ladder.exchange, 1).conj()
    )  # ⟨m_i−1, m_j+1| C_ji a_j†a_i |m_i, m_j⟩
    energy = one.ladder.energies[:, None] + other.ladder.energies[None, :]
    leaving = one.rates.sum(axis=0)[:, None] + other.rates.sum(axis=0)[None, :]
    before, after = (slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))
    dephasing = one.dephasing_rate + other.dephasing_rate
    rate = -1j * (energy[after] - energy[before]) - (leaving[after] + leaving[before]) / 2 - dephasing
    return np.asarray(1j * amplitude * (populations[before] - populations[after]) / rate)


def perturbative_phase_distribution(network: Network, first: int, second: int) -> PhaseDistribution:
    """Relative-phase distribution to first order in the coupling: one harmonic."""
    lowered = perturbative_coherences(network, first, second).sum()
    return PhaseDistribution(np.array([1.0, lowered]))


def perturbative_synchronization(network: Network, first: int = 0, second: int = 1) -> float:
    """S = 2|Σ ρ⁽¹⁾| of two coupled oscillators to first order in their coupling (Lörch 2017 Eq. S3).

    Parameters
    ----------
    network : Network
        Of eliminated oscillators.
    first, second : int
        The pair.

    Returns
    -------
    float
        S, proportional to the coupling.

    Raises
    ------
    ArgumentError
        If an oscillator's baths are not eliminated, or an index is out of range.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=5)
    >>> network = qh.Network([one, one.detuned(20)], [[0, 0.01], [0.01, 0]])
    >>> print(f"{qh.perturbative_synchronization(network):.4f}")
    0.0144
    """
    return perturbative_phase_distribution(network, first, second).S


def _eliminated(oscillator: Oscillator) -> EffectiveOscillator:
    if not isinstance(oscillator, EffectiveOscillator):
        raise ArgumentError(
            "Perturbation theory in the coupling needs eliminated oscillators, but found the complete oscillator "
            f"{oscillator.name!r}. Pass it through `eliminate` first."
        )
    return oscillator


def _populations(oscillator: EffectiveOscillator) -> Floats:
    return steady_state(effective_model(oscillator)).populations(0)
