"""The slowest decay, against closed forms and dense spectra."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.lindblad.spectrum import population_relaxation_rate


@pytest.mark.parametrize("kappa", [0.4, 3e6])
def test_populations_of_a_damped_cavity_relax_at_kappa(lab, kappa):
    # diagonal states of a cavity at zero temperature decay with κ, 2κ, 3κ, …
    model = qh.LindbladModel(np.diag(9.0 * kappa * np.arange(8)), (np.sqrt(kappa) * lab.annihilation(8),))
    assert qh.relaxation_rate(model) == pytest.approx(kappa, rel=1e-9)


@pytest.mark.parametrize("occupation", [0.0, 0.5, 4.0])
def test_thermal_two_level_system_relaxes_at_gamma_times_2n_plus_1(lab, occupation):
    gamma = 0.7
    down, up = lab.transition(2, 0, 1), lab.transition(2, 1, 0)
    jumps = (np.sqrt(gamma * (occupation + 1)) * down, np.sqrt(gamma * occupation) * up)
    rate = qh.relaxation_rate(qh.LindbladModel(np.diag([0.0, 5.0]), jumps))
    assert rate == pytest.approx(gamma * (2 * occupation + 1), rel=1e-12)


def test_rate_equals_the_gap_of_the_dense_liouvillian_where_there_is_no_symmetry(lab):
    rng = np.random.default_rng(4)
    hamiltonian, jumps = lab.random_hermitian(rng, 7), [lab.random_jump(rng, 7) for _ in range(2)]
    decays = np.sort(-np.linalg.eigvals(lab.liouvillian(hamiltonian, jumps)).real)
    assert qh.relaxation_rate(qh.LindbladModel(hamiltonian, tuple(jumps))) == pytest.approx(decays[1], rel=1e-9)


@pytest.mark.parametrize("levels", [5, 9, 13])
def test_two_hopping_cavities_relax_at_kappa_whatever_the_size(lab, levels):
    # equal κ: the populations of every normal mode decay with κ; small models are solved densely, large ones not
    a, one = lab.annihilation(levels), np.eye(levels)
    first, second = np.kron(a, one), np.kron(one, a)
    hop = 0.3 * first.conj().T @ second
    kept = np.add.outer(np.arange(levels), np.arange(levels)).ravel() < levels  # whole charge sectors only
    h, *jumps = ((m[np.ix_(kept, kept)]) for m in (hop + hop.conj().T, first, second))
    rate = qh.relaxation_rate(qh.LindbladModel(h, tuple(jumps)))
    assert rate == pytest.approx(1.0, rel=1e-8)


@pytest.mark.parametrize("levels", [8, 14])
def test_displaced_cavity_relaxes_at_half_kappa_small_or_large(lab, levels):
    # a drive only displaces: eigenvalues stay −κ(m+n)/2 − iω(m−n), and now the coherence ρ_01, decaying at κ/2,
    # lies in the same sector as the steady state; with ω ≫ κ it is far from zero in the complex plane
    kappa, frequency, drive = 1.0, 60.0, 1e-3
    a = lab.annihilation(levels)
    model = qh.LindbladModel(frequency * a.conj().T @ a + drive * (a + a.conj().T), (np.sqrt(kappa) * a,))
    assert qh.relaxation_rate(model) == pytest.approx(kappa / 2, rel=1e-3)


@pytest.mark.parametrize("levels", [8, 20])
def test_populations_of_a_displaced_cavity_relax_at_kappa_though_a_coherence_is_slower(lab, levels):
    # the same cavity: −κ is the eigenvalue nearest to zero, since −κ/2 ± iω turns; found densely and by iteration
    kappa, frequency, drive = 1.0, 60.0, 1e-3
    a = lab.annihilation(levels)
    model = qh.LindbladModel(frequency * a.conj().T @ a + drive * (a + a.conj().T), (np.sqrt(kappa) * a,))
    assert population_relaxation_rate(model, qh.steady_state(model)) == pytest.approx(kappa, rel=1e-5)


def test_iteration_finds_the_gap_of_the_sparse_factorisation():
    ladder = qh.Ladder.kerr(40.0, 1.0, 5)
    baths = [qh.Bath.cavity(delta, 0.4, 0.03) for delta in (-38.0, 40.0)]
    for rwa in (True, False):
        model = qh.full_model(qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=1e4)), rwa)
        found = population_relaxation_rate(model, qh.steady_state(model))
        assert found == pytest.approx(qh.relaxation_rate(model), rel=1e-5)


def test_relaxation_towards_an_unconverged_state_is_refused(lab):
    levels = 20
    a = lab.annihilation(levels)
    model = qh.LindbladModel(a + a.conj().T, (a,))
    short = qh.steady_state(model, qh.SylvesterGMRES(max_steps=1, tolerance=1e-12))
    assert not short.ok
    with pytest.raises(qh.ConvergenceError):
        population_relaxation_rate(model, short)
