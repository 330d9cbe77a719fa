"""A view and its controls as plain data for the page: numbers to be drawn, and beside them their texts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from qsb_hw.errors import Problem, QsbError, SpecError
from qsb_hw.explorer.controls import Control, Setting
from qsb_hw.explorer.view import LinkView, NodeView, View
from qsb_hw.model.criterion import Criterion
from qsb_hw.show.criteria import CRITERION, margin_text, standing, worst_first
from qsb_hw.show.device import OSCILLATOR
from qsb_hw.show.fields import Field, Record, Section
from qsb_hw.show.synchronization import RESONANCE
from qsb_hw.show.text import ket, number, population, quantity
from qsb_hw.units import to_hertz

CONTROL = Section(
    *(
        Field(key)
        for key in (
            "path", "text", "group", "label", "meaning", "unit", "number", "low", "high", "log", "whole", "source",
        )
    )
)  # fmt: skip
PROBLEM = Section(Field("path", "in the file"), Field("message", "what must hold, and what was found"))


def _value(criterion: Criterion) -> str:
    return quantity(criterion.value, criterion.unit, 3)


SHOWN = Section(
    Field("value_text", "as tables show it", _value),
    Field("bound_text", "likewise", lambda c: f"{c.sense.value} {quantity(c.bound, c.unit, 3)}"),
    Field("margin_text", "likewise", lambda c: margin_text(c.margin)),
    Field("outcome", "ok, marginal, FAIL, fails or skipped", lambda c: standing(c).plain),
)
"""Of a criterion, beside its record."""


def _levels(node: NodeView) -> list[dict[str, Any]]:
    """One row per transition n−1 ↔ n: spacing with the baths' shifts, and rates up and down, as texts."""
    effective = node.effective
    spacings = to_hertz(effective.ladder.transition_frequencies)
    return [
        {
            "transition": f"{n - 1} ↔ {n}",
            "spacing": quantity(float(spacings[n - 1]), "Hz", 7),
            "up": number(float(effective.up_rates[n - 1])),
            "down": number(float(effective.down_rates[n - 1])),
        }
        for n in range(1, effective.levels)
    ]


def _parameters(node: NodeView) -> list[dict[str, str]]:
    """ω, K, γ, σ, n± as texts."""
    named = (
        ("ω/2π", OSCILLATOR["frequency_hz"].value(node.oscillator), "Hz", 7),
        ("K/2π", OSCILLATOR["kerr_hz"].value(node.oscillator), "Hz", 4),
        ("γ/2π", to_hertz(node.effective.gamma), "Hz", 4),
        ("σ", node.effective.sigma, "", 4),
        ("n₊", node.effective.n_plus, "", 4),
        ("n₋", node.effective.n_minus, "", 4),
    )
    return [
        {"symbol": symbol, "text": quantity(None if found is None else float(found), unit, digits)}
        for symbol, found, unit, digits in named
    ]


def _fidelity(node: NodeView) -> float:
    return float(node.populations[node.target]) if node.target < node.populations.size else math.nan


NODE = Section(
    Field("name", "of the node"),
    Field("target", "n0"),
    Field("has_fock_state", "whether the tones single out a level"),
    Field("populations", "of the levels"),
    Field("population_texts", "likewise", lambda n: [population(float(p)) for p in n.populations]),
    Field("fidelity", "P(n0)", _fidelity),
    Field("parameters", "ω, K, γ, σ, n±", _parameters),
    Field("levels", "transitions and rates", _levels),
)


def _ticks(link: LinkView) -> list[str]:
    return [f"{ket(*r.levels)} ↔ {ket(*r.after)}" for r in link.resonances]


LINK = Section(
    Field("name", "both names, or twin"),
    Field("coupling_hz", "V/2π"),
    Field("coupling_text", "likewise", lambda x: quantity(float(to_hertz(x.coupling)), "Hz")),
    Field("detuning_hz", "Δ/2π"),
    Field("S", "there"),
    Field("error", "of S between solved detunings, estimated"),
    Field("error_text", "likewise", lambda x: number(x.error, 2)),
    Field("solved_hz", "Δ/2π that were solved", "solved"),
    Field("refined", "whether S is as good between them as it is made at rest"),
    Field("resonances", "Δ/2π and the resonant levels", each=RESONANCE),
    Field("resonance_texts", "likewise", _ticks),
    Field("working_detuning_hz", "Δ/2π where the nodes stand"),
    Field("blockade_hz", "Δ/2π midway between the resonances", "blockade"),
    Field("half_width_hz", "half the width of a line of S(Δ)/2π"),
    Field("contrast", "S(resonance)/S(blockade point)"),
    Field("contrast_text", "likewise", lambda x: number(x.contrast, 4)),
)


def _criteria(view: View) -> list[Record]:
    known = [c for c in view.criteria if c.margin is not None]
    ordered = [*worst_first(known), *(c for c in view.criteria if c.margin is None)]
    return [_criterion(c) | {"pending": c.key in view.pending} for c in ordered]


@lru_cache(maxsize=4096)
def _criterion(criterion: Criterion) -> Record:
    """A criterion as plain data; most are the same from one move to the next."""
    return CRITERION.record(criterion) | SHOWN.record(criterion)


VIEW = Section(
    Field("model", "eliminated model or full model"),
    Field("name", "of the device or chip"),
    Field("verdict", "of this model"),
    Field("rule", "by which it is found"),
    Field("status", "of the solves"),
    Field("message", "what happened"),
    Field("error_bound", "of the steady states", "certificate.error_bound"),
    Field("criteria", "requirements, approximation checks, numerical checks", _criteria),
    Field("pending", "keys of criteria that take the full model"),
    Field("nodes", "oscillators", each=NODE),
    Field("links", "pairs", each=LINK),
)


def view_record(view: View) -> Record:
    """A view as plain data."""
    return VIEW.record(view)


def controls_record(controls: Iterable[Control]) -> list[Record]:
    """Controls as plain data."""
    return [CONTROL.record(control) for control in controls]


def problems_record(problems: Iterable[Problem]) -> list[Record]:
    """Problems as plain data."""
    return [PROBLEM.record(problem) for problem in problems]


def problems_of(error: QsbError) -> tuple[Problem, ...]:
    """What an error says is wrong, by path; of the whole file where it names none."""
    return error.problems if isinstance(error, SpecError) else (Problem("$", str(error)),)


def setting_record(setting: Setting) -> Record:
    """What was read of a setting."""
    return {"texts": dict(setting.texts), "numbers": dict(setting.numbers)}
