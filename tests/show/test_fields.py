"""One description, many views: records, tables, HTML and the key reference."""

import inspect
import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

import qsb_hw as qh
from qsb_hw.cli.main import app
from qsb_hw.questions.chip import chip_synchronization
from qsb_hw.show.fields import Field, Section, With
from qsb_hw.show.html import VIEWS, to_html
from qsb_hw.show.keys import DOCUMENTS, all_keys, keys_view
from qsb_hw.show.provenance import provenance

PART = Section(Field("width_hz", "of a line", symbol="width"), Field("name"))
WHOLE = Section(
    Field("gap", "slowest decay", "inner.gap", unit="1/s"), Field("t1_s", "decay"), Field("one", inside=PART),
    Field("many", each=PART), Field("twice_hz", "computed", lambda w: 2 * w.one.width),
)  # fmt: skip


@pytest.fixture
def whole():
    parts = [SimpleNamespace(width=2 * math.pi * k, name=f"part {k}") for k in (1, 2)]
    return SimpleNamespace(inner=None, t1=np.float64(3), one=parts[0], many=parts)


def test_a_record_follows_the_description(whole):
    assert WHOLE.record(whole) == {
        "gap": None, "t1_s": 3.0, "one": {"width_hz": 1.0, "name": "part 1"},
        "many": [{"width_hz": 1.0, "name": "part 1"}, {"width_hz": 2.0, "name": "part 2"}], "twice_hz": 2.0,
    }  # fmt: skip
    assert WHOLE.record(With(whole, t1=math.inf))["t1_s"] is None


def test_a_table_has_the_same_numbers_with_their_units(whole):
    rows = PART.table("Parts", whole.many, "name", "width_hz")
    assert [column.header for column in rows.columns] == ["name", "width"]
    assert [list(column.cells) for column in rows.columns] == [["part 1", "part 2"], ["1 Hz", "2 Hz"]]
    assert [column.justify for column in rows.columns] == ["left", "right"]


def test_the_reference_has_every_path_with_its_unit():
    assert list(WHOLE.reference()) == [
        ("gap", "1/s", "slowest decay"), ("t1_s", "s", "decay"), ("one", "", ""),
        ("one.width_hz", "Hz", "width: of a line"),
        ("one.name", "", ""), ("many", "", ""), ("many[].width_hz", "Hz", "width: of a line"), ("many[].name", "", ""),
        ("twice_hz", "Hz", "computed"),
    ]  # fmt: skip


def test_every_key_has_a_meaning_and_every_verb_with_json_its_keys():
    assert all(one.meaning for one in all_keys())
    verbs = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if "as_json" in inspect.signature(command.callback).parameters
    }
    assert {name.partition(" ")[0] for name in DOCUMENTS} == verbs


def test_reference_of_one_verb_reads_well():
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(keys_view({"keys": all_keys("ensemble")}))
    assert "ensemble.arrangements[].growth_rate" in captured.get()
    assert "α/2π" in captured.get()
    assert "provenance.input.hash" in captured.get()
    with pytest.raises(qh.ArgumentError, match="VERB must be one of check"):
        all_keys("chekc")


def test_provenance_holds_versions_command_and_values():
    device = qh.load_device("kerr_squid_array")
    found = provenance(["check", "a file.toml"], "kerr_squid_array", device)
    assert found["command"] == "qsb-hw check 'a file.toml'"
    assert found["version"] == qh.__version__
    assert datetime.fromisoformat(found["date"]).tzinfo == UTC
    assert set(found["versions"]) == {"python", "numpy", "scipy", "qutip", "scqubits", "pint"}
    assert found["versions"]["numpy"] == version("numpy")
    assert found["input"]["values"]["damping.linewidth"] == "5.36 MHz"
    assert found["input"]["values"]["target.fock_state"] == "1"
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_hash_is_of_the_physics(tmp_path):
    text = qh.shipped_specs()["kerr_squid_array"].read_text(encoding="utf-8")
    hashes = []
    for k, (found, written) in enumerate([("", ""), ("name = ", "name = 'x' #"), ('"5.36 MHz"', '"5.37 MHz"')]):
        file = tmp_path / f"{k}.toml"
        file.write_text(text.replace(found, written, 1), encoding="utf-8")
        hashes.append(provenance([], str(file))["input"]["hash"])
    assert re.fullmatch("[0-9a-f]{32}", hashes[0])
    assert provenance([], "kerr_squid_array", qh.load_device("kerr_squid_array"))["input"]["hash"] == hashes[0]
    assert hashes[1] == hashes[0] != hashes[2]


def of_chips():
    device = qh.load_device("photon_pressure")  # without a Fock state: judged at once
    chip = qh.Chip("two", [device, replace(device, name="B")], [[0, 1e3], [1e3, 0]])
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    network = qh.Network([one, one], [[0, 0.3], [0.3, 0]])
    return [
        chip, qh.assess(chip), chip_synchronization(qh.ChipAnalysis(chip)), network, qh.steady_state(network),
    ]  # fmt: skip


def of_detectors():
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    network = qh.Network([one.detuned(20.0), one], [[0, 0.3], [0.3, 0]])
    solution = qh.steady_state(network)
    return [
        qh.read_out(solution, rng=np.random.default_rng(1)), qh.sample_synchronization(solution),
        qh.heterodyne(network, port_rate=0.5, bandwidth=2.0, duration=3.0, trajectories=3),
        qh.phase_slips(network, duration=3.0, trajectories=3),
    ]  # fmt: skip


def of_a_designer():
    e_j = "$.oscillator.josephson_energy"
    return [
        qh.curves("transmon_squid", {e_j: "18, 20 GHz"}, ["kerr"]),
        qh.sensitivities("transmon_squid", ["kerr"], [e_j]),
        qh.pump_table("transmon_squid", settings={"levels": 4}),
    ]


def test_notebooks_show_the_tables_of_the_terminal(assessment, device_budget):
    shown = [
        assessment, assessment.device, assessment.criteria, assessment.criteria[0], assessment.comparison,
        assessment.budget, device_budget, device_budget.noise, *of_chips(), *of_detectors(), *of_a_designer(),
    ]  # fmt: skip
    assert {type(one) for one in shown} == set(VIEWS)
    for one in shown:
        html = one._repr_html_()
        assert html == to_html(one)
        assert html.count("<table>") == html.count("</table>") > 0
    assert "<td style='text-align:left'>K/κ</td>" in assessment.criteria._repr_html_()
