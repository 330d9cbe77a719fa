"""``qsb-hw curves``, ``sensitivities`` and ``pumps`` from the outside."""

import csv

import pytest

from qsb_hw.show.curves import CURVES, SENSITIVITIES
from qsb_hw.show.pumps import PUMPS

E_J = "$.oscillator.josephson_energy"


def test_curves_are_drawn_and_recorded_and_read_well(qsb, tmp_path):
    picture = tmp_path / "curves.svg"
    line = ("curves", "transmon_squid", "--over", f"{E_J}=15..25 GHz:3", "--of", "kerr,bound_levels,P")
    done = qsb(*line, "--json", "--plot", picture)
    assert done.status == 0, done.err
    record = done.json()
    assert list(record) == [*CURVES.fields, "provenance"]
    assert [c["key"] for c in record["curves"]] == ["kerr", "bound_levels", "P"]
    assert picture.stat().st_size > 5_000
    shown = qsb(*line).out
    assert "K/κ: ≥ 20 MHz, 40 MHz with margin" in shown


def test_a_plane_takes_two_ranges(qsb):
    over = ("--over", f"{E_J}=15, 20 GHz", "--over", "$.damping.flux_bias=0, 0.3 Phi_0")
    done = qsb("curves", "transmon_squid", *over, "--of", "damping_pump_power", "--json")
    assert done.status == 0, done.err
    record = done.json()
    assert record["built"] == [[False, True], [False, True]]
    assert record["curves"][0]["values"][0][0] is None
    assert len(record["reasons"]) == 2


def test_sensitivities_are_drawn_and_recorded_and_read_well(qsb, tmp_path):
    picture = tmp_path / "s.svg"
    line = ("sensitivities", "transmon_squid", "--of", "kerr", "--over", E_J, "--scatter", f"{E_J}=3 %")
    done = qsb(*line, "--json", "--plot", picture)
    assert done.status == 0, done.err
    record = done.json()
    assert list(record) == [*SENSITIVITIES.fields, "provenance"]
    assert record["logarithmic"][0][0] == pytest.approx(-0.062, abs=0.001)
    assert record["contribution"][0][0] == pytest.approx(0.03 * 0.062, rel=0.02)
    assert "josephson_energy" in picture.read_text(encoding="utf-8")
    assert f"{100 * record['contribution'][0][0]:.2f} %" in qsb(*line).out


def test_pumps_are_listed_recorded_and_written_to_a_new_file(qsb, spy, tmp_path):
    file, seen = tmp_path / "pumps.csv", spy("qsb_hw.explore.pump_table.pump_table")
    line = ("pumps", "kerr_squid_array", "--attenuation", "60 dB", "--attenuation", "damping=63 dB",
            "--levels", 4)  # fmt: skip
    done = qsb(*line, "--json", "--csv", file)
    assert done.status == 0, done.err
    record = done.json()
    assert list(record) == [*PUMPS.fields, "provenance"]
    assert [row["attenuation_db"] for row in record["rows"]] == [63, 60]
    with file.open(encoding="utf-8", newline="") as opened:
        assert [row["tone"] for row in csv.DictReader(opened)] == ["damping", "amplification"]
    again = qsb(*line, "--csv", file)
    assert again.status == 2
    spy("qsb_hw.explore.pump_table.pump_table", seen.result)
    assert "Pumps of kerr_squid_array" in qsb(*line).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("curves", "transmon_squid", "--over", E_J, "--of", "kerr"), "PATH=VALUES"),
        (("curves", "transmon_squid", "--over", f"{E_J}=1..2 GHz:2", "--of", "kr"), "one the device has"),
        (("sensitivities", "transmon_squid", "--of", "kerr", "--scatter", "3 %"), "--scatter must look like"),
        (("pumps", "transmon_squid", "--attenuation", "damp=60 dB"), "of a tone"),
    ],
)
def test_bad_input_has_status_two(qsb, arguments, message):
    done = qsb(*arguments)
    assert done.status == 2
    assert message in done.err
