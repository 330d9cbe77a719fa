"""The verbs `evolve` and `spectrum`."""

import multiprocessing
import re
import threading

import numpy as np
import pytest

import qsb_hw as qh

SMALL = ("kerr_squid_array", "--levels", 4, "--bath-levels", 2)


def test_evolve_says_how_long_to_wait_and_what_is_reached(qsb, tmp_path):
    picture = tmp_path / "t.png"
    done = qsb("evolve", *SMALL, "--pair-levels", 3, "--time", "200 ns", "--json", "--plot", picture)
    record = done.json()
    assert done.status == 0
    found = record["evolution"]
    assert (found["initial"], found["time_origin"], found["time_s"]) == ("ground", "given", pytest.approx(2e-7))
    course = found["fidelity"]
    times, values = np.array(course["times_s"]), np.array(course["values"])
    assert np.all(np.diff(times) > 0)
    assert values[0] == pytest.approx(0, abs=1e-9)
    assert values[-1] == pytest.approx(course["forever"], abs=1e-6)
    assert not course["reached"]
    assert course["at_time"] == pytest.approx(float(np.interp(2e-7, times, values)), abs=1e-9)
    blocked, resonant = found["pairs"]
    assert blocked["before"] is None
    assert resonant["S"]["forever"] > 5 * blocked["S"]["forever"]
    assert resonant["S"]["values"][0] == pytest.approx(0, abs=1e-9)
    assert max(p["error"] for p in found["pairs"]) < 1e-6
    assert record["numerics"]["status"] == "converged"
    assert picture.stat().st_size > 10_000


def test_evolve_agrees_with_the_rates_of_the_eliminated_device(qsb):
    """The wait to 1 % follows from the slowest decay of the eliminated populations."""
    found = qsb("evolve", *SMALL, "--alone", "--initial", "thermal", "--json").json()["evolution"]
    assert found["pairs"] == []
    effective = qh.eliminate(qh.load_device("kerr_squid_array").oscillator(4))
    slowest = qh.relaxation_rate(qh.effective_model(effective))
    assert 1 < found["fidelity"]["wait_s"] * slowest < 7


def test_tables_name_what_takes_longer_than_the_experiment(qsb):
    shown = qsb("evolve", *SMALL, "--alone", "--time", "10 ns", "--verbose").out
    assert "1 of these take longer than the 10 ns" in " ".join(shown.split())
    assert "P(1), pumps on" in shown
    ion = qsb("evolve", "ion_lattice_ca40", *SMALL[1:], "--alone")
    assert "P(1), lasers on" in ion.out
    assert "pump" not in ion.out
    assert "integration error" in " ".join(shown.split())
    assert re.search(r"left out: P\(1\) [\d.e-]+\.", " ".join(shown.split()))


@pytest.mark.parametrize(("verb", "option", "given"), [
    ("evolve", "--coupling", "50 kHz"), ("evolve", "--pair-levels", 4), ("spectrum", "--coupling", "50 kHz"),
])  # fmt: skip
def test_what_means_nothing_for_one_device_is_not_ignored(refused, verb, option, given):
    refused([verb, *SMALL, "--alone", option, given], f"{option} must come without --alone")


def test_another_initial_state_is_refused_in_the_words_of_the_option(refused):
    done = refused(["evolve", *SMALL, "--initial", "hot"], "--initial must be ground or thermal, but found 'hot'")
    assert "evolve" not in done.err.split("--initial must", 1)[1]


