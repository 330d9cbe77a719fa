"""How far the numbers can be trusted."""

from __future__ import annotations

import math

from rich.table import Table
from rich.text import Text

from qsb_hw.report.tables.style import BAD, GOOD, label, table
from qsb_hw.report.tables.text import number
from qsb_hw.study.numerics import Numerics


def numerics_table(numerics: Numerics) -> Table:
    """Status, residual, truncation error, and what was skipped with the reason."""
    rows = table("Numerics", label(""), label(""), label("", style="dim"))
    rows.show_header = False
    rows.add_row("steady states", Text(numerics.status, style=GOOD if numerics.converged else BAD), "all of them")
    rows.add_row("largest residual", number(numerics.residual, 3), "‖Lρ‖/(‖ρ‖·rate)")
    rows.add_row(
        "truncation error",
        number(numerics.truncation_error, 3),
        f"effect of the levels beyond the {numerics.levels} kept on populations and coherences",
    )
    if math.isfinite(numerics.bath_edge_population):
        edge = number(numerics.bath_edge_population, 3)
        rows.add_row("edge of the baths", edge, "population of the highest level kept of any auxiliary mode")
    for reason in numerics.skipped:
        rows.add_row("skipped", "", reason)
    return rows
