"""Chips against single devices: what is alike is the same number for number, and shared."""

import copy
from itertools import permutations

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices.transmon_squid import transmon
from qsb_hw.model.criterion import CriterionKind
from qsb_hw.spec.load import read_toml

NOT_A_NODE = ("name", "platform", "description", "pair")
DEVICES = sorted(qh.shipped_specs())


def node_of(name):
    return {key: value for key, value in read_toml(qh.shipped_specs()[name]).items() if key not in NOT_A_NODE}


def chip_of_twins(name):
    """The device of a shipped file and its twin, written as a chip."""
    table = read_toml(qh.shipped_specs()[name])
    nodes, pair = {"A": node_of(name), "B": {"like": "A"}}, dict(table["pair"])
    chip = {"name": table["name"], "platform": table["platform"], "node": nodes}
    if "separation" in pair:
        nodes["A"]["position"], nodes["B"]["position"] = "0 m", pair["separation"]
        return chip | {"chain": {"direction": pair["direction"]}}
    pair.pop("count", None)
    return chip | {"link": {"A-B": pair}}


def same(one, other):
    """Whether two devices are the same but for their names and what couples them."""
    assert np.array_equal(one.complete.ladder.energies, other.complete.ladder.energies)
    assert np.array_equal(one.complete.ladder.exchange, other.complete.ladder.exchange)
    for bath, again in zip(one.complete.baths, other.complete.baths, strict=True):
        assert [(t.detuning, t.coupling, t.linewidth) for t in bath.tones] == [
            (t.detuning, t.coupling, t.linewidth) for t in again.tones
        ]
    assert one.complete.decoherence == other.complete.decoherence
    assert one.criteria == other.criteria
    kept = [q for q in one.derived_quantities if not q.key.startswith("coupling")]
    assert kept == [q for q in other.derived_quantities if not q.key.startswith("coupling")]
    return True


@pytest.mark.parametrize("name", DEVICES)
def test_a_chip_of_a_device_and_its_twin_is_the_single_device_file_number_for_number(name):
    device, chip, twins = qh.load_device(name), qh.chip_from_spec(chip_of_twins(name)), qh.load_chip(name)
    assert chip.names == twins.names == ("A", "B")
    for node in (*chip.nodes, *twins.nodes):
        assert same(node, device)
    assert np.array_equal(chip.coupling, device.coupling)
    assert np.array_equal(twins.coupling, device.coupling)
    assert chip.links == twins.links == (("A", "B"),)
    assert [(c.key, c.value) for c in chip.criteria if "pump" in c.key] == [
        (c.key, c.value) for c in twins.criteria if "pump" in c.key
    ]
    for found in (chip, twins):
        assert found.node("A").complete is found.node("B").complete


def test_a_device_without_a_pair_is_two_nodes_without_a_link():
    table = read_toml(qh.shipped_specs()["photon_pressure"])
    table.pop("pair", None)
    chip = qh.chip_from_spec(table)
    assert (chip.names, chip.links, chip.given) == (("A", "B"), (), ())
    assert not chip.coupling.any()


def test_what_is_alike_is_solved_once(monkeypatch):
    table = read_toml(qh.shipped_chips()["ring_of_four"])
    for name in "BCD":
        table["node"][name] = {"like": "A", "target": {"fock_state": 1}, "oscillator": {"t1": "100000 ns"}}
    table["node"]["D"]["damping"] = {"linewidth": "21 MHz"}  # another bath, the same transmon
    calls = []
    basis = transmon._charge_basis
    monkeypatch.setattr(transmon, "_charge_basis", lambda *a: calls.append(a) or basis(*a))
    transmon.solve_transmon.cache_clear()
    chip = qh.chip_from_spec(table)
    assert len(calls) == len(set(calls)) == 3  # one transmon, at three offset charges
    a, b, c, d = chip.nodes
    assert a.complete is b.complete is c.complete is not d.complete
    assert [node.name for node in chip.nodes] == [node.spec.name for node in chip.nodes] == ["A", "B", "C", "D"]


def test_a_node_that_nothing_couples_to_changes_nothing_else():
    table = read_toml(qh.shipped_chips()["ring_of_four"])
    more = copy.deepcopy(table)
    more["node"]["E"] = {"like": "B"}
    more["link"]["E-A"] = {"coupling": "0 Hz"}
    one, other = qh.chip_from_spec(table), qh.chip_from_spec(more)
    assert np.array_equal(other.coupling[:4, :4], one.coupling)
    assert not other.coupling[4].any()
    assert other.given == one.given
    assert all(same(node, other.node(node.name)) for node in one.nodes)


def test_nodes_and_links_in_another_order_are_the_same_chip():
    table = read_toml(qh.shipped_chips()["ring_of_four"])
    one = qh.chip_from_spec(table)
    turned = table | {
        "node": {name: table["node"][name] for name in "DBCA"},
        "link": {"-".join(key.split("-")[::-1]): link for key, link in reversed(table["link"].items())},
    }
    other = qh.chip_from_spec(turned)
    for a, b in permutations("ABCD", 2):
        assert other.coupling_between(a, b) == pytest.approx(one.coupling_between(a, b), rel=1e-12)
    assert all(same(node, other.node(node.name)) for node in one.nodes)
    assert {frozenset(pair) for pair in other.given} == {frozenset(pair) for pair in one.given}
    assert {c.key: pytest.approx(c.value) for c in one.criteria} == {c.key: c.value for c in other.criteria}


def by_key(chip):
    return {criterion.key: criterion for criterion in chip.criteria}


