"""Units at the border: text with a unit in, a float in internal units out, and back.

Inside, ħ = 1 and every energy, detuning, coupling, linewidth and rate is angular: rad/s. A *frequency*
("250 MHz") is cyclic and is multiplied by 2π here and nowhere else. A *rate* ("100 1/s") counts events
per second and is not. The declared kind of the field decides, never the unit alone: to a unit library
1 Hz, 1/s and 1 rad/s are the same thing, so it is never asked to convert between them.
Everything else is SI.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from qsb_hw.errors import ArgumentError, shown

TWO_PI = 2.0 * math.pi

FLUX_QUANTUM = 6.62607015e-34 / (2 * 1.602176634e-19)
"""h/2e in Wb."""

LONGEST_QUANTITY = 100
"""Characters of a number with its unit."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of quantity: its name, an example of how to write it, the unit it has inside, and its sizes.

    Beyond `smallest` … `largest` (in the internal unit, a frequency in Hz; zero aside) a number is a mistake.
    """

    name: str
    example: str
    internal: str
    spelling: str = "any"
    smallest: float = 0.0
    largest: float = math.inf

    @property
    def sizes(self) -> tuple[float, float]:
        """Smallest and largest magnitude in internal units: rad/s for a frequency."""
        factor = TWO_PI if self.spelling == "hertz" else 1.0
        return factor * self.smallest, factor * self.largest

    @property
    def named(self) -> str:
        """The name with its article: "a frequency", "an energy"."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"


FREQUENCY = Kind("frequency", "250 MHz", "rad/s", "hertz", 1e-6, 1e16)
RATE = Kind("rate", "100 1/s", "1/s", "per time", 1e-9, 1e15)
TIME = Kind("time", "50 us", "second", "any", 1e-15, 1e9)
TEMPERATURE = Kind("temperature", "35 mK", "kelvin", "any", 1e-9, 1e4)
POWER = Kind("power", "-61 dBm", "watt", "any", 1e-30, 1e4)
INDUCTANCE = Kind("inductance", "30 pH", "henry", "any", 1e-18, 1.0)
CAPACITANCE = Kind("capacitance", "70 fF", "farad", "any", 1e-24, 1e-6)
CURRENT = Kind("current", "25 nA", "ampere", "any", 1e-18, 1.0)
FLUX = Kind("magnetic flux", "0.35 Phi_0", "weber", "any", 1e-27, 1e-9)
NUMBER = Kind("number", "0.1", "dimensionless", "any", 1e-12, 1e12)
LENGTH = Kind("length", "0.5 um", "meter", "any", 1e-11, 1.0)
ENERGY = Kind("energy", "3 meV", "joule", "energy", 1e-36, 1e-15)
VOLTAGE = Kind("electric potential", "3 mV", "volt", "any", 1e-15, 1e6)
FIELD_NOISE = Kind("electric-field noise density", "1e-12 V^2/m^2/Hz", "volt**2/meter**2/hertz", "any", 1e-25, 1.0)
CURVATURE = Kind("quadratic coefficient", "0.06 meV/um^2", "joule/meter**2", "any", 1e-22, 1.0)
CUBIC = Kind("cubic coefficient", "0.1 meV/um^3", "joule/meter**3", "any", 1e-22, 1e10)
QUARTIC = Kind("quartic coefficient", "2 meV/um^4", "joule/meter**4", "any", 1e-18, 1e20)

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)", re.I)
_POWER = r"(?:\s*(?:\^|\*\*)\s*[+-]?[1-9](?!\d)|[⁺⁻]?[¹²³⁴⁵⁶⁷⁸⁹])?"
_FACTOR = rf"(?:1|%|[A-Za-zΩÅ°_][A-Za-z0-9Ω_]*{_POWER})"
_UNIT = re.compile(rf"\(?{_FACTOR}\)?(?:(?:\s*[*/·×]\s*|\s+)\(?{_FACTOR}\)?)*")
"""Names of units with single-digit powers, multiplied and divided: nothing else ever reaches the unit library."""


def from_hertz(cyclic: Any) -> Any:
    """Angular frequency of a cyclic one, ω = 2πf.

    Parameters
    ----------
    cyclic : float or array_like
        In Hz, as instruments show it.

    Returns
    -------
    float or array
        In rad/s, as every function of this package takes it.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> f"{qh.from_hertz(5e9):.4g}"
    '3.142e+10'
    """
    return TWO_PI * cyclic


def to_hertz(angular: Any) -> Any:
    """Cyclic frequency of an angular one, f = ω/2π.

    Parameters
    ----------
    angular : float or array_like
        In rad/s, as every result of this package has it. Rates count events per second: they are not converted.

    Returns
    -------
    float or array
        In Hz.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("kerr_squid_array")
    >>> print(f"V/2π = {qh.to_hertz(device.nearest_coupling):.0f} Hz")
    V/2π = 86000 Hz
    """
    return angular / TWO_PI


@cache
def _registry() -> Any:
    import pint

    return pint.get_application_registry()


