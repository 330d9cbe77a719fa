"""Results as records: what `--json` prints.

Keys are stable: new ones may be added inside a part, none is renamed or dropped. A part that was not
computed is null (`numerics.skipped` says why); so is every number that is not finite.
A key that ends in ``_hz`` is a cyclic frequency in Hz (ω/2π, also γ/2π and V/2π); one that ends in ``_rates`` or
``_rate`` counts events per second in 1/s, without 2π; one that ends in ``_s`` is a time in seconds. σ and n± are
in levels, populations, S and distances pure numbers. `KEYS` names them all, `budget_record.BUDGET_KEYS` those of
``qsb-hw budget``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qsb_hw.analysis.pair import SyncPrediction
from qsb_hw.elimination.compare import Comparison
from qsb_hw.elimination.fit import FittedParameters
from qsb_hw.model.bath import Bath, Tone
from qsb_hw.model.criterion import Criterion
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator, Lorentzian
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.assess import Assessment
from qsb_hw.questions.lasting import Lasting
from qsb_hw.questions.numerics import Numerics
from qsb_hw.show.error_budget_record import error_budget_record
from qsb_hw.show.plain import plain_record
from qsb_hw.sync.resonances import Resonance
from qsb_hw.units import to_hertz

Record = dict[str, Any]

KEYS: Mapping[str, str] = {
    "device.name": "from the device file",
    "device.platform": "tag of the platform",
    "device.description": "from the device file",
    "device.target": "n0, the Fock state to stabilise",
    "device.bound_levels": "levels the platform vouches for",
    "device.coupling_hz": "V/2π between neighbours, null without a pair",
    "device.derived_quantities": "list of {name, value, unit, note}, in SI, frequencies cyclic",
    "verdict": '"feasible", "borderline", "infeasible", or "undecided" where the numbers have not converged',
    "lasting.experiment_time_s": "duration of an experiment; `lasting` is what the eliminated oscillator with every "
    "level does in the course of time, from the ground state on, and null where its populations come to no rest",
    "lasting.experiment_time_origin": "who said so",
    "lasting.relaxation_rate": "1/s, slowest decay of the populations",
    "lasting.populations": "at the end of an experiment, of what has not left the ladder",
    "lasting.populations_forever": "for ever",
    "lasting.lost": "share that has left the ladder by the end of an experiment; null where no barrier is known",
    "lasting.time_to_loss_s": "mean time until the ladder is left; null where no barrier is known, or never",
    "lasting.holds_s": "time from which on P(n0) is too small; null for never, 0 if it already is at the end",
    "oscillator.frequency_hz": "0→1 transition, ω/2π",
    "oscillator.kerr_hz": "K/2π at n0: half the drop in spacing across it; the anharmonicity is −2K",
    "oscillator.transition_frequencies_hz": "spacings n−1→n for n = 1 … levels−1",
    "oscillator.levels": "levels kept",
    "oscillator.target": "n0, the top of the transition the amplifying tone addresses",
    "oscillator.t1_s": "energy relaxation time of level 1; null for none",
    "oscillator.t_phi_s": "pure dephasing time of the 0↔1 coherence; null for none",
    "oscillator.thermal_occupation": "mean quanta of the environment",
    "oscillator.heating_rate": "1/s, of a bath without temperature",
    "oscillator.baths": "list of {name, levels, tones: [{role, detuning_hz, linewidth_hz, coupling_hz, gamma_hz}]}",
    "effective.gamma_hz": "γ/2π, γ = 4g²/κ the peak rate of one quantum in 1/s; geometric mean of both sides",
    "effective.sigma": "σ in levels, derived convention (κ/4K), mean of both sides",
    "effective.n_plus": "centre of the amplification in levels, derived convention",
    "effective.n_minus": "centre of the damping in levels, derived convention",
    "effective.gamma_published_hz": "γ/2π as printed in Lörch 2017; null where it has no closed form",
    "effective.sigma_published": "σ as printed in Lörch 2017 (κ/8K)",
    "effective.n_plus_published": "n₊ as printed",
    "effective.n_minus_published": "n₋ as printed",
    "effective.up_rates": "1/s, n−1→n for n = 1 … levels−1, of the real ladder, losses and heat included",
    "effective.down_rates": "1/s, n→n−1 likewise",
    "effective.up_rates_published": "1/s, from the printed closed forms; null where there are none",
    "effective.down_rates_published": "1/s, likewise",
    "effective.dephasing_rate": "1/Tφ in 1/s",
    "effective.transition_frequencies_hz": "spacings after the baths' level shifts",
    "criteria": "list of {name, kind, value, unit, bound, sense, margin, passed, meets_margin, required_margin, why, remedy}; "
    "kind is need, approximation or numerics; value, margin, passed and meets_margin are null where the check means "
    "nothing; margin alone is null where it is infinite",
    "comparison.target": "n0",
    "comparison.populations_full": "of the levels, every bath kept",
    "comparison.populations_eliminated": "of the levels, baths eliminated",
    "comparison.populations_published": "of the levels, with the printed σ and n±; null where there are none",
    "comparison.trace_distance": "½‖ρ_full − ρ_eliminated‖₁ of the oscillator",
    "comparison.trace_distance_published": "likewise with the printed parameters",
    "comparison.fock_fidelity_full": "P(n0), every bath kept",
    "comparison.fock_fidelity_eliminated": "P(n0), baths eliminated",
    "comparison.fock_fidelity_published": "P(n0), printed parameters",
    "comparison.relaxation_rate_full": "1/s, slowest decay of the populations, every bath kept",
    "comparison.relaxation_rate_eliminated": "1/s, likewise, baths eliminated",
    "comparison.fitted": "{gamma_hz, sigma, n_plus, n_minus, amplification, damping, worst_misfit, reason} read off "
    "the full model's currents; a side is {gamma_hz, sigma, centre} or null, `reason` says why",
    "comparison.supported_convention": '"derived", "published", "neither" or "undecided"',
    "comparison.supported": "the nearer convention for each of sigma, n_plus, n_minus; empty without a fit",
    "synchronization.coupling_hz": "V/2π",
    "synchronization.coupling_assumed": "true where the device file names no V and the tool took one",
    "synchronization.detuning_hz": "Δ/2π of the sweep, Δ = ω_1 − ω_2",
    "synchronization.S": "of the eliminated pair at `detuning_hz`; null where a solve failed",
    "synchronization.resonances_hz": "Δ/2π at which |n0, n0⟩ meets |n0±1, n0∓1⟩",
    "synchronization.resonances": "list of {detuning_hz, before, after}: the levels that meet",
    "synchronization.full_detuning_hz": "Δ/2π of `S_full` and `S_eliminated`: zero, then the resonances",
    "synchronization.S_full": "of the complete pair, every bath of both devices kept",
    "synchronization.S_eliminated": "of the eliminated pair with as many levels",
    "synchronization.blockade_contrast": "S(resonance)/S(0) of the complete pair, the weaker resonance",
    "synchronization.blockade_contrast_eliminated": "the same of the eliminated pair",
    "synchronization.full_dims": "dimensions of the complete pair: oscillator 1, its baths, oscillator 2, its baths",
    "synchronization.truncation_error": "effect of the levels left out of the eliminated pair",
    "error_budget.target": "n0",
    "error_budget.levels": "levels of each single oscillator",
    "error_budget.coupling_hz": "V/2π of the pairs",
    "error_budget.coupling_assumed": "true where the device file names no V and the tool took one",
    "error_budget.detuning_hz": "Δ/2π of the resonance |n0, n0⟩ ↔ |n0+1, n0−1⟩, the same on every description",
    "error_budget.limit": "cost above which an approximation fails",
    "error_budget.worst": "name of the description the most expensive step leads to",
    "error_budget.first_failure": "name of the description the first failing step on the way down leads to; null for none",
    "error_budget.truncation_error": "what the levels left out change in the populations",
    "error_budget.converged": "whether every solve that was tried is certified",
    "error_budget.residual": "largest ‖Lρ‖/(‖ρ‖·rate)",
    "error_budget.error_bound": "largest bound on ‖ρ − ρ_true‖ (Frobenius norm)",
    "error_budget.gap": "slowest relaxation of all steady states in 1/s, estimated",
    "error_budget.descriptions": "list of {name, meaning, status, message, dims, populations, fock_fidelity, relaxation_rate, "
    "residual, error_bound, gap, pair_dims, S_zero, S_resonance}, from everything the platform knows "
    "downwards; S of the largest pair "
    "solved; status is converged, skipped, failed or how the solve ended",
    "error_budget.steps": "list of {above, below, neglected, remedy, status, message, cost, limiting, fails, "
    "trace_distance, fock_fidelity_change, relaxation_change, S_zero, S_resonance, S_zero_change, S_resonance_change, "
    "pair_dims, residual, error_bound, gap}: from one description to the next, pairs of one size; S as [above, "
    "below], changes of S and of the "
    "slowest decay relative, of P(n0) absolute, all below less above; cost is the largest of trace distance and "
    "relative changes of S",
    "error_budget.operations": "{gmres_steps, products, single_products, factorisations, probe_steps} of all solves",
    "numerics.status": '"converged" if every solve was, else the first that was not',
    "numerics.residual": "largest ‖Lρ‖/(‖ρ‖·rate)",
    "numerics.error_bound": "largest bound on ‖ρ − ρ_true‖ (Frobenius norm)",
    "numerics.gap": "slowest relaxation of all steady states in 1/s, estimated",
    "numerics.truncation_error": "share of the population that levels and Fock states left out would move, or where "
    "the levels above are not known their estimated effect on populations and coherences",
    "numerics.levels": "levels of the ladder kept",
    "numerics.levels_origin": "who said so; null where nothing was chosen",
    "numerics.bath_levels": "Fock states of each auxiliary mode kept; null where no bath is a mode",
    "numerics.bath_levels_origin": "who said so",
    "numerics.pair_levels": "levels of each ladder of the complete pair; null without one",
    "numerics.pair_error": "relative change of S that the levels above them would make",
    "numerics.contrast_error": "relative change of S(resonance)/S(0) that they would make",
    "numerics.pair_bath_error": "of both, what one more Fock state of each mode makes; null where it was not solved",
    "numerics.bath_edge_population": "largest population of the highest level kept of any bath in the full model",
    "numerics.skipped": "what was not computed, and why",
}
"""Every key of `assessment_record`, and what it holds; the other verbs' records are made of the same parts."""


