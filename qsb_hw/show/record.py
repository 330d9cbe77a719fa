"""What the verbs about one device or a pair print: sections of their records, and their tables."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.text import Text

from qsb_hw.questions.assessment import Assessment
from qsb_hw.show.criteria import CRITERION, LASTING, criteria_tables, not_checked, verdict_panel
from qsb_hw.show.detail import Detail, Notes, Part
from qsb_hw.show.device import DEVICE, OSCILLATOR, device_tables, heading
from qsb_hw.show.effective import (
    COMPARISON,
    EFFECTIVE,
    LEFT,
    RIGHT,
    comparison_tables,
    conclusion,
    effective_line,
    effective_tables,
    parameter_table,
)
from qsb_hw.show.error_budget import ERROR_BUDGET, error_budget_findings, error_budget_summary, error_budget_tables
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.numerics import IN_FORCE, NUMERICS, conditions_table, in_force, numerics_table
from qsb_hw.show.style import (
    answer,
    lines,
    skipped,
    stacked,
    table,
    until_verbose,
    value,
    verbose,
)
from qsb_hw.show.synchronization import SYNCHRONIZATION, synchronization_line, synchronization_tables
from qsb_hw.show.text import number

_HEAD = (
    Field("device", "what the device is", inside=DEVICE),
    Field("oscillator", "with the levels kept", inside=OSCILLATOR),
)
_EFFECTIVE = Field(
    "effective", "baths eliminated: the derived convention, the published one", lambda found: found, inside=EFFECTIVE
)
_BUDGET = Field("error_budget", "cost of each approximation; null without a Fock state", "budget", inside=ERROR_BUDGET)
_COMPARISON = Field("comparison", "full model against eliminated; null without a Fock state", inside=COMPARISON)
_PAIR = Field("synchronization", "of two such devices; null without a Fock state", inside=SYNCHRONIZATION)
_NUMERICS = Field("numerics", "how far the numbers can be trusted, and what was skipped", inside=NUMERICS)

CHECK = Section(
    _HEAD[0],
    Field("verdict", '"feasible", "borderline", "infeasible", or "undecided" where the numbers have not converged'),
    _HEAD[1],
    _EFFECTIVE,
    Field("criteria", "requirements, approximation checks, numerical checks", each=CRITERION),
    _COMPARISON,
    _PAIR,
    _BUDGET,
    Field("lasting", "populations in the course of time; null without a steady state", inside=LASTING),
    _NUMERICS,
)
ELIMINATED = Section(*_HEAD, _EFFECTIVE, IN_FORCE)
COMPARED = Section(
    *_HEAD, Field("rotating_wave_approximation", "of both models", "rwa"), _EFFECTIVE, _COMPARISON, _NUMERICS
)
HIERARCHY = Section(*_HEAD, _BUDGET, Field("numerics", "why there is no error budget; null otherwise", inside=NUMERICS))
PAIR = Section(*_HEAD, _PAIR, _NUMERICS)


def assessment_view(assessment: Assessment) -> RenderableType:
    """Everything that `check` prints: the verdict first, then what decides it, then what it rests on."""
    a = assessment
    return stacked(
        heading(a.device), verdict_panel(a), skipped(a.numerics.skipped), not_checked(a.criteria), _in_numbers(a),
        criteria_tables(a.criteria, left_out=False), effective_tables(a, a.comparison, Detail.VERBOSE),
        None if a.synchronization is None else synchronization_tables(a.synchronization, a.conditions),
        None if a.budget is None else error_budget_summary(a.budget),
        None if a.comparison is None else verbose(comparison_tables(a.comparison)),
        verbose(device_tables(a.device)), numerics_table(a.numerics))  # fmt: skip


def _in_numbers(a: Assessment) -> Part:
    """A handful of numbers for the shortest output."""
    frequency, kerr = OSCILLATOR.text(a.oscillator, "frequency_hz", "kerr_hz")
    rows = [("ω01/2π", frequency), ("K/2π", kerr), *zip(("γ/2π", "σ", "n₊", "n₋"), EFFECTIVE.text(
        a, "gamma_hz", "sigma", "n_plus", "n_minus"), strict=True)]  # fmt: skip
    if a.comparison is not None:
        rows.append((f"P({a.device.target})", COMPARISON["fock_fidelity_full"].text(a.comparison)))
    if a.synchronization is not None:
        pair = a.synchronization
        rows += [("V/2π", SYNCHRONIZATION["coupling_hz"].text(pair)), ("S(0)", number(pair.S_full[0], 3))]
        rows.append(("contrast", SYNCHRONIZATION["blockade_contrast"].text(pair)))
    shown = table("In numbers", *(value(name) for name, _ in rows), detail=Detail.BRIEF)
    shown.add_row(*(text for _, text in rows))
    return Part(shown, Detail.BRIEF, Detail.BRIEF)


def effective_view(found: Any) -> RenderableType:
    """The device and its baths eliminated, in both conventions."""
    derived, n0 = found.effective, found.effective.target
    said = [Text(f"{effective_line(found)}.")]
    if n0 is not None and 1 <= n0 <= derived.levels - 2:
        into, back = (number(float(r)) for r in (derived.up_rates[n0 - 1], derived.down_rates[n0]))
        said.append(Text(f"Rates in events per second: {n0 - 1} → {n0}: {into}, {n0 + 1} → {n0}: {back}."))
    return stacked(
        heading(found.device), answer(LEFT, *said), effective_tables(found),
        verbose(device_tables(found.device)), until_verbose(lines([in_force(found.conditions)])),
        verbose(conditions_table(found.conditions)))  # fmt: skip


def comparison_view(found: Any) -> RenderableType:
    """Full against eliminated; without a comparison the reason."""
    title, c, more = RIGHT, found.comparison, []
    terms = "without the counter-rotating terms" if found.rwa else "with all counter-rotating terms"
    if c is not None:
        full, eliminated, distance = COMPARISON.text(
            c, "fock_fidelity_full", "fock_fidelity_eliminated", "trace_distance"
        )
        said = (
            f"P({found.device.target}) = {full} in the full model, {eliminated} eliminated; trace distance {distance}."
        )
        first = answer(title, Text(said), Text(conclusion(c)), Text(f"Both models {terms}."))
        more = [comparison_tables(c)]
    else:
        first = answer(title, Text("Not known: there is no Fock state to compare."))
    return stacked(
        heading(found.device), first, skipped(found.numerics.skipped), parameter_table(found, c), *more,
        numerics_table(found.numerics))  # fmt: skip


def error_budget_view(found: Any) -> RenderableType:
    """The whole error budget; without one the reason."""
    title = "What does each approximation cost?"
    if found.budget is None:
        said = answer(title, Text("Not known: there is no Fock state."))
        return stacked(heading(found.device), said, skipped(found.numerics.skipped), numerics_table(found.numerics))
    said = answer(title, Notes(tuple(error_budget_findings(found.budget))))
    reasons = [f"{r.description.name}: {r.message}" for r in found.budget.results if not r.ok]
    return stacked(heading(found.device), said, skipped(reasons), error_budget_tables(found.budget))


def synchronization_view(found: Any) -> RenderableType:
    """Prediction for a pair; without one the reason."""
    pair, title = found.synchronization, "Do two such devices synchronize?"
    if pair is None:
        said = answer(title, Text("Not known: there is no Fock state."))
        return stacked(heading(found.device), said, skipped(found.numerics.skipped), numerics_table(found.numerics))
    return stacked(
        heading(found.device), answer(title, Text(synchronization_line(pair))), skipped(found.numerics.skipped),
        synchronization_tables(pair, found.numerics.conditions), numerics_table(found.numerics))  # fmt: skip
