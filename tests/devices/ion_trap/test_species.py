"""The table of ions: against masses and lines known otherwise, and against itself."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw.devices.ion_trap.species import species, species_table
from qsb_hw.errors import ArgumentError

IONS = [ion.name for ion in species_table().values()]
DALTON, ELECTRON, C = 1.66053906892e-27, 9.1093837139e-31, 299792458.0


def test_the_species_an_ion_trapper_asks_for_are_there():
    assert {"9Be+", "25Mg+", "40Ca+", "88Sr+", "138Ba+", "171Yb+"} <= set(IONS)


@pytest.mark.parametrize("name", ["9Be+", "Be9", "be-9", "⁹Be⁺", " 9 Be + ", "BE9+"])
def test_one_ion_has_many_spellings(name):
    assert species(name) is species("9Be+")


@given(st.sampled_from(IONS), st.booleans(), st.sampled_from(["", "+"]), st.sampled_from(["", "-", " ", "_"]))
def test_number_and_symbol_come_in_either_order(name, number_first, charge, between):
    symbol, number = "".join(c for c in name if c.isalpha()), "".join(c for c in name if c.isdigit())
    parts = (number, symbol) if number_first else (symbol, number)
    assert species(between.join(parts) + charge).name == name


@pytest.mark.parametrize("name", IONS)
def test_an_ion_weighs_its_mass_number_less_a_defect_and_an_electron(name):
    number = int("".join(c for c in name if c.isdigit()))
    neutral = (species(name).mass + ELECTRON) / DALTON
    assert abs(neutral - number) < 0.1
    assert species(name).mass_source == "AME2020"


def test_masses_of_two_ions_by_hand():
    assert species("9Be+").mass / DALTON == pytest.approx(9.01163448, rel=1e-7)
    assert species("40Ca+").mass / DALTON == pytest.approx(39.96204227, rel=1e-7)


@pytest.mark.parametrize("name", IONS)
def test_wavelengths_close_every_loop_of_levels(name):
    """Ritz: going up by two lines through a D level and by one directly, the energies agree to 2 ppm."""
    lines = {line.name: 1 / line.wavelength for line in species(name).transitions}
    loops = 0
    for upper in ("P1/2", "P3/2", "[3/2]1/2"):
        for middle in ("D3/2", "D5/2"):
            if f"{middle}-{upper}" in lines:
                loops += 1
                through = lines[f"S1/2-{middle}"] + lines[f"{middle}-{upper}"]
                assert through == pytest.approx(lines[f"S1/2-{upper}"], rel=2e-6)
    assert loops >= 3 or name in ("9Be+", "24Mg+", "25Mg+")  # no D level below P there


LINEWIDTHS = [("9Be+", "P3/2", 17.97), ("25Mg+", "P3/2", 41.4), ("40Ca+", "P1/2", 23.05), ("40Ca+", "P3/2", 23.97),
              ("88Sr+", "P1/2", 21.54), ("138Ba+", "P1/2", 20.26), ("171Yb+", "P1/2", 19.6)]  # fmt: skip


@pytest.mark.parametrize(("name", "level", "megahertz"), LINEWIDTHS)
def test_natural_linewidths_in_megahertz(name, level, megahertz):
    assert species(name).natural_linewidth(level) / (2 * math.pi * 1e6) == pytest.approx(megahertz, rel=2e-3)


@pytest.mark.parametrize("name", IONS)
def test_every_line_has_a_source_a_rate_and_runs_upwards(name):
    for line in species(name).transitions:
        assert line.source
        assert line.linewidth > 0
        assert line.name.partition("-")[0] != line.upper
        assert 200e-9 < line.wavelength < 3e-6


def test_wavelengths_are_those_of_the_vacuum():
    line = species("40Ca+").transition("S1/2-D5/2")
    assert C / line.wavelength == pytest.approx(411.042129776e12, rel=1e-8)


@pytest.mark.parametrize("name", ["S1/2-P3/2", "s1/2–p3/2", "S1/2 P3/2", "393", "393 nm"])
def test_one_line_has_many_spellings(name):
    assert species("40Ca+").transition(name).wavelength == pytest.approx(393.477e-9, rel=1e-6)


@pytest.mark.parametrize(("name", "nanometres"), [("171Yb+", "369"), ("171Yb+", "370"), ("138Ba+", "493"),
                                                  ("138Ba+", "650"), ("88Sr+", "1033")])  # fmt: skip
def test_a_line_goes_by_its_wavelength_cut_or_rounded(name, nanometres):
    assert abs(species(name).transition(nanometres).wavelength * 1e9 - int(nanometres)) < 1


UNKNOWN = [
    (lambda: species("Be10"), "'Be10'. Did you mean 9Be+"),
    (lambda: species("42Ca+"), "43Ca+"),
    (lambda: species("calcium"), "There are 9Be+, 24Mg+"),
    (lambda: species(""), "There are 9Be+"),
    (lambda: species("9Be+").transition("313"), "S1/2-P1/2 (313.20 nm), S1/2-P3/2 (313.13 nm)"),
    (lambda: species("40Ca+").transition("S1/2-D7/2"), "Did you mean S1/2-D"),
    (lambda: species("40Ca+").transition("422"), "There are S1/2-P1/2 (396.96 nm)"),
    (lambda: species("40Ca+").natural_linewidth("S1/2"), "There are D3/2, D5/2, P1/2, P3/2"),
]


@pytest.mark.parametrize(("ask", "fragment"), UNKNOWN)
def test_what_the_table_does_not_have_is_refused_with_what_it_has(ask, fragment):
    with pytest.raises(ArgumentError) as caught:
        ask()
    assert fragment in str(caught.value)
