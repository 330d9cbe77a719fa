"""Figs. 1 (a) and 6: one ladder and its limit cycle, two ladders and their resonances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.model.build import effective_model
from qsb_hw.model.ladder import Ladder
from qsb_hw.papers.dataset import Axis, Field, Values, grid, silent
from qsb_hw.papers.loerch2017.results import dataset
from qsb_hw.papers.loerch2017.setup import GAMMA, SIGMA, oscillator
from qsb_hw.sync.exact import steady_state

if TYPE_CHECKING:
    from xarray import Dataset


NOISE = 0.1
"""γ_T n_T of the classical simulations."""


def figure_1a(*, levels: int = 40, shown: int = 6, quanta: Values = None, progress: Progress = silent) -> Dataset:
    """Fig. 1 (a): rates and populations of an oscillator stabilised to |2⟩.

    The grey curve is the classical energy distribution at the noise of Fig. 2 (a). The stationary Fokker–Planck
    equation of (5) for I = |α|² gives P(I) ∝ exp(−∫Γ dI/γ_T n_T), which levels off far from the limit cycle instead
    of vanishing and is therefore normalised over the range shown.
    """
    quanta = grid(quanta, np.linspace(0, shown - 1, 501))
    one = oscillator(kerr=0.0, n_plus=2, levels=levels)
    state = steady_state(effective_model(one))
    progress("Fig. 1a", 1, 1)
    ladder = Ladder.kerr(frequency=1.0, kerr=0.04, levels=shown)
    density = classical_density(quanta, n_plus=2)
    return dataset(
        "1a",
        "Oscillator stabilised to |2⟩",
        {
            "level": Axis(np.arange(shown), "1", "level n"),
            "transition": Axis(np.arange(1, shown), "1", "upper level n of the transition"),
            "quanta": Axis(quanta, "1", "quanta |α|²"),
        },
        {
            "energy": Field(("level",), ladder.energies, "ω", "energy"),
            "population": Field(("level",), state.populations()[:shown], "1", "steady-state population"),
            "up_rate": Field(("transition",), one.up_rates[: shown - 1], "γ", "rate of n−1 → n"),
            "down_rate": Field(("transition",), one.down_rates[: shown - 1], "γ", "rate of n → n−1"),
            "classical_density": Field(("quanta",), density, "1", "classical distribution of |α|²"),
        },
        f"n₊ = 2, n₋ = 3, σ = {SIGMA}",
        f"σ = {SIGMA} and K = 0.04 ω (energies only) are not in the paper; {levels} levels solved, {shown} shown; "
        f"classical curve at γ_T n_T = {NOISE} γ, normalised over the range shown.",
        levels=levels,
        status=state.status.value,
        residual_max=state.residual,
        truncation_error_max=float(SIGMA**2 / (levels - 2.5)),
    )


def classical_density(quanta: Floats, n_plus: float) -> Floats:
    """Quasi-stationary density of I = |α|² of one oscillator of Eq. (5), normalised over `quanta`."""
    from scipy.integrate import trapezoid

    potential = GAMMA * SIGMA * (np.arctan((quanta - n_plus - 1) / SIGMA) - np.arctan((quanta - n_plus) / SIGMA))
    density = np.exp(-potential / NOISE)
    return np.asarray(density / trapezoid(density, quanta))


def figure_6(*, levels: int = 4, kerr: float = 0.09, progress: Progress = silent) -> Dataset:
    """Fig. 6: energies of two identical oscillators, harmonic and anharmonic.

    Levels |n, n⟩ are resonant with |n ± 1, n ∓ 1⟩ for K = 0 and off by 2K otherwise: the blockade. Levels with
    |n1 − n2| = 1 stay resonant with their mirror image for every K.
    """
    kerrs = np.array([0.0, kerr])
    singles = np.stack([Ladder.kerr(1.0, k, levels).energies for k in kerrs])
    energy = singles[:, :, None] + singles[:, None, :]
    mismatch = np.full_like(energy, np.nan)
    mismatch[:, 1:, :-1] = energy[:, :-1, 1:] - energy[:, 1:, :-1]
    progress("Fig. 6", 1, 1)
    dims = ("kerr", "n1", "n2")
    return dataset(
        "6",
        "Energy levels of two identical oscillators",
        {
            "kerr": Axis(kerrs, "ω", "Kerr parameter K"),
            "n1": Axis(np.arange(levels), "1", "level of oscillator 1"),
            "n2": Axis(np.arange(levels), "1", "level of oscillator 2"),
        },
        {
            "energy": Field(dims, energy, "ω", "energy of |n1, n2⟩"),
            "mismatch": Field(dims, mismatch, "ω", "energy of |n1 − 1, n2 + 1⟩ above |n1, n2⟩"),
        },
        "two identical oscillators, Eq. (1)",
        f"K = {kerr} ω and {levels} levels each; the paper's drawing has no scale.",
        levels=levels,
    )