def assessment_record(assessment: Assessment) -> Record:
    """What ``qsb-hw check --json`` prints."""
    return {
        "device": device_record(assessment.device),
        "verdict": assessment.verdict.value,
        "oscillator": oscillator_record(assessment.oscillator),
        "effective": effective_record(assessment.effective, assessment.published),
        "criteria": [criterion_record(c) for c in assessment.criteria],
        "comparison": None if assessment.comparison is None else comparison_record(assessment.comparison),
        "synchronization": (
            None if assessment.synchronization is None else synchronization_record(assessment.synchronization)
        ),
        "error_budget": None if assessment.budget is None else error_budget_record(assessment.budget),
        "lasting": None if assessment.lasting is None else lasting_record(assessment.lasting),
        "numerics": numerics_record(assessment.numerics),
    }


def lasting_record(found: Lasting) -> Record:
    """The `lasting` part."""
    return plain_record(
        experiment_time_s=found.experiment_time.value,
        experiment_time_origin=found.experiment_time.origin,
        relaxation_rate=found.relaxation_rate,
        populations=found.populations,
        populations_forever=found.populations_forever,
        lost=found.lost,
        time_to_loss_s=found.time_to_loss,
        holds_s=found.holds,
    )


def device_record(device: Device) -> Record:
    """The `device` part."""
    derived_quantities = [
        {"name": f.name, "value": f.value, "unit": f.unit, "note": f.note} for f in device.derived_quantities
    ]
    return plain_record(
        name=device.name,
        platform=device.platform,
        description=device.description,
        target=device.target,
        bound_levels=device.complete.levels,
        coupling_hz=to_hertz(device.nearest_coupling) if device.nearest_coupling else None,
        derived_quantities=derived_quantities,
    )


