"""L0 of two weakly coupled parts is inverted as a product, and nothing else about the answer changes."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

import qsb_hw as qh
from qsb_hw.lindblad import iterative
from qsb_hw.lindblad.capacity import on_one_core
from qsb_hw.lindblad.certificate import traceless
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.product import product_split
from qsb_hw.lindblad.steady import steady_states_along
from qsb_hw.lindblad.structure import structure_of
from qsb_hw.lindblad.task import Task
from qsb_hw.model.build import network_model


def part(levels, rng):
    """A driven anharmonic ladder with loss, a little gain and dephasing: no charge is conserved."""
    lower = np.diag(np.sqrt(np.arange(1.0, levels)), 1).astype(complex)
    number = lower.conj().T @ lower
    hamiltonian = rng.uniform(-3, 3) * number - rng.uniform(0.5, 1) * lower.conj().T @ number @ lower
    drive = 0.5 * (rng.normal() + 1j * rng.normal())  # few quanta, so that few Krylov vectors lead to the state
    hamiltonian += drive * lower + np.conj(drive) * lower.conj().T
    jumps = [np.sqrt(rng.uniform(0.5, 1)) * lower, 0.3 * lower.conj().T, 0.2 * number]
    return hamiltonian, jumps, lower


def two_parts(shape, coupling, seed=0):
    """Two of them, exchanging quanta: H and jumps on (a·b) states."""
    rng = np.random.default_rng(seed)
    (one, its, lower), (other, others, lowered) = (part(levels, rng) for levels in shape)
    first, second = np.eye(shape[0]), np.eye(shape[1])
    exchange = coupling * np.kron(lower, lowered.conj().T)
    hamiltonian = np.kron(one, second) + np.kron(first, other) + exchange + exchange.conj().T
    jumps = [np.kron(jump, second) for jump in its] + [np.kron(first, jump) for jump in others]
    return qh.LindbladModel(hamiltonian, jumps, dims=shape)


def swept(model, direction, values, progress=None):
    return steady_states_along(model, sp.csr_array(direction.astype(complex)), values, progress=progress)


def generator_of(model):
    elements = Elements.of_model(model)
    return structure_of(elements).generator(elements)


@pytest.mark.parametrize("shape", [(16, 16), (14, 17), (4, 4, 14), (25, 9)], ids=str)
def test_the_inverse_and_what_joins_the_jumps_make_up_the_generator(shape):
    split = (int(np.prod(shape[:-1])), shape[-1])
    model = two_parts(split, 0.02)
    generator = generator_of(qh.LindbladModel(model.hamiltonian, model.jumps, dims=shape))
    inverse, coupling = product_split(generator, shape)
    x = np.random.default_rng(1).standard_normal(generator.space.size)
    drift = generator.apply(x) - generator.feeding @ x - coupling @ x
    back = inverse.apply(drift)
    assert np.linalg.norm(back - x) < 1e-10 * np.linalg.norm(x)
    single = inverse.single().apply(drift.astype(np.float32))
    assert single.dtype == np.float32
    assert 1e-9 < np.linalg.norm(single - x) / np.linalg.norm(x) < 1e-3
    assert abs(coupling).max() < 1.0  # the exchange alone, not the energies


@pytest.mark.parametrize(("coupling", "seed"), [(0.003, 0), (0.03, 1), (0.3, 0)])
def test_the_state_is_the_same_as_from_the_whole_matrix(coupling, seed, monkeypatch):
    monkeypatch.setattr("qsb_hw.lindblad.product.PRODUCT_ABOVE", 100)
    model = two_parts((11, 11), coupling, seed)
    solver = qh.SylvesterGMRES(certifying_work=0.0)
    found = qh.steady_state(model, solver).require()
    assert found.counts.factorisations == 2  # of 11 states each
    monkeypatch.setattr(iterative, "product_split", lambda *_: None)
    whole = qh.steady_state(model, solver).require()
    assert whole.counts.factorisations == 1
    distance = np.linalg.norm(found.flat - whole.flat)
    assert distance <= found.certificate.error_bound + whole.certificate.error_bound
    # a weak coupling costs some steps more, which are a tenth of the work each
    assert found.counts.gmres_steps <= 2 * whole.counts.gmres_steps


def test_strongly_coupled_parts_are_diagonalised_as_a_whole():
    solver = qh.SylvesterGMRES(certifying_work=0.0)
    assert qh.steady_state(two_parts((15, 15), 500.0), solver).counts.factorisations == 1


def test_what_does_not_fall_into_two_large_parts_is_left_whole():
    model = two_parts((15, 15), 0.03)
    generator = generator_of(model)
    for dims in [(225,), (1, 225), (15, 14), ()]:
        assert product_split(generator, dims) is None
    small = two_parts((12, 12), 0.03)
    assert product_split(generator_of(small), (12, 12)) is None


@pytest.mark.usefixtures("every_core")
def test_large_models_of_a_sweep_are_solved_side_by_side_with_the_same_answer(monkeypatch):
    monkeypatch.setattr("qsb_hw.lindblad.product.PRODUCT_ABOVE", 100)
    lower = np.kron(np.eye(11), np.diag(np.sqrt(np.arange(1.0, 11)), 1))
    model, direction = two_parts((11, 11), 0.03), lower.conj().T @ lower
    values, calls = [0.0, 1.0], []
    sweep = swept(model, direction, values, lambda *done: calls.append(done))
    with on_one_core():
        alone = swept(model, direction, values)
    for one, other, value in zip(sweep, alone, values, strict=True):
        direct = qh.steady_state(qh.LindbladModel(model.hamiltonian + value * direction, model.jumps, dims=model.dims))
        bound = one.require().certificate.error_bound
        assert np.linalg.norm(one.flat - other.flat) <= bound + other.certificate.error_bound
        assert np.linalg.norm(one.flat - direct.flat) <= bound + direct.certificate.error_bound
    assert calls[-1] == (2, 2)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def slowest(model, steady, products=4):
    """1/‖Lx‖ of the vector that L⁻¹ takes a random one to, applied some times: a lower bound on ‖L⁺‖."""
    generator = generator_of(model)
    task = Task(generator, structure_of(Elements.of_model(model)).sectors, Elements.of_model(model), steady.flat)
    space, inverse = generator.space, iterative.FluxIteration.of_task(replace(task, dims=tuple(model.dims)))
    x = traceless(space, np.random.default_rng(0).standard_normal(space.size))
    for _ in range(products):
        x = inverse.generator_inverse(1e-8)(x)
        x -= space.trace(x) * steady.flat
        x = traceless(space, x / np.linalg.norm(x))
    return 1 / np.linalg.norm(generator.apply(x))


@pytest.mark.parametrize("resonant", [False, True], ids=["no detuning", "at the resonance"])
def test_the_steady_flux_is_not_mistaken_for_a_slow_one_where_jumps_are_rare(resonant):
    """A Fock state of two coupled devices loses a quantum long after they have exchanged one."""
    device = qh.load_device("transmon_squid")
    one = device.oscillator(3)
    one = replace(one, baths=tuple(bath.with_at_most(most) for bath, most in zip(one.baths, (2, 1), strict=True)))
    detuning = 2 * one.ladder.kerr_at(1) if resonant else 0.0
    v = device.nearest_coupling
    model = network_model(qh.Network([one.detuned(detuning), one], [[0, v], [v, 0]]), rwa=False)
    steady = qh.steady_state(model).require()
    assert steady.counts.factorisations == 2
    assert steady.counts.probe_steps <= 10  # and no search in double precision
    assert steady.certificate.gap < 1.1 / slowest(model, steady)
