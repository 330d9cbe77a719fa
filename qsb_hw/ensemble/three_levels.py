"""Error of reducing a device to three levels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qsb_hw.ensemble.groups import SpinGroups
from qsb_hw.ensemble.ladders import LadderGroups
from qsb_hw.ensemble.limit_cycle import limit_cycle
from qsb_hw.ensemble.stability import onset
from qsb_hw.model.effective import EffectiveOscillator


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeLevelError:
    """One large group of a device, with all its levels and with three."""

    critical_coupling: float  # V_c of the ladder in the unit of the rates
    critical_coupling_reduced: float  # that of its three levels
    amplitude: float  # |⟨a†⟩| of the limit cycle; zero without one
    amplitude_reduced: float
    frequency: float  # of the limit cycle, relative to the transition into the target level; NaN without one
    frequency_reduced: float
    outside: float  # population of the uncoupled device outside the three levels

    @property
    def of_critical_coupling(self) -> float:
        """Relative error of V_c that the reduction makes, with its sign; NaN unless both are finite."""
        finite = math.isfinite(self.critical_coupling) and math.isfinite(self.critical_coupling_reduced)
        return self.critical_coupling_reduced / self.critical_coupling - 1 if finite else math.nan

    @property
    def of_amplitude(self) -> float:
        """Relative error of the amplitude, with its sign; NaN where the ladder has no limit cycle."""
        return self.amplitude_reduced / self.amplitude - 1 if self.amplitude else math.nan


def three_level_error(device: EffectiveOscillator, coupling: float, *, spin: bool = False) -> ThreeLevelError:
    """Compare a large group of the whole device with its reduction by `SpinGroups.from_device`."""
    reduced = SpinGroups.from_device(device, coupling=coupling, spin=spin)
    ladder = LadderGroups.of(device, coupling)
    whole, three = limit_cycle(ladder), limit_cycle(reduced)
    target = device.target or 1
    return ThreeLevelError(
        critical_coupling=abs(coupling) * onset(ladder),
        critical_coupling_reduced=abs(coupling) * onset(reduced),
        amplitude=float(whole.amplitude[0]),
        amplitude_reduced=float(three.amplitude[0]),
        frequency=float(whole.frequency[0]),
        frequency_reduced=float(three.frequency[0]),
        outside=float(1 - ladder.rest[0, target - 1 : target + 2].sum()),
    )
