"""What the figures of all papers are made of: numbers with names, units, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats

if TYPE_CHECKING:
    from xarray import Dataset


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
    """One figure of a paper.

    Attributes
    ----------
    title : str
        One line.
    compute : callable
        Gives the Dataset; takes resolution keywords and ``progress``, called with (stage, done, total).
    draw : str
        Function of the module of the paper's name in `qsb_hw.plot` that draws it.
    duration : str
        Rough time at the default resolution on two cores.
    """

    title: str
    compute: Callable[..., Dataset]
    draw: str
    duration: str


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

    def notes(entry: Axis | Field) -> dict[str, str]:
        return {"units": entry.units, "long_name": entry.long_name}

    return xr.Dataset(
        {name: (field.dims, np.asarray(field.values), notes(field)) for name, field in variables.items()},
        {name: ((name,), np.asarray(axis.values), notes(axis)) for name, axis in coordinates.items()},
        {
            "reference": reference,
            "figure": figure,
            "title": title,
            "parameters": parameters,
            "choices": choices,
            **derived_quantities,
        },
    )


def grid(given: ArrayLike | None, default: ArrayLike) -> Floats:
    """The values asked for, or the default ones."""
    return np.atleast_1d(np.asarray(default if given is None else given, dtype=float))


def silent(_stage: str, _done: int, _total: int) -> None:
    """Progress nobody watches."""
