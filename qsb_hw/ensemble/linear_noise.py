"""Phase diffusion of large but finite groups: linear quantum noise around the mean-field limit cycle.

Deviations δρ_σ of the mean states from the limit cycle ρ_σ, in its frame, obey δρ̇ = Mδρ. The oscillators' jumps are
independent of each other, so that mean values over N oscillators are driven by noise of strength 1/N. For one-body
operators P and Q the Einstein relation holds,

    𝓓†(PQ) − 𝓓†(P)Q − P𝓓†(Q) = Σ_k [L_k†, P][Q, L_k],

while Hamiltonians, the coupling among them, are derivations and drop out. Let P(t), evolved with the adjoint of M, be
the Hermitian operator whose mean deviation at time zero is the deviation of the phase, Im(δ⟨A†⟩/⟨A†⟩), at time t. Then
N times the variance of the phase of N oscillators that all start on the limit cycle is

    v(t) = Var P(t) + ∫_0^t D[P(u)] du,   D[P] = Σ_k ⟨[P, L_k]† [P, L_k]⟩,

the noise of the start and that of the jumps. Turning all phases by ε, δρ = −iε[n̂, ρ], costs nothing: M has an
eigenvalue zero, and P(t) tends to its left eigenvector P, normalised to give ε there: the phase every deviation leaves
behind in the end. So v(t) = Dt + const with D = D[P] in the end, a Gaussian phase makes ⟨e^{iφ}⟩ = e^{−v(t)/2N}, and
the coherence of many oscillators lives for T = 2N/D. Before, for as long as the populations remember the start, their
spread makes a spread of frequencies, v ∝ t² and T ∝ √N; with couplings far beyond the rates this is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real, real_array
from qsb_hw.ensemble.equations import Equations
from qsb_hw.ensemble.groups import Groups
from qsb_hw.ensemble.ladders import checked_sizes
from qsb_hw.ensemble.limit_cycle import LimitCycle
from qsb_hw.ensemble.starts import synchronized_cycle
from qsb_hw.errors import require
from qsb_hw.result import Certificate, Result, Status

LONGER = 1.4
"""Factor between the times at which a lifetime is looked for."""
LARGEST_CONDITION = 1e8
"""Condition number of the eigenvectors of M up to which p e^{Mt} is a sum over them, with a relative error of 1e-8."""


@dataclass(frozen=True, slots=True, eq=False)
class PhaseVariance:
    """v(t) as a function. P(t) = P + p e^{Mt}, with p in the decaying space of M; operators are rows, Tr(P ·)."""

    motion: Complexes  # (K, K) M with its zero mode made to decay, on which p does not depend
    final: Complexes  # (K,) P
    passing: Complexes  # (K,) p
    jumps: Complexes  # (K, K) D[·] as a quadratic form
    start: Complexes  # (K, K) Var as a quadratic form
    spent: Complexes  # (K, K) ∫_0^∞ D[p e^{Mt}] dt as a quadratic form of p
    mixed: Complexes  # (K,) ∫_0^t ⟨P, p e^{Mu}⟩ du = (p e^{Mt} − p)·mixed, with the product that belongs to D
    parts: tuple[Complexes, Complexes] | None  # λ (K,) and q (K, K) of p e^{Mt} = Σ e^{λt} q; None if ill-conditioned

    @classmethod
    def of(
        cls, motion: Complexes, turn: Complexes, phase: Complexes, final: Complexes, jumps: Complexes, start: Complexes
    ) -> PhaseVariance:
        """From M, the change `turn` of the states when all phases turn, and the phase now and in the end as rows."""
        import scipy.linalg as la

        rate = float(np.abs(motion).max())
        decaying = motion - rate * np.outer(turn, final)
        spent = la.solve_continuous_lyapunov(decaying.conj(), -jumps)
        mixed: Complexes = np.asarray(np.linalg.solve(decaying, final.conj() @ jumps), dtype=complex)
        passing = phase - (phase @ turn) * final
        return cls(decaying, final, passing, jumps, start, spent, mixed, _parts(decaying, passing))

    def __call__(self, times: ArrayLike) -> Floats:
        """The variance at `times` (T,), (T,)."""
        import scipy.linalg as la

        when = np.atleast_1d(real_array("Times", times, "Give plain numbers."))
        if self.parts is None:
            left = np.array([self.passing @ la.expm(self.motion * time) for time in when.tolist()])  # (T, K)
        else:
            left = self.passing + np.expm1(when[:, None] * self.parts[0]) @ self.parts[1]
        noise = _form(self.final[None], self.jumps) * when + _form(self.passing[None], self.spent)
        noise += 2 * ((left - self.passing) @ self.mixed).real - _form(left, self.spent)
        return np.asarray(noise + _form(self.final + left, self.start))


def _parts(motion: Complexes, row: Complexes) -> tuple[Complexes, Complexes] | None:
    """Eigenvalues of M and the parts of a row along its left eigenvectors; None where these are ill-conditioned."""
    values, vectors = np.linalg.eig(motion)
    if not np.linalg.cond(vectors) < LARGEST_CONDITION:
        return None
    return values, np.asarray((row @ vectors)[:, None] * np.linalg.inv(vectors))


def _form(rows: Complexes, matrix: Complexes) -> Floats:
    """Σ rows* matrix rows of every row, (T, K) → (T,)."""
    return np.asarray(np.sum((rows.conj() @ matrix) * rows, axis=1).real)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PhaseDiffusion(Result):
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
        P_σ: the phase shift that remains of a small change of the states is Σ Tr(P_σ δρ_σ).
    variance : PhaseVariance
        v(t): N times the variance of the phase of the first group, all oscillators on the limit cycle at time zero.
    certificate : Certificate
        Its residual is ‖P M‖ relative to ‖P‖ and the fastest rate.
    """

    groups: Groups
    cycle: LimitCycle
    constant: float
    modes: Complexes
    variance: PhaseVariance
    status: Status
    message: str
    certificate: Certificate

    def __repr__(self) -> str:
        return f"PhaseDiffusion(constant {self.constant:.6g}, lifetime {self.lifetime_per_oscillator:.6g} × N)"

    @property
    def lifetime_per_oscillator(self) -> float:
        """T/N = 2/D in the limit of many oscillators, in the inverse unit of the rates."""
        return 2 / self.constant

    def lifetime(self, n: float) -> float:
        """When e^{−(v(t) − v(0))/2N} falls to 1/e: the lifetime of |⟨S⁺⟩| of N oscillators, for N ≫ 1.

        2N/D where the noise of the jumps has had the time to take over, shorter or longer by the start's before.
        """
        from scipy.optimize import brentq

        n = real("The number of oscillators", n, "Give N.", above=0.0)
        enough = float(self.variance(0.0)[0]) + 2 * n

        def missing(time: float) -> float:
            return float(self.variance(time)[0]) - enough

        early, late = 0.0, 1e-3 * min(n * self.lifetime_per_oscillator, 1 / float(np.abs(self.variance.motion).max()))
        while missing(late) < 0:
            early, late = late, LONGER * late
        return float(brentq(missing, early, late, xtol=1e-12 * late, rtol=1e-12))


