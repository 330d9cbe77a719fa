"""The budget of a chip is that of its nodes."""

import io
import json

import pytest
from rich.console import Console

import qsb_hw as qh
from qsb_hw.plot import plot_chip_budget
from qsb_hw.show.budget import CHIP_BUDGET, chip_budget_view

SMALL = {"levels": 3, "pair_levels": 3, "bath_levels": 2}
NOISES = ["t1", "dephasing"]


@pytest.fixture(scope="module")
def found():
    return qh.chip_budget(qh.load_chip("two_transmons_tunable"), **SMALL, noises=NOISES)


def test_the_budget_of_a_chip_is_that_of_each_node(found):
    chip = found.chip
    assert [node.device.name for node in found.nodes] == ["A", "B"]
    alone = qh.noise_budget(qh.analyse(chip.node("B"), **SMALL), noises=NOISES)
    rows = {row.noise: row for row in found.nodes[1].noise.rows}
    for row in alone.rows:
        if row.given:
            assert rows[row.noise].fidelity_loss == pytest.approx(row.fidelity_loss, rel=1e-6)
    assert found.ok == all(node.ok for node in found.nodes)
    assert found.nodes[0].noise.nominal.fidelity != found.nodes[1].noise.nominal.fidelity


def test_nodes_that_are_alike_are_computed_once():
    chip = qh.load_chip("photon_pressure")
    one, other = qh.chip_budget(chip).nodes
    assert one.conditions is other.conditions
    assert (one.device.name, other.device.name) == ("A", "B")


def test_the_table_has_a_column_for_each_node(found):
    text = io.StringIO()
    Console(file=text, width=120).print(chip_budget_view(found))
    shown = text.getvalue()
    assert "T1" in shown
    assert "--node A" in shown
    record = CHIP_BUDGET.record(found)
    assert [node["device"]["name"] for node in record["nodes"]] == ["A", "B"]
    json.dumps(record)


def test_a_picture_has_the_noises_of_each_node_side_by_side(found):
    figure, axes = plot_chip_budget(found)
    assert [ax.get_title("left") for ax in axes] == ["node A", "node B"]
    assert figure.get_suptitle() == found.chip.name
    for ax, node in zip(axes, found.nodes, strict=True):
        given = {row.name for row in node.noise.rows if row.given}
        assert {label.get_text() for label in ax.get_yticklabels()} == given
