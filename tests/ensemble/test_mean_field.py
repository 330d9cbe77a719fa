"""Large groups: closed-form stability, direct rotating waves and integration, each against the others."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.ensemble import _search
from qsb_hw.ensemble.equations import Equations
from qsb_hw.ensemble.stability import growth, stability_matrix

RAISING = np.diag(np.full(2, math.sqrt(2)), -1)  # S⁺, rows and columns in the order 0, 1, 2
SPIN_Z = np.diag([-1.0, 0.0, 1.0])
RATES = st.floats(0.05, 2.0)
ASYMMETRIES = st.floats(-3.0, 3.0)


def two_groups(detuning, asymmetry=0.0, *, coupling=1.0, intergroup=1.0):
    """As in the paper: γ₋ = 1, γ₊ = 1/2."""
    return qh.SpinGroups(
        gain=0.5, loss=1.0, asymmetry=asymmetry, coupling=coupling, intergroup=intergroup, detuning=detuning
    )


def slope_of(groups, states):
    """dρ/dt of every group, written out with matrices."""
    amplitudes = [np.trace(state @ RAISING) for state in states]
    slopes = []
    for s, state in enumerate(states):
        field = sum(groups.links[s, t] * a for t, a in enumerate(amplitudes))
        hamiltonian = groups.frequency[s] * SPIN_Z + np.diag([0, 0, groups.asymmetry[s]])
        hamiltonian = hamiltonian + RAISING * np.conj(field) + RAISING.conj().T * field
        change = -1j * (hamiltonian @ state - state @ hamiltonian)
        for rate, source in ((groups.gain[s], 0), (groups.loss[s], 2)):
            jump = np.zeros((3, 3))
            jump[1, source] = 1.0
            kept = jump.T @ jump
            change = change + rate * (jump @ state @ jump.T - (kept @ state + state @ kept) / 2)
        slopes.append(change)
    return np.array(slopes)


def random_state(rng):
    root = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3))
    state = root @ root.conj().T
    return state / np.trace(state)


# --- stability -------------------------------------------------------------------------------------------------------


@given(gain=RATES, loss=RATES, asymmetry=ASYMMETRIES)
def test_critical_coupling_is_where_the_unsynchronized_state_turns_unstable(gain, loss, asymmetry):
    critical = qh.critical_coupling(gain=gain, loss=loss, asymmetry=asymmetry)
    if not critical < 1e4:
        return

    def rate(factor):
        return growth(qh.SpinGroups(gain=gain, loss=loss, asymmetry=asymmetry, coupling=factor * critical)).real

    assert rate(0.999) < 0 < rate(1.001)


@pytest.mark.parametrize("asymmetry", [0.0, 0.3, 2.0])
def test_interference_blockade_holds_at_equal_rates_unless_the_asymmetry_is_negative(asymmetry):
    assert math.isinf(qh.critical_coupling(gain=1, loss=1, asymmetry=asymmetry))
    for coupling in (1.0, 30.0, 1000.0):
        assert growth(qh.SpinGroups(gain=1, loss=1, asymmetry=asymmetry, coupling=coupling)).real < 0
    if asymmetry:
        finite = qh.critical_coupling(gain=1, loss=1, asymmetry=-asymmetry)
        assert finite == pytest.approx((1 + asymmetry**2) / (8 * asymmetry), rel=1e-12)


@pytest.mark.parametrize(("asymmetry", "power"), [(0.0, -1.0), (0.5, -2.0), (-0.5, 0.0)])
def test_critical_coupling_diverges_towards_equal_rates_with_its_own_power(asymmetry, power):
    # V_c ∝ 1/|γ₋ − γ₊| without asymmetry, the square of that for K > 0, and finite for K < 0
    differences = np.array([1e-4, 2e-4, 4e-4])
    couplings = [qh.critical_coupling(gain=1 - d, loss=1, asymmetry=asymmetry) for d in differences]
    assert np.polyfit(np.log(differences), np.log(couplings), 1)[0] == pytest.approx(power, abs=0.01)


@given(seed=st.integers(0, 2**32 - 1))
def test_stability_matrix_is_the_derivative_of_the_equations(seed):
    rng = np.random.default_rng(seed)
    groups = qh.SpinGroups.of(
        gain=rng.uniform(0.1, 1, 3), loss=rng.uniform(0.1, 1, 3), asymmetry=rng.uniform(-2, 2, 3),
        frequency=rng.uniform(-2, 2, 3), coupling=(c := rng.uniform(-1, 1, (3, 3))) + c.T, sizes=rng.uniform(0.5, 2, 3),
    )  # fmt: skip
    small = 1e-7 * (rng.standard_normal(6) + 1j * rng.standard_normal(6))  # (ρ_01, ρ_12) of each group
    states = np.zeros((3, 3, 3), dtype=complex)
    states[:, 1, 1] = 1
    states[:, 0, 1], states[:, 1, 2] = small[0::2], small[1::2]
    states[:, 1, 0], states[:, 2, 1] = small[0::2].conj(), small[1::2].conj()
    slopes = slope_of(groups, states)
    expected = stability_matrix(groups) @ small
    assert np.allclose(slopes[:, 0, 1], expected[0::2], atol=1e-12)
    assert np.allclose(slopes[:, 1, 2], expected[1::2], atol=1e-12)


# --- phase-locked states ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gain", "asymmetry"), [(0.5, 0.0), (0.3, 0.4), (1.0, -0.5)])
def test_onset_is_supercritical(gain, asymmetry):
    critical = qh.critical_coupling(gain=gain, loss=1, asymmetry=asymmetry)
    excess = np.array([1e-3, 2e-3, 4e-3])
    amplitudes = [
        qh.limit_cycle(qh.SpinGroups(gain=gain, loss=1, asymmetry=asymmetry, coupling=critical * (1 + e))).amplitude[0]
        for e in excess
    ]
    assert np.polyfit(np.log(excess), np.log(amplitudes), 1)[0] == pytest.approx(0.5, abs=0.02)
    below = qh.limit_cycle(qh.SpinGroups(gain=gain, loss=1, asymmetry=asymmetry, coupling=0.99 * critical))
    assert not below.synchronized
    assert below.stable


@pytest.mark.parametrize("seed", range(12))
def test_locked_state_solves_the_equations_in_its_frame(seed):
    rng = np.random.default_rng(seed)
    groups = two_groups(rng.uniform(0, 0.4), rng.uniform(-1.5, 0.0), coupling=rng.uniform(1, 2))
    cycle = qh.limit_cycle(groups)
    assert cycle.synchronized
    turning = 1j * cycle.frequency[0] * np.array([SPIN_Z @ s - s @ SPIN_Z for s in cycle.states])
    assert np.abs(slope_of(groups, cycle.states) + turning).max() < 1e-9
    assert np.linalg.eigvalsh(cycle.states).min() > 0


@pytest.mark.parametrize("seed", range(5))
def test_integration_ends_on_the_locked_state_found_directly(seed):
    rng = np.random.default_rng(100 + seed)
    groups = two_groups(rng.uniform(0, 0.5), rng.uniform(-2, 0.0), coupling=rng.uniform(1, 2))
    cycle, run = qh.limit_cycle(groups), qh.mean_field(groups, 1500.0)
    assert cycle.stable
    assert np.allclose(run.order_parameter, cycle.amplitude, rtol=0, atol=1e-6)
    assert run.relative_phase == pytest.approx(cycle.relative_phase, abs=1e-5)
    assert run.phase_slips < 1e-3
    assert np.allclose(run.dominant_frequencies, cycle.frequency, atol=2e-3)
    assert run.frequency_difference == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("detuning", [0.2, 0.6, 0.8])
def test_stable_locked_state_is_found_where_the_one_that_branches_off_is_not_stable(detuning):
    groups = two_groups(detuning, intergroup=2.0)
    cycle, run = qh.limit_cycle(groups), qh.mean_field(groups, 600.0)
    assert cycle.stable
    assert np.allclose(run.order_parameter, cycle.amplitude, rtol=0, atol=1e-3)


def test_growth_of_a_locked_state_is_the_rate_at_which_it_is_approached():
    groups = qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.2)
    cycle = qh.limit_cycle(groups)
    states = Equations.of(groups.ladders).stationary(groups.links @ (1.02 * cycle.amplitude), cycle.frequency[0])
    run = qh.mean_field(groups, 40.0, samples=400, initial=states)
    left = np.abs(np.abs(run.amplitudes[0]) - cycle.amplitude[0])
    values = np.linalg.eigvals(Equations.of(groups.ladders).linearised(cycle.states, cycle.frequency[0]))
    slowest = np.sort(values.real)[-2]
    assert cycle.growth == pytest.approx(slowest)
    # an oscillating decay: its envelope falls with the growth rate
    early, late = left[:100].max(), left[300:].max()
    assert late < early
    assert np.log(late / early) / 30 == pytest.approx(cycle.growth, rel=0.35)


def test_locked_state_is_a_stationary_state_of_one_oscillator_under_its_own_field():
    groups = two_groups(0.2, -0.5)
    cycle = qh.limit_cycle(groups)
    amplitudes = cycle.amplitude * np.exp(1j * cycle.phase)
    states = Equations.of(groups.ladders).stationary(groups.links @ amplitudes, cycle.frequency[0])
    assert np.allclose(np.einsum("gij,ji->g", states, RAISING), amplitudes, atol=1e-9)


# --- two groups ------------------------------------------------------------------------------------------------------


def test_locking_range_grows_with_the_coupling_between_the_groups():
    def locked(detuning, intergroup):
        cycle = qh.limit_cycle(two_groups(detuning, intergroup=intergroup, coupling=1.0))
        return cycle.stable and cycle.amplitude.min() > 0.05

    edges, couplings = [], np.array([0.02, 0.04, 0.08])
    for intergroup in couplings:
        low, high = 0.0, 4 * intergroup
        assert locked(low, intergroup)
        assert not locked(high, intergroup)
        for _ in range(8):
            middle = (low + high) / 2
            low, high = (middle, high) if locked(middle, intergroup) else (low, middle)
        edges.append(low)
    assert np.polyfit(np.log(couplings), np.log(edges), 1)[0] == pytest.approx(1, abs=0.08)


def test_groups_far_apart_drift_with_their_own_frequencies():
    run = qh.mean_field(two_groups(5.0, intergroup=0.1, coupling=1.0), 400.0, samples=4000)
    assert abs(run.frequency_difference) == pytest.approx(5.0, rel=0.02)
    assert run.phase_slips > 50


@pytest.mark.parametrize("asymmetry", [5.0, 10.0, -20.0])
def test_blockade_of_equal_groups_at_large_asymmetry(asymmetry):
    assert growth(two_groups(0.0, asymmetry, coupling=0.2, intergroup=0.2)).real < 0
    if asymmetry > 0:
        assert growth(two_groups(0.0, asymmetry)).real < 0


@pytest.mark.parametrize("detuning", [5.0, 10.0, -8.0])
def test_detuned_groups_synchronize_just_below_the_line_where_the_asymmetry_is_the_detuning(detuning):
    line = abs(detuning)
    assert growth(two_groups(detuning, line - 0.5)).real > 0
    assert growth(two_groups(detuning, line + 1.0)).real < 0
    phases = [abs(qh.limit_cycle(two_groups(detuning, line - d)).relative_phase) for d in (3.0, 1.0, 0.4)]
    assert phases == sorted(phases)
    assert phases[-1] > 0.7 * math.pi  # towards π at the line


# --- integration and bookkeeping -------------------------------------------------------------------------------------


def test_integration_is_of_fourth_order():
    groups = two_groups(0.3, -0.5)
    exact = qh.mean_field(groups, 8.0, samples=8, step=1e-3).final
    steps = np.array([0.05, 0.1, 0.2])
    errors = [np.abs(qh.mean_field(groups, 8.0, samples=8, step=s).final - exact).max() for s in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(4, abs=0.2)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_states_stay_states_and_follow_the_equations(seed):
    rng = np.random.default_rng(seed)
    groups = two_groups(rng.uniform(-3, 3), rng.uniform(-3, 3))
    start = np.array([random_state(rng), random_state(rng)])
    run = qh.mean_field(groups, 20.0, samples=20, initial=start)
    assert np.allclose(np.trace(run.final, axis1=1, axis2=2), 1, atol=1e-12)
    assert np.linalg.eigvalsh(run.final).min() > -1e-9
    short = qh.mean_field(groups, 1e-5, samples=8, initial=start)
    assert np.allclose((short.final - start) / 1e-5, slope_of(groups, start), atol=2e-3)


def test_three_equal_groups_are_one_large_group():
    one = qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.5)
    three = qh.SpinGroups.of(gain=0.5, loss=1.0, frequency=[0, 0, 0], coupling=np.full((3, 3), 0.5))
    uneven = qh.SpinGroups.of(
        gain=0.5, loss=1.0, frequency=[0, 0, 0], coupling=np.full((3, 3), 0.5), sizes=[0.5, 1.0, 1.5]
    )
    reference = qh.limit_cycle(one)
    for groups in (three, uneven):
        assert growth(groups) == pytest.approx(growth(one))
        cycle = qh.limit_cycle(groups)
        assert np.allclose(cycle.amplitude, reference.amplitude[0], atol=1e-9)
        assert cycle.frequency[0] == pytest.approx(reference.frequency[0], abs=1e-9)


def test_spectrum_of_an_unsynchronized_run_is_flat_and_its_order_parameter_zero():
    run = qh.mean_field(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.2), 200.0)
    assert run.order_parameter[0] < 1e-6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: qh.SpinGroups(gain=-1, loss=1, coupling=1), "gain and loss, both positive"),
        (lambda: qh.SpinGroups(gain=0, loss=1, coupling=1), "gain and loss"),
        (lambda: qh.SpinGroups(gain=1, loss=0, coupling=1), "gain and loss"),
        (lambda: qh.SpinGroups.of(gain=[0, 1], loss=1, frequency=[0, 0], coupling=np.eye(2)), "gain and loss"),
        (lambda: qh.SpinGroups.of(gain=1, loss=1, frequency=[], coupling=np.zeros((0, 0))), "at least one group"),
        (lambda: qh.SpinGroups(gain=np.nan, loss=1, coupling=1), "must be finite"),
        (lambda: qh.SpinGroups(gain=1, loss=1, coupling=1, detuning=0.1), "needs two groups"),
        (lambda: qh.SpinGroups.of(gain=1, loss=1, frequency=[0, 1], coupling=[[1, 2], [3, 1]]), "symmetric"),
        (lambda: qh.SpinGroups.of(gain=[1, 1, 1], loss=1, frequency=[0, 1], coupling=np.eye(2)), "one per group"),
        (lambda: qh.SpinGroups.of(gain=1, loss=1, frequency=[0], coupling=[[1]], sizes=[0]), "positive number"),
        (lambda: qh.critical_coupling(gain=0, loss=1), "must be positive"),
        (lambda: qh.mean_field(two_groups(0.1), 0.0), "`t_final` must be positive"),
        (lambda: qh.mean_field(two_groups(0.1), 1.0, samples=2), "at least 8 samples"),
        (lambda: qh.mean_field(two_groups(0.1), 1.0, step=-1.0), "`step` must be positive"),
        (lambda: qh.mean_field(two_groups(0.1), 1.0, initial=np.eye(3)), "2 matrices of 3 × 3"),
        (lambda: qh.mean_field(two_groups(0.1), 1.0, initial=[np.eye(3), np.eye(3)]), "density matrices"),
        (lambda: qh.mean_field(qh.SpinGroups(gain=1, loss=1, coupling=1), 1.0).relative_phase, "needs two groups"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(qh.ArgumentError, match=message):
        make()


def test_a_single_search_is_plain_python_and_a_map_compiles_the_same_one():
    compiled = [name for name, value in vars(_search).items() if hasattr(value, "signatures")]
    assert compiled == ["group_slope", "search"]  # the former belongs to the integration of maps
    assert inspect.isfunction(_search.attempt)
    assert inspect.isfunction(_search.follow)
