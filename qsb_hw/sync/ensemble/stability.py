"""When the unsynchronized state gives way (Nadolny & Bruder 2023, stability analysis)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw.errors import require
from qsb_hw.sync.ensemble.equations import Equations
from qsb_hw.sync.ensemble.groups import SPIN_ELEMENTS, Groups
from qsb_hw.sync.ensemble.ladders import LadderGroups

Complexes = NDArray[np.complex128]
Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

OFFSETS = np.array([0.2, 0.5, 1.0, 2.0, 4.0])
"""Distances from a resonance, in its half-widths, at which the response of an array is looked at."""
REFINEMENTS = 16
"""Halvings of the grid around a crossing, before the rest is interpolated."""
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
    lead = _difference(strong, weak)
    constant = gain * loss / 4 * _difference(upper * gain, lower * loss) - weak * K**2
    if lead == 0:
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
    bend = _difference(high, low)  # −Im χ
    return 1 / bend if bend else math.inf


def _difference(one: float, other: float) -> float:
    """Difference, zero where they differ by rounding only."""
    return one - other if abs(one - other) > EQUAL * (abs(one) + abs(other)) else 0.0


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


def onset(groups: Groups) -> float:
    """Factor by which all couplings must be multiplied for the unsynchronized state to turn unstable; ∞ if none does.

    For one group of V = 1 this is V_c, for any ladder, from its response at real frequencies (`scattered_onset`).
    Several groups are searched in steps of a quarter over twelve decades and bisected, so that an unstable interval
    narrower than that may be missed.
    """
    ladders = groups.ladders
    if ladders.count == 1:
        return scattered_onset(ladders, 0.0)
    own, feedback = Equations.of(ladders).disturbances()
    size = float(np.abs(own).max()) / max(float(np.abs(feedback).max()), 1e-300)

    def unstable(factor: float) -> bool:
        return bool(np.linalg.eigvals(own + factor * feedback).real.max() > 0)

    scales = size * np.geomspace(1e-9, 1e3, 124)
    first = next((k for k, scale in enumerate(scales) if unstable(scale)), None)
    if first is None:
        return math.inf
    low, high = (scales[first - 1] if first else 0.0), scales[first]
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if unstable(middle) else (middle, high)
    return float(high)


def scattered_onset(groups: Groups, offsets: ArrayLike) -> float:
    """Factor on V at which one large group with scattered frequencies synchronizes; ∞ where none does.

    A disturbance that keeps itself up turns with a real ω at which the mean response of all members to a common field,
    G(ω) = ⟨Σ_n A†_n (iω − M_n)⁻¹ (feedback)_n⟩, is real; it takes the factor 1/G, and the smallest positive one counts.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        One group, V in its link.
    offsets : (M,) array_like
        Frequencies of the members relative to it.

    Raises
    ------
    ArgumentError
        More than one group.
    """
    one = single(groups)
    own, feedback = Equations.of(one).disturbances()
    values, vectors = np.linalg.eig(own)
    elements = np.diagonal(one.lowering[0], 1).conj()
    if not np.any(feedback):
        return math.inf
    pushes = feedback @ elements.conj() / np.sum(np.abs(elements) ** 2)  # feedback = pushes ⊗ elements
    weights = (elements @ vectors) * np.linalg.solve(vectors, pushes)
    spread = np.atleast_1d(np.asarray(offsets, dtype=float))

    def response(omega: Floats) -> Complexes:
        """G(ω), summed over modes and averaged over members."""
        shifted = 1j * (omega[:, None, None] - spread[None, :, None]) - values
        return np.asarray((weights / shifted).sum(axis=2).mean(axis=1))

    grid = _grid(values, spread)
    strengths, places = _crossings(response(grid))
    if not strengths.size:
        return math.inf
    best = places[strengths > 0.7 * strengths.max()]
    low, high = grid[best], grid[best + 1]
    sign = np.sign(response(low).imag)
    for _ in range(REFINEMENTS):
        middle = (low + high) / 2
        same = np.sign(response(middle).imag) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    before, after = response(low), response(high)
    return float(1 / _on_the_way(before, after).max())


def _crossings(found: Complexes) -> tuple[Floats, Integers]:
    """Where Im G changes its sign and Re G is positive: Re G there, and the index below."""
    strengths = _on_the_way(found[:-1], found[1:])
    crossing = (np.sign(found.imag[:-1]) != np.sign(found.imag[1:])) & (strengths > 0)
    places = np.flatnonzero(crossing)
    return strengths[places], places


def _on_the_way(before: Complexes, after: Complexes) -> Floats:
    """Re G where Im G vanishes between two points, by straight lines."""
    total = np.abs(before.imag) + np.abs(after.imag)
    share = np.abs(before.imag) / np.where(total > 0, total, 1.0)
    return np.asarray(before.real + share * (after.real - before.real))


def _grid(values: Complexes, spread: Floats) -> Floats:
    """Frequencies that resolve every resonance of every member; evenly spaced where members lie that close."""
    centres = (values.imag[:, None] + spread[None, :]).ravel()
    widths = np.repeat(np.maximum(-values.real, 1e-12 * np.abs(values).max()), spread.size)
    reach = float(np.ptp(centres) + 100 * widths.max())
    far = np.linspace(centres.min() - reach, centres.max() + reach, 801)
    offsets = np.concatenate([-OFFSETS[::-1], [0.0], OFFSETS])
    low, high = centres.min() - OFFSETS[-1] * widths.max(), centres.max() + OFFSETS[-1] * widths.max()
    even = (high - low) / (OFFSETS[0] * widths.min())
    if even < centres.size * offsets.size:
        return np.unique(np.concatenate([np.linspace(low, high, math.ceil(even) + 1), far]))
    return np.unique(np.concatenate([(centres[:, None] + widths[:, None] * offsets).ravel(), far]))


def single(groups: Groups) -> LadderGroups:
    """The ladder of a single group.

    Raises
    ------
    ArgumentError
        More than one group.
    """
    require(groups.count == 1, "One group must be given", f"{groups.count} groups", "Build arrays from a single group.")
    return groups.ladders
