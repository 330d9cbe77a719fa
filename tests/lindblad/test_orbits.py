"""Networks that look the same after their oscillators move on around a ring, solved by momentum."""

import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.lindblad import steady as linear
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.jumps import Entries, JumpEntries
from qsb_hw.lindblad.orbits import Orbits
from qsb_hw.lindblad.sectors import sectors_of
from qsb_hw.lindblad.structure import structure_of
from qsb_hw.model.lindblad import AssembledModel

RINGS = [(6, 2), (6, 1), (7, 1)]


def oscillator(**changes):
    given = {"kerr": 10, "gamma": 1, "sigma": 0.2, "n_plus": 1, "n_minus": 2, "levels": 3, **changes}
    return qh.EffectiveOscillator.lorentzian(**given)


def around(size, first, *rest):
    """C_jk = first, rest … for neighbours, second neighbours …, Hermitian whatever phases they have."""
    coupling = np.zeros((size, size), dtype=complex)
    for distance, strength in enumerate((first, *rest), 1):
        for j in range(size):
            coupling[j, (j + distance) % size] += strength
    return coupling + coupling.conj().T


def ring(size, period, coupling=0.3):
    return qh.Network([oscillator().detuned(20.0 * (k % period)) for k in range(size)], around(size, coupling))


def permuted(dims, by):
    """Where each basis state goes when every oscillator moves on by so many places, digit by digit."""
    digits = np.indices(dims).reshape(len(dims), -1)
    return np.ravel_multi_index(tuple(np.roll(digits, by, axis=0)), dims)


def without_shift(model):
    return AssembledModel(model.elements, model.dims, model.charge, model.labels)


def symmetric_model(rng, size, levels, complete):
    """Random Hamiltonian and jumps of complex elements, summed over all shifts of a ring."""
    dims = (levels,) * size
    shifts, total = [permuted(dims, by) for by in range(size)], levels**size
    charge = np.indices(dims).reshape(size, -1).sum(axis=0)

    def drawn(same):
        matrix = rng.standard_normal((total, total)) + 1j * rng.standard_normal((total, total))
        matrix *= (rng.random((total, total)) < 0.5) & same
        return matrix

    keeping = np.ones((total, total), dtype=bool) if complete else charge[:, None] == charge[None, :]
    raw = drawn(keeping)
    moved = [np.zeros_like(raw) for _ in shifts]
    for out, shift in zip(moved, shifts, strict=True):
        out[np.ix_(shift, shift)] = raw + raw.conj().T
    jumps = []
    for climb in (-1, 1):
        one = drawn(keeping if complete else charge[:, None] - charge[None, :] == climb)
        for shift in shifts:
            jump = np.zeros_like(one)
            jump[np.ix_(shift, shift)] = one
            jumps.append(jump)
    return Elements.of(Entries.of(sum(moved)), JumpEntries.of_dense(jumps, total)), shifts[1]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 4), complete=st.booleans())
def test_generator_by_momentum_is_the_generator(seed, size, complete):
    rng = np.random.default_rng(seed)
    elements, shift = symmetric_model(rng, size, 2 if size > 2 else 3, complete)
    structure = structure_of(elements)
    orbits = Orbits.of(shift, structure.sectors)
    assume(orbits is not None)  # few elements may make sectors that the permutation takes into each other
    whole, matrix = structure.generator(elements), rng.standard_normal(orbits.space.size)
    spread = orbits.spread(matrix, structure.space)
    assert np.linalg.norm(spread) == pytest.approx(np.linalg.norm(matrix), rel=1e-12)
    assert orbits.space.trace(matrix) == pytest.approx(structure.space.trace(spread), abs=1e-12)
    assert np.allclose(orbits.gathered(spread, structure.space), matrix, rtol=0, atol=1e-12)
    found, scale = orbits.generator(elements).apply(matrix), np.abs(whole.apply(spread)).max()
    assert np.allclose(orbits.spread(found, structure.space), whole.apply(spread), rtol=0, atol=1e-12 * scale)
    single = orbits.generator(elements).feeding.astype(np.float32) @ matrix.astype(np.float32)
    assert single.dtype == np.float32
    assert np.allclose(single, orbits.generator(elements).feeding @ matrix, rtol=0, atol=1e-5 * scale)


def test_spread_matrix_is_the_same_after_the_permutation():
    model = qh.network_model(ring(6, 2))
    structure = structure_of(model.elements)
    orbits = Orbits.of(model.shift, structure.sectors)
    flat = orbits.spread(np.random.default_rng(0).standard_normal(orbits.space.size), structure.space)
    for states, block in structure.space.blocks(flat):
        place = {int(state): k for k, state in enumerate(states)}
        moved = [place[int(state)] for state in model.shift[states]]
        assert np.allclose(block[np.ix_(moved, moved)], block, rtol=0, atol=1e-12)


