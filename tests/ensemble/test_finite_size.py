"""Groups of finite size: second-order cumulants and linear noise, against exact evolution and against each other."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.ensemble.cumulants import Closure
from qsb_hw.ensemble.equations import Equations


def spins(coupling, asymmetry=0.0):
    """One group as in the paper: γ₋ = 1, γ₊ = 1/2."""
    return qh.SpinGroups(gain=0.5, loss=1.0, asymmetry=asymmetry, coupling=coupling)


def kerr_group(coupling, levels=4):
    """A ladder with collective jumps: one jump operator serves all transitions."""
    oscillator = qh.EffectiveOscillator.lorentzian(
        kerr=1.5, gamma=1, sigma=0.5, n_plus=0.5, n_minus=2.5, levels=levels, secular=False
    )
    return qh.LadderGroups.of(oscillator, coupling)


def quiet(groups, n, **options):
    """`finite_size` where the loss of positivity is not what is looked at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", qh.ClosureWarning)
        return qh.finite_size(groups, n, **options)


def random_state(rng, levels=3):
    root = rng.standard_normal((levels, levels)) + 1j * rng.standard_normal((levels, levels))
    state = root @ root.conj().T
    return state / np.trace(state)


def embedded(matrix, where, count):
    one = np.eye(len(matrix))
    factors = [matrix if k == where else one for k in range(count)]
    product = factors[0]
    for factor in factors[1:]:
        product = np.kron(product, factor)
    return product


def three_body_slope(ladders, count, pair):
    """ρ̇12 with ρ123 built from its cumulants and every commutator written out, pair (d², d²)."""
    d, coupling = ladders.levels, ladders.links[0, 0]
    a = ladders.lowering[0]
    local = np.diag(ladders.energies[0])
    four = pair.reshape(d, d, d, d)
    single = np.einsum("abcb->ac", four)
    connected = four - np.einsum("ac,be->abce", single, single)
    three = np.einsum("ad,be,cf->abcdef", single, single, single)
    three = three + np.einsum("ad,bcef->abcdef", single, connected)
    three = three + np.einsum("be,acdf->abcdef", single, connected)
    three = three + np.einsum("cf,abde->abcdef", single, connected)
    three = three.reshape(d**3, d**3)

    def exchange(i, j):
        forth = embedded(a.conj().T, i, 3) @ embedded(a, j, 3)
        return forth + forth.conj().T

    others = exchange(0, 2) + exchange(1, 2)
    driven = others @ three - three @ others
    driven = np.einsum("abcdec->abde", driven.reshape((d,) * 6)).reshape(d * d, d * d)
    forth = embedded(a.conj().T, 0, 2) @ embedded(a, 1, 2)
    hamiltonian = coupling / count * (forth + forth.conj().T)
    slope = -1j * coupling * (count - 2) / count * driven
    for k in range(2):
        hamiltonian = hamiltonian + embedded(local, k, 2)
        for matrix in ladders.jumps[0]:
            jump = embedded(matrix, k, 2)
            kept = jump.conj().T @ jump
            slope = slope + jump @ pair @ jump.conj().T - (kept @ pair + pair @ kept) / 2
    return slope - 1j * (hamiltonian @ pair - pair @ hamiltonian)


def shuffled(pair, levels):
    """From a density matrix to elements of the first oscillator by elements of the second, and back."""
    return pair.reshape((levels,) * 4).transpose(0, 2, 1, 3).reshape(levels**2, levels**2)


# --- cumulants -------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_compiled_equations_are_the_written_out_ones(seed):
    rng = np.random.default_rng(seed)
    ladders = spins(rng.uniform(0.3, 2), rng.uniform(-2, 2)).ladders if seed % 2 else kerr_group(1.4).ladders
    d, count = ladders.levels, int(rng.integers(2, 50))
    mixed = random_state(rng, d * d).reshape((d,) * 4)
    pair = ((mixed + mixed.transpose(1, 0, 3, 2)) / 2).reshape(d * d, d * d)
    found = Closure.of(ladders, count, 0.0)(0.0, shuffled(pair, d).ravel().astype(complex))
    assert np.allclose(shuffled(found, d), three_body_slope(ladders, count, pair), atol=1e-12)


