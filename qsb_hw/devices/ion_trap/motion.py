"""Quantised motion of an ion in a well: levels, matrix elements, tunnelling; perturbation theory beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.devices.ion_trap.constants import HBAR
from qsb_hw.devices.ion_trap.grid import LARGEST_LAMB_DICKE, MOST_POINTS, TOLERANCE, Levels, Refined, refine
from qsb_hw.devices.ion_trap.potentials import Potential
from qsb_hw.errors import ConvergenceError, require
from qsb_hw.lindblad.operators import frozen
from qsb_hw.model.ladder import Ladder

MOST_LEVELS = 12
"""Levels looked for unless more are asked for."""
FEWEST_LEVELS = 3
"""An anharmonicity needs three."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """The n bound levels of an ion in a well; energies in rad/s, x in m from `center` on.

    Attributes
    ----------
    energies : (n,) float
        Above the ground level, which lies `ground_energy` above the bottom of the well.
    position : (n, n) float
        ⟨m|x − center|n⟩, real, with ⟨n|x|n−1⟩ > 0.
    tunnelling : (n,) float
        The width of the Bloch band in a lattice; the splitting of the pair in a double well (zero above its hump); in
        a well whose region ends, twice what any higher ground beyond could move the level.
    grid, weights : (points,) float
        Positions, increasing, even only where the ends of the region are far, and the weights of the quadrature.
    wavefunctions : (points, n) float
        On the grid, in 1/√m: ``weights @ (ψ_m * ψ_n)`` is δ_mn.
    grid_error : (n,) float
        Change of each level between the last two grids, or rounding if larger.
    bound : int
        How many of the levels looked for lie below the barrier: more than n where the highest do not converge.
    """

    center: float
    energies: Floats
    ground_energy: float
    position: Floats
    tunnelling: Floats
    grid: Floats
    weights: Floats
    wavefunctions: Floats
    grid_error: Floats
    bound: int

    @property
    def levels(self) -> int:
        """Number of bound levels kept."""
        return int(self.energies.size)

    @property
    def frequency(self) -> float:
        """ω of the transition 0 → 1 in rad/s; in a deep double well the tunnelling splitting."""
        return float(self.energies[1])

    @property
    def densities(self) -> Floats:
        """|ψ_n(x)|² on the grid in 1/m, shape (points, n)."""
        return self.wavefunctions**2

    def kerr(self, level: int = 1) -> float:
        """K at a level with both its neighbours, in rad/s: E_{n+1} − 2E_n + E_{n−1} = −2K, H = ωa†a − K a†²a²."""
        return self.ladder().kerr_at(level)

    def displacement(self, wavenumber: float) -> Complexes:
        """⟨m|exp(ik(x − center))|n⟩ for a wavenumber k in 1/m, shape (n, n), exact in the Lamb–Dicke parameter.

        Complex symmetric; not unitary, as levels beyond the kept ones are missing. |k⟨1|x|0⟩| beyond what the grid was
        refined for is refused.
        """
        eta = abs(wavenumber) * float(self.position[0, 1])
        require(
            eta <= LARGEST_LAMB_DICKE,
            f"The Lamb–Dicke parameter k⟨1|x|0⟩ must be at most {LARGEST_LAMB_DICKE:g}",
            f"{eta:.3g}",
            "Confine the ion more tightly or use longer waves.",
        )
        on_grid = Levels(self.grid, self.weights, self.wavefunctions, self.energies, self.tunnelling, 0.0)
        return on_grid.displacement(self.center, wavenumber)

    def ladder(self) -> Ladder:
        """Energies with x as the coordinate that baths couple to and its lowering part as what neighbours exchange."""
        return Ladder(self.energies, self.position.astype(complex))


def solve_motion(potential: Potential, mass: float, levels: int | None = None, most: int = MOST_LEVELS) -> Motion:
    """Levels of an ion of `mass` (kg) in a well, by exact diagonalisation on a grid refined until they converge.

    `levels` of them; unless given all that are bound and converge, at most `most`.

    Raises
    ------
    ArgumentError
        If the mass is not positive, fewer than three levels are asked for or bound, fewer are bound than asked for, or
        wells are so far apart that their levels coincide.
    ConvergenceError
        If levels have not converged on the finest grid.
    """
    require(math.isfinite(mass) and mass > 0, "The mass must be positive", mass, "Give it in kg.")
    wanted = most if levels is None else levels
    require(wanted >= FEWEST_LEVELS, f"`levels` must be at least {FEWEST_LEVELS}", wanted, "Ask for more.")
    refined = refine(potential, mass, wanted)
    bound = refined.levels.bound(potential)
    needed = FEWEST_LEVELS if levels is None else levels
    require(
        bound >= needed,
        f"The well must bind at least {needed} levels",
        f"{bound} below its barrier",
        "Deepen it, or narrow the ion's spread (heavier ion, stiffer well)." if bound < FEWEST_LEVELS else
        "Ask for fewer levels or deepen it.",
    )  # fmt: skip
    if refined.converged < needed:
        raise ConvergenceError(
            f"The levels must change by less than {TOLERANCE:g} of their spacing from grid to grid, but found "
            f"{refined.converged} of {needed} that do with {MOST_POINTS} points. Smooth the potential or ask for "
            "fewer levels."
        )
    return _motion(potential, refined, bound)


def _motion(potential: Potential, refined: Refined, bound: int) -> Motion:
    found, kept = refined.levels, min(bound, refined.converged)
    cut = found._replace(states=found.states[:, :kept])
    energies, position = found.energies[:kept], cut.position(potential.center)
    return Motion(
        center=potential.center,
        energies=frozen(energies - energies[0]),
        ground_energy=float(energies[0]),
        position=frozen((position + position.T) / 2),
        tunnelling=frozen(_pairs(energies, potential.hump / HBAR) if potential.hump else found.tunnelling[:kept]),
        grid=frozen(found.x),
        weights=frozen(found.weights),
        wavefunctions=frozen(cut.states),
        grid_error=frozen(np.maximum(refined.change[:kept], found.rounding)),
        bound=bound,
    )


def _pairs(energies: Floats, hump: float) -> Floats:
    """Splitting of every pair 2j, 2j+1 that lies below the hump."""
    splitting = np.zeros_like(energies)
    for lower in range(0, energies.size - 1, 2):
        if energies[lower + 1] < hump:
            splitting[lower : lower + 2] = energies[lower + 1] - energies[lower]
    return splitting


def perturbative_kerr(c2: float, c3: float, c4: float, mass: float) -> float:
    """K = 30 c3²x0⁶/(ħ²ω) − 6 c4 x0⁴/ħ in rad/s of `mass` (kg) in the well c2x² + c3x³ + c4x⁴ (`Potential.expansion`).

    To second order in c3 and first in c4. The relative error is K/ω times 14.1 for a cubic term alone, 8.5 for a
    quartic one, and for wells whose higher orders help 4.5 (optical lattice) or 1.8 (tweezer): at K/ω =
    0.003 between 0.5 and 4 %. Beyond that, diagonalise.
    """
    require(c2 > 0 and mass > 0, "Perturbation theory needs c2 > 0 and a mass > 0", (c2, mass), "Diagonalise.")
    omega = math.sqrt(2 * c2 / mass)
    length = HBAR / (2 * mass * omega)  # x0²
    return 30 * c3**2 * length**3 / (HBAR**2 * omega) - 6 * c4 * length**2 / HBAR
