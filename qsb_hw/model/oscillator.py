"""The self-oscillator: a ladder with its engineered baths and its intrinsic losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from qsb_hw.arguments import real
from qsb_hw.errors import require
from qsb_hw.model.bath import Bath, Role, Tone
from qsb_hw.model.ladder import Ladder

WIDEST_MEANINGFUL_SIGMA = 1.0
"""Above this σ the tones do not single out a level, and no Fock state is stabilised."""


@dataclass(frozen=True, slots=True)
class Decoherence:
    """Intrinsic loss channels.

    Attributes
    ----------
    t1 : float
        Energy relaxation time of level 1 in s; level n decays n times faster.
    t_phi : float
        Pure dephasing time of the 0↔1 coherence in s.
    thermal_occupation : float
        Mean quanta of the environment T1 couples to.
    heating_rate : float
        Quanta per second of a bath without temperature (an ion's electric-field noise): up and down alike.

    Raises
    ------
    ArgumentError
        If a time is not positive or a rate is negative.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> loss = qh.Decoherence(t1=50e-6, t_phi=20e-6, thermal_occupation=0.02)
    >>> round(loss.down_rate), round(loss.up_rate), round(loss.dephasing_rate)
    (20400, 400, 50000)
    """

    t1: float = math.inf
    t_phi: float = math.inf
    thermal_occupation: float = 0.0
    heating_rate: float = 0.0

    def __post_init__(self) -> None:
        for name in ("t1", "t_phi"):
            value = getattr(self, name)
            real(f"`{name}`", value, "Give a time in s, or leave it out for no such loss.", above=0.0, infinite=True)
        for name in ("thermal_occupation", "heating_rate"):
            value = getattr(self, name)
            real(f"`{name}`", value, "Leave it out for none.", least=0.0)

    @property
    def down_rate(self) -> float:
        """Rate of 1 → 0 in 1/s: (1 + n_th)/T1 plus heating."""
        return (1 + self.thermal_occupation) / self.t1 + self.heating_rate

    @property
    def up_rate(self) -> float:
        """Rate of 0 → 1 in 1/s: n_th/T1 plus heating."""
        return self.thermal_occupation / self.t1 + self.heating_rate

    @property
    def dephasing_rate(self) -> float:
        """1/Tφ in 1/s: the 0↔1 coherence decays by it."""
        return 1 / self.t_phi


@dataclass(frozen=True, slots=True, eq=False)
class SelfOscillator:
    """A ladder stabilised by engineered baths: what every platform reduces to.

    Attributes
    ----------
    ladder : Ladder
        Levels and operators.
    baths : tuple of Bath
        Auxiliary systems, kept in the full model, eliminated in the reduced one.
    decoherence : Decoherence
        T1, Tφ, temperature, heating.
    name : str
        For tables and labels.

    Examples
    --------
    A ladder held in its first excited level by a cavity that damps 2 → 1 and one that amplifies 0 → 1:

    >>> import qsb_hw as qh
    >>> ladder = qh.Ladder.kerr(frequency=50.0, kerr=1.0, levels=4)
    >>> up, down = ladder.transition_frequencies[:2]
    >>> baths = [qh.Bath.cavity(detuning=d, linewidth=0.2, coupling=0.01) for d in (up, -down)]
    >>> oscillator = qh.SelfOscillator(ladder, baths)
    >>> oscillator.target
    1
    >>> round(float(qh.steady_state(qh.full_model(oscillator)).populations()[1]), 2)
    0.99
    """

    ladder: Ladder
    baths: tuple[Bath, ...] = ()
    decoherence: Decoherence = field(default_factory=Decoherence)
    name: str = "oscillator"

    def __post_init__(self) -> None:
        require(isinstance(self.ladder, Ladder), "`ladder` must be a Ladder", type(self.ladder).__name__, "Make one.")
        baths = tuple(self.baths)
        for bath in baths:
            require(isinstance(bath, Bath), "Every bath must be a Bath", type(bath).__name__, "Make it by Bath.cavity.")
            must = f"Operators of bath {bath.name!r} on the oscillator must be {self.levels} × {self.levels}"
            for shape in bath.oscillator_shapes:
                require(shape == (self.levels,) * 2, must, f"shape {shape}", "Truncate both alike.")
        object.__setattr__(self, "baths", baths)

    def __repr__(self) -> str:
        baths = ", ".join(f"{bath.name} ({bath.levels})" for bath in self.baths) or "none"
        return f"SelfOscillator({self.name!r}, {self.levels} levels, baths: {baths}, {self.decoherence!r})"

    @property
    def levels(self) -> int:
        """Levels of the ladder."""
        return self.ladder.levels

    @property
    def dims(self) -> tuple[int, ...]:
        """Dimensions of the full model: the oscillator, then its baths."""
        return (self.levels, *(bath.levels for bath in self.baths))

    def tones(self, role: Role) -> tuple[Tone, ...]:
        """Every stabilising tone of one role, over all baths; without tones that only cool."""
        return tuple(tone for tone in self.stabilising_tones if tone.role is role)

    @property
    def stabilising_tones(self) -> tuple[Tone, ...]:
        """The tones that make the level n0 what it is, over all baths: all but those that only cool."""
        return tuple(tone for bath in self.baths for tone in bath.tones if not tone.cooling)

    @property
    def target(self) -> int | None:
        """n0, the top of the highest transition an amplifying tone addresses; None without one."""
        spacings, tones = self.ladder.transition_frequencies, self.tones(Role.AMPLIFICATION)
        return max((int(np.argmin(np.abs(spacings - tone.resonance))) + 1 for tone in tones), default=None)

    @property
    def target_with_neighbours(self) -> int | None:
        """n0 where the ladder holds it and both its neighbours; None otherwise."""
        return self.target if self.target is not None and 1 <= self.target <= self.levels - 2 else None

    def truncated(self, levels: int) -> SelfOscillator:
        """The same oscillator with only its lowest `levels` levels."""
        if levels == self.levels:
            return self
        baths = tuple(bath.truncated(levels) for bath in self.baths)
        return replace(self, ladder=self.ladder.truncated(levels), baths=baths)

    def with_baths(self, change: Callable[[Bath], Bath]) -> SelfOscillator:
        """The same oscillator with every bath changed."""
        return replace(self, baths=tuple(change(bath) for bath in self.baths))

    @property
    def bath_levels(self) -> int | None:
        """Fock states of the largest auxiliary mode; None where no bath is a mode."""
        return max((bath.levels for bath in self.baths if bath.is_mode), default=None)

    @property
    def cooling_baths(self) -> tuple[Bath, ...]:
        """The tones that only cool, each in a bath of its own."""
        found = [(bath, k) for bath in self.baths for k, tone in enumerate(bath.tones) if tone.cooling]
        return tuple(replace(bath.of_tone(k), name=f"{bath.name} cooling") for bath, k in found)

    def with_bath_levels(self, levels: int) -> SelfOscillator:
        """The same oscillator with so many Fock states in every auxiliary mode; baths that are no modes stay."""
        return self.with_baths(lambda bath: bath.resized(levels))

    def detuned(self, detuning: float) -> SelfOscillator:
        """Every spacing raised by `detuning` (rad/s), the pump tones retuned to follow."""
        return replace(self, ladder=self.ladder.detuned(detuning)).with_baths(lambda bath: bath.detuned(detuning))


def has_fock_state(oscillator: SelfOscillator) -> bool:
    """Whether the tones are narrow enough against K to single out a level."""
    target = oscillator.target_with_neighbours
    kerr = 0.0 if target is None else oscillator.ladder.kerr_at(target)
    return kerr > 0 and widest_linewidth(oscillator) / (4 * kerr) <= WIDEST_MEANINGFUL_SIGMA


def widest_linewidth(oscillator: SelfOscillator) -> float:
    """Largest κ of the stabilising tones in rad/s; NaN without one."""
    return max((t.linewidth for t in oscillator.stabilising_tones), default=math.nan)
