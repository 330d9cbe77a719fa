"""From a file to a table, from a table to a validated spec; whatever is wrong becomes one `SpecError`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from qsb_hw.errors import Problem, SpecError
from qsb_hw.spec.base import Section
from qsb_hw.spec.mistakes import problems_of

Spec = TypeVar("Spec", bound=Section)


def read_toml(path: str | Path) -> dict[str, Any]:
    """Table in a TOML file.

    Raises
    ------
    SpecError
        No such file, a directory, not readable, not UTF-8, not TOML (with line and column).
    """
    file = Path(path)
    try:
        return tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        message = f"must be TOML, but found: {error}. Mend that line; text needs quotes."
        raise _refusal(file, message) from error
    except RecursionError as error:
        message = "must be a flat table, but found nesting without end. Start from a shipped file."
        raise _refusal(file, message) from error


def validate(model: type[Spec], table: Mapping[str, Any], source: str) -> Spec:
    """Spec in `table`.

    Parameters
    ----------
    model : type of Section
        The platform's spec class.
    table : mapping
        As read from TOML.
    source : str
        Name of the file, for the error.

    Raises
    ------
    SpecError
        With every problem at once, each with its path.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise SpecError(source, problems_of(error)) from None


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        message = "must be a file, but found none of that name. `qsb-hw specs` lists what ships."
        raise _refusal(file, message) from None
    except IsADirectoryError:
        raise _refusal(file, "must be a file, but found a directory. Name the TOML file in it.") from None
    except OSError as error:
        raise _refusal(file, f"must be a readable file, but found: {error.strerror}.") from None
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x} in line {line}"
        raise _refusal(file, f"must be UTF-8, but found {found}. Save the file as UTF-8.") from None


def _refusal(file: Path, message: str) -> SpecError:
    return SpecError(str(file), (Problem("$", message),))
