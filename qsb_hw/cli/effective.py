"""``qsb-hw effective``: what is left when the baths are eliminated."""

from __future__ import annotations

from qsb_hw.cli.options import Json, Levels, Plot, Spec
from qsb_hw.cli.output import draw, emit
from qsb_hw.cli.progress import progress


def effective(spec: Spec, as_json: Json = False, plot: Plot = None, levels: Levels = None) -> None:
    """Map a device to γ, σ, n± in both conventions and to the rate of every transition."""
    with progress("reading the device"):
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.elimination.eliminate import both_conventions

        device = load_device(spec)
        oscillator = analyse(device, levels=levels, complete=False).oscillator
        derived, published = both_conventions(oscillator)
    from qsb_hw.plot import plot_rates
    from qsb_hw.show.record import device_record, effective_record, oscillator_record
    from qsb_hw.show.tables.views import effective_view

    draw(plot, lambda: plot_rates(derived, published))
    emit(
        as_json,
        lambda: {
            "device": device_record(device),
            "oscillator": oscillator_record(oscillator),
            "effective": effective_record(derived, published),
        },
        lambda: effective_view(device, oscillator, derived, published),
    )
