"""Many devices: what the study says against the parts it is made of, and against closed forms."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.ensemble.stability import growth
from qsb_hw.questions.ensemble import ABOVE, halves_of, predict_ensemble

pytestmark = pytest.mark.usefixtures("with_few_members")


@pytest.fixture(scope="module")
def device():
    return qh.load_device("kerr_squid_array")


@pytest.fixture
def prediction(many_devices):
    return many_devices


def test_three_levels_are_those_of_the_device(device, prediction):
    effective = qh.eliminate(device.oscillator(4))
    assert prediction.three_levels.asymmetry[0] == pytest.approx(-2 * effective.kerr)  # −2K, rad/s
    assert prediction.three_levels.gain[0] == effective.up_rates[0]
    assert prediction.three_levels.loss[0] == effective.down_rates[1]
    assert prediction.pair_coupling == pytest.approx(2 * math.pi * 86e3)
    assert prediction.source == "from the device file"
    # γ₋/γ₊ = 2 up to losses and b²/a² = 2: all but at the interference blockade
    assert prediction.interference == pytest.approx(1, abs=0.1)


def test_critical_couplings_are_where_disturbances_turn(prediction):
    effective, k = prediction.effective, int(np.argmin(prediction.critical_couplings))
    detuning, critical = prediction.detunings[k], prediction.critical_couplings[k]
    assert prediction.detuned.critical <= critical
    assert growth(halves_of(effective, detuning, 0.99 * critical)).real < 0
    assert growth(halves_of(effective, detuning, 1.01 * critical)).real > 0
    equal = prediction.equal.critical
    assert growth(qh.LadderGroups.of(effective, 0.99 * equal)).real < 0
    assert growth(qh.LadderGroups.of(effective, 1.01 * equal)).real > 0


def test_detuned_halves_need_less_than_equal_devices(prediction):
    assert prediction.contrast == prediction.equal.critical / prediction.detuned.critical
    assert prediction.contrast > 5
    bend = abs(prediction.three_levels.asymmetry[0])
    best = prediction.detunings[np.argmin(prediction.critical_couplings)]
    assert 0.9 < best / bend < 1.0  # just below the line for v > 0
    assert prediction.critical_couplings[0] == pytest.approx(prediction.equal.critical, rel=1e-6)  # δ = 0
    assert prediction.synchronizes


def test_blockade_grows_with_the_asymmetry_over_the_rates():
    # equal devices need V ∝ |K|, halves at resonance V ∝ γ: the contrast is proportional to K/γ
    ratios, contrasts = np.array([20.0, 40.0, 80.0]), []
    for kerr in ratios:
        one = qh.EffectiveOscillator.lorentzian(
            kerr=kerr, gamma=1, sigma=0.02, n_plus=1, n_minus=2, levels=4, frequency=0.0
        )
        from qsb_hw.questions.ensemble import _best_detuning, _over_detuning

        detunings, couplings = _over_detuning(one, 1.0)
        _, lowest = _best_detuning(one, 1.0, detunings, couplings)
        contrasts.append(couplings[0] / lowest)
    assert np.polyfit(np.log(ratios), np.log(contrasts), 1)[0] == pytest.approx(1, abs=0.05)


def test_lifetimes_grow_with_the_number_of_devices(prediction):
    for one in (prediction.equal, prediction.detuned, prediction.near_threshold):
        life = one.lifetimes
        assert life.sizes.tolist() == [10, 100, 1000]
        assert np.all(np.diff(life.linear_noise) > 0)
    gentle = prediction.near_threshold.lifetimes
    assert np.polyfit(np.log(gentle.sizes), np.log(gentle.linear_noise), 1)[0] == pytest.approx(1, abs=0.05)
    assert gentle.linear_noise[1] > 5 * gentle.uncoupled  # a hundred remember longer than one
    assert prediction.near_threshold.lifetimes.linear_noise[1] > prediction.detuned.lifetimes.linear_noise[1]
    assert np.isnan(gentle.cumulants).all()


def test_gentle_halves_sit_one_and_a_half_times_above_what_they_need(prediction):
    assert prediction.near_threshold.total == pytest.approx(ABOVE * prediction.near_threshold.critical)
    assert prediction.near_threshold.assumed
    assert prediction.detuned.total == pytest.approx(100 * prediction.pair_coupling)
    assert prediction.near_threshold.cycle.stable
    assert np.all(prediction.near_threshold.cycle.amplitude > 0.1)


def test_too_much_coupling_is_not_called_synchronized(device):
    # the window of a ladder has an upper edge: equal devices rest again, halves find no common wave
    much = predict_ensemble(device, devices=4, pair_coupling=2 * math.pi * 50e6, levels=4, sites=4, sizes=(10,))
    assert much.equal.critical < 4 * much.pair_coupling
    assert not much.equal.assumed
    assert growth(qh.LadderGroups.of(much.effective, 4 * much.pair_coupling)).real < 0
    assert not much.equal.synchronizes
    assert much.equal.spread is None
    assert not much.synchronizes
    assert much.near_threshold.synchronizes
    assert much.source == "given"


def test_few_devices_bear_as_much_scatter_as_the_mean_field_says(device, prediction):
    few = predict_ensemble(
        device, devices=2, pair_coupling=50 * prediction.pair_coupling, levels=4, sites=4, sizes=(10,)
    )
    assert few.detuned.spread.spread == pytest.approx(prediction.detuned.spread.spread, rel=1e-6)  # at the same N v


def test_both_detunings_are_those_they_are_called(prediction):
    effective, halves = prediction.effective, prediction.detuned
    critical = halves.critical
    assert growth(halves_of(effective, halves.critical_detuning, 1.001 * critical)).real > 0
    assert growth(halves_of(effective, halves.detuning, 1.001 * critical)).real < 0
    at_total = [growth(halves_of(effective, d, halves.total)).real for d in (halves.detuning, halves.critical_detuning)]
    assert at_total[0] > at_total[1]


def test_scatter_borne_is_of_the_size_of_the_coupling(prediction):
    for one in (prediction.detuned, prediction.near_threshold):
        assert 0.1 * one.total < one.spread.spread < 10 * one.total


def test_graphs_order_above_their_critical_coupling(prediction):
    by_name = {one.topology: one for one in prediction.neighbourhoods}
    assert set(by_name) == {"all-to-all", "square lattice", "chain"}
    assert by_name["chain"].critical > by_name["square lattice"].critical > by_name["all-to-all"].critical
    for one in by_name.values():
        assert one.order == pytest.approx(one.amplitude, rel=0.1)  # four sites leave no room for twists
        assert one.amplitude > 0.1
    # on a bipartite graph only the largest singular value counts: a ring of four has 2, a chain of four 1.618
    ratio = by_name["chain"].critical / by_name["square lattice"].critical
    assert ratio == pytest.approx(2 / (2 * math.cos(math.pi / 5)), rel=1e-4)


def test_sign_of_the_coupling_decides_on_which_side_of_the_line_halves_meet(device):
    one = qh.eliminate(device.oscillator(4))
    bend = 2 * one.kerr
    width = (one.up_rates[0] + one.down_rates[1]) / 2
    rates = {s: [growth(halves_of(one, bend + d * width, 3 * s * width)).real for d in (-1, 1)] for s in (1, -1)}
    assert rates[1][0] > rates[1][1]
    assert rates[-1][1] > rates[-1][0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"devices": 1}, "at least two devices"),
        ({"sites": 3}, "4 to 200 sites"),
        ({"sites": 201}, "4 to 200 sites"),
        ({"sizes": (1, 10)}, "at least two devices"),
        ({"pair_coupling": 0.0}, "must not be zero"),
        ({"pair_coupling": math.nan}, "finite"),
    ],
)
def test_bad_input(device, given, message):
    with pytest.raises(qh.ArgumentError, match=message):
        predict_ensemble(device, **given)


def test_a_device_without_a_fock_state_is_refused_with_the_reason():
    with pytest.raises(qh.ArgumentError, match="single out one level"):
        predict_ensemble(qh.load_device("photon_pressure"))
