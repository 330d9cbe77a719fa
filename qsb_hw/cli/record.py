"""``qsb-hw record``: what detectors give of two devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from qsb_hw.cli.budget import AddedNoise, ReadoutError
from qsb_hw.cli.options import (
    BathLevels,
    Coupling,
    Json,
    Levels,
    PairLevels,
    Plot,
    Seed,
    Spec,
    angular,
    option,
    positive,
    seconds,
)
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Node, Nodes, loaded, refuse
from qsb_hw.errors import ArgumentError, require

if TYPE_CHECKING:
    from qsb_hw.analysis.pair import PairAnalysis
    from qsb_hw.model.chip import Chip
    from qsb_hw.model.device import Device

Shots = Annotated[int, option("--shots N", "Preparations and readouts of one record.", True, min=2)]
Kind = Annotated[str, option("--protocol NAME", "S from them: joint tomography, or phase readout.", True)]
Outputs = Annotated[bool, option("--no-outputs", "Leave heterodyne records of the outputs out.")]
Slips = Annotated[bool, option("--slips", "Count slips of the relative phase too.")]
Bandwidth = Annotated[str | None, option(
    "--bandwidth B", "Of the filter, B/2π like \"300 kHz\"; the half-width of a line of S(Δ) unless given.",
)]  # fmt: skip
PortRate = Annotated[str | None, option(
    "--port-rate KAPPA", "Rate κ/2π of the output added to each device; a tenth of γ/2π unless given.",
)]  # fmt: skip
Lasting = Annotated[str | None, option("--duration T", 'Of one record, like "10 us"; 20/B unless given.')]
Step = Annotated[str | None, option("--step T", 'Of trajectories, like "1 ns"; from the rates unless given.')]
Efficiency = Annotated[float, option("--efficiency ETA", "Share of the output that is detected.", True)]
Trajectories = Annotated[int, option("--trajectories N", "Heterodyne records, or runs in which slips are counted.",
                                     True, min=2)]  # fmt: skip


def record(
    spec: Spec, shots: Shots = 1000, protocol: Kind = "joint tomography", readout_error: ReadoutError = 0.0,
    no_outputs: Outputs = False, slips: Slips = False, bandwidth: Bandwidth = None, port_rate: PortRate = None,
    duration: Lasting = None, step: Step = None, efficiency: Efficiency = 1.0, added_noise: AddedNoise = 0.0,
    trajectories: Trajectories = 40, seed: Seed = 0, coupling: Coupling = None, as_json: Json = False,
    plot: Plot = None, levels: Levels = None, pair_levels: PairLevels = None, bath_levels: BathLevels = None,
    node: Node = None, nodes: Nodes = None,
) -> None:  # fmt: skip
    """Read levels with N shots, estimate S from them, record outputs and count phase slips, of two devices."""
    with progress("reading the file") as report:
        from qsb_hw.questions.estimators import PROTOCOLS
        from qsb_hw.questions.pair_records import Receivers, recorded

        known = ", ".join(PROTOCOLS)
        require(protocol in PROTOCOLS, f"--protocol must be one of {known}", repr(protocol), "Choose one of these.")
        found = loaded(spec, node, nodes)
        asks: dict[str, Any] = {"levels": levels, "pair_levels": pair_levels, "bath_levels": bath_levels}
        pair = _pair(found, asks, coupling, report)
        receivers = Receivers(
            shots=shots, protocol=protocol, readout_error=readout_error, outputs=not no_outputs, slips=slips,
            bandwidth=positive(bandwidth, "--bandwidth"), port_rate=positive(port_rate, "--port-rate"),
            duration=seconds(duration, "--duration"), step=seconds(step, "--step"),
            efficiency=efficiency, added_noise=added_noise, trajectories=trajectories, seed=seed,
        )  # fmt: skip
        document = recorded(pair, receivers, found)
        records = document["points"]
    from qsb_hw.plot import plot_records
    from qsb_hw.show.records import RECORDED, records_view

    present(
        RECORDED, document, records_view, as_json=as_json, plot=plot,
        picture=(lambda _: plot_records(records)) if records else None, spec=spec,
        fine=bool(records) and all(one.ok for one in records),
    )  # fmt: skip


def _pair(found: Device | Chip, asks: dict[str, Any], coupling: str | None, report: Any) -> PairAnalysis:
    """The device and its twin, or the one link of a chip."""
    from qsb_hw.analysis.analysis import analyse
    from qsb_hw.analysis.chip import ChipAnalysis
    from qsb_hw.analysis.conditions import Requested
    from qsb_hw.model.chip import Chip

    if not isinstance(found, Chip):
        return analyse(found, **asks, coupling=angular(coupling, "--coupling"), progress=report).pair
    refuse({"--coupling": coupling}, "the file of one device, or with --node")
    links = ChipAnalysis(found, Requested(**asks), progress=report).links
    if len(links) != 1:
        names = ", ".join(link.name for link in links) or "none"
        raise ArgumentError(
            f"SPEC must be one device or one link here, but found a chip with the links {names}. Name the two nodes of "
            f"one: --nodes {','.join(links[0].between if links else found.names[:2])}."
        )
    return links[0].pair
