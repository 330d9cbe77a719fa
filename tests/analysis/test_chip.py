"""A chip of unlike nodes: the device and its twin is one of them, and what it says does not depend on names."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.chip import ChipAnalysis, DirectLink
from qsb_hw.analysis.conditions import Requested
from qsb_hw.analysis.pair import WorkingPoint
from qsb_hw.model.chip import Chip
from qsb_hw.questions.chip import assessed_chip
from qsb_hw.questions.criteria import criteria_of, criteria_of_link, criteria_of_node

SIZES = Requested(levels=5, pair_levels=3, bath_levels=2)


@pytest.fixture(scope="module", autouse=True)
def errors_of_fock_states_are_made_up():
    """They are found by pairs larger than those looked at here, and have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qsb_hw.analysis.size.bath_error", lambda *_: 1e-3)
        yield


def kerr_device(name, *, kerr=10.0, gamma=0.4, sigma=0.05, shift=0.0, levels=6):
    """Tones of a Kerr ladder at n0 = 1: γ = 4g²/κ, σ = κ/4K."""
    ladder, kappa = qh.Ladder.kerr(1e4 + shift, kerr, levels), 4 * kerr * sigma
    down, up = -ladder.transition_frequencies[1], ladder.transition_frequencies[0]
    baths = [qh.Bath.cavity(delta, kappa, math.sqrt(gamma * kappa) / 2) for delta in (down, up)]
    oscillator = qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=200.0), name=name)
    return qh.Device(name, "test", "", None, oscillator, 1, np.zeros((1, 1)))


def chip_of(nodes, couplings, **more):
    names = [node.name for node in nodes]
    matrix = np.zeros((len(nodes),) * 2, dtype=complex)
    for (one, other), v in couplings.items():
        j, k = names.index(one), names.index(other)
        matrix[j, k], matrix[k, j] = v, np.conj(v)
    return Chip("chip", nodes, matrix, **more)


@pytest.fixture(scope="module")
def unlike():
    """A line A–B–C of unlike nodes with a weak coupling of its ends."""
    nodes = [kerr_device("A"), kerr_device("B", kerr=12.0, gamma=0.5, shift=-12.0), kerr_device("C", shift=3.0)]
    return chip_of(nodes, {("A", "B"): 0.2, ("B", "C"): -0.15, ("A", "C"): 0.02})


@pytest.fixture(scope="module")
def solved(unlike):
    return ChipAnalysis(unlike, SIZES, network_levels=4)


