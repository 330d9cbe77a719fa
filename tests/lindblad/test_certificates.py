"""What a steady state says about itself, and what it says when it fails."""

import numpy as np
import pytest
import scipy.sparse as sp

import qsb_hw as qh


def model_of_two(lab, seed=3, dims=(3, 4)):
    rng = np.random.default_rng(seed)
    size = int(np.prod(dims))
    return qh.LindbladModel(lab.random_hermitian(rng, size), tuple(lab.random_jump(rng, size) for _ in "ab"), dims=dims)


@pytest.mark.parametrize("solver", [qh.SparseDirect(), qh.SylvesterGMRES()], ids=lambda s: type(s).__name__)
def test_certificate_equals_an_independent_computation(lab, solver):
    model = model_of_two(lab)
    solution = qh.steady_state(model, solver)
    rho = solution.state()
    jumps = [j.toarray() for j in model.jumps]
    change = lab.liouvillian(model.hamiltonian.toarray(), jumps) @ rho.ravel()
    rate = max(np.diag(sum(j.conj().T @ j for j in jumps)).real)
    independent = np.linalg.norm(change) / np.linalg.norm(rho) / rate
    assert independent < 1e-12
    assert solution.residual == pytest.approx(independent, abs=1e-13)
    assert solution.trace == pytest.approx(1.0, abs=1e-12)
    assert solution.lowest_eigenvalue == pytest.approx(np.linalg.eigvalsh(rho)[0], abs=1e-13)
    joint = np.diag(rho).real.reshape(3, 4)
    assert np.allclose(solution.edge_populations, [joint[-1].sum(), joint[:, -1].sum()], rtol=0, atol=1e-13)
    assert np.allclose(rho, rho.conj().T, rtol=0, atol=0)


def test_edge_population_shows_a_truncation_that_is_too_low(lab):
    # hot oscillator: P(top) = xᴺ⁻¹(1−x)/(1−xᴺ) with x = n̄/(n̄+1)
    x, levels = 0.8, 6
    a = lab.annihilation(levels)
    solution = qh.steady_state(qh.LindbladModel(0 * a, (a, np.sqrt(x) * a.conj().T)))
    assert solution.edge_populations[0] == pytest.approx(x ** (levels - 1) * (1 - x) / (1 - x**levels), rel=1e-12)


def test_too_few_steps_is_a_status_with_advice_and_not_an_answer(lab):
    model = model_of_two(lab, dims=(4, 4))
    solution = qh.steady_state(model, qh.SylvesterGMRES(max_steps=3))
    assert solution.status is qh.Status.NOT_CONVERGED
    assert "max_steps" in solution.message
    assert "3 steps" in solution.message
    with pytest.raises(qh.ConvergenceError, match="Raise `max_steps`"):
        solution.state()
    assert qh.steady_state(model, qh.SylvesterGMRES()).ok


def test_restarts_cost_steps_and_not_the_answer(lab):
    model = model_of_two(lab, dims=(5, 4))
    whole = qh.steady_state(model, qh.SylvesterGMRES())
    short = qh.steady_state(model, qh.SylvesterGMRES(restart=15))
    assert np.allclose(short.state(), whole.state(), rtol=0, atol=1e-9)
    assert short.counts.gmres_steps >= whole.counts.gmres_steps


