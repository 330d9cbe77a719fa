"""When the unsynchronized state gives way (Nadolny & Bruder 2023, stability analysis)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw.errors import require
from qsb_hw.sync.ensemble.equations import Equations
from qsb_hw.sync.ensemble.groups import SPIN_ELEMENTS, Groups

Complexes = NDArray[np.complex128]
Floats = NDArray[np.float64]

EQUAL = 1e-12
"""Relative difference below which two strengths count as equal."""


def critical_coupling(
    *, gain: float, loss: float, asymmetry: float = 0.0, elements: ArrayLike = SPIN_ELEMENTS
) -> float:
    """Smallest V > 0 at which one group synchronizes; ∞ where the interference blockade holds for every V.

    At the threshold a coherence that turns with ω keeps itself up, 1 = iVχ(ω), where with the matrix elements a, b of
    the transitions 0 → 1 and 1 → 2

        χ(ω) = b²/[γ₋/2 + i(ω − K)] − a²/[γ₊/2 + iω].

    Re χ = 0 is a quadratic equation for ω, and V_c the smallest positive −1/Im χ. For spin 1 this is
    V_c = (γ₊γ₋/Δ²)[K + √(K² + Δ²(g² + K²)/(4γ₊γ₋))] with Δ = γ₋ − γ₊ and g = (γ₊ + γ₋)/2, and for γ₊ = γ₋
    (g² + K²)/(8|K|) where K < 0, infinite where K ≥ 0. In general it diverges at K = 0 where a²/γ₊ = b²/γ₋: a
    resonant drive then leaves no coherence behind.

    Parameters
    ----------
    gain, loss, asymmetry : float
        γ₊, γ₋ and K, in any one unit of rate.
    elements : (2,) array_like
        a and b; √2 and √2 unless given, √n0 and √(n0+1) for a bosonic oscillator.

    Raises
    ------
    ArgumentError
        Rates or elements that are not positive, or numbers that are not finite.
    """
    require(
        gain > 0 and loss > 0 and math.isfinite(gain + loss + asymmetry),
        "Gain and loss must be positive, and all numbers finite",
        f"gain {gain}, loss {loss}, asymmetry {asymmetry}",
        "Without either, level 1 is not stabilised from both sides.",
    )
    raising = np.asarray(elements, dtype=float)
    require(
        raising.shape == (2,) and bool(np.all(raising > 0)),
        "`elements` must be two positive numbers",
        np.array2string(raising),
        "Give ⟨1|S⁺|0⟩ and ⟨2|S⁺|1⟩.",
    )
    lower, upper = (raising**2).tolist()
    couplings = [
        _coupling_at(omega, gain, loss, asymmetry, lower, upper)
        for omega in _threshold_frequencies(gain, loss, asymmetry, lower, upper)
    ]
    return min((v for v in couplings if v > 0), default=math.inf)


def _threshold_frequencies(gain: float, loss: float, K: float, lower: float, upper: float) -> list[float]:
    """Real ω with Re χ(ω) = 0: upper·γ₋[(γ₊/2)² + ω²] = lower·γ₊[(γ₋/2)² + (ω − K)²]."""
    strong, weak = upper * loss, lower * gain
    lead, constant = strong - weak, gain * loss / 4 * (upper * gain - lower * loss) - weak * K**2
    if abs(lead) <= EQUAL * (strong + weak):
        return [-constant / (2 * weak * K)] if K else []
    root = (weak * K) ** 2 - lead * constant  # lead·ω² + 2·weak·K·ω + constant = 0
    if root < 0:
        return []
    larger = -(weak * K + math.copysign(math.sqrt(root), K))
    return [larger / lead, constant / larger] if larger else [0.0]


def _coupling_at(omega: float, gain: float, loss: float, K: float, lower: float, upper: float) -> float:
    """−1/Im χ(ω); infinite where Im χ vanishes."""
    high = upper * (omega - K) / ((loss / 2) ** 2 + (omega - K) ** 2)
    low = lower * omega / ((gain / 2) ** 2 + omega**2)
    bend = high - low  # −Im χ
    return 1 / bend if abs(bend) > EQUAL * (abs(high) + abs(low)) and bend else math.inf


def stability_matrix(groups: Groups) -> Complexes:
    """Linearisation about the uncoupled state, (G(d−1), G(d−1)), acting on ρ_01, ρ_12, … of each group in turn.

    For three levels d/dt ρ_01 = [iω − γ₊/2]ρ_01 − ia h and d/dt ρ_12 = [i(ω + K) − γ₋/2]ρ_12 + ib h with
    h_σ = Σ_τ links[σ, τ] (a ρ_01 + b ρ_12)_τ; a = b = √2 for spin 1.
    """
    own, feedback = Equations.of(groups.ladders).disturbances()
    return np.asarray(own + feedback)


def growth(groups: Groups) -> complex:
    """Fastest growing eigenvalue of `stability_matrix`: growth rate, and i times the frequency it starts with.

    The unsynchronized state is stable where the real part is negative.
    """
    values = np.linalg.eigvals(stability_matrix(groups))
    return complex(values[np.argmax(values.real)])


def onset(groups: Groups, largest: float = 1e6) -> float:
    """Factor by which all couplings must be multiplied for the unsynchronized state to turn unstable, by bisection.

    ∞ where even `largest` does not suffice. For one group of factor one this is V_c/V, for any ladder.
    """
    own, feedback = Equations.of(groups.ladders).disturbances()

    def unstable(factor: float) -> bool:
        return bool(np.linalg.eigvals(own + factor * feedback).real.max() > 0)

    scales = np.geomspace(1e-9 * largest, largest, 61)
    first = next((k for k, scale in enumerate(scales) if unstable(scale)), None)
    if first is None:
        return math.inf
    low, high = (scales[first - 1] if first else 0.0), scales[first]
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if unstable(middle) else (middle, high)
    return float(high)
