"""What a steady state costs, in operations; stopwatches belong to tests/bench."""

import numpy as np
import pytest
import scipy.sparse as sp

import qsb_hw as qh
from qsb_hw.lindblad.steady import steady_states_along


def two_complete_devices(levels, photons, kappa=0.3, ratio=0.05, detuning=0.0, target=1):
    """Two Kerr ladders (K = 1) with both cavities of each kept, (levels·photons·photons)² states, V = 0.3 γ."""
    ladder = qh.Ladder.kerr(50.0, 1.0, levels)
    spacing = ladder.transition_frequencies
    deltas = (-spacing[target], spacing[target - 1])
    one = qh.SelfOscillator(ladder, [qh.Bath.cavity(delta, kappa, ratio * kappa, photons) for delta in deltas])
    v = 0.3 * 4 * ratio**2 * kappa
    return qh.network_model(qh.Network([one.detuned(detuning), one], [[0, v], [v, 0]]))


@pytest.mark.parametrize("detuning", [0.0, 2.0], ids=["blockade", "resonance"])
def test_two_complete_devices_of_256_states(detuning):
    solution = qh.steady_state(two_complete_devices(4, 2, detuning=detuning))
    assert solution.ok
    # one diagonalisation per charge sector, charges −4 … 6; the error bound costs half of what the solve does
    assert solution.counts.factorisations == 11
    assert solution.counts.probe_steps <= 6
    assert solution.counts.gmres_steps <= 24
    assert solution.counts.products <= solution.counts.gmres_steps + 4


def test_work_is_done_on_the_symmetry_sectors_only():
    solution = qh.steady_state(two_complete_devices(4, 2))
    sizes = np.repeat([b.size for b in solution.space.batches], [b.count for b in solution.space.batches])
    assert sizes.sum() == 256
    assert solution.space.size == (sizes**2).sum() < 256**2 / 6


@pytest.mark.parametrize("ratio", [0.1, 0.05, 0.02])
@pytest.mark.parametrize("kappa", [0.1, 0.3, 1.0])
def test_steps_do_not_grow_when_rates_drift_apart(kappa, ratio):
    # the slowest rate, γσ²/4, is κ(g/κ)²(κ/4K)²: six orders of magnitude below κ at κ/K = 0.1, g/κ = 0.02
    solution = qh.steady_state(two_complete_devices(3, 2, kappa, ratio))
    assert solution.ok, solution.message
    assert solution.counts.gmres_steps <= 40


def test_steps_grow_only_slowly_with_the_truncation():
    steps = [qh.steady_state(two_complete_devices(n, 2)).counts.gmres_steps for n in (3, 4, 5)]
    assert max(steps) <= 2 * min(steps)


def test_direct_solver_factorises_once():
    counts = qh.steady_state(ring(3, 4), qh.SparseDirect()).counts
    assert (counts.factorisations, counts.gmres_steps, counts.products) == (1, 0, 0)


def ring(size, levels):
    """Ring of eliminated oscillators, K = 10 γ, V = 0.3 γ, σ = 0.2, n0 = 1, neighbours detuned by 2K."""
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=levels)
    coupling = 0.3 * (np.roll(np.eye(size), 1, axis=0) + np.roll(np.eye(size), -1, axis=0))
    return qh.network_model(qh.Network([one.detuned(20.0 * (k % 2)) for k in range(size)], coupling))


def test_steps_grow_slowly_along_a_ring():
    steps = [qh.steady_state(ring(n, 3)).counts.gmres_steps for n in (4, 5, 6)]
    assert max(steps) <= 40
    assert steps[2] <= 1.8 * steps[0]


def test_single_precision_does_the_work_of_a_large_ring_and_double_only_its_residuals():
    model = ring(6, 3)
    single = qh.steady_state(model, qh.SylvesterGMRES(single_above=100))
    double = qh.steady_state(model, qh.SylvesterGMRES(single_above=10_000))
    assert single.counts.single_products == single.counts.gmres_steps
    assert single.counts.products - single.counts.single_products <= 5
    assert single.counts.gmres_steps <= double.counts.gmres_steps + 8
    assert double.counts.single_products == 0
    assert np.abs(single.flat - double.flat).max() < 1e-12


def test_a_family_is_not_iterated_in_vain_again_and_again():
    lower = np.diag(np.sqrt(np.arange(1.0, 12)), 1)
    driven = qh.LindbladModel(0.5 * (lower + lower.T), [lower])
    hasty = qh.Auto(chain_below=0, direct_work=0.0, iterative=qh.SylvesterGMRES(max_steps=3))
    found = steady_states_along(driven, sp.csr_array(lower.T @ lower), [0.0, 0.5, 1.0], hasty)
    assert all(state.ok for state in found)
    assert [state.counts.gmres_steps > 0 for state in found] == [True, False, False]
    assert [state.counts.factorisations for state in found][1:] == [1, 1]
