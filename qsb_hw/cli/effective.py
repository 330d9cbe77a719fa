"""``qsb-hw effective``: γ, σ, n± and rates with the baths eliminated."""

from __future__ import annotations

from qsb_hw.cli.options import Json, Levels, Plot, Spec
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress


def effective(spec: Spec, as_json: Json = False, plot: Plot = None, levels: Levels = None) -> None:
    """Map a device to γ, σ, n± in both conventions and to the rate of every transition."""
    with progress("reading the device"):
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.elimination.eliminate import both_conventions

        analysis = analyse(load_device(spec), levels=levels, complete=False)
        derived, published = both_conventions(analysis.oscillator)
    from qsb_hw.plot import plot_rates
    from qsb_hw.show.fields import With
    from qsb_hw.show.record import ELIMINATED, effective_view

    present(
        ELIMINATED, With(analysis, effective=derived, published=published), effective_view, as_json=as_json, plot=plot,
        picture=lambda _: plot_rates(derived, published), spec=spec,
    )  # fmt: skip
