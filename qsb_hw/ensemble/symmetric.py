"""Exact dynamics of a few identical oscillators, all coupled to all, by permutation symmetry.

H = Σ_i H_i + (V/N)Σ_{i<j}(A†_i A_j + h.c.) = Σ_i [H_i − (V/N)A†_i A_i] + (V/N) J†J with J = Σ A_i, so that the
generator is made of superoperators that act on all oscillators alike:

    ρ̇ = Σ_i 𝓛'_i ρ − i(V/N)[J†(Jρ) − (ρJ†)J].

It conserves the charge a common phase turns; ⟨A†⟩ lives in the sector of charge −1, populations and ⟨A†_i A_j⟩ in that
of charge 0. In the sector of ⟨A†⟩ everything decays: finitely many oscillators break no symmetry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real_array
from qsb_hw.ensemble.coherence import CoherenceDecay, Limits, decay
from qsb_hw.ensemble.groups import Groups
from qsb_hw.ensemble.ladders import LadderGroups
from qsb_hw.ensemble.occupations import Occupations
from qsb_hw.ensemble.starts import one_group, starting_state
from qsb_hw.errors import CapacityError, ConvergenceError, require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.rightmost import rightmost_eigenpair

RAISED = -1
"""Charge of the sector of ⟨A†⟩ = Σ ⟨n+1|A†|n⟩ ρ_{n,n+1}."""
LARGEST = 2_000_000
"""Occupations in a sector beyond which a run would take many minutes."""
BYTES_PER_OCCUPATION = 4000.0
"""Memory a sector takes per occupation at its peak: generator, its factors, and the integrator's vectors."""
DENSE_BELOW = 300
"""Occupations up to which all eigenvalues are computed."""


def symmetric_generator(ladders: LadderGroups, space: Occupations, charge: int, frequency: float) -> sp.csr_array:
    """The generator of the first group of `ladders` in one sector, in the frame that turns with `frequency`, (M, M)."""
    lowering, one = ladders.lowering[0], np.eye(ladders.levels)
    strength = float(ladders.links[0, 0]) / space.count
    pairs = lowering.conj().T @ lowering
    local = ladders.superoperators()[0][0] + frequency * np.diag(ladders.turning)
    local = local + 1j * strength * (np.kron(pairs, one) - np.kron(one, pairs.T))
    left = space.lifted(np.kron(lowering, one), charge)  # ρ → Jρ
    right = space.lifted(np.kron(one, lowering.conj()), charge)  # ρ → ρJ†
    exchanged = left.conj().T @ left - right.conj().T @ right
    return sp.csr_array(space.lifted(local, charge) - 1j * strength * exchanged)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class SymmetricEnsemble(CoherenceDecay):
    """`CoherenceDecay` without approximation.

    Attributes
    ----------
    occupations : int
        Size of the sector.
    """

    occupations: int


def symmetric_ensemble(
    groups: Groups,
    n: int,
    *,
    initial: str | ArrayLike = "limit-cycle",
    t_final: float | None = None,
    samples: int = 200,
    longest: float = math.inf,
    max_steps: int = 50_000,
    tolerance: float = 1e-8,
) -> SymmetricEnsemble:
    """Solve the master equation of one group of N identical oscillators exactly, in the sector of ⟨A†⟩.

    Three levels: 8 636 occupations for 12 oscillators, 142 158 for 20, 1.6 million for 30; four levels: 36 270 for 8.

    Parameters
    ----------
    groups, n, initial, t_final, samples, longest, max_steps, tolerance
        As of `finite_size`.

    Returns
    -------
    SymmetricEnsemble
        Amplitude in time and lifetime.

    Raises
    ------
    ArgumentError
        As `finite_size`.
    CapacityError
        If there are too many occupations for this machine's memory, or for minutes of time.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> run = qh.symmetric_ensemble(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.75), 4)
    >>> print(run.occupations, f"{run.lifetime:.2f}")
    68 3.23
    """
    limits = Limits(t_final, samples, longest, max_steps, tolerance)
    one_group(groups, n)
    state, frequency = starting_state(groups, initial)
    ladders, space = groups.ladders, _space(groups, int(n), RAISED)
    generator = symmetric_generator(ladders, space, RAISED, frequency)
    row = _amplitude_row(ladders, space)
    start = _product(space, RAISED, state)
    run = decay(lambda _t, x: generator @ x, start, lambda states: row @ states, limits, frequency)
    return SymmetricEnsemble(groups=groups, n=int(n), occupations=row.size, **run.result)


