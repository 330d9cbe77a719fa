"""A device, platform-neutral: its oscillator, couplings, criteria and derived quantities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.arguments import whole
from qsb_hw.errors import require
from qsb_hw.model.criterion import Criterion, find
from qsb_hw.model.display import html_tables
from qsb_hw.model.instrument import Instrument
from qsb_hw.model.noise import Noise, SlowNoise
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.model.vocabulary import NEUTRAL, Vocabulary
from qsb_hw.units import watt_to_dbm


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBy:
    """A criterion that bounds a quantity: its value is (quantity/scale)^power, of the worst of several quantities.

    `scale` is in the unit of the quantity; None where it follows from both values. With `modulus` the quantity has a
    sign that does not count; with `complement` the value is 1 − quantity. A level in dBm is held by its power in W.
    """

    criterion: str
    scale: float | None = None
    power: float = 1.0
    modulus: bool = False
    complement: bool = False

    @property
    def reversed(self) -> bool:
        """Whether a larger quantity means a smaller value of the criterion."""
        return self.complement or self.power < 0

    def at(self, level: float, quantity: float, value: float | None, unit: str = "") -> float:
        """The quantity at which the criterion's value would be `level`, all else as it is; NaN where that is unknown.

        `quantity` and `value` are those of the device.
        """
        if self.complement:
            return 1 - level
        if unit == "dBm":
            return watt_to_dbm(level)
        scale = self.scale
        if scale is None:
            if not value or not quantity:
                return math.nan
            scale = abs(quantity) / abs(value) ** (1 / self.power)
        found = scale * level ** (1 / self.power)
        return math.copysign(found, quantity) if self.modulus else found


@dataclass(frozen=True, slots=True)
class DerivedQuantity:
    """One derived number of a device for the tables."""

    name: str  # what it is, with its symbol
    value: float  # in SI (frequencies in Hz, cyclic)
    unit: str = ""  # SI unit, "" for a pure number
    note: str = ""  # where it comes from
    key: str = field(kw_only=True)  # stable name for programs ("charging_energy")
    held_by: tuple[HeldBy, ...] = field(default=(), kw_only=True)  # criteria that bound it


QuantityRow = tuple[str, str, float | None, str, str]
"""Key, name, value (None where it is not known), unit and note of a derived quantity."""


def known_quantities(
    *rows: QuantityRow, held_by: Mapping[str, tuple[HeldBy, ...]] | None = None
) -> tuple[DerivedQuantity, ...]:
    """The rows whose value is known, with the criteria that bound them, by key."""
    held = held_by or {}
    return tuple(
        DerivedQuantity(name, value, unit, note, key=key, held_by=held.get(key, ()))
        for key, name, value, unit, note in rows
        if value is not None
    )


def pair_coupling(exchange: float | None) -> Floats:
    """Matrix of V between a device and its twin, in the unit of `exchange`; 1 × 1 where there is no twin."""
    return np.zeros((1, 1)) if exchange is None else exchange * np.eye(2)[::-1]


@dataclass(frozen=True, slots=True, eq=False)
class PotentialWell:
    """A potential well with what is bound in it, for pictures."""

    position: Floats  # (points,), in m
    potential: Floats  # (points,), above its minimum, in rad/s
    energies: Floats  # (n,), levels above the minimum of the potential, in rad/s
    densities: Floats  # (points, n): |ψ_n|² in 1/m


@dataclass(frozen=True, slots=True, kw_only=True)
class SketchedMode:
    """An auxiliary mode of a circuit, for pictures."""

    name: str
    values: tuple[str, ...]  # beside it, a line each
    squid: bool  # whether its inductance, SQUID and capacitance are known, or only what was measured
    link: str  # what couples it to the oscillator ("M = 14 pH")
    drive: str  # of its pump


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitSketch:
    """A circuit for pictures: an oscillator with auxiliary modes beside it."""

    junction: bool  # whether the oscillator is a junction with its capacitance, or only what was measured
    values: tuple[str, ...]  # beside the oscillator, a line each
    modes: tuple[SketchedMode, ...]


@dataclass(frozen=True, slots=True)
class GivenConditions:
    """What a device file says about how it is to be computed and used; None for what it leaves open."""

    levels: int | None = None  # of the ladder
    pair_levels: int | None = None  # of each ladder where two complete devices are solved
    bath_levels: int | None = None  # Fock states of each auxiliary mode
    experiment_time: float | None = None  # duration of one experiment in s


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
        With all bound levels.
    target : int
        n0, the Fock state to stabilise.
    coupling : (N, N) float
        V between the device and its twin in rad/s, with its sign; 1 × 1 for a device alone.
    criteria : tuple of Criterion
        The platform's own (bound levels, pumps, photon numbers, …).
    derived_quantities : tuple of DerivedQuantity
        Derived numbers worth showing.
    well : PotentialWell or None
        Where the oscillator is a particle in a potential.
    circuit : CircuitSketch or None
        Where the oscillator is a mode of a circuit.
    slow_noise : tuple of SlowNoise
        What differs from run to run; not in `complete`.
    not_given : dict
        For noises that the spec does not give: how to give them.
    bound_levels : int or None
        Levels below the barrier, as many as `complete` has or more; None where the ladder has no barrier that is known.
    escape : (n,) float or None
        Rates in 1/s at which the levels of `complete` leave the well by themselves (tunnelling); None for none.
    instruments : tuple of Instrument
        What is set for every tone, in the order of its tones; empty where the platform does not say.
    usual_time : float
        Duration of an experiment in s on this platform, taken where the spec gives none.
    given : GivenConditions
        What the spec says about levels and times.
    vocabulary : Vocabulary
        What the platform calls its own things.
    chip : str
        Name of the chip that it was taken from as one node; empty for none.
    file_sha256 : str or None
        SHA-256 of the bytes of the file it was read from; None for what comes from no file.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("transmon_squid")
    >>> device.target, device.oscillator(levels=5).levels
    (1, 5)
    >>> round(device.nearest_coupling / 6.28319e3)  # V/2π in kHz
    176
    """

    name: str
    platform: str
    description: str
    spec: Any
    complete: SelfOscillator
    target: int
    coupling: Floats
    criteria: tuple[Criterion, ...] = ()
    derived_quantities: tuple[DerivedQuantity, ...] = field(default=())
    well: PotentialWell | None = None
    circuit: CircuitSketch | None = None
    slow_noise: tuple[SlowNoise, ...] = ()
    not_given: Mapping[Noise, str] = field(default_factory=dict)
    bound_levels: int | None = None
    escape: Floats | None = None
    instruments: tuple[Instrument, ...] = ()
    usual_time: float = 0.1
    given: GivenConditions = field(default_factory=GivenConditions)
    vocabulary: Vocabulary = NEUTRAL
    chip: str = ""
    file_sha256: str | None = None

    @property
    def ends_at_barrier(self) -> bool:
        """Whether `complete` has every level below a barrier that is known."""
        return self.bound_levels == self.complete.levels

    def oscillator(self, levels: int | None = None) -> SelfOscillator:
        """The device's self-oscillator with its lowest `levels` levels, n0 + 2 or more; all bound ones unless given."""
        most, least = self.complete.levels, self.target + 2
        wanted = most if levels is None else whole("`levels`", levels, "Give a number of levels.")
        must = f"Levels of {self.name} must lie between n0 + 2 = {least} and the {most} that are bound"
        require(least <= wanted <= most, must, wanted, "Levels above the barrier belong to no oscillator.")
        return self.complete.truncated(wanted)

    @property
    def title(self) -> str:
        """Its name; of a node of a chip with that of the chip."""
        return f"node {self.name} of {self.chip}" if self.chip else self.name

    @property
    def nearest_coupling(self) -> float:
        """V between the device and its twin in rad/s, with its sign; 0 for a device alone."""
        return float(self.coupling[0, 1]) if len(self.coupling) > 1 else 0.0

    def quantity(self, word: str) -> DerivedQuantity:
        """The derived quantity of that key or name; `ArgumentError` with the nearest if there is none."""
        return find(self.derived_quantities, word, "derived quantity")

    _repr_html_ = html_tables


def gamma_of(device: Device) -> float:
    """γ of the weakest stabilising tone, rad/s; NaN without one."""
    return min((tone.gamma for tone in device.complete.stabilising_tones), default=math.nan)
