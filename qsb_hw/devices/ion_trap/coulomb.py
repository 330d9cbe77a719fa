r"""Coulomb coupling of ions in separate wells, from the dipole–dipole term of their repulsion.

Ions at distance s, displaced by x_i, x_j from where they sit, along the line between them (axial) or across it
(transverse): with C = e²/4πε0 s³

    axial        U = … + C (x_i − x_j)²,      transverse   U = … − C (x_i − x_j)²/2.

The squares shift each frequency by C/m_iω_i (−½ of it), the product exchanges quanta, H = V (a_i†a_j + h.c.) with
V = −Ω_ex (axial) or +Ω_ex/2 (transverse) and

    Ω_ex = 2C x0_i x0_j/ħ = e²/(4πε0 s³ √(m_i m_j ω_i ω_j)).

(Brown et al., Nature 471, 196 (2011); Harlander et al., Nature 471, 200 (2011).) Left out: terms of
relative order (orbit/separation)², exchange of two quanta at once (V/ω), and a change of the wells
where the static force moves the ions into their anharmonic part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.ion_trap.constants import COULOMB, HBAR
from qsb_hw.errors import require
from qsb_hw.lindblad.operators import frozen

LARGEST_ORBIT = 0.1
"""Orbits of two neighbours over their distance; the next order is the square of it."""
STRONGEST = 0.1
"""Largest 2Ω_ex/ω: beyond it the repulsion is no perturbation of the wells."""


class Direction(Enum):
    """Of the motion: along the line of the wells or across it."""

    AXIAL = "axial"
    TRANSVERSE = "transverse"

    @property
    def factor(self) -> float:
        """Of C (x_i − x_j)² in the repulsion."""
        return 1.0 if self is Direction.AXIAL else -0.5


@dataclass(frozen=True, slots=True)
class Site:
    """A well and the ion in it: place along the line in m, mass in kg, ω of the well by itself in rad/s.

    `zero_point` is ⟨1|x|0⟩ in m of an anharmonic well; √(ħ/2mω) unless given.
    """

    position: float
    mass: float
    frequency: float
    zero_point: float | None = None

    def __post_init__(self) -> None:
        finite = math.isfinite(self.position)
        require(finite, "A well must have a finite position", self.position, "Give its position in m.")
        for name in ("mass", "frequency", "spread"):
            value = getattr(self, name)
            require(math.isfinite(value) and value > 0, f"A well must have {name} > 0", value, "Give it in SI units.")

    @property
    def spread(self) -> float:
        """⟨1|x|0⟩ in m."""
        if self.zero_point is not None:
            return self.zero_point
        return math.sqrt(HBAR / (2 * self.mass * self.frequency))

    def orbit(self, quanta: float) -> float:
        """Amplitude 2⟨1|x|0⟩√(n + ½) of the motion with n quanta, in m."""
        return 2 * self.spread * math.sqrt(quanta + 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class CoulombCoupling:
    """What the repulsion does to a chain of N wells, to first order.

    `exchange` (N, N) has V_jk of H = Σ_{j<k} V_jk (a_j†a_k + h.c.) and `shifts` (N,) those of each frequency, in rad/s:
    +Ω_ex of every other ion for axial motion, −Ω_ex/2 for transverse, if all are alike. `orbit_ratios` (N,) is for each
    ion the largest (r_j + r_k)/s_jk of orbit radii and distance.
    """

    exchange: Floats
    shifts: Floats
    orbit_ratios: Floats

    @property
    def orbit_ratio(self) -> float:
        """The largest of `orbit_ratios`."""
        return float(self.orbit_ratios.max())


def couple(
    sites: Sequence[Site], direction: Direction = Direction.AXIAL, quanta: float | Sequence[float] = 1.0
) -> CoulombCoupling:
    """Exchange and frequency shifts in a chain of two or more wells in any order, every pair included.

    Refused where ions are closer than ten times their orbits with n = `quanta` (of each site, or of all), or the
    repulsion is as stiff as the wells.
    """
    distance = _distances([site.position for site in sites])
    ratios = _orbit_ratios(sites, distance, np.broadcast_to(quanta, len(sites)))
    stiffness = COULOMB / distance**3  # C_jk (N, N), zero on the diagonal
    spread = np.array([site.spread for site in sites])
    rates = 2 * stiffness * np.outer(spread, spread) / HBAR
    strongest = 2 * float(rates.sum(axis=1).max()) / min(site.frequency for site in sites)
    must, found = f"The repulsion must be weak, 2Ω_ex ≤ {STRONGEST:g} ω", f"2Ω_ex = {strongest:.3g} ω"
    hint = "Move the wells apart or stiffen them: at this distance the ions are one crystal."
    require(strongest <= STRONGEST, must, found, hint)
    return CoulombCoupling(
        exchange=frozen(-direction.factor * rates),
        shifts=frozen(direction.factor * 2 * stiffness.sum(axis=1) * spread**2 / HBAR),
        orbit_ratios=frozen(ratios),
    )


def static_forces(positions: Sequence[float]) -> Floats:
    """Force in N along the line with which all the others push each ion, e²/4πε0s² a pair; shape (N,)."""
    outward = np.sign(np.subtract.outer(positions, positions))
    return np.asarray(np.sum(outward * COULOMB / _distances(positions) ** 2, axis=1))


def _distances(positions: Sequence[float]) -> Floats:
    """Between every two, infinite on the diagonal; shape (N, N)."""
    require(len(positions) >= 2, "A coupling must have at least two wells", len(positions), "Add one.")
    distance = np.abs(np.subtract.outer(positions, positions)).astype(float)
    np.fill_diagonal(distance, math.inf)
    require(bool(np.all(distance > 0)), "Ions must be at different places", "two at the same", "Move one.")
    return np.asarray(distance)


def _orbit_ratios(sites: Sequence[Site], distance: Floats, quanta: Floats) -> Floats:
    """For each ion the largest share of a distance that two orbits reach, shape (N,)."""
    orbits = np.array([site.orbit(n) for site, n in zip(sites, quanta, strict=True)])
    reach = np.add.outer(orbits, orbits)
    ratios = np.asarray(reach / distance)
    j, k = np.unravel_index(int(np.argmax(ratios)), ratios.shape)
    require(
        bool(ratios[j, k] <= LARGEST_ORBIT),
        f"Ions must be at least {1 / LARGEST_ORBIT:g} times further apart than their orbits reach",
        f"orbits of {reach[j, k]:.3g} m together at a distance of {distance[j, k]:.3g} m",
        "Move the wells apart or stiffen them.",
    )
    return np.asarray(ratios.max(axis=1))
