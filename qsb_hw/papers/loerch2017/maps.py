"""Fig. 3: S of two oscillators over pairs of parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats, Progress
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.papers.dataset import Axis, Field, grid, silent
from qsb_hw.papers.loerch2017.results import Row, certificate, dataset, solved, stacked, swept, synchronization_of
from qsb_hw.papers.loerch2017.setup import SIGMA, oscillator, pair
from qsb_hw.sync.exact import steady_state
from qsb_hw.sync.solution import SyncSolution

if TYPE_CHECKING:
    from xarray import Dataset


TARGET = 4
COUPLING = 0.1
CUTS = (0.2, 0.4, 0.6, 0.8)
S = {"S": synchronization_of(0, 1)}
PARAMETERS = f"n₊ = {TARGET}, n₋ = {TARGET + 1}, V = {COUPLING} γ"


def resonance_detunings(kerr: float, difference: ArrayLike) -> tuple[Floats, Floats]:
    """The two Δ = 2KΔn ± 2K at which a quantum is exchanged for free, for Δn = n_1 − n_2 = `difference`.

    This is Eq. (7) with the sign of its second term turned, which is what Eq. (1) and the paper's own E(|n_j, n_k⟩)
    give for Δ = ω_1 − ω_2; as printed it holds for −K. For the two resonances of equal amplitudes it does not matter.
    """
    centre = 2 * kerr * np.asarray(difference, dtype=float)
    return centre - 2 * kerr, centre + 2 * kerr


def figure_3a(
    *,
    detunings: ArrayLike | None = None,
    sigmas: ArrayLike | None = None,
    cuts: ArrayLike | None = None,
    levels: int = 12,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (a): S over detuning and σ, from two quantum resonances to a classical one.

    Parameters
    ----------
    detunings : array_like
        Δ/K, with K = γ/σ.
    sigmas, cuts : array_like
        σ of the map, and of the cuts, which are added to it where it does not have them.

    Returns
    -------
    Dataset
        ``S`` over ``sigma``, ``detuning``; ``scaled_cut`` σS over ``cut_sigma``, ``detuning``; ``truncation_error``
        over ``sigma``.
    """
    detunings, cuts = grid(detunings, np.linspace(-3, 3, 101)), grid(cuts, CUTS)
    sigmas = _united(grid(sigmas, np.linspace(0.1, 1.0, 46)), cuts)
    rows: list[Row] = []
    for sigma in sigmas:
        one = _identical(sigma, levels)
        rows.append(swept(pair(one, one, COUPLING), detunings / sigma, S))
        progress("Fig. 3a", len(rows), sigmas.size)
    values = stacked(rows, "S")
    return dataset(
        "3a",
        "From two resonances at ±2K to one at zero",
        {
            "sigma": Axis(sigmas, "1", "width σ"),
            "detuning": Axis(detunings, "K", "detuning Δ"),
            "cut_sigma": Axis(cuts, "1", "width σ of a cut"),
        },
        {
            "S": Field(("sigma", "detuning"), values, "1", "synchronization S"),
            "scaled_cut": Field(
                ("cut_sigma", "detuning"),
                values[np.searchsorted(sigmas, np.round(cuts, 12))] * cuts[:, None],
                "1",
                "synchronization σS",
            ),
            "truncation_error": _truncation("sigma", rows),
        },
        f"{PARAMETERS}, K = γ/σ, identical but for Δ",
        f"Δ in units of K and its range, levels ({levels}); cuts are multiplied by σ.",
        levels=levels,
        **certificate(rows),
    )


