"""The best linewidth: found without a hint, where a fine scan and the trade-off say it must be."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.questions.linewidth import with_linewidth
from qsb_hw.result import Status


def fidelity(oscillator, target):
    return qh.steady_state(qh.full_model(oscillator)).populations(0)[target]


def test_widening_keeps_gamma_and_is_a_cavity_of_that_width(make_oscillator):
    oscillator = make_oscillator(quanta=3)
    wider = with_linewidth(oscillator, 4.0)
    for before, after in zip(oscillator.baths, wider.baths, strict=True):
        tone = before.tones[0]
        assert after.tones[0].gamma == pytest.approx(tone.gamma)
        same = qh.Bath.cavity(tone.detuning, 4 * tone.linewidth, 2 * tone.coupling, 3)
        np.testing.assert_allclose(after.jumps[0], same.jumps[0])
        np.testing.assert_allclose(after.couplings[0].bath, same.couplings[0].bath)
        np.testing.assert_allclose(after.hamiltonian, same.hamiltonian)


@pytest.fixture(scope="module")
def transmon_optimum(two_level_transmon):
    oscillator = two_level_transmon.oscillator(levels=6)
    return oscillator, qh.optimal_linewidth(oscillator)


def test_optimum_of_the_transmon_is_a_maximum_of_a_fine_scan(transmon_optimum):
    oscillator, found = transmon_optimum
    scan = np.exp(np.linspace(-1, 1, 41)) * found.factor
    values = [fidelity(with_linewidth(oscillator, f), 2) for f in scan]
    assert found.fidelity >= max(values)
    assert found.fidelity - max(values) < 1e-4
    assert abs(math.log(scan[int(np.argmax(values))] / found.factor)) < 0.06
    assert not found.at_edge
    assert found.status is Status.CONVERGED
    assert found.residual < 1e-9


def test_optimum_of_the_transmon_lies_between_starving_and_blurring(transmon_optimum):
    oscillator, found = transmon_optimum
    assert 0.05 < found.sigma < 0.1
    assert found.sigma == pytest.approx(found.linewidth / (4 * oscillator.ladder.kerr_at(2)))
    assert 0.95 < found.fidelity < 0.97
    narrow = with_linewidth(oscillator, 0.01 / found.sigma * found.factor)
    wide = with_linewidth(oscillator, 0.3 / found.sigma * found.factor)
    assert fidelity(narrow, 2) < 0.65
    assert fidelity(wide, 2) < 0.85


def test_it_does_not_depend_on_the_linewidth_it_starts_from(transmon_optimum):
    oscillator, found = transmon_optimum
    other = qh.optimal_linewidth(with_linewidth(oscillator, 7.3))
    assert other.linewidth == pytest.approx(found.linewidth, rel=0.01)
    assert other.fidelity == pytest.approx(found.fidelity, abs=1e-6)


def test_best_width_grows_as_the_fourth_root_of_the_loss(make_oscillator):
    # n0 = 2 with one tone a side: T1 takes (2/T1)/γ·(1/γσ²T1)-like, tails take σ²: equal where σ⁴ ∝ 1/T1² … measured
    losses = np.array([1e3, 4e3, 1.6e4])
    sigmas = [
        qh.optimal_linewidth(make_oscillator(sigma=0.1, ratio=0.02, target=2, loss=loss, quanta=2)).sigma
        for loss in losses
    ]
    slope = np.polyfit(np.log(losses), np.log(sigmas), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.1)


def test_without_loss_the_narrowest_is_best_and_that_is_said(make_oscillator):
    found = qh.optimal_linewidth(make_oscillator(target=1, loss=math.inf, quanta=2))
    assert found.at_edge
    assert found.linewidth == pytest.approx(4 * 4 * 0.07**2 * 0.2, rel=0.02)


def test_cost_is_a_scan_and_a_short_search(transmon_optimum):
    _, found = transmon_optimum
    assert 13 < found.solves <= 13 + 20
    assert found.scanned_linewidth.size == found.solves


def test_what_cannot_be_searched(make_oscillator):
    with pytest.raises(qh.ArgumentError, match="both its neighbours"):
        qh.optimal_linewidth(make_oscillator(target=2).truncated(3))
    with pytest.raises(qh.ArgumentError, match="between κ = 4γ and κ = 4K"):
        qh.optimal_linewidth(make_oscillator(sigma=2.0, ratio=0.4))
    with pytest.raises(qh.ArgumentError, match="positive factor"):
        with_linewidth(make_oscillator(), 0.0)


def test_no_steady_state_anywhere_is_an_error_and_a_few_are_not(monkeypatch, make_oscillator):
    solve, calls = qh.steady_state, []

    def failing(model, every):
        calls.append(model)
        found = solve(model)
        return replace(found, status=Status.NOT_CONVERGED) if len(calls) % every == 0 else found

    oscillator = make_oscillator(target=2, levels=4, quanta=2)
    whole = qh.optimal_linewidth(oscillator)
    monkeypatch.setattr("qsb_hw.questions.observe.steady_state", lambda model: failing(model, 5))
    some = qh.optimal_linewidth(oscillator)
    assert some.status is Status.NOT_CONVERGED
    assert some.fidelity == pytest.approx(whole.fidelity, abs=1e-3)
    monkeypatch.setattr("qsb_hw.questions.observe.steady_state", lambda model: failing(model, 1))
    with pytest.raises(qh.ConvergenceError, match="No linewidth"):
        qh.optimal_linewidth(oscillator)
