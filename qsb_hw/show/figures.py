"""Figures of the papers: their data, and how accurate they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from qsb_hw.show.detail import Detail
from qsb_hw.show.fields import Field, Record, Section
from qsb_hw.show.style import brief, label, lines, stacked, value
from qsb_hw.show.sweep import shown_unit
from qsb_hw.show.text import number

if TYPE_CHECKING:
    from xarray import DataArray

ENTRY = Section(
    Field("name", "accepted by `qsb-hw figure`"),
    Field("title", "what it shows", symbol="what it shows"),
    Field("duration", "how long it takes", symbol="time"),
)
FIGURES = Section(Field("figures", "figures of the papers", each=ENTRY))
FIGURE = Section(
    Field("figure", "its name", "name"),
    Field("attributes", "title, choices and accuracy, by name", "dataset.attrs"),
    Field("coordinates", "by name: dims, attributes with units, values", lambda f: _arrays(f.dataset.coords)),
    Field("variables", "likewise, by name", lambda f: _arrays(f.dataset.data_vars)),
)


def _arrays(arrays: Any) -> Record:
    return {key: {"dims": array.dims, **array.attrs, "values": array.values} for key, array in arrays.items()}


def figures_view(found: Mapping[str, Any]) -> RenderableType:
    """What ``qsb-hw figure --list`` prints."""
    return ENTRY.table("Figures of the papers", found["figures"], "name", "title", "duration", detail=Detail.BRIEF)


def figure_view(found: Any) -> RenderableType:
    """What ``qsb-hw figure`` prints; `found` has the `name` of the figure and its `dataset`."""
    dataset = found.dataset
    view = FIGURE.table(
        f"{found.name}: {dataset.attrs['title']}", (*dataset.coords.values(), *dataset.data_vars.values()),
        (label("quantity"), lambda a: a.attrs["long_name"]), (label("over"), _over),
        (value("from"), lambda a: number(float(a.min()))), (value("to"), lambda a: number(float(a.max()))),
        (label("unit"), lambda a: shown_unit(a.attrs["units"])), detail=Detail.BRIEF,
    )  # fmt: skip
    shown = {key: text for key, text in dataset.attrs.items() if key not in {"title", "figure"}}
    notes = (f"{key}: {text:.3g}" if isinstance(text, float) else f"{key}: {text}" for key, text in shown.items())
    return stacked(view, brief(lines(notes)))


def _over(array: DataArray) -> str:
    return "" if array.dims == (array.name,) else " × ".join(f"{d} {array.sizes[d]}" for d in array.dims)