def test_neighbouring_solution_saves_steps(lab):
    rng = np.random.default_rng(8)
    hamiltonian, jumps = lab.random_hermitian(rng, 16), (lab.random_jump(rng, 16), lab.random_jump(rng, 16))
    solver = qh.SylvesterGMRES()
    first = qh.steady_state(qh.LindbladModel(hamiltonian, jumps), solver)
    nearby = qh.LindbladModel(1.0001 * hamiltonian, jumps)
    cold, warm = qh.steady_state(nearby, solver), qh.steady_state(nearby, solver, guess=first)
    assert warm.counts.gmres_steps < cold.counts.gmres_steps
    assert np.allclose(warm.state(), cold.state(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("levels", [5, 9])
def test_a_guess_with_other_levels_and_sectors_saves_steps(levels):
    def cavities(n, drive):
        lower = np.diag(np.sqrt(np.arange(1.0, n)), 1)
        one, other = np.kron(lower, np.eye(n)), np.kron(np.eye(n), lower)
        swap = 0.3 * (one.T @ other + other.T @ one) + 0.7 * one.T @ one + drive * (one.T @ one.T + one @ one)
        return qh.LindbladModel(swap, [one, 0.8 * other, 0.1 * one.T], dims=(n, n))

    model, solver = cavities(7, 0.02), qh.SylvesterGMRES()
    cold = qh.steady_state(model, solver)
    for guess in (qh.steady_state(cavities(levels, 0.02)), qh.steady_state(cavities(levels, 0.0))):
        warm = qh.steady_state(model, solver, guess=guess)
        assert warm.counts.gmres_steps < cold.counts.gmres_steps
        assert np.allclose(warm.state(), cold.state(), rtol=0, atol=1e-10)


def test_guess_from_another_space_is_ignored(lab):
    other = qh.steady_state(model_of_two(lab, dims=(2, 2)))
    model = model_of_two(lab)
    assert np.allclose(qh.steady_state(model, guess=other).state(), qh.steady_state(model).state(), atol=1e-12)


def test_auto_says_what_it_would_do_and_why(lab):
    small, large = model_of_two(lab), model_of_two(lab, dims=(6, 6))
    solver, reason = qh.Auto().select(small)
    assert isinstance(solver, qh.SparseDirect)
    assert "144 matrix elements" in reason
    solver, reason = qh.Auto().select(large)
    assert isinstance(solver, qh.SylvesterGMRES)
    assert "1296 matrix elements" in reason
    custom = qh.Auto(direct_work=0, iterative=qh.SylvesterGMRES(tolerance=1e-9))
    assert custom.select(small)[0].tolerance == 1e-9


def test_progress_is_reported_step_by_step(lab):
    seen = []
    qh.steady_state(
        model_of_two(lab), qh.SylvesterGMRES(), progress=lambda step, residual: seen.append((step, residual))
    )
    steps, residuals = zip(*seen, strict=True)
    assert list(steps) == list(range(1, len(steps) + 1))
    assert residuals[-1] < 1e-11 < residuals[0]


def test_direct_solver_refuses_nothing_that_it_can_certify_in_stiff_units(lab):
    # rates of 1 and 1e6 1/s side by side: a fast cavity beside a slow decay
    a = np.kron(lab.annihilation(4), np.eye(3))
    b = np.kron(np.eye(4), lab.annihilation(3))
    hop = 2e2 * a.conj().T @ b
    jumps = (np.sqrt(1e6) * b, a, np.sqrt(0.5) * a.conj().T)
    model = qh.LindbladModel(hop + hop.conj().T, jumps, dims=(4, 3))
    direct, iterative = (qh.steady_state(model, s) for s in (qh.SparseDirect(), qh.SylvesterGMRES()))
    assert direct.ok
    assert iterative.ok
    assert np.allclose(direct.state(), iterative.state(), rtol=0, atol=1e-9)
    # golden rule: b damps a at 4·(2e2)²/1e6 = 0.16, so up/down = 0.5/1.16 between neighbours
    ratio = direct.populations(0)[1] / direct.populations(0)[0]
    assert ratio == pytest.approx(0.5 / 1.16, rel=1e-3)


def test_bad_models_are_refused_where_they_are_made():
    good = np.diag([0.0, 1.0])
    with pytest.raises(qh.ArgumentError, match="Hermitian"):
        qh.LindbladModel(np.array([[0, 1], [0, 0]]), ())
    with pytest.raises(qh.ArgumentError, match="finite"):
        qh.LindbladModel(good, (np.array([[0, np.nan], [0, 0]]),))
    with pytest.raises(qh.ArgumentError, match="2 × 2"):
        qh.LindbladModel(good, (np.zeros((3, 3)),))
    with pytest.raises(qh.ArgumentError, match="dims"):
        qh.LindbladModel(good, (), dims=(3,))
    with pytest.raises(qh.ArgumentError, match="charge"):
        qh.LindbladModel(good, (), charge=np.array([0.5, 1.0]))


def test_operators_of_a_model_come_as_sparse_and_zero_jumps_are_dropped():
    model = qh.LindbladModel(np.diag([0.0, 1.0]), (np.zeros((2, 2)), np.array([[0, 1], [0, 0]])))
    assert len(model.jumps) == 1
    assert sp.issparse(model.hamiltonian)
    assert model.size == 2


@pytest.mark.parametrize("number", [0, -1, np.nan, np.inf, 1j, True, "small"])
@pytest.mark.parametrize("solver", [qh.Auto, qh.SparseDirect, qh.SylvesterGMRES])
def test_an_invalid_accuracy_is_refused(solver, number):
    with pytest.raises(qh.ArgumentError, match="`accuracy` must be"):
        solver(accuracy=number)


def test_invalid_settings_of_solvers_are_refused():
    for wrong in ({"tolerance": 0}, {"restart": 0}, {"max_steps": 2.5}, {"certifying_work": -1}):
        with pytest.raises(qh.ArgumentError, match=f"`{next(iter(wrong))}` must"):
            qh.SylvesterGMRES(**wrong)
    with pytest.raises(qh.ArgumentError, match="`direct_work` must"):
        qh.Auto(direct_work=np.nan)
