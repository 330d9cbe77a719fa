"""Mistakes found while validating, handed through pydantic without its jargon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from qsb_hw.errors import Problem

OURS = "qsb"
"""Error type of messages that are already in our own words."""

Location = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and where below the value being validated."""

    at: Location
    message: str


def raise_mistakes(title: str, mistakes: Iterable[Mistake]) -> None:
    """Raise one pydantic error that carries all `mistakes`; return quietly where there are none."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError(OURS, "{words}", {"words": mistake.message}), loc=mistake.at, input=None
        )
        for mistake in mistakes
    ]
    if details:
        raise ValidationError.from_exception_data(title, details)


def path_of(location: Location) -> str:
    """Path in the file: ``("pair", "capacitance_matrix", 0)`` is ``$.pair.capacitance_matrix[0]``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """Every problem in a pydantic error, each with its path, none twice, in the order of the file."""
    found = (Problem(path_of(detail["loc"]), detail["msg"]) for detail in error.errors())
    return tuple(dict.fromkeys(found))