def test_rotating_frame_changes_nothing_but_the_phase():
    ladders = spins(1.0, -0.5).ladders
    rng = np.random.default_rng(3)
    pair = np.kron(random_state(rng), random_state(rng))
    pair = (pair + pair.reshape((3,) * 4).transpose(1, 0, 3, 2).reshape(9, 9)) / 2
    flat = shuffled(pair, 3).ravel()
    number = embedded(np.diag([0, 1, 2]), 0, 2) + embedded(np.diag([0, 1, 2]), 1, 2)
    turned = Closure.of(ladders, 9, 0.7)(0.0, flat) - Closure.of(ladders, 9, 0.0)(0.0, flat)
    assert np.allclose(shuffled(turned, 3), 0.7j * (number @ pair - pair @ number), atol=1e-12)


@pytest.mark.parametrize("groups", [spins(1.2, -0.4), kerr_group(1.4, 3)], ids=["spin", "kerr"])
def test_exact_for_two_oscillators(groups):
    import qutip as qt

    ladders, times = groups.ladders, np.linspace(0, 6, 13)
    start = random_state(np.random.default_rng(5))
    a = [qt.Qobj(embedded(ladders.lowering[0], k, 2)) for k in range(2)]
    hamiltonian = qt.Qobj(sum(embedded(np.diag(ladders.energies[0]), k, 2) for k in range(2)))
    exchange = ladders.links[0, 0] / 2 * a[0].dag() * a[1]
    jumps = [qt.Qobj(embedded(jump, k, 2)) for k in range(2) for jump in ladders.jumps[0]]
    peer = qt.mesolve(
        hamiltonian + exchange + exchange.dag(), qt.Qobj(np.kron(start, start)), times, jumps,
        e_ops=[a[0].dag()], options={"atol": 1e-12, "rtol": 1e-10, "nsteps": 100_000},
    )  # fmt: skip
    ours = qh.finite_size(groups, 2, initial=start, t_final=6.0, samples=12)
    assert np.allclose(ours.times, times)
    assert np.allclose(ours.amplitude, peer.expect[0], atol=1e-8)
    assert ours.lowest_eigenvalue > -1e-9
    assert ours.status == qh.Status.CONVERGED


def test_infinitely_many_oscillators_are_the_mean_field():
    groups, state = spins(1.0, -0.3), random_state(np.random.default_rng(1))
    reference = qh.mean_field(groups, 15.0, samples=15, initial=[state])
    errors, sizes = [], np.array([1e4, 1e5, 1e6])
    for n in sizes:
        run = quiet(groups, int(n), initial=state, t_final=15.0, samples=15, longest=15.0)
        errors.append(np.abs(run.amplitude - reference.amplitudes[0]).max())
    assert np.polyfit(np.log(sizes), np.log(errors), 1)[0] == pytest.approx(-1, abs=0.01)


def test_both_initial_states_of_the_paper():
    groups = spins(0.75)
    cycle = qh.limit_cycle(groups)
    run = quiet(groups, 500, t_final=1.0)
    assert abs(run.amplitude[0]) == pytest.approx(cycle.amplitude[0], abs=1e-12)
    named = quiet(groups, 500, initial="paper", t_final=1.0)
    assert named.amplitude[0] == pytest.approx(0.1 * math.sqrt(2), abs=1e-12)
    below = quiet(spins(0.3), 500, initial="paper")
    assert math.isfinite(below.lifetime)


def test_lifetime_of_five_hundred_oscillators_is_that_of_the_paper():
    # Fig. S4: T γ₋ ≈ 30 at N = 500, four times the uncoupled lifetime, from V = 0.75 γ₋ and the limit cycle
    with pytest.warns(qh.ClosureWarning, match="probabilities positive"):
        run = qh.finite_size(spins(0.75), 500)
    assert run.lifetime == pytest.approx(30, rel=0.05)
    assert run.times[-1] == pytest.approx(run.lifetime)
    assert abs(run.amplitude[-1]) == pytest.approx(abs(run.amplitude[0]) / math.e, rel=1e-9)


@pytest.mark.parametrize("coupling", [0.75, 1.0, 1.25, 1.5])
def test_lifetimes_grow_linearly_with_the_number_of_oscillators(coupling):
    sizes = np.array([500, 1000, 2000, 16_000, 64_000])
    lifetimes = np.array([quiet(spins(coupling), int(n)).lifetime for n in sizes])
    line = np.polyfit(sizes[:3], lifetimes[:3], 1)
    assert np.allclose(np.polyval(line, sizes[:3]), lifetimes[:3], rtol=0.03)
    power = np.polyfit(np.log(sizes[3:]), np.log(lifetimes[3:]), 1)[0]
    assert power == pytest.approx(1, abs=0.05)


