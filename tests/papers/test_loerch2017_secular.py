"""Note [41]: what changes when the coherences between neighbouring transitions are kept."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.papers import loerch2017 as paper
from qsb_hw.papers.loerch2017.setup import oscillator, pair

SECULAR, COLLECTIVE = 1, 0


def local_maxima(x, y):
    inside = (y[1:-1] > y[:-2]) & (y[1:-1] > y[2:])
    return x[1:-1][inside]


def slope(x, y):
    return np.polyfit(np.log(x), np.log(np.abs(y)), 1)[0]


def test_both_kinds_of_dissipators_have_the_same_rates_and_uncoupled_populations():
    secular, collective = (oscillator(kerr=1, n_plus=1, levels=6, secular=s) for s in (True, False))
    assert secular.rates == pytest.approx(collective.rates, rel=1e-12)
    assert not secular.collective
    assert len(collective.collective) == 2
    here, there = (qh.steady_state(pair(o, o, 0.0), estimate_truncation=False) for o in (secular, collective))
    assert here.populations(0) == pytest.approx(there.populations(0), abs=1e-12)
    assert abs(there.synchronization(0, 1)) < 1e-12


@pytest.mark.parametrize("variant", [SECULAR, COLLECTIVE])
def test_the_blockade_survives(small, variant):
    data = small("note41")
    curve = data.S.sel(case_kerr=10, secular=variant)
    detuning, s = data.detuning.values, curve.values
    highest = local_maxima(detuning, np.where(s > 0.5 * s.max(), s, 0))
    assert highest == pytest.approx([-2, 2], abs=1e-9)
    assert s.max() > 4 * float(curve.sel(detuning=0, method="nearest"))
    assert s == pytest.approx(s[::-1], rel=1e-8)
    assert np.all(data.contrast.sel(secular=variant, kerr=slice(2.2, None)) > 0)
    assert np.all(np.diff(data.contrast.sel(secular=variant, kerr=slice(1, None))) > 0)


def test_numbers_of_the_docstring(small):
    data = small("note41")
    collective, secular = data.sel(secular=COLLECTIVE), data.sel(secular=SECULAR)
    for kerr, at_zero, at_peak in ((10, 0.044, -0.032), (1, -0.18, -0.25)):
        ends = {"S_blockaded": at_zero, "S_peak": at_peak}
        for name, expected in ends.items():
            found = float(collective[name].sel(kerr=kerr) / secular[name].sel(kerr=kerr)) - 1
            assert found == pytest.approx(expected, abs=0.005)
    assert float(secular.S_blockaded.sel(kerr=0.3) / collective.S_blockaded.sel(kerr=0.3)) > 4
    assert data.attrs["kerr_equal_secular"] == pytest.approx(1.65, abs=0.02)
    assert data.attrs["kerr_equal_collective"] == pytest.approx(1.97, abs=0.02)


def test_panels_agree_where_they_overlap(small):
    data = small("note41")
    for kerr in (1, 10):
        for name, detuning in (("S_blockaded", 0), ("S_peak", 2)):
            curve = data.S.sel(case_kerr=kerr).sel(detuning=detuning, method="nearest")
            assert curve.values == pytest.approx(data[name].sel(kerr=kerr).values, rel=1e-7)


def test_secular_error_of_the_blockaded_s_falls_as_sigma_squared_only(small):
    far = small("note41").sel(limit_kerr=1e4)
    sigma = far.limit_sigma.values
    ratio = far.error_blockaded.values / sigma**2
    # the next order is σ⁴: what the ratio lacks to 3/√2 falls with σ², once the share σγ/K is small beside it
    assert ratio[2] == pytest.approx(3 / np.sqrt(2), rel=0.02)
    assert slope(sigma[:3], far.error_blockaded.values[:3]) == pytest.approx(2, abs=0.02)
    # a larger K does not help
    data = small("note41").sel(limit_sigma=0.2)
    assert float(data.error_blockaded.sel(limit_kerr=1e4)) > float(data.error_blockaded.sel(limit_kerr=10)) > 0.04


def test_secular_error_of_the_blockaded_s_changes_sign_with_k(small):
    data = small("note41")
    # σ²γ-free part and 3σγ/4K are equal at K = 3γ/4σ: 15γ for σ = 0.05, 7.5γ for σ = 0.1
    assert float(data.error_blockaded.sel(limit_kerr=10, limit_sigma=0.05)) < 0
    assert float(data.error_blockaded.sel(limit_kerr=10, limit_sigma=0.1)) > 0
    narrow = data.isel(limit_sigma=slice(0, 3))
    assert narrow.error_blockaded.values == pytest.approx(narrow.error_blockaded_first.values, rel=0.02)


def test_secular_error_of_the_peak_is_linear_in_gamma_over_k_and_in_sigma(small):
    data = small("note41")
    narrow = data.sel(limit_sigma=0.0125)
    assert slope(1 / data.limit_kerr.values, narrow.error_peak.values) == pytest.approx(1, abs=0.01)
    for kerr in data.limit_kerr.values:
        found = data.error_peak.sel(limit_kerr=kerr).values[:3]
        assert slope(data.limit_sigma.values[:3], found) == pytest.approx(1, abs=0.02)
    assert narrow.error_peak.values == pytest.approx(narrow.error_peak_first.values, rel=0.02)
    assert data.attrs["power_kerr_peak"] == pytest.approx(1, abs=0.01)


def test_populations_change_with_the_square_of_the_coupling_over_k_whatever_sigma_is(small):
    data = small("note41").sel(limit_kerr=[10, 100])
    change = data.error_population.values * data.limit_kerr.values[:, None] ** 2 / 0.01**2
    assert change == pytest.approx(0.42, abs=0.06)
    stronger = [change_of_population(v, 3) for v in (0.01, 0.02)] + [change_of_population(v, 6) for v in (0.01, 0.02)]
    assert np.log2(stronger[3] / stronger[2]) == pytest.approx(2, abs=0.02)
    assert abs(stronger[0]) < stronger[2] / 20  # it is the upper levels that change


def change_of_population(coupling, levels):
    ones = [oscillator(kerr=10, n_plus=1, levels=levels, secular=s) for s in (True, False)]
    secular, collective = (
        qh.steady_state(pair(o, o, coupling), estimate_truncation=False).populations(0)[1] for o in ones
    )
    return collective / secular - 1


def weak_s(kerr, sigma, detuning):
    one = oscillator(kerr=kerr, n_plus=1, levels=6, sigma=sigma, secular=False)
    network = pair(one.detuned(detuning), one, 1e-4)
    return qh.steady_state(network, estimate_truncation=False).synchronization(0, 1)


@pytest.mark.parametrize("sigma", [0.05, 0.1, 0.2])
def test_coherences_that_do_not_turn_are_a_bump_as_narrow_as_gamma(sigma):
    for share, bump in ((0.5, False), (0.6, True)):
        kerr = share / sigma
        assert (weak_s(kerr, sigma, 0.0) > weak_s(kerr, sigma, 0.05)) == bump
    # half of it is gone by Δ ≈ γ, hardly anything left by Δ = 5γ ≪ K
    top, side, floor = (weak_s(1000.0, sigma, d) for d in (0.0, 1.2, 15.0))
    assert 0.25 < (side - floor) / (top - floor) < 0.75
    assert top / floor - 1 == pytest.approx(3 / np.sqrt(2) * sigma**2, rel=0.2)


def test_ten_levels_say_the_same():
    grids = {"detunings": [0, 2], "kerrs": [1, 10], "limit_kerrs": [10], "limit_sigmas": [0.1, 0.2]}
    six, ten = (paper.figure_note41(levels=n, **grids) for n in (6, 10))
    for name in ("error_blockaded", "error_peak"):
        assert six[name].values == pytest.approx(ten[name].values, rel=0.03)
    assert six.S.values == pytest.approx(ten.S.values, rel=0.01)
    assert np.all(np.abs(six.S - ten.S).max("detuning") < six.truncation_error)


def test_too_few_points_for_a_power_or_a_crossing_are_no_error():
    data = paper.figure_note41(
        detunings=[0], kerrs=[10], limit_kerrs=[10], limit_sigmas=[0.2], levels=5, progress=lambda *_: None
    )
    derived_quantities = ("kerr_equal_secular", "kerr_equal_collective", "power_sigma_blockaded", "power_kerr_peak")
    assert all(np.isnan(data.attrs[name]) for name in derived_quantities)
    assert data.attrs["not_converged"] == 0
