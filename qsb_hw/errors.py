"""Errors in one grammar: what must hold, what was found, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


class QsbError(Exception):
    """Any error this package raises on purpose."""


class ArgumentError(QsbError, ValueError):
    """An argument that is not what the physics or the interface needs."""


class CapacityError(QsbError, MemoryError):
    """A problem that would not fit in memory, refused before any long work."""


class StorageError(QsbError, OSError):
    """Results that could not be written or read; what was stored before is safe."""


class ConvergenceError(QsbError, ArithmeticError):
    """A result was asked for where the solver has none to give."""


class ClosureWarning(UserWarning):
    """An approximation that closes a hierarchy of equations has left the physical states."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a device file: where it is (``$.damping.linewidth``) and what to do."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class SpecError(QsbError, ValueError):
    """Everything wrong with a device file, all at once.

    Attributes
    ----------
    problems : tuple of Problem
        Each with its path in the file.
    """

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        self.source = source
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__("\n".join([f"{source}: {count}", *(f"  {p}" for p in problems)]))

    def __reduce__(self) -> tuple[type[SpecError], tuple[str, tuple[Problem, ...]]]:
        return (SpecError, (self.source, self.problems))


def require(holds: bool, must: str, found: object, mend: str) -> None:
    """Raise `ArgumentError` unless `holds`: "{must}, but found {found}. {mend}"."""
    if not holds:
        raise ArgumentError(f"{must}, but found {found}. {mend}")