def parse(text: str, kind: Kind) -> float:
    """A number with its unit, like ``"250 MHz"`` or ``"-61 dBm"``, in the internal unit of the declared `kind`.

    Raises
    ------
    ArgumentError
        If there is no finite number, no unit, an unknown unit, the wrong dimension, or a rate where a frequency is
        meant or the reverse.
    """
    if len(text) > LONGEST_QUANTITY:
        raise ArgumentError(
            f"must be a number with a unit of at most {LONGEST_QUANTITY} characters like {kind.example!r}, but found "
            f"{shown(text, 40)}."
        )
    return _read(text.strip(), kind)


@lru_cache(maxsize=4096)
def _read(text: str, kind: Kind) -> float:
    """As `parse`, cached: a file is validated more than once and a sweep reads it for every point."""
    match = _NUMBER.match(text)
    if match is None:
        raise ArgumentError(f"must be a number with a unit like {kind.example!r}, but found {text!r}.")
    number, unit_text = float(match[0]), text[match.end() :].strip()
    if not math.isfinite(number):
        raise ArgumentError(f"must be finite, but found {text!r}. Leave the key out if it is not known.")
    if kind is NUMBER:
        if unit_text not in ("", "%"):
            raise ArgumentError(f"must be a pure number, but found {text!r}. Write it without a unit (or in %).")
        return number / 100 if unit_text else number
    if not unit_text:
        raise ArgumentError(
            f"must carry a unit, but found the bare number {text!r}. Write {kind.named} like {kind.example!r}."
        )
    size = _usual_sizes(kind).get(unit_text)
    value = _by_library(number, unit_text, kind, text) if size is None else number * size
    value = from_hertz(value) if size is not None and kind is FREQUENCY else value
    if not math.isfinite(value):
        raise ArgumentError(f"must be finite, but found {text!r}. Check its size and unit.")
    return value


@cache
def _usual_sizes(kind: Kind) -> Mapping[str, float]:
    """Sizes of the usual units of a kind, in its internal one (a frequency in Hz).

    A file that has no other ones does not wait for the unit library, which takes longer to load than all the rest.
    """
    if kind is RATE:
        return {"1/s": 1.0}
    symbol = "Hz" if kind is FREQUENCY else _SYMBOLS.get(kind.internal, "")
    sizes = {_PREFIXES[e] + symbol: float(f"1e{e}") for e in range(-18, 13, 3)} if symbol else {}
    if kind is FLUX:
        sizes["Phi_0"] = sizes["Φ_0"] = FLUX_QUANTUM
    return sizes | {unit.replace("µ", micro): size for unit, size in sizes.items() for micro in "uμ"}


def _by_library(number: float, unit_text: str, kind: Kind, text: str) -> float:
    unit = _unit(unit_text, kind)
    try:
        return _convert(number, unit, kind, text)
    except ArgumentError:
        raise
    except (OverflowError, RuntimeWarning):
        return math.inf
    except Exception:  # what a unit library cannot convert is not of this kind
        return _not_a(kind, text, unit)


def _unit(unit_text: str, kind: Kind) -> Any:
    plain = unit_text.replace("µ", "u").replace("μ", "u").replace("Φ", "Phi")
    try:
        if _UNIT.fullmatch(plain) is None:
            raise ValueError("no product of powers of units")
        return _registry().parse_units(plain)
    except Exception as error:
        raise ArgumentError(f"has the unknown unit {unit_text!r}. Write {kind.named} like {kind.example!r}.") from error


def _convert(number: float, unit: Any, kind: Kind, text: str) -> float:
    names = dict(unit._units)
    per_time = {name: power for name, power in names.items() if _registry().get_dimensionality(name)}
    is_hertz = len(names) == 1 and all(n.endswith("hertz") and p == 1 for n, p in names.items())
    is_per_time = len(names) == len(per_time) == 1 and all(
        p == -1 and dict(_registry().get_dimensionality(n)) == {"[time]": 1} for n, p in per_time.items()
    )
    if kind.spelling == "hertz":
        return from_hertz(number * _scale(unit, "hertz")) if is_hertz else _not_a(kind, text, unit)
    if kind.spelling == "per time":
        return number * _scale(unit, "1/second") if is_per_time else _not_a(kind, text, unit)
    if kind.spelling == "energy" and is_hertz:
        return number * _scale(unit, "hertz") * _scale(_registry().parse_units("planck_constant"), "joule*second")
    quantity = _registry().Quantity(number, unit)
    if kind.spelling == "energy" and quantity.dimensionality == {"[temperature]": 1}:
        quantity = quantity.to("kelvin") * _registry().Quantity(1.0, "boltzmann_constant")
    if quantity.dimensionality != _registry().parse_units(kind.internal).dimensionality:
        return _not_a(kind, text, unit)
    return float(quantity.to(kind.internal).magnitude)


def _scale(unit: Any, target: str) -> float:
    return float(_registry().Quantity(1.0, unit).to(target).magnitude)


