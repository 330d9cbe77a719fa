"""From a spec to the well, the ion's levels in it, and what disturbs them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qsb_hw.devices.ion_trap.constants import ELEMENTARY_CHARGE, HBAR
from qsb_hw.devices.ion_trap.grid import bound_estimate
from qsb_hw.devices.ion_trap.motion import FEWEST_LEVELS, Motion, solve_motion
from qsb_hw.devices.ion_trap.potentials import DoubleWell, Electrode, OpticalLattice, Polynomial, Potential, Tweezer
from qsb_hw.devices.ion_trap.spec import Ion, IonTrapSpec, Well
from qsb_hw.devices.ion_trap.species import Species, species
from qsb_hw.devices.ion_trap.tabulated import KerrError, Tabulated, read_potential
from qsb_hw.errors import ArgumentError, ConvergenceError, Problem, SpecError, require
from qsb_hw.model.device import PotentialWell
from qsb_hw.model.oscillator import Decoherence
from qsb_hw.spec.files import beside
from qsb_hw.spec.quantity import value
from qsb_hw.units import TWO_PI, show_frequency

LARGEST_KERR_ERROR = 0.25
"""Of K, by a table: beyond it the well is refused."""
MOST_LEVELS = 120
"""Levels solved at most of a well that binds more; `Conditions` checks whether they are enough."""
SHOWN_LEVELS = 12
"""Levels drawn in a picture of the well."""


@dataclass(frozen=True, slots=True)
class TrappedIon:
    """An ion in its well.

    `motion` has its bound levels, up to `MOST_LEVELS`; `bound_levels` is how many there are, None where the well binds
    without end. `kerr_error` is what a tabulated well leaves open of K at the target level, None for a formula.
    """

    species: Species
    potential: Potential
    motion: Motion
    bound_levels: int | None
    decoherence: Decoherence
    kerr_error: KerrError | None = None

    @property
    def lamb_dicke_length(self) -> float:
        """⟨1|x|0⟩ in m: η = k times this."""
        return float(self.motion.position[0, 1])

    @property
    def tunnelling_out(self) -> NDArray[np.float64]:
        """Rates (n,) in 1/s at which the levels leave the well by tunnelling: their widths, where not rounding."""
        motion = self.motion
        return np.where(motion.tunnelling > 10 * motion.grid_error, motion.tunnelling, 0.0)

    @property
    def well(self) -> PotentialWell:
        """The potential with its lowest levels and their densities, to be drawn; x from the minimum on."""
        motion, kept = self.motion, min(self.motion.levels, SHOWN_LEVELS)
        return PotentialWell(
            position=motion.grid - motion.center,
            potential=self.potential(motion.grid) / HBAR,
            energies=motion.ground_energy + motion.energies[:kept],
            densities=motion.densities[:, :kept],
        )

    @property
    def largest_force(self) -> float:
        """Largest restoring force of the well on its weaker side in N; ∞ where it confines without end."""
        return min(_largest_force(self.potential, end) for end in self.potential.region)


def trapped_ion(spec: IonTrapSpec, source: str) -> TrappedIon:
    """Ion in the well of a spec; `source` is the path of the file, beside which a tabulated well lies.

    SpecError if the well has no minimum or fewer than three bound levels, the grid does not converge, or a table cannot
    be read.
    """
    ion = species(spec.ion.species)
    try:
        potential = well(spec.potential, ion.mass, source)
        estimate = bound_estimate(potential, ion.mass)
        looked_for = math.ceil(min(max(1.02 * estimate + 3, FEWEST_LEVELS), MOST_LEVELS))
        motion = _solved(potential, ion.mass, looked_for)
        kerr_error = _kerr_error(potential, motion, int(spec.target.fock_state.value))
    except (ArgumentError, ConvergenceError) as error:
        message = f"must give a well that can be solved, but found none. {error}"
        raise SpecError(source, (Problem(_defining_key(spec.potential), message),)) from error
    bound = motion.bound if motion.bound < looked_for else None if math.isinf(estimate) else round(estimate)
    t_phi = value(spec.ion.motional_coherence_time, math.inf)
    decoherence = Decoherence(t_phi=t_phi, heating_rate=_heating(spec.ion, ion.mass, motion.frequency))
    return TrappedIon(ion, potential, motion, bound, decoherence, kerr_error)


@lru_cache(maxsize=16)
def _solved(potential: Potential, mass: float, most: int) -> Motion:
    """Levels of a well; points of a sweep that differ in the light only share them."""
    return solve_motion(potential, mass, most=most)


def well(spec: Well, mass: float, source: str = "spec") -> Potential:
    """Potential of a spec for an ion of `mass` in kg."""
    frequency, quartic = value(spec.frequency), value(spec.quartic)
    if spec.kind == "lattice":
        k = TWO_PI / value(spec.wavelength)
        depth = value(spec.depth) or value(spec.depth_in_recoils) * HBAR**2 * k**2 / (2 * mass)
        return OpticalLattice(depth, k)
    if spec.kind == "tweezer":
        return Tweezer(value(spec.depth), value(spec.waist))
    if spec.kind == "electrodes":
        return Electrode.harmonic(frequency, mass, value(spec.distance), spec.anharmonicity != "hardening")
    if spec.kind == "polynomial":
        return Polynomial.harmonic(frequency, mass, value(spec.cubic), quartic)
    if spec.kind == "double_well":
        return DoubleWell(value(spec.quadratic), quartic)
    assert spec.file
    return read_potential(beside(source, spec.file))


def _kerr_error(potential: Potential, motion: Motion, target: int) -> KerrError | None:
    """What a table leaves open of K at the target level; refused where that is most of it."""
    if not isinstance(potential, Tabulated):
        return None
    level = min(target, motion.levels - 2)
    error, kerr = potential.kerr_error(motion, level), abs(motion.kerr(level))
    require(
        error.total <= LARGEST_KERR_ERROR * kerr,
        f"The table must tell K at level {level} to {100 * LARGEST_KERR_ERROR:g} % at least",
        f"K/2π = {show_frequency(kerr, 3)} ± {show_frequency(error.total, 3)}",
        error.hint(LARGEST_KERR_ERROR * kerr),
    )
    return error


def field_noise_heating(noise: float, frequency: float, mass: float) -> float:
    """ṅ = e²S_E/4mħω in 1/s, from a single-sided S_E in V²/m²/Hz at ω in rad/s.

    Turchette et al., Phys. Rev. A 61, 063418 (2000).
    """
    return ELEMENTARY_CHARGE**2 * noise / (4 * mass * HBAR * frequency)


def _heating(spec: Ion, mass: float, omega: float) -> float:
    if spec.heating_rate:
        return spec.heating_rate.value
    scaling = (value(spec.noise_frequency, omega) / omega) ** value(spec.noise_exponent, 1.0)
    return field_noise_heating(value(spec.electric_field_noise) * scaling, omega, mass)


def _largest_force(potential: Potential, end: float) -> float:
    if not math.isfinite(end):
        return math.inf
    x = np.linspace(potential.minima[0] if end < potential.center else potential.minima[-1], end, 2001)
    return float(np.abs(np.diff(potential(x)) / np.diff(x)).max())


def _defining_key(spec: Well) -> str:
    """Path of the key that makes the well what it is."""
    keys = ("file", "depth", "depth_in_recoils", "distance", "quartic", "cubic", "frequency")
    return f"$.potential.{next(key for key in keys if getattr(spec, key))}"
