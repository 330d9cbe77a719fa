"""What a platform calls its own things, wherever results are described in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qsb_hw.model.noise import Noise

NOISE_NAMES: Mapping[Noise, str] = {
    Noise.T1: "T1",
    Noise.DEPHASING: "pure dephasing Tφ",
    Noise.TEMPERATURE: "thermal quanta",
    Noise.HEATING: "heating",
    Noise.RECOIL: "recoil",
    Noise.CAVITY_KERR: "Kerr effect of the baths",
    Noise.CHARGE: "charge dispersion",
    Noise.FLUX: "1/f flux noise",
    Noise.FREQUENCY: "1/f frequency noise",
}
"""Noises as tables call them unless a platform has a name of its own."""
NOISE_REMEDIES: Mapping[Noise, str] = {
    Noise.T1: "Lengthen T1 or raise γ; for n0 ≥ 2 widen κ or add a tone per step.",
    Noise.DEPHASING: "Raise γ, or reduce what moves the levels during a run.",
    Noise.TEMPERATURE: "Cool or filter the environment T1 couples to, or raise γT1.",
    Noise.HEATING: "Shield the oscillator, or raise γ.",
    Noise.RECOIL: "Let photons of longer wavelength be emitted, or confine the oscillator more tightly.",
    Noise.CAVITY_KERR: "Retune each drive by −4K_c n_c.",
}
"""What to do about a noise unless a platform knows better."""


@dataclass(frozen=True, slots=True)
class DescriptionWords:
    """What one level of the model hierarchy is called; "" for the neutral words."""

    meaning: str = ""  # what is in the model
    neglected: str = ""  # the term it neglects that the description above has
    remedy: str = ""  # what to do where that costs too much


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Words of a platform; the defaults name no platform.

    `hints` say how the device file gives what is missing: "pair", "kerr", "single_photon_coupling", "cooling".
    """

    bath: str = "auxiliary system"  # one engineered bath ("cavity")
    baths: str = "auxiliary systems"
    drive: str = "drive"  # of a bath ("pump")
    drives: str = "drives"
    descriptions: Mapping[str, DescriptionWords] = field(default_factory=dict)  # by their name in `HIERARCHY`
    noises: Mapping[Noise, str] = field(default_factory=dict)  # names, where the neutral ones do not fit
    noise_remedies: Mapping[Noise, str] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)  # by the key of a criterion: what to change
    hints: Mapping[str, str] = field(default_factory=dict)
    observables: str = ""  # what can be detected and what cannot, in a sentence; "" where nothing is to be said

    def noise(self, noise: Noise) -> str:
        """Name of a noise for tables."""
        return self.noises.get(noise, NOISE_NAMES[noise])

    def noise_remedy(self, noise: Noise) -> str:
        """What to do about a noise; "" where that depends on the device."""
        return self.noise_remedies.get(noise, NOISE_REMEDIES.get(noise, ""))

    def remedy(self, key: str, neutral: str) -> str:
        """What to change for the criterion of that key: the platform's words, else the neutral ones."""
        return self.remedies.get(key, neutral)

    def hint(self, topic: str) -> str:
        """How to give what is missing, as the end of a message (": give …"); "" where there is no such way."""
        return f": {self.hints[topic]}" if topic in self.hints else ""


NEUTRAL = Vocabulary()
"""Words that name no platform."""
