"""Constants of nature in SI, and what two junctions in parallel carry."""

from __future__ import annotations

import math

from scipy import constants

ELEMENTARY_CHARGE = float(constants.e)
HBAR = float(constants.hbar)
BOLTZMANN = float(constants.k)
REDUCED_FLUX_QUANTUM = HBAR / (2 * ELEMENTARY_CHARGE)


def flux_angle(flux: float) -> float:
    """Flux angle x = πΦ/Φ0 of a flux in Wb."""
    return flux / (2 * REDUCED_FLUX_QUANTUM)


def joined_current(x: float, asymmetry: float) -> float:
    """Critical current of two junctions at flux angle `x` over their sum: √(cos²x + d² sin²x)."""
    return math.hypot(math.cos(x), asymmetry * math.sin(x))


def joined_slope(x: float, asymmetry: float) -> float:
    """Relative fall of `joined_current` per radian: (1 − d²) sin x cos x/(cos²x + d² sin²x)."""
    return (1 - asymmetry**2) * math.sin(x) * math.cos(x) / joined_current(x, asymmetry) ** 2
