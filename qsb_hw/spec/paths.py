"""Fields of a file by their path: ``$.damping.level``, ``$.pair.capacitance_matrix[0][1]``, ``$.link.A-B.coupling``.

Tables by name (nodes and links of a chip) share their fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from qsb_hw.errors import ArgumentError, require, shown, suggestion
from qsb_hw.spec.base import Section, declaration, section_of
from qsb_hw.spec.quantity import Quantity, Reads

Table = dict[str, Any]
Key = str | int

_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]")
MOST_NEAR = 3
"""Paths that a hint names, at most."""
ANY_NAME = "*"
"""In the paths of `numeric_fields`: the name of a node or a link."""


@dataclass(frozen=True, slots=True)
class SpecField:
    """A numeric field: its path, the keys that lead there, and how it is read."""

    path: str
    keys: tuple[Key, ...]
    reads: Reads


def field_at(model: type[Section], path: str) -> SpecField:
    """Field of a spec class at a path; refused where it is no path, or no field that holds a number is there."""
    steps = list(_STEP.finditer(path, 1))
    valid = path.startswith("$.") and "".join(s[0] for s in steps) == path[1:]
    known = _by_path(model)
    require(valid, "A path must look like $.section.key", repr(path), lambda: near_path(model, path))
    keys = tuple(step[1] or int(step[2]) for step in steps)
    words = [key for key in keys if isinstance(key, str)]
    named = [words[0], ANY_NAME, *words[2:]] if _holds_sections(model, words[0]) else words
    found = known.get("$." + ".".join(named))
    if found is None:
        here = [one.replace(f".{ANY_NAME}.", f".{words[1]}.") if named != words else one for one in known]
        hint = suggestion(path, here, "`qsb-hw specs --schema` lists them.", cutoff=0.5)
        raise ArgumentError(f"A path must lead to a number of the file, but found {shown(path)}. {hint}")
    return SpecField(path, keys, found.reads)


def near_path(model: type[Section], path: str) -> str:
    """Hint for what is no path: fields of that key, or spelt much like it."""
    known = _by_path(model)
    same = [one for one in known if one.rpartition(".")[2] == path.rpartition(".")[2]]
    otherwise = "Name the section too, like oscillator.t1; `qsb-hw specs --schema` lists all keys."
    return f"Did you mean {' or '.join(same[:MOST_NEAR])}?" if same else suggestion(path, known, otherwise)


@cache
def _by_path(model: type[Section]) -> Mapping[str, SpecField]:
    return {field.path: field for field in numeric_fields(model)}


def numeric_fields(model: type[Section], above: tuple[str, ...] = ()) -> Iterator[SpecField]:
    """Every numeric field of a spec class; entries of a list share one, tables by name too (`ANY_NAME`)."""
    for name, info in model.model_fields.items():
        keys = (*above, name)
        section, reads = section_of(info), declaration(info) or _entry_of(info)
        if get_origin(info.annotation) is dict:
            keys = (*keys, ANY_NAME)
        if section is not None:
            yield from numeric_fields(section, keys)
        elif reads is not None:
            yield SpecField("$." + ".".join(keys), keys, reads)


def prepared(spec: Section) -> Table:
    """What a validated spec says, as a table with its numbers read: validating it again parses nothing."""
    said = {name: getattr(spec, name) for name in type(spec).model_fields if name in spec.model_fields_set}
    return {name: _prepared(value) for name, value in said.items() if value is not None}


def leaves(table: Any, at: str = "$") -> Iterator[tuple[str, Any]]:
    """Every value in a prepared table with its path, in order."""
    if isinstance(table, Mapping):
        for key, value in table.items():
            yield from leaves(value, f"{at}.{key}")
    elif isinstance(table, list):
        for number, value in enumerate(table):
            yield from leaves(value, f"{at}[{number}]")
    else:
        yield at, table


def with_value(table: Any, keys: tuple[Key, ...], value: Quantity) -> Any:
    """The table with one value replaced or added; an index into a list that is not there is refused."""
    if not keys:
        return value
    first, rest = keys[0], keys[1:]
    if isinstance(first, int):
        must = "An index in a path must point into a list of the device file"
        there = isinstance(table, list) and first < len(table)
        require(there, must, f"[{first}]", "Write the list into the file first.")
        return [with_value(entry, rest, value) if k == first else entry for k, entry in enumerate(table)]
    table = table if isinstance(table, Mapping) else {}
    return {**table, first: with_value(table.get(first), rest, value)}


def _holds_sections(model: type[Section], key: str) -> bool:
    """Whether a key of a spec class leads to tables by name."""
    info = model.model_fields.get(key)
    return info is not None and get_origin(info.annotation) is dict


def _entry_of(annotation: Any) -> Reads | None:
    """Declaration of the entries of a list, however deep."""
    inside = annotation.annotation if isinstance(annotation, FieldInfo) else annotation
    for part in (inside, *getattr(inside, "__metadata__", ())):
        if isinstance(part, Reads):
            return part
    return next((found for part in get_args(inside) if (found := _entry_of(part)) is not None), None)


def _prepared(value: Any) -> Any:
    if isinstance(value, Section):
        return prepared(value)
    if isinstance(value, Mapping):
        return {name: _prepared(entry) for name, entry in value.items()}
    return [_prepared(entry) for entry in value] if isinstance(value, list) else value
