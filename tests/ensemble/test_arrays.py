"""Scattered frequencies and finite range: response of members against eigenvalues, arrays against groups."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.ensemble.arrays import (
    TOPOLOGIES,
    adjacency,
    array_of,
    fastest_of_members,
    integrate_array,
    tolerated_spread,
)
from qsb_hw.ensemble.stability import growth, onset


def group(coupling=1.0, asymmetry=-3.0):
    return qh.SpinGroups(gain=0.5, loss=1.0, asymmetry=asymmetry, coupling=coupling)


def test_tolerated_spread_is_where_members_stop_growing_together():
    one = group(coupling=2.0)
    found = tolerated_spread(one, np.random.default_rng(3), members=40, samples=4)
    assert 0 < found.scatter < found.spread
    again = [tolerated_spread(one, np.random.default_rng(5), members=10, samples=2) for _ in range(2)]
    assert again[0] == again[1]  # by seed
    shape = np.random.default_rng(9).standard_normal(40)
    array = [array_of(one, 2.0 / 39 * adjacency("all-to-all", 40), f * found.spread * shape) for f in (0.3, 4.0)]
    inside, outside = (integrate_array(a, np.random.default_rng(1), t_final=200.0) for a in array)
    assert inside.order > 0.7 * inside.amplitude
    assert outside.order < 0.5 * inside.order


def split(groups, offsets):
    """Every member a group of its own: the matrix of all of them."""
    count, members = offsets.shape
    links = np.kron(groups.ladders.links, np.full((members, members), 1 / members))
    return groups.ladders.picked(np.repeat(np.arange(count), members), links, offsets)


@pytest.mark.parametrize("seed", range(12))
def test_fastest_disturbance_of_members_is_an_eigenvalue_of_the_matrix_of_all(seed):
    rng = np.random.default_rng(seed)
    rates = {name: 10 ** rng.uniform(-1, 1) for name in ("gain", "loss")}
    given = rates | {"asymmetry": 30 * rng.uniform(-1, 1), "coupling": rng.choice([-1, 1]) * 10 ** rng.uniform(-1, 1)}
    if seed % 2:
        given |= {"intergroup": 10 ** rng.uniform(-1, 1), "detuning": 30 * rng.uniform(-1, 1)}
    groups = qh.SpinGroups(**given)
    shape, guess, grew = rng.standard_normal((groups.count, 12)), growth(groups), []
    for size in np.geomspace(0.02, 3.0, 6) * np.abs(groups.links).max():
        found, expected = fastest_of_members(groups.ladders, size * shape, guess), growth(split(groups, size * shape))
        grew.append(expected.real > 0)
        assert (found.real > 0) == grew[-1]
        if grew[-1]:
            assert found == pytest.approx(expected, rel=1e-9)
            guess = found


def test_a_tolerated_spread_rarely_takes_the_eigenvalues_of_all_members(monkeypatch):
    sizes = []

    def counted(groups):
        sizes.append(groups.count)
        return growth(groups)

    monkeypatch.setattr("qsb_hw.ensemble.arrays.growth", counted)
    tolerated_spread(group(coupling=2.0), np.random.default_rng(3), members=40, samples=6)
    assert sum(count > 1 for count in sizes) <= 6  # of more than a hundred trials


def test_a_blockaded_group_tolerates_nothing():
    found = tolerated_spread(group(coupling=0.1), np.random.default_rng(1))
    assert found.spread == 0


def test_tolerance_grows_with_the_coupling():
    spreads = [
        tolerated_spread(group(coupling=v), np.random.default_rng(2), members=60, samples=3).spread for v in (1, 2, 4)
    ]
    assert spreads == sorted(spreads)


@pytest.mark.parametrize("topology", list(TOPOLOGIES))
@pytest.mark.parametrize("sites", [2, 9, 12])
def test_adjacency_is_symmetric_without_loops(topology, sites):
    links = adjacency(topology, sites)
    assert np.array_equal(links, links.T)
    assert not np.diag(links).any()
    assert set(np.unique(links)) <= {0.0, 1.0}
    neighbours = {"all-to-all": sites - 1, "ring": min(2, sites - 1)}.get(topology)
    assert neighbours is None or (links.sum(axis=0) == neighbours).all()


@pytest.mark.parametrize(("topology", "largest"), [
    ("all-to-all", 19.0), ("ring", 2.0), ("chain", 2 * math.cos(math.pi / 21)),
])  # fmt: skip
def test_array_sets_in_where_its_largest_eigenvalue_is_the_critical_coupling(topology, largest):
    links = adjacency(topology, 20)
    assert np.linalg.eigvalsh(links).max() == pytest.approx(largest)
    critical = qh.critical_coupling(gain=0.5, loss=1.0, asymmetry=-3.0)
    assert onset(array_of(group(), links)) * largest == pytest.approx(critical, rel=1e-6)


@pytest.mark.parametrize("sites", [3, 4, 5, 6, 12])
def test_onset_of_any_number_of_sites_next_to_the_interference_blockade(sites):
    # V_c diverges there, and with it the factor on the pair coupling
    near = qh.SpinGroups(gain=1 - 1e-4, loss=1.0, coupling=1.0)
    critical = qh.critical_coupling(gain=1 - 1e-4, loss=1.0)
    found = onset(array_of(near, adjacency("all-to-all", sites)))
    assert found == pytest.approx(critical / (sites - 1), rel=1e-6)


def test_negative_eigenvalues_of_the_links_count():
    # two sites with v < 0: the staggered pattern sees V = |v|
    array = array_of(group(), -adjacency("chain", 2))
    assert onset(array) == pytest.approx(qh.critical_coupling(gain=0.5, loss=1.0, asymmetry=-3.0), rel=1e-6)


def test_all_to_all_array_orders_as_one_group():
    sites, coupling = 20, 0.8
    array = array_of(group(), coupling / (sites - 1) * adjacency("all-to-all", sites))
    run = integrate_array(array, np.random.default_rng(1), t_final=300.0)
    cycle = qh.limit_cycle(group(coupling=coupling))
    assert run.order == pytest.approx(cycle.amplitude[0], abs=1e-6)
    assert run.local_order == pytest.approx(run.order, abs=1e-6)


def test_below_the_onset_nothing_orders():
    array = array_of(group(), 0.1 * adjacency("ring", 12))
    assert onset(array) > 1
    run = integrate_array(array, np.random.default_rng(1))
    assert run.amplitude < 1e-3


def test_neighbours_order_where_the_whole_does_not():
    # a ring that starts from random phases keeps twists: each site has its full amplitude, the mean has less
    links = 0.6 * adjacency("ring", 60)
    runs = [integrate_array(array_of(group(), links), np.random.default_rng(seed)) for seed in range(4)]
    assert all(run.amplitude > 0.5 for run in runs)
    assert all(run.local_order > 0.9 * run.amplitude for run in runs)
    assert min(run.order for run in runs) < 0.8 * min(run.local_order for run in runs)


def test_a_scattered_array_is_many_groups_of_one():
    offsets = np.array([-0.3, 0.1, 0.2])
    pairs = 0.4 * adjacency("all-to-all", 3)
    array = array_of(group(), pairs, offsets)
    groups = qh.SpinGroups.of(gain=0.5, loss=1.0, asymmetry=-3.0, frequency=offsets, coupling=pairs)
    start = groups.ladders.tilted([0.1, 0.2j, -0.1])
    one = qh.mean_field(array, 20.0, initial=start, samples=100)
    other = qh.mean_field(groups, 20.0, initial=start, samples=100)
    assert np.abs(one.amplitudes - other.amplitudes).max() < 1e-10


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: adjacency("star", 5), "must be one of all-to-all"),
        (lambda: adjacency("ring", 1), "at least two sites"),
        (lambda: array_of(group(), np.eye(3)), "diagonal of zeros"),
        (lambda: array_of(group(), [[0, 1], [2, 0]]), "symmetric"),
        (lambda: array_of(qh.SpinGroups(gain=1, loss=1, coupling=1, intergroup=1), np.zeros((2, 2))), "One group"),
        (lambda: tolerated_spread(group(), np.random.default_rng(0), members=9), "ten members"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(qh.ArgumentError, match=message):
        make()
