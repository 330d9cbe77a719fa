"""A device as everything after the platforms sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw.arguments import whole
from qsb_hw.errors import require
from qsb_hw.model.criterion import Criterion
from qsb_hw.model.display import html_tables
from qsb_hw.model.noise import BathKerr, Noise, SlowNoise
from qsb_hw.model.oscillator import SelfOscillator


@dataclass(frozen=True, slots=True)
class DerivedQuantity:
    """One derived number of a device for the tables.

    Attributes
    ----------
    name : str
        What it is, with its symbol.
    value : float
        In SI (frequencies in Hz, cyclic).
    unit : str
        SI unit, "" for a pure number.
    note : str
        Where it comes from.
    key : str
        Stable name for programs ("charging_energy").
    """

    name: str
    value: float
    unit: str = ""
    note: str = ""
    key: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class PotentialWell:
    """A potential well with what is bound in it, for pictures.

    Attributes
    ----------
    position : (points,) float
        In m.
    potential : (points,) float
        Above its minimum, in rad/s.
    energies : (n,) float
        Levels above the minimum of the potential, in rad/s.
    densities : (points, n) float
        |ψ_n|² in 1/m.
    """

    position: NDArray[np.float64]
    potential: NDArray[np.float64]
    energies: NDArray[np.float64]
    densities: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GivenConditions:
    """What a device file says about how it is to be computed and used; None for what it leaves open.

    Attributes
    ----------
    levels : int or None
        Levels of the ladder.
    pair_levels : int or None
        Levels of each ladder where two complete devices are solved.
    bath_levels : int or None
        Fock states of each auxiliary mode.
    experiment_time : float or None
        Duration of one experiment in s.
    """

    levels: int | None = None
    pair_levels: int | None = None
    bath_levels: int | None = None
    experiment_time: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Device:
    """A platform's answer to a spec.

    Attributes
    ----------
    name, platform, description : str
        From the spec.
    spec : Any
        The validated spec it was built from.
    complete : SelfOscillator
        With every level the platform vouches for (bound levels only).
    target : int
        n0, the Fock state to stabilise.
    coupling : (N, N) float
        V_jk between the oscillators of the pair or array in rad/s.
    criteria : tuple of Criterion
        The platform's own (bound levels, pumps, photon numbers, …).
    derived_quantities : tuple of DerivedQuantity
        Derived numbers worth showing.
    well : PotentialWell or None
        Where the oscillator is a particle in a potential.
    slow_noise : tuple of SlowNoise
        What differs from run to run; not in `complete`.
    not_given : dict
        For noises that could be known and are not: what the spec would have to say.
    bound_levels : int or None
        Levels below the barrier, as many as `complete` has or more; None where the ladder has no barrier that is known.
    escape : (n,) float or None
        Rates in 1/s at which the levels of `complete` leave the well by themselves (tunnelling); None for none.
    usual_time : float
        Duration of an experiment in s on this platform, taken where the spec gives none.
    given : GivenConditions
        What the spec says about levels and times.
    """

    name: str
    platform: str
    description: str
    spec: Any
    complete: SelfOscillator
    target: int
    coupling: NDArray[np.float64]
    criteria: tuple[Criterion, ...] = ()
    derived_quantities: tuple[DerivedQuantity, ...] = field(default=())
    well: PotentialWell | None = None
    slow_noise: tuple[SlowNoise, ...] = ()
    not_given: Mapping[Noise, str] = field(default_factory=dict)
    bound_levels: int | None = None
    escape: NDArray[np.float64] | None = None
    usual_time: float = 0.1
    given: GivenConditions = field(default_factory=GivenConditions)

    @property
    def ends_at_barrier(self) -> bool:
        """Whether `complete` has every level below a barrier that is known."""
        return self.bound_levels == self.complete.levels

    def oscillator(self, levels: int | None = None) -> SelfOscillator:
        """The device's self-oscillator with its lowest `levels` levels (all that are bound unless given).

        Raises
        ------
        ArgumentError
            More levels than the platform vouches for, or fewer than n0 + 2.
        """
        most, least = self.complete.levels, self.target + 2
        wanted = most if levels is None else whole("`levels`", levels, "Give a number of levels.")
        require(
            least <= wanted <= most,
            f"Levels of {self.name} must lie between n0 + 2 = {least} and the {most} that are bound",
            wanted,
            "Levels above the barrier belong to no oscillator.",
        )
        return self.complete.truncated(wanted)

    @property
    def nearest_coupling(self) -> float:
        """|V| between the first two oscillators in rad/s; 0 for a single one."""
        return float(abs(self.coupling[0, 1])) if len(self.coupling) > 1 else 0.0

    @property
    def bath_kerr(self) -> tuple[BathKerr, ...]:
        """Self-Kerr that linearising left out of every bath; empty where it is not known of all."""
        known = [
            BathKerr(bath.nonlinearity.kerr, bath.photons)
            for bath in self.complete.baths
            if bath.nonlinearity is not None and bath.nonlinearity.kerr is not None and bath.photons is not None
        ]
        return tuple(known) if len(known) == len(self.complete.baths) else ()

    def _repr_html_(self) -> str:
        return html_tables(self)
