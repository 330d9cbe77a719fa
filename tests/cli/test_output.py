"""What the command line prints: details, names, streams without Unicode, hints for what is mistyped."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import qsb_hw as qh
from qsb_hw.cli import main, output
from qsb_hw.cli.main import app
from qsb_hw.show.keys import DOCUMENTS

VERBS = ("effective", "compare", "sync", "evolve", "spectrum", "budget", "ensemble", "check")
SMALL = {
    "sweep": ["--vary", "damping.linewidth=5..6 MHz:2", "--measure", "sigma", "--workers", "1", "--out", "s.zarr"],
    "map": ["--points", "2", "--out", "m.zarr", "--workers", "1"],
}


@pytest.fixture
def on(monkeypatch):
    """Call with an encoding and a command line; gives exit status and what both streams of that encoding were sent."""

    def call(encoding, *arguments):
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            monkeypatch.setattr(sys, name, stream)
        status = main.run([*arguments])
        for stream in streams:
            stream.flush()
        return status, *(stream.buffer.getvalue().decode(encoding) for stream in streams)

    return call


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("detail", ["--brief", "--verbose"])
def test_every_verb_names_the_device_answers_and_says_what_was_skipped(qsb, verb, detail):
    """Of a device without a Fock state every answer is known at once."""
    done = qsb(verb, "photon_pressure", detail)
    name, frame, *rest = done.out.split("\n\n")
    assert name.startswith("photon_pressure – ")
    assert frame.startswith("╭─ ")
    assert verb == "effective" or rest[0].startswith("Skipped: ")
    assert all(line == line.rstrip() for line in done.out.splitlines())


@pytest.mark.parametrize("verb", SMALL)
def test_studies_name_the_device_too(qsb, tmp_path, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    done = qsb(verb, "kerr_squid_array", *SMALL[verb])
    assert done.out.startswith("kerr_squid_array")
    assert done.out.split("\n\n")[1].startswith("╭─ ")


def test_a_node_is_named_with_its_chip_and_a_chip_with_its_name(qsb):
    assert qsb("effective", "three_transmons").out.startswith("three_transmons – ")
    assert qsb("effective", "three_transmons", "--node", "B").out.startswith("node B of three_transmons\n")


def test_json_is_the_same_in_every_detail(qsb):
    records = [qsb("effective", "photon_pressure", "--json", *more).json() for more in ([], ["--brief"], ["--verbose"])]
    for record in records:
        del record["provenance"]
    assert records[0] == records[1] == records[2]


def test_brief_and_verbose_exclude_each_other_and_are_forgotten_by_the_next_call(refused, qsb):
    usual = qsb("effective", "photon_pressure").out
    refused(["effective", "photon_pressure", "--brief", "--verbose"], "--brief must come without --verbose")
    assert len(qsb("effective", "photon_pressure", "--brief").out) < len(usual)
    assert qsb("effective", "photon_pressure").out == usual


def test_every_verb_that_prints_a_result_has_both_details_in_its_help(qsb):
    printing = [one for one in app.registered_commands if one.callback not in main.PAGES]
    assert len(printing) == len(app.registered_commands) - len(main.PAGES) > len(VERBS)
    for command in printing:
        shown = qsb(command.name or command.callback.__name__, "--help").out
        assert "--brief" in shown
        assert "--verbose" in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_terminal_without_unicode_gets_symbols_spelt_out(on, encoding):
    status, shown, said = on(encoding, "effective", "transmon_squid", "--verbose")
    assert (status, said) == (0, "")
    for text in ("kappa", "gamma/2pi", "<->", "sigma", "---"):
        assert text in shown
    assert "\\u" not in shown
    assert ("µ" in shown or "²" in shown) == (encoding != "ascii")
    assert "\x1b" not in shown


def test_a_real_stream_without_unicode_gets_them_too():
    done = subprocess.run(
        [sys.executable, "-m", "qsb_hw", "specs"], capture_output=True, timeout=120, check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LANG": "C", "NO_COLOR": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "K/kappa ~ 7" in " ".join(done.stdout.decode("ascii").split())
    assert b"\x1b" not in done.stdout


def test_help_and_errors_are_spelt_out_too(on):
    assert "smaller gamma" in " ".join(on("ascii", "check", "--help")[1].split())
    assert "V/2pi" in on("ascii", "sync", "kerr_squid_array", "--coupling", "1e300 Hz")[2]
    assert "Did you mean 'check'?" in on("ascii", "chek")[2]


def test_json_keeps_its_symbols_as_escapes(on):
    shown = on("ascii", "specs", "--json")[1]
    assert "\\u03ba" in shown
    assert json.loads(shown)["specs"] == json.loads(on("utf-8", "specs", "--json")[1])["specs"]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["check", "transmon_sqid"], "Did you mean transmon_squid?"),
        (["check", "three_transmon.toml"], "Did you mean three_transmons?"),
        (["tolerance", "transmon_squid", "--scatter", "t1=5 %"], "Did you mean $.oscillator.t1?"),
        (["tolerance", "transmon_squid", "--scatter", "oscilator.t1=5 %"], "Did you mean $.oscillator.t1?"),
        (["tolerance", "transmon_squid", "--distribution", "norml"], "Did you mean normal?"),
        (["sweep", "transmon_squid", "--vary", "detunig=1..2 MHz:2", "--out", "x"], "Did you mean detuning?"),
        (["sweep", "transmon_squid", "--vary", "oscillator.t1=90..99 us:2", "--measure", "fact:charging_enrgy",
          "--out", "x"], "Did you mean charging_energy?"),
        (["sweep", "transmon_squid", "--vary", "oscillator.t1=90..99 us:2", "--pumps", "lft", "--out", "x"],
         "Did you mean left?"),
        (["budget", "transmon_squid", "--noise", "tt1"], "Did you mean t1?"),
        (["evolve", "transmon_squid", "--initial", "grond"], "Did you mean ground?"),
        (["keys", "chekc"], "Did you mean check?"),
    ],
)  # fmt: skip
def test_what_is_mistyped_gets_the_nearest(refused, tmp_path, monkeypatch, arguments, hint):
    monkeypatch.chdir(tmp_path)
    refused(arguments, hint)
    assert not list(tmp_path.iterdir())


def test_a_file_beside_is_suggested_with_its_folder(refused, tmp_path):
    (tmp_path / "my_device.toml").write_text("")
    refused(["check", str(tmp_path / "my_devise.toml")], f"Did you mean {tmp_path / 'my_device.toml'}?")


@pytest.mark.parametrize("path", ["oscillator.t1", "$.oscillator.t1", " oscillator.t1 "])
def test_the_dollar_of_a_path_may_be_left_out(path):
    plan = qh.sweep("transmon_squid", {path: "90..100 us:2"}, "sigma")
    assert [*plan.dims] == ["oscillator.t1"]


def test_the_dollar_may_be_left_out_of_chips_designs_and_tolerances():
    from qsb_hw.explore.sweep.axes import paths_of
    from qsb_hw.explore.sweep.subject import subject_of

    chip = subject_of("three_transmons")
    assert paths_of(chip, "node.B.oscillator.t1") == ("$.node.B.oscillator.t1",)
    assert paths_of(chip, "node.*.oscillator.t1") == tuple(f"$.node.{n}.oscillator.t1" for n in chip.nodes)
    assert paths_of(chip, "detuning[B]") == ("detuning[B]",)
    assert paths_of(chip, "levels") == ("levels",)


def test_streams_are_left_as_they_take_characters(monkeypatch):
    monkeypatch.setattr(output.sys, "stdout", None)
    assert output.unicode_everywhere() in (True, False)


def test_the_output_in_the_readme_is_the_output(qsb):
    readme = Path(__file__).parents[2] / "README.md"
    text = readme.read_text(encoding="utf-8").split("$ qsb-hw check device_specs/transmon_squid.toml\n")[1]
    shown = qsb("check", "transmon_squid").out
    parts = [part.strip() for part in text.split("```")[0].split("...\n") if part.strip()]
    assert len(parts) > 1
    for part in parts:
        assert part in shown


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_that_is_not_documented_is_found(undocumented):
    known = {"specs": [{"name": "x", "path": "x"}], "provenance": {"versions": {"numpy": "2"}}}
    assert undocumented("specs", known) == []
    assert undocumented("specs", known | {"more": 1}) == ["more"]
    known["specs"][0]["colour"] = "red"
    assert undocumented("specs", known) == ["specs[].colour"]


CHEAP = {
    "check": ["check photon_pressure"],
    "effective": ["effective kerr_squid_array", "effective three_transmons"],
    "compare": ["compare kerr_squid_array --levels 4 --bath-levels 2", "compare two_transmons_tunable --levels 4",
                "compare kerr_squid_array --hierarchy --levels 4 --descriptions kerr,secular"],
    "budget": ["budget photon_pressure"],
    "sync": ["sync photon_pressure"],
    "evolve": ["evolve kerr_squid_array --alone --levels 4 --bath-levels 2"],
    "spectrum": ["spectrum ion_lattice_be9 --levels 3"],
    "record": ["record kerr_squid_array --no-outputs --shots 10 --levels 4 --pair-levels 3 --bath-levels 2"],
    "ensemble": ["ensemble photon_pressure", "ensemble three_transmons --levels 4"],
    "curves": ["curves kerr_squid_array --over $.damping.linewidth=5..6_MHz:2 --of kerr --verdict --levels 3"],
    "sensitivities": ["sensitivities kerr_squid_array --over $.damping.linewidth --of kerr,sigma"],
    "pumps": ["pumps kerr_squid_array --levels 3"],
    "sweep": ["sweep kerr_squid_array --vary $.damping.linewidth=4,5.36_MHz --measure sigma,verdict,populations "
              "--levels 3 --workers 1 --out s.zarr", "sweep --list"],
    "design": ["design kerr_squid_array --vary $.damping.linewidth=5..8_MHz --maximise contrast --minimise sigma "
               "--evaluations 20 --levels 3 --workers 1 --no-check"],
    "tolerance": ["tolerance kerr_squid_array --scatter $.oscillator.t1=3_% --samples 64 --levels 3 --workers 1 "
                  "--holds sigma<=1 --measure sigma"],
    "map": ["map kerr_squid_array --points 2 --workers 1"],
    "figure": ["figure nadolny2023-s1d", "figure --list"],
    "report": ["report photon_pressure --brief --out r.html"],
    "specs": ["specs"],
    "keys": ["keys"],
}  # fmt: skip


def test_no_verb_is_left_out():
    assert {name.partition(" ")[0] for name in DOCUMENTS} == set(CHEAP)


@pytest.mark.parametrize("verb", CHEAP)
def test_every_key_of_every_verb_is_documented(qsb, tmp_path, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    for line in CHEAP[verb]:
        assert qsb(*(word.replace("_MHz", " MHz").replace("_%", " %") for word in line.split()), "--json").json()


# --- hints and colours -----------------------------------------------------------------------------------------------


def test_the_hint_names_what_would_show_something_else(qsb):
    device = "photon_pressure"
    assert qsb("effective", device).out.endswith("\nAll tables: --verbose; the answer alone: --brief.\n")
    assert qsb("ensemble", device).out.endswith("\nAll tables: --verbose; the answer alone: --brief.\n")
    assert qsb("pumps", device).out.endswith("\nThe answer alone: --brief.\n")
    assert qsb("specs").out.splitlines()[-1].startswith("They are in ")
    for more in ("--brief", "--verbose"):
        assert "--verbose" not in qsb("effective", device, more).out


def test_help_can_be_read_on_light_and_dark_terminals(monkeypatch):
    from typer import rich_utils

    from qsb_hw.show.detail import legible

    for name in [n for n in dir(rich_utils) if n.startswith("STYLE_")] + ["RICH_HELP"]:
        monkeypatch.setattr(rich_utils, name, getattr(rich_utils, name))  # put back afterwards
    monkeypatch.setattr(output.sys.stderr, "isatty", lambda: True, raising=False)
    output.legible_help()
    for name in ("OPTION", "TYPES", "USAGE", "REQUIRED_LONG", "OPTION_DEFAULT", "COMMANDS_TABLE_FIRST_COLUMN",
                 "ERRORS_PANEL_BORDER", "ERRORS_SUGGESTION"):  # fmt: skip
        assert min(legible(getattr(rich_utils, f"STYLE_{name}"))) >= 3.9


def test_tones_without_a_fock_state_have_settings_but_no_limits(qsb):
    done = qsb("pumps", "photon_pressure", "--json")
    record = done.json()
    assert (done.status, record["status"], record["nominal"]) == (1, "skipped", {})
    assert "no Fock state" in record["message"]
    assert all(row["frequency_hz"] and row["frequency_below_hz"] is None for row in record["rows"])


def test_help_cuts_no_word_of_a_narrow_terminal_and_names_no_type_of_a_flag(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name, command in typer.main.get_command(app).commands.items():
        assert main.run([name, "--help"]) == 0
        shown = capsys.readouterr().out
        assert shown.count("…") == sum((one.help or "").count("…") for one in command.params), name
        assert not re.search("--json +<bool>|--plot +<bool>", shown)
