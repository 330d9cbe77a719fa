"""Two groups: locking, the macroscopic blockade, and the pair of oscillators behind it."""

import functools
import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.ensemble.equations import Equations
from qsb_hw.ensemble.limit_cycle import limit_cycle
from qsb_hw.ensemble.maps import Regime
from qsb_hw.papers import nadolny2023 as paper
from qsb_hw.papers.nadolny2023.setup import two_groups

DECAY = 0.75
"""Γ = (γ₊ + γ₋)/2."""


@functools.cache
def edge_at(intergroup):
    """δ at which the phase-locked state ends. Half a dozen steps lead there: it is locked all the way."""
    return paper.locking_edge(intergroup, step=0.15)


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def test_frequencies_are_equal_near_resonance_and_differ_by_the_detuning_far_from_it(groups):
    data = groups("3abc")
    width = data.attrs["frequency_resolution"]
    near = data.sel(detuning=[-0.3, 0, 0.3])
    assert np.all(np.abs(near.frequency_difference) < 0.01 * width)
    far = data.sel(detuning=[-1, 1, 2])
    assert far.frequency_difference.values == pytest.approx(far.detuning.values, rel=0.02)
    between = float(data.frequency_difference.sel(detuning=0.5))
    assert 10 * width < between < 0.5


def test_locked_spectra_are_one_line_as_high_as_the_order_parameter(groups):
    locked = groups("3abc").sel(detuning=0.3)
    for group in "AB":
        power = locked[f"P_{group}"].values
        order = float(locked[f"order_parameter_{group}"])
        assert order == pytest.approx(float(locked[f"locked_{group}"]), abs=1e-6)
        assert 0.84 * order < power.max() < order * (1 + 1e-9)  # Hann: 0.849 for a tone between two bins
        assert locked.frequency.values[power.argmax()] == pytest.approx(float(locked[f"frequency_{group}"]), abs=0.01)
        far = np.abs(locked.frequency.values - float(locked[f"frequency_{group}"])) > 0.05
        assert power[far].max() < 0.01 * power.max()


def test_drifting_groups_show_a_small_peak_at_the_frequency_of_the_other(groups):
    drifting = groups("3abc").sel(detuning=1)
    for own, other in ("AB", "BA"):
        power = drifting[f"P_{own}"]
        own_height = float(power.sel(frequency=float(drifting[f"frequency_{own}"]), method="nearest"))
        picked = float(power.sel(frequency=float(drifting[f"frequency_{other}"]), method="nearest"))
        beside = float(power.sel(frequency=float(drifting[f"frequency_{other}"]) + 0.1, method="nearest"))
        assert 10 * beside < picked < own_height / 2


@pytest.mark.parametrize("detuning", [0.3, 1.0])
def test_spectra_are_those_of_a_single_run(groups, detuning):
    one = groups("3abc").sel(detuning=detuning)
    run = qh.mean_field(two_groups(detuning, intergroup=0.5), 1000.0, samples=10000)
    assert float(one.frequency_difference) == pytest.approx(run.frequency_difference, abs=1e-3)
    for k, group in enumerate("AB"):
        assert float(one[f"frequency_{group}"]) == pytest.approx(run.dominant_frequencies[k], abs=1e-3)
        assert float(one[f"order_parameter_{group}"]) == pytest.approx(run.order_parameter[k], rel=0.01)
        tone = run.spectra[k].max() / (run.frequencies.size / 2)
        assert float(one[f"P_{group}"].max()) == pytest.approx(tone, rel=0.03)


def test_breathing_groups_have_one_frequency_but_no_stable_wave(groups):
    data = groups("3abc")
    breathing = data.sel(detuning=0.37)
    assert data.attrs["locking_edge"] == pytest.approx(0.3594, abs=1e-4)
    assert np.isnan(float(breathing.locked_A))
    assert abs(float(breathing.frequency_difference)) < data.attrs["frequency_resolution"]
    assert float(breathing.phase_slips) < 0.5 < float(data.phase_slips.sel(detuning=0.5))
    run = qh.mean_field(two_groups(0.37, intergroup=0.5), 1000.0, samples=10000)
    assert np.ptp(np.abs(run.amplitudes[0, -1000:])) > 0.01


@pytest.mark.parametrize(("intergroup", "fold"), [(0.05, True), (0.1, True), (0.5, False)])
def test_weakly_coupled_groups_unlock_in_a_fold_and_others_in_a_hopf_bifurcation(intergroup, fold):
    edge = edge_at(intergroup)
    cycle = limit_cycle(two_groups(edge * (1 - 1e-5), intergroup=intergroup))
    values = np.linalg.eigvals(Equations.of(cycle.groups.ladders).linearised(cycle.states, float(cycle.frequency[0])))
    values = np.delete(values, np.argmin(np.abs(values)))  # the common phase
    slowest = values[np.argmax(values.real)]
    assert abs(slowest.real) < 0.01
    assert (abs(slowest.imag) < 1e-9) == fold


