"""Tables: what an experimentalist must find in them, at 100 columns."""

import math
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

import qsb_hw as qh
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.questions.criteria import VERDICT_RULE
from qsb_hw.show.criteria import criteria_tables, margin_text, standing, stated, worst_first
from qsb_hw.show.error_budget import error_budget_summary, error_budget_tables, percent
from qsb_hw.show.record import assessment_view
from qsb_hw.show.text import number, plus_minus, population, quantity, with_error


def text_of(renderable, width=100):
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def words(text):
    return " ".join(text.replace("│", " ").split())


def criterion(value, bound=1.0, kind=CriterionKind.REQUIREMENT, **more):
    return Criterion("K/κ", kind, value, bound, Sense.AT_LEAST, "a reason", "a remedy", key="x", **more)


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


def test_resonant_levels_are_named(assessment):
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
        (5.0, CriterionKind.REQUIREMENT, "ok"),
        (1.5, CriterionKind.REQUIREMENT, "marginal"),
        (0.5, CriterionKind.REQUIREMENT, "FAIL"),
        (1.5, CriterionKind.APPROXIMATION, "ok"),
        (0.5, CriterionKind.APPROXIMATION, "fails"),
        (None, CriterionKind.REQUIREMENT, "skipped"),
    ],
)
def test_one_word_says_how_a_criterion_stands(value, kind, expected):
    assert standing(criterion(value, kind=kind)).plain == expected


def test_worst_comes_first():
    failed, tight, slim = criterion(0.5), criterion(1.9), criterion(1.1, required_margin=1.0)
    assert worst_first([slim, tight, failed]) == [failed, tight, slim]


def test_skipped_criteria_with_one_reason_share_it():
    skipped = [replace(criterion(None), name=name, why="nobody knows") for name in ("first", "second")]
    shown = text_of(criteria_tables([*skipped, criterion(5.0)]))
    assert shown.count("nobody knows") == 1
    assert "first" in shown
    assert "second" in shown


def test_budget_is_worst_first_with_the_remedy_in_the_row(assessment):
    budget = assessment.budget
    wide = text_of(error_budget_tables(budget), width=400)
    rows = [line for line in wide.splitlines() if {"ok", "fails"} & set(line.split())]
    for line, row in zip(rows, budget.worst_first, strict=True):
        assert line.startswith(" ".join(row.neglected.split()[:2]))
        assert percent(row.cost) in line
        assert (f"→ {row.remedy}" in line) == row.fails
    assert max(len(line) for line in text_of(error_budget_tables(budget)).splitlines()) <= 100


def test_budget_has_every_description_with_units(assessment):
    shown = text_of(error_budget_tables(assessment.budget))
    assert all(description in shown for description in qh.HIERARCHY)
    assert "µs" in shown
    assert "V/2π = 86 kHz, " in shown
    assert f"Δr/2π = {quantity(assessment.budget.detuning / (2 * math.pi), 'Hz')}" in shown


def test_budget_summary_names_what_fails_first(assessment):
    budget = assessment.budget
    assert budget.first_failure.below == "linear_cavity"
    shown = words(text_of(error_budget_summary(budget)))
    assert (
        f"First approximation below the full model that costs more than 5 %: {budget.first_failure.neglected}" in shown
    )
    assert shown in words(text_of(assessment_view(assessment)))


def test_budget_in_which_nothing_fails_but_the_print_says_so(assessment):
    easy = replace(assessment.budget, rows=tuple(replace(r, limit=0.5) for r in assessment.budget.rows), limit=0.5)
    assert easy.first_failure.below == "published"
    assert "No approximation costs more than 50 %, except" in words(text_of(error_budget_summary(easy)))


def test_budget_claims_nothing_of_an_s_it_does_not_know(assessment):
    row = replace(
        assessment.budget.rows[2],
        trace_distance=1e-3,
        synchronization=np.full((2, 2), math.nan),
        status=qh.Status.TOO_LARGE,
    )
    shown = words(text_of(error_budget_summary(replace(assessment.budget, rows=(row,)))))
    assert "S?" in shown
    assert "No approximation that could be judged costs more than 5 %." in shown
    assert f"Not judged, for S is not known: {row.neglected}." in shown


