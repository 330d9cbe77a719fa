"""Designs of real devices: what comes out is a device file that holds what was asked."""

import tomllib

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices.catalog import shipped_specs
from qsb_hw.explore.design.problem import DesignProblem, Goal, choices_of, limit_of
from qsb_hw.explore.design.search import start_of
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.questions.criteria import Verdict
from qsb_hw.units import from_hertz

BOTH = "$.damping.{0},$.amplification.{0}"
CHOICES = {
    BOTH.format("coupling_to_linewidth"): "0.03..0.15",
    "$.oscillator.anharmonicity": "-10..-60 MHz",
    "$.pair.coupling": "20..300 kHz",
}

SMALL = {"levels": 5, "pair_levels": 3}


@pytest.fixture(scope="module")
def designed():
    return qh.design(
        "kerr_squid_array",
        CHOICES,
        maximise="contrast",
        seed=3,
        evaluations=60,
        settings=SMALL,
    )


def test_the_borderline_device_becomes_a_feasible_one(designed, tmp_path):
    assert designed.before.verdict is Verdict.BORDERLINE
    assert designed.feasible
    assert designed.verdict is Verdict.FEASIBLE
    assert designed.after.measures["contrast"] > designed.before.measures["contrast"]
    file = tmp_path / "better.toml"
    file.write_text(qh.designed_file(designed))
    again = qh.assess(qh.load_device(file), **SMALL)
    assert again.verdict is Verdict.FEASIBLE
    assert designed.ok
    assert designed.message == "All requirements and limits hold."
    assert again.synchronization.contrast == pytest.approx(designed.after_checked.synchronization.contrast, rel=1e-9)


def test_the_file_says_what_was_tried_and_keeps_what_was_written(designed):
    text, original = qh.designed_file(designed), shipped_specs()["kerr_squid_array"].read_text()
    head, rest = text.split("\n", 2)[:2], text.split("\n", 2)[2]
    assert "maximise contrast" in head[0]
    assert "seed 3" in head[1]
    kept = [line for line in original.splitlines() if line.startswith("#") or "Grimm" in line]
    assert all(line in rest for line in kept if not line.startswith("anharmonicity"))
    table = tomllib.loads(text)
    assert table["damping"]["coupling_to_linewidth"]["value"] == designed.after.numbers[0]
    assert table["amplification"]["coupling_to_linewidth"]["source"].startswith(
        "qsb-hw design, seed 3: was 0.1, chosen"
    )
    assert qh.device_from_spec(table).spec.pair.coupling.value == pytest.approx(
        from_hertz(designed.after.numbers[2] * 1e3), rel=1e-12
    )


def test_the_same_seed_gives_the_same_file():
    common = {"maximise": "contrast", "seed": 3, "evaluations": 24, "check": False, "settings": {"levels": 4}}
    first, again = (qh.design("kerr_squid_array", CHOICES, **common) for _ in range(2))
    assert qh.designed_file(again) == qh.designed_file(first)


def test_the_infeasible_device_is_told_what_blocks_it():
    found = qh.design(
        "photon_pressure", {BOTH.format("coupling"): "50..500 kHz", "$.oscillator.t1": "1..50 us"},
        maximise="contrast", evaluations=40, settings={"levels": 5},
    )  # fmt: skip
    assert not found.feasible
    assert found.verdict is Verdict.INFEASIBLE
    assert found.message.startswith("No choice meets all constraints; the best violates K/κ")
    assert found.blocked_by[0] == found.after.margins["kerr_to_linewidth"].name == "K/κ"
    assert any("$.oscillator.t1 at its bound 50 us" in text for text in found.active)
    assert "no; blocked by K/κ" in qh.designed_file(found)


def test_a_limit_binds_and_is_named():
    """γ = 4g²/κ and the pump power goes as g², so the front of both is a straight line through zero."""
    ratio = {BOTH.format("coupling_to_linewidth"): "0.03..0.15"}
    common = {"standard": "borderline", "check": False, "settings": {"levels": 5}}
    free = qh.design("kerr_squid_array", ratio, maximise="gamma", minimise="pump_power", evaluations=40, **common)
    slopes = [t.measures["gamma"] / t.measures["pump_power"] for t in free.front]
    assert len(slopes) >= 10
    assert slopes == pytest.approx([slopes[0]] * len(slopes), rel=1e-4)
    limit = 0.8 * free.after.measures["pump_power"]
    kept = qh.design(
        "kerr_squid_array", ratio, maximise="gamma", subject_to=[f"pump_power<={limit!r} W"], evaluations=60, **common
    )
    assert 0.99 * limit < kept.after.measures["pump_power"] <= limit
    assert kept.active == (f"pump_power ≤ {limit!r} W",)


def test_it_starts_from_the_file_whatever_the_unit():
    subject = subject_of("kerr_squid_array")
    choices = choices_of(subject, {"$.oscillator.anharmonicity": "-20000..-3400 kHz", "$.oscillator.t1": "1..100 us"})
    start = start_of(DesignProblem(subject=subject, choices=choices, goal=Goal("contrast")))
    assert [c.number(x) for c, x in zip(choices, start, strict=True)] == pytest.approx([-13400.0, 15.5], rel=1e-5)
    given = subject_of("transmon_squid")
    absent = choices_of(given, {"$.pair.coupling_capacitance": "1..9 aF"})
    assert start_of(DesignProblem(subject=given, choices=absent, goal=Goal("contrast"))) == pytest.approx(
        np.array([0.4375])
    )


@pytest.mark.parametrize(
    ("text", "value", "bound"),
    [
        ("pump_power<=-60 dBm", 1e-9, 1e-9),
        ("gamma >= 100 kHz", 1e5, 1e5),
        ("contrast≥20", 20.0, 20.0),
    ],
)
def test_limits_are_read_in_units_and_met_at_their_bound(text, value, bound):
    limit = limit_of(subject_of("transmon_squid"), text)
    assert limit.bound == pytest.approx(bound)
    assert limit.slack(value) == pytest.approx(0.0, abs=1e-12)
    assert (limit.slack(2 * value) < 0) == limit.at_most


@pytest.mark.parametrize(
    ("vary", "more", "message"),
    [
        ({}, {}, "something to choose"),
        ({"$.damping.coupling_to_linewidth": "0.1"}, {}, "must look like 10..60 pH"),
        ({"$.damping.coupling_to_linewidth": "0.1..0.1"}, {}, "Bounds must differ"),
        ({"$.damping.coupling_to_linewidth": "0.1..0.2:5"}, {}, "without a number of points"),
        ({"$.damping.coupling_to_linewidth": "-0.1..0.2"}, {}, "must be positive"),
        ({"$.target.fock_state": "1..3"}, {}, "whole number"),
        ({"levels": "3..8"}, {}, "must be a path"),
        (CHOICES, {"maximise": None}, "must have a goal"),
        (CHOICES, {"maximise": "populations"}, "goal must be a number"),
        (CHOICES, {"standard": "splendid"}, "feasible or borderline"),
        (CHOICES, {"subject_to": ["contrast>20 MHz"]}, "limit must look like"),
        (CHOICES, {"subject_to": ["contrast>=20 MHz"]}, "The bound of contrast must be a pure number"),
        (CHOICES, {"evaluations": 3}, "at least 20"),
        ({"$.damping.pump_power": "-70..-50 dBm"}, {"evaluations": 20}, "must have only one of"),
    ],
)
def test_bad_problems_say_what_to_write(vary, more, message):
    with pytest.raises(qh.ArgumentError, match=message):
        qh.design("kerr_squid_array", vary, **({"maximise": "contrast"} | more))
