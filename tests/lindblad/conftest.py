"""Building blocks for the solver tests; nothing here is taken from the package under test."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest


def annihilation(levels):
    return np.diag(np.sqrt(np.arange(1.0, levels)), 1).astype(complex)


def transition(size, target, source):
    """|target⟩⟨source|."""
    matrix = np.zeros((size, size), dtype=complex)
    matrix[target, source] = 1.0
    return matrix


def random_hermitian(rng, size):
    matrix = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    return (matrix + matrix.conj().T) / 2


def random_jump(rng, size):
    return (rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))) / np.sqrt(size)


def random_unitary(rng, size):
    matrix = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    return np.linalg.qr(matrix)[0]


def liouvillian(hamiltonian, jumps):
    """Textbook generator on row-major vectorised matrices: A ρ B ↦ (A ⊗ Bᵀ) vec ρ."""
    one = np.eye(hamiltonian.shape[0])
    total = -1j * (np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
    for jump in jumps:
        norm = jump.conj().T @ jump
        total += np.kron(jump, jump.conj()) - 0.5 * (np.kron(norm, one) + np.kron(one, norm.T))
    return total


def hidden(hamiltonian, jumps, seed=7):
    """The same physics in a basis in which no symmetry shows."""
    unitary = random_unitary(np.random.default_rng(seed), hamiltonian.shape[0])
    turned = [unitary @ m @ unitary.conj().T for m in (hamiltonian, *jumps)]
    return (turned[0] + turned[0].conj().T) / 2, turned[1:]


@pytest.fixture(scope="session")
def lab():
    return SimpleNamespace(
        annihilation=annihilation,
        transition=transition,
        random_hermitian=random_hermitian,
        random_jump=random_jump,
        random_unitary=random_unitary,
        liouvillian=liouvillian,
        hidden=hidden,
    )
