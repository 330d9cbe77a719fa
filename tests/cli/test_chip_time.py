"""`evolve` and `spectrum` of whole chips, and `record`."""

import numpy as np
import pytest

import qsb_hw as qh

SMALL = ("two_transmons_tunable", "--pair-levels", 3, "--bath-levels", 2)
PROTOCOL = """
[protocol]
tuning = "left"

[[protocol.stage]]
name = "pumps"
duration = "2 us"
coupling = 0

[[protocol.stage]]
name = "move"
duration = "5 ns"
flux = { B = "0.15 Phi_0" }
ramp = true
"""


@pytest.fixture(scope="module")
def shipped():
    return qh.shipped_chips()["two_transmons_tunable"].read_text(encoding="utf-8")


def test_evolve_of_a_chip_turns_on_nodes_links_and_the_network(qsb, tmp_path):
    done = qsb("evolve", *SMALL, "--json", "--plot", tmp_path / "t.png")
    found = done.json()["evolution"]
    assert done.status == 0
    assert [node["name"] for node in found["nodes"]] == ["A", "B"]
    (link,), (network,) = found["links"], found["networks"]
    (pair,) = network["pairs"]
    assert pair["S"]["forever"] == pytest.approx(link["S"]["forever"], rel=0.1)
    assert link["S"]["values"][0] == pytest.approx(0, abs=1e-9)
    assert link["S"]["values"][-1] == pytest.approx(link["S"]["forever"], abs=1e-5)
    slowest = max(course["wait_s"] for course in (link["S"], pair["S"], *(n["fidelity"] for n in network["nodes"])))
    assert found["wait_s"] == pytest.approx(max(n["fidelity"]["wait_s"] for n in found["nodes"]) + slowest)
    assert (tmp_path / "t.png").stat().st_size > 10_000
    alone = qsb("evolve", SMALL[0], "--bath-levels", 2, "--alone", "--time", "100 ns").out
    assert "P(1) of B, pumps on" in alone
    assert "2 of these take longer than the 100 ns" in " ".join(alone.split())


def test_limits_of_networks_in_time_are_options_and_shown(qsb, refused, monkeypatch):
    monkeypatch.setattr("qsb_hw.questions.chip_time._links", lambda *_: ())  # of nothing here
    same = ("evolve", *SMALL, "--network-levels", 4)
    short = qsb(*same, "--time-states", 9, "--json").json()["evolution"]
    whole = qsb(*same, "--json").json()["evolution"]
    (less,), (more,) = short["networks"], whole["networks"]
    assert (less["shortened"], less["dims"], more["shortened"], more["dims"]) == (True, [3, 3], False, [4, 4])
    moved = abs(less["pairs"][0]["S"]["forever"] - more["pairs"][0]["S"]["forever"])
    assert short["truncation_error"] == pytest.approx(whole["truncation_error"] + moved, rel=1e-3)
    assert more["error"] <= more["accuracy"]
    text = " ".join(qsb(*same, "--time-states", 9).out.split())
    assert "A, B together: ladders of 3 levels in time, fewer than in the steady state; integration" in text
    assert "`--time-states` allows longer ladders." in text
    refused(["evolve", *SMALL, "--time-accuracy", 0], "must be positive")
    refused(["evolve", "transmon_squid", "--time-states", 9], "--time-states must come with the file of a chip")


def test_a_protocol_of_a_chip_moves_a_flux(qsb, tmp_path, shipped, refused, spy):
    file = tmp_path / "two.toml"
    file.write_text(shipped + PROTOCOL, encoding="utf-8")
    eliminated = ("--no-complete", "--bath-levels", 2, "--network-levels", 4)
    seen = spy("qsb_hw.questions.protocol.staged_setup")
    record = qsb("evolve", file, *eliminated, "--json", "--plot", tmp_path / "p.png").json()
    solved = seen.result
    found = record["protocol"]
    assert record["evolution"] is None
    assert found["eliminated"]
    assert found["names"] == ["A", "B"]
    assert found["steps"][0] == 1 < found["steps"][1]
    assert found["stages"][1]["flux_wb"]["B"] == pytest.approx(0.15 * 2.067833848e-15)
    assert found["error"] < 1e-4
    assert np.all(np.diff(found["times_s"]) >= 0)
    refused(["evolve", file, "--time", "1 us"], "--time must come with a file that has no protocol")
    refused(["evolve", *SMALL, "--ramp-steps", 8], "--ramp-steps must come with a file that has a protocol")
    file.write_text(shipped + PROTOCOL.replace("{ B =", "{ C ="), encoding="utf-8")
    refused(["evolve", file], "$.protocol.stage[1].flux.C: must name a node of the file")
    file.write_text(shipped + PROTOCOL.replace("{ B =", "{ A ="), encoding="utf-8")
    refused(["evolve", file, *eliminated], "A stage's flux must be that of a split junction, but A has none")
    file.write_text(shipped + PROTOCOL.replace("2 us", "-2 us"), encoding="utf-8")
    refused(["evolve", file], "$.protocol.stage[0].duration: must be positive")
    file.write_text(shipped + PROTOCOL.replace("coupling = 0", "coupling_of = { A-C = 0 }"), encoding="utf-8")
    refused(["evolve", file], "$.protocol.stage[0].coupling_of.A-C: must name a node")
    file.write_text(shipped + PROTOCOL, encoding="utf-8")
    spy("qsb_hw.questions.protocol.staged_setup", solved)
    assert "B 0.15 Φ0" in qsb("evolve", file, *eliminated).out


