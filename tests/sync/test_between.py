"""S(Δ) between a few solved detunings: against solving everywhere, and its residual against L itself."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.errors import ArgumentError
from qsb_hw.model.build import network_model
from qsb_hw.sync.between import between

ONE = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.3, n_plus=1, n_minus=2, levels=4)
OTHER = qh.EffectiveOscillator.lorentzian(kerr=12, gamma=1.3, sigma=0.25, n_plus=1, n_minus=2, levels=5)
V = [[0, 0.4], [0.4, 0]]
GRID = np.linspace(-30.0, 30.0, 121)


def liouvillian(network):
    model = network_model(network, True)
    hamiltonian = model.hamiltonian.toarray()
    one = np.eye(len(hamiltonian))
    total = -1j * (np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
    for jump in (j.toarray() for j in model.jumps):
        decay = jump.conj().T @ jump
        total += np.kron(jump, jump.conj()) - 0.5 * (np.kron(decay, one) + np.kron(one, decay.T))
    return total


def test_the_residual_is_that_of_the_mixed_state():
    network, solved = qh.Network([ONE, OTHER], V), [-24.0, 0.0, 5.0, 20.0]
    solutions = qh.detuning_sweep(network, solved)
    wanted = np.array([-10.0, 3.0, 22.0])
    found = between(solutions, solved, wanted)
    states = np.array([s.state().ravel() for s in solutions])
    for place, residual in zip(wanted, found.residual, strict=True):
        generator = liouvillian(network.detuned(0, place))
        images = (generator @ states.T).T
        # the shortest Σ c_k Lρ_k under Σ c_k = 1, by least squares on its own
        free = np.linalg.lstsq((images[1:] - images[0]).T, -images[0], rcond=None)[0]
        shortest = np.linalg.norm(images[0] + free @ (images[1:] - images[0]))
        assert residual == pytest.approx(shortest, rel=1e-6)


@pytest.mark.parametrize(("second", "alike", "left"), [(ONE, True, 1e-4), (OTHER, False, 5e-3)])
def test_more_solved_detunings_converge_to_solving_everywhere(second, alike, left):
    network = qh.Network([ONE, second], V)
    truth = np.array([s.synchronization(0, 1) for s in qh.detuning_sweep(network, GRID)])
    solved, errors = [0.0, 20.0], []
    for _ in range(16):
        found = between(qh.detuning_sweep(network, solved), solved, GRID, alike=alike)
        errors.append(np.abs(found.S - truth).max())
        worst = float(GRID[np.argmax(found.residual)])
        solved.append(abs(worst) if alike else worst)
    assert errors[-1] < left * truth.max()
    assert errors[-1] < 1e-2 * errors[0]
    assert np.abs(found.S - truth).max() < 3 * found.residual.max()  # the slowest coherences decay at about one


def test_it_passes_through_what_was_solved():
    network, solved = qh.Network([ONE, OTHER], V), [-22.0, 1.0, 20.0]
    solutions = qh.detuning_sweep(network, solved)
    found = between(solutions, solved, solved)
    assert pytest.approx([s.synchronization(0, 1) for s in solutions], abs=1e-14) == found.S
    assert not found.residual.any()


def test_of_two_that_are_alike_each_state_serves_twice():
    network = qh.Network([ONE, ONE], V)
    (mirrored,) = qh.detuning_sweep(network, [-19.0])
    found = between(qh.detuning_sweep(network, [19.0, 7.0]), [19.0, 7.0], [-19.0], alike=True)
    assert found.residual[0] == 0
    assert found.coefficients[0] == pytest.approx(mirrored.phase_distribution(0, 1).coefficients, abs=1e-9)


def test_detunings_that_occur_twice_are_refused():
    solutions = qh.detuning_sweep(qh.Network([ONE, ONE], V), [1.0, 2.0])
    with pytest.raises(ArgumentError, match="each another one"):
        between(solutions, [1.0, 1.0], GRID)
