"""``qsb-hw figure``."""

import json
from types import SimpleNamespace

import pytest
import xarray as xr

from qsb_hw.cli.main import run


@pytest.fixture
def qsb(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        status = run([str(a) for a in arguments])
        captured = capsys.readouterr()
        return SimpleNamespace(status=status, out=captured.out, err=captured.err)

    return call


def test_list_names_every_figure(qsb):
    done = qsb("figure", "--list")
    assert done.status == 0
    for name in (
        "loerch2017-1a",
        "loerch2017-4d",
        "loerch2017-7b",
        "nadolny2023-2a",
        "nadolny2023-4c",
        "nadolny2023-s4",
    ):
        assert name in done.out
    rows = json.loads(qsb("figure", "--list", "--json").out)["figures"]
    assert {"name", "title", "duration"} <= set(rows[0])


def test_draws_a_picture_named_after_the_figure(qsb, tmp_path):
    done = qsb("figure", "loerch2017-6")
    assert done.status == 0
    assert (tmp_path / "loerch2017-6.png").read_bytes().startswith(b"\x89PNG")
    assert "wrote loerch2017-6.png" in done.err
    assert "energy of |n1, n2⟩" in done.out


def test_supplementary_panels_may_be_written_with_a_capital(qsb, tmp_path):
    done = qsb("figure", "nadolny2023-S1d")
    assert done.status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["nadolny2023-s1d.png"]
    assert "Phys. Rev. Lett. 131, 190402" in done.out


def test_missing_and_infinite_numbers_are_null(qsb):
    done = qsb("figure", "nadolny2023-S1c", "--json")
    record = json.loads(done.out)
    assert None in record["variables"]["most_likely"]["values"][127]
    assert "NaN" not in done.out


def test_stores_data_and_draws_where_it_is_told(qsb, tmp_path):
    done = qsb("figure", "loerch2017-1a", "--out", "picture.svg", "--data", "numbers.nc")
    assert done.status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["numbers.nc", "picture.svg"]
    with xr.open_dataset("numbers.nc", engine="scipy") as data:
        assert data.population.values.argmax() == 2


def test_json_is_everything_and_nothing_else(qsb, tmp_path):
    done = qsb("figure", "loerch2017-6", "--json", "--data", "same.json")
    record = json.loads(done.out)
    assert list(record) == ["figure", "attributes", "coordinates", "variables", "provenance"]
    energy = record["variables"]["energy"]
    assert energy["dims"] == ["kerr", "n1", "n2"]
    assert energy["values"][0][2][1] == 3
    assert record["variables"]["mismatch"]["values"][0][0][0] is None  # no such level
    stored = json.loads((tmp_path / "same.json").read_text(encoding="utf-8"))
    assert stored["variables"] == record["variables"]
    assert not (tmp_path / "loerch2017-6.png").exists()


def test_a_picture_that_cannot_be_written_names_the_option_of_this_verb(qsb, tmp_path, monkeypatch):
    def full(*_arguments, **_keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.draw", full)
    done = qsb("figure", "loerch2017-6", "--out", "picture.png")
    assert done.status == 2
    assert done.out == ""
    assert "--out must be a file that can be written, but found 'picture.png': No space left on device." in done.err
    assert "--plot" not in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["loerch2017-2c"], ["'loerch2017-2c'", "Did you mean 'loerch2017-"]),
        (["nadolny2023-1"], ["'nadolny2023-1'", "Did you mean 'nadolny2023-"]),
        (["nadolny2023-S1"], ["'nadolny2023-S1'", "Did you mean 'nadolny2023-s1a'"]),
        (["nadolny-4b"], ["Did you mean 'nadolny2023-4b'"]),
        (["nadolny2023-4a", "--out", "map.tif"], [".png"]),
        (["lörch2017-2b"], ["Did you mean 'loerch2017-2b'"]),
        ([], ["missing", "--list"]),
        (["loerch2017-6", "--out", "picture.gif"], [".png"]),
        (["loerch2017-6", "--data", "numbers.csv"], [".nc", ".json"]),
        (["loerch2017-6", "--data", "nowhere/numbers.nc"], ["folder"]),
    ],
)
def test_bad_input_is_refused_before_any_work(qsb, tmp_path, arguments, words):
    done = qsb("figure", *arguments)
    assert done.status == 2
    assert done.out == ""
    assert all(word in done.err for word in words)
    assert list(tmp_path.iterdir()) == []
