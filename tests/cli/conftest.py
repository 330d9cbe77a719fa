"""Running the command line inside the test process."""

import json
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


def _no(constant):
    raise AssertionError(f"{constant} is not JSON")
