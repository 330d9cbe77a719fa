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
        from qsb_hw.analysis.conditions import conditions_of, under
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.elimination.compare import compare as compare_models
        from qsb_hw.elimination.eliminate import both_conventions
        from qsb_hw.model.oscillator import has_fock_state
        from qsb_hw.questions.numerics import comparison_numerics, skipped_numerics, under_conditions

        device = load_device(spec)
        conditions = conditions_of(device, levels, bath_levels)
        oscillator = under(device, conditions)
        derived, published = both_conventions(oscillator)
        report("full model against the eliminated one", 0, 0)
        comparison = compare_models(oscillator, rwa) if has_fock_state(oscillator) else None
        numerics = (
            skipped_numerics(oscillator, "comparison")
            if comparison is None
            else comparison_numerics(oscillator, comparison)
        )
        numerics = under_conditions(numerics, conditions)
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
        from qsb_hw.analysis.kept import kept_oscillator
        from qsb_hw.devices.catalog import load_device
        from qsb_hw.elimination.hierarchy import HIERARCHY, check_descriptions
        from qsb_hw.model.oscillator import has_fock_state
        from qsb_hw.questions.approximations import error_budget
        from qsb_hw.questions.numerics import skipped_numerics

        chosen = (
            HIERARCHY
            if descriptions is None
            else check_descriptions([name.strip() for name in descriptions.split(",")])
        )
        device = load_device(spec)
        oscillator = kept_oscillator(device, levels)
        fock = has_fock_state(oscillator)
        budget = error_budget(device, levels=oscillator.levels, descriptions=chosen, progress=report) if fock else None
        numerics = None if fock else skipped_numerics(oscillator, "error budget")
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
