"""γ, σ, n± and the rates of every transition; the full model against the eliminated one."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from rich.console import RenderableType

from qsb_hw.elimination.compare import Comparison
from qsb_hw.elimination.fit import FittedParameters
from qsb_hw.show.detail import Detail, HouseTable
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import QUIET, label, lines, stacked, table, value, verbose
from qsb_hw.show.text import NONE, number, population, quantity, transition
from qsb_hw.units import to_hertz

LEFT, RIGHT = "What is left when the baths are eliminated", "Is the elimination right?"
"""What `effective` and `compare` answer."""
MODELS = ("full", "eliminated", "published")
HEADS = ("full model", "eliminated", "published")
_CONCLUSIONS = {
    **{name: f"The full model supports the {name} convention for all of σ, n₊ and n₋."
       for name in ("derived", "published")},
    "neither": "σ, n₊ and n₋ support different conventions: see the column of each.",
    "undecided": "The full model gives no σ, n₊, n₋ to compare with",
}  # fmt: skip
_NOTES = (
    "derived: σ = κ/4K, n₋ = 1 + (ω0 + δ₋)/2K, n₊ = 1 + (ω0 − δ₊)/2K; full model: fitted to its currents",
    "published: as printed in Lörch et al., PRL 118, 243602 (2017), σ = κ/8K, n± = ±(δ± − ω0)/2K",
)


def _means(fitted: FittedParameters) -> tuple[float, float]:
    """γ and σ as `EffectiveOscillator` defines them, means of both sides; NaN without both."""
    up, down = fitted.amplification, fitted.damping
    return (math.sqrt(up.gamma * down.gamma), (up.sigma + down.sigma) / 2) if up and down else (math.nan, math.nan)


EFFECTIVE = Section(
    Field("gamma_hz", "peak rate γ = 4g²/κ; mean of both sides", "effective.gamma", symbol="γ/2π"),
    Field("sigma", "tone width in levels; mean of both sides", "effective.sigma", symbol="σ"),
    Field("n_plus", "level at which amplification peaks", "effective.n_plus", symbol="n₊"),
    Field("n_minus", "level at which damping peaks", "effective.n_minus", symbol="n₋"),
    Field("gamma_published_hz", "γ/2π as printed in Lörch 2017; null where it has no closed form", "published.gamma"),
    Field("sigma_published", "σ as printed in Lörch 2017, κ/8K", "published.sigma"),
    Field("n_plus_published", "n₊ as printed", "published.n_plus"),
    Field("n_minus_published", "n₋ as printed", "published.n_minus"),
    Field("up_rates", "n−1→n for n = 1 … levels−1, of the real ladder, losses and heat included", "effective.up_rates"),
    Field("down_rates", "n→n−1 likewise", "effective.down_rates"),
    Field("up_rates_published", "from the printed closed forms; null without", "published.up_rates", unit="1/s"),
    Field("down_rates_published", "likewise", "published.down_rates", unit="1/s"),
    Field("dephasing_rate", "1/Tφ", "effective.dephasing_rate"),
    Field("transition_frequencies_hz", "spacings after the baths' level shifts",
          "effective.ladder.transition_frequencies"),
)  # fmt: skip
SIDE = Section(
    Field("gamma_hz", "γ/2π of that side"), Field("sigma", "its σ"), Field("centre", "level at which it peaks")
)
FITTED = Section(
    Field("gamma_hz", "γ/2π, geometric mean of both sides", lambda f: _means(f)[0]),
    Field("sigma", "σ, mean of both sides", lambda f: _means(f)[1]),
    Field("n_plus", "n₊", "amplification.centre"),
    Field("n_minus", "n₋", "damping.centre"),
    Field("amplification", "fit of the upward currents; null without", inside=SIDE),
    Field("damping", "fit of the downward currents; null without", inside=SIDE),
    Field("worst_misfit", "largest deviation of a current from the fit"),
    Field("reason", "why there is no fit"),
)
_PARAMETERS = {"gamma_hz": "gamma_published_hz"} | {key: f"{key}_published" for key in ("sigma", "n_plus", "n_minus")}


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
    Field("supported", "the convention nearer to the fit by parameter, sigma, n_plus, n_minus; empty without a fit"),
)


def effective_line(found: Any) -> str:
    """γ, σ and n± in one line."""
    names = [EFFECTIVE[key].symbol for key in _PARAMETERS]
    return ", ".join(f"{name} = {text}" for name, text in zip(names, EFFECTIVE.text(found, *_PARAMETERS), strict=True))


def effective_tables(found: Any, comparison: Comparison | None = None, rates: Detail = Detail.NORMAL) -> RenderableType:
    """Effective parameters in both conventions and as fitted, then the rates of every transition from a detail on.

    `found` has the `oscillator`, and it eliminated as `effective` and `published` (None without closed forms).
    """
    return stacked(parameter_table(found, comparison), _rates(found, rates))


def parameter_table(found: Any, comparison: Comparison | None = None) -> RenderableType:
    """γ, σ, n± in rows; derived, published and fitted in columns, and the convention the fit supports."""
    seen = () if comparison is None else (value("full model"), label("supported\nconvention"))
    rows = table(
        "Effective oscillator", label("parameter"), value("derived"), value("published"), *seen, label("", style=QUIET)
    )
    for key, published in _PARAMETERS.items():
        field = EFFECTIVE[key]
        cells = EFFECTIVE.text(found, key, published)
        if comparison is not None:
            cells += [FITTED[key].text(comparison.fitted), comparison.supported.get(key, "")]
        rows.add_row(field.symbol, *cells, field.meaning)
    return stacked(rows, verbose(lines(_NOTES)))


def _rates(found: Any, detail: Detail) -> HouseTable:
    """Rates of n−1 → n and back, of the real ladder and of the printed closed forms."""
    rows = table(
        "Rates per transition, in events per second (losses and heat included)",
        label("n−1 ↔ n"), value("spacing"), value("up"), value("down"),
        value("up, published"), value("down, published"), label("", style=QUIET), detail=detail,
    )  # fmt: skip
    derived, target = found.effective, found.effective.target
    shown = [one for one in (derived, found.published) if one is not None]
    spacings = to_hertz(found.oscillator.ladder.transition_frequencies)
    for n in range(1, derived.levels):
        rates = [number(rate[n - 1]) for one in shown for rate in (one.up_rates, one.down_rates)]
        note = {target: "amplified"}.get(n, "damped" if n - 1 == target else "")
        cells = [transition(float(spacings[n - 1])), *rates, *[NONE] * (4 - len(rates))]
        rows.add_row(f"{n - 1} ↔ {n}", *cells, note)
    return rows


def comparison_tables(comparison: Comparison) -> RenderableType:
    """Populations of the full, the eliminated and the published model, their distances, and the conclusion."""
    return stacked(_figures(comparison), lines([conclusion(comparison)]), _populations(comparison))


def conclusion(comparison: Comparison) -> str:
    """Which convention the full model supports."""
    said = _CONCLUSIONS[comparison.supported_convention]
    return f"{said}: {comparison.fitted.reason}." if comparison.supported_convention == "undecided" else said


def _populations(comparison: Comparison) -> HouseTable:
    rows = table(
        "Populations in the steady state", label("level"), *map(value, HEADS), label("", style=QUIET),
        detail=Detail.VERBOSE,
    )  # fmt: skip
    columns = [getattr(comparison, f"populations_{model}") for model in MODELS]
    for n in range(len(comparison.populations_full)):
        cells = (NONE if column is None else population(float(column[n])) for column in columns)
        target = n == comparison.target
        rows.add_row(str(n), *cells, "n0" if target else "", style="bold" if target else "")
    return rows


def _figures(comparison: Comparison) -> HouseTable:
    rows = table("Full model against elimination", label(""), *map(value, HEADS))
    rows.add_row("Fock fidelity P(n0)", *(number(_fidelity(comparison, model)) for model in MODELS))
    distances = COMPARISON.text(comparison, "trace_distance", "trace_distance_published")
    rows.add_row("trace distance from the full model", NONE, *distances)
    rates = (comparison.relaxation_rate_full, comparison.relaxation_rate_eliminated)
    times = (quantity(1 / rate, "s") if rate > 0 else NONE for rate in rates)
    rows.add_row(f"slowest relaxation of the {comparison.populations_full.size} populations", *times, NONE)
    return rows
