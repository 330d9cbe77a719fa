"""How far the numbers can be trusted."""

from __future__ import annotations

import math

from rich.table import Table
from rich.text import Text

from qsb_hw.analysis.conditions import Conditions
from qsb_hw.questions.criteria import LARGEST_CONTRAST_ERROR, LARGEST_TRUNCATION
from qsb_hw.questions.numerics import Numerics
from qsb_hw.show.tables.style import BAD, GOOD, label, table
from qsb_hw.show.tables.text import number


def numerics_table(numerics: Numerics) -> Table:
    """Status, error bound, residual, slowest relaxation, truncation error, and what was skipped with the reason."""
    rows = table("Numerics", label(""), label(""), label("", style="dim"))
    rows.show_header = False
    fine = numerics.converged and numerics.accurate
    solved = "every solve, with the levels kept" if numerics.accurate else "with too few levels: see below"
    rows.add_row("steady states", Text(numerics.status.value, style=GOOD if fine else BAD), solved)
    known = numerics.certificate
    rows.add_row("largest error bound", number(known.error_bound, 3), "of ‖ρ − ρ_true‖, from residual and relaxation")
    rows.add_row("largest residual", number(known.residual, 3), "‖Lρ‖/(‖ρ‖·rate)")
    rows.add_row("slowest relaxation", f"{known.gap:.3g} 1/s", "of the populations and all that shares their symmetry")
    rows.add_row(
        "truncation error",
        _error(numerics.truncation_error, LARGEST_TRUNCATION),
        _left_out(numerics),
    )
    if numerics.pair_levels is not None:
        note = f"relative change by what is beyond the {numerics.pair_levels} levels kept of each ladder"
        rows.add_row("truncation error of S", number(numerics.pair_error, 3), note)
        contrast = _error(numerics.contrast_error, LARGEST_CONTRAST_ERROR)
        rows.add_row("truncation error of S(resonance)/S(0)", contrast, note)
        with_modes = not math.isnan(numerics.pair_bath_error)
        modes = (
            "one more Fock state of each mode, of both" if with_modes else "one more Fock state in a pair: not solved"
        )
        rows.add_row(
            "of these by Fock states", number(numerics.pair_bath_error, 3) if with_modes else "not known", modes
        )
    if math.isfinite(numerics.bath_edge_population):
        edge = number(numerics.bath_edge_population, 3)
        rows.add_row("edge of the baths", edge, "population of the highest level kept of any auxiliary mode")
    _add_sizes(rows, numerics.conditions)
    for reason in numerics.skipped:
        rows.add_row("skipped", "", reason)
    return rows


def _error(value: float, largest: float) -> Text:
    return Text(number(value, 3), style=BAD if value > largest else "")


def _left_out(numerics: Numerics) -> str:
    if math.isnan(numerics.conditions.level_error):
        return f"effect of the levels beyond the {numerics.levels} kept on populations and coherences"
    modes = " and one more Fock state of each mode" if numerics.conditions.bath_levels else ""
    return f"share of the population moved by levels beyond the {numerics.levels} kept{modes}"


def _add_sizes(rows: Table, conditions: Conditions) -> None:
    rows.add_row("levels", f"{conditions.levels.value:g}", conditions.levels.origin.value)
    if conditions.bath_levels is not None:
        chosen = conditions.bath_levels
        rows.add_row("Fock states of each mode", f"{chosen.value:g}", chosen.origin.value)
