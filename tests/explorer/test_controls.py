"""What can be moved: every number of every shipped file, in a range that its declaration allows."""

import math

import pytest

import qsb_hw as qh
from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep.subject import mirrored, subject_of
from qsb_hw.explorer.controls import controls_of, setting_of
from qsb_hw.spec.paths import leaves
from qsb_hw.spec.quantity import Quantity

SHIPPED = [*qh.shipped_specs(), *qh.shipped_chips()]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_of_a_file_can_be_moved_within_its_range(name):
    subject = subject_of(name)
    controls = {control.path: control for control in controls_of(subject)}
    numbers = {path: q for path, q in leaves(subject.table) if isinstance(q, Quantity)}
    fixed = {path for path in numbers if path not in controls and mirrored(path) not in controls}
    assert fixed <= {"$.pair.count"}  # two, and nothing else
    for path, control in controls.items():
        assert control.text == numbers[path].text
        assert control.low <= control.number <= control.high
        assert control.low < control.high
        for end in (control.low, control.high):
            assert not setting_of(subject, controls, {path: f"{end:.15g} {control.unit}".strip()}).problems
        assert control.meaning


def test_a_tolerance_is_the_range_and_a_level_in_decibels_moves_by_ten():
    table = dict(subject_of("transmon_squid").table)
    controls = {c.path: c for c in controls_of(subject_of(table))}
    asymmetry = controls["$.damping.squid_asymmetry"]  # 0.02 to 50 %, and its sign stays
    assert (asymmetry.low, asymmetry.high, asymmetry.log) == (0.0, pytest.approx(0.05), False)
    assert controls["$.damping.linewidth"].low == pytest.approx(10)
    del table["damping"]
    damping = {k: v for k, v in subject_of("transmon_squid").table["damping"].items() if "coupling_to" not in k}
    powered = subject_of(table | {"damping": damping | {"pump_power": "-60 dBm"}})
    power = {c.path: c for c in controls_of(powered)}["$.damping.pump_power"]
    assert (power.low, power.high, power.unit) == (-70.0, -50.0, "dBm")
    read = setting_of(powered, {power.path: power}, {power.path: "2 nW"})
    assert read.numbers[power.path] == pytest.approx(10 * math.log10(2e-9 / 1e-3))


def test_texts_are_read_as_those_of_a_file_and_come_back_in_the_unit_of_the_file():
    subject = subject_of("kerr_squid_array")
    controls = {c.path: c for c in controls_of(subject)}
    path = "$.damping.linewidth"
    found = setting_of(subject, controls, {path: "4500 kHz", "$.pair.coupling": controls["$.pair.coupling"].text})
    assert found.values == {path: pytest.approx(2 * math.pi * 4.5e6)}
    assert found.numbers[path] == pytest.approx(4.5)  # MHz
    assert found.texts == {path: "4500 kHz"}  # V is as the file has it


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NaN", "must be finite"), ("1e999 MHz", "must be finite"), ("<script>alert(1)</script>", "must be a number"),
        ("3 bananas", "unknown unit"), ("3 pH", "must be a frequency"), ("-3 MHz", "must be positive"),
        ("5", "must carry a unit"), ("", "must be a number"), ("9" * 200 + " MHz", "at most 100"), (7, "must be text"),
        (None, "must be text"), (["1 MHz"], "must be text"),
    ],
)  # fmt: skip
def test_hostile_texts_are_problems_beside_their_path(text, said):
    subject = subject_of("kerr_squid_array")
    controls = {c.path: c for c in controls_of(subject)}
    found = setting_of(subject, controls, {"$.damping.linewidth": text, "$.pair.coupling": "90 kHz"})
    assert [p.path for p in found.problems] == ["$.damping.linewidth"]
    assert said in found.problems[0].message
    assert list(found.values) == ["$.pair.coupling"]  # what is valid is kept


@pytest.mark.parametrize("path", ["$.name", "$.nowhere.at_all", "$", "detuning", "__proto__"])
def test_a_path_that_is_no_number_of_the_file_is_a_problem(path):
    subject = subject_of("kerr_squid_array")
    controls = {c.path: c for c in controls_of(subject)}
    assert setting_of(subject, controls, {path: "1 MHz"}).problems[0].path == path


@pytest.mark.parametrize("texts", [None, [], "x", 3, {f"$.{k}": "1" for k in range(2000)}])
def test_what_is_no_table_is_refused(texts):
    with pytest.raises(ArgumentError, match="must be a table"):
        setting_of(subject_of("kerr_squid_array"), {}, texts)
