"""Copies of a chip's nodes against closed forms and one group of equal devices."""

import json
import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import ELIMINATED
from qsb_hw.cli.main import run
from qsb_hw.ensemble.stability import onset
from qsb_hw.errors import ArgumentError


@pytest.fixture(scope="module")
def twins():
    return qh.load_chip("kerr_squid_array")


def test_copies_of_twins_are_one_group_whose_coupling_is_an_eigenvalue_of_the_link(twins):
    """[[0, v], [v, 0]] has the eigenvalues ±v: N v is the smaller |V_c| of both signs of one group."""
    found = qh.chip_ensemble(twins, levels=5)
    one = Analysis(twins.node("A"), ELIMINATED).effective.truncated(5)
    v = abs(twins.coupling_between("A", "B"))
    critical = min(onset(qh.LadderGroups.of(one, sign)) for sign in (1.0, -1.0))
    assert found.whole.critical_copies == pytest.approx(critical / v, rel=1e-6)
    assert found.links[0].critical_copies == pytest.approx(found.whole.critical_copies)
    assert found.whole.error < 0.1 * found.whole.critical_copies


def test_the_growth_rate_changes_its_sign_at_the_critical_number(twins):
    critical = qh.chip_ensemble(twins, levels=5).whole.critical_copies
    below, above = (qh.chip_ensemble(twins, copies=n, levels=5) for n in (int(critical), int(critical) + 1))
    assert (below.synchronizes, above.synchronizes) == (False, True)
    assert below.growth_rate < 0 < above.growth_rate


def test_unlike_nodes_on_a_resonance_need_fewer_copies_than_off_it():
    chip = qh.load_chip("two_transmons_tunable")
    away = chip.detuned({"B": 2 * math.pi * 20e6})
    on, off = (qh.chip_ensemble(one, levels=4).whole.critical_copies for one in (chip, away))
    assert on < 2
    assert off > 5 * on


def test_a_chip_that_cannot_synchronize_is_refused(twins):
    alone = qh.Chip("alone", twins.nodes, np.zeros((2, 2)))
    with pytest.raises(ArgumentError, match="must couple"):
        qh.chip_ensemble(alone)
    with pytest.raises(ArgumentError, match="none in A, B"):
        qh.chip_ensemble(qh.load_chip("photon_pressure"))
    with pytest.raises(ArgumentError, match="Levels of A"):
        qh.chip_ensemble(twins, levels=2)


def test_the_command_line_counts_copies(capsys):
    assert run(["ensemble", "two_transmons_tunable", "--levels", "4", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["whole"]["name"] == "A-B"
    assert record["synchronizes"] is True
    assert run(["ensemble", "two_transmons_tunable", "--levels", "4", "--devices", "1"]) in (0, 1)
    assert "critical N" in capsys.readouterr().out
    assert run(["ensemble", "two_transmons_tunable", "--coupling", "1 MHz"]) == 2
    assert "--node" in capsys.readouterr().err