def phase_diffusion(groups: Groups, *, sizes: ArrayLike | None = None) -> PhaseDiffusion:
    """Phase diffusion of synchronized groups from linear quantum noise, exact to leading order in 1/N.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        One group, or several that are locked to each other.
    sizes : (G,) array_like, optional
        Relative sizes of the groups, as they were built with; equal unless given. A group of size s has sN oscillators.

    Returns
    -------
    PhaseDiffusion
        Diffusion constant, phase modes, and lifetimes at any number of oscillators.

    Raises
    ------
    ArgumentError
        If there is no limit cycle or an unstable one, or if sizes do not fit the links.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> noise = qh.phase_diffusion(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.75))
    >>> print(f"{noise.lifetime_per_oscillator:.3f}")
    0.115
    """
    weights = _weights(groups, sizes)
    cycle = synchronized_cycle(groups)
    require(
        cycle.stable,
        "The limit cycle must be stable",
        f"a growth rate of {cycle.growth:.3g}",
        "Fluctuations grow there; choose other parameters.",
    )
    equations = Equations.of(groups.ladders)
    motion = equations.linearised(cycle.states, float(cycle.frequency[0]))
    turn = -(groups.ladders.turning * cycle.states.reshape(len(weights), -1))[:, 1:].ravel()  # −i[n̂, ρ]
    modes = _zero_mode(groups, motion, turn)
    final = modes.transpose(0, 2, 1).reshape(len(weights), -1)[:, 1:].ravel()
    jumps, start = _forms(groups, cycle, weights)
    variance = PhaseVariance.of(motion, turn, _phase(groups, cycle), final, jumps, start)
    residual = np.linalg.norm(final @ motion) / (np.linalg.norm(final) * equations.rate)
    constant = float(_form(final[None], jumps)[0])
    return PhaseDiffusion(
        groups=groups,
        cycle=cycle,
        constant=constant,
        modes=modes,
        variance=variance,
        status=Status.CONVERGED,
        message=f"The variance of the phase of N oscillators grows at {constant:.4g}/N.",
        certificate=Certificate(residual=float(residual)),
    )


