"""Protocols in files of devices and of chips: what is wrong is said once, with the path to its key."""

import pytest

import qsb_hw as qh
from qsb_hw.spec.load import read_toml
from qsb_hw.spec.protocol import protocol_of

DEVICE, CHIP = "kerr_squid_array", "two_transmons_tunable"
NEVER = "must turn the pumps on in some stage"
UNKNOWN = "must name a node of the file"


def stage(**given):
    return {"duration": "1 us"} | given


def read(name, protocol):
    """The device or chip of a file with this protocol."""
    if name == DEVICE:
        return qh.device_from_spec(read_toml(qh.shipped_specs()[name]) | {"protocol": protocol})
    return qh.chip_from_spec(read_toml(qh.shipped_chips()[name]) | {"protocol": protocol})


ANYWHERE = [
    ([stage(duration="-1 us")], "stage[0].duration", "must be positive"),
    ([stage(), stage(duration="0 s")], "stage[1].duration", "must be positive"),
    ([stage(duration="nan s")], "stage[0].duration", "finite"),
    ([stage(duration="3 kHz")], "stage[0].duration", "3 kHz"),
    ([stage(duration=5)], "stage[0].duration", "bare number"),
    ([{"coupling": 0}], "stage[0].duration", "missing"),
    ([stage(pumps=-0.5)], "stage[0].pumps", "-0.5"),
    ([stage(coupling=-1)], "stage[0].coupling", "-1"),
    ([stage(ramp=3)], "stage[0].ramp", "3"),
    ([stage(durations="1 us")], "stage[0].durations", "duration"),
    ([stage(pumps=0), stage(pumps=0)], "stage", NEVER),
    ([stage(pumps={"value": 0, "source": "off"})], "stage", NEVER),
    ([], "stage", "at least 1"),
    ("pumps", "stage", "list"),
]
OF_CHIPS = [
    ([stage(pumps_of={"A": 0, "B": 0})], "stage", NEVER),
    ([stage(pumps_of={"A": 0, "B": 0.0}), stage(pumps=0)], "stage", NEVER),
    ([stage(pumps=0, pumps_of={"A": 1})], "stage[0]", "only one of pumps or pumps_of"),
    ([stage(pumps_of={"C": 0})], "stage[0].pumps_of.C", UNKNOWN),
    ([stage(), stage(detuning={"b": "1 MHz"})], "stage[1].detuning.b", UNKNOWN),
    ([stage(flux={"C": "0.1 Phi_0"})], "stage[0].flux.C", UNKNOWN),
    ([stage(coupling_of={"A-C": 0})], "stage[0].coupling_of.A-C", UNKNOWN),
    ([stage(coupling_of={"A": 0})], "stage[0].coupling_of.A", "must join two nodes"),
    ([stage(coupling_of={"A-A": 0})], "stage[0].coupling_of.A-A", "must join two nodes"),
    ([stage(pumps_of={"A": -1})], "stage[0].pumps_of.A", "-1"),
]


@pytest.mark.parametrize(
    ("name", "stages", "path", "words"),
    [*((name, *case) for name in (DEVICE, CHIP) for case in ANYWHERE), *((CHIP, *case) for case in OF_CHIPS)],
)
def test_a_wrong_protocol_is_refused_with_the_path_to_its_key(name, stages, path, words):
    with pytest.raises(qh.SpecError) as caught:
        read(name, {"stage": stages})
    (problem,) = caught.value.problems
    assert problem.path == f"$.protocol.{path}"
    assert words in problem.message


def test_every_mistake_of_a_protocol_comes_at_once():
    stages = [stage(duration="-1 us", flux={"C": "0.1 Phi_0"}), stage(pumps=-1)]
    with pytest.raises(qh.SpecError) as caught:
        read(CHIP, {"stage": stages, "tuning": "lef"})
    assert {problem.path.removeprefix("$.protocol.") for problem in caught.value.problems} == {
        "tuning", "stage[0].duration", "stage[0].flux.C", "stage[1].pumps",
    }  # fmt: skip


@pytest.mark.parametrize("dark", [{"pumps_of": {"A": 0}}, {"pumps": 0}, {"pumps_of": {"A": 0, "B": 0}}])
def test_one_node_or_one_stage_that_is_pumped_is_enough(dark):
    pumped = [] if dark == {"pumps_of": {"A": 0}} else [stage()]
    chip = read(CHIP, {"stage": [*pumped, stage(**dark)]})
    assert protocol_of(chip.spec).stages[-1].pumps == dark.get("pumps_of", 0)