def test_lifetime_does_not_depend_on_where_samples_are_taken():
    groups = spins(1.0)
    stopped, sampled = quiet(groups, 200), quiet(groups, 200, t_final=3.0, samples=7)
    beyond = quiet(groups, 200, t_final=40.0)
    assert sampled.times[-1] == 3.0
    assert beyond.times[-1] == 40.0 > beyond.lifetime
    for run in (sampled, beyond):
        assert run.lifetime == pytest.approx(stopped.lifetime, rel=1e-7)


def test_amplitudes_are_in_the_frame_of_the_groups():
    groups = spins(1.0, -0.5)
    cycle = qh.limit_cycle(groups)
    run = qh.finite_size(groups, 10**6, t_final=3.0, longest=3.0)
    turned = np.unwrap(np.angle(run.amplitude))
    assert np.polyfit(run.times, turned, 1)[0] == pytest.approx(cycle.frequency[0], abs=1e-4)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_trace_and_hermiticity_are_kept_and_negative_probabilities_reported(seed):
    rng = np.random.default_rng(seed)
    groups, n = spins(rng.uniform(0.3, 2), rng.uniform(-2, 1)), int(rng.integers(3, 300))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = qh.finite_size(groups, n, initial=random_state(rng), longest=200.0)
    assert run.trace_error < 1e-10
    assert run.hermiticity_error < 1e-10
    assert run.lowest_eigenvalues.shape == (2, run.times.size)
    reported = any(issubclass(w.category, qh.ClosureWarning) for w in caught)
    assert reported == (run.lowest_eigenvalue < -1e-6) == (not run.physical)
    if run.status != qh.Status.STILL_COHERENT:
        assert reported == (run.status == qh.Status.UNPHYSICAL)


def test_loss_of_positivity_is_reported_of_unfinished_runs_too():
    with pytest.warns(qh.ClosureWarning, match=r"Raise `longest`.*probabilities positive"):
        run = qh.finite_size(spins(0.75), 10, longest=2.0)
    assert run.status == qh.Status.STILL_COHERENT


def test_coherence_that_does_not_fade_in_time_is_said_to_last():
    run = qh.finite_size(spins(1.0), 10_000, longest=5.0)
    assert run.status == qh.Status.STILL_COHERENT
    assert math.isinf(run.lifetime)
    assert "Raise `longest`" in run.message
    assert run.times[-1] == pytest.approx(5.0)
    assert "max_steps" in qh.finite_size(spins(1.0), 10_000, max_steps=3).message


# --- linear noise ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [spins(0.75), spins(1.0, -0.5), spins(1.3, 0.2), kerr_group(1.4)], ids=str)
def test_phase_diffusion_is_the_growth_of_the_correlations_of_the_cumulants(groups):
    # no jumps and no Einstein relation: what the exchange of two oscillators in the limit cycle does at first order
    noise, ladders = qh.phase_diffusion(groups), groups.ladders
    rho, n = noise.cycle.states[0], 10**9
    product = np.outer(rho.ravel(), rho.ravel())
    slope = Closure.of(ladders, n, float(noise.cycle.frequency[0]))(0.0, product.ravel().astype(complex))
    correlations = shuffled(slope, ladders.levels)
    single = np.einsum("abcb->ac", correlations.reshape((ladders.levels,) * 4))
    correlations = correlations - np.kron(single, rho) - np.kron(rho, single)
    found = n * np.trace(np.kron(noise.modes[0], noise.modes[0]) @ correlations)
    assert found == pytest.approx(noise.constant, rel=1e-5)
    assert noise.residual < 1e-11


DEFECTIVE = qh.SpinGroups(gain=1.0, loss=1.0, asymmetry=-1.0, coupling=0.5)
"""At equal rates decaying modes coincide, and have fewer eigenvectors than eigenvalues."""