def symmetric_populations(
    groups: Groups, n: int, times: ArrayLike, *, initial: str | ArrayLike = "limit-cycle", tolerance: float = 1e-8
) -> tuple[Floats, Complexes]:
    """Populations (T, d) of every oscillator and ⟨A†_1 A_2⟩ of any two (T,), at ascending `times` from 0 on; exact.

    Both survive where ⟨A†⟩ has decayed: the square root of ⟨A†_1 A_2⟩ is the order a measurement of pairs sees.

    Parameters
    ----------
    groups, n, initial, tolerance
        As of `finite_size`.
    times : (T,) array_like
        Ascending, in the inverse unit of the rates.

    Returns
    -------
    populations : (T, d) float
    pairs : (T,) complex

    Raises
    ------
    ArgumentError, CapacityError
        If times do not ascend from 0 or later, or as `symmetric_ensemble`.
    ConvergenceError
        If the integration fails.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> populations, pairs = qh.symmetric_populations(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.75), 2, [1.0, 5.0])
    >>> print(populations.round(3))
    [[0.275 0.526 0.198]
     [0.302 0.544 0.154]]
    """
    from scipy.integrate import solve_ivp

    one_group(groups, n)
    when = np.atleast_1d(real_array("`times`", times, "Give times that ascend."))
    ascending = when.ndim == 1 and when.size and when[0] >= 0 and when[-1] > 0 and np.all(np.diff(when) > 0)
    require(bool(ascending), "`times` must ascend from 0 or later", when.tolist(), "Sort them.")
    state, frequency = starting_state(groups, initial)
    ladders, space = groups.ladders, _space(groups, int(n), 0)
    generator = symmetric_generator(ladders, space, 0, frequency)
    start = _product(space, 0, state)
    smallest = 1e-3 * tolerance * float(np.linalg.norm(start)) / math.sqrt(start.size)
    run = solve_ivp(lambda _t, x: generator @ x, (0.0, when[-1]), start, "DOP853", when, rtol=tolerance, atol=smallest)
    if not run.success:
        raise ConvergenceError(f"The exact dynamics could not be integrated. {run.message}")
    populations, pairs = _population_rows(ladders, space)
    return np.asarray((populations @ run.y).real.T), np.asarray(pairs @ run.y)


def coherence_decay(groups: Groups, n: int) -> complex:
    """Eigenvalue of the generator with the slowest decay in the sector of ⟨A†⟩: −rate + i·frequency, exact.

    Parameters
    ----------
    groups, n
        As of `finite_size`.

    Returns
    -------
    complex
        In the unit of the rates.

    Raises
    ------
    ArgumentError, CapacityError
        As `symmetric_ensemble`.
    ConvergenceError
        If the iteration does not converge.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> print(f"{qh.coherence_decay(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.75), 4):.4f}")
    -0.5184+0.1242j
    """
    one_group(groups, n)
    space = _space(groups, int(n), RAISED)
    generator = symmetric_generator(groups.ladders, space, RAISED, 0.0)
    size = space.size(RAISED)
    if size <= DENSE_BELOW:
        values = np.linalg.eigvals(generator.toarray())
        return complex(values[np.argmax(values.real)])
    start = np.random.default_rng(0).standard_normal(size).astype(complex)
    found = rightmost_eigenpair(lambda x: np.asarray(generator @ x), start)
    if not found.converged:
        raise ConvergenceError(
            f"The slowest decay of {n} oscillators must converge, but after {found.products} products its residual was "
            f"{found.residual:.1e}. Take fewer oscillators."
        )
    return found.value


def _space(groups: Groups, n: int, charge: int) -> Occupations:
    space = Occupations.of(n, groups.ladders.levels)
    size = space.size(charge)
    if size > LARGEST:
        raise CapacityError(
            f"An exact solution must be a matter of minutes, but {n} oscillators of {space.levels} levels have {size} "
            f"occupations, more than {LARGEST}. Take fewer, or `finite_size`."
        )
    require_memory(
        BYTES_PER_OCCUPATION * size,
        f"A sector of {size} occupations of {n} oscillators",
        "Take fewer oscillators or levels, or `finite_size`.",
    )
    return space


def _product(space: Occupations, charge: int, state: Complexes) -> Complexes:
    """ρ⊗ρ⊗…, its part of one charge."""
    states = space.sector(charge)
    elements = state.ravel()[space.parts]
    powers = elements[:, None] ** np.arange(space.count + 1)  # (d², N + 1)
    weights = np.exp(space.arrangements(states) / 2).astype(complex)
    for part, column in enumerate(states.T):
        weights *= powers[part, column]
    return weights


def _amplitude_row(ladders: LadderGroups, space: Occupations) -> Complexes:
    """⟨A†⟩: one factor |n⟩⟨n+1|, all others diagonal."""
    states = space.sector(RAISED)
    row = np.zeros(len(states), dtype=complex)
    only = np.flatnonzero(states[:, space.charges != 0].sum(axis=1) == 1)
    raising = ladders.lowering[0].conj().ravel()[space.parts]
    scale = np.exp(space.arrangements(states[only]) / 2) / space.count
    row[only] = scale * (states[only] @ np.where(space.charges == RAISED, raising, 0))
    return row


def _population_rows(ladders: LadderGroups, space: Occupations) -> tuple[Floats, Complexes]:
    """Populations (d, M), and ⟨A†_1 A_2⟩ (M,): one factor |n⟩⟨n+1|, one |m+1⟩⟨m|, all others diagonal."""
    states = space.sector(0)
    number, levels = space.count, space.levels
    charged = states[:, space.charges != 0].sum(axis=1)
    populations, pairs = np.zeros((levels, len(states))), np.zeros(len(states), dtype=complex)
    still, two = np.flatnonzero(charged == 0), np.flatnonzero(charged == 2)
    diagonal = [int(np.flatnonzero(space.parts == n * (levels + 1))[0]) for n in range(levels)]
    populations[:, still] = np.exp(space.arrangements(states[still]) / 2) * states[still][:, diagonal].T / number
    lowering = ladders.lowering[0]
    raising, falling = lowering.conj().ravel()[space.parts], lowering.T.ravel()[space.parts]
    up = states[two] @ np.where(space.charges == RAISED, raising, 0)
    down = states[two] @ np.where(space.charges == -RAISED, falling, 0)
    pairs[two] = np.exp(space.arrangements(states[two]) / 2) * up * down / (number * (number - 1))
    return populations, pairs
