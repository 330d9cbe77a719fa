"""GMRES against dense solves and against its own theory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw.lindblad.gmres import RefinedGmres


def gmres(apply, rhs, start, tolerance, restart, max_steps, rough=None):
    return RefinedGmres(apply, rhs.size, restart, rough).solve(rhs, start, tolerance, max_steps)


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 30), restart=st.sampled_from([5, 30]))
def test_solution_equals_dense_solve_with_and_without_restarts(seed, size, restart):
    rng = np.random.default_rng(seed)
    matrix = np.eye(size) + 0.4 * rng.standard_normal((size, size)) / np.sqrt(size)
    rhs, start = rng.standard_normal((2, size))
    found = gmres(lambda v: matrix @ v, rhs, start, tolerance=1e-12, restart=restart, max_steps=2000)
    assert found.converged
    assert np.linalg.norm(found.solution - np.linalg.solve(matrix, rhs)) < 1e-10 * np.linalg.norm(rhs)
    scale = max(np.linalg.norm(rhs), np.linalg.norm(found.solution))
    assert found.residual == pytest.approx(np.linalg.norm(rhs - matrix @ found.solution) / scale, abs=1e-14)


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_identity_plus_low_rank_needs_one_step_more_than_the_rank(rank):
    # the minimal polynomial of 1 + UVᵀ has degree rank + 1
    rng = np.random.default_rng(rank)
    left, right = rng.standard_normal((2, 60, rank)) / np.sqrt(60)
    rhs = rng.standard_normal(60)
    found = gmres(lambda v: v + left @ (right.T @ v), rhs, 0 * rhs, tolerance=1e-11, restart=40, max_steps=40)
    assert found.converged
    assert found.steps <= rank + 1


def test_products_are_counted_as_they_are_made():
    rng = np.random.default_rng(2)
    matrix, calls = np.eye(40) + 0.1 * rng.standard_normal((40, 40)), []

    def apply(vector):
        calls.append(1)
        return matrix @ vector

    rhs = rng.standard_normal(40)
    found = gmres(apply, rhs, 0 * rhs, tolerance=1e-12, restart=7, max_steps=500)
    assert found.products == len(calls)
    assert found.steps < found.products  # each cycle recomputes its residual


def test_cyclic_shift_stagnates_until_the_basis_is_complete():
    # for the cyclic shift the residual is 1 in every step but the last (Nachtigal, Reddy & Trefethen 1992)
    size, rhs = 10, np.eye(10)[0]
    complete = gmres(lambda v: np.roll(v, 1), rhs, 0 * rhs, tolerance=1e-12, restart=size, max_steps=50)
    assert complete.converged
    assert complete.steps == size
    restarted = gmres(lambda v: np.roll(v, 1), rhs, 0 * rhs, tolerance=1e-12, restart=size - 1, max_steps=50)
    assert not restarted.converged
    assert restarted.residual == pytest.approx(1.0)


def test_start_that_already_solves_costs_no_step():
    matrix = np.array([[2.0, 1.0], [0.0, 3.0]])
    rhs = np.array([1.0, -1.0])
    found = gmres(lambda v: matrix @ v, rhs, np.linalg.solve(matrix, rhs), tolerance=1e-12, restart=5, max_steps=5)
    assert (found.steps, found.products, found.converged) == (0, 1, True)


def test_giving_up_after_max_steps_is_said():
    rng = np.random.default_rng(4)
    matrix, rhs = rng.standard_normal((50, 50)), rng.standard_normal(50)
    found = gmres(lambda v: matrix @ v, rhs, 0 * rhs, tolerance=1e-12, restart=50, max_steps=6)
    assert not found.converged
    assert found.steps == 6
    assert found.residual > 1e-12


def system(seed, size=400):
    """A well-posed system with its operator in both precisions."""
    rng = np.random.default_rng(seed)
    matrix = np.eye(size) + 0.6 * rng.standard_normal((size, size)) / np.sqrt(size)
    single = matrix.astype(np.float32)
    return (lambda v: matrix @ v), (lambda v: single @ v), rng.standard_normal(size), matrix


@pytest.mark.parametrize("seed", range(4))
def test_work_in_single_precision_gives_the_answer_in_double(seed):
    apply, rough, rhs, matrix = system(seed)
    found = gmres(apply, rhs, 0 * rhs, tolerance=1e-13, restart=80, max_steps=200, rough=rough)
    assert found.converged
    error = np.linalg.norm(found.solution - np.linalg.solve(matrix, rhs)) / np.linalg.norm(found.solution)
    assert error < 1e-12  # 1e-7 is all that single precision has
    assert found.single == found.steps
    assert found.products - found.single <= 6  # double precision only where residuals are formed


def test_refinement_goes_on_where_it_stopped_and_does_not_begin_anew():
    apply, rough, rhs, _ = system(7)
    settings = {"tolerance": 1e-13, "restart": 100, "max_steps": 300}
    double = gmres(apply, rhs, 0 * rhs, **settings).steps
    assert gmres(apply, rhs, 0 * rhs, **settings, rough=rough).steps <= double + 8


def test_operator_too_rough_to_gain_anything_is_given_up_for_the_exact_one():
    apply, rough, rhs, matrix = system(3)
    noise = np.random.default_rng(5)

    def worthless(vector):
        return rough(noise.permutation(vector))

    found = gmres(apply, rhs, 0 * rhs, tolerance=1e-12, restart=100, max_steps=400, rough=worthless)
    assert found.converged
    assert found.single < found.steps
    assert np.linalg.norm(found.solution - np.linalg.solve(matrix, rhs)) < 1e-10 * np.linalg.norm(rhs)
