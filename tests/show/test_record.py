"""Records: their keys are those documented, their numbers those of the results, 2π applied once."""

import json
import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.show.plain import plain, to_json
from qsb_hw.show.record import CHECK

TOP = [
    "device", "verdict", "oscillator", "effective", "criteria", "comparison", "synchronization", "error_budget",
    "lasting", "numerics",
]  # fmt: skip


@pytest.fixture(scope="session")
def record(assessment):
    return CHECK.record(assessment)


def test_top_level_keys_are_exactly_the_promised_ones(record, hopeless):
    assert list(record) == TOP
    assert list(CHECK.record(hopeless)) == TOP


def test_frequencies_are_cyclic(record, assessment):
    tone = assessment.oscillator.baths[0].tones[0]
    assert record["oscillator"]["frequency_hz"] == pytest.approx(6.0e9)
    assert record["oscillator"]["kerr_hz"] == pytest.approx(6.7e6)
    assert record["oscillator"]["baths"][0]["tones"][0]["linewidth_hz"] == pytest.approx(5.36e6)
    assert record["oscillator"]["transition_frequencies_hz"][1] == pytest.approx(6.0e9 - 13.4e6)
    assert record["effective"]["gamma_hz"] == pytest.approx(tone.gamma / (2 * math.pi))
    assert record["synchronization"]["coupling_hz"] == pytest.approx(86e3)
    assert record["comparison"]["fitted"]["gamma_hz"] == pytest.approx(
        math.sqrt(assessment.comparison.fitted.amplification.gamma * assessment.comparison.fitted.damping.gamma)
        / (2 * math.pi)
    )


def test_rates_count_events_and_carry_no_two_pi(record, assessment):
    np.testing.assert_array_equal(record["effective"]["up_rates"], assessment.effective.up_rates)
    np.testing.assert_array_equal(record["effective"]["down_rates"], assessment.effective.down_rates)
    assert record["comparison"]["relaxation_rate_full"] == assessment.comparison.relaxation_rate_full
    assert record["oscillator"]["t1_s"] == pytest.approx(15.5e-6)


def test_both_conventions_side_by_side(record, assessment):
    effective = record["effective"]
    assert effective["sigma"] == pytest.approx(2 * effective["sigma_published"])
    assert (effective["n_plus"], effective["n_minus"]) == pytest.approx((1, 2), abs=1e-6)
    assert effective["n_plus_published"] == assessment.published.n_plus
    assert effective["n_minus_published"] == assessment.published.n_minus


def test_comparison_and_prediction_repeat_the_results(record, assessment):
    compared, predicted = record["comparison"], record["synchronization"]
    prediction = assessment.synchronization
    np.testing.assert_array_equal(compared["populations_full"], assessment.comparison.populations_full)
    np.testing.assert_array_equal(compared["populations_published"], assessment.comparison.populations_published)
    assert compared["fock_fidelity_full"] == compared["populations_full"][1]
    assert compared["supported_convention"] == "derived"
    np.testing.assert_array_equal(predicted["S"], prediction.S)
    np.testing.assert_allclose(np.array(predicted["detuning_hz"]) * 2 * math.pi, prediction.detuning, rtol=1e-14)
    assert predicted["blockade_contrast"] == pytest.approx(min(predicted["S_full"][1:]) / predicted["S_full"][0])
    assert predicted["full_detuning_hz"] == [0.0, *predicted["resonances_hz"]]
    assert predicted["resonances"][0]["before"] == [1, 1]
    assert predicted["full_dims"] == [3, 2, 2, 3, 2, 2]


def test_the_budget_repeats_the_results(record, assessment):
    found, budget = record["error_budget"], assessment.budget
    assert [description["name"] for description in found["descriptions"]] == list(qh.HIERARCHY)
    for description, result in zip(found["descriptions"], budget.results, strict=True):
        np.testing.assert_array_equal(description["populations"], result.populations)
        assert description["relaxation_rate"] == result.relaxation_rate
        assert description["fock_fidelity"] == description["populations"][1]
    for step, row in zip(found["steps"], budget.rows, strict=True):
        assert step["cost"] == max(step["trace_distance"], abs(step["S_zero_change"]), abs(step["S_resonance_change"]))
        assert step["S_zero_change"] == pytest.approx(step["S_zero"][1] / step["S_zero"][0] - 1)
        assert step["relaxation_change"] == row.relaxation_change
        assert (step["above"], step["below"]) == (row.above, row.below)
    assert found["worst"] == budget.worst.below
    assert found["first_failure"] == budget.first_failure.below
    assert found["detuning_hz"] * 2 * math.pi == pytest.approx(budget.detuning)
    assert found["operations"]["gmres_steps"] == budget.counts.gmres_steps


def test_criteria_repeat_the_results(record, assessment):
    for entry, criterion in zip(record["criteria"], assessment.criteria, strict=True):
        assert (entry["key"], entry["name"]) == (criterion.key, criterion.name)
        assert entry["kind"] in ("requirement", "approximation", "numerics")
        assert entry["sense"] == criterion.sense.value
        assert entry["passed"] is criterion.passed
        assert (entry["value"] is None) == (criterion.value is None)


def test_what_was_skipped_is_null_and_the_reason_is_given(hopeless):
    record = CHECK.record(hopeless)
    assert record["verdict"] == "infeasible"
    assert record["comparison"] is None
    assert record["synchronization"] is None
    assert record["error_budget"] is None
    assert len(record["numerics"]["skipped"]) == 1
    assert record["numerics"]["bath_edge_population"] is None


def test_json_is_strict_and_reads_back_the_same(record, hopeless):
    def refuse(constant):
        raise AssertionError(f"{constant} in JSON")

    for each in (record, CHECK.record(hopeless)):
        assert json.loads(to_json(each), parse_constant=refuse) == each


def test_plain_leaves_nothing_that_json_does_not_know():
    mixed = {
        "a": np.array([1.0, np.nan, -np.inf]),
        "b": np.float64(2),
        "c": (np.int64(3), np.bool_(True)),
        "d": math.inf,
    }
    assert plain(mixed) == {"a": [1.0, None, None], "b": 2.0, "c": [3, True], "d": None}
    assert type(plain(mixed)["c"][1]) is bool


def test_a_record_with_nan_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"a": math.nan})


def test_lists_of_numbers_stand_on_one_line_and_texts_stay_as_they_are():
    record = {"a": [1, 2, None], "why": "[1,  2]", "rows": [{"b": []}]}
    text = to_json(record)
    assert '"a": [1, 2, null]' in text
    assert json.loads(text) == record
