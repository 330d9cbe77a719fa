"""``qsb-hw ensemble``: many such devices, all coupled to all, or many copies of a chip's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from qsb_hw.cli.options import Coupling, Json, Levels, Plot, Seed, Spec, angular, option
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Node, Nodes, loaded, refuse

if TYPE_CHECKING:
    from qsb_hw.model.chip import Chip

Devices = Annotated[int, option(
    "--devices N", "How many of them, every pair coupled; of a chip copies of each node.", show_default=True,
)]  # fmt: skip
Sites = Annotated[int, option("--sites N", "Devices on a lattice or chain, 4 to 200.", show_default=True)]


def ensemble(
    spec: Spec, devices: Devices = 100, coupling: Coupling = None, as_json: Json = False, plot: Plot = None,
    levels: Levels = None, sites: Sites = 16, seed: Seed = 1,
    node: Node = None, nodes: Nodes = None,
) -> None:  # fmt: skip
    """Predict N such devices: critical coupling, detuned sub-ensembles, coherence, disorder, devices on graphs.

    Of a chip: from how many copies of its nodes on they synchronize.
    """
    with progress("reading the file") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.model.chip import Chip
        from qsb_hw.questions.ensemble import predict_ensemble
        from qsb_hw.questions.numerics import numerics_of

        wanted, found = angular(coupling, "--coupling"), loaded(spec, node, nodes)
        if isinstance(found, Chip):
            refuse({"--coupling": coupling, "--plot": plot}, "the file of one device, or with --node")
            _copies(found, devices, levels, as_json, spec)
            return
        analysis = analyse(found, levels=levels, coupling=wanted, complete=False)
        prediction, skipped = None, None
        if analysis.has_fock_state:
            prediction = predict_ensemble(
                analysis.device, devices=devices, pair_coupling=wanted, levels=levels, sites=sites, seed=seed,
                progress=report,
            )  # fmt: skip
        else:
            skipped = numerics_of(analysis, skipped="ensemble")
    from qsb_hw.plot import plot_ensemble
    from qsb_hw.show.ensemble import ENSEMBLE_DOCUMENT, ensemble_view
    from qsb_hw.show.fields import With

    present(
        ENSEMBLE_DOCUMENT, With(analysis, prediction=prediction, skipped=skipped), ensemble_view, as_json=as_json,
        plot=plot, picture=None if prediction is None else lambda _: plot_ensemble(prediction), spec=spec,
        fine=prediction is not None and prediction.synchronizes,
    )  # fmt: skip


def _copies(chip: Chip, devices: int, levels: int | None, as_json: bool, spec: str) -> None:
    """Many copies of the nodes of a chip."""
    from qsb_hw.questions.chip_ensemble import chip_ensemble
    from qsb_hw.show.ensemble import CHIP_ENSEMBLE, chip_ensemble_view

    found = chip_ensemble(chip, copies=devices, levels=levels)
    present(CHIP_ENSEMBLE, found, chip_ensemble_view, as_json=as_json, spec=spec, fine=found.synchronizes)
