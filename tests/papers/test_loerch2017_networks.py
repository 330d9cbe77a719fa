"""Three and four oscillators: mediation, and the direct link that fights it."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.papers import loerch2017 as paper
from qsb_hw.papers.loerch2017.networks import zero_crossing
from qsb_hw.papers.loerch2017.setup import oscillator, ring, triangle

SIDES = (20.0, -20.0)


def solved(network):
    return qh.steady_state(network, estimate_truncation=False)


def test_identical_oscillators_synchronize_only_over_a_detuned_third(small):
    data = small("4ab").S_AB
    assert np.all(np.abs(data.sel(V1=0).values) < 1e-12)
    for v1 in (0.1, 0.3):
        row = data.sel(V1=v1)
        for side in SIDES:
            peak = float(row.sel(detuning=side))
            assert peak > 10 * float(row.sel(detuning=0))
            assert peak > 2 * float(row.sel(detuning=[side - 5, side + 5]).max())


def test_detuned_pair_resonates_at_twice_the_kerr_shift_as_without_the_other(small):
    row = small("4ab").S_AC.sel(V1=0.1)
    best = sorted(row.detuning.values[np.argsort(row.values)[-2:]])
    assert best == [-20, 20]


def test_mediation_is_of_second_order_and_the_direct_links_of_first(small):
    data = small("4ab").sel(detuning=0)
    assert float(data.S_AC.sel(V1=0.3) / data.S_AC.sel(V1=0.1)) == pytest.approx(3, rel=0.05)
    assert float(data.S_AB.sel(V1=0.3) / data.S_AB.sel(V1=0.1)) == pytest.approx(9, rel=0.15)


@pytest.mark.parametrize("side", [1, -1])
def test_direct_and_mediated_link_add_up_to_their_closed_forms(side):
    # σ → 0, V ≪ γ ≪ K: c_1 = √2 V2/K + (8/3 or 4/3) V1²
    kerr, v1 = 500.0, 0.004

    def c1(v1, v2):
        a = oscillator(kerr=kerr, n_plus=1, levels=4, sigma=0.02)
        network = qh.Network([a, a, a.detuned(2 * side * kerr)], [[0, v2, v1], [v2, 0, v1], [v1, v1, 0]])
        return solved(network).phase_distribution(0, 1).coefficients[1]

    direct = -paper.first_harmonic(v1, 0, kerr, side) * kerr / np.sqrt(2)
    assert c1(v1, 0) == pytest.approx(paper.first_harmonic(v1, 0, kerr, side), rel=0.02)
    assert c1(0, direct) == pytest.approx(paper.first_harmonic(0, direct, kerr, side), rel=0.02)
    assert abs(c1(v1, direct)) < 0.03 * abs(c1(v1, 0))


@pytest.mark.parametrize("side", SIDES)
def test_direct_link_of_one_sign_suppresses_and_of_the_other_enhances(small, side):
    data = small("4cd").sel(detuning=side)
    for v1 in (0.25, 0.5, 0.75, 1.0):
        column = data.S_AB.sel(V1=v1)
        # V2 > 0 adds up, all the way
        assert np.all(np.diff(column.sel(V2=slice(0, 2)).values) > 0)
        # V2 < 0: c_1 changes its sign, S has a minimum there and grows again beyond
        cancel = float(data.V2_cancel.sel(V1=v1))
        assert -2 < cancel < 0
        assert float(column.min()) < 0.7 * float(column.sel(V2=0))  # as close to the zero as the grid is
        assert float(column.V2[int(column.values.argmin())]) == pytest.approx(cancel, abs=0.5)
        # nothing like it at V2 > 0, the sign the paper's axis suggests
        assert float(column.sel(V2=slice(0, 2)).min()) == float(column.sel(V2=0))


def test_strip_lies_near_minus_v1_below_the_lower_resonance(small):
    data = small("4cd")
    lower = data.V2_cancel.sel(detuning=-20.0)
    for v1 in (0.5, 0.75, 1.0):
        assert float(lower.sel(V1=v1)) == pytest.approx(-v1, abs=0.25)
    upper = data.V2_cancel.sel(detuning=20.0)
    assert np.all(upper.sel(V1=[0.25, 0.5, 0.75, 1.0]).values < lower.sel(V1=[0.25, 0.5, 0.75, 1.0]).values)
    # quadratic where V1 is weak, saturated where it is not
    assert float(lower.sel(V1=0.25) / lower.sel(V1=0.1)) > 3.5
    assert float(lower.sel(V1=1.0) / lower.sel(V1=0.5)) < 2


@pytest.mark.parametrize("side", SIDES)
def test_direct_link_weakens_the_detuned_pair_so_that_contours_bend(small, side):
    data = small("4cd").S_AC.sel(detuning=side, V1=0.25)
    assert np.all(np.diff(data.sel(V2=slice(0.5, 2)).values) < 0)
    assert np.all(np.diff(data.sel(V2=slice(-2, -0.5)).values) > 0)


def test_only_the_sign_of_the_direct_link_matters(small):
    reference = solved(triangle(10.0, 20.0, 0.5, -0.5, 3))
    flipped = solved(triangle(10.0, 20.0, -0.5, -0.5, 3))
    assert flipped.synchronization(0, 1) == pytest.approx(reference.synchronization(0, 1), rel=1e-9)


def test_kerr_shift_of_the_other_sign_turns_the_direct_link_around():
    # complex conjugation of the master equation
    one, other = solved(triangle(10.0, -20.0, 0.6, -0.6, 4)), solved(triangle(-10.0, 20.0, 0.6, 0.6, 4))
    for pair in ((0, 1), (0, 2)):
        assert one.synchronization(*pair) == pytest.approx(other.synchronization(*pair), rel=1e-9)
    assert one.synchronization(0, 1) < 0.3 * solved(triangle(10.0, -20.0, 0.6, 0.0, 4)).synchronization(0, 1)


def test_ring_of_four_mediates_as_well(small):
    data = small("5")
    for v in (0.1, 0.3):
        row = data.sel(coupling=v)
        for side in SIDES:
            for S in (row.S_AB, row.S_AD):
                assert float(S.sel(detuning=side)) > 3 * float(S.sel(detuning=0))
        assert float(row.S_AD.sel(detuning=0)) < float(row.S_AB.sel(detuning=0))


def test_ring_has_a_two_quantum_line_at_three_times_the_kerr_shift():
    # |1⟩_A|1⟩_B|1⟩_C → |3⟩_A|0⟩_B|0⟩_C costs 2Δ − 6K
    data = paper.figure_5(detunings=[25, 30, 35], couplings=[1.0], levels=4).S_AD.values[0]
    assert data[1] > 2 * max(data[0], data[2])


def test_ring_is_one_where_alternating_oscillators_are_neighbours():
    coupling = ring(10.0, 0.3, 3).coupling
    assert np.all(coupling.sum(axis=0) == 0.6)
    assert coupling[0, 3] == coupling[1, 2] == 0  # A–D and B–C are opposite


def test_zero_crossing():
    x = np.linspace(-1, 1, 5)
    assert zero_crossing(x, 2 * x + 0.5) == pytest.approx(-0.25)
    assert np.isnan(zero_crossing(x, x + 5))
