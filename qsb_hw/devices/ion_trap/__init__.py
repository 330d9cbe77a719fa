"""Ions in anharmonic wells, damped and amplified on their motional sidebands, coupled by the Coulomb force."""

from qsb_hw.devices.ion_trap.build import build
from qsb_hw.devices.ion_trap.spec import IonTrapSpec

__all__ = ["IonTrapSpec", "build"]
