"""What the Lindblad model of a circuit leaves out: 1/f noise, the offset charge, the Kerr effect of the cavities."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.transmon_squid.constants import flux_angle, joined_slope
from qsb_hw.devices.transmon_squid.oscillator import Anharmonic
from qsb_hw.devices.transmon_squid.pump import PumpedCavity
from qsb_hw.devices.transmon_squid.spec import TransmonSquidSpec
from qsb_hw.devices.transmon_squid.transmon import Transmon
from qsb_hw.model.bath import Role
from qsb_hw.model.noise import Noise, SlowLaw, SlowNoise
from qsb_hw.spec.quantity import value
from qsb_hw.units import TWO_PI

Cavities = tuple[PumpedCavity, ...]


def slow_noise(spec: TransmonSquidSpec, oscillator: Anharmonic, cavities: Cavities) -> tuple[SlowNoise, ...]:
    """Everything that differs from run to run and that the spec tells.

    Noise of a SQUID is taken to move its resonance only: what it does to g is of relative order δΦ/Φ0.
    """
    return (
        *_of_oscillator(spec, oscillator),
        *(n for cavity in cavities for n in _of_cavity(spec, oscillator, cavity)),
    )


def not_given(spec: TransmonSquidSpec, oscillator: Anharmonic, cavities: Cavities) -> dict[Noise, str]:
    """What the spec would have to say about the noises it is silent on."""
    sections = (spec.oscillator, spec.damping, spec.amplification)
    silent = {}
    if not any(section.flux_noise for section in sections):
        silent[Noise.FLUX] = 'Write flux_noise = "1e-6 Phi_0" beside each flux_bias.'
    if not any(section.frequency_noise for section in sections):
        silent[Noise.FREQUENCY] = 'Write frequency_noise = "100 Hz" in [oscillator] or beside a measured frequency.'
    if oscillator.transmon is None:
        silent[Noise.CHARGE] = "Give the oscillator's circuit (E_J, E_C)."
    if not all(cavity.kerr is not None and cavity.photons is not None for cavity in cavities):
        silent[Noise.CAVITY_KERR] = "Give each cavity's circuit, or its kerr and single_photon_coupling."
    return silent


def flux_slope_of_levels(transmon: Transmon, flux: float, asymmetry: float) -> Floats:
    """dE_n/dΦ of a split junction's levels in rad/s per Wb, lowest level fixed, shape (n,).

    E_J(Φ) = E_JΣ √(cos²x + d² sin²x), x = πΦ/Φ0, so d ln E_J/dΦ = −(π/Φ0)(1 − d²) sin x cos x/(cos²x + d² sin²x).
    """
    per_radian = -joined_slope(flux_angle(flux), asymmetry)
    slope = transmon.josephson_energy * (transmon.slope - transmon.slope[0])
    return np.asarray(slope * per_radian * flux_angle(1.0))


def _of_oscillator(spec: TransmonSquidSpec, oscillator: Anharmonic) -> Iterator[SlowNoise]:
    transmon, given = oscillator.transmon, spec.oscillator
    if transmon is not None:
        yield SlowNoise(
            Noise.CHARGE, "oscillator", SlowLaw.PERIODIC, transmon.modulation,
            nominal=math.cos(TWO_PI * transmon.offset_charge),
            remedy="Raise E_J/E_C: the dispersion falls exponentially with √(8E_J/E_C).",
        )  # fmt: skip
    if transmon is not None and given.flux_noise:
        slope = flux_slope_of_levels(transmon, value(given.flux_bias), value(given.junction_asymmetry))
        yield SlowNoise(
            Noise.FLUX, "oscillator", SlowLaw.FLICKER, given.flux_noise.value * slope,
            remedy="Bias the split junction where its frequency does not depend on flux, or make it asymmetric.",
        )  # fmt: skip
    if given.frequency_noise:
        yield SlowNoise(
            Noise.FREQUENCY, "oscillator", SlowLaw.FLICKER,
            given.frequency_noise.value * np.arange(oscillator.ladder.levels, dtype=np.float64),
            remedy="Recalibrate the pumps more often than once a measurement.",
        )  # fmt: skip


def _of_cavity(spec: TransmonSquidSpec, oscillator: Anharmonic, cavity: PumpedCavity) -> Iterator[SlowNoise]:
    damps = cavity.role is Role.DAMPING
    given = spec.damping if damps else spec.amplification
    still = np.zeros(oscillator.ladder.levels)

    def moved(by: float) -> tuple[float, float]:
        return (by, 0.0) if damps else (0.0, by)

    if given.flux_noise and cavity.flux_slope is not None:
        yield SlowNoise(
            Noise.FLUX, cavity.name, SlowLaw.FLICKER, still, moved(given.flux_noise.value * cavity.flux_slope),
            remedy=f"Lower the flux slope of the {cavity.name} SQUID (bias, participation) or widen κ.",
        )  # fmt: skip
    if given.frequency_noise:
        yield SlowNoise(
            Noise.FREQUENCY, cavity.name, SlowLaw.FLICKER, still, moved(given.frequency_noise.value),
            remedy=f"Stabilise the {cavity.name} cavity or widen κ.",
        )  # fmt: skip
