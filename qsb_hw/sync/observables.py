"""What two oscillators of a network share, beyond the distribution of their relative phase."""

from __future__ import annotations

import numpy as np

from qsb_hw._typing import Complexes
from qsb_hw.lindblad.operators import embed
from qsb_hw.sync.solution import SyncSolution


def pair_state(solution: SyncSolution, first: int, second: int) -> Complexes:
    """Density matrix of two oscillators, everything else traced out, shape (n_i n_j, n_i n_j)."""
    return solution.steady.reduced(solution.pair(first, second))


def cross_correlation(solution: SyncSolution, first: int, second: int) -> complex:
    """⟨a_i†a_j⟩ with the ladders' exchange operators: what heterodyning two outputs measures."""
    i, j = solution.pair(first, second)
    a_i, a_j = (solution.network.oscillators[k].ladder.annihilation for k in (first, second))
    return solution.steady.expectation(embed({i: a_i.conj().T, j: a_j}, solution.steady.dims))


def mutual_information(solution: SyncSolution, first: int, second: int) -> float:
    """S(ρ_i) + S(ρ_j) − S(ρ_ij) in nats."""
    joint = pair_state(solution, first, second)
    parts = [solution.steady.reduced([k]) for k in solution.pair(first, second)]
    return float(sum(_entropy(p) for p in parts) - _entropy(joint))


def negativity(solution: SyncSolution, first: int, second: int) -> float:
    """Sum of the negative eigenvalues' moduli of the partial transpose; above zero only if entangled."""
    joint = pair_state(solution, first, second)
    sizes = [solution.network.oscillators[k].levels for k in (first, second)]
    tensor = joint.reshape(*sizes, *sizes)
    transposed = np.swapaxes(tensor, 1, 3).reshape(sizes[0] * sizes[1], -1)
    values = np.linalg.eigvalsh(transposed)
    return float(-values[values < 0].sum())


def _entropy(state: Complexes) -> float:
    values = np.linalg.eigvalsh(state)
    values = values[values > 1e-300]
    return float(-(values * np.log(values)).sum())
