"""``qsb-hw ensemble``: many such devices, all coupled to all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import typer

from qsb_hw.cli.options import Coupling, Json, Levels, Plot, Seed, Spec, angular
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress

Devices = Annotated[int, typer.Option("--devices", metavar="N", help="How many of them, every pair coupled.")]
Sites = Annotated[int, typer.Option("--sites", metavar="N", help="Devices on a lattice or chain, 4 to 200.")]


def ensemble(
    spec: Spec,
    devices: Devices = 100,
    coupling: Coupling = None,
    as_json: Json = False,
    plot: Plot = None,
    levels: Levels = None,
    sites: Sites = 16,
    seed: Seed = 1,
) -> None:
    """Predict N such devices: critical coupling, detuned sub-ensembles, coherence, disorder, devices on graphs."""
    with progress("reading the device") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.questions.ensemble import predict_ensemble
        from qsb_hw.questions.numerics import numerics_of

        wanted = angular(coupling, "--coupling")
        device = load_device(spec)
        analysis = analyse(device, levels=levels, complete=False)
        prediction, skipped = None, None
        if analysis.has_fock_state:
            prediction = predict_ensemble(
                device, devices=devices, pair_coupling=wanted, levels=levels, sites=sites, seed=seed, progress=report
            )
        else:
            skipped = numerics_of(analysis, skipped="ensemble")
    from qsb_hw.plot import plot_ensemble
    from qsb_hw.show.ensemble import ENSEMBLE_DOCUMENT, ensemble_view

    found = SimpleNamespace(device=device, prediction=prediction, skipped=skipped)
    present(
        ENSEMBLE_DOCUMENT, found, ensemble_view, as_json=as_json, plot=plot,
        picture=None if prediction is None else lambda _: plot_ensemble(prediction), spec=spec, device=device,
        fine=prediction is not None and prediction.synchronizes,
    )  # fmt: skip
