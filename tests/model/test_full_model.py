"""The model with every bath kept, against an independent construction with Kronecker products."""

import pickle

import numpy as np
import pytest

import qsb_hw as qh

OMEGA, K, KAPPA, G = 40.0, 1.0, 0.6, 0.05
LEVELS, PHOTONS = 4, 3
RED, BLUE = -(OMEGA - 2 * K), OMEGA


def lowering(levels):
    return np.diag(np.sqrt(np.arange(1.0, levels)), 1)


def oscillator(decoherence=None, levels=LEVELS, photons=PHOTONS):
    baths = [qh.Bath.cavity(RED, KAPPA, G, photons), qh.Bath.cavity(BLUE, 1.5 * KAPPA, 2 * G, photons)]
    return qh.SelfOscillator(qh.Ladder.kerr(OMEGA, K, levels), baths, decoherence or qh.Decoherence())


def operators():
    """a, c (red), b (blue) on oscillator ⊗ red ⊗ blue."""
    one = [np.eye(LEVELS), np.eye(PHOTONS), np.eye(PHOTONS)]
    places = [lowering(LEVELS), lowering(PHOTONS), lowering(PHOTONS)]
    return [
        np.kron(np.kron(*(places[j] if j == k else one[j] for j in (0, 1))), places[2] if k == 2 else one[2])
        for k in range(3)
    ]


def dag(x):
    return x.conj().T


@pytest.mark.parametrize("rwa", [True, False])
def test_hamiltonian_is_the_textbook_one(rwa):
    # H = ωa†a − Ka†²a² − δ₋c†c − δ₊b†b + g₋(a + a†)(c + c†) + g₊(a + a†)(b + b†); rotating: a c† + h.c. and a†b† + h.c.
    a, c, b = operators()
    free = OMEGA * dag(a) @ a - K * dag(a) @ dag(a) @ a @ a - RED * dag(c) @ c - BLUE * dag(b) @ b
    if rwa:
        coupling = G * (a @ dag(c) + dag(a) @ c) + 2 * G * (dag(a) @ dag(b) + a @ b)
    else:
        coupling = (a + dag(a)) @ (G * (c + dag(c)) + 2 * G * (b + dag(b)))
    model = qh.full_model(oscillator(), rwa)
    assert np.allclose(model.hamiltonian.toarray(), free + coupling, rtol=0, atol=1e-12)
    jumps = [j.toarray() for j in model.jumps]
    assert len(jumps) == 2
    assert np.allclose(jumps[0], np.sqrt(KAPPA) * c)
    assert np.allclose(jumps[1], np.sqrt(1.5 * KAPPA) * b)
    assert model.dims == (LEVELS, PHOTONS, PHOTONS)


def test_rotating_model_conserves_its_charge_and_every_jump_shifts_it():
    # weak U(1): N = a†a + c†c − b†b commutes with H; [N, L] = −sL for every jump
    intrinsic = qh.Decoherence(t1=30.0, t_phi=50.0, thermal_occupation=0.3, heating_rate=0.01)
    model = qh.full_model(oscillator(intrinsic))
    a, c, b = operators()
    number = dag(a) @ a + dag(c) @ c - dag(b) @ b
    assert np.allclose(np.diag(number), model.charge)
    h = model.hamiltonian.toarray()
    assert np.allclose(number @ h, h @ number, rtol=0, atol=1e-10)
    shifts = []
    for jump in (j.toarray() for j in model.jumps):
        commutator = number @ jump - jump @ number
        shift = np.vdot(jump, commutator).real / np.vdot(jump, jump).real
        assert np.allclose(commutator, shift * jump, rtol=0, atol=1e-10)
        shifts.append(round(shift))
    assert shifts == [-1, 1, 0, -1, 1]


def test_complete_model_keeps_only_parity():
    model = qh.full_model(oscillator(), rwa=False)
    assert model.charge is None
    parity = (-1.0) ** np.indices(model.dims).sum(axis=0).ravel()
    h = model.hamiltonian.toarray()
    assert np.allclose(parity[:, None] * h * parity[None, :], h)
    for jump in (j.toarray() for j in model.jumps):
        assert np.allclose(parity[:, None] * jump * parity[None, :], -jump)
    solution = qh.steady_state(qh.full_model(oscillator(levels=3, photons=2), rwa=False))
    assert [batch.size for batch in solution.space.batches] == [6]
    assert sum(batch.count for batch in solution.space.batches) == 2


