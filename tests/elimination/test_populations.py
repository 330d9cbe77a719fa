"""Markov chains on a ladder against exact rational arithmetic and closed forms: for ever, in time, until they leave."""

import math
from fractions import Fraction

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.elimination.populations import after, escape_rates, mean_time_to_leave, relaxation
from qsb_hw.lindblad.markov import stationary


def exact(rates):
    """Null vector of the generator in rational arithmetic: of every float as it is, no rounding anywhere."""
    n = len(rates)
    a = [[Fraction(float(rates[i][j])) if i != j else Fraction(0) for j in range(n)] for i in range(n)]
    for j in range(n):
        a[j][j] = -sum(a[i][j] for i in range(n) if i != j)
    a[-1] = [Fraction(1)] * n
    b = [Fraction(0)] * (n - 1) + [Fraction(1)]
    for k in range(n):
        pivot = next(i for i in range(k, n) if a[i][k])
        a[k], a[pivot], b[k], b[pivot] = a[pivot], a[k], b[pivot], b[k]
        for i in range(k + 1, n):
            factor = a[i][k] / a[k][k]
            if factor:
                a[i] = [x - factor * y for x, y in zip(a[i], a[k], strict=True)]
                b[i] -= factor * b[k]
    x = [Fraction(0)] * n
    for k in reversed(range(n)):
        x[k] = (b[k] - sum(a[k][j] * x[j] for j in range(k + 1, n))) / a[k][k]
    return np.array([float(value) for value in x])


@pytest.mark.parametrize("spread", [1, 6, 15])
def test_stationary_populations_are_exact_however_far_the_rates_are_apart(spread):
    rng = np.random.default_rng(spread)
    rates = 10.0 ** rng.uniform(-spread, spread, (7, 7))
    np.testing.assert_allclose(stationary(rates).populations, exact(rates), rtol=1e-13)


def test_a_ladder_of_steps_balances_each_of_them():
    up, down = np.array([3.0, 1e-3, 2.0]), np.array([1e-6, 5.0, 7.0])
    balanced = np.cumprod([1.0, *(up / down)])
    np.testing.assert_allclose(
        stationary(np.diag(up, -1) + np.diag(down, 1)).populations, balanced / balanced.sum(), rtol=1e-14
    )


def test_two_quanta_up_in_a_million_and_one_quantum_down():
    """Losses of pairs at 10⁶ and a gain of single quanta on six levels: 2/3, 1/3 and next to nothing above."""
    up = np.diag(np.arange(1.0, 6), -1)
    pairs = np.diag([1e6 * n * (n - 1) for n in range(2, 6)], 2)
    np.testing.assert_allclose(stationary(up + pairs).populations[:2], [2 / 3, 1 / 3], rtol=1e-5)


def test_a_level_without_a_way_down_is_refused():
    with pytest.raises(qh.ConvergenceError, match="must be able to reach state 0"):
        stationary(np.diag([1.0, 1.0], -1))


def test_two_levels_in_time():
    rates, start = np.array([[0.0, 3.0], [1.0, 0.0]]), np.array([1.0, 0.0])
    assert relaxation(rates) == pytest.approx(4.0)
    for time in (0.0, 0.2, 5.0):
        upper = (1 - math.exp(-4 * time)) / 4
        np.testing.assert_allclose(after(rates, np.zeros(2), time, start), [1 - upper, upper], atol=1e-14)
        lost = after(rates, np.full(2, 0.5), time, start)
        assert lost.sum() == pytest.approx(math.exp(-time / 2), rel=1e-12)


@pytest.mark.parametrize("down", [0.0, 2.0, 1e8])
def test_mean_time_to_leave_a_ladder_by_the_recursion_of_first_passages(down):
    """With τ_n the mean time from n to n + 1: τ_n = (1 + down_n τ_{n−1})/up_n; the last step is the escape."""
    up, steps = np.array([1.0, 2.0, 0.5]), 0.0
    total = 0.0
    for n in range(3):
        steps = (1 + (down * steps if n else 0.0)) / up[n]
        total += steps
    rates = np.diag(up[:2], -1) + np.diag(np.full(2, down), 1)
    assert mean_time_to_leave(rates, np.array([0.0, 0.0, up[2]])) == pytest.approx(total, rel=1e-12)


def test_nothing_leaves_without_escape():
    assert mean_time_to_leave(np.array([[0.0, 1.0], [1.0, 0.0]]), np.zeros(2)) == math.inf


def test_heat_and_cavities_lead_on_from_the_top_level_as_up_to_it():
    heating, levels = 5.0, 6
    ladder = qh.Ladder.kerr(1e6, 1e3, levels)
    hot = qh.SelfOscillator(ladder, (), qh.Decoherence(heating_rate=heating))
    np.testing.assert_allclose(escape_rates(hot), [*np.zeros(levels - 1), levels * heating])
    blue = qh.SelfOscillator(ladder, (qh.Bath.cavity(ladder.transition_frequencies[0], 200.0, 10.0),))
    above = qh.SelfOscillator(qh.Ladder.kerr(1e6, 1e3, levels + 1), blue.baths)
    assert 1 < escape_rates(blue)[-1] / qh.eliminate(above).up_rates[-1] < 2  # continued from below: on the safe side
    assert not escape_rates(blue)[:-1].any()


def test_recoil_leaves_from_high_levels_only():
    escape = escape_rates(qh.load_device("ion_lattice_be9").complete)
    assert escape[:20].max() < 1e-6
    assert escape[-1] > 1