def figure_3b(
    *,
    mismatches: ArrayLike | None = None,
    sigmas: ArrayLike | None = None,
    levels: int = 12,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (b): S of two resonant oscillators over the mismatch of their amplitudes and σ.

    Among Fock states |n̄2 − n̄1| = 1 is best. With n̄2 free, each of the two maxima is a pair 0.2 to either side of ±1
    with a shallow dip between them: n₊ and n₋ off the integers weaken both rates of |n̄2⟩ and narrow the resonance.

    Parameters
    ----------
    mismatches : array_like
        n̄2 − n̄1, with n̄1 = 4.
    sigmas : array_like
        σ.

    Returns
    -------
    Dataset
        ``S`` over ``sigma``, ``mismatch``; ``truncation_error`` over ``sigma``.
    """
    mismatches = grid(mismatches, np.linspace(-3, 3, 61))
    sigmas = grid(sigmas, np.linspace(0.1, 1.0, 31))
    rows: list[Row] = []
    for sigma in sigmas:
        one = _identical(sigma, levels)
        others = (oscillator(kerr=1 / sigma, n_plus=TARGET + m, levels=levels, sigma=sigma) for m in mismatches)
        rows.append(solved((pair(one, other, COUPLING) for other in others), S))
        progress("Fig. 3b", len(rows), sigmas.size)
    return dataset(
        "3b",
        "Unequal amplitudes synchronize better",
        {
            "sigma": Axis(sigmas, "1", "width σ"),
            "mismatch": Axis(mismatches, "1", "amplitude mismatch n̄2 − n̄1"),
        },
        {
            "S": Field(("sigma", "mismatch"), stacked(rows, "S"), "1", "synchronization S"),
            "truncation_error": _truncation("sigma", rows),
        },
        f"n̄1 = {TARGET}, V = {COUPLING} γ, K = γ/σ, Δ = 0",
        f"n̄ is n₊, with n₋ = n₊ + 1 for both; range of n̄2, levels ({levels}).",
        levels=levels,
        **certificate(rows),
    )


def figure_3c(
    *,
    detunings: ArrayLike | None = None,
    differences: ArrayLike | None = None,
    levels: int = 12,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (c): the resonances of Eq. (7) over Δn and Δ.

    The narrow lines outside of them, at Δ = 2KΔn ± 4K, are exchanges of two quanta at once, |n, m⟩ ↔ |n ∓ 2, m ± 2⟩:
    a second harmonic of second order in V, which slow decay far from the limit cycle makes visible.

    Parameters
    ----------
    detunings : array_like
        Δ/K, Δ = ω_1 − ω_2.
    differences : array_like
        Δn = n̄1 − n̄2, with n̄1 = 4.

    Returns
    -------
    Dataset
        ``S`` over ``difference``, ``detuning``; ``resonance`` (Eq. 7) over ``difference``, ``branch``;
        ``truncation_error`` over ``difference``.
    """
    kerr = 1 / SIGMA
    detunings = grid(detunings, np.linspace(-9, 9, 109))
    differences = grid(differences, np.linspace(-3, 3, 61))
    one = _identical(SIGMA, levels)
    rows: list[Row] = []
    for difference in differences:
        other = oscillator(kerr=kerr, n_plus=TARGET - difference, levels=levels)
        rows.append(swept(pair(one, other, COUPLING), detunings * kerr, S))
        progress("Fig. 3c", len(rows), differences.size)
    return dataset(
        "3c",
        "Resonances over amplitude mismatch and detuning",
        {
            "difference": Axis(differences, "1", "amplitude difference Δn = n̄1 − n̄2"),
            "detuning": Axis(detunings, "K", "detuning Δ"),
            "branch": Axis([-1, 1], "1", "sign of 2K"),
        },
        {
            "S": Field(("difference", "detuning"), stacked(rows, "S"), "1", "synchronization S"),
            "resonance": Field(
                ("difference", "branch"),
                np.stack(resonance_detunings(1.0, differences), axis=1),
                "K",
                "Δ of Eq. (7), its sign corrected",
            ),
            "truncation_error": _truncation("difference", rows),
        },
        f"n̄1 = {TARGET}, σ = {SIGMA}, K = γ/σ, V = {COUPLING} γ",
        f"n̄ is n₊; Δ = ω_1 − ω_2, Eq. (7) with +2K for −2K before Δn; ranges of Δn and Δ, levels ({levels}).",
        kerr=kerr,
        levels=levels,
        **certificate(rows),
    )


def figure_3d(
    *,
    detunings: ArrayLike | None = None,
    kerrs: ArrayLike | None = None,
    phases: ArrayLike | None = None,
    levels: int = 12,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (d): how the two resonances part as K grows, and P(φ) on the way.

    For identical oscillators and K = 0 the two coherences that carry the first harmonic cancel at every Δ: what is
    left is the second harmonic, of second order in V, with two equal maxima. Its height at K = Δ = 0 is set by the
    number of levels: without truncation there is no steady state (a tail as 1/n; classically, the escapes).
    The thin lines at Δ = ±4K (see `figure_3c`) are narrower than the default grid.

    Parameters
    ----------
    detunings, kerrs : array_like
        Δ/γ and K/γ.
    phases : array_like
        Where P(φ) at Δ = 0 is evaluated.

    Returns
    -------
    Dataset
        ``S`` and ``bimodality`` (second highest over highest maximum of P, see `PhaseDistribution.bimodality`) over
        ``kerr``, ``detuning``; ``density`` P(φ) at Δ = 0 over ``kerr``, ``phase``; ``truncation_error`` over ``kerr``.
    """
    detunings = grid(detunings, np.linspace(-25, 25, 101))
    kerrs = grid(kerrs, np.linspace(0, 10, 41))
    phases = grid(phases, np.linspace(-np.pi, np.pi, 181))
    measures = {**S, "bimodality": _bimodality}
    rows: list[Row] = []
    densities = []
    for kerr in kerrs:
        one = oscillator(kerr=kerr, n_plus=TARGET, levels=levels)
        network = pair(one, one, COUPLING)
        rows.append(swept(network, detunings, measures))
        centre = steady_state(network, estimate_truncation=False)
        densities.append(centre.phase_distribution(0, 1)(phases) + 1 / (2 * np.pi))
        progress("Fig. 3d", len(rows), kerrs.size)
    dims = ("kerr", "detuning")
    return dataset(
        "3d",
        "Resonances part as the Kerr nonlinearity grows",
        {
            "kerr": Axis(kerrs, "γ", "Kerr parameter K"),
            "detuning": Axis(detunings, "γ", "detuning Δ"),
            "phase": Axis(phases, "rad", "relative phase φ"),
        },
        {
            "S": Field(dims, stacked(rows, "S"), "1", "synchronization S"),
            "bimodality": Field(dims, stacked(rows, "bimodality"), "1", "second over highest maximum of P(φ)"),
            "density": Field(("kerr", "phase"), np.stack(densities), "1/rad", "P(φ) at Δ = 0"),
            "truncation_error": _truncation("kerr", rows),
        },
        f"{PARAMETERS}, σ = {SIGMA}, identical but for Δ",
        f"Ranges of Δ and K, levels ({levels}); S at K = Δ = 0 does not converge with the number of levels.",
        levels=levels,
        **certificate(rows),
    )


def _identical(sigma: float, levels: int) -> EffectiveOscillator:
    return oscillator(kerr=1 / sigma, n_plus=TARGET, levels=levels, sigma=sigma)


def _bimodality(solution: SyncSolution) -> float:
    return solution.phase_distribution(0, 1).bimodality


def _united(values: Floats, more: Iterable[float]) -> Floats:
    return np.union1d(np.round(values, 12), np.round(list(more), 12))


def _truncation(dim: str, rows: list[Row]) -> Field:
    return Field((dim,), [row.truncation for row in rows], "1", "truncation error of the largest S")
