"""The oscillator that the verbs work with."""

from __future__ import annotations

from qsb_hw.analysis.conditions import FEWEST_LEVELS, conditions_of, under
from qsb_hw.model.device import Device
from qsb_hw.model.oscillator import SelfOscillator

MOST_LEVELS = FEWEST_LEVELS
"""Levels of a model without a device; a device's are chosen by `conditions_of`."""


def kept_oscillator(device: Device, levels: int | None = None, bath_levels: int | None = None) -> SelfOscillator:
    """The device's oscillator with the levels asked for, else those of its file, else as many as the answer needs.

    Raises
    ------
    ArgumentError
        Levels the platform does not have.
    """
    return under(device, conditions_of(device, levels, bath_levels))
