"""Conditions that differ from the usual ones: one model throughout, and no error that is not known."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.conditions import Origin
from qsb_hw.devices.catalog import device_from_spec, shipped_specs
from qsb_hw.questions.criteria import criteria_of
from qsb_hw.questions.lasting import lasting
from qsb_hw.spec.load import read_toml


@pytest.fixture(scope="module")
def array():
    return qh.load_device("kerr_squid_array")


def test_complete_models_are_the_same_whatever_was_eliminated_before(array):
    """Asked for with baths eliminated, complete pairs and noises are those of the device with its baths."""
    kept, gone = (qh.analyse(array, levels=4, pair_levels=3, complete=c) for c in (True, False))
    assert gone.pair_size.bath_levels == kept.pair_size.bath_levels
    assert gone.pair_size.bath_error == kept.pair_size.bath_error > 0
    np.testing.assert_allclose(gone.prediction.S_full, kept.prediction.S_full, rtol=1e-9)
    lost = [qh.noise_budget(a, noises=["t1"]).rows[0].fidelity_loss for a in (kept, gone)]
    assert lost[0] == pytest.approx(lost[1], rel=1e-9)


def test_an_error_of_fock_states_that_is_not_known_is_no_small_error(array):
    size = qh.analyse(array, levels=4, pair_levels=3, bath_levels=5).pair_size
    assert math.isnan(size.bath_error)
    assert math.isnan(size.total_error)
    three = qh.analyse(array, levels=4, pair_levels=3, bath_levels=3).pair_size
    assert 0 < three.bath_error < 1e-3


def test_a_bare_oscillator_is_given_and_not_from_a_file(array):
    found = qh.analyse(array.oscillator(4)).conditions
    assert found.levels.origin is found.bath_levels.origin is Origin.GIVEN


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"detuning": 5e7}, "without a detuning"),
        ({"complete": "yes"}, "`complete` must be a bool"),
        ({"foo": 1}, "foo"),
    ],
)
def test_what_an_analysis_does_not_have_is_refused(array, given, said):
    with pytest.raises(qh.ArgumentError, match=said):
        qh.analyse(array, **given)


@pytest.mark.parametrize("settings", [{"foo": 1}, {"complete": "yes"}, {"experiment_time": -1.0}])
def test_settings_of_many_points_are_checked_like_those_of_one(settings):
    with pytest.raises(qh.ArgumentError):
        qh.sweep("kerr_squid_array", {"coupling": "10..20 kHz:2"}, "S", settings=settings)
    with pytest.raises(qh.ArgumentError):
        qh.tolerance("kerr_squid_array", {"$.pair.coupling": "5 %"}, settings=settings)


def test_a_name_is_no_device():
    with pytest.raises(qh.ArgumentError, match="must be of a Device"):
        qh.assess("kerr_squid_array")


def test_v_is_swept_through_its_signs():
    ds = qh.sweep("kerr_squid_array", {"coupling": "-80..80 kHz:2"}, "contrast", settings={"levels": 4})
    one, other = ds["contrast"].values
    assert one == pytest.approx(other, rel=1e-9)


def test_a_file_without_a_verdict_still_has_a_yield():
    table = read_toml(shipped_specs()["ion_lattice_be9"])
    del table["cooling"]
    found = qh.tolerance(table, {"$.pair.separation": "2 %"}, samples=64, indices=False, settings={"levels": 3})
    assert 0 <= found.result.share <= 1


def test_an_experiment_shorter_than_the_relaxation_is_told_to_last_longer():
    table = read_toml(shipped_specs()["kerr_squid_array"]) | {"conditions": {"experiment_time": "1 us"}}
    analysis = qh.analyse(device_from_spec(table), levels=4, complete=False)
    found = lasting(analysis.device, analysis.base_conditions.experiment_time)
    criteria = {c.key: c for c in criteria_of(analysis, found)}
    assert "lengthen the experiment" in criteria["impurity_in_time"].remedy
    assert criteria["slow_leak"].value == 0  # P(n0) rises: nothing leaks
    assert criteria["slow_leak"].passed
