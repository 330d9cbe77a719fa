"""`qsb-hw explore`: its address, its end, and what it refuses."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
from urllib.request import urlopen

import pytest

from qsb_hw.cli.main import run


def test_without_its_extra_it_says_how_to_install_it(monkeypatch, capsys):
    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else known(name))
    assert run(["explore", "kerr_squid_array", "--no-browser"]) == 2
    assert "no uvicorn. Install it with: pip install 'qsb-hw[explore]'." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--save", "nowhere/new.toml"], "must lie in a folder"), (["--save", "new.json"], "must end in .toml")],
)
def test_a_place_that_cannot_be_saved_to_is_refused_at_once(options, said, capsys, monkeypatch, tmp_path):
    pytest.importorskip("uvicorn", reason="the extra explore is not installed")
    monkeypatch.chdir(tmp_path)
    assert run(["explore", "kerr_squid_array", "--no-browser", *options]) == 2
    assert said in capsys.readouterr().err


def test_a_broken_file_is_explained_and_opens_no_page(tmp_path, capsys):
    pytest.importorskip("uvicorn", reason="the extra explore is not installed")
    file = tmp_path / "broken.toml"
    file.write_text('platform = "transmon_squid"\n', encoding="utf-8")
    assert run(["explore", str(file), "--no-browser"]) == 2
    assert "$.oscillator" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_it_answers_at_the_address_it_tells_and_ends_with_ctrl_c(tmp_path):
    pytest.importorskip("uvicorn", reason="the extra explore is not installed")
    command = [sys.executable, "-m", "qsb_hw", "explore", "kerr_squid_array", "--no-browser", "--state", "A=pinned"]
    running = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    with running:
        try:
            assert running.stderr is not None
            line = next(line for line in running.stderr if "http" in line)
            address = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{43}/#A=pinned", line)
            assert address is not None
            with urlopen(address[0].partition("#")[0]) as answer:
                assert answer.status == 200
            running.send_signal(signal.SIGINT)
            said = running.stderr.read()
            assert running.wait(30) == 0
        finally:
            running.kill()
    assert "the page has ended" in said
    assert "Traceback" not in said
    assert os.listdir(tmp_path) == []
