"""Results about many devices: arrangements of them, how long they cohere, what neighbours do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats
from qsb_hw.ensemble.arrays import ToleratedSpread
from qsb_hw.ensemble.groups import SpinGroups
from qsb_hw.ensemble.limit_cycle import LimitCycle
from qsb_hw.ensemble.three_levels import ThreeLevelError
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.result import Certificate, Result, Status, worst_status


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lifetimes:
    """How long the common phase of N devices lasts, |⟨a†⟩| falling to 1/e, in s.

    Attributes
    ----------
    sizes, linear_noise : (k,) int, (k,) float
        N, and lifetimes from linear noise about the limit cycle, exact for N ≫ 1; all levels.
    cumulants : (k,) float
        Second-order cumulants of three levels per device; NaN for two groups, which they are not derived for, and
        where the run was given up.
    uncoupled : float
        Of the same states without any coupling.
    physical : bool
        Whether the cumulants kept all probabilities positive.
    """

    sizes: NDArray[np.int64]
    linear_noise: Floats
    cumulants: Floats
    uncoupled: float
    physical: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Arrangement:
    """N devices with one pair coupling v between any two of them, as one group or as two equal sub-ensembles.

    Attributes
    ----------
    detuning, critical_detuning : float
        Between the sub-ensembles, rad/s, where disturbances grow fastest at `total`, and where the least coupling is
        needed; 0 for one group.
    critical : float
        Lowest |N v| at which the unsynchronized state turns unstable, at `critical_detuning`, rad/s; ∞ where it never
        does. Far above it the unsynchronized state of a ladder may be stable again.
    total, assumed : float, bool
        |N v| at which the rest was computed, rad/s; whether that is 1.5 times the critical one because the devices' own
        does not suffice.
    cycle : LimitCycle or None
        At `total`; None where nothing ever synchronizes.
    lifetimes : Lifetimes or None
        None without a stable cycle.
    spread : ToleratedSpread or None
        Frequency disorder tolerated at `total`, with three levels per device; None where they do not synchronize.
    """

    name: str
    detuning: float
    critical_detuning: float
    critical: float
    total: float
    assumed: bool
    cycle: LimitCycle | None = None
    lifetimes: Lifetimes | None = None
    spread: ToleratedSpread | None = None

    @property
    def synchronizes(self) -> bool:
        """Whether there is a stable limit cycle at `total`."""
        return self.cycle is not None and self.cycle.synchronized and self.cycle.stable


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """Devices on a graph, the two detunings on alternate sites.

    Attributes
    ----------
    topology, sites : str, int
        Name in `TOPOLOGIES`; number of devices.
    neighbours : float
        Mean number of neighbours of a device.
    critical : float
        Pair coupling |v| at which the unsynchronized state turns unstable, rad/s.
    order, local_order, amplitude : float
        |⟨a†⟩| of sublattices, of neighbours and of single devices after integration at 1.5 times `critical`; NaN
        where it is infinite.
    """

    topology: str
    sites: int
    neighbours: float
    critical: float
    order: float
    local_order: float
    amplitude: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EnsemblePrediction(Result):
    """What N such devices do together.

    Equal devices are one group, detuned sub-ensembles are two; those near threshold are coupled by no more than 1.5
    times their critical coupling, at which their coherence lasts longer.

    Attributes
    ----------
    effective : EffectiveOscillator
        One device eliminated, with the levels kept.
    devices : int
        N.
    pair_coupling, source : float, str
        v in rad/s, with its sign, and where it comes from.
    three_levels : SpinGroups
        The reduction to n0−1, n0, n0+1, at N v.
    reduction : ThreeLevelError
        Error of that reduction, at 1.5 times the critical coupling.
    detunings, critical_couplings : (m,) float
        Critical |N v| of two sub-ensembles over their detuning, rad/s.
    equal, detuned, near_threshold : Arrangement
        One group; two sub-ensembles, and the same at 1.5 times their critical coupling.
    neighbourhoods : tuple of Neighbourhood
        Finite range, sub-ensembles on alternate sites.
    """

    device: Device
    effective: EffectiveOscillator
    devices: int
    pair_coupling: float
    source: str
    three_levels: SpinGroups
    reduction: ThreeLevelError
    detunings: Floats
    critical_couplings: Floats
    equal: Arrangement
    detuned: Arrangement
    near_threshold: Arrangement
    neighbourhoods: tuple[Neighbourhood, ...]

    @property
    def status(self) -> Status:
        """Of the first phase-locked state that was not found to its accuracy, else converged."""
        return worst_status(cycle.status for cycle in self._cycles)

    @property
    def message(self) -> str:
        """What happened in the first of these."""
        return next((cycle.message for cycle in self._cycles if not cycle.ok), "")

    @property
    def certificate(self) -> Certificate:
        """The worst of all phase-locked states."""
        return Certificate.worst(cycle.certificate for cycle in self._cycles)

    @property
    def _cycles(self) -> list[LimitCycle]:
        return [one.cycle for one in (self.equal, self.detuned, self.near_threshold) if one.cycle is not None]

    @property
    def interference(self) -> float:
        """γ₋a²/(γ₊b²), the strength of the lower over that of the upper transition; 1 at the interference blockade."""
        gain, loss = float(self.three_levels.gain[0]), float(self.three_levels.loss[0])
        lower, upper = self.three_levels.elements[0] ** 2
        return float(loss * lower / (gain * upper))

    @property
    def contrast(self) -> float:
        """How many times more coupling equal devices need than detuned sub-ensembles: the macroscopic blockade."""
        return self.equal.critical / self.detuned.critical

    @property
    def synchronizes(self) -> bool:
        """Whether either arrangement has a stable limit cycle at the coupling there is."""
        return any(one.synchronizes and not one.assumed for one in (self.equal, self.detuned))
