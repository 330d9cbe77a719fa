"""γ, σ, n± of a self-oscillator in two dictionaries.

`derived` follows from H = Σ E_n|n⟩⟨n| − δ c†c + g X(c + c†) and jump √κ c, and the full model confirms it:
γ = 4g²/κ, σ = κ/4K, n₋ = 1 + (ω0 + δ₋)/2K, n₊ = 1 + (ω0 − δ₊)/2K.
`published` is what Lörch 2017 prints, taken by the letter with δ = ω_drive − ω_cavity:
γ = 4g²/κ, σ = κ/8K, n± = ±(δ± − ω0)/2K.
On a real ladder K and ω0 are those of the Kerr ladder matched at n0: both transitions next to n0 are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from qsb_hw.errors import ArgumentError
from qsb_hw.model.bath import Role, Tone
from qsb_hw.model.effective import Lorentzian
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.oscillator import SelfOscillator


class Convention(Enum):
    """Which dictionary from (g, κ, δ) to (γ, σ, n±) is used."""

    DERIVED = "derived"
    PUBLISHED = "published"

    @classmethod
    def of(cls, name: str | Convention) -> Convention:
        """The convention of that name; `ArgumentError` for any other."""
        try:
            return cls(name)
        except ValueError:
            raise ArgumentError(
                f"A convention must be 'derived' or 'published', but found {name!r}. "
                "'derived' is the one the full model supports."
            ) from None


@dataclass(frozen=True, slots=True)
class KerrFit:
    """The Kerr ladder matched to a real one at a level: spacing ω_n = ω0 − 2K(n − 1)."""

    frequency: float  # ω0 in rad/s
    kerr: float  # K in rad/s

    @classmethod
    def at(cls, ladder: Ladder, level: int) -> KerrFit:
        """Matched at `level`: the transitions into it from below and above are exact."""
        kerr = ladder.kerr_at(level)
        return cls(float(ladder.transition_frequencies[level - 1]) + 2 * kerr * (level - 1), kerr)

    def position(self, frequency: float) -> float:
        """Level n (a real number) whose transition n−1 → n has this spacing (rad/s)."""
        return 1 + (self.frequency - frequency) / (2 * self.kerr)


def _lorentzian_of(tone: Tone, fit: KerrFit, convention: Convention) -> Lorentzian:
    if convention is Convention.DERIVED:
        return Lorentzian(tone.gamma, tone.linewidth / (4 * fit.kerr), fit.position(tone.resonance))
    centre = tone.role.sign * (fit.frequency - tone.detuning) / (2 * fit.kerr)
    return Lorentzian(tone.gamma, tone.linewidth / (8 * fit.kerr), centre)


def closed_forms(oscillator: SelfOscillator, convention: Convention) -> tuple[Lorentzian | None, Lorentzian | None]:
    """(amplification, damping) of an oscillator; None for a side that has not exactly one tone, or K = 0."""
    target = oscillator.target_with_neighbours
    fit = None if target is None else KerrFit.at(oscillator.ladder, target)
    if fit is None or fit.kerr <= 0:
        return None, None
    sides = (oscillator.tones(role) for role in (Role.AMPLIFICATION, Role.DAMPING))
    up, down = (_lorentzian_of(tones[0], fit, convention) if len(tones) == 1 else None for tones in sides)
    return up, down
