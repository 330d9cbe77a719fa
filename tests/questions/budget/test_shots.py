"""Repetitions: estimators against their closed forms, and the five-sigma claim against simulated records."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.questions.detection import FEWEST, heterodyne_moments, shots, shots_below
from qsb_hw.questions.estimators import (
    Estimate,
    Protocol,
    estimate_synchronization,
    joint_tomography,
    middle_levels,
    phase_readout,
    standard_error_at,
)

PROTOCOLS = [phase_readout, joint_tomography]
REPEATS = 200


def estimate_correlation(products):
    """|⟨a_i†a_j⟩| from the products α_i*α_j of heterodyne amplitudes, one a repetition, likewise leaving one out."""
    total = products.size
    mean = complex(products.mean())
    others = (mean * total - products) / (total - 1)
    value = float(np.mean((products * np.exp(-1j * np.angle(others))).real))
    along = (products * np.exp(-1j * np.angle(mean))).real
    return Estimate(value, standard_error_at(float(along.var(ddof=1)) / total, abs(mean), value), abs(mean))


def pair(levels=3, coupling=0.3, detuning=20.0, sigma=0.2, target=1):
    """Eliminated Kerr pair, K = 10 γ, at the resonance unless detuned otherwise."""
    one = qh.EffectiveOscillator.lorentzian(
        kerr=10, gamma=1, sigma=sigma, n_plus=target, n_minus=target + 1, levels=levels
    )
    return qh.detuning_sweep(qh.Network([one, one], [[0, coupling], [coupling, 0]]), [detuning])[0]


@pytest.fixture(scope="module")
def solution():
    return pair()


@pytest.fixture(scope="module")
def block(solution):
    return middle_levels(solution.pair_state(0, 1), (3, 3), (1, 1))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_weights_average_to_the_coefficients_of_the_phase_distribution(solution, block, protocol):
    np.testing.assert_allclose(
        protocol(block).coefficients, solution.phase_distribution(0, 1).coefficients[1:], atol=1e-12
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_any_state_that_conserves_the_number_of_quanta_is_estimated_without_bias(protocol):
    rng = np.random.default_rng(3)
    root = rng.standard_normal((9, 9)) + 1j * rng.standard_normal((9, 9))
    rho = root @ root.conj().T
    quanta = np.add.outer(np.arange(3), np.arange(3)).ravel()
    rho = np.where(quanta[:, None] == quanta[None, :], rho, 0)
    rho /= np.trace(rho).real * 1.1  # a tenth lies outside the levels read out
    shift = np.eye(3, k=-1)
    expected = [
        np.trace(rho @ np.kron(np.linalg.matrix_power(shift, k), np.linalg.matrix_power(shift.T, k))) for k in (1, 2)
    ]
    np.testing.assert_allclose(protocol(rho).coefficients, expected, atol=1e-12)


def test_variance_of_the_phase_readout_in_closed_form(block):
    readout = phase_readout(block)
    c1, c2 = readout.coefficients
    inside = float(np.trace(block).real)
    for phase in (0.3, -1.2):
        variance, slope_variance, curvature = readout.with_harmonics(1).moments(phase)
        s, ds = 2 * (c1 * np.exp(1j * phase)).real, -2 * (c1 * np.exp(1j * phase)).imag
        doubled = (c2 * np.exp(2j * phase)).real
        assert variance == pytest.approx(2 * (inside + doubled) - s**2, rel=1e-12)
        assert slope_variance == pytest.approx(2 * (inside - doubled) - ds**2, rel=1e-12)
        assert curvature == pytest.approx(-s, rel=1e-12)


def test_complete_tomography_costs_seven_times_the_phase_readout(solution):
    readout, tomography, _ = shots(solution)
    # E|w_1|² of a flat state: 1 for the readout; for all 16 settings (16/9)·4 = 64/9
    assert tomography.variance / readout.variance == pytest.approx(64 / 9, rel=0.1)
    flat = np.eye(9) / 9
    assert joint_tomography(flat).with_harmonics(1).moments(0.0)[0] == pytest.approx(2 * 64 / 9)
    assert phase_readout(flat).with_harmonics(1).moments(0.0)[0] == pytest.approx(2)


def husimi_products(state, levels, count, rng):
    """α_i*α_j drawn from the Husimi function of a pair: moduli from the populations, phases by rejection."""
    rho = state.reshape(*levels, *levels)
    populations = np.einsum("ijij->ij", rho).real
    which = rng.choice(populations.size, size=4 * count, p=populations.ravel() / populations.sum())
    n, m = np.unravel_index(which, levels)
    x, y = rng.gamma(n + 1), rng.gamma(m + 1)  # |α|², |β|²
    amplitudes = [
        np.array([np.sqrt(z**k / math.factorial(k)) for k in range(d)]) for z, d in ((x, levels[0]), (y, levels[1]))
    ]
    flat = np.einsum("ij,is,js->s", populations, amplitudes[0] ** 2, amplitudes[1] ** 2)
    theta = rng.uniform(-math.pi, math.pi, x.size)
    density = flat.copy()
    bound = flat.copy()
    for k in range(1, min(levels)):
        term = np.zeros(x.size, complex)
        for i in range(levels[0] - k):
            for j in range(k, levels[1]):
                term += (
                    rho[i, j, i + k, j - k]
                    * amplitudes[0][i]
                    * amplitudes[0][i + k]
                    * amplitudes[1][j]
                    * amplitudes[1][j - k]
                )
        density += 2 * (term * np.exp(1j * k * theta)).real  # φ_i − φ_j = θ
        bound += 2 * np.abs(term)
    kept = rng.uniform(size=x.size) * bound < density
    return (np.sqrt(x * y) * np.exp(-1j * theta))[kept][:count]


def test_moments_of_heterodyne_detection_are_those_of_sampled_records():
    solution = pair(levels=4, coupling=0.5)
    state, rng = solution.pair_state(0, 1), np.random.default_rng(5)
    z = husimi_products(state, (4, 4), 200_000, rng)
    signal, along, across = heterodyne_moments(state, (4, 4), 0.0)
    error = math.sqrt(along / z.size)
    assert abs(z.mean() - solution.cross_correlation(0, 1)) < 4 * error
    assert signal == pytest.approx(abs(solution.cross_correlation(0, 1)))
    turned = z * np.exp(-1j * np.angle(z.mean()))
    assert turned.real.var() == pytest.approx(along, rel=0.05)
    assert turned.imag.var() == pytest.approx(across, rel=0.05)


def test_amplifiers_multiply_the_repetitions(solution):
    quiet, noisy = (shots(solution, added_noise=n)[2] for n in (0.0, 10.0))
    assert noisy.signal == quiet.signal
    # E|z|² = ⟨(n_i + 1 + 10)(n_j + 1 + 10)⟩ against ⟨(n_i + 1)(n_j + 1)⟩ with one quantum in each
    assert noisy.repetitions / quiet.repetitions == pytest.approx(144 / 4, rel=0.15)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("detuning", [20.0, 0.0], ids=["resonance", "blockade"])
def test_the_five_sigma_claim_holds_at_the_stated_rate(detuning, protocol):
    solution = pair(detuning=detuning)
    stated = {s.protocol: s for s in shots(solution)}
    measurement = protocol(middle_levels(solution.pair_state(0, 1), (3, 3), (1, 1)))
    stated = stated[measurement.name]
    measurement = measurement.with_harmonics(stated.harmonics)
    rng = np.random.default_rng(2026)
    found = [
        estimate_synchronization(measurement, measurement.sampled(int(stated.repetitions), rng)) for _ in range(REPEATS)
    ]
    seen = np.mean([f.significance >= 5 for f in found])
    assert abs(seen - stated.rate) < 3 * math.sqrt(stated.rate * (1 - stated.rate) / REPEATS)


def test_the_claim_holds_for_the_cross_correlation_too():
    solution = pair(coupling=0.3)
    stated = shots(solution)[2]
    state, rng = solution.pair_state(0, 1), np.random.default_rng(11)
    found = [estimate_correlation(husimi_products(state, (3, 3), int(stated.repetitions), rng)) for _ in range(REPEATS)]
    seen = np.mean([f.significance >= 5 for f in found])
    assert abs(seen - stated.rate) < 3 * math.sqrt(stated.rate * (1 - stated.rate) / REPEATS)


def test_the_maximum_is_biased_upwards_and_leaving_one_out_is_not(block):
    readout = phase_readout(block).with_harmonics(1)
    truth, total, rng = 2 * abs(readout.coefficients[0]), 400, np.random.default_rng(4)
    found = [estimate_synchronization(readout, readout.sampled(total, rng)) for _ in range(1500)]
    naive, fair = (np.array([getattr(f, name) for f in found]) for name in ("naive", "value"))
    phase = -np.angle(readout.coefficients[0])
    variance, slope_variance, curvature = readout.moments(phase)
    b = slope_variance / abs(curvature)
    error = naive.std() / math.sqrt(naive.size)
    assert naive.mean() - truth == pytest.approx(b / (2 * total), abs=4 * error)
    assert fair.mean() - truth == pytest.approx(-b / (2 * total), abs=4 * error)
    assert fair.var() == pytest.approx(variance / total + b**2 / (2 * total**2), rel=0.1)
    expected = math.sqrt(variance / total + b**2 / (2 * total**2))
    assert np.mean([f.standard_error for f in found]) == pytest.approx(expected, rel=0.01)


def test_where_nothing_synchronizes_the_maximum_pretends_and_leaving_one_out_does_not():
    flat = phase_readout(np.eye(9) / 9).with_harmonics(1)
    total, rng = 500, np.random.default_rng(8)
    found = [estimate_synchronization(flat, flat.sampled(total, rng)) for _ in range(1500)]
    naive, fair = (np.array([getattr(f, name) for f in found]) for name in ("naive", "value"))
    assert naive.mean() == pytest.approx(math.sqrt(math.pi / total), rel=0.03)  # 2E|ĉ_1|, E|w_1|² = 1
    assert abs(fair.mean()) < 4 * fair.std() / math.sqrt(fair.size)


@pytest.mark.parametrize("signal", [0.0, 0.1, 0.4], ids=["none", "weak", "strong"])
@pytest.mark.parametrize(("harmonics", "count"), [(1, 800), (2, 300)])
def test_standard_errors_of_records_cover_what_they_say(signal, harmonics, count):
    """Distance from the truth in standard errors, with one maximum or two; see `standard_error_at`."""
    phases = 2 * math.pi * np.arange(6) / 6
    weights = np.exp(-1j * np.outer(phases, np.arange(1, harmonics + 1)))
    measurement = Protocol("six phases", (1 + signal * np.cos(harmonics * (phases - 0.3))) / 6, weights)
    rng = np.random.default_rng(13)
    found = [estimate_synchronization(measurement, measurement.sampled(500, rng)) for _ in range(count)]
    off = np.array([(f.value - signal) / f.standard_error for f in found])
    beyond = 0.09 if harmonics == 2 and not signal else 0.0455
    assert np.mean(np.abs(off) > 2) < beyond + 3 * math.sqrt(beyond / count)
    assert np.mean(np.abs(off) > 3) < 0.01 + 3 * math.sqrt(0.01 / count)
    if not signal:
        assert off.min() > -1.5


def test_repetitions_go_as_one_over_the_square_of_the_coupling():
    couplings = np.array([0.005, 0.01, 0.02])
    found = [shots(pair(coupling=v))[0].repetitions for v in couplings]
    assert np.polyfit(np.log(couplings), np.log(found), 1)[0] == pytest.approx(-2, abs=0.02)


def test_a_second_harmonic_is_used_only_where_it_pays(solution):
    assert shots(solution)[0].harmonics == 1
    c = np.array([0.0, 0.2])  # a distribution with two maxima, as blockaded oscillators have it
    phases = 2 * math.pi * np.arange(6) / 6
    density = (1 + 2 * (c[1] * np.exp(2j * phases)).real) / 6
    weights = np.exp(-1j * np.outer(phases, [1, 2]))
    from qsb_hw.questions.detection import shots_of

    assert shots_of(Protocol("six phases", density, weights), 5.0, 0.9).harmonics == 2


def test_no_signal_takes_for_ever(solution):
    uncoupled = pair(coupling=1e-30)
    assert shots(uncoupled)[0].repetitions > 1e30 or math.isinf(shots(uncoupled)[0].repetitions)
    strong = pair(coupling=3.0)
    assert all(s.repetitions >= FEWEST for s in shots(strong))
    assert shots_below(shots(solution)[0], 0.0) == math.inf


def test_repetitions_that_show_a_small_signal_to_be_small():
    resonant, blockaded = (shots(pair(detuning=d))[0] for d in (20.0, 0.0))
    total = shots_below(blockaded, resonant.signal / 2)
    solution = pair(detuning=0.0)
    measurement = phase_readout(middle_levels(solution.pair_state(0, 1), (3, 3), (1, 1))).with_harmonics(1)
    rng = np.random.default_rng(6)
    found = [estimate_synchronization(measurement, measurement.sampled(int(total), rng)) for _ in range(REPEATS)]
    below = np.mean([f.value + 5 * f.standard_error < resonant.signal / 2 for f in found])
    assert below > 0.9 - 3 * math.sqrt(0.09 / REPEATS)


def test_levels_outside_are_left_out_of_the_signal():
    solution = pair(levels=6, sigma=0.5)
    block = middle_levels(solution.pair_state(0, 1), (6, 6), (1, 1))
    assert np.trace(block).real < 0.99
    rho = solution.pair_state(0, 1).reshape((6,) * 4)
    inside = sum(rho[i, j, i + 1, j - 1] for i in (0, 1) for j in (1, 2))
    assert phase_readout(block).coefficients[0] == pytest.approx(inside, abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"rate": 1.0}, "between 0 and 1"), ({"sigmas": 0.0}, "positive"), ({"added_noise": -1.0}, "not be negative")],
)
def test_questions_without_an_answer(solution, settings, message):
    with pytest.raises(qh.ArgumentError, match=message):
        shots(solution, **settings)


def test_a_ladder_too_short_and_states_that_are_none(solution, block):
    with pytest.raises(qh.ArgumentError, match="n0 = 2 among 3 levels"):
        shots(pair(levels=3, target=2))
    with pytest.raises(qh.ArgumentError, match="two different oscillators"):
        shots(solution, 0, 0)
    with pytest.raises(qh.ArgumentError, match="add up to one"):
        phase_readout(2 * block)


@pytest.mark.parametrize(("place", "protocol"), [(0, "phase readout"), (1, "joint tomography")])
def test_a_budget_states_what_a_record_states(solution, place, protocol):
    stated = shots(solution, readout_error=0.02)[place]
    assert qh.sample_synchronization(solution, shots=10, protocol=protocol, readout_error=0.02).stated == stated
