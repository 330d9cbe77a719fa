"""Figs. 2 and 7: S(Δ) of two oscillators, classical, quantum and with three levels."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.papers.dataset import Axis, Field, Values, each, grid, silent
from qsb_hw.papers.loerch2017.ladders import NOISE
from qsb_hw.papers.loerch2017.results import Row, Rows, dataset, swept, synchronization_of
from qsb_hw.papers.loerch2017.setup import SIGMA, oscillator, pair
from qsb_hw.sync.langevin import LangevinSolution, langevin
from qsb_hw.sync.perturbation import perturbative_synchronization

if TYPE_CHECKING:
    from xarray import Dataset

CLASSICAL_KERR, QUANTUM_KERR = 2.0, 10.0
CLASSICAL_COUPLINGS = (0.1 / 6, 0.1 / 4, 0.1 * 3 / 8, 0.1 / 2)
QUANTUM_COUPLINGS = (0.05, 0.2, 0.35, 0.5)
CLASSICAL_STEP = 0.01
"""Time step in 1/γ: a rotation by 0.12 at the limit cycle, where Heun's method feeds in 0.3 % of γ."""

MEASURES = {"S": synchronization_of(0, 1)}


def figure_2a(
    *,
    detunings: Values = None,
    couplings: Values = None,
    trajectories: int = 128,
    duration: float = 400.0,
    harmonics: int = 6,
    seed: int = 2017,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 2 (a): classical S(Δ)/V with its statistical error.

    S is the maximum of an estimated distribution and therefore biased upwards by about one standard error where there
    is no synchronization.
    """
    outer = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0])
    detunings = grid(detunings, np.concatenate([-outer[::-1], [0.0], outer]))
    couplings = grid(couplings, CLASSICAL_COUPLINGS)
    one = oscillator(kerr=CLASSICAL_KERR, n_plus=2, levels=3)
    rng = np.random.default_rng(seed)
    run: dict[str, Any] = {
        "trajectories": trajectories,
        "duration": duration,
        "step": CLASSICAL_STEP,
        "harmonics": harmonics,
    }

    def point(given: tuple[float, float]) -> LangevinSolution:
        return langevin(pair(one.detuned(given[1]), one, given[0]), NOISE, rng, **run)

    found = each("Fig. 2a", product(couplings, detunings), point, progress)
    shape, dims = (couplings.size, detunings.size), ("coupling", "detuning")
    S, error = (
        np.reshape([getattr(r, name)(0, 1) for r in found], shape) / couplings[:, None]
        for name in ("synchronization", "standard_error")
    )
    escapes = np.reshape([r.escapes.sum() for r in found], shape)
    return dataset(
        "2a",
        "Classical oscillators synchronize best on resonance",
        {"coupling": Axis(couplings, "γ", "coupling V"), "detuning": Axis(detunings, "γ", "detuning Δ")},
        {
            "S_over_V": Field(dims, S, "1/γ", "synchronization S/V"),
            "standard_error": Field(dims, error, "1/γ", "statistical error of S/V"),
            "escapes": Field(dims, escapes, "1", "restarts after leaving the limit cycle"),
        },
        f"n₊ = 2, n₋ = 3, σ = {SIGMA}, K = {CLASSICAL_KERR:g} γ, γ_T n_T = {NOISE} γ",
        "Range of Δ not in the paper. Quasi-stationary state: a trajectory that leaves the limit cycle upwards is "
        f"restarted. {trajectories} trajectories of {duration:g}/γ per point, time step {CLASSICAL_STEP:g}/γ, "
        f"{harmonics} harmonics of P(φ).",
        kerr=CLASSICAL_KERR,
        seed=seed,
        drift_max=max(r.drift for r in found),
        not_burned_in=sum(not r.burned_in for r in found),
    )


def figure_2b(
    *, detunings: Values = None, couplings: Values = None, levels: int = 12, progress: Progress = silent
) -> Dataset:
    """Fig. 2 (b): quantum S(Δ)/V, exact and to first order in V.

    Beyond the range drawn, at ±4K, there is a further pair of narrow lines, see `figure_3c`.
    """
    detunings = grid(detunings, np.linspace(-3 * QUANTUM_KERR, 3 * QUANTUM_KERR, 121))
    couplings = grid(couplings, QUANTUM_COUPLINGS)
    one = oscillator(kerr=QUANTUM_KERR, n_plus=2, levels=levels)
    found = Rows.of("Fig. 2b", couplings, lambda v: swept(pair(one, one, v), detunings, MEASURES), progress)
    strength, error = found["S"] / couplings[:, None], found.truncation / couplings
    first = [perturbative_synchronization(pair(one.detuned(d), one, 1.0)) for d in detunings]
    return dataset(
        "2b",
        "Quantum oscillators synchronize best off resonance",
        {"coupling": Axis(couplings, "γ", "coupling V"), "detuning": Axis(detunings, "γ", "detuning Δ")},
        {
            "S_over_V": Field(("coupling", "detuning"), strength, "1/γ", "synchronization S/V"),
            "S_over_V_first_order": Field(("detuning",), first, "1/γ", "S/V to first order in V"),
            "truncation_error": Field(("coupling",), error, "1/γ", "truncation error of the largest S/V"),
        },
        f"n₊ = 2, n₋ = 3, σ = {SIGMA}, K = {QUANTUM_KERR:g} γ",
        f"Range of Δ and levels ({levels}) not in the paper.",
        kerr=QUANTUM_KERR,
        levels=levels,
        **found.certificate,
    )


def figure_7b(*, detunings: Values = None, coupling: float = 0.8, progress: Progress = silent) -> Dataset:
    """Fig. 7 (b): three levels are enough for the effect, and two are not."""
    kerr = 3.0 / SIGMA
    detunings = grid(detunings, np.linspace(-4 * kerr, 4 * kerr, 241))
    cases = {
        "S_harmonic": (0.0, 3, "three levels, K = 0"),
        "S_anharmonic": (kerr, 3, "three levels, K = 3γ/σ"),
        "S_two_levels": (kerr, 2, "two levels"),
    }

    def row(case: tuple[float, int, str]) -> Row:
        one = oscillator(kerr=case[0], n_plus=1, levels=case[1])
        return swept(pair(one, one, coupling), detunings, MEASURES, truncation=False)

    found = Rows.of("Fig. 7b", cases.values(), row, progress)
    curves = zip(cases.items(), found["S"], strict=True)
    return dataset(
        "7b",
        "Three levels are the minimal model",
        {"detuning": Axis(detunings, "γ", "detuning Δ")},
        {name: Field(("detuning",), values, "1", f"S, {label}") for (name, (*_, label)), values in curves},
        f"n₊ = 1, n₋ = 2, σ = {SIGMA}, V = {coupling:g} γ, K = 0 and 3γ/σ",
        "Range of Δ not in the paper. The lowest three (two) levels are the model, not a truncation of it.",
        kerr=kerr,
        **found.certificate,
    )
