"""Conventions behind every number, and where the papers' print differs from what the full model supports."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rich.console import RenderableType

from qsb_hw.elimination.compare import Comparison
from qsb_hw.show.effective import parameter_table
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import lines, stacked

CONVENTIONS = (
    ("units", "Frequencies are cyclic (ω/2π in Hz), also γ/2π, κ/2π, g/2π, K/2π and V/2π. Rates count events per "
     "second and have no 2π."),
    ("κ", "Energy decay rate of an auxiliary mode, the full width at half maximum of its line."),
    ("K", "H = ωa†a − K a†²a²: the anharmonicity is −2K."),
    ("V", "H = V(a₁†a₂ + a₂†a₁); it has a sign. Criteria compare |V|."),
    ("δ", "Drive less bath: δ < 0 (red) damps, δ > 0 (blue) amplifies."),
    ("γ", "4g²/κ, the peak rate of the transition 0 ↔ 1. The jump n−1 → n has the rate γ₊ n f₊(n)."),
    ("S", "2π max P(φ) − 1 of the relative phase φ; phase states have the norm 1/√(2π), so S = 0 for a flat P(φ)."),
    ("Δ", "ω₁ − ω₂, the detuning of two oscillators."),
)  # fmt: skip
PRINTED = (
    ("σ", "κ/4K", "κ/8K", "Lörch 2017, below Eq. (2)"),
    ("n₋ (red)", "1 + (ω0 + δ₋)/2K", "−(δ₋ − ω0)/2K", "Lörch 2017, below Eq. (2)"),
    ("n₊ (blue)", "1 + (ω0 − δ₊)/2K", "(δ₊ − ω0)/2K", "Lörch 2017, below Eq. (2)"),
    ("D[O]ρ", "OρO† − ½{O†O, ρ}", "2OρO† − {O†O, ρ}, with γ/2 before it", "Lörch 2017, Eq. (2): the same rates"),
    ("phase states", "Σ e^{inφ}|n⟩/√(2π)", "Σ e^{inφ}|n⟩/2π", "Lörch 2017, above Eq. (6)"),
    ("resonances", "Δ − 2KΔn ± 2K = 0", "the other sign of Δn", "Lörch 2017, Eq. (7)"),
    ("asymmetry", "α = E₂ − 2E₁ + E₀ = −2K", "called K, with the other sign", "Nadolny 2023"),
)
MEANING = Section(Field("name", symbol="symbol"), Field("meaning", symbol="meaning"))
PRINT = Section(
    Field("name", symbol="what"), Field("derived", symbol="here"), Field("printed", symbol="as printed"),
    Field("place", symbol="where"),
)  # fmt: skip
PAPERS = (
    "Lörch 2017: N. Lörch, S. E. Nigg, A. Nunnenkamp, R. P. Tiwari and C. Bruder, PRL 118, 243602 (2017).",
    "Nadolny 2023: T. Nadolny and C. Bruder, PRL 131, 190402 (2023).",
    "“Here” is what the full model with every bath kept supports; both are computed and compared above.",
)


def conventions_view(found: Any = None, comparison: Comparison | None = None) -> RenderableType:
    """Conventions, where print differs, and what that makes of the parameters of `found`, if given."""
    meanings = [SimpleNamespace(name=name, meaning=meaning) for name, meaning in CONVENTIONS]
    printed = [SimpleNamespace(**dict(zip(PRINT.fields, row, strict=True))) for row in PRINTED]
    return stacked(
        MEANING.table("Conventions", meanings, "name", "meaning"),
        PRINT.table("Where the papers' print differs", printed, "name", "derived", "printed", "place"),
        None if found is None else parameter_table(found, comparison),
        lines(PAPERS),
    )
