"""Running the command line inside the test process."""

import json
import re
from importlib import import_module
from types import SimpleNamespace

import pytest

from qsb_hw.cli.main import run
from qsb_hw.show.keys import all_keys


@pytest.fixture
def qsb(capsys):
    """Call with a command line; gives .status, .out, .err and .json(), every key of which must be documented."""

    def call(*arguments):
        status = run([str(a) for a in arguments])
        captured = capsys.readouterr()

        def read():
            record = json.loads(captured.out, parse_constant=_no)
            if "--schema" not in arguments:
                assert _undocumented(arguments[0], record) == []
            return record

        return SimpleNamespace(status=status, out=captured.out, err=captured.err, json=read)

    return call


@pytest.fixture
def undocumented():
    """Function of a verb and a record: keys that are not documented."""
    return _undocumented


def _undocumented(verb, record):
    """Keys of a record that `qsb-hw keys VERB` does not list; of the document of that verb that lists most of them."""
    documents = {}
    for one in all_keys(verb):
        documents.setdefault(one.verb, {})[one.key] = one.meaning
    everywhere = documents.pop("every verb")
    return min(([*_unknown(record, known | everywhere, "")] for known in documents.values()), key=len)


def _unknown(value, known, path):
    """Paths of keys that are not known; a mapping that is said to be by name, or to have other keys, may have any."""
    if isinstance(value, list):
        for inside in value:
            yield from _unknown(inside, known, f"{path}[]")
    elif isinstance(value, dict) and not re.search(r"\bby |with the keys of", known.get(path, "")):
        for key, inside in value.items():
            below = f"{path}.{key}" if path else key
            if below in known:
                yield from _unknown(inside, known, below)
            else:
                yield below


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