def test_intrinsic_jumps_carry_n_over_t1():
    # √((1+n̄)/T1 + h) a, √(n̄/T1 + h) a†, √(2/Tφ) a†a
    intrinsic = qh.Decoherence(t1=30.0, t_phi=50.0, thermal_occupation=0.3, heating_rate=0.01)
    jumps = [j.toarray() for j in qh.full_model(oscillator(intrinsic)).jumps[:3]]
    a = operators()[0]
    assert np.allclose(jumps[0], np.sqrt(1.3 / 30 + 0.01) * a)
    assert np.allclose(jumps[1], np.sqrt(0.3 / 30 + 0.01) * dag(a))
    assert np.allclose(jumps[2], np.sqrt(2 / 50) * dag(a) @ a)


def test_pure_dephasing_decays_the_0_1_coherence_at_one_over_t_phi():
    # with no other loss the element ⟨0|ρ|1⟩ decays at ½(√(2/Tφ))²(1 − 0)² = 1/Tφ
    dephased = qh.SelfOscillator(qh.Ladder.kerr(0.0, 0.0, 3), [], qh.Decoherence(t_phi=8.0))
    (jump,) = (j.toarray() for j in qh.full_model(dephased).jumps)
    rho = np.zeros((3, 3))
    rho[0, 1] = rho[1, 0] = 1.0
    square = dag(jump) @ jump
    change = jump @ rho @ dag(jump) - 0.5 * (square @ rho + rho @ square)
    assert change[0, 1] == pytest.approx(-1 / 8)


@pytest.mark.parametrize("detuning", [0.7, -3.0])
def test_detuning_a_complete_oscillator_adds_its_charge(detuning):
    # pumps follow the oscillator: H(Δ) = H + Δ(a†a + c†c − b†b), nothing else, so the state stays the same
    base, raised = (qh.full_model(oscillator(qh.Decoherence(t1=30.0)).detuned(d)) for d in (0.0, detuning))
    difference = (raised.hamiltonian - base.hamiltonian).toarray()
    assert np.allclose(difference, detuning * np.diag(base.charge), rtol=0, atol=1e-12)
    populations = [qh.steady_state(m).populations(0) for m in (base, raised)]
    assert np.allclose(*populations, rtol=0, atol=1e-12)


def test_target_level_is_where_the_strongest_blue_tone_points():
    ladder = qh.Ladder.kerr(OMEGA, K, 6)
    spacing = ladder.transition_frequencies
    tones = [qh.Bath.cavity(spacing[n - 1], 0.5, g) for n, g in ((1, 0.01), (3, 0.02))]
    assert qh.SelfOscillator(ladder, tones).target == 3
    assert qh.SelfOscillator(ladder, [qh.Bath.cavity(-spacing[0], 0.5, 0.01)]).target is None


def test_models_are_read_only_and_travel_between_processes():
    complete = oscillator(qh.Decoherence(t1=30.0))
    model = qh.full_model(complete)
    with pytest.raises(ValueError, match="read-only"):
        model.charge[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        complete.baths[0].hamiltonian[0, 0] = 1
    with pytest.raises(AttributeError):
        complete.ladder = None
    again = pickle.loads(pickle.dumps((complete, model)))
    assert np.allclose(qh.full_model(again[0]).hamiltonian.toarray(), model.hamiltonian.toarray())
    assert abs(again[1].hamiltonian - model.hamiltonian).max() == 0
    solution = pickle.loads(pickle.dumps(qh.steady_state(model)))
    assert solution.populations(0).sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: qh.Bath.cavity(-1.0, 0.0, 0.1), "linewidth κ must be positive"),
        (lambda: qh.Bath.cavity(-1.0, -0.5, 0.1), "linewidth κ must be positive"),
        (lambda: qh.Bath.cavity(0.0, 0.5, 0.1), "off resonance"),
        (lambda: qh.Bath.cavity(-1.0, 0.5, -0.1), "must not be negative"),
        (lambda: qh.Bath.cavity(-1.0, 0.5, 0.1, levels=1), "two Fock states"),
        (lambda: qh.Bath.cavity(float("nan"), 0.5, 0.1), "finite"),
        (lambda: qh.Decoherence(t1=0.0), "t1"),
        (lambda: qh.Decoherence(t_phi=-1.0), "t_phi"),
        (lambda: qh.Decoherence(thermal_occupation=-0.1), "thermal_occupation"),
        (lambda: qh.Decoherence(heating_rate=float("inf")), "heating_rate"),
    ],
)
def test_baths_and_losses_that_make_no_sense_are_refused(make, message):
    with pytest.raises(qh.ArgumentError, match=message):
        make()


def test_a_bath_is_one_mode_or_internal_levels():
    modes = qh.Bath.cavity(-1.0, 0.5, 0.1).tones * 2
    with pytest.raises(qh.ArgumentError, match="a mode with one tone, or internal levels"):
        qh.Bath(tones=modes, levels=3, name="two")
    with pytest.raises(qh.ArgumentError, match="must have driven transitions"):
        qh.Bath.internal_levels(modes)
