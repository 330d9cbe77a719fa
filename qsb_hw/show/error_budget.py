"""What each approximation costs, and the hierarchy of models it is read from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

from rich.console import RenderableType
from rich.text import Text

from qsb_hw.questions.error_budget import BudgetRow, DescriptionResult, ErrorBudget
from qsb_hw.result import Status
from qsb_hw.show.advice import tradeoffs
from qsb_hw.show.detail import Detail, HouseTable
from qsb_hw.show.fields import CERTIFICATE, Field, Section, With
from qsb_hw.show.style import BAD, GOOD, QUIET, WARNING, label, lines, stacked, until_verbose, value, verbose
from qsb_hw.show.synchronization import ASSUMED
from qsb_hw.show.text import NONE, number, quantity

NEGLIGIBLE = 1e-5
"""Changes below it are shown as "none": hardly more than the solver's tolerance divided by the slowest rate."""
WORTH_A_REMEDY = 1e-3
"""Cost from which a row that holds shows its remedy all the same."""
WORST_SHOWN = 3
"""Rows of the summary beyond those that fail."""
VISIBLE_TRUNCATION = 1e-3
"""Truncation error from which tables say that it limits what they can resolve."""


def percent(value: float, signed: bool = False) -> str:
    """A relative change as an experimentalist reads it: "3.8 %", "+0.57 %", "none" below what can be told."""
    if math.isnan(value):
        return NONE
    if abs(value) < NEGLIGIBLE:
        return "none"
    sign = ("−" if value < 0 else "+") if signed else ""
    return f"{sign}{number(abs(100 * value), 3 if abs(value) >= 0.1 else 2)} %"


_signed = partial(percent, signed=True)


def _time(rate: float) -> str:
    return quantity(1 / rate, "s", 3) if rate > 0 else NONE


DESCRIPTION = Section(
    Field("name", "of the level of description", "description.name", symbol="description"),
    Field("meaning", "what it contains", "description.meaning"),
    Field("status", "how the solve ended, or why there is none"),
    Field("message", "more about it"),
    Field("dims", "dimensions of one oscillator with its baths"),
    Field("populations", "of the levels"),
    Field("fock_fidelity", "P(n0)"),
    Field("relaxation_rate", "slowest decay of the populations", symbol="relaxation", show=_time),
    *CERTIFICATE,
    Field("pair_dims", "dimensions of the largest pair solved; null without one", "pair.dims"),
    Field("S_zero", "S at Δ = 0 of that pair", lambda r: r.pair and r.pair.synchronization[0], symbol="S(0)"),
    Field("S_resonance", "S at the resonance", lambda r: r.pair and r.pair.synchronization[1], symbol="S(Δr)"),
)
STEP = Section(
    Field("above", "description with the physics"),
    Field("below", "description without it"),
    Field("neglected", "the neglected term", symbol="neglected term"),
    Field("remedy", "what to do where that costs too much"),
    Field("status", "of both descriptions and both pairs"),
    Field("message", "more about it"),
    Field("cost", "largest of trace distance and relative changes of S", show=percent),
    Field("limiting", "which of these it is", symbol="in"),
    Field("fails", "whether the cost is above the limit; null where part of it is not known"),
    Field("trace_distance", "½‖ρ_above − ρ_below‖₁ of one oscillator"),
    Field("fock_fidelity_change", "P(n0) below less above", "fidelity_change", symbol="P(n0)", show=_signed),
    Field("relaxation_change", "relative change of the slowest decay"),
    Field("S_zero", "[above, below] at Δ = 0, pairs of one size", lambda row: row.synchronization[:, 0]),
    Field("S_resonance", "[above, below] at the resonance", lambda row: row.synchronization[:, 1]),
    Field("S_zero_change", "relative, below less above", lambda row: row.synchronization_changes[0],
          symbol="S(0)", show=_signed),
    Field("S_resonance_change", "likewise", lambda row: row.synchronization_changes[1], symbol="S(Δr)", show=_signed),
    Field("pair_dims", "dimensions of both pairs"),
    *CERTIFICATE,
)  # fmt: skip
OPERATIONS = Section(
    *(Field(key, "of all steady states") for key in ("gmres_steps", "products", "single_products", "factorisations")),
    Field("probe_steps", "of the estimates of the gap"),
)
ERROR_BUDGET = Section(
    Field("target", "n0"),
    Field("levels", "levels of each single oscillator"),
    Field("coupling_hz", "V/2π of the pairs"),
    Field("coupling_assumed", ASSUMED, "assumed"),
    Field("detuning_hz", "Δ/2π of the resonance |n0, n0⟩ ↔ |n0+1, n0−1⟩, the same on every description"),
    Field("limit", "cost above which an approximation fails"),
    Field("worst", "description the most expensive step leads to", "worst.below"),
    Field("first_failure", "description the first failing step on the way down leads to; null for none",
          "first_failure.below"),
    Field("truncation_error", "what the levels left out change in the populations"),
    Field("converged", "whether every solve that was tried is certified"),
    *CERTIFICATE,
    Field("descriptions", "levels of description, from everything the platform knows downwards",
          lambda b: [With(r, fock_fidelity=r.population(b.target)) for r in b.results], each=DESCRIPTION),
    Field("steps", "from one description to the next", "rows", each=STEP),
    Field("operations", "operation counts", "counts", inside=OPERATIONS),
)  # fmt: skip


