"""A microwave cavity with a SQUID in it: C, L and the SQUID in series (Johansson, Johansson & Nori 2014)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qsb_hw.devices.transmon_squid.constants import (
    ELEMENTARY_CHARGE,
    HBAR,
    REDUCED_FLUX_QUANTUM,
    flux_angle,
    joined_current,
    joined_slope,
)
from qsb_hw.units import FLUX_QUANTUM


@dataclass(frozen=True, slots=True)
class SquidCavity:
    """Circuit of a SQUID cavity; valid for β_L ≪ 1.

    C in F, L (without the SQUID) in H, the critical current of both junctions together at zero flux in A, the flux
    through the SQUID in Wb, and d = (I_1 − I_2)/(I_1 + I_2).
    """

    capacitance: float
    inductance: float
    critical_current: float
    flux: float
    asymmetry: float = 0.0

    @property
    def squid_inductance(self) -> float:
        """L_s = Φ0/(2πI_s(Φ)) in H."""
        current = self.critical_current * joined_current(flux_angle(self.flux), self.asymmetry)
        return REDUCED_FLUX_QUANTUM / current

    @property
    def frequency(self) -> float:
        """ω_c = 1/√(C(L + L_s)) in rad/s."""
        return 1 / math.sqrt(self.capacitance * (self.inductance + self.squid_inductance))

    @property
    def participation(self) -> float:
        """Participation p = L_s/(L + L_s) of the SQUID."""
        return self.squid_inductance / (self.inductance + self.squid_inductance)

    @property
    def flux_slope(self) -> float:
        """dω_c/dΦ = −(ω_c/2) p (π/Φ0)(1 − d²) sin x cos x/(cos²x + d² sin²x) in rad/s per Wb."""
        steepness = joined_slope(flux_angle(self.flux), self.asymmetry)
        return -self.frequency / 2 * self.participation * steepness / (2 * REDUCED_FLUX_QUANTUM)

    @property
    def kerr(self) -> float:
        """Self-Kerr K_c = (e²/2C) p³/2ħ in rad/s, of −K_c c†²c²."""
        return ELEMENTARY_CHARGE**2 / (2 * self.capacitance) * self.participation**3 / (2 * HBAR)

    def screening(self, loop_inductance: float) -> float:
        """β_L = 2 L_loop I_c/Φ0 with I_c of one junction (half of the SQUID's)."""
        return loop_inductance * self.critical_current / FLUX_QUANTUM


def power_per_photon(drive_frequency: float, detuning: float, linewidth: float, external_linewidth: float) -> float:
    """P/n_c = ħω_d(κ²/4 + δ²)/κ_ext, in W at the chip; ω_d, δ, κ and κ_ext in rad/s."""
    return HBAR * drive_frequency * (linewidth**2 / 4 + detuning**2) / external_linewidth
