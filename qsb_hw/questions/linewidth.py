"""The best linewidth of the auxiliary modes: wide tones are not selective, narrow ones do not pump lower steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.errors import ConvergenceError, require
from qsb_hw.lindblad.capacity import on_every_core
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.model.bath import Role, Tone
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.observe import certified_alone, populated
from qsb_hw.result import Certificate, Result, Status, worst_status

WIDEST_SIGMA = 1.0
"""σ = κ/4K beyond which a tone singles out no level."""
NARROWEST = 4.0
"""κ/γ below which g exceeds κ/4 and normal modes split."""
SCANNED = 13
"""Linewidths tried, evenly in log κ, before the search."""
TOLERANCE = 1e-3
"""In log κ: P(n0) is flat at its maximum."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinewidthOptimum(Result):
    """Where P(n0) is highest at fixed γ.

    Attributes
    ----------
    linewidth, sigma : float
        κ of the strongest amplifying tone in rad/s, and κ/4K at n0; the others are scaled alike.
    fidelity : float
        P(n0), every bath kept.
    oscillator, factor : SelfOscillator, float
        With that linewidth, and κ over that of the oscillator given.
    alone : SteadyState
        Of that oscillator.
    at_edge : bool
        Whether the optimum is an end of the range searched, and not a maximum.
    scanned_linewidth, scanned_fidelity : (m,) float
        Everything tried, by ascending κ; NaN where a solve failed.
    """

    linewidth: float
    sigma: float
    fidelity: float
    factor: float
    oscillator: SelfOscillator
    alone: SteadyState
    at_edge: bool
    scanned_linewidth: Floats
    scanned_fidelity: Floats
    status: Status
    certificate: Certificate
    solves: int
    message: str = ""


def with_linewidth(oscillator: SelfOscillator, factor: float) -> SelfOscillator:
    """All linewidths multiplied at fixed γ = 4g²/κ: g grows by √factor."""
    require(factor > 0, "A linewidth must be multiplied by a positive factor", factor, "Use 1 for no change.")
    baths = tuple(bath.scaled(coupling=math.sqrt(factor), linewidth=factor) for bath in oscillator.baths)
    return replace(oscillator, baths=baths)


def optimal_linewidth(
    oscillator: SelfOscillator, target: int | None = None, progress: Progress | None = None
) -> LinewidthOptimum:
    """Linewidth κ that makes P(n0) largest, from the full model, at fixed γ.

    γ sets the pumping rate against T1 and follows from the pump power; the coupling g = √(γκ)/2 follows κ. The range
    searched ends at κ = 4γ (g = κ/4), where normal modes split, and at σ = κ/4K = 1, where tones single out no level.
    A scan in log κ finds the neighbourhood of the maximum, a bounded search (`scipy.optimize.minimize_scalar`) the
    rest.

    Parameters
    ----------
    oscillator : SelfOscillator
        Ladder, baths, losses; its own linewidths set only the ratio between baths.
    target : int, optional
        n0; the oscillator's own unless given.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    LinewidthOptimum
        `.linewidth`, `.fidelity`, `.oscillator` with that linewidth, and everything tried.

    Raises
    ------
    ArgumentError
        If no level is stabilised with both its neighbours on the ladder, K is not positive there, or γ is so large that
        no κ fits.
    ConvergenceError
        If there is no steady state at any linewidth.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> oscillator = qh.load_device("kerr_squid_array").oscillator(4).with_bath_levels(2)
    >>> best = qh.optimal_linewidth(oscillator)
    >>> bool(best.linewidth < oscillator.baths[0].tones[0].linewidth), round(best.fidelity, 2)
    (True, 0.94)
    """
    n0 = oscillator.target if target is None else target
    require(
        n0 is not None and 1 <= n0 <= oscillator.levels - 2,
        "The ladder must hold the level to stabilise with both its neighbours",
        f"n0 = {n0} among {oscillator.levels} levels",
        "Keep n0 + 2 levels, and pump one of them.",
    )
    assert n0 is not None
    kerr, gamma = oscillator.ladder.kerr_at(n0), max(tone.gamma for tone in oscillator.stabilising_tones)
    require(kerr > 0, "K must be positive at n0", f"{kerr:.3g} rad/s", "Transitions must get closer upwards.")
    own = strongest(oscillator).linewidth
    low, high = math.log(NARROWEST * gamma / own), math.log(4 * WIDEST_SIGMA * kerr / own)
    require(
        low < high,
        "There must be room between κ = 4γ and κ = 4K",
        f"γ/K = {gamma / kerr:.3g}",
        "Pump less, or raise the anharmonicity.",
    )
    tried = _search(oscillator, n0, (low, high), progress)
    order = np.array(sorted(tried))
    fidelity = np.array([populated(tried[x], n0) for x in order])
    if np.all(np.isnan(fidelity)):
        raise ConvergenceError("No linewidth of the range searched gave a certified steady state. Keep fewer levels.")
    chosen = float(order[int(np.nanargmax(fidelity))])
    factor = math.exp(chosen)
    return LinewidthOptimum(
        linewidth=factor * own,
        sigma=factor * own / (4 * kerr),
        fidelity=float(np.nanmax(fidelity)),
        factor=factor,
        oscillator=with_linewidth(oscillator, factor),
        alone=tried[chosen],
        at_edge=min(chosen - low, high - chosen) < 10 * TOLERANCE,
        scanned_linewidth=own * np.exp(order),
        scanned_fidelity=fidelity,
        status=worst_status(s.status for s in tried.values()),
        certificate=Certificate.worst(s.certificate for s in tried.values()),
        solves=len(tried),
    )


def strongest(oscillator: SelfOscillator) -> Tone:
    """The strongest amplifying tone."""
    return max(oscillator.tones(Role.AMPLIFICATION), key=lambda tone: tone.gamma)


def _search(
    oscillator: SelfOscillator, target: int, ends: tuple[float, float], progress: Progress | None
) -> dict[float, SteadyState]:
    """Everything tried between two ends in ln(factor): a scan, then a bounded search about its best point."""
    from scipy.optimize import minimize_scalar

    def solved(log_factor: float) -> SteadyState:
        return certified_alone(with_linewidth(oscillator, math.exp(log_factor)))

    def lost(log_factor: float, state: SteadyState | None = None) -> float:
        tried[log_factor] = solved(log_factor) if state is None else state
        if progress is not None:
            progress("best linewidth", len(tried), 0)
        found = populated(tried[log_factor], target)
        return 1.0 if math.isnan(found) else 1 - found

    tried: dict[float, SteadyState] = {}
    grid = np.linspace(*ends, SCANNED).tolist()
    scanned = [lost(x, state) for x, state in zip(grid, on_every_core(solved, grid), strict=True)]
    best = int(np.argmin(scanned))
    bracket = grid[max(best - 1, 0)], grid[min(best + 1, SCANNED - 1)]
    minimize_scalar(lost, bounds=bracket, method="bounded", options={"xatol": TOLERANCE})
    return tried
