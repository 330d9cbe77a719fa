"""Fig. 3: S of two oscillators over pairs of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats, Progress
from qsb_hw.model.network import Network
from qsb_hw.papers.dataset import Axis, Field, Values, grid, silent
from qsb_hw.papers.loerch2017.results import Row, Rows, dataset, solved, swept, synchronization_of
from qsb_hw.papers.loerch2017.setup import SIGMA, oscillator, pair
from qsb_hw.sync.exact import steady_state

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
    detunings: Values = None,
    sigmas: Values = None,
    cuts: Values = None,
    levels: int = 12,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (a): S over detuning and σ, from two quantum resonances to a classical one."""
    detunings, cuts = grid(detunings, np.linspace(-3, 3, 101)), grid(cuts, CUTS)
    sigmas = np.union1d(np.round(grid(sigmas, np.linspace(0.1, 1.0, 46)), 12), np.round(cuts, 12))
    found = Rows.of("Fig. 3a", sigmas, lambda sigma: swept(_identical(sigma, levels), detunings / sigma, S), progress)
    scaled = found["S"][np.searchsorted(sigmas, np.round(cuts, 12))] * cuts[:, None]
    return dataset(
        "3a",
        "From two resonances at ±2K to one at zero",
        {
            "sigma": Axis(sigmas, "1", "width σ"),
            "detuning": Axis(detunings, "K", "detuning Δ"),
            "cut_sigma": Axis(cuts, "1", "width σ of a cut"),
        },
        {
            "S": Field(("sigma", "detuning"), found["S"], "1", "synchronization S"),
            "scaled_cut": Field(("cut_sigma", "detuning"), scaled, "1", "synchronization σS"),
            **found.truncation_error("sigma"),
        },
        f"{PARAMETERS}, K = γ/σ, identical but for Δ",
        f"Δ in units of K and its range, levels ({levels}); cuts are multiplied by σ.",
        levels=levels,
        **found.certificate,
    )


def figure_3b(
    *, mismatches: Values = None, sigmas: Values = None, levels: int = 12, progress: Progress = silent
) -> Dataset:
    """Fig. 3 (b): S of two resonant oscillators over the mismatch of their amplitudes and σ.

    Among Fock states |n̄2 − n̄1| = 1 is best. With n̄2 free, each of the two maxima is a pair 0.2 to either side of ±1
    with a shallow dip between them: n₊ and n₋ off the integers weaken both rates of |n̄2⟩ and narrow the resonance.
    """
    mismatches = grid(mismatches, np.linspace(-3, 3, 61))
    sigmas = grid(sigmas, np.linspace(0.1, 1.0, 31))

    def row(sigma: float) -> Row:
        given: dict[str, Any] = {"kerr": 1 / sigma, "levels": levels, "sigma": sigma}
        one, others = oscillator(n_plus=TARGET, **given), (oscillator(n_plus=TARGET + m, **given) for m in mismatches)
        return solved((pair(one, other, COUPLING) for other in others), S)

    found = Rows.of("Fig. 3b", sigmas, row, progress)
    return dataset(
        "3b",
        "Unequal amplitudes synchronize better",
        {"sigma": Axis(sigmas, "1", "width σ"), "mismatch": Axis(mismatches, "1", "amplitude mismatch n̄2 − n̄1")},
        {"S": Field(("sigma", "mismatch"), found["S"], "1", "synchronization S"), **found.truncation_error("sigma")},
        f"n̄1 = {TARGET}, V = {COUPLING} γ, K = γ/σ, Δ = 0",
        f"n̄ is n₊, with n₋ = n₊ + 1 for both; range of n̄2, levels ({levels}).",
        levels=levels,
        **found.certificate,
    )


