"""Results described once: every field with its key, unit and meaning; records, tables and the key reference follow.

A key is stable, and its end tells the unit: ``_hz`` a cyclic frequency (ω/2π, also γ/2π and V/2π), ``_s`` a time,
``_per_s``, ``_rate`` and ``_rates`` events per second, without 2π. What is not known, not finite or not there is null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Any

from rich.table import Column
from rich.text import Text

from qsb_hw.show.detail import Detail, HouseTable
from qsb_hw.show.plain import plain
from qsb_hw.show.style import label, table, value
from qsb_hw.show.text import NONE, quantity
from qsb_hw.units import to_hertz

Record = dict[str, Any]
Cell = tuple[Column, Callable[[Any], str | Text]]
"""A column of its own: its head, and what stands in it for a result."""

_UNITS = {"_hz": "Hz", "_per_s": "1/s", "_s": "s", "_rate": "1/s", "_rates": "1/s"}


@dataclass(frozen=True, slots=True)
class Field:
    """One number, word or list of a result.

    `read` says where it is: attributes joined by dots, or a function; the key without its unit unless given. A key in
    Hz is read as an angular frequency and divided by 2π. `symbol` heads its column or row in tables, `show` makes their
    text; a record is described by the section `inside`, the entries of a list by `each`. Tables show it from `detail`
    on, records always.
    """

    key: str
    meaning: str = ""
    read: str | Callable[[Any], Any] = ""
    _: KW_ONLY
    symbol: str = ""
    unit: str = ""
    digits: int = 4
    show: Callable[[Any], str] | None = None
    inside: Section | None = None
    each: Section | None = None
    detail: Detail = Detail.BRIEF

    @property
    def si(self) -> str:
        """SI unit of the number in the record."""
        return self.unit or next((unit for end, unit in _UNITS.items() if self.key.endswith(end)), "")

    def value(self, of: Any) -> Any:
        """Value in SI, frequencies cyclic; None where there is none."""
        path = self.read or re.sub("(_hz|_per_s|_s)$", "", self.key)
        found = _follow(of, path) if isinstance(path, str) else path(of)
        return to_hertz(found) if found is not None and self.key.endswith("_hz") else found

    def record(self, of: Any) -> Any:
        """Value as plain data."""
        found = self.value(of)
        if found is None:
            return None
        if self.each is not None:
            return [self.each.record(one) for one in found]
        return plain(found) if self.inside is None else self.inside.record(found)

    def text(self, of: Any) -> str:
        """Value as a table shows it."""
        found = self.value(of)
        if found is None:
            return NONE
        if self.show is not None:
            return self.show(found)
        word = found.value if isinstance(found, Enum) else found
        return str(word) if isinstance(word, str | int) else quantity(float(word), self.si, self.digits)


class Section:
    """Fields of one kind of result, in the order of its record; tables of it are shown from `detail` on, if given."""

    def __init__(self, *fields: Field, detail: Detail | None = None) -> None:
        self.detail = detail
        self.fields = {field.key: field for field in fields}

    def __getitem__(self, key: str) -> Field:
        return self.fields[key]

    def record(self, of: Any) -> Record:
        """Every field of a result as plain data."""
        return {key: field.record(of) for key, field in self.fields.items()}

    def text(self, of: Any, *keys: str) -> list[str]:
        """Some fields of a result as tables show them."""
        return [self[key].text(of) for key in keys]

    def reference(self, prefix: str = "") -> Iterator[tuple[str, str, str]]:
        """Path, unit and meaning of every key, those inside included; ``[]`` stands for the entries of a list."""
        for key, field in self.fields.items():
            symbol = field.symbol.replace("\n", " ")
            said = field.meaning if symbol in field.meaning else f"{symbol}: {field.meaning}"
            yield prefix + key, field.si, said
            if field.inside is not None:
                yield from field.inside.reference(f"{prefix}{key}.")
            if field.each is not None:
                yield from field.each.reference(f"{prefix}{key}[].")

    def table(
        self, title: str, results: Iterable[Any], *columns: str | Cell, detail: Detail | None = None
    ) -> HouseTable:
        """One row per result; columns are keys, or made of their head and what is in them."""
        found = list(results)
        heads = (self._head(column, found) for column in columns)
        rows = table(title, *heads, detail=self.detail if detail is None else detail)
        rows.of_columns.update({k: self[c].detail for k, c in enumerate(columns) if isinstance(c, str)})
        for one in found:
            rows.add_row(*(self[c].text(one) if isinstance(c, str) else c[1](one) for c in columns))
        return rows

    def add_rows(self, rows: HouseTable, of: Any, *keys: str) -> None:
        """A row of symbol, value and meaning for some fields of one result."""
        for key in keys:
            rows.of_rows[len(rows.rows)] = self[key].detail
            rows.add_row(self[key].symbol, self[key].text(of), self[key].meaning)

    def _head(self, column: str | Cell, results: list[Any]) -> Column:
        if not isinstance(column, str):
            return column[0]
        field = self[column]
        words = any(isinstance(field.value(one), str | Enum) for one in results)
        return (label if words else value)(field.symbol or field.key)


class With:
    """A result with more beside it that only its owner knows."""

    def __init__(self, result: Any, **more: Any) -> None:
        self.__dict__.update(more, _result=result)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_result"], name)


def _follow(of: Any, path: str) -> Any:
    for name in path.split("."):
        if of is None:
            return None
        of = of[name] if isinstance(of, dict) else getattr(of, name)
    return of


CERTIFICATE = (
    Field("residual", "‖Lρ‖/(‖ρ‖·rate), the largest", "certificate.residual", symbol="largest residual", digits=3),
    Field("error_bound", "bound on ‖ρ − ρ_true‖ (Frobenius), the largest", "certificate.error_bound",
          symbol="largest error bound", digits=3),
    Field("gap", "smallest of all steady states, estimated", "certificate.gap",
          symbol="slowest relaxation", unit="1/s", digits=3),
)  # fmt: skip
"""How far steady states are to be trusted."""
