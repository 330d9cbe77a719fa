"""Finite ladders: what they cost is known before it is believed."""

import functools

import numpy as np
import pytest

import qsb_hw as qh

MEANINGLESS = 0.2
"""An estimate above this says that there are too few levels, and no more."""


def pair(levels, *, kerr=10.0, sigma=0.2, v=0.3, detuning=0.0, targets=(1, 1)):
    """Two oscillators with γ = 1, n₋ = n₊ + 1."""
    first, second = (
        qh.EffectiveOscillator.lorentzian(kerr=kerr, gamma=1, sigma=sigma, n_plus=n, n_minus=n + 1, levels=levels)
        for n in targets
    )
    return qh.Network([first.detuned(detuning), second], [[0, v], [v, 0]])


def random_pair(seed):
    """Anything from strong blockade to strong coupling, on and off the resonances."""
    rng = np.random.default_rng(seed)
    kerr = float(rng.choice([-1, 1]) * 10 ** rng.uniform(-0.5, 1.3))
    targets = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    settings = {
        "kerr": kerr,
        "sigma": 10 ** rng.uniform(-1.3, 0.2),
        "v": 10 ** rng.uniform(-1, 0.2),
        "detuning": float(rng.choice([0, 2 * kerr, -2 * kerr, rng.uniform(-20, 20)])),
        "targets": targets,
    }
    return int(rng.integers(max(targets) + 3, 12)), settings


def blockaded(solution):
    return solution.synchronization(0, 1)


@functools.cache
def solved(seed):
    """A random pair, its levels, and its steady state."""
    levels, settings = random_pair(seed)
    return levels, settings, qh.steady_state(pair(levels, **settings))


@pytest.mark.parametrize("seed", range(24))
def test_estimate_covers_what_longer_ladders_change(seed):
    levels, settings, solution = solved(seed)
    if solution.truncation_error > MEANINGLESS:
        return
    long = qh.steady_state(pair(26, **settings), estimate_truncation=False)
    assert abs(long.synchronization(0, 1) - solution.synchronization(0, 1)) < solution.truncation_error
    for i in range(2):
        change = np.abs(long.populations(i)[:levels] - solution.populations(i))
        assert change.max() < solution.truncation_error


def test_estimates_of_random_pairs_are_mostly_meaningful():
    # the test above would pass for estimates that are always large
    errors = [solved(seed)[2].truncation_error for seed in range(24)]
    assert np.median(errors) < MEANINGLESS / 2


def test_error_of_an_oscillator_on_its_own_falls_as_its_tails_do():
    # p_n ∝ n⁻² above the limit cycle, and Σ_{n ≥ N} n⁻² ≈ 1/N
    def population(levels):
        one = qh.EffectiveOscillator.lorentzian(kerr=1, gamma=1, sigma=0.3, n_plus=2, n_minus=3, levels=levels)
        return qh.steady_state(qh.effective_model(one)).populations()[2]

    n = np.arange(1, 2_000_000)
    weights = np.cumprod(((n - 3.0) ** 2 + 0.09) / ((n - 2.0) ** 2 + 0.09))  # p_n/p_0 by detailed balance
    limit = weights[1] / (1 + weights.sum() + n[-1] * weights[-1])
    levels = np.array([50, 100, 200, 400])
    slope = np.polyfit(np.log(levels), np.log([population(int(k)) - limit for k in levels]), 1)[0]
    assert slope == pytest.approx(-1, abs=0.03)


def at_many_levels(settings):
    """S of the endless ladders by a route of its own: 20, 29 and 42 levels, and the power law through them."""
    levels = (20, 29, 42)
    a, b, c = (blockaded(qh.steady_state(pair(n, **settings), estimate_truncation=False)) for n in levels)
    # levels in a constant ratio: limit + a·levels^{−p} is a geometric series
    return c - (c - b) ** 2 / ((c - b) - (b - a)), c


@pytest.mark.parametrize("detuning", [0.0, 20.0], ids=["blockade", "resonance"])
def test_extrapolation_of_an_endless_ladder(detuning):
    found = qh.extrapolate_levels(pair(6, detuning=detuning), blockaded)
    limit, _ = at_many_levels({"detuning": detuning})
    left = abs(found.values[-1] - limit)
    assert abs(found.limit - limit) < found.error < 3 * left
    assert abs(found.limit - limit) < left / 5
    assert 1 < found.exponent < 2


