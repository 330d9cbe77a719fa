"""What Lörch 2017 says about one and two oscillators, as numbers."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.papers import loerch2017 as paper
from qsb_hw.papers.loerch2017.ladders import classical_density
from qsb_hw.papers.loerch2017.setup import oscillator, pair


def local_maxima(x, y):
    inside = (y[1:-1] > y[:-2]) & (y[1:-1] > y[2:])
    return x[1:-1][inside]


def test_amplification_and_damping_peak_below_and_above_the_stabilised_level(small):
    data = small("1a")
    population = data.population.values
    assert data.transition.values[data.up_rate.values.argmax()] == 2  # 1 → 2
    assert data.transition.values[data.down_rate.values.argmax()] == 3  # 3 → 2
    # with n₋ = n₊ + 1 the product of rate ratios telescopes to a Lorentzian of n itself
    n = data.level.values
    lorentzian = 0.04 / ((n - 2) ** 2 + 0.04)
    assert population / population[2] == pytest.approx(lorentzian, rel=1e-12)
    # and what the ladder cuts off is what the closed form of the tail says
    assert 1 / population[2] == pytest.approx(sum(0.04 / ((k - 2) ** 2 + 0.04) for k in range(20)), rel=1e-12)


def test_classical_energies_follow_the_fokker_planck_equation():
    quanta = np.linspace(0.5, 5, 2001)
    density = classical_density(quanta, n_plus=2)
    damping = 0.04 / ((quanta - 3) ** 2 + 0.04) - 0.04 / ((quanta - 2) ** 2 + 0.04)
    # no probability current: γ_T n_T dP/dI = −Γ(I) P
    assert 0.1 * np.gradient(density, quanta)[1:-1] == pytest.approx(-(damping * density)[1:-1], abs=2e-3)
    assert quanta[density.argmax()] == pytest.approx(2.5, abs=0.01)


def test_classical_oscillators_synchronize_best_on_resonance(small):
    data = small("2a").isel(coupling=0)
    middle = data.sel(detuning=0)
    for detuning in (-4, -1, 1, 4):
        other = data.sel(detuning=detuning)
        lead = float(middle.S_over_V - other.S_over_V)
        assert lead > 5 * np.hypot(middle.standard_error, other.standard_error)
    assert small("2a").attrs["not_burned_in"] == 0


def test_quantum_oscillators_have_a_local_minimum_on_resonance_and_maxima_at_twice_the_kerr_shift(small):
    data = small("2b")
    detuning, weakest = data.detuning.values, data.S_over_V.sel(coupling=0.05).values
    assert local_maxima(detuning, weakest) == pytest.approx([-20, 20], abs=1e-12)
    assert local_maxima(detuning, -weakest) == pytest.approx([0], abs=1e-12)
    assert weakest.max() > 3 * weakest[detuning == 0][0]


def test_peak_height_over_coupling_falls_with_the_coupling(small):
    peaks = small("2b").S_over_V.max("detuning").values
    assert np.all(np.diff(peaks) < 0)
    assert peaks[0] < float(small("2b").S_over_V_first_order.max())


@pytest.mark.parametrize("detuning", [0.0, 10.0])
def test_weak_coupling_tends_to_perturbation_theory(detuning):
    couplings = np.array([0.001, 0.002, 0.004, 0.008])
    data = paper.figure_2b(detunings=[detuning], couplings=couplings, levels=5)
    excess = data.S_over_V.values[:, 0] / data.S_over_V_first_order.values[0] - 1
    # what comes next in S/V is the second harmonic of P(φ), linear in V; the first harmonic corrects itself by V²
    assert np.abs(excess).max() < 2e-3
    assert np.polyfit(np.log(couplings), np.log(excess), 1)[0] == pytest.approx(1, abs=0.03)


def test_truncation_estimate_of_figure_2b_covers_the_truth():
    found = {n: paper.figure_2b(detunings=[20.0], couplings=[0.2], levels=n) for n in (6, 9, 12)}
    value = {n: float(d.S_over_V.values[0, 0]) for n, d in found.items()}
    # S_N = S∞ + a/N: extrapolate from the two largest ladders
    truth = (12 * value[12] - 9 * value[9]) / 3
    error = float(found[6].truncation_error[0])
    assert abs(value[6] - truth) < error < 5 * abs(value[6] - truth)


def test_two_resonances_merge_into_one_with_growing_width(small):
    data = small("3a")
    detuning = data.detuning.values
    best = [abs(detuning[int(row.argmax())]) for row in data.S.values]
    assert data.sigma.values.tolist() == [0.1, 0.2, 0.4, 0.6, 0.8]
    assert best[0] == 2.0
    assert best[1] == 1.75  # overlapping lines
    assert best[2] <= 0.25
    assert best[3] == best[4] == 0.0
    assert np.all(np.diff(best) <= 0)
    on_resonance = data.S.sel(detuning=0).values / data.S.max("detuning").values
    assert on_resonance[0] < 0.5
    assert on_resonance[-1] == 1


def test_cuts_are_rows_of_the_map_times_their_width(small):
    data = small("3a")
    for sigma in (0.2, 0.4, 0.6, 0.8):
        assert data.scaled_cut.sel(cut_sigma=sigma).values == pytest.approx(sigma * data.S.sel(sigma=sigma).values)
    heights = data.scaled_cut.max("detuning").values
    assert heights.max() / heights.min() < 1.4  # which is what they are scaled for


@pytest.mark.parametrize("panel", ["2b", "3a"])
def test_identical_oscillators_do_not_tell_the_sign_of_the_detuning(small, panel):
    data = small(panel)
    values = (data.S_over_V if panel == "2b" else data.S).values
    assert values == pytest.approx(values[:, ::-1], rel=1e-7)


def test_unequal_amplitudes_synchronize_best_at_a_difference_of_one(small):
    data = small("3b").S
    for sigma in (0.1, 0.2):
        row = data.sel(sigma=sigma)
        assert abs(float(row.mismatch[int(row.values.argmax())])) == pytest.approx(1, abs=0.2001)
        for side in (-1, 1):
            assert row.sel(mismatch=side) > 1.1 * row.sel(mismatch=0)
            assert row.sel(mismatch=side) > row.sel(mismatch=side * 0.5)
            assert row.sel(mismatch=side) > row.sel(mismatch=side * 1.5)
            # exactly there is a dip between two humps: off the integers |n̄2⟩ lives longer and the line is narrower
            assert row.sel(mismatch=side * 0.8) > row.sel(mismatch=side) < row.sel(mismatch=side * 1.2)
    classical = data.sel(sigma=0.8)
    assert classical.sel(mismatch=0) > 0.98 * classical.max()
    assert classical.max() < 1.1 * classical.min()


@pytest.mark.parametrize("difference", [-2, -1, 0, 1, 2])
def test_resonances_over_the_plane_of_amplitude_difference_and_detuning(small, difference):
    row = small("3c").sel(difference=difference)
    low, high = row.resonance.values
    assert (low, high) == (2 * difference - 2, 2 * difference + 2)
    peaks = local_maxima(row.detuning.values, row.S.values)
    for predicted, inwards in ((low, 1), (high, -1)):
        nearest = peaks[np.argmin(np.abs(peaks - predicted))]
        # the lines are as wide as K and pull each other inwards, never outwards
        assert 0 <= inwards * (nearest - predicted) <= 0.75
    assert row.S.values.argmax() in np.flatnonzero((low <= row.detuning.values) & (row.detuning.values <= high))


@pytest.mark.parametrize("levels", [(1, 1), (2, 1), (1, 3), (3, 2)])
def test_corrected_equation_7_agrees_with_the_ladders(levels):
    one, other = (oscillator(kerr=3.0, n_plus=n, levels=6) for n in levels)
    from_ladders = sorted(r.detuning for r in qh.resonances(pair(one, other, 0.1)))
    assert from_ladders == pytest.approx(paper.resonance_detunings(3.0, levels[0] - levels[1]), abs=1e-12)


def test_printed_sign_of_equation_7_is_not_that_of_equation_1():
    # levels 2 and 1: resonances at Δ = 0 and 4K, nothing at −4K
    one, other = (oscillator(kerr=40.0, n_plus=n, levels=5, sigma=0.05) for n in (2, 1))
    S = [qh.steady_state(pair(one.detuned(d), other, 0.1)).synchronization(0, 1) for d in (160.0, -160.0)]
    assert S[0] > 5 * S[1]


def test_two_maxima_without_kerr_shift_and_one_with_it(small):
    data = small("3d")
    assert data.bimodality.sel(kerr=0).values == pytest.approx(1, abs=1e-6)
    for kerr in (2, 5, 10):
        assert np.all(data.bimodality.sel(kerr=kerr, detuning=slice(-3 * kerr, 3 * kerr)).values == 0)
    density = data.density.sel(kerr=0).values
    flat = 1 / (2 * np.pi)
    phase = data.phase.values
    assert local_maxima(phase, np.maximum(density, flat)) == pytest.approx([-np.pi / 2, np.pi / 2])
    assert local_maxima(phase, data.density.sel(kerr=5).values).size == 1
    assert np.sum((density[1:] + density[:-1]) / 2 * np.diff(data.phase.values)) == pytest.approx(1, abs=1e-9)


def test_growing_kerr_shift_suppresses_the_resonance_and_then_splits_it(small):
    data = small("3d").S
    centre = data.sel(detuning=0)
    assert centre.sel(kerr=0) > 2 * centre.sel(kerr=0.5)
    harmonic = data.sel(kerr=0)
    assert float(harmonic.detuning[int(harmonic.values.argmax())]) == 0
    apart = [abs(float(data.detuning[int(data.sel(kerr=k).values.argmax())])) for k in (2, 5, 10)]
    assert apart[0] < 2  # lines wider than K
    assert apart[1] == pytest.approx(2 * 5, rel=0.25)
    assert apart[2] == pytest.approx(2 * 10, rel=0.1)


def test_resonant_harmonic_oscillators_do_not_converge_with_levels_and_say_so():
    found = {n: paper.figure_3d(detunings=[0], kerrs=[0], levels=n) for n in (8, 14)}
    value = {n: float(data.S.values[0, 0]) for n, data in found.items()}
    assert value[14] > 2 * value[8]
    assert float(found[8].truncation_error[0]) > 0.5 * (value[14] - value[8])


def test_harmonic_levels_are_resonant_and_anharmonic_ones_off_by_twice_the_kerr_shift(small):
    data = small("6")
    kerr = float(data.kerr[1])
    harmonic, anharmonic = data.mismatch.values
    assert np.nanmax(np.abs(harmonic)) == pytest.approx(0, abs=1e-12)
    for n in (1, 2):
        assert anharmonic[n, n] == pytest.approx(-2 * kerr)  # |n, n⟩ → |n − 1, n + 1⟩
        assert anharmonic[n + 1, n - 1] == pytest.approx(2 * kerr)  # |n + 1, n − 1⟩ → |n, n⟩
        assert anharmonic[n, n - 1] == pytest.approx(0, abs=1e-12)  # |n, n − 1⟩ → |n − 1, n⟩


def test_three_levels_show_the_effect_and_two_do_not(small):
    data = small("7b")
    detuning, kerr = data.detuning.values, data.attrs["kerr"]
    assert detuning[data.S_harmonic.values.argmax()] == 0
    anharmonic = data.S_anharmonic.values
    assert abs(detuning[anharmonic.argmax()]) == pytest.approx(2 * kerr, rel=0.1)
    assert local_maxima(detuning, -anharmonic).min() <= 0 <= local_maxima(detuning, -anharmonic).max()
    assert anharmonic[detuning == 0][0] < anharmonic.max() / 3
    assert np.all(np.abs(data.S_two_levels.values) < 1e-12)