def _not_a(kind: Kind, text: str, unit: Any) -> float:
    hint = f"Write {kind.named} like {kind.example!r}."
    if unit.dimensionality == _registry().parse_units("1/second").dimensionality:
        if kind is FREQUENCY:
            hint = (
                "A frequency is cyclic and is written in Hz (the factor 2π is applied here); "
                f"1/s and rad/s are not the same thing. {hint}"
            )
        elif kind is RATE:
            hint = f"A rate counts events per second and carries no 2π, so Hz is not accepted. {hint}"
    raise ArgumentError(f"must be {kind.named}, but found {text!r}. {hint}")


_PREFIXES = {
    -30: "q", -27: "r", -24: "y", -21: "z", -18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k",
    6: "M", 9: "G", 12: "T", 15: "P", 18: "E",
}  # fmt: skip
_LEAST, _MOST = min(_PREFIXES), max(_PREFIXES)
_WITHOUT_PREFIX = ("", "dBm", "1/s", "kg")
_PLAIN = (1e-3, 1e5)
"""Sizes that are written without a power of ten where a unit takes no prefix."""


def show(value: float, unit: str = "", digits: int = 4, zeros: int = 0) -> str:
    """Engineering notation of an SI `value`, at least 1 and below 1000: ``show(5.2e9, "Hz")`` is ``"5.2 GHz"``.

    A unit that takes no prefix has a power of ten: ``show(8.83e6, "1/s")`` is ``"8.83e6 1/s"``. Zeros at the end are
    kept up to `zeros` significant digits: ``show(5.2e9, "Hz", zeros=4)`` is ``"5.200 GHz"``.
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else ("−∞" if value < 0 else "undefined")
    if value == 0 or unit in ("", "dBm"):
        return f"{_with_power(value, digits)} {unit}".strip()
    if unit in _WITHOUT_PREFIX:
        return f"{_with_power(value, digits)} {unit}"
    factor, shown = prefixed(value, unit, digits)
    return f"{_padded(_rounded(value / factor, digits), zeros)} {shown}"


def prefixed(value: float, unit: str, digits: int = 4) -> tuple[float, str]:
    """The unit with the prefix that suits a value, and its size: ``prefixed(5.2e9, "Hz")`` is ``(1e9, "GHz")``."""
    exponent = min(_MOST, max(_LEAST, 3 * math.floor(math.log10(abs(value)) / 3))) if value else 0
    if abs(float(f"{value / 10.0**exponent:.{digits}g}")) >= 1000 and exponent < _MOST:
        exponent += 3
    return 10.0**exponent, f"{_PREFIXES[exponent]}{unit}"


def _padded(number: str, zeros: int) -> str:
    """A number without a power of ten, with zeros at its end up to as many significant digits."""
    missing = zeros - sum(c.isdigit() for c in number)
    return number if missing <= 0 else f"{number}{'' if '.' in number else '.'}{'0' * missing}"


def _rounded(value: float, digits: int) -> str:
    """A number to so many digits, without a power of ten: 500 of 497 to two."""
    return f"{float(f'{value:.{digits}g}'):.15g}"


def _with_power(value: float, digits: int) -> str:
    if value == 0 or _PLAIN[0] <= abs(value) < _PLAIN[1]:
        return _rounded(value, digits)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{float(mantissa):.{digits}g}e{int(exponent)}"


def show_time(seconds: float, digits: int = 3) -> str:
    """A time in s as it is usually given: ``show_time(7.2e3)`` is ``"2 h"``; at most "more than 1000 years"."""
    for limit, size, unit in ((120, 1.0, "s"), (7200, 60.0, "min"), (172800, 3600.0, "h"), (6.3e7, 86400.0, "days")):
        if seconds < limit:
            return show(seconds, "s", digits) if size == 1 else f"{seconds / size:.{digits}g} {unit}"
    years = seconds / 3.15576e7
    return f"{years:.{digits}g} years" if years < 1000 else "more than 1000 years"


def show_frequency(angular: float, digits: int = 4) -> str:
    """Cyclic frequency of an angular one, as text: ``show_frequency(2π · 5.2e9)`` is ``"5.2 GHz"``."""
    return show(to_hertz(angular), "Hz", digits)


_SYMBOLS = {
    "second": "s", "kelvin": "K", "watt": "W", "henry": "H", "farad": "F", "ampere": "A", "weber": "Wb", "meter": "m",
    "joule": "J", "volt": "V", "dimensionless": "",
}  # fmt: skip


def written(value: float, kind: Kind, digits: int = 6) -> str:
    """Value in internal units as text with its unit, a frequency cyclic: for messages and tables."""
    return show(*outside(value, kind), digits)


def outside(values: Any, kind: Kind) -> tuple[Any, str]:
    """Values in internal units as they are shown, and the unit: a frequency in Hz and cyclic, all else in SI."""
    if kind is FREQUENCY:
        return to_hertz(values), "Hz"
    return values, _SYMBOLS.get(kind.internal, kind.internal)


def watt_to_dbm(power: float) -> float:
    """Power in dBm (0 dBm = 1 mW); −inf for no power."""
    return 10 * math.log10(power / 1e-3) if power > 0 else -math.inf
