"""How much is shown, and on what: details, footnotes, narrow terminals, colours, terminals without Unicode."""

import math
import tomllib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.style import Style
from rich.text import Text

import qsb_hw as qh
from qsb_hw.model.criterion import Criteria, CriterionKind
from qsb_hw.questions.criteria import criteria_from
from qsb_hw.show import style
from qsb_hw.show.advice import changes, tradeoffs
from qsb_hw.show.ascii import asciified
from qsb_hw.show.blocks import blocks_of, pieces
from qsb_hw.show.budget import budget_view
from qsb_hw.show.criteria import verdict_panel
from qsb_hw.show.detail import TEXT_WIDTH, Detail, Path, Selection, legible
from qsb_hw.show.device import device_view
from qsb_hw.show.record import assessment_view
from qsb_hw.show.style import (
    answer,
    at_terminal,
    brief,
    label,
    lines,
    named,
    skipped,
    stacked,
    table,
    until_verbose,
    value,
    verbose,
)
from qsb_hw.show.text import quantity, significant, transition


def shown(view, detail=Detail.NORMAL, width=100, encoding="utf-8"):
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(Selection(detail, encoding).of(view))
    return captured.get()


def rows(*cells):
    made = table("Rows", label("what"), value("number"), label("why", ratio=1))
    for row in cells:
        made.add_row(*row)
    return made


# --- details ---------------------------------------------------------------------------------------------------------


def test_longer_outputs_have_what_shorter_ones_have():
    view = stacked(brief("answer"), "usual", until_verbose("in short"), verbose("everything"))
    texts = {detail: shown(view, detail).split("\n\n") for detail in Detail}
    words = {detail: [text.strip() for text in found] for detail, found in texts.items()}
    assert words == {
        Detail.BRIEF: ["answer"],
        Detail.NORMAL: ["answer", "usual", "in short"],
        Detail.VERBOSE: ["answer", "usual", "everything"],
    }


def test_what_is_not_marked_has_the_detail_of_the_part_it_stands_in():
    view = brief(stacked("text", lines(["note"]), rows(("a", "1", "x")), verbose("more")))
    found = shown(view, Detail.BRIEF)
    assert all(word in found for word in ("text", "note", "Rows"))
    assert "more" not in found
    assert shown(stacked("text", rows(("a", "1", "x"))), Detail.BRIEF).strip() == "None"


def test_a_footnote_of_two_tables_stands_once():
    view = stacked(rows(("a", "1", "x")), lines(["one", "two"]), rows(("b", "2", "y")), lines(["two", "three"]))
    found = shown(view).splitlines()
    assert [found.count(note) for note in ("one", "two", "three")] == [1, 1, 1]


@pytest.mark.parametrize("detail", Detail)
def test_the_answer_comes_first_and_what_was_skipped_next(hopeless, detail):
    name, frame, why = shown(assessment_view(hopeless), detail).split("\n\n")[:3]
    assert name.startswith("photon_pressure – ")
    assert "INFEASIBLE" in frame.splitlines()[1]
    assert why.startswith("Skipped: ")
    assert "must single out one level" in " ".join(why.split())


def test_each_output_is_longer_than_the_one_before_and_the_shortest_is_one_screen(assessment, device_budget):
    for view in (assessment_view(assessment), budget_view(device_budget)):
        sizes = [len(shown(view, detail).splitlines()) for detail in Detail]
        assert sizes[0] < sizes[1] < sizes[2]
        assert sizes[0] <= 40


def test_the_rule_is_for_the_longest_output(assessment):
    assert ["Rule:" in shown(assessment_view(assessment), d) for d in Detail] == [False, False, True]


# --- widths ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [30, 40, 60, 80, 140])
def test_nothing_is_wider_than_the_terminal_and_no_number_is_cut(assessment, width):
    found = shown(assessment_view(assessment), Detail.VERBOSE, width)
    assert max(map(len, found.splitlines())) <= width
    assert "…" not in found
    kerr = transition(assessment.device.quantity("kerr").value)
    assert kerr in found


