"""Physics put back and taken away: against the undisplaced cavity, exact spectra and closed forms."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.elimination import variants
from qsb_hw.lindblad.operators import embed
from qsb_hw.model.bath import Bath, Light, Nonlinearity, Tone

G0, KERR = 0.06, 0.02


def one_cavity(bath_levels=8, kerr=KERR, levels=4):
    """One pumped cavity with n_c = 0.69 photons, Kerr as strong as it gets, on a ladder that is not Kerr."""
    ladder = qh.Ladder(np.array([0.0, 6.0, 11.1, 15.4, 19.0])[:levels], qh.Ladder.kerr(6.0, 0.4, levels).coupling)
    cavity = qh.Bath.cavity(-5.9, 0.5, 0.05, bath_levels, nonlinearity=Nonlinearity(G0, kerr))
    return qh.SelfOscillator(ladder, [cavity], qh.Decoherence(t1=500.0, heating_rate=0.004))


def undisplaced(oscillator, photons):
    """The same in the frame of the pump and nothing else: −δ c†c − K_c c†²c² + εc† + ε*c + g0 c†c X.

    ε = δα + 2K_cα³ + iκα/2 is the drive under which ⟨c⟩ would be α = g/g0 without the oscillator. The oscillator's own
    jumps are those of the pushed ladder.
    """
    bath = oscillator.baths[0]
    tone, g0, kerr = bath.tones[0], bath.nonlinearity.single_photon_coupling, bath.nonlinearity.kerr
    alpha = tone.coupling / g0
    drive = tone.detuning * alpha + 2 * kerr * alpha**3 + 0.5j * tone.linewidth * alpha
    c = np.diag(np.sqrt(np.arange(1.0, photons)), 1)
    cavity = -tone.detuning * c.T @ c - kerr * c.T @ c.T @ c @ c + drive * c.T + np.conj(drive) * c
    dims, ladder, losses = (oscillator.levels, photons), oscillator.ladder, oscillator.decoherence
    _, basis = pushed(oscillator)
    lowering = basis @ variants.under_static_force(oscillator).ladder.lowering @ basis.conj().T
    hamiltonian = (
        embed({0: np.diag(ladder.energies)}, dims)
        + embed({1: cavity}, dims)
        + g0 * embed({0: ladder.coupling, 1: c.T @ c}, dims)
    )
    jumps = (
        embed({1: math.sqrt(tone.linewidth) * c}, dims),
        embed({0: math.sqrt(losses.down_rate) * lowering}, dims),
        embed({0: math.sqrt(losses.up_rate) * lowering.conj().T}, dims),
    )
    return qh.LindbladModel(hamiltonian, jumps, dims=dims)


def pushed(oscillator):
    """Levels and basis of E + F X, F = g0 n_c, signs such that X is positive between neighbours."""
    bath = oscillator.baths[0]
    g0 = bath.nonlinearity.single_photon_coupling
    force = g0 * (bath.tones[0].coupling / g0) ** 2
    energies, basis = np.linalg.eigh(np.diag(oscillator.ladder.energies) + force * oscillator.ladder.coupling)
    signs = np.sign(np.diag((basis.conj().T @ oscillator.ladder.coupling @ basis).real, 1))
    return energies, basis * np.concatenate([[1.0], np.cumprod(signs)])


def test_displaced_cavity_with_everything_put_back_is_the_undisplaced_one():
    oscillator = one_cavity()
    restored = variants.with_mode_kerr(variants.under_static_force(variants.with_cubic_terms(oscillator)))
    found = qh.steady_state(qh.full_model(restored, rwa=False)).reduced([0])
    reference = qh.steady_state(undisplaced(oscillator, 18)).reduced([0])
    _, basis = pushed(oscillator)
    assert np.abs(found - basis.conj().T @ reference @ basis).max() < 1e-8


@pytest.mark.parametrize("left_out", ["cubic", "force", "kerr"])
def test_leaving_any_piece_out_misses_the_undisplaced_cavity(left_out):
    oscillator = one_cavity()
    pieces = {
        "cubic": variants.with_cubic_terms,
        "force": variants.under_static_force,
        "kerr": variants.with_mode_kerr,
    }
    restored = oscillator
    for name, put_back in pieces.items():
        restored = restored if name == left_out else put_back(restored)
    found = qh.steady_state(qh.full_model(restored, rwa=False)).populations(0)
    _, basis = pushed(oscillator)
    reference = qh.steady_state(undisplaced(oscillator, 18)).reduced([0])
    assert np.abs(found - np.diag(basis.conj().T @ reference @ basis).real).max() > 1e-5


def test_levels_under_the_force_are_those_of_the_pushed_hamiltonian():
    oscillator = one_cavity()
    energies, basis = pushed(oscillator)
    forced = variants.under_static_force(oscillator)
    coordinate = basis.conj().T @ oscillator.ladder.coupling @ basis
    assert forced.ladder.energies == pytest.approx(energies - energies[0], abs=1e-12)
    # the ladder normalises X to X_01 = 1, and the coupling takes that up
    linear = forced.baths[0].couplings[0].bath[0, 1] * forced.ladder.coupling
    assert np.abs(linear - 0.05 * coordinate).max() < 1e-12


def test_a_harmonic_oscillator_is_only_displaced_by_the_force():
    # ω a†a + F(a + a†): every spacing stays ω, ⟨X⟩ = −2F/ω on every level
    cavity = qh.Bath.cavity(-5.9, 0.5, 0.05, nonlinearity=Nonlinearity(0.05))
    oscillator = qh.SelfOscillator(qh.Ladder.kerr(6.0, 0.0, 14), [cavity])
    forced = variants.under_static_force(oscillator)
    lowest = slice(6)
    assert forced.ladder.transition_frequencies[lowest] == pytest.approx(6.0, rel=1e-9)
    assert np.diag(forced.ladder.coupling).real[lowest] == pytest.approx(-2 * 0.05 / 6.0, rel=1e-6)


def test_photons_and_force_follow_from_g_and_g0():
    oscillator = one_cavity()
    assert oscillator.baths[0].photons == pytest.approx((0.05 / G0) ** 2)
    assert variants.static_force(oscillator) == pytest.approx(0.05**2 / G0)


def test_what_is_not_known_is_not_put_back():
    plain = qh.SelfOscillator(one_cavity().ladder, [qh.Bath.cavity(-5.9, 0.5, 0.05)])
    same = variants.with_mode_kerr(variants.with_cubic_terms(plain))
    one, other = (qh.full_model(o, rwa=False).hamiltonian for o in (plain, same))
    assert abs(one - other).max() == 0
    assert variants.static_force(plain) == 0
    assert plain.baths[0].photons is None


@pytest.mark.parametrize("bad", [{"single_photon_coupling": 0.0}, {"single_photon_coupling": -1.0}, {"kerr": math.nan}])
def test_nonlinearities_that_cannot_be(bad):
    with pytest.raises(qh.ArgumentError, match="must be"):
        Nonlinearity(**bad)


def test_a_shortened_mode_is_the_one_built_shorter_and_an_ion_is_left_alone():
    long, short = one_cavity(5, kerr=None), one_cavity(3, kerr=None)
    cut = variants.shortened(long, 4, 3)
    one, other = (qh.full_model(o, rwa=False) for o in (cut, short))
    assert abs(one.hamiltonian - other.hamiltonian).max() < 1e-12
    assert max(abs(a - b).max() for a, b in zip(one.jumps, other.jumps, strict=True)) < 1e-12
    assert variants.shortened(ion(), 4, 2).baths[0].levels == 3


def ion(eta=0.2, levels=6, recoil=0.0):
    """Both sidebands of a Kerr ladder on one three-level system."""
    ladder = qh.Ladder.kerr(40.0, 1.0, levels)
    spacing = ladder.transition_frequencies
    kicks = ((np.sqrt(1 - recoil**2) * np.eye(levels), recoil * np.eye(levels, k=1)),) if recoil else ((),)
    displacement = exponential(eta, levels)
    light = Light(displacement, eta, kicks[0])
    tones = [Tone.sideband(d, 0.5, 2 * 0.02 / eta, light) for d in (-spacing[1], spacing[0])]
    return qh.SelfOscillator(ladder, (Bath.internal_levels(tones),))


def exponential(eta, levels, spare=20):
    """⟨m|e^{iη(a + a†)}|n⟩ of a harmonic oscillator."""
    a = np.diag(np.sqrt(np.arange(1.0, levels + spare)), 1)
    values, vectors = np.linalg.eigh(a + a.T)
    return ((vectors * np.exp(1j * eta * values)) @ vectors.conj().T)[:levels, :levels]


def test_lamb_dicke_is_the_first_order_of_the_exponential(lab):
    etas = np.array([0.05, 0.1, 0.2])
    misses = []
    for eta in etas:
        exact, linear = (o.baths[0].couplings for o in (ion(eta), variants.lamb_dicke(ion(eta))))
        misses.append(max(np.abs(a.oscillator - b.oscillator).max() for a, b in zip(exact, linear, strict=True)))
    assert lab.exponent(etas, misses) == pytest.approx(2, abs=0.05)


def test_raising_and_lowering_light_stay_each_others_adjoint():
    terms = variants.lamb_dicke(ion()).baths[0].couplings
    for up, down in zip(terms[::2], terms[1::2], strict=True):
        assert np.abs(up.oscillator - down.oscillator.conj().T).max() < 1e-12
    model = qh.full_model(variants.lamb_dicke(ion()), rwa=False)  # which refuses H ≠ H†
    assert model.size == 18


def test_recoil_is_taken_away_and_nothing_else():
    kicked, still = ion(recoil=0.1), variants.without_recoil(ion(recoil=0.1))
    assert not any(still.baths[0].recoil)
    one, other = (qh.full_model(o, rwa=False).hamiltonian for o in (kicked, still))
    assert abs(one - other).max() == 0


def test_the_kerr_ladder_touches_the_real_one_next_to_n0():
    n = np.arange(6)
    real = qh.Ladder(30.0 * n - n * (n - 1) - 0.05 * n * (n - 1) * (n - 2), qh.Ladder.kerr(30.0, 1.0, 6).coupling)
    spacing = real.transition_frequencies
    baths = [qh.Bath.cavity(-spacing[2], 0.3, 0.01), qh.Bath.cavity(spacing[1], 0.3, 0.01)]
    moved = variants.on_kerr_ladder(qh.SelfOscillator(real, baths))
    assert moved.ladder.is_kerr
    assert moved.ladder.transition_frequencies[1:3] == pytest.approx(spacing[1:3], rel=1e-12)
    assert moved.ladder.transition_frequencies[3] != pytest.approx(spacing[3], rel=1e-4)
