"""Pair observables against closed forms and against each other."""

import numpy as np
import pytest

import qsb_hw as qh


def oscillator(kerr=10.0, levels=4):
    return qh.EffectiveOscillator.lorentzian(kerr=kerr, gamma=1.0, sigma=0.2, n_plus=1, n_minus=2, levels=levels)


def solve(v=0.3, detuning=20.0, third=False):
    one = oscillator()
    others = [one, one] if third else [one]
    coupling = np.zeros((1 + len(others),) * 2)
    coupling[0, 1] = coupling[1, 0] = v
    if third:
        coupling[1, 2] = coupling[2, 1] = v
    return qh.steady_state(qh.Network([one.detuned(detuning), *others], coupling), estimate_truncation=False)


def test_uncoupled_oscillators_share_nothing():
    solution = solve(v=0.0)
    assert solution.mutual_information(0, 1) == pytest.approx(0, abs=1e-12)
    assert solution.negativity(0, 1) == pytest.approx(0, abs=1e-12)
    assert abs(solution.cross_correlation(0, 1)) < 1e-14


@pytest.mark.parametrize("third", [False, True])
def test_pair_state_is_what_the_whole_state_reduces_to(third):
    solution = solve(third=third)
    rho = solution.state().reshape((4, 4, 4, 4) if not third else (4,) * 6)
    reduced = rho if not third else np.einsum("abcdec->abde", rho)
    assert np.allclose(solution.pair_state(0, 1), reduced.reshape(16, 16), atol=1e-14)


def test_cross_correlation_is_the_trace_with_ladder_operators():
    solution = solve(third=True)
    a = np.diag(np.sqrt(np.arange(1.0, 4)), 1)
    first, second = np.kron(a, np.eye(4)), np.kron(np.eye(4), a)
    expected = np.trace(solution.pair_state(0, 1) @ first.conj().T @ second)
    assert solution.cross_correlation(0, 1) == pytest.approx(expected, rel=1e-10)
    assert solution.cross_correlation(1, 0) == pytest.approx(np.conj(expected), rel=1e-10)


def test_current_conservation_ties_the_correlation_to_the_flow_of_quanta():
    # d⟨n_1⟩/dt from the exchange alone is 2V Im⟨a_1†a_2⟩, and in the steady state the oscillator's own gain and loss
    # must make up for it
    solution = solve(v=0.3, detuning=20.0)
    one, populations = oscillator(), solution.populations(0)
    own = populations[:-1] @ one.up_rates - populations[1:] @ one.down_rates
    assert own == pytest.approx(-2 * 0.3 * solution.cross_correlation(0, 1).imag, rel=1e-8)
    assert abs(own) > 1e-3


def test_shared_quantities_peak_at_the_resonance_like_the_synchronization():
    near, blocked = solve(detuning=20.0), solve(detuning=0.0)
    assert near.mutual_information(0, 1) > 10 * blocked.mutual_information(0, 1)
    assert near.negativity(0, 1) > 0.01


def test_product_of_pure_states_has_no_negativity_and_a_bell_state_a_half():
    # driven into (|01⟩ + |10⟩)/√2 by one collective jump: the textbook negativity is 1/2
    bell = np.array([0, 1, 1, 0]) / np.sqrt(2)
    jumps = [np.outer(bell, row) for row in np.eye(4) - np.outer(bell, bell)]
    steady = qh.steady_state(qh.LindbladModel(np.zeros((4, 4)), tuple(jumps), dims=(2, 2)))
    ladder = qh.EffectiveOscillator(qh.Ladder.kerr(0.0, 0.0, 2), np.zeros((2, 2)))
    solution = qh.SyncSolution(
        network=qh.Network([ladder, ladder], np.zeros((2, 2))),
        steady=steady,
        subsystems=(0, 1),
    )
    assert solution.negativity(0, 1) == pytest.approx(0.5, abs=1e-12)
    assert solution.mutual_information(0, 1) == pytest.approx(2 * np.log(2), abs=1e-9)


def test_bimodality_counts_the_second_maximum():
    double = qh.PhaseDistribution(np.array([1.0, 0.0, 0.2]))
    assert double.bimodality == pytest.approx(1.0)
    assert sorted(np.abs(double.maxima())) == pytest.approx([0.0, np.pi], abs=1e-9)
    assert qh.PhaseDistribution(np.array([1.0, 0.3])).bimodality == 0.0
    uneven = qh.PhaseDistribution(np.array([1.0, 0.05, 0.2]))
    low = min(uneven(uneven.extrema()))
    assert uneven.bimodality == pytest.approx((uneven(np.pi) - low) / (uneven(0.0) - low))
