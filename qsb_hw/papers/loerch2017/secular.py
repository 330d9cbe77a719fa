"""Note [41]: what the dissipators of Eq. (2) drop, and when that matters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Booleans, Floats, Progress
from qsb_hw.model.network import Network
from qsb_hw.papers.dataset import Axis, Field, Values, grid, silent
from qsb_hw.papers.loerch2017.results import Row, Rows, dataset, swept, synchronization_of
from qsb_hw.papers.loerch2017.setup import SIGMA, oscillator, pair

if TYPE_CHECKING:
    from xarray import Dataset


TARGET = 1
CASES = (10.0, 1.0)
"""K/γ where two kinds of dissipators can hardly be told apart, and where they can."""
WEAK = 0.01
"""V/γ of the limits: first order in V, the second harmonic of P(φ) is smaller by V/γ."""
VARIANTS = (True, False)
ENDS = np.array([0.0, 2.0])
"""Δ/K of S(0) and S(2K)."""
MEASURES = {"S": synchronization_of(0, 1), "population": lambda solution: float(solution.populations(0)[TARGET])}
DETUNINGS = np.unique(np.round(np.concatenate([np.linspace(-3, 3, 97), np.linspace(-0.5, 0.5, 81)]), 12))
"""Closer where S has structure as narrow as γ."""


def figure_note41(
    *,
    detunings: Values = None,
    kerrs: Values = None,
    limit_kerrs: Values = None,
    limit_sigmas: Values = None,
    coupling: float = 0.3,
    levels: int = 6,
    progress: Progress = silent,
) -> Dataset:
    """Note [41]: S with separate dissipators (2) beside S with one collective jump for each bath.

    The blockade survives. (a) At K = 10γ the maxima lie at ±1.975K (±1.978K by Eq. 2) over the same valley; S(0) is
    4.4 % higher, S(2K) 3.2 % lower. At K = γ both are lower, S(0) by 18 %, S(2K) by 25 %. (c, d) S(2K) exceeds S(0)
    from K = 1.65γ by Eq. (2), from K = 1.97γ with collective jumps (and, with these, again below γ/2). At K = 0.3γ
    S(0) of Eq. (2) is some five times too large.

    (b) What the coherences add to S(0) is a bump some γ wide on the floor of the valley: at K = 10γ S is lowest not at
    Δ = 0 but at |Δ| = 2.4γ, by 2.5 %, and from there on below that of Eq. (2). For weak coupling the bump is there
    from K = 0.55γ/σ on. (At V = 0.3γ the second harmonic of P(φ) puts a dip of 0.2 % on its top.)

    (e, f) How far from the limit, see `_limit_fields`. The phases above belong to K > 0.
    """
    detunings = grid(detunings, DETUNINGS)
    kerrs = grid(kerrs, np.geomspace(0.3, 30, 25))
    limit_kerrs = grid(limit_kerrs, np.geomspace(10**0.5, 1000, 11))
    limit_sigmas = grid(limit_sigmas, 0.0125 * 2 ** np.arange(0, 5.5, 0.5))
    total = 2 * (len(CASES) + kerrs.size + limit_kerrs.size * limit_sigmas.size)
    rows: list[Row] = []

    def solve(kerr: float, sigma: float, v: float, at: Floats, truncation: bool = False) -> list[Row]:
        for secular in VARIANTS:
            rows.append(swept(_pair(kerr, sigma, v, levels, secular), at * kerr, MEASURES, truncation=truncation))
            progress("Note 41", len(rows), total)
        return rows[-len(VARIANTS) :]

    sweeps = [solve(k, SIGMA, coupling, detunings, truncation=True) for k in CASES]
    curves = np.array([[r.values["S"] for r in variants] for variants in sweeps])
    left = np.array([[r.truncation for r in variants] for variants in sweeps]).T
    heights = np.array([[r.values["S"] for r in solve(k, SIGMA, coupling, ENDS)] for k in kerrs])  # (kerr, variant, 2)
    blockaded, peak = np.moveaxis(heights, -1, 0).swapaxes(1, 2)  # each (variant, kerr)
    errors = np.array([[_errors(solve(k, s, WEAK, ENDS)) for s in limit_sigmas] for k in limit_kerrs])
    contrast = (peak - blockaded) / (peak + blockaded)
    by_kerr = ("secular", "kerr")
    return dataset(
        "note41",
        "The blockade without the secular approximation",
        {
            "secular": Axis([1, 0], "1", "secular dissipators (1) or collective jumps (0)"),
            "case_kerr": Axis(CASES, "γ", "Kerr parameter K of S(Δ)"),
            "detuning": Axis(detunings, "K", "detuning Δ"),
            "kerr": Axis(kerrs, "γ", "Kerr parameter K"),
            "limit_kerr": Axis(limit_kerrs, "γ", "Kerr parameter K of the limits"),
            "limit_sigma": Axis(limit_sigmas, "1", "width σ of the limits"),
        },
        {
            "S": Field(("secular", "case_kerr", "detuning"), curves.swapaxes(0, 1), "1", "synchronization S"),
            "S_blockaded": Field(by_kerr, blockaded, "1", "S at Δ = 0"),
            "S_peak": Field(by_kerr, peak, "1", "S at Δ = 2K"),
            "contrast": Field(by_kerr, contrast, "1", "difference of S(2K) and S(0) over their sum"),
            **_limit_fields(limit_kerrs, limit_sigmas, errors),
            "truncation_error": Field(("secular", "case_kerr"), left, "1", "truncation error of the largest S"),
        },
        f"n₊ = {TARGET}, n₋ = {TARGET + 1}, identical but for Δ; (a–d) σ = {SIGMA}, V = {coupling:g} γ; "
        f"(e, f) V = {WEAK} γ",
        f"No figure of the paper. Ranges of Δ, K and σ, levels ({levels}): with ten S changes by less than 1 % "
        "where K > γ/2 (by up to 8 % below), and the errors of S by less than 3 % of themselves.",
        levels=levels,
        kerr_equal_secular=_last_crossing(kerrs, contrast[0]),
        kerr_equal_collective=_last_crossing(kerrs, contrast[1]),
        **_powers(limit_kerrs, limit_sigmas, errors),
        **Rows(rows).certificate,
    )


def _pair(kerr: float, sigma: float, coupling: float, levels: int, secular: bool) -> Network:
    one = oscillator(kerr=kerr, n_plus=TARGET, levels=levels, sigma=sigma, secular=secular)
    return pair(one, one, coupling)


def _errors(rows: list[Row]) -> list[float]:
    """Relative change of S(0), S(2K) and, at Δ = 0, P(n0) from the secular row to the collective one."""
    secular, collective = (row.values for row in rows)
    s, p = (collective[name] / secular[name] - 1 for name in ("S", "population"))
    return [s[0], s[1], p[0]]


def _limit_fields(kerrs: Floats, sigmas: Floats, errors: Floats) -> dict[str, Field]:
    """Panels (e, f): what collective jumps add, (kerr, sigma, 3), and the closed forms of it.

    At Δ = 0 all there is to first order in V and for σ ≪ 1 are ⟨1,1|ρ|2,0⟩ and ⟨0,2|ρ|1,1⟩, turning at ±2K and each
    decaying with 3γ/2. A collective jump with √γ σ√n/(σ ± i(n − n∓)) on two neighbouring transitions, of which one is
    resonant, feeds ⟨0,1|ρ|1,0⟩ (loss, decay γ) and ⟨1,2|ρ|2,1⟩ (gain, decay 2γ) with γ√2 (±iσ + σ²) of them. Those do
    not turn, however large K is. Hence, relative to Eq. (2),

        S(0):   3/√2 (σ² − 3σγ/4K)      S(2K):   −√2 σγ/K

    - 2K ≫ γ is what S(2K) needs: there the fed coherences turn at 2K. Powers found: 1.00 in γ/2K, 0.99 in σ.
    - S(0) needs σ² ≪ 1, *not* a large K, which lowers S(0) as much as what is dropped. The error changes sign at
      K = 3γ/4σ and tends to 2.1σ² (power found: 2.01): 7.2 % at σ = 0.2, where the next order takes off a seventh.
    - P(n0) has no coherence to lose without coupling. With it, it changes by 0.4 (V/K)² whatever σ is (power in
      γ/2K: 2.00), by way of the levels beyond n0 + 1, which fill and empty at rates that are both ∝ σ²: up to a
      quarter more with ten levels, next to nothing with three. At K = 5γ and V = 0.3γ that is 0.11 %.

    Panels (a–d) hold σ and V; (e) varies σ alone at two K, (f) K alone. A Kerr oscillator with eliminated cavities
    ties them, σ = κ/4K: then σγ/K = 4σ²γ/κ, and as γ ≪ κ for elimination, σ² remains for S(0), 3/√2 σ²(1 − 3γ/κ),
    while S(2K) is wrong by 4√2 σ²γ/κ only.
    """
    limit = ("limit_kerr", "limit_sigma")
    kerr, sigma = kerrs[:, None], sigmas[None, :]
    blockaded, peak = 3 / math.sqrt(2) * (sigma**2 - 0.75 * sigma / kerr), -math.sqrt(2) * sigma / kerr
    return {
        "error_blockaded": Field(limit, errors[..., 0], "1", "S(0), collective over secular, less 1"),
        "error_peak": Field(limit, errors[..., 1], "1", "S(2K), collective over secular, less 1"),
        "error_population": Field(limit, errors[..., 2], "1", "P(n0) at Δ = 0, collective over secular, less 1"),
        "error_blockaded_first": Field(limit, blockaded, "1", "3/√2 (σ² − 3σγ/4K)"),
        "error_peak_first": Field(limit, peak, "1", "−√2 σγ/K"),
    }


def _powers(kerrs: Floats, sigmas: Floats, errors: Floats) -> dict[str, float]:
    """Powers of σ and 1/K with which the errors (kerr, sigma, 3) vanish."""
    return {
        "power_sigma_blockaded": _power(sigmas, errors[-1, :, 0], sigmas <= 0.1),
        "power_sigma_peak": _power(sigmas, errors[-1, :, 1], sigmas <= 0.1),
        "power_kerr_peak": _power(1 / kerrs, errors[:, 0, 1], kerrs >= 10),
        "power_kerr_population": _power(1 / kerrs, errors[:, 0, 2], kerrs >= 10),
    }


def _power(x: Floats, y: Floats, where: Booleans) -> float:
    """Slope of log |y| over log x; NaN for fewer than two points."""
    if where.sum() < 2:
        return math.nan
    return float(np.polyfit(np.log(x[where]), np.log(np.abs(y[where])), 1)[0])


def _last_crossing(x: Floats, y: Floats) -> float:
    """Where y changes from negative to positive for the last time, over log x; NaN where it never does."""
    steps = np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0))
    if not steps.size:
        return math.nan
    k = int(steps[-1])
    share = y[k] / (y[k] - y[k + 1])
    return float(x[k] * (x[k + 1] / x[k]) ** share)
