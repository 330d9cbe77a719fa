"""Models that are swept without a device: those of the papers, as pure numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
from pydantic import Field

from qsb_hw.model.bath import Bath
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.oscillator import Decoherence, SelfOscillator
from qsb_hw.spec.base import Given, Section
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Count, LevelCount, NotNegativeNumber, Number, PositiveNumber, Quantity


class LorentzianPair(Section):
    """Two eliminated oscillators of Lörch 2017 Eqs. (1)–(4), every number in one common unit of rate."""

    model: Literal["lorentzian_pair"] = Field(description="tag of the model")
    name: str = Field("pair", description="for labels")
    kerr: Number = Field(description="K")
    gamma: PositiveNumber | None = Field(None, description="γ, the peak rate of one quantum; 1 unless given")
    sigma: PositiveNumber = Field(description="σ, in levels")
    fock_state: Count = Field(description="n0; n₊ = n0 and n₋ = n0 + 1 unless given")
    n_plus: Number | None = Field(None, description="n₊, in levels")
    n_minus: Number | None = Field(None, description="n₋, in levels")
    coupling: PositiveNumber = Field(description="V")
    levels: LevelCount | None = Field(None, description="levels kept; n0 + 7 unless given")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Levels above n0 + 1."""
        values = given.values("fock_state", "levels")
        if values and values[1] < values[0] + 2:
            yield Mistake(("levels",), f"must be at least n0 + 2, but found {values[1]:g}. Keep more levels.")

    def build(self) -> EffectiveOscillator:
        """One of the two oscillators."""
        target = int(self.fock_state.value)
        return EffectiveOscillator.lorentzian(
            kerr=self.kerr.value,
            gamma=_or(self.gamma, 1.0),
            sigma=self.sigma.value,
            n_plus=_or(self.n_plus, target),
            n_minus=_or(self.n_minus, target + 1),
            levels=int(_or(self.levels, target + 7)),
        )


class KerrCavities(Section):
    """A Kerr oscillator with its damping and its amplifying cavity on their resonances, in units of κ = 1."""

    model: Literal["kerr_cavities"] = Field(description="tag of the model")
    name: str = Field("Kerr oscillator", description="for labels")
    kerr_to_linewidth: PositiveNumber = Field(description="K/κ")
    coupling_to_linewidth: PositiveNumber = Field(description="g/κ")
    fock_state: Count = Field(description="n0")
    neighbour_to_gamma: PositiveNumber | None = Field(None, description="V/γ; 0.3 unless given")
    relaxation_to_linewidth: NotNegativeNumber | None = Field(None, description="1/κT1, κ = 2π·FWHM; none unless given")
    dephasing_to_linewidth: NotNegativeNumber | None = Field(None, description="1/κTφ; none unless given")
    thermal_occupation: NotNegativeNumber | None = Field(None, description="n_th; none unless given")
    heating_to_linewidth: NotNegativeNumber | None = Field(None, description="ṅ/κ of an ion; none unless given")
    frequency_to_linewidth: PositiveNumber | None = Field(None, description="ω01/κ; 1000 unless given")
    levels: LevelCount | None = Field(None, description="levels kept; n0 + 7 unless given")

    def build(self) -> Device:
        """The oscillator as a device, with V between two of its kind; rates in units of κ."""
        target, kerr, g = int(self.fock_state.value), self.kerr_to_linewidth.value, self.coupling_to_linewidth.value
        levels = int(_or(self.levels, target + 7))
        frequency = max(_or(self.frequency_to_linewidth, 1000.0), 4 * kerr * levels)  # every spacing stays positive
        ladder = Ladder.kerr(frequency, kerr, levels)
        spacings = ladder.transition_frequencies
        baths = (
            Bath.cavity(-float(spacings[target]), 1.0, g),
            Bath.cavity(float(spacings[target - 1]), 1.0, g),
        )
        losses = Decoherence(
            t1=_time(self.relaxation_to_linewidth),
            t_phi=_time(self.dephasing_to_linewidth),
            thermal_occupation=_or(self.thermal_occupation, 0.0),
            heating_rate=_or(self.heating_to_linewidth, 0.0),
        )
        v = _or(self.neighbour_to_gamma, 0.3) * 4 * g**2
        return Device(
            name=self.name,
            platform=self.model,
            description="",
            spec=self,
            complete=SelfOscillator(ladder, baths, losses, self.name),
            target=target,
            coupling=np.array([[0.0, v], [v, 0.0]]),
        )


MODELS: Mapping[str, type[LorentzianPair] | type[KerrCavities]] = MappingProxyType(
    {"lorentzian_pair": LorentzianPair, "kerr_cavities": KerrCavities}
)
"""Every model by its tag."""


def _or(quantity: Quantity | None, default: float) -> float:
    return default if quantity is None else quantity.value


def _time(rate: Quantity | None) -> float:
    return math.inf if rate is None or rate.value == 0 else 1 / rate.value
