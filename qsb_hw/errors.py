"""Errors in one grammar: what must hold, what was found, and a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

LONGEST_SHOWN = 200
"""Characters of a value, a key or a path that a message repeats."""
LONGEST_MESSAGE = 2000
"""Characters of what is said about one problem."""
MOST_PROBLEMS = 50
"""Problems of one file that are listed in words; all of them are in `SpecError.problems`."""


def printable(text: str, most: int = LONGEST_MESSAGE) -> str:
    """Text for a message: shortened in the middle, with characters that a terminal acts upon as escapes."""
    if len(text) > most:
        kept = most // 2
        text = f"{text[:kept]} … ({len(text)} characters in all) … {text[-kept // 4 :]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown(value: object, most: int = LONGEST_SHOWN) -> str:
    """`repr` of a value that a message repeats, as `printable`; integers too long to be written are described."""
    try:
        return printable(repr(value), most)
    except (ValueError, RecursionError):
        digits = f" of about {int(value.bit_length() * 0.30103) + 1} digits" if isinstance(value, int) else ""
        return f"a value{digits} that is too long to show"


class QsbError(Exception):
    """Any error this package raises deliberately; its text holds no control characters."""

    def __init__(self, message: str = "") -> None:
        super().__init__("\n".join(printable(line, 2 * LONGEST_MESSAGE) for line in message.split("\n")))


class ArgumentError(QsbError, ValueError):
    """An argument that is not what the physics or the interface needs."""


class CapacityError(QsbError, MemoryError):
    """A problem that would not fit in memory, refused before any long work."""


class StorageError(QsbError, OSError):
    """Results of a sweep that could not be written or read; what is stored is safe, and the same call resumes there."""


class ConvergenceError(QsbError, ArithmeticError):
    """A result was asked for where the solver has none to give."""


class ClosureWarning(UserWarning):
    """An approximation that closes a hierarchy of equations has left the physical states."""


class ResolutionWarning(UserWarning):
    """A grid that is too coarse for what it is to show."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a device file: where it is (``$.damping.linewidth``) and what to do."""

    path: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", printable(self.path, LONGEST_SHOWN))
        object.__setattr__(self, "message", printable(self.message))

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
        listed = [f"  {p}" for p in problems[:MOST_PROBLEMS]]
        if len(problems) > MOST_PROBLEMS:
            listed.append(f"  … and {len(problems) - MOST_PROBLEMS} more; the first {MOST_PROBLEMS} are listed.")
        super().__init__("\n".join([f"{printable(source, LONGEST_SHOWN)}: {count}", *listed]))

    def __reduce__(self) -> tuple[type[SpecError], tuple[str, tuple[Problem, ...]]]:
        return (SpecError, (self.source, self.problems))


def require(holds: bool, must: str, found: object, hint: str | Callable[[], str]) -> None:
    """Raise `ArgumentError` unless `holds`: "{must}, but found {found}. {hint}"; a slow hint is a function."""
    if not holds:
        advice = hint if isinstance(hint, str) else hint()
        raise ArgumentError(f"{must}, but found {printable(str(found), LONGEST_SHOWN)}. {advice}")


def suggestion(
    word: str, known: Iterable[str], otherwise: str | None = None, *, most: int = 1, cutoff: float = 0.6
) -> str:
    """Hint for a word that is not known, whatever its case: "Did you mean …?" with the `most` nearest of them.

    Where none is as near as `cutoff` (of `difflib.get_close_matches`) it is `otherwise`, else the list of all.
    """
    import difflib

    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word[:LONGEST_SHOWN].lower(), folded, most, cutoff)
    if near:
        return f"Did you mean {' or '.join(folded[name] for name in near)}?"
    return f"Known are {', '.join(folded.values())}." if otherwise is None else otherwise
