"""Combs of tones: flat by golden rule and by the full model's currents, and beside the same tones on one cavity."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.elimination.fit import transition_rates
from qsb_hw.elimination.variants import without_recoil
from qsb_hw.model.bath import Role
from qsb_hw.questions.linewidth import with_linewidth
from qsb_hw.spec.load import read_toml


def populations(oscillator):
    return qh.steady_state(qh.full_model(oscillator)).populations(0)


def narrowed(oscillator, sigma, target):
    """At σ = κ/4K, γ as it was."""
    kappa = oscillator.baths[0].tones[0].linewidth
    return with_linewidth(oscillator, 4 * sigma * oscillator.ladder.kerr_at(target) / kappa)


def test_every_step_gets_the_same_rate_and_g_falls_as_one_over_the_root_of_n(make_oscillator):
    oscillator = make_oscillator(sigma=0.01, target=3, levels=6)
    comb = qh.tone_comb(oscillator)
    assert comb.up_rates.min() / comb.up_rates.max() == pytest.approx(1, abs=1e-12)
    assert [tone.level for tone in comb.amplification] == [1, 2, 3]
    assert [tone.level for tone in comb.damping] == [4, 5]
    strongest = max(oscillator.tones(Role.AMPLIFICATION), key=lambda t: t.gamma)
    expected = [strongest.coupling * math.sqrt(3 / n) for n in (1, 2, 3)]
    # tails of the neighbours: σ² = 1e-4 of a rate, half of it in g
    np.testing.assert_allclose([tone.tone.coupling for tone in comb.amplification], expected, rtol=1e-3)


def test_n0_and_the_resonances_of_a_comb_are_those_of_the_level_it_stabilises(make_oscillator):
    oscillator = make_oscillator(sigma=0.01, target=2, levels=6)
    comb = qh.tone_comb(oscillator).oscillator
    assert comb.target == oscillator.target == 2
    eliminated = qh.eliminate(comb)
    network = qh.Network([eliminated, eliminated], [[0, 0.1], [0.1, 0]])
    assert {r.levels for r in qh.resonances(network)} == {(2, 2)}


def test_rates_of_the_design_are_those_of_the_eliminated_oscillator(make_oscillator):
    comb = qh.tone_comb(make_oscillator(sigma=0.05, target=2, loss=math.inf))
    effective = qh.eliminate(comb.oscillator)
    np.testing.assert_allclose(effective.up_rates[:2], comb.up_rates, rtol=1e-3)  # the rest comes through damping modes
    np.testing.assert_allclose(effective.down_rates[2:], comb.down_rates, rtol=1e-3)


def test_currents_of_the_full_model_are_flat_as_far_as_g_is_small(make_oscillator):
    def unevenness(ratio):
        comb = qh.tone_comb(make_oscillator(sigma=0.02, ratio=ratio, target=2, levels=4))
        steady = qh.steady_state(qh.full_model(comb.oscillator))
        baths = [k for k, b in enumerate(comb.oscillator.baths) if b.tones[0].role is Role.AMPLIFICATION]
        found = sum(transition_rates(comb.oscillator, steady, k) for k in baths)[:2]
        return np.abs(found / comb.up_rates - 1).max()

    ratios = np.array([0.02, 0.04, 0.08])
    slope = np.polyfit(np.log(ratios), np.log([unevenness(r) for r in ratios]), 1)[0]
    assert slope == pytest.approx(2, abs=0.15)


def test_one_narrow_tone_a_side_empties_a_transmons_second_level_and_a_comb_refills_it(two_level_transmon):
    oscillator = narrowed(two_level_transmon.oscillator(levels=6), 0.01, 2)
    single = populations(oscillator)
    comb = qh.tone_comb(oscillator)
    repaired = populations(comb.oscillator)
    assert single[2] < 0.65  # γσ² = 250/s against 1/T1 = 20 000/s
    assert single[0] > 0.35
    assert repaired[2] > 0.99
    assert (len(comb.amplification), len(comb.damping)) == (2, 2)
    assert comb.oscillator.dims == (6, 3, 3, 3, 3)
    eliminated = qh.steady_state(qh.effective_model(qh.eliminate(comb.oscillator))).populations(0)
    # what a single tone leaves to T1, the elimination sees too; the comb's error is (g/κ)² of what is not in n0
    assert abs(eliminated[2] - repaired[2]) < 0.2 * (1 - repaired[2])


def test_a_combs_steady_state_is_a_peers(make_oscillator):
    import qutip

    comb = qh.tone_comb(make_oscillator(sigma=0.05, target=2, levels=4, quanta=2)).oscillator
    hamiltonian, jumps = qh.full_model(comb).to_qutip()
    rho = qutip.steadystate(hamiltonian, jumps, solver="spsolve", permc_spec="MMD_AT_PLUS_A").ptrace(0)
    np.testing.assert_allclose(populations(comb), rho.diag().real, atol=1e-10)


def test_one_quantum_in_every_mode_of_a_comb_is_enough(make_oscillator):
    three = qh.tone_comb(make_oscillator(sigma=0.03, target=2, quanta=3)).oscillator
    two = replace(three, baths=tuple(bath.with_at_most(1) for bath in three.baths))
    np.testing.assert_allclose(populations(two), populations(three), atol=2e-5)


def test_complete_pairs_with_every_tone_kept_show_what_eliminated_ones_do(make_oscillator):
    comb = qh.tone_comb(make_oscillator(sigma=0.02, ratio=0.05, target=2, levels=4, quanta=2)).oscillator
    v = 0.3 * 4 * 0.05**2 * 4 * 0.02

    def synchronization(oscillator):
        network = qh.Network([oscillator, oscillator], [[0, v], [v, 0]])
        return np.array([s.synchronization(0, 1) for s in qh.detuning_sweep(network, [0.0, 2.0])])

    assert comb.dims == (4, 2, 2, 2)
    np.testing.assert_allclose(synchronization(qh.eliminate(comb, rwa=True)), synchronization(comb), rtol=0.03)


def on_one_cavity(floquet, comb, oscillator, harmonics=6):
    """Populations averaged over a beat and their largest harmonic, all tones of a side on one cavity."""
    up, down = ({x.level: x.tone.coupling for x in side} for side in (comb.amplification, comb.damping))
    kappa = comb.damping[0].tone.linewidth
    model = floquet.one_cavity_a_side(oscillator.levels, 2, up, down, kappa, oscillator.decoherence.down_rate)
    hamiltonians, jumps, charge, dims = model
    rho = floquet.periodic_state(hamiltonians, jumps, 2.0, charge, harmonics)
    levels = np.array([np.diag(r).reshape(dims).sum((1, 2)) for r in rho])
    return levels[harmonics].real, np.abs(levels[harmonics + 1 :]).max()


def test_with_one_tone_a_side_the_periodic_state_is_the_steady_state(floquet, make_oscillator):
    oscillator = make_oscillator(sigma=0.1, target=2, quanta=2)
    up, down = (max(oscillator.tones(role), key=lambda t: t.gamma) for role in (Role.AMPLIFICATION, Role.DAMPING))
    hamiltonians, jumps, charge, dims = floquet.one_cavity_a_side(
        5, 2, {2: up.coupling}, {3: down.coupling}, up.linewidth, oscillator.decoherence.down_rate
    )
    rho = floquet.periodic_state(hamiltonians, jumps, 2.0, charge)
    found = np.diag(rho[rho.shape[0] // 2]).reshape(dims).sum((1, 2)).real
    np.testing.assert_allclose(found, populations(oscillator), atol=1e-10)


@pytest.mark.parametrize(("sigma", "most"), [(0.01, 2e-5), (0.1, 2e-4)])
def test_all_tones_on_one_cavity_give_the_same_populations_averaged_over_a_beat(floquet, make_oscillator, sigma, most):
    oscillator = make_oscillator(sigma=sigma, ratio=0.1, target=2, quanta=2)
    comb = qh.tone_comb(oscillator)
    own = populations(comb.oscillator)
    shared, beating = on_one_cavity(floquet, comb, oscillator)
    assert np.abs(shared - own).max() < most
    assert beating < 2e-3
    finer, _ = on_one_cavity(floquet, comb, oscillator, harmonics=9)
    np.testing.assert_allclose(finer, shared, atol=1e-12)


def test_the_two_differ_as_the_square_of_g(floquet, make_oscillator):
    ratios = np.array([0.025, 0.05, 0.1])
    differences = []
    for ratio in ratios:
        oscillator = make_oscillator(sigma=0.02, ratio=ratio, target=2, quanta=2)
        comb = qh.tone_comb(oscillator)
        differences.append(np.abs(on_one_cavity(floquet, comb, oscillator)[0] - populations(comb.oscillator)).max())
    assert np.polyfit(np.log(ratios), np.log(differences), 1)[0] == pytest.approx(2, abs=0.2)


def excess_on_one_cavity(floquet, oscillator, sigma, detuning):
    """By what share S is larger when all tones of a side share a cavity, baths eliminated."""
    effective = qh.eliminate(qh.tone_comb(oscillator).oscillator, rwa=True)
    v = 0.3 * 4 * 0.1**2 * 4 * sigma
    own = qh.detuning_sweep(qh.Network([effective, effective], [[0, v], [v, 0]]), [detuning])[0]
    hamiltonians, jumps, charge = floquet.one_jump_a_side(effective, v, detuning)
    shared = floquet.averaged_synchronization(floquet.periodic_state(hamiltonians, jumps, 2.0, charge), 5)
    return shared / own.synchronization(0, 1) - 1


def test_one_cavity_a_side_synchronizes_more_by_the_square_of_sigma_because_its_jumps_add_up(floquet, make_oscillator):
    sigmas = np.array([0.01, 0.02, 0.04])
    made = [make_oscillator(sigma=s, ratio=0.1, target=2, quanta=2, loss=math.inf) for s in sigmas]
    excess = [excess_on_one_cavity(floquet, o, s, 2.0) for o, s in zip(made, sigmas, strict=True)]
    assert np.polyfit(np.log(sigmas), np.log(excess), 1)[0] == pytest.approx(2, abs=0.1)
    assert excess[0] == pytest.approx(3 * sigmas[0] ** 2, rel=0.2)
    assert abs(excess_on_one_cavity(floquet, made[0], sigmas[0], 0.0)) < 1e-6


def test_an_ions_comb_keeps_its_matrix_elements_and_recoil():
    table = read_toml(qh.shipped_specs()["ion_lattice_be9"])
    oscillator = qh.device_from_spec({k: s for k, s in table.items() if k != "cooling"}).oscillator(levels=6)
    comb = qh.tone_comb(oscillator)
    assert comb.oscillator.dims == (6, 2, 2, 2)
    assert all(bath.recoil for bath in comb.oscillator.baths)
    assert populations(comb.oscillator)[1] > populations(oscillator)[1] + 0.01
    assert populations(qh.tone_comb(without_recoil(oscillator)).oscillator)[1] > populations(comb.oscillator)[1]


def test_a_tone_that_cools_is_no_part_of_the_comb_and_is_not_lost_to_it():
    oscillator = qh.load_device("ion_lattice_be9").oscillator(levels=6)
    comb = qh.tone_comb(oscillator)
    assert comb.oscillator.dims == (6, 2, 2, 2, 2)
    (kept,) = comb.oscillator.baths[-1].tones
    assert kept.cooling
    assert [kept] == [tone for bath in oscillator.baths for tone in bath.tones if tone.cooling]
    assert all(tone.tone.cooling is False for tone in (*comb.damping, *comb.amplification))


@pytest.mark.parametrize(
    ("levels", "change", "message"),
    [
        ({"up": [2, 2]}, {}, "must not collide"),
        ({"up": [1, 3]}, {}, "between 1 and 2"),
        ({"down": [2]}, {}, "between 3 and 4"),
        ({"down": [5]}, {}, "between 3 and 4"),
        ({"up": []}, {}, "at least one transition"),
        ({}, {"sigma": 0.6}, "colliding at a distance"),  # κ = 2.4 K, transitions 2 K apart
    ],
)
def test_combs_that_cannot_be(make_oscillator, levels, change, message):
    oscillator = make_oscillator(target=2, **change)
    with pytest.raises(qh.ArgumentError, match=message):
        qh.tone_comb(oscillator, **levels)


def test_a_ladder_too_short_for_n0_and_a_missing_side(make_oscillator):
    with pytest.raises(qh.ArgumentError, match="n0 \\+ 1 = 3"):
        qh.tone_comb(make_oscillator(target=2).truncated(3))
    one_sided = make_oscillator()
    with pytest.raises(qh.ArgumentError, match="none for damping"):
        qh.tone_comb(replace(one_sided, baths=one_sided.baths[1:]))
