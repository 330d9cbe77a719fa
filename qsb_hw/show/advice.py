"""Advice that pulls two ways: remedies of one list that would raise and lower the same quantity are named together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

UP = ("raise", "widen", "lengthen", "increase", "deepen", "keep more", "stiffen", "pump harder")
DOWN = ("lower", "narrow", "shorten", "reduce", "weaken", "keep fewer", "pump less", "heat less")
QUANTITIES: Mapping[str, str] = {
    "κ": r"κ(?!_)|linewidth|σ",
    "γ, the power of the tones": r"γ|\bg\b|(?i:laser power|pump)|n_c|Ω",
    "K": r"\bK\b|anharmonicity|charging energy",
    "V": r"\bV\b|coupling capacitance",
    "g0": r"g0|mutual inductance|participation|flux bias|flux slope",
    "T1": r"T1\b",
    "the trap frequency": r"(?i:trap frequency|stiffen)",
    "the depth of the well": r"(?i:barrier|deepen)",
    "the duration of an experiment": r"experiment",
    "the number of levels kept": r"levels",
}
"""What remedies change, and how they call it. K is E_C to first order: it falls as E_J/E_C grows."""
_VERB = re.compile(rf"(?:or |and |to )*({'|'.join((*UP, *DOWN))}|move)\b\s*(.*)", re.I)
_SPLIT = re.compile(r"[,;.]\s|\.$|:\s| or | and ")


def changes(remedy: str) -> set[tuple[str, int]]:
    """Quantities that a remedy would raise (+1) or lower (−1)."""
    found: set[tuple[str, int]] = set()
    direction = 0
    for piece in _SPLIT.split(re.sub(r"\([^()]*\)", "", remedy)):
        verb, told = _VERB.match(piece), piece
        if verb is not None:
            direction = _direction(verb)
            told = verb[0] if verb[1].lower().startswith(("pump", "stiff", "deep")) else verb[2]
        elif len(piece.split()) > 3:  # an explanation
            direction = 0
        found.update(_named(re.split(" at the same |=", told)[0], direction))
    return found


def tradeoffs(advice: Iterable[tuple[str, str]]) -> list[str]:
    """One sentence that names every quantity which some remedies raise and others lower; none where none is.

    `advice` has names of criteria and their remedies, those that go first first.
    """
    by: dict[str, dict[int, list[str]]] = {}
    for name, remedy in advice:
        for quantity, sign in sorted(changes(remedy)):
            by.setdefault(quantity, {}).setdefault(sign, []).append(name)
    torn = [
        f"{quantity} (raise: {', '.join(dict.fromkeys(signs[1]))}; lower: {', '.join(dict.fromkeys(signs[-1]))})"
        for quantity, signs in by.items()
        if len(signs) > 1
    ]
    if not torn:
        return []
    return [
        f"Trade-off: these pull opposite ways in {'; '.join(torn)}. Prefer what pulls one way only, requirements "
        "first; `qsb-hw design` looks for values that meet all of them."
    ]


def _direction(verb: re.Match[str]) -> int:
    word = verb[1].lower()
    if word == "move":
        return 1 if "closer" in verb[2] else -1 if "apart" in verb[2] else 0
    return 1 if word in UP else -1


def _named(text: str, direction: int) -> Iterator[tuple[str, int]]:
    """Quantities in the object of a verb; of a ratio the one above the line."""
    if not direction:
        return
    if "wells" in text and re.search("closer|apart", text):
        yield "V", direction
    elif "E_J/E_C" in text:
        yield "K", -direction
    else:
        above = text.partition("/")[0]
        yield from ((quantity, direction) for quantity, words in QUANTITIES.items() if re.search(words, above))