def test_spectrum_names_the_lines_and_their_pulling(qsb, tmp_path):
    picture = tmp_path / "s.svg"
    done = qsb("spectrum", *SMALL, "--json", "--plot", picture)
    record = done.json()
    assert done.status == 0
    assert record["numerics"]["truncation_error"] > 0
    assert record["numerics"]["bath_edge_population"] > 0
    found = record["emission"]
    device = qh.load_device("kerr_squid_array").oscillator(4)
    spacing = device.ladder.transition_frequencies / (2 * np.pi)
    strongest = found["spectrum"]["peaks"][0]
    assert strongest["levels"] == [1, 0]
    assert strongest["position_hz"] == pytest.approx(spacing[0], rel=1e-4)
    assert sum(line["weight"] for line in found["spectrum"]["peaks"]) == pytest.approx(found["spectrum"]["total"])
    assert {port["name"] for port in found["ports"]} == {bath.name for bath in device.baths}
    blue = next(port["spectrum"] for port in found["ports"] if port["name"] == "amplification")
    assert blue["peaks"][0]["position_hz"] == pytest.approx(-spacing[0], rel=1e-4)
    assert blue["peaks"][0]["levels"] == [0, 1]
    detunings = [row["detuning_hz"] for row in found["pulling"]]
    at_zero = found["pulling"][int(np.argmin(np.abs(detunings)))]
    splitting = sorted(line["position_hz"] for line in at_zero["first"] if line["levels"] == [1, 0])
    assert splitting[0] == pytest.approx(-86e3, rel=0.3)
    assert found["pulling_levels"] == 4
    assert found["pulling_error_hz"] is None  # there are no more levels to compare with
    assert picture.stat().st_size > 10_000
    assert "|1⟩ → |0⟩" in qsb("spectrum", *SMALL, "--alone").out


@pytest.mark.parametrize(("verb", "part"), [("evolve", "evolution"), ("spectrum", "emission")])
def test_without_a_fock_state_the_reason_takes_the_place_of_the_result(qsb, tmp_path, verb, part):
    done = qsb(verb, "photon_pressure", "--json", "--plot", tmp_path / "p.png")
    record = done.json()
    assert done.status == 1
    assert record[part] is None
    assert "σ = 5000" in record["numerics"]["skipped"][0]


PROTOCOL = """
[[protocol.stage]]
name = "pumps"
duration = "8 us"

[[protocol.stage]]
duration = "0.1 us"
pumps = 0.5
ramp = true
"""


def test_a_protocol_of_the_file_takes_the_place_of_the_usual_experiment(qsb, tmp_path, refused, spy):
    shipped = qh.shipped_specs()["kerr_squid_array"].read_text(encoding="utf-8")
    file, picture = tmp_path / "p.toml", tmp_path / "p.png"
    file.write_text(shipped + PROTOCOL, encoding="utf-8")
    small = ("--levels", 4, "--bath-levels", 2, "--alone")
    seen = spy("qsb_hw.questions.protocol.staged")
    record = qsb("evolve", file, *small, "--json", "--plot", picture).json()
    found = record["protocol"]
    assert record["evolution"] is None
    assert [(s["name"], s["pumps"], s["ramp"]) for s in found["stages"]] == [
        ("pumps", 1, False),
        ("stage 2", 0.5, True),
    ]
    assert found["times_s"][-1] == pytest.approx(8.1e-6)
    steady = qsb("evolve", "kerr_squid_array", *small, "--json").json()["evolution"]["fidelity"]["forever"]
    stage, fidelity = np.array(found["stage"]), np.array(found["fidelity"][0])
    assert fidelity[stage == 0][-1] == pytest.approx(steady, abs=1e-3)
    assert found["error"] < 1e-4
    assert found["S"] is None
    assert picture.stat().st_size > 5_000
    spy("qsb_hw.questions.protocol.staged", seen.result)
    assert "stage 2" in qsb("evolve", file, *small).out
    file.write_text(shipped + PROTOCOL.replace('"8 us"', '"-8 us"'), encoding="utf-8")
    refused(["evolve", file], "$.protocol.stage[0].duration: must be positive")
    file.write_text(shipped + PROTOCOL.replace("[[protocol.stage]]\n", "[[protocol.stage]]\npumps = 0\n").replace(
        "pumps = 0.5\n", ""), encoding="utf-8")  # fmt: skip
    refused(["evolve", file], "$.protocol.stage: must turn the pumps on in some stage")


