"""Full model against eliminated model."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from qsb_hw.elimination.compare import Comparison
from qsb_hw.show.tables.style import label, lines, table, value
from qsb_hw.show.tables.text import NONE, number, population, quantity

_CONCLUSIONS = {
    "derived": "The full model supports the derived convention for all of σ, n₊ and n₋.",
    "published": "The full model supports the published convention for all of σ, n₊ and n₋.",
    "neither": "σ, n₊ and n₋ do not agree on a convention: see which is nearer for each.",
    "undecided": "The full model gives no σ, n₊, n₋ to compare with",
}


def comparison_tables(comparison: Comparison) -> RenderableType:
    """Populations of the full, the eliminated and the published model, with their distances."""
    return Group(_populations(comparison), "", _figures(comparison), "", lines(_conclusion(comparison)))


def _populations(comparison: Comparison) -> Table:
    rows = table(
        "Populations in the steady state",
        label("level"), value("full model"), value("eliminated"), value("published"), label("", style="dim"),
    )  # fmt: skip
    columns = [comparison.populations_full, comparison.populations_eliminated, comparison.populations_published]
    for n in range(len(comparison.populations_full)):
        cells = (NONE if column is None else population(float(column[n])) for column in columns)
        target = n == comparison.target
        rows.add_row(str(n), *cells, "n0" if target else "", style="bold" if target else "")
    return rows


def _figures(comparison: Comparison) -> Table:
    rows = table("What elimination costs", label(""), value("full model"), value("eliminated"), value("published"))
    fidelities = [
        comparison.fock_fidelity(p)
        for p in (comparison.populations_full, comparison.populations_eliminated, comparison.populations_published)
    ]
    distances = (comparison.trace_distance, comparison.trace_distance_published)
    rows.add_row("Fock fidelity P(n0)", *(number(f) for f in fidelities))
    rows.add_row("trace distance from the full model", NONE, *(number(d, 3) for d in distances))
    full, eliminated = comparison.relaxation_rate_full, comparison.relaxation_rate_eliminated
    kept = f"slowest relaxation of the {comparison.populations_full.size} populations"
    rows.add_row(kept, _time(full), _time(eliminated), NONE)
    return rows


def _time(rate: float) -> str:
    return quantity(1 / rate, "s") if rate > 0 else NONE


def _conclusion(comparison: Comparison) -> list[str]:
    text = _CONCLUSIONS[comparison.supported_convention]
    return [f"{text}: {comparison.fitted.reason}." if comparison.supported_convention == "undecided" else text]
