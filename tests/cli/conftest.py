"""Running the command line inside the test process."""

import json
from importlib import import_module
from types import SimpleNamespace

import pytest

from qsb_hw.cli.main import run


@pytest.fixture
def qsb(capsys):
    """Call with a command line; gives .status, .out, .err and .json()."""

    def call(*arguments):
        status = run([str(a) for a in arguments])
        captured = capsys.readouterr()
        return SimpleNamespace(
            status=status, out=captured.out, err=captured.err, json=lambda: json.loads(captured.out, parse_constant=_no)
        )

    return call


@pytest.fixture
def spy(monkeypatch):
    """Watch a function by its path, or give it a result: what it was called with and what it gave."""

    def watch(path, result=None):
        room, name = path.rsplit(".", 1)
        function, seen = getattr(import_module(room), name), SimpleNamespace()

        def watched(*arguments, **options):
            seen.arguments, seen.options = arguments, options
            seen.result = function(*arguments, **options) if result is None else result
            return seen.result

        monkeypatch.setattr(path, watched)
        return seen

    return watch


@pytest.fixture
def refused(qsb):
    """Call with a command line that must be refused with a message of some texts, and nothing else."""

    def call(arguments, *expected):
        done = qsb(*arguments)
        said = " ".join(done.err.replace("│", " ").split())
        assert done.status == 2, done.err
        assert done.out == ""
        assert "Traceback" not in said
        for text in expected:
            assert text in said
        return done

    return call


def _no(constant):
    raise AssertionError(f"{constant} is not JSON")
