"""S(Δ) between a few solved detunings, with the residual of what is made of them.

With L(Δ) = L_0 + Δ D and L(Δ_k) ρ_k = 0, a combination ρ = Σ c_k ρ_k, Σ c_k = 1, leaves Lρ = Σ c_k (Δ − Δ_k) Dρ_k:
its residual is known from the solved states alone. The c_k that make it smallest give ρ_k at Δ_k, and a rational
function of Δ between them, as ρ(Δ) itself is one. (A reduced basis; L is never applied.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.errors import require
from qsb_hw.sync.phase import highest
from qsb_hw.sync.solution import SyncSolution

INDEPENDENT = 1e-10
"""Part of the largest direction below which a state is taken for a combination of the others."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Between:
    """The synchronization of two oscillators between solved detunings.

    Attributes
    ----------
    coefficients : (m, k) complex
        Of the phase distribution at each detuning, as of `PhaseDistribution`.
    residual : (m,) float
        ‖Lρ‖ in the unit of the rates; zero where it is solved.
    """

    coefficients: Complexes
    residual: Floats

    @cached_property
    def S(self) -> Floats:
        """The synchronization measure at each detuning, (m,)."""
        return highest(self.coefficients / self.coefficients[:, :1].real)


def between(
    solutions: Sequence[SyncSolution],
    solved: Sequence[float] | Floats,
    detunings: Sequence[float] | Floats,
    *,
    alike: bool = False,
) -> Between:
    """Synchronization of two oscillators at many detunings of the first, from states solved at a few of them.

    Parameters
    ----------
    solutions : sequence of SyncSolution
        Certified, of one network of two with the first detuned, as `detuning_sweep` gives them.
    solved : (k,) float
        Their detunings, each another one, in the unit of the energies.
    detunings : (m,) float
        Where it is wanted.
    alike : bool
        Whether both are the same at detuning zero: then each state, its oscillators exchanged, is that at −Δ.

    Returns
    -------
    Between

    Raises
    ------
    ArgumentError
        If there is no solution, or a detuning occurs twice.
    ConvergenceError
        If a solution is not certified.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> from qsb_hw.sync.between import between
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    >>> known = [0.0, 18.0, 19.0, 20.0, 21.0]
    >>> found = between(qh.detuning_sweep(qh.Network([one, one], [[0, 0.3], [0.3, 0]]), known), known, [19.5, 20.0])
    >>> found.S.round(3), found.residual[1]
    (array([0.32 , 0.333]), 0.0)
    """
    places, wanted = np.asarray(solved, dtype=float), np.asarray(detunings, dtype=float)
    must = "Solved detunings must be one per solution, each another one"
    distinct = len(solutions) == np.unique(places).size > 0
    require(distinct, must, f"{len(solutions)} solutions at {places.tolist()}", "Leave out what is twice.")
    states = [solution.require() for solution in solutions]
    drifts = _drifts(states)
    known = np.array([s.phase_distribution(0, 1).coefficients for s in states])
    if alike:
        new = [k for k, place in enumerate(places) if -place not in places]
        drifts = np.concatenate([drifts, drifts[new][:, _exchanged(states[0])]])
        known = np.concatenate([known, known[new].conj()])
        places = np.concatenate([places, -places[new]])
    weights, residual = _weights(drifts, places, wanted)
    return Between(coefficients=weights @ known, residual=residual)


def _drifts(states: Sequence[SyncSolution]) -> Floats:
    """|n − n'| ρ_nn' of every state, (k, size), n the level of the first: as long as Dρ, and at the same angles."""
    space = states[0].steady.space
    level = np.indices(states[0].steady.dims)[states[0].subsystems[0]].ravel()
    distance = np.empty(space.size)
    for batch in space.batches:
        own = level[batch.states]
        batch.of(distance)[...] = np.abs(own[:, :, None] - own[:, None, :])
    return np.array([distance * s.steady.flat for s in states])


def _exchanged(state: SyncSolution) -> Integers:
    """For every place in a packed state of two oscillators alike, the place of the element with both exchanged."""
    space, dims = state.steady.space, state.steady.dims
    first, second = np.indices(dims).reshape(2, -1)
    other = second * dims[1] + first
    parts = [
        space.position(own[:, :, None], own[:, None, :]).ravel() for own in (other[b.states] for b in space.batches)
    ]
    return np.concatenate(parts)


def _weights(drifts: Floats, places: Floats, detunings: Floats) -> tuple[Floats, Floats]:
    """Weights (m, k) with the smallest residual, and that residual (m,).

    Σ c_k (Δ − Δ_k) d_k is shortest under Σ c_k = 1 for c = T⁻¹ y, y ∝ G⁻¹ T⁻¹ 1 with T = diag(Δ − Δ_k) and G the Gram
    matrix of the d_k, whose triangular factor comes from the d_k themselves.
    """
    factor = scipy.linalg.qr(drifts.T, mode="r")[0][: len(places)]
    # no direction is thrown away: one that is nearly a combination of the others gets a length of its own
    slack = INDEPENDENT * np.linalg.norm(factor)
    factor = scipy.linalg.qr(np.concatenate([factor, slack * np.eye(len(places))]), mode="r")[0][: len(places)]
    distance = detunings[:, None] - places
    hit = distance == 0
    inverse = 1 / np.where(hit, 1.0, distance)
    half = scipy.linalg.solve_triangular(factor, inverse.T, trans="T", lower=False)  # R⁻ᵀ T⁻¹ 1
    length = (half**2).sum(axis=0)
    weights = inverse * scipy.linalg.solve_triangular(factor, half, lower=False).T / length[:, None]
    exact = hit.any(axis=1)
    weights[exact] = hit[exact]
    return weights, np.where(exact, 0.0, 1 / np.sqrt(length))
