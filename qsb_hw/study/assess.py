"""The main job: from a device to a checked verdict."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qsb_hw.errors import ArgumentError
from qsb_hw.linalg.steady import Status
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.reduction.compare import Comparison, compare
from qsb_hw.reduction.eliminate import eliminate
from qsb_hw.reduction.feasibility import VERDICT_RULE, Verdict, feasibility, has_fock_state, judge
from qsb_hw.sync.exact import SyncSolution, detuning_sweep, steady_state
from qsb_hw.sync.resonances import Resonance, resonances

Floats = NDArray[np.float64]
Report = Callable[[str, int, int], None]

ASSUMED_COUPLING = 0.3
"""V/γ taken where the spec names no coupling; the prediction is marked as assumed."""
MOST_LEVELS = 8
"""Levels kept by default; what lies above is judged by the truncation error."""


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


@dataclass(frozen=True, slots=True)
class Numerics:
    """How far the numbers can be trusted.

    Attributes
    ----------
    status : str
        "converged" if every solve was, else the first that was not.
    residual : float
        Largest ‖Lρ‖/(‖ρ‖·rate).
    truncation_error : float
        Estimated effect of the levels left out on populations and coherences.
    levels : int
        Levels of the ladder kept.
    bath_edge_population : float
        Largest population of the highest level kept of any bath in the full model; NaN where it was not solved.
    skipped : tuple of str
        What was not computed, and why.
    """

    status: str
    residual: float
    truncation_error: float
    levels: int
    bath_edge_population: float
    skipped: tuple[str, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether every solve converged."""
        return self.status == Status.CONVERGED.value


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Everything the main job finds out about a device.

    Attributes
    ----------
    device : Device
        What was assessed.
    oscillator : SelfOscillator
        With the levels kept.
    effective, published : EffectiveOscillator
        Eliminated, in both conventions; `published` is None where its closed forms do not exist.
    criteria : Criteria
        Needs first.
    verdict : Verdict
        By `rule`.
    comparison : Comparison or None
        Full against eliminated; None where there is no Fock state to compare.
    synchronization : SyncPrediction or None
        Likewise.
    numerics : Numerics
        Status, residual, truncation error, and what was skipped.
    """

    device: Device
    oscillator: SelfOscillator
    effective: EffectiveOscillator
    published: EffectiveOscillator | None
    criteria: Criteria
    verdict: Verdict
    comparison: Comparison | None
    synchronization: SyncPrediction | None
    numerics: Numerics
    rule: str = field(default=VERDICT_RULE)


def assess(
    device: Device,
    *,
    levels: int | None = None,
    pair_levels: int | None = None,
    coupling: float | None = None,
    report: Report | None = None,
) -> Assessment:
    """Map a device to its effective parameters, check the elimination, predict S(Δ), and judge it.

    Parameters
    ----------
    device : Device
        From `load_device`.
    levels : int, optional
        Levels of the ladder; all bound ones up to 8 unless given.
    pair_levels : int, optional
        Levels per ladder in the complete two-device model; n0 + 3 unless given.
    coupling : float, optional
        V in rad/s; the spec's unless given, 0.3 γ if that has none.
    report : callable, optional
        Called with (stage, done, total) for progress.

    Raises
    ------
    ArgumentError
        Levels the platform does not have.
    """
    oscillator = device.oscillator(levels or max(min(MOST_LEVELS, device.complete.levels), device.target + 2))
    effective = eliminate(oscillator)
    published = _published(oscillator)
    meaningful = has_fock_state(oscillator)
    comparison = compare(oscillator) if meaningful else None
    prediction = (
        predict_pair(oscillator, coupling or device.nearest_coupling or None, pair_levels, report)
        if meaningful
        else None
    )
    contrast = None if prediction is None else prediction.contrast
    criteria = feasibility(device, comparison, contrast)
    return Assessment(
        device,
        oscillator,
        effective,
        published,
        criteria,
        judge(criteria),
        comparison,
        prediction,
        _numerics(oscillator, effective, comparison, prediction),
    )


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
    v = coupling if coupling is not None else ASSUMED_COUPLING * min(t.gamma for b in oscillator.baths for t in b.tones)
    kept = min(pair_levels or target + 3, oscillator.levels)
    if kept < target + 2:
        raise ArgumentError(
            f"The complete pair needs at least n0 + 2 = {target + 2} levels, but found {kept}. Raise `pair_levels`."
        )
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


def detuning_grid(effective: EffectiveOscillator, coupling: float, found: tuple[Resonance, ...]) -> Floats:
    """Detunings (rad/s) that resolve zero, every resonance, and the plain in between.

    A line is as wide as the rates around the level it belongs to; the grid widens with the distance from it.
    """
    n0 = effective.target or 1
    outflow = effective.rates[:, n0 - 1 : n0 + 2].sum()
    width = 0.5 * outflow + 2 * abs(coupling) + effective.dephasing_rate
    centres = [0.0, *(r.detuning for r in found)]
    reach = 2 * max((abs(c) for c in centres), default=width) or 10 * width
    steps = width * np.array([0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8])
    near = [c + s * steps for c in centres for s in (-1, 1)]
    grid = np.concatenate([centres, *near, np.linspace(-reach, reach, 41)])
    return np.unique(grid[np.abs(grid) <= reach * (1 + 1e-12)])


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


def _published(oscillator: SelfOscillator) -> EffectiveOscillator | None:
    try:
        return eliminate(oscillator, "published")
    except ArgumentError:
        return None


def _numerics(
    oscillator: SelfOscillator,
    effective: EffectiveOscillator,
    comparison: Comparison | None,
    prediction: SyncPrediction | None,
) -> Numerics:
    alone = steady_state(Network([effective], [[0.0]]))
    solutions = [(alone.status, alone.residual)]
    if comparison is not None:
        solutions += [(s.status, s.residual) for s in (comparison.full, comparison.eliminated)]
    skipped: tuple[str, ...] = ()
    if prediction is not None:
        solutions += [(s, prediction.residual) for s in prediction.statuses]
    if comparison is None:
        skipped = (
            "comparison and synchronization: σ = κ/4K is above 1, so the tones single out no level and there is "
            "no Fock state to compare or to synchronize",
        )
    failed = [status for status, _ in solutions if status is not Status.CONVERGED]
    truncation = [alone.truncation_error] + ([] if prediction is None else [prediction.truncation_error])
    return Numerics(
        status=(failed[0] if failed else Status.CONVERGED).value,
        residual=max(residual for _, residual in solutions),
        truncation_error=float(np.nanmax(truncation)),
        levels=oscillator.levels,
        bath_edge_population=math.nan if comparison is None else float(comparison.full.edge_populations[1:].max()),
        skipped=skipped,
    )