def oscillator_record(oscillator: SelfOscillator) -> Record:
    """The `oscillator` part."""
    ladder, intrinsic, target = oscillator.ladder, oscillator.decoherence, oscillator.target
    level = min(max(target or 1, 1), ladder.levels - 2)
    return plain_record(
        frequency_hz=to_hertz(ladder.transition_frequencies[0]),
        kerr_hz=to_hertz(ladder.kerr_at(level)) if level >= 1 else None,
        transition_frequencies_hz=to_hertz(ladder.transition_frequencies),
        levels=oscillator.levels,
        target=target,
        t1_s=intrinsic.t1,
        t_phi_s=intrinsic.t_phi,
        thermal_occupation=intrinsic.thermal_occupation,
        heating_rate=intrinsic.heating_rate,
        baths=[_bath(bath) for bath in oscillator.baths],
    )


def effective_record(derived: EffectiveOscillator, published: EffectiveOscillator | None) -> Record:
    """The `effective` part: the derived convention, and the published one beside it."""
    return plain_record(
        gamma_hz=to_hertz(derived.gamma),
        sigma=derived.sigma,
        n_plus=derived.n_plus,
        n_minus=derived.n_minus,
        gamma_published_hz=None if published is None else to_hertz(published.gamma),
        sigma_published=None if published is None else published.sigma,
        n_plus_published=None if published is None else published.n_plus,
        n_minus_published=None if published is None else published.n_minus,
        up_rates=derived.up_rates,
        down_rates=derived.down_rates,
        up_rates_published=None if published is None else published.up_rates,
        down_rates_published=None if published is None else published.down_rates,
        dephasing_rate=derived.dephasing_rate,
        transition_frequencies_hz=to_hertz(derived.ladder.transition_frequencies),
    )


def criterion_record(criterion: Criterion) -> Record:
    """One entry of `criteria`."""
    return plain_record(
        name=criterion.name,
        kind=criterion.kind,
        value=criterion.value,
        unit=criterion.unit,
        bound=criterion.bound,
        sense=criterion.sense,
        margin=criterion.margin,
        passed=criterion.passed,
        meets_margin=criterion.meets_margin,
        required_margin=criterion.required_margin,
        why=criterion.why,
        remedy=criterion.remedy,
    )


