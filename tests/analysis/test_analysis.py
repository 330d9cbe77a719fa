"""One analysis under one set of conditions: what is in force is what every answer rests on."""

import math
from dataclasses import fields

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.conditions import Chosen, Origin, Requested
from qsb_hw.questions.criteria import criteria_of, verdict_of
from qsb_hw.questions.observe import observe, observe_nominal


@pytest.fixture(scope="module")
def array():
    return qh.load_device("kerr_squid_array")


def by_key(criteria):
    return {c.key: c for c in criteria}


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("share", [4e-4, 0.3, 3.0, -0.3])
def test_criteria_read_the_coupling_in_force(array, complete, share, monkeypatch):
    monkeypatch.setattr("qsb_hw.analysis.size.bath_error", lambda *_: 0.0)  # of V = 4e-4 γ to 3 γ anew each
    gamma = min(t.gamma for t in array.complete.stabilising_tones)
    analysis = qh.analyse(array, levels=4, bath_levels=2, coupling=share * gamma, complete=complete)
    found = by_key(criteria_of(analysis))
    for key in ("coupling_to_gamma_visible", "coupling_to_gamma_hybridised"):
        assert found[key].value == pytest.approx(abs(share))
    feasible = 0.1 <= abs(share) <= 1
    assert (found["coupling_to_gamma_visible"].passed and found["coupling_to_gamma_hybridised"].passed) is feasible
    if not feasible:
        assert verdict_of(found.values()) is qh.Verdict.INFEASIBLE


def test_a_hopeless_coupling_is_no_feasible_device():
    device = qh.load_device("transmon_squid")
    found = qh.analyse(device, levels=5, coupling=1e3, complete=False)
    gamma = min(t.gamma for t in device.complete.stabilising_tones)
    assert by_key(criteria_of(found))["coupling_to_gamma_visible"].value == pytest.approx(1e3 / gamma, rel=1e-12)
    assert verdict_of(criteria_of(found)) is qh.Verdict.INFEASIBLE
    ds = qh.sweep(device, {"coupling": "0.16, 160 kHz"}, "verdict", settings={"levels": 5})
    assert ds["verdict"].values.tolist()[0] == 0


def test_the_sign_of_v_turns_the_phase_and_leaves_s(array, monkeypatch):
    monkeypatch.setattr("qsb_hw.analysis.size.bath_error", lambda *_: 0.0)  # of both signs the same
    v = array.nearest_coupling
    plus, minus = (qh.analyse(array, levels=4, coupling=sign * v) for sign in (1, -1))
    np.testing.assert_allclose(plus.prediction.S_full, minus.prediction.S_full, rtol=1e-6)
    assert minus.prediction.coupling == -v
    one, other = (a.complete_pairs([0.0])[0].phase_distribution(0, 1).coefficients for a in (plus, minus))
    np.testing.assert_allclose(one[1], -other[1], rtol=1e-6)


@pytest.fixture(scope="module")
def usual(array):
    """Under the conditions that nobody asked to be others."""
    return qh.analyse(array)


def test_check_and_budget_solve_the_same_pair(usual):
    analysis = usual
    assert observe_nominal(analysis).contrast == pytest.approx(
        observe(analysis.oscillator, analysis).contrast, rel=1e-6
    )


def test_sweeps_of_complete_pairs_solve_that_pair_too(array, usual):
    ds = qh.sweep(
        array,
        {"coupling": f"{array.nearest_coupling / (2 * math.pi)!r} Hz"},
        "contrast,fidelity",
        settings={"complete": True},
    )
    assert float(ds["contrast"][0]) == pytest.approx(usual.contrast, rel=1e-6)
    assert float(ds["fidelity"][0]) == pytest.approx(usual.comparison.populations_full[1], rel=1e-6)


def test_fock_states_of_a_pair_are_given_or_chosen_with_an_error_that_holds(array):
    chosen = qh.analyse(array, levels=4, pair_levels=3)
    size = chosen.pair_size
    assert size.bath_levels == Chosen(2, Origin.CHOSEN)
    more = qh.analyse(array, levels=4, pair_levels=3, bath_levels=3)
    assert more.pair_size.bath_levels == Chosen(3, Origin.GIVEN)
    one, other = chosen.prediction.S_full, more.prediction.S_full
    changes = np.abs(one / other - 1).max(), abs(chosen.contrast / more.contrast - 1)
    assert 0 < max(changes) <= 1.5 * size.bath_error < 0.015
    assert more.pair_size.bath_error < 0.2 * size.bath_error


