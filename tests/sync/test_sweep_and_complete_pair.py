"""Sweeps against single solves, complete pairs against QuTiP and against eliminated pairs."""

import numpy as np
import pytest
import scipy.sparse.linalg

import qsb_hw as qh


@pytest.mark.parametrize("solver", [None, qh.SylvesterGMRES(), qh.SparseDirect()], ids=["auto", "gmres", "direct"])
def test_sweep_equals_point_by_point_solves(lab, solver):
    network = lab.pair(lab.effective(2), lab.effective(1), v=0.3)
    detunings = [-21.0, -0.3, 0.0, 5.0, 20.0]
    swept = qh.detuning_sweep(network, detunings, solver=solver)
    for detuning, found in zip(detunings, swept, strict=True):
        single = qh.steady_state(lab.pair(lab.effective(2), lab.effective(1), v=0.3, detuning=detuning))
        assert np.abs(found.state() - single.state()).max() < 1e-9
        assert found.synchronization(0, 1) == pytest.approx(single.synchronization(0, 1), abs=1e-9)
        assert found.residual < 1e-9


def test_sweep_of_a_complete_pair_lets_the_tones_follow(lab):
    one = lab.complete(levels=3, decoherence=qh.Decoherence(t1=1e4))
    network = lab.pair(one, v=2e-4)
    for detuning, found in zip([-0.7, 2.0], qh.detuning_sweep(network, [-0.7, 2.0], oscillator=1), strict=True):
        single = qh.steady_state(qh.Network([one, one.detuned(detuning)], network.coupling), estimate_truncation=False)
        assert found.synchronization(0, 1) == pytest.approx(single.synchronization(0, 1), rel=1e-7)
        assert np.allclose(found.network.oscillators[1].ladder.energies, one.detuned(detuning).ladder.energies)


