"""Chip files: names, what nodes inherit, links, paths, and every mistake at once with its place."""

import copy
import json

import pytest

import qsb_hw as qh
from qsb_hw.devices.catalog import json_schema, platforms
from qsb_hw.spec.chip import expanded, node_model
from qsb_hw.spec.load import read_toml
from qsb_hw.spec.paths import field_at, leaves, prepared, with_value
from qsb_hw.spec.quantity import Quantity

CHIPS = sorted(qh.shipped_chips())
NODE = platforms()["transmon_squid"]
ION = platforms()["ion_trap"]


@pytest.fixture
def three():
    return read_toml(qh.shipped_chips()["three_transmons"])


@pytest.fixture
def ions():
    return read_toml(qh.shipped_chips()["ion_pair_mixed"])


def refused(table):
    with pytest.raises(qh.SpecError) as caught:
        qh.chip_from_spec(table)
    return {problem.path: problem.message for problem in caught.value.problems}


def inherited(own, base, platform=NODE):
    tables, problems = expanded({"A": base, "B": own | {"like": "A"}}, node_model(platform.chip_spec))
    assert not problems
    return tables["B"]


def test_a_node_inherits_all_but_what_it_gives():
    base = {"oscillator": {"t1": {"value": "1 us", "source": "x"}, "temperature": "9 mK"}, "target": {"fock_state": 1}}
    found = inherited({"oscillator": {"t1": "2 us"}}, base)
    assert found == {"oscillator": {"t1": "2 us", "temperature": "9 mK"}, "target": {"fock_state": 1}}
    assert base["oscillator"]["t1"]["value"] == "1 us"


@pytest.mark.parametrize(
    ("platform", "section", "base", "own", "left"),
    [
        (NODE, "oscillator", {"josephson_energy": 1, "charging_energy": 2}, {"capacitance": 3}, {"josephson_energy"}),
        (NODE, "oscillator", {"josephson_energy": 1, "offset_charge": 2}, {"critical_current": 3}, {"offset_charge"}),
        (NODE, "oscillator", {"josephson_energy": 1, "junction_capacitance": 2, "t1": 3}, {"frequency": 1}, {"t1"}),
        (NODE, "oscillator", {"frequency": 1, "anharmonicity": 2}, {"josephson_energy": 3}, set()),
        (NODE, "oscillator", {"t2": 1}, {"t_phi": 1}, set()),
        (NODE, "damping", {"coupling_to_linewidth": 1, "linewidth": 2}, {"photon_number": 3}, {"linewidth"}),
        (NODE, "damping", {"capacitance": 1, "flux_bias": 1, "linewidth": 2}, {"frequency": 3}, {"linewidth"}),
        (NODE, "damping", {"level": 2}, {"detuning": 3}, set()),
        (ION, "damping", {"transition": 1, "beam_waist": 2, "coupling": 1}, {"wavelength": 3}, {"coupling"}),
        (ION, "damping", {"quench_rabi_frequency": 1, "quench_linewidth": 2}, {"linewidth": 3}, set()),
        (ION, "ion", {"electric_field_noise": 1, "noise_exponent": 2, "species": 1}, {"heating_rate": 1}, {"species"}),
        (ION, "potential", {"kind": "lattice", "depth": 2}, {"depth_in_recoils": 3}, {"kind"}),
        (ION, "potential", {"kind": "lattice", "wavelength": 1}, {"kind": "tweezer", "waist": 3}, set()),
    ],
)  # fmt: skip
def test_what_a_node_replaces_gives_way(platform, section, base, own, left):
    assert set(inherited({section: own}, {section: base}, platform)[section]) == set(own) | left


def test_likes_may_be_chained_in_any_order():
    nodes = {
        "C": {"like": "B", "target": {}},
        "B": {"like": "A", "damping": {"level": 2}},
        "A": {"damping": {"level": 1}},
    }
    tables, problems = expanded(nodes, node_model(NODE.chip_spec))
    assert not problems
    assert tables == {
        "C": {"target": {}, "damping": {"level": 2}},
        "B": {"damping": {"level": 2}},
        "A": {"damping": {"level": 1}},
    }


def test_a_loop_and_an_unknown_node_are_said_once_and_nothing_that_follows(three):
    three["node"]["A"]["like"] = "B"
    assert list(refused(three)) == ["$.node.B.like"]
    assert "A → B → A" in refused(three)["$.node.B.like"]
    del three["node"]["A"]["like"]
    three["node"]["B"]["like"], three["node"]["C"]["like"] = "a", "B"
    assert refused(three) == {"$.node.B.like": "must be a node of the file, but found 'a'. Did you mean A?"}