def test_locking_range_is_proportional_to_a_small_coupling_between_the_groups():
    couplings = np.array([0.01, 0.04])
    edges = [edge_at(v) for v in couplings]
    assert slope(couplings, edges) == pytest.approx(1, abs=0.005)
    assert edges[0] / couplings[0] == pytest.approx(0.742, abs=0.001)


def test_arnold_tongue_of_the_map_ends_at_the_edge_of_the_wave(groups):
    data = groups("3d")
    for v in data.intergroup.values:
        locked = data.regime.sel(intergroup=v).values == Regime.LOCKED
        last = data.detuning.values[np.flatnonzero(locked)[-1]]
        assert last < edge_at(float(v)) < last + 0.0101
        drifting = data.sel(intergroup=v).where(data.regime.sel(intergroup=v) == Regime.DRIFTING, drop=True)
        assert np.all(drifting.frequency_difference > 0)
    assert np.all(np.abs(data.frequency_difference.where(data.regime == Regime.LOCKED, 0)) < 1e-12)


def test_columns_of_strong_coupling_favour_the_group_of_higher_frequency(groups):
    strong = groups("S2").sel(intergroup=2.0)
    for side in (-0.3, 0.3):
        a, b = (float(strong[f"order_parameter_{group}"].sel(detuning=side)) for group in "AB")
        assert (a > 4 * b) if side > 0 else (b > 4 * a)
    weak = groups("S2").sel(intergroup=0.5, detuning=0.3)
    assert float(weak.order_parameter_A) == pytest.approx(float(weak.order_parameter_B), rel=0.3)


def test_second_columns_of_both_supplementary_figures_are_the_same(groups):
    one = groups("S2").isel(intergroup=1).frequency_difference
    other = groups("S3").isel(asymmetry=1).frequency_difference.sel(detuning=one.detuning)
    assert float(groups("S3").asymmetry[1]) == 0
    assert one.values == pytest.approx(other.values, abs=1e-6)


@pytest.mark.parametrize(("asymmetry", "detuning"), [(-5, 0.3), (-10, -1.8), (5, 8)])
def test_lines_of_asymmetric_groups_lie_at_the_frequency_of_the_wave(groups, asymmetry, detuning):
    one = groups("S3").sel(asymmetry=asymmetry, detuning=detuning)
    wave = limit_cycle(two_groups(detuning, intergroup=1.0, asymmetry=asymmetry))
    spacing = float(one.frequency[1] - one.frequency[0])
    assert abs(float(wave.frequency[0])) > 5 * spacing
    for group in "AB":
        top = float(one.frequency[np.argmax(one[f"P_{group}"].values)])
        assert top == pytest.approx(float(wave.frequency[0]), abs=0.6 * spacing)


def test_spectra_vanish_somewhere_in_three_columns_of_five(groups):
    silent = np.isnan(groups("S3").frequency_difference).any("detuning").values
    assert silent.tolist() == [True, False, False, True, True]


def test_nothing_synchronizes_on_resonance_and_two_groups_do_just_below_the_lines(groups):
    data = groups("4").regime
    for k in (-25, -18, 9, 13, 25):
        assert data.sel(asymmetry=k, detuning=0) == Regime.UNSYNCHRONIZED
    for k, detuning in ((13, 15), (9, 13), (-15, 13), (-18, 15), (-25, 18)):
        for side in (-1, 1):
            assert data.sel(asymmetry=k, detuning=side * detuning) == Regime.LOCKED
    for k, detuning in ((13, 9), (15, 13), (-13, 15), (-15, 18)):  # just above them
        for side in (-1, 1):
            assert data.sel(asymmetry=k, detuning=side * detuning) == Regime.UNSYNCHRONIZED
    for k in (-4, -1):  # far from either line each group has its own frequency
        assert data.sel(asymmetry=k, detuning=25) == Regime.DRIFTING


@pytest.mark.parametrize(("asymmetry", "detuning", "synchronized"), [(13, 0, False), (13, 15, True), (-18, 0, False)])
def test_integration_from_the_initial_state_of_the_paper_agrees(groups, asymmetry, detuning, synchronized):
    run = qh.mean_field(two_groups(detuning, intergroup=1.0, asymmetry=asymmetry), 300.0)
    direct = groups("4").sel(asymmetry=asymmetry, detuning=detuning)
    assert run.order_parameter.max() == pytest.approx(float(direct.order_parameter), abs=1e-6)
    assert (run.order_parameter.max() > 0.1) == synchronized
    if synchronized:
        assert run.relative_phase == pytest.approx(float(direct.relative_phase), abs=1e-5)


