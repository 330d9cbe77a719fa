"""Figs. 4 and 5: three and four oscillators, and what a detuned one does for two identical ones."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.model.network import Network
from qsb_hw.papers.dataset import Axis, Field, Values, grid, silent
from qsb_hw.papers.loerch2017.results import Row, Rows, dataset, solved, swept, synchronization_of
from qsb_hw.papers.loerch2017.setup import SIGMA, ring, triangle

if TYPE_CHECKING:
    from xarray import Dataset


KERR = 10.0
PARAMETERS = f"n₊ = 1, n₋ = 2, K = {KERR:g} γ"
A, B, C, D = range(4)


def first_harmonic(v1: float, v2: float, kerr: float, side: int) -> float:
    """c_1 of A and B in the triangle at Δ = ±2K to leading order, for σ → 0 and V ≪ γ ≪ K; `side` is the sign of Δ.

    The direct link contributes √2 V2/K, from virtual exchanges |11⟩ ↔ |20⟩, |02⟩ off by 2K. The link over C is
    resonant and contributes (8/3)V1²/γ² at Δ = 2K, (4/3)V1²/γ² at Δ = −2K; see `figure_4cd`. In units of γ.
    """
    return math.sqrt(2) * v2 / kerr + (8 / 3 if side > 0 else 4 / 3) * v1**2


def figure_4ab(
    *, detunings: Values = None, couplings: Values = None, levels: int = 5, progress: Progress = silent
) -> Dataset:
    """Figs. 4 (a) and (b): a detuned oscillator C couples two identical ones, A and B, that have no direct link."""
    detunings = grid(detunings, np.linspace(-3.5 * KERR, 3.5 * KERR, 71))
    couplings = grid(couplings, np.linspace(0, 1, 17))
    measures = {"S_AC": synchronization_of(A, C), "S_AB": synchronization_of(A, B)}

    def row(v1: float) -> Row:
        return swept(triangle(KERR, 0.0, v1, 0.0, levels), detunings, measures, oscillator=C)

    found = Rows.of("Fig. 4a, b", couplings, row, progress)
    dims = ("V1", "detuning")
    return dataset(
        "4ab",
        "Identical oscillators synchronize over a detuned one",
        {"V1": Axis(couplings, "γ", "coupling V1 to C"), "detuning": Axis(detunings, "γ", "detuning Δ of C")},
        {
            "S_AC": Field(dims, found["S_AC"], "1", "S of A and C, which differ"),
            "S_AB": Field(dims, found["S_AB"], "1", "S of A and B, which are identical"),
            **found.truncation_error("V1", of="S_AC"),
        },
        f"{PARAMETERS}, V2 = 0",
        f"σ = {SIGMA}, ranges of Δ and V1, levels ({levels}) not in the paper; Δ = ω_C − ω_A.",
        kerr=KERR,
        levels=levels,
        **found.certificate,
    )


def figure_4cd(*, v1: Values = None, v2: Values = None, levels: int = 5, progress: Progress = silent) -> Dataset:
    """Figs. 4 (c) and (d): the direct link V2 against the link over C, at Δ = +2K and Δ = −2K.

    Exchanging A and B is a symmetry, so the first harmonic c_1 of their relative phase is real: it has a sign, and
    two contributions to it can cancel. C mediates resonantly. At Δ = 2K a quantum of A or B lifts C to its second
    level, at Δ = −2K the quantum of C lifts A or B; either way it is not known which one took part, A and B are left
    in the symmetric superposition (|01⟩ + |10⟩)/√2 or (|12⟩ + |21⟩)/√2, and c_1 > 0 whatever the sign of V1. V1²
    grows quickly and saturates at V1 ≈ γ/2. The direct link is blocked, but not quite: exchange |11⟩ → |20⟩ and |02⟩
    costs −2K, and such a virtual admixture gives c_1 = √2 V2/K, with the sign of V2.

    So V2 > 0 adds to the mediated link and V2 < 0 fights it. They cancel, leaving only a small second harmonic, where
    V2 ≈ −(8/3)KV1²/√2γ² at Δ = 2K and half of that at Δ = −2K as long as V1 ≪ γ, and then along a line that bends
    over as the mediated link saturates: with the paper's parameters it stays close to V2 = −V1 for Δ = −2K and
    V1 ≲ γ, and near V2 ≈ −1.5γ for Δ = 2K. The strip of suppressed synchronization of the paper is this line. For
    V1, V2 > 0 and Eqs. (1) and (4) as they stand there is none, at either sign of Δ.
    """
    v1, v2 = grid(v1, np.linspace(0, 2, 25)), grid(v2, np.linspace(-2, 2, 33))
    detunings = np.array([2 * KERR, -2 * KERR])
    measures = {
        "S_AB": synchronization_of(A, B),
        "S_AC": synchronization_of(A, C),
        "c1_AB": lambda solution: float(solution.phase_distribution(A, B).coefficients[1].real),
    }

    def row(given: tuple[float, float]) -> Row:
        return solved((triangle(KERR, given[0], v, given[1], levels) for v in v1), measures)

    found = Rows.of("Fig. 4c, d", product(detunings, v2), row, progress)
    dims, shape = ("detuning", "V2", "V1"), (detunings.size, v2.size, v1.size)
    harmonic = found["c1_AB"].reshape(shape)
    cancel = [[zero_crossing(v2, column) for column in side.T] for side in harmonic]
    return dataset(
        "4cd",
        "A direct link against a mediated one",
        {
            "detuning": Axis(detunings, "γ", "detuning Δ of C"),
            "V2": Axis(v2, "γ", "direct coupling V2"),
            "V1": Axis(v1, "γ", "coupling V1 to C"),
        },
        {
            "S_AC": Field(dims, found["S_AC"].reshape(shape), "1", "S of A and C, which differ"),
            "S_AB": Field(dims, found["S_AB"].reshape(shape), "1", "S of A and B, which are identical"),
            "c1_AB": Field(dims, harmonic, "1", "first harmonic of the relative phase of A and B"),
            "V2_cancel": Field(("detuning", "V1"), cancel, "γ", "V2 at which direct and mediated link cancel"),
            **found.truncation_error("detuning", "V2", of="S_AB", shape=shape[:2]),
        },
        f"{PARAMETERS}, |Δ| = 2K",
        f"σ = {SIGMA}, both signs of Δ = ω_C − ω_A and of V2, ranges of V1 and V2, levels ({levels}).",
        kerr=KERR,
        levels=levels,
        **found.certificate,
    )


def figure_5(
    *, detunings: Values = None, couplings: Values = None, levels: int = 4, progress: Progress = silent
) -> Dataset:
    """Figs. 5 (a) and (b): ring A–B–D–C in which A and D are detuned from B and C.

    Strong coupling brings out a line at Δ = 3K, where B and C together lift A (or D) from its first to its third level.
    """
    detunings = grid(detunings, np.linspace(-3.5 * KERR, 3.5 * KERR, 57))
    couplings = grid(couplings, np.linspace(0, 1, 13))
    measures = {"S_AB": synchronization_of(A, B), "S_AD": synchronization_of(A, D)}

    def row(v: float) -> Row:
        alike = ring(KERR, v, levels)
        return solved((_two_detuned(alike, d) for d in detunings), measures)

    found = Rows.of("Fig. 5", couplings, row, progress)
    dims = ("coupling", "detuning")
    return dataset(
        "5",
        "Ring of four: identical oscillators synchronize over detuned ones",
        {"coupling": Axis(couplings, "γ", "coupling V"), "detuning": Axis(detunings, "γ", "detuning Δ")},
        {
            "S_AB": Field(dims, found["S_AB"], "1", "S of A and B, which differ"),
            "S_AD": Field(dims, found["S_AD"], "1", "S of A and D, which are identical"),
            **found.truncation_error("coupling", of="S_AB"),
        },
        PARAMETERS,
        f"σ = {SIGMA} (that of the lower panels of Fig. 3), ranges of Δ and V, levels ({levels}); Δ = ω_A − ω_B.",
        kerr=KERR,
        levels=levels,
        **found.certificate,
    )


def zero_crossing(x: Floats, y: Floats) -> float:
    """Where y(x) first changes its sign, by linear interpolation; NaN where it does not."""
    change = np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0)
    if not change.size:
        return math.nan
    k = int(change[0])
    return float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k]))


def _two_detuned(network: Network, detuning: float) -> Network:
    a, b, c, d = network.oscillators
    return Network([a.detuned(detuning), b, c, d.detuned(detuning)], network.coupling)
