"""``qsb-hw ensemble``: tables, record, picture, refusals."""

import json
import math

import pytest
from qsb_hw.show.ensemble_record import KEYS, ensemble_record
from qsb_hw.show.tables.ensemble import ensemble_tables

from qsb_hw.cli.main import run
from qsb_hw.plot import plot_ensemble


@pytest.fixture
def prediction(many_devices):
    return many_devices


def text_of(renderable):
    from rich.console import Console

    console = Console(width=100)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_record_has_the_documented_keys_and_strict_numbers(prediction):
    record = ensemble_record(prediction)
    assert {f"ensemble.{key}" for key in record} == set(KEYS)
    json.dumps(record, allow_nan=False)
    assert record["pair_coupling_hz"] == pytest.approx(86e3)
    assert record["asymmetry_hz"] == pytest.approx(-2 * 6.7e6, rel=0.02)
    halves = record["arrangements"][1]
    assert halves["total_hz"] == pytest.approx(100 * 86e3)
    assert halves["critical_hz"] == pytest.approx(prediction.detuned.critical / (2 * math.pi))
    named = KEYS["ensemble.arrangements"]
    assert all(key in named for key in halves)
    assert all(key in KEYS["ensemble.neighbourhoods"] for key in record["neighbourhoods"][0])


def test_tables_say_it_in_words_and_units(prediction):
    shown = text_of(ensemble_tables(prediction))
    for words in ("interference blockade", "critical N|v|/2π", "MHz", "linear noise", "square lattice", "needed"):
        assert words in shown
    assert "Macroscopic blockade" in shown
    assert "nan" not in shown
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_picture_has_two_named_panels(prediction, tmp_path):
    figure, axes = plot_ensemble(prediction)
    assert "detuning" in axes[0].get_xlabel()
    assert "lifetime" in axes[1].get_ylabel()
    assert axes[0].get_yscale() == "log"
    figure.savefig(tmp_path / "ensemble.png", dpi=50)


def test_verb_prints_tables_and_leaves_with_zero(capsys):
    assert run(["ensemble", "kerr_squid_array", "--levels", "3", "--sites", "4", "--devices", "10"]) == 0
    shown = capsys.readouterr().out
    assert "10 devices, every pair coupled by v/2π = 86 kHz" in shown


def test_too_little_coupling_is_infeasible(capsys):
    arguments = ["--levels", "3", "--sites", "4", "--coupling", "1 Hz", "--json"]
    assert run(["ensemble", "kerr_squid_array", *arguments]) == 1
    record = json.loads(capsys.readouterr().out)
    assert list(record) == ["device", "ensemble", "numerics"]
    assert record["ensemble"]["arrangements"][0]["total_assumed"] is True


def test_device_without_a_fock_state_says_why(capsys):
    assert run(["ensemble", "photon_pressure"]) == 1
    assert "must single out one level" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--devices", "1"], "at least two devices"),
        (["--sites", "1"], "4 to 200 sites"),
        (["--coupling", "0 Hz"], "other than zero"),
        (["--coupling", "5 1/s"], "--coupling must be a frequency"),
        (["--plot", "x.jpeg"], "must end in"),
    ],
)
def test_bad_input(capsys, arguments, words):
    assert run(["ensemble", "kerr_squid_array", *arguments]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
