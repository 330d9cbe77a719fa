"""Every verb on the files that ship."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh

PROMISED = {
    "oscillator": ["frequency_hz", "kerr_hz", "transition_frequencies_hz"],
    "effective": [
        "gamma_hz", "sigma", "n_plus", "n_minus", "sigma_published", "n_plus_published", "n_minus_published",
        "up_rates", "down_rates",
    ],
    "comparison": [
        "populations_full", "populations_eliminated", "populations_published", "trace_distance", "fitted",
        "supported_convention",
    ],
    "synchronization": ["coupling_hz", "detuning_hz", "S", "resonances_hz", "S_full", "blockade_contrast"],
    "error_budget": ["worst", "first_failure", "descriptions", "steps", "operations"],
    "lasting": ["experiment_time_s", "populations", "populations_forever", "relaxation_rate", "time_to_loss_s"],
    "numerics": ["status", "residual", "truncation_error", "levels_origin", "bath_levels", "pair_error"],
}  # fmt: skip
VERBS = {
    "check photon_pressure": "device verdict oscillator effective criteria comparison synchronization error_budget "
    "lasting numerics",
    "effective kerr_squid_array": "device oscillator effective conditions",
    "compare photon_pressure": "device oscillator rotating_wave_approximation effective comparison numerics",
    "compare photon_pressure --hierarchy": "device oscillator error_budget numerics",
    "budget photon_pressure": "device oscillator noise tones measurement numerics",
    "sync photon_pressure": "device oscillator synchronization numerics",
    "evolve photon_pressure": "device oscillator evolution protocol numerics",
    "spectrum photon_pressure": "device oscillator emission numerics conditions",
    "ensemble photon_pressure": "device ensemble conditions numerics",
    "figure loerch2017-1a": "figure attributes coordinates variables",
    "specs": "specs",
    "sweep --list": "measures of_chips",
    "figure --list": "figures",
    "keys": "keys",
}
"""Keys of the record of a command line; `sweep`, `map`, `design` and `tolerance` have tests of their own."""


@pytest.mark.parametrize("line", VERBS)
def test_every_record_has_its_keys_and_its_provenance(qsb, line):
    record = qsb(*line.split(), "--json").json()
    assert list(record) == [*VERBS[line].split(), "provenance"]
    assert record["provenance"]["command"] == f"qsb-hw {line} --json"
    spec = next((word for word in line.split() if word in qh.shipped_specs()), None)
    found = record["provenance"]["input"]
    assert (found is None) == (spec is None)
    if spec is not None:
        assert found["file"] == spec
        assert found["values"]["name"] == spec


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(qh.Verdict.FEASIBLE, 0), (qh.Verdict.BORDERLINE, 0), (qh.Verdict.INFEASIBLE, 1), (qh.Verdict.UNDECIDED, 1)],
)
def test_check_as_json(qsb, spy, assessment, verdict, status):
    seen = spy("qsb_hw.questions.assess.assess", replace(assessment, verdict=verdict))
    done = qsb("check", "kerr_squid_array", "--json", "--levels", 5, "--experiment-time", "2 s")
    record = done.json()
    assert done.status == status
    assert done.err == ""
    assert record["verdict"] == verdict.value
    assert (seen.options["levels"], seen.options["experiment_time"]) == (5, 2.0)
    for part, keys in PROMISED.items():
        assert set(keys) <= set(record[part])


def test_check_of_a_device_without_a_fock_state(qsb):
    done = qsb("check", "photon_pressure", "--json")
    record = done.json()
    assert (done.status, record["verdict"]) == (1, "infeasible")
    assert record["comparison"] is None


def test_check_shows_tables_and_the_verdict(qsb, tmp_path):
    picture = tmp_path / "check.png"
    done = qsb("check", "photon_pressure", "--plot", picture)
    assert done.status == 1
    assert "INFEASIBLE" in done.out
    assert "K/κ" in done.out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in done.err


def test_check_without_levels_enough_says_so_first_and_exits_1(qsb, tmp_path):
    text = qh.shipped_specs()["ion_lattice_ca40"].read_text(encoding="utf-8")
    start, end = text.index("[cooling]"), text.index("[pair]")
    file = tmp_path / "narrow.toml"
    file.write_text(f"{text[:start]}{text[end:]}[conditions]\nlevels = 6\npair_levels = 3\n", encoding="utf-8")
    done = qsb("check", file)
    assert done.status == 1
    name, answer = done.out.split("\n\n")[:2]
    assert name.startswith("ion_lattice_ca40 – ")
    assert answer.splitlines()[1].startswith("│ UNDECIDED: not converged")
    assert "truncation error of the populations" in done.out
    assert "from the device file" in done.out
    for claim in ("Every approximation", "The approximations", "every solve, with the levels kept"):
        assert claim not in done.out


def test_a_path_and_the_name_of_a_shipped_file_are_the_same_device(qsb):
    path = qh.shipped_specs()["photon_pressure"]
    of_path, of_name = (qsb("effective", spec, "--json").json() for spec in (path, "photon_pressure"))
    inputs = [record.pop("provenance")["input"] for record in (of_path, of_name)]
    assert of_path == of_name
    assert (inputs[0]["hash"], inputs[0]["values"]) == (inputs[1]["hash"], inputs[1]["values"])


def test_effective_gives_the_numbers_of_the_api(qsb):
    record = qsb("effective", "kerr_squid_array", "--json", "--levels", 5).json()
    effective = qh.eliminate(qh.load_device("kerr_squid_array").oscillator(levels=5))
    assert record["effective"]["gamma_hz"] * 2 * math.pi == pytest.approx(effective.gamma)
    np.testing.assert_allclose(record["effective"]["up_rates"], effective.up_rates)


def test_effective_works_without_a_fock_state(qsb):
    done = qsb("effective", "photon_pressure")
    assert done.status == 0
    assert "γ/2π" in done.out


def test_compare_gives_the_numbers_of_the_api(qsb, tmp_path):
    done = qsb("compare", "kerr_squid_array", "--json", "--levels", 4, "--plot", tmp_path / "p.svg")
    record = done.json()
    expected = qh.compare(qh.load_device("kerr_squid_array").oscillator(levels=4))
    assert done.status == 0
    np.testing.assert_allclose(record["comparison"]["populations_full"], expected.populations_full, rtol=1e-9)
    assert record["comparison"]["trace_distance"] == pytest.approx(expected.trace_distance, rel=1e-6)
    assert record["numerics"]["status"] == "converged"
    assert "<svg" in (tmp_path / "p.svg").read_text()


def test_compare_can_keep_the_counter_rotating_terms(qsb):
    kept, dropped = (
        qsb("compare", "kerr_squid_array", "--json", "--levels", 4, option).json() for option in ("--no-rwa", "--rwa")
    )
    assert not kept["rotating_wave_approximation"]
    assert dropped["rotating_wave_approximation"]
    assert kept["comparison"]["populations_full"] != dropped["comparison"]["populations_full"]


def test_compare_hierarchy_shows_the_error_budget(qsb, tmp_path, spy):
    seen, picture = spy("qsb_hw.questions.approximations.error_budget"), tmp_path / "p.svg"
    chosen = ["--hierarchy", "--descriptions", "secular, linearised,kerr"]
    done = qsb("compare", "kerr_squid_array", *chosen, "--json", "--levels", 4, "--plot", picture)
    budget, expected = done.json()["error_budget"], seen.result
    assert done.status == 0
    assert seen.options["levels"] == 4
    assert [description["name"] for description in budget["descriptions"]] == ["linearised", "kerr", "secular"]
    for step, row in zip(budget["steps"], expected.rows, strict=True):
        assert step["cost"] == pytest.approx(row.cost, rel=1e-6, abs=1e-9)
        assert step["remedy"] == row.remedy
    assert budget["detuning_hz"] * 2 * math.pi == pytest.approx(expected.detuning)
    assert "<svg" in picture.read_text()


def test_former_names_of_options_still_work(qsb, spy, assessment):
    seen = spy("qsb_hw.questions.approximations.error_budget", assessment.budget)
    assert qsb("compare", "kerr_squid_array", "--ladder", "--rungs", "kerr,linearised").status == 0
    assert tuple(seen.options["descriptions"]) == ("linearised", "kerr")
    assert "--ladder" not in qsb("compare", "--help").out


def test_compare_hierarchy_of_an_ion_shows_every_step_and_what_was_skipped(qsb):
    done = qsb("compare", "ion_lattice_be9", "--hierarchy", "--levels", 4, "--verbose")
    assert done.status == 0
    assert "Skipped: " in done.out.split("Cost of each approximation")[0]
    assert re.search(r"^the recoil of .*\n?emitted photons ", done.out, re.MULTILINE)
    assert "skipped: the internal levels" in " ".join(done.out.split())
    assert max(len(line) for line in done.out.splitlines()) <= 100


@pytest.mark.parametrize(("coupling", "shown"), [("-40 kHz", "−40 kHz"), ("86 kHz", "86 kHz")])
def test_sync_takes_the_coupling_asked_for_with_its_sign(qsb, spy, coupling, shown):
    small, seen = ("--levels", 4, "--pair-levels", 3, "--bath-levels", 2), spy("qsb_hw.analysis.analysis.analyse")
    record = qsb("sync", "kerr_squid_array", "--json", *small, "--coupling", coupling).json()
    asked = 1e3 * float(coupling.split()[0])
    (condition,) = (c for c in record["numerics"]["conditions"] if c["name"] == "coupling")
    assert condition == {"name": "coupling", "value": pytest.approx(asked), "origin": "given"}
    assert record["synchronization"]["coupling_hz"] == pytest.approx(asked)
    assert not record["synchronization"]["coupling_assumed"]
    assert record["synchronization"]["full_dims"] == [3, 2, 2, 3, 2, 2]
    assert record["synchronization"]["resonances_hz"] == pytest.approx([-13.4e6, 13.4e6], rel=0.02)
    spy("qsb_hw.analysis.analysis.analyse", seen.result)  # solved already
    assert f"V/2π = {shown} (given)" in qsb("sync", "kerr_squid_array").out


@pytest.mark.parametrize(
    ("verb", "part"),
    [("compare", "comparison"), ("compare --hierarchy", "error_budget"), ("sync", "synchronization")],
)
def test_without_a_fock_state_the_reason_takes_the_place_of_the_result(qsb, tmp_path, verb, part):
    picture = tmp_path / "p.png"
    done = qsb(*verb.split(), "photon_pressure", "--json", "--plot", picture)
    record = done.json()
    assert done.status == 1
    assert record[part] is None
    assert "σ = 5000" in record["numerics"]["skipped"][0]
    assert not picture.exists()
    assert "was not written" in done.err


def test_specs_lists_what_ships(qsb):
    listed = qsb("specs", "--json").json()["specs"]
    assert {row["name"] for row in listed if row["kind"] == "device"} == set(qh.shipped_specs())
    assert {row["name"] for row in listed if row["kind"] == "chip"} == set(qh.shipped_chips())
    shown = qsb("specs")
    assert shown.status == 0
    assert all(row["name"] in shown.out for row in listed)


def test_schema_is_a_json_schema(qsb):
    schema = qsb("specs", "--schema").json()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "$defs" in schema
