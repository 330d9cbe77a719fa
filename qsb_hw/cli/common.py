"""Steps the verbs share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsb_hw.errors import ArgumentError

if TYPE_CHECKING:
    from qsb_hw.model.device import Device
    from qsb_hw.model.effective import EffectiveOscillator
    from qsb_hw.model.oscillator import SelfOscillator


def kept_oscillator(device: Device, levels: int | None) -> SelfOscillator:
    """The device's oscillator with the levels asked for, or as many as `assess` would keep."""
    from qsb_hw.study.assess import MOST_LEVELS

    usual = max(min(MOST_LEVELS, device.complete.levels), device.target + 2)
    return device.oscillator(usual if levels is None else levels)


def both_conventions(oscillator: SelfOscillator) -> tuple[EffectiveOscillator, EffectiveOscillator | None]:
    """Eliminated in the derived and in the published convention; None where the latter has no closed form."""
    from qsb_hw.reduction.eliminate import eliminate

    try:
        return eliminate(oscillator), eliminate(oscillator, "published")
    except ArgumentError:
        return eliminate(oscillator), None
