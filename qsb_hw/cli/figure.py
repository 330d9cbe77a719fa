"""``qsb-hw figure``: the figures of the papers, recomputed."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qsb_hw.cli.options import Json, drawable
from qsb_hw.cli.output import MADE_BY, draw, emit, leave, replaceable, replacing
from qsb_hw.cli.progress import progress
from qsb_hw.errors import ArgumentError

if TYPE_CHECKING:
    from rich.console import RenderableType
    from xarray import DataArray, Dataset

PAPERS = ("loerch2017", "nadolny2023")
"""Modules of the same name in `qsb_hw.papers`, with `FIGURES`, and in `qsb_hw.plot`."""
STORES = (".nc", ".json")

Record = dict[str, Any]


def storable(file: Path | None) -> Path | None:
    """Let a path through that a Dataset can be written to, before any long work."""
    if file is None:
        return None
    if file.suffix.lower() not in STORES:
        raise typer.BadParameter(f"must end in {' or '.join(STORES)}, but found {str(file)!r}. Change the suffix.")
    return replaceable(file)


Name = Annotated[str | None, typer.Argument(metavar="FIGURE", show_default=False, help="A figure that `--list` names.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", callback=drawable, show_default=False,
        help="Picture to draw: .png, .pdf or .svg; FIGURE.png unless --data or --json is all that is asked for.",
    ),
]  # fmt: skip
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="FILE", callback=storable, help="Store the Dataset: .nc (netCDF 3) or .json."),
]
List = Annotated[bool, typer.Option("--list", help="List the figures and how long each takes.")]


def figure(name: Name = None, out: Out = None, data: Data = None, listing: List = False, as_json: Json = False) -> None:
    """Compute a figure of a paper, draw it, and say with which choices and how accurately."""
    if listing or name is None:
        _list(as_json, asked=listing)
        return
    name, paper = _named(name)
    if out is None and data is None and not as_json:
        out = drawable(Path(f"{name}.png"))
    with progress(f"computing {name}") as report:
        entry = _figures(paper)[name]
        dataset: Dataset = entry.compute(progress=report)
    if out is not None:
        plot = getattr(importlib.import_module(f"qsb_hw.plot.{paper}"), entry.draw)
        draw(out, lambda: plot(dataset), "--out")
    _store(dataset, data)
    emit(as_json, lambda: _record(name, dataset), lambda: _view(name, dataset))
    leave(not dataset.attrs.get("not_converged", 0))


def _figures(paper: str) -> Mapping[str, Any]:
    figures: Mapping[str, Any] = importlib.import_module(f"qsb_hw.papers.{paper}").FIGURES
    return figures


def _named(asked: str) -> tuple[str, str]:
    """Name of the figure and its paper; panels of a supplement may have their capital S."""
    homes = {known: paper for paper in PAPERS for known in _figures(paper)}
    name = asked.lower()
    if name in homes:
        return name, homes[name]
    panels = [known for known in homes if known.startswith(name)]
    near = (panels or difflib.get_close_matches(name, homes, n=1, cutoff=0.0))[0]
    raise ArgumentError(
        f"FIGURE must be one that `qsb-hw figure --list` names, but found {asked!r}. Did you mean {near!r}?"
    )


def _list(as_json: bool, asked: bool) -> None:
    if not asked:
        raise ArgumentError("FIGURE must be given, but found none. `qsb-hw figure --list` names them.")
    rows = [
        {"name": name, "title": entry.title, "duration": entry.duration}
        for paper in PAPERS
        for name, entry in _figures(paper).items()
    ]
    emit(as_json, lambda: rows, lambda: _listing(rows))


def _listing(rows: list[dict[str, str]]) -> RenderableType:
    from qsb_hw.show.tables.style import label, table

    view = table("Figures of the papers", label("name"), label("what it shows"), label("time"))
    for row in rows:
        view.add_row(row["name"], row["title"], row["duration"])
    return view


def _store(dataset: Dataset, file: Path | None) -> None:
    if file is None:
        return
    marked = dataset.assign_attrs(made_by=MADE_BY)
    with replacing(file, "--data") as begun:
        if file.suffix.lower() == ".nc":
            marked.to_netcdf(begun, engine="scipy")
        else:
            from qsb_hw.show.plain import to_json

            begun.write_text(to_json(_record(file.stem, marked)) + "\n", encoding="utf-8")


def _record(name: str, dataset: Dataset) -> Record:
    """Everything in a Dataset: keys ``figure``, ``attributes``, ``coordinates``, ``variables``."""
    from qsb_hw.show.plain import plain

    record: Record = plain(
        {
            "figure": name,
            "attributes": dataset.attrs,
            "coordinates": {key: _array(array) for key, array in dataset.coords.items()},
            "variables": {key: _array(array) for key, array in dataset.data_vars.items()},
        }
    )
    return record


def _array(array: DataArray) -> Record:
    return {"dims": array.dims, **array.attrs, "values": array.values}


def _view(name: str, dataset: Dataset) -> RenderableType:
    from rich.console import Group

    from qsb_hw.show.tables.style import label, lines, table, value

    view = table(
        f"{name}: {dataset.attrs['title']}",
        label("quantity"), label("over"), value("from"), value("to"), label("unit"),
    )  # fmt: skip
    for array in (*dataset.coords.values(), *dataset.data_vars.values()):
        over = "" if array.dims == (array.name,) else " × ".join(f"{d} {array.sizes[d]}" for d in array.dims)
        view.add_row(
            array.attrs["long_name"],
            over,
            f"{float(array.min()):.4g}",
            f"{float(array.max()):.4g}",
            array.attrs["units"],
        )
    notes = (f"{key}: {text:.3g}" if isinstance(text, float) else f"{key}: {text}" for key, text in _notes(dataset))
    return Group(view, lines(notes))


def _notes(dataset: Dataset) -> list[tuple[str, Any]]:
    return [(key, text) for key, text in dataset.attrs.items() if key not in {"title", "figure"}]
