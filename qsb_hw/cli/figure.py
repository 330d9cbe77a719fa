"""``qsb-hw figure``: the figures of the papers, recomputed."""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qsb_hw.cli.options import Json, drawable, option
from qsb_hw.cli.output import COMMAND, MADE_BY, draw, present, replacing, usual, writable
from qsb_hw.cli.progress import progress
from qsb_hw.errors import ArgumentError

if TYPE_CHECKING:
    from xarray import Dataset

PAPERS = ("loerch2017", "nadolny2023")
"""Modules of the same name in `qsb_hw.papers`, with `FIGURES`, and in `qsb_hw.plot`."""
storable = writable(".nc", ".json")
"""Callback of the option that names a file for the Dataset."""
Name = Annotated[str | None, typer.Argument(metavar="FIGURE", show_default=False, help="A figure that `--list` names.")]
Out = Annotated[Path | None, option(
    "--out FILE",
    "Picture to draw: .png, .pdf, .svg or .jpg; FIGURE.png unless --data or --json is all that is asked for.",
    callback=drawable,
)]  # fmt: skip
Data = Annotated[Path | None, option("--data FILE", "Store the Dataset: .nc (netCDF 3) or .json.", callback=storable)]
List = Annotated[bool, option("--list", "List the figures and how long each takes.")]


def figure(name: Name = None, out: Out = None, data: Data = None, listing: List = False, as_json: Json = False) -> None:
    """Compute a figure of a paper and draw it; its choices and accuracy are printed."""
    if listing or name is None:
        _list(as_json, asked=listing)
        return
    name, paper, entry = _named(name)
    if out is None and data is None and not as_json:
        out = usual(drawable, f"{name}.png", "--out")
    with progress(f"computing {name}") as report:
        dataset: Dataset = entry.compute(progress=report)
    _store(dataset, data)
    from qsb_hw.show.figures import FIGURE, figure_view
    from qsb_hw.show.provenance import provenance

    plot = getattr(importlib.import_module(f"qsb_hw.plot.{paper}"), entry.draw)
    source = provenance(COMMAND.get())
    draw(out, lambda: plot(dataset), "--out", source=source)
    present(
        FIGURE, SimpleNamespace(name=name, dataset=dataset), figure_view, as_json=as_json, source=source,
        fine=not dataset.attrs.get("not_converged", 0),
    )  # fmt: skip


def _figures() -> dict[str, tuple[str, Any]]:
    """Paper and entry of every figure, by name."""
    papers = {paper: importlib.import_module(f"qsb_hw.papers.{paper}").FIGURES for paper in PAPERS}
    return {name: (paper, entry) for paper, figures in papers.items() for name, entry in figures.items()}


def _named(asked: str) -> tuple[str, str, Any]:
    """Name of the figure, its paper and its entry; panels of a supplement may have their capital S."""
    known, name = _figures(), asked.lower()
    if name in known:
        return name, *known[name]
    panels = [one for one in known if one.startswith(name)]
    near = (panels or difflib.get_close_matches(name, known, n=1, cutoff=0.0))[0]
    raise ArgumentError(
        f"FIGURE must be one that `qsb-hw figure --list` names, but found {asked!r}. Did you mean {near!r}?"
    )


def _list(as_json: bool, asked: bool) -> None:
    from qsb_hw.show.figures import FIGURES, figures_view

    if not asked:
        raise ArgumentError("FIGURE must be given, but is missing. `qsb-hw figure --list` names them.")
    found = _figures().items()
    entries = [{"name": name, "title": one.title, "duration": one.duration} for name, (_, one) in found]
    present(FIGURES, {"figures": entries}, figures_view, as_json=as_json)


def _store(dataset: Dataset, file: Path | None) -> None:
    if file is None:
        return
    marked = dataset.assign_attrs(made_by=MADE_BY)
    with replacing(file, "--data") as begun:
        if file.suffix.lower() == ".nc":
            marked.to_netcdf(begun, engine="scipy")
        else:
            from qsb_hw.show.figures import FIGURE
            from qsb_hw.show.plain import to_json

            record = FIGURE.record(SimpleNamespace(name=file.stem, dataset=marked))
            begun.write_text(to_json(record) + "\n", encoding="utf-8")
