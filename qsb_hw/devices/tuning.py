"""Where a tone sits against the ladder: the same rule on every platform."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qsb_hw.errors import Problem
from qsb_hw.model.bath import Role
from qsb_hw.model.ladder import Ladder
from qsb_hw.spec.base import Given
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Quantity


def tone_detuning(detuning: Quantity | None, level: Quantity | None, role: Role, ladder: Ladder, target: int) -> float:
    """δ in rad/s: as given, at the ladder position n± (linear between transitions), or tuned to n0.

    Left open, damping meets the transition n0 ↔ n0 + 1 and amplification n0 − 1 ↔ n0 of the real ladder.
    """
    if detuning:
        return detuning.value
    position = level.value if level else float(target + 1 if role is Role.DAMPING else target)
    spacings = ladder.transition_frequencies
    spacing = float(np.interp(position, np.arange(1, spacings.size + 1), spacings))
    return -spacing if role is Role.DAMPING else spacing


def tone_side(given: Given, role: Role, size: str) -> Iterator[Mistake]:
    """Rule: δ has the sign of its role; `size` is an example of its modulus."""
    detuning = given.values("detuning")
    if detuning and detuning[0] * role.sign >= 0:
        words, sign = ("negative (red) to damp", "-") if role is Role.DAMPING else ("positive (blue) to amplify", "")
        message = f'must be {words}, but found {given.text("detuning")}. Write it like "{sign}{size}".'
        yield Mistake(("detuning",), message)


def level_problem(level: Quantity | None, section: str, ladder: Ladder) -> Problem | None:
    """What is wrong with an n± of a section of the file that lies off the ladder."""
    top = ladder.levels - 1
    if level is None or 1 <= level.value <= top:
        return None
    found = f"must lie on the ladder, between 1 and {top}, but found {level.text}."
    return Problem(f"$.{section}.level", f"{found} The transition n−1 ↔ n is meant.")
