"""Exact solution by permutation symmetry: against the full space, the mean field, the cumulants and linear noise."""

import math
import warnings

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.ensemble.occupations import Occupations
from qsb_hw.lindblad import capacity


def spins(coupling, asymmetry=0.0):
    """One group as in the paper: γ₋ = 1, γ₊ = 1/2."""
    return qh.SpinGroups(gain=0.5, loss=1.0, asymmetry=asymmetry, coupling=coupling)


def kerr_group(coupling, levels=4):
    """A ladder with collective jumps: one jump operator serves all transitions."""
    oscillator = qh.EffectiveOscillator.lorentzian(
        kerr=1.5, gamma=1, sigma=0.5, n_plus=0.5, n_minus=2.5, levels=levels, secular=False
    )
    return qh.LadderGroups.of(oscillator, coupling)


def random_state(rng, levels=3):
    root = rng.standard_normal((levels, levels)) + 1j * rng.standard_normal((levels, levels))
    state = root @ root.conj().T
    return state / np.trace(state)


def quiet(groups, n, **options):
    """`finite_size` where the loss of positivity is not what is looked at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", qh.ClosureWarning)
        return qh.finite_size(groups, n, **options)


def full_space(groups, n):
    """Hamiltonian, jumps and lowering operators of every oscillator, as QuTiP objects on dⁿ states."""
    import qutip as qt

    ladders = groups.ladders
    one = qt.qeye(ladders.levels)

    def on(matrix, k):
        return qt.tensor([qt.Qobj(matrix) if j == k else one for j in range(n)])

    lowering = [on(ladders.lowering[0], k) for k in range(n)]
    hamiltonian = sum(on(np.diag(ladders.energies[0]), k) for k in range(n))
    for i in range(n):
        for j in range(i):
            exchange = ladders.links[0, 0] / n * lowering[i].dag() * lowering[j]
            hamiltonian += exchange + exchange.dag()
    jumps = [on(jump, k) for k in range(n) for jump in ladders.jumps[0]]
    projectors = [on(np.diag(row), 0) for row in np.eye(ladders.levels)]
    return hamiltonian, jumps, lowering, projectors


CASES = [(spins(1.1, -0.4), 2), (spins(1.1, -0.4), 3), (spins(0.75), 4), (kerr_group(1.4), 3)]


@pytest.mark.parametrize(("groups", "n"), CASES, ids=lambda case: str(getattr(case, "levels", case))[:12])
def test_amplitude_populations_and_correlations_are_those_of_the_full_space(groups, n):
    import qutip as qt

    start = random_state(np.random.default_rng(n), groups.ladders.levels)
    hamiltonian, jumps, lowering, projectors = full_space(groups, n)
    times = np.linspace(0, 4, 9)
    observables = [lowering[0].dag(), lowering[0].dag() * lowering[1], *projectors]
    peer = qt.mesolve(
        hamiltonian, qt.tensor([qt.Qobj(start)] * n), times, jumps, e_ops=observables,
        options={"atol": 1e-11, "rtol": 1e-9, "nsteps": 100_000},
    )  # fmt: skip
    run = qh.symmetric_ensemble(groups, n, initial=start, t_final=4.0, samples=8)
    assert np.allclose(run.times, times)
    assert np.allclose(run.amplitude, peer.expect[0], atol=1e-7)
    populations, pairs = qh.symmetric_populations(groups, n, times, initial=start)
    assert np.allclose(pairs, peer.expect[1], atol=1e-7)
    assert np.allclose(populations.T, peer.expect[2:], atol=1e-7)
    assert np.allclose(populations.sum(axis=1), 1, atol=1e-7)


@pytest.mark.parametrize("groups", [spins(1.1, -0.4), kerr_group(1.4, 3)], ids=["spin", "kerr"])
def test_slowest_decay_is_an_eigenvalue_of_the_full_generator(groups):
    import qutip as qt

    hamiltonian, jumps, *_ = full_space(groups, 3)
    values = np.linalg.eigvals(qt.liouvillian(hamiltonian, jumps).full())
    found = qh.coherence_decay(groups, 3)
    assert np.abs(values - found).min() < 1e-7
    assert found.real < 0


def test_slowest_decay_is_what_is_left_of_the_amplitude_at_late_times():
    groups = spins(0.75)
    for n in (5, 10):  # all eigenvalues, and the iteration
        run = qh.symmetric_ensemble(groups, n, t_final=40.0, samples=400, tolerance=1e-10)
        late = run.times > 30
        logarithm = np.log(np.abs(run.amplitude[late])) + 1j * np.unwrap(np.angle(run.amplitude[late]))
        assert np.polyfit(run.times[late], logarithm, 1)[0] == pytest.approx(qh.coherence_decay(groups, n), rel=1e-4)


def test_cumulants_are_exact_for_two():
    for groups in (spins(0.75), spins(1.5, 0.3), kerr_group(1.4)):
        exact, closed = qh.symmetric_ensemble(groups, 2), qh.finite_size(groups, 2)
        assert exact.lifetime == pytest.approx(closed.lifetime, rel=1e-7)


@pytest.mark.parametrize("initial", ["limit-cycle", "paper"])
def test_mean_field_is_approached_as_one_over_n_and_cumulants_as_its_square(initial):
    groups, time = spins(1.0, -1.0), 0.4
    sizes = np.array([6, 9, 12, 15])
    state = qh.limit_cycle(groups).states if initial == "limit-cycle" else None
    mean = qh.mean_field(groups, time, samples=8, initial=state).amplitudes[0, -1]
    options = {"initial": initial, "t_final": time, "samples": 8, "longest": time}
    exact = np.array([qh.symmetric_ensemble(groups, int(n), **options).amplitude[-1] for n in sizes])
    closed = np.array([quiet(groups, int(n), **options).amplitude[-1] for n in sizes])

    def power(errors):
        # between neighbouring sizes, and from there to N → ∞: what is of the next order falls as 1/N
        local = np.diff(np.log(np.abs(errors))) / np.diff(np.log(sizes))
        middle = np.sqrt(sizes[1:] * sizes[:-1])
        return np.polyfit(1 / middle, local, 1)[1]

    assert power(exact - mean) == pytest.approx(-1, abs=0.05)
    assert power(exact - closed) == pytest.approx(-2, abs=0.1)


def test_slowest_decay_turns_towards_that_of_linear_noise():
    # N times the rate overshoots D/2 by a third and more, and is on its way back for a few tens of oscillators
    groups = qh.SpinGroups(gain=1, loss=1, coupling=0.5, asymmetry=-1)
    limit = qh.phase_diffusion(groups).constant / 2
    scaled = np.array([-n * qh.coherence_decay(groups, n).real for n in (6, 10, 14, 16)])
    assert np.argmax(scaled) == 2
    assert np.all(scaled > limit)


def test_exact_lifetimes_grow_towards_linear_noise_and_leave_the_cumulants_behind():
    groups = spins(1.0, -1.0)
    limit = qh.phase_diffusion(groups).lifetime_per_oscillator
    sizes = np.array([4, 7, 10, 13])
    exact = np.array([qh.symmetric_ensemble(groups, int(n)).lifetime for n in sizes])
    closed = np.array([quiet(groups, int(n)).lifetime for n in sizes])
    missing = limit - np.diff(exact) / np.diff(sizes)
    assert np.all(missing > 0)
    assert np.all(np.diff(missing) < 0)
    assert missing[-1] < 0.2 * limit
    assert np.all(closed < exact)
    assert (np.diff(closed) / np.diff(sizes))[-1] < 0.6 * limit


def test_correlations_of_pairs_survive_where_the_amplitude_has_faded():
    groups = spins(1.0, -1.0)
    order = qh.limit_cycle(groups).amplitude[0]
    populations, pairs = qh.symmetric_populations(groups, 9, [0.0, 60.0])
    assert pairs[0] == pytest.approx(order**2, rel=1e-9)
    assert 0.3 * order < math.sqrt(pairs[1].real) < 1.2 * order
    assert abs(pairs[1].imag) < 1e-6
    faded = qh.symmetric_ensemble(groups, 9, t_final=60.0)
    assert abs(faded.amplitude[-1]) < 1e-3 * order
    assert populations.min() >= 0


def test_unphased_start_below_the_threshold_fades_as_the_uncoupled_oscillator_without_coupling():
    free = qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.0)
    state = random_state(np.random.default_rng(4))
    run = qh.symmetric_ensemble(free, 5, initial=state, t_final=3.0, samples=6)
    a, b = math.sqrt(2) * state[0, 1], math.sqrt(2) * state[1, 2]
    assert np.allclose(run.amplitude, a * np.exp(-run.times / 4) + b * np.exp(-run.times / 2), atol=1e-8)


# --- occupations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "levels"), [(2, 3), (5, 3), (3, 4), (2, 5)])
def test_sectors_hold_all_occupations_once_and_know_their_places(count, levels):
    space = Occupations.of(count, levels)
    span = (levels - 1) * count
    sizes = [space.size(charge) for charge in range(-span, span + 1)]
    assert sum(sizes) == math.comb(count + levels**2 - 1, levels**2 - 1)
    assert space.size(span + 1) == 0
    for charge in (-1, 0, 2):
        states = space.sector(charge)
        assert len(states) == space.size(charge)
        assert np.all(states.sum(axis=1) == count)
        assert np.all(states @ space.charges == charge)
        assert np.array_equal(space.index(charge, states), np.arange(len(states)))


def test_size_of_the_sector_of_twelve_oscillators():
    assert Occupations.of(12, 3).size(-1) == 8636  # of 125 970 occupations and 3²⁴ matrix elements


def test_too_many_oscillators_are_refused_before_any_work(monkeypatch):
    with pytest.raises(qh.CapacityError, match="matter of minutes"):
        qh.symmetric_ensemble(spins(1.0), 60)
    with pytest.raises(qh.CapacityError, match="enumerable"):
        qh.symmetric_ensemble(spins(1.0), 1000)
    monkeypatch.setattr(capacity, "available_memory", lambda: 10_000_000)
    with pytest.raises(qh.CapacityError, match="GiB"):
        qh.symmetric_ensemble(spins(1.0), 16)
    assert math.isfinite(qh.symmetric_ensemble(spins(1.0), 6).lifetime)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qh.symmetric_ensemble(spins(1.0), 1), "at least 2 oscillators"),
        (lambda: qh.symmetric_ensemble(spins(0.3), 4), "must be a mean-field limit cycle"),
        (lambda: qh.symmetric_ensemble(spins(1.0), 4, t_final=-1.0), "`t_final` must be positive"),
        (lambda: qh.symmetric_populations(spins(1.0), 4, [1.0, 0.5]), "ascend"),
        (lambda: qh.symmetric_populations(spins(1.0), 4, []), "ascend"),
        (lambda: qh.symmetric_populations(spins(1.0), 4, [-1.0, 2.0]), "ascend"),
        (lambda: qh.coherence_decay(spins(1.0), 0), "at least 2 oscillators"),
        (lambda: qh.coherence_lifetimes(spins(1.0), []), "at least one size"),
        (lambda: qh.coherence_lifetimes(spins(1.0), [1, 4]), "at least 2 oscillators"),
        (lambda: qh.coherence_lifetimes(spins(0.3), [4]), "must be a mean-field limit cycle"),
        (lambda: qh.coherence_lifetimes(spins(1.0), [4, 8]).power("guess"), "must be one of"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(qh.ArgumentError, match=message):
        call()


# --- side by side ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def side_by_side():
    return qh.coherence_lifetimes(spins(0.75), (2, 6, 10, 500, 1000, 2000))


def test_three_lifetimes_side_by_side(side_by_side):
    found = side_by_side
    assert found.exact[0] == pytest.approx(found.cumulants[0], rel=1e-7)
    assert np.isnan(found.exact[3:]).all()
    assert np.isfinite(found.exact[:3]).all()
    assert found.cumulants[3] == pytest.approx(30, rel=0.05)
    noise = qh.phase_diffusion(spins(0.75))
    assert found.linear_noise == pytest.approx([noise.lifetime(n) for n in found.sizes])
    assert found.slope("linear_noise") == pytest.approx(noise.lifetime_per_oscillator, rel=0.01)
    assert found.statuses[0] == qh.Status.CONVERGED
    assert found.statuses[3] == qh.Status.UNPHYSICAL
    assert (found.lowest_eigenvalues < -1e-6).tolist() == [s == qh.Status.UNPHYSICAL for s in found.statuses]


def test_closure_shortens_lifetimes_two_to_three_times(side_by_side):
    assert 2 < side_by_side.underestimate < 3
    assert side_by_side.power("linear_noise") == pytest.approx(1, abs=0.05)
    assert 0.7 < side_by_side.power("cumulants") < 1
    assert "too short by" in side_by_side.summary
    assert math.isnan(qh.coherence_lifetimes(spins(0.75), [900]).power("exact"))


def test_five_hundred_live_four_times_as_long_as_one(side_by_side):
    assert side_by_side.cumulants[3] / side_by_side.uncoupled == pytest.approx(4, rel=0.1)
    # |⟨S⁺⟩| of one oscillator is a sum of two exponentials
    state = qh.limit_cycle(spins(0.75)).states[0]
    low, high = state[0, 1], state[1, 2]

    def left(time):
        return abs(low * np.exp(-time / 4) + high * np.exp(-time / 2)) / abs(low + high)

    assert left(side_by_side.uncoupled) == pytest.approx(1 / math.e, rel=1e-8)


def test_below_the_threshold_there_is_no_linear_noise():
    found = qh.coherence_lifetimes(spins(0.3), (4, 40, 400), initial="paper")
    assert np.isnan(found.linear_noise).all()
    assert np.isfinite(found.cumulants).all()
    assert found.power("cumulants") == pytest.approx(0, abs=0.1)
    assert "nan" not in found.summary
