"""Verbs on the file of a chip, and on one node of it."""

from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.model.chip import Chip

KEYS = {
    "check": "chip verdict limited_by nodes links criteria network numerics",
    "sync": "chip links network numerics",
    "effective": "chip nodes",
    "compare": "chip rotating_wave_approximation nodes",
}


@pytest.fixture(scope="module")
def chip():
    device = qh.load_device("kerr_squid_array")
    v, step = device.nearest_coupling, 2 * device.complete.ladder.kerr_at(1)
    nodes = [replace(device, name="A"), replace(device, name="B", complete=device.complete.detuned(step))]
    return Chip("two", nodes, [[0, v], [v, 0]], spec=device.spec)


@pytest.fixture(scope="module")
def judged(chip):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qsb_hw.analysis.size.bath_error", lambda *_: 1e-3)  # it takes larger pairs than these
        return qh.assess_chip(chip, levels=4, pair_levels=3, bath_levels=2, network_levels=4)


@pytest.fixture
def on_chip(qsb, spy, chip, judged):
    """Call a verb on the chip, which is solved already."""
    spy("qsb_hw.devices.catalog.load", chip)
    spy("qsb_hw.questions.chip.chip_synchronization", judged)
    seen = spy("qsb_hw.questions.chip.assess_chip", judged)

    def call(verb, *options):
        done = qsb(verb, "two.toml", *options)
        done.seen = seen
        return done

    return call


@pytest.mark.parametrize("verb", KEYS)
def test_records_of_chips_have_their_keys(on_chip, verb, tmp_path):
    options = ["--levels", 4] + (["--bath-levels", 2] if verb == "compare" else [])
    picture = tmp_path / "chip.png"
    done = on_chip(verb, "--json", "--plot", picture, *options)
    record = done.json()
    assert (done.status, [*record]) == (0, [*KEYS[verb].split(), "provenance"])
    assert picture.stat().st_size > 10_000
    assert record["chip"]["nodes"] == ["A", "B"]
    assert record["provenance"]["input"]["file"] == "two.toml"
    known = {one.key.split(".")[0].removesuffix("[]") for one in qh_keys(f"{verb} CHIP")}
    assert set(KEYS[verb].split()) <= known


def qh_keys(verb):
    from qsb_hw.show.keys import all_keys

    return [one for one in all_keys(verb.partition(" ")[0]) if one.verb == verb]


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("check", ["Can synchronization blockade", "Nodes, each by itself", "Links", "at a resonance", "eliminated"]),
        ("sync", ["Links", "at a resonance", "eliminated"]),
        ("effective", ["Nodes with their baths eliminated", "into n0"]),
        ("compare", ["Full model against the eliminated one", "converged"]),
    ],
)
def test_tables_of_chips(on_chip, verb, words):
    done = on_chip(verb, "--levels", 4)
    assert done.status == 0
    assert [word for word in words if word not in done.out] == []
    if verb == "check":  # the verdict first, then nodes, links, network
        places = [done.out.index(word) for word in (words[0], words[1], "Links: couplings", "S, baths")]
        assert places == sorted(places)


def test_options_arrive(on_chip):
    done = on_chip("check", "--visible", "0.2", "--network-levels", 4, "--no-complete", "--nodes", "B,A", "--json")
    options = done.seen.options
    assert (options["visible"], options["network_levels"], options["complete"]) == (0.2, 4, False)
    assert done.seen.arguments[0].names == ("B", "A")


def test_one_node_is_a_device(on_chip, chip):
    record = on_chip("effective", "--node", "B", "--json").json()
    assert list(record) == ["device", "oscillator", "effective", "conditions", "provenance"]
    assert record["device"]["name"] == "B"
    expected = chip.node("B").complete.ladder.transition_frequencies[0] / (2 * np.pi)
    assert record["oscillator"]["frequency_hz"] == pytest.approx(expected)


def test_what_is_of_one_device_asks_for_a_node(refused, spy, chip):
    spy("qsb_hw.devices.catalog.load", chip)
    refused(["compare", "two.toml", "--hierarchy"], "chip with the nodes A, B", "--node A")


def test_the_answer_names_the_node_and_its_chip(on_chip, chip):
    assert f"node B of {chip.name}" in on_chip("effective", "--node", "B", "--brief").out


def test_options_that_do_not_fit_the_file_are_refused(refused, spy, chip):
    refused(["check", "kerr_squid_array", "--node", "A"], "--node must come with the file of a chip")
    refused(["sync", "kerr_squid_array", "--visible", "0.2"], "--visible must come with the file of a chip")
    spy("qsb_hw.devices.catalog.load", chip)
    refused(["sync", "two.toml", "--coupling", "1 MHz"], "--coupling must come with the file of one device")
    refused(["check", "two.toml", "--node", "AA"], "'AA'")
    refused(["check", "two.toml", "--node", "A", "--nodes", "A,B"], "--node must come without --nodes")
    refused(["check", "two.toml", "--nodes", "A,X"], "'X'")


def test_a_shipped_chip_from_its_file(qsb):
    record = qsb("check", "two_transmons_tunable", "--json").json()
    assert record["verdict"] == "feasible"
    assert record["provenance"]["input"]["values"]["name"] == "two_transmons_tunable"
    (link,) = record["links"]
    assert link["working_point"] == "at a resonance"
    assert link["resonances"][0]["after"] == [0, 2]
    assert link["S"] == pytest.approx(link["S_resonance"], rel=0.01)
    assert link["S_network"] == pytest.approx(link["S"], rel=0.05)  # baths eliminated
    assert link["contrast"] > 100
    keys = {c["key"] for c in record["criteria"]}
    assert {"links", "network_error_bound", "network_truncation"} < keys  # and those of the platform
