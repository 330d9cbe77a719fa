"""Several steady states are detected and said, never answered with an arbitrary one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qsb_hw as qh

SOLVERS = [qh.SparseDirect(), qh.SylvesterGMRES(), qh.SylvesterGMRES(single_above=0), qh.Auto()]
every_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
SX = np.array([[0, 1], [1, 0]], dtype=complex)
SZ = np.diag([1.0, -1.0]).astype(complex)
LOWER = np.array([[0, 1], [0, 0]], dtype=complex)
ONE = np.eye(2)


def two_photon_loss(lab):
    a = lab.annihilation(7)
    return np.zeros((7, 7), complex), [a @ a]


def driven_two_photon_loss(lab):
    # even and odd cat states
    a = lab.annihilation(9)
    return 0.5 * (a @ a + (a @ a).conj().T), [a @ a]


def tripod_with_two_dark_states(lab):
    fields = sum(f * lab.transition(4, 3, n) for n, f in enumerate((1.0, 0.7, 0.4)))
    return fields + fields.conj().T, [lab.transition(4, n, 3) for n in range(3)]


def two_final_states(lab):
    return np.zeros((3, 3), complex), [lab.transition(3, 0, 2), lab.transition(3, 1, 2)]


def one_damped_qubit_beside_a_free_one(lab):
    return 0.3 * np.kron(ONE, SX), [np.kron(LOWER, ONE)]


def nothing_is_damped(lab):
    return lab.random_hermitian(np.random.default_rng(1), 5), []


def dephasing_only(lab):
    return 0.7 * SZ, [SZ]


def two_atoms_decaying_collectively(lab):
    # the singlet is dark
    return np.zeros((4, 4), complex), [np.kron(LOWER, ONE) + np.kron(ONE, LOWER)]


def driven_collective_decay(lab):
    # total spin is conserved: triplet and singlet each have a steady state
    return 0.4 * (np.kron(SX, ONE) + np.kron(ONE, SX)), [np.kron(LOWER, ONE) + np.kron(ONE, LOWER)]


CASES = [
    two_photon_loss,
    driven_two_photon_loss,
    tripod_with_two_dark_states,
    two_final_states,
    one_damped_qubit_beside_a_free_one,
    nothing_is_damped,
    dephasing_only,
    two_atoms_decaying_collectively,
    driven_collective_decay,
]


@every_solver
@pytest.mark.parametrize("disguised", [False, True], ids=["plain", "in a basis that hides the symmetry"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.__name__)
def test_more_than_one_steady_state_is_said(lab, solver, disguised, case):
    hamiltonian, jumps = case(lab)
    if disguised:
        hamiltonian, jumps = lab.hidden(hamiltonian, jumps)
    solution = qh.steady_state(qh.LindbladModel(hamiltonian, tuple(jumps)), solver)
    assert solution.status is qh.Status.NOT_UNIQUE
    assert not solution.ok
    assert np.isnan(solution.residual)
    for ask in (solution.state, solution.require, lambda: solution.populations(0), lambda: solution.reduced([0])):
        with pytest.raises(qh.ConvergenceError, match="not unique"):
            ask()


@every_solver
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_a_conserved_quantity_hidden_by_the_basis_is_found_out(lab, solver, seed, sizes):
    # H and L block diagonal in the same two blocks: a strong symmetry, two steady states at least
    rng = np.random.default_rng(seed)
    size = sum(sizes)
    block = np.arange(size) < sizes[0]
    same = block[:, None] == block[None, :]
    parts = [lab.random_hermitian(rng, size) * same, lab.random_jump(rng, size) * same]
    hamiltonian, jumps = lab.hidden(parts[0], parts[1:], seed=seed)
    assert qh.steady_state(qh.LindbladModel(hamiltonian, tuple(jumps)), solver).status is qh.Status.NOT_UNIQUE


@every_solver
@pytest.mark.parametrize("strength", [1e-2, 1e-4])
def test_breaking_the_symmetry_a_little_makes_the_answer_unique(lab, solver, strength):
    # single-photon loss joins the two parities of two-photon loss: all ends in the vacuum
    a = lab.annihilation(6)
    hamiltonian, jumps = lab.hidden(np.zeros((6, 6), complex), [a @ a, np.sqrt(strength) * a])
    solution = qh.steady_state(qh.LindbladModel(hamiltonian, tuple(jumps)), solver)
    assert solution.ok
    assert np.linalg.eigvalsh(solution.state())[-1] == pytest.approx(1.0, abs=1e-9)


def test_dephasing_with_a_transverse_field_mixes_completely(lab):
    solution = qh.steady_state(qh.LindbladModel(0.4 * SX, (SZ,)))
    assert np.allclose(solution.state(), np.eye(2) / 2, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kappa", "ratio"), [(0.14, 0.002), (0.05, 0.005), (0.05, 0.002)])
def test_slow_but_pumped_pair_is_not_mistaken_for_a_dark_one(kappa, ratio):
    # two complete oscillators with narrow lines and weak pumps leave their state only at κ(g/κ)²(κ/4K)², here down to
    # 1e-11: slow, but the steady state is one
    ladder = qh.Ladder.kerr(50.0, 1.0, 4)
    spacing = ladder.transition_frequencies
    one = qh.SelfOscillator(ladder, [qh.Bath.cavity(d, kappa, ratio * kappa, 2) for d in (-spacing[1], spacing[0])])
    v = 0.3 * 4 * ratio**2 * kappa
    for detuning in (0.0, 2.0):
        network = qh.Network([one.detuned(detuning), one], [[0, v], [v, 0]])
        solution = qh.steady_state(network, qh.SylvesterGMRES(), estimate_truncation=False)
        assert solution.status is not qh.Status.NOT_UNIQUE
