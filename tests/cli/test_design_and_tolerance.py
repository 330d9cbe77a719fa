"""``qsb-hw design`` and ``qsb-hw tolerance`` from the outside."""

import pytest

import qsb_hw as qh
from qsb_hw.show.design import DESIGN
from qsb_hw.show.tolerance import TOLERANCE

RATIO = "$.damping.coupling_to_linewidth,$.amplification.coupling_to_linewidth=0.03..0.15"
QUICK = ("--evaluations", 30, "--workers", 1, "--levels", 4, "--no-check")


def test_a_design_is_written_drawn_and_recorded(qsb, tmp_path):
    file, picture = tmp_path / "better.toml", tmp_path / "better.png"
    done = qsb("design", "kerr_squid_array", "--vary", RATIO, "--maximise", "contrast", "--standard", "borderline",
               *QUICK, "--out", file, "--plot", picture, "--json")  # fmt: skip
    assert done.status == 0, done.err
    record = done.json()
    assert list(record) == [*DESIGN.fields, "provenance"]
    assert record["met"]
    assert record["file"] == str(file)
    spec = qh.load_device(file).spec
    assert f"{spec.damping.coupling_to_linewidth.value:.5g}" == record["choices"][0]["after"]
    assert picture.stat().st_size > 10_000


def test_two_goals_give_a_front(qsb, tmp_path):
    picture = tmp_path / "front.svg"
    done = qsb("design", "kerr_squid_array", "--vary", RATIO, "--maximise", "fidelity", "--minimise", "pump_power",
               "--standard", "borderline", *QUICK, "--plot", picture)  # fmt: skip
    assert done.status == 0, done.err
    assert "Pareto front" in done.out
    assert "pump_power" in picture.read_text()


def test_what_blocks_is_said_and_makes_status_one(qsb):
    done = qsb("design", "photon_pressure", "--vary", "$.oscillator.t1=1..50 us", "--maximise", "contrast", *QUICK)
    assert done.status == 1
    assert "Blocked by:" in done.out
    assert "K/κ" in done.out


def test_a_tolerance_is_drawn_and_recorded_and_reads_well(qsb, tmp_path, spy):
    picture, seen = tmp_path / "t.png", spy("qsb_hw.explore.tolerance.tolerance")
    scatter = ("tolerance", "kerr_squid_array", "--scatter", "$.damping.linewidth=10 %", "--samples", 64)
    done = qsb(*scatter, "--workers", 1, "--levels", 3, "--json", "--plot", picture)
    assert done.status == 0, done.err
    record = done.json()
    assert list(record) == [*TOLERANCE.fields, "provenance"]
    assert record["yield"]["devices"] == 128
    assert picture.stat().st_size > 5_000
    spy("qsb_hw.explore.tolerance.tolerance", seen.result)
    shown = qsb(*scatter).out
    assert "verdict at least borderline" in shown
    assert "$.damping.linewidth" in shown  # shares without the number they belong to are worth nothing
    assert "Cannot be built, or not solved, and counted as failing" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("design", "kerr_squid_array", "--vary", RATIO), "must have a goal"),
        (("design", "kerr_squid_array", "--vary", "nothing", "--maximise", "contrast"), "PATH=10..60 pH"),
        (("design", "kerr_squid_array", "--vary", RATIO, "--maximise", "contrats"), "Did you mean contrast"),
        (("design", "kerr_squid_array", "--vary", RATIO, "--maximise", "S", "--out", "x.txt"), "must end in .toml"),
        (("design", "kerr_squid_array", "--vary", RATIO, "--maximise", "S", "--seed", "-1"), "greater than or equal"),
        (("tolerance", "kerr_squid_array"), "Something must scatter"),
        (("tolerance", "kerr_squid_array", "--scatter", "$.damping.linewidth"), "PATH=3 %"),
        (("tolerance", "kerr_squid_array", "--scatter", "$.damping.linewidth=3 %", "--samples", "7"), "power of two"),
    ],
)
def test_bad_input_is_said_before_any_work(refused, arguments, message):
    refused(arguments, message)


def test_a_design_never_overwrites(refused, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("precious")
    refused(["design", "kerr_squid_array", "--vary", RATIO, "--maximise", "contrast", "--out", file], "a new file")
    assert file.read_text() == "precious"
