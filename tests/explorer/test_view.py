"""Views against `analyse` and `assess` at the same point."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.conditions import ELIMINATED
from qsb_hw.errors import SpecError
from qsb_hw.explore.sweep.chips import evaluation_of
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.explorer.answer import _PAIRS, eliminated_view, full_view
from qsb_hw.explorer.controls import controls_of, setting_of
from qsb_hw.explorer.curve import CURVE_ERROR
from qsb_hw.explorer.record import view_record
from qsb_hw.explorer.view import Model
from qsb_hw.show.plain import to_json
from qsb_hw.sync.exact import detuning_sweep


def setting(subject, **texts):
    controls = {c.path: c for c in controls_of(subject)}
    return setting_of(subject, controls, {f"$.{path.replace('__', '.')}": text for path, text in texts.items()})


def same(one, other):
    """Whether two lists of criteria are the same, values to what the solvers promise."""
    assert [c.key for c in one] == [c.key for c in other]
    for a, b in zip(one, other, strict=True):
        assert (a.value is None) == (b.value is None), a.key
        if a.value is not None and "error_bound" not in a.key:  # of more solves in one of them
            assert a.value == pytest.approx(b.value, rel=1e-6, abs=1e-12), a.key


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("transmon_squid", {"oscillator__josephson_energy": "21 GHz", "damping__linewidth": "22 MHz"}),
        ("ion_lattice_be9", {"potential__depth_in_recoils": "3800"}),
    ],
)
def test_an_eliminated_view_has_the_numbers_of_analyse(name, texts):
    subject = subject_of(name)
    view = eliminated_view(subject, setting(subject, **texts))
    built = subject.build(setting(subject, **texts).values)
    found = qh.analyse(built, complete=False)
    assert view.model is Model.ELIMINATED
    (node,), (link,) = view.nodes, view.links
    assert node.populations == pytest.approx(found.populations, abs=1e-12)
    assert node.effective.rates == pytest.approx(found.effective.rates)
    assert link.contrast == pytest.approx(found.contrast, rel=1e-9)
    truth = found.S(link.detuning - link.working_detuning)
    assert np.abs(link.S - truth).max() <= link.error < CURVE_ERROR * truth.max()
    assert view.criteria.get("impurity").value == pytest.approx(1 - found.fidelity)
    assert view.criteria.get("contrast").value == pytest.approx(found.contrast, rel=1e-9)
    assert set(view.pending) == {"elimination_error", "truncation_contrast", "truncation_synchronization"}


@pytest.mark.parametrize(
    ("name", "coupling"),
    [
        ("kerr_squid_array", "3 MHz"),
        ("ion_lattice_be9", "3 kHz"),
        ("ion_lattice_be9", "1 kHz"),
        ("ion_lattice_be9", "100 Hz"),
    ],
)
def test_the_error_of_a_curve_covers_it_where_v_exceeds_every_rate(name, coupling):
    subject = subject_of({**subject_of(name).table, "pair": {"coupling": coupling}})
    view = eliminated_view(subject, setting(subject))
    (link,) = view.links
    found = qh.analyse(subject.build(), complete=False)
    assert link.coupling == pytest.approx(found.coupling)
    truth = found.S(link.detuning - link.working_detuning)
    assert np.abs(link.S - truth).max() <= link.error


@pytest.fixture
def sweeps(monkeypatch):
    """Numbers of detunings of every sweep that is solved."""
    found = []

    def counted(network, detunings, **options):
        found.append(len(detunings))
        return detuning_sweep(network, detunings, **options)

    monkeypatch.setattr("qsb_hw.analysis.pair.detuning_sweep", counted)
    return found


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("transmon_squid", {"oscillator__josephson_energy": "20 GHz"}),
        ("ion_lattice_be9", {"damping__linewidth": "100 kHz"}),
        ("ring_of_four", {"node__B__oscillator__josephson_energy": "19.9 GHz"}),
    ],
)
def test_a_move_solves_s_once_and_its_error_covers_it(name, texts, sweeps):
    subject = subject_of(name)
    links = [link.name for link in eliminated_view(subject, setting(subject), links=()).links][-1:]
    before = next(link for link in eliminated_view(subject, setting(subject), links).links if link.name in links)
    _PAIRS.clear()
    sweeps.clear()
    moved = setting(subject, **texts)
    view = eliminated_view(subject, moved, links, near={before.name: before})
    assert max(sweeps) == before.solved.size == next(x for x in view.links if x.name in links).solved.size
    assert len(sweeps) == len(view.links)
    _PAIRS.clear()
    other = eliminated_view(subject, moved, links)
    found, truth = (next(x for x in one.links if x.name in links) for one in (view, other))
    assert found.detuning == pytest.approx(truth.detuning)
    assert found.contrast == pytest.approx(truth.contrast, rel=1e-9)
    assert np.abs(found.S - truth.S).max() <= found.error + truth.error
    assert found.refined
    same(view.criteria, other.criteria)


def test_a_move_of_a_link_that_is_seen_from_its_other_end():
    table = subject_of("two_transmons_tunable").table
    link = table["link"]["A-B"]
    third = {"node": {**table["node"], "C": {"like": "A"}}, "link": {"A-B": link, "B-C": link}}
    subject = subject_of({**table, **third})
    moved = setting(subject, node__B__oscillator__flux_bias="0.131 Phi_0")
    _, near = eliminated_view(subject, setting(subject), ["B-C"]).links
    (one, _), (_, other) = (
        eliminated_view(subject, moved, [name], near={near.name: near}).links for name in ("A-B", "B-C")
    )
    assert np.abs(other.S - one.S[::-1]).max() <= one.error + other.error
    assert other.detuning == pytest.approx(-one.detuning[::-1])
    solved, before = (np.sort(link.solved) - link.blockade for link in (other, near))
    assert solved == pytest.approx(before, abs=other.half_width)
    assert other.refined


def test_a_curve_that_was_solved_too_far_away_says_so_and_is_refined_when_asked():
    subject = subject_of("kerr_squid_array")
    (near,) = eliminated_view(subject, setting(subject, pair__coupling="1 kHz")).links
    moved = setting(subject, pair__coupling="3 MHz")
    (rough,), (fine,) = (eliminated_view(subject, moved, near=known).links for known in ({near.name: near}, None))
    truth = qh.analyse(subject.build(moved.values), complete=False).S(rough.detuning - rough.working_detuning)
    assert not rough.refined
    assert CURVE_ERROR * truth.max() < rough.error
    assert np.abs(rough.S - truth).max() <= rough.error
    assert fine.refined
    assert fine.error < rough.error


def test_a_full_view_has_the_numbers_of_check(monkeypatch):
    monkeypatch.setattr("qsb_hw.questions.assessment.budget_of", lambda *_, **__: None)  # no part of a view
    table = subject_of("kerr_squid_array").table | {"conditions": {"levels": 5, "pair_levels": 3, "bath_levels": 2}}
    subject = subject_of(table)
    view, checked = full_view(subject, setting(subject)), qh.assess(qh.device_from_spec(table))
    assert view.model is Model.FULL
    assert view.verdict is checked.verdict
    same(view.criteria, checked.criteria)
    assert view.nodes[0].populations == pytest.approx(checked.comparison.populations_full, abs=1e-9)
    assert sorted(view.links[0].S) == pytest.approx(sorted(checked.synchronization.S_full), rel=1e-6)
    assert not view.pending


def test_a_device_without_a_fock_state_has_no_curve():
    subject = subject_of("photon_pressure")
    view, checked = full_view(subject, setting(subject)), qh.assess(qh.load_device("photon_pressure"))
    assert view.verdict is checked.verdict
    assert eliminated_view(subject, setting(subject)).links == view.links == ()


def test_a_chip_has_the_verdict_of_a_sweep_and_its_links_are_seen_from_their_first_node():
    subject = subject_of("three_transmons")
    moved = setting(subject, node__A__oscillator__josephson_energy="22.1 GHz")
    for _ in range(2):  # the second time from what is kept
        view, point = eliminated_view(subject, moved, links=["A-C"]), evaluation_of(subject, moved.values, ELIMINATED)
        assert view.verdict is point.verdict
        same(view.criteria, point.criteria)
    assert [link.name for link in view.links] == [link.name for link in point.analysis.links]
    first, other = view.links
    assert first.working_detuning == pytest.approx(point.analysis.links[0].detuning)
    assert first.blockade == pytest.approx(point.analysis.links[0].blockade)
    assert first.S.size > 100
    assert other.S.size == 0


def test_numbers_that_give_no_device_are_the_problems_of_a_file():
    subject = subject_of("transmon_squid")
    with pytest.raises(SpecError) as caught:
        eliminated_view(subject, setting(subject, target__fock_state="6", damping__external_linewidth="30 MHz"))
    assert "$.damping" in caught.value.problems[0].path


def test_a_record_is_strict_json_and_says_what_tables_say():
    subject = subject_of("transmon_squid")
    found = view_record(eliminated_view(subject, setting(subject)))
    assert '"verdict": "feasible"' in to_json(found)
    row = next(c for c in found["criteria"] if c["key"] == "kerr_to_linewidth")
    assert (row["outcome"], row["bound_text"]) == ("ok", "≥ 1")
    assert float(row["value_text"]) == pytest.approx(row["value"], rel=1e-2)
    assert sum(c["pending"] for c in found["criteria"]) == 3
