"""Rates and level shifts of eliminated baths, against closed forms and against the full model."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.elimination.correlation import correlation_spectrum
from qsb_hw.elimination.eliminate import bath_rates
from qsb_hw.model.bath import Bath, Light, Tone

LOWER = np.array([[0, 1], [0, 0]], dtype=complex)

detunings = st.floats(-20, 20).filter(lambda x: abs(x) > 1e-3)
positive = st.floats(0.05, 5)


@given(
    detuning=detunings, linewidth=positive, coupling=positive, frequency=st.floats(-20, 20), levels=st.integers(2, 5)
)
def test_cavity_has_a_lorentzian_spectrum_with_its_dispersive_part(detuning, linewidth, coupling, frequency, levels):
    # in vacuum ⟨c(t)c†⟩ = e^{iδt − κt/2}: G(ω) = g²/(κ/2 − i(δ + ω)), however many Fock states are kept
    bath = qh.Bath.cavity(detuning, linewidth, coupling, levels)
    operators = [term.bath for term in bath.couplings]
    (found,) = correlation_spectrum(bath.hamiltonian, bath.jumps, operators, np.array([frequency])).ravel()
    expected = coupling**2 / (linewidth / 2 - 1j * (detuning + frequency))
    assert found == pytest.approx(expected, rel=1e-9)
    rate = coupling**2 * linewidth / ((linewidth / 2) ** 2 + (detuning + frequency) ** 2)
    assert 2 * found.real == pytest.approx(rate, rel=1e-8)


@given(splitting=detunings, linewidth=positive, occupation=st.floats(0, 3), frequency=st.floats(-20, 20))
def test_hot_two_level_bath_absorbs_and_emits_in_the_ratio_of_its_populations(
    splitting, linewidth, occupation, frequency
):
    # B = g σ_x, Γ = κ(2n̄+1): G(ω) = g²[p_g/(Γ/2 − i(ω − ε)) + p_e/(Γ/2 − i(ω + ε))], p_e/p_g = n̄/(n̄+1)
    g = 0.3
    jumps = (math.sqrt(linewidth * (occupation + 1)) * LOWER, math.sqrt(linewidth * occupation) * LOWER.T)
    width = linewidth * (2 * occupation + 1)
    excited = occupation / (2 * occupation + 1)
    terms = [(1 - excited, frequency - splitting), (excited, frequency + splitting)]
    expected = g**2 * sum(p / (width / 2 - 1j * offset) for p, offset in terms)
    (found,) = correlation_spectrum(
        np.diag([0.0, splitting]), jumps, [g * (LOWER + LOWER.T)], np.array([frequency])
    ).ravel()
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-12)


def test_resonantly_driven_atom_emits_the_mollow_triplet():
    # ⟨δσ₊(t)δσ₋⟩ of an atom driven at Ω ≫ Γ has lines at 0 and ±Ω with widths Γ/2 and 3Γ/4, weights 1/4 and 1/8
    rabi, gamma = 200.0, 1.0
    offsets = np.array([0.0, 0.5, 1.5])
    spectrum = correlation_spectrum(
        0.5 * rabi * (LOWER + LOWER.T),
        [math.sqrt(gamma) * LOWER],
        [LOWER, LOWER.T],
        np.concatenate([offsets, rabi + offsets]),
    )[:, 0, 0]
    central = 0.25 / (gamma / 2 - 1j * offsets)
    side = 0.125 / (3 * gamma / 4 - 1j * offsets)
    assert np.allclose(spectrum.real, np.concatenate([central, side]).real, rtol=0.02, atol=1e-3)


def test_bath_with_two_steady_states_is_refused():
    with pytest.raises(qh.ArgumentError, match="one steady state"):
        correlation_spectrum(np.diag([0.0, 1.0]), [], [LOWER + LOWER.T], np.array([0.0]))


@given(
    kappa=st.floats(0.1, 2),
    coupling=st.floats(0.001, 0.1),
    kerr=st.floats(0.5, 3),
    frequency=st.floats(20, 80),
    offset=st.floats(-1, 1),
)
def test_every_transition_of_the_ladder_gets_its_golden_rule_rate(kappa, coupling, kerr, frequency, offset):
    # Γ(n → m) = g²|X_nm|²κ/((κ/2)² + (δ + E_n − E_m)²): red, blue and counter-rotating terms in one formula
    deltas = (-frequency + offset, frequency - 2 * kerr + offset)
    baths = [qh.Bath.cavity(delta, kappa, coupling) for delta in deltas]
    effective = qh.eliminate(qh.SelfOscillator(qh.Ladder.kerr(frequency, kerr, 5), baths))
    n = np.arange(5)
    energies = frequency * n - kerr * n * (n - 1)
    for lower in range(4):
        quantum = energies[lower + 1] - energies[lower]
        up, down = (
            sum(coupling**2 * (lower + 1) * kappa / ((kappa / 2) ** 2 + (d + s * quantum) ** 2) for d in deltas)
            for s in (-1, 1)
        )
        assert effective.up_rates[lower] == pytest.approx(up, rel=1e-8)
        assert effective.down_rates[lower] == pytest.approx(down, rel=1e-8)


def test_level_shift_is_second_order_perturbation_theory_far_from_resonance():
    # |n,0⟩ couples by g X_mn to |m,1⟩ at energy E_m − δ: ΔE_n = Σ_m g²|X_mn|²/(E_n − E_m + δ) when κ → 0
    ladder = qh.Ladder.kerr(30.0, 1.0, 6)
    delta, g = -22.3, 0.02
    oscillator = qh.SelfOscillator(ladder, [qh.Bath.cavity(delta, 1e-4, g)])
    shifts = qh.eliminate(oscillator).ladder.energies - ladder.energies
    x, e = np.abs(ladder.coupling) ** 2, ladder.energies
    expected = np.array([sum(g**2 * x[m, n] / (e[n] - e[m] + delta) for m in range(6)) for n in range(6)])
    assert np.allclose(shifts, expected - expected[0], rtol=1e-6, atol=0)


@pytest.mark.parametrize("rwa", [True, False], ids=["rotating wave", "all terms"])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_rates_and_shifts_are_the_complex_energies_of_the_full_model(lab, level, rwa):
    # the eigenvalue of H_eff = H − (i/2)ΣL†L that grows out of |n⟩⊗|vacuum⟩ is E_n + shift − (i/2)·(rate out of n),
    # up to fourth order in g: a check of both parts that knows nothing of correlation functions
    couplings = np.array([0.005, 0.01, 0.02, 0.04])
    errors = {"shift": [], "rate": []}
    for g in couplings:
        oscillator = lab.stabilised(1, kappa=0.8, coupling=g, damping_coupling=0.7 * g, frequency=20.0, levels=5)
        model = qh.full_model(oscillator, rwa)
        effective_hamiltonian = (model.hamiltonian - 0.5j * sum(j.conj().T @ j for j in model.jumps)).toarray()
        values, vectors = np.linalg.eig(effective_hamiltonian)
        vacuum = np.ravel_multi_index((level, 0, 0), model.dims)
        value = values[np.argmax(np.abs(vectors[vacuum]))]
        rates, shifts = bath_rates(oscillator, rwa)
        errors["shift"].append(value.real - oscillator.ladder.energies[level] - shifts[level])
        errors["rate"].append(-2 * value.imag - rates[:, level].sum())
    assert lab.exponent(couplings, errors["shift"]) == pytest.approx(4, abs=0.15)
    assert lab.exponent(couplings, errors["rate"]) == pytest.approx(4, abs=0.15)


def test_a_bath_may_couple_through_its_own_operator_of_the_oscillator():
    # recoil-like: B ⊗ A with A = |2⟩⟨0| + |0⟩⟨2| moves two quanta at once at rate g²κ/((κ/2)² + (δ + 2ω)²)
    jump = np.zeros((3, 3), dtype=complex)
    jump[0, 2] = jump[2, 0] = 1
    bath = Bath.internal_levels([Tone(-9.5, 0.6, 0.05, light=Light(jump, lamb_dicke=1.0))])
    effective = qh.eliminate(qh.SelfOscillator(qh.Ladder.kerr(5.0, 0.0, 3), [bath]))
    expected = 0.05**2 * 0.6 / (0.3**2 + (-9.5 + 10.0) ** 2)
    assert effective.rates[0, 2] == pytest.approx(expected, rel=1e-9)
    assert effective.rates[0, 1] == effective.rates[1, 2] == 0.0


def test_intrinsic_losses_are_booked_on_top_and_grow_with_the_level(lab):
    # T1 and heating: n(1+n̄)/T1 down and n n̄/T1 up between n−1 and n; Tφ: dephasing, which moves no population
    intrinsic = qh.Decoherence(t1=40.0, t_phi=70.0, thermal_occupation=0.2, heating_rate=0.003)
    clean, lossy = (qh.eliminate(lab.stabilised(2, decoherence=i)) for i in (None, intrinsic))
    n = np.arange(1, clean.levels)
    assert np.allclose(lossy.down_rates - clean.down_rates, n * (1.2 / 40 + 0.003), rtol=1e-9)
    assert np.allclose(lossy.up_rates - clean.up_rates, n * (0.2 / 40 + 0.003), rtol=1e-9)
    assert lossy.dephasing_rate == pytest.approx(1 / 70)
    published = [qh.eliminate(lab.stabilised(2, decoherence=i), "published") for i in (None, intrinsic)]
    assert np.allclose(published[1].down_rates - published[0].down_rates, n * (1.2 / 40 + 0.003), rtol=1e-9)