def test_a_step_over_many_rungs_is_not_blamed_on_the_print(assessment):
    row = replace(assessment.budget.rows[-1], above="circuit")
    shown = words(text_of(error_budget_summary(replace(assessment.budget, rows=(row,)))))
    assert "First approximation below the full model that costs more than 5 %" in shown
    assert "but the use of the published parameters" not in shown


def test_budget_says_why_a_step_is_not_there(assessment):
    row = assessment.budget.rows[0]
    unknown = replace(
        row,
        trace_distance=math.nan,
        synchronization=np.full((2, 2), math.nan),
        status=qh.Status.FAILED,
        message="for a reason",
    )
    shown = words(text_of(error_budget_tables(replace(assessment.budget, rows=(unknown,)))))
    assert "failed for a reason" in shown
    assert "Nothing could be compared" in shown


@pytest.mark.parametrize(
    ("value", "signed", "expected"),
    [
        (0.0375, False, "3.8 %"), (-0.101, True, "−10.1 %"), (0.99969, False, "100 %"), (0.0057, True, "+0.57 %"),
        (3e-6, True, "none"), (math.nan, False, "—"), (2.1e-5, False, "0.0021 %"), (0.0, False, "none"),
    ],
)  # fmt: skip
def test_changes_read_in_percent(value, signed, expected):
    assert percent(value, signed) == expected


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


def test_what_just_misses_a_bound_is_told_apart_from_it():
    def checked(value, sense=Sense.AT_LEAST, bound=1.0, unit=""):
        return Criterion("x", CriterionKind.REQUIREMENT, value, bound, sense, "", "", unit, key="x")

    assert stated(checked(0.99988)) == "x: 0.9999, must be ≥ 1 (margin 0.9999×)"
    assert stated(checked(1 - 1e-9)) == "x: 0.999999999, must be ≥ 1 (margin 0.999999999×)"
    assert stated(checked(1.0002e-6, Sense.AT_MOST, 1e-6, "W")) == "x: 1.0002 µW, must be ≤ 1 µW (margin 0.9998×)"
    assert stated(checked(1.9996)) == "x: 2, must be ≥ 1 (margin 1.9996×)"
    assert stated(checked(6.93)) == "x: 6.93, must be ≥ 1 (margin 6.93×)"


@pytest.mark.parametrize(
    ("value", "error", "unit", "text"),
    [
        (0.0899, 0.128, "", "0.09 ± 0.13"), (304e3, 41.2e3, "Hz", "304 ± 41 kHz"), (158e6, 21e6, "Hz", "158 ± 21 MHz"),
        (12.3e6, 1.99e6, "Hz", "12.3 ± 2.0 MHz"), (-0.3146, 0.36, "", "−0.31 ± 0.36"), (0.5, math.nan, "", "0.5 ± —"),
    ],
)  # fmt: skip
def test_a_standard_error_decides_the_digits(value, error, unit, text):
    assert plus_minus(value, error, unit) == text


@pytest.mark.parametrize(("value", "error", "text"), [
    (0.4741, 0.0028, "0.474(3)"), (0.4741, 1e-7, "0.474(1)"), (0.00354, 4e-5, "0.00354(4)"), (135.2, 1.4, "135(2)"),
    (1352.0, 14.0, "1350(20)"), (1.234e-4, 3e-6, "1.23(3)e-4"), (0.4, 0.6, "0.4(6)"), (-0.5, 0.0096, "−0.50(1)"),
    (0.4741, math.nan, "0.474"), (None, 0.1, "—"), (9.996, 0.01, "10.00(1)"), (0.02, 0.4, "0.0(4)"),
])  # fmt: skip
def test_a_number_stands_with_the_error_of_its_last_digit(value, error, text):
    assert with_error(value, error) == text
