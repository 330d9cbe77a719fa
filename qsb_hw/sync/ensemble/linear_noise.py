"""Phase diffusion of large but finite groups: linear quantum noise around the mean-field limit cycle.

Deviations δρ_σ of the mean states from the limit cycle ρ_σ, in its frame, obey δρ̇ = Mδρ. Turning all phases by ε,
δρ = −iε[n̂, ρ], costs nothing: M has an eigenvalue zero, and its left eigenvector, written Σ Tr(P_σ δρ_σ) with
Hermitian P_σ and normalised to give ε there, is the phase every deviation leaves behind in the end (its asymptotic
phase; amplitude noise that changes the frequency is in it). The oscillators' jumps are independent of each other, so
that mean values over N oscillators are driven by noise of strength 1/N. For any one-body operators P and Q the Einstein
relation holds,

    𝓓†(PQ) − 𝓓†(P)Q − P𝓓†(Q) = Σ_k [L_k†, P][Q, L_k],

while Hamiltonians, the coupling among them, are derivations and drop out. With P = Q = P_σ the variance of the phase of
N oscillators grows at the rate D/N,

    D = Σ_k ⟨[P, L_k]† [P, L_k]⟩,

a Gaussian phase makes ⟨e^{iφ}⟩ = e^{−Dt/2N}, and the coherence lives for T = 2N/D.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw.errors import require
from qsb_hw.sync.ensemble.equations import Equations
from qsb_hw.sync.ensemble.groups import Groups
from qsb_hw.sync.ensemble.limit_cycle import LimitCycle, limit_cycle
from qsb_hw.sync.ensemble.starts import synchronized_cycle

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


@dataclass(frozen=True, slots=True, eq=False)
class PhaseDiffusion:
    """How fast the common phase of a large group diffuses.

    Attributes
    ----------
    groups : SpinGroups or LadderGroups
        What was analysed.
    cycle : LimitCycle
        The limit cycle, in whose frame everything is stationary.
    constant : float
        D: the variance of the phase grows at D/N, N being the number of oscillators in a group of size one.
    modes : (G, d, d) complex
        P_σ: the phase shift a small change of the states leaves behind is Σ Tr(P_σ δρ_σ).
    residual : float
        ‖P M‖ relative to ‖P‖ and the fastest rate.
    """

    groups: Groups
    cycle: LimitCycle
    constant: float
    modes: Complexes
    residual: float

    def __repr__(self) -> str:
        return f"PhaseDiffusion(constant {self.constant:.6g}, lifetime {self.lifetime_per_oscillator:.6g} × N)"

    @property
    def lifetime_per_oscillator(self) -> float:
        """T/N = 2/D, in the inverse unit of the rates."""
        return 2 / self.constant

    def lifetime(self, n: float) -> float:
        """T = 2N/D: when |⟨S⁺⟩| of N oscillators has fallen to 1/e, to leading order in N."""
        return n * self.lifetime_per_oscillator


def phase_diffusion(groups: Groups, *, sizes: ArrayLike | None = None) -> PhaseDiffusion:
    """Phase diffusion of synchronized groups from linear quantum noise, exact to leading order in 1/N.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        One group, or several that are locked to each other.
    sizes : (G,) array_like, optional
        Relative sizes of the groups, as they were built with; equal unless given. A group of size s has sN oscillators.

    Raises
    ------
    ArgumentError
        No limit cycle, or an unstable one; sizes that do not fit the links.
    """
    weights = _weights(groups, sizes)
    cycle = synchronized_cycle(groups, limit_cycle(groups))
    require(
        cycle.stable,
        "The limit cycle must be stable",
        f"a growth rate of {cycle.growth:.3g}",
        "Fluctuations grow there; choose other parameters.",
    )
    modes, residual = zero_mode(groups, cycle)
    noise = [
        sum(_strength(mode, jump, state) for jump in jumps)
        for mode, state, jumps in zip(modes, cycle.states, groups.ladders.jumps, strict=True)
    ]
    return PhaseDiffusion(groups, cycle, float(np.sum(np.array(noise) / weights)), modes, residual)


def zero_mode(groups: Groups, cycle: LimitCycle) -> tuple[Complexes, float]:
    """P_σ, (G, d, d), Hermitian and normalised to the phase of ⟨A†⟩, and its residual."""
    import scipy.linalg as la

    ladders = groups.ladders
    count, levels = ladders.count, ladders.levels
    equations = Equations.of(ladders)
    motion = equations.linearised(cycle.states, float(cycle.frequency[0]))
    values, left = la.eig(motion, left=True, right=False)
    free = int(np.argmin(np.abs(values)))
    row: Complexes = np.zeros((count, levels**2), dtype=complex)
    row[:, 1:] = left[:, free].conj().reshape(count, -1)  # ρ_00 follows from the trace
    turned = equations.turning * cycle.states.reshape(count, -1)  # i[n̂, ρ], the other way round
    row /= -np.sum(row * turned)
    skew = row.reshape(count, levels, levels).transpose(0, 2, 1)
    modes: Complexes = np.asarray((skew + skew.conj().transpose(0, 2, 1)) / 2, dtype=complex)
    kept = modes.transpose(0, 2, 1).reshape(count, -1)[:, 1:].ravel()
    residual = np.linalg.norm(kept @ motion) / (np.linalg.norm(kept) * equations.rate)
    return modes, float(residual)


def _strength(mode: Complexes, jump: Complexes, state: Complexes) -> float:
    """⟨[P, L]†[P, L]⟩."""
    moved = mode @ jump - jump @ mode
    return float(np.trace(moved.conj().T @ moved @ state).real)


def _weights(groups: Groups, sizes: ArrayLike | None) -> Floats:
    links = groups.ladders.links
    weights: Floats = np.ones(len(links)) if sizes is None else np.asarray(sizes, dtype=float)
    require(
        weights.shape == (len(links),) and bool(np.all(weights > 0) and np.all(np.isfinite(weights))),
        "`sizes` must hold one positive number per group",
        weights.tolist(),
        "Leave it out for equal groups.",
    )
    couplings = links / weights[None, :]
    require(
        bool(np.allclose(couplings, couplings.T, rtol=1e-9, atol=1e-12 * np.abs(couplings).max())),
        "`sizes` must be those the groups were built with",
        f"{weights.tolist()}, which would make the couplings asymmetric",
        "Give the same sizes as there.",
    )
    return weights
