"""``qsb-hw sync``: S(Δ) of two such devices."""

from __future__ import annotations

from qsb_hw.cli.options import BathLevels, Coupling, Json, Levels, PairLevels, Plot, Spec, angular
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress


def sync(
    spec: Spec, coupling: Coupling = None, as_json: Json = False, plot: Plot = None, levels: Levels = None,
    pair_levels: PairLevels = None, bath_levels: BathLevels = None,
) -> None:  # fmt: skip
    """Predict S(Δ) of two such devices: eliminated over a sweep, complete at zero and at the resonances."""
    with progress("reading the device") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.questions.numerics import numerics_of

        analysis = analyse(
            load_device(spec), levels=levels, pair_levels=pair_levels, bath_levels=bath_levels,
            coupling=angular(coupling, "--coupling"), progress=report,
        )  # fmt: skip
        known = analysis.has_fock_state
        prediction = analysis.prediction if known else None
        numerics = numerics_of(analysis, prediction=known, skipped="" if known else "synchronization")
    from qsb_hw.plot import plot_synchronization
    from qsb_hw.show.fields import With
    from qsb_hw.show.record import PAIR, synchronization_view

    present(
        PAIR, With(analysis, synchronization=prediction, numerics=numerics), synchronization_view, as_json=as_json,
        plot=plot, picture=None if prediction is None else lambda _: plot_synchronization(prediction), spec=spec,
        fine=prediction is not None and numerics.converged and numerics.accurate,
    )  # fmt: skip
