"""Where a quantum passes for free, against energy conservation and against the scanned S(Δ)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qsb_hw as qh


@given(
    kerr=st.floats(0.1, 20),
    frequencies=st.tuples(st.floats(-30, 30), st.floats(-30, 30)),
    levels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_kerr_ladders_exchange_at_twice_k_times_the_difference_of_levels(lab, kerr, frequencies, levels):
    # E(n_i, n_j) = E(n_i ∓ 1, n_j ± 1) for E = ωn − Kn(n−1): ω_i − ω_j + Δ = 2K(n_i − n_j ∓ 1)
    one, other = (lab.effective(n, kerr=kerr, frequency=f, levels=6) for n, f in zip(levels, frequencies, strict=True))
    found = qh.resonances(lab.pair(one, other))
    offset = 2 * kerr * (levels[0] - levels[1]) - (frequencies[0] - frequencies[1])
    assert sorted(r.detuning for r in found) == pytest.approx([offset - 2 * kerr, offset + 2 * kerr], abs=1e-9)
    for r in found:
        assert sum(r.levels) == sum(r.after)
        raised = one.detuned(r.detuning).ladder.energies
        before = raised[r.levels[0]] + other.ladder.energies[r.levels[1]]
        after = raised[r.after[0]] + other.ladder.energies[r.after[1]]
        assert before == pytest.approx(after, abs=1e-9)


@pytest.mark.parametrize("targets", [(2, 2), (2, 1), (1, 2), (3, 1)])
def test_scanned_synchronization_peaks_at_the_resonances(lab, targets):
    # of unequal oscillators, one resonance moves to larger detuning and one towards (or across) zero
    one, other = (lab.effective(n, sigma=0.05, kerr=20.0) for n in targets)
    network = lab.pair(one, other, v=0.1)
    expected = sorted(r.detuning for r in qh.resonances(network))
    grid = np.unique(np.concatenate([c + np.linspace(-8, 8, 65) for c in expected]))
    measures = np.array([s.synchronization(0, 1) for s in qh.detuning_sweep(network, grid)])
    for centre in expected:
        near = np.abs(grid - centre) <= 8
        assert grid[near][np.argmax(measures[near])] == pytest.approx(centre, abs=0.5)


def test_resonances_of_a_real_ladder_are_where_the_scan_peaks(lab):
    # spacings 0, −18, −40, −66: K = 9, 11, 13; at n0 = 2 quanta pass at ±(ω_3 − ω_2) = ∓22, not at a Kerr ladder's ∓20
    spacings = np.array([0.0, -18.0, -40.0, -66.0])
    rates = lab.effective(2, sigma=0.05, levels=5).rates
    real = qh.EffectiveOscillator(qh.Ladder.from_transitions(spacings), rates, target=2)
    network = lab.pair(real, v=0.1)
    assert sorted(r.detuning for r in qh.resonances(network)) == [-22.0, 22.0]
    grid = np.linspace(14, 30, 129)
    measures = [s.synchronization(0, 1) for s in qh.detuning_sweep(network, grid)]
    assert grid[np.argmax(measures)] == pytest.approx(22.0, abs=0.3)


def test_levels_may_be_named_and_uncoupled_pairs_have_none(lab):
    o = lab.effective(2)
    network = qh.Network([o, o, o], [[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert {r.oscillators for r in qh.resonances(network)} == {(0, 1)}
    named = qh.resonances(network, populated=(1, 1, 1))
    assert {r.levels for r in named} == {(1, 1)}
    with pytest.raises(qh.ArgumentError, match="one level for each of the 3"):
        qh.resonances(network, populated=(1, 1))


def test_ends_of_the_ladders_forbid_what_does_not_exist(lab):
    o = lab.effective(2, levels=3)
    assert qh.resonances(lab.pair(o)) == ()
    ground = qh.resonances(lab.pair(lab.effective(2)), populated=(0, 1))
    assert [r.after for r in ground] == [(1, 0)]


def test_oscillator_without_a_target_level_must_be_told():
    silent = qh.EffectiveOscillator(qh.Ladder.kerr(0.0, 1.0, 4), np.zeros((4, 4)))
    with pytest.raises(qh.ArgumentError, match="Pass `populated`"):
        qh.resonances(qh.Network([silent, silent], [[0, 1], [1, 0]]))