def comparison_record(comparison: Comparison) -> Record:
    """The `comparison` part."""
    full, eliminated = comparison.populations_full, comparison.populations_eliminated
    published = comparison.populations_published
    return plain_record(
        target=comparison.target,
        populations_full=full,
        populations_eliminated=eliminated,
        populations_published=published,
        trace_distance=comparison.trace_distance,
        trace_distance_published=comparison.trace_distance_published,
        fock_fidelity_full=comparison.fock_fidelity(full),
        fock_fidelity_eliminated=comparison.fock_fidelity(eliminated),
        fock_fidelity_published=comparison.fock_fidelity(published),
        relaxation_rate_full=comparison.relaxation_rate_full,
        relaxation_rate_eliminated=comparison.relaxation_rate_eliminated,
        fitted=_fitted(comparison.fitted),
        supported_convention=comparison.supported_convention,
        supported=comparison.supported,
    )


def synchronization_record(prediction: SyncPrediction) -> Record:
    """The `synchronization` part."""
    return plain_record(
        coupling_hz=to_hertz(prediction.coupling),
        coupling_assumed=prediction.assumed,
        detuning_hz=to_hertz(prediction.detuning),
        S=prediction.S,
        resonances_hz=[to_hertz(r.detuning) for r in prediction.resonances],
        resonances=[_resonance(r) for r in prediction.resonances],
        full_detuning_hz=to_hertz(prediction.full_detuning),
        S_full=prediction.S_full,
        S_eliminated=prediction.S_eliminated,
        blockade_contrast=prediction.contrast,
        blockade_contrast_eliminated=prediction.contrast_eliminated,
        full_dims=prediction.full[0].steady.dims if prediction.full else None,
        truncation_error=prediction.truncation_error,
    )


def numerics_record(numerics: Numerics) -> Record:
    """The `numerics` part."""
    conditions = numerics.conditions
    bath = None if conditions is None else conditions.bath_levels
    return plain_record(
        status=numerics.status,
        residual=numerics.certificate.residual,
        error_bound=numerics.certificate.error_bound,
        gap=numerics.certificate.gap,
        truncation_error=numerics.truncation_error,
        levels=numerics.levels,
        levels_origin=None if conditions is None else conditions.levels.origin,
        bath_levels=None if bath is None else int(bath.value),
        bath_levels_origin=None if bath is None else bath.origin,
        pair_levels=numerics.pair_levels,
        pair_error=numerics.pair_error,
        contrast_error=numerics.contrast_error,
        pair_bath_error=numerics.pair_bath_error,
        bath_edge_population=numerics.bath_edge_population,
        skipped=numerics.skipped,
    )


def _bath(bath: Bath) -> Record:
    return plain_record(name=bath.name, levels=bath.levels, tones=[_tone(tone) for tone in bath.tones])


def _tone(tone: Tone) -> Record:
    return plain_record(
        role=tone.role,
        detuning_hz=to_hertz(tone.detuning),
        linewidth_hz=to_hertz(tone.linewidth),
        coupling_hz=to_hertz(tone.coupling),
        gamma_hz=to_hertz(tone.gamma),
    )


def fitted_gamma(fitted: FittedParameters) -> float:
    """γ in 1/s as `EffectiveOscillator.gamma` defines it, the geometric mean of both sides; NaN without both."""
    up, down = fitted.amplification, fitted.damping
    return math.sqrt(up.gamma * down.gamma) if up and down else math.nan


def fitted_sigma(fitted: FittedParameters) -> float:
    """σ in levels as `EffectiveOscillator.sigma` defines it, the mean of both sides; NaN without both."""
    up, down = fitted.amplification, fitted.damping
    return (up.sigma + down.sigma) / 2 if up and down else math.nan


def _fitted(fitted: FittedParameters) -> Record:
    up, down = fitted.amplification, fitted.damping
    return plain_record(
        gamma_hz=to_hertz(fitted_gamma(fitted)),
        sigma=fitted_sigma(fitted),
        n_plus=None if up is None else up.centre,
        n_minus=None if down is None else down.centre,
        amplification=_lorentzian(up),
        damping=_lorentzian(down),
        worst_misfit=fitted.worst_misfit,
        reason=fitted.reason,
    )


def _lorentzian(side: Lorentzian | None) -> Record | None:
    return None if side is None else plain_record(gamma_hz=to_hertz(side.gamma), sigma=side.sigma, centre=side.centre)


def _resonance(resonance: Resonance) -> Record:
    return plain_record(detuning_hz=to_hertz(resonance.detuning), before=resonance.levels, after=resonance.after)
