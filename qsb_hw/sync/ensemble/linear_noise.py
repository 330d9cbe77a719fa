"""Phase diffusion of large but finite groups: linear quantum noise around the mean-field limit cycle.

Deviations δρ_σ of the mean states from the limit cycle ρ_σ, in its frame, obey δρ̇ = Mδρ. The oscillators' jumps are
independent of each other, so that mean values over N oscillators are driven by noise of strength 1/N. For any one-body
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

from collections.abc import Iterator
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
class PhaseVariance:
    """v(t) as a function, in closed form: sums of e^{(λ_j* + λ_k)t} over the eigenvalues of M.

    Attributes
    ----------
    values : (K,) complex
        λ.
    weights : (K, K) complex
        Of the exponentials.
    constant, rate : float
        Added to them: constant + rate·t.
    """

    values: Complexes
    weights: Complexes
    constant: float
    rate: float

    def __call__(self, times: ArrayLike) -> Floats:
        """The variance at `times` (T,), (T,)."""
        when = np.atleast_1d(np.asarray(times, dtype=float))
        turning = np.exp(self.values * when[:, None])
        moving = np.sum((turning.conj() @ self.weights) * turning, axis=1).real
        return np.asarray(moving + self.constant + self.rate * when)


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
    variance : PhaseVariance
        v(t): N times the variance of the phase of the first group, all oscillators on the limit cycle at time zero.
    """

    groups: Groups
    cycle: LimitCycle
    constant: float
    modes: Complexes
    residual: float
    variance: PhaseVariance

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

        require(n > 0, "The number of oscillators must be positive", n, "Give N.")
        enough = float(self.variance(0.0)[0]) + 2 * n
        times = np.geomspace(1e-9, 4, 600) * n * self.lifetime_per_oscillator
        while not np.any(self.variance(times) >= enough):
            times = times * 4
        k = int(np.argmax(self.variance(times) >= enough))
        early = float(times[k - 1]) if k else 0.0
        return float(brentq(lambda t: self.variance(t)[0] - enough, early, times[k], xtol=1e-12 * times[k], rtol=1e-12))


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
    row = modes.transpose(0, 2, 1).reshape(1, -1)
    constant = float(_noise(groups, cycle, weights, row)[0, 0].real)
    return PhaseDiffusion(groups, cycle, constant, modes, residual, _variance(groups, cycle, weights))


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


def _variance(groups: Groups, cycle: LimitCycle, sizes: Floats) -> PhaseVariance:
    ladders = groups.ladders
    count, size = ladders.count, ladders.levels**2
    motion = Equations.of(ladders).linearised(cycle.states, float(cycle.frequency[0]))
    values, vectors = np.linalg.eig(motion)
    values[np.argmin(np.abs(values))] = 0.0
    amplitude = ladders.amplitudes(cycle.states)[0]
    raising, lowering = ladders.lowering[0].conj(), ladders.lowering[0].T
    phase = np.zeros((count, size), dtype=complex)
    phase[0] = (raising / amplitude - lowering / np.conj(amplitude)).ravel() / 2j
    left = np.linalg.inv(vectors) * (phase[:, 1:].ravel() @ vectors)[:, None]  # P(t) = Σ_k e^{λ_k t} left[k]
    padded = np.zeros((values.size, count, size), dtype=complex)
    padded[:, :, 1:] = left.reshape(values.size, count, size - 1)
    rows: Complexes = padded.reshape(values.size, -1)
    jumps, start = _noise(groups, cycle, sizes, rows), _spread(cycle, sizes, rows)
    sums = values.conj()[:, None] + values[None, :]
    still = np.abs(sums) < 1e-13 * np.abs(values).max()
    grown = np.where(still, 0.0, jumps / np.where(still, 1.0, sums))  # ∫ e^{st} = (e^{st} − 1)/s
    return PhaseVariance(values, start + grown, -float(grown.sum().real), float(jumps[still].sum().real))


def _noise(groups: Groups, cycle: LimitCycle, sizes: Floats, rows: Complexes) -> Complexes:
    """Σ ⟨[P_j, L]†[P_k, L]⟩/size of operators given as rows Tr(P ·), (K, G d²) → (K, K)."""
    total = np.zeros((len(rows), len(rows)), dtype=complex)
    for operators, state, jumps, size in _by_group(groups.ladders.jumps, cycle, sizes, rows):
        for jump in jumps:
            total += _products(operators @ jump - jump @ operators, state) / size
    return total


def _spread(cycle: LimitCycle, sizes: Floats, rows: Complexes) -> Complexes:
    """Σ (⟨P_j† P_k⟩ − ⟨P_j⟩*⟨P_k⟩)/size, (K, K)."""
    total = np.zeros((len(rows), len(rows)), dtype=complex)
    for operators, state, _, size in _by_group(((),) * len(sizes), cycle, sizes, rows):
        means = np.einsum("kab,ba->k", operators, state)
        total += (_products(operators, state) - np.outer(means.conj(), means)) / size
    return total


def _products(operators: Complexes, state: Complexes) -> Complexes:
    """⟨P_j† P_k⟩, (K, d, d) → (K, K)."""
    count = len(operators)
    return np.asarray(operators.conj().reshape(count, -1) @ (operators @ state).reshape(count, -1).T)


def _by_group(
    jumps: tuple[tuple[Complexes, ...], ...], cycle: LimitCycle, sizes: Floats, rows: Complexes
) -> Iterator[tuple[Complexes, Complexes, tuple[Complexes, ...], float]]:
    levels = cycle.states.shape[1]
    operators = rows.reshape(len(rows), len(sizes), levels, levels).transpose(1, 0, 3, 2)
    return zip(operators, cycle.states, jumps, sizes.tolist(), strict=True)


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
