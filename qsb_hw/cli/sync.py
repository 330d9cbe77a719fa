"""``qsb-hw sync``: S(Δ) of two such devices."""

from __future__ import annotations

from types import SimpleNamespace

from qsb_hw.cli.options import BathLevels, Coupling, Json, Levels, PairLevels, Plot, Spec, angular
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress


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

        wanted = angular(coupling, "--coupling", positive=True)
        device = load_device(spec)
        conditions = conditions_of(device, levels, bath_levels)
        oscillator = under(device, conditions)
        pair_levels = pair_levels or device.given.pair_levels
        v = wanted or device.nearest_coupling or None
        prediction = predict_pair(oscillator, v, pair_levels, report) if has_fock_state(oscillator) else None
        numerics = (
            skipped_numerics(oscillator, "synchronization")
            if prediction is None
            else prediction_numerics(oscillator, prediction)
        )
        numerics = under_conditions(numerics, conditions, prediction)
    from qsb_hw.plot import plot_synchronization
    from qsb_hw.show.record import PAIR, synchronization_view

    found = SimpleNamespace(device=device, oscillator=oscillator, synchronization=prediction, numerics=numerics)
    present(
        PAIR, found, synchronization_view, as_json=as_json, plot=plot,
        picture=None if prediction is None else lambda _: plot_synchronization(prediction), spec=spec, device=device,
        fine=prediction is not None and numerics.converged and numerics.accurate,
    )  # fmt: skip
