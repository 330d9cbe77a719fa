"""How many levels and Fock states are kept, who said so, what is left out, and for how long a state lasts."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

import qsb_hw as qh
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import ELIMINATED, TOLERANCE, Chosen, Origin, Requested, conditions_of, under
from qsb_hw.analysis.size import bath_error
from qsb_hw.devices.catalog import device_from_spec, shipped_specs
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.measures import measures_of
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.model.criterion import CriterionKind
from qsb_hw.model.device import GivenConditions
from qsb_hw.questions.criteria import criteria_from, verdict_of
from qsb_hw.questions.lasting import _course, _holds, lasting
from qsb_hw.spec.load import read_toml


def table(name, **sections):
    """The table of a shipped file with some sections replaced, or left out where None."""
    changed = read_toml(shipped_specs()[name]) | sections
    return {key: value for key, value in changed.items() if value is not None}


@pytest.fixture(scope="module")
def uncooled():
    names = {"ca40": "ion_lattice_ca40", "be9": "ion_lattice_be9"}
    return {key: device_from_spec(table(name, cooling=None)) for key, name in names.items()}


@pytest.fixture
def verdict_alone(monkeypatch):
    """Assessments without the error budget and with a coarse curve S(Δ), on which no verdict rests."""
    monkeypatch.setattr("qsb_hw.questions.assessment.budget_of", lambda *_, **__: None)
    monkeypatch.setattr("qsb_hw.analysis.pair.BACKGROUND", 3)
    monkeypatch.setattr("qsb_hw.analysis.pair.LINE_STEPS", (1.0,))


def by_hand(rates):
    """Populations by least squares on the generator and the sum: no elimination, no chain."""
    generator = rates - np.diag(rates.sum(axis=0))
    system = np.vstack([generator / np.abs(generator).max(), np.ones(len(rates))])
    return np.linalg.lstsq(system, [*np.zeros(len(rates)), 1.0], rcond=None)[0]


@pytest.mark.parametrize(
    ("ion", "bound", "fidelity"),
    [("ca40", 57, {8: 0.870, 20: 0.804, 57: 0.665}), ("be9", 40, {8: 0.951, 20: 0.912, 40: 0.858})],
)
def test_every_bound_level_of_a_narrow_lattice_ion_counts(uncooled, ion, bound, fidelity):
    device = uncooled[ion]
    assert device.complete.levels == device.bound_levels == bound
    for levels, expected in fidelity.items():
        assert by_hand(qh.eliminate(device.oscillator(levels)).rates)[1] == pytest.approx(expected, abs=1e-3)
    chosen = conditions_of(device)
    assert chosen.levels == Chosen(bound, Origin.ALL)
    assert chosen.level_error == 0
    full = by_hand(qh.eliminate(device.complete).rates)
    for levels in (8, 20, 30):
        kept = by_hand(qh.eliminate(device.oscillator(levels)).rates)
        moved = (np.abs(kept - full[:levels]).sum() + full[levels:].sum()) / 2
        assert conditions_of(device, Requested(levels=levels)).level_error == pytest.approx(moved, rel=1e-3)


def test_levels_are_as_many_as_the_populations_need_and_no_more():
    device = qh.load_device("ion_lattice_ca40")
    chosen = conditions_of(device)
    assert chosen.levels == Chosen(8, Origin.CHOSEN)
    full = by_hand(qh.eliminate(device.complete).rates)
    kept = by_hand(qh.eliminate(device.oscillator(8)).rates)
    assert np.abs(kept - full[:8]).sum() / 2 < TOLERANCE


def strong(ratio, levels=6):
    """A Kerr ladder whose cavities are driven so hard that they do not stay near their vacuum."""
    kappa, kerr = 20.0, 20.0
    ladder = qh.Ladder.kerr(1e5, kerr, levels)
    spacing = ladder.transition_frequencies
    baths = [qh.Bath.cavity(delta, kappa, ratio * kappa) for delta in (-spacing[1], spacing[0])]
    oscillator = qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=50.0, thermal_occupation=0.02))
    return qh.Device("strong", "test", "", None, oscillator, 1, np.zeros((1, 1)))


def test_fock_states_are_added_until_the_populations_stand_still():
    weak, hard = conditions_of(strong(0.03)), conditions_of(strong(1.5))
    assert weak.bath_levels == Chosen(3, Origin.CHOSEN)
    assert hard.bath_levels.value > 3
    assert hard.bath_levels.origin is Origin.CHOSEN
    device = strong(1.5)
    found = qh.steady_state(qh.full_model(under(device, hard).truncated(4))).populations(0)
    many = qh.steady_state(qh.full_model(device.oscillator(4).with_bath_levels(12))).populations(0)
    assert np.abs(found - many).sum() / 2 < 2 * TOLERANCE
    assert conditions_of(device, Requested(bath_levels=2)).bath_error > TOLERANCE


def test_a_mode_resized_is_the_one_built_with_so_many_fock_states():
    bath = qh.Bath.cavity(-3.0, 2.0, 0.5, levels=3)
    for levels in (2, 3, 7):
        again, fresh = bath.resized(levels), qh.Bath.cavity(-3.0, 2.0, 0.5, levels=levels)
        np.testing.assert_allclose(again.hamiltonian, fresh.hamiltonian)
        np.testing.assert_allclose(again.jumps[0], fresh.jumps[0])
        np.testing.assert_allclose(again.couplings[0].bath, fresh.couplings[0].bath)


def test_who_said_it_is_on_record():
    spec = table("kerr_squid_array", conditions={"bath_levels": 4, "levels": 9, "experiment_time": "3 ms"})
    device = device_from_spec(spec)
    assert device.given == GivenConditions(levels=9, bath_levels=4, experiment_time=3e-3)
    found = conditions_of(device)
    assert found.levels == Chosen(9, Origin.FILE)
    assert found.bath_levels == Chosen(4, Origin.FILE)
    assert found.experiment_time == Chosen(3e-3, Origin.FILE)
    asked = conditions_of(device, Requested(levels=5, bath_levels=3, experiment_time=1.0))
    assert {asked.levels.origin, asked.bath_levels.origin, asked.experiment_time.origin} == {Origin.GIVEN}
    assert under(device, asked).dims == (5, 3, 3)
    for name, usual in (("transmon_squid", 0.1), ("ion_lattice_be9", 10.0)):
        assert conditions_of(qh.load_device(name)).experiment_time == Chosen(usual, Origin.ASSUMED)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"levels": 99}, "between n0 \\+ 2 = 3 and the 6"),
        ({"bath_levels": 1}, "at least two Fock states"),
        ({"experiment_time": 0.0}, "must be positive"),
    ],
)
def test_conditions_that_cannot_be_are_refused(given, said):
    with pytest.raises(qh.ArgumentError, match=said):
        conditions_of(strong(0.03), Requested(**given))


def test_the_end_of_an_experiment_is_the_exact_evolution(uncooled):
    """Eigenvectors of the generator with the losses, against what is reported; and what is lost by then."""
    device = uncooled["ca40"]
    for time in (0.05, 1.0, 10.0):
        found = lasting(device, Chosen(time, Origin.GIVEN))
        rates = qh.eliminate(device.complete).rates
        values, vectors = np.linalg.eig(rates - np.diag(rates.sum(axis=0)))
        whole = (vectors * np.exp(values * time)) @ np.linalg.solve(vectors, np.eye(len(rates))[0])
        assert found.populations[1] == pytest.approx(whole.real[1], abs=1e-6)
        assert 0 <= found.lost < 1e-6
    assert found.populations_forever[1] == pytest.approx(0.665, abs=1e-3)
    assert 1 / found.relaxation_rate == pytest.approx(311, rel=0.01)
    assert 1e3 < found.time_to_loss < 1e4


def test_a_state_that_is_lost_in_time_says_when():
    """A two-step leak: level 3 fills slowly and holds what it gets, so that P(1) falls below 0.7 at a known moment."""
    rates = np.diag([50.0, 1e-2, 1e3], -1) + np.diag([0.1, 1e-5, 1e-5], 1)
    device = strong(0.03, 4)
    generator = rates - np.diag(rates.sum(axis=0))
    forever = by_hand(rates)
    course = _course(rates, np.zeros(4), 1e-5, forever, np.inf)
    moment = _holds(1, course, 1.0, forever)
    assert expm(generator * moment)[1, 0] >= 0.7 > expm(generator * 1.02 * moment)[1, 0]
    assert device.target == 1


@pytest.mark.usefixtures("verdict_alone")
def test_too_few_levels_leave_no_verdict(uncooled):
    found = qh.assess(uncooled["ca40"], levels=8)
    assert found.verdict is qh.Verdict.UNDECIDED
    assert found.numerics.converged
    assert not found.numerics.accurate
    failed = {c.name for c in found.criteria if c.kind is CriterionKind.NUMERICS and not c.passed}
    assert failed == {"truncation error of the populations"}
    in_file = device_from_spec(table("ion_lattice_ca40", cooling=None, conditions={"levels": 8}))
    assert conditions_of(in_file).levels == Chosen(8, Origin.FILE)


@pytest.mark.usefixtures("verdict_alone")
def test_heated_by_recoil_an_ion_is_good_for_an_experiment_and_not_for_ever(uncooled):
    found = qh.assess(uncooled["be9"])
    # levels that a complete pair cannot afford move S by a fifth: no verdict, and without S it would be borderline
    assert found.verdict is qh.Verdict.UNDECIDED
    assert {c.name for c in found.criteria if c.kind is CriterionKind.NUMERICS and not c.passed} == {
        "truncation error of S"
    }
    assert verdict_of([c for c in found.criteria if c.name != "truncation error of S"]) is qh.Verdict.BORDERLINE
    later = {c.name for c in found.criteria if c.passed is False and c.kind is CriterionKind.REQUIREMENT}
    assert later == {"down/up above |1⟩, worst step", "slow leak of P(n0)"}
    by_name = {c.name: c for c in found.criteria}
    assert by_name["down/up above |1⟩, worst step"].value == pytest.approx(0.981, abs=1e-3)
    end = by_name["at the end of an experiment, 1 − P(n0)"]
    assert end.passed
    assert end.value == pytest.approx(1 - 0.946, abs=2e-3)
    assert by_name["slow leak of P(n0)"].value == pytest.approx(0.946 - 0.858, abs=1e-3)
    longer = criteria_from(
        found.device,
        comparison=found.comparison,
        contrast=100.0,
        found=replace(found.lasting, populations=np.full(found.device.complete.levels, 0.5)),
    )
    assert verdict_of(longer) is qh.Verdict.INFEASIBLE


def test_one_more_fock_state_changes_a_pair_by_no_more_than_stated():
    device = qh.load_device("kerr_squid_array")
    oscillator, v = device.oscillator(4), device.nearest_coupling
    analysis = Analysis(oscillator, Requested(coupling=v))
    stated = bath_error(analysis.pair, 3)
    three, four = (oscillator.truncated(3).with_bath_levels(n) for n in (3, 4))
    found = [qh.detuning_sweep(qh.Network([o, o], [[0, v], [v, 0]]), [0.0])[0] for o in (three, four)]
    true = abs(found[0].synchronization(0, 1) / found[1].synchronization(0, 1) - 1)
    assert true <= stated <= 20 * true


def test_a_sweep_gives_no_verdict_either_where_levels_are_missing(uncooled):
    subject = subject_of("ion_lattice_ca40")
    three, enough = (Evaluation(subject, {}, Requested(levels=n, complete=False)) for n in (3, None))
    assert verdict_of(three.criteria) is qh.Verdict.UNDECIDED
    assert verdict_of(enough.criteria) is qh.Verdict.BORDERLINE
    (measure,) = measures_of(["verdict"], subject)
    assert np.isnan(measure.of(three, 1)).all()
    every = Evaluation(subject_of(uncooled["ca40"]), {}, ELIMINATED)
    # as `check` has it: good for an experiment of 10 s, and not for ever, where P(1) = 0.665
    assert verdict_of(every.criteria) is qh.Verdict.BORDERLINE


def test_a_barrier_crossed_within_an_experiment_makes_it_infeasible(uncooled):
    found = lasting(uncooled["be9"], Chosen(1e5, Origin.GIVEN))
    criteria = criteria_from(uncooled["be9"], found=found)
    loss = next(c for c in criteria if c.name == "time until loss/experiment time")
    assert loss.value is None  # nothing to lose without a Fock state that was solved
    assert found.time_to_loss / 1e5 < 1
    assert math.isfinite(found.time_to_loss)
