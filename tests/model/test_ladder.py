"""Level energies and operators of one oscillator."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qsb_hw as qh


@given(frequency=st.floats(-10, 100), kerr=st.floats(-3, 3), levels=st.integers(2, 9))
def test_kerr_spacings_fall_by_2k_per_level(frequency, kerr, levels):
    # H = ω n − K n(n−1) gives ω_n = E_n − E_{n−1} = ω − 2K(n−1), anharmonicity −2K
    ladder = qh.Ladder.kerr(frequency, kerr, levels)
    n = np.arange(1, levels)
    assert np.allclose(ladder.transition_frequencies, frequency - 2 * kerr * (n - 1), rtol=0, atol=1e-11)
    assert ladder.energies[0] == 0
    assert all(ladder.kerr_at(level) == pytest.approx(kerr, abs=1e-11) for level in range(1, levels - 1))


def test_coordinate_is_that_of_a_boson():
    ladder = qh.Ladder.kerr(5.0, 0.1, 6)
    lowering = np.diag(np.sqrt(np.arange(1.0, 6)), 1)
    assert np.allclose(ladder.lowering, lowering)
    assert np.allclose(ladder.coupling, lowering + lowering.T)
    assert np.allclose(ladder.exchange, lowering)


def test_measured_spacings_are_taken_as_they_are():
    ladder = qh.Ladder.from_transitions([10.0, 8.0, 5.0])
    assert np.allclose(ladder.energies, [0, 10, 18, 23])
    assert ladder.kerr_at(1) == pytest.approx(1.0)
    assert ladder.kerr_at(2) == pytest.approx(1.5)


def test_energies_are_counted_from_the_ground_state_and_operators_from_the_0_1_element():
    x = np.array([[0.1, 2.0, 0.0], [2.0, 0.2, 3.0], [0.0, 3.0, 0.3]])
    y = np.array([[0, 0.5j, 0], [0, 0, 0.8j], [0, 0, 0]])
    ladder = qh.Ladder(np.array([7.0, 9.0, 10.0]), x, y)
    assert np.allclose(ladder.energies, [0, 2, 3])
    assert ladder.coupling[0, 1] == 1.0
    assert ladder.coupling[1, 2] == pytest.approx(1.5)
    assert ladder.exchange[0, 1] == 1.0
    assert ladder.exchange[1, 2] == pytest.approx(1.6)


def test_truncation_and_detuning_keep_what_they_should():
    ladder = qh.Ladder.kerr(10.0, 0.5, 6)
    assert np.allclose(ladder.truncated(3).energies, ladder.energies[:3])
    raised = ladder.detuned(0.25)
    assert np.allclose(raised.transition_frequencies, ladder.transition_frequencies + 0.25)
    assert raised.kerr_at(1) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: qh.Ladder.kerr(1.0, 0.1, 1), "at least two levels"),
        (lambda: qh.Ladder(np.array([0.0]), np.zeros((1, 1))), "at least two levels"),
        (lambda: qh.Ladder(np.array([0.0, np.nan]), np.eye(2)), "finite"),
        (lambda: qh.Ladder(np.array([0.0, 1.0]), np.eye(2)), "X_01 = 0"),
        (lambda: qh.Ladder(np.array([0.0, 1.0]), np.array([[0, 1], [0, 0]])), "Hermitian"),
        (lambda: qh.Ladder(np.array([0.0, 1.0]), np.ones((3, 3))), "2 × 2"),
        (lambda: qh.Ladder.kerr(1.0, 0.1, 4).kerr_at(3), "neighbours"),
        (lambda: qh.Ladder.kerr(1.0, 0.1, 4).kerr_at(0), "neighbours"),
        (lambda: qh.Ladder.kerr(1.0, 0.1, 4).truncated(5), "2 … 4, but found 5"),
    ],
)
def test_ladders_that_make_no_sense_are_refused(make, message):
    with pytest.raises(qh.ArgumentError, match=message):
        make()


def test_ladders_are_read_only_and_travel_between_processes():
    ladder = qh.Ladder.kerr(3.0, 0.2, 4)
    for array in (ladder.energies, ladder.coupling, ladder.exchange):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        ladder.energies = np.zeros(4)
    again = pickle.loads(pickle.dumps(ladder))
    assert np.array_equal(again.energies, ladder.energies)
    assert np.array_equal(again.coupling, ladder.coupling)


def test_ladder_does_not_share_memory_with_what_it_was_made_from():
    energies, x = np.array([0.0, 1.0, 1.5]), qh.Ladder.kerr(1.0, 0.1, 3).coupling.copy()
    ladder = qh.Ladder(energies, x)
    energies[1], x[0, 1] = 99.0, 99.0
    assert ladder.energies[1] == 1.0
    assert ladder.coupling[0, 1] == 1.0
