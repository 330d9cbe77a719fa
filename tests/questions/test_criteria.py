"""Every criterion against a hand computation, and the rule that turns them into a verdict."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.model.criterion import CriterionKind, Sense
from qsb_hw.questions.criteria import criteria_from, verdict_of

REQUIREMENT, APPROXIMATION = CriterionKind.REQUIREMENT, CriterionKind.APPROXIMATION

# one device by hand, in units in which a rate of 1 is 1/µs: K = 700, κ = 100, g = 5, T1 = 80, Tφ = 60, n̄ = 0.02
K, KAPPA, G, T1, TPHI, NTH, OMEGA, V = 700.0, 100.0, 5.0, 80.0, 60.0, 0.02, 3e5, 0.35
GAMMA = 4 * G**2 / KAPPA


def device(
    *, kerr=K, kappa=KAPPA, g=G, t1=T1, t_phi=TPHI, thermal=NTH, heating=0.0, target=1, coupling=V, own=(), levels=6
):
    ladder = qh.Ladder.kerr(OMEGA, kerr, levels)
    spacing = ladder.transition_frequencies
    baths = [qh.Bath.cavity(-spacing[target], kappa, g), qh.Bath.cavity(spacing[target - 1], kappa, g)]
    oscillator = qh.SelfOscillator(ladder, baths, qh.Decoherence(t1, t_phi, thermal, heating))
    matrix = np.array([[0.0, coupling], [coupling, 0.0]])
    return qh.Device("by hand", "test", "", None, oscillator, target, matrix, criteria=own)


def criteria(dev, **given):
    return {c.name: c for c in criteria_from(dev, coupling=dev.nearest_coupling or None, **given)}


def lorentzian_rate(offset, kappa=KAPPA, g=G):
    return g**2 * kappa / ((kappa / 2) ** 2 + offset**2)


def test_spectral_needs_by_hand():
    found = criteria(device())
    assert found["K/κ"].value == pytest.approx(7.0)
    assert found["K/γ"].value == pytest.approx(700.0)  # γ = 4·25/100 = 1
    assert found["K/κ"].kind is found["K/γ"].kind is REQUIREMENT


def test_loss_needs_by_hand():
    found = criteria(device())
    # blue tone on 0 → 1 at γ against (1 + n̄)/T1; the far red tone's counter-rotating part is nothing at ω = 3e5
    assert found["slowest pumping rate/loss (γT1 for n0 = 1)"].value == pytest.approx(GAMMA * T1 / (1 + NTH), rel=1e-3)
    # heat 1 → 2 at 2n̄/T1 against the red tone's 2γ on 2 → 1
    assert found["heating out of |1⟩ / damping"].value == pytest.approx((2 * NTH / T1) / (2 * GAMMA), rel=1e-3)
    assert found["γ·Tφ"].value == pytest.approx(GAMMA * TPHI)


def test_tail_of_the_ladder_by_hand():
    # above n0 = 1 step n loses by the red tone, 2K(n−2) away, and T1, and gains by the blue, 2K(n−1) away, and heat
    steps = np.arange(2, 6)
    down = steps * (lorentzian_rate(2 * K * (steps - 2)) + (1 + NTH) / T1)
    up = steps * (lorentzian_rate(2 * K * (steps - 1)) + NTH / T1)
    assert criteria(device())["down/up above |1⟩, worst step"].value == pytest.approx(min(down / up), rel=1e-3)


def test_pump_of_a_higher_level_is_judged_by_its_weakest_off_resonant_step():
    # n0 = 3: the blue tone stands on 2 → 3; 0 → 1 is 4K away and gets γσ²/(4 + σ²) = g²κ/((κ/2)² + (4K)²) only
    value = criteria(device(target=3, t1=1e6, levels=7))["slowest pumping rate/loss (γT1 for n0 = 1)"].value
    assert value == pytest.approx(lorentzian_rate(4 * K) * 1e6 / (1 + NTH), rel=1e-3)


def test_neighbour_coupling_by_hand():
    found = criteria(device())
    assert found["V/γ (visible)"].value == pytest.approx(0.35)
    assert found["V/γ (not hybridised)"].value == pytest.approx(0.35)
    assert found["V/γ (visible)"].passed
    assert found["V/γ (not hybridised)"].passed
    assert not criteria(device(coupling=0.05))["V/γ (visible)"].passed
    assert not criteria(device(coupling=1.5))["V/γ (not hybridised)"].passed
    assert criteria(device(coupling=0.0))["V/γ (visible)"].passed is None


def test_approximations_by_hand():
    found = criteria(device())
    assert found["√(n0+1)·g/κ"].value == pytest.approx(math.sqrt(2) * 0.05)
    assert found["κ/4ω"].value == pytest.approx(100 / (4 * 3e5))
    assert found["spread of K next to n0"].value == pytest.approx(0.0, abs=1e-9)
    assert found["(n0+1)γ/2K"].value == pytest.approx(2 * GAMMA / (2 * K))
    names = ("√(n0+1)·g/κ", "κ/4ω", "spread of K next to n0", "(n0+1)γ/2K", "trace distance full–eliminated")
    assert {found[name].kind for name in names} == {APPROXIMATION}


def test_spread_of_k_on_a_real_ladder_by_hand():
    # spacings 3e5, −1400, −1540, −1694: K = 700, 770, 847 at levels 1, 2, 3; at n0 = 2 the worst neighbour is 10 % off
    dev = device(target=2, levels=5)
    drops = np.array([0, 1400, 2940, 4634])
    ladder = qh.Ladder.from_transitions(OMEGA - drops)
    uneven = replace(dev, complete=replace(dev.complete, ladder=ladder))
    assert criteria(uneven)["spread of K next to n0"].value == pytest.approx(0.1)
    assert criteria(uneven)["K/κ"].value == pytest.approx(7.7)


def test_outcome_rests_on_the_full_model_and_is_skipped_without_it():
    dev = device()
    bare = criteria(dev)
    skipped = ("1 − P(n0), full model", "S(resonance)/S(0)", "trace distance full–eliminated")
    assert [bare[name].passed for name in skipped] == [None] * 3
    assert [bare[name].outcome for name in skipped] == ["skipped"] * 3
    comparison = qh.compare(dev.oscillator(4))
    solved = criteria(dev, comparison=comparison, contrast=3.7)
    assert solved["1 − P(n0), full model"].value == pytest.approx(1 - comparison.populations_full[1])
    assert solved["S(resonance)/S(0)"].value == 3.7
    assert solved["trace distance full–eliminated"].value == comparison.trace_distance


def test_needs_come_first_and_the_platforms_own_are_kept():
    own = qh.Criterion("bound levels", REQUIREMENT, 7.0, 5.0, Sense.AT_LEAST, "why", "remedy", key="bound_levels")
    found = criteria_from(device(own=(own,)))
    kinds = [c.kind for c in found]
    assert kinds == sorted(kinds, key=lambda k: k is APPROXIMATION)
    assert own in found


def test_without_t1_or_dephasing_their_checks_are_skipped():
    found = criteria(device(t1=math.inf, t_phi=math.inf, thermal=0.0))
    for name in ("slowest pumping rate/loss (γT1 for n0 = 1)", "γ·Tφ"):
        assert found[name].value is None
        assert found[name].outcome == "skipped"


@pytest.mark.parametrize(
    ("parameter", "worse_to_better", "name"),
    [
        ("t1", [1, 10, 100, 1e4], "slowest pumping rate/loss (γT1 for n0 = 1)"),
        ("t_phi", [1, 10, 100], "γ·Tφ"),
        ("kerr", [50, 200, 1e3], "K/κ"),
        ("kerr", [50, 200, 1e3], "K/γ"),
        ("g", [30, 10, 3], "K/γ"),
        ("g", [1, 3, 10], "γ·Tφ"),
        ("g", [30, 10, 3], "√(n0+1)·g/κ"),
        ("heating", [1.0, 0.1, 1e-3], "heating out of |1⟩ / damping"),
        ("thermal", [1.0, 0.1, 1e-3], "heating out of |1⟩ / damping"),
        ("heating", [1.0, 0.1, 1e-3], "down/up above |1⟩, worst step"),
        ("kappa", [900, 100, 10], "K/κ"),
        ("kappa", [900, 100, 10], "κ/4ω"),
    ],
)
def test_margins_grow_when_the_hardware_gets_better(parameter, worse_to_better, name):
    margins = [criteria(device(**{parameter: value}))[name].margin for value in worse_to_better]
    assert np.all(np.diff(margins) > 0)


def need(value, bound=1.0, sense=Sense.AT_LEAST, kind=REQUIREMENT, **more):
    return qh.Criterion("x", kind, value, bound, sense, "why", "remedy", key="x", **more)


def test_margin_is_how_many_times_better_than_the_bound():
    assert need(3.0).margin == 3.0
    assert need(0.2, 1.0, Sense.AT_MOST).margin == pytest.approx(5.0)
    assert need(0.0, 1.0, Sense.AT_MOST).margin == math.inf
    assert need(-1.0).margin == 0.0
    assert need(None).margin is None
    assert (need(1.0).passed, need(0.99).passed, need(None).passed) == (True, False, None)
    assert (need(2.0).meets_margin, need(1.9).meets_margin) == (True, False)
    assert need(1.1, required_margin=1.0).meets_margin


def test_negative_value_held_below_a_bound_is_as_good_as_it_gets():
    # an AT_MOST quantity that comes out below zero is better than zero, not infinitely bad
    assert need(-0.5, 1.0, Sense.AT_MOST).passed


def test_verdict_rule():
    good, tight, bad, skipped = need(5.0), need(1.2), need(0.5), need(None)
    failed_approximation = need(0.01, kind=APPROXIMATION)
    verdict = qh.Verdict
    assert verdict_of((good, good)) is verdict.FEASIBLE
    assert verdict_of((good, tight)) is verdict.BORDERLINE
    assert verdict_of((good, tight, bad)) is verdict.INFEASIBLE
    assert verdict_of((good, failed_approximation)) is verdict.FEASIBLE
    assert verdict_of((tight, failed_approximation)) is verdict.BORDERLINE
    assert verdict_of((good, skipped)) is verdict.FEASIBLE
    assert verdict_of((bad, skipped)) is verdict.INFEASIBLE


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "feasible"),
        ({"kappa": 500.0, "g": 12.0}, "borderline"),
        ({"kappa": 1000.0, "g": 16.0}, "infeasible"),
        ({"t1": 3.0}, "infeasible"),
        ({"heating": 0.5}, "infeasible"),
        ({"kerr": -700.0}, "infeasible"),
    ],
)
def test_verdict_of_devices_by_hand(change, verdict):
    assert verdict_of(criteria(device(**change)).values()).value == verdict