def test_running_text_is_no_wider_than_it_can_be_read():
    long = "word " * 100
    view = stacked(named("x" * 30, long), answer("Title?", Text(long)), lines([long]), rows(("a", "1", long)))
    widths = [len(line) for line in shown(view, width=200).splitlines()]
    assert max(widths[: next(k for k, w in enumerate(widths) if w > TEXT_WIDTH)]) <= TEXT_WIDTH


def test_a_table_that_does_not_fit_becomes_a_list_of_heads_and_numbers():
    view = rows(("criterion of a long name", "123.456 GHz", "a reason that takes some room"))
    beside = shown(view, width=30)
    assert "criterion of a     123.456 GHz" in beside
    assert "criterion of a long name: a reason that takes some room" in " ".join(beside.split())
    found = shown(view, width=22)
    assert "number: 123.456 GHz" in found
    assert "number" in shown(view, width=100).splitlines()[1]


def test_tables_made_of_the_same_columns_have_rows_of_their_own(assessment):
    found = shown(assessment_view(assessment), Detail.VERBOSE, 200)
    for one in (c for c in assessment.criteria if c.margin is not None):
        first, number = one.name.split()[0], quantity(one.value, one.unit, 3)
        assert any(line.startswith(first) and number in line for line in found.splitlines()), one.name


@pytest.mark.parametrize("width", [32, 40, 60])
def test_a_table_breaks_no_word(width):
    made = table("Rows", label("tone"), label("nearest"), value("number"))
    made.add_row("amplification", "the damping cavity of another node", "13.65421 GHz")
    made.add_row("damping", "ω01/2", "1 Hz")
    found = shown(made, width=width)
    assert all(word in found.split() for word in ("amplification", "damping", "cavity", "another", "node", "13.65421"))
    assert max(map(len, found.splitlines())) <= width


def test_a_title_too_long_for_its_frame_stands_inside():
    name = "a_device_of_a_very_long_name_" * 4
    found = shown(answer(f"Is {name} good?", Text("YES")), width=60)
    assert name in found.replace("│", "").replace("\n", "").replace(" ", "")
    assert "─Is" not in found.splitlines()[0]


# --- colours and characters ------------------------------------------------------------------------------------------


def test_colours_are_legible_on_light_and_on_dark():
    for name in (style.GOOD, style.WARNING, style.BAD, style.QUIET):
        assert min(legible(name)) >= 3.9
        assert not Style.parse(name).dim
    assert min(legible("color(226)")) < 1.2  # yellow on white
    assert min(legible("color(18)")) < 2  # dark blue on black


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("κ/4K ≥ 1", "kappa/4K >= 1"), ("Δ/2π = −277 ± 3 MHz", "Delta/2pi = -277 +- 3 MHz"),
        ("|1,1⟩ ↔ |0,2⟩ → |1⟩", "|1,1> <-> |0,2> -> |1>"), ("γσ²/k²", "gamma*sigma^2/k^2"), ("n₊, n₋", "n+, n-"),
        ("81 µs · 10⁻⁶", "81 us * 10^-6"), ("Lörch", "Loerch"), ("╭─╮│", "+-+|"), ("図", "\\u56f3"),
        ("½‖ρ‖₁ √2 ∞ …", "1/2||rho||1 sqrt2 inf ..."),
    ],
)  # fmt: skip
def test_symbols_are_spelt_out(text, spelt):
    assert asciified(text, "ascii") == spelt


def test_characters_that_the_terminal_has_stay():
    assert asciified("µ ± κ", "cp1252") == "µ ± kappa"
    assert asciified("µ ± κ", "utf-8") == "µ ± κ"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_every_view_can_be_spelt_out_with_its_tables_straight(assessment, encoding):
    found = shown(assessment_view(assessment), Detail.VERBOSE, 100, encoding)
    spelt = asciified(found.replace("─", "-"), encoding)
    spelt.encode(encoding)
    assert "\\u" not in spelt
    assert max(map(len, spelt.splitlines())) <= 100


