"""Transmon (or any anharmonic circuit mode) damped and amplified by two SQUID cavities."""

from qsb_hw.devices.transmon_squid.build import build
from qsb_hw.devices.transmon_squid.spec import TransmonSquidSpec

__all__ = ["TransmonSquidSpec", "build"]
