"""Random Lindblad models of twelve kinds, and reference solutions that share no code with the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


def annihilation(levels):
    return np.diag(np.sqrt(np.arange(1.0, levels)), 1).astype(complex)


def hermitian(rng, size):
    matrix = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    return (matrix + matrix.conj().T) / 2


def jump(rng, size):
    return (rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))) / np.sqrt(size)


def hidden(rng, hamiltonian, jumps):
    """The same model in a random basis, in which no symmetry shows."""
    size = hamiltonian.shape[0]
    unitary = np.linalg.qr(rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size)))[0]
    turned = [unitary @ m @ unitary.conj().T for m in (hamiltonian, *jumps)]
    return (turned[0] + turned[0].conj().T) / 2, turned[1:]


def dense(rng, size):
    return hermitian(rng, size), [jump(rng, size) for _ in range(rng.integers(1, 4))]


def conserving_charge(rng, size):
    charge = rng.integers(0, 3, size)
    same = charge[:, None] == charge[None, :]
    jumps = [jump(rng, size) * (charge[:, None] - charge[None, :] == shift) for shift in (-1, 0, 1)]
    return hermitian(rng, size) * same, [j for j in jumps if j.any()] + [jump(rng, size) * same]


def conserving_parity(rng, size):
    odd = np.arange(size) % 2
    same = odd[:, None] == odd[None, :]
    return hermitian(rng, size) * same, [jump(rng, size) * ~same, jump(rng, size) * same]


def sparse(rng, size):
    kept = rng.random((size, size)) < 0.3
    return hermitian(rng, size) * (kept | kept.T), [
        jump(rng, size) * (rng.random((size, size)) < 0.4) for _ in range(2)
    ]


def chain(rng, size):
    rates = 10.0 ** rng.uniform(-8, 8, (2, size - 1))
    jumps = []
    for n in range(size - 1):
        for (row, col), rate in zip(((n, n + 1), (n + 1, n)), rates[:, n], strict=True):
            one = np.zeros((size, size), dtype=complex)
            one[row, col] = np.sqrt(rate)
            jumps.append(one)
    return np.diag(rng.standard_normal(size)).astype(complex), jumps


def stiff(rng, size):
    hamiltonian, jumps = dense(rng, size)
    return hamiltonian, [10.0 ** rng.uniform(-3, 3) * j for j in jumps] + [10.0 ** rng.uniform(-3, 0) * jump(rng, size)]


def weakly_damped(rng, size):
    return hermitian(rng, size), [10.0 ** rng.uniform(-4, -1) * jump(rng, size) for _ in range(2)]


def strongly_damped(rng, size):
    return 10.0 ** rng.uniform(-4, -1) * hermitian(rng, size), [jump(rng, size) for _ in range(2)]


def driven_kerr(rng, size):
    a = annihilation(size)
    number = a.conj().T @ a
    drive, kerr, detuning = rng.uniform(0.1, 3), rng.uniform(-1, 1), rng.uniform(-3, 3)
    return detuning * number + kerr * (number @ number - number) + drive * (a + a.conj().T), [a, 0.1 * number]


def nearly_dark(rng, size):
    """A state that nothing leaves but a weak random process."""
    hamiltonian, jumps = dense(rng, size)
    for matrix in (hamiltonian, *jumps):
        matrix[:, 0] = 0
    hamiltonian[0, :] = 0
    weak = 10.0 ** rng.uniform(-6, -1) * jump(rng, size)
    return hidden(rng, hamiltonian, [*jumps, weak])


def weakly_linked(rng, size):
    """Two blocks that only a weak random process connects."""
    block = np.arange(size) < size // 2
    same = block[:, None] == block[None, :]
    weak = 10.0 ** rng.uniform(-6, -1) * jump(rng, size)
    return hidden(rng, hermitian(rng, size) * same, [jump(rng, size) * same, jump(rng, size) * same, weak])


def conserved_quantity(rng, size):
    """Two blocks that nothing connects, in a basis that hides them: two steady states at least."""
    block = np.arange(size) < max(1, size // 2)
    same = block[:, None] == block[None, :]
    return hidden(rng, hermitian(rng, size) * same, [jump(rng, size) * same])


KINDS: tuple[Callable, ...] = (
    dense,
    conserving_charge,
    conserving_parity,
    sparse,
    chain,
    stiff,
    weakly_damped,
    strongly_damped,
    driven_kerr,
    nearly_dark,
    weakly_linked,
    conserved_quantity,
)


class Reference(NamedTuple):
    """Steady state by elimination in extended precision, with an estimate of its own error."""

    state: np.ndarray
    error: float


def liouvillian(hamiltonian, jumps, dtype=complex):
    """Generator on row-major vectorised matrices, in the precision of `dtype`."""
    one = np.eye(hamiltonian.shape[0], dtype=dtype)
    hamiltonian, jumps = hamiltonian.astype(dtype), [j.astype(dtype) for j in jumps]
    total = -1j * (np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
    for j in jumps:
        norm = j.conj().T @ j
        total += np.kron(j, j.conj()) - (np.kron(norm, one) + np.kron(one, norm.T)) / 2
    return total


def null_vectors(hamiltonian, jumps):
    """Steady states there are, by singular values."""
    values = np.linalg.svd(liouvillian(hamiltonian, jumps), compute_uv=False)
    return int(np.sum(values < 1e-13 * values[0]))


def reference(hamiltonian, jumps):
    """The steady state to more digits than double precision has, where the platform has a longer float."""
    size = hamiltonian.shape[0]
    matrix = liouvillian(hamiltonian, jumps, np.clongdouble)
    populations = np.arange(size) * (size + 1)
    matrix[0] = 0
    matrix[0, populations] = 1
    rhs = np.zeros(size * size, dtype=np.clongdouble)
    rhs[0] = 1
    condition = np.linalg.cond(matrix.astype(complex))
    with np.errstate(all="ignore"):  # there may be several steady states, and then the result is not used
        state = eliminated(matrix, rhs).reshape(size, size)
    return Reference((state + state.conj().T) / 2, float(10 * np.finfo(np.longdouble).eps * condition))


def eliminated(matrix, rhs):
    """Gaussian elimination with pivoting in the precision of its arguments (LAPACK has no longer one)."""
    table = np.concatenate([matrix, rhs[:, None]], axis=1)
    size = len(matrix)
    for k in range(size):
        pivot = k + int(np.argmax(np.abs(table[k:, k])))
        table[[k, pivot]] = table[[pivot, k]]
        table[k + 1 :, k:] -= np.outer(table[k + 1 :, k] / table[k, k], table[k, k:])
    solved = np.zeros(size, dtype=table.dtype)
    for k in range(size - 1, -1, -1):
        solved[k] = (table[k, -1] - table[k, k + 1 : size] @ solved[k + 1 :]) / table[k, k]
    return solved
