"""Groups of three-level oscillators in the limit of infinitely many (Nadolny & Bruder 2023 Eqs. 1, 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real, real_array
from qsb_hw.ensemble.ladders import LadderGroups, linked
from qsb_hw.errors import require
from qsb_hw.lindblad.operators import frozen
from qsb_hw.model.effective import EffectiveOscillator

SPIN_ELEMENTS = (math.sqrt(2), math.sqrt(2))
"""⟨1|S⁺|0⟩ and ⟨2|S⁺|1⟩ of spin 1."""


@dataclass(frozen=True, slots=True, eq=False, init=False)
class SpinGroups:
    """Groups of identical three-level oscillators, every one coupled to every other one.

    One group, H = α|2⟩⟨2| + (V/N) Σ (S⁺_i S⁻_j + h.c.), gain γ₊D[|1⟩⟨0|] and loss γ₋D[|1⟩⟨2|]; two groups are detuned
    by ±δ/2 and coupled by V_AB. `of` takes any number of groups of any size. All in any one unit of rate.

    Parameters
    ----------
    gain, loss : float
        γ₊ and γ₋, both positive: they stabilise level 1 from both sides.
    asymmetry : float
        α = E_2 − 2E_1 + E_0, the asymmetry of the levels; Nadolny & Bruder call it K. A Kerr ladder has α = −2K.
    coupling : float
        V within a group.
    intergroup : float, optional
        V_AB; one group unless given.
    detuning : float
        δ between the two groups.
    elements : (2,) array_like
        ⟨1|S⁺|0⟩ and ⟨2|S⁺|1⟩: √2 and √2 of spin 1 unless given; √n0 and √(n0+1) of a bosonic oscillator in |n0⟩.

    Attributes
    ----------
    gain, loss, asymmetry, frequency : (G,) float
        Of every group; `frequency` multiplies S^z.
    elements : (G, 2) float
        Of every group.
    links : (G, G) float
        Mean fields h_σ = Σ_τ links[σ, τ] ⟨S⁺⟩_τ; relative group sizes are in them.

    Raises
    ------
    ArgumentError
        If numbers are not finite, rates or elements not positive, a single group is detuned, or there is none.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> groups = qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.0, intergroup=0.5, detuning=0.2)
    >>> print(groups.count, groups.frequency)
    2 [ 0.1 -0.1]
    """

    gain: Floats
    loss: Floats
    asymmetry: Floats
    frequency: Floats
    elements: Floats
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
        elements: ArrayLike = SPIN_ELEMENTS,
    ) -> None:
        coupling = real("`coupling`", coupling, "Give V.")
        detuning = real("`detuning`", detuning, "Give δ, 0 for none.")
        require(
            intergroup is not None or detuning == 0,
            "A detuning needs two groups",
            f"detuning {detuning} and no `intergroup`",
            "Give the coupling between the groups, 0 for none.",
        )
        links, frequency = [[coupling]], [0.0]
        if intergroup is not None:
            intergroup = real("`intergroup`", intergroup, "Give V_AB, 0 for none.")
            links, frequency = [[coupling, intergroup], [intergroup, coupling]], [detuning / 2, -detuning / 2]
        self._set(links, elements, gain=gain, loss=loss, asymmetry=asymmetry, frequency=frequency)

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
        elements: ArrayLike = SPIN_ELEMENTS,
    ) -> SpinGroups:
        """Any number of groups: V_στ in `coupling` (G, G), symmetric, and relative `sizes` (G,), equal unless given.

        A size of one is that of a group in the two-group model: links[σ, τ] = V_στ · sizes[τ]. `elements` are those
        of all groups, (2,), or of every one, (G, 2).
        """
        links = linked(coupling, len(np.atleast_2d(real_array("`coupling`", coupling, "Give V_στ."))), sizes)
        groups = cls.__new__(cls)
        groups._set(links, elements, gain=gain, loss=loss, asymmetry=asymmetry, frequency=frequency)
        return groups

    @classmethod
    def from_device(
        cls,
        device: EffectiveOscillator,
        *,
        coupling: float,
        intergroup: float | None = None,
        detuning: float = 0.0,
        spin: bool = False,
    ) -> SpinGroups:
        """Groups of one eliminated device, reduced to the levels n0−1, n0 and n0+1.

        γ₊ is the rate of n0−1 → n0, γ₋ that of n0+1 → n0, α = −2K at n0, and the frame turns with the transition
        n0−1 → n0. All else is neglected; `three_level_error` says how much that is.

        Parameters
        ----------
        device : EffectiveOscillator
            From `eliminate`; all rates in 1/s, energies in rad/s.
        coupling, intergroup, detuning : float
            V, V_AB and δ in rad/s. A pair coupling v between any two of N devices is V = N v.
        spin : bool
            Matrix elements of spin 1, scaled to a† of the lower transition, instead of the device's own.

        Raises
        ------
        ArgumentError
            If the device is not eliminated, has no target level, or no level above or below it.
        """
        require(
            isinstance(device, EffectiveOscillator),
            "`device` must be eliminated",
            type(device).__name__,
            "Pass `eliminate(device.oscillator())`.",
        )
        target = device.target
        require(
            target is not None and 1 <= target <= device.levels - 2,
            "The target level must have a neighbour on either side",
            f"target {target} of {device.levels} levels",
            "Keep more levels, and name the Fock state the tones stabilise.",
        )
        assert target is not None
        raising = np.abs(np.diag(device.ladder.annihilation, 1)[target - 1 : target + 1])
        return cls(
            gain=float(device.rates[target, target - 1]),
            loss=float(device.rates[target, target + 1]),
            asymmetry=-2 * device.ladder.kerr_at(target),
            coupling=coupling,
            intergroup=intergroup,
            detuning=detuning,
            elements=[raising[0]] * 2 if spin else raising,
        )

    def _set(self, links: ArrayLike, elements: ArrayLike, **numbers: ArrayLike) -> None:
        matrix = real_array("Couplings", links, "Give V_στ.")
        require(len(matrix) > 0, "There must be at least one group", "none", "Give V_στ.")
        for name, value in numbers.items():
            given = real_array(f"`{name}`", value, "Give plain numbers.")
            require(
                given.shape in {(), (len(matrix),)},
                f"`{name}` must be one number, or one per group",
                f"shape {given.shape} for {len(matrix)} groups",
                "Give as many as there are groups.",
            )
            object.__setattr__(self, name, frozen(np.broadcast_to(given, (len(matrix),)).astype(float)))
        object.__setattr__(self, "elements", frozen(np.array(checked_elements(elements, len(matrix)))))
        object.__setattr__(self, "links", frozen(matrix))
        require(
            bool(np.all(self.gain > 0) and np.all(self.loss > 0)),
            "Every group must have gain and loss, both positive",
            f"gain {self.gain.tolist()} and loss {self.loss.tolist()}",
            "Without either, level 1 is not stabilised from both sides; give a small rate instead.",
        )

    def scaled(self, factor: float) -> SpinGroups:
        """The same groups with every coupling multiplied."""
        groups = SpinGroups.__new__(SpinGroups)
        given = {"gain": self.gain, "loss": self.loss, "asymmetry": self.asymmetry, "frequency": self.frequency}
        groups._set(factor * self.links, self.elements, **given)
        return groups

    @property
    def rates(self) -> Floats:
        """(γ₊, γ₋, α, ω, a, b) of every group, (G, 6), as the compiled equations take them."""
        return np.column_stack([self.gain, self.loss, self.asymmetry, self.frequency, self.elements])

    @property
    def ladders(self) -> LadderGroups:
        """The same groups as ladders of three levels."""
        energies = np.stack([-self.frequency, 0 * self.frequency, self.frequency + self.asymmetry], axis=1)
        lowering = np.zeros((self.count, 3, 3), dtype=complex)
        lowering[:, [0, 1], [1, 2]] = self.elements
        jumps = tuple(
            (math.sqrt(gain) * _transition(1, 0), math.sqrt(loss) * _transition(1, 2))
            for gain, loss in zip(self.gain, self.loss, strict=True)
        )
        return LadderGroups(energies, lowering, jumps, self.links, rest=np.array([[0.0, 1.0, 0.0]] * self.count))

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.links)


def _transition(final: int, initial: int) -> Complexes:
    matrix = np.zeros((3, 3), dtype=complex)
    matrix[final, initial] = 1.0
    return matrix


def checked_elements(elements: ArrayLike, count: int = 1) -> Floats:
    """Matrix elements of the raising operator between three levels of `count` groups, (count, 2)."""
    raising = real_array("`elements`", elements, "Give ⟨1|S⁺|0⟩ and ⟨2|S⁺|1⟩.")
    require(
        raising.shape in {(2,), (count, 2)} and bool(np.all(raising > 0)),
        "`elements` must be two positive numbers" + (", or two per group" if count > 1 else ""),
        np.array2string(raising),
        "Give ⟨1|S⁺|0⟩ and ⟨2|S⁺|1⟩.",
    )
    return np.broadcast_to(raising, (count, 2))


Groups = SpinGroups | LadderGroups
"""What mean-field methods take."""
