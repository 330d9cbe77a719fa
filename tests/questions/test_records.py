"""Readout in finite shots: unbiased, with the error it states."""

import numpy as np
import pytest

import qsb_hw as qh

ONE = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.3, n_plus=1, n_minus=2, levels=3)
PAIR = qh.Network([ONE.detuned(20.0), ONE], [[0, 0.4], [0.4, 0]])
SKEW = [[0.97, 0.10, 0.0], [0.03, 0.85, 0.1], [0.0, 0.05, 0.9]]


@pytest.mark.parametrize("error", [0.0, 0.08, [SKEW, np.eye(3)]])
def test_estimates_are_unbiased_and_scatter_as_stated(error):
    state = qh.evolve(PAIR, [0.0, 3.0])
    rng = np.random.default_rng(3)
    seen = [qh.read_out(state, (0, 1), 400, error, rng=rng) for _ in range(400)]
    joint = state.final.diagonal().real.reshape(3, 3)
    assert np.allclose(seen[0].populations, joint)
    estimates = np.array([one.estimate for one in seen])
    scatter = estimates.std(axis=0)
    often = joint > 0.02
    assert np.abs((estimates.mean(axis=0) - joint) / (scatter / 20 + 1e-9))[often].max() < 4
    stated = np.array([one.error for one in seen]).mean(axis=0)
    assert np.allclose(stated[often], scatter[often], rtol=0.15)
    assert all(one.counts.sum() == 400 for one in seen)


def test_the_number_of_shots_gives_the_error_asked_for():
    solution = qh.steady_state(PAIR)
    rng = np.random.default_rng(5)
    shots = qh.read_out(solution, (0, 1), 1, 0.05, rng=rng).shots_for(5e-3)
    scatter = np.std([qh.read_out(solution, (0, 1), shots, 0.05, rng=rng).estimate for _ in range(300)], axis=0)
    assert scatter.max() == pytest.approx(5e-3, rel=0.15)


def test_the_same_seed_reads_the_same():
    steady = qh.steady_state(qh.effective_model(ONE))
    first, second = (qh.read_out(steady, shots=50, rng=np.random.default_rng(7)).counts for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"oscillators": (0, 0)}, "named once"),
        ({"oscillators": (2,)}, "oscillator"),
        ({"shots": 0}, "at least 1"),
        ({"readout_error": 0.5}, "below 0.5"),
        ({"readout_error": [np.eye(2)]}, "3 × 3 probabilities"),
        ({"readout_error": [np.full((3, 3), 1 / 3)]}, "told apart"),
    ],
)
def test_bad_input_is_refused(options, words):
    with pytest.raises(qh.ArgumentError, match=words):
        qh.read_out(qh.steady_state(PAIR), **options)
