"""``qsb-hw ensemble``: tables, record, picture, refusals."""

import json
import math
from dataclasses import replace

import pytest

from qsb_hw.plot import plot_ensemble
from qsb_hw.show.ensemble import ENSEMBLE, ensemble_tables


@pytest.fixture
def prediction(many_devices):
    return many_devices


def text_of(renderable):
    from rich.console import Console

    console = Console(width=100)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_record_has_strict_numbers(prediction):
    record = ENSEMBLE.record(prediction)
    json.dumps(record, allow_nan=False)
    assert record["pair_coupling_hz"] == pytest.approx(86e3)
    assert record["asymmetry_hz"] == pytest.approx(-2 * 6.7e6, rel=0.02)
    halves = record["arrangements"][1]
    assert halves["total_hz"] == pytest.approx(100 * 86e3)
    assert halves["critical_hz"] == pytest.approx(prediction.detuned.critical / (2 * math.pi))


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


SMALL = ["ensemble", "kerr_squid_array", "--levels", "3", "--sites", "4", "--devices", "10"]


def test_verb_prints_tables_and_leaves_with_zero(qsb, spy, prediction):
    seen = spy("qsb_hw.questions.ensemble.predict_ensemble", prediction)
    done = qsb(*SMALL, "--seed", 2)
    assert done.status == 0
    assert (seen.options["devices"], seen.options["levels"], seen.options["sites"], seen.options["seed"]) == (
        10,
        3,
        4,
        2,
    )
    assert f"{prediction.devices} devices, every pair coupled by v/2π = 86 kHz" in done.out


def test_too_little_coupling_is_infeasible(qsb, spy, prediction):
    equal, detuned = (replace(one, assumed=True) for one in (prediction.equal, prediction.detuned))
    seen = spy("qsb_hw.questions.ensemble.predict_ensemble", replace(prediction, equal=equal, detuned=detuned))
    done = qsb(*SMALL, "--coupling", "-1 Hz", "--json")
    record = done.json()
    assert done.status == 1
    assert seen.options["pair_coupling"] == pytest.approx(-2 * math.pi)
    assert list(record) == ["device", "ensemble", "conditions", "numerics", "provenance"]
    assert record["ensemble"]["arrangements"][0]["total_assumed"] is True


def test_device_without_a_fock_state_says_why(qsb):
    done = qsb("ensemble", "photon_pressure")
    assert done.status == 1
    assert "must single out one level" in " ".join(done.out.split())
