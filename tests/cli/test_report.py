"""``qsb-hw report``: a page written whole or not at all, and what it refuses."""

import sys

import pytest

BRIEF = ("photon_pressure", "--only", "verdict,sources")


def test_a_page_is_written_and_may_be_written_again(qsb, tmp_path):
    page = tmp_path / "report.html"
    for _ in range(2):
        done = qsb("report", *BRIEF, "-o", page)
        assert done.status == 0, done.err  # the page is there, whatever the verdict
        assert f"wrote {page}" in done.err
        assert "infeasible" in done.out
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "qsb-hw report photon_pressure --only verdict,sources -o" in text
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_the_record_is_that_of_the_page(qsb, tmp_path):
    record = qsb("report", *BRIEF, "--out", tmp_path / "a.md", "--json").json()
    assert [part["key"] for part in record["parts"]] == ["verdict", "sources"]
    assert record["parts"][0]["record"]["verdict"] == "infeasible"
    assert len(record["provenance"]["input"]["file_sha256"]) == 64
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("# photon\\_pressure: report")


def test_foreign_files_and_other_suffixes_are_refused(refused, tmp_path):
    foreign = tmp_path / "notes.html"
    foreign.write_text("my notes", encoding="utf-8")
    refused(["report", *BRIEF, "-o", foreign], "must be a new file or one that qsb-hw made")
    assert foreign.read_text(encoding="utf-8") == "my notes"
    refused(["report", *BRIEF, "-o", tmp_path / "report.docx"], "must end in .html, .md, .pdf")
    refused(["report", "photon_pressure", "--only", "verdikt", "-o", tmp_path / "a.html"], "verdict", "verdikt")
    refused(["report", "photon_pressure"], "--out")
    assert [file.name for file in tmp_path.iterdir()] == ["notes.html"]


def test_pdf_without_its_extra_says_what_to_install(refused, tmp_path, monkeypatch):
    def solved(*_arguments, **_options):
        raise AssertionError("solved before it was refused")

    monkeypatch.setitem(sys.modules, "weasyprint", None)
    monkeypatch.setattr("qsb_hw.show.report.report", solved)
    refused(["report", *BRIEF, "-o", tmp_path / "report.pdf"], "qsb-hw[pdf]", "print it from a browser")
    assert not [*tmp_path.iterdir()]


def test_a_pdf_is_one(qsb, tmp_path):
    pytest.importorskip("weasyprint", reason="the extra pdf is not installed", exc_type=ImportError)
    file = tmp_path / "report.pdf"
    for _ in range(2):
        assert qsb("report", "photon_pressure", "--only", "numerics", "-o", file).status == 0
    assert file.read_bytes().startswith(b"%PDF-")


def test_a_part_that_fails_is_exit_status_1_and_the_page_is_there(qsb, tmp_path, monkeypatch):
    def broken(*_arguments, **_options):
        raise RuntimeError("nothing there")

    monkeypatch.setattr("qsb_hw.show.report.parts.of_device", broken)
    done = qsb("report", *BRIEF, "-o", tmp_path / "report.html")
    assert done.status == 1
    assert "RuntimeError: nothing there" in (tmp_path / "report.html").read_text(encoding="utf-8")
