"""Coupled self-oscillators, eliminated or complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw.errors import require
from qsb_hw.linalg.operators import frozen, is_hermitian
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator

Complexes = NDArray[np.complex128]
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
        No oscillators, a coupling that is not Hermitian, of the wrong shape or with a diagonal.
    """

    oscillators: tuple[Oscillator, ...]
    coupling: Complexes

    def __init__(self, oscillators: Sequence[Oscillator], coupling: ArrayLike) -> None:
        matrix = np.asarray(coupling, dtype=complex)
        count = len(oscillators)
        require(count >= 1, "A network must have at least one oscillator", "none", "Pass a list of oscillators.")
        require(
            matrix.shape == (count, count),
            f"`coupling` must be {count} × {count}, one row per oscillator",
            f"shape {matrix.shape}",
            "Give C_jk of Σ C_jk a_j†a_k.",
        )
        require(
            bool(np.all(np.isfinite(matrix))),
            "`coupling` must be finite",
            "NaN or infinity",
            "Use 0 for none.",
        )
        require(is_hermitian(matrix), "`coupling` must be Hermitian", "C ≠ C†", "Set C_kj = conj(C_jk).")
        require(
            not np.any(np.diag(matrix)),
            "`coupling` must have no diagonal",
            f"{np.diag(matrix).tolist()}",
            "A shift of an oscillator's own frequency belongs in its ladder.",
        )
        object.__setattr__(self, "oscillators", tuple(oscillators))
        object.__setattr__(self, "coupling", frozen(matrix))

    @property
    def size(self) -> int:
        """Number of oscillators."""
        return len(self.oscillators)

    def truncated(self, drop: int = 1) -> Network | None:
        """The network with `drop` levels less in every ladder; None where fewer than two would be left."""
        if min(o.levels for o in self.oscillators) - drop < 2:
            return None
        return Network([o.truncated(o.levels - drop) for o in self.oscillators], self.coupling)
