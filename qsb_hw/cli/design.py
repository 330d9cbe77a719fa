"""``qsb-hw design``: from a device or chip file and a goal to a better file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from qsb_hw.cli.options import Json, Levels, Plot, Seed, Spec, Workers, option
from qsb_hw.cli.output import present, replacing, writable
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import NetworkLevels, of_network

Choices = Annotated[list[str], option(
    "--vary PATH=BOUNDS",
    "A number to choose: '$.damping.linewidth=10..40 MHz'; 'A,B=…' get the same one; of a chip "
    "'$.node.B.damping.…', or '$.node.*.…' for all nodes. May be repeated.",
)]  # fmt: skip
Maximise = Annotated[str | None, option("--maximise MEASURE", "What to make large.")]
Minimise = Annotated[
    str | None, option("--minimise MEASURE", "What to make small; with --maximise the Pareto front of both.")
]
Limits = Annotated[list[str] | None, option(
    "--subject-to LIMIT",
    "Besides the requirements of the effect, which always hold: 'pump_power<=-60 dBm'. May be repeated.",
)]  # fmt: skip
Standard = Annotated[str, option(
    "--standard LEVEL", "feasible: every requirement with its margin; borderline: every requirement met.",
    show_default=True,
)]  # fmt: skip
Evaluations = Annotated[int, option("--evaluations N", "Devices to try.", show_default=True)]
Out = Annotated[Path | None, option("--out FILE", "Device file to write.", callback=writable(".toml", new=True))]
Check = Annotated[bool, option("--check/--no-check", "Check before and after with every bath kept.", show_default=True)]


def design(
    spec: Spec, vary: Choices, maximise: Maximise = None, minimise: Minimise = None, subject_to: Limits = None,
    standard: Standard = "feasible", seed: Seed = 0, evaluations: Evaluations = 600, out: Out = None,
    check: Check = True, workers: Workers = None, as_json: Json = False, plot: Plot = None, levels: Levels = None,
    network_levels: NetworkLevels = None,
) -> None:  # fmt: skip
    """Choose numbers within bounds so that every requirement is met and a measure is as large or small as possible."""
    with progress("reading the device") as report:
        from qsb_hw.explore.design.design import design as find
        from qsb_hw.explore.design.file import designed_file
        from qsb_hw.explore.sweep.subject import subject_of

        read = subject_of(spec)
        result = find(
            read, vary, maximise=maximise, minimise=minimise, subject_to=subject_to or (), standard=standard, seed=seed,
            evaluations=evaluations, settings={"levels": levels, **of_network(network_levels)}, check=check,
            workers=workers, progress=report,
        )  # fmt: skip
    from qsb_hw.plot import plot_design
    from qsb_hw.show.design import DESIGN, design_view
    from qsb_hw.show.fields import With

    if out is not None:
        with replacing(out, "--out", new=True) as begun:
            begun.write_text(designed_file(result), encoding="utf-8")
    present(
        DESIGN, With(result, file=out), design_view, as_json=as_json, plot=plot, picture=lambda _: plot_design(result),
        spec=spec, read=read, fine=result.feasible,
    )  # fmt: skip
