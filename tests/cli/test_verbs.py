"""Every verb on the files that ship."""

import math

import numpy as np
import pytest

import qsb_hw as qh

TOP = [
    "device", "verdict", "oscillator", "effective", "criteria", "comparison", "synchronization", "error_budget",
    "lasting", "numerics",
]  # fmt: skip
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


@pytest.mark.parametrize(
    ("spec", "verdict", "status"),
    [("transmon_squid", "feasible", 0), ("kerr_squid_array", "borderline", 0), ("photon_pressure", "infeasible", 1)],
)
def test_check_as_json(qsb, spec, verdict, status):
    done = qsb("check", spec, "--json", "--levels", 5)
    record = done.json()
    assert done.status == status
    assert done.err == ""
    assert list(record) == TOP
    assert record["verdict"] == verdict
    for part, keys in PROMISED.items():
        assert record[part] is None or set(keys) <= set(record[part])
    assert (record["comparison"] is None) == (verdict == "infeasible")


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
    assert done.out.splitlines()[0].startswith("UNDECIDED: not converged")
    assert "truncation error of the populations" in done.out
    assert "from the device file" in done.out
    for claim in ("Every approximation", "The approximations", "every solve, with the levels kept"):
        assert claim not in done.out


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--experiment-time", "10", "--experiment-time"), ("--experiment-time", "0 s", "--experiment-time"),
     ("--bath-levels", "1", "at least two Fock states"), ("--pair-levels", "2", "n0 + 2")],
)  # fmt: skip
def test_check_refuses_conditions_that_cannot_be(qsb, option, value, said):
    done = qsb("check", "kerr_squid_array", option, value)
    assert done.status == 2
    assert said in done.err
    assert done.out == ""


def test_a_path_and_the_name_of_a_shipped_file_are_the_same_device(qsb):
    path = qh.shipped_specs()["photon_pressure"]
    assert qsb("effective", path, "--json").json() == qsb("effective", "photon_pressure", "--json").json()


def test_effective_gives_the_numbers_of_the_api(qsb):
    record = qsb("effective", "kerr_squid_array", "--json", "--levels", 5).json()
    effective = qh.eliminate(qh.load_device("kerr_squid_array").oscillator(levels=5))
    assert list(record) == ["device", "oscillator", "effective"]
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


LADDER = ["device", "oscillator", "error_budget", "numerics"]


def test_compare_ladder_gives_the_numbers_of_the_api(qsb, tmp_path):
    chosen = "secular, linearised,kerr"
    picture = tmp_path / "p.svg"
    done = qsb(
        "compare", "kerr_squid_array", "--ladder", "--descriptions", chosen, "--json", "--levels", 4, "--plot", picture
    )
    record = done.json()
    device = qh.load_device("kerr_squid_array")
    expected = qh.error_budget(device, levels=4, descriptions=("linearised", "kerr", "secular"))
    assert done.status == 0
    assert list(record) == LADDER
    budget = record["error_budget"]
    assert [description["name"] for description in budget["descriptions"]] == ["linearised", "kerr", "secular"]
    for step, row in zip(budget["steps"], expected.rows, strict=True):
        assert step["cost"] == pytest.approx(row.cost, rel=1e-6, abs=1e-9)
        assert step["remedy"] == row.remedy
    assert budget["detuning_hz"] * 2 * math.pi == pytest.approx(expected.detuning)
    assert "<svg" in picture.read_text()


def test_compare_ladder_of_an_ion_shows_every_step_and_what_was_skipped(qsb):
    done = qsb("compare", "ion_lattice_be9", "--ladder", "--levels", 4)
    assert done.status == 0
    assert "the recoil of emitted" in done.out
    assert "skipped: an ion has no" in " ".join(done.out.split())
    assert max(len(line) for line in done.out.splitlines()) <= 100


def test_compare_ladder_without_a_fock_state_gives_the_reason(qsb, tmp_path):
    picture = tmp_path / "p.png"
    done = qsb("compare", "ion_surface_trap_brown2011", "--ladder", "--json", "--plot", picture)
    record = done.json()
    assert done.status == 1
    assert list(record) == LADDER
    assert record["error_budget"] is None
    assert "error budget: the tones must single out one level" in record["numerics"]["skipped"][0]
    assert not picture.exists()


def test_sync_takes_the_coupling_asked_for(qsb):
    record = qsb("sync", "kerr_squid_array", "--json", "--levels", 4, "--pair-levels", 3, "--coupling", "40 kHz").json()
    assert list(record) == ["device", "oscillator", "synchronization", "numerics"]
    assert record["synchronization"]["coupling_hz"] == pytest.approx(40e3)
    assert not record["synchronization"]["coupling_assumed"]
    shown = qsb("sync", "kerr_squid_array", "--levels", 4, "--pair-levels", 3, "--coupling", "40 kHz").out
    assert "V/2π = 40 kHz (given)" in shown
    assert record["synchronization"]["full_dims"] == [3, 3, 3, 3, 3, 3]
    assert record["synchronization"]["resonances_hz"] == pytest.approx([-13.4e6, 13.4e6], rel=0.02)


@pytest.mark.parametrize(("verb", "part"), [("compare", "comparison"), ("sync", "synchronization")])
def test_without_a_fock_state_the_reason_takes_the_place_of_the_result(qsb, tmp_path, verb, part):
    picture = tmp_path / "p.png"
    done = qsb(verb, "photon_pressure", "--json", "--plot", picture)
    record = done.json()
    assert done.status == 1
    assert record[part] is None
    assert "σ = 5e+03" in record["numerics"]["skipped"][0]
    assert not picture.exists()
    assert "was not written" in done.err


def test_specs_lists_what_ships(qsb):
    listed = qsb("specs", "--json").json()
    assert {row["name"] for row in listed} == set(qh.shipped_specs())
    shown = qsb("specs")
    assert shown.status == 0
    assert all(row["name"] in shown.out for row in listed)


def test_schema_is_a_json_schema(qsb):
    schema = qsb("specs", "--schema").json()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "$defs" in schema
