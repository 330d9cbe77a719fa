"""Transmon (or any anharmonic circuit mode) damped and amplified by two SQUID cavities."""

from qsb_hw.devices.transmon_squid.build import build, left_tones
from qsb_hw.devices.transmon_squid.chip import build_chip, build_twins
from qsb_hw.devices.transmon_squid.chip_spec import TransmonSquidChipSpec
from qsb_hw.devices.transmon_squid.spec import TransmonSquidSpec

__all__ = ["TransmonSquidChipSpec", "TransmonSquidSpec", "build", "build_chip", "build_twins", "left_tones"]
