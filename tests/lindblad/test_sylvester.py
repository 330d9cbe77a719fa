"""The inverse of L0 ρ = −i(H_eff ρ − ρ H_eff†), in every form it is solved in."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.sectors import find_sectors
from qsb_hw.lindblad.space import BlockSpace
from qsb_hw.lindblad.sylvester import SylvesterInverse


def generator_of(hamiltonian, jumps):
    h, js = sp.csr_array(hamiltonian.astype(complex)), [sp.csr_array(j) for j in jumps]
    return BlockGenerator.of(h, js, BlockSpace.over(find_sectors(h, js)))


def drift(generator, flat):
    """L0 ρ, as what L ρ has besides the jump term."""
    return generator.apply(flat) - generator.feeding @ flat


def left_over(generator, inverse, seed=0):
    """‖(L0 − shift)(L0 − shift)⁻¹ρ − ρ‖/‖ρ‖ of a random ρ."""
    flat = np.random.default_rng(seed).standard_normal(generator.space.size)
    solved = inverse.apply(flat)
    return np.linalg.norm(drift(generator, solved) - inverse.shift * solved - flat) / np.linalg.norm(flat)


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 9), charges=st.integers(1, 3))
def test_inverse_undoes_the_drift_in_every_sector(lab, seed, size, charges):
    rng = np.random.default_rng(seed)
    charge = rng.integers(0, charges, size)
    same = charge[:, None] == charge[None, :]
    jumps = [lab.random_jump(rng, size) * same, np.diag(rng.uniform(0.5, 1, size)).astype(complex)]
    generator = generator_of(lab.random_hermitian(rng, size) * same, jumps)
    inverse = SylvesterInverse.of(generator)
    assert inverse.shift == 0.0
    assert left_over(generator, inverse) < 1e-9


@pytest.mark.parametrize("decay", [0.7, 2e9])
def test_exceptional_point_of_a_driven_atom(lab, decay):
    # H_eff = [[0, Ω/2], [Ω/2, −iκ/2]] has its two eigenvectors coalesce at Ω = κ/2; the atom itself is
    # perfectly regular there: ρ_ee = Ω²/(κ² + 2Ω²) = 1/6
    rabi = decay / 2
    hamiltonian = rabi / 2 * np.array([[0, 1], [1, 0]], dtype=complex)
    jump = np.sqrt(decay) * lab.transition(2, 0, 1)
    generator = generator_of(hamiltonian, [jump])
    assert left_over(generator, SylvesterInverse.of(generator)) < 1e-12
    solution = qh.steady_state(qh.LindbladModel(hamiltonian, (jump,)), qh.SylvesterGMRES())
    assert solution.populations(0)[1] == pytest.approx(1 / 6, abs=1e-12)


@pytest.mark.parametrize("distance", [1e-2, 1e-5, 1e-8, 1e-11, 0.0])
def test_accuracy_does_not_suffer_on_the_way_to_a_third_order_exceptional_point(lab, distance):
    # spin 1 with H_eff = J_x + i S_z has a triple eigenvalue 0 at unit strength of both
    jx = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / np.sqrt(2)
    decays = np.array([0.5, 1.5, 2.5]) + np.array([distance, 0, 0])
    jumps = [np.sqrt(2 * decays[n]) * lab.transition(4, 3, n) for n in range(3)]
    hamiltonian = np.zeros((4, 4), dtype=complex)
    hamiltonian[:3, :3] = jx
    generator = generator_of(hamiltonian, [*jumps, lab.transition(4, 0, 3)])
    assert left_over(generator, SylvesterInverse.of(generator)) < 1e-11


def test_state_that_never_decays_is_shifted_and_still_inverted(lab):
    # the vacuum of a cavity at zero temperature has no decay: L0 alone is singular
    a = lab.annihilation(5)
    generator = generator_of(np.diag(np.arange(5.0)), [a])
    inverse = SylvesterInverse.of(generator)
    assert inverse.shift > 0
    assert left_over(generator, inverse) < 1e-13
    assert inverse.factorisations == 5


def test_one_factorisation_per_sector(lab):
    a = lab.annihilation(8)
    squeezed = generator_of(a @ a + (a @ a).conj().T, [a, 0.3 * a.conj().T])
    assert SylvesterInverse.of(squeezed).factorisations == 2


@pytest.mark.parametrize("size", [2, 9, 40])
def test_single_precision_inverse_agrees_to_single_precision(lab, size):
    rng = np.random.default_rng(size)
    jumps = [lab.random_jump(rng, size), np.diag(rng.uniform(0.5, 1, size)).astype(complex)]
    generator = generator_of(lab.random_hermitian(rng, size), jumps)
    inverse = SylvesterInverse.of(generator)
    flat = rng.standard_normal(generator.space.size)
    rough = inverse.single().apply(flat.astype(np.float32))
    assert rough.dtype == np.float32
    exact = inverse.apply(flat)
    assert 0 < np.linalg.norm(rough - exact) / np.linalg.norm(exact) < 1e-4


def test_large_blocks_are_factorised_side_by_side_with_the_same_result(lab, monkeypatch):
    rng = np.random.default_rng(4)
    charge = np.repeat([0, 1, 2, 3], [6, 6, 6, 4])
    same = charge[:, None] == charge[None, :]
    jumps = [lab.random_jump(rng, 22) * same, np.diag(rng.uniform(0.5, 1, 22)).astype(complex)]
    generator = generator_of(lab.random_hermitian(rng, 22) * same, jumps)
    together = SylvesterInverse.of(generator)
    monkeypatch.setattr("qsb_hw.lindblad.sylvester.APART_ABOVE", 5)
    apart = SylvesterInverse.of(generator)
    assert apart.factorisations == together.factorisations == 4
    flat = rng.standard_normal(generator.space.size)
    assert np.allclose(apart.apply(flat), together.apply(flat), rtol=0, atol=1e-11)
