"""Every code block of the documentation runs, and shows what it gives."""

import ast
import doctest
import io
import json
import os
import re
import shlex
import tomllib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

import qsb_hw as qh
from qsb_hw.cli.main import app, run

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not {"_build", "notebooks"} & set(path.relative_to(DOCS).parts))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.M | re.S)
OTHER_COMMANDS = ("python3 -m venv", ".venv/bin/", "python -m pytest", "python docs/")
"""Beginnings of commands that set a machine up and are not run here."""
WHOLE = "QSB_HW_DOCS" in os.environ
"""Whether slow blocks are run too: where the documentation is built, as .ci/run does."""
ELSEWHERE = ("qsb-hw explore", "tcp://", "SLURMCluster", *(() if find_spec("weasyprint") else (".pdf",)))
"""In slow blocks that serve until they are stopped, need a cluster, or a package that is not installed."""


@dataclass(frozen=True)
class Block:
    """A code block: its language, whether it is too slow to be run here, the file it is, and what is in it."""

    language: str
    slow: bool
    caption: str
    body: str


def blocks(page):
    found = []
    for match in FENCE.finditer(page.read_text(encoding="utf-8")):
        language, *more = match["info"].replace("{code-block}", "").split()
        caption = re.match(r":caption: (\S+)\n\n", match["body"])
        body = match["body"][caption.end() :] if caption else match["body"]
        found.append(Block(language, "slow" in more, caption[1] if caption else "", body))
    return found


def commands(body):
    return [line for line in body.splitlines() if line.strip() and not line.startswith("#")]


def runs(slow):
    """Whether a slow block, or a command of one, is run here."""
    return WHOLE and not any(word in slow for word in ELSEWHERE)


def parsed(line):
    """Context of a `qsb-hw` command as the application reads it."""
    group = typer.main.get_command(app)
    name, *arguments = shlex.split(line)[1:]
    return group.commands[name].make_context(name, arguments, resilient_parsing=False)


def changed(body):
    """A shipped file with what a fragment of TOML says, ``# in NAME[, without PATH …]``."""
    head = re.match(r"# in (\w+)(?:, without (.*))?\n", body)
    assert head, f"a fragment of TOML must say which file it is in:\n{body}"
    shipped = qh.shipped_specs()[head[1]]
    table = tomllib.loads(shipped.read_text(encoding="utf-8"))
    for path in (head[2] or "").split():
        section, key = path.split(".")
        del table[section][key]
    for section, keys in tomllib.loads(body).items():
        table[section] = keys if not isinstance(keys, dict) else table.get(section, {}) | keys
    return table


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(DOCS).with_suffix("")))
def test_code_blocks_run_and_show_what_they_give(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names, shown = {"__name__": "__main__"}, io.StringIO()
    for block in blocks(page):
        if block.caption:
            Path(block.caption).write_text(block.body, encoding="utf-8")
        if block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(block.body, names, page.name, str(page), 0)
            assert test.examples
            result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=shown.write, clear_globs=False)
            assert not result.failed, shown.getvalue()
            names |= test.globs
        elif block.language == "python":
            ast.parse(block.body)
            if not block.slow or runs(block.body):
                exec(compile(block.body, str(page), "exec"), names)
        elif block.language == "toml":
            qh.chip_from_spec(tomllib.loads(block.body), str(tmp_path / "chip.toml")) if block.caption else (
                qh.device_from_spec(changed(block.body), str(tmp_path / "device.toml"))
            )
        elif block.language == "sh":
            for line in commands(block.body):
                if not line.startswith("qsb-hw "):
                    assert line.startswith(OTHER_COMMANDS), line
                    continue
                parsed(line)
                if not block.slow or runs(line):
                    assert run(shlex.split(line)[1:]) in (0, 1), line
        else:
            assert block.language.startswith("{") or block.language == "text", block.language
    capsys.readouterr()


def test_recorded_text_is_of_commands_that_are_read(script):
    record = script("record")
    known = {path.stem for path in record.RECORDED.glob("*.txt")}
    used = {name for page in PAGES for name in re.findall(r"/recorded/(\w+)\.txt", page.read_text(encoding="utf-8"))}
    assert known == set(record.COMMANDS) == used
    for name, command in record.COMMANDS.items():
        parsed(command)
        text = (record.RECORDED / f"{name}.txt").read_text(encoding="utf-8")
        assert text.startswith(f"$ {command}\n")
        assert str(DOCS.parent) not in text
        assert max(map(len, text.splitlines())) <= int(record.COLUMNS)


def test_every_figure_that_a_page_shows_is_there_and_small(script):
    record = script("record")
    shown = {name for page in PAGES for name in re.findall(r"/figures/([\w-]+)\.png", page.read_text(encoding="utf-8"))}
    made = {path.stem: path.stat().st_size for path in record.FIGURES.glob("*.png")}
    papers = {name for name in made if "20" in name}
    assert shown == set(made) - papers == set(record.PICTURES)
    assert max(made.values()) <= 150_000


def test_figures_of_the_papers_are_those_of_the_registry(script):
    from qsb_hw.papers import loerch2017, nadolny2023

    record = script("record")
    found = json.loads((record.RECORDED / "papers.json").read_text(encoding="utf-8"))
    entries = loerch2017.FIGURES | nadolny2023.FIGURES
    assert [one["figure"] for one in found["figures"]] == list(entries)
    assert {one["title"] for one in found["figures"]} == {entry.title for entry in entries.values()}
    assert {one["figure"] for one in found["compared"]} <= set(entries)
    assert all([*one] == ["figure", "quantity", "printed", "ours", "error"] for one in found["compared"])
    assert all((record.FIGURES / f"{name}.png").exists() for name in entries)
    assert {record.Papers.recipe(name) for name in entries} >= set(record.SMALLER)
