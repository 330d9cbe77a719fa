"""The whole way from a device to a verdict, on devices made by hand."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.questions.criteria import VERDICT_RULE

TWO_PI = 2 * math.pi


def device(*, kerr=144e6, kappa=20e6, ratio=0.05, t1=50e-6, target=1, visible=0.3, levels=6):
    """5 GHz Kerr ladder; frequencies in Hz, g = ratio·κ, V = visible·γ (none if None)."""
    kappa = TWO_PI * kappa
    ladder = qh.Ladder.kerr(TWO_PI * 5e9, TWO_PI * kerr, levels)
    spacing = ladder.transition_frequencies
    baths = [qh.Bath.cavity(delta, kappa, ratio * kappa) for delta in (-spacing[target], spacing[target - 1])]
    oscillator = qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=t1, t_phi=40e-6, thermal_occupation=0.01))
    v = 0.0 if visible is None else visible * 4 * ratio**2 * kappa
    return qh.Device("by hand", "test", "", None, oscillator, target, np.array([[0.0, v], [v, 0.0]]))


@pytest.fixture(scope="module")
def good():
    seen = []
    found = qh.assess(
        device(), levels=5, pair_levels=3, progress=lambda stage, done, total: seen.append((stage, done, total))
    )
    return found, seen


def test_good_transmon_is_feasible_with_a_large_contrast(good):
    assessment, _ = good
    assert assessment.verdict is qh.Verdict.FEASIBLE
    assert assessment.rule == VERDICT_RULE
    assert assessment.synchronization.contrast > 100
    assert assessment.comparison.populations_full[1] > 0.97
    assert assessment.comparison.supported_convention == "derived"


def test_every_number_of_the_good_device_is_certified(good):
    assessment, _ = good
    numerics = assessment.numerics
    assert numerics.converged
    assert numerics.status.value == "converged"
    assert numerics.residual < 1e-9
    assert 0 < numerics.truncation_error < 0.05
    assert numerics.levels == 5
    assert numerics.skipped == ()
    assert set(assessment.synchronization.statuses) == {qh.Status.CONVERGED}


def test_contrast_does_not_rest_on_the_elimination(good):
    prediction = good[0].synchronization
    assert prediction.contrast == pytest.approx(prediction.contrast_eliminated, rel=0.05)
    assert np.allclose(prediction.S_full, prediction.S_eliminated, rtol=0.05)


def test_resonances_are_at_twice_k_and_solved_with_all_cavities(good):
    prediction = good[0].synchronization
    kerr = TWO_PI * 144e6
    assert sorted(r.detuning for r in prediction.resonances) == pytest.approx([-2 * kerr, 2 * kerr], rel=1e-3)
    assert prediction.full_detuning[0] == 0.0
    assert sorted(prediction.full_detuning[1:]) == pytest.approx(sorted(r.detuning for r in prediction.resonances))
    assert prediction.contrast == pytest.approx(prediction.S_full[1:].min() / prediction.S_full[0])
    # one quantum in each mode at g/κ = 0.05: what a second one changes is in the error, and small
    assert [s.steady.dims for s in prediction.full] == [(3, 2, 2, 3, 2, 2)] * 3
    assert prediction.size.bath_error < 0.005


def test_sweep_shows_the_blockade_between_its_peaks(good):
    prediction = good[0].synchronization
    assert np.all(np.diff(prediction.detuning) > 0)
    assert 0.0 in prediction.detuning
    top = prediction.detuning[np.argmax(prediction.S)]
    assert abs(top) == pytest.approx(2 * TWO_PI * 144e6, rel=0.01)
    assert np.allclose(prediction.S, prediction.S[::-1], rtol=1e-5)
    assert prediction.S[prediction.detuning == 0.0] < prediction.S.max() / 100


def test_coupling_is_the_devices_or_what_the_caller_says(good):
    gamma = 4 * 0.05**2 * TWO_PI * 20e6
    assert good[0].synchronization.coupling == pytest.approx(0.3 * gamma)
    assert not good[0].synchronization.assumed
    oscillator = device().oscillator(4).with_bath_levels(2)
    own = qh.predict_pair(oscillator, coupling=0.1 * gamma, pair_levels=3)
    assert (own.coupling, own.assumed) == (pytest.approx(0.1 * gamma), False)
    guessed = qh.predict_pair(oscillator, pair_levels=3)
    assert (guessed.coupling, guessed.assumed) == (pytest.approx(0.3 * gamma), True)


def test_progress_names_its_stages_and_ends_each(good):
    _, seen = good
    stages = dict.fromkeys(stage for stage, _, _ in seen)
    assert len(stages) >= 2
    for stage in stages:
        last = [(done, total) for s, done, total in seen if s == stage][-1]
        assert last[0] == last[1]


def test_without_a_fock_state_the_comparison_is_skipped_and_the_verdict_still_comes():
    # σ = κ/4K = 2.5: the tones single out no level
    assessment = qh.assess(device(kerr=2e6))
    assert assessment.verdict is qh.Verdict.INFEASIBLE
    assert assessment.comparison is None
    assert assessment.synchronization is None
    assert any("σ = κ/4K" in reason for reason in assessment.numerics.skipped)
    skipped = {c.name for c in assessment.criteria if c.passed is None}
    assert {"1 − P(n0), full model", "S(resonance)/S(0)"} <= skipped


@pytest.mark.parametrize(
    ("change", "verdict"),
    [({"kerr": 24e6, "ratio": 0.04}, qh.Verdict.BORDERLINE), ({"t1": 0.3e-6}, qh.Verdict.INFEASIBLE)],
    ids=["K/κ = 1.2", "T1 = 0.3 µs"],
)
def test_weaker_devices_are_judged_by_the_need_they_miss(change, verdict):
    assessment = qh.assess(device(visible=0.3, **change), levels=4, pair_levels=3, bath_levels=2, budget=False)
    assert assessment.verdict is verdict
    assert assessment.numerics.converged


def test_levels_the_device_does_not_have_are_refused():
    with pytest.raises(qh.ArgumentError, match=r"between n0 \+ 2 = 3 and the 6 that are bound"):
        qh.assess(device(), levels=9)
    with pytest.raises(qh.ArgumentError, match="pair_levels"):
        qh.predict_pair(device().oscillator(5), pair_levels=2)