@pytest.mark.parametrize("groups", [spins(0.8), spins(1.0, -0.5), DEFECTIVE, kerr_group(1.4)], ids=str)
def test_variance_of_the_phase_is_that_of_the_full_covariance(groups):
    # Σ̇ = MΣ + ΣMᵀ + 𝒟 of all one-body observables from the covariance of the limit cycle on, without any zero mode,
    # read off from δφ = Im(δ⟨A†⟩/⟨A†⟩)
    import scipy.linalg as la

    noise, ladders, d = qh.phase_diffusion(groups), groups.ladders, groups.ladders.levels
    cycle, rho = noise.cycle, noise.cycle.states[0]
    operators = hermitian_basis(d)
    full = Equations.of(ladders).linearised(cycle.states, float(cycle.frequency[0]))
    coordinates = np.array([[np.trace(o @ unit) for unit in units(d)] for o in operators])  # (d²−1, d²−1)
    motion = (coordinates @ full @ np.linalg.inv(coordinates)).real
    strength = np.zeros((d * d - 1, d * d - 1))
    for jump in ladders.jumps[0]:
        moved = [o @ jump - jump @ o for o in operators]
        strength += np.array([[np.trace(p.conj().T @ q @ rho).real for q in moved] for p in moved])
    means = np.array([np.trace(o @ rho).real for o in operators])
    start = np.array([[np.trace(p @ q @ rho).real for q in operators] for p in operators]) - np.outer(means, means)
    raising = ladders.lowering[0].conj().T
    row = np.array([np.trace(raising @ o) / np.trace(raising @ rho) for o in operators]).imag
    size, one = d * d - 1, np.eye(d * d - 1)
    generator = np.zeros((size**2 + 1, size**2 + 1))  # of (Σ, 1)
    generator[:-1, :-1] = np.kron(motion, one) + np.kron(one, motion)
    generator[:-1, -1] = strength.ravel()
    times = np.array([0.0, 0.3, 2.0, 12 / -cycle.growth, 13 / -cycle.growth])
    states = [la.expm(generator * time) @ np.append(start.ravel(), 1) for time in times]
    expected = np.array([row @ state[:-1].reshape(size, size) @ row for state in states])
    assert np.allclose(noise.variance(times), expected, rtol=1e-8)
    assert np.allclose(replace(noise.variance, parts=None)(times), noise.variance(times), rtol=1e-7)
    growth = np.diff(expected[-2:]) / np.diff(times[-2:])
    assert growth[0] == pytest.approx(noise.constant, rel=1e-3)


def units(d):
    """δρ for every element but ρ_00, which takes up the trace."""
    for k in range(1, d * d):
        unit = np.zeros((d, d))
        unit.flat[k] = 1.0
        unit[0, 0] -= np.trace(unit)
        yield unit


def hermitian_basis(d):
    """Orthonormal, traceless."""
    basis = []
    for i in range(d):
        for j in range(i + 1, d):
            unit = np.zeros((d, d), dtype=complex)
            unit[i, j] = 1 / math.sqrt(2)
            basis += [unit + unit.T, 1j * unit - 1j * unit.T]
    for k in range(1, d):
        diagonal = np.array([1.0] * k + [-k] + [0.0] * (d - k - 1))
        basis.append(np.diag(diagonal / np.linalg.norm(diagonal)).astype(complex))
    return basis


def test_zero_mode_measures_the_phase():
    groups = spins(1.0, -0.5)
    noise = qh.phase_diffusion(groups)
    rho, mode, eps = noise.cycle.states[0], noise.modes[0], 1e-3
    turn = np.diag(np.exp(-1j * eps * np.arange(3)))
    turned = turn @ rho @ turn.conj().T
    raising = groups.ladders.lowering[0].conj().T
    assert np.angle(np.trace(raising @ turned) / np.trace(raising @ rho)) == pytest.approx(eps, rel=1e-9)
    assert np.trace(mode @ (turned - rho)).real == pytest.approx(eps, rel=2e-3)
    assert np.allclose(mode, mode.conj().T)


def test_zero_mode_is_the_asymptotic_phase_of_the_mean_field():
    groups = spins(1.0, -0.5)
    noise = qh.phase_diffusion(groups)
    rho, rng = noise.cycle.states[0], np.random.default_rng(2)
    kick = random_state(rng) - rho
    shifts = []
    for eps in (1e-4, -1e-4):
        run = qh.mean_field(groups, 80.0, samples=8, initial=[rho + eps * kick])
        shifts.append(np.angle(run.amplitudes[0, -1] * np.exp(-1j * noise.cycle.frequency[0] * 80.0)))
    left = (shifts[0] - shifts[1]) / 2e-4
    assert left == pytest.approx(np.trace(noise.modes[0] @ kick).real, rel=1e-4)


def test_coherence_first_fades_as_linear_noise_says():
    # N ≫ γt ≫ 1: the cumulants have forgotten the start, and three-body correlations do not matter yet
    groups, n = spins(1.2, -0.5), 10**6
    noise = qh.phase_diffusion(groups)
    run = qh.finite_size(groups, n, t_final=300.0, samples=300, longest=300.0)
    size = np.log(np.abs(run.amplitude))
    rate = -np.polyfit(run.times[150:], size[150:], 1)[0]
    assert rate == pytest.approx(noise.constant / (2 * n), rel=0.01)


