"""How far the numbers can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from qsb_hw.analysis.conditions import Conditions
from qsb_hw.questions.criteria import LARGEST_CONTRAST_ERROR, LARGEST_TRUNCATION
from qsb_hw.questions.numerics import Numerics
from qsb_hw.show.detail import HouseTable
from qsb_hw.show.fields import CERTIFICATE, Field, Section
from qsb_hw.show.style import BAD, GOOD, QUIET, label, lines, table, until_verbose, verbose
from qsb_hw.show.text import number, quantity
from qsb_hw.units import to_hertz

CONDITIONS = {
    "levels": "levels of the ladder",
    "bath_levels": "Fock states of each mode",
    "pair_levels": "levels of each ladder in a pair",
    "pair_bath_levels": "Fock states of each mode in a pair",
    "coupling": "coupling V/2π",
    "experiment_time": "duration of an experiment",
}
"""Conditions as tables call them."""


def _condition(entry: dict[str, Any]) -> float:
    found = entry["chosen"].value
    return float(to_hertz(found)) if entry["name"] == "coupling" else found


IN_FORCE = Field(
    "conditions", "every size, coupling and duration in force, and where it comes from",
    lambda n: [{"name": name, "chosen": c} for name, c in n.conditions.decided.items()],
    each=Section(
        Field("name", "levels, bath_levels, coupling (V/2π in Hz), pair_levels, pair_bath_levels, "
                      "experiment_time (s)"),
        Field("value", "in the unit of its name", _condition),
        Field("origin", "given, from the device file, chosen until converged, all bound levels, the limit of "
                        "what is affordable, or assumed", "chosen.origin"),
    ),
)  # fmt: skip
"""Conditions of an analysis, or of the numerics of an answer."""
NUMERICS = Section(
    Field("status", '"converged" if every solve was, else that of the first that was not'),
    *CERTIFICATE,
    Field("truncation_error",
          "share of the population that levels and Fock states left out would move, or where the levels above are not "
          "known their estimated effect on populations and coherences"),
    Field("levels", "levels of the ladder kept"),
    Field("levels_origin", "where that comes from", "conditions.levels.origin"),
    Field("bath_levels", "Fock states of each auxiliary mode kept; null where no bath is a mode",
          lambda n: int(n.conditions.bath_levels.value) if n.conditions.bath_levels else None),
    Field("bath_levels_origin", "where that comes from", "conditions.bath_levels.origin"),
    IN_FORCE,
    Field("pair_levels", "levels of each ladder of the complete pair; null without one"),
    Field("pair_error", "relative change of S that the levels above them would make"),
    Field("contrast_error", "relative change of S(resonance)/S(0) that they would make"),
    Field("pair_bath_error", "of both, what one more Fock state of each mode makes; null where it was not solved"),
    Field("bath_edge_population", "highest bath-level population of the full model", symbol="bath truncation",
          digits=3),
    Field("skipped", "what was not computed, and why"),
)  # fmt: skip


def numerics_table(numerics: Numerics) -> RenderableType:
    """In one line whether the numbers hold; for the longest output every error and every size with its origin."""
    return Group(until_verbose(lines([_in_short(numerics)])), verbose(_numerics_rows(numerics)))


def _in_short(numerics: Numerics) -> str:
    """Status, error bound, truncation errors and conditions in one paragraph."""
    bound, gap = NUMERICS.text(numerics, "error_bound", "gap")
    few = "" if numerics.accurate else " with too few levels"
    said = f"Numbers: {numerics.status.value}{few}; error bound {bound}, slowest relaxation {gap}"
    if math.isfinite(numerics.truncation_error):
        said += f"; truncation error {number(numerics.truncation_error, 2)}"
    if numerics.pair_levels is not None and math.isfinite(numerics.pair_error):
        said += f", of S {number(numerics.pair_error, 2)}"
    return f"{said}. {in_force(numerics.conditions)}"


def in_force(conditions: Conditions) -> str:
    """Every size, coupling and duration in force, with its origin, in one sentence."""
    return f"Conditions: {'; '.join(f'{n} {v} ({origin})' for n, v, origin in _conditions(conditions))}."


def _numerics_rows(numerics: Numerics) -> HouseTable:
    rows = table("Numerics", label(""), label(""), label("", style=QUIET))
    rows.show_header = False
    fine = numerics.converged and numerics.accurate
    solved = "every solve, with the levels kept" if numerics.accurate else "with too few levels: see below"
    rows.add_row("steady states", Text(numerics.status.value, style=GOOD if fine else BAD), solved)
    NUMERICS.add_rows(rows, numerics, "error_bound", "residual", "gap")
    rows.add_row("truncation error", _error(numerics.truncation_error, LARGEST_TRUNCATION), _left_out(numerics))
    if numerics.pair_levels is not None:
        _add_pair(
            rows,
            numerics,
            f"relative change by more than {numerics.pair_levels} levels of each ladder, and one more Fock state",
        )
    if math.isfinite(numerics.bath_edge_population):
        NUMERICS.add_rows(rows, numerics, "bath_edge_population")
    _add_conditions(rows, numerics.conditions)
    return rows


def conditions_table(conditions: Conditions) -> HouseTable:
    """Every size, coupling and duration in force, and where it comes from."""
    rows = table("Conditions", label(""), label(""), label("", style=QUIET))
    rows.show_header = False
    _add_conditions(rows, conditions)
    return rows


def _conditions(conditions: Conditions) -> Iterator[tuple[str, str, str]]:
    """Name, value and origin of each."""
    units = {"coupling": "Hz", "experiment_time": "s"}
    for name, chosen in conditions.decided.items():
        shown = quantity(_condition({"name": name, "chosen": chosen}), units.get(name, ""), 4)
        yield CONDITIONS[name], shown, chosen.origin.value


def _add_conditions(rows: HouseTable, conditions: Conditions) -> None:
    for row in _conditions(conditions):
        rows.add_row(*row)


def _add_pair(rows: HouseTable, numerics: Numerics, note: str) -> None:
    rows.add_row("truncation error of S", _error(numerics.pair_error, LARGEST_CONTRAST_ERROR), note)
    contrast = _error(numerics.contrast_error, LARGEST_CONTRAST_ERROR)
    rows.add_row("truncation error of S(resonance)/S(0)", contrast, note)
    found = ("not known", "one more Fock state in a pair: not solved")
    if math.isfinite(numerics.pair_bath_error):
        found = (number(numerics.pair_bath_error, 3), "one more Fock state of each mode, of both")
    rows.add_row("of these by Fock states", *found)


def _error(error: float, largest: float) -> Text:
    return Text(number(error, 3), style=BAD if error > largest else "")


def _left_out(numerics: Numerics) -> str:
    if math.isnan(numerics.conditions.level_error):
        return f"effect of the levels beyond the {numerics.levels} kept on populations and coherences"
    modes = " and one more Fock state of each mode" if numerics.conditions.bath_levels else ""
    return f"share of the population moved by levels beyond the {numerics.levels} kept{modes}"
