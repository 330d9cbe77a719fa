"""Facts a designer relies on, each through the public names only."""

import numpy as np
import pytest

import qsb_hw as qh


def stabilised(target, kappa, coupling, levels, decoherence=None, extra=()):
    """Kerr ladder, K = 1, blue tone on target−1 → target, red tone on target+1 → target."""
    ladder = qh.Ladder.kerr(50.0, 1.0, levels)
    spacing = ladder.transition_frequencies
    baths = [qh.Bath.cavity(d, kappa, coupling, 2) for d in (-spacing[target], spacing[target - 1], *extra)]
    return qh.SelfOscillator(ladder, baths, decoherence or qh.Decoherence())


def eliminated_populations(oscillator):
    return qh.steady_state(qh.effective_model(qh.eliminate(oscillator))).populations(0)


def test_k_equal_to_kappa_is_not_enough_for_a_fock_state():
    # σ = 1/4: P(1) = 1/(½(πσ coth πσ + 1) + σ²/(1 + σ²)) = 0.86 on an endless ladder
    sigma = 0.25
    endless = 1 / ((np.pi * sigma / np.tanh(np.pi * sigma) + 1) / 2 + sigma**2 / (1 + sigma**2))
    assert endless == pytest.approx(0.86, abs=0.01)
    found = eliminated_populations(stabilised(1, 1.0, 0.01, 40))[1]
    assert found == pytest.approx(endless, abs=2 * sigma**2 / 40)


def test_t1_empties_two_quanta_the_sooner_the_narrower_the_line():
    # n0 = 2: the lower step 0 → 1 is pumped only at γσ²/(1+σ²); with 1/T1 beside it P(2) first rises, then falls
    # as σ shrinks: very narrow lines are bad for n0 ≥ 2
    kappas = np.array([1.2, 0.4, 0.04])
    populations = []
    for kappa in kappas:
        coupling = 0.5 * np.sqrt(0.001 * kappa)  # γ = 4g²/κ = 0.001 throughout
        populations.append(eliminated_populations(stabilised(2, kappa, coupling, 7, qh.Decoherence(t1=1e5)))[2])
    assert populations[1] > populations[0]
    assert populations[1] > populations[2] + 0.1


def test_a_second_blue_tone_lifts_that_trade_off():
    kappa, coupling = 0.04, 0.5 * np.sqrt(0.001 * 0.04)
    lossy = qh.Decoherence(t1=1e5)
    one = eliminated_populations(stabilised(2, kappa, coupling, 7, lossy))[2]
    two = eliminated_populations(stabilised(2, kappa, coupling, 7, lossy, extra=(50.0,)))[2]
    assert two > one + 0.1
    assert two > 0.95


def test_flat_heating_makes_the_tail_grow_and_t1_cures_it():
    # the damping tone's tail γσ²/k² falls below a flat heating rate h where k > √(γσ²/h)
    coupling = 0.5 * np.sqrt(0.001 * 0.4)
    hot = eliminated_populations(stabilised(1, 0.4, coupling, 20, qh.Decoherence(heating_rate=1e-6)))
    calm = eliminated_populations(stabilised(1, 0.4, coupling, 20, qh.Decoherence(t1=1e5, heating_rate=1e-6)))
    cold = eliminated_populations(stabilised(1, 0.4, coupling, 20))
    assert hot[-1] > 2 * cold[-1]
    assert calm[-1] < cold[-1] / 2


def test_eliminated_and_complete_pair_tell_the_same_story():
    # blockade contrast S(2K)/S(0) of two devices with K/κ = 5, with and without their four cavities
    kappa, ratio = 0.2, 0.03
    full = stabilised(1, kappa, ratio * kappa, 3)
    v = 0.3 * 4 * ratio**2 * kappa
    contrasts = []
    for one in (full, qh.eliminate(full, rwa=True)):
        network = qh.Network([one, one], [[0, v], [v, 0]])
        blocked, resonant = (s.synchronization(0, 1) for s in qh.detuning_sweep(network, [0.0, 2.0]))
        contrasts.append(resonant / blocked)
    assert contrasts[0] > 100
    assert contrasts[1] == pytest.approx(contrasts[0], rel=0.03)
