"""What the rotating-wave approximation drops, and with which power of κ/ω it falls."""

import numpy as np
import pytest

import qsb_hw as qh


def largest_change(oscillator):
    with_all, rotating = (qh.steady_state(qh.full_model(oscillator, rwa)).populations(0) for rwa in (False, True))
    return np.abs(with_all - rotating).max()


@pytest.mark.parametrize(("target", "kappa"), [(1, 0.5), (2, 0.8)])
def test_error_falls_as_the_square_of_kappa_over_omega_when_both_tones_are_equally_strong(lab, target, kappa):
    # counter-rotating rates are γ(κ/4ω)² relative to the resonant ones. Level shifts would be of first order, but
    # those of a red and a blue tone of equal g cancel between levels, see below
    frequencies = np.array([30.0, 60.0, 120.0, 240.0])
    errors = [largest_change(lab.stabilised(target, kappa, 0.02 * kappa, frequency=w)) for w in frequencies]
    assert errors[0] < 3e-4
    assert lab.exponent(kappa / frequencies, errors) == pytest.approx(2, abs=0.15)


def test_error_falls_only_as_kappa_over_omega_when_the_tones_differ(lab):
    # the Bloch–Siegert shift of every spacing is (g₊² − g₋²)/2ω; far out it wins over rates ∝ 1/ω²
    frequencies = np.array([1e3, 3e3, 1e4])
    errors = [
        largest_change(lab.stabilised(1, 0.5, 0.02, damping_coupling=0.05, frequency=w, bath_levels=2))
        for w in frequencies
    ]
    assert lab.exponent(1 / frequencies, errors) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(("blue", "red"), [(0.03, 0.03), (0.03, 0.01), (0.0, 0.03)])
def test_bloch_siegert_shift_of_the_spacings(lab, blue, red):
    # red tone: |n⟩ → |n+1⟩ with a photon, −g₋²(n+1)/2ω; blue tone: |n⟩ → |n−1⟩ with a photon, +g₊²n/2ω
    frequency = 4e3
    oscillator = lab.stabilised(1, 0.5, blue, damping_coupling=red, frequency=frequency, levels=6)
    with_all, rotating = (qh.eliminate(oscillator, rwa=rwa).ladder.transition_frequencies for rwa in (False, True))
    expected = (blue**2 - red**2) / (2 * frequency)
    assert np.allclose((with_all - rotating)[:-1], expected, rtol=5e-3, atol=3e-10)


def test_counter_rotating_heating_of_the_damping_tone(lab):
    # the red tone also heats: Γ(n−1 → n) = g²nκ/((κ/2)² + (2ω)²) ≈ γ n (κ/4ω)²
    kappa, g, frequency = 0.5, 0.01, 300.0
    oscillator = qh.SelfOscillator(qh.Ladder.kerr(frequency, 1.0, 4), [qh.Bath.cavity(-frequency, kappa, g)])
    heating = qh.eliminate(oscillator, rwa=False).up_rates
    assert np.all(qh.eliminate(oscillator, rwa=True).up_rates == 0)
    gamma = 4 * g**2 / kappa
    assert heating[0] == pytest.approx(gamma * (kappa / (4 * frequency)) ** 2, rel=1e-3)


def test_sideband_cooling_limit_of_a_harmonic_mode():
    # one red tone at δ = −ω and no other loss: ⟨n⟩ = Γ↑/(Γ↓ − Γ↑) → (κ/4ω)², the known limit of resolved sidebands
    kappa, frequency = 1.0, 10.0
    oscillator = qh.SelfOscillator(qh.Ladder.kerr(frequency, 0.0, 6), [qh.Bath.cavity(-frequency, kappa, 0.01)])
    mean = np.arange(6) @ qh.steady_state(qh.full_model(oscillator, rwa=False)).populations(0)
    assert mean == pytest.approx((kappa / (4 * frequency)) ** 2, rel=0.01)
