"""Baths scaled, cut down to a tone, or kept to few quanta."""

import numpy as np
import pytest

from qsb_hw.model.bath import Bath, Light, Nonlinearity, Tone
from qsb_hw.model.noise import noises_named


def same(one, other):
    pairs = [(one.hamiltonian, other.hamiltonian), (one.charge, other.charge)]
    pairs += list(zip(one.jumps, other.jumps, strict=True))
    pairs += [(a.bath, b.bath) for a, b in zip(one.couplings, other.couplings, strict=True) if np.any(a.bath)]
    return all(np.allclose(a, b) for a, b in pairs) and one.tones == other.tones


def transition(detuning):
    x = np.diag(np.sqrt(np.arange(1.0, 4)), 1)
    kick = np.eye(4) + 0.1j * (x + x.T)
    return Tone.sideband(detuning, 0.3, 0.2, Light(kick, 0.1, recoil=(kick,)))


def test_a_scaled_cavity_is_the_cavity_with_those_numbers():
    assert same(Bath.cavity(-5.0, 0.3, 0.02, 4).scaled(coupling=3.0, linewidth=2.0), Bath.cavity(-5.0, 0.6, 0.06, 4))


def test_a_cavity_of_one_quantum_has_two_levels():
    assert same(Bath.cavity(5.0, 0.3, 0.02, 4).with_at_most(1), Bath.cavity(5.0, 0.3, 0.02, 2))


@pytest.mark.parametrize("tone", [0, 1])
def test_one_tone_of_an_ion_is_the_ion_with_that_transition_alone(tone):
    transitions = [transition(-5.0), transition(4.0)]
    found = Bath.internal_levels(transitions).of_tone(tone)
    alone = Bath.internal_levels([transitions[tone]])
    kept = [c for c in found.couplings if np.any(c.bath)]
    assert found.levels == 2
    assert all(np.allclose(a.bath, b.bath) for a, b in zip(kept, alone.couplings, strict=True))
    assert all(np.allclose(a.oscillator, b.oscillator) for a, b in zip(kept, alone.couplings, strict=True))
    assert np.allclose(found.hamiltonian, alone.hamiltonian)
    assert np.allclose(found.jumps[0], alone.jumps[0])
    assert (found.tones, len(found.jumps)) == (alone.tones, 1)
    np.testing.assert_array_equal(found.charge, alone.charge)
    np.testing.assert_allclose(found.recoil[0][0], transitions[tone].light.recoil[0])


def test_all_levels_of_an_ion_hold_one_quantum_at_most():
    bath = Bath.internal_levels([transition(-5.0), transition(4.0)])
    assert bath.with_at_most(1).levels == 3


def test_pull_of_a_kerr_cavity_is_four_times_kerr_and_photons():
    # −K c†²c² about a large amplitude α: d²/(dc† dc) = −4K|α|²; n_c = (g/g0)²
    bath = Bath.cavity(-5.0, 0.3, 0.2, nonlinearity=Nonlinearity(0.1, 2.0))
    assert bath.photons == pytest.approx(4.0)
    assert bath.kerr_pull == pytest.approx(32.0)


def test_names_of_noises():
    assert [n.value for n in noises_named(["t1", "recoil", "t1"])] == ["t1", "recoil"]
    assert len(noises_named([])) == 9
