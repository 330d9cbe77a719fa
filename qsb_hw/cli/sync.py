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
        from qsb_hw.analysis.conditions import conditions_of, under
        from qsb_hw.analysis.pair import predict_pair
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.model.oscillator import has_fock_state
        from qsb_hw.questions.numerics import prediction_numerics, skipped_numerics, under_conditions

        wanted = None if coupling is None else angular(coupling, "--coupling", positive=True)
        device = load_device(spec)
        conditions = conditions_of(device, levels, bath_levels)
        oscillator = under(device, conditions)
        pair_levels = pair_levels or device.given.pair_levels
        v = wanted or abs(device.nearest_coupling) or None
        prediction = predict_pair(oscillator, v, pair_levels, report) if has_fock_state(oscillator) else None
        numerics = (
            skipped_numerics(oscillator, "synchronization")
            if prediction is None
            else prediction_numerics(oscillator, prediction)
        )
        numerics = under_conditions(numerics, conditions, prediction)
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