def test_extrapolation_of_random_pairs_knows_its_error(request):
    for seed in range(30, 30 + max(3, request.config.getoption("models") // 40)):  # 42 levels take half a second
        _, settings = random_pair(seed)
        settings["sigma"] = max(settings["sigma"], 0.15)
        found = qh.extrapolate_levels(pair(8, **settings), blockaded)
        limit, longest = at_many_levels(settings)
        assert abs(found.limit - limit) < found.error + abs(limit - longest), seed


def test_ladder_of_a_device_is_never_lengthened():
    device = qh.load_device("transmon_squid")
    effective = qh.eliminate(device.oscillator(7))
    found = qh.extrapolate_levels(qh.Network([effective] * 2, [[0, 1e4], [1e4, 0]]), blockaded)
    assert found.levels.tolist()[-1] == 7
    assert found.levels[0] >= device.target + 2


def test_exact_values_that_do_not_change_are_their_own_limit(monkeypatch):
    monkeypatch.setattr("qsb_hw.sync.extrapolation.CHEAP", 200)
    # without coupling nothing is ever synchronized, however long the ladders
    found = qh.extrapolate_levels(pair(5, v=0.0), blockaded)
    assert found.limit == pytest.approx(0, abs=1e-12)
    assert found.error < 1e-12


def test_shortest_ladder_that_holds_the_limit_cycle_is_judged_by_longer_ones():
    # three levels are all that n0 = 1 needs; two would give S = 0 whatever the coupling
    solution = qh.steady_state(pair(3, detuning=20.0))
    longer = qh.steady_state(pair(20, detuning=20.0))
    change = abs(longer.synchronization(0, 1) - solution.synchronization(0, 1))
    assert change < solution.truncation_error < 10 * change + 0.1


def test_no_estimate_where_neither_shorter_nor_longer_ladders_are_known():
    ladder = qh.Ladder.from_transitions([50.0, 48.0])
    spacing = ladder.transition_frequencies
    baths = [qh.Bath.cavity(delta, 0.3, 0.01, 2) for delta in (-spacing[1], spacing[0])]
    one = qh.SelfOscillator(ladder, baths)
    solution = qh.steady_state(qh.Network([one, one], [[0, 1e-4], [1e-4, 0]]))
    assert solution.status is qh.Status.CONVERGED
    assert np.isnan(solution.truncation_error)


def test_too_few_levels_to_extrapolate_is_said():
    device = qh.load_device("transmon_squid")
    effective = qh.eliminate(device.oscillator(4))
    with pytest.raises(qh.ArgumentError, match="Extrapolation needs ladders of at least"):
        qh.extrapolate_levels(qh.Network([effective] * 2, [[0, 1e4], [1e4, 0]]), blockaded)


def test_extended_oscillator_is_the_one_built_longer():
    short, long = (
        qh.EffectiveOscillator.lorentzian(kerr=3, gamma=2, sigma=0.4, n_plus=2, n_minus=3, levels=n, frequency=7.0)
        for n in (5, 9)
    )
    grown = short.extended(9)
    assert np.allclose(grown.rates, long.rates, rtol=1e-14, atol=0)
    assert np.allclose(grown.ladder.energies, long.ladder.energies, rtol=1e-14, atol=1e-12)


@pytest.mark.parametrize("change", ["rates", "ladder"])
def test_oscillator_without_a_law_is_not_extended(change):
    one = qh.EffectiveOscillator.lorentzian(kerr=3, gamma=2, sigma=0.4, n_plus=1, n_minus=2, levels=5)
    rates = one.rates.copy()
    rates[0, 1] += 0.1
    ladder = qh.Ladder.from_transitions([10.0, 7.0, 4.5, 2.0])
    other = {
        "rates": qh.EffectiveOscillator(one.ladder, rates, amplification=one.amplification, damping=one.damping),
        "ladder": qh.EffectiveOscillator(ladder, one.rates, amplification=one.amplification, damping=one.damping),
    }[change]
    assert not other.extendable
    with pytest.raises(qh.ArgumentError, match="Kerr ladder with two Lorentzians only"):
        other.extended(6)


def solves(monkeypatch):
    """Sizes of the spaces of all steady states that are solved from here on."""
    from qsb_hw.lindblad import steady

    seen = []
    prepare = steady._prepare
    monkeypatch.setattr(
        steady, "_prepare", lambda model, *rest: seen.append(int(np.prod(model.dims))) or prepare(model, *rest)
    )
    return seen


def test_nothing_is_solved_for_the_truncation_error_until_it_is_asked_for_and_then_once(monkeypatch):
    seen = solves(monkeypatch)
    solution = qh.steady_state(pair(6, detuning=20.0))
    repr(solution)
    solution.synchronization(0, 1)
    assert seen == [36]
    first = solution.truncation_error
    assert seen == [36, 25, 16]  # one and two levels less
    assert solution.truncation_error == first
    assert len(seen) == 3


def test_truncation_error_of_a_point_of_a_sweep_is_that_of_the_network_there():
    swept = qh.detuning_sweep(pair(6), [0.0, 20.0])[1]
    assert swept.truncation_error == pytest.approx(qh.steady_state(pair(6, detuning=20.0)).truncation_error, rel=1e-6)


def test_truncation_error_that_was_not_wanted_is_never_worked_out(monkeypatch):
    solution = qh.steady_state(pair(6), estimate_truncation=False)
    seen = solves(monkeypatch)
    assert np.isnan(solution.truncation_error)
    assert seen == []
