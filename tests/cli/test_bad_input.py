"""Bad input: exit status 2, a message with the place and a hint on standard error, no traceback."""

import os

import pytest

import qsb_hw as qh
from qsb_hw.cli import main
from qsb_hw.errors import ArgumentError, CapacityError, ConvergenceError

GOOD = qh.shipped_specs()["kerr_squid_array"].read_text(encoding="utf-8")
LINEWIDTH = 'linewidth = { value = "5.36 MHz", source = "design choice: K/κ = 1.25" }'


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
def test_a_spoilt_file_is_refused_with_the_place(refused, tmp_path, found, written, expected):
    assert found in GOOD
    file = tmp_path / "chip.toml"
    file.write_text(GOOD.replace(found, written, 1), encoding="utf-8")
    refused(["check", file], str(file), *expected)


def test_all_problems_come_at_once(refused, tmp_path):
    file = tmp_path / "chip.toml"
    file.write_text(GOOD.replace('"5.36 MHz"', '"-5 MHz"').replace('"35 mK"', '"5 kg"'), encoding="utf-8")
    for verb in ("check", "effective"):
        refused([verb, file], "$.damping.linewidth", "$.amplification.linewidth", "$.oscillator.temperature")


def test_files_that_cannot_be_read(refused, tmp_path):
    file = tmp_path / "chip.toml"
    file.write_bytes(b'name = "caf\xe9"\n')
    refused(["check", file], str(file), "UTF-8")
    refused(["check", tmp_path], str(tmp_path))
    refused(["check", "nowhere.toml"], "nowhere.toml", "qsb-hw specs")


KERR = "kerr_squid_array"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["effective", KERR, "--levels", 2], "2"),
        (["effective", KERR, "--levels", 99], "99"),
        (["check", KERR, "--experiment-time", "10"], "--experiment-time"),
        (["check", KERR, "--experiment-time", "0 s"], "--experiment-time must be positive"),
        (["check", KERR, "--bath-levels", "1"], "at least two Fock states"),
        (["check", KERR, "--pair-levels", "2"], "n0 + 2"),
        *((["sync", KERR, "--coupling", text], "--coupling") for text in ("100", "5 kg", "1e5 1/s", "0 Hz", "nan Hz")),
        (["compare", KERR, "--hierarchy", "--descriptions", "kerr,secluar"], "Did you mean secular"),
        (["compare", KERR, "--hierarchy", "--descriptions", "kerr"], "at least two descriptions"),
        (["compare", KERR, "--hierarchy", "--descriptions", ""], "A description must be one of the model hierarchy"),
        (["compare", KERR, "--hierarchy", "--levels", "2"], "of kerr_squid_array must"),
        (["compare", KERR, "--hierarchy", "--no-rwa"], "--hierarchy must come without --no-rwa"),
        (["compare", KERR, "--descriptions", "kerr,secular"], "--descriptions must come with --hierarchy"),
        (["budget", KERR, "--noise", "t2"], "Known are t1, dephasing"),
        (["budget", KERR, "--duration", "5"], "--duration must carry a unit"),
        (["budget", KERR, "--duration", "-5 s"], "--duration must be positive"),
        (["budget", KERR, "--added-noise", "-1"], "must not be negative"),
        (["budget", KERR, "--added-noise", "nan"], "must not be negative"),
        (["budget", KERR, "--levels", "2"], "of kerr_squid_array must"),
        (["ensemble", KERR, "--devices", "1"], "at least two devices"),
        (["ensemble", KERR, "--sites", "1"], "4 to 200 sites"),
        (["ensemble", KERR, "--coupling", "0 Hz"], "other than zero"),
        (["ensemble", KERR, "--coupling", "5 1/s"], "--coupling must be a frequency"),
        (["keys", "chekc"], "VERB must be one of check"),
        (["check"], "Missing argument"),
        (["chekc", "x"], "No such command"),
        (["check", "x", "--levels", "many"], "integer"),
        (["check", "--bad"], "--bad"),
    ],
)
def test_bad_options_and_arguments(refused, arguments, expected):
    refused(arguments, expected)


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "transmon_squid", "--ladder", "--rungs", "laser,kerr"],
        *(["check", "transmon_squid", "--plot", name] for name in ("p.gif", "p", "missing/p.png")),
    ],
)
def test_bad_input_is_refused_before_any_work(refused, monkeypatch, arguments):
    monkeypatch.setattr("qsb_hw.devices.catalog.load", lambda _: pytest.fail("work was begun"))
    refused(arguments, "'laser'" if "--rungs" in arguments else "--plot")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(refused, tmp_path):
    tmp_path.chmod(0o500)
    refused(["check", "transmon_squid", "--plot", tmp_path / "p.png"], "--plot")


@pytest.mark.parametrize(
    ("error", "status"),
    [(ArgumentError("a"), 2), (CapacityError("it would take 7 TiB"), 2), (ConvergenceError("not unique"), 1)],
)
def test_every_error_of_ours_becomes_a_message(qsb, monkeypatch, error, status):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr("qsb_hw.devices.catalog.load", fail)
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

    monkeypatch.setattr("qsb_hw.devices.catalog.load", fail)
    with pytest.raises(ZeroDivisionError):
        main.run(["effective", "transmon_squid"])
