"""Two eliminated oscillators as a Markov chain on populations, one at a time and a sweep at once."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.certificate import traceless
from qsb_hw.lindblad.chain import (
    PopulationChain,
    _chain_inverse,
    _Inside,
    _superoperator,
    feeds_populations_between_sectors,
    feeds_populations_only,
)
from qsb_hw.lindblad.sectors import find_sectors
from qsb_hw.lindblad.space import BlockSpace


def oscillator(levels=6, kerr=10.0, sigma=0.2, **more):
    return qh.EffectiveOscillator.lorentzian(
        kerr=kerr, gamma=1.0, sigma=sigma, n_plus=2, n_minus=3, levels=levels, **more
    )


def pair(v=0.3, **more):
    return qh.Network([oscillator(**more), oscillator(**more)], [[0, v], [np.conj(v), 0]])


def generator(model):
    space = BlockSpace.over(find_sectors(model.hamiltonian, model.jumps))
    return BlockGenerator.of(model.hamiltonian, model.jumps, space)


@pytest.mark.parametrize("detuning", [0.0, 7.3, 20.0])
@pytest.mark.parametrize("v", [0.05, 0.5, 0.3 * np.exp(0.7j)])
def test_chain_gives_the_state_that_sparse_lu_and_gmres_give(v, detuning):
    network = pair(v)
    model = qh.network_model(qh.Network([network.oscillators[0].detuned(detuning), oscillator()], network.coupling))
    chain = qh.steady_state(model, PopulationChain())
    for solver in (qh.SparseDirect(), qh.SylvesterGMRES()):
        assert np.abs(chain.state() - qh.steady_state(model, solver).state()).max() < 1e-11


def test_sweep_in_one_batch_equals_the_sweep_point_by_point():
    network = pair()
    detunings = np.concatenate([np.linspace(-25, 25, 41), [0.0, 20.0, -20.0]])  # more than one batch
    batch = qh.detuning_sweep(network, detunings)
    each = qh.detuning_sweep(network, detunings, solver=qh.Auto(chain_below=0))
    assert all(isinstance(s.solver, PopulationChain) for s in batch)
    assert not any(isinstance(s.solver, PopulationChain) for s in each)
    for one, other in zip(batch, each, strict=True):
        assert one.populations(0) == pytest.approx(other.populations(0), abs=1e-11)
        assert one.synchronization(0, 1) == pytest.approx(other.synchronization(0, 1), rel=1e-7)
        assert one.residual < 1e-12


def test_certificates_of_a_batch_are_those_of_single_solutions():
    network = pair()
    for solution, detuning in zip(qh.detuning_sweep(network, [0.0, 20.0]), (0.0, 20.0), strict=True):
        alone = qh.steady_state(
            qh.network_model(qh.Network([oscillator().detuned(detuning), oscillator()], network.coupling)),
            qh.SparseDirect(),
        )
        assert solution.steady.lowest_eigenvalue == pytest.approx(alone.lowest_eigenvalue, abs=1e-12)
        assert solution.steady.edge_populations == pytest.approx(alone.edge_populations, abs=1e-11)
        assert solution.steady.trace == pytest.approx(1, abs=1e-13)


def test_only_jumps_between_populations_make_a_chain():
    assert feeds_populations_only(generator(qh.network_model(pair())))
    three = qh.Network([oscillator(3)] * 3, 0.1 * (np.ones((3, 3)) - np.eye(3)))
    assert not feeds_populations_only(generator(qh.network_model(three)))
    assert not feeds_populations_only(generator(qh.network_model(pair(secular=False))))


def with_dephasing(rng, levels):
    """A pair with dephasing and random rates, in units of the fastest."""

    def one():
        rates = np.diag(rng.uniform(0.1, 1, levels - 1), 1) + np.diag(rng.uniform(0.1, 1, levels - 1), -1)
        ladder = qh.Ladder.kerr(rng.uniform(0, 5), rng.uniform(0.5, 10), levels)
        return qh.EffectiveOscillator(ladder, rates, dephasing_rate=rng.uniform(1e-3, 2))

    v = rng.uniform(0.1, 1) * np.exp(1j * rng.uniform(0, 2 * np.pi))
    return qh.Network([one(), one()], [[0, v], [np.conj(v), 0]])


@pytest.mark.parametrize("levels", [3, 4, 5, 8])
def test_sweep_of_a_pair_with_dephasing_is_one_batch_and_within_its_bounds(levels):
    # dephasing turns coherences of a sector into themselves: the chain has what happens inside a sector as a whole
    network, detunings = with_dephasing(np.random.default_rng(levels), levels), np.linspace(-12, 12, 7)
    made = generator(qh.network_model(network))
    assert feeds_populations_between_sectors(made)
    assert not feeds_populations_only(made)
    for found, detuning in zip(qh.detuning_sweep(network, detunings), detunings, strict=True):
        model = qh.network_model(network.detuned(0, float(detuning)))
        alone = qh.steady_state(model, qh.SparseDirect(accuracy=1e-12))
        assert isinstance(found.solver, PopulationChain)
        assert found.steady.counts.factorisations == 2 * levels  # one for each sector, and one for the chain
        assert np.linalg.norm(found.steady.flat - alone.flat) < found.steady.error_bound + alone.error_bound < 1e-10
        assert found.steady.lowest_eigenvalue == pytest.approx(alone.lowest_eigenvalue, abs=1e-12)


def test_chain_with_dephasing_inverts_its_generator():
    made = generator(qh.network_model(with_dephasing(np.random.default_rng(1), 5)))
    source = traceless(made.space, np.random.default_rng(3).standard_normal(made.space.size))
    assert np.linalg.norm(made.apply(_chain_inverse(made)(source)) - source) < 1e-12 * np.linalg.norm(source)


@pytest.mark.parametrize("solver", [qh.Auto(), PopulationChain()])
def test_single_pair_with_dephasing_is_solved_by_what_is_cheapest(solver):
    few, more = (qh.network_model(with_dephasing(np.random.default_rng(2), levels)) for levels in (8, 10))
    assert isinstance(qh.Auto().select(few)[0], qh.SparseDirect)
    assert isinstance(qh.Auto().select(more)[0], PopulationChain)
    found, alone = qh.steady_state(more, solver), qh.steady_state(more, qh.SparseDirect())
    assert np.linalg.norm(found.flat - alone.flat) < found.error_bound + alone.error_bound < 1e-9


def test_jumps_that_feed_coherences_of_other_sectors_make_no_chain():
    three = qh.Network([oscillator(3)] * 3, 0.1 * (np.ones((3, 3)) - np.eye(3)))
    for network in (three, pair(secular=False)):
        assert not feeds_populations_between_sectors(generator(qh.network_model(network)))


def test_auto_says_that_it_takes_the_chain_and_why():
    solver, why = qh.Auto().select(qh.network_model(pair()))
    assert isinstance(solver, PopulationChain)
    assert "36" in why


def test_two_states_without_decay_are_two_steady_states_also_in_a_sweep():
    # without loss or gain above |1⟩ of either oscillator nothing leaves: two closed sets, at every detuning
    still = qh.EffectiveOscillator(qh.Ladder.kerr(0.0, 1.0, 2), np.zeros((2, 2)))
    network = qh.Network([still, still], [[0, 0.1], [0.1, 0]])
    assert {s.status for s in qh.detuning_sweep(network, [0.0, 1.0])} == {qh.Status.NOT_UNIQUE}


def test_chain_inverts_its_generator():
    # what refinement rests on: L x = b for a traceless b with coherences, through the populations alone
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=5)
    model = qh.network_model(qh.Network([one.detuned(20.0), one], [[0, 0.3], [0.3, 0]]))
    space = BlockSpace.over(find_sectors(model.hamiltonian, model.jumps))
    generator = BlockGenerator.of(model.hamiltonian, model.jumps, space)
    source = traceless(space, np.random.default_rng(3).standard_normal(space.size))
    found = _chain_inverse(generator)(source)
    assert np.linalg.norm(generator.apply(found) - source) < 1e-12 * np.linalg.norm(source)


def test_chain_reaches_the_accuracy_asked_for():
    # narrow tones and weak exchange: rounding of the generator alone leaves 1e-9, and refinement removes it
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=1e-3, n_plus=1, n_minus=2, levels=6)
    model = qh.network_model(qh.Network([one.detuned(20.0), one], [[0, 0.3], [0.3, 0]]))
    plain = qh.steady_state(model, PopulationChain())
    asked = 1e-3 * plain.error_bound
    better = qh.steady_state(model, PopulationChain(accuracy=asked))
    assert better.ok
    assert better.error_bound <= asked
    assert np.linalg.norm(better.flat - plain.flat) <= plain.error_bound


@pytest.mark.parametrize("size", [2, 3, 6])
def test_the_norm_of_what_happens_inside_is_that_of_the_inverse(size):
    rng = np.random.default_rng(size)
    effective = rng.standard_normal((5, 2, size, size)) - 1j * np.eye(size) * rng.uniform(2, 9, (5, 2, 1, 1))
    effective = effective + np.swapaxes(effective.real, -1, -2)
    total = np.array([_superoperator(one) for one in effective])
    norm = np.linalg.norm(np.linalg.inv(total), axis=(-2, -1)).max(axis=-1)
    assert np.all(np.abs(np.log(_Inside.of(total).norm / norm)) < np.log(1.5))
