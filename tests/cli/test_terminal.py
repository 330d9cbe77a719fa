"""The terminal and what comes from it: full disks, closed streams, odd widths, escape characters, interrupts."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import typer
from xarray import Dataset

import qsb_hw as qh
from qsb_hw.cli import main, output
from qsb_hw.cli.figure import _store, storable
from qsb_hw.cli.output import harmless
from qsb_hw.plot import plot_sweep

posix = pytest.mark.skipif(os.name != "posix", reason="devices and signals as POSIX has them")
DEVICE = qh.shipped_specs()["kerr_squid_array"]
NAME = "evil [red]x[/nothing] :smile: $a_{ \\x1b[31m"
"""Markup of other programs, which is not interpreted."""
ACTING = "evil \x1b[31mred\x1b]0;title\x07 \x9b1m \u202egnp"
"""Characters that act upon a terminal: a file with them in its name is refused."""
COMMAND = [sys.executable, "-m", "qsb_hw"]


def run(*arguments, **options):
    return subprocess.run([*COMMAND, *arguments], text=True, timeout=120, check=False, **options)


def shell(line):
    done = subprocess.run(
        ["/bin/sh", "-c", line.replace("qsb-hw", f"{sys.executable} -m qsb_hw")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    assert "Exception" not in done.stderr
    return done


@pytest.fixture
def evil(tmp_path):
    return renamed(tmp_path, NAME)


def renamed(folder, name):
    text = re.sub(
        r"(?m)^name = .*", lambda _: f"name = {json.dumps(name)}", DEVICE.read_text(encoding="utf-8"), count=1
    )
    (folder / "evil.toml").write_text(text, encoding="utf-8")
    return folder / "evil.toml"


# --- streams ---------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("qsb-hw specs > /dev/full", 1, "No space left"),
        ("qsb-hw specs --json > /dev/full", 1, "No space left"),
        ("qsb-hw --version > /dev/full", 1, "No space left"),
        ("qsb-hw specs >&-", 1, "it is closed"),
        ("qsb-hw check nowhere.toml 2>&-", 2, ""),
        ("qsb-hw check nowhere.toml 2> /dev/full", 2, ""),
        ("qsb-hw check nowhere.toml <&- >&- 2>&-", 2, ""),
        ("qsb-hw specs --schema | head -c 1 > /dev/null", 0, ""),
    ],
)
def test_streams_that_take_nothing(line, status, message):
    done = shell(line)
    assert done.returncode == status
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == bool(message)


@posix
def test_a_file_is_never_opened_in_the_place_of_a_closed_stream(tmp_path):
    """Else what is printed goes into it."""
    line = (
        f"cd {tmp_path} && qsb-hw sweep kerr_squid_array --vary '$.damping.linewidth=5..6 MHz:2' --measure sigma "
        "--workers 1 --out x.zarr >&- 2>&-"
    )
    assert shell(line).returncode == 1
    (segment,) = (tmp_path / "x.zarr" / "journal").glob("*.rows")
    assert re.match(rb'[0-9a-f]{8} {"keys"', segment.read_bytes())
    assert qh.open_sweep(tmp_path / "x.zarr").status.values.tolist() == [1, 1]


@pytest.mark.parametrize("columns", ["0", "1", "-5", "abc", "", "1" * 30, "²"])
def test_widths_that_are_none(qsb, monkeypatch, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    expected = qsb("specs")
    monkeypatch.setenv("COLUMNS", columns)
    done = qsb("specs")
    assert (done.status, done.err) == (0, "")
    assert done.out == expected.out


# --- what acts upon a terminal ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb",
    [
        ["effective"],
        ["sync", "--levels", "4", "--pair-levels", "3", "--bath-levels", "2"],
        ["map", "--points", "2", "--out", "m.zarr", "--workers", "1"],
    ],
)
def test_names_do_not_act_upon_the_terminal(qsb, evil, tmp_path, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    done = qsb(verb[0], evil, *verb[1:], "--plot", "x.png")
    assert "Traceback" not in done.err
    assert harmless(done.out + done.err) == done.out + done.err
    assert "\\x1b[31m" in done.out
    for shown in ("[red]x[/nothing]", ":smile:"):
        assert shown in " ".join(done.out.split())
    assert (tmp_path / "x.png").stat().st_size > 5_000


def test_characters_that_act_upon_the_terminal_are_refused_and_shown_harmless(qsb, tmp_path):
    done = qsb("check", renamed(tmp_path, ACTING))
    assert (done.status, done.out) == (2, "")
    assert "$.name" in done.err
    assert harmless(done.err) == done.err


def test_json_says_the_name_as_it_is(qsb, evil):
    done = qsb("effective", evil, "--json")
    assert done.json()["device"]["name"] == NAME
    assert harmless(done.out) == done.out


PLACES = [
    "check {}",
    "figure {}",
    "{}",
    "sweep kerr_squid_array --vary {} --out x.zarr",
    "sync kerr_squid_array --coupling {}",
    "tolerance kerr_squid_array --holds {}",
    "check kerr_squid_array --plot {}",
    "budget kerr_squid_array --noise {}",
]


@pytest.mark.parametrize("argument", ["\x1b]0;x\x07", "x" * 200_000, "[/red]"])
@pytest.mark.parametrize("where", PLACES)
def test_what_is_repeated_is_short_and_harmless(qsb, tmp_path, monkeypatch, where, argument):
    monkeypatch.chdir(tmp_path)
    done = qsb(*(argument if word == "{}" else word for word in where.split()))
    assert done.status in (1, 2)
    assert "Traceback" not in done.err
    assert harmless(done.err) == done.err
    assert (
        len(done.err) < 6_000 or "check kerr" in where or where == "{}"
    )  # the library that reads options repeats them
    assert not list(tmp_path.iterdir())


# --- files -----------------------------------------------------------------------------------------------------------

PLOT = ["effective", "kerr_squid_array", "--plot"]


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_a_picture_of_ours_is_replaced_and_no_other(qsb, tmp_path, kind):
    file = tmp_path / f"ö ∆ x.{kind}"
    for _ in range(2):
        assert qsb(*PLOT, file).status == 0
    assert [f.name for f in tmp_path.iterdir()] == [file.name]
    file.write_bytes(b"the picture of somebody else")
    done = qsb(*PLOT, file)
    assert done.status == 2
    assert "new file or one that qsb-hw made" in " ".join(done.err.replace("│", "").split())
    assert file.read_bytes() == b"the picture of somebody else"


@posix
def test_a_link_is_not_written_through(qsb, tmp_path):
    (tmp_path / "thesis.png").write_bytes(b"")
    (tmp_path / "x.png").symlink_to(tmp_path / "thesis.png")
    (tmp_path / "x.toml").symlink_to(tmp_path / "nowhere.toml")
    assert "no link" in " ".join(qsb(*PLOT, tmp_path / "x.png").err.split())
    choice = ("--vary", "$.pair.coupling=20..300 kHz", "--maximise", "contrast", "--out", tmp_path / "x.toml")
    assert qsb("design", "kerr_squid_array", *choice).status == 2
    assert (tmp_path / "thesis.png").read_bytes() == b""
    assert not (tmp_path / "nowhere.toml").exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ZeroDivisionError()])
def test_a_file_survives_when_its_successor_fails(tmp_path, error):
    file = tmp_path / "x.json"
    file.write_text("before")

    def fail():
        with output.replacing(file, "--data") as begun:
            begun.write_text("half of")
            raise error

    with pytest.raises(qh.ArgumentError if isinstance(error, OSError) else type(error)):
        fail()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_new_file_does_not_replace_one_that_came_meanwhile(tmp_path):
    file = tmp_path / "x.toml"

    def write(meanwhile=""):
        with output.replacing(file, "--out", new=True) as begun:
            begun.write_text("the design")
            if meanwhile:
                file.write_text(meanwhile)

    with pytest.raises(qh.ArgumentError, match="exists"):
        write("came meanwhile")
    assert file.read_text() == "came meanwhile"
    file.unlink()
    write()
    assert file.read_text() == "the design"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("suffix", ["nc", "json"])
def test_data_of_a_figure_are_replaced_only_where_they_are_ours(tmp_path, suffix):
    file, data = (
        tmp_path / f"x.{suffix}",
        Dataset({"S": ("x", [1.0, 2.0], {"units": "1"})}, attrs={"title": "x"}),
    )
    for _ in range(2):
        _store(data, storable(file))
    file.write_bytes(b"measured")
    with pytest.raises(typer.BadParameter, match="new file or one that qsb-hw made"):
        storable(file)
    assert file.read_bytes() == b"measured"


# --- places and numbers that cannot be -------------------------------------------------------------------------------

SWEEP = ["sweep", "kerr_squid_array", "--measure", "sigma", "--workers", "1", "--vary"]
LINEWIDTH = "$.damping.linewidth=5..6 MHz:2"
NONSENSE = [
    ([*SWEEP, LINEWIDTH, "--out", "/proc/nothing/here"], 1, "must find room"),
    ([*SWEEP, LINEWIDTH, "--out", "file"], 2, "must be stored in a folder"),
    ([*SWEEP, LINEWIDTH, "--out", "file/sub"], 1, "must find room"),
    ([*SWEEP, LINEWIDTH, "--out", "x" * 300], 1, "too long"),
    ([*SWEEP, LINEWIDTH, "--out", "."], 2, "place of its own"),
    ([*SWEEP, LINEWIDTH, "--out", "x", "--workers", str(10**9)], 2, "MOST_WORKERS"),
    ([*SWEEP, LINEWIDTH, "--out", "x", "--most-points", "1"], 2, "`most_points` = 1"),
    ([*SWEEP, "$.damping.linewidth=5..6 MHz:1000000000000", "--out", "x"], 2, "1e+12, 2.78e+05 hours"),
    ([*SWEEP, "$.damping.linewidth=5..6 MHz:2000000", "--out", "x"], 2, "MOST_ALONG_AN_AXIS"),
    ([*SWEEP, "$.damping.linewidth=5..6 MHz:" + "9" * 5000, "--out", "x"], 2, "MOST_ALONG_AN_AXIS"),
    ([*SWEEP, "$.damping.linewidth=5..6 MHz:100000", "--vary", "detuning=1..2 MHz:100000", "--out", "x"], 2, "1e+10"),
    ([*SWEEP, "detuning=1..2 " + "M" * 100_000 + ":3", "--out", "x"], 2, "at most 100 characters"),
    (["sweep", "kerr_squid_array", "--measure", "populations", "--vary", "levels=1e300", "--out", "x"], 2, "1e12"),
    (["map", "--points", str(10**6)], 2, "1e+12"),
    (["map", "--points", str(10**30)], 2, "at most 1e+15"),
    (["map", "--points", str(10**12)], 2, "most_points"),
    (["design", "kerr_squid_array", "--vary", "$.pair.coupling=20..300 kHz", "--maximise", "contrast",
      "--evaluations", str(10**12)], 2, "`most_evaluations` = 1e+06"),
    (["design", "kerr_squid_array", "--vary", "$.pair.coupling=20..300 kHz", "--maximise", "contrast",
      "--evaluations", str(10**400)], 2, "`most_evaluations`"),
    (["tolerance", "kerr_squid_array", "--scatter", "$.damping.linewidth=3 %", "--samples", str(2**400)], 2, "devices"),
    (["ensemble", "kerr_squid_array", "--devices", str(10**400)], 2, "at most 1e+15"),
    (["ensemble", "kerr_squid_array", "--devices", str(10**14)], 2, "MOST_DEVICES"),
    (["ensemble", "kerr_squid_array", "--seed", "-1"], 2, "--seed"),
    (["sync", "kerr_squid_array", "--pair-levels", "1000"], 2, "a whole number, 3 … 8"),
    (["sync", "kerr_squid_array", "--coupling", "1e300 Hz"], 2, "at most 1 THz"),
    (["budget", "kerr_squid_array", "--added-noise", "1e308"], 2, "--added-noise"),
    (["check", "kerr_squid_array", "--plot", "x.unknown"], 2, ".png, .pdf, .svg"),
    (["figure", "loerch2017-2b", "--data", "file/x.json"], 2, "must lie in a folder"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "status", "message"), NONSENSE)
def test_nonsense_is_one_clean_message(qsb, tmp_path, monkeypatch, arguments, status, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("kept")
    done = qsb(*arguments)
    assert done.status == status, done.err
    assert message in " ".join(done.err.replace("│", "").split())
    assert "Traceback" not in done.err
    assert len(done.err) < 2_000
    assert [f.name for f in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


def test_names_with_blanks_and_letters_of_all_kinds(qsb, tmp_path):
    store = tmp_path / "a folder ü" / "ö ∆ 図.zarr"
    assert qsb(*SWEEP, LINEWIDTH, "--out", store).status == 0
    assert qh.open_sweep(store).sizes == {"damping.linewidth": 2}


def test_an_unexpected_error_is_a_message_too(capsys, monkeypatch):
    def fail(*_arguments):
        raise ZeroDivisionError("\x1b[31m")

    monkeypatch.setattr("qsb_hw.devices.catalog.load", fail)
    monkeypatch.setattr(sys, "argv", ["qsb-hw", "effective", "transmon_squid"])
    with pytest.raises(SystemExit) as end:
        main.main()
    assert end.value.code == 70
    said = capsys.readouterr().err
    assert re.fullmatch(r"qsb-hw: unexpected ZeroDivisionError: \\x1b\[31m\. .*please report it.*\n", said)


# --- interrupts ------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupt_says_how_to_resume_and_comes_at_once(tmp_path, workers):
    """Sent to the whole group, as a terminal does."""
    store = tmp_path / "x.zarr"
    arguments = ["kerr_squid_array", "--vary", "$.damping.linewidth=5..6 MHz:2000", "--measure", "S_resonance"]
    process = subprocess.Popen(
        [*COMMAND, "sweep", *arguments, "--out", str(store), "--workers", workers],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 90
        while not any(f.stat().st_size for f in store.glob("journal/*.rows")):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert (
        err == f"qsb-hw: interrupted. Every point computed so far is in {store}: the same command resumes from there.\n"
    )
    dataset = qh.open_sweep(store)
    assert 0 < (dataset.status.values == 1).sum() < 2000
    figure, _ = plot_sweep(dataset)
    assert figure.axes[0].get_ylabel() == "S_resonance"


def test_an_interrupt_where_nothing_is_stored_is_told(qsb, monkeypatch):
    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("qsb_hw.devices.catalog.load", interrupt)
    done = qsb("check", "transmon_squid")
    assert (done.status, done.out, done.err) == (130, "", "qsb-hw: interrupted. Nothing was written.\n")