def test_blockade_on_resonance_begins_where_one_large_group_falls_below_its_threshold():
    data = paper.figure_4(detunings=[0], asymmetries=[-16.46, -16.44, 0.44, 0.46], checks=0)
    assert (data.order_parameter.values[:, 0] > 0).tolist() == [False, True, True, False]
    for k in (-16.452, 0.452):
        assert qh.critical_coupling(gain=0.5, loss=1.0, asymmetry=k) == pytest.approx(2, abs=1e-3)


def test_relative_phase_approaches_pi_at_the_lines_with_the_sign_of_the_line():
    detunings = np.linspace(13.5, 16.5, 61)
    data = paper.figure_4(detunings=np.concatenate([-detunings[::-1], detunings]), asymmetries=[-15, 15], checks=0)
    phase, locked = data.relative_phase, data.regime == Regime.LOCKED
    for k, line in ((-15, 1), (15, -1)):  # positive along K = −δ, negative along K = δ
        right = phase.sel(asymmetry=k).where(locked.sel(asymmetry=k) & (data.detuning > 0), drop=True)
        assert np.all(np.sign(right) == line)
        edge = right[-1] if k < 0 else right[0]
        assert abs(float(edge)) > 0.8 * math.pi
        left = phase.sel(asymmetry=k).where(locked.sel(asymmetry=k) & (data.detuning < 0), drop=True)
        assert left.values == pytest.approx(-right.values[::-1], abs=1e-6)


def test_pair_is_most_correlated_beside_the_resonances():
    asymmetries, detunings = np.array([-12.0, -3.0, 5.0]), np.linspace(0, 14, 14001)
    data = paper.figure_s1bcd(detunings=detunings, asymmetries=asymmetries)
    best = detunings[data.maximum.values.argmax(axis=1)]
    assert best == pytest.approx(np.sqrt(asymmetries**2 - DECAY**2), abs=1e-3)
    assert data.maximum.max("detuning").values == pytest.approx(9 * math.pi / (64 * DECAY), rel=1e-6)


def test_phase_of_the_pair_crosses_a_quarter_turn_at_the_resonances():
    asymmetries = np.array([-12.0, 5.0])
    detunings = np.sqrt(asymmetries**2 + DECAY**2)
    data = paper.figure_s1bcd(detunings=detunings, asymmetries=asymmetries)
    crossing = np.diag(data.most_likely.values)
    assert crossing == pytest.approx([math.pi / 2, -math.pi / 2], abs=1e-12)
    for k, inside in ((-12, 0.0), (5, math.pi)):
        flat = paper.figure_s1bcd(detunings=[0.0], asymmetries=[k])
        assert abs(float(flat.most_likely[0, 0])) == pytest.approx(inside, abs=1e-9)


def test_pair_without_asymmetry_has_no_phase(groups):
    row = groups("S1bcd").sel(asymmetry=0)
    assert np.all(row.maximum == 0)
    assert np.all(np.isnan(row.most_likely))
    assert np.all(row.favoured == 0)


def test_threshold_of_the_caption_and_not_of_the_text_gives_the_shape_of_the_locked_region():
    axis = np.linspace(-25, 25, 41)
    locked = paper.figure_4(detunings=axis, asymmetries=axis, checks=0, t_final=200.0, samples=4000).regime
    locked = np.isin(locked.values, [Regime.LOCKED, Regime.BREATHING])

    def overlap(threshold):
        white = paper.figure_s1bcd(detunings=axis, asymmetries=axis, threshold=threshold).favoured.values > 0
        return (white & locked).sum() / (white | locked).sum()

    assert overlap(5e-2) > 0.85
    assert overlap(5e-3) < 0.65


def test_first_order_of_the_pair_leaves_the_range_of_probabilities_on_the_resonances(groups):
    data = groups("S1a")
    floor = -1 / (2 * math.pi)
    resonant = np.abs(np.abs(data.panel_detuning) - np.abs(data.panel_asymmetry)) < 1e-9
    assert np.all(data.s.min("phase").where(resonant, drop=True) < floor)
    assert np.all(data.s_exact.min("phase") > floor)
    assert np.all(data.s_exact.max("phase").where(resonant, drop=True) < 0.1)
    flat = np.abs(data.s).max("phase").where(np.abs(data.panel_asymmetry) == 1, drop=True)
    assert np.all(flat < 0.02)
