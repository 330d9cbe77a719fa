"""Full model against eliminated model."""

from __future__ import annotations

from functools import partial

from rich.console import RenderableType
from rich.table import Table

from qsb_hw.elimination.compare import Comparison
from qsb_hw.show.effective import FITTED
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import label, lines, stacked, table, value
from qsb_hw.show.text import NONE, number, population, quantity

MODELS = ("full", "eliminated", "published")
HEADS = ("full model", "eliminated", "published")
_CONCLUSIONS = {
    **{name: f"The full model supports the {name} convention for all of σ, n₊ and n₋."
       for name in ("derived", "published")},
    "neither": "σ, n₊ and n₋ support different conventions: see the column of each.",
    "undecided": "The full model gives no σ, n₊, n₋ to compare with",
}  # fmt: skip


def _fidelity(comparison: Comparison, model: str) -> float:
    return comparison.fock_fidelity(getattr(comparison, f"populations_{model}"))


COMPARISON = Section(
    Field("target", "n0"),
    Field("populations_full", "of the levels, every bath kept"),
    Field("populations_eliminated", "of the levels, baths eliminated"),
    Field("populations_published", "of the levels, with the printed σ and n±; null where there are none"),
    Field("trace_distance", "½‖ρ_full − ρ_eliminated‖₁ of the oscillator", digits=3),
    Field("trace_distance_published", "likewise with the printed parameters", digits=3),
    Field("fock_fidelity_full", "P(n0), every bath kept", partial(_fidelity, model="full")),
    Field("fock_fidelity_eliminated", "P(n0), baths eliminated", partial(_fidelity, model="eliminated")),
    Field("fock_fidelity_published", "P(n0), printed parameters", partial(_fidelity, model="published")),
    Field("relaxation_rate_full", "slowest decay of the populations, every bath kept", unit="1/s"),
    Field("relaxation_rate_eliminated", "likewise, baths eliminated", unit="1/s"),
    Field("fitted", "γ, σ, n± read off the full model's currents", inside=FITTED),
    Field("supported_convention", '"derived", "published", "neither" or "undecided"'),
    Field("supported", "the convention nearer to the fit for each of sigma, n_plus, n_minus; empty without a fit"),
)


def comparison_tables(comparison: Comparison) -> RenderableType:
    """Populations of the full, the eliminated and the published model, their distances, and the conclusion."""
    said = _CONCLUSIONS[comparison.supported_convention]
    if comparison.supported_convention == "undecided":
        said = f"{said}: {comparison.fitted.reason}."
    return stacked(_populations(comparison), _figures(comparison), lines([said]))


def _populations(comparison: Comparison) -> Table:
    rows = table(
        "Populations in the steady state", label("level"), *map(value, HEADS), label("", style="dim"),
    )  # fmt: skip
    columns = [getattr(comparison, f"populations_{model}") for model in MODELS]
    for n in range(len(comparison.populations_full)):
        cells = (NONE if column is None else population(float(column[n])) for column in columns)
        target = n == comparison.target
        rows.add_row(str(n), *cells, "n0" if target else "", style="bold" if target else "")
    return rows


def _figures(comparison: Comparison) -> Table:
    rows = table("Full model against elimination", label(""), *map(value, HEADS))
    rows.add_row("Fock fidelity P(n0)", *(number(_fidelity(comparison, model)) for model in MODELS))
    distances = COMPARISON.text(comparison, "trace_distance", "trace_distance_published")
    rows.add_row("trace distance from the full model", NONE, *distances)
    rates = (comparison.relaxation_rate_full, comparison.relaxation_rate_eliminated)
    times = (quantity(1 / rate, "s") if rate > 0 else NONE for rate in rates)
    rows.add_row(f"slowest relaxation of the {comparison.populations_full.size} populations", *times, NONE)
    return rows
