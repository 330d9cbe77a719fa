"""Symmetry sectors found from the zeros of a model."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw.errors import ArgumentError
from qsb_hw.lindblad.sectors import check_charge, find_sectors


def sparse(*matrices):
    return tuple(sp.csr_array(m) for m in matrices)


def partition(labels):
    """A partition as a set of sets, whatever its labels are called."""
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


def hopping_pair(lab, levels):
    """Two oscillators that exchange quanta and lose them: total number is a weak U(1) charge."""
    a, one = lab.annihilation(levels), np.eye(levels)
    first, second = np.kron(a, one), np.kron(one, a)
    hop = first.conj().T @ second
    charge = np.add.outer(np.arange(levels), np.arange(levels)).ravel()
    return hop + hop.conj().T, (first, second, first.conj().T), charge


def test_total_number_of_two_hopping_oscillators_is_found_without_being_named(lab):
    hamiltonian, jumps, charge = hopping_pair(lab, 4)
    (h, *js) = sparse(hamiltonian, *jumps)
    assert partition(find_sectors(h, js).labels) == partition(charge)


def test_squeezed_oscillator_with_photon_loss_keeps_only_parity(lab):
    a = lab.annihilation(9)
    h, jump = sparse(a @ a + (a @ a).conj().T, a)
    assert partition(find_sectors(h, [jump]).labels) == {frozenset(range(0, 9, 2)), frozenset(range(1, 9, 2))}


def test_three_photon_drive_has_an_undeclared_z3_symmetry(lab):
    # a³ + a†³ changes n by 3 and loss shifts it by 1: n mod 3 labels the blocks
    a = lab.annihilation(10)
    cubic = a @ a @ a
    h, jump = sparse(cubic + cubic.conj().T + a.conj().T @ a, a)
    assert partition(find_sectors(h, [jump]).labels) == partition(np.arange(10) % 3)


def test_classical_rate_chain_falls_apart_into_populations(lab):
    size = 6
    jumps = [lab.transition(size, n + s, n) for n in range(size) for s in (-1, 1) if 0 <= n + s < size]
    h, *js = sparse(np.diag(np.arange(size) ** 2.0), *jumps)
    found = find_sectors(h, js)
    assert found.count == size
    assert len(found.closed_sets) == 1
    assert sorted(found.closed_sets[0]) == list(range(size))


def test_model_without_symmetry_is_one_sector(lab):
    rng = np.random.default_rng(3)
    h, jump = sparse(lab.random_hermitian(rng, 7), lab.random_jump(rng, 7))
    assert find_sectors(h, [jump]).count == 1


def test_jump_that_fans_out_of_a_state_ties_its_targets_together(lab):
    # L = |1⟩⟨0| + |2⟩⟨0| writes the coherence ρ_12, although neither H nor L†L connects 1 and 2
    jump = lab.transition(3, 1, 0) + lab.transition(3, 2, 0)
    h, joint, *apart = sparse(np.zeros((3, 3)), jump, lab.transition(3, 1, 0), lab.transition(3, 2, 0))
    assert partition(find_sectors(h, [joint]).labels) == {frozenset({0}), frozenset({1, 2})}
    assert find_sectors(h, apart).count == 3


def test_jump_with_interfering_paths_ties_its_sources_together(lab):
    # L†L of L = |2⟩(⟨0| + ⟨1|) has the element ⟨0|L†L|1⟩: a superposition of 0 and 1 is dark
    h, jump = sparse(np.zeros((3, 3)), lab.transition(3, 2, 0) + lab.transition(3, 2, 1))
    assert partition(find_sectors(h, [jump]).labels) == {frozenset({0, 1}), frozenset({2})}


def test_decay_ends_in_the_ground_state_and_disconnected_parts_are_counted(lab):
    h, down = sparse(np.diag([0.0, 1.0, 3.0]), lab.annihilation(3))
    found = find_sectors(h, [down])
    assert [np.flatnonzero(np.isin(found.labels, s)).tolist() for s in found.closed_sets] == [[0]]
    h, one, other = sparse(np.zeros((4, 4)), lab.transition(4, 0, 1), lab.transition(4, 2, 3))
    assert len(find_sectors(h, [one, other]).closed_sets) == 2


@given(seed=st.integers(0, 2**20), size=st.integers(2, 9), shift=st.integers(-2, 2))
def test_planted_charge_is_never_mixed_and_block_diagonal_states_stay_block_diagonal(lab, seed, size, shift):
    rng = np.random.default_rng(seed)
    charge = rng.integers(0, 3, size)
    same = charge[:, None] == charge[None, :]
    moved = charge[:, None] - charge[None, :] == shift
    hamiltonian, jump = lab.random_hermitian(rng, size) * same, lab.random_jump(rng, size) * moved
    labels = find_sectors(*sparse(hamiltonian), sparse(jump)).labels
    assert all(len(set(charge[list(part)])) == 1 for part in partition(labels))
    within = labels[:, None] == labels[None, :]
    rho = lab.random_hermitian(rng, size) * within
    image = (lab.liouvillian(hamiltonian, [jump]) @ rho.ravel()).reshape(size, size)
    assert np.abs(image[~within]).max(initial=0.0) == 0.0


def test_charge_that_the_model_conserves_is_accepted_and_a_broken_one_is_located(lab):
    hamiltonian, jumps, charge = hopping_pair(lab, 3)
    h, *js = sparse(hamiltonian, *jumps)
    check_charge(charge, h, js)
    wrong = charge.copy()
    wrong[4] += 1
    with pytest.raises(ArgumentError, match="Hamiltonian must connect only states of equal charge, but found states"):
        check_charge(wrong, h, js)
    (both_ways,) = sparse(jumps[0] + jumps[0].conj().T)
    with pytest.raises(
        ArgumentError, match=r"Jump 1 must shift the charge by a fixed amount, but found shifts \[-1, 1\]"
    ):
        check_charge(charge, h, [js[0], both_ways])