def test_bad_options_are_refused(refused):
    refused(["evolve", *SMALL, "--initial", "hot"], "ground or thermal", "'hot'")
    refused(["evolve", *SMALL, "--time", "0 s"], "--time must be positive")
    refused(["evolve", *SMALL, "--time", "3 kHz"], "--time")
    refused(["spectrum", *SMALL, "--coupling", "0 Hz"], "--coupling")


LITTLE = ("kerr_squid_array", "--levels", 4, "--bath-levels", 2, "--pair-levels", 3)
CHIP = "two_transmons_tunable"


@pytest.mark.parametrize(("arguments", "expected"), [
    *((["evolve", LITTLE[0], "--time", given], said) for given, said in (
        ("nan s", "finite"), ("1e400 s", "finite"), ("", "a number with a unit"), ("-1 s", "must be positive"))),
    (["evolve", CHIP, "--time-accuracy", "nan"], "must be positive and finite"),
    (["evolve", CHIP, "--node", "Z"], "must be one of the chip's"),
    (["evolve", CHIP, "--nodes", ""], "must be one of the chip's"),
    (["spectrum", LITTLE[0], "--vary", ""], "must look like PATH=VALUES"),
    (["spectrum", LITTLE[0], "--vary", "$.damping.linewidth=nan MHz"], "Values must look like"),
    (["spectrum", LITTLE[0], "--vary", "$.damping.linewidth=1..2 MHz:0"], "at least one point"),
    (["spectrum", LITTLE[0], "--vary", "$.damping.linewidth=1..2 MHz:100000"], "must be at most"),
    (["spectrum", CHIP, "--visible", "nan"], "must not be negative or infinite"),
    *((["record", *LITTLE, option, given], said) for option, given, said in (
        ("--shots", -1, "greater than or equal to 2"), ("--trajectories", 10**12, "most_seconds"),
        ("--efficiency", 1.5, "must be at most 1"), ("--efficiency", "nan", "must be positive and finite"),
        ("--added-noise", "inf", "must not be negative or infinite"), ("--bandwidth", "0 Hz", "must be positive"),
        ("--bandwidth", "-1 MHz", "--bandwidth must be positive"), ("--port-rate", "nan Hz", "--port-rate must be fin"),
        ("--port-rate", "-1 Hz", "--port-rate must be positive"), ("--duration", "1e300 s", "fewer than 1e+15"),
        ("--duration", "1 ps", "5 response times of its filter"), ("--seed", -1, "greater than or equal to 0"))),
    (["record", *LITTLE, "--no-outputs", "--slips", "--duration", "1e300 s"], "fewer than 1e+15"),
    (["record", "three_transmons", "--nodes", "A,Q"], "must be one of the chip's"),
])  # fmt: skip
def test_hostile_values_are_refused_in_the_words_of_the_option(refused, arguments, expected):
    refused(arguments, expected)


@pytest.mark.parametrize(("verb", "inside"), [
    (["evolve", "--pair-levels", 3], "qsb_hw.questions.turn_on.pair_turned_on"),
    (["spectrum"], "qsb_hw.questions.lines.emission_spectrum"),
    (["record", "--pair-levels", 3, "--trajectories", 2], "qsb_hw.questions.heterodyne.diffuse"),
])  # fmt: skip
def test_an_interrupt_leaves_nothing_behind(qsb, tmp_path, monkeypatch, verb, inside):
    """Neither a file, nor a thread, nor a process."""
    reached = []

    def interrupted(*_arguments, **_options):
        reached.append(inside)
        raise KeyboardInterrupt

    monkeypatch.setattr(inside, interrupted)
    before = set(threading.enumerate())
    done = qsb(*verb, *SMALL, "--plot", tmp_path / "p.png")
    assert reached
    assert (done.status, done.out) == (130, "")
    assert "interrupted" in done.err
    assert list(tmp_path.iterdir()) == []
    assert set(threading.enumerate()) <= before
    assert multiprocessing.active_children() == []
