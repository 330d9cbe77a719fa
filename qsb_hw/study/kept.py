"""How many levels of a device's ladder are worked with."""

from __future__ import annotations

from qsb_hw.model.device import Device
from qsb_hw.model.oscillator import SelfOscillator

MOST_LEVELS = 8
"""Levels kept by default; what lies above is judged by the truncation error."""


def kept_oscillator(device: Device, levels: int | None = None) -> SelfOscillator:
    """The device's oscillator with the levels asked for; all bound ones up to 8 unless given.

    Raises
    ------
    ArgumentError
        Levels the platform does not have.
    """
    usual = max(min(MOST_LEVELS, device.complete.levels), device.target + 2)
    return device.oscillator(usual if levels is None else levels)
