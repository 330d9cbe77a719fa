"""What the figures of all papers are made of: numbers with names, units, and where they come from.

A function ``figure_…`` takes the grids of its Dataset, in the units its coordinates have there, and numbers of them:
``levels`` solved, ``checks`` points in either direction that are integrated for comparison, ``t_final`` and ``samples``
of integrations, the largest |ω| ``span`` and number of ``bins`` kept of spectra. The Dataset says what its variables
are (``long_name``, ``units``), which choices were made, and how accurate it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats, Progress

if TYPE_CHECKING:
    from xarray import Dataset

Values = ArrayLike | None
"""A grid asked for, or the default one."""
Given = TypeVar("Given")
Found = TypeVar("Found")


class Axis(NamedTuple):
    """Coordinate of a Dataset."""

    values: ArrayLike
    units: str
    long_name: str


class Field(NamedTuple):
    """Variable of a Dataset."""

    dims: tuple[str, ...]
    values: ArrayLike
    units: str
    long_name: str


@dataclass(frozen=True, slots=True)
class FigureEntry:
    """One figure of a paper."""

    title: str
    compute: Callable[..., Dataset]  # takes grids, sizes and `progress`
    draw: str  # function of the module of the paper's name in `qsb_hw.plot`
    duration: str  # rough time at the default resolution on two cores


def figures(paper: str, panels: Iterable[tuple[str, str, Callable[..., Dataset], str]]) -> Mapping[str, FigureEntry]:
    """Entries by name from (panel, title, compute, duration); ``draw_<panel>`` draws them."""
    return MappingProxyType(
        {
            f"{paper}-{panel}": FigureEntry(title, compute, f"draw_{panel}", time)
            for panel, title, compute, time in panels
        }
    )


def dataset(
    reference: str,
    figure: str,
    title: str,
    coordinates: Mapping[str, Axis],
    variables: Mapping[str, Field],
    parameters: str,
    choices: str,
    **derived_quantities: Any,
) -> Dataset:
    """Dataset with everything needed to read it: source, parameters, choices made, certificate."""
    import xarray as xr

    def entry(dims: tuple[str, ...], values: ArrayLike, units: str, long_name: str) -> tuple[Any, ...]:
        return dims, np.asarray(values), {"units": units, "long_name": long_name}

    about = {"reference": reference, "figure": figure, "title": title, "parameters": parameters, "choices": choices}
    return xr.Dataset(
        {name: entry(*field) for name, field in variables.items()},
        {name: entry((name,), *axis) for name, axis in coordinates.items()},
        about | derived_quantities,
    )


def each(stage: str, values: Iterable[Given], compute: Callable[[Given], Found], progress: Progress) -> list[Found]:
    """`compute` of every value, one after the other, with the progress of it."""
    given, found = list(values), []
    for value in given:
        found.append(compute(value))
        progress(stage, len(found), len(given))
    return found


def grid(given: Values, default: ArrayLike) -> Floats:
    """The values asked for, or the default ones."""
    return np.atleast_1d(np.asarray(default if given is None else given, dtype=float))


def silent(_stage: str, _done: int, _total: int) -> None:
    """No-op progress callback."""
