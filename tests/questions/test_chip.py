"""A chip judged: the worst of its parts, and no verdict from what has not converged."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.questions.assessment import assessed_alone
from qsb_hw.questions.chip import ChipAssessment, assess_chip, assessed_chip
from qsb_hw.show.chip import CHIP_CHECK, chip_assessment_view
from qsb_hw.show.html import html_of, to_html

SIZES = {"levels": 4, "pair_levels": 3, "bath_levels": 2, "network_levels": 4}


@pytest.fixture(scope="module")
def array():
    return qh.load_device("kerr_squid_array")


def line_of(array, share=-0.3, **more):
    """A–C–B, C lower by 2K, with a direct coupling of A and B that is a share of the others."""
    v, step = array.nearest_coupling, 2 * array.complete.ladder.kerr_at(1)
    a, b = (replace(array, name=name) for name in "AB")
    c = replace(array, name="C", complete=array.complete.detuned(-step))
    matrix = v * np.array([[0, 1, share], [1, 0, 1], [share, 1, 0]])
    return Chip("line", [a, c, b], matrix, given=[("A", "C"), ("C", "B")], **more)


@pytest.fixture(scope="module")
def line(array):
    requested = Requested(levels=4, pair_levels=3, bath_levels=2)
    return ChipAnalysis(line_of(array), requested, network_levels=4)


@pytest.fixture(scope="module")
def judged(line):
    return assessed_chip(line)


def test_the_verdict_is_the_worst_of_the_parts_and_says_whose(judged):
    order = list(qh.Verdict)  # feasible, borderline, infeasible, undecided
    worst = {qh.Verdict.INFEASIBLE, qh.Verdict.UNDECIDED}
    parts = {n.device.name: n.verdict for n in judged.nodes} | {x.name: x.verdict for x in judged.links}
    assert set(parts) == {"A", "C", "B", "A-C", "C-B"}
    assert not worst & set(parts.values())
    assert judged.verdict is max(parts.values(), key=order.index)
    assert set(judged.limited_by) == {name for name, v in parts.items() if v is judged.verdict} or not judged.limited_by
    assert judged.ok
    assert judged.node("C").device.name == "C"
    assert judged.link("B", "C").name == "C-B"
    with pytest.raises(qh.ArgumentError, match="A-C, C-B"):
        judged.link("A", "B")


def test_nodes_have_the_criteria_of_a_device_without_those_of_its_twin(judged, analysis, assessment):
    alone = assessed_alone(analysis)
    of_pairs = {
        "coupling_to_gamma_visible", "coupling_to_gamma_hybridised", "contrast", "truncation_contrast",
        "truncation_synchronization",
    }  # fmt: skip
    expected = {c.key: c for c in assessment.criteria if c.key not in of_pairs}
    assert {c.key: c for c in alone.criteria} == expected
    assert {c.key for c in judged.node("A").criteria} == set(expected)
    assert {c.key for c in judged.links[0].criteria} == of_pairs | {"error_bound"}
    assert judged.node("A").comparison is judged.node("B").comparison  # alike, and solved once


def test_a_coupling_that_cannot_be_seen_limits_the_chip(array):
    gamma = min(t.gamma for t in array.complete.stabilising_tones)
    twins = [replace(array, name=name) for name in "AB"]
    found = assess_chip(Chip("two", twins, 5e-3 * gamma * np.eye(2)[::-1]), **SIZES)
    assert found.links[0].verdict is found.verdict is qh.Verdict.INFEASIBLE
    assert found.limited_by == ("A-B",)
    assert found.links[0].criteria.get("coupling_to_gamma_visible").value == pytest.approx(5e-3)


def test_nothing_that_couples_is_infeasible(array):
    found = assess_chip(Chip("apart", [replace(array, name=n) for n in "AB"], np.zeros((2, 2))), **SIZES)
    assert (found.verdict, found.limited_by, found.links) == (qh.Verdict.INFEASIBLE, ("chip",), ())
    assert [c.key for c in found.criteria.failed] == ["links"]
    assert found.network.S[0, 1] == 0
    assert "No link" in html_of(chip_assessment_view(found))


def test_criteria_of_the_platform_on_the_chip_count(array, line, judged):
    failing = Criterion(
        "clearance", CriterionKind.REQUIREMENT, 0.5, 1.0, Sense.AT_LEAST, "why", "Move it.", key="clearance"
    )
    other = copy(line)
    other.chip = line_of(array, criteria=[failing])
    found = assessed_chip(other)
    assert (found.verdict, found.limited_by) == (qh.Verdict.INFEASIBLE, ("chip",))
    assert found.criteria.get("clearance") is failing
    assert "clearance" not in {c.key for c in judged.criteria}


def test_there_is_no_verdict_from_what_has_not_converged(line, judged, monkeypatch):
    assert 1e-4 < judged.truncation_error < 0.05
    monkeypatch.setattr("qsb_hw.questions.chip.LARGEST_NETWORK_ERROR", judged.truncation_error / 2)
    found = assessed_chip(line)
    assert (found.verdict, found.limited_by) == (qh.Verdict.UNDECIDED, ("chip",))
    assert "UNDECIDED" in found._repr_html_()


def test_without_a_fock_state_the_network_is_skipped_with_the_reason(array):
    hopeless = replace(qh.load_device("photon_pressure"), name="B")
    chip = Chip("mixed", [replace(array, name="A"), hopeless], [[0, 1e4], [1e4, 0]])
    found = qh.assess(chip, levels=None)
    assert isinstance(found, ChipAssessment)
    assert found.verdict is qh.Verdict.INFEASIBLE
    assert "B" in found.limited_by
    assert found.network is None
    assert "no Fock state is stabilised in B" in found.message
    assert found.links[0].prediction is None
    assert "skipped" in found._repr_html_()
    record = CHIP_CHECK.record(found)
    assert record["links"][0]["S"] is record["links"][0]["detuning_hz"] is None


def test_records_and_tables(judged):
    record = CHIP_CHECK.record(judged)
    assert list(record) == ["chip", "verdict", "limited_by", "nodes", "links", "criteria", "network", "numerics"]
    first = record["links"][0]
    assert first["between"] == ["A", "C"]
    assert first["contrast"] == pytest.approx(first["S_resonance"] / first["S_blockade"])
    assert first["working_point"] == "at a resonance"
    assert first["S"] == pytest.approx(first["S_resonance"], rel=0.05)
    assert np.abs(np.array(first["resonances_hz"]) - first["detuning_hz"]).min() < first["half_width_hz"]
    assert record["chip"]["coupling_hz"][0][2] == pytest.approx(-0.3 * first["coupling_hz"])
    assert [m["direct_link"] for m in record["network"]["mediation"]] == ["hinders"]
    assert [u["between"] for u in record["network"]["unwanted"]] == [["A", "B"]]
    S = record["network"]["eliminated"]["S"]
    assert S[0][1] == S[1][0] == first["S_network"]
    html = judged._repr_html_()
    assert html.index(judged.verdict.value.upper()) < html.index("Nodes, each") < html.index("Mediation")
    assert "A-C" in to_html(judged.chip)
    solution = judged.network.parts[0][1]
    assert "S of every two" in solution._repr_html_()
    assert "eliminated" in solution.network._repr_html_()


def test_a_complete_network_is_solved_where_it_is_asked_for(array, judged):
    found = assess_chip(line_of(array).part(["A", "C"]), complete=True, **SIZES)
    assert found.complete_network.S[0, 1] == pytest.approx(found.links[0].prediction.S_working, rel=1e-6)
    assert judged.complete_network is None
    assert judged.estimate.states == 1728
    assert "1728 states" in judged.message
    assert "--complete" in judged.message


def test_a_complete_network_that_cannot_fit_is_refused_before_anything_is_solved(array, monkeypatch):
    monkeypatch.setattr("qsb_hw.analysis.capacity.available_memory", lambda: 1e6)
    said = []
    with pytest.raises(qh.CapacityError, match=r"4096 states.*Take fewer nodes"):
        qh.assess_chip(line_of(array), complete=True, progress=lambda stage, *_: said.append(stage))
    assert said == []
