"""Elimination with the coherences one quantum of a bath leaves between neighbouring transitions."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.elimination.variants import with_mode_kerr
from qsb_hw.model.bath import Nonlinearity

K, OMEGA, KAPPA = 1.0, 400.0, 0.4


def stabilised(ratio, kappa=KAPPA):
    ladder = qh.Ladder.kerr(OMEGA, K, 4)
    baths = [qh.Bath.cavity(d, kappa, ratio * kappa, levels=2) for d in (-(OMEGA - 2 * K), OMEGA)]
    return qh.SelfOscillator(ladder, baths)


def synchronization_at_zero(oscillator, coupling):
    net = qh.Network([oscillator, oscillator], [[0, coupling], [coupling, 0]])
    return qh.steady_state(net, estimate_truncation=False).synchronization(0, 1)


def relative_error(ratio, secular):
    full = stabilised(ratio)
    v = 0.3 * 4 * ratio**2 * KAPPA
    eliminated = qh.eliminate(full, rwa=True, secular=secular)
    return synchronization_at_zero(eliminated, v) / synchronization_at_zero(full, v) - 1


def test_squares_of_the_amplitudes_are_the_golden_rule_rates():
    oscillator = stabilised(0.05)
    rates = qh.eliminate(oscillator).rates
    squares = sum(np.abs(c) ** 2 for c in qh.eliminate(oscillator, secular=False).collective)
    off_diagonal = ~np.eye(4, dtype=bool)
    assert squares[off_diagonal] == pytest.approx(rates[off_diagonal], rel=1e-9, abs=1e-12 * rates.max())


def test_amplitudes_of_a_cavity_are_lorentzian_with_the_phase_of_its_response():
    # √κ g √n /(E_n − E_{n−1} + δ + iκ/2): on resonance −i √γ √n, far above real and positive
    oscillator = stabilised(0.05)
    (down,) = (c for c in qh.eliminate(oscillator, rwa=True, secular=False).collective if np.any(np.triu(c)))
    n = np.arange(1, 4)
    detuning = -2 * K * (n - 2)
    expected = np.sqrt(KAPPA) * 0.05 * KAPPA * np.sqrt(n) / (detuning + 0.5j * KAPPA)
    ratio = np.diag(down, 1) / expected
    assert np.abs(ratio) == pytest.approx(1, rel=1e-9)
    assert ratio == pytest.approx(ratio[0], rel=1e-9)


def test_blockaded_synchronization_needs_the_coherences():
    # at Δ = 0, |1,0⟩ and |0,1⟩ are degenerate, and their coherence is fed by quanta lost from either oscillator; with
    # separate dissipators S(0) is off by a share of order σ² that does not depend on g; collective ones repair it up
    # to the next order in σ², and what depends on g falls as (g/κ)²
    ratios = np.array([0.05, 0.025, 0.0125, 0.00625])
    kept = np.array([relative_error(r, secular=False) for r in ratios])
    steps = np.abs(np.diff(kept))
    assert np.polyfit(np.log(ratios[:-1]), np.log(steps), 1)[0] == pytest.approx(2, abs=0.1)
    dropped = [abs(relative_error(r, secular=True)) for r in (0.025, 0.0125)]
    assert dropped[1] == pytest.approx(dropped[0], rel=0.1)
    assert abs(kept[-1]) < dropped[1] / 30


def test_populations_of_one_oscillator_do_not_depend_on_the_secular_approximation():
    oscillator = stabilised(0.05)
    one, other = (qh.steady_state(qh.effective_model(qh.eliminate(oscillator, secular=s))) for s in (True, False))
    assert one.populations(0) == pytest.approx(other.populations(0), abs=1e-10)


def test_a_squeezed_bath_does_not_rest_in_its_vacuum_and_is_refused():
    cavity = qh.Bath.cavity(-OMEGA, KAPPA, 0.01, levels=3, nonlinearity=Nonlinearity(0.002, 0.001))
    oscillator = with_mode_kerr(qh.SelfOscillator(qh.Ladder.kerr(OMEGA, K, 3), (cavity,)))
    with pytest.raises(qh.ArgumentError, match="rest in its vacuum"):
        qh.eliminate(oscillator, secular=False)


def test_published_closed_forms_have_no_coherences():
    with pytest.raises(qh.ArgumentError, match="derived convention"):
        qh.eliminate(stabilised(0.05), "published", secular=False)


def test_sign_of_the_kerr_shift_turns_the_phases_and_not_the_synchronization():
    # complex conjugation takes (K, Δ) to (−K, −Δ) and a response σ/(σ − ix) to its conjugate; S is the same
    def synchronization(kerr, detuning):
        one = qh.EffectiveOscillator.lorentzian(
            kerr=kerr, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4, secular=False
        )
        network = qh.Network([one.detuned(detuning), one], [[0, 0.3], [0.3, 0]])
        return qh.steady_state(network, estimate_truncation=False).synchronization(0, 1)

    for detuning in (0.0, 3.0, 20.0):
        assert synchronization(-10.0, -detuning) == pytest.approx(synchronization(10.0, detuning), rel=1e-9)


@pytest.mark.parametrize("name", ["ion_lattice_be9", "ion_lattice_ca40"])
def test_recoil_leaves_the_eliminated_model_its_charge(name):
    # a kick climbs by several numbers of levels; populations stay within σ² of the secular ones and of the full model's
    oscillator = qh.load_device(name).oscillator(levels=5)
    kept = qh.steady_state(qh.effective_model(qh.eliminate(oscillator, secular=False))).populations(0)
    secular = qh.steady_state(qh.effective_model(qh.eliminate(oscillator))).populations(0)
    full = qh.steady_state(qh.full_model(oscillator)).populations(0)
    assert np.abs(kept - secular).max() < 0.01
    assert np.abs(kept - full).max() < 0.01
