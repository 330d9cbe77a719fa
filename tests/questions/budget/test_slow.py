"""Slow noise: quadratures against moments and direct sampling, and what moves when something stands elsewhere."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.lindblad.capacity import on_one_core
from qsb_hw.model.noise import Noise, SlowLaw, SlowNoise
from qsb_hw.questions.noise import NoiseRow
from qsb_hw.questions.observe import (
    certified_alone,
    certified_pair,
    pair_detunings,
    populated,
)
from qsb_hw.questions.slow_noise import flicker_spread, quadrature, slow_average, standing_at


def everywhere(levels, shift):
    return SlowNoise(Noise.FREQUENCY, "oscillator", SlowLaw.FLICKER, shift * np.arange(levels))


@pytest.fixture
def small(make_oscillator):
    """One cavity pumps against T1: a pair with every Fock state that matters has 36 states."""
    both = make_oscillator(sigma=0.1, ratio=0.1, levels=3, quanta=2, loss=20.0)
    return replace(both, baths=both.baths[1:])


def setting_of(oscillator, levels=3):
    gamma = oscillator.baths[0].tones[0].gamma
    return qh.analyse(oscillator, coupling=0.3 * gamma, pair_levels=levels)


@pytest.mark.parametrize("nodes", [2, 3, 5, 9])
def test_hermite_nodes_give_the_moments_of_a_normal_distribution(nodes):
    x, w = quadrature(SlowLaw.FLICKER, nodes, 1.7)
    for power in range(0, 2 * nodes, 2):
        exact = 1.7**power * math.prod(range(1, power, 2))  # (2k − 1)!! σ^2k
        assert w @ x**power == pytest.approx(exact, rel=1e-10)
    assert w @ x ** (2 * nodes - 1) == pytest.approx(0, abs=1e-9 * np.abs(x).max() ** (2 * nodes - 1))


@pytest.mark.parametrize("nodes", [2, 3, 5, 9])
def test_chebyshev_nodes_give_the_moments_of_a_cosine(nodes):
    x, w = quadrature(SlowLaw.PERIODIC, nodes, math.nan)
    for power in range(0, 2 * nodes, 2):
        assert w @ x**power == pytest.approx(math.comb(power, power // 2) / 2**power, rel=1e-12)


def test_spread_of_flicker_noise_is_the_integral_of_its_density():
    rate, duration = 1e4, 600.0
    f = np.geomspace(1 / duration, rate / (2 * math.pi), 20001)
    assert flicker_spread(rate, duration) ** 2 == pytest.approx(np.trapezoid(1 / f, f), rel=1e-6)
    with pytest.raises(qh.ArgumentError, match="longer than the oscillator takes to settle"):
        flicker_spread(1e4, 1e-5)


def test_pumps_stay_where_they_are(make_oscillator):
    oscillator = make_oscillator(target=2)
    noise = SlowNoise(Noise.FLUX, "both", SlowLaw.FLICKER, np.array([0.0, 1, 3, 4, 4]) * 0.01, (0.02, -0.03))
    moved = standing_at(oscillator, noise, 2.0)
    np.testing.assert_allclose(moved.ladder.energies - oscillator.ladder.energies, 2 * noise.levels)
    for before, after, shift in zip(oscillator.baths, moved.baths, noise.resonances, strict=True):
        assert after.tones[0].detuning == pytest.approx(before.tones[0].detuning - 2 * shift)  # δ = ω_pump − ω_c
        np.testing.assert_allclose(after.hamiltonian, np.diag(-after.tones[0].detuning * np.arange(3)))


def test_a_moved_ladder_under_fixed_pumps_is_a_ladder_with_retuned_pumps(make_oscillator):
    oscillator = make_oscillator(target=1)
    moved = standing_at(oscillator, everywhere(5, 0.05), 1.0)
    kappa, g = oscillator.baths[0].tones[0].linewidth, oscillator.baths[0].tones[0].coupling
    lines = oscillator.ladder.transition_frequencies
    same = qh.SelfOscillator(
        qh.Ladder.kerr(50.05, 1.0, 5), [qh.Bath.cavity(d, kappa, g) for d in (-lines[1], lines[0])],
        oscillator.decoherence,
    )  # fmt: skip
    found, expected = (qh.steady_state(qh.full_model(o)).populations(0) for o in (moved, same))
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found[1] < qh.steady_state(qh.full_model(oscillator)).populations(0)[1] - 1e-3


def sampled(oscillator, noise, spread, setting, count):
    """P(n0) and S at zero and at a resonance from draws of x in both devices, with standard errors of the mean."""
    rng = np.random.default_rng(7)
    detunings = pair_detunings(oscillator, setting)
    fidelities, coefficients = [], []
    for _ in range(count):
        normal, uniform = rng.standard_normal(2), rng.random(2)
        draws = spread * normal if noise.law is SlowLaw.FLICKER else np.cos(2 * math.pi * uniform)
        first, second = (standing_at(oscillator, noise, x) for x in draws)
        fidelities.append(populated(certified_alone(first), setting.target))
        coefficients.append(certified_pair(first, second, detunings, setting).coefficients)
    coefficients = np.array(coefficients)
    S = np.array([qh.PhaseDistribution(c).S for c in coefficients.mean(axis=0)])
    error = np.sqrt((2 * np.abs(coefficients[:, :, 1] - coefficients[:, :, 1].mean(0))) ** 2).std(0) / math.sqrt(count)
    return np.mean(fidelities), np.std(fidelities) / math.sqrt(count), S, error + 1e-12


@pytest.mark.parametrize("law", list(SlowLaw))
def test_quadrature_agrees_with_direct_sampling(small, law):
    setting = setting_of(small)
    gamma = small.baths[0].tones[0].gamma
    size = 1.1 * gamma if law is SlowLaw.FLICKER else 1.5 * gamma
    noise = SlowNoise(Noise.FREQUENCY, "oscillator", law, size * np.arange(3), (0.3 * size,))
    average = slow_average(noise, 1.0, setting)
    fidelity, fidelity_error, S, errors = sampled(small, noise, 1.0, setting, 50)
    assert abs(average.seen.fidelity - fidelity) < 4 * fidelity_error + average.fidelity_error
    assert np.all(np.abs(average.seen.S - S) < 4 * errors + average.contrast_error * S[0])
    still = certified_pair(small, small, pair_detunings(small, setting), setting).S
    assert still[1] - average.seen.S[1] > 8 * errors[1]  # there is something to agree on
    assert average.seen.status is qh.Status.CONVERGED


def test_a_noise_wider_than_the_line_is_a_bound_and_says_so(small):
    setting = setting_of(small)
    gamma = small.baths[0].tones[0].gamma
    noise = SlowNoise(Noise.FREQUENCY, "oscillator", SlowLaw.FLICKER, 10 * gamma * np.arange(3))
    average = slow_average(noise, 1.0, setting)
    _, _, S, errors = sampled(small, noise, 1.0, setting, 36)
    still = certified_pair(small, small, pair_detunings(small, setting), setting)
    row = NoiseRow(
        noise=Noise.FREQUENCY, name="", contrast=average.seen.contrast, contrast_without=still.contrast,
        contrast_error=average.contrast_error,
    )  # fmt: skip
    assert not row.contrast_resolved
    assert average.seen.S[1] > S[1] - 4 * errors[1]  # the loss told is no more than the loss there is
    assert row.contrast_loss > 0.1


def test_nodes_grow_until_nothing_changes(small):
    setting = setting_of(small)
    gamma = small.baths[0].tones[0].gamma
    weak, strong = (slow_average(everywhere(3, f * gamma), 1.0, setting) for f in (0.01, 0.15))
    assert weak.nodes == 3
    assert strong.nodes > weak.nodes
    for found in (weak, strong):
        assert found.contrast_error < 2e-2 * found.seen.contrast
    # alone, every pair at the resonance, and without detuning one of two that are each other's mirror image
    assert weak.seen.solves == 3 + 9 + 6
    assert weak.solves == 2 + 4 + 3 + weak.seen.solves


@pytest.mark.usefixtures("every_core")
def test_an_average_is_the_same_on_one_core(small):
    setting = setting_of(small)
    noise = everywhere(3, 0.01 * small.baths[0].tones[0].gamma)
    average = slow_average(noise, 1.0, setting)
    with on_one_core():
        alone = slow_average(noise, 1.0, setting_of(small))
    assert np.array_equal(average.seen.coefficients, alone.seen.coefficients)
    assert average.seen.fidelity == alone.seen.fidelity


def test_a_small_noise_costs_its_square(small):
    setting = setting_of(small)
    gamma = small.baths[0].tones[0].gamma
    still = certified_pair(small, small, pair_detunings(small, setting), setting).S[1]
    sizes = np.array([0.02, 0.04, 0.08])
    lost = [still - slow_average(everywhere(3, f * gamma), 1.0, setting).seen.S[1] for f in sizes]
    assert np.polyfit(np.log(sizes), np.log(lost), 1)[0] == pytest.approx(2, abs=0.05)


def test_shifts_must_be_finite():
    with pytest.raises(qh.ArgumentError, match="finite amount"):
        everywhere(3, math.nan)


def test_runs_without_noise_are_the_device_with_its_counter_rotating_terms(make_oscillator):
    oscillator = make_oscillator(sigma=0.1, ratio=0.1, levels=3, quanta=2)
    gamma = oscillator.baths[0].tones[0].gamma
    kept, dropped = (qh.analyse(oscillator, coupling=0.3 * gamma, pair_levels=3, rwa=rwa) for rwa in (False, True))
    assert abs(kept.fidelity - dropped.fidelity) > 1e-8
    still = slow_average(everywhere(3, 0.0), 1.0, kept).seen
    assert still.fidelity == pytest.approx(kept.fidelity, abs=1e-11)
    assert still.S[0] == pytest.approx(kept.S([0.0])[0], rel=1e-6)
