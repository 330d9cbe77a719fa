"""Numbers with units in a device file: text or an inline table, a `Quantity` inside.

Every field declares its kind (`qsb_hw.units`) and its range; pydantic calls the declaration to validate
and to describe itself in the JSON Schema.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, overload

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from qsb_hw import units
from qsb_hw.errors import ArgumentError, shown
from qsb_hw.spec.mistakes import Mistake, raise_mistakes
from qsb_hw.units import Kind


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a device file: in internal units (rad/s for a frequency, else SI), and as written.

    `source` is where it comes from, `tolerance` relative: 0.03 for "3 %".
    """

    value: float
    text: str
    source: str | None = None
    tolerance: float | None = None

    def __str__(self) -> str:
        return self.text


@overload
def value(quantity: Quantity | None, otherwise: float = 0.0) -> float: ...
@overload
def value(quantity: Quantity | None, otherwise: None) -> float | None: ...
def value(quantity: Quantity | None, otherwise: float | None = 0.0) -> float | None:
    """Number of a quantity in internal units; `otherwise` where the file gives none."""
    return otherwise if quantity is None else quantity.value


@dataclass(frozen=True, slots=True)
class Range:
    """Which values a field may have, in internal units, and how to say so."""

    words: str
    least: float = -math.inf
    most: float = math.inf
    without_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether `value` lies within."""
        return self.least <= value <= self.most and not (self.without_least and value == self.least)


ANY = Range("any finite number")
POSITIVE = Range("positive", least=0.0, without_least=True)
NOT_NEGATIVE = Range("zero or positive", least=0.0)

_LARGEST_BITS = 1023
_ROUNDING = 1e-9
_TABLE_KEYS = ("value", "source", "tolerance")


@dataclass(frozen=True, slots=True)
class Reads:
    """Declaration of a field: the kind of quantity it reads and its range.

    Accepts ``"250 MHz"`` or ``{ value = "250 MHz", source = "…", tolerance = "3 %" }``; a pure number
    may also be written bare. `written` is an example and `sizes` the smallest and largest magnitude, zero aside, in
    internal units; the kind's unless given.
    """

    kind: Kind
    within: Range = ANY
    whole: bool = False
    written: str | None = None
    sizes: tuple[float, float] | None = None

    @property
    def magnitudes(self) -> tuple[float, float]:
        """Smallest and largest magnitude, zero aside, in internal units."""
        return self.sizes or self.kind.sizes

    @property
    def range_words(self) -> str:
        """Sign or interval, and the sizes that physics allows: "positive, from 1 µHz to 10 PHz"."""
        if math.isfinite(self.within.least) and math.isfinite(self.within.most):
            return self.within.words
        smallest, largest = (units.written(size, self.kind, 3) for size in self.magnitudes)
        return f"{self.within.words}, from {smallest} to {largest} in size"

    @property
    def example(self) -> str:
        """How to write it, as TOML."""
        text = self.written or self.kind.example
        return text if self.kind is units.NUMBER else f'"{text}"'

    def read(self, given: Any) -> Quantity:
        """Read a quantity, or raise every mistake in it at once."""
        if isinstance(given, Quantity):
            return given
        if not isinstance(given, Mapping):
            problem, number = self.check(given)
            raise_mistakes("quantity", [Mistake((), problem)] if problem else [])
            return Quantity(number, str(given).strip())
        raise_mistakes("quantity", self._table_mistakes(given))
        tolerance = TOLERANCE.check(given["tolerance"])[1] if "tolerance" in given else None
        return Quantity(self.check(given["value"])[1], str(given["value"]), given.get("source"), tolerance)

    def check(self, given: Any) -> tuple[str | None, float]:
        """What is wrong with a value (None if nothing is), and the value in internal units."""
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            found = f"{type(given).__name__} {shown(given)}"
            return f"must be {self.kind.named}, but found {found}. Write it like {self.example}.", math.nan
        if isinstance(given, int) and given.bit_length() > _LARGEST_BITS:
            return f"must be finite, but found {shown(given)}. Write it like {self.example}.", math.nan
        try:
            value = units.parse(str(given), self.kind)
        except ArgumentError as error:
            if self.kind is units.NUMBER and "finite" not in str(error):
                found = shown(str(given))
                return f"must be a pure number, but found {found}. Write it like {self.example}.", math.nan
            return str(error), math.nan
        return self._range_problem(value, given), value

    def _range_problem(self, value: float, given: Any) -> str | None:
        found = f"but found {shown(str(given))}. Write it like {self.example}."
        if not math.isfinite(value):
            return f"must be finite, {found}"
        if self.whole and value != round(value):
            return f"must be a whole number, {found}"
        if not self.within.holds(value):
            return f"must be {self.within.words}, {found}"
        smallest, largest = self.magnitudes
        if value != 0 and not smallest * (1 - _ROUNDING) <= abs(value) <= largest * (1 + _ROUNDING):
            return f"must be {self.range_words}, {found}"
        return None

    def _table_mistakes(self, given: Mapping[str, Any]) -> Iterator[Mistake]:
        for key in given:
            if key not in _TABLE_KEYS:
                yield Mistake((str(key),), f"is not a key of a quantity. Its keys are {', '.join(_TABLE_KEYS)}.")
        if "value" not in given:
            yield Mistake(("value",), f"must be given, but is missing. Write value = {self.example}.")
        elif problem := self.check(given["value"])[0]:
            yield Mistake(("value",), problem)
        if not isinstance(given.get("source", ""), str):
            yield Mistake(("source",), f'must be text, but found {shown(given["source"])}. Write source = "…".')
        if "tolerance" in given and (problem := TOLERANCE.check(given["tolerance"])[0]):
            yield Mistake(("tolerance",), problem)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(_as_written)
        )

    def __get_pydantic_json_schema__(self, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        bare = self.kind is units.NUMBER
        single = {"type": ["number", "string"] if bare else "string", "examples": [json.loads(self.example)]}
        table = {
            "type": "object",
            "properties": {
                "value": single,
                "source": {"type": "string", "description": "where the number comes from"},
                "tolerance": {"type": ["number", "string"], "examples": ["3 %"], "description": "relative"},
            },
            "required": ["value"],
            "additionalProperties": False,
        }
        return {"title": f"{self.kind.name}, {self.range_words}", "anyOf": [single, table]}


def _as_written(quantity: Quantity) -> Any:
    extra = {"source": quantity.source, "tolerance": quantity.tolerance}
    kept = {key: value for key, value in extra.items() if value is not None}
    return {"value": quantity.text, **kept} if kept else quantity.text


TOLERANCE = Reads(units.NUMBER, Range("between 0 and 1", 0.0, 1.0), written="0.03")

Frequency = Annotated[Quantity, Reads(units.FREQUENCY)]
PositiveFrequency = Annotated[Quantity, Reads(units.FREQUENCY, POSITIVE)]
Time = Annotated[Quantity, Reads(units.TIME, POSITIVE)]
Temperature = Annotated[Quantity, Reads(units.TEMPERATURE, NOT_NEGATIVE)]
Power = Annotated[Quantity, Reads(units.POWER, POSITIVE)]
Inductance = Annotated[Quantity, Reads(units.INDUCTANCE, POSITIVE)]
Capacitance = Annotated[Quantity, Reads(units.CAPACITANCE, POSITIVE)]
SignedCapacitance = Annotated[Quantity, Reads(units.CAPACITANCE)]
Current = Annotated[Quantity, Reads(units.CURRENT, POSITIVE)]
Flux = Annotated[Quantity, Reads(units.FLUX)]
FluxNoise = Annotated[Quantity, Reads(units.FLUX, NOT_NEGATIVE, written="1e-6 Phi_0")]
FrequencyNoise = Annotated[Quantity, Reads(units.FREQUENCY, NOT_NEGATIVE, written="100 Hz")]
Number = Annotated[Quantity, Reads(units.NUMBER)]
PositiveNumber = Annotated[Quantity, Reads(units.NUMBER, POSITIVE)]
NotNegativeNumber = Annotated[Quantity, Reads(units.NUMBER, NOT_NEGATIVE)]
Asymmetry = Annotated[Quantity, Reads(units.NUMBER, Range("between −1 and 1", -1.0, 1.0))]
Count = Annotated[Quantity, Reads(units.NUMBER, Range("at least 1", 1.0), whole=True, written="1")]
SiteCount = Annotated[
    Quantity, Reads(units.NUMBER, Range("2: a file describes one device and its twin", 2, 2), True, "2")
]
Rate = Annotated[Quantity, Reads(units.RATE, NOT_NEGATIVE)]
Length = Annotated[Quantity, Reads(units.LENGTH, POSITIVE)]
Energy = Annotated[Quantity, Reads(units.ENERGY, POSITIVE)]
FieldNoise = Annotated[Quantity, Reads(units.FIELD_NOISE, NOT_NEGATIVE)]
Curvature = Annotated[Quantity, Reads(units.CURVATURE)]
Cubic = Annotated[Quantity, Reads(units.CUBIC)]
Quartic = Annotated[Quantity, Reads(units.QUARTIC)]
LevelCount = Annotated[Quantity, Reads(units.NUMBER, Range("between 3 and 12", 3.0, 12.0), True, "10")]
Projection = Annotated[Quantity, Reads(units.NUMBER, Range("between 0 and 2", 0.0, 2.0, True), written="1.4142")]
