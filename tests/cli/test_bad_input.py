"""Bad input: exit status 2, a message with the place and the mend on standard error, no traceback."""

import os

import pytest

import qsb_hw as qh
from qsb_hw.cli import main
from qsb_hw.errors import ArgumentError, CapacityError, ConvergenceError

GOOD = qh.shipped_specs()["kerr_squid_array"].read_text(encoding="utf-8")
LINEWIDTH = 'linewidth = { value = "5.36 MHz", source = "design choice: K/κ = 1.25" }'


def refused(done, *expected):
    assert done.status == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    for text in expected:
        assert text in done.err


@pytest.mark.parametrize(
    ("found", "written", "expected"),
    [
        ('"5.36 MHz"', "5.36", ("$.damping.linewidth", "bare number")),
        ('"5.36 MHz"', '"5 kg"', ("$.damping.linewidth", "5 kg")),
        ('"5.36 MHz"', '"5 1/s"', ("$.damping.linewidth", "1/s")),
        ('"5.36 MHz"', '"nan MHz"', ("$.damping.linewidth", "finite")),
        ('"5.36 MHz"', '"inf MHz"', ("$.damping.linewidth", "finite")),
        ('"5.36 MHz"', '"-5 MHz"', ("$.damping.linewidth", "-5 MHz")),
        ('"5.36 MHz"', '"0 MHz"', ("$.damping.linewidth", "0 MHz")),
        ('"35 mK"', '"-35 mK"', ("$.oscillator.temperature",)),
        ("[damping]\nlinewidth", "[damping]\nlinewidht", ("$.damping", "Did you mean linewidth?")),
        (f"[damping]\n{LINEWIDTH}", "[damping]", ("$.damping.linewidth", "missing")),
        ("value = 1,", "value = 40,", ("$.target.fock_state", "40")),
        ("[oscillator]", "[oscillator", ("$", "TOML")),
    ],
)
def test_a_spoilt_file_is_refused_with_the_place(qsb, tmp_path, found, written, expected):
    assert found in GOOD
    file = tmp_path / "chip.toml"
    file.write_text(GOOD.replace(found, written, 1), encoding="utf-8")
    for verb in ("check", "effective"):
        refused(qsb(verb, file), str(file), *expected)


def test_all_problems_come_at_once(qsb, tmp_path):
    file = tmp_path / "chip.toml"
    file.write_text(GOOD.replace('"5.36 MHz"', '"-5 MHz"').replace('"35 mK"', '"5 kg"'), encoding="utf-8")
    refused(qsb("check", file), "$.damping.linewidth", "$.amplification.linewidth", "$.oscillator.temperature")


def test_no_such_file(qsb):
    refused(qsb("check", "nowhere.toml"), "nowhere.toml", "qsb-hw specs")


def test_a_folder_is_no_file(qsb, tmp_path):
    refused(qsb("check", tmp_path), str(tmp_path))


def test_not_utf8(qsb, tmp_path):
    file = tmp_path / "chip.toml"
    file.write_bytes(b'name = "caf\xe9"\n')
    refused(qsb("check", file), str(file), "UTF-8")


@pytest.mark.parametrize("levels", [0, 2, 99])
def test_levels_the_device_does_not_have(qsb, levels):
    refused(qsb("effective", "kerr_squid_array", "--levels", levels), str(levels))


@pytest.mark.parametrize("text", ["100", "5 kg", "1e5 1/s", "-3 kHz", "0 Hz", "nan Hz"])
def test_couplings_that_are_none(qsb, text):
    refused(qsb("sync", "kerr_squid_array", "--coupling", text), "--coupling")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--ladder", "--descriptions", "kerr,secluar"], ("'secluar'", "Did you mean secular")),
        (["--ladder", "--descriptions", "kerr"], ("at least two descriptions",)),
        (["--ladder", "--descriptions", ""], ("A description must be one of circuit",)),
        (["--ladder", "--levels", "2"], ("n0 + 2 = 3",)),
        (["--ladder", "--no-rwa"], ("--ladder must come without --no-rwa",)),
        (["--descriptions", "kerr,secular"], ("--descriptions must come with --ladder",)),
    ],
)
def test_ladders_of_models_that_are_none(qsb, options, expected):
    refused(qsb("compare", "kerr_squid_array", *options), *expected)


def test_an_unknown_rung_is_refused_before_any_work(qsb, monkeypatch):
    monkeypatch.setattr("qsb_hw.devices.catalog.load_device", lambda _: pytest.fail("work was begun"))
    refused(qsb("compare", "transmon_squid", "--ladder", "--descriptions", "laser,kerr"), "'laser'")


@pytest.mark.parametrize("name", ["p.gif", "p", "missing/p.png"])
def test_pictures_that_cannot_be_written_are_refused_before_any_work(qsb, tmp_path, monkeypatch, name):
    monkeypatch.setattr("qsb_hw.devices.catalog.load_device", lambda _: pytest.fail("work was begun"))
    refused(qsb("check", "transmon_squid", "--plot", tmp_path / name), "--plot")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(qsb, tmp_path):
    tmp_path.chmod(0o500)
    refused(qsb("check", "transmon_squid", "--plot", tmp_path / "p.png"), "--plot")


@pytest.mark.parametrize(
    "arguments", [["check"], ["chekc", "x"], ["check", "x", "--levels", "many"], ["check", "--bad"]]
)
def test_usage_errors(qsb, arguments):
    refused(qsb(*arguments))


@pytest.mark.parametrize(
    ("error", "status"),
    [(ArgumentError("a"), 2), (CapacityError("it would take 7 TiB"), 2), (ConvergenceError("not unique"), 1)],
)
def test_every_error_of_ours_becomes_a_message(qsb, monkeypatch, error, status):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr("qsb_hw.devices.catalog.load_device", fail)
    done = qsb("check", "transmon_squid")
    assert done.status == status
    assert done.err == f"qsb-hw: {error}\n"


def test_a_traceback_on_request(qsb, monkeypatch):
    monkeypatch.setenv("QSB_HW_DEBUG", "1")
    done = qsb("check", "nowhere.toml")
    assert done.status == 2
    assert "Traceback" in done.err


def test_errors_that_are_not_ours_are_not_hidden(monkeypatch):
    def fail(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("qsb_hw.devices.catalog.load_device", fail)
    with pytest.raises(ZeroDivisionError):
        main.run(["effective", "transmon_squid"])


def test_an_interrupt_has_its_own_status(qsb, monkeypatch):
    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("qsb_hw.devices.catalog.load_device", interrupt)
    done = qsb("effective", "transmon_squid")
    assert done.status == 130
    assert "Traceback" not in done.err
