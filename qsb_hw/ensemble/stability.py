"""Linear stability of the unsynchronized state (Nadolny & Bruder 2023, stability analysis)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real
from qsb_hw.ensemble.groups import SPIN_ELEMENTS, Groups, checked_elements
from qsb_hw.ensemble.ladders import LadderGroups
from qsb_hw.lindblad.capacity import threads_for

OFFSETS = np.array([0.2, 0.5, 1.0, 2.0, 4.0])
"""Distances from a resonance, in its half-widths, at which the response is sampled."""
FEW = 4
"""Groups up to which the response is solved for at real frequencies."""
REFINEMENTS = 16
"""Halvings of the grid around a crossing, before it is interpolated."""
EQUAL = 1e-12
"""Relative difference below which two strengths count as equal."""


def critical_coupling(
    *, gain: float, loss: float, asymmetry: float = 0.0, elements: ArrayLike = SPIN_ELEMENTS
) -> float:
    """Smallest V > 0 at which the unsynchronized state of one group turns unstable; ∞ where it is stable for all V.

    At the threshold a coherence that turns with ω keeps itself up, 1 = iVχ(ω), where with the matrix elements a, b of
    the transitions 0 → 1 and 1 → 2

        χ(ω) = b²/[γ₋/2 + i(ω − α)] − a²/[γ₊/2 + iω].

    Re χ = 0 is a quadratic equation for ω, and V_c the smallest positive −1/Im χ. For spin 1 this is
    V_c = (γ₊γ₋/Δ²)[α + √(α² + Δ²(g² + α²)/(4γ₊γ₋))] with Δ = γ₋ − γ₊ and g = (γ₊ + γ₋)/2, and for γ₊ = γ₋
    (g² + α²)/(8|α|) where α < 0, infinite where α ≥ 0. In general it diverges at α = 0 where a²/γ₊ = b²/γ₋: a
    resonant drive then leaves no coherence behind.

    Parameters
    ----------
    gain, loss, asymmetry : float
        γ₊, γ₋ and α, in any one unit of rate; Nadolny & Bruder call α K.
    elements : (2,) array_like
        a and b; √2 and √2 unless given, √n0 and √(n0+1) for a bosonic oscillator.

    Notes
    -----
    With unequal elements the unsynchronized state may turn stable again at larger V, and a phase-locked state may
    coexist with a stable unsynchronized one.

    Returns
    -------
    float
        V_c in the unit of the rates.

    Raises
    ------
    ArgumentError
        If rates or elements are not positive, or numbers are not finite.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> print(f"{qh.critical_coupling(gain=0.5, loss=1.0):.4f}")
    0.5303
    """
    hint = "Without either, level 1 is not stabilised from both sides."
    gain, loss = real("`gain`", gain, hint, above=0.0), real("`loss`", loss, hint, above=0.0)
    asymmetry = real("`asymmetry`", asymmetry, "Give α.")
    lower, upper = (checked_elements(elements)[0] ** 2).tolist()
    couplings = [
        _coupling_at(omega, gain, loss, asymmetry, lower, upper)
        for omega in _threshold_frequencies(gain, loss, asymmetry, lower, upper)
    ]
    return min((v for v in couplings if v > 0), default=math.inf)


def _threshold_frequencies(gain: float, loss: float, alpha: float, lower: float, upper: float) -> list[float]:
    """Real ω with Re χ(ω) = 0: upper·γ₋[(γ₊/2)² + ω²] = lower·γ₊[(γ₋/2)² + (ω − α)²]."""
    strong, weak = upper * loss, lower * gain
    lead = _difference(strong, weak)
    constant = gain * loss / 4 * _difference(upper * gain, lower * loss) - weak * alpha**2
    if lead == 0:
        return [-constant / (2 * weak * alpha)] if alpha else []
    root = (weak * alpha) ** 2 - lead * constant  # lead·ω² + 2·weak·alpha·ω + constant = 0
    if root < 0:
        return []
    larger = -(weak * alpha + math.copysign(math.sqrt(root), alpha))
    return [larger / lead, constant / larger] if larger else [0.0]


def _coupling_at(omega: float, gain: float, loss: float, alpha: float, lower: float, upper: float) -> float:
    """−1/Im χ(ω); infinite where Im χ vanishes."""
    high = upper * (omega - alpha) / ((loss / 2) ** 2 + (omega - alpha) ** 2)
    low = lower * omega / ((gain / 2) ** 2 + omega**2)
    bend = _difference(high, low)  # −Im χ
    return 1 / bend if bend else math.inf


def _difference(one: float, other: float) -> float:
    """Difference, zero where they differ by rounding only."""
    return one - other if abs(one - other) > EQUAL * (abs(one) + abs(other)) else 0.0


def stability_matrix(groups: Groups) -> Complexes:
    """Linearisation about the uncoupled state, (G(d−1), G(d−1)), acting on ρ_01, ρ_12, … of each group in turn.

    For three levels d/dt ρ_01 = [iω − γ₊/2]ρ_01 − ia h and d/dt ρ_12 = [i(ω + α) − γ₋/2]ρ_12 + ib h with
    h_σ = Σ_τ links[σ, τ] (a ρ_01 + b ρ_12)_τ; a = b = √2 for spin 1.
    """
    own, feedback = groups.ladders.disturbances()
    return np.asarray(own + feedback)


def growth(groups: Groups) -> complex:
    """Fastest growing eigenvalue of `stability_matrix`: growth rate, and i times the frequency it starts with.

    The unsynchronized state is stable where the real part is negative.
    """
    values = np.linalg.eigvals(stability_matrix(groups))
    return complex(values[np.argmax(values.real)])


def onset(groups: Groups) -> float:
    """Factor by which all couplings must be multiplied for the unsynchronized state to turn unstable; ∞ if none does.

    The lowest one: it may be stable again at much stronger coupling. For one group of V = 1 this is V_c, for any
    ladder. Up to four groups are solved at real frequencies, identical ones as one group with V an
    eigenvalue of the links. All others are searched in steps of a quarter over twelve decades around the couplings
    that equal the rates, and bisected; an unstable interval narrower than that may be missed.
    """
    ladders = groups.ladders
    if ladders.count > 1 and _identical(ladders):
        return _onset_of_identical(ladders)
    if ladders.count <= FEW:
        return _onset_at_real_frequencies(ladders)
    own, feedback = ladders.disturbances()
    size = float(np.abs(own).max()) / max(float(np.abs(feedback).max()), 1e-300)

    def unstable(factor: float) -> bool:
        return bool(np.linalg.eigvals(own + factor * feedback).real.max() > 0)

    with threads_for(len(own)):
        scales = size * np.geomspace(1e-6, 1e6, 125)
        first = next((k for k, scale in enumerate(scales) if unstable(scale)), None)
        if first is None:
            return math.inf
        low, high = (scales[first - 1] if first else 0.0), scales[first]
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if unstable(middle) else (middle, high)
    return float(high)


def _identical(ladders: LadderGroups) -> bool:
    """Whether all groups are made of one oscillator at one frequency."""
    same = (ladders.energies == ladders.energies[0]).all() and (ladders.lowering == ladders.lowering[0]).all()
    return bool(same) and all(jumps is ladders.jumps[0] for jumps in ladders.jumps)


def _onset_of_identical(ladders: LadderGroups) -> float:
    """Of groups that differ in their links only: one group with the largest, or the lowest, eigenvalue of the links."""
    strengths = np.linalg.eigvals(ladders.links).real  # links are V times sizes, similar to a symmetric matrix
    one = ladders.picked([0], np.ones((1, 1)))
    rounding = EQUAL * float(np.abs(strengths).max())
    ends = [v for v in (float(strengths.max()), float(strengths.min())) if abs(v) > rounding]
    return min((_onset_at_real_frequencies(one.scaled(math.copysign(1.0, v))) / abs(v) for v in ends), default=math.inf)


def _onset_at_real_frequencies(ladders: LadderGroups) -> float:
    """`onset` of a few groups.

    A disturbance that sustains itself turns with a real ω, and A = diag(G(ω)) links A, where G_σ(ω) is the response of
    group σ to a field. An eigenvalue μ of diag(G) links that is real and positive there takes the factor 1/μ; the
    smallest one counts.
    """
    poles, weights = ladders.responses()  # (G, d−1)

    def strengths(omega: Floats) -> Complexes:
        """Eigenvalues of diag(G(ω)) links, (ω, G)."""
        answers = np.sum(weights / (1j * omega[:, None, None] - poles), axis=2)  # (ω, G)
        loops = answers[:, :, None] * ladders.links
        return np.asarray(np.linalg.eigvals(loops) if ladders.count > 1 else loops[:, :, 0], dtype=complex)

    grid = _grid(poles)
    branches = _followed(strengths(grid))
    found = _on_the_way(branches[:-1], branches[1:])
    crossing = (np.sign(branches.imag[:-1]) != np.sign(branches.imag[1:])) & (found > 0)
    if not crossing.any():
        return math.inf
    places = zip(*np.nonzero(crossing & (found > 0.7 * found[crossing].max())), strict=True)
    strongest = max(_refined(grid, branches[:, branch], k, strengths) for k, branch in places)
    rounding = EQUAL * float(np.abs(weights / poles.real).sum() * np.abs(ladders.links).max())
    return 1 / strongest if strongest > rounding else math.inf


def _refined(grid: Floats, branch: Complexes, k: int, strengths: Callable[[Floats], Complexes]) -> float:
    """Re μ where Im μ of one branch vanishes between points k and k + 1 of the grid."""
    low, high = grid[k], grid[k + 1]
    before, after = branch[k], branch[k + 1]
    for _ in range(REFINEMENTS):
        middle = (low + high) / 2
        found = strengths(np.array([middle]))[0]
        here = found[np.argmin(np.abs(found - (before + after) / 2))]
        if np.sign(here.imag) == np.sign(before.imag):
            low, before = middle, here
        else:
            high, after = middle, here
    return float(_on_the_way(np.array(before), np.array(after)))


def _followed(values: Complexes) -> Complexes:
    """Eigenvalues (ω, G) in an order in which each changes as little as it can from one ω to the next."""
    count = values.shape[1]
    if count == 1:
        return values
    orders = np.array(list(permutations(range(count))))
    ways = values[1:, orders]  # (ω, orders, G)
    steps = orders[np.argmin(np.abs(ways - values[:-1, None]).sum(axis=2), axis=1)]  # what is nearest from row to row
    order, ordered = np.arange(count), values.copy()
    for k in np.flatnonzero((steps != order).any(axis=1)).tolist():
        order = steps[k][order]
        ordered[k + 1 :] = values[k + 1 :, order]
    return ordered


def _on_the_way(before: Complexes, after: Complexes) -> Floats:
    """Re μ where Im μ vanishes between two points, by straight lines."""
    total = np.abs(before.imag) + np.abs(after.imag)
    share = np.abs(before.imag) / np.where(total > 0, total, 1.0)
    return np.asarray(before.real + share * (after.real - before.real))


def _grid(poles: Complexes) -> Floats:
    """Frequencies that resolve every pole; evenly spaced where they lie close."""
    centres, widths = poles.imag.ravel(), np.maximum(-poles.real.ravel(), 1e-12 * np.abs(poles).max())
    reach = float(np.ptp(centres) + 20 * widths.max())
    middle = float(centres.min() + centres.max()) / 2
    outside = np.geomspace(reach, 1e8 * reach, 300)  # near the interference blockade thresholds lie far out
    far = middle + np.concatenate([-outside[::-1], np.linspace(-reach, reach, 601), outside])
    offsets = np.concatenate([-OFFSETS[::-1], [0.0], OFFSETS])
    low, high = centres.min() - OFFSETS[-1] * widths.max(), centres.max() + OFFSETS[-1] * widths.max()
    even = (high - low) / (OFFSETS[0] * widths.min())
    if even < centres.size * offsets.size:
        return np.unique(np.concatenate([np.linspace(low, high, math.ceil(even) + 1), far]))
    return np.unique(np.concatenate([(centres[:, None] + widths[:, None] * offsets).ravel(), far]))
