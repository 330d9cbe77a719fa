"""``qsb-hw sync``: S(Δ) of two such devices, or of the links of a chip and all its nodes together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsb_hw.cli.options import BathLevels, Coupling, Json, Levels, PairLevels, Plot, Spec, angular
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Complete, NetworkLevels, Node, Nodes, Visible, loaded, refuse

if TYPE_CHECKING:
    from pathlib import Path

    from qsb_hw.analysis.analysis import Analysis


def sync(
    spec: Spec, coupling: Coupling = None, as_json: Json = False, plot: Plot = None, levels: Levels = None,
    pair_levels: PairLevels = None, bath_levels: BathLevels = None, node: Node = None, nodes: Nodes = None,
    visible: Visible = None, network_levels: NetworkLevels = None, complete: Complete = None,
) -> None:  # fmt: skip
    """Predict S(Δ) of two such devices, or S of a chip's links and of all its nodes together as they stand."""
    with progress("reading the file") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.analysis.chip import VISIBLE, ChipAnalysis
        from qsb_hw.analysis.conditions import Requested
        from qsb_hw.model.chip import Chip
        from qsb_hw.questions.chip import chip_synchronization

        found, wanted = loaded(spec, node, nodes), angular(coupling, "--coupling")
        if isinstance(found, Chip):
            refuse({"--coupling": coupling}, "the file of one device, or with --node")
            requested = Requested(levels=levels, pair_levels=pair_levels, bath_levels=bath_levels)
            analysis = ChipAnalysis(
                found, requested, visible=VISIBLE if visible is None else visible, network_levels=network_levels,
                progress=report,
            )  # fmt: skip
            together = chip_synchronization(analysis, complete)
        else:
            only = {"--visible": visible, "--network-levels": network_levels, "--complete": complete}
            refuse(only, "the file of a chip")
            one = analyse(
                found, levels=levels, pair_levels=pair_levels, bath_levels=bath_levels, coupling=wanted,
                progress=report,
            )  # fmt: skip
            if one.has_fock_state:
                _ = one.prediction
    if not isinstance(found, Chip):
        _pair(one, as_json, plot, spec)
        return
    from qsb_hw.plot import plot_chip
    from qsb_hw.show.chip import CHIP_SYNC, chip_synchronization_view

    present(
        CHIP_SYNC, together, chip_synchronization_view, as_json=as_json, plot=plot, picture=plot_chip, spec=spec,
        fine=together.ok and together.network is not None,
    )  # fmt: skip


def _pair(analysis: Analysis, as_json: bool, plot: Path | None, spec: str) -> None:
    from qsb_hw.plot import plot_synchronization
    from qsb_hw.questions.numerics import numerics_of
    from qsb_hw.show.fields import With
    from qsb_hw.show.record import PAIR, synchronization_view

    known = analysis.has_fock_state
    prediction = analysis.prediction if known else None
    numerics = numerics_of(analysis, prediction=known, skipped="" if known else "synchronization")
    present(
        PAIR, With(analysis, synchronization=prediction, numerics=numerics), synchronization_view, as_json=as_json,
        plot=plot, picture=None if prediction is None else lambda _: plot_synchronization(prediction), spec=spec,
        fine=prediction is not None and numerics.converged and numerics.accurate,
    )  # fmt: skip
