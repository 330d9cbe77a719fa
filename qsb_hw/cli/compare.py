"""``qsb-hw compare``: is the elimination right, and what does each approximation cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qsb_hw.cli.options import BathLevels, Json, Levels, Plot, Spec
from qsb_hw.cli.output import draw, emit, leave
from qsb_hw.cli.progress import progress
from qsb_hw.errors import require

if TYPE_CHECKING:
    from pathlib import Path

Rwa = Annotated[
    bool,
    typer.Option("--rwa/--no-rwa", help="Drop the counter-rotating terms of both models, or keep them in both."),
]
Ladder = Annotated[
    bool,
    typer.Option(
        "--ladder", help="Error budget: the device on every description of the ladder of models, step by step."
    ),
]
Rungs = Annotated[
    str | None,
    typer.Option(
        "--descriptions", metavar="NAMES", show_default=False,
        help="With --ladder: only these descriptions, separated by commas; a step over others drops all their physics.",
    ),
]  # fmt: skip


def compare(
    spec: Spec,
    rwa: Rwa = True,
    ladder: Ladder = False,
    descriptions: Rungs = None,
    as_json: Json = False,
    plot: Plot = None,
    levels: Levels = None,
    bath_levels: BathLevels = None,
) -> None:
    """Solve a device with its baths kept and with them eliminated, and fit γ, σ, n± to the full model."""
    require(
        ladder or descriptions is None,
        "--descriptions must come with --ladder",
        "--descriptions alone",
        "Add --ladder, or leave it out.",
    )
    require(
        rwa or not ladder,
        "--ladder must come without --no-rwa",
        "both",
        "The ladder has descriptions with the counter-rotating terms and without.",
    )
    if ladder:
        require(bath_levels is None, "--bath-levels must come without --ladder", "both", "Each step has its own.")
        _ladder(spec, descriptions, as_json, plot, levels)
    else:
        _compare(spec, rwa, as_json, plot, levels, bath_levels)


def _compare(
    spec: str, rwa: bool, as_json: bool, plot: Path | None, levels: int | None, bath_levels: int | None
) -> None:
    with progress("reading the device") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.elimination.eliminate import both_conventions
        from qsb_hw.questions.numerics import numerics_of

        analysis = analyse(load_device(spec), levels=levels, bath_levels=bath_levels, rwa=rwa, progress=report)
        device, oscillator, known = analysis.device, analysis.oscillator, analysis.has_fock_state
        derived, published = both_conventions(oscillator)
        comparison = analysis.comparison if known else None
        numerics = numerics_of(analysis, comparison=known, skipped="" if known else "comparison")
    from qsb_hw.plot import plot_populations
    from qsb_hw.show import record
    from qsb_hw.show.tables.views import comparison_view

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
    leave(comparison is not None and numerics.converged and numerics.accurate)


def _ladder(spec: str, descriptions: str | None, as_json: bool, plot: Path | None, levels: int | None) -> None:
    with progress("reading the device") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.elimination.hierarchy import HIERARCHY, check_descriptions
        from qsb_hw.questions.approximations import error_budget
        from qsb_hw.questions.numerics import numerics_of

        chosen = HIERARCHY if descriptions is None else check_descriptions([n.strip() for n in descriptions.split(",")])
        analysis = analyse(load_device(spec), levels=levels, progress=report)
        device, oscillator, known = analysis.device, analysis.oscillator, analysis.has_fock_state
        budget, numerics = None, None
        if known:
            budget = error_budget(device, levels=oscillator.levels, descriptions=chosen, progress=report)
        else:
            numerics = numerics_of(analysis, skipped="error budget")
    from qsb_hw.plot import plot_error_budget
    from qsb_hw.show import record
    from qsb_hw.show.error_budget_record import error_budget_record
    from qsb_hw.show.tables.views import error_budget_view

    draw(plot, None if budget is None else lambda: plot_error_budget(budget))
    emit(
        as_json,
        lambda: {
            "device": record.device_record(device),
            "oscillator": record.oscillator_record(oscillator),
            "error_budget": None if budget is None else error_budget_record(budget),
            "numerics": None if numerics is None else record.numerics_record(numerics),
        },
        lambda: error_budget_view(device, budget, numerics),
    )
    leave(budget is not None and budget.converged)
