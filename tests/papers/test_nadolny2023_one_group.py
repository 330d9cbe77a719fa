"""One group: critical coupling, interference blockade, onset, and the driven oscillator behind them."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.ensemble.stability import growth
from qsb_hw.papers import nadolny2023 as paper


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def test_amplitude_dies_out_below_the_threshold_and_turns_with_the_locked_state_above(groups):
    data = groups("2a")
    below, above = data.isel(coupling=0), data.isel(coupling=1)
    assert float(below.coupling) < data.attrs["critical_coupling"] < float(above.coupling)
    late = data.time.values > 30
    size, time = below.amplitude_abs.values[late], data.time.values[late]
    assert np.polyfit(time, np.log(size), 1)[0] == pytest.approx(float(below.growth), rel=0.01)
    assert float(below.growth) < 0 < float(above.growth)
    assert float(above.amplitude_abs[-1]) == pytest.approx(float(above.locked_amplitude), abs=1e-6)
    turned = np.unwrap(np.angle(above.amplitude_real.values + 1j * above.amplitude_imag.values))[late]
    assert np.polyfit(time, turned, 1)[0] == pytest.approx(float(above.locked_frequency), rel=1e-4)
    assert data.amplitude_real.values[:, 0] == pytest.approx(math.sqrt(2) * 0.1)  # ⟨S⁺⟩ = √2 ρ_12
    assert data.amplitude_imag.values[:, 0] == pytest.approx(math.sqrt(2) * 0.2)


def test_onset_is_supercritical(groups):
    data = groups("2b")
    critical = data.attrs["critical_coupling"]
    above = data.coupling.values > critical
    assert critical == pytest.approx(8**-0.5, rel=1e-12)  # √r/4|1 − r| at r = 1/2
    assert np.all(data.order_parameter.values[~above] == 0)
    assert np.all(data.order_parameter.values[above] > 0)
    distance = np.geomspace(1e-4, 1e-2, 5)
    near = paper.figure_2b(couplings=critical * (1 + distance), checks=0)
    for name, power in (("order_parameter", 0.5), ("rho_01", 0.5), ("rho_12", 0.5), ("rho_02", 1.0)):
        assert slope(distance, near[name].values) == pytest.approx(power, abs=0.01)
    # and the wave starts with the frequency of the mode that turns unstable
    mode = growth(qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.5 * critical))
    assert float(near.frequency[0]) == pytest.approx(mode.imag, rel=1e-3)


def test_equal_rates_block_every_coupling_unless_the_asymmetry_is_negative(groups):
    data = groups("2c")
    equal = data.sel(ratio=1, method="nearest")
    assert float(equal.ratio) == pytest.approx(1, rel=1e-12)
    assert np.all(equal.order_parameter.values == 0)
    lifted = (0.25 + 0.01) / (8 * 0.1)  # (g² + K²)/8|K| in units of γ₋ + γ₊
    assert equal.critical_coupling.values == pytest.approx([lifted, math.inf, math.inf])
    assert np.all(np.isfinite(data.critical_coupling.where(np.abs(np.log(data.ratio)) > 1e-6, drop=True).values))


def test_map_and_line_say_the_same(groups):
    data = groups("2c")
    line = data.critical_coupling.sel(asymmetry=0)
    beyond = data.coupling > line
    assert bool((beyond == (data.order_parameter > 0)).all())
    assert 0.2 < float(beyond.mean()) < 0.8


def test_critical_coupling_diverges_inversely_with_the_difference_of_the_rates():
    ratios = 1 + np.array([1e-3, 2e-3, 4e-3])
    data = paper.figure_2c(couplings=[0.5], ratios=ratios, checks=0)
    assert slope(ratios - 1, data.critical_coupling.sel(asymmetry=0).values) == pytest.approx(-1, abs=0.01)
    assert slope(ratios - 1, data.critical_coupling.sel(asymmetry=0.1).values) == pytest.approx(-2, abs=0.01)


def test_exchanging_gain_and_loss_changes_nothing(groups):
    data = groups("2c")
    assert data.order_parameter.values == pytest.approx(data.order_parameter.values[::-1], abs=1e-9)
    assert data.critical_coupling.values == pytest.approx(data.critical_coupling.values[:, ::-1], rel=1e-9)


def test_negative_asymmetry_prefers_the_phase_of_the_drive_and_positive_the_opposite(groups):
    data = groups("2d")
    assert np.all(np.abs(data.most_likely.isel(asymmetry=0)) < math.pi / 4)
    assert np.all(np.abs(data.most_likely.isel(asymmetry=2)) > 3 * math.pi / 4)
    assert np.all(data.bimodality.isel(asymmetry=[0, 2]) < 0.2)


def test_interference_blockade_leaves_two_equal_maxima_at_0_and_pi(groups):
    blocked = groups("2d").sel(ratio=1, asymmetry=0)
    assert np.abs(blocked.s_first_order.values).max() < 1e-15
    assert float(blocked.bimodality) == pytest.approx(1, abs=1e-9)
    s, phase = blocked.s.values, blocked.phase.values
    peaks = phase[1:-1][(s[1:-1] > s[:-2]) & (s[1:-1] > s[2:])]
    assert peaks == pytest.approx([0], abs=1e-9)
    assert s[[0, -1]] == pytest.approx(s.max())
    assert s.max() < float(groups("2d").s.sel(ratio=0.5, asymmetry=0).max()) / 2


def test_first_order_overshoots_where_rates_differ(groups):
    half = groups("2d").sel(ratio=0.5, asymmetry=0)
    assert float(half.s_first_order.max()) == pytest.approx(0.075, abs=1e-4)
    assert float(half.s.max()) == pytest.approx(0.0225, abs=1e-4)
    assert float(half.phase[np.argmax(half.s_first_order.values)]) == pytest.approx(-math.pi / 2)