NETWORKS = {
    "alternating ring": ring(6, 2),
    "equal ring": ring(5, 1),
    "ring with a flux": ring(6, 3, 0.3 * np.exp(0.4j)),
    "all to all": qh.Network([oscillator()] * 5, 0.1 * (np.ones((5, 5)) - np.eye(5))),
    "farther neighbours": qh.Network([oscillator(n_plus=0.8).detuned(3.0)] * 5, around(5, 0.2, -0.1)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_steady_state_is_the_one_found_without_the_permutation(name, monkeypatch):
    if len(NETWORKS[name].oscillators) < 6:  # six are enough by themselves
        monkeypatch.setattr("qsb_hw.model.build.SHIFTED_ABOVE", 0)
        monkeypatch.setattr(linear, "ORBITS_ABOVE", 0)
    model = qh.network_model(NETWORKS[name])
    found, plain = linear.steady_state(model), linear.steady_state(without_shift(model))
    assert found.ok
    assert plain.ok
    assert np.linalg.norm(found.flat - plain.flat) < found.error_bound + plain.error_bound < 1e-10
    assert found.counts.factorisations > 1.8 * plain.counts.factorisations  # it was indeed solved by momentum
    assert found.lowest_eigenvalue == pytest.approx(plain.lowest_eigenvalue, abs=1e-10)
    assert found.counts.gmres_steps <= plain.counts.gmres_steps + 2
    again = linear.steady_state(model, guess=found)
    assert again.counts.gmres_steps - again.counts.probe_steps <= 2


def test_small_ring_by_momentum_agrees_with_qutip(monkeypatch):
    qutip = pytest.importorskip("qutip")
    monkeypatch.setattr("qsb_hw.model.build.SHIFTED_ABOVE", 0)
    monkeypatch.setattr(linear, "ORBITS_ABOVE", 0)
    model = qh.network_model(ring(4, 2, 0.3 * np.exp(0.7j)))
    found = linear.steady_state(model)
    assert found.counts.factorisations == 16  # and not 9
    assert np.abs(found.state() - qutip.steadystate(*model.to_qutip()).full()).max() < 1e-9


@pytest.mark.parametrize(("size", "period"), RINGS)
def test_products_fall_by_the_square_of_the_order_and_elements_by_the_order(size, period):
    model = qh.network_model(ring(size, period))
    orbits, order = Orbits.of(model.shift, sectors_of(model.elements)), size // period
    plain = structure_of(model.elements).space

    def products(space):
        return sum(batch.count * batch.size**3 for batch in space.batches)

    assert orbits.order == order
    assert orbits.space.size * order == pytest.approx(plain.size, rel=0.02)
    assert products(orbits.space) * order**2 == pytest.approx(products(plain), rel=0.05)
    by_momentum = orbits.generator(model.elements).feeding.matrix
    by_state = structure_of(model.elements).generator(model.elements).feeding
    assert by_momentum.nnz * order == pytest.approx(by_state.nnz, rel=0.06)


def unlike():
    coupling = around(6, 0.3)
    odd = coupling.copy()
    odd[0, 1] = odd[1, 0] = 0.31
    far = np.abs(np.subtract.outer(range(6), range(6))) == 5
    return {
        "one oscillator is another": qh.Network([oscillator()] * 5 + [oscillator(kerr=11)], coupling),
        "one coupling is another": qh.Network([oscillator()] * 6, odd),
        "a chain and no ring": qh.Network([oscillator()] * 6, np.where(far, 0, coupling)),
        "small": ring(4, 1),
    }


@pytest.mark.parametrize("name", list(unlike()))
def test_networks_without_the_symmetry_have_no_permutation(name):
    assert qh.network_model(unlike()[name]).shift is None


def test_permutation_is_not_used_where_the_steady_state_may_not_be_unique():
    # the highest level is never reached and never left by jumps: no proof that there is one steady state only
    rates = np.diag([1.0, 2.0], 1) + np.diag([3.0, 1.0], -1)
    ladder = qh.Ladder.kerr(50.0, 1.0, 3)
    mixing, leaking = (qh.EffectiveOscillator(ladder, r) for r in (rates, np.triu(rates)))
    coupling = around(6, 0.3)
    assert qh.network_model(qh.Network([mixing] * 6, coupling)).shift is not None
    assert qh.network_model(qh.Network([leaking] * 6, coupling)).shift is None


def test_permutation_that_mixes_sectors_is_not_used():
    model = qh.network_model(ring(6, 1))
    sectors = sectors_of(model.elements)
    assert Orbits.of(np.roll(np.arange(model.size), 1), sectors) is None


def test_permutation_is_kept_where_a_model_is_sent_to_another_process():
    model = qh.network_model(ring(6, 2))
    assert np.array_equal(pickle.loads(pickle.dumps(model)).shift, permuted(model.dims, 2))


def test_a_given_solver_is_taken_as_it_is():
    found = qh.steady_state(ring(6, 2), qh.SylvesterGMRES())
    assert found.steady.counts.factorisations == 13


@pytest.mark.parametrize(("size", "period"), [(4, 2), (3, 1)])
def test_jumps_between_orbits_are_the_same_as_one_sparse_matrix(monkeypatch, size, period):
    monkeypatch.setattr("qsb_hw.model.build.SHIFTED_ABOVE", 0)
    model = qh.network_model(ring(size, period))
    feeding = Orbits.of(model.shift, sectors_of(model.elements)).generator(model.elements).feeding
    flat = np.random.default_rng(size).standard_normal(feeding.orbits.space.size)
    assert np.abs(feeding @ flat - feeding.assembled() @ flat).max() < 1e-13 * np.abs(feeding @ flat).max()
