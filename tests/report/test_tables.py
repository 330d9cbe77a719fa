"""Tables: what an experimentalist must find in them, at 100 columns."""

import math
from dataclasses import replace

import pytest
from rich.console import Console

from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.reduction.feasibility import VERDICT_RULE
from qsb_hw.report.tables.criteria import criteria_tables, margin_text, standing, worst_first
from qsb_hw.report.tables.text import number, population, quantity
from qsb_hw.report.tables.views import assessment_view


def text_of(renderable):
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def words(text):
    return " ".join(text.replace("│", " ").split())


def criterion(value, bound=1.0, kind=CriterionKind.NEED, **more):
    return Criterion("K/κ", kind, value, bound, Sense.AT_LEAST, "a reason", "a remedy", **more)


def test_nothing_is_wider_than_100_columns(assessment, hopeless):
    for each in (assessment, hopeless):
        assert max(len(line) for line in text_of(assessment_view(each)).splitlines()) <= 100


def test_nothing_is_cut_off(assessment, hopeless):
    for each in (assessment, hopeless):
        assert "…" not in text_of(assessment_view(each))


def test_the_rule_is_printed_with_the_verdict(assessment):
    shown = words(text_of(assessment_view(assessment)))
    assert assessment.verdict.value.upper() in shown
    assert words(VERDICT_RULE) in shown


def test_numbers_come_with_units_and_both_conventions(assessment):
    shown = text_of(assessment_view(assessment))
    assert "86 kHz" in shown
    assert "5.36 MHz" in shown
    row = next(line.split() for line in shown.splitlines() if line.startswith("σ "))
    fitted = number((assessment.comparison.fitted.amplification.sigma + assessment.comparison.fitted.damping.sigma) / 2)
    assert row[1:5] == ["0.2", "0.1", fitted, "derived"]
    assert f"{assessment.comparison.populations_full[1]:.4f}" in shown


def test_levels_that_meet_are_named(assessment):
    shown = text_of(assessment_view(assessment))
    assert "|1,1⟩ ↔ |0,2⟩" in shown
    assert "|1,1⟩ ↔ |2,0⟩" in shown


def test_what_was_skipped_is_said(hopeless):
    shown = words(text_of(assessment_view(hopeless)))
    assert "the tones must single out one level" in shown
    assert "Two such devices" not in shown


def test_a_failing_need_shows_its_remedy_and_a_met_one_does_not():
    assert "→ a remedy" in text_of(criteria_tables([criterion(0.5)]))
    assert "→ a remedy" in text_of(criteria_tables([criterion(1.5)]))
    assert "→ a remedy" not in text_of(criteria_tables([criterion(5.0)]))


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5.0, CriterionKind.NEED, "ok"),
        (1.5, CriterionKind.NEED, "tight"),
        (0.5, CriterionKind.NEED, "FAIL"),
        (1.5, CriterionKind.APPROXIMATION, "ok"),
        (0.5, CriterionKind.APPROXIMATION, "fails"),
        (None, CriterionKind.NEED, "skipped"),
    ],
)
def test_one_word_says_how_a_criterion_stands(value, kind, expected):
    assert standing(criterion(value, kind=kind)).plain == expected


def test_worst_comes_first():
    failed, tight, slim = criterion(0.5), criterion(1.9), criterion(1.1, comfort=1.0)
    assert worst_first([slim, tight, failed]) == [failed, tight, slim]


def test_skipped_criteria_with_one_reason_share_it():
    skipped = [replace(criterion(None), name=name, why="nobody knows") for name in ("first", "second")]
    shown = text_of(criteria_tables([*skipped, criterion(5.0)]))
    assert shown.count("nobody knows") == 1
    assert "first" in shown
    assert "second" in shown


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (5.2e9, "Hz", "5.2 GHz"),
        (-282.9e6, "Hz", "−282.9 MHz"),
        (-63.52, "dBm", "−63.5 dBm"),
        (8.144e-5, "s", "81.44 µs"),
        (math.nan, "Hz", "—"),
        (None, "", "—"),
        (0.03535, "", "0.03535"),
        (2.4e-4, "", "2.40e-4"),
        (1.2345e6, "", "1.23e6"),
        (math.inf, "", "∞"),
    ],
)
def test_quantities_read_well(value, unit, expected):
    assert quantity(value, unit) == expected


def test_populations_and_margins_read_well():
    assert [population(p) for p in (0.99321, 0.0, 7.2e-5)] == ["0.9932", "0.0000", "7.2e-5"]
    assert [margin_text(m) for m in (None, 7.07, 2e4, math.inf, 5e-5, 0.0)] == [
        "—",
        "7.07×",
        ">1000×",
        "∞",
        "5e-5×",
        "0×",
    ]