@pytest.mark.parametrize(("groups", "times"), [(spins(1.2, -0.5), (20, 40)), (spins(25.0, -20.0), (0.5, 1.0, 2.0))])
def test_variance_of_the_phase_is_what_the_cumulants_say_at_first_order(groups, times):
    # −N log|⟨S⁺⟩| is v(t)/2 but for what the amplitude itself does, which stays bounded
    noise, n = qh.phase_diffusion(groups), 10**7
    run = qh.finite_size(groups, n, t_final=times[-1], samples=80, longest=times[-1], tolerance=1e-12)
    lost = -n * np.interp(times, run.times, np.log(np.abs(run.amplitude) / abs(run.amplitude[0])))
    grown = (noise.variance(times) - noise.variance(0.0)) / 2
    assert np.diff(lost) == pytest.approx(np.diff(grown), rel=0.01)


def test_lifetimes_grow_with_the_root_of_n_for_as_long_as_the_start_is_remembered():
    # V ≫ γ: the spread of the populations makes a spread of frequencies long before jumps make phases diffuse
    noise = qh.phase_diffusion(spins(120.0, -100.0))
    few, many = np.array([1e2, 1e3]), np.array([1e8, 1e9])

    def power(sizes):
        return np.polyfit(np.log(sizes), np.log([noise.lifetime(n) for n in sizes]), 1)[0]

    assert power(few) == pytest.approx(0.5, abs=0.05)
    assert power(many) == pytest.approx(1, abs=0.01)
    assert noise.lifetime(1e9) / 1e9 == pytest.approx(noise.lifetime_per_oscillator, rel=0.01)
    closed = [quiet(spins(120.0, -100.0), int(n)).lifetime for n in few]
    assert np.diff(np.log(closed)) / np.diff(np.log(few)) == pytest.approx(0.5, abs=0.05)


def test_equal_groups_diffuse_like_one_large_group():
    one = qh.phase_diffusion(spins(1.5))
    parts = {"gain": 0.5, "loss": 1.0, "frequency": [0, 0, 0], "coupling": np.full((3, 3), 0.5)}
    equal = qh.phase_diffusion(qh.SpinGroups.of(**parts))
    uneven = qh.phase_diffusion(qh.SpinGroups.of(**parts, sizes=[0.5, 1, 1.5]), sizes=[0.5, 1, 1.5])
    for noise in (equal, uneven):  # a group of size one has a third of all oscillators
        assert noise.lifetime(100 / 3) == pytest.approx(one.lifetime(100), rel=1e-9)
    assert one.lifetime_per_oscillator == pytest.approx(2 / one.constant)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qh.finite_size(spins(1.0), 1), "at least 2 oscillators"),
        (lambda: qh.finite_size(spins(1.0), 2.5), "whole number"),
        (lambda: qh.finite_size(spins(1.0), math.nan), "whole number"),
        (lambda: qh.finite_size(spins(1.0), math.inf), "whole number"),
        (lambda: qh.finite_size(qh.SpinGroups(gain=1, loss=1, coupling=1, intergroup=1), 9), "take one group"),
        (lambda: qh.finite_size(spins(0.3), 9), "must be a mean-field limit cycle"),
        (lambda: qh.finite_size(spins(1.0), 9, initial="vacuum"), '"limit-cycle", "paper"'),
        (lambda: qh.finite_size(spins(1.0), 9, initial=np.eye(3)), "density matrices"),
        (lambda: qh.finite_size(spins(1.0), 9, initial=np.eye(3) / 3), "carry a coherence"),
        (lambda: qh.finite_size(kerr_group(1.4), 9, initial="paper"), "three levels"),
        (lambda: qh.finite_size(spins(1.0), 9, t_final=0.0), "`t_final` must be positive"),
        (lambda: qh.finite_size(spins(1.0), 9, t_final=math.nan), "`t_final` must be positive"),
        (lambda: qh.finite_size(spins(1.0), 9, longest=-1.0), "`longest` must be positive"),
        (lambda: qh.finite_size(spins(1.0), 9, samples=1), "at least 2 samples"),
        (lambda: qh.finite_size(spins(1.0), 9, max_steps=0), "`max_steps`"),
        (lambda: qh.finite_size(spins(1.0), 9, tolerance=0.0), "`tolerance`"),
        (lambda: qh.phase_diffusion(spins(0.3)), "must be a mean-field limit cycle"),
        (lambda: qh.phase_diffusion(spins(1.0), sizes=[1, 2]), "one positive number per group"),
        (lambda: qh.phase_diffusion(spins(1.0)).lifetime(0), "must be positive"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(qh.ArgumentError, match=message):
        call()
