"""Engineered baths: small open systems that drain or feed an oscillator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Complexes, Integers
from qsb_hw.arguments import complex_array, index, real, whole, whole_array
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.operators import frozen, is_hermitian


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
    cooling : bool
        Whether it only cools levels far above the stabilised one: it acts in every model, but is no side of the closed
        forms, and σ, γ and n± are not made of it.
    """

    detuning: float
    linewidth: float
    coupling: float
    cooling: bool = False

    def __post_init__(self) -> None:
        _check_tone(self.detuning, self.linewidth, self.coupling, "tone")

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


@dataclass(frozen=True, slots=True)
class Nonlinearity:
    """What linearising a pumped cavity left out; None for what is not known.

    Attributes
    ----------
    single_photon_coupling : float or None
        g0 in rad/s of g0 c†c X, positive; with g it gives the photon number n_c = (g/g0)².
    kerr : float or None
        K_c in rad/s of −K_c c†²c².

    Raises
    ------
    ArgumentError
        A g0 that is not positive, numbers that are not finite.
    """

    single_photon_coupling: float | None = None
    kerr: float | None = None

    def __post_init__(self) -> None:
        if self.single_photon_coupling is not None:
            hint = "Give its modulus, or leave it out."
            real("A single-photon coupling", self.single_photon_coupling, hint, above=0.0)
        if self.kerr is not None:
            real("A cavity's Kerr constant", self.kerr, "Leave it out for none.")


