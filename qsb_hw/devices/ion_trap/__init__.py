"""Ions in anharmonic wells, damped and amplified on their motional sidebands, coupled by the Coulomb force."""

from qsb_hw.devices.ion_trap.build import build
from qsb_hw.devices.ion_trap.chip import build_chip, build_twins
from qsb_hw.devices.ion_trap.chip_spec import IonTrapChipSpec
from qsb_hw.devices.ion_trap.drive import left_tones
from qsb_hw.devices.ion_trap.spec import IonTrapSpec

__all__ = ["IonTrapChipSpec", "IonTrapSpec", "build", "build_chip", "build_twins", "left_tones"]
