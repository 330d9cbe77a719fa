"""Groups of three-level oscillators in the limit of infinitely many (Nadolny & Bruder 2023 Eqs. 1, 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw.errors import require
from qsb_hw.linalg.operators import frozen

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

RAISING: Complexes = frozen(np.diag(np.full(2, math.sqrt(2), dtype=complex), -1))
"""S⁺ = √2(|2⟩⟨1| + |1⟩⟨0|), rows and columns in the order 0, 1, 2."""
SPIN_Z: Complexes = frozen(np.diag([-1.0, 0.0, 1.0]).astype(complex))
"""S^z = |2⟩⟨2| − |0⟩⟨0|."""


@dataclass(frozen=True, slots=True, eq=False, init=False)
class SpinGroups:
    """Groups of identical three-level oscillators, every one coupled to every other one.

    One group, H = K|2⟩⟨2| + (V/N) Σ (S⁺_i S⁻_j + h.c.), gain γ₊D[|1⟩⟨0|] and loss γ₋D[|1⟩⟨2|]; two groups are detuned
    by ±δ/2 and coupled by V_AB. `of` takes any number of groups of any size. All in any one unit of rate.

    Parameters
    ----------
    gain, loss : float
        γ₊ and γ₋, not negative, not both zero.
    asymmetry : float
        K.
    coupling : float
        V within a group.
    intergroup : float, optional
        V_AB; one group unless given.
    detuning : float
        δ between the two groups.

    Attributes
    ----------
    gain, loss, asymmetry, frequency : (G,) float
        Of every group; `frequency` multiplies S^z.
    links : (G, G) float
        Mean fields h_σ = Σ_τ links[σ, τ] ⟨S⁺⟩_τ; relative group sizes are in them.

    Raises
    ------
    ArgumentError
        Numbers that are not finite, negative rates, neither gain nor loss, a detuning of a single group.
    """

    gain: Floats
    loss: Floats
    asymmetry: Floats
    frequency: Floats
    links: Floats

    def __init__(
        self,
        *,
        gain: float,
        loss: float,
        asymmetry: float = 0.0,
        coupling: float,
        intergroup: float | None = None,
        detuning: float = 0.0,
    ) -> None:
        require(
            intergroup is not None or detuning == 0,
            "A detuning needs two groups",
            f"detuning {detuning} and no `intergroup`",
            "Give the coupling between the groups, 0 for none.",
        )
        if intergroup is None:
            self._set(gain, loss, asymmetry, [0.0], [[coupling]])
        else:
            links = [[coupling, intergroup], [intergroup, coupling]]
            self._set(gain, loss, asymmetry, [detuning / 2, -detuning / 2], links)

    @classmethod
    def of(
        cls,
        *,
        gain: ArrayLike,
        loss: ArrayLike,
        asymmetry: ArrayLike = 0.0,
        frequency: ArrayLike,
        coupling: ArrayLike,
        sizes: ArrayLike | None = None,
    ) -> SpinGroups:
        """Any number of groups: V_στ in `coupling` (G, G), symmetric, and relative `sizes` (G,), equal unless given.

        A size of one is that of a group in the two-group model: links[σ, τ] = V_στ · sizes[τ].
        """
        matrix = np.atleast_2d(np.asarray(coupling, dtype=float))
        require(
            matrix.shape[0] == matrix.shape[1] and bool(np.array_equal(matrix, matrix.T)),
            "`coupling` must be a symmetric matrix with one row per group",
            f"shape {matrix.shape}",
            "Give V_στ.",
        )
        weights = np.ones(len(matrix)) if sizes is None else np.asarray(sizes, dtype=float)
        require(
            weights.shape == (len(matrix),) and bool(np.all(weights > 0)),
            "`sizes` must hold one positive number per group",
            weights.tolist(),
            "Leave it out for equal groups.",
        )
        groups = cls.__new__(cls)
        groups._set(gain, loss, asymmetry, frequency, matrix * weights[None, :])
        return groups

    def _set(
        self, gain: ArrayLike, loss: ArrayLike, asymmetry: ArrayLike, frequency: ArrayLike, links: ArrayLike
    ) -> None:
        matrix = np.asarray(links, dtype=float)
        for name, value in (("gain", gain), ("loss", loss), ("asymmetry", asymmetry), ("frequency", frequency)):
            given = np.asarray(value, dtype=float)
            require(
                given.shape in {(), (len(matrix),)},
                f"`{name}` must be one number, or one per group",
                f"shape {given.shape} for {len(matrix)} groups",
                "Give as many as there are groups.",
            )
            object.__setattr__(self, name, frozen(np.broadcast_to(given, (len(matrix),)).astype(float)))
        object.__setattr__(self, "links", frozen(matrix))
        finite = (np.all(np.isfinite(getattr(self, name))) for name in type(self).__slots__)
        require(all(map(bool, finite)), "All parameters must be finite", "NaN or infinity", "Give plain numbers.")
        _check_rates(self.gain, self.loss)

    def scaled(self, factor: float) -> SpinGroups:
        """The same groups with every coupling multiplied."""
        groups = SpinGroups.__new__(SpinGroups)
        groups._set(self.gain, self.loss, self.asymmetry, self.frequency, factor * self.links)
        return groups

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.links)

    def __repr__(self) -> str:
        return (
            f"SpinGroups({self.count} groups, gain {self.gain.tolist()}, loss {self.loss.tolist()}, "
            f"asymmetry {self.asymmetry.tolist()}, frequency {self.frequency.tolist()})"
        )


def _check_rates(gain: Floats, loss: Floats) -> None:
    require(
        bool(np.all(gain >= 0) and np.all(loss >= 0)),
        "Gain and loss must not be negative",
        f"gain {gain.tolist()} and loss {loss.tolist()}",
        "Give the rates of |0⟩ → |1⟩ and |2⟩ → |1⟩.",
    )
    require(
        bool(np.all(gain + loss > 0)),
        "A group must have gain or loss",
        "neither",
        "Without both nothing stabilises level 1.",
    )
