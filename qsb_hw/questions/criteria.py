"""What a device must meet for the blockade to be seen, and which models describe it.

Requirements decide the verdict. Approximation checks never make a device infeasible: they say which model to trust.
Where a check of the numerics fails there is no verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Origin
from qsb_hw.elimination.compare import Comparison
from qsb_hw.elimination.eliminate import eliminate, intrinsic_rates
from qsb_hw.errors import ConvergenceError
from qsb_hw.lindblad.certificate import ACCURACY
from qsb_hw.lindblad.markov import stationary
from qsb_hw.model.criterion import Criteria, Criterion, CriterionKind, Sense
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator, widest_linewidth
from qsb_hw.result import Status
from qsb_hw.units import show_time

if TYPE_CHECKING:
    from qsb_hw.questions.lasting import Lasting

REQUIREMENT, APPROXIMATION = CriterionKind.REQUIREMENT, CriterionKind.APPROXIMATION
AT_LEAST, AT_MOST = Sense.AT_LEAST, Sense.AT_MOST

_ORDER = {REQUIREMENT: 0, APPROXIMATION: 1, CriterionKind.NUMERICS: 2}


class Verdict(Enum):
    """Answer to "can it be built"."""

    FEASIBLE = "feasible"
    BORDERLINE = "borderline"
    INFEASIBLE = "infeasible"
    UNDECIDED = "undecided"


VERDICT_RULE = (
    "infeasible: a requirement fails; undecided: numbers that the other verdicts rest on have not converged; "
    "borderline: every requirement is met, at least one without its required margin, or at the end of an experiment "
    "but not in the long run; feasible: every requirement is met with its margin, the full model's P(n0) and the "
    "blockade contrast among them. Approximation checks and skipped checks do not count."
)

LARGEST_IMPURITY = 0.3
"""1 − P(n0) up to which one level counts as populated."""
LARGEST_TRUNCATION = 0.02
"""Share of the population that levels left out may move, for the numbers to count as converged."""
LARGEST_CONTRAST_ERROR = 0.2
"""Relative error of the contrast that levels left out may make."""
LARGEST_LEAK = 0.05
"""Largest change of P(n0) after the end of an experiment for the state to count as lasting."""
NEGLIGIBLE_POPULATION = 1e-6
"""Steady-state population below which a level is left out of the check that populations fall towards the top."""


@dataclass(frozen=True, slots=True)
class Duration:
    """Populations in time, for the criteria: eliminated oscillator, every level, from the ground state on.

    Attributes
    ----------
    experiment_time : float
        In s.
    origin : str
        Where that comes from.
    fidelity, fidelity_forever : float
        P(n0) at the end of the experiment, and in the steady state, of what has not left the ladder.
    relaxation_rate : float
        Slowest decay of the populations in 1/s.
    time_to_loss : float
        Mean time in s until the ladder is left over its barrier; NaN where none is known.
    """

    experiment_time: float
    origin: str
    fidelity: float
    fidelity_forever: float
    relaxation_rate: float
    time_to_loss: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far levels left out may change what the verdict rests on; NaN for what is not known.

    Attributes
    ----------
    populations : float
        Share of the population that would move.
    contrast, synchronization : float
        Relative error of the blockade contrast, and of S at zero detuning and the resonances.
    error_bound : float
        Largest of all steady states; ∞ where a solve failed.
    levels, pair_levels : int
        Of a single ladder, and of each in the complete pair.
    """

    populations: float
    contrast: float
    synchronization: float
    error_bound: float
    levels: int
    pair_levels: int


