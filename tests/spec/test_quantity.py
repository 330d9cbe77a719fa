"""Quantities and sections: both spellings, ranges, and every mistake at once."""

from __future__ import annotations

import math

import pytest
from pydantic import Field, TypeAdapter

from qsb_hw.errors import SpecError
from qsb_hw.spec.base import Given, Section, SpecJsonSchema, one_of
from qsb_hw.spec.load import validate
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Asymmetry, Count, Frequency, PositiveFrequency, PositiveNumber, Quantity, Time


class Inner(Section):
    width: PositiveFrequency = Field(description="κ/2π", examples=["20 MHz"])
    part: PositiveFrequency | None = None
    ratio: PositiveNumber | None = None
    label: str = "x"

    @classmethod
    def rules(cls, given: Given):
        yield from one_of(given, "part", "ratio")
        widths = given.values("width", "part")
        if widths and widths[1] > widths[0]:
            yield Mistake(("part",), f"must be at most the width, but found {given.text('part')}.")


class Outer(Section):
    inner: Inner
    lifetime: Time
    many: list[Frequency] | None = None


def problems_of(table):
    with pytest.raises(SpecError) as caught:
        validate(Outer, table, "here")
    return {p.path: p.message for p in caught.value.problems}


def test_text_and_table_say_the_same():
    read = TypeAdapter(PositiveFrequency).validate_python
    plain = read("250 MHz")
    full = read({"value": "250 MHz", "source": "a chip", "tolerance": "3 %"})
    assert plain == Quantity(2 * math.pi * 250e6, "250 MHz")
    assert (full.value, full.source, full.tolerance) == (plain.value, "a chip", 0.03)


@pytest.mark.parametrize("given", [0.1, "0.1", "10 %", {"value": 0.1}, {"value": "10 %", "source": "x"}])
def test_pure_numbers_may_be_bare(given):
    assert TypeAdapter(PositiveNumber).validate_python(given).value == pytest.approx(0.1)


def test_what_was_written_is_what_is_dumped():
    table = {"inner": {"width": {"value": "20 MHz", "source": "x"}, "ratio": 0.1}, "lifetime": "50 us"}
    dumped = validate(Outer, table, "here").model_dump(exclude_none=True, exclude_defaults=True)
    assert dumped["lifetime"] == "50 us"
    assert dumped["inner"]["width"] == {"value": "20 MHz", "source": "x"}
    assert validate(Outer, dumped, "here") == validate(Outer, table, "here")


@pytest.mark.parametrize(
    ("kind", "given", "fragment"),
    [
        (PositiveFrequency, 250, "bare number"),
        (PositiveFrequency, 250.0, "bare number"),
        (PositiveFrequency, True, "bool"),
        (PositiveFrequency, ["1 MHz"], "list"),
        (PositiveFrequency, "0 Hz", "must be positive"),
        (PositiveFrequency, "-1 MHz", "must be positive"),
        (PositiveNumber, math.nan, "finite"),
        (PositiveNumber, math.inf, "finite"),
        (PositiveNumber, "1e999", "finite"),
        (PositiveNumber, "x", "pure number"),
        (Asymmetry, 1.01, "between −1 and 1"),
        (Count, 1.5, "whole number"),
        (Count, 0, "at least 1"),
    ],
)
def test_ranges_and_kinds_are_kept(kind, given, fragment):
    class Holder(Section):
        x: kind

    with pytest.raises(SpecError) as caught:
        validate(Holder, {"x": given}, "here")
    assert [p.path for p in caught.value.problems] == ["$.x"]
    assert fragment in caught.value.problems[0].message


def test_every_mistake_at_once_each_with_its_path():
    found = problems_of(
        {
            "inner": {"width": "5 kg", "par": "1 MHz", "label": 3, "part": "1 1/s", "ratio": 1},
            "lifetime": {"value": "nan s", "sorce": "x", "tolerance": "two"},
            "many": ["1 MHz", 2],
        }
    )
    assert set(found) == {
        "$.inner.width", "$.inner.par", "$.inner.label", "$.inner.part", "$.inner",
        "$.lifetime.value", "$.lifetime.sorce", "$.lifetime.tolerance", "$.many[1]",
    }  # fmt: skip
    assert "Did you mean part?" in found["$.inner.par"]
    assert "only one of part or ratio" in found["$.inner"]


def test_rules_hold_beside_broken_fields():
    found = problems_of({"inner": {"width": "1 MHz", "part": "2 MHz", "label": 1}, "lifetime": 3})
    assert set(found) == {"$.inner.part", "$.inner.label", "$.lifetime"}


def test_a_missing_key_says_what_to_write():
    found = problems_of({"inner": {"ratio": 1}})
    assert 'Write width = "20 MHz" (κ/2π)' in found["$.inner.width"]
    assert 'Write lifetime = "50 us"' in found["$.lifetime"]
    assert "Add a section [inner]" in problems_of({"lifetime": "1 s"})["$.inner"]


def test_messages_are_free_of_jargon():
    found = problems_of({"inner": 3, "lifetime": "-1 s", "many": "1 MHz", "x": 1})
    words = " ".join(found.values())
    assert len(found) == 4
    assert not any(word in words for word in ("Value error", "Input should", "pydantic", "extra", "validator"))


def test_the_json_schema_knows_both_spellings_and_no_null():
    schema = Inner.model_json_schema(schema_generator=SpecJsonSchema)
    single, table = schema["properties"]["width"]["anyOf"]
    assert single["type"] == "string"
    assert table["required"] == ["value"]
    assert set(table["properties"]) == {"value", "source", "tolerance"}
    assert schema["required"] == ["width"]
    assert "null" not in str(schema)
    assert schema["additionalProperties"] is False