@given(st.text(alphabet="ab κσ⟩µ", max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_styles_stay_on_their_words(text, start, end):
    first, last = sorted((min(start, len(text)), min(end, len(text))))
    styled = Text(text)
    styled.stylize("bold", first, last)
    new = Selection(Detail.NORMAL, "ascii").text(styled)
    assert new.plain == asciified(text, "ascii")
    bold = "".join(new.plain[s.start : s.end] for s in new.spans)
    assert bold.replace("*", "") == asciified(text[first:last], "ascii").replace("*", "")


# --- numbers ---------------------------------------------------------------------------------------------------------


@given(st.floats(1e-29, 1e20), st.sampled_from(["N", "Hz", "s", "W"]))
def test_numbers_with_a_prefix_lie_between_one_and_a_thousand(size, unit):
    number, shown_unit = quantity(size, unit).split()
    assert 1 <= float(number) < 1000
    assert shown_unit.endswith(unit)
    assert len(shown_unit) <= len(unit) + 1


@pytest.mark.parametrize(
    ("size", "unit", "text"),
    [(4.005e-21, "N", "4.005 zN"), (8830.0, "1/s", "8830 1/s"), (2.463e6, "1/s", "2.463e6 1/s"),
     (1.49641e-26, "kg", "1.496e-26 kg"), (999.96e6, "Hz", "1 GHz"), (0.0, "Hz", "0 Hz")],
)  # fmt: skip
def test_units_are_sensible(size, unit, text):
    assert quantity(size, unit) == text


def test_fewer_digits_than_stand_before_the_point_take_no_power_of_ten():
    assert [quantity(x, "Hz", 2) for x in (4.97e-7, 497e3, 999.0)] == ["500 nHz", "500 kHz", "1 kHz"]


def test_what_is_said_of_the_command_line_stays_there():
    view = stacked(lines(["Baths eliminated."]), at_terminal(["One node: `--node A`."]))
    assert "`--node A`" in shown(view, Detail.NORMAL)
    assert [block.lines[0][0].text for block in blocks_of(view)] == ["Baths eliminated."]


def test_commands_in_a_text_are_told_from_words():
    assert pieces("Use `qsb-hw design`, or `x") == [("Use ", False), ("qsb-hw design", True), (", or `x", False)]


def test_transitions_are_shown_to_the_khz_and_in_the_digits_given():
    assert [transition(f) for f in (5.1201e9, 6.0634692916e9, -277.4149e6, 0.0, 769922.9, 447e6)] == [
        "5.120100 GHz", "6.063469 GHz", "−277.415 MHz", "0 Hz", "769.9 kHz", "447.000 MHz",
    ]  # fmt: skip
    assert [transition(f, n) for f, n in ((5.12e9, 5), (5.1201e9, 5), (447e6, 3), (6.0634692e9, 2))] == [
        "5.1200 GHz", "5.1201 GHz", "447 MHz", "6.063469 GHz",
    ]  # fmt: skip
    assert transition(5.120123456e9, 10) == "5.120123456 GHz"
    assert [significant(t) for t in ("5.1201 GHz", "0.0120 V", "-61 dBm", "1e3 Hz", ".5 m")] == [5, 3, 2, 1, 1]


def test_measured_inputs_are_shown_in_the_digits_of_the_file():
    text = qh.shipped_specs()["kerr_squid_array"].read_text(encoding="utf-8")
    measured = tomllib.loads(text.replace('"6.0 GHz"', '"6.0001234567 GHz"').replace('"86 kHz"', '"86.123 kHz"'))
    found = shown(device_view(qh.device_from_spec(measured)), Detail.VERBOSE)
    assert "6.0001234567 GHz" in found
    assert "86.123 kHz" in found


# --- advice ----------------------------------------------------------------------------------------------------------


@cache
def remedies():
    """Names of criteria with their remedies; devices are built where a test runs, not in every worker that reads it."""
    names = ("transmon_squid", "ion_lattice_be9", "ion_surface_trap_brown2011")
    return sorted({(c.name, c.remedy) for name in names for c in criteria_from(qh.load_device(name))})


OPPOSITE = [
    ("lower the linewidth", "widen κ"), ("Raise the coupling capacitance", "Lower the coupling capacitance"),
    ("lower the pump power", "raise γ"), ("Raise g0", "Lower g0"), ("Raise the charging energy", "Raise E_J/E_C"),
    ("Move the wells closer", "Move the wells apart"), ("lower the laser power", "raise the laser power"),
]  # fmt: skip
"""Words of remedies that pull opposite ways, read by a physicist and not by the program."""


@given(st.deferred(lambda: st.lists(st.sampled_from(remedies()), max_size=8)))
def test_no_box_says_to_raise_and_to_lower_without_saying_so(advice):
    said = tradeoffs(advice)
    texts = [remedy for _, remedy in advice]
    torn = any(any(a in t for t in texts) and any(b in t for t in texts) for a, b in OPPOSITE)
    assert bool(said) >= torn
    signs = {change for remedy in texts for change in changes(remedy)}
    assert bool(said) == any((quantity, -sign) in signs for quantity, sign in signs)


def test_a_tradeoff_names_who_asks_for_what():
    said = tradeoffs([("K/κ", "Raise K, or lower the linewidth of the cavities."), ("g/κ", "Widen κ.")])
    assert said[0].startswith("Trade-off: these pull opposite ways in κ (raise: g/κ; lower: K/κ).")
    assert tradeoffs([("K/κ", "Lower the linewidth."), ("x", "Narrow κ.")]) == []


def test_no_remedy_contradicts_itself():
    for name, remedy in remedies():
        found = changes(remedy)
        assert not any((quantity, -sign) in found for quantity, sign in found), (name, remedy)


@pytest.mark.parametrize("factor", [1e-4, 1e-2, 0.5, 30.0])
def test_the_frame_of_a_random_device_names_its_tradeoffs(assessment, factor):
    """Requirements failing by any factor: what the frame advises is never torn in silence."""
    rng = np.random.default_rng(int(1e6 * factor))
    worse = [
        c if c.value is None or rng.random() < 0.4 else replace(c, value=c.value * factor ** rng.choice([-1, 1]))
        for c in assessment.criteria
    ]
    found = " ".join(shown(verdict_panel(replace(assessment, criteria=Criteria(worse)))).replace("│", " ").split())
    signs = {s for c in worse if c.remedy and f"→ {c.remedy}" in found for s in changes(c.remedy)}
    assert ("Trade-off:" in found) >= any((quantity, -sign) in signs for quantity, sign in signs)


def test_margins_stand_beside_value_and_bound(assessment):
    found = shown(verdict_panel(assessment), Detail.VERBOSE)
    for line in found.splitlines():
        if "×" in line and "→" not in line:
            assert "margin" in line or "times" in line or "Trade-off" in line
    assert math.isfinite(assessment.criteria.of_kind(CriterionKind.REQUIREMENT)[0].margin)


def test_reasons_for_what_was_skipped_stand_once():
    found = shown(stacked(skipped(["a: why", "a: why", "b: why"])), Detail.BRIEF)
    assert found.split() == ["Skipped:", "a:", "why", "Skipped:", "b:", "why"]
    assert skipped([]) is None


def test_tables_of_the_same_columns_have_their_own_cells():
    head = label("name")
    first, second = table("one", head), table("two", head)
    first.add_row("a")
    second.add_row("b")
    blocks = blocks_of(stacked(first, second))
    assert [[row[0][0][0].text for row in block.rows] for block in blocks] == [["a"], ["b"]]


def test_a_path_is_broken_after_a_dot():
    path = "$.node.A.amplification.coupling_to_linewidth"
    view = table("Numbers", label("number", ratio=1), value("value"))
    view.add_row(Path(path), "0.07")
    assert shown(view, width=36).splitlines()[3:5] == [
        "$.node.A.amplification.         0.07", "coupling_to_linewidth               ",
    ]  # fmt: skip
    assert path in shown(view, width=80)


def test_what_stands_in_lines_of_its_own_is_kept_apart_in_a_list():
    view = table("Bounds", label("quantity"), value("x" * 30), label("bounds", ratio=1))
    view.add_row("K", "1", "≥ 2\n≤ 3\n→ Raise it.")
    assert "bounds: ≥ 2; ≤ 3 → Raise it." in shown(view, width=30)