def verdict_of(criteria: Iterable[Criterion]) -> Verdict:
    """The verdict of a list of criteria, by `VERDICT_RULE`."""
    known = [c for c in criteria if c.passed is not None]
    needs, failed = [c for c in known if c.kind is REQUIREMENT], [c for c in known if not c.passed]
    if any(c.kind is REQUIREMENT and not c.solved and not c.lasting for c in failed):
        return Verdict.INFEASIBLE
    if any(c.kind is CriterionKind.NUMERICS for c in failed):
        return Verdict.UNDECIDED
    if any(c.kind is REQUIREMENT and not c.lasting for c in failed):
        return Verdict.INFEASIBLE
    return Verdict.FEASIBLE if all(c.meets_margin for c in needs) else Verdict.BORDERLINE


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Numbers that several criteria share, in rad/s and 1/s."""

    kerr: float
    kappa: float
    gamma: float
    coupling_to_linewidth: float
    sigma: float
    target: int
    frequency: float
    neighbour: float | None


def criteria_of(analysis: Analysis, found: Lasting | None = None) -> Criteria:
    """Every criterion of a device under the conditions in force: the platform-neutral ones, then the platform's own.

    Parameters
    ----------
    analysis : Analysis
        Solved as far as the criteria need: with every bath kept, or with all of them eliminated.
    found : Lasting, optional
        The course of time; without it everything is asked for ever.

    Returns
    -------
    Criteria
        Requirements of the physics first. What was not solved is skipped, with the reason.
    """
    known, complete = analysis.has_fock_state, analysis.requested.complete
    comparison = analysis.comparison if known and complete else None
    given = analysis.coupling_choice.origin is not Origin.ASSUMED
    return criteria_from(
        analysis.device,
        coupling=analysis.coupling if given else None,
        comparison=comparison,
        impurity=1 - analysis.fidelity if known and not complete else None,
        contrast=analysis.contrast if known else None,
        duration=None if found is None else found.duration,
        accuracy=_accuracy(analysis) if known else None,
    )


def _accuracy(analysis: Analysis) -> Accuracy:
    """What the sizes in force leave out."""
    conditions, levels = analysis.base_conditions, analysis.effective.levels
    if not analysis.requested.complete:
        return Accuracy(
            populations=conditions.truncation_error,
            contrast=math.nan,
            synchronization=math.nan,
            error_bound=_bound(analysis),
            levels=levels,
            pair_levels=analysis.reference.levels,
        )
    size = analysis.pair_size
    modes = 0.0 if math.isnan(size.bath_error) else size.bath_error
    return Accuracy(
        populations=conditions.truncation_error,
        contrast=size.contrast_error + modes,
        synchronization=size.error + modes,
        error_bound=_bound(analysis),
        levels=levels,
        pair_levels=int(size.levels.value),
    )


def _bound(analysis: Analysis) -> float:
    return analysis.certificate.error_bound if analysis.status is Status.CONVERGED else math.inf


def criteria_from(
    device: Device,
    *,
    coupling: float | None = None,
    comparison: Comparison | None = None,
    impurity: float | None = None,
    contrast: float | None = None,
    duration: Duration | None = None,
    accuracy: Accuracy | None = None,
) -> Criteria:
    """Criteria from what is known of a device; what is not given is skipped.

    Parameters
    ----------
    device : Device
        From `load_device`.
    coupling : float, optional
        V in rad/s with its sign.
    comparison : Comparison, optional
        Full against eliminated.
    impurity : float, optional
        1 − P(n0) of the eliminated model, where there is no comparison.
    contrast : float, optional
        Blockade contrast S(resonance)/S(0).
    duration : Duration, optional
        The course of time; without it everything is asked for ever.
    accuracy : Accuracy, optional
        What levels left out may change; left out of the criteria without it.
    """
    oscillator = device.oscillator()
    effective = eliminate(oscillator)
    numbers = _numbers(device, oscillator, coupling)
    criteria = (
        *_spectral(numbers),
        *_losses(oscillator, effective, numbers, duration is not None),
        *_neighbour(numbers),
        *_outcome(comparison, impurity, contrast, duration is not None),
        *(_in_time(duration, comparison, impurity) if duration is not None else ()),
        *(_numerics(accuracy) if accuracy is not None else ()),
        *_approximations(oscillator, numbers, comparison),
        *device.criteria,
    )
    words = device.vocabulary
    own = (replace(c, remedy=words.remedy(c.key, c.remedy)) for c in criteria)
    return Criteria(sorted(own, key=lambda c: _ORDER[c.kind]))


def _numbers(device: Device, oscillator: SelfOscillator, coupling: float | None) -> _Numbers:
    tones = oscillator.stabilising_tones
    kerr, kappa = oscillator.ladder.kerr_at(device.target), widest_linewidth(oscillator)
    return _Numbers(
        kerr=kerr,
        kappa=kappa,
        gamma=min((t.gamma for t in tones), default=math.nan),
        coupling_to_linewidth=max((t.coupling / t.linewidth for t in tones), default=math.nan),
        sigma=kappa / (4 * kerr) if kerr > 0 else math.inf,
        target=device.target,
        frequency=float(oscillator.ladder.transition_frequencies[0]),
        neighbour=coupling,
    )


def _spectral(x: _Numbers) -> list[Criterion]:
    return [
        Criterion(
            "K/κ", REQUIREMENT, x.kerr / x.kappa, 1.0, AT_LEAST,
            "A tone must address one transition of the ladder and not its neighbours: σ = κ/4K.",
            "Raise the anharmonicity K, or lower the linewidth of the baths.",
            key="kerr_to_linewidth",
        ),
        Criterion(
            "K/γ", REQUIREMENT, x.kerr / x.gamma if x.gamma else None, 10.0, AT_LEAST,
            "The resonances at ±2K must stand clear of each other's width, which is of the order of γ."
            if x.gamma else "The tones are not coupled (γ = 0).",
            "Lower g: γ = 4g²/κ falls with it.",
            key="kerr_to_gamma",
        ),
    ]  # fmt: skip


def _losses(oscillator: SelfOscillator, effective: EffectiveOscillator, x: _Numbers, timed: bool) -> list[Criterion]:
    intrinsic = oscillator.decoherence
    own = intrinsic_rates(oscillator.ladder, intrinsic)
    engineered = effective.rates - own
    n0 = x.target
    return [
        _pump_against_loss(engineered, own, n0),
        Criterion(
            f"heating out of |{n0}⟩ / damping", REQUIREMENT,
            float(own[n0 + 1, n0] / engineered[n0, n0 + 1]) if engineered[n0, n0 + 1] else None, 0.05, AT_MOST,
            f"The damping tone must bring |{n0 + 1}⟩ back faster than heat brings it up.",
            "Cool or shield the oscillator, or raise γ.",
            key="heating_to_damping",
        ),
        _tail(effective, n0, timed),
        Criterion(
            "γ·Tφ", REQUIREMENT, None if math.isinf(intrinsic.t_phi) else x.gamma * intrinsic.t_phi, 1.0, AT_LEAST,
            "Dephasing must not wash out the coherence between neighbouring levels, which decays at about γ."
            if math.isfinite(intrinsic.t_phi) else "No pure dephasing time is given.",
            "Reduce dephasing, or raise γ.",
            key="gamma_t_phi",
        ),
    ]  # fmt: skip


def _pump_against_loss(engineered: Floats, own: Floats, n0: int) -> Criterion:
    steps = np.arange(1, n0 + 1)
    pump, loss = engineered[steps, steps - 1], own[steps - 1, steps]
    lossless = not np.any(loss > 0)
    ratios = np.full(n0, math.inf) if lossless else pump / loss
    weakest = int(np.argmin(ratios)) + 1
    return Criterion(
        "slowest pumping rate/loss (γT1 for n0 = 1)", REQUIREMENT, None if lossless else float(ratios.min()), 10.0,
        AT_LEAST,
        "No T1 is given." if lossless else
        f"T1 empties |{n0}⟩ unless every step up to it is pumped faster; the slowest is {weakest - 1} → {weakest}.",
        "Lengthen T1 or raise γ; for n0 ≥ 2 the lower steps are pumped only off resonance (∝ γσ²): "
        "widen σ or add a tone per step.",
        key="pumping_to_loss",
    )  # fmt: skip


def _tail(effective: EffectiveOscillator, n0: int, timed: bool) -> Criterion:
    last = _last_populated(effective, n0)
    up, down = effective.up_rates[n0:last], effective.down_rates[n0:last]
    worst = float(np.min(down / np.where(up > 0, up, np.finfo(float).tiny))) if up.size else None
    return Criterion(
        f"down/up above |{n0}⟩, worst step", REQUIREMENT, worst, 1.0, AT_LEAST,
        "The populations must fall towards the top of the ladder; flat heating exceeds the tail γσ²/k² of "
        "the damping tone at some level.",
        "Heat less, raise γσ², add a broad tone that cools the upper levels, or let T1 empty the top.",
        required_margin=1.0,
        lasting=timed,
        key="fall_above_target",
    )  # fmt: skip


def _last_populated(effective: EffectiveOscillator, n0: int) -> int:
    """The highest level that the check goes to: one with a steady-state population, n0 + 4 at least."""
    try:
        populations = stationary(effective.rates).populations
    except ConvergenceError:
        return effective.levels - 1
    held = np.flatnonzero(np.cumsum(populations[::-1])[::-1] > NEGLIGIBLE_POPULATION)
    return int(min(max(held.max(initial=0), n0 + 4), effective.levels - 1))


def _neighbour(x: _Numbers) -> list[Criterion]:
    ratio = abs(x.neighbour) / x.gamma if x.neighbour and x.gamma else None
    skipped = "No coupling is given: neither an option nor [pair] of the device file."
    return [
        Criterion(
            "V/γ (visible)", REQUIREMENT, ratio, 0.1, AT_LEAST,
            skipped if ratio is None else "S grows as V/γ; below 0.1 it is smaller than the usual error of tomography.",
            "Raise V, or lower γ.", required_margin=1.5,
            key="coupling_to_gamma_visible",
        ),
        Criterion(
            "V/γ (not hybridised)", REQUIREMENT, ratio, 1.0, AT_MOST,
            skipped if ratio is None else "Above γ the exchange is faster than the stabilisation.",
            "Lower V, or raise γ.", required_margin=1.5,
            key="coupling_to_gamma_hybridised",
        ),
    ]  # fmt: skip


def _outcome(
    comparison: Comparison | None, impurity: float | None, contrast: float | None, timed: bool
) -> list[Criterion]:
    contrast = None if contrast is None or math.isnan(contrast) else contrast
    model = "full model" if impurity is None else "eliminated model"
    if comparison is not None:
        impurity = 1 - comparison.fock_fidelity(comparison.populations_full)
    return [
        Criterion(
            f"1 − P(n0), {model}", REQUIREMENT, impurity, LARGEST_IMPURITY, AT_MOST,
            "The full model was not solved." if impurity is None
            else "The blockade is an effect of one populated level.",
            "Lower σ = κ/4K, raise γT1, lower g/κ.", required_margin=3.0, solved=True, lasting=timed,
            key="impurity",
        ),
        Criterion(
            "S(resonance)/S(0)", REQUIREMENT, contrast, 2.0, AT_LEAST,
            "No pair was solved." if contrast is None
            else "The blockade is seen as the contrast between the resonances and zero detuning.",
            "Raise K/γ and P(n0), lower V/γ.", solved=True,
            key="contrast",
        ),
    ]  # fmt: skip


def _in_time(x: Duration, comparison: Comparison | None, impurity: float | None) -> list[Criterion]:
    """Requirements at the end of an experiment, after it, and on the time until the barrier is crossed."""
    known = comparison is not None or impurity is not None
    end, settling = (
        show_time(x.experiment_time),
        show_time(1 / x.relaxation_rate if x.relaxation_rate else math.inf),
    )
    loss = None if math.isnan(x.time_to_loss) else x.time_to_loss / x.experiment_time
    error = 0.0
    if comparison is not None:
        both = (comparison.populations_full, comparison.populations_eliminated)
        full, eliminated = (comparison.fock_fidelity(p) for p in both)
        error = full - eliminated
    return [
        Criterion(
            "at the end of an experiment, 1 − P(n0)", REQUIREMENT, 1 - x.fidelity - error if known else None,
            LARGEST_IMPURITY, AT_MOST,
            f"After {end} ({x.origin}), from the ground state on; populations relax within {settling}." if known
            else "There is no Fock state.",
            "As for 1 − P(n0); or shorten the experiment.", required_margin=3.0,
            key="impurity_in_time",
        ),
        Criterion(
            "slow leak of P(n0)", REQUIREMENT, abs(x.fidelity - x.fidelity_forever) if known else None, LARGEST_LEAK,
            AT_MOST,
            f"Change of P(n0) after {end}: whether the verdict holds for longer than one experiment."
            if known else "There is no Fock state.",
            "Add a broad tone that cools the upper levels, heat less, or widen σ.",
            required_margin=1.0, lasting=True,
            key="slow_leak",
        ),
        Criterion(
            "time until loss/experiment time", REQUIREMENT, loss if known else None, 1.0, AT_LEAST,
            "No barrier is known for this ladder." if loss is None
            else f"Heating and the tones drive it over the barrier after {show_time(x.time_to_loss)} on average."
            if known else "There is no Fock state.",
            "Raise the barrier, heat less, or add a broad tone that cools the upper levels.", required_margin=10.0,
            key="time_to_loss",
        ),
    ]  # fmt: skip


def _numerics(x: Accuracy) -> list[Criterion]:
    return [
        Criterion(
            "error bound of the steady states", CriterionKind.NUMERICS, x.error_bound, ACCURACY, AT_MOST,
            "Residual and slowest relaxation together bound how far every steady state is from the true one."
            if math.isfinite(x.error_bound) else "A steady state was not found.",
            "Keep fewer levels, or bring the rates closer together.", required_margin=1.0, solved=True,
            key="error_bound",
        ),
        Criterion(
            "truncation error of the populations", CriterionKind.NUMERICS, _known(x.populations), LARGEST_TRUNCATION,
            AT_MOST,
            f"Share of the population that levels beyond the {x.levels} kept, or one more Fock state of each auxiliary "
            "mode, would move.",
            "Keep more levels (--levels, --bath-levels), or leave both to be chosen.", required_margin=1.0, solved=True,
            key="truncation_populations",
        ),
        Criterion(
            "truncation error of the contrast", CriterionKind.NUMERICS, _known(x.contrast), LARGEST_CONTRAST_ERROR,
            AT_MOST,
            f"Relative change of S(resonance)/S(0) by levels beyond the {x.pair_levels} kept of each ladder of the "
            "complete pair.",
            "Keep more levels (--pair-levels), or lower the populations above n0.", required_margin=1.0, solved=True,
            key="truncation_contrast",
        ),
        Criterion(
            "truncation error of S", CriterionKind.NUMERICS, _known(x.synchronization), LARGEST_CONTRAST_ERROR, AT_MOST,
            f"Relative change of S by levels beyond the {x.pair_levels} kept of each ladder of the complete pair.",
            "Keep more levels (--pair-levels), or lower the populations above n0.", required_margin=1.0, solved=True,
            key="truncation_synchronization",
        ),
    ]  # fmt: skip


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _approximations(oscillator: SelfOscillator, x: _Numbers, comparison: Comparison | None) -> list[Criterion]:
    distance = None if comparison is None else comparison.trace_distance
    return [
        Criterion(
            "√(n0+1)·g/κ", APPROXIMATION, math.sqrt(x.target + 1) * x.coupling_to_linewidth, 0.1, AT_MOST,
            "Elimination requires that an auxiliary mode decays before the next quantum enters.",
            "Lower g or widen κ, or trust the full model.", required_margin=1.0,
            key="adiabaticity",
        ),
        Criterion(
            "trace distance full–eliminated", APPROXIMATION, distance, 0.05, AT_MOST,
            "The full model was not solved." if distance is None
            else "The error of the elimination itself, measured.",
            "Trust the full model where there is one.", required_margin=1.0,
            key="elimination_error",
        ),
        Criterion(
            "κ/4ω", APPROXIMATION, x.kappa / (4 * x.frequency), 0.05, AT_MOST,
            "Resolved sidebands: the rotating-wave approximation drops terms of relative weight (κ/4ω)².",
            "Keep the counter-rotating terms (`compare --no-rwa`).", required_margin=1.0,
            key="sideband_resolution",
        ),
        _kerr_ladder(oscillator, x),
        Criterion(
            "(n0+1)γ/2K", APPROXIMATION,
            (x.target + 1) * x.gamma / (2 * x.kerr) if x.kerr > 0 else None, 0.1, AT_MOST,
            "Neighbouring transitions must not share a line, or the secular dissipators of Lörch 2017 Eq. (2) fail.",
            "Trust the full model where there is one.", required_margin=1.0,
            key="secular",
        ),
    ]  # fmt: skip


def _kerr_ladder(oscillator: SelfOscillator, x: _Numbers) -> Criterion:
    last = min(x.target + 1, oscillator.levels - 2)
    kerrs = np.array([oscillator.ladder.kerr_at(n) for n in range(max(1, x.target - 1), last + 1)])
    spread = float(np.max(np.abs(kerrs / x.kerr - 1))) if x.kerr > 0 else None
    return Criterion(
        "spread of K next to n0", APPROXIMATION, spread, 0.1, AT_MOST,
        "γ, σ and n± describe a Kerr ladder; the rates of the real ladder do not rest on it.",
        "Use the rates per transition: they are what the solver is given.", required_margin=1.0,
        key="kerr_spread",
    )  # fmt: skip
