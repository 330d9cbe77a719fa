"""Ensembles as records: the `ensemble` part of what ``qsb-hw ensemble --json`` prints, beside `device`.

Rules as in `record`: stable keys, frequencies cyclic in Hz, rates in 1/s, times in s, null for what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qsb_hw.questions.ensemble_results import Arrangement, EnsemblePrediction, Neighbourhood
from qsb_hw.show.plain import plain_record
from qsb_hw.units import to_hertz

Record = dict[str, Any]

KEYS: Mapping[str, str] = {
    "ensemble.devices": "N",
    "ensemble.pair_coupling_hz": "v/2π with its sign",
    "ensemble.pair_coupling_source": "given, from the device, or assumed",
    "ensemble.gain_rate": "γ₊ in 1/s, into n0 from below",
    "ensemble.loss_rate": "γ₋ in 1/s, into n0 from above",
    "ensemble.asymmetry_hz": "K/2π = (E_{n0+1} − 2E_{n0} + E_{n0−1})/2πħ",
    "ensemble.elements": "of a† on the transitions into n0 and out of it",
    "ensemble.interference": "γ₋a²/(γ₊b²), 1 at the interference blockade",
    "ensemble.reduction": "{critical_coupling_error, amplitude_error, outside}: relative errors of three levels, and "
    "the population outside them",
    "ensemble.blockade_contrast": "critical coupling of equal devices over that of halves; null where infinite",
    "ensemble.detuning_hz": "δ/2π of `critical_hz`",
    "ensemble.critical_hz": "N|v|/2π from which two halves synchronize; null where they never do",
    "ensemble.arrangements": "list of {name, detuning_hz, critical_detuning_hz, critical_hz, total_hz, total_assumed, "
    "amplitude, relative_phase, frequency_hz, growth_rate, stable, sizes, lifetime_linear_noise_s, "
    "lifetime_cumulants_s, lifetime_uncoupled_s, cumulants_physical, spread_hz, spread_scatter_hz}",
    "ensemble.neighbourhoods": "list of {topology, sites, neighbours, critical_hz, order, local_order, amplitude}; "
    "critical_hz is the pair coupling v/2π",
}
"""Every key of `ensemble_record`, and what it holds."""


def ensemble_record(prediction: EnsemblePrediction) -> Record:
    """The `ensemble` part."""
    three, error = prediction.three_levels, prediction.reduction
    return plain_record(
        devices=prediction.devices,
        pair_coupling_hz=to_hertz(prediction.pair_coupling),
        pair_coupling_source=prediction.source,
        gain_rate=float(three.gain[0]),
        loss_rate=float(three.loss[0]),
        asymmetry_hz=to_hertz(float(three.asymmetry[0])),
        elements=three.elements[0],
        interference=prediction.interference,
        reduction={
            "critical_coupling_error": error.of_critical_coupling,
            "amplitude_error": error.of_amplitude,
            "outside": error.outside,
        },
        blockade_contrast=prediction.contrast,
        detuning_hz=to_hertz(prediction.detunings),
        critical_hz=to_hertz(prediction.critical_couplings),
        arrangements=[_arrangement(one) for one in (prediction.equal, prediction.halves, prediction.gentle)],
        neighbourhoods=[_neighbourhood(one) for one in prediction.neighbourhoods],
    )


def _arrangement(one: Arrangement) -> Record:
    cycle, life, spread = one.cycle, one.lifetimes, one.spread
    return plain_record(
        name=one.name,
        detuning_hz=to_hertz(one.detuning),
        critical_detuning_hz=to_hertz(one.critical_detuning),
        critical_hz=to_hertz(one.critical),
        total_hz=to_hertz(one.total),
        total_assumed=one.assumed,
        amplitude=None if cycle is None else cycle.amplitude,
        relative_phase=None if cycle is None else cycle.relative_phase,
        frequency_hz=None if cycle is None else to_hertz(float(cycle.frequency[0])),
        growth_rate=None if cycle is None else cycle.growth,
        stable=None if cycle is None else cycle.stable,
        sizes=None if life is None else life.sizes,
        lifetime_linear_noise_s=None if life is None else life.linear_noise,
        lifetime_cumulants_s=None if life is None else life.cumulants,
        lifetime_uncoupled_s=None if life is None else life.uncoupled,
        cumulants_physical=None if life is None else life.physical,
        spread_hz=None if spread is None else to_hertz(spread.spread),
        spread_scatter_hz=None if spread is None else to_hertz(spread.scatter),
    )


def _neighbourhood(one: Neighbourhood) -> Record:
    return plain_record(
        topology=one.topology,
        sites=one.sites,
        neighbours=one.neighbours,
        critical_hz=to_hertz(one.critical),
        order=one.order,
        local_order=one.local_order,
        amplitude=one.amplitude,
    )
