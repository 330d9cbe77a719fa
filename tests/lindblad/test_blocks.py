"""Packed Hermitian blocks, and the generator on them against the textbook Liouvillian."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.sectors import find_sectors
from qsb_hw.lindblad.space import BlockSpace, pack, pairs_within_groups, unpack

SEEDS = st.integers(0, 2**32 - 1)


def symmetric_model(lab, seed, size, charges):
    """Random H and complex jumps with a planted charge; `charges` = 1 means no symmetry."""
    rng = np.random.default_rng(seed)
    charge = rng.integers(0, charges, size)
    difference = charge[:, None] - charge[None, :]
    hamiltonian = lab.random_hermitian(rng, size) * (difference == 0)
    jumps = [lab.random_jump(rng, size) * (difference == shift) for shift in (0, 1, -1)]
    return hamiltonian, [j for j in jumps if np.any(j)]


def packed_generator(hamiltonian, jumps):
    h, js = sp.csr_array(hamiltonian), tuple(sp.csr_array(j) for j in jumps)
    space = BlockSpace.over(find_sectors(h, js))
    return BlockGenerator.of(h, js, space), space


def dense(space, flat):
    size = space.offset.size
    matrix = np.zeros((size, size), dtype=complex)
    for states, block in space.blocks(flat):
        matrix[np.ix_(states, states)] = block
    return matrix


@given(seed=SEEDS, count=st.integers(1, 4), size=st.integers(1, 7))
def test_packing_is_an_isometry_and_can_be_undone(lab, seed, count, size):
    rng = np.random.default_rng(seed)
    one, other = (np.array([lab.random_hermitian(rng, size) for _ in range(count)]) for _ in range(2))
    assert np.allclose(unpack(pack(one)), one, rtol=0, atol=1e-14)
    hilbert_schmidt = np.einsum("bij,bji->", one, other).real
    assert np.vdot(pack(one), pack(other)) == pytest.approx(hilbert_schmidt, abs=1e-12)


@given(seed=SEEDS, size=st.integers(2, 8), charges=st.integers(1, 3))
def test_generator_equals_textbook_liouvillian_with_complex_jumps(lab, seed, size, charges):
    hamiltonian, jumps = symmetric_model(lab, seed, size, charges)
    generator, space = packed_generator(hamiltonian, jumps)
    flat = np.random.default_rng(seed).standard_normal(space.size)
    expected = (lab.liouvillian(hamiltonian, jumps) @ dense(space, flat).ravel()).reshape(size, size)
    tolerance = 1e-12 * max(np.abs(expected).max(), 1)
    assert np.abs(dense(space, generator.apply(flat)) - expected).max() < tolerance
    assert np.abs(dense(space, generator.matrix() @ flat) - expected).max() < tolerance


@given(seed=SEEDS, size=st.integers(2, 8), charges=st.integers(1, 3))
def test_every_generator_preserves_the_trace(lab, seed, size, charges):
    generator, space = packed_generator(*symmetric_model(lab, seed, size, charges))
    flat = np.random.default_rng(seed).standard_normal(space.size)
    change = generator.apply(flat)
    assert abs(space.trace(change)) < 1e-13 * max(np.linalg.norm(change), 1) * size


def test_family_of_generators_is_the_generator_of_the_family(lab):
    # H + x·N with N the charge of a planted symmetry: what detuning sweeps rest on
    hamiltonian, jumps = symmetric_model(lab, 5, 7, 2)
    generator, space = packed_generator(hamiltonian, jumps)
    direction = np.diag(np.arange(7.0))
    at = generator.along(generator.tilt(Elements.of(sp.csr_array(direction.astype(complex)), ())))
    flat = np.random.default_rng(0).standard_normal(space.size)
    for value in (-2.5, 0.0, 40.0):
        moved = BlockGenerator.of(
            sp.csr_array(hamiltonian + value * direction), [sp.csr_array(j) for j in jumps], space
        )
        assert np.allclose(at(value).apply(flat), moved.apply(flat), rtol=0, atol=1e-12)
        assert np.allclose(at(value).matrix() @ flat, moved.apply(flat), rtol=0, atol=1e-12)


@given(groups=st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_pairs_within_groups_lists_every_ordered_pair_once(groups):
    first, second = pairs_within_groups(np.array(groups))
    expected = {(p, q) for p, g in enumerate(groups) for q, h in enumerate(groups) if g == h}
    assert len(first) == len(expected)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected
