"""The oscillator of a spec: its ladder, its losses, and what only its circuit can tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qsb_hw.devices.transmon_squid.constants import BOLTZMANN, ELEMENTARY_CHARGE, HBAR, flux_angle, joined_current
from qsb_hw.devices.transmon_squid.spec import Oscillator
from qsb_hw.devices.transmon_squid.transmon import Transmon, solve_transmon
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.oscillator import Decoherence
from qsb_hw.spec.quantity import value

MEAN_OFFSET_CHARGE = 0.25
MEASURED_LEVELS = 30
"""Levels, at most, of a Kerr ladder given as measured; what lies above them is part of the truncation error."""


@dataclass(frozen=True, slots=True, eq=False)
class Anharmonic:
    """The oscillator before any bath is attached; ⟨0|I|1⟩ in A.

    The ladder has the bound levels of a circuit; of a measured oscillator those that its numbers determine.
    """

    ladder: Ladder
    decoherence: Decoherence
    transmon: Transmon | None = None
    zero_point_current: float | None = None


def anharmonic_oscillator(spec: Oscillator) -> Anharmonic | None:
    """Solve the oscillator of a spec; None where its circuit binds fewer than two levels."""
    if spec.frequency or spec.transition_frequencies:
        ladder = measured_ladder(spec)
        return Anharmonic(ladder, _intrinsic(spec, ladder), None, value(spec.zero_point_current, None))
    charge = value(spec.offset_charge, MEAN_OFFSET_CHARGE)
    transmon = solve_transmon(*junction_and_charging_energy(spec), charge)
    if transmon is None:
        return None
    ladder = Ladder(transmon.energies, transmon.sine, np.triu(transmon.charge, 1))
    return Anharmonic(ladder, _intrinsic(spec, ladder), transmon, transmon.zero_point_current)


def junction_and_charging_energy(spec: Oscillator) -> tuple[float, float]:
    """E_J/ħ at the flux bias, √(cos²x + d² sin²x) of the sum, and E_C/ħ, in rad/s."""
    total = value(spec.josephson_energy) or value(spec.critical_current) / (2 * ELEMENTARY_CHARGE)
    left = joined_current(flux_angle(value(spec.flux_bias)), value(spec.junction_asymmetry))
    if spec.charging_energy:
        return total * left, spec.charging_energy.value
    return total * left, ELEMENTARY_CHARGE**2 / (2 * value(spec.capacitance) * HBAR)


def measured_ladder(spec: Oscillator) -> Ladder:
    """Ladder of measured numbers with harmonic matrix elements √n.

    A transition list gives one level more than it has entries and no further; ω01 and α give a Kerr
    ladder up to where its spacing would vanish, at most `MEASURED_LEVELS`.
    """
    if spec.transition_frequencies:
        return Ladder.from_transitions([f.value for f in spec.transition_frequencies])
    frequency, kerr = value(spec.frequency), -value(spec.anharmonicity) / 2
    spacings = math.ceil(min(frequency / (2 * kerr), MEASURED_LEVELS)) if kerr > 0 else MEASURED_LEVELS
    return Ladder.kerr(frequency, kerr, min(spacings + 1, MEASURED_LEVELS))


def thermal_occupation(frequency: float, temperature: float) -> float:
    """n_th = 1/(exp(ħω/kT) − 1) at ω in rad/s and T in K; 0 at T = 0."""
    if temperature == 0:
        return 0.0
    exponent = HBAR * frequency / (BOLTZMANN * temperature)
    return 1 / math.expm1(exponent) if exponent < 700 else 0.0


def pure_dephasing_time(t1: float, t2: float) -> float:
    """Tφ in s from 1/Tφ = 1/T2 − 1/(2T1); infinite where T2 = 2T1."""
    rate = 1 / t2 - 1 / (2 * t1)
    return 1 / rate if rate > 1e-12 / t2 else math.inf


def _intrinsic(spec: Oscillator, ladder: Ladder) -> Decoherence:
    t1 = spec.t1.value
    t_phi = pure_dephasing_time(t1, spec.t2.value) if spec.t2 else value(spec.t_phi, math.inf)
    frequency = float(ladder.transition_frequencies[0])
    return Decoherence(t1, t_phi, thermal_occupation(frequency, spec.temperature.value))
