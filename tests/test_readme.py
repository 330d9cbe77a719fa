"""What the README promises to a newcomer: its Python runs, its commands exist, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from qsb_hw.cli.main import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands


def test_its_python_runs_and_shows_the_blockade(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (block,) = re.findall(r"^```python\n(.*?)^```$", README, re.S | re.M)
    exec(compile(block, "README.md", "exec"), {})
    equal, *detuned = [[float(x) for x in line.split()] for line in capsys.readouterr().out.splitlines()[:3]]
    assert equal[0] == 0
    assert min(S for _, S in detuned) > 100 * equal[1]


def test_its_table_has_every_command_and_only_those():
    listed = set(re.findall(r"`qsb-hw (\w+)", README.split("| command | question |")[1].split("\n\n")[0]))
    assert listed == set(COMMANDS)


def test_its_options_are_options():
    table = README.split("| command | question |")[1].split("\n\n")[0]
    rows = re.findall(r"`qsb-hw (\w+)([^`]*)`", table)
    block = re.findall(r"^(?:\.venv/bin/)?qsb-hw (\w+)((?:[^\n]*\\\n)*[^\n]*)", README, re.M)
    for name, rest in rows + block:
        given = {word for word in rest.replace("#", " ").split() if re.fullmatch(r"--?[a-z][\w-]*", word)}
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert given <= known, (name, given - known)


def test_its_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)#]+)", README)
    assert len(targets) > 5
    for target in targets:
        assert (ROOT / target).is_file(), target
    assert {f"`{name}`" for name in ("CITATION.cff", "CONTRIBUTING.md", "CHANGELOG.md")} <= set(
        re.findall(r"`[^`\n]+`", README)
    )


@pytest.mark.skipif(sys.platform == "win32", reason="takes a POSIX shell with sed")
def test_its_test_command_is_what_runs_before_a_merge():
    (line,) = re.findall(r"^ *test_command=\$\((.*)\)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.M)
    found = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert "\n" not in found
    assert f"```sh\n{found}\n```" in README
    assert "'.[test]'" in found
    assert found.endswith("-m pytest -q -n auto --dist loadfile")