def figure_3c(
    *, detunings: Values = None, differences: Values = None, levels: int = 12, progress: Progress = silent
) -> Dataset:
    """Fig. 3 (c): the resonances of Eq. (7) over Δn and Δ.

    The narrow lines outside of them, at Δ = 2KΔn ± 4K, are exchanges of two quanta at once, |n, m⟩ ↔ |n ∓ 2, m ± 2⟩:
    a second harmonic of second order in V, which slow decay far from the limit cycle makes visible.
    """
    kerr = 1 / SIGMA
    detunings = grid(detunings, np.linspace(-9, 9, 109))
    differences = grid(differences, np.linspace(-3, 3, 61))
    one = oscillator(kerr=kerr, n_plus=TARGET, levels=levels)

    def row(difference: float) -> Row:
        other = oscillator(kerr=kerr, n_plus=TARGET - difference, levels=levels)
        return swept(pair(one, other, COUPLING), detunings * kerr, S)

    found = Rows.of("Fig. 3c", differences, row, progress)
    resonance = np.stack(resonance_detunings(1.0, differences), axis=1)
    return dataset(
        "3c",
        "Resonances over amplitude mismatch and detuning",
        {
            "difference": Axis(differences, "1", "amplitude difference Δn = n̄1 − n̄2"),
            "detuning": Axis(detunings, "K", "detuning Δ"),
            "branch": Axis([-1, 1], "1", "sign of 2K"),
        },
        {
            "S": Field(("difference", "detuning"), found["S"], "1", "synchronization S"),
            "resonance": Field(("difference", "branch"), resonance, "K", "Δ of Eq. (7), its sign corrected"),
            **found.truncation_error("difference"),
        },
        f"n̄1 = {TARGET}, σ = {SIGMA}, K = γ/σ, V = {COUPLING} γ",
        f"n̄ is n₊; Δ = ω_1 − ω_2, Eq. (7) with +2K for −2K before Δn; ranges of Δn and Δ, levels ({levels}).",
        kerr=kerr,
        levels=levels,
        **found.certificate,
    )


def figure_3d(
    *,
    detunings: Values = None,
    kerrs: Values = None,
    phases: Values = None,
    levels: int = 12,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (d): how the two resonances part as K grows, and P(φ) on the way.

    For identical oscillators and K = 0 the two coherences that carry the first harmonic cancel at every Δ: what is
    left is the second harmonic, of second order in V, with two equal maxima. Its height at K = Δ = 0 is set by the
    number of levels: without truncation there is no steady state (a tail as 1/n; classically, the escapes).
    The thin lines at Δ = ±4K (see `figure_3c`) are narrower than the default grid.
    """
    detunings = grid(detunings, np.linspace(-25, 25, 101))
    kerrs = grid(kerrs, np.linspace(0, 10, 41))
    phases = grid(phases, np.linspace(-np.pi, np.pi, 181))
    measures = {**S, "bimodality": lambda solution: solution.phase_distribution(0, 1).bimodality}

    def row(kerr: float) -> Row:
        one = oscillator(kerr=kerr, n_plus=TARGET, levels=levels)
        network = pair(one, one, COUPLING)
        centre = steady_state(network, estimate_truncation=False)
        densities.append(centre.phase_distribution(0, 1)(phases) + 1 / (2 * np.pi))
        return swept(network, detunings, measures)

    densities: list[Floats] = []
    found = Rows.of("Fig. 3d", kerrs, row, progress)
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
            "S": Field(dims, found["S"], "1", "synchronization S"),
            "bimodality": Field(dims, found["bimodality"], "1", "second over highest maximum of P(φ)"),
            "density": Field(("kerr", "phase"), np.stack(densities), "1/rad", "P(φ) at Δ = 0"),
            **found.truncation_error("kerr"),
        },
        f"{PARAMETERS}, σ = {SIGMA}, identical but for Δ",
        f"Ranges of Δ and K, levels ({levels}); S at K = Δ = 0 does not converge with the number of levels.",
        levels=levels,
        **found.certificate,
    )


def _identical(sigma: float, levels: int) -> Network:
    one = oscillator(kerr=1 / sigma, n_plus=TARGET, levels=levels, sigma=sigma)
    return pair(one, one, COUPLING)
