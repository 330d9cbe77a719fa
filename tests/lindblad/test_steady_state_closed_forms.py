"""Steady states that can be written down, by every solver."""

import numpy as np
import pytest
import scipy.sparse as sp

import qsb_hw as qh

SOLVERS = [qh.SparseDirect(), qh.SylvesterGMRES(), qh.SylvesterGMRES(single_above=0), qh.Auto()]
every_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)


@every_solver
@pytest.mark.parametrize("kappa", [0.3, 7e8])
def test_thermal_oscillator_is_geometric(lab, solver, kappa):
    # detailed balance: up rate κ n̄ n against down rate κ(n̄+1) n, so P(n) ∝ (n̄/(n̄+1))ⁿ also when truncated
    occupation, levels = 0.8, 9
    a = lab.annihilation(levels)
    jumps = (np.sqrt(kappa * (occupation + 1)) * a, np.sqrt(kappa * occupation) * a.conj().T)
    solution = qh.steady_state(qh.LindbladModel(5 * kappa * a.conj().T @ a, jumps), solver)
    weights = (occupation / (occupation + 1)) ** np.arange(levels)
    assert np.allclose(solution.populations(0), weights / weights.sum(), rtol=0, atol=1e-13)


@every_solver
@pytest.mark.parametrize("detuning", [0.0, 0.7, -2.0])
def test_driven_damped_cavity_settles_in_a_coherent_state(lab, solver, detuning):
    # ȧ = iδa − iE − κa/2 for H = −δ a†a + E(a + a†): α = −iE/(κ/2 − iδ), a pure state that never jumps to another
    kappa, drive, levels = 1.0, 0.6, 24
    a = lab.annihilation(levels)
    model = qh.LindbladModel(-detuning * a.conj().T @ a + drive * (a + a.conj().T), (np.sqrt(kappa) * a,))
    solution = qh.steady_state(model, solver)
    alpha = -1j * drive / (kappa / 2 - 1j * detuning)
    n = np.arange(levels)
    factorials = np.cumprod(np.concatenate([[1.0], n[1:]]))
    amplitudes = np.exp(-(abs(alpha) ** 2) / 2) * alpha**n / np.sqrt(factorials)
    rho = solution.state()
    assert (amplitudes.conj() @ rho @ amplitudes).real == pytest.approx(1.0, abs=1e-9)
    assert np.trace(a @ rho) == pytest.approx(alpha, abs=1e-9)


@every_solver
@pytest.mark.parametrize(("rabi", "detuning"), [(0.2, 0.0), (1.5, 0.0), (1.0, 3.0), (40.0, -5.0)])
def test_driven_two_level_atom_saturates_as_bloch_says(lab, solver, rabi, detuning):
    # ρ_ee = (s/2)/(1 + s) with s = (Ω²/2)/(δ² + Γ²/4)
    gamma = 1.3
    hamiltonian = np.array([[0, rabi / 2], [rabi / 2, -detuning]])
    model = qh.LindbladModel(hamiltonian, (np.sqrt(gamma) * lab.transition(2, 0, 1),))
    saturation = (rabi**2 / 2) / (detuning**2 + gamma**2 / 4)
    excited = qh.steady_state(model, solver).populations(0)[1]
    assert excited == pytest.approx(saturation / 2 / (1 + saturation), rel=1e-11)


@every_solver
def test_coherent_population_trapping_finds_the_one_dark_state(lab, solver):
    # a Λ system with fields Ω1, Ω2 ends in (Ω2|1⟩ − Ω1|2⟩)/norm, which never decays: the unique steady state
    one, two = 0.9, 0.4
    fields = one * lab.transition(3, 2, 0) + two * lab.transition(3, 2, 1)
    model = qh.LindbladModel(fields + fields.conj().T, (lab.transition(3, 0, 2), 0.7 * lab.transition(3, 1, 2)))
    dark = np.array([two, -one, 0]) / np.hypot(one, two)
    assert np.allclose(qh.steady_state(model, solver).state(), np.outer(dark, dark), rtol=0, atol=1e-11)


@every_solver
def test_vacuum_is_the_unique_answer_at_zero_temperature(lab, solver):
    model = qh.LindbladModel(np.diag(3.0 * np.arange(6)), (lab.annihilation(6),))
    solution = qh.steady_state(model, solver)
    assert solution.ok
    assert np.allclose(solution.populations(0), np.eye(6)[0], rtol=0, atol=1e-13)
    assert solution.lowest_eigenvalue == pytest.approx(0.0, abs=1e-13)


@every_solver
@pytest.mark.parametrize("leak", [1e-3, 1e-6, 1e-9])
def test_slow_leak_between_two_fast_halves_still_decides_the_answer(lab, solver, leak):
    # {0,1} and {2,3} equilibrate at rate 1; only the leaks 1 → 2 at rate ε and 2 → 1 at 3ε tie them together.
    # Balance P1 ε = P2 3ε with P0 = P1 and P2 = P3 gives (3, 3, 1, 1)/8, whatever ε is
    ways = [(0, 1, 1.0), (1, 0, 1.0), (2, 3, 1.0), (3, 2, 1.0), (2, 1, leak), (1, 2, 3 * leak)]
    jumps = tuple(np.sqrt(rate) * lab.transition(4, target, source) for target, source, rate in ways)
    solution = qh.steady_state(qh.LindbladModel(np.zeros((4, 4)), jumps), solver)
    # in double precision four steps leave rounding only; in single precision refinement ends at the tolerance
    defect = solver.tolerance if getattr(solver, "single_above", 1) == 0 else 1e-15
    assert np.allclose(solution.populations(0), np.array([3, 3, 1, 1]) / 8, rtol=0, atol=defect / leak + 1e-12)


@every_solver
def test_answer_does_not_depend_on_the_unit_of_rate(lab, solver):
    rng = np.random.default_rng(11)
    hamiltonian, jump = lab.random_hermitian(rng, 6), lab.random_jump(rng, 6)
    states = [
        qh.steady_state(qh.LindbladModel(unit * hamiltonian, (np.sqrt(unit) * jump,)), solver).state()
        for unit in (1.0, 2e10, 3e-7)
    ]
    assert np.allclose(states[1], states[0], rtol=0, atol=1e-10)
    assert np.allclose(states[2], states[0], rtol=0, atol=1e-10)


def test_expectation_values_and_reduced_states_are_traces_with_the_state(lab):
    rng = np.random.default_rng(5)
    model = qh.LindbladModel(lab.random_hermitian(rng, 12), (lab.random_jump(rng, 12),), dims=(2, 3, 2))
    solution = qh.steady_state(model)
    rho = solution.state()
    observable = lab.random_hermitian(rng, 12)
    assert solution.expectation(sp.csr_array(observable)) == pytest.approx(np.trace(observable @ rho), abs=1e-13)
    middle = np.einsum("aibajb->ij", rho.reshape(2, 3, 2, 2, 3, 2))
    outer = np.einsum("aibcid->abcd", rho.reshape(2, 3, 2, 2, 3, 2)).reshape(4, 4)
    assert np.allclose(solution.reduced([1]), middle, rtol=0, atol=1e-14)
    assert np.allclose(solution.reduced([0, 2]), outer, rtol=0, atol=1e-14)
    assert np.allclose(solution.populations(1), np.diag(middle).real, rtol=0, atol=1e-14)
