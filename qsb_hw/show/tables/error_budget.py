"""What each approximation costs, and the ladder of models it is read from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qsb_hw.questions.error_budget import BudgetRow, DescriptionResult, ErrorBudget
from qsb_hw.result import Status
from qsb_hw.show.tables.budget import TELLING
from qsb_hw.show.tables.style import BAD, GOOD, QUIET, WARNING, label, lines, table, value
from qsb_hw.show.tables.text import NONE, number, quantity
from qsb_hw.units import to_hertz

NEGLIGIBLE = 1e-5
"""Changes below it are shown as "none": hardly more than the solver's tolerance divided by the slowest rate."""
WORTH_A_REMEDY = 1e-3
"""Cost from which a row that holds shows its remedy all the same."""
WORST_SHOWN = 3
"""Rows of the summary beyond those that fail."""


def error_budget_tables(budget: ErrorBudget) -> RenderableType:
    """The costs, worst first, then every description with its numbers, then what was skipped and how to read it."""
    return Group(
        _costs(budget), "", lines(_findings(budget)), "", _ladder(budget), "", lines(_remarks(budget)),
    )  # fmt: skip


def error_budget_summary(budget: ErrorBudget) -> RenderableType:
    """The toolkit's own approximations that fail and the next in line, and the first to fail on the way down."""
    rows = table(
        "What the approximations cost, worst first (all of them: `compare --ladder`)",
        label("what is dropped"), value("cost"), label("in"), label("", min_width=5),
    )  # fmt: skip
    own = [row for row in budget.worst_first if not _only_the_print(row)]
    shown = [row for k, row in enumerate(own) if row.fails or k < WORST_SHOWN]
    for row in shown:
        rows.add_row(row.neglected, percent(row.cost), row.limiting, _standing(row))
    return Group(rows, lines([*_findings(budget), *_two_fock_states(budget, shown)]))


def percent(value: float, signed: bool = False) -> str:
    """A relative change as an experimentalist reads it: "3.8 %", "+0.57 %", "none" below what can be told."""
    if math.isnan(value):
        return NONE
    if abs(value) < NEGLIGIBLE:
        return "none"
    sign = ("−" if value < 0 else "+") if signed else ""
    return f"{sign}{number(abs(100 * value), 3 if abs(value) >= 0.1 else 2)} %"


def _costs(budget: ErrorBudget) -> Table:
    rows = table(
        f"What each approximation costs on {budget.name}, worst first",
        label("what is dropped", max_width=24), value("cost"), value("P(n0)"), value("S(0)"), value("S(Δr)"),
        label("", min_width=5), label("remedy", ratio=1),
    )  # fmt: skip
    for row in budget.worst_first:
        zero, resonant = (percent(change, signed=True) for change in row.synchronization_changes)
        fidelity = percent(row.fidelity_change, signed=True)
        rows.add_row(row.neglected, percent(row.cost), fidelity, zero, resonant, _standing(row), _remedy(row))
    return rows


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


def _ladder(budget: ErrorBudget) -> Table:
    detuning = quantity(float(to_hertz(budget.detuning)), "Hz")
    coupling = quantity(float(to_hertz(budget.coupling)), "Hz")
    source = "assumed" if budget.assumed else "from the device"
    rows = table(
        f"The ladder of models: Δr/2π = {detuning}, V/2π = {coupling} ({source}), {budget.levels} levels",
        label("description", no_wrap=True), label("what is in it", ratio=1), value(f"P({budget.target})"),
        value("relaxation"), value("S(0)"), value("S(Δr)"), value("each of the pair"),
    )  # fmt: skip
    for result in budget.results:
        rows.add_row(result.description.name, *_rung_cells(result, budget.target))
    return rows


def _rung_cells(result: DescriptionResult, target: int) -> Iterator[str | Text]:
    yield result.description.meaning if result.ok else Text(f"{result.status}: {result.message}", style=QUIET)
    yield number(result.population(target)) if result.ok else NONE
    yield quantity(1 / result.relaxation_rate, "s", 3) if result.relaxation_rate > 0 else NONE
    pair = result.pair
    measured = (math.nan, math.nan) if pair is None else tuple(float(s) for s in pair.synchronization)
    yield from (number(s) for s in measured)
    yield NONE if pair is None or not pair.dims else "×".join(map(str, pair.dims[: len(pair.dims) // 2]))


def _findings(budget: ErrorBudget) -> list[str]:
    first, limit = budget.first_failure, percent(budget.limit)
    if all(math.isnan(row.cost) for row in budget.rows):
        return ["Nothing could be compared."]
    unknown = [row.neglected for row in budget.rows if row.fails is None]
    judged = " that could be judged" if unknown else ""
    if first is None:
        found = f"No approximation{judged} costs more than {limit}."
    elif _only_the_print(first):
        found = f"No approximation{judged} costs more than {limit} but the use of the printed parameters."
    else:
        found = (
            f"First to cost more than {limit} on the way down: {first.neglected} ({percent(first.cost)}, "
            f"{first.limiting}). → {first.remedy}"
        )
    return [found, *([f"Not judged, for S is not known: {', '.join(unknown)}."] if unknown else [])]


def _only_the_print(row: BudgetRow) -> bool:
    """Whether nothing is lost in a step but that the derived σ and n± become the printed ones."""
    return (row.above, row.below) == ("lorentzian", "published")


def _two_fock_states(budget: ErrorBudget, rows: Sequence[BudgetRow]) -> Iterator[str]:
    """Name the steps whose pairs have fewer Fock states of each cavity than the single oscillators."""
    own = {result.description.name: result.dims[1:] for result in budget.results}
    modes = [(row, row.pair_dims[0][1 : len(row.pair_dims[0]) // 2]) for row in rows]
    cut = [row.neglected for row, kept in modes if kept and max(kept) < max(own[row.above])]
    if cut:
        yield f"In these steps S is that of cavities with two Fock states each: {', '.join(cut)}."


def _remarks(budget: ErrorBudget) -> Iterator[str]:
    yield (
        "Cost: the largest of the trace distance of one oscillator's states and the relative changes of S at Δ = 0 and "
        "at the resonance Δr. P(n0): change in percentage points. Signs: what dropping the physics does."
    )
    yield (
        "Each step is judged by pairs of one size on both descriptions, as large as the dearer of them affords; the ladder "
        "shows the largest pair of each description: levels of the oscillator, then of each bath."
    )
    yield from _two_fock_states(budget, budget.rows)
    if budget.truncation_error > TELLING:
        yield (
            f"The levels above those kept change populations by about {number(budget.truncation_error, 2)}, and what a "
            "step costs too."
        )
    yield (
        "Relaxation: slowest decay of the populations; it belongs to the top of the ladder and does not count as cost."
    )
    yield from dict.fromkeys(row.message for row in budget.rows if row.status in (Status.TOO_LARGE, Status.FAILED))
