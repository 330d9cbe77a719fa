"""Coupled oscillators, eliminated, complete and mixed, against an independent construction."""

import pickle
from functools import reduce

import numpy as np
import pytest

import qsb_hw as qh


def kron(*factors):
    return reduce(np.kron, factors)


def lowering(levels):
    return np.diag(np.sqrt(np.arange(1.0, levels)), 1)


def effective(levels=3, **change):
    values = {"kerr": 4.0, "gamma": 1.0, "sigma": 0.3, "n_plus": 1, "n_minus": 2} | change
    return qh.EffectiveOscillator.lorentzian(levels=levels, **values)


def complete(levels=3):
    ladder = qh.Ladder.kerr(30.0, 2.0, levels)
    baths = [qh.Bath.cavity(-26.0, 0.5, 0.03, 2), qh.Bath.cavity(30.0, 0.5, 0.02, 2)]
    return qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=50.0))


def same_dissipator(jumps, others, size, seed=0):
    """Whether two sets of jumps make the same dissipator; the order and the phases do not matter."""
    rng = np.random.default_rng(seed)
    rho = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    rho = rho + rho.conj().T

    def act(operators):
        total = np.zeros((size, size), complex)
        for j in operators:
            square = j.conj().T @ j
            total += j @ rho @ j.conj().T - 0.5 * (square @ rho + rho @ square)
        return total

    return np.allclose(act(jumps), act(others), rtol=0, atol=1e-11)


def test_effective_oscillator_has_one_dissipator_per_transition():
    # Lörch 2017 Eq. (2) is secular: √(γ n f(n)) |n⟩⟨n−1| each on its own, not one operator with all of them in it
    model = qh.effective_model(effective(4))
    jumps = [j.toarray() for j in model.jumps]
    assert all(np.count_nonzero(j) == 1 for j in jumps)
    expected = {}
    for n in range(1, 4):
        expected[n, n - 1] = n * 0.09 / ((n - 1) ** 2 + 0.09)
        expected[n - 1, n] = n * 0.09 / ((n - 2) ** 2 + 0.09)
    found = {tuple(int(k[0]) for k in np.nonzero(j)): np.abs(j).max() ** 2 for j in jumps}
    assert found == pytest.approx(expected)


def test_ring_of_three_effective_oscillators_is_the_textbook_one():
    coupling = np.array([[0, 0.3, 0.1 - 0.2j], [0.3, 0, -0.4], [0.1 + 0.2j, -0.4, 0]])
    parts = [effective(3), effective(2), effective(3, kerr=5.0, sigma=0.5)]
    model = qh.network_model(qh.Network(parts, coupling))
    sizes, one = [3, 2, 3], [np.eye(3), np.eye(2), np.eye(3)]
    a = [kron(*(lowering(d) if j == k else one[j] for j, d in enumerate(sizes))) for k in range(3)]
    n = [np.arange(d) for d in sizes]
    energies = [-o.kerr * n[k] * (n[k] - 1) if sizes[k] > 2 else 0 * n[k] for k, o in enumerate(parts)]
    expected = sum(kron(*(np.diag(energies[k]) if j == k else one[j] for j in range(3))) for k in range(3))
    expected = expected + sum(coupling[j, k] * a[j].T @ a[k] for j in range(3) for k in range(3))
    assert np.allclose(model.hamiltonian.toarray(), expected, rtol=0, atol=1e-12)
    assert np.array_equal(model.charge, np.indices((3, 2, 3)).sum(axis=0).ravel())


