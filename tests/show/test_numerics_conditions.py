"""Conditions in force are shown by every verb on one device, with their origin."""

import pytest

import qsb_hw as qh
from qsb_hw.show.fields import With
from qsb_hw.show.numerics import CONDITIONS, IN_FORCE, conditions_table
from qsb_hw.show.record import ELIMINATED, effective_view
from qsb_hw.show.text import number, quantity


def test_every_decided_condition_has_a_name_and_a_value():
    analysis = qh.analyse(qh.load_device("kerr_squid_array"), levels=4, coupling=-1e5, complete=False)
    entries = IN_FORCE.record(analysis)
    assert {e["name"] for e in entries} == set(analysis.conditions.decided) <= set(CONDITIONS)
    (coupling,) = (e for e in entries if e["name"] == "coupling")
    assert coupling["value"] == pytest.approx(-1e5 / (2 * 3.141592653589793))
    assert coupling["origin"] == "given"
    assert conditions_table(analysis.conditions).row_count == len(entries)


def test_the_eliminated_view_and_record_have_them():
    from rich.console import Console

    analysis = qh.analyse(qh.load_device("kerr_squid_array"), levels=4, complete=False)
    found = With(analysis, effective=analysis.effective, published=None)
    assert ELIMINATED.record(found)["conditions"][0] == {"name": "levels", "value": 4, "origin": "given"}
    console = Console(width=120)
    with console.capture() as captured:
        console.print(effective_view(With(found, comparison=None)))
    assert "levels of the ladder" in captured.get()


def test_zero_has_no_sign():
    assert number(-0.0) == number(0.0) == "0"
    assert quantity(-0.0, "Hz") == quantity(0.0, "Hz")
    assert number(-2.0) == "−2"
