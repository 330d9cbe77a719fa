"""Populations that telescope: P(n) = P(n0) σ²/((n − n0)² + σ²), and what truncation does to them."""

import numpy as np
import pytest

import qsb_hw as qh


def oscillator(target, sigma, levels, gamma=1.0):
    return qh.EffectiveOscillator.lorentzian(
        kerr=10.0, gamma=gamma, sigma=sigma, n_plus=target, n_minus=target + 1, levels=levels
    )


def fock_population_of_the_endless_ladder(target, sigma):
    """1/Σ_{n≥0} σ²/((n−n0)²+σ²), with Σ over all integers = πσ coth πσ."""
    upwards = (np.pi * sigma / np.tanh(np.pi * sigma) + 1) / 2  # k = 0, 1, 2, …
    downwards = sum(sigma**2 / (k**2 + sigma**2) for k in range(1, target + 1))
    return 1 / (upwards + downwards)


@pytest.mark.parametrize("target", [1, 2, 5])
@pytest.mark.parametrize("sigma", [0.02, 0.2, 1.0])
def test_populations_telescope_to_a_lorentzian(target, sigma):
    # P(n)/P(n−1) = f₊(n)/f₋(n) = ((n−1−n0)² + σ²)/((n−n0)² + σ²) when n₋ = n₊ + 1
    levels = target + 8
    populations = qh.steady_state(qh.effective_model(oscillator(target, sigma, levels))).populations(0)
    weights = sigma**2 / ((np.arange(levels) - target) ** 2 + sigma**2)
    assert np.allclose(populations, weights / weights.sum(), rtol=1e-8, atol=0)


def test_populations_do_not_depend_on_gamma_or_on_the_hamiltonian():
    one, other = (qh.steady_state(qh.effective_model(oscillator(2, 0.3, 9, gamma))) for gamma in (1e-3, 5e6))
    assert np.allclose(one.populations(0), other.populations(0), rtol=1e-10)


@pytest.mark.parametrize(("target", "sigma"), [(1, 0.2), (2, 0.5), (4, 0.2)])
def test_truncation_error_falls_only_as_one_over_the_number_of_levels(target, sigma):
    levels = np.array([40, 80, 160, 320])
    limit = fock_population_of_the_endless_ladder(target, sigma)
    found = [qh.steady_state(qh.effective_model(oscillator(target, sigma, n))).populations(0)[target] for n in levels]
    error = np.array(found) - limit
    assert np.all(error > 0)
    # the tail beyond N weighs Σ σ²/k² ≈ σ²/(N − n0 − ½), so that is the length to plot against
    slope = np.polyfit(np.log(levels - target - 0.5), np.log(error), 1)[0]
    assert slope == pytest.approx(-1.0, abs=0.02)


@pytest.mark.parametrize("target", [1, 2, 4])
@pytest.mark.parametrize("sigma", [0.05, 0.2, 0.6])
@pytest.mark.parametrize("extra", [3, 8, 30])
def test_reported_truncation_error_covers_the_true_one_without_crying_wolf(target, sigma, extra):
    alone = oscillator(target, sigma, target + extra)
    solution = qh.steady_state(qh.Network([alone], [[0.0]]))
    weights = fock_population_of_the_endless_ladder(target, sigma) * sigma**2
    endless = weights / ((np.arange(alone.levels) - target) ** 2 + sigma**2)
    true = np.abs(solution.populations(0) - endless).max()
    assert true <= solution.truncation_error <= 12 * true


def test_no_truncation_error_is_claimed_where_there_is_no_smaller_ladder():
    two_levels = qh.EffectiveOscillator.lorentzian(kerr=1, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=2)
    assert np.isnan(qh.steady_state(qh.Network([two_levels], [[0.0]])).truncation_error)
