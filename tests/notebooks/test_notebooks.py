"""Every notebook runs from top to bottom, defines no physics of its own, and ships with what its cells give."""

import base64
import importlib.util
import math
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
QUICK = next(path for path in NOTEBOOKS if path.stem.startswith("04"))
LARGEST_PICTURE = 150_000
MACHINE = re.compile(r"/(?:home|Users|root|tmp|work|var)/|[A-Z]:\\\\|site-packages|0x[0-9a-f]{8}")
"""What tells of the machine a notebook was run on."""
BY_HAND = re.compile(r"2(?:\.0)?(?:e\d+)?\s*[*/]\s*(?:np|math)\.pi|(?:np|math)\.pi\s*[*/]\s*2|6\.28")
NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
CLOSE, ROUNDING = 0.05, 1e-3
"""How far printed numbers may move, of themselves and of the largest in their line, before outputs count as old."""


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def stored(request):
    return nbformat.read(request.param, as_version=4)


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def shown(notebook):
    """Kinds of what is not printed, in order."""
    return [(o.output_type, set(o.data)) for o in outputs(notebook) if o.output_type != "stream"]


def printed(notebook):
    """Printed text of every cell, by its id."""
    return {
        cell.id: "".join(o.text for o in cell.get("outputs", ()) if o.output_type == "stream")
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def close(old, new):
    """Whether a line has the same numbers, loosely: as many, and each near what it was."""
    before, after = ([float(n.replace("−", "-")) for n in NUMBER.findall(line)] for line in (old, new))
    if len(before) != len(after):
        return False
    size = max(map(abs, before), default=0.0)
    return all(math.isclose(a, b, rel_tol=CLOSE, abs_tol=ROUNDING * size) for a, b in zip(before, after, strict=True))


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_what_counts_as_the_same_numbers():
    assert close("S = 0.331 at −13.4 MHz", "S = 0.329 at −13.4 MHz")
    assert not close("S = 0.331 at −13.4 MHz", "S = 0.231 at −13.4 MHz")
    assert not close("S = 0.331", "no S")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs_and_gives_the_numbers_it_ships_with(path, executed):
    compare(printed(nbformat.read(path, as_version=4)), executed(path)[1])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter_client and its event loop
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_ships_is_run_in_a_kernel():
    pytest.importorskip("ipykernel", reason="needs the extra docs, which .ci/run has")
    kept = nbformat.read(QUICK, as_version=4)
    made = load("execute").execute(QUICK)
    compare(printed(kept), printed(made))
    assert made.metadata == kept.metadata
    assert shown(made) == shown(kept)


def compare(old, new):
    """Require as many lines from every cell, with about the same numbers."""
    assert list(old) == list(new)
    for cell, text in new.items():
        after, before = text.splitlines(), old[cell].splitlines()
        assert len(after) == len(before), (cell, text, old[cell])
        for line, kept in zip(after, before, strict=True):
            assert close(kept, line), (kept, line)


def test_outputs_are_of_the_cells_as_they_are(stored):
    execute = load("execute")
    assert stored.metadata[execute.KEY]["source"] == execute.source_hash(stored), "run docs/execute.py"
    numbers = [cell.execution_count for cell in stored.cells if cell.cell_type == "code"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert any("image/png" in output.get("data", {}) for output in outputs(stored))


def test_outputs_are_small_pictures_and_text_without_warnings_or_paths(stored):
    for output in outputs(stored):
        assert output.output_type in ("stream", "execute_result", "display_data")
        assert output.get("name") != "stderr"
        data = output.get("data", {})
        assert set(data) <= {"text/plain", "text/html", "image/png"}
        assert len(base64.b64decode(data.get("image/png", ""))) <= LARGEST_PICTURE
        text = "".join([output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")])
        assert not MACHINE.search(text), MACHINE.search(text)
        assert "Warning" not in text


def test_no_cell_imports_scqubits_or_divides_by_two_pi_by_hand(stored):
    for cell in stored.cells:
        if cell.cell_type == "code":
            assert "import scqubits" not in cell.source
            lines = [line for line in cell.source.splitlines() if "wavenumber" not in line]
            assert not any(BY_HAND.search(line) for line in lines), cell.source


def test_every_notebook_ends_with_exercises(stored):
    last = stored.cells[-1]
    assert last.cell_type == "markdown"
    assert last.source.startswith("## Exercise")
    assert len(re.findall(r"^\d\. ", last.source, re.M)) >= 2