@pytest.mark.parametrize("rwa", [True, False])
def test_complete_pair_is_two_full_models_and_a_hop(rwa):
    v = 0.07
    one, other = complete(), complete().detuned(0.4)
    model = qh.network_model(qh.Network([one, other], [[0, v], [v, 0]]), rwa)
    first, second = (qh.full_model(o, rwa) for o in (one, other))
    eye = np.eye(12)
    a = kron(lowering(3), np.eye(4))
    hop = v * np.kron(a.T, a)
    free = np.kron(first.hamiltonian.toarray(), eye) + np.kron(eye, second.hamiltonian.toarray())
    assert np.allclose(model.hamiltonian.toarray(), free + hop + hop.T, rtol=0, atol=1e-12)
    expected = [np.kron(j.toarray(), eye) for j in first.jumps] + [np.kron(eye, j.toarray()) for j in second.jumps]
    assert same_dissipator([j.toarray() for j in model.jumps], expected, 144)
    assert model.dims == (3, 2, 2, 3, 2, 2)
    assert (model.charge is not None) == rwa


def test_network_may_mix_complete_and_eliminated_oscillators():
    network = qh.Network([complete(), effective(3)], [[0, 0.1], [0.1, 0]])
    model = qh.network_model(network)
    assert model.dims == (3, 2, 2, 3)
    solution = qh.steady_state(network)
    assert solution.populations(0).shape == solution.populations(1).shape == (3,)
    assert solution.populations(1).sum() == pytest.approx(1.0)


def test_exchange_goes_through_its_own_operator():
    # a transmon's charge meets its neighbours while its current threads its SQUIDs
    exchange = np.diag([1.0, 1.9], 1)
    ladder = qh.Ladder(np.array([0.0, 5.0, 9.0]), qh.Ladder.kerr(1, 0, 3).coupling, exchange)
    one = qh.EffectiveOscillator(ladder, np.diag([1.0, 1.0], -1) + np.diag([1.0, 1.0], 1))
    hamiltonian = qh.network_model(qh.Network([one, one], [[0, 0.5], [0.5, 0]])).hamiltonian.toarray()
    assert hamiltonian[np.ravel_multi_index((2, 0), (3, 3)), np.ravel_multi_index((1, 1), (3, 3))] == pytest.approx(
        0.95
    )


@pytest.mark.parametrize(
    ("coupling", "message"),
    [
        ([[0, 1], [2, 0]], "Hermitian"),
        ([[0, 1j], [1j, 0]], "Hermitian"),
        ([[0.5, 1], [1, 0]], "no diagonal"),
        ([[0, np.inf], [np.inf, 0]], "finite"),
        ([[0.0]], "2 × 2"),
    ],
)
def test_couplings_that_are_no_exchange_are_refused(coupling, message):
    with pytest.raises(qh.ArgumentError, match=message):
        qh.Network([effective(), effective()], coupling)


def test_empty_network_is_refused():
    with pytest.raises(qh.ArgumentError, match="at least one oscillator"):
        qh.Network([], np.zeros((0, 0)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gamma": -1.0}, "γ must not be negative"),
        ({"sigma": 0.0}, "σ must be positive"),
        ({"sigma": -0.2}, "σ must be positive"),
        ({"levels": 1}, "at least two levels"),
    ],
)
def test_effective_oscillators_that_make_no_sense_are_refused(change, message):
    with pytest.raises(qh.ArgumentError, match=message):
        effective(**change)


def test_rates_that_make_no_sense_are_refused():
    ladder = qh.Ladder.kerr(0.0, 1.0, 3)
    with pytest.raises(qh.ArgumentError, match="not negative"):
        qh.EffectiveOscillator(ladder, -np.ones((3, 3)))
    with pytest.raises(qh.ArgumentError, match="3 × 3"):
        qh.EffectiveOscillator(ladder, np.ones((2, 2)))
    with pytest.raises(qh.ArgumentError, match="dephasing"):
        qh.EffectiveOscillator(ladder, np.ones((3, 3)), dephasing_rate=-1.0)


def test_networks_are_read_only_and_travel_between_processes():
    network = qh.Network([effective(), effective()], [[0, 0.2], [0.2, 0]])
    with pytest.raises(ValueError, match="read-only"):
        network.coupling[0, 1] = 1
    with pytest.raises(ValueError, match="read-only"):
        network.oscillators[0].rates[0, 1] = 1
    again = pickle.loads(pickle.dumps(network))
    before, after = (qh.steady_state(x).synchronization(0, 1) for x in (network, again))
    assert before == after


