"""Where units end: a frequency is multiplied by 2π exactly once, a rate never."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw import units
from qsb_hw.errors import ArgumentError

numbers = st.floats(1e-3, 1e3).map(lambda x: float(f"{x:.6g}"))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("250 MHz", units.FREQUENCY, 2 * math.pi * 250e6),
        ("100 1/s", units.RATE, 100.0),
        ("0.1 1/ms", units.RATE, 100.0),
        ("50 us", units.TIME, 50e-6),
        ("50 µs", units.TIME, 50e-6),
        ("-61 dBm", units.POWER, 1e-3 * 10**-6.1),
        ("35 mK", units.TEMPERATURE, 0.035),
        ("30 pH", units.INDUCTANCE, 30e-12),
        ("0.5 Phi_0", units.FLUX, 0.5 * 2.067833848e-15),
        ("7 %", units.NUMBER, 0.07),
    ],
)
def test_values_in_internal_units(text, kind, value):
    assert units.parse(text, kind) == pytest.approx(value, rel=1e-9)


@given(numbers)
def test_a_frequency_is_two_pi_times_the_rate_of_the_same_number(number):
    ratio = units.parse(f"{number!r} MHz", units.FREQUENCY) / units.parse(f"{number!r} 1/us", units.RATE)
    assert ratio == pytest.approx(2 * math.pi, rel=1e-12)


@given(numbers)
def test_a_frequency_survives_the_way_in_and_out(number):
    assert units.to_hertz(units.parse(f"{number!r} GHz", units.FREQUENCY)) == pytest.approx(number * 1e9)


@pytest.mark.parametrize(
    ("text", "kind", "fragment"),
    [
        ("100 1/s", units.FREQUENCY, "A frequency is cyclic"),
        ("100 rad/s", units.FREQUENCY, "A frequency is cyclic"),
        ("100 Hz", units.RATE, "no 2π"),
        ("5 kg", units.FREQUENCY, "must be a frequency"),
        ("250", units.FREQUENCY, "bare number"),
        ("nan GHz", units.FREQUENCY, "finite"),
        ("inf K", units.TEMPERATURE, "finite"),
        ("5 foo", units.TIME, "unknown unit"),
        ("five MHz", units.FREQUENCY, "number with a unit"),
        ("0.1 MHz", units.NUMBER, "pure number"),
    ],
)
def test_the_declared_kind_decides(text, kind, fragment):
    with pytest.raises(ArgumentError, match=fragment):
        units.parse(text, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("250 MHz", units.FREQUENCY),
        ("14.5 pH", units.INDUCTANCE),
        ("50 µs", units.TIME),
        ("35 mK", units.TEMPERATURE),
        ("2.5 nW", units.POWER),
        ("0.07", units.NUMBER),
    ],
)
def test_what_is_written_reads_as_what_it_was(text, kind):
    value = units.parse(text, kind)
    assert units.written(value, kind) == text
    number, unit = units.outside(value, kind)
    assert units.parse(f"{number!r} {unit}".strip(), kind) == pytest.approx(value, rel=1e-14)


USUAL = [kind for kind in vars(units).values() if isinstance(kind, units.Kind) and units._usual_sizes(kind)]


@pytest.mark.parametrize("kind", USUAL, ids=lambda kind: kind.name)
def test_usual_units_are_what_the_unit_library_says(kind):
    for unit, size in units._usual_sizes(kind).items():
        for number in (1.0, -0.35, 61.7):
            value = number * size if kind is not units.FREQUENCY else units.from_hertz(number * size)
            assert units._by_library(number, unit, kind, f"{number} {unit}") == value
