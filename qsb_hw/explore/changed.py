"""A file with some numbers changed: the one it came from, comments and all, with its new numbers and their origin."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qsb_hw.devices.catalog import chip_from_spec, device_from_spec
from qsb_hw.errors import ArgumentError, QsbError
from qsb_hw.explore.sweep.subject import Subject, mirrored
from qsb_hw.spec.base import Section
from qsb_hw.spec.paths import Key, leaves, prepared
from qsb_hw.spec.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One number: its path, its new text with unit, and what the file says of its origin."""

    path: str
    text: str
    origin: str


def changed_file(subject: Subject, changes: Iterable[Change], wanted: Section, head: str) -> str:
    """Text of a file with some numbers changed; `wanted` is the spec it must give, `head` its first lines.

    A node of a chip that is like a changed one gets what it had before in its own table. `ArgumentError` if a node
    would inherit a number that it did not have. Where the file on disk is no longer the one that was read, the numbers
    are those that were, and the text says so.
    """
    import tomlkit

    document = tomlkit.parse(_original(subject))
    every = [*changes]
    given = {change.path for change in every}
    for change in every:
        mirror = mirrored(change.path)  # C_kj is C_jk
        for path in (change.path, *([mirror] if mirror and mirror not in given else ())):
            _put(document, subject.field(path).keys, change.text, change.origin, subject.number(path))
    if subject.is_chip:
        _keep_others(document, subject, wanted)
    return head + tomlkit.dumps(document).lstrip("\n")


def _original(subject: Subject) -> str:
    """Text of the file as it was read; from its numbers where the one on disk is no longer that."""
    import tomlkit

    source = Path(subject.source)
    if source.is_file():
        with suppress(OSError, ValueError, QsbError):
            text = source.read_text("utf-8")
            if subject.dimensionless or _is_read_from(subject, text):
                return text
    note = "" if not source.exists() else f"# {source.name} has changed since it was read: its comments are left out.\n"
    return note + tomlkit.dumps(_plain(subject.table))


def _is_read_from(subject: Subject, text: str) -> bool:
    """Whether a text has the numbers that were read; those of conditions may have been replaced."""
    build = chip_from_spec if subject.is_chip else device_from_spec
    tables = (prepared(build(tomllib.loads(text), subject.source).spec), subject.table)
    found, was = (
        {path: value for path, value in leaves(table) if not path.startswith("$.conditions.")} for table in tables
    )
    return found.keys() == was.keys() and all(_same(value, was[path]) for path, value in found.items())


def _keep_others(document: Any, subject: Subject, spec: Section) -> None:
    """Write into nodes that are like a changed one what they had: only what was chosen changes."""
    wanted = dict(leaves(prepared(spec)))
    for _ in range(len(subject.nodes)):  # what is written may be inherited in its turn
        found = dict(leaves(prepared(chip_from_spec(document.unwrap(), subject.source).spec)))
        moved = [path for path, value in wanted.items() if not _same(found.get(path), value)]
        if not moved:
            break
        for path in moved:
            number = wanted[path]
            assert isinstance(number, Quantity)
            _put(document, subject.field(path).keys, number.text, number.source, number)
    if more := sorted(found.keys() - wanted.keys()):
        raise ArgumentError(
            f"A changed file must change nothing but what was chosen, but found that {', '.join(more)} would be "
            "inherited from a node it is like. Write into the file how that node has it, then try again."
        )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return math.isclose(one.value, other.value, rel_tol=1e-5)
    return bool(one == other)


def _put(document: Any, keys: tuple[Key, ...], text: str, origin: str | None, was: Quantity | None) -> None:
    import tomlkit

    inside = document
    for key in keys[:-1]:
        if isinstance(key, str) and key not in inside:
            inside[key] = tomlkit.table()
        inside = inside[key]
    notes = _noted(text, origin, None if was is None else was.tolerance)
    written = ", ".join(f"{key} = {tomlkit.item(note).as_string()}" for key, note in notes.items())
    inside[keys[-1]] = tomlkit.parse(f"x = {{ {written} }}")["x"]


def _noted(text: str, source: str | None, tolerance: float | None) -> dict[str, Any]:
    """What a file says of a number; a pure one without quotes."""
    value: str | float = text
    with suppress(ValueError):
        value = float(text)
    notes = {"value": value, "source": source, "tolerance": tolerance}
    return {key: note for key, note in notes.items() if note is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_plain(inside) for inside in value]
    if not isinstance(value, Quantity):
        return value
    notes = _noted(value.text, value.source, value.tolerance)
    if value.text.isdecimal():  # a whole number stays one
        notes["value"] = int(value.text)
    return notes if len(notes) > 1 else notes["value"]
