"""``qsb-hw compare``: is the elimination right."""

from __future__ import annotations

from typing import Annotated

import typer

from qsb_hw.cli.options import Json, Levels, Plot, Spec
from qsb_hw.cli.output import draw, emit, leave
from qsb_hw.cli.progress import progress

Rwa = Annotated[
    bool,
    typer.Option("--rwa/--no-rwa", help="Drop the counter-rotating terms of both models, or keep them in both."),
]


def compare(spec: Spec, rwa: Rwa = True, as_json: Json = False, plot: Plot = None, levels: Levels = None) -> None:
    """Solve a device with its baths kept and with them eliminated, and fit γ, σ, n± to the full model."""
    with progress("reading the device") as report:
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.reduction.compare import compare as compare_models
        from qsb_hw.reduction.eliminate import both_conventions
        from qsb_hw.reduction.feasibility import has_fock_state
        from qsb_hw.study.kept import kept_oscillator
        from qsb_hw.study.numerics import comparison_numerics, skipped_numerics

        device = load_device(spec)
        oscillator = kept_oscillator(device, levels)
        derived, published = both_conventions(oscillator)
        report("full model against the eliminated one", 0, 0)
        comparison = compare_models(oscillator, rwa) if has_fock_state(oscillator) else None
        numerics = (
            skipped_numerics(oscillator, "comparison")
            if comparison is None
            else comparison_numerics(oscillator, comparison)
        )
    from qsb_hw.plot import plot_populations
    from qsb_hw.report import record
    from qsb_hw.report.tables.views import comparison_view

    draw(plot, None if comparison is None else lambda: plot_populations(comparison))
    emit(
        as_json,
        lambda: {
            "device": record.device_record(device),
            "oscillator": record.oscillator_record(oscillator),
            "rotating_wave_approximation": rwa,
            "effective": record.effective_record(derived, published),
            "comparison": None if comparison is None else record.comparison_record(comparison),
            "numerics": record.numerics_record(numerics),
        },
        lambda: comparison_view(device, derived, published, comparison, numerics, rwa),
    )
    leave(comparison is not None and numerics.converged)
