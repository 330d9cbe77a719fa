"""From a file to a table, from a table to a validated spec; whatever is wrong becomes one `SpecError`."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from qsb_hw.errors import ArgumentError, Problem, SpecError, shown, suggestion
from qsb_hw.spec.base import Section
from qsb_hw.spec.files import LARGEST_SPEC_FILE, read_bytes, text_of
from qsb_hw.spec.mistakes import problems_of

Spec = TypeVar("Spec", bound=Section)

MOST_NESTED = 16
"""Tables and lists inside one another, and parts of a dotted key."""
MOST_VALUES = 20_000
"""Keys and entries of a device file."""
MOST_BESIDE = 1000
"""Files of a folder among which a name is looked for that was meant instead."""

_PART = r"(?:[A-Za-z0-9_-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_LONG_KEY = re.compile(rf"(?<![\w.-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_NESTED},}}")
_DEEP = re.compile(rf"(?:[\[{{][\s]*+(?:{_PART}[ \t]*+=[ \t]*+)?){{{MOST_NESTED + 1},}}")


class FileTable(dict[str, Any]):
    """Table in a file, which knows the SHA-256 of the bytes that it was read from."""

    sha256: str | None = None


def digest_of(table: Mapping[str, Any]) -> str | None:
    """SHA-256 of the file that a table was read from; None for a table that comes from none."""
    return table.sha256 if isinstance(table, FileTable) else None


def read_toml(path: str | Path, shipped: Iterable[str] = ()) -> FileTable:
    """Table in a TOML file; a byte-order mark is skipped. `shipped` are names that may have been meant instead.

    SpecError if there is no regular file of that name, or it is not readable, larger than `LARGEST_SPEC_FILE`, not
    UTF-8, not TOML (with line and column), nested deeper than `MOST_NESTED`, or has more than `MOST_VALUES` values.
    """
    file = Path(path)
    try:
        data = read_bytes(file, LARGEST_SPEC_FILE)
        text = text_of(data)
        _refuse_nesting(text)
        table = FileTable(tomllib.loads(text))
        table.sha256 = hashlib.sha256(data).hexdigest()
        _refuse_size(table)
    except tomllib.TOMLDecodeError as error:
        message = f"must be TOML, but found: {error}. Correct that line; text needs quotes."
    except ArgumentError as error:
        missing = "none of that name" in str(error)
        message = f"{error} {_near(file, shipped)}" if missing else str(error)
    except RecursionError:
        message = _TOO_DEEP.format("nesting without end")
    except ValueError as error:  # an integer beyond what Python reads
        message = f"must hold numbers that can be read, but found: {error}. Correct them."
    else:
        return table
    raise SpecError(str(file), (Problem("$", message),))


def _near(file: Path, shipped: Iterable[str]) -> str:
    """Files of the same folder, or shipped names, that are spelt much like one that is not there."""
    try:
        known = [str(one) for one in islice(file.parent.iterdir(), MOST_BESIDE) if one.suffix == ".toml"]
    except (OSError, ValueError):
        known = []
    return suggestion(str(file), [*shipped, *known], "`qsb-hw specs` lists what ships.")


def validate(model: type[Spec], table: Mapping[str, Any], source: str) -> Spec:
    """Spec in a table as read from the file `source`; SpecError with everything wrong at once, each with its path."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise SpecError(source, problems_of(error)) from None


_TOO_DEEP = f"must be nested at most {MOST_NESTED} deep, but found {{}}. Start from a shipped file."


def _refuse_nesting(text: str) -> None:
    """Refuse what a TOML reader would take too long to read, before it reads."""
    for line in text.splitlines():
        if _LONG_KEY.search(line) or _DEEP.search(line):
            raise ArgumentError(_TOO_DEEP.format(shown(line, 40)))


def _refuse_size(table: Mapping[str, Any]) -> None:
    level: list[Any] = [table]
    count = 0
    for _ in range(MOST_NESTED + 1):
        level = [entry for value in level for entry in _entries(value)]
        count += len(level)
        if count > MOST_VALUES:
            message = f"must have at most {MOST_VALUES} keys and entries, but found more. Start from a shipped file."
            raise ArgumentError(message)
        if not level:
            return
    raise ArgumentError(_TOO_DEEP.format("more"))


def _entries(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()
