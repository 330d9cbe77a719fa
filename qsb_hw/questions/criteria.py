"""What a device must meet for the blockade to be seen, which models describe it, and what must have converged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Origin, chain_of
from qsb_hw.analysis.pair import PairAnalysis
from qsb_hw.elimination.compare import Comparison
from qsb_hw.elimination.eliminate import eliminate, intrinsic_rates
from qsb_hw.errors import ConvergenceError
from qsb_hw.lindblad.certificate import ACCURACY
from qsb_hw.model.criterion import Criteria, Criterion, CriterionKind, Sense
from qsb_hw.model.device import Device, gamma_of
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator, widest_linewidth
from qsb_hw.result import Certificate, Status, worst_status
from qsb_hw.units import show_time

if TYPE_CHECKING:
    from qsb_hw.questions.lasting import Lasting

REQUIREMENT, APPROXIMATION, NUMERICS = _ORDER = list(CriterionKind)
AT_LEAST, AT_MOST = Sense


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
_SOLVED = {
    "impurity_in_time": "at the end of an experiment, 1 − P(n0)",
    "slow_leak": "slow leak of P(n0)",
    "time_to_loss": "time until loss/experiment time",
    "error_bound": "error bound of the steady states",
    "truncation_populations": "truncation error of the populations",
    "truncation_contrast": "truncation error of the contrast",
    "truncation_synchronization": "truncation error of S",
}
"""Names of the criteria that are there only once something is solved, by key."""


def verdict_of(criteria: Iterable[Criterion]) -> Verdict:
    """The verdict of a list of criteria, by `VERDICT_RULE`."""
    known = [c for c in criteria if c.passed is not None]
    needs, failed = [c for c in known if c.kind is REQUIREMENT], [c for c in known if not c.passed]
    if any(c.kind is REQUIREMENT and not c.solved and not c.lasting for c in failed):
        return Verdict.INFEASIBLE
    if any(c.kind is NUMERICS for c in failed):
        return Verdict.UNDECIDED
    if any(c.kind is REQUIREMENT and not c.lasting for c in failed):
        return Verdict.INFEASIBLE
    return Verdict.FEASIBLE if all(c.meets_margin for c in needs) else Verdict.BORDERLINE


def criteria_of(analysis: Analysis, found: Lasting | None = None) -> Criteria:
    """Every criterion of a device and its twin under the conditions in force, requirements first.

    What was not solved is skipped, with the reason; without the course of time requirements are on the steady state.
    """
    known, alone = analysis.has_fock_state, _solved_alone(analysis)
    given = analysis.coupling_choice.origin is not Origin.ASSUMED
    return criteria_from(
        analysis.device,
        coupling=analysis.coupling if given else None,
        contrast=analysis.contrast if known else None,
        found=found,
        numerics=[*_numerics_of_node(analysis), *_numerics_of_pair(analysis.pair)] if known else [],
        **alone,
    )


def criteria_of_node(analysis: Analysis, found: Lasting | None = None) -> Criteria:
    """Every criterion of a device by itself, without those of a pair; as `criteria_of` otherwise."""
    alone = _solved_alone(analysis)
    numerics = _numerics_of_node(analysis) if analysis.has_fock_state else []
    return criteria_from(analysis.device, found=found, numerics=numerics, paired=False, **alone)


def criteria_of_link(pair: PairAnalysis) -> Criteria:
    """Every criterion of two coupled devices beside their own: |V| against both γ, the contrast, its convergence."""
    known, gammas = pair.has_fock_state, [gamma_of(node.device) for node in pair.nodes]
    ratios = (abs(pair.coupling) / max(gammas), abs(pair.coupling) / min(gammas)) if all(gammas) else None
    numerics = []
    if known:
        contrast = pair.contrast  # first, so that the bound is that of every solve
        solved = pair.solved
        numerics = [
            _error_bound(
                worst_status(s.status for s in solved), Certificate.worst(s.certificate for s in solved).error_bound
            ),
            *_numerics_of_pair(pair),
        ]
    return Criteria([
        *_neighbour(ratios, "The tones of a node are not coupled (γ = 0)."),
        _contrast(contrast if known else None, "A node has no Fock state."),
        *numerics,
    ])  # fmt: skip


def _solved_alone(analysis: Analysis) -> dict[str, Any]:
    """The full model against the eliminated one, or without complete devices 1 − P(n0) of that."""
    if not analysis.has_fock_state:
        return {}
    complete = analysis.requested.complete
    return {"comparison": analysis.comparison} if complete else {"impurity": 1 - analysis.fidelity}


def criteria_from(
    device: Device,
    *,
    coupling: float | None = None,
    comparison: Comparison | None = None,
    impurity: float | None = None,
    contrast: float | None = None,
    found: Lasting | None = None,
    numerics: Sequence[Criterion] = (),
    paired: bool = True,
) -> Criteria:
    """Criteria from what is known of a device, the platform-neutral ones first of their kind; the rest is skipped.

    `coupling` is V in rad/s with its sign; `impurity` is 1 − P(n0) of the eliminated model, where there is no
    comparison. Without `paired` those of a device and its twin are left out.
    """
    oscillator, n0 = device.oscillator(), device.target
    kerr, kappa = oscillator.ladder.kerr_at(n0), widest_linewidth(oscillator)
    gamma = gamma_of(device)
    ratio = abs(coupling) / gamma if coupling and gamma else None
    model, elimination_error = "full model" if impurity is None else "eliminated model", 0.0
    if comparison is not None:
        full, eliminated = (
            comparison.fock_fidelity(p) for p in (comparison.populations_full, comparison.populations_eliminated)
        )
        impurity, elimination_error = 1 - full, full - eliminated
    criteria = (
        *_spectral(kerr, kappa, gamma),
        *_losses(device, gamma, found is not None),
        *(_neighbour(None if ratio is None else (ratio, ratio), NO_COUPLING) if paired else ()),
        _impurity(model, impurity, found is not None),
        *([_contrast(contrast, "No pair was solved.")] if paired else ()),
        *(_in_time(found, impurity is not None, elimination_error) if found is not None else ()),
        *numerics,
        *_approximations(oscillator, n0, kerr, kappa, gamma, comparison),
        *device.criteria,
    )
    words = device.vocabulary
    remedies = [words.remedy(c.key, c.remedy) for c in criteria]
    own = (c if c.remedy == remedy else replace(c, remedy=remedy) for c, remedy in zip(criteria, remedies, strict=True))
    return Criteria(sorted(own, key=lambda c: _ORDER.index(c.kind)))


def named_of_device(device: Device, paired: bool = True) -> list[tuple[str, str, str]]:
    """Key, name and unit of every criterion a device can have, nothing solved; without `paired` of it by itself."""
    known = [*criteria_from(device, impurity=0.0, paired=paired), *criteria_from(device, paired=paired)]
    of_pair = ("truncation_contrast", "truncation_synchronization")
    return _named(known) + [(*_solved(key), "") for key in _SOLVED if paired or key not in of_pair]


def named_of_link() -> list[tuple[str, str, str]]:
    """Key, name and unit of every criterion of two coupled devices."""
    solved = ("error_bound", "truncation_contrast", "truncation_synchronization")
    return _named([*_neighbour(None, ""), _contrast(None, "")]) + [(*_solved(key), "") for key in solved]


def _named(criteria: Iterable[Criterion]) -> list[tuple[str, str, str]]:
    return [(c.key, c.name, c.unit) for c in criteria]


def _solved(key: str) -> tuple[str, str]:
    return key, _SOLVED[key]


def _criterion(
    key: str, name: str, value: float | None, sense: Sense, bound: float, why: str, remedy: str,
    skipped: str = "", kind: CriterionKind = REQUIREMENT, **more: Any,
) -> Criterion:  # fmt: skip
    """A requirement unless another kind; `skipped` is the reason where there is no value."""
    why = skipped if value is None and skipped else why
    return Criterion(name, kind, value, bound, sense, why, remedy, key=key, **more)


def _spectral(kerr: float, kappa: float, gamma: float) -> list[Criterion]:
    return [
        _criterion(
            "kerr_to_linewidth", "K/κ", kerr / kappa, AT_LEAST, 1.0,
            "A tone must address one transition of the ladder and not its neighbours: σ = κ/4K.",
            "Raise the anharmonicity K, or lower the linewidth of the baths.",
        ),
        _criterion(
            "kerr_to_gamma", "K/γ", kerr / gamma if gamma else None, AT_LEAST, 10.0,
            "The resonances at ±2K must stand clear of each other's width, which is of the order of γ.",
            "Lower g: γ = 4g²/κ falls with it.", "The tones are not coupled (γ = 0).",
        ),
    ]  # fmt: skip


def _losses(device: Device, gamma: float, timed: bool) -> list[Criterion]:
    oscillator, n0 = device.complete, device.target
    own, t_phi = intrinsic_rates(oscillator.ladder, oscillator.decoherence), oscillator.decoherence.t_phi
    effective = eliminate(oscillator)
    engineered = effective.rates - own
    damping = engineered[n0, n0 + 1]
    steps = np.arange(1, n0 + 1)
    pump, loss = engineered[steps, steps - 1], own[steps - 1, steps]
    ratios = pump / loss if np.any(loss > 0) else None
    weakest = 0 if ratios is None else int(np.argmin(ratios))
    return [
        _criterion(
            "pumping_to_loss", "slowest pumping rate/loss (γT1 for n0 = 1)",
            None if ratios is None else float(ratios.min()), AT_LEAST, 10.0,
            f"T1 empties |{n0}⟩ unless every step up to it is pumped faster; the slowest is {weakest} → {weakest + 1}.",
            "Lengthen T1 or raise γ; for n0 ≥ 2 the lower steps are pumped only off resonance (∝ γσ²): "
            "widen σ or add a tone per step.", "No T1 is given.",
        ),
        _criterion(
            "heating_to_damping", f"heating out of |{n0}⟩ / damping",
            float(own[n0 + 1, n0] / damping) if damping else None, AT_MOST, 0.05,
            f"The damping tone must bring |{n0 + 1}⟩ back faster than heat brings it up.",
            "Cool or shield the oscillator, or raise γ.",
        ),
        _criterion(
            "fall_above_target", f"down/up above |{n0}⟩, worst step", _fall(device, effective), AT_LEAST, 1.0,
            "The populations must fall towards the top of the ladder; flat heating exceeds the tail γσ²/k² of "
            "the damping tone at some level.",
            "Heat less, raise γσ², add a broad tone that cools the upper levels, or let T1 empty the top.",
            required_margin=1.0, lasting=timed,
        ),
        _criterion(
            "gamma_t_phi", "γ·Tφ", None if math.isinf(t_phi) else gamma * t_phi, AT_LEAST, 1.0,
            "Dephasing must not wash out the coherence between neighbouring levels, which decays at about γ.",
            "Reduce dephasing, or raise γ.", "No pure dephasing time is given.",
        ),
    ]  # fmt: skip


def _fall(device: Device, effective: EffectiveOscillator) -> float | None:
    """Smallest ratio of down- to up-rate above n0, on levels with a steady-state population and n0 + 4 at least."""
    last, n0 = effective.levels - 1, device.target
    try:
        _, populations = chain_of(device)
    except ConvergenceError:
        pass
    else:
        held = np.flatnonzero(np.cumsum(populations[::-1])[::-1] > NEGLIGIBLE_POPULATION)
        last = int(min(max(held.max(initial=0), n0 + 4), last))
    up, down = effective.up_rates[n0:last], effective.down_rates[n0:last]
    return float(np.min(down / np.where(up > 0, up, np.finfo(float).tiny))) if up.size else None


NO_COUPLING = "No coupling is given: neither an option nor [pair] of the device file."


def _neighbour(ratios: tuple[float, float] | None, skipped: str) -> list[Criterion]:
    """|V| over the larger γ of both devices, and over the smaller."""
    larger, smaller = ratios or (None, None)
    return [
        _criterion(
            "coupling_to_gamma_visible", "V/γ (visible)", larger, AT_LEAST, 0.1,
            "S grows as V/γ; below 0.1 it is smaller than the usual error of tomography.",
            "Raise V, or lower γ.", skipped, required_margin=1.5,
        ),
        _criterion(
            "coupling_to_gamma_hybridised", "V/γ (not hybridised)", smaller, AT_MOST, 1.0,
            "Above γ the exchange is faster than the stabilisation.",
            "Lower V, or raise γ.", skipped, required_margin=1.5,
        ),
    ]  # fmt: skip


def _impurity(model: str, impurity: float | None, timed: bool) -> Criterion:
    return _criterion(
        "impurity", f"1 − P(n0), {model}", impurity, AT_MOST, LARGEST_IMPURITY,
        "The blockade is an effect of one populated level.",
        "Lower σ = κ/4K, or lengthen T1. A larger g raises γT1, and with it the error (g/κ)² of the tones.",
        "The full model was not solved.",
        required_margin=3.0, solved=True, lasting=timed,
    )  # fmt: skip


def _contrast(contrast: float | None, skipped: str) -> Criterion:
    return _criterion(
        "contrast", "S(resonance)/S(0)", _known(contrast), AT_LEAST, 2.0,
        "The blockade is seen as the contrast between the resonances and zero detuning.",
        "Raise K/γ and P(n0), lower V/γ.", skipped, solved=True,
    )  # fmt: skip


def _in_time(x: Lasting, known: bool, elimination_error: float) -> list[Criterion]:
    """Requirements at the end of an experiment, after it, and on the time until the barrier is crossed."""
    time = x.experiment_time.value
    end, settling = show_time(time), show_time(1 / x.relaxation_rate if x.relaxation_rate else math.inf)
    loss = _known(x.time_to_loss / time)
    missing = "There is no Fock state."
    change = "lengthen" if x.fidelity_forever > x.fidelity else "shorten"
    return [
        _criterion(
            *_solved("impurity_in_time"),
            1 - x.fidelity - elimination_error if known else None, AT_MOST, LARGEST_IMPURITY,
            f"After {end} ({x.experiment_time.origin.value}), from the ground state on; populations relax within "
            f"{settling}.",
            f"As for 1 − P(n0); or {change} the experiment.", missing, required_margin=3.0,
        ),
        _criterion(
            *_solved("slow_leak"), max(x.fidelity - x.fidelity_forever, 0.0) if known else None,
            AT_MOST, LARGEST_LEAK,
            f"Fall of P(n0) after {end}: whether the verdict holds for longer than one experiment.",
            "Add a broad tone that cools the upper levels, heat less, or widen σ.", missing,
            required_margin=1.0, lasting=True,
        ),
        _criterion(
            *_solved("time_to_loss"), loss if known else None, AT_LEAST, 1.0,
            f"Heating and the tones drive it over the barrier after {show_time(x.time_to_loss)} on average.",
            "Raise the barrier, heat less, or add a broad tone that cools the upper levels.",
            "No barrier is known for this ladder." if loss is None else missing, required_margin=10.0,
        ),
    ]  # fmt: skip


_numerical = partial(_criterion, kind=NUMERICS, required_margin=1.0, solved=True)


def _error_bound(status: Status, bound: float) -> Criterion:
    bound = bound if status is Status.CONVERGED else math.inf
    return _numerical(
        *_solved("error_bound"), bound, AT_MOST, ACCURACY,
        "Residual and slowest relaxation together bound how far every steady state is from the true one."
        if math.isfinite(bound) else "A steady state was not found.",
        "Keep fewer levels, or bring the rates closer together.",
    )  # fmt: skip


def _numerics_of_node(analysis: Analysis) -> list[Criterion]:
    """Whether steady states were found, and what levels and Fock states left out may change in the populations."""
    conditions = analysis.base_conditions
    return [
        _error_bound(analysis.status, analysis.certificate.error_bound),
        _numerical(
            *_solved("truncation_populations"),
            _known(conditions.level_error + conditions.bath_error), AT_MOST, LARGEST_TRUNCATION,
            f"Share of the population that levels beyond the {analysis.effective.levels} kept, or one more Fock state "
            "of each auxiliary mode, would move.",
            "Keep more levels (--levels, --bath-levels), or leave both to be chosen.",
        ),
    ]  # fmt: skip


def _numerics_of_pair(pair: PairAnalysis) -> list[Criterion]:
    """What levels and Fock states left out may change in S and in the contrast."""
    complete, kept = pair.requested.complete, f"{pair.first.reference.levels}"
    contrast_error = pair_error = math.nan
    if complete:
        size = pair.size
        contrast_error, pair_error = size.total_contrast_error, size.total_error
        kept = " and ".join(str(n) for n in dict.fromkeys(size.both))
    beyond = f"by levels beyond the {kept} kept of each ladder of the complete pair, and one more Fock state."
    more = "Keep more levels (--pair-levels, --bath-levels), or lower the populations above n0."
    unknown = "A pair with one more Fock state is too large to be solved." if complete else ""
    return [
        _numerical(
            *_solved("truncation_contrast"), _known(contrast_error), AT_MOST,
            LARGEST_CONTRAST_ERROR, f"Relative change of S(resonance)/S(0) {beyond}", more, unknown,
        ),
        _numerical(
            *_solved("truncation_synchronization"), _known(pair_error), AT_MOST,
            LARGEST_CONTRAST_ERROR, f"Relative change of S {beyond}", more,
        ),
    ]  # fmt: skip


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _approximations(
    oscillator: SelfOscillator, n0: int, kerr: float, kappa: float, gamma: float, comparison: Comparison | None
) -> list[Criterion]:
    ladder = oscillator.ladder
    coupling = max((t.coupling / t.linewidth for t in oscillator.stabilising_tones), default=math.nan)
    near = np.array([ladder.kerr_at(n) for n in range(max(1, n0 - 1), min(n0 + 1, oscillator.levels - 2) + 1)])
    positive, full = kerr > 0, "Trust the full model where there is one."
    criterion = partial(_criterion, kind=APPROXIMATION, required_margin=1.0)
    return [
        criterion(
            "adiabaticity", "√(n0+1)·g/κ", math.sqrt(n0 + 1) * coupling, AT_MOST, 0.1,
            "Elimination requires that an auxiliary mode decays before the next quantum enters.",
            "Lower g or widen κ, or trust the full model.",
        ),
        criterion(
            "elimination_error", "trace distance full–eliminated",
            None if comparison is None else comparison.trace_distance, AT_MOST, 0.05,
            "The error of the elimination itself, measured.", full, "The full model was not solved.",
        ),
        criterion(
            "sideband_resolution", "κ/4ω", kappa / (4 * float(ladder.transition_frequencies[0])), AT_MOST, 0.05,
            "Resolved sidebands: the rotating-wave approximation drops terms of relative weight (κ/4ω)².",
            "Keep the counter-rotating terms (`compare --no-rwa`).",
        ),
        criterion(
            "kerr_spread", "spread of K next to n0",
            float(np.max(np.abs(near / kerr - 1))) if positive else None, AT_MOST, 0.1,
            "γ, σ and n± describe a Kerr ladder; the rates of the real ladder do not rest on it.",
            "Use the rates per transition: they are what the solver is given.",
        ),
        criterion(
            "secular", "(n0+1)γ/2K", (n0 + 1) * gamma / (2 * kerr) if positive else None, AT_MOST, 0.1,
            "Neighbouring transitions must not share a line, or the secular dissipators of Lörch 2017 Eq. (2) fail.",
            full,
        ),
    ]  # fmt: skip
