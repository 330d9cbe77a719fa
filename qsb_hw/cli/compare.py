"""``qsb-hw compare``: is the elimination right, and what does each approximation cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from qsb_hw.cli.options import BathLevels, Json, Levels, Plot, Spec, option
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Node, device_of, loaded
from qsb_hw.errors import require

if TYPE_CHECKING:
    from pathlib import Path

Rwa = Annotated[bool, option(
    "--rwa/--no-rwa", "Neglect the counter-rotating terms in both models, or keep them in both.", show_default=True,
)]  # fmt: skip
Hierarchy = Annotated[bool, option(
    "--hierarchy", "Error budget: the device at every level of the model hierarchy, step by step.",
)]  # fmt: skip
Descriptions = Annotated[str | None, option(
    "--descriptions NAMES",
    "With --hierarchy: only these levels of description, separated by commas; a step over others neglects all their "
    "physics.",
)]  # fmt: skip
Ladder = Annotated[bool, option("--ladder", "Former name of --hierarchy.", hidden=True)]
Rungs = Annotated[str | None, option("--rungs", "Former name of --descriptions.", hidden=True)]


def compare(
    spec: Spec, rwa: Rwa = True, hierarchy: Hierarchy = False, descriptions: Descriptions = None,
    as_json: Json = False, plot: Plot = None, levels: Levels = None, bath_levels: BathLevels = None,
    node: Node = None, ladder: Ladder = False, rungs: Rungs = None,
) -> None:  # fmt: skip
    """Solve a device, or every node of a chip, with its baths kept and with them eliminated; fit γ, σ, n± to that."""
    hierarchy, descriptions = hierarchy or ladder, rungs if descriptions is None else descriptions
    required = "--descriptions must come with --hierarchy"
    require(hierarchy or descriptions is None, required, "--descriptions alone", "Add --hierarchy, or leave it out.")
    if not hierarchy:
        _compare(spec, node, rwa, as_json, plot, levels, bath_levels)
        return
    both = "The hierarchy has descriptions with the counter-rotating terms and without."
    require(rwa, "--hierarchy must come without --no-rwa", "both", both)
    require(bath_levels is None, "--bath-levels must come without --hierarchy", "both", "Each step has its own.")
    _hierarchy(spec, node, descriptions, as_json, plot, levels)


def _compare(
    spec: str, node: str | None, rwa: bool, as_json: bool, plot: Path | None, levels: int | None,
    bath_levels: int | None,
) -> None:  # fmt: skip
    with progress("reading the file") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.elimination.eliminate import both_conventions
        from qsb_hw.model.chip import Chip
        from qsb_hw.questions.numerics import numerics_of
        from qsb_hw.show.fields import With

        found, each = loaded(spec, node), []
        for device in found.nodes if isinstance(found, Chip) else (found,):
            analysis = analyse(device, levels=levels, bath_levels=bath_levels, rwa=rwa, progress=report)
            derived, published = both_conventions(analysis.oscillator)
            known = analysis.has_fock_state
            comparison = analysis.comparison if known else None
            numerics = numerics_of(
                analysis, comparison=known, skipped="" if known else "comparison", paired=not isinstance(found, Chip)
            )
            more = {"effective": derived, "published": published, "comparison": comparison}
            each.append(With(analysis, **more, rwa=rwa, numerics=numerics))
    from qsb_hw.plot import plot_populations, plot_populations_of_nodes
    from qsb_hw.show.chip import CHIP_COMPARED, chip_comparison_view
    from qsb_hw.show.record import COMPARED, comparison_view

    fine = all(one.comparison is not None and one.numerics.converged and one.numerics.accurate for one in each)
    compared = [(one.device.name, one.comparison) for one in each if one.comparison is not None]
    if isinstance(found, Chip):
        present(
            CHIP_COMPARED, With(found, chip=found, nodes=each, rwa=rwa), chip_comparison_view, as_json=as_json,
            plot=plot, picture=(lambda _: plot_populations_of_nodes(compared)) if compared else None, spec=spec,
            fine=fine,
        )  # fmt: skip
        return
    present(
        COMPARED, each[0], comparison_view, as_json=as_json, plot=plot,
        picture=(lambda _: plot_populations(compared[0][1])) if compared else None, spec=spec, fine=fine,
    )  # fmt: skip


def _hierarchy(
    spec: str, node: str | None, descriptions: str | None, as_json: bool, plot: Path | None, levels: int | None
) -> None:
    with progress("reading the file") as report:
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.elimination.hierarchy import HIERARCHY, check_descriptions
        from qsb_hw.questions.approximations import error_budget
        from qsb_hw.questions.numerics import numerics_of

        chosen = HIERARCHY if descriptions is None else check_descriptions([n.strip() for n in descriptions.split(",")])
        analysis = analyse(device_of(spec, node), levels=levels, progress=report)
        budget, numerics = None, None
        if analysis.has_fock_state:
            kept = analysis.oscillator.levels
            budget = error_budget(analysis.device, levels=kept, descriptions=chosen, progress=report)
        else:
            numerics = numerics_of(analysis, skipped="error budget")
    from qsb_hw.plot import plot_error_budget
    from qsb_hw.show import record
    from qsb_hw.show.fields import With

    present(
        record.HIERARCHY, With(analysis, budget=budget, numerics=numerics), record.error_budget_view, as_json=as_json,
        plot=plot, picture=None if budget is None else lambda _: plot_error_budget(budget), spec=spec,
        fine=budget is not None and budget.converged,
    )  # fmt: skip