@dataclass(frozen=True, slots=True, eq=False)
class DrivenTransition:
    """One internal transition of an ion, driven near a motional sideband.

    Attributes
    ----------
    detuning : float
        δ = ω_laser − ω_transition in rad/s; red, δ < 0, damps, blue, δ > 0, amplifies.
    linewidth : float
        κ in rad/s, the rate at which the excited state decays to the ground state (quenched or natural).
    rabi_frequency : float
        Ω of the carrier of an ion at rest, rad/s.
    displacement : (n, n) complex
        ⟨m|exp(i k (x − x_c))|n⟩ on the ladder, k the projection of the light's wavevector.
    lamb_dicke : float
        η = k |⟨0|x|1⟩|; the sideband couples with g = ηΩ/2.
    recoil : tuple of (n, n) complex
        Kraus operators A_i of the kick by the emitted photon, Σ A_i†A_i = 1; none: no recoil.
    name : str
        For tables and labels.
    cooling : bool
        As of `Tone`.

    Raises
    ------
    ArgumentError
        A linewidth or Lamb–Dicke parameter that is not positive, no detuning, a negative Ω.
    """

    detuning: float
    linewidth: float
    rabi_frequency: float
    displacement: Complexes
    lamb_dicke: float
    recoil: tuple[Complexes, ...] = ()
    name: str = ""
    cooling: bool = False

    def __post_init__(self) -> None:
        _check_tone(self.detuning, self.linewidth, self.rabi_frequency, "transition")
        hint = "Give k |⟨0|x|1⟩| of the light's wavevector along the motion."
        real("A Lamb–Dicke parameter", self.lamb_dicke, hint, above=0.0)

    @property
    def tone(self) -> Tone:
        """Its closed form: δ, κ and g = ηΩ/2."""
        return Tone(self.detuning, self.linewidth, self.lamb_dicke * self.rabi_frequency / 2, self.cooling)


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
    quanta : tuple of (d,) int
        For each tone, how many of its quanta every bath state holds; `charge` is their sum with the tones' signs.
        Without it single tones cannot be retuned or told apart.
    recoil : tuple of tuples of (n, n) complex
        For each jump the Kraus operators it has on the oscillator (an emitted photon's kick); empty for none.
    nonlinearity : Nonlinearity or None
        What linearising a cavity left out.
    origin : str
        Paths in the device file that describe it, for errors; "" where there is none.

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
    quanta: tuple[Integers, ...] = ()
    recoil: tuple[tuple[Complexes, ...], ...] = ()
    nonlinearity: Nonlinearity | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        hint = "Check what it was computed from."
        hamiltonian = complex_array(f"The Hamiltonian of bath {self.name!r}", self.hamiltonian, hint)
        jumps = tuple(complex_array(f"A jump of bath {self.name!r}", jump, hint) for jump in self.jumps)
        charge = whole_array(f"The charge of bath {self.name!r}", self.charge, "Give one integer per level.")
        size = hamiltonian.shape[0] if hamiltonian.ndim else 0
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
        require(
            len(self.recoil) in {0, len(self.jumps)} and len(self.quanta) in {0, len(self.tones)},
            f"Bath {self.name!r} must have recoil for each of its jumps and quanta for each of its tones, or none",
            f"{len(self.recoil)} for {len(self.jumps)} jumps, {len(self.quanta)} for {len(self.tones)} tones",
            "Give an empty tuple to a jump that does not kick.",
        )
        object.__setattr__(self, "hamiltonian", frozen(hamiltonian))
        object.__setattr__(self, "jumps", tuple(frozen(jump) for jump in jumps))
        object.__setattr__(self, "charge", frozen(charge))

    @property
    def title(self) -> str:
        """Its name for errors, and where the device file describes it."""
        return f"{self.name!r} ({self.origin})" if self.origin else repr(self.name)

    @property
    def oscillator_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of every operator the bath brings for the oscillator: they must be the ladder's."""
        given = (c.oscillator for c in self.couplings if c.oscillator is not None)
        return tuple(np.shape(m) for m in (*given, *(kick for kicks in self.recoil for kick in kicks)))

    @property
    def photons(self) -> float | None:
        """n_c = (g/g0)² of a pumped cavity; None where its g0 is not known."""
        g0 = self.nonlinearity.single_photon_coupling if self.nonlinearity else None
        return None if g0 is None else (self.tones[0].coupling / g0) ** 2

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
        nonlinearity : Nonlinearity, optional
            What the linearisation leaves out: kept on record, not in this bath.

        Raises
        ------
        ArgumentError
            A linewidth that is not positive, a negative coupling, no detuning, fewer than two levels.
        """
        _check_tone(detuning, linewidth, coupling, "cavity")
        levels = whole("`levels` of a cavity", levels, "Use 3 or more.")
        require(levels >= 2, "A cavity must keep at least two Fock states", levels, "Use 3 or more.")
        require_memory(8 * 16.0 * levels**2, f"A cavity of {levels} levels", "Keep fewer levels.")
        tone = Tone(detuning, linewidth, coupling)
        n = np.arange(levels)
        annihilate = np.diag(np.sqrt(n[1:]), 1).astype(complex)
        return cls(
            hamiltonian=np.diag(-detuning * n).astype(complex),
            jumps=((math.sqrt(linewidth) * annihilate).astype(complex),),
            couplings=(BathCoupling(coupling * (annihilate + annihilate.T)),),
            charge=_charge((tone,), (n,)),
            tones=(tone,),
            name=name or tone.role.value,
            quanta=(n,),
            nonlinearity=nonlinearity,
        )

    @classmethod
    def internal_levels(cls, transitions: Sequence[DrivenTransition], name: str = "internal levels") -> Bath:
        """Internal levels of one ion: g, and an excited state for every driven transition.

        H = Σ_j −δ_j|e_j⟩⟨e_j| + ½Ω_j(|e_j⟩⟨g| e^{ik_j x} + h.c.), jumps √κ_j |g⟩⟨e_j| with the kick of the emitted
        photon. Each excited state rotates with its own laser, so that nothing depends on time.

        Parameters
        ----------
        transitions : sequence of DrivenTransition
            All at once on one ion; two for a self-oscillator, one red and one blue.
        """
        require(len(transitions) >= 1, "Internal levels must have a driven transition", "none", "Give two for an ion.")
        size = len(transitions) + 1
        ground = np.eye(size)[0]
        excited = np.eye(size)[1:]
        couplings: list[BathCoupling] = []
        for state, drive in zip(excited, transitions, strict=True):
            raising = (drive.rabi_frequency / 2 * np.outer(state, ground)).astype(complex)
            couplings += [
                BathCoupling(raising, drive.displacement),
                BathCoupling(raising.conj().T, drive.displacement.conj().T),
            ]
        tones = tuple(drive.tone for drive in transitions)
        quanta = tuple(state.astype(np.int64) for state in excited)
        return cls(
            hamiltonian=np.diag([0.0, *(-drive.detuning for drive in transitions)]).astype(complex),
            jumps=tuple(
                (math.sqrt(drive.linewidth) * np.outer(ground, state)).astype(complex)
                for state, drive in zip(excited, transitions, strict=True)
            ),
            couplings=tuple(couplings),
            charge=_charge(tones, quanta),
            tones=tones,
            name=name,
            quanta=quanta,
            recoil=tuple(drive.recoil for drive in transitions) if any(d.recoil for d in transitions) else (),
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
        detuning = real("A detuning", detuning, "Give it in rad/s.")
        shift = np.diag(detuning * self.charge).astype(complex)
        tones = tuple(_moved(tone, detuning) for tone in self.tones)
        return replace(self, hamiltonian=self.hamiltonian + shift, tones=tones)

    def retuned(self, tone: int, spacing: float) -> Bath:
        """The same bath with one tone moved by `spacing` (rad/s) towards wider ladder spacings.

        Raises
        ------
        ArgumentError
            A bath that does not tell its tones' quanta apart.
        """
        apart = self._told_apart()
        tone = index("A tone", tone, len(apart), "Tones are counted from 0.")
        quanta = apart[tone]
        spacing = real("A spacing", spacing, "Give it in rad/s.")
        sign = 1 if self.tones[tone].role is Role.DAMPING else -1
        shift = np.diag(sign * spacing * quanta).astype(complex)
        tones = tuple(_moved(t, spacing) if k == tone else t for k, t in enumerate(self.tones))
        return replace(self, hamiltonian=self.hamiltonian + shift, tones=tones)

    def scaled(self, coupling: float = 1.0, linewidth: float = 1.0) -> Bath:
        """The same bath with couplings and decay rates of all its stabilising tones multiplied; cooling ones stay."""
        coupling = real("A factor of the couplings", coupling, "Give a positive number.", least=0.0)
        linewidth = real("A factor of the decay rates", linewidth, "Give a positive number.", above=0.0)
        cools = [q[:, None] != q[None, :] for t, q in zip(self.tones, self.quanta, strict=False) if t.cooling]
        stay = np.any(cools, axis=0) if cools else np.zeros((self.levels,) * 2, dtype=bool)
        return replace(
            self,
            jumps=tuple(np.where(stay, jump, math.sqrt(linewidth) * jump) for jump in self.jumps),
            couplings=tuple(
                BathCoupling(np.where(stay, c.bath, coupling * c.bath), c.oscillator) for c in self.couplings
            ),
            tones=tuple(
                t if t.cooling else replace(t, coupling=coupling * t.coupling, linewidth=linewidth * t.linewidth)
                for t in self.tones
            ),
        )

    def of_tone(self, tone: int) -> Bath:
        """A bath like this one with a single one of its tones: states with quanta of another are left out."""
        apart = self._told_apart()
        tone = index("A tone", tone, len(apart), "Tones are counted from 0.")
        others = sum((q for k, q in enumerate(apart) if k != tone), np.zeros_like(self.charge))
        kept = self._restricted(others == 0)
        return replace(kept, tones=(self.tones[tone],), quanta=(kept.quanta[tone],))

    def with_at_most(self, quanta: int) -> Bath:
        """The same bath with only the states that hold at most so many quanta, all tones together."""
        quanta = whole("`quanta`", quanta, "Give how many a state may hold.", least=0)
        return self._restricted(sum(self._told_apart(), np.zeros_like(self.charge)) <= quanta)

    def _told_apart(self) -> tuple[Integers, ...]:
        require(
            bool(self.quanta),
            f"Bath {self.name!r} must know the quanta of each tone to be retuned or told apart",
            "no `quanta`",
            "Give them, one array per tone.",
        )
        return self.quanta

    def _restricted(self, states: NDArray[np.bool_]) -> Bath:
        """Only some basis states, and the jumps that are left between them."""
        inside = np.ix_(states, states)
        left = [k for k, jump in enumerate(self.jumps) if np.any(jump[inside])]
        return replace(
            self,
            hamiltonian=self.hamiltonian[inside],
            jumps=tuple(self.jumps[k][inside] for k in left),
            couplings=tuple(BathCoupling(c.bath[inside], c.oscillator) for c in self.couplings),
            charge=self.charge[states],
            quanta=tuple(q[states] for q in self.quanta),
            recoil=tuple(self.recoil[k] for k in left) if self.recoil else (),
        )

    @property
    def is_mode(self) -> bool:
        """Whether its levels are the Fock states of one mode with one tone."""
        return len(self.quanta) == 1 and np.array_equal(self.quanta[0], np.arange(self.levels))

    def shortened(self, levels: int) -> Bath:
        """The same mode with at most its lowest `levels` Fock states; a bath that is no mode as it is."""
        kept = slice(whole("`levels`", levels, "Give how many Fock states to keep.", least=2))
        if not self.is_mode or levels >= self.levels:
            return self
        return replace(
            self,
            hamiltonian=self.hamiltonian[kept, kept],
            jumps=tuple(jump[kept, kept] for jump in self.jumps),
            couplings=tuple(BathCoupling(c.bath[kept, kept], c.oscillator) for c in self.couplings),
            charge=self.charge[kept],
            quanta=(self.quanta[0][kept],),
        )

    def resized(self, levels: int) -> Bath:
        """The same mode with so many Fock states, more or fewer; a bath that is no mode as it is.

        Raises
        ------
        ArgumentError
            More states asked of a mode that is not the linear one of `cavity`.
        """
        if not self.is_mode or levels <= self.levels:
            return self.shortened(levels)
        tone = self.tones[0]
        here, longer = (
            Bath.cavity(tone.detuning, tone.linewidth, tone.coupling, n, self.name, self.nonlinearity)
            for n in (self.levels, levels)
        )
        linear = (
            len(self.couplings) == len(self.jumps) == 1
            and np.allclose(self.hamiltonian, here.hamiltonian)
            and np.allclose(self.couplings[0].bath, here.couplings[0].bath)
            and np.allclose(self.jumps[0], here.jumps[0])
        )
        require(
            linear,
            f"Fock states can be added to a linear mode only: −δ c†c + g X (c + c†), jump √κ c (bath {self.name!r})",
            "other operators",
            "Add them before the mode's nonlinearity, or build the bath with more levels.",
        )
        return replace(longer, tones=self.tones)

    def truncated(self, levels: int) -> Bath:
        """The same bath for an oscillator with only its lowest `levels` levels."""
        levels = whole("`levels`", levels, "Give a number of levels.", least=2)
        return replace(
            self,
            couplings=tuple(
                c if c.oscillator is None else BathCoupling(c.bath, c.oscillator[:levels, :levels])
                for c in self.couplings
            ),
            recoil=tuple(tuple(kick[:levels, :levels] for kick in kicks) for kicks in self.recoil),
        )


def _check_tone(detuning: float, linewidth: float, strength: float, what: str) -> None:
    real(f"A {what}'s detuning", detuning, "Give a number in rad/s.")
    real(f"A {what}'s linewidth κ", linewidth, "Give its energy decay rate in rad/s.", above=0.0)
    real(f"A {what}'s coupling", strength, "Its sign has no effect: give its modulus.", least=0.0)
    require(detuning != 0, f"A {what} must be driven off resonance", "δ = 0", "δ < 0 damps, δ > 0 amplifies.")


def _moved(tone: Tone, spacing: float) -> Tone:
    sign = -1 if tone.role is Role.DAMPING else 1
    return replace(tone, detuning=tone.detuning + sign * spacing)


def _charge(tones: Sequence[Tone], quanta: Sequence[Integers]) -> Integers:
    signs = (1 if tone.role is Role.DAMPING else -1 for tone in tones)
    total: Integers = sum((sign * q for sign, q in zip(signs, quanta, strict=True)), np.zeros_like(quanta[0]))
    return total
