"""``qsb-hw sweep`` from the outside."""

import pytest

import qsb_hw as qh
from qsb_hw.show.sweep import MAP, SWEEP

AXES = ("--vary", "$.damping.coupling_to_linewidth=0.05..0.1:3", "--vary", "detuning=-20..20 MHz:5")


def test_a_sweep_is_stored_drawn_and_resumed(qsb, tmp_path):
    store, picture = tmp_path / "map.zarr", tmp_path / "map.png"
    first = qsb("sweep", "kerr_squid_array", *AXES, "--out", store, "--workers", 1, "--json", "--plot", picture)
    assert first.status == 0, first.err
    assert picture.stat().st_size > 10_000
    record = first.json()
    assert list(record) == [*SWEEP.fields, "provenance"]
    assert (record["points"], record["computed"]) == (15, 15)
    assert [a["unit"] for a in record["axes"]] == ["", "MHz"]
    again = qsb("sweep", "kerr_squid_array", *AXES, "--out", store, "--workers", 1, "--json").json()
    assert (again["reused"], again["computed"]) == (15, 0)
    largest = record["measures"][0]
    assert abs(largest["at"]["detuning"]) == 10
    assert float(qh.open_sweep(store).S.max()) == largest["most"]


def test_two_workers_find_what_one_does(qsb, tmp_path):
    stores = [tmp_path / "1.zarr", tmp_path / "2.zarr"]
    for workers, store in enumerate(stores, 1):
        assert qsb("sweep", "kerr_squid_array", *AXES, "--out", store, "--workers", workers).status == 0
    one, two = (qh.open_sweep(store) for store in stores)
    assert one.identical(two)


def test_points_without_a_result_make_status_one_and_say_why(qsb, tmp_path):
    axes = ("--vary", "$.damping.linewidth=3..7 MHz:3")
    done = qsb("sweep", "kerr_squid_array", *axes, "--measure", "sigma", "--out", tmp_path / "x.zarr", "--workers", 1)
    assert done.status == 1
    assert "3 points: 2 converged, 1 refused" in done.out
    assert "external_linewidth: must be at most the linewidth '3 MHz'" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "SPEC must be given"),
        (("transmon_squid",), "--out must be given"),
        (("transmon_squid", "--out", "x.zarr"), "must vary something"),
        (("transmon_squid", *AXES, "--out", "x.zarr", "--measure", "contrats"), "Did you mean contrast"),
        (("transmon_squid", *AXES, "--out", "x.zarr", "--executor", "slurm"), "must be local or dask"),
        (("transmon_squid", *AXES, "--out", "x.zarr", "--workers", "0"), "at least one worker"),
        (("transmon_squid", *AXES, "--vary", "levels=4, 5", "--out", "x.zarr", "--plot", "x.png"), "one axis or two"),
        (("transmon_squid", *AXES, "--out", "x.zarr", "--scheduler", "tcp://x:1"), "must come with executor dask"),
    ],
)
def test_bad_input_is_said_before_any_work(refused, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    refused(["sweep", *arguments], message)
    assert not list(tmp_path.iterdir())


def test_measures_are_listed(qsb):
    assert {"S", "contrast", "verdict"} <= {row["name"] for row in qsb("sweep", "--list", "--json").json()["measures"]}
    assert "blockade contrast" in qsb("sweep", "--list").out


def test_a_map_is_drawn_and_recorded(qsb, tmp_path, monkeypatch, spy):
    monkeypatch.chdir(tmp_path)
    seen = spy("qsb_hw.explore.map.feasibility_map")
    done = qsb("map", "kerr_squid_array", "--points", 3, "--workers", 1)
    assert done.status == 0, done.err
    assert (tmp_path / "feasibility_map.png").stat().st_size > 10_000
    assert "of the plane feasible" in done.out
    spy("qsb_hw.explore.map.feasibility_map", seen.result)
    record = qsb("map", "kerr_squid_array", "--json").json()
    assert list(record) == [*MAP.fields, "provenance"]
    assert record["requirements"]
