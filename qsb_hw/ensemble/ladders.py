"""Groups of oscillators with any ladder in the limit of infinitely many: what mean-field methods work on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import complex_array, real_array
from qsb_hw.errors import require, shown
from qsb_hw.lindblad.operators import frozen
from qsb_hw.model.build import effective_model
from qsb_hw.model.effective import EffectiveOscillator


@dataclass(frozen=True, slots=True, eq=False)
class LadderGroups:
    """Groups of identical oscillators, coupled through their mean amplitudes.

    ρ̇_σ = −i[Σ E_n|n⟩⟨n| + (A†h* + A h), ρ_σ] + Σ_k D[L_k]ρ_σ with h_σ = Σ_τ links[σ, τ] ⟨A†⟩_τ. Each jump shifts the
    level by a fixed number, so that only the common phase is free. In any one unit of rate.

    Attributes
    ----------
    energies : (G, d) float
        Level energies of every group in a common rotating frame.
    lowering : (G, d, d) complex
        A, which lowers by one level.
    jumps : tuple of tuples of (d, d) complex
        L_k of every group, rates included.
    links : (G, G) float
        Mean fields; relative group sizes are in them.
    rest : (G, d) float
        Populations of the uncoupled oscillators.
    reference : float
        Frequency the frame turns with.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.1, n_plus=1, n_minus=2, levels=4)
    >>> qh.LadderGroups.of(one, 3.0)
    LadderGroups(1 groups of 4 levels, links [[3.]])
    """

    energies: Floats
    lowering: Complexes
    jumps: tuple[tuple[Complexes, ...], ...]
    links: Floats
    rest: Floats
    reference: float = 0.0

    @classmethod
    def of(
        cls,
        oscillators: EffectiveOscillator | Sequence[EffectiveOscillator],
        coupling: ArrayLike,
        *,
        sizes: ArrayLike | None = None,
    ) -> LadderGroups:
        """Groups of eliminated oscillators, one oscillator per group.

        Parameters
        ----------
        oscillators : EffectiveOscillator or sequence of them
            With equally many levels.
        coupling : float or (G, G) array_like
            V_στ in the unit of the rates, symmetric. A pair coupling v between any two of N oscillators is V = N v;
            between groups of one oscillator each V_στ is the pair coupling itself, zero on the diagonal.
        sizes : (G,) array_like, optional
            Relative sizes, equal unless given: links[σ, τ] = V_στ · sizes[τ].

        Raises
        ------
        ArgumentError
            If numbers of levels differ, couplings or sizes do not fit, or no stationary state exists without coupling.
        """
        given = [oscillators] if isinstance(oscillators, EffectiveOscillator) else list(oscillators)
        require(
            bool(given) and all(isinstance(o, EffectiveOscillator) for o in given),
            "Groups must be made of eliminated oscillators",
            shown(given),
            "Pass `eliminate(device.oscillator())`.",
        )
        links = linked(coupling, len(given), sizes)
        levels = {o.levels for o in given}
        require(
            len(levels) == 1,
            "All oscillators must have equally many levels",
            sorted(levels),
            "Truncate the longer ladders.",
        )
        size = levels.pop()
        spacings = [o.ladder.transition_frequencies[max(min((o.target or 1), size - 1), 1) - 1] for o in given]
        reference = float(np.mean(spacings))
        models = [effective_model(o) for o in given]
        jumps = tuple(tuple(np.asarray(jump.todense()) for jump in model.jumps if jump.nnz) for model in models)
        return cls(
            energies=frozen(np.array([o.ladder.energies - reference * np.arange(size) for o in given])),
            lowering=frozen(np.array([o.ladder.annihilation for o in given])),
            jumps=jumps,
            links=frozen(links),
            rest=frozen(np.array([_populations(group) for group in jumps])),
            reference=reference,
        )

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.links)

    @property
    def levels(self) -> int:
        """Levels of every oscillator."""
        return int(self.energies.shape[1])

    @property
    def ladders(self) -> LadderGroups:
        """Itself; what all kinds of groups have in common."""
        return self

    @property
    def resting_states(self) -> Complexes:
        """Density matrices of the uncoupled oscillators, (G, d, d)."""
        return np.asarray(self.rest[:, :, None] * np.eye(self.levels), dtype=complex)

    def tilted(self, angles: ArrayLike) -> Complexes:
        """Uncoupled states turned by e^{−i(θA† + θ*A)}, (G, d, d), with a complex angle θ per group."""
        from scipy.linalg import expm

        given = np.broadcast_to(complex_array("Angles", angles, "Give one per group."), (self.count,))[:, None, None]
        turns = given * np.swapaxes(self.lowering, 1, 2).conj() + np.conj(given) * self.lowering
        unitaries = expm(-1j * turns)
        return np.asarray(unitaries @ self.resting_states @ np.swapaxes(unitaries, 1, 2).conj())

    def __repr__(self) -> str:
        links = np.array2string(self.links, precision=4, threshold=9).replace("\n", "")
        return f"LadderGroups({self.count} groups of {self.levels} levels, links {links})"

    @property
    def turning(self) -> Complexes:
        """Diagonal of i[N, ·], row-major, (d²,)."""
        levels = np.arange(self.levels)
        return np.asarray(1j * (levels[:, None] - levels[None, :]).ravel(), dtype=complex)

    def scaled(self, factor: float) -> LadderGroups:
        """The same groups with every coupling multiplied."""
        return replace(self, links=frozen(factor * self.links))

    def picked(self, which: ArrayLike, links: Floats, offsets: ArrayLike = 0.0) -> LadderGroups:
        """Groups by number, any of them several times, with links of their own and spacings raised by `offsets`."""
        numbers = np.asarray(which, dtype=int)
        return replace(
            self,
            energies=self.energies[numbers] + np.reshape(offsets, (-1, 1)) * np.arange(self.levels),
            lowering=self.lowering[numbers],
            jumps=tuple(self.jumps[k] for k in numbers),
            links=links,
            rest=self.rest[numbers],
        )

    def amplitudes(self, states: Complexes) -> Complexes:
        """⟨A†⟩ of every group, (G,), in `states` (G, d, d)."""
        return np.asarray(np.einsum("gij,gij->g", states, self.lowering.conj()))

    def detuned(self, detunings: ArrayLike) -> LadderGroups:
        """The same groups with every spacing of group σ raised by detunings[σ]."""
        shifts = np.broadcast_to(real_array("Detunings", detunings, "Give one per group."), (self.count,))
        return replace(self, energies=frozen(self.energies + shifts[:, None] * np.arange(self.levels)))

    def disturbances(self) -> tuple[Complexes, Complexes]:
        """Linear dynamics of the coherences ρ_{n,n+1} about the uncoupled state, as own + feedback.

        Each (G(d−1), G(d−1)), acting on ρ_01, ρ_12, … of each group in turn; `feedback` is proportional to the links.
        """
        parts, steps, elements = self.first_coherences()
        own = np.zeros((self.count, self.levels - 1) * 2, dtype=complex)
        groups = np.arange(self.count)
        own[groups, :, groups, :] = parts
        feedback = np.einsum("st,si,tj->sitj", self.links, steps, elements.conj())
        total = self.count * (self.levels - 1)
        return own.reshape(total, total), feedback.reshape(total, total)

    def responses(self) -> tuple[Complexes, Complexes]:
        """Poles λ and weights w of every group, each (G, d−1).

        A weak field h ∝ e^{iωt} makes ⟨A†⟩ = h Σ_k w_k/(iω − λ_k).
        """
        parts, steps, elements = self.first_coherences()
        values, vectors = np.linalg.eig(parts)
        taken = np.einsum("gi,gik->gk", elements.conj(), vectors)
        return values, np.asarray(taken * np.linalg.solve(vectors, steps[..., None])[..., 0])

    def first_coherences(self) -> tuple[Complexes, Complexes, Complexes]:
        """Of ρ_{n,n+1} about the uncoupled state: own dynamics, push per field (−i[A, ρ]) and elements of A."""
        elements = np.diagonal(self.lowering, 1, 1, 2)
        steps = -1j * elements * np.diff(self.rest, axis=1)
        kinds = {id(jumps): jumps for jumps in self.jumps}  # many groups may be made of the same oscillator
        decays = {key: _decay_of_first_coherences(jumps) for key, jumps in kinds.items()}
        parts = np.array([decays[id(jumps)] for jumps in self.jumps])
        diagonal = np.arange(self.levels - 1)
        parts[:, diagonal, diagonal] += 1j * np.diff(self.energies, axis=1)
        return parts, steps, elements

    def superoperators(self) -> tuple[Complexes, Complexes, Complexes]:
        """Row-major matrices, each (G, d², d²): energies and jumps; −i[A†, ·]; −i[A, ·]."""
        one = np.eye(self.levels)
        kinds = {id(group): group for group in self.jumps}  # many groups may be made of the same oscillator
        dissipators = {key: _dissipator(group) for key, group in kinds.items()}
        local = np.array([dissipators[id(group)] for group in self.jumps])
        local += -1j * _commutators(self.energies[:, :, None] * one, one)
        raised = -1j * _commutators(np.swapaxes(self.lowering, 1, 2).conj(), one)
        return local, raised, -1j * _commutators(self.lowering, one)


def linked(coupling: ArrayLike, count: int, sizes: ArrayLike | None) -> Floats:
    """links[σ, τ] = V_στ · sizes[τ], checked."""
    matrix = np.atleast_2d(real_array("`coupling`", coupling, "Give V_στ."))
    require(
        matrix.shape == (count, count) and bool(np.array_equal(matrix, matrix.T)),
        "`coupling` must be a symmetric matrix with one row per group",
        f"shape {matrix.shape} for {count} groups",
        "Give V_στ.",
    )
    return np.asarray(matrix * checked_sizes(sizes, count))


def checked_sizes(sizes: ArrayLike | None, count: int) -> Floats:
    """Relative sizes of groups, (count,); ones unless given."""
    hint = "Leave it out for equal groups."
    weights = np.ones(count) if sizes is None else real_array("`sizes`", sizes, hint)
    fine = weights.shape == (count,) and bool(np.all(weights > 0))
    require(fine, "`sizes` must hold one positive number per group", weights.tolist(), hint)
    return weights


def _commutators(matrices: NDArray[Any], one: Floats) -> Complexes:
    """[M, ·] of every matrix (G, d, d), row-major, (G, d², d²)."""
    size = len(one)
    left = np.einsum("gik,jl->gijkl", matrices, one)
    right = np.einsum("ik,glj->gijkl", one, matrices)
    return np.asarray((left - right).reshape(-1, size**2, size**2), dtype=complex)


def _dissipator(jumps: Sequence[Complexes]) -> Complexes:
    """Σ D[L], row-major, (d², d²)."""
    one = np.eye(jumps[0].shape[0])
    total = np.zeros((one.size, one.size), dtype=complex)
    for jump in jumps:
        decay = jump.conj().T @ jump
        total += np.kron(jump, jump.conj()) - (np.kron(decay, one) + np.kron(one, decay.T)) / 2
    return total


def _decay_of_first_coherences(jumps: Sequence[Complexes]) -> Complexes:
    """Σ D[L] on ρ_{n,n+1}, (d−1, d−1); a jump that shifts the level by k takes ρ_{m,m+1} to ρ_{m+k,m+k+1}."""
    fed = np.sum([jump[:-1, :-1] * jump[1:, 1:].conj() for jump in jumps], axis=0)
    loss = np.sum([np.sum(np.abs(jump) ** 2, axis=0) for jump in jumps], axis=0)
    return np.asarray(fed - np.diag(loss[:-1] + loss[1:]) / 2, dtype=complex)


def _populations(jumps: Sequence[Complexes]) -> Floats:
    """Stationary populations (d,) of the rates |L_mn|²."""
    require(bool(jumps), "An oscillator must have gain or loss", "neither", "Without both no level is stabilised.")
    rates = np.sum([np.abs(jump) ** 2 for jump in jumps], axis=0)
    np.fill_diagonal(rates, 0.0)
    generator = rates - np.diag(rates.sum(axis=0))
    values = np.linalg.svd(generator, compute_uv=False)
    require(
        bool(values[-2] > 1e-12 * values[0]),
        "Without coupling there must be one stationary state",
        "several",
        "Connect all levels by gain or loss.",
    )
    generator[0] = 1.0
    return np.asarray(np.linalg.solve(generator, np.eye(len(rates))[0]))
