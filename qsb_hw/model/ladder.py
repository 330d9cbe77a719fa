"""The anharmonic ladder: level energies and the operators that couple to baths and neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real, real_array, square, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.operators import altered, frozen, is_hermitian

MATRICES = 8
"""Dense complex matrices that are alive at once while a ladder is made."""


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """Levels of one oscillator.

    Parameters
    ----------
    energies : (n,) float
        Level energies in rad/s; shifted so that the lowest is zero.
    coupling : (n, n) complex
        Hermitian coordinate X that couples to the engineered baths, normalised to X_01 = 1
        (√n between neighbours for a Kerr oscillator).
    exchange : (n, n) complex, optional
        Lowering operator through which neighbouring oscillators exchange a quantum, normalised to
        ⟨0|·|1⟩ = 1; the lowering part of `coupling` unless given (a transmon's current threads its
        SQUIDs while its charge meets its neighbours).

    Raises
    ------
    ArgumentError
        If there are fewer than two levels, shapes do not fit, values are not finite, or the coordinate is not Hermitian
        or has X_01 = 0.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> ladder = qh.Ladder.kerr(frequency=50.0, kerr=1.0, levels=4)  # E_n = 50 n − n(n − 1)
    >>> ladder.transition_frequencies
    array([50., 48., 46.])
    >>> bool(np.isclose(ladder.coupling[1, 2], np.sqrt(2)))
    True
    """

    energies: Floats
    coupling: Complexes
    exchange: Complexes = None  # type: ignore[assignment]  # always an array after __post_init__

    def __post_init__(self) -> None:
        energies = real_array("Energies", self.energies, "Give one energy in rad/s per level.")  # (n,)
        hint = "Give one energy per level."
        several = energies.ndim == 1 and energies.size >= 2
        require(several, "A ladder must have at least two levels", f"shape {energies.shape}", hint)
        hint = "Give energies and operators in the same basis, one row per level."
        coupling = square("`coupling`", self.coupling, energies.size, hint)  # (n, n)
        given = np.diag(np.diag(coupling, 1), 1) if self.exchange is None else self.exchange
        exchange = square("`exchange`", given, energies.size, hint)
        hint = "Pass the coordinate itself, not its lowering part."
        require(is_hermitian(coupling), "The coupling coordinate X must be Hermitian", "X ≠ X†", hint)
        hint = "Use an operator that does."
        require(coupling[0, 1] != 0, "The coupling coordinate must connect levels 0 and 1", "X_01 = 0", hint)
        hint = "Use a lowering operator."
        require(exchange[0, 1] != 0, "The exchange operator must lower level 1 to level 0", "⟨0|·|1⟩ = 0", hint)
        object.__setattr__(self, "energies", frozen(energies - energies[0]))
        object.__setattr__(self, "coupling", frozen(coupling / coupling[0, 1]))
        object.__setattr__(self, "exchange", frozen(exchange / exchange[0, 1]))

    @classmethod
    def kerr(cls, frequency: float, kerr: float, levels: int) -> Ladder:
        """Kerr oscillator H = ω a†a − K a†²a² (Lörch 2017 Eq. 1), `frequency` ω and `kerr` K in rad/s.

        The spacing is ω_n = E_n − E_{n−1} = ω − 2K(n−1); the anharmonicity is −2K.
        """
        frequency = real("A ladder's frequency", frequency, "Give ω in rad/s.")
        kerr = real("A ladder's Kerr constant", kerr, "Give K in rad/s.")
        levels = _count(levels)
        n = np.arange(levels)
        return cls(frequency * n - kerr * n * (n - 1), _ladder_coordinate(levels))

    @classmethod
    def from_transitions(cls, transition_frequencies: ArrayLike) -> Ladder:
        """Ladder with measured spacings ω_1, ω_2, … (rad/s) and harmonic matrix elements √n."""
        hint = "Give ω_1, ω_2, … in rad/s."
        spacings = np.atleast_1d(real_array("Transition frequencies", transition_frequencies, hint))  # (n-1,)
        require(spacings.ndim == 1, "Transition frequencies must be a list", f"shape {spacings.shape}", hint)
        _count(spacings.size + 1)
        return cls(np.concatenate([[0.0], np.cumsum(spacings)]), _ladder_coordinate(spacings.size + 1))

    def __repr__(self) -> str:
        spacings = np.array2string(self.transition_frequencies[:3], precision=6, separator=", ")
        return f"Ladder({self.levels} levels, lowest spacings {spacings})"

    @property
    def levels(self) -> int:
        """Number of levels kept."""
        return int(self.energies.size)

    @property
    def transition_frequencies(self) -> Floats:
        """Spacings ω_n = E_n − E_{n−1} for n = 1 … levels−1, in rad/s, shape (levels−1,)."""
        return np.asarray(self.energies[1:] - self.energies[:-1])

    @property
    def lowering(self) -> Complexes:
        """Part of the coordinate that lowers by one level, shape (n, n); √n |n−1⟩⟨n| for Kerr."""
        return np.diag(np.diag(self.coupling, 1), 1)

    @property
    def annihilation(self) -> Complexes:
        """Part of `exchange` that lowers by one level, shape (n, n): the a of Σ C_jk a_j†a_k."""
        return np.diag(np.diag(self.exchange, 1), 1)

    def kerr_at(self, level: int) -> float:
        """K = (ω_level − ω_{level+1})/2 in rad/s: half the drop in spacing across `level`.

        For a Kerr ladder it is the same at every level; a transmon's grows with the level.
        """
        hint = "K at a level needs its two neighbours: keep more levels."
        level = whole("The level of a K", level, hint, least=1, most=self.levels - 2)
        below, above = self.transition_frequencies[level - 1 : level + 1]
        return float(below - above) / 2

    def truncated(self, levels: int) -> Ladder:
        """The lowest `levels` levels."""
        levels = whole("`levels`", levels, "Build the ladder with more levels.", least=2, most=self.levels)
        return Ladder(self.energies[:levels], self.coupling[:levels, :levels], self.exchange[:levels, :levels])

    @property
    def is_kerr(self) -> bool:
        """Whether it is the lower part of a Kerr ladder: spacings drop evenly, matrix elements are √n."""
        reference, scale = Ladder.kerr(*self._kerr_law(), self.levels), float(np.abs(self.energies).max()) or 1.0
        pairs = ((getattr(self, name), getattr(reference, name)) for name in ("coupling", "exchange"))
        return self.levels >= 3 and (
            np.allclose(self.energies, reference.energies, rtol=0, atol=1e-9 * scale)
            and all(np.allclose(own, other, rtol=0, atol=1e-9) for own, other in pairs)
        )

    def extended(self, levels: int) -> Ladder:
        """The Kerr ladder this is the lower part of, up to `levels` levels."""
        must = "Only a Kerr ladder of three levels or more can be continued"
        found = f"spacings {np.array2string(self.transition_frequencies, precision=4)}"
        require(self.is_kerr, must, found, "Build the ladder with more levels.")
        return Ladder.kerr(*self._kerr_law(), levels)

    def _kerr_law(self) -> tuple[float, float]:
        """ω and K from the lowest two spacings."""
        spacings = self.transition_frequencies
        return float(spacings[0]), float(spacings[0] - spacings[1]) / 2 if spacings.size > 1 else 0.0

    def detuned(self, detuning: float) -> Ladder:
        """Every spacing raised by `detuning` (rad/s)."""
        detuning = real("A detuning", detuning, "Give it in rad/s.")
        energies = self.energies + detuning * np.arange(self.levels)
        if not np.isfinite(energies[-1]):
            return Ladder(energies, self.coupling, self.exchange)  # which says what is wrong
        return altered(self, energies=frozen(energies))


def _count(levels: int) -> int:
    """Levels of a new ladder: a whole number whose matrices fit in memory."""
    count = whole("`levels`", levels, "Give a number of levels.")
    require(count >= 2, "A ladder must have at least two levels", count, "Raise `levels`.")
    require_memory(MATRICES * 16.0 * count**2, f"A ladder of {count} levels", "Keep fewer levels.")
    return count


def _ladder_coordinate(levels: int) -> Complexes:
    lowering = np.diag(np.sqrt(np.arange(1.0, levels)), 1)
    return (lowering + lowering.T).astype(complex)
