"""What ``qsb-hw budget --json`` prints: keys as stable as those of `qsb_hw.show.record`, in the same units."""

from __future__ import annotations

from collections.abc import Mapping

from qsb_hw.analysis.conditions import chosen
from qsb_hw.questions.budget import DetectionEstimate, DeviceBudget
from qsb_hw.questions.comb import CombTone
from qsb_hw.questions.detection import Shots
from qsb_hw.questions.noise import NoiseBudget, NoiseRow
from qsb_hw.questions.tones import ToneAdvice, ToneVariant
from qsb_hw.show.plain import plain_record
from qsb_hw.show.record import Record, device_record, numerics_record, oscillator_record
from qsb_hw.units import to_hertz

BUDGET_KEYS: Mapping[str, str] = {
    "noise.fidelity": "P(n0) of the device as modelled: every Lindblad channel, nothing slow, no cavity Kerr",
    "noise.contrast": "S(resonance)/S(0) of the complete pair, likewise",
    "noise.pair_levels": "levels per ladder in the pair; its auxiliary modes hold one quantum",
    "noise.settling_rate": "1/s, slowest decay of one device with all levels kept",
    "noise.rows": "list, worst first, those not given last, of {noise, name, given, size, fidelity, fidelity_without, "
    "fidelity_loss, fidelity_error, contrast, contrast_without, contrast_loss, contrast_error, "
    "contrast_resolved, status, residual, error_bound, gap, "
    "remedy}: with and without one noise; contrast_loss is a share; errors are those of the average over a slow noise",
    "tones.target": "n0",
    "tones.variants": "list of {name, linewidth_hz, sigma, pumped, drained, fidelity, contrast, weakest_step, "
    "adiabaticity, status, residual, error_bound, gap, why}; contrast is null where the pair is too large; "
    "a variant that does not exist "
    "has a null status and says why",
    "tones.best_linewidth_hz": "κ/2π at which P(n0) is largest with one tone a side at the same γ",
    "tones.at_edge": "true where that is an end of the range searched, κ = 4γ or σ = 1",
    "tones.scanned_linewidth_hz": "κ/2π tried",
    "tones.scanned_fidelity": "P(n0) there; null where a solve failed",
    "tones.comb": "list of {level, role, detuning_hz, linewidth_hz, coupling_hz}: the comb at the linewidth specified, "
    "level the upper one of its transition; null where its tones would collide",
    "tones.advice": "what to change, in a sentence",
    "measurement.coupling_hz": "V/2π",
    "measurement.coupling_assumed": "true where the device file names no V and the tool took one",
    "measurement.settling_time_s": "ln(100) over the Liouvillian gap of the pair: what one repetition waits",
    "measurement.settling_rate": "1/s, that gap",
    "measurement.repetitions_to_contrast": "at Δ = 0, by phase readout, until S(0) is below half of S(resonance)",
    "measurement.detection": "list of {detuning_hz, resonance, S, shots: [{protocol, signal, harmonics, variance, "
    "phase_cost, naive_bias, repetitions, duration_s, sigmas, rate}]}: a resonance, then zero detuning; the other "
    "resonance is a mirror image",
}
"""Keys beside `device`, `oscillator` and `numerics`, which are those of the other verbs."""


def budget_record(budget: DeviceBudget) -> Record:
    """Everything a budget holds; `noise`, `tones` and `measurement` are null where there is no Fock state."""
    return {
        "device": device_record(budget.device),
        "oscillator": oscillator_record(budget.oscillator),
        "noise": None if budget.noise is None else noise_record(budget.noise),
        "tones": None if budget.tones is None else tones_record(budget.tones),
        "measurement": measurement_record(budget) if budget.detection else None,
        "numerics": numerics_record(budget.numerics),
    }


def noise_record(noise: NoiseBudget) -> Record:
    """The `noise` part."""
    return plain_record(
        fidelity=noise.nominal.fidelity,
        contrast=noise.nominal.contrast,
        pair_levels=chosen(noise.conditions.pair_levels),
        settling_rate=noise.settling_rate,
        rows=[_row(row) for row in noise.rows],
    )


def tones_record(tones: ToneAdvice) -> Record:
    """The `tones` part."""
    comb = tones.comb
    return plain_record(
        target=tones.target,
        variants=[_variant(variant) for variant in tones.variants],
        best_linewidth_hz=to_hertz(tones.optimum.linewidth),
        at_edge=tones.optimum.at_edge,
        scanned_linewidth_hz=to_hertz(tones.optimum.scanned_linewidth),
        scanned_fidelity=tones.optimum.scanned_fidelity,
        comb=None if comb is None else [_tone(tone) for tone in (*comb.amplification, *comb.damping)],
        advice=tones.advice,
    )


def measurement_record(budget: DeviceBudget) -> Record:
    """The `measurement` part."""
    return plain_record(
        coupling_hz=to_hertz(chosen(budget.conditions.coupling)),
        coupling_assumed=budget.conditions.coupling_assumed,
        settling_time_s=budget.settling_time,
        settling_rate=budget.settling_rate,
        repetitions_to_contrast=budget.repetitions_to_contrast,
        detection=[_sighting(sighting, budget.settling_time) for sighting in budget.detection],
    )


def _row(row: NoiseRow) -> Record:
    return plain_record(
        noise=row.noise,
        name=row.name,
        given=row.given,
        size=row.size,
        fidelity=row.fidelity,
        fidelity_without=row.fidelity_without,
        fidelity_loss=row.fidelity_loss,
        fidelity_error=row.fidelity_error,
        contrast=row.contrast,
        contrast_without=row.contrast_without,
        contrast_loss=row.contrast_loss,
        contrast_error=row.contrast_error,
        contrast_resolved=row.contrast_resolved if row.given else None,
        status=row.status,
        residual=row.certificate.residual,
        error_bound=row.certificate.error_bound,
        gap=row.certificate.gap,
        remedy=row.remedy,
    )


def _variant(variant: ToneVariant) -> Record:
    return plain_record(
        name=variant.name,
        linewidth_hz=to_hertz(variant.linewidth),
        sigma=variant.sigma,
        amplified=variant.amplified,
        damped=variant.damped,
        fidelity=variant.fidelity,
        contrast=variant.contrast,
        slowest_pumping=variant.slowest_pumping,
        adiabaticity=variant.adiabaticity,
        status=variant.status,
        residual=variant.certificate.residual,
        error_bound=variant.certificate.error_bound,
        gap=variant.certificate.gap,
        message=variant.message,
    )


def _tone(tone: CombTone) -> Record:
    return plain_record(
        level=tone.level,
        role=tone.tone.role,
        detuning_hz=to_hertz(tone.tone.detuning),
        linewidth_hz=to_hertz(tone.tone.linewidth),
        coupling_hz=to_hertz(tone.tone.coupling),
    )


def _sighting(sighting: DetectionEstimate, settling_time: float) -> Record:
    return plain_record(
        detuning_hz=to_hertz(sighting.detuning),
        resonance=sighting.resonance,
        S=sighting.S,
        shots=[_shots(one, settling_time) for one in sighting.shots],
    )


def _shots(one: Shots, settling_time: float) -> Record:
    return plain_record(
        protocol=one.protocol,
        signal=one.signal,
        harmonics=one.harmonics,
        variance=one.variance,
        phase_cost=one.phase_cost,
        naive_bias=one.naive_bias,
        repetitions=one.repetitions,
        duration_s=one.repetitions * settling_time,
        sigmas=one.sigmas,
        rate=one.rate,
    )
