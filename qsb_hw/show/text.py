"""Numbers as an experimentalist reads them."""

from __future__ import annotations

import math
import re

from qsb_hw.units import prefixed, show

NONE = "—"
"""Stands where there is no number."""
MOST_DIGITS = 7
"""Of a frequency that a file does not give in more: 1 GHz to the kHz."""


def quantity(value: float | None, unit: str = "", digits: int = 4, zeros: int = 0) -> str:
    """Value with its unit and prefix: ``quantity(5.2e9, "Hz")`` is ``"5.2 GHz"``; a level in dB gets no prefix.

    Zeros at the end are kept up to `zeros` significant digits.
    """
    if value is None or math.isnan(value):
        return NONE
    if unit.startswith("dB"):
        return _signed(f"{value:.1f} {unit}")
    return _signed(show(value + 0.0, unit, digits, zeros) if unit else number(value, digits))


def transition(hertz: float | None, given: int = 0) -> str:
    """Frequency to the kHz, in four digits at least: ``transition(5.12e9)`` is "5.120000 GHz".

    What a file gives has the zeros `given` there at its end: ``transition(5.12e9, 5)`` is "5.1200 GHz".
    """
    if hertz is None or not math.isfinite(hertz) or hertz == 0:
        return quantity(hertz, "Hz")
    to_kilohertz = math.floor(math.log10(abs(hertz))) - 2
    digits = max(min(to_kilohertz, MOST_DIGITS), given, 4)
    return quantity(hertz, "Hz", digits, given or digits)


def position(hertz: float | None) -> str:
    """Frequency of a line, zeros at its end included: ``position(5.12e9)`` is "5.120000 GHz"."""
    return quantity(hertz, "Hz", MOST_DIGITS, MOST_DIGITS if hertz else 0)


def significant(text: str) -> int:
    """Significant digits of the number that a text begins with: 5 of "5.1201 GHz"."""
    found = re.match(r"\s*[+-]?0*\.?0*(\d*\.?\d*)", text)
    return 0 if found is None else sum(c.isdigit() for c in found[1])


def number(value: float | None, digits: int = 4) -> str:
    """Pure number: plain between 1e-3 and 1e5, with a power of ten outside; zero has no sign."""
    if value is None or math.isnan(value):
        return NONE
    if value == 0 or 1e-3 <= abs(value) < 1e5 or math.isinf(value):
        return _signed(show(value + 0.0, "", digits))
    mantissa, exponent = f"{value:.{digits - 2}e}".split("e")
    return _signed(f"{mantissa}e{int(exponent)}")


def with_error(value: float | None, error: float | None, digits: int = 3) -> str:
    """Value with the error of its last digit in brackets, rounded up: ``with_error(0.4741, 0.0028)`` is ``"0.474(3)"``.

    No more than `digits` digits are shown; without an error it is `number`.
    """
    if value is None or error is None or not (math.isfinite(value) and math.isfinite(error)) or value == 0:
        return number(value, digits)
    leading = math.floor(math.log10(abs(value)))
    power = 0 if -3 <= leading < 5 else leading
    place = leading - digits + 1  # of the last digit that is shown at all
    if error > 0:
        place = max(place, math.floor(math.log10(error)))
    last = math.ceil(error / 10.0**place - 1e-9)
    if last == 10:
        place, last = place + 1, 1
    places = power - place
    shown = f"{round(value / 10.0**power, places):.{max(places, 0)}f}({last * 10 ** max(-places, 0)})"
    return _signed(shown if power == 0 else f"{shown}e{power}")


def rounded(value: float, error: float) -> tuple[str, str]:
    """Value and standard error to the second digit of the error: ``rounded(0.0899, 0.128)`` is "0.09" and "0.13"."""
    if not (math.isfinite(value) and math.isfinite(error) and error > 0):
        return number(value), number(error, 2)
    places = 1 - math.floor(math.log10(error))
    shown, uncertain = (_signed(f"{round(x, places) + 0.0:.{max(places, 0)}f}") for x in (value, error))
    return shown, uncertain


def plus_minus(value: float, error: float, unit: str = "") -> str:
    """Value and standard error to the second digit of the error: "0.09 ± 0.13", "304 ± 41 kHz"."""
    factor, shown = prefixed(max(abs(value), abs(error)), unit) if unit else (1.0, "")
    return f"{' ± '.join(rounded(value / factor, error / factor))} {shown}".strip()


def count(number_of: float) -> str:
    """A number of shots or devices: whole up to 1e5, three digits beyond."""
    return number(number_of, 3) if number_of >= 1e5 or math.isinf(number_of) else f"{number_of:.0f}"


def population(value: float) -> str:
    """Four places after the point, a power of ten for what is smaller than they can show."""
    return f"{value:.4f}" if value >= 1e-3 or value == 0 else number(value, 3)


def percent(share: float, places: int = 0) -> str:
    """Share in per cent: ``percent(0.125, 1)`` is ``"12.5 %"``."""
    return f"{100 * share:.{places}f} %"


def ket(*levels: int) -> str:
    """Basis state: ``ket(1, 1)`` is ``"|1,1⟩"``."""
    return f"|{','.join(map(str, levels))}⟩"


def _signed(text: str) -> str:
    """Typographic minus signs in front of numbers; exponents keep theirs, so that they can be copied."""
    return "−" + text[1:] if text.startswith("-") else text
