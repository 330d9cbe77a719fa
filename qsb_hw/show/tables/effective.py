"""γ, σ, n± and the rates of every transition."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType
from rich.table import Table

from qsb_hw.elimination.compare import Comparison
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.show.record import fitted_gamma, fitted_sigma
from qsb_hw.show.tables.style import label, lines, table, value
from qsb_hw.show.tables.text import NONE, number, quantity
from qsb_hw.units import to_hertz

_NOTES = (
    "derived: σ = κ/4K, n₋ = 1 + (ω0 + δ₋)/2K, n₊ = 1 + (ω0 − δ₊)/2K; full model: fitted to its currents",
    "published: as printed in Lörch et al., PRL 118, 243602 (2017), σ = κ/8K, n± = ±(δ± − ω0)/2K",
)


def effective_tables(
    oscillator: SelfOscillator,
    derived: EffectiveOscillator,
    published: EffectiveOscillator | None,
    comparison: Comparison | None = None,
) -> RenderableType:
    """Effective parameters in both conventions and as fitted, then the rates of every transition."""
    return Group(parameter_table(derived, published, comparison), "", rate_table(oscillator, derived, published))


def parameter_table(
    derived: EffectiveOscillator, published: EffectiveOscillator | None, comparison: Comparison | None
) -> RenderableType:
    """γ, σ, n± in rows; derived, published and fitted in columns."""
    rows = table(
        "Effective oscillator",
        label("parameter"), value("derived"), value("published"), value("full model"), label("nearer"),
        label("", style="dim"),
    )  # fmt: skip
    nearer = {} if comparison is None else comparison.supported
    fitted = _fitted(comparison)
    for key, symbol, meaning in _PARAMETERS:
        cells = (_cell(key, _parameter(o, key)) for o in (derived, published))
        rows.add_row(symbol, *cells, _cell(key, fitted.get(key)), nearer.get(key, ""), meaning)
    return Group(rows, lines(_NOTES))


def rate_table(
    oscillator: SelfOscillator, derived: EffectiveOscillator, published: EffectiveOscillator | None
) -> Table:
    """Rates of n−1 → n and back, of the real ladder and of the printed closed forms."""
    rows = table(
        "Rates per transition, in events per second (losses and heat included)",
        label("n−1 ↔ n"), value("spacing"), value("up"), value("down"),
        value("up, published"), value("down, published"), label("", style="dim"),
    )  # fmt: skip
    spacings = to_hertz(oscillator.ladder.transition_frequencies)
    for n in range(1, derived.levels):
        rates = [derived.up_rates[n - 1], derived.down_rates[n - 1]]
        printed = [published.up_rates[n - 1], published.down_rates[n - 1]] if published else [None, None]
        note = {derived.target: "pumped"}.get(n, "damped" if n - 1 == derived.target else "")
        rows.add_row(
            f"{n - 1} ↔ {n}",
            quantity(float(spacings[n - 1]), "Hz", 5),
            *(number(rate) for rate in rates),
            *(number(rate) for rate in printed),
            note,
        )
    return rows


_PARAMETERS = (
    ("gamma", "γ/2π", "peak rate of one quantum, γ = 4g²/κ"),
    ("sigma", "σ", "width of a tone in levels"),
    ("n_plus", "n₊", "where amplification peaks"),
    ("n_minus", "n₋", "where damping peaks"),
)


def _parameter(oscillator: EffectiveOscillator | None, key: str) -> float:
    return math.nan if oscillator is None else float(getattr(oscillator, key))


def _cell(key: str, found: float | None) -> str:
    if found is None or math.isnan(found):
        return NONE
    return quantity(float(to_hertz(found)), "Hz") if key == "gamma" else number(found)


def _fitted(comparison: Comparison | None) -> dict[str, float]:
    if comparison is None:
        return {}
    found = comparison.fitted
    up, down = found.amplification, found.damping
    return {
        "gamma": fitted_gamma(found),
        "sigma": fitted_sigma(found),
        "n_plus": up.centre if up else math.nan,
        "n_minus": down.centre if down else math.nan,
    }