def _zero_mode(groups: Groups, motion: Complexes, turn: Complexes) -> Complexes:
    """P_σ, (G, d, d), Hermitian and without ρ_00, which follows from the trace; ε of a turn by ε."""
    import scipy.linalg as la

    count, levels = groups.ladders.count, groups.ladders.levels
    values, left = la.eig(motion, left=True, right=False)
    row: Complexes = np.zeros((count, levels**2), dtype=complex)
    row[:, 1:] = left[:, np.argmin(np.abs(values))].conj().reshape(count, -1)
    row /= row[:, 1:].ravel() @ turn
    skew = row.reshape(count, levels, levels).transpose(0, 2, 1)
    return np.asarray((skew + skew.conj().transpose(0, 2, 1)) / 2)


def _phase(groups: Groups, cycle: LimitCycle) -> Complexes:
    """Im(δ⟨A†⟩/⟨A†⟩) of the first group as a row, (K,)."""
    ladders = groups.ladders
    amplitude = ladders.amplitudes(cycle.states)[0]
    raising, lowering = ladders.lowering[0].conj(), ladders.lowering[0].T
    row = np.zeros((ladders.count, ladders.levels**2), dtype=complex)
    row[0] = (raising / amplitude - lowering / np.conj(amplitude)).ravel() / 2j
    return np.asarray(row[:, 1:].ravel())


def _forms(groups: Groups, cycle: LimitCycle, sizes: Floats) -> tuple[Complexes, Complexes]:
    """Σ ⟨[P, L]†[Q, L]⟩/size and Σ (⟨P†Q⟩ − ⟨P⟩*⟨Q⟩)/size as forms on rows, each (K, K)."""
    import scipy.linalg as la

    levels, noise, spread = groups.ladders.levels, [], []
    operators = np.eye(levels**2)[1:].reshape(-1, levels, levels).transpose(0, 2, 1)  # means: elements of ρ, not ρ_00
    for state, jumps, size in zip(cycle.states, groups.ladders.jumps, sizes.tolist(), strict=True):
        mean = np.einsum("kab,ba->k", operators, state)
        noise.append(sum(_products(operators @ jump - jump @ operators, state) for jump in jumps) / size)
        spread.append((_products(operators, state) - np.outer(mean.conj(), mean)) / size)
    return np.asarray(la.block_diag(*noise), dtype=complex), np.asarray(la.block_diag(*spread), dtype=complex)


def _products(operators: NDArray[Any], state: Complexes) -> Complexes:
    """⟨P_j† P_k⟩, (K, d, d) → (K, K)."""
    count = len(operators)
    return np.asarray(operators.conj().reshape(count, -1) @ (operators @ state).reshape(count, -1).T)


def _weights(groups: Groups, sizes: ArrayLike | None) -> Floats:
    links = groups.ladders.links
    weights = checked_sizes(sizes, len(links))
    couplings = links / weights[None, :]
    require(
        bool(np.allclose(couplings, couplings.T, rtol=1e-9, atol=1e-12 * np.abs(couplings).max())),
        "`sizes` must be those the groups were built with",
        f"{weights.tolist()}, which would make the couplings asymmetric",
        "Give the same sizes as there.",
    )
    return weights