def test_every_mistake_of_a_file_is_reported_with_its_path_and_an_inherited_one_once(three):
    three["node"]["A"]["oscillator"]["t1"] = "50 parsec"
    three["node"]["B"]["oscillator"]["t2"] = "500 us"
    three["node"]["c"] = {"like": "A"}
    three["node"]["B-1"] = {"like": "A"}
    three["link"] |= {"A-Q": {}, "C-A": {}, "A": {}, "A-A": {}, "B-A": {"coupling_capacitance": "3 aF"}}
    three["capacitance"]["junctions"] = {"A": ["a1", "a2"], "C": ["a2", "c1"], "Q": ["b1"], "B": ["b1", "x"]}
    three["capacitance"]["ground"] = "gn"
    three["capacitance"]["matrix"][1][2] = "-29 fF"
    found = refused(three)
    assert set(found) == {
        "$.node.A.oscillator.t1", "$.node.B.oscillator.t2", "$.node.c", "$.node.B-1", "$.link.A-Q", "$.link.C-A",
        "$.link.A", "$.link.A-A", "$.link.B-A.coupling_capacitance", "$.capacitance.junctions.C",
        "$.capacitance.junctions.Q", "$.capacitance.junctions.B", "$.capacitance.junctions.c",
        "$.capacitance.junctions.B-1", "$.capacitance.ground", "$.capacitance.matrix",
    }  # fmt: skip
    assert "must not repeat the name C" in found["$.node.c"]
    assert "symmetric" in found["$.capacitance.matrix"]


def test_a_link_of_three_names_is_told_which_pair_is_still_free(three):
    def message(*links):
        table = copy.deepcopy(three)
        table["link"] = {link: {"coupling": "100 kHz"} for link in links}
        return refused(table)["$.link.A-B-1"]

    assert "Write [link.A-C]." in message("A-B-1")
    assert "Write [link.A-B]." in message("A-C", "A-B-1")
    assert "Remove it" in message("A-B", "C-A", "B-C", "A-B-1")


def test_a_node_without_a_link_is_named_and_zero_says_that_it_is_meant(measured):
    table = chip_of(measured, "ABC", {"A-B": {"coupling": "150 kHz"}})
    assert list(refused(table)) == ["$.node.C"]
    table["link"]["A-C"] = {"coupling": "0 Hz"}
    chip = qh.chip_from_spec(table)
    assert chip.given == chip.links == (("A", "B"),)
    table["link"]["A-C"] = {}
    assert list(refused(table)) == ["$.link.A-C"]


def chip_of(device, names, links, **more):
    node = {key: value for key, value in device.items() if key not in ("name", "platform", "pair")}
    nodes = {name: copy.deepcopy(node) for name in names}
    return {"name": "chip", "platform": device["platform"], "node": nodes, "link": links, **more}


@pytest.fixture
def measured():
    return {
        "name": "one",
        "platform": "transmon_squid",
        "oscillator": {"frequency": "5.2 GHz", "anharmonicity": "-280 MHz", "t1": "100 us", "temperature": "35 mK"},
        "target": {"fock_state": 1},
        "damping": {"linewidth": "20 MHz", "coupling": "1.4 MHz"},
        "amplification": {"linewidth": "20 MHz", "coupling": "1.4 MHz"},
    }


def test_capacitances_need_circuits_and_a_matrix_needs_no_charging_energy(measured, three):
    link = {"A-B": {"coupling_capacitance": "5 aF"}}
    assert list(refused(chip_of(measured, "AB", link))) == ["$.link.A-B.coupling_capacitance"]
    both = {"A-B": {"coupling_capacitance": "5 aF", "coupling": "1 kHz"}}
    assert list(refused(chip_of(measured, "AB", both))) == ["$.link.A-B", "$.link.A-B.coupling_capacitance"]
    without = three | {"link": {"A-C": {"coupling": "1 kHz"}, "C-B": {"coupling": "1 kHz"}}}
    del without["capacitance"]
    assert set(refused(without)) == {"$.node.A.oscillator", "$.node.A.oscillator.junction_capacitance"}
    three["node"]["C"] = measured_node = copy.deepcopy(three["node"]["C"])
    measured_node["oscillator"] = {"frequency": "5.2 GHz", "anharmonicity": "-280 MHz"}
    assert set(refused(three)) == {"$.node.C.oscillator", "$.node.C.oscillator.zero_point_current"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"B": {"charging_energy": "300 MHz"}}, "$.node.B.oscillator.charging_energy"),
        ({"B": {"capacitance": "90 fF"}}, "$.node.B.oscillator.capacitance"),
        ({"C": {"josephson_energy": "0.3 GHz"}}, "$.node.C.target.fock_state"),
    ],
)
def test_what_shows_only_when_a_node_is_built_is_said_of_the_node(three, change, path):
    for name, keys in change.items():
        three["node"][name]["oscillator"] |= keys
    assert path in refused(three)


def test_coupling_capacitors_are_part_of_the_island():
    table = read_toml(qh.shipped_chips()["ring_of_four"])
    table["link"]["C-D"] = {"coupling_capacitance": "40 fF"}
    found = refused(table)
    assert set(found) == {"$.link.C-D.coupling_capacitance"}
    assert "links of D together" in found["$.link.C-D.coupling_capacitance"]


