"""``qsb-hw report``: everything about a device or a chip on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qsb_hw.cli.options import BathLevels, Coupling, Json, Levels, PairLevels, Spec, angular, option, seconds
from qsb_hw.cli.output import COMMAND, present, replacing, writable
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import NetworkLevels, Node, Nodes, loaded, refuse

Page = Annotated[Path, typer.Option(
    "--out", "-o", metavar="FILE", help="Page to write: .html (one file, no network), .md, or .pdf (extra `pdf`).",
    callback=writable(".html", ".md", ".pdf"), show_default=False,
)]  # fmt: skip
Only = Annotated[str | None, option(
    "--only PARTS", "Only these parts, separated by commas: verdict, device, instruments, effective, compare, sync, …",
)]  # fmt: skip
Skip = Annotated[str | None, option("--skip PARTS", "Leave these parts out, separated by commas.")]
Brief = Annotated[bool, option("--brief", "Verdict, device, tones, S(Δ), and how far the numbers can be trusted.")]
Everything = Annotated[bool, option("--complete", "Also what takes long, else named as left out.")]
ExperimentTime = Annotated[str | None, option(
    "--experiment-time TIME", 'Duration of one experiment, like "10 s"; as for `check` unless given.',
)]  # fmt: skip


def report(
    spec: Spec, out: Page, only: Only = None, skip: Skip = None, brief: Brief = False, complete: Everything = False,
    as_json: Json = False,
    levels: Levels = None, pair_levels: PairLevels = None, bath_levels: BathLevels = None, coupling: Coupling = None,
    experiment_time: ExperimentTime = None, node: Node = None, nodes: Nodes = None,
    network_levels: NetworkLevels = None,
) -> None:  # fmt: skip
    """Write everything about a device or chip on one page to send: verdict, device, tones, S(Δ), budgets, sources.

    Exit status 1 where a part could not be computed; the page is written all the same, and says why in its place.
    """
    with progress("reading the file") as shown:
        from qsb_hw.model.chip import Chip
        from qsb_hw.show.report import report as solve
        from qsb_hw.show.report.document import printer

        if out.suffix.lower() == ".pdf":
            printer()  # refused before anything is solved
        found = loaded(spec, node, nodes)
        if isinstance(found, Chip):
            refuse({"--coupling": coupling}, "the file of one device, or with --node")
        else:
            refuse({"--network-levels": network_levels}, "the file of a chip")
        made = solve(
            found, only=_names(only), skip=_names(skip), brief=brief, complete=complete, file=spec,
            command=COMMAND.get(), progress=shown, network_levels=network_levels, levels=levels,
            pair_levels=pair_levels, bath_levels=bath_levels, coupling=angular(coupling, "--coupling"),
            experiment_time=seconds(experiment_time, "--experiment-time"),
        )  # fmt: skip
        shown("writing the page", 0, 0)
        content = made.content(out.suffix.lower())
    with replacing(out, "--out") as begun:
        begun.write_bytes(content)
    from qsb_hw.show.report import REPORT, report_view

    present(REPORT, made, report_view, as_json=as_json, source=made.source, fine=made.ok)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]
