"""Saving: a file that gives the setting again, and no other place than the one that was named."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

import qsb_hw as qh
from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.explorer.controls import controls_of, setting_of
from qsb_hw.explorer.saving import ExistsError, Place, explored_file

LINEWIDTH = "$.damping.linewidth"


def setting(subject, texts):
    return setting_of(subject, {c.path: c for c in controls_of(subject)}, texts)


@pytest.mark.parametrize(
    ("name", "path", "text"),
    [
        ("transmon_squid", LINEWIDTH, "22.5 MHz"),
        ("three_transmons", "$.node.A.damping.inductance", "641 pH"),  # B and C are like A, each with its own
        ("three_transmons", "$.node.A.oscillator.temperature", "30 mK"),  # inherited by both
        ("three_transmons", "$.capacitance.matrix[1][2]", "-30.5 fF"),
    ],
)
def test_a_saved_file_gives_the_setting_again_with_its_origin(tmp_path, name, path, text):
    subject = subject_of(name)
    wanted = setting(subject, {path: text})
    file = tmp_path / "new.toml"
    file.write_text(explored_file(subject, wanted, "feasible"), encoding="utf-8")
    found = subject_of(file)
    assert found.number(path).value == pytest.approx(wanted.values[path], rel=1e-12)
    assert found.number(path).source == f"qsb-hw explore: was {subject.number(path).text}"
    one, other = found.canonical(), subject.canonical()
    moved = {key for key in one if one[key] != other.get(key)}
    assert {key.partition("[")[0] for key in moved} == {path.partition("[")[0]}
    head = file.read_text("utf-8").splitlines()[:2]
    assert f"# Changed from {name}.toml ({subject.digest}) by qsb-hw {qh.__version__} explore" in head[0]
    assert head[1].endswith("of the full model: feasible.")
    assert "# A transmon" in file.read_text("utf-8") or name != "transmon_squid"  # comments stay


@pytest.mark.parametrize(
    ("name", "path", "text", "t1"),
    [
        ("kerr_squid_array", LINEWIDTH, "6 MHz", '"15.5 us"'),
        ("two_transmons_tunable", "$.node.A.damping.linewidth", "21 MHz", '"100 us"'),
    ],
)
def test_a_file_that_changed_meanwhile_is_not_taken_for_the_one_explored(tmp_path, name, path, text, t1):
    file = tmp_path / "explored.toml"
    read = Path(subject_of(name).source).read_text("utf-8")
    file.write_text(read, "utf-8")
    subject = subject_of(file)
    wanted = setting(subject, {path: text})
    assert explored_file(subject, wanted)
    assert t1 in read
    file.write_text("# a comment changes nothing\n" + read, "utf-8")
    assert explored_file(subject, wanted)
    for other in (read.replace(t1, '"20 us"', 1), read.replace(t1, '"', 1)):  # another number, half a line
        file.write_text(other, "utf-8")
        text = explored_file(subject, wanted)
        assert "explored.toml has changed since it was read" in text
        saved = tmp_path / "saved.toml"
        saved.write_text(text, "utf-8")
        found, was = subject_of(saved).canonical(), subject.canonical()
        assert {key for key in found.keys() | was.keys() if found.get(key) != was.get(key)} == {path}


@pytest.fixture
def folder(tmp_path, served):
    with served("kerr_squid_array", Place.of(tmp_path, subject_of("kerr_squid_array").source)) as running:
        yield running, tmp_path


@pytest.mark.parametrize(
    "name",
    ["../out.toml", "/tmp/out.toml", "a/b.toml", "..\\out.toml", "out.toml\0", "out", "", None, 3, ".hidden.toml",
     "x" * 300 + ".toml", "out.toml\n", "C:out.toml", ["out.toml"]],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    place = Place.of(tmp_path, "source.toml")
    with pytest.raises(ArgumentError, match="plain name"):
        place.file(name)


def test_over_http_a_file_is_written_once_and_replaced_only_where_that_is_asked(folder):
    running, where = folder
    changes = {LINEWIDTH: "5.5 MHz"}
    status, found = running.ask("save", changes=changes, name="new.toml")
    assert (status, found) == (200, {"saved": str(where / "new.toml")})
    before = (where / "new.toml").read_bytes()
    status, found = running.ask("save", changes={LINEWIDTH: "6 MHz"}, name="new.toml")
    assert (status, found["exists"]) == (409, True)
    assert (where / "new.toml").read_bytes() == before
    assert running.ask("save", changes={LINEWIDTH: "6 MHz"}, name="new.toml", replace=True)[0] == 200
    assert qh.load_device(where / "new.toml").spec.damping.linewidth.text == "6 MHz"
    assert running.ask("save", changes=changes, name="../new2.toml")[0] == 422
    status, found = running.ask("save", changes={LINEWIDTH: "nan"}, name="other.toml")
    assert (status, found["problems"][0]["path"]) == (422, LINEWIDTH)
    assert os.listdir(where) == ["new.toml"]  # and nothing half-written
    assert not (where.parent / "new2.toml").exists()


def test_without_a_place_nothing_is_written_but_the_text_can_be_had(kerr):
    assert kerr.ask("save", changes={}, name="new.toml")[0] == 422
    status, headers, text = kerr.request("api/text", {"changes": {LINEWIDTH: "5.5 MHz"}})
    assert (status, headers["content-type"].split(";")[0]) == (200, "application/toml")
    was = kerr.explorer.subject.number(LINEWIDTH).text
    assert f'value = "5.5 MHz", source = "qsb-hw explore: was {was}"' in text


def test_a_place_is_checked_before_the_page_opens(tmp_path):
    source = tmp_path / "source.toml"
    source.write_text("x", encoding="utf-8")
    link = tmp_path / "link.toml"
    link.symlink_to(source)
    for path, said in (
        (tmp_path / "new.json", "must end in .toml"), (tmp_path / "nowhere" / "new.toml", "must lie in a folder"),
        (link, "must be no link"), (source, "must be another file"),
    ):  # fmt: skip
        with pytest.raises(ArgumentError, match=said):
            Place.of(path, str(source))
    place = Place.of(tmp_path / "new.toml", str(source))
    assert sorted(tmp_path.iterdir()) == [link, source]
    with pytest.raises(ArgumentError, match="one named by --save"):
        place.file("other.toml")


@pytest.mark.parametrize("name", ["", "new.toml"])
def test_a_folder_that_cannot_be_written_is_refused_before_the_page_opens(tmp_path, monkeypatch, name):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)  # the superuser may write anywhere
    with pytest.raises(ArgumentError, match=r"--save must lie where files can be written.*Permission denied"):
        Place.of(tmp_path / name, "source.toml")


def test_links_and_the_file_itself_are_never_written_through(tmp_path):
    source = tmp_path / "source.toml"
    source.write_text("x", encoding="utf-8")
    (tmp_path / "link.toml").symlink_to(source)
    place = Place.of(tmp_path, str(source))
    for name in ("link.toml", "source.toml"):
        with pytest.raises(ArgumentError) as caught:
            place.write("y", str(source), name, replace=True)
        assert not isinstance(caught.value, ExistsError)
    assert source.read_text("utf-8") == "x"
