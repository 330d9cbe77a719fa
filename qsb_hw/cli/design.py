"""``qsb-hw design``: from a device file and a goal to a better device file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from qsb_hw.cli.options import Json, Levels, Plot, Seed, Spec, Workers
from qsb_hw.cli.output import present, replaceable, replacing
from qsb_hw.cli.progress import progress


def writable(file: Path | None) -> Path | None:
    """Let a path through that a device file can be written to, before any long work."""
    if file is None:
        return None
    if file.suffix != ".toml":
        raise typer.BadParameter(f"must end in .toml, but found {str(file)!r}. Change the suffix.")
    if not file.parent.is_dir():
        raise typer.BadParameter(f"must lie in a folder, but found none at {str(file.parent)!r}. Make it first.")
    if os.path.lexists(file):
        raise typer.BadParameter(f"must be a new file, but found one at {str(file)!r}. Choose another name.")
    return replaceable(file)


Choices = Annotated[
    list[str],
    typer.Option(
        "--vary", metavar="PATH=BOUNDS", show_default=False,
        help="A number to choose: '$.damping.mutual_inductance=10..60 pH'; 'A,B=…' get the same one. May be repeated.",
    ),
]  # fmt: skip
Maximise = Annotated[
    str | None, typer.Option("--maximise", metavar="MEASURE", show_default=False, help="What to make large.")
]
Minimise = Annotated[
    str | None,
    typer.Option(
        "--minimise", metavar="MEASURE", show_default=False,
        help="What to make small; with --maximise the Pareto front of both.",
    ),
]  # fmt: skip
Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--subject-to", metavar="LIMIT", show_default=False,
        help="Besides the requirements of the effect, which always hold: 'pump_power<=-60 dBm'. May be repeated.",
    ),
]  # fmt: skip
Standard = Annotated[
    str,
    typer.Option("--standard", help="feasible: every requirement with its margin; borderline: every requirement met."),
]
Evaluations = Annotated[int, typer.Option("--evaluations", metavar="N", help="Devices to try.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", callback=writable, show_default=False, help="Device file to write."),
]
Check = Annotated[bool, typer.Option("--check/--no-check", help="Check before and after with every bath kept.")]


def design(
    spec: Spec,
    vary: Choices,
    maximise: Maximise = None,
    minimise: Minimise = None,
    subject_to: Limits = None,
    standard: Standard = "feasible",
    seed: Seed = 0,
    evaluations: Evaluations = 600,
    out: Out = None,
    check: Check = True,
    workers: Workers = None,
    as_json: Json = False,
    plot: Plot = None,
    levels: Levels = None,
) -> None:
    """Choose numbers within bounds so that every requirement is met and a measure is as large or small as possible."""
    with progress("reading the device") as report:
        from qsb_hw.explore.design.design import design as find
        from qsb_hw.explore.design.file import designed_file

        result = find(
            spec, vary, maximise=maximise, minimise=minimise, subject_to=subject_to or (), standard=standard, seed=seed,
            evaluations=evaluations, settings={"levels": levels}, check=check, workers=workers, progress=report,
        )  # fmt: skip
    from qsb_hw.plot import plot_design
    from qsb_hw.show.design import DESIGN, design_view
    from qsb_hw.show.fields import With

    if out is not None:
        with replacing(out, "--out", new=True) as begun:
            begun.write_text(designed_file(result), encoding="utf-8")
    present(
        DESIGN, With(result, file=out), design_view, as_json=as_json, plot=plot, picture=lambda _: plot_design(result),
        spec=spec, fine=result.feasible,
    )  # fmt: skip
