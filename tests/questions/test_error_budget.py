"""The error budget: each step vanishes with its small parameter, is judged alone, and fails as data."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
import qsb_hw.questions.approximations as climbing
from qsb_hw.elimination.variants import without_recoil
from qsb_hw.lindblad.iterative import SylvesterGMRES
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.bath import Nonlinearity

RATIOS = np.array([0.005, 0.015, 0.04])
FREQUENCIES = np.array([30.0, 90.0, 240.0])
WIDTHS = np.array([0.05, 0.15, 0.4])


def device(coupling=0.025, g0=0.1, cavity_kerr=None, kappa=0.5, frequency=30.0, bend=0.0, target=1, levels=4):
    """K = 1 at the bottom, growing by 3 · `bend` a level; two cavities tuned to n0, of two Fock states each."""
    n = np.arange(levels)
    energies = frequency * n - n * (n - 1) - bend * n * (n - 1) * (n - 2)
    ladder = qh.Ladder(energies, qh.Ladder.kerr(frequency, 1.0, levels).coupling)
    spacing, left_out = ladder.transition_frequencies, Nonlinearity(g0, cavity_kerr)
    baths = [
        qh.Bath.cavity(delta, kappa, coupling, levels=2, nonlinearity=left_out)
        for delta in (-spacing[target], spacing[target - 1])
    ]
    return qh.SelfOscillator(ladder, baths)


def steps(above, below, devices):
    """The row of one step for each device."""
    return [qh.error_budget(one, descriptions=(above, below)).rows[0] for one in devices]


def exponent(parameter, error):
    return np.polyfit(np.log(parameter), np.log(np.abs(error)), 1)[0]


def distances(rows):
    return [row.trace_distance for row in rows]


def changes(rows, which):
    return [row.synchronization_changes[which] for row in rows]


# --- every approximation becomes exact with a known power of its small parameter ---------------------------------


def test_elimination_with_the_square_of_g_over_kappa():
    rows = steps("kerr", "eliminated", [device(coupling=0.5 * r) for r in RATIOS])
    assert exponent(RATIOS, distances(rows)) == pytest.approx(2, abs=0.05)
    assert exponent(RATIOS, changes(rows, 1)) == pytest.approx(2, abs=0.05)
    assert exponent(RATIOS, [row.relaxation_change for row in rows]) == pytest.approx(2, abs=0.05)


def test_what_elimination_leaves_of_the_blocked_s_goes_with_the_fourth_power_of_sigma():
    # jumps of different baths and climbs are kept apart: of order σ⁴ in S(0), whatever g
    widths = np.array([0.15, 0.3, 0.6])
    rows = steps("kerr", "eliminated", [device(coupling=3e-3 * kappa, kappa=kappa, levels=3) for kappa in widths])
    assert exponent(widths, changes(rows, 0)) == pytest.approx(4, abs=0.3)


def test_rotating_wave_with_the_square_of_kappa_over_omega():
    rows = steps("linearised", "rotating_wave", [device(frequency=w) for w in FREQUENCIES])
    assert exponent(FREQUENCIES, [row.fidelity_change for row in rows]) == pytest.approx(-2, abs=0.15)
    assert exponent(FREQUENCIES, changes(rows, 1)) == pytest.approx(-2, abs=0.25)


@pytest.mark.parametrize("frequency", [30.0, 100.0])
def test_linearisation_with_the_square_of_g0_at_fixed_g(frequency):
    single = np.array([0.05, 0.15, 0.4])  # g0/κ from 0.1 to 0.8
    rows = steps("unlinearised", "linearised", [device(g0=g0, frequency=frequency, levels=3) for g0 in single])
    assert exponent(single, distances(rows)) == pytest.approx(2, abs=0.1)
    assert exponent(single, changes(rows, 0)) == pytest.approx(2, abs=0.05)


def test_linearisation_costs_a_pull_of_the_cavity_by_g0_squared_over_omega():
    # g0 c†c X pushes the oscillator only while there is a photon, which lowers that photon by g0²/ω: what counts is
    # g0²/ωκ. The same pull put in by hand, both tones moved by it, changes S(0) likewise
    g0, frequency = 0.4, 400.0
    oscillator = device(g0=g0, frequency=frequency)
    pull = g0**2 / frequency
    moved = replace(
        oscillator,
        baths=tuple(b.with_tones(lambda t: replace(t, detuning=t.detuning + pull)) for b in oscillator.baths),
    )
    (real,) = steps("unlinearised", "linearised", [oscillator])
    plain, by_hand = (
        qh.error_budget(o, descriptions=("linearised", "rotating_wave")).rows[0].synchronization[0, 0]
        for o in (oscillator, moved)
    )
    assert plain / by_hand - 1 == pytest.approx(real.synchronization_changes[0], rel=0.05)


def test_static_force_as_g_squared_over_omega():
    # ⟨X⟩ = −2F/ω pulls both cavities by g0⟨X⟩ = −2 Σ g²/ω, whatever g0
    rows = steps("linear_cavity", "unlinearised", [device(frequency=w, levels=3) for w in FREQUENCIES])
    assert exponent(FREQUENCIES, changes(rows, 0)) == pytest.approx(-1, abs=0.1)
    rows = steps("linear_cavity", "unlinearised", [device(coupling=0.5 * r, levels=3) for r in RATIOS])
    assert exponent(RATIOS, changes(rows, 0)) == pytest.approx(2, abs=0.1)


def test_cavity_kerr_in_proportion():
    kerrs = np.array([1e-4, 6e-4, 3e-3])
    rows = steps("circuit", "linear_cavity", [device(cavity_kerr=k, levels=3) for k in kerrs])
    assert exponent(kerrs, distances(rows)) == pytest.approx(1, abs=0.05)
    assert exponent(kerrs, changes(rows, 0)) == pytest.approx(1, abs=0.05)


def test_pumps_retuned_by_four_times_kerr_times_photons_undo_the_cavity_kerr():
    # which is what the row's remedy says: −4K_c n_c c†c is all of −K_c c†²c² that matters
    oscillator = device(cavity_kerr=0.05, levels=3)
    pull = 4 * 0.05 * (0.025 / 0.1) ** 2
    retuned = replace(
        oscillator,
        baths=tuple(b.with_tones(lambda t: replace(t, detuning=t.detuning - pull)) for b in oscillator.baths),
    )
    descriptions = ("circuit", "linear_cavity")
    plain, mended = (
        qh.error_budget(o, descriptions=descriptions).result("circuit").populations for o in (oscillator, retuned)
    )
    wanted = qh.error_budget(oscillator, descriptions=descriptions).result("linear_cavity").populations
    assert np.abs(mended - wanted).max() < 1e-2 * np.abs(plain - wanted).max()


def test_kerr_ladder_in_proportion_to_the_bend_and_not_at_all_without_one():
    bends = np.array([1e-3, 1e-2, 1e-1])
    rows = steps("rotating_wave", "kerr", [device(bend=b) for b in bends])
    assert exponent(bends, distances(rows)) == pytest.approx(1, abs=0.05)
    assert exponent(bends, changes(rows, 0)) == pytest.approx(1, abs=0.05)
    (none,) = steps("rotating_wave", "kerr", [device()])
    assert none.cost < 1e-10


def test_secular_dissipators_with_the_square_of_sigma_in_s_and_not_at_all_in_the_populations():
    rows = steps("eliminated", "secular", [device(coupling=0.02 * kappa, kappa=kappa) for kappa in WIDTHS])
    assert exponent(WIDTHS, changes(rows, 0)) == pytest.approx(2, abs=0.1)
    assert max(distances(rows)) < 1e-12


def test_level_shifts_with_the_square_of_sigma_in_s_and_not_at_all_in_the_populations():
    # a shift of the order of γσ against a line of width γ, met at its top
    rows = steps("secular", "lorentzian", [device(coupling=0.02 * kappa, kappa=kappa) for kappa in WIDTHS])
    assert exponent(WIDTHS, changes(rows, 1)) == pytest.approx(2, abs=0.1)
    assert max(distances(rows)) < 1e-12


def test_printed_parameters_do_not_become_exact():
    rows = steps("lorentzian", "published", [device(coupling=0.02 * kappa, kappa=kappa) for kappa in WIDTHS])
    assert min(row.cost for row in rows) > 0.5
    assert all(row.fails for row in rows)


# --- one step at a time ---------------------------------------------------------------------------------------------


COMPLETE = {"cavity_kerr": 0.05, "bend": 0.02, "g0": 0.1, "levels": 5}


def budget_of(descriptions=qh.HIERARCHY, **change):
    """Of the complete device with a change, pairs without a charge of three levels each."""
    return qh.error_budget(device(**COMPLETE | change), descriptions=descriptions, most_states=150)


@pytest.fixture(scope="module")
def counted():
    """The complete device's budget, with the steady states of one device and the detunings of every pair solved."""
    solved = {"single": 0, "pairs": []}
    original, sweep = climbing.steady_state, climbing.detuning_sweep

    def single(model):
        solved["single"] += 1
        return original(model)

    def pair(network, detunings, **options):
        solved["pairs"].append(len(detunings))
        return sweep(network, detunings, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(climbing, "steady_state", single)
        patch.setattr(climbing, "detuning_sweep", pair)
        return budget_of(), solved


@pytest.fixture(scope="module")
def complete(counted):
    return counted[0]


def assert_rows_unchanged(budget, reference, below, tolerance=1e-9):
    for name in below:
        one, other = budget.row(name), reference.row(name)
        assert one.trace_distance == pytest.approx(other.trace_distance, rel=1e-6, abs=tolerance)
        assert one.synchronization_changes == pytest.approx(other.synchronization_changes, rel=1e-6, abs=tolerance)


def test_every_step_of_a_complete_device_is_there(complete):
    assert [row.below for row in complete.rows] == list(qh.HIERARCHY[1:])
    assert complete.converged
    assert not any(r.status is qh.Status.SKIPPED for r in complete.results)


def test_without_cavity_kerr_its_row_goes_and_no_other_changes(complete):
    without = budget_of(cavity_kerr=None)
    assert "linear_cavity" not in [row.below for row in without.rows]
    assert complete.row("linear_cavity").cost > 0.01
    assert_rows_unchanged(without, complete, qh.HIERARCHY[2:])


def test_less_cavity_kerr_changes_its_row_alone(complete):
    less = budget_of(cavity_kerr=0.025)
    assert less.row("linear_cavity").cost == pytest.approx(complete.row("linear_cavity").cost / 2, rel=0.05)
    assert_rows_unchanged(less, complete, qh.HIERARCHY[2:])


def test_less_g0_changes_the_rows_of_the_cubic_term_and_of_what_is_above_it(complete):
    # at fixed g the force's pull does not depend on g0, n_c and with it the Kerr row does
    less = budget_of(qh.HIERARCHY[2:], g0=0.05)
    assert less.row("linearised").cost == pytest.approx(complete.row("linearised").cost / 4, rel=0.05)
    assert_rows_unchanged(less, complete, qh.HIERARCHY[4:])


def test_a_straight_ladder_has_no_kerr_row_and_the_rows_below_do_not_change(complete):
    straight = budget_of(bend=0.0)
    bent = complete.row("kerr").cost
    assert bent > 1e-3
    assert straight.row("kerr").cost < 1e-9
    assert_rows_unchanged(straight, complete, qh.HIERARCHY[6:])
    for name in qh.HIERARCHY[1:5]:  # above, the bend acts on both sides of a step and only crosses with it
        crossed = abs(straight.row(name).trace_distance - complete.row(name).trace_distance)
        assert crossed < 0.1 * complete.row("kerr").trace_distance


def test_ten_times_the_frequency_leaves_the_counter_rotating_row_alone_to_fall(complete):
    far = budget_of(qh.HIERARCHY[3:9], frequency=300.0)
    assert abs(far.row("rotating_wave").fidelity_change) < abs(complete.row("rotating_wave").fidelity_change) / 50
    assert_rows_unchanged(far, complete, qh.HIERARCHY[5:9], tolerance=1e-8)


def test_an_ions_recoil_is_in_its_own_row_alone():
    ion = qh.load_device("ion_lattice_be9").oscillator(levels=5)
    still = without_recoil(ion)
    with_recoil, without = qh.error_budget(ion), qh.error_budget(still)
    assert with_recoil.row("unlinearised").cost > 0.01
    assert [row.below for row in without.rows] == list(qh.HIERARCHY[3:])
    assert_rows_unchanged(without, with_recoil, qh.HIERARCHY[3:])


def test_a_step_over_rungs_left_out_drops_all_their_physics(complete):
    leap = qh.error_budget(device(**COMPLETE), descriptions=("unlinearised", "secular"), most_states=150)
    (row,) = leap.rows
    assert row.neglected.count(",") >= 4
    assert row.fidelity == pytest.approx(
        (complete.row("unlinearised").fidelity[1], complete.row("secular").fidelity[1])
    )


# --- numbers that must be those of the rest of the toolkit ----------------------------------------------------------


def test_rungs_repeat_what_compare_finds():
    oscillator = qh.load_device("kerr_squid_array").oscillator(levels=4).with_bath_levels(2)
    budget = qh.error_budget(oscillator, descriptions=("rotating_wave", "secular", "published"))
    comparison = qh.compare(oscillator)
    kept = budget.result("rotating_wave")
    np.testing.assert_allclose(kept.populations, comparison.populations_full, atol=1e-10)
    assert kept.relaxation_rate == pytest.approx(comparison.relaxation_rate_full, rel=1e-5)
    # a Kerr ladder: nothing but the counter-rotating rates lies between `eliminate` and the secular description
    np.testing.assert_allclose(budget.result("secular").populations, comparison.populations_eliminated, atol=1e-4)
    published = budget.result("published").populations
    np.testing.assert_allclose(published, comparison.populations_published, atol=1e-10)


def test_pairs_repeat_what_the_prediction_finds():
    given = qh.load_device("kerr_squid_array")
    oscillator = given.oscillator(levels=5).with_bath_levels(2)  # as the budget's pairs have
    budget = qh.error_budget(given, levels=5, descriptions=("rotating_wave", "kerr"))
    predicted = qh.predict_pair(oscillator, given.nearest_coupling, 4)
    there = int(np.argmax(predicted.full_detuning))
    assert budget.detuning == pytest.approx(predicted.full_detuning[there], rel=1e-9)
    assert budget.coupling == given.nearest_coupling
    expected = predicted.S_full[[0, there]]
    np.testing.assert_allclose(budget.result("rotating_wave").pair.synchronization, expected, rtol=1e-6)


def test_costs_are_the_largest_of_three_and_the_first_failure_is_the_first_on_the_way_down(complete):
    for row in complete.rows:
        assert row.cost == max(row.costs)
        assert row.costs[0] == row.trace_distance
        assert row.costs[1:] == tuple(abs(x) for x in row.synchronization_changes)
    assert complete.worst.cost == max(row.cost for row in complete.rows)
    assert complete.worst.below == "published"
    assert [row.cost for row in complete.worst_first] == sorted((row.cost for row in complete.rows), reverse=True)
    strict = qh.error_budget(device(**COMPLETE), descriptions=qh.HIERARCHY[:3], limit=1e-4, most_states=150)
    assert strict.first_failure.below == "linear_cavity"


def test_the_step_of_the_cavity_kerr_gets_the_third_fock_state_where_it_is_affordable():
    # one cavity pumps against T1, so that a pair with the third Fock state has 81 states
    both = device(coupling=0.01, kappa=0.2, cavity_kerr=0.01, levels=5)
    given = replace(both, baths=(both.baths[1].resized(3),), decoherence=qh.Decoherence(t1=5000.0))
    descriptions = ("circuit", "linear_cavity")
    dear, cheap = (qh.error_budget(given, descriptions=descriptions, most_states=most).rows[0] for most in (100, 70))
    assert dear.pair_dims == ((3, 3) * 2,) * 2
    assert cheap.pair_dims == ((4, 2) * 2,) * 2
    assert cheap.synchronization_changes[0] == pytest.approx(dear.synchronization_changes[0], rel=0.1)


def test_steps_are_judged_by_pairs_of_one_size(complete):
    for row in complete.rows:
        above, below = row.pair_dims
        assert above[0] == below[0]
        if len(above) == len(below):
            assert above == below


# --- failure is data ------------------------------------------------------------------------------------------------


def test_a_rung_that_cannot_be_built_fails_alone():
    plain = device(cavity_kerr=1e-3, levels=3)
    squeezed = replace(plain.baths[0].resized(3), has_kerr=True)  # c†² needs three Fock states
    broken = replace(plain, baths=(squeezed, plain.baths[1]))
    budget = qh.error_budget(broken, descriptions=qh.HIERARCHY[3:], most_states=150)
    assert budget.result("eliminated").status is qh.Status.FAILED
    assert "rest in its vacuum" in budget.result("eliminated").message
    for name in ("eliminated", "secular"):
        assert budget.row(name).status is qh.Status.FAILED
        assert budget.row(name).fails is None
        assert math.isnan(budget.row(name).cost)
    assert budget.row("kerr").status is qh.Status.CONVERGED
    assert budget.row("lorentzian").status is qh.Status.CONVERGED
    assert not budget.converged
    assert budget.worst.below == "published"


def test_a_solve_that_does_not_converge_is_in_its_rows(monkeypatch):
    short = SylvesterGMRES(max_steps=2)
    monkeypatch.setattr(climbing, "steady_state", lambda model: steady_state(model, short))
    budget = qh.error_budget(device(levels=6), descriptions=("linearised", "rotating_wave", "secular"))
    assert budget.result("linearised").status is qh.Status.NOT_CONVERGED
    assert "max_steps" in budget.rows[0].message
    assert not budget.converged
    assert budget.worst is None or budget.worst.below != "rotating_wave"


def test_a_pair_too_large_is_said_to_be_and_the_populations_are_still_compared():
    budget = qh.error_budget(
        device(target=4, levels=7, kappa=0.3, coupling=0.01), descriptions=("linearised", "rotating_wave")
    )
    (row,) = budget.rows
    assert row.status is qh.Status.TOO_LARGE
    assert "states" in row.message
    assert row.cost == row.trace_distance > 0
    assert row.limiting == "populations"
    assert np.isnan(row.synchronization).all()
    assert budget.converged
    assert row.fails is None  # its populations hold, its S is not known
    assert budget.worst is row
    assert budget.first_failure is None
    assert budget.truncation_error > 0


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"descriptions": ("kerr", "laser")}, "A description must be one of"),
        ({"descriptions": ("kerr",)}, "at least two descriptions"),
        ({"levels": 2}, "must be a whole number, 3 … 4"),
        ({"levels": 9}, "must be a whole number, 3 … 4"),
        ({"limit": 0.0}, "limit must be positive"),
        ({"coupling": 0.0}, "must not be zero"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises(qh.ArgumentError, match=message):
        qh.error_budget(device(), **change)


def test_a_ladder_too_short_for_n0():
    with pytest.raises(qh.ArgumentError, match="both its neighbours, 5 levels, but found 4"):
        qh.error_budget(device(target=3, levels=6).truncated(4))
    with pytest.raises(qh.ArgumentError, match=r"n0 \+ 2 = 3"):
        qh.error_budget(qh.load_device("kerr_squid_array"), levels=2)


def test_results_and_rows_that_are_not_there(complete):
    with pytest.raises(qh.ArgumentError, match="A description of this budget"):
        complete.result("laser")
    with pytest.raises(qh.ArgumentError, match="A step must lead to"):
        complete.row("circuit")


# --- what it costs --------------------------------------------------------------------------------------------------


def test_operations_of_a_whole_budget():
    # counted on a transmon: 6 full oscillators of one block each and 4 eliminated ones as chains; pairs twice each,
    # without a charge as one block, with one as up to 15 sectors; with one and 256 states they are factorised. Of one
    # block the two devices are diagonalised, 16 states each: some steps more, of an eighth of the multiplications
    counts = qh.error_budget(qh.load_device("transmon_squid"), most_states=420).counts
    assert counts.factorisations == 170
    assert counts.gmres_steps - counts.probe_steps <= 250
    assert counts.products - counts.probe_steps <= 300
    assert counts.probe_steps <= 120  # what the error bounds cost


def test_steady_states_solved_for_a_whole_budget(counted):
    # every description once, and a pair at two detunings for every size a description is needed in: of these cavities
    # of two Fock states the first eliminated description is needed in two, beside the full model and beside the next
    # eliminated one, and so is the first full one that conserves a charge, of fewer levels beside one that does not
    _, solved = counted
    assert solved["single"] == len(qh.HIERARCHY)
    assert solved["pairs"] == [2] * 12


def test_progress_ends_every_stage():
    seen = []
    qh.error_budget(device(), descriptions=("kerr", "secular"), progress=lambda *step: seen.append(step))
    for stage in dict.fromkeys(s for s, _, _ in seen):
        done = [(d, t) for s, d, t in seen if s == stage]
        assert done[0][0] == 0
        assert done[-1][0] == done[-1][1] > 0