def error_budget_tables(budget: ErrorBudget) -> RenderableType:
    """The costs, worst first, then every description with its numbers, then what was skipped and how to read it."""
    costs = STEP.table(
        f"Cost of each approximation on {budget.name}, worst first", budget.worst_first,
        (label("neglected term", max_width=24), STEP["neglected"].text),
        "cost", "fock_fidelity_change", "S_zero_change", "S_resonance_change",
        (label("", min_width=5), _standing), (label("remedy", ratio=1), _remedy),
    )  # fmt: skip
    advised = [(row.neglected, row.remedy) for row in budget.worst_first if row.fails or row.cost >= WORTH_A_REMEDY]
    return stacked(
        costs, lines([*tradeoffs(advised), *error_budget_findings(budget)]), until_verbose(lines(_remarks(budget)[:1])),
        _hierarchy(budget), verbose(lines(_remarks(budget))),
    )  # fmt: skip


def error_budget_summary(budget: ErrorBudget) -> RenderableType:
    """The toolkit's own approximations that fail and the next in line, and the first to fail on the way down."""
    own = [row for row in budget.worst_first if not _only_published(row)]
    shown = [row for k, row in enumerate(own) if row.fails or k < WORST_SHOWN]
    rows = STEP.table(
        "Cost of the approximations, worst first (all of them: `compare --hierarchy`)", shown,
        "neglected", "cost", "limiting", (label("", min_width=5), _standing), detail=Detail.VERBOSE,
    )  # fmt: skip
    notes = lines(_two_fock_states(budget, shown))
    return stacked(rows, lines(error_budget_findings(budget)), verbose(notes) if notes.texts else None)


def _standing(row: BudgetRow) -> Text:
    if row.fails is None:
        return Text(row.status.value if math.isnan(row.cost) else "S?", style=BAD)
    return Text("fails", style=WARNING) if row.fails else Text("ok", style=GOOD)


def _remedy(row: BudgetRow) -> Text:
    if row.fails is None:
        return Text(row.message, style=QUIET)
    if row.fails:
        return Text(f"→ {row.remedy}", style=WARNING)
    return Text(row.remedy if row.cost >= WORTH_A_REMEDY else "", style=QUIET)


def _hierarchy(budget: ErrorBudget) -> HouseTable:
    detuning, coupling = ERROR_BUDGET.text(budget, "detuning_hz", "coupling_hz")
    assumed = " (assumed)" if budget.assumed else ""
    return DESCRIPTION.table(
        f"Model hierarchy: Δr/2π = {detuning}, V/2π = {coupling}{assumed}, {budget.levels} levels",
        ERROR_BUDGET["descriptions"].value(budget),
        (label("description", no_wrap=True), DESCRIPTION["name"].text),
        (label("what it contains", ratio=1), _contents),
        (value(f"P({budget.target})"), DESCRIPTION["fock_fidelity"].text),
        "relaxation_rate", "S_zero", "S_resonance", (value("each of the pair"), _half_of_pair),
        detail=Detail.VERBOSE,
    )  # fmt: skip


def _contents(result: DescriptionResult) -> str | Text:
    if result.ok:
        return result.description.meaning
    return Text(f"{result.status.value}: {result.message}", style=QUIET)


def _half_of_pair(result: DescriptionResult) -> str:
    dims = result.pair.dims if result.pair is not None else ()
    return "×".join(map(str, dims[: len(dims) // 2])) or NONE


def error_budget_findings(budget: ErrorBudget) -> list[str]:
    """The first approximation to fail on the way down, or that none does; and what could not be judged."""
    first, limit = budget.first_failure, percent(budget.limit)
    if all(math.isnan(row.cost) for row in budget.rows):
        return ["Nothing could be compared."]
    unknown = [row.neglected for row in budget.rows if row.fails is None]
    judged = " that could be judged" if unknown else ""
    if first is None or _only_published(first):
        found = f"No approximation{judged} costs more than {limit}"
        found += ", except that of the published parameters." if first else "."
    else:
        found = (
            f"First approximation below the full model that costs more than {limit}: {first.neglected} "
            f"({percent(first.cost)}, {first.limiting}). → {first.remedy}"
        )
    return [found, *([f"Not judged, for S is not known: {', '.join(unknown)}."] if unknown else [])]


def _only_published(row: BudgetRow) -> bool:
    """Whether the step only replaces the derived σ and n± by the printed ones."""
    return (row.above, row.below) == ("lorentzian", "published")


def _two_fock_states(budget: ErrorBudget, rows: Sequence[BudgetRow]) -> Iterator[str]:
    """Name the steps whose pairs have fewer Fock states of each cavity than the single oscillators."""
    own = {result.description.name: result.dims[1:] for result in budget.results}
    modes = [(row, row.pair_dims[0][1 : len(row.pair_dims[0]) // 2]) for row in rows]
    cut = [row.neglected for row, kept in modes if kept and max(kept) < max(own[row.above])]
    if cut:
        yield f"In these steps S is that of auxiliary modes with two Fock states each: {', '.join(cut)}."


def _remarks(budget: ErrorBudget) -> list[str]:
    error, hidden = number(budget.truncation_error, 2), (Status.TOO_LARGE, Status.FAILED)
    levels = f"The levels above those kept change populations by about {error}, and the costs likewise."
    return [
        "Cost: the largest of the trace distance of one oscillator's states and the relative changes of S at Δ = 0 and "
        "at the resonance Δr. P(n0): change in percentage points. Signs: the effect of neglecting the term.",
        "Each step is judged by pairs of one size on both descriptions, as large as the costlier of them allows; the "
        "hierarchy shows the largest pair of each description: levels of the oscillator, then of each bath.",
        *_two_fock_states(budget, budget.rows),
        *([levels] if budget.truncation_error > VISIBLE_TRUNCATION else []),
        "Relaxation: slowest decay of the populations; it belongs to the top of the ladder and does not count as cost.",
        *dict.fromkeys(row.message for row in budget.rows if row.status in hidden),
    ]
