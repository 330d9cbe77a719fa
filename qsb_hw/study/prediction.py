"""What two devices would do together: S(Δ), the resonances, and the blockade contrast."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qsb_hw.arguments import real, whole
from qsb_hw.linalg.steady import Status
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.reduction.eliminate import eliminate
from qsb_hw.sync.exact import detuning_sweep, steady_state
from qsb_hw.sync.resonances import Resonance, resonances
from qsb_hw.sync.solution import SyncSolution

Floats = NDArray[np.float64]
Report = Callable[[str, int, int], None]

ASSUMED_COUPLING = 0.3
"""V/γ taken where the spec names no coupling; the prediction is marked as assumed."""


@dataclass(frozen=True, slots=True, eq=False)
class SyncPrediction:
    """What two such devices would do, coupled by V and detuned by Δ.

    Attributes
    ----------
    coupling : float
        V in rad/s.
    assumed : bool
        Whether V is the tool's assumption and not the spec's.
    detuning : (m,) float
        Δ = ω_1 − ω_2 in rad/s.
    S : (m,) float
        Synchronization measure of the eliminated pair; NaN where a solve failed.
    resonances : tuple of Resonance
        From the real ladder, |n0, n0⟩ ↔ |n0 ± 1, n0 ∓ 1⟩.
    full_detuning : (k,) float
        Zero and the resonances, where the complete pair was solved.
    S_full, S_eliminated : (k,) float
        With every bath of both devices kept, and eliminated, at `full_detuning`.
    full : tuple of SyncSolution
        The complete pair's solutions.
    truncation_error : float
        Of the eliminated pair at its first resonance.
    statuses : tuple of Status
        Of every solve, eliminated then full.
    residual : float
        Largest residual of them all.
    """

    coupling: float
    assumed: bool
    detuning: Floats
    S: Floats
    resonances: tuple[Resonance, ...]
    full_detuning: Floats
    S_full: Floats
    S_eliminated: Floats
    full: tuple[SyncSolution, ...]
    truncation_error: float
    statuses: tuple[Status, ...]
    residual: float

    @property
    def contrast(self) -> float:
        """S(resonance)/S(0) of the complete pair, the weaker resonance; NaN where a solve failed."""
        return float(np.min(self.S_full[1:]) / self.S_full[0]) if self.S_full.size > 1 else math.nan

    @property
    def contrast_eliminated(self) -> float:
        """The same ratio from the eliminated pair."""
        return float(np.min(self.S_eliminated[1:]) / self.S_eliminated[0]) if self.S_eliminated.size > 1 else math.nan


def predict_pair(
    oscillator: SelfOscillator,
    coupling: float | None = None,
    pair_levels: int | None = None,
    report: Report | None = None,
) -> SyncPrediction:
    """S(Δ) of two copies of an oscillator: eliminated over a sweep, complete at Δ = 0 and the resonances.

    Raises
    ------
    ArgumentError
        Fewer pair levels than n0 + 2, or more than the oscillator has.
    """
    effective = eliminate(oscillator)
    target = oscillator.target_level or 1
    assumed = coupling is None
    v = coupling if coupling is not None else assumed_coupling(oscillator)
    hint = f"Keep n0 + 2 = {target + 2} levels at least, and no more than the {oscillator.levels} of the oscillator."
    kept = min(target + 3, oscillator.levels) if pair_levels is None else pair_levels
    kept = whole("`pair_levels`", kept, hint, least=target + 2, most=oscillator.levels)
    if coupling is not None:
        coupling = real("`coupling`", coupling, "Give V in rad/s, or leave it out.")
    found = resonances(_pair(effective, 0.0, v))
    detuning = detuning_grid(effective, v, found)
    swept = _sweep(effective, detuning, v, "S(Δ), eliminated pair", report)
    full_detuning = np.array([0.0, *(r.detuning for r in found)])
    short = oscillator.truncated(kept)
    full = _sweep(short, full_detuning, v, "S, complete pair with all baths", report)
    checked = _sweep(effective.truncated(kept), full_detuning, v)
    tail = steady_state(_pair(effective, float(full_detuning[-1]), v))
    everything = [*swept, *full, *checked, tail]
    return SyncPrediction(
        coupling=v,
        assumed=assumed,
        detuning=detuning,
        S=np.array([_measure(s) for s in swept]),
        resonances=found,
        full_detuning=full_detuning,
        S_full=np.array([_measure(s) for s in full]),
        S_eliminated=np.array([_measure(s) for s in checked]),
        full=tuple(full),
        truncation_error=tail.truncation_error,
        statuses=tuple(s.status for s in everything),
        residual=max(s.residual for s in everything),
    )


def assumed_coupling(oscillator: SelfOscillator) -> float:
    """V in rad/s taken where nobody names one: 0.3 γ of the weakest tone."""
    return ASSUMED_COUPLING * min(tone.gamma for bath in oscillator.baths for tone in bath.tones)


LINE_STEPS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0)
"""Where a line is looked at on either side of its centre, in its half-widths."""
BACKGROUND = 61
"""Equal steps over the whole range of Δ, whatever the lines."""


def half_width(effective: EffectiveOscillator, coupling: float) -> float:
    """Half the width of a line of S(Δ), rad/s: the rates around the level it belongs to, and the coupling."""
    n0 = effective.target or 1
    outflow = effective.rates[:, n0 - 1 : n0 + 2].sum()
    return float(0.5 * outflow + 2 * abs(coupling) + effective.dephasing_rate)


def grid_of_lines(centres: Sequence[float], width: float, low: float, high: float) -> Floats:
    """Detunings from `low` to `high` that resolve lines of a half-width at some centres, and the plain in between.

    The grid widens with the distance from a line.
    """
    near = [c + s * width * np.array(LINE_STEPS) for c in centres for s in (-1, 1)]
    grid = np.concatenate([centres, *near, np.linspace(low, high, BACKGROUND)])
    slack = 1e-12 * (high - low)
    return np.unique(grid[(grid >= low - slack) & (grid <= high + slack)])


def detuning_grid(effective: EffectiveOscillator, coupling: float, found: tuple[Resonance, ...]) -> Floats:
    """Detunings (rad/s) that resolve zero, every resonance, and the plain in between."""
    width = half_width(effective, coupling)
    centres = [0.0, *(r.detuning for r in found)]
    reach = 1.6 * max(abs(c) for c in centres) or 10 * width
    return grid_of_lines(centres, width, -reach, reach)


def _pair(oscillator: EffectiveOscillator | SelfOscillator, detuning: float, coupling: float) -> Network:
    return Network([oscillator.detuned(detuning), oscillator], [[0, coupling], [coupling, 0]])


def _sweep(
    oscillator: EffectiveOscillator | SelfOscillator,
    detuning: Floats,
    coupling: float,
    stage: str = "",
    report: Report | None = None,
) -> list[SyncSolution]:
    progress = None if report is None else partial(report, stage)
    return detuning_sweep(_pair(oscillator, 0.0, coupling), detuning, progress=progress)


def _measure(solution: SyncSolution) -> float:
    return solution.synchronization(0, 1) if solution.steady.ok else math.nan