def test_like_nodes_give_what_the_device_and_its_twin_give():
    device = qh.load_device("kerr_squid_array")
    alone = qh.analyse(device, levels=5, pair_levels=3)
    nodes = [replace(device, name=name) for name in "AB"]
    chip = ChipAnalysis(Chip("twins", nodes, device.coupling), Requested(levels=5, pair_levels=3))
    (link,) = chip.links
    assert chip.nodes[0] is chip.nodes[1]
    assert (link.detuning, link.blockade, link.working_point) == (0.0, 0.0, WorkingPoint.BLOCKADED)
    one, other = alone.prediction, link.prediction
    for name in ("detuning", "S", "full_detuning", "S_full", "S_eliminated", "S_working", "contrast"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.resonances == other.resonances
    assert other.S_working == other.S_blockade == one.S_full[0]
    expected = {c.key: c.value for c in criteria_of(alone)}
    of_link, of_node = criteria_of_link(link.pair), criteria_of_node(chip.nodes[0])
    assert {c.key for c in (*of_link, *of_node)} == set(expected)
    for criterion in (*of_link, *of_node):
        if criterion.key != "error_bound":  # that of all of the solves together, here of each
            assert criterion.value == expected[criterion.key]


def test_names_and_order_change_nothing(unlike):
    eliminated, order = Requested(levels=5, complete=False), [2, 0, 1]
    solved = ChipAnalysis(unlike, eliminated, network_levels=4)
    nodes = [unlike.nodes[k] for k in order]
    turned = ChipAnalysis(Chip("chip", nodes, unlike.coupling[np.ix_(order, order)]), eliminated, network_levels=4)
    np.testing.assert_allclose(turned.network.S, solved.network.S[np.ix_(order, order)], rtol=1e-6, atol=1e-9)
    links = {frozenset(link.between): link for link in turned.links}
    for link in solved.links:
        other = links[frozenset(link.between)]
        sign = 1 if other.between == link.between else -1
        assert other.detuning == pytest.approx(sign * link.detuning)
        assert sorted(sign * r.detuning for r in other.resonances) == pytest.approx(
            sorted(r.detuning for r in link.resonances)
        )
        assert other.pair.contrast == pytest.approx(link.pair.contrast, rel=1e-6)
        assert other.pair.S([0.0]) == pytest.approx(link.pair.S([0.0]), rel=1e-6)
        assert criteria_of_link(other.pair)[0].value == criteria_of_link(link.pair)[0].value
    (here,), (there,) = solved.mediation, turned.mediation
    assert set(here.between) == set(there.between) == {"A", "C"}
    assert here.through == there.through == ("B",)
    assert here.direct_link is there.direct_link
    for name in ("S", "S_mediated", "S_direct", "S_reversed"):
        assert getattr(there, name) == pytest.approx(getattr(here, name), rel=1e-5)


def test_a_link_seen_from_its_other_end_is_not_solved_again():
    a, b = (kerr_device(name) for name in "AB")
    chip = chip_of([a, replace(b, complete=b.complete.detuned(7.0)), replace(a, name="C")],
                   {("A", "B"): 0.2, ("B", "C"): 0.2})  # fmt: skip
    one, other = ChipAnalysis(chip, SIZES).links
    assert one.pair is other.pair
    assert (one.mirrored, other.mirrored) == (False, True)
    assert one.detuning == pytest.approx(-7.0, rel=1e-6)
    assert other.detuning == -one.detuning
    directly = ChipAnalysis(chip.part(["B", "C"]), SIZES).links[0]
    assert [r.levels for r in other.resonances] == [r.levels for r in directly.resonances]
    np.testing.assert_allclose(
        [r.detuning for r in other.resonances], [r.detuning for r in directly.resonances], atol=1e-6
    )
    np.testing.assert_allclose(other.prediction.S_full, directly.prediction.S_full[[0, 2, 1]], rtol=1e-6)
    assert other.prediction.working_detuning == pytest.approx(directly.prediction.working_detuning, rel=1e-6)


def test_a_node_without_links_changes_nothing_else(unlike, solved):
    idle = kerr_device("D", kerr=7.0, shift=50.0)
    matrix = np.pad(unlike.coupling, ((0, 1), (0, 1)))
    more = ChipAnalysis(Chip("chip", [*unlike.nodes, idle], matrix), SIZES, network_levels=4)
    np.testing.assert_array_equal(more.network.S[:3, :3], solved.network.S)
    np.testing.assert_array_equal(more.network.S[3, :3], 0.0)
    for here, there in zip(solved.network.populations, more.network.populations, strict=False):
        np.testing.assert_array_equal(here, there)
    alone = qh.steady_state(qh.Network([qh.eliminate(idle.oscillator(4))], [[0]]))
    np.testing.assert_allclose(more.network.populations[3], alone.populations(0), rtol=1e-9)
    assert more.mediation == solved.mediation
    assert [link.between for link in more.links] == [link.between for link in solved.links]


def test_links_are_those_named_or_visible(unlike, solved):
    assert [link.between for link in solved.links] == [("A", "B"), ("B", "C")]
    assert solved.unwanted == (("A", "C"),)
    assert len(ChipAnalysis(unlike, SIZES, visible=0.01).links) == 3
    ratios = {c.key: c.value for c in criteria_of_link(solved.links[0].pair)}
    assert ratios["coupling_to_gamma_visible"] == pytest.approx(0.2 / 0.5)
    assert ratios["coupling_to_gamma_hybridised"] == pytest.approx(0.2 / 0.4)
    named = Chip("chip", unlike.nodes, unlike.coupling, given=[("C", "A")])
    assert [link.between for link in ChipAnalysis(named, SIZES).links] == [("A", "C")]
    faint = ChipAnalysis(Chip("chip", unlike.nodes, 1e-3 * unlike.coupling), SIZES)
    assert [link.between for link in faint.links] == [("A", "B")]
    with pytest.raises(qh.ArgumentError, match="coupling"):
        ChipAnalysis(unlike, Requested(coupling=0.2))


def test_the_working_point_is_named_and_the_contrast_does_not_depend_on_it(unlike, solved):
    link = solved.links[0]
    found = {WorkingPoint.OFF_RESONANCE: link}
    to_blockade, to_resonance = (place - link.detuning for place in (link.blockade, link.resonances[0].detuning))
    for expected, shift in ((WorkingPoint.BLOCKADED, to_blockade), (WorkingPoint.AT_RESONANCE, to_resonance)):
        moved = ChipAnalysis(unlike.detuned({"A": shift}), SIZES).links[0]
        assert moved.working_point is expected
        assert moved.pair.contrast == pytest.approx(link.pair.contrast, rel=1e-4)
        assert moved.detuning == pytest.approx(link.detuning + shift, abs=1e-6)
        found[expected] = moved
    assert link.working_point is WorkingPoint.OFF_RESONANCE
    prediction = found[WorkingPoint.BLOCKADED].prediction
    assert prediction.S_working == pytest.approx(prediction.S_blockade, rel=1e-4)
    prediction = found[WorkingPoint.AT_RESONANCE].prediction
    assert prediction.S_working == pytest.approx(prediction.S_full[1], rel=1e-3)
    assert found[WorkingPoint.AT_RESONANCE].pair.to_resonance < 1e-3


def test_blockade_point_and_resonances_are_where_the_real_ladders_say(solved):
    link = solved.links[0]
    one, other = (node.reference.ladder.transition_frequencies for node in link.pair.nodes)
    assert link.detuning == pytest.approx(one[0] - other[0])
    shifts = {(0, 2): other[1] - one[0], (2, 0): other[0] - one[1]}  # of the first node, until the exchange is resonant
    assert {r.after: r.detuning for r in link.resonances} == pytest.approx(
        {after: shift + link.detuning for after, shift in shifts.items()}
    )
    mean = one[:2].mean() - other[:2].mean()
    assert link.blockade == pytest.approx(link.detuning - mean)


def test_the_pair_of_unlike_nodes_is_the_network_of_both(unlike, solved):
    link = solved.links[0]
    one, other = link.pair.first.effective.truncated(4), link.pair.second.effective.truncated(4)
    pair = qh.steady_state(qh.Network([one, other], [[0, 0.2], [0.2, 0]]))
    (swept,) = link.pair.swept(one, other, [0.0])
    assert swept.synchronization(0, 1) == pytest.approx(pair.synchronization(0, 1), rel=1e-6)
    complete = unlike.part(["A", "B"]).network(3, complete=True, bath_levels=2)
    assert link.prediction.S_working == pytest.approx(qh.steady_state(complete).synchronization(0, 1), rel=1e-6)


def test_a_direct_link_fights_the_mediated_one_only_with_a_negative_v():
    """Lörch 2017 Fig. 4 (d), in Eq. (4)'s sign: S of A and B is suppressed near V2 = −V1 at Δ = −2K."""
    gamma, kerr, v = 1.0, 10.0, 0.5
    ends = [kerr_device(name, gamma=gamma, levels=5) for name in "AB"]
    middle = kerr_device("C", gamma=gamma, levels=5, shift=-2 * kerr)
    found = {}
    for sign in (-1, 1):
        couplings = {("A", "C"): v, ("C", "B"): v, ("A", "B"): sign * v}
        chip = chip_of([ends[0], middle, ends[1]], couplings, given=[("A", "C"), ("C", "B")])
        (found[sign],) = ChipAnalysis(chip, Requested(levels=5), network_levels=5).mediation
    assert found[-1].direct_link is DirectLink.HINDERS
    assert found[1].direct_link is DirectLink.HELPS
    assert 0.3 * found[-1].S_mediated > found[-1].S
    assert found[1].S_mediated < found[1].S
    assert found[-1].S_reversed == pytest.approx(found[1].S, rel=1e-6)
    assert found[-1].S_mediated == pytest.approx(found[1].S_mediated, rel=1e-6)
    assert found[-1].S_direct == pytest.approx(found[1].S_direct, rel=1e-6)
    assert found[1].S_direct < found[1].S_mediated


def test_a_complete_network_is_estimated_first_and_refused_where_it_does_not_fit(unlike, monkeypatch):
    said = []
    found = ChipAnalysis(unlike, SIZES, progress=lambda stage, *_: said.append(stage))
    estimate = found.complete_estimate
    assert estimate.states == (3 * 2 * 2) ** 3
    monkeypatch.setattr("qsb_hw.analysis.capacity.available_memory", lambda: estimate.memory - 1)
    with pytest.raises(qh.CapacityError, match=r"1728 states.*Take fewer nodes"):
        _ = found.complete_network
    assert not [stage for stage in said if stage.startswith("complete network")]
    many = [replace(unlike.nodes[0], name=f"N{k}") for k in range(10)]
    line = ChipAnalysis(chip_of(many, {(f"N{k}", f"N{k + 1}"): 0.2 for k in range(9)}), SIZES)
    with pytest.raises(qh.CapacityError, match="at most 20000 states"):
        _ = line.network
    started: list[str] = []
    line = ChipAnalysis(line.chip, SIZES, network_levels=3, progress=lambda stage, *_: started.append(stage))
    with pytest.raises(qh.CapacityError, match="at most 20000 states"):
        assessed_chip(line)
    assert not [stage for stage in started if "link" in stage]


def test_a_chip_with_too_large_a_network_still_has_verdicts_of_nodes_and_links(unlike):
    small, whole = (assessed_chip(ChipAnalysis(unlike, SIZES, largest_network=n)) for n in (26, 27))
    assert whole.network is not None
    assert small.network is None
    assert small.mediation == ()
    assert "network and mediation: An eliminated network must have at most 26 states" in small.message
    assert [x.verdict for x in small.links] == [x.verdict for x in whole.links]
    assert [n.verdict for n in small.nodes] == [n.verdict for n in whole.nodes]
    assert all(math.isnan(x.S_network) for x in small.links)
    missing = {c.key: c for c in small.criteria}["network_error_bound"]
    assert missing.value is None
    assert "26 states" in missing.why
    with pytest.raises(qh.ArgumentError, match="largest_network"):
        ChipAnalysis(unlike, SIZES, largest_network=0)


def test_what_was_checked_at_other_frequencies_is_not_checked_after_a_detuning():
    chip = qh.load_chip("two_transmons_tunable")
    before, after = (
        {c.key: c.value for c in one.criteria} for one in (chip.detuned({"B": 0.0}), chip.detuned({"B": 1e10}))
    )
    assert before == {c.key: c.value for c in chip.criteria}
    assert any(value is not None for value in before.values())
    assert set(after.values()) == {None}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda chip: chip.detuned(3.0), "by node"),
        (lambda chip: chip.network(nodes=["A", "A"]), "must differ"),
        (lambda chip: chip.network(nodes="AB"), "list of names"),
        (lambda chip: chip.part("AB"), "list of names"),
    ],
)
def test_bad_nodes_are_refused(unlike, call, words):
    with pytest.raises(qh.ArgumentError, match=words):
        call(unlike)


