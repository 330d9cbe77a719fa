"""Engineered baths: small open systems that drain or feed an oscillator."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from qsb_hw.errors import require
from qsb_hw.linalg.operators import frozen, is_hermitian

Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]


class Role(Enum):
    """What a tone does to the oscillator."""

    DAMPING = "damping"
    AMPLIFICATION = "amplification"


@dataclass(frozen=True, slots=True)
class Tone:
    """One driven resonance of a bath, the three numbers the papers' closed forms are made of.

    Attributes
    ----------
    detuning : float
        δ = ω_drive − ω_resonance in rad/s; negative (red) damps, positive (blue) amplifies.
    linewidth : float
        κ in rad/s, the energy decay rate (full width at half maximum).
    coupling : float
        g in rad/s, enhanced by the drive.
    """

    detuning: float
    linewidth: float
    coupling: float

    @property
    def role(self) -> Role:
        """Damping on the red side, amplification on the blue."""
        return Role.DAMPING if self.detuning < 0 else Role.AMPLIFICATION

    @property
    def gamma(self) -> float:
        """γ = 4g²/κ, the peak rate of the 0↔1 transition (1/s)."""
        return 4 * self.coupling**2 / self.linewidth

    @property
    def resonance(self) -> float:
        """Spacing of the ladder transition the tone addresses, |δ| in rad/s."""
        return abs(self.detuning)


@dataclass(frozen=True, slots=True, eq=False)
class BathCoupling:
    """One term B ⊗ A of the interaction; A is the ladder's own coordinate unless given.

    Attributes
    ----------
    bath : (d, d) complex
        B in rad/s: the coupling strength is in it.
    oscillator : (n, n) complex or None
        A, dimensionless.
    """

    bath: Complexes
    oscillator: Complexes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bath:
    """A small open system coupled to one oscillator.

    Parameters
    ----------
    hamiltonian : (d, d) complex
        In rad/s, in a frame in which it does not depend on time.
    jumps : tuple of (d, d) complex
        Lindblad operators with their rates in them (√rate in √(1/s)).
    couplings : tuple of BathCoupling
        Their sum is Hermitian.
    charge : (d,) int
        What each bath state adds to the conserved charge when only resonant terms are kept:
        a†a + c†c for a damping mode c, a†a − b†b for an amplifying mode b.
    tones : tuple of Tone
        The driven resonances, for the closed forms.
    name : str
        For tables and labels.

    Raises
    ------
    ArgumentError
        Shapes that do not fit, a Hamiltonian that is not Hermitian.
    """

    hamiltonian: Complexes
    jumps: tuple[Complexes, ...]
    couplings: tuple[BathCoupling, ...]
    charge: Integers
    tones: tuple[Tone, ...] = ()
    name: str = field(default="bath")

    def __post_init__(self) -> None:
        size = np.asarray(self.hamiltonian).shape[0]
        shapes = {np.shape(m) for m in (self.hamiltonian, *self.jumps, *(c.bath for c in self.couplings))} | {
            (np.size(self.charge),) * 2
        }
        require(
            shapes == {(size, size)},
            f"All operators of bath {self.name!r} must be {size} × {size} and its charge have {size} entries",
            f"shapes {sorted(shapes)}",
            "Build them in the same basis.",
        )
        require(
            is_hermitian(self.hamiltonian),
            f"The Hamiltonian of bath {self.name!r} must be Hermitian",
            "H ≠ H†",
            "Decay belongs in the jumps.",
        )
        object.__setattr__(self, "hamiltonian", frozen(np.asarray(self.hamiltonian, dtype=complex)))
        object.__setattr__(self, "jumps", tuple(frozen(np.asarray(j, dtype=complex)) for j in self.jumps))
        object.__setattr__(self, "charge", frozen(np.asarray(self.charge, dtype=np.int64)))

    @classmethod
    def cavity(
        cls, detuning: float, linewidth: float, coupling: float, levels: int = 3, name: str | None = None
    ) -> Bath:
        """Driven lossy cavity, linearised: −δ c†c + g X (c + c†), jump √κ c.

        Parameters
        ----------
        detuning : float
            δ = ω_drive − ω_cavity (rad/s): red, δ < 0, damps; blue, δ > 0, amplifies.
        linewidth : float
            κ > 0 (rad/s), energy decay rate.
        coupling : float
            g ≥ 0 (rad/s), enhanced by the drive: g = g0 √n_c.
        levels : int
            Fock states of the displaced cavity kept, at least 2.
        name : str, optional
            "damping" or "amplification" unless given.

        Raises
        ------
        ArgumentError
            A linewidth that is not positive, a negative coupling, no detuning, fewer than two levels.
        """
        for label, value in (("detuning", detuning), ("linewidth", linewidth), ("coupling", coupling)):
            require(math.isfinite(value), f"A cavity's {label} must be finite", value, "Give a number in rad/s.")
        require(
            linewidth > 0,
            "A cavity's linewidth κ must be positive",
            linewidth,
            "Give its energy decay rate in rad/s.",
        )
        require(
            coupling >= 0,
            "A cavity's coupling g must not be negative",
            coupling,
            "Its sign has no effect: give |g|.",
        )
        require(detuning != 0, "A cavity must be driven off resonance", "δ = 0", "δ < 0 damps, δ > 0 amplifies.")
        require(levels >= 2, "A cavity must keep at least two Fock states", levels, "Use 3 or more.")
        tone = Tone(detuning, linewidth, coupling)
        n = np.arange(levels)
        annihilate = np.diag(np.sqrt(n[1:]), 1).astype(complex)
        sign = 1 if tone.role is Role.DAMPING else -1
        return cls(
            hamiltonian=np.diag(-detuning * n).astype(complex),
            jumps=((math.sqrt(linewidth) * annihilate).astype(complex),),
            couplings=(BathCoupling(coupling * (annihilate + annihilate.T)),),
            charge=sign * n,
            tones=(tone,),
            name=name or tone.role.value,
        )

    def __repr__(self) -> str:
        tones = ", ".join(repr(tone) for tone in self.tones) or "no tones"
        return f"Bath({self.name!r}, {self.levels} levels, {len(self.jumps)} jumps, {tones})"

    @property
    def levels(self) -> int:
        """Dimension of the bath."""
        return int(self.charge.size)

    def detuned(self, detuning: float) -> Bath:
        """The same bath with its tones following an oscillator raised by `detuning` (rad/s)."""
        shift = np.diag(detuning * self.charge).astype(complex)
        tones = tuple(
            Tone(t.detuning + (-detuning if t.role is Role.DAMPING else detuning), t.linewidth, t.coupling)
            for t in self.tones
        )
        return Bath(self.hamiltonian + shift, self.jumps, self.couplings, self.charge, tones, self.name)
