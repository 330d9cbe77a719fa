"""What cannot be answered is refused before any long work, with the reason."""

import numpy as np
import pytest

import qsb_hw as qh


@pytest.fixture(scope="module")
def network():
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    return qh.Network([one, one], [[0, 0.3], [0.3, 0]])


@pytest.fixture(scope="module")
def solution(network):
    return qh.steady_state(network, estimate_truncation=False)


PAIRS = [
    qh.SyncSolution.synchronization,
    qh.SyncSolution.phase_distribution,
    qh.SyncSolution.pair_state,
    qh.SyncSolution.cross_correlation,
    qh.SyncSolution.mutual_information,
    qh.SyncSolution.negativity,
    lambda solution, i, j: qh.perturbative_synchronization(solution.network, i, j),
]


@pytest.mark.parametrize("measure", PAIRS)
@pytest.mark.parametrize(("i", "j"), [(0, 2), (0, -1), (5, 0)])
def test_pair_that_does_not_exist(solution, measure, i, j):
    with pytest.raises(qh.ArgumentError, match=r"must lie between 0 and 1, but found (2|-1|5)"):
        measure(solution, i, j)


@pytest.mark.parametrize("measure", PAIRS)
def test_oscillator_paired_with_itself(solution, measure):
    with pytest.raises(qh.ArgumentError, match="two different oscillators, but found 1 and 1"):
        measure(solution, 1, 1)


def test_pair_of_a_classical_ensemble(network):
    found = qh.langevin(network, noise=0.1, rng=np.random.default_rng(1), trajectories=2, duration=1.0, burn_in=0.1)
    with pytest.raises(qh.ArgumentError, match="two different oscillators"):
        found.synchronization(0, 0)
    with pytest.raises(qh.ArgumentError, match="between 0 and 1"):
        found.standard_error(0, 2)


def test_sweep_of_an_oscillator_that_does_not_exist(network):
    with pytest.raises(qh.ArgumentError, match="between 0 and 1, but found 4"):
        qh.detuning_sweep(network, [0.0, 1.0], oscillator=4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_detuning_that_is_not_finite(network, value):
    with pytest.raises(qh.ArgumentError, match="Detunings must be finite"):
        qh.detuning_sweep(network, [0.0, value])


@pytest.mark.parametrize(("count", "gigabytes", "step"), [(9, 3, 1.0), (9, 1.5, 0.0), (11, 24, 0.0)])
def test_network_beyond_memory_is_refused_with_the_figure(network, count, gigabytes, step, monkeypatch):
    # nine equal oscillators, solved by momentum, would fit in 3 GiB
    monkeypatch.setattr("qsb_hw.lindblad.capacity.available_memory", lambda: gigabytes * 2**30)
    oscillators = [network.oscillators[0].detuned(step * k) for k in range(count)]
    large = qh.Network(oscillators, 0.3 * (np.ones((count, count)) - np.eye(count)))
    with pytest.raises(qh.CapacityError, match="GiB"):
        qh.steady_state(large)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda _: qh.LindbladModel(np.zeros((0, 0)), ()), qh.ArgumentError, "must have a state"),
        (lambda _: qh.SylvesterGMRES(restart=10**12), qh.ArgumentError, "`restart`"),
        (lambda net: qh.langevin(net, 0.1, 3), qh.ArgumentError, "numpy.random.Generator"),
        (lambda net: qh.steady_state(net, solver="x"), qh.ArgumentError, "A solver must be"),
        (lambda net: qh.steady_state(net, guess=3), qh.ArgumentError, "A guess must be"),
        (lambda net: qh.detuning_sweep(net, np.zeros(10**8)), qh.CapacityError, "steady states must fit in memory"),
    ],
)
def test_what_is_no_solver_guess_generator_or_size_is_refused(call, error, message):
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    with pytest.raises(error, match=message):
        call(qh.Network([one, one], [[0, 0.3], [0.3, 0]]))