def test_estimates_count_the_sectors(solved):
    from qsb_hw.lindblad.iterative import SylvesterGMRES
    from qsb_hw.lindblad.sectors import find_sectors
    from qsb_hw.lindblad.space import BlockSpace
    from qsb_hw.model.build import network_model

    nodes = solved.complete_nodes((0, 1))
    model = network_model(qh.Network(nodes, [[0, 0.2], [0.2, 0]]))
    space = BlockSpace.over(find_sectors(model.hamiltonian, model.jumps))
    from qsb_hw.analysis.capacity import estimate_of

    assert estimate_of(nodes).memory == SylvesterGMRES().least_memory(space)


def test_a_complete_network_agrees_with_its_pair(unlike):
    pair = unlike.part(["A", "B"])
    found = ChipAnalysis(pair, SIZES)
    assert found.complete_network.complete
    S = found.complete_network.S[0, 1]
    assert pytest.approx(found.links[0].prediction.S_working, rel=1e-6) == S
    assert pytest.approx(found.network.S[0, 1], rel=0.2) == S


def test_no_step_of_unlike_nodes_lies_between_two_detunings_of_the_axis():
    """Where the same transition of both is as high S(Δ) has a step, away from the blockade point between the two."""
    (link,) = ChipAnalysis(qh.load_chip("ion_pair_mixed"), Requested()).links
    pair = link.pair
    places = np.array(pair.coincidences) - pair.blockade
    np.testing.assert_allclose(places, [places[0], -places[0]], rtol=1e-3)
    near = pair.grid[np.abs(pair.grid - pair.blockade) < 2 * abs(places[0])]
    between = (near[1:] + near[:-1]) / 2
    on, off = ([s.synchronization(0, 1) for s in pair.eliminated_pairs(at)] for at in (near, between))
    np.testing.assert_allclose(np.interp(between, near, on), off, rtol=0.01)
