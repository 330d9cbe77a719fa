"""Coupled self-oscillators, eliminated or complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes
from qsb_hw.arguments import is_index, square, whole
from qsb_hw.errors import require, shown
from qsb_hw.lindblad.operators import altered, frozen, is_hermitian
from qsb_hw.model.display import html_tables
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator

Oscillator = EffectiveOscillator | SelfOscillator


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Network:
    """Oscillators exchanging quanta: V = Σ_jk C_jk a_j†a_k (Lörch 2017 Eq. 4).

    Parameters
    ----------
    oscillators : sequence of EffectiveOscillator or SelfOscillator
        Of a `SelfOscillator` every bath is kept.
    coupling : (N, N) array_like
        Hermitian, without diagonal, in the unit of the rates; a_j is the ladder's exchange operator.

    Raises
    ------
    ArgumentError
        If there are no oscillators, or the coupling is not Hermitian, of the wrong shape, or has a diagonal.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    >>> pair = qh.Network([one.detuned(20.0), one], coupling=[[0, 0.3], [0.3, 0]])
    >>> pair.size
    2
    >>> round(qh.steady_state(pair).synchronization(0, 1), 2)
    0.34
    """

    oscillators: tuple[Oscillator, ...]
    coupling: Complexes

    def __init__(self, oscillators: Sequence[Oscillator], coupling: ArrayLike) -> None:
        given = isinstance(oscillators, Sequence) and all(isinstance(o, Oscillator) for o in oscillators)
        kinds = "A network must be made of at least one oscillator, EffectiveOscillators or SelfOscillators"
        given = given and len(oscillators) >= 1
        require(given, kinds, "" if given else shown(oscillators), "List them.")
        hint = "Give C_jk of Σ C_jk a_j†a_k, one row per oscillator, 0 for none."
        matrix = square("`coupling`", coupling, len(oscillators), hint)
        require(is_hermitian(matrix), "`coupling` must be Hermitian", "C ≠ C†", "Set C_kj = conj(C_jk).")
        hint = "A shift of an oscillator's own frequency belongs in its ladder."
        require(not np.any(np.diag(matrix)), "`coupling` must have no diagonal", np.diag(matrix).tolist(), hint)
        object.__setattr__(self, "oscillators", tuple(oscillators))
        object.__setattr__(self, "coupling", frozen(matrix))

    def __repr__(self) -> str:
        names = ", ".join(f"{o.name} ({o.levels})" for o in self.oscillators)
        links = int(np.count_nonzero(np.triu(self.coupling)))
        return f"Network({self.size} oscillators with levels: {names}; {links} links)"

    _repr_html_ = html_tables

    @property
    def size(self) -> int:
        """Number of oscillators."""
        return len(self.oscillators)

    def oscillator(self, number: int) -> Oscillator:
        """One oscillator, counted from 0; `ArgumentError` if there is none of that number."""
        must = f"The oscillator must lie between 0 and {self.size - 1}"
        require(is_index(number) and 0 <= number < self.size, must, number, "Oscillators are counted from 0.")
        return self.oscillators[number]

    def pair(self, first: int, second: int) -> tuple[Oscillator, Oscillator]:
        """Two different oscillators, counted from 0; `ArgumentError` where they are not two."""
        must = "A pair must be made of two different oscillators"
        require(first != second, must, f"{first} and {second}", "Oscillators are counted from 0.")
        return self.oscillator(first), self.oscillator(second)

    def detuned(self, oscillator: int, detuning: float) -> Network:
        """The network with every spacing of one oscillator raised by `detuning`, its tones following."""
        changed = list(self.oscillators)
        changed[oscillator] = self.oscillator(oscillator).detuned(detuning)
        return altered(self, oscillators=tuple(changed))

    @property
    def smallest_ladder(self) -> int:
        """Levels of the ladder that has the fewest."""
        return min(o.levels for o in self.oscillators)

    @property
    def minimum_levels(self) -> int:
        """Levels the smallest ladder must keep so that every stabilised level has both its neighbours."""
        return max((o.target or 0) + 2 - o.levels for o in self.oscillators) + self.smallest_ladder

    @property
    def extendable(self) -> bool:
        """Whether every ladder can be `resized` upwards."""
        return all(isinstance(o, EffectiveOscillator) and o.extendable for o in self.oscillators)

    def resized(self, change: int) -> Network:
        """The network with `change` levels more (less where negative) in every ladder; at least two must be left.

        Levels are added only to ladders that follow a closed form.
        """
        change = whole("A change of levels", change, "Give how many to add, negative to remove.")
        complete = sum(isinstance(o, SelfOscillator) for o in self.oscillators)
        must = "Levels can be added to eliminated oscillators only"
        require(change <= 0 or not complete, must, f"{complete} complete ones", "Build them with more levels.")
        resized = [
            o.extended(o.levels + change)
            if change > 0 and isinstance(o, EffectiveOscillator)
            else o.truncated(o.levels + change)
            for o in self.oscillators
        ]
        return Network(resized, self.coupling)