def test_crosstalk_is_the_nearest_of_all_that_a_pump_meets_at_other_nodes():
    chip = qh.load_chip("three_transmons")
    found, baths = by_key(chip), ("damping", "amplification")
    pumps, cavities, lines = {}, {}, {}
    for node in chip.nodes:
        q = {quantity.key: quantity.value for quantity in node.derived_quantities}
        pumps[node.name] = [q[f"{bath}_pump_frequency"] for bath in baths]
        cavities[node.name] = [q[f"{bath}_cavity_frequency"] for bath in baths]
        lines[node.name] = [q["transition_0_1"], q["transition_1_2"]]
    pairs = list(permutations(chip.names, 2))
    kappa = 20e6
    transitions = [abs(p - f) for a, b in pairs for p in pumps[a] for f in (*lines[b], lines[b][0] / 2)]
    filled = [abs(p - f) for a, b in pairs for p in pumps[a] for f in cavities[b]]
    decay = [abs(t - f) for a, b in pairs for t in lines[a] for f in cavities[b]]
    sides = [
        abs(p - f - s * t) for a, b in pairs for p in pumps[a] for f in cavities[b] for t in lines[b] for s in (1, -1)
    ]
    for key, distances in (
        ("pump_clearance_transitions", transitions), ("pump_clearance_cavities", filled),
        ("transition_clearance_cavities", decay), ("pump_clearance_sidebands", sides),
    ):  # fmt: skip
        assert found[key].value == pytest.approx(min(distances) / kappa, rel=1e-6)
    assert found["pump_clearance_sidebands"].kind is CriterionKind.APPROXIMATION


def test_a_pump_at_another_nodes_transition_or_cavity_is_found_and_named():
    table = read_toml(qh.shipped_chips()["two_transmons_tunable"])
    cavity = {key: value for key, value in table["node"]["A"]["damping"].items() if "linewidth" in key}
    at_transition = copy.deepcopy(table)  # ω_c − ω12 of B at ω01/2 of A
    device = qh.chip_from_spec(table)
    lower, upper = (device.node(name).complete.ladder.transition_frequencies for name in "AB")
    at_transition["node"]["B"]["damping"] = cavity | {
        "frequency": f"{float(lower[0] / 2 + upper[1]) / 2 / np.pi!r} Hz", "single_photon_coupling": "300 kHz",
    }  # fmt: skip
    found = by_key(qh.chip_from_spec(at_transition))["pump_clearance_transitions"]
    assert found.passed is False
    assert "the damping pump of B and ω01/2 of A" in found.why
    at_cavity = copy.deepcopy(table)
    pump = device.node("A").quantity("damping_pump_frequency").value
    at_cavity["node"]["B"]["amplification"] = cavity | {
        "frequency": f"{float(pump) + 30e6!r} Hz",
        "single_photon_coupling": "300 kHz",
    }
    found = by_key(qh.chip_from_spec(at_cavity))["pump_clearance_cavities"]
    assert found.value == pytest.approx(1.5, rel=1e-3)
    assert "the damping pump of A and the amplification cavity of B" in found.why


def test_couplings_that_no_link_names_are_held_against_gamma_and_the_nearest_resonance():
    table = read_toml(qh.shipped_chips()["three_transmons"])
    found = by_key(qh.chip_from_spec(table))
    assert "A-B" in found["unwanted_coupling"].why
    assert found["unwanted_coupling"].meets_margin
    assert found["frequency_crowding"].meets_margin
    table["link"].pop("A-C")
    chip = qh.chip_from_spec(table)
    found, gamma = by_key(chip), min(tone.gamma for tone in chip.node("A").complete.stabilising_tones)
    assert "A-C" in found["unwanted_coupling"].why
    assert found["unwanted_coupling"].value == pytest.approx(abs(chip.coupling_between("A", "C")) / gamma, rel=0.01)
    assert found["unwanted_coupling"].passed is False
    assert found["frequency_crowding"].passed is False
    table["link"] = {}
    assert by_key(qh.chip_from_spec(table))["unwanted_coupling"].value is None


@pytest.mark.parametrize("name", sorted(qh.shipped_chips()))
def test_shipped_chips_stand_on_the_resonance_they_name_with_couplings_that_show(name):
    chip = qh.load_chip(name)
    for a, b in chip.given:
        gammas = [max(tone.gamma for tone in chip.node(end).complete.stabilising_tones) for end in (a, b)]
        assert 0.3 <= abs(chip.coupling_between(a, b)) / np.mean(gammas) <= 0.5
        least = 12 if chip.platform == "ion_trap" else 6
        nearest = min(abs(r.detuning) for r in qh.resonances(chip.network(levels=least, nodes=[a, b])))
        assert nearest < 0.1 * min(gammas)
    assert all(c.passed is not False for c in chip.criteria)
    assert all(c.passed is not False for node in chip.nodes for c in node.criteria)


def test_flux_moves_the_tunable_node_alone_and_through_both_resonances():
    table = read_toml(qh.shipped_chips()["two_transmons_tunable"])
    at = {}
    for flux in (0.12999, 0.22163):
        table["node"]["B"]["oscillator"]["flux_bias"] = f"{flux} Phi_0"
        chip = qh.chip_from_spec(table)
        at[flux] = {r.after: abs(r.detuning) for r in qh.resonances(chip.network(levels=6))}
    gamma = chip.node("A").complete.stabilising_tones[0].gamma
    assert at[0.12999][(0, 2)] < 0.1 * gamma
    assert at[0.22163][(2, 0)] < gamma
