"""What is worked out once for each shape: the same generator as from scratch, and no more work than once."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.lindblad import structure
from qsb_hw.lindblad.elements import Elements, embedded, embedded_jumps
from qsb_hw.lindblad.jumps import Entries, JumpEntries
from qsb_hw.lindblad.operators import embed
from qsb_hw.lindblad.structure import structure_of

SEEDS = st.integers(0, 2**32 - 1)


def thinned(rng, size, share=0.5):
    matrix = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    return matrix * (rng.random((size, size)) < share)


def scrambled(rng, elements, phases):
    """Another model of the same shape."""
    jumps = elements.jump_entries
    value = rng.uniform(0.5, 2, jumps.value.size) * np.exp(1j * phases * rng.uniform(0, 6, jumps.value.size))
    other = JumpEntries(jumps.number, jumps.target, jumps.source, value, jumps.count, jumps.size)
    hopping = elements.hopping
    matrix = np.zeros((elements.size, elements.size), dtype=complex)
    amounts = rng.uniform(0.5, 2, hopping.row.size) * np.exp(1j * phases * rng.uniform(0, 6, hopping.row.size))
    matrix[hopping.row, hopping.col] = amounts
    matrix = np.triu(matrix, 1)
    hamiltonian = matrix + matrix.conj().T + np.diag(rng.standard_normal(elements.size))
    return hamiltonian, other


@given(seed=SEEDS, phases=st.sampled_from([0, 1]), size=st.integers(2, 6))
def test_every_model_of_a_shape_gets_the_textbook_generator(lab, seed, phases, size):
    rng = np.random.default_rng(seed)
    first = thinned(rng, size)
    elements = Elements.of(sp.csr_array(first + first.conj().T), [sp.csr_array(thinned(rng, size)) for _ in range(3)])
    for _ in range(3):  # the first makes the structure, the others use it
        hamiltonian, jumps = scrambled(rng, elements, phases)
        model = Elements.of(sp.csr_array(hamiltonian), jumps)
        found = structure_of(model)
        generator, space = found.generator(model), found.space
        flat = rng.standard_normal(space.size)
        rho = np.zeros((size, size), dtype=complex)
        for states, block in space.blocks(flat):
            rho[np.ix_(states, states)] = block
        dense = [jump.toarray() for jump in jumps.matrices()]
        expected = (lab.liouvillian(hamiltonian, dense) @ rho.ravel()).reshape(size, size)
        image = np.zeros_like(rho)
        for states, block in space.blocks(generator.apply(flat)):
            image[np.ix_(states, states)] = block
        assert np.abs(image - expected).max() < 1e-11 * max(1, np.abs(expected).max())
        assert generator.rate == pytest.approx(max(sum((abs(j) ** 2).sum(0) for j in dense), default=1) or 1)


@given(seed=SEEDS, dims=st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_embedding_is_the_kronecker_product(seed, dims):
    rng = np.random.default_rng(seed)
    given_ones = {k: thinned(rng, d) for k, d in enumerate(dims) if rng.random() < 0.6}
    expected = np.ones((1, 1))
    for k, d in enumerate(dims):
        expected = np.kron(expected, given_ones.get(k, np.eye(d)))
    assert np.array_equal(embed(given_ones, dims).toarray(), expected)
    entries = embedded({k: Entries.of(matrix) for k, matrix in given_ones.items()}, dims)
    assert np.array_equal(entries.adjoint.sparse().toarray(), expected.conj().T)
    sites = [JumpEntries.of_dense([thinned(rng, d), thinned(rng, d)], d) for d in dims]
    whole = [matrix.toarray() for matrix in embedded_jumps(sites).matrices()]
    own = [(k, matrix.toarray()) for k, site in enumerate(sites) for matrix in site.matrices()]
    for (k, matrix), found in zip(own, whole, strict=True):
        assert np.array_equal(found, embed({k: matrix}, dims).toarray())


def pair(detuning, kerr=10.0, coupling=0.3):
    one = qh.EffectiveOscillator.lorentzian(kerr=kerr, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    return qh.Network([one.detuned(detuning), one], [[0, coupling], [coupling, 0]])


def test_structure_is_worked_out_once_along_a_sweep_and_a_scatter(monkeypatch):
    made = []
    worked_out = structure._worked_out
    monkeypatch.setattr(structure, "_worked_out", lambda shape: made.append(shape) or worked_out(shape))
    structure._kept.cache_clear()
    qh.detuning_sweep(pair(0.0), np.linspace(-20, 20, 41))
    for detuning in (0.0, 0.1, 20.0):  # also where an energy is zero
        qh.steady_state(pair(detuning))
    for k in range(5):
        qh.steady_state(pair(1.0, kerr=10 + 0.1 * k, coupling=0.2 + 0.01 * k))
    assert len(made) == 1
    qh.steady_state(pair(1.0, coupling=0.0))  # nothing is coupled: another shape
    assert len(made) == 2


def test_kept_structures_are_few():
    assert structure._kept.cache_info().maxsize == structure.SHAPES_KEPT