def test_resized_network_is_the_network_of_resized_oscillators():
    network = qh.Network([effective(4), effective(5)], [[0, 0.2], [0.2, 0]])
    assert [o.levels for o in network.resized(-1).oscillators] == [3, 4]
    assert [o.levels for o in network.resized(2).oscillators] == [6, 7]
    assert np.allclose(network.resized(2).resized(-2).oscillators[0].rates, network.oscillators[0].rates, rtol=1e-14)
    assert (network.smallest_ladder, network.extendable) == (4, True)


def test_fewest_levels_hold_every_stabilised_level_with_its_neighbours():
    one, two = effective(5, n_plus=1), effective(8, n_plus=3)
    assert qh.Network([one, two], [[0, 0.2], [0.2, 0]]).minimum_levels == 3  # 3 and 6 levels: n0 + 2 of both
    assert qh.Network([one, effective(5, n_plus=3)], [[0, 0.2], [0.2, 0]]).minimum_levels == 5


def test_complete_oscillators_are_not_lengthened():
    ladder = qh.Ladder.kerr(50.0, 1.0, 4)
    complete = qh.SelfOscillator(ladder, [qh.Bath.cavity(49.0, 0.3, 0.01, 2)])
    network = qh.Network([complete, effective(4)], [[0, 0.2], [0.2, 0]])
    assert not network.extendable
    with pytest.raises(qh.ArgumentError, match="eliminated oscillators only"):
        network.resized(1)


def test_summary_numbers_of_an_effective_oscillator():
    one = effective(5, gamma=2.0, n_plus=2, n_minus=3)
    assert (one.gamma, one.sigma, one.n_plus, one.n_minus, one.kerr) == (2.0, 0.3, 2, 3, 4.0)
    assert one.target == 2
    n = np.arange(1, 5)
    assert np.allclose(one.up_rates, 2 * n * 0.09 / ((n - 2) ** 2 + 0.09))
    assert np.allclose(one.down_rates, 2 * n * 0.09 / ((n - 3) ** 2 + 0.09))


def test_objects_introduce_themselves_in_a_line():
    ladder = qh.Ladder.kerr(50.0, 1.0, 9)
    bath = qh.Bath.cavity(49.0, 0.3, 0.01, 3)
    complete = qh.SelfOscillator(ladder, [bath, bath], qh.Decoherence(t1=1e-4))
    network = qh.Network([effective(9)] * 2, [[0, 0.2], [0.2, 0]])
    solution = qh.steady_state(network)
    model = qh.full_model(complete)
    for thing in (ladder, bath, complete, effective(9), network, solution, solution.steady, model):
        assert type(thing).__name__ in repr(thing)
        assert len(repr(thing)) < 500
        assert "array(" not in repr(thing)


def test_detuned_network_is_the_one_built_so():
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    network = qh.Network([one, one], [[0, 0.3], [0.3, 0]])
    moved = network.detuned(1, 7.0)
    built = one.detuned(7.0)
    fresh = qh.Ladder(one.ladder.energies + 7.0 * np.arange(4), one.ladder.coupling, one.ladder.exchange)
    assert moved.oscillators[0] is one
    for ladder in (moved.oscillators[1].ladder, built.ladder):
        assert np.array_equal(ladder.energies, fresh.energies)
        assert np.array_equal(ladder.exchange, fresh.exchange)
        assert not ladder.energies.flags.writeable
    assert np.array_equal(network.oscillators[1].ladder.energies, one.ladder.energies)
    for wrong in (np.inf, "much"):
        with pytest.raises(qh.ArgumentError):
            network.detuned(1, wrong)
    with pytest.raises(qh.ArgumentError, match="between 0 and 1"):
        network.detuned(2, 1.0)
    with np.errstate(over="ignore"), pytest.raises(qh.ArgumentError, match="finite"):
        one.detuned(1e308)  # three times that is not
