"""``qsb-hw ensemble``: what many such devices would do."""

from __future__ import annotations

from typing import Annotated

import typer

from qsb_hw.cli.options import Json, Levels, Plot, Spec, angular
from qsb_hw.cli.output import draw, emit, leave
from qsb_hw.cli.progress import progress

Devices = Annotated[int, typer.Option("--devices", metavar="N", help="How many of them, every pair coupled.")]
Coupling = Annotated[
    str | None,
    typer.Option(
        "--coupling", metavar="V", show_default=False,
        help='Exchange coupling of a pair, v/2π with its sign, like "100 kHz"; the device file\'s unless given.',
    ),
]  # fmt: skip
Sites = Annotated[int, typer.Option("--sites", metavar="N", help="Devices on a lattice or chain, 4 to 200.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of scattered frequencies and initial phases.")]


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
    """Predict what a hundred such devices do: critical coupling, detuned halves, coherence, scatter, neighbours."""
    with progress("reading the device") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.questions.ensemble import predict_ensemble
        from qsb_hw.questions.numerics import numerics_of

        wanted = None if coupling is None else angular(coupling, "--coupling")
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
    from qsb_hw.show.ensemble_record import ensemble_record
    from qsb_hw.show.record import device_record, numerics_record
    from qsb_hw.show.tables.views import ensemble_view

    draw(plot, None if prediction is None else lambda: plot_ensemble(prediction))
    emit(
        as_json,
        lambda: {
            "device": device_record(device),
            "ensemble": None if prediction is None else ensemble_record(prediction),
            "numerics": None if skipped is None else numerics_record(skipped),
        },
        lambda: ensemble_view(device, prediction, skipped),
    )
    leave(prediction is not None and prediction.synchronizes)
