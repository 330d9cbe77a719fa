"""``qsb-hw sync``: what two such devices would do."""

from __future__ import annotations

from typing import Annotated

import typer

from qsb_hw.cli.options import BathLevels, Json, Levels, PairLevels, Plot, Spec, angular
from qsb_hw.cli.output import draw, emit, leave
from qsb_hw.cli.progress import progress

Coupling = Annotated[
    str | None,
    typer.Option(
        "--coupling", metavar="V", show_default=False,
        help='Exchange coupling V/2π, like "100 kHz"; the device file\'s unless given.',
    ),
]  # fmt: skip


def sync(
    spec: Spec,
    coupling: Coupling = None,
    as_json: Json = False,
    plot: Plot = None,
    levels: Levels = None,
    pair_levels: PairLevels = None,
    bath_levels: BathLevels = None,
) -> None:
    """Predict S(Δ) of two such devices: eliminated over a sweep, complete at zero and at the resonances."""
    with progress("reading the device") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.questions.numerics import numerics_of

        analysis = analyse(
            load_device(spec),
            levels=levels,
            pair_levels=pair_levels,
            bath_levels=bath_levels,
            coupling=None if coupling is None else angular(coupling, "--coupling"),
            progress=report,
        )
        device, oscillator, known = analysis.device, analysis.oscillator, analysis.has_fock_state
        prediction = analysis.prediction if known else None
        numerics = numerics_of(analysis, prediction=known, skipped="" if known else "synchronization")
    from qsb_hw.plot import plot_synchronization
    from qsb_hw.show import record
    from qsb_hw.show.tables.views import synchronization_view

    draw(plot, None if prediction is None else lambda: plot_synchronization(prediction))
    emit(
        as_json,
        lambda: {
            "device": record.device_record(device),
            "oscillator": record.oscillator_record(oscillator),
            "synchronization": None if prediction is None else record.synchronization_record(prediction),
            "numerics": record.numerics_record(numerics),
        },
        lambda: synchronization_view(device, prediction, numerics),
    )
    leave(prediction is not None and numerics.converged and numerics.accurate)
