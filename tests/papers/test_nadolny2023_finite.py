"""Finite groups: lifetimes that grow with N, and how far the cumulants can be trusted."""

import math
import warnings

import numpy as np
import pytest

import qsb_hw as qh


def test_lifetime_of_five_hundred_is_thirty_and_four_times_the_uncoupled_one(groups):
    data = groups("S4")
    lifetime = float(data.lifetime.sel(coupling=0.75, size=500))
    assert lifetime == pytest.approx(30, abs=1.5)
    assert lifetime / data.attrs["uncoupled_lifetime"] == pytest.approx(4, abs=0.3)


def test_lifetimes_grow_linearly_with_the_number_of_oscillators(groups):
    large = groups("S4").sel(size=slice(500, None))
    for v in large.coupling.values:
        one = large.sel(coupling=v)
        straight = np.polynomial.Polynomial.fit(one.size.values, one.lifetime.values, 1)
        assert np.abs(straight(one.size.values) / one.lifetime.values - 1).max() < 0.02
        assert float(one.slope) == pytest.approx(straight.convert().coef[1], rel=0.05)


def test_cumulants_underestimate_what_linear_noise_gives(groups):
    data = groups("S4")
    assert np.all(data.slope_linear_noise > 2 * data.slope)
    assert np.all(data.slope_linear_noise < 4 * data.slope)
    assert float(data.slope_linear_noise.sel(coupling=0.75)) == pytest.approx(0.115, abs=5e-4)


def test_small_groups_are_solved_exactly_and_two_by_the_cumulants_as_well(groups):
    data = groups("S4")
    exact = data.lifetime_exact
    assert np.isfinite(exact.sel(size=[2, 10])).all()
    assert np.isnan(exact.sel(size=[100, 2000])).all()
    assert exact.sel(size=2).values == pytest.approx(data.lifetime.sel(size=2).values, rel=1e-5)
    assert np.all(np.abs(data.lifetime.sel(size=10) / exact.sel(size=10) - 1) > 0.02)  # ten no more


def test_curves_reach_one_over_e_at_their_lifetimes(groups):
    data = groups("S4")
    start = float(data.mean_field[0])
    for n in (100, 500, 1000):
        curve = data.amplitude.sel(shown=n).values
        at = np.interp(float(data.lifetime.sel(coupling=0.75, size=n)), data.time.values, curve)
        assert at == pytest.approx(start / math.e, rel=1e-3)
    assert np.all(np.diff(data.amplitude.isel(time=200).values) > 0)  # larger groups last longer
    assert data.attrs["uncoupled_lifetime"] < float(data.lifetime.sel(coupling=0.75, size=100))


def test_uncoupled_curve_is_what_integration_without_coupling_gives(groups):
    data = groups("S4")
    cycle = qh.limit_cycle(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.75))
    alone = qh.mean_field(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.0), 40.0, samples=160, initial=cycle.states)
    wanted = np.interp(alone.times, data.time.values, data.uncoupled.values)
    assert np.abs(alone.amplitudes[0]) == pytest.approx(wanted, abs=1e-8)


def test_other_initial_states_forget_before_the_number_matters():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group = qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.75)
        lifetimes = [qh.finite_size(group, n, initial="paper").lifetime for n in (100, 1000)]
    assert lifetimes == pytest.approx([2, 2], abs=0.05)


def test_runs_carry_their_certificate(groups):
    attrs = groups("S4").attrs
    assert attrs["not_converged"] == 0
    assert 0 < attrs["positivity_lost"] < attrs["integrated_points"]
    assert attrs["lowest_eigenvalue"] < 0
