"""The progress bar: on a terminal only, on standard error only, and gone afterwards."""

import io
import sys

from qsb_hw.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_the_stages_and_is_left_clean(monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("first stage") as report:
        report("second stage", 1, 0)
        report("third stage", 2, 3)
    shown = terminal.getvalue()
    assert "third stage" in shown
    assert "2/3" in shown
    assert shown.rstrip().endswith("\x1b[2K")
    assert capsys.readouterr().out == ""


def test_without_a_terminal_there_is_silence(capsys):
    with progress("stage") as report:
        report("stage", 1, 2)
    assert capsys.readouterr() == ("", "")
