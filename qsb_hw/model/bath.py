"""Engineered baths: lossy modes or internal levels whose driven resonances damp or amplify an oscillator."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from qsb_hw._typing import Complexes, Integers
from qsb_hw.arguments import complex_array, index, real, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.operators import frozen


class Role(Enum):
    """What a tone does to the oscillator."""

    DAMPING = "damping"
    AMPLIFICATION = "amplification"

    @property
    def sign(self) -> int:
        """Of a quantum of the bath in the conserved charge a†a + c†c − b†b: +1 damping, −1 amplification."""
        return 1 if self is Role.DAMPING else -1


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """How light couples an internal transition to the motion of an ion."""

    displacement: Complexes  # (n, n): ⟨m|exp(i k (x − x_c))|n⟩, k the projection of the light's wavevector
    lamb_dicke: float  # η = k |⟨0|x|1⟩|, positive
    recoil: tuple[Complexes, ...] = ()  # (n, n): Kraus operators of the emitted photon's kick, Σ A_i†A_i = 1; or none

    def __post_init__(self) -> None:
        hint = "Give k |⟨0|x|1⟩| of the light's wavevector along the motion."
        real("A Lamb–Dicke parameter", self.lamb_dicke, hint, above=0.0)
        what, hint = "An operator of the light on the motion", "Check what it was computed from."
        object.__setattr__(self, "displacement", frozen(complex_array(what, self.displacement, hint)))
        object.__setattr__(self, "recoil", tuple(frozen(complex_array(what, kick, hint)) for kick in self.recoil))

    def truncated(self, levels: int) -> Light:
        """The same on the lowest `levels` levels of the ladder."""
        kept = slice(levels)
        return replace(
            self, displacement=self.displacement[kept, kept], recoil=tuple(kick[kept, kept] for kick in self.recoil)
        )


@dataclass(frozen=True, slots=True)
class Tone:
    """One driven resonance of a bath, in rad/s.

    A tone that is `cooling` only cools levels far above the stabilised one: it acts in every model, but is no side of
    the closed forms, and σ, γ and n± are not made of it.
    """

    detuning: float  # δ = ω_drive − ω_resonance: red, δ < 0, damps; blue, δ > 0, amplifies
    linewidth: float  # κ, the energy decay rate (full width at half maximum)
    coupling: float  # g, enhanced by the drive; ηΩ/2 of a sideband
    cooling: bool = False
    light: Light | None = field(default=None, compare=False, repr=False)  # None: it couples through the coordinate X

    def __post_init__(self) -> None:
        real("A tone's detuning", self.detuning, "Give a number in rad/s.")
        real("A tone's linewidth κ", self.linewidth, "Give its energy decay rate in rad/s.", above=0.0)
        real("A tone's coupling", self.coupling, "Its sign has no effect: give its modulus.", least=0.0)
        require(self.detuning != 0, "A tone must be driven off resonance", "δ = 0", "δ < 0 damps, δ > 0 amplifies.")

    @classmethod
    def sideband(
        cls, detuning: float, linewidth: float, rabi_frequency: float, light: Light, cooling: bool = False
    ) -> Tone:
        """An internal transition of an ion driven near a motional sideband: g = ηΩ/2, Ω of the carrier at rest."""
        return cls(detuning, linewidth, light.lamb_dicke * rabi_frequency / 2, cooling, light)

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

    def moved(self, spacing: float) -> Tone:
        """The same tone moved by `spacing` (rad/s) towards wider ladder spacings."""
        spacing = real("A spacing", spacing, "Give it in rad/s.")
        return replace(self, detuning=self.detuning - self.role.sign * spacing)


@dataclass(frozen=True, slots=True, eq=False)
class BathCoupling:
    """One term B ⊗ A of the interaction."""

    bath: Complexes  # (d, d): B in rad/s, with the coupling strength
    oscillator: Complexes | None = None  # (n, n): A, dimensionless; the ladder's own coordinate X if None


@dataclass(frozen=True, slots=True)
class Nonlinearity:
    """What linearising a pumped mode left out, in rad/s; None for what is not known."""

    single_photon_coupling: float | None = None  # g0 > 0 of g0 c†c X; with g it gives n_c = (g/g0)²
    kerr: float | None = None  # K_c of −K_c c†²c²

    def __post_init__(self) -> None:
        if self.single_photon_coupling is not None:
            hint = "Give its modulus, or leave it out."
            real("A single-photon coupling", self.single_photon_coupling, hint, above=0.0)
        if self.kerr is not None:
            real("A mode's Kerr constant", self.kerr, "Leave it out for none.")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Bath:
    """A lossy mode or the internal levels of an ion, coupled to one oscillator.

    It stores its tones and how many states are kept; its operators are derived from them. Made by `Bath.cavity` or
    `Bath.internal_levels`.

    Parameters
    ----------
    tones : tuple of Tone
        One of a mode; of internal levels one for each excited state, every one with its `Light`.
    levels : int
        Fock states kept of a mode; of internal levels always the ground state and one for each tone.
    name : str
        For tables and labels.
    nonlinearity : Nonlinearity or None
        What linearising a mode left out.
    has_cubic_term, has_kerr : bool
        Whether g0 c†c X, and −K_c c†²c² of the displaced mode, are in the operators.
    origin : str
        Paths in the device file that describe it, for errors; "" where there is none.

    Raises
    ------
    ArgumentError
        If there is no tone, a mode has more than one, only some of several tones are light, or a mode has fewer than
        two levels.
    """

    tones: tuple[Tone, ...]
    levels: int
    name: str
    nonlinearity: Nonlinearity | None = None
    has_cubic_term: bool = False
    has_kerr: bool = False
    origin: str = ""

    def __post_init__(self) -> None:
        require(
            len(self.tones) >= 1 and (len(self.tones) == 1 or all(tone.light for tone in self.tones)),
            f"Bath {self.name!r} must be a mode with one tone, or internal levels with light for each of theirs",
            f"{len(self.tones)} tones, {sum(tone.light is not None for tone in self.tones)} of them light",
            "Give every mode a bath of its own.",
        )
        levels = whole("`levels` of a mode", self.levels, "Use 3 or more.")
        require(levels >= 2, "A mode must keep at least two Fock states", levels, "Use 3 or more.")
        require_memory(8 * 16.0 * levels**2, f"A mode of {levels} levels", "Keep fewer levels.")
        object.__setattr__(self, "levels", levels if self.is_mode else len(self.tones) + 1)

    @classmethod
    def cavity(
        cls,
        detuning: float,
        linewidth: float,
        coupling: float,
        levels: int = 3,
        name: str | None = None,
        nonlinearity: Nonlinearity | None = None,
    ) -> Bath:
        """Driven lossy mode, linearised: −δ c†c + g X (c + c†), jump √κ c.

        Parameters
        ----------
        detuning, linewidth, coupling : float
            δ = ω_drive − ω_mode ≠ 0 (red, δ < 0, damps; blue, δ > 0, amplifies), energy decay rate κ > 0, and
            g = g0 √n_c ≥ 0 as enhanced by the drive, in rad/s.
        levels : int
            Fock states of the displaced mode kept, at least 2.
        name : str, optional
            "damping" or "amplification" unless given.
        nonlinearity : Nonlinearity, optional
            What the linearisation leaves out: kept on record, not in this bath's operators.

        Raises
        ------
        ArgumentError
            If a number is not in its range.

        Examples
        --------
        >>> import qsb_hw as qh
        >>> bath = qh.Bath.cavity(detuning=-5.0, linewidth=0.5, coupling=0.05)
        >>> bath.name, bath.levels, round(bath.tones[0].gamma, 6)
        ('damping', 3, 0.02)
        """
        tone = Tone(detuning, linewidth, coupling)
        return cls(tones=(tone,), levels=levels, name=name or tone.role.value, nonlinearity=nonlinearity)

    @classmethod
    def internal_levels(cls, tones: Sequence[Tone], name: str = "internal levels") -> Bath:
        """Internal levels of one ion: g, and an excited state for every driven transition.

        H = Σ_j −δ_j|e_j⟩⟨e_j| + ½Ω_j(|e_j⟩⟨g| e^{ik_j x} + h.c.), jumps √κ_j |g⟩⟨e_j| with the kick of the emitted
        photon. Each excited state rotates with its own laser, so that nothing depends on time. The tones are made by
        `Tone.sideband`; two for a self-oscillator, one red and one blue.
        """
        light = len(tones) >= 1 and all(tone.light for tone in tones)
        require(light, "Internal levels must have driven transitions", f"{tones}"[:60], "Make them by Tone.sideband.")
        return cls(tones=tuple(tones), levels=len(tones) + 1, name=name)

    def __repr__(self) -> str:
        return f"Bath({self.name!r}, {self.levels} levels, {', '.join(map(repr, self.tones))})"

    @property
    def title(self) -> str:
        """Its name for errors, and where the device file describes it."""
        return f"{self.name!r} ({self.origin})" if self.origin else repr(self.name)

    @property
    def is_mode(self) -> bool:
        """Whether its levels are the Fock states of a mode that couples through X, not an ion's internal levels."""
        return self.tones[0].light is None

    @property
    def photons(self) -> float | None:
        """n_c = (g/g0)² of a pumped mode; None where its g0 is not known."""
        g0 = self.nonlinearity.single_photon_coupling if self.nonlinearity else None
        return None if g0 is None else (self.tones[0].coupling / g0) ** 2

    @property
    def kerr(self) -> float | None:
        """K_c in rad/s where it and the photon number it acts with are known; None otherwise."""
        return None if self.nonlinearity is None or self.photons is None else self.nonlinearity.kerr

    @property
    def kerr_pull(self) -> float | None:
        """4 K_c n_c in rad/s, by which the photons of the drive lower the resonance their fluctuations see."""
        return None if self.kerr is None or self.photons is None else 4 * self.kerr * self.photons

    @property
    def oscillator_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of every operator the bath brings for the oscillator: they must be the ladder's."""
        lights = [tone.light for tone in self.tones if tone.light]
        return tuple(np.shape(m) for light in lights for m in (light.displacement, *light.recoil))

    @property
    def quanta(self) -> tuple[Integers, ...]:
        """For each tone, how many of its quanta every bath state holds, (d,) each."""
        states = np.arange(self.levels)[None] if self.is_mode else np.eye(self.levels, dtype=np.int64)[1:]
        return tuple(frozen(row) for row in states)

    @property
    def charge(self) -> Integers:
        """What each bath state adds to the charge a†a + c†c − b†b that resonant terms conserve, (d,)."""
        signs = np.array([tone.role.sign for tone in self.tones])
        return frozen(signs @ np.array(self.quanta))

    def lowering(self, tone: int) -> Complexes:
        """The operator c that takes one quantum of a tone out of the bath, (d, d): |g⟩⟨e| of an internal transition."""
        if self.is_mode:
            return np.diag(np.sqrt(np.arange(1.0, self.levels)), 1).astype(complex)
        states = np.eye(self.levels, dtype=complex)
        return np.outer(states[0], states[tone + 1])

    @property
    def hamiltonian(self) -> Complexes:
        """−Σ δ c†c in rad/s, (d, d), with the Kerr terms of a displaced mode where `has_kerr`."""
        total = np.diag(-np.array([tone.detuning for tone in self.tones]) @ np.array(self.quanta)).astype(complex)
        photons, kerr = self.photons, self.kerr
        if self.has_kerr and photons is not None and kerr is not None:
            c = self.lowering(0)
            pair = c @ c
            half = photons * pair + 2 * math.sqrt(photons) * c.conj().T @ pair  # squeezing, and c†c²
            even = 4 * photons * c.conj().T @ c + pair.conj().T @ pair
            total = total - kerr * (even + half + half.conj().T)
        return frozen(total)

    @property
    def jumps(self) -> tuple[Complexes, ...]:
        """√κ c for each tone, (d, d) in √(1/s)."""
        return tuple(frozen(math.sqrt(t.linewidth) * self.lowering(k)) for k, t in enumerate(self.tones))

    @property
    def recoil(self) -> tuple[tuple[Complexes, ...], ...]:
        """For each jump the Kraus operators it has on the oscillator (an emitted photon's kick); empty for none."""
        kicks = tuple(tone.light.recoil if tone.light else () for tone in self.tones)
        return kicks if any(kicks) else ()

    @property
    def couplings(self) -> tuple[BathCoupling, ...]:
        """Terms of the interaction, Hermitian together."""
        linear = tuple(term for k in range(len(self.tones)) for term in self.couplings_of(k))
        g0 = self.nonlinearity.single_photon_coupling if self.nonlinearity else None
        if not self.has_cubic_term or g0 is None:
            return linear
        return (*linear, BathCoupling(frozen(np.diag(g0 * self.quanta[0]).astype(complex))))

    def couplings_of(self, tone: int) -> tuple[BathCoupling, ...]:
        """The terms that change the quanta of one tone: g(c + c†) ⊗ X, or ½Ω(c† ⊗ e^{ikx} + h.c.)."""
        drive, lower = self.tones[tone], self.lowering(tone)
        if drive.light is None:
            return (BathCoupling(frozen(drive.coupling * (lower + lower.conj().T))),)
        down, kick = frozen(drive.coupling / drive.light.lamb_dicke * lower), drive.light.displacement
        return BathCoupling(frozen(down.conj().T), kick), BathCoupling(down, kick.conj().T)

    def with_tones(self, change: Callable[[Tone], Tone]) -> Bath:
        """The same bath with every tone changed."""
        return replace(self, tones=tuple(change(tone) for tone in self.tones))

    def with_light(self, change: Callable[[Light], Light]) -> Bath:
        """The same bath with the light of every tone changed; a mode as it is."""
        return self.with_tones(lambda tone: replace(tone, light=change(tone.light)) if tone.light else tone)

    def detuned(self, detuning: float) -> Bath:
        """The same bath with its tones following an oscillator raised by `detuning` (rad/s)."""
        return self.with_tones(lambda tone: tone.moved(detuning))

    def retuned(self, tone: int, spacing: float) -> Bath:
        """The same bath with one tone moved by `spacing` (rad/s) towards wider ladder spacings."""
        tones = list(self.tones)
        tones[self._number(tone)] = tones[self._number(tone)].moved(spacing)
        return replace(self, tones=tuple(tones))

    def scaled(self, coupling: float = 1.0, linewidth: float = 1.0) -> Bath:
        """The same bath with couplings and decay rates of all its stabilising tones multiplied; cooling ones stay."""
        g = real("A factor of the couplings", coupling, "Give a positive number.", least=0.0)
        kappa = real("A factor of the decay rates", linewidth, "Give a positive number.", above=0.0)
        return self.with_tones(
            lambda t: t if t.cooling else replace(t, coupling=g * t.coupling, linewidth=kappa * t.linewidth)
        )

    def of_tone(self, tone: int) -> Bath:
        """A bath like this one with a single one of its tones."""
        return replace(self, tones=(self.tones[self._number(tone)],))

    def resized(self, levels: int) -> Bath:
        """The same mode with so many Fock states, more or fewer; internal levels as they are."""
        return replace(self, levels=whole("`levels`", levels, "Give how many Fock states to keep.", least=2))

    def with_at_most(self, quanta: int) -> Bath:
        """The same bath with only the states that hold at most so many quanta, at least one."""
        quanta = whole("`quanta`", quanta, "Give how many a state may hold.", least=1)
        return self.resized(min(quanta + 1, self.levels)) if self.is_mode else self

    def truncated(self, levels: int) -> Bath:
        """The same bath for an oscillator with only its lowest `levels` levels."""
        levels = whole("`levels`", levels, "Give a number of levels.", least=2)
        return self.with_light(lambda light: light.truncated(levels))

    def _number(self, tone: int) -> int:
        return index("A tone", tone, len(self.tones), "Tones are counted from 0.")
