"""Wells an ion can sit in: energies in J over positions in m, with their minimum and their barrier."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.ion_trap.constants import HBAR
from qsb_hw.errors import require


class Expansion(NamedTuple):
    """Taylor coefficients at the minimum: V = c2 x² + c3 x³ + c4 x⁴ with c2 = mω²/2; in J/m², J/m³, J/m⁴."""

    c2: float
    c3: float
    c4: float


class Potential(ABC):
    """A well; V is zero at the minimum. The defaults are those of one minimum at the origin that nothing escapes."""

    __slots__ = ()

    @abstractmethod
    def __call__(self, x: Floats) -> Floats:
        """V(x) in J, of the shape of `x` in m."""

    @abstractmethod
    def expansion(self) -> Expansion:
        """Taylor coefficients at the minimum; at the right-hand one of a double well."""

    @property
    def center(self) -> float:
        """From where the motion is measured, in m: the minimum, or the point of symmetry of a double well."""
        return 0.0

    @property
    def region(self) -> tuple[float, float]:
        """Where the formula is valid, in m.

        A finite end is the top of a barrier or the last point known; the solver continues the well there by its mirror
        image, which for a lattice is the lattice itself.
        """
        return -math.inf, math.inf

    @property
    def barrier(self) -> float:
        """Energy of the lowest way out, in J above the minimum; ∞ for a confining potential."""
        ends = [x for x in self.region if math.isfinite(x)]
        with np.errstate(over="ignore"):  # a coefficient of next to nothing puts its top beyond any number
            return min((float(self(np.asarray(x))) for x in ends), default=math.inf)

    @property
    def minima(self) -> tuple[float, ...]:
        """Every minimum that belongs to the well, in m."""
        return (self.center,)

    @property
    def hump(self) -> float:
        """Barrier between the minima in J, zero if there is one."""
        return 0.0


@dataclass(frozen=True, slots=True)
class Polynomial(Potential):
    """V = c2 x² + c3 x³ + c4 x⁴ in J/m², J/m³, J/m⁴ with c2 > 0.

    Where it turns over (c4 < 0, or c3 ≠ 0 and c4 small) the well ends at the top and its barrier is the
    lower one; levels above that are not bound.
    """

    c2: float
    c3: float = 0.0
    c4: float = 0.0

    def __post_init__(self) -> None:
        _require_positive("For a double or a purely quartic well use DoubleWell.", c2=self.c2)
        _require_finite(self.c3, self.c4)

    @classmethod
    def harmonic(cls, frequency: float, mass: float, c3: float = 0.0, c4: float = 0.0) -> Polynomial:
        """½mω²x² + c3x³ + c4x⁴, `frequency` ω in rad/s and `mass` in kg."""
        return cls(mass * frequency**2 / 2, c3, c4)

    def __call__(self, x: Floats) -> Floats:
        """V(x) in J."""
        return x**2 * (self.c2 + x * (self.c3 + x * self.c4))

    @property
    def region(self) -> tuple[float, float]:
        """From the nearest top on the left to the nearest on the right, in m."""
        tops = _roots(4 * self.c4, 3 * self.c3, 2 * self.c2)
        return max((x for x in tops if x < 0), default=-math.inf), min((x for x in tops if x > 0), default=math.inf)

    def expansion(self) -> Expansion:
        """The coefficients themselves."""
        return Expansion(self.c2, self.c3, self.c4)


@dataclass(frozen=True, slots=True)
class OpticalLattice(Potential):
    """One well of V = U sin²(kx), `depth` U in J; the others are kept as what it tunnels to.

    `wavenumber` k is that of the standing wave in 1/m: 2π/λ where counter-propagating beams make it, so wells are λ/2
    apart. Small oscillations have ω = 2√(U E_R)/ħ and K = E_R/2ħ at any depth, E_R = ħ²k²/2m.
    """

    depth: float
    wavenumber: float

    def __post_init__(self) -> None:
        _require_positive(depth=self.depth, wavenumber=self.wavenumber)

    def __call__(self, x: Floats) -> Floats:
        """V(x) in J."""
        return np.asarray(self.depth * np.sin(self.wavenumber * x) ** 2)

    def recoil_energy(self, mass: float) -> float:
        """E_R = ħ²k²/2m in J."""
        return HBAR**2 * self.wavenumber**2 / (2 * mass)

    @property
    def region(self) -> tuple[float, float]:
        """Between the neighbouring maxima, in m."""
        edge = math.pi / (2 * self.wavenumber)
        return -edge, edge

    def expansion(self) -> Expansion:
        """Uk² and −Uk⁴/3."""
        stiffness = self.depth * self.wavenumber**2
        return Expansion(stiffness, 0.0, -stiffness * self.wavenumber**2 / 3)


@dataclass(frozen=True, slots=True)
class Tweezer(Potential):
    """Across a focused beam: V = U(1 − exp(−2x²/w²)), `depth` U in J, `waist` w (1/e² of the intensity) in m.

    Small oscillations have ω = 2√(U/m)/w and K = 3ħ/4mw² at any depth.
    """

    depth: float
    waist: float

    def __post_init__(self) -> None:
        _require_positive(depth=self.depth, waist=self.waist)

    def __call__(self, x: Floats) -> Floats:
        """V(x) in J."""
        return np.asarray(-self.depth * np.expm1(-2 * (x / self.waist) ** 2))

    @property
    def barrier(self) -> float:
        """U in J."""
        return self.depth

    def expansion(self) -> Expansion:
        """2U/w² and −2U/w⁴."""
        stiffness = 2 * self.depth / self.waist**2
        return Expansion(stiffness, 0.0, -stiffness / self.waist**2)


@dataclass(frozen=True, slots=True)
class Electrode(Potential):
    """What electrodes at `distance` d (m) leave of an ideal quadrupole: V = c2 x² ∓ c2 x⁴/d², `curvature` c2 in J/m².

    A potential that varies on the scale d has c4 of the size c2/d². That is an estimate, not a design;
    it makes |K| = 6|c4|x0⁴/ħ = 3ħ/4md² whatever the frequency. Where it softens c4 < 0 and so K > 0.
    """

    curvature: float
    distance: float
    softening: bool = True

    def __post_init__(self) -> None:
        _require_positive(curvature=self.curvature, distance=self.distance)

    @classmethod
    def harmonic(cls, frequency: float, mass: float, distance: float, softening: bool = True) -> Electrode:
        """The trap in which `mass` (kg) oscillates at `frequency` ω (rad/s)."""
        return cls(mass * frequency**2 / 2, distance, softening)

    def __call__(self, x: Floats) -> Floats:
        """V(x) in J."""
        return x**2 * (self.curvature + self.expansion().c4 * x**2)

    @property
    def region(self) -> tuple[float, float]:
        """To the tops at ±d/√2 where it softens, to the electrodes at ±d where it hardens."""
        edge = self.distance / math.sqrt(2) if self.softening else self.distance
        return -edge, edge

    def expansion(self) -> Expansion:
        """The curvature c2, and c4 = −c2/d² where the trap softens, c2/d² where it hardens."""
        c4 = self.curvature / self.distance**2
        return Expansion(self.curvature, 0.0, -c4 if self.softening else c4)


@dataclass(frozen=True, slots=True)
class DoubleWell(Potential):
    """V = −a x² + b x⁴ (raised by a²/4b where a > 0), both wells at once; a in J/m² of either sign, b > 0 in J/m⁴.

    a = 0 is the quartic point between one well and two, where spacings grow as n^{1/3}. The levels are those of
    the whole potential: for a deep barrier they come in pairs split by tunnelling.
    """

    quadratic: float
    quartic: float

    def __post_init__(self) -> None:
        _require_positive(quartic=self.quartic)
        _require_finite(self.quadratic)

    def __call__(self, x: Floats) -> Floats:
        """V(x) in J."""
        return x**2 * (self.quartic * x**2 - self.quadratic) + self.hump

    @property
    def minima(self) -> tuple[float, ...]:
        """±√(a/2b) in m where a > 0, else the origin."""
        offset = math.sqrt(max(self.quadratic, 0.0) / (2 * self.quartic))
        return (-offset, offset) if offset else (0.0,)

    @property
    def hump(self) -> float:
        """a²/4b in J between the wells, zero where there is one."""
        return max(self.quadratic, 0.0) ** 2 / (4 * self.quartic)

    def expansion(self) -> Expansion:
        """At the right-hand minimum."""
        if self.quadratic <= 0:
            return Expansion(-self.quadratic, 0.0, self.quartic)
        return Expansion(2 * self.quadratic, 4 * self.quartic * self.minima[-1], self.quartic)


def _roots(a: float, b: float, c: float) -> list[float]:
    """Real roots of ax² + bx + c for c ≠ 0, without cancellation."""
    if a == 0:
        return [-c / b] if b else []
    discriminant = b**2 - 4 * a * c
    if discriminant < 0:
        return []
    q = -(b + math.copysign(math.sqrt(discriminant), b)) / 2
    return [q / a, c / q] if q else []


def _require_positive(hint: str = "Give it in SI units.", **values: float) -> None:
    for name, value in values.items():
        require(math.isfinite(value) and value > 0, f"A well must have {name} > 0", f"{name} = {value}", hint)


def _require_finite(*values: float) -> None:
    require(all(map(math.isfinite, values)), "A well must have finite coefficients", values, "Check them.")
