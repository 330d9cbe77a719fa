"""A stabilised Kerr oscillator in units of K, and the fit every claim about an order rests on."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import qsb_hw as qh


def stabilised(
    target=1,
    kappa=0.5,
    coupling=0.01,
    *,
    damping_coupling=None,
    kerr=1.0,
    frequency=50.0,
    levels=None,
    bath_levels=3,
    decoherence=None,
):
    """Kerr ladder with a blue tone on target−1 → target and a red one on target+1 → target."""
    ladder = qh.Ladder.kerr(frequency, kerr, levels or target + 4)
    spacing = frequency - 2 * kerr * np.arange(target + 1)
    baths = [
        qh.Bath.cavity(
            -spacing[target], kappa, coupling if damping_coupling is None else damping_coupling, bath_levels
        ),
        qh.Bath.cavity(spacing[target - 1], kappa, coupling, bath_levels),
    ]
    return qh.SelfOscillator(ladder, baths, decoherence or qh.Decoherence())


def exponent(parameter, error):
    """p of error ∝ parameter^p, by least squares in the logarithms."""
    return np.polyfit(np.log(parameter), np.log(np.abs(error)), 1)[0]


@pytest.fixture(scope="session")
def lab():
    return SimpleNamespace(stabilised=stabilised, exponent=exponent)
