"""Pairs of stabilised oscillators, in units of γ (eliminated) or K (complete)."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import qsb_hw as qh


def effective(target=2, *, kerr=10.0, sigma=0.2, levels=6, frequency=0.0, gamma=1.0):
    return qh.EffectiveOscillator.lorentzian(
        kerr=kerr, gamma=gamma, sigma=sigma, n_plus=target, n_minus=target + 1, levels=levels, frequency=frequency
    )


def complete(target=1, kappa=0.4, coupling=0.01, *, levels=4, bath_levels=2, frequency=50.0, decoherence=None):
    """Kerr ladder, K = 1, with both cavities kept."""
    ladder = qh.Ladder.kerr(frequency, 1.0, levels)
    spacing = ladder.transition_frequencies
    deltas = (-spacing[target], spacing[target - 1])
    baths = [qh.Bath.cavity(delta, kappa, coupling, bath_levels) for delta in deltas]
    return qh.SelfOscillator(ladder, baths, decoherence or qh.Decoherence())


def pair(one, other=None, v=0.1, detuning=0.0):
    return qh.Network([one.detuned(detuning), one if other is None else other], [[0, v], [v, 0]])


def synchronization(network):
    return qh.steady_state(network, estimate_truncation=False).synchronization(0, 1)


def exponent(parameter, error):
    """p of error ∝ parameter^p, by least squares in the logarithms."""
    return np.polyfit(np.log(parameter), np.log(np.abs(error)), 1)[0]


@pytest.fixture(scope="session")
def lab():
    return SimpleNamespace(
        effective=effective, complete=complete, pair=pair, synchronization=synchronization, exponent=exponent
    )