def test_strongly_driven_modes_get_more_fock_states():
    kappa, kerr = 20.0, 20.0
    ladder = qh.Ladder.kerr(1e5, kerr, 4)
    spacing = ladder.transition_frequencies
    baths = [qh.Bath.cavity(delta, kappa, 0.3 * kappa) for delta in (-spacing[1], spacing[0])]
    oscillator = qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=50.0))
    device = qh.Device("strong", "test", "", None, oscillator, 1, np.zeros((1, 1)))
    size = qh.analyse(device).pair_size
    assert size.bath_levels.value >= 3


def test_nothing_is_solved_twice(array, monkeypatch):
    import qsb_hw.analysis.pair as module

    solved = []
    original = module.detuning_sweep
    monkeypatch.setattr(module, "detuning_sweep", lambda n, d, **k: solved.append(len(d)) or original(n, d, **k))
    analysis = qh.analyse(array, levels=4, complete=False)
    contrast = analysis.contrast
    assert analysis.contrast == contrast
    analysis.S(analysis.rest_detunings)
    assert sum(solved) == 2  # the other resonance is the mirror image
    analysis.S([0.0, 1e6, -1e6])
    assert sum(solved) == 3


def test_every_condition_says_where_it_comes_from(array):
    analysis = qh.analyse(array, pair_levels=3, coupling=-1e5)
    assert analysis.prediction.contrast > 1
    found = analysis.conditions
    assert found.coupling == Chosen(-1e5, Origin.GIVEN)
    assert found.pair_levels == Chosen(3, Origin.GIVEN)
    assert (found.levels.origin, found.experiment_time.origin) == (Origin.CHOSEN, Origin.ASSUMED)
    assert qh.analyse(array).coupling_choice == Chosen(array.nearest_coupling, Origin.FILE)
    alone = qh.analyse(array.oscillator(4))
    gamma = min(t.gamma for t in array.complete.stabilising_tones)
    assert alone.coupling_choice == Chosen(pytest.approx(0.3 * gamma), Origin.ASSUMED)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"coupling": 0.0}, "must not be zero"),
        ({"coupling": math.nan}, "finite"),
        ({"level": 4}, "A condition must be one of"),
        ({"pair_levels": 2}, "n0 \\+ 2 = 3"),
        ({"bath_levels": 2.5}, "bath_levels"),
    ],
)
def test_conditions_out_of_range_are_refused(array, given, said):
    with pytest.raises(qh.ArgumentError, match=said):
        _ = qh.analyse(array, **given).pair_size


def test_an_eliminated_oscillator_needs_its_coupling(array):
    effective = qh.eliminate(array.oscillator(4))
    with pytest.raises(qh.ArgumentError, match="coupling"):
        qh.analyse(effective)
    found = qh.analyse(effective, coupling=array.nearest_coupling)
    assert found.contrast == pytest.approx(qh.analyse(array, levels=4, complete=False).contrast, rel=1e-6)
    with pytest.raises(qh.ArgumentError, match="device"):
        _ = found.device


def test_every_requested_condition_can_be_swept_or_given():
    assert {f.name for f in fields(Requested)} == {
        "levels", "pair_levels", "bath_levels", "coupling", "detuning", "rwa", "complete", "experiment_time",
    }  # fmt: skip
    assert Requested().with_values({"levels": 5.0, "$.x.y": 3.0, "coupling": 2.0}) == Requested(levels=5, coupling=2.0)


@pytest.mark.parametrize("name", ["transmon_squid", "ion_lattice_be9"])
def test_populations_relax_as_fast_with_the_counter_rotating_terms(name):
    oscillator = qh.load_device(name).oscillator(3)
    with_rwa, without = (qh.compare(oscillator, rwa) for rwa in (True, False))
    for rate in ("relaxation_rate_full", "relaxation_rate_eliminated"):
        assert getattr(without, rate) == pytest.approx(getattr(with_rwa, rate), rel=1e-3)
