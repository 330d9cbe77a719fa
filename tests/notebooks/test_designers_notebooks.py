"""What the designers' notebooks show: numbers beside scqubits, and a designed file that holds what it promises."""

import re
from pathlib import Path

import nbformat
import pytest

import qsb_hw as qh
from qsb_hw.model.criterion import CriterionKind

FOLDER = Path(__file__).parents[2] / "notebooks"
BESIDE = re.compile(r"here (\S+) (\S+), scqubits (\S+) (\S+)")


FIRST = FOLDER / "09_design_a_transmon_and_its_cavities.ipynb"


@pytest.fixture(scope="module")
def first():
    return nbformat.read(FIRST, as_version=4)


def designed(notebook, names):
    """Text of the file that the cell with the search writes, run once more with the `names` that the notebook has."""
    (cell,) = (cell for cell in notebook.cells if "qh.design(" in cell.source)
    again = dict(names)
    exec(compile(cell.source, "designed", "exec"), again)
    text = again["file"].read_text(encoding="utf-8")
    again["folder"].cleanup()
    return text


def test_numbers_beside_scqubits_agree_to_the_digits_shown(first):
    text = "".join(o.get("text", "") for c in first.cells for o in c.get("outputs", ()))
    pairs = BESIDE.findall(text)
    assert len(pairs) == len(re.findall("scqubits", text)) == 10  # two levels, two dispersions, six fluxes
    for here, unit, there, other in pairs:
        assert (here, unit.strip(",")) == (there, other)
        assert float(here) > 0
        assert len(here.partition(".")[2]) >= 3


@pytest.mark.parametrize("path", [FIRST], ids=[FIRST.stem])  # where that notebook is run
def test_the_designed_file_meets_every_requirement_with_its_margin_and_follows_from_its_seed(path, first, executed):
    names, _ = executed(path)
    assert designed(first, names) == names["file"].read_text(encoding="utf-8")
    found = names["assessment"]  # of the file
    required = found.criteria.of_kind(CriterionKind.REQUIREMENT)
    assert found.verdict is qh.Verdict.FEASIBLE
    assert len(required) > 15
    assert all(c.meets_margin for c in required)
    device = qh.load_device(names["file"])
    assert found.device.derived_quantities == device.derived_quantities
    for side in ("damping", "amplification"):
        assert device.quantity(f"{side}_linewidth").value >= 10e6
        assert device.quantity(f"{side}_pump_power").value <= -45
    assert found.criteria.get("photon_number").value >= 20
    assert names["found"].feasible
