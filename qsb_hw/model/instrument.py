"""What is set at the instrument that makes one tone of a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tone as its generator or laser sees it; None for what the spec does not tell.

    Attributes
    ----------
    section : str
        Of the tone in the file.
    mode : str
        What it drives, in words of the platform ("damping cavity").
    detuning, linewidth : float
        Of the tone from the mode, with its sign, and κ of the mode, rad/s.
    mode_frequency : float or None
        Of the mode, rad/s, where it is known as well as the detuning must be.
    wavelength : float or None
        Of an optical transition, m.
    strength, strength_name, strength_unit : float, str, str
        What the power makes at the device ("photons n_c", or "Rabi frequency Ω/2π" in Hz), in SI and cyclic.
    power : float or None
        At the device, W.
    avoid : mapping of str to float
        What else lies in the same spectrum and must not be met, rad/s, by name.
    """

    section: str
    mode: str
    detuning: float
    linewidth: float
    mode_frequency: float | None = None
    wavelength: float | None = None
    strength: float | None = None
    strength_name: str = ""
    strength_unit: str = ""
    power: float | None = None
    avoid: Mapping[str, float] = field(default_factory=dict)

    @property
    def frequency(self) -> float | None:
        """Of the generator in the laboratory frame, rad/s."""
        return None if self.mode_frequency is None else self.mode_frequency + self.detuning
