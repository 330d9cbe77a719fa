"""Notebooks, run in this process: a kernel for each would import everything anew."""

import ast
import contextlib
import io
import os
import tempfile
import types

import matplotlib.pyplot as plt
import nbformat
import pytest
from matplotlib.figure import Figure


@pytest.fixture(scope="session")
def executed():
    """Call with the path of a notebook: its names after the last cell, and the printed text of every cell, by its id.

    A notebook is run once.
    """
    made = {}

    def once(path):
        if path not in made:
            made[path] = run(path)
        return made[path]

    yield once
    for names, _ in made.values():
        for value in names.values():
            if isinstance(value, tempfile.TemporaryDirectory):
                value.cleanup()


def run(path):
    """Names and printed texts, see `executed`."""
    module = types.ModuleType("notebook")
    printed = {}
    with contextlib.chdir(path.parent):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    show(run_cell(cell.source, module))
                printed[cell.id] = out.getvalue()
    return module.__dict__, printed


def run_cell(source, module):
    """Value of the last line, as a kernel has it; magics are for the browser."""
    kept = "\n".join(line for line in source.splitlines() if not line.startswith("%"))
    statements = ast.parse(kept).body
    last = statements.pop().value if isinstance(statements[-1], ast.Expr) else None
    exec(compile(ast.Module(statements, []), "cell", "exec"), module.__dict__)
    return last and eval(compile(ast.Expression(last), "cell", "eval"), module.__dict__)


def show(value):
    """Make what the browser would get: text or a table, and a picture of every figure that is open or the value."""
    getattr(value, "_repr_html_", value.__repr__)()
    figures = [value] if isinstance(value, Figure) else []
    for figure in {*figures, *map(plt.figure, plt.get_fignums())}:
        figure.draw_without_rendering()
    plt.close("all")


@pytest.fixture(autouse=True)
def pictures_in_memory(monkeypatch):
    """No window is opened, and no setting of a notebook outlives it."""
    monkeypatch.setitem(os.environ, "MPLBACKEND", "agg")
    with plt.rc_context({"backend": "agg"}):
        yield
