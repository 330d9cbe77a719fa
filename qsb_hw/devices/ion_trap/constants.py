"""Constants of nature in SI (CODATA, as scipy ships them)."""

from __future__ import annotations

from scipy import constants

HBAR = float(constants.hbar)
ELEMENTARY_CHARGE = float(constants.e)
SPEED_OF_LIGHT = float(constants.c)
ELECTRON_MASS = float(constants.m_e)
ATOMIC_MASS = float(constants.atomic_mass)
COULOMB = float(constants.fine_structure) * HBAR * SPEED_OF_LIGHT
"""e²/4πε0 in J m."""