def test_ions_need_places_of_their_own(ions):
    nodes = ions["node"]
    del nodes["B"]["position"]
    assert list(refused(ions)) == ["$.node.B.position"]
    nodes["B"]["position"], nodes["C"] = "1 um", {"like": "A", "position": "500 um"}
    found = refused(ions)
    assert list(found) == ["$.node.B.position"]
    assert "B too close to A" in found["$.node.B.position"]
    nodes["B"] |= {"position": "240 um", "ion": {"species": "9Be+"}}
    assert {path.rsplit(".", 1)[0] for path in refused(ions)} == {
        "$.node.B.damping", "$.node.B.amplification", "$.node.B.cooling",
    }  # fmt: skip
    del nodes["B"], nodes["C"], nodes["A"]["position"]
    assert list(refused(ions)) == ["$.chain"]


def test_a_device_file_and_a_chip_file_are_told_apart():
    with pytest.raises(qh.SpecError, match=r"\$.node: .*load_chip"):
        qh.load_device("three_transmons")
    assert isinstance(qh.load("three_transmons"), qh.Chip)
    assert isinstance(qh.load("kerr_squid_array"), qh.Device)
    assert not set(qh.shipped_specs()) & set(qh.shipped_chips())


@pytest.mark.parametrize("node", [3, {}, [], {"A": 3}, {"A": {}}])
def test_nodes_that_are_none(node):
    assert all(path.startswith("$.node") for path in refused({"name": "x", "platform": "transmon_squid", "node": node}))


@pytest.mark.parametrize("name", CHIPS)
def test_a_prepared_chip_is_the_same_and_every_number_has_a_path(name):
    chip = qh.load_chip(name)
    table = prepared(chip.spec)
    again = qh.chip_from_spec(table)
    assert again.spec == chip.spec
    assert (again.coupling == chip.coupling).all()
    for path, value in leaves(table):
        if isinstance(value, Quantity):
            assert field_at(type(chip.spec), path).reads.read(value) is value


def test_paths_address_nodes_and_links_singly(three):
    model = NODE.chip_spec
    spec = qh.chip_from_spec(three).spec
    field = field_at(model, "$.node.B.oscillator.josephson_energy")
    changed = qh.chip_from_spec(model.model_validate(with_value(prepared(spec), field.keys, Quantity(1.3e11, "x"))))
    before = qh.chip_from_spec(spec)
    energies = [node.spec.oscillator.josephson_energy.value for node in changed.nodes]
    assert energies[:2] == [node.spec.oscillator.josephson_energy.value for node in before.nodes][:2]
    assert energies[2] == 1.3e11
    assert field_at(model, "$.node.B.oscillator.flux_bias").reads.kind.name == "magnetic flux"
    assert field_at(model, "$.link.A-B.coupling").reads.kind.name == "frequency"
    assert field_at(model, "$.capacitance.matrix[1][2]").keys == ("capacitance", "matrix", 1, 2)
    for path in ("$.node.B", "$.node.B.oscillator", "$.node.oscillator.t1", "$.capacitance.junctions.A", "$.link.A-B"):
        with pytest.raises(qh.ArgumentError, match="path must"):
            field_at(model, path)


def test_the_schema_describes_complete_nodes_and_nodes_that_are_like_others():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    for platform in platforms().values():
        node = node_model(platform.chip_spec).__name__
        described = schema["$defs"][platform.chip_spec.__name__]["properties"]["node"]["additionalProperties"]
        assert [entry["$ref"].rsplit("/", 1)[1] for entry in described["anyOf"]] == [node, f"{node}Like"]
        complete, like = schema["$defs"][node], schema["$defs"][f"{node}Like"]
        assert {"target", "damping", "amplification"} <= set(complete["required"])
        assert like["required"] == ["like"]
        for entry in like["properties"].values():
            if "$ref" in entry:
                assert "required" not in schema["$defs"][entry["$ref"].rsplit("/", 1)[1]]


@pytest.fixture(scope="module")
def validator():
    """Of the schema, which is a schema itself."""
    validators = pytest.importorskip("jsonschema.validators")
    schema = json_schema()
    kind = validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@pytest.mark.parametrize("name", CHIPS)
def test_shipped_chips_are_valid_by_the_schema_and_a_wrong_key_is_not(validator, name):
    table = read_toml(qh.shipped_chips()[name])
    assert validator.is_valid(table), next(validator.iter_errors(table))
    table["node"]["B"]["damping"] = table["node"]["B"].get("damping", {}) | {"linewith": "1 MHz"}
    assert not validator.is_valid(table)


@pytest.mark.parametrize("name", CHIPS)
def test_every_number_of_a_shipped_chip_has_a_source(name):
    words = {"like", "species", "kind", "direction", "transition", "junctions", "matrix", "conductors", "ground"}
    table = read_toml(qh.shipped_chips()[name])
    bare = []

    def walk(value, path):
        if isinstance(value, dict) and "value" not in value:
            for key, inner in value.items():
                if key not in words and not (key == "source" and isinstance(inner, str)):
                    walk(inner, f"{path}.{key}")
        elif not isinstance(value, dict) or not value.get("source"):
            bare.append(path)

    walk({key: value for key, value in table.items() if isinstance(value, dict)}, "$")
    assert bare == []
    assert "source" in table.get("capacitance", {"source": ""})
