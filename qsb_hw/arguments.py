"""Numbers that callers give: real, finite and whole where that is meant, and refused in one grammar where they are not.

A complex number would lose its imaginary part, a bool would count as 0 or 1 and a fraction would be cut, each without
a word.
"""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Complexes, Floats
from qsb_hw.errors import ArgumentError, require, shown

LARGEST_COUNT = 10**15
"""Of anything that is counted."""


def real(
    what: str, value: Any, hint: str, *, least: float = -math.inf, above: float | None = None, infinite: bool = False
) -> float:
    """`value`, a real number of at least `least` or above `above`, as a float; +∞ only where `infinite`.

    `what` begins the sentence of an error: its name with an article or in backquotes.
    """
    if type(value) is float and math.isfinite(value) and value >= least and (above is None or value > above):
        return value  # by far the most are good: no sentence is made for them
    must = f"{what} must {_wanted(least, above, infinite)}"
    number = _scalar(value)
    require(is_real(number), must.replace("be finite", "be a real number"), shown(value), hint)
    try:
        found = float(number)
    except OverflowError:
        found = math.nan
    inside = found >= least and (above is None or found > above)
    require(inside and (math.isfinite(found) or (infinite and found > 0)), must, shown(value), hint)
    return found


def whole(what: str, value: Any, hint: str, *, least: int | None = None, most: int | None = None) -> int:
    """`value` within `least` … `most` as an int; 6.0 is six, 6.5 is refused."""
    low, high = -LARGEST_COUNT if least is None else least, LARGEST_COUNT if most is None else most
    if type(value) is int and low <= value <= high and abs(value) <= LARGEST_COUNT:
        return value  # by far the most are good: no sentence is made for them
    must = f"{what} must be a whole number"
    if least is not None or most is not None:
        must += (
            f", at least {least}" if most is None else f", at most {most}" if least is None else f", {least} … {most}"
        )
    number = _scalar(value)
    is_whole = is_index(number) or (is_real(number) and math.isfinite(number) and number == math.floor(number))
    require(is_whole, must, shown(value), hint)
    found = int(number)
    require(abs(found) <= LARGEST_COUNT, f"{what} must be at most {LARGEST_COUNT:.0e} in size", shown(value), hint)
    require((least is None or found >= least) and (most is None or found <= most), must, shown(value), hint)
    return found


def is_index(value: Any) -> bool:
    """Whether `value` counts something: an int, and no bool."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_real(value: Any) -> bool:
    """Whether `value` is a real number, and no bool."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def index(what: str, value: Any, count: int, hint: str) -> int:
    """`value` as an index into `count` things, counted from 0."""
    return whole(what, value, hint, least=0, most=count - 1)


def real_array(what: str, values: Any, hint: str) -> Floats:
    """`values` as an array of finite floats."""
    return np.asarray(_numeric(what, values, "real", hint), dtype=float)


def complex_array(what: str, values: Any, hint: str) -> Complexes:
    """`values` as an array of finite complex numbers."""
    return np.asarray(_numeric(what, values, "real or complex", hint), dtype=complex)


def square(what: str, values: Any, size: int, hint: str) -> Complexes:
    """`values` as a complex (size, size) matrix of finite numbers."""
    array = complex_array(what, values, hint)
    require(array.shape == (size, size), f"{what} must be {size} × {size}", f"shape {array.shape}", hint)
    return array


def whole_array(what: str, values: Any, hint: str) -> NDArray[np.int64]:
    """`values` as an array of integers within 64 bits."""
    found = real_array(what, values, hint)
    whole_ones = bool(np.all(found == np.round(found)) and np.all(np.abs(found) < 2.0**63))
    require(whole_ones, f"{what} must be whole numbers", "" if whole_ones else _brief(values), hint)
    return found.astype(np.int64)


def _numeric(what: str, values: Any, kinds: str, hint: str) -> NDArray[Any]:
    must = f"{what} must be finite {kinds} numbers"
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:  # ragged, or no sequence
        raise ArgumentError(f"{must}, but found {_brief(values)}. {hint}") from error
    numbers_only = array.dtype.kind in ("iuf" if kinds == "real" else "iufc") or array.size == 0
    require(numbers_only, must, "" if numbers_only else _brief(values), hint)
    require(bool(np.all(np.isfinite(array))) if array.size else True, must, "NaN or infinity", hint)
    return array


def _scalar(value: Any) -> Any:
    """A Python number of a NumPy one or of an array without axes."""
    return value.item() if isinstance(value, np.generic | np.ndarray) and np.ndim(value) == 0 else value


def _wanted(least: float, above: float | None, infinite: bool) -> str:
    finite = "" if infinite else " and finite"
    if above is not None:
        return f"be positive{finite}" if above == 0 else f"be above {above:g}{finite}"
    if least == -math.inf:
        return "be above −∞" if infinite else "be finite"
    if least == 0:
        return f"not be negative{'' if infinite else ' or infinite'}"
    return f"be at least {least:g}{finite}"


def _brief(values: Any) -> str:
    if isinstance(values, np.ndarray):
        return f"{values.dtype} numbers" if values.dtype.kind in "iufcb" else f"an array of {values.dtype}"
    return shown(values)
