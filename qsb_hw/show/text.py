"""Numbers as an experimentalist reads them."""

from __future__ import annotations

import math

from qsb_hw.units import show

NONE = "—"
"""Stands where there is no number."""


def quantity(value: float | None, unit: str = "", digits: int = 4) -> str:
    """Value with its unit and prefix: ``quantity(5.2e9, "Hz")`` is ``"5.2 GHz"``; a level in dB gets no prefix."""
    if value is None or math.isnan(value):
        return NONE
    if unit.startswith("dB"):
        return _signed(f"{value:.1f} {unit}")
    return _signed(show(value + 0.0, unit, digits) if unit else number(value, digits))


def number(value: float | None, digits: int = 4) -> str:
    """Pure number: plain between 1e-3 and 1e5, with a power of ten outside; zero has no sign."""
    if value is None or math.isnan(value):
        return NONE
    if value == 0 or 1e-3 <= abs(value) < 1e5 or math.isinf(value):
        return _signed(show(value + 0.0, "", digits).replace("e+0", "e"))
    mantissa, exponent = f"{value:.{digits - 2}e}".split("e")
    return _signed(f"{mantissa}e{int(exponent)}")


def population(value: float) -> str:
    """Four places after the point, a power of ten for what is smaller than they can show."""
    return f"{value:.4f}" if value >= 1e-3 or value == 0 else number(value, 3)


def ket(*levels: int) -> str:
    """Basis state: ``ket(1, 1)`` is ``"|1,1⟩"``."""
    return f"|{','.join(map(str, levels))}⟩"


def _signed(text: str) -> str:
    """Typographic minus signs in front of numbers; exponents keep theirs, so that they can be copied."""
    return "−" + text[1:] if text.startswith("-") else text