def test_sweep_reports_its_progress(lab):
    seen = []
    qh.detuning_sweep(
        lab.pair(lab.effective()), [0.0, 1.0, 2.0], progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_failed_points_are_data_and_the_sweep_goes_on(lab):
    solver = qh.SylvesterGMRES(max_steps=2)
    swept = qh.detuning_sweep(lab.pair(lab.complete(levels=3)), [0.0, 1.0], solver=solver)
    assert [s.status for s in swept] == [qh.Status.NOT_CONVERGED] * 2
    with pytest.raises(qh.ConvergenceError, match="max_steps"):
        swept[0].synchronization(0, 1)


def qutip_steady_state(model):
    """ρ of QuTiP's generator, solved between states of one charge; nothing in it tells that there are others."""
    import qutip

    generator = qutip.liouvillian(*model.to_qutip()).data_as("csr_matrix")  # of stacked columns
    charge = np.asarray(model.charge)
    within = np.flatnonzero((charge[:, None] == charge[None, :]).ravel())
    equations = generator[within][:, within].tolil()
    equations[0] = within % (model.size + 1) == 0  # the trace
    found = np.zeros(model.size**2, dtype=complex)
    right = np.eye(1, within.size)[0]
    found[within] = scipy.sparse.linalg.spsolve(equations.tocsc(), right, permc_spec="MMD_AT_PLUS_A")
    assert np.abs(generator @ found).max() < 1e-10
    return found.reshape(model.size, model.size).T


def test_complete_pair_with_all_four_cavities_agrees_with_qutip(lab):
    # (3·2·2)² = 144 states, K/κ = 2.5, V = 0.3 γ, on resonance
    kappa, g = 0.4, 0.02
    network = lab.pair(lab.complete(1, kappa, g, levels=3), v=0.3 * 4 * g**2 / kappa, detuning=2.0)
    solution = qh.steady_state(network, estimate_truncation=False)
    expected = qutip_steady_state(qh.network_model(network))
    assert np.abs(solution.state() - expected).max() < 1e-8
    # S from QuTiP's matrix: c_1 = Σ ρ_{n+1,m−1;n,m} over the two ladders with every cavity traced out
    rho = expected.reshape(3, 4, 3, 4, 3, 4, 3, 4)
    ladders = np.einsum("axbycxdy->abcd", rho)
    first = sum(ladders[n + 1, m - 1, n, m] for n in range(2) for m in range(1, 3))
    second = ladders[2, 0, 0, 2]
    angles = np.linspace(0, 2 * np.pi, 20001)
    height = np.max(2 * (first * np.exp(1j * angles) + second * np.exp(2j * angles)).real)
    assert solution.synchronization(0, 1) == pytest.approx(height, rel=1e-6)


@pytest.mark.parametrize("detuning", [1.0, 2.0], ids=["between", "on resonance"])
@pytest.mark.parametrize("kappa", [0.4, 0.8])
def test_eliminated_pair_errs_by_the_square_of_g_over_kappa(lab, kappa, detuning):
    ratios = np.array([0.01, 0.02, 0.04, 0.08])
    errors = []
    for ratio in ratios:
        full = lab.complete(1, kappa, ratio * kappa)
        v = 0.3 * 4 * ratio**2 * kappa
        kept, eliminated = (
            lab.synchronization(lab.pair(o, v=v, detuning=detuning)) for o in (full, qh.eliminate(full, rwa=True))
        )
        errors.append(kept / eliminated - 1)
    assert np.abs(errors[0]) < 1e-3
    assert lab.exponent(ratios, errors) == pytest.approx(2, abs=0.1)


def test_blockaded_pair_misses_what_the_secular_approximation_drops_however_weak_g_is(lab):
    # At Δ = 0 exactly, |1,0⟩ and |0,1⟩ are degenerate. Their coherence is fed from that of |2,0⟩ and |1,1⟩ by quanta
    # lost through the red cavity in both alternatives at once, which jumps that are separate for every transition
    # (Lörch 2017 note [41]) leave out. The rate of that transfer over the decay is set by how far the two lines
    # overlap, σ² = (κ/4K)², and not by g: S(0) of the eliminated pair is too small by that much, and stays so as g → 0
    def missing(kappa, ratio):
        full = lab.complete(1, kappa, ratio * kappa)
        v = 0.3 * 4 * ratio**2 * kappa
        kept, eliminated = (lab.synchronization(lab.pair(o, v=v)) for o in (full, qh.eliminate(full, rwa=True)))
        return kept / eliminated - 1

    kappas = np.array([0.1, 0.2, 0.4])
    assert missing(0.4, 0.01) == pytest.approx(missing(0.4, 0.005), rel=0.02)
    assert lab.exponent(kappas, [missing(k, 0.01) for k in kappas]) == pytest.approx(2, abs=0.15)


def test_truncation_error_of_a_pair_covers_the_change_to_longer_ladders(lab):
    for detuning in (0.0, 20.0):
        short, long = (qh.steady_state(lab.pair(lab.effective(2, levels=n), v=0.2, detuning=detuning)) for n in (6, 14))
        change = np.abs(short.populations(0) - long.populations(0)[:6]).max()
        assert change <= short.truncation_error < 0.2
        assert long.truncation_error < short.truncation_error


def test_oscillators_are_counted_from_zero_and_not_beyond(lab):
    solution = qh.steady_state(lab.pair(lab.effective(2, levels=4)))
    assert solution.populations(1).shape == (4,)
    with pytest.raises(qh.ArgumentError, match="between 0 and 1"):
        solution.populations(2)


def test_guess_from_a_neighbouring_network_saves_steps(lab):
    solver = qh.SylvesterGMRES(tolerance=1e-8)
    near, here = (lab.pair(lab.complete(levels=3), v=2e-4, detuning=d) for d in (1.99999, 2.0))
    first = qh.steady_state(near, solver, estimate_truncation=False)
    cold, warm = (qh.steady_state(here, solver, guess=g, estimate_truncation=False) for g in (None, first))
    assert warm.steady.counts.gmres_steps < cold.steady.counts.gmres_steps
    assert warm.synchronization(0, 1) == pytest.approx(cold.synchronization(0, 1), rel=1e-6)


def test_non_secular_dissipators_give_back_what_the_secular_ones_drop(lab):
    # one jump per side for all transitions, √γ Σ √n σ/(σ ± i(n − n±)) |n∓1⟩⟨n|, as an eliminated cavity has it: what is
    # left of the error of order σ² at Δ = 0 is of order σ⁴, since one Lorentzian stands for two frequencies
    from dataclasses import replace

    ratio, kappas = 0.002, np.array([0.3, 0.5, 0.8])
    left, dropped = [], []
    for kappa in kappas:
        full = lab.complete(1, kappa, ratio * kappa)
        gamma, secular = 4 * ratio**2 * kappa, qh.eliminate(full, rwa=True)
        collective = qh.EffectiveOscillator.lorentzian(
            kerr=1.0, gamma=gamma, sigma=kappa / 4, n_plus=1, n_minus=2, levels=4, secular=False
        )
        collective = replace(collective, ladder=secular.ladder)
        kept, own, other = (lab.synchronization(lab.pair(o, v=0.3 * gamma)) for o in (full, collective, secular))
        left.append(kept / own - 1)
        dropped.append(kept / other - 1)
    assert np.all(np.abs(left) < np.array(dropped) / 10)
    assert lab.exponent(kappas, left) == pytest.approx(4, abs=0.4)


def test_guesses_of_a_sweep_save_steps_and_are_one_per_detuning(lab):
    pair, solver = lab.pair(lab.complete(levels=3), v=2e-4), qh.SylvesterGMRES()
    cold = qh.detuning_sweep(pair, [0.0, 2.0], solver=solver)
    guesses = [solution.steady for solution in cold]
    warm = qh.detuning_sweep(pair, [0.001, 2.001], solver=solver, guesses=guesses)
    again = qh.detuning_sweep(pair, [0.001, 2.001], solver=solver)
    assert sum(s.steady.counts.gmres_steps for s in warm) < sum(s.steady.counts.gmres_steps for s in again)
    assert [s.synchronization(0, 1) for s in warm] == pytest.approx([s.synchronization(0, 1) for s in again], abs=1e-9)
    with pytest.raises(qh.ArgumentError, match="Guesses must be one per value"):
        qh.detuning_sweep(pair, [0.0, 2.0], solver=solver, guesses=guesses[:1])