def test_lines_over_a_flux_repel_where_the_exchange_is_resonant(qsb, tmp_path, spy):
    vary = "$.node.B.oscillator.flux_bias=0.129..0.131 Phi_0:3"
    options = ("--levels", 4, "--bath-levels", 2)
    seen = spy("qsb_hw.questions.chip_lines.chip_emission_of")
    done = qsb("spectrum", SMALL[0], *options, "--vary", vary, "--json", "--plot", tmp_path / "s.png")
    (link,) = done.json()["emission"]["links"]
    assert link["along"] == "node.B.oscillator.flux_bias"
    rows = link["pulling"]
    assert [row["at"] for row in rows] == [0.129, 0.13, 0.131]
    below, above = rows[0]["shift_hz"][0], rows[-1]["shift_hz"][0]
    assert below < -1e3
    assert above > 1e3
    V = link["coupling_hz"]  # second order: 2 V²/Δ with √2 of |1,1⟩ ↔ |0,2⟩, less what the populations lose
    away = [abs(row["uncoupled_hz"][1] - rows[1]["uncoupled_hz"][1]) for row in (rows[0], rows[-1])]
    assert abs(below) == pytest.approx(2 * V**2 / away[0], rel=0.35)
    spy("qsb_hw.questions.chip_lines.chip_emission_of", seen.result)
    assert "shift of A" in qsb("spectrum", SMALL[0], *options, "--vary", vary).out


def test_spectrum_of_a_chip_shows_nodes_and_links_over_the_detuning(qsb, refused):
    found = qsb("spectrum", SMALL[0], "--levels", 3, "--bath-levels", 2, "--json").json()["emission"]
    assert [node["name"] for node in found["nodes"]] == ["A", "B"]
    (link,) = found["links"]
    detunings = np.array([row["detuning_hz"] for row in link["pulling"]])
    assert np.abs(detunings - link["detuning_hz"]).min() < 1.0
    refused(["spectrum", *SMALL[:1], "--alone", "--vary", "x=1:2"], "--vary must come without --alone")
    refused(["spectrum", *SMALL[:1], "--vary", "detuning[B]=1..2 MHz:3"], "--vary must name one number of the file")
    refused(["spectrum", *SMALL[:1], "--pumps", "left"], "--pumps must come with --vary")


def test_record_reads_what_the_state_has(qsb, tmp_path, refused, spy):
    small = ("kerr_squid_array", "--levels", 4, "--bath-levels", 2, "--pair-levels", 3)
    reading = ("--shots", 4000, "--readout-error", 0.02, "--seed", 3, "--json")
    outputs = ("--trajectories", 3, "--duration", "1.6 us")
    seen = spy("qsb_hw.analysis.analysis.analyse")
    done = qsb("record", *small, *reading, *outputs, "--plot", tmp_path / "r.png")
    blocked, resonant = done.json()["points"]
    assert (blocked["where"], resonant["where"]) == ("blockade point", "resonance")
    for point in (blocked, resonant):
        read = point["readout"]
        off = (np.array(read["estimate"]) - read["populations"]) / np.array(read["error"])
        assert np.sum(read["counts"]) == 4000
        assert np.abs(off).max() < 5
        S = point["synchronization"]
        assert abs(S["S"] - S["S_levels"] - S["expected_bias"]) < 5 * S["expected_error"]
    assert resonant["synchronization"]["repetitions"] < blocked["synchronization"]["repetitions"]
    assert resonant["heterodyne"]["deviation"] < 5
    spy("qsb_hw.analysis.analysis.analyse", seen.result)  # the same states, read again
    again = qsb("record", *small, *reading, "--no-outputs")
    assert again.json()["points"][0]["readout"]["counts"] == blocked["readout"]["counts"]
    refused(["record", *small, "--protocol", "guess"], "--protocol must be one of")
    refused(["record", *small, "--readout-error", 0.6], "`readout_error` must be below 0.5")
    refused(["record", "three_transmons"], "--nodes A,C")


def test_an_ion_has_no_output_to_record(qsb):
    small = ("ion_lattice_be9", "--levels", 4, "--pair-levels", 3, "--bath-levels", 2, "--shots", 100)
    record = qsb("record", *small, "--json").json()
    assert record["points"][0]["heterodyne"] is None
    assert "The motion emits no field to detect" in record["skipped"][0]
