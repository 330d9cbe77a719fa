"""Rightmost eigenvalues against dense ones."""

import numpy as np
import pytest

from qsb_hw.lindblad import rightmost
from qsb_hw.lindblad.rightmost import rightmost_eigenpair


@pytest.mark.parametrize("seed", range(5))
def test_rightmost_of_a_non_normal_matrix(seed):
    rng = np.random.default_rng(seed)
    size = 120
    values = -rng.uniform(0.5, 20, size) + 1j * rng.uniform(-20, 20, size)
    values[0] = -0.2 + 3j
    upper = np.triu(rng.standard_normal((size, size)), 1) + np.diag(values)
    turn = np.linalg.qr(rng.standard_normal((size, size)))[0]
    matrix = turn @ upper @ turn.T
    found = rightmost_eigenpair(lambda x: matrix @ x, rng.standard_normal(size) + 0j)
    assert found.converged
    assert found.value == pytest.approx(-0.2 + 3j, abs=1e-6)
    assert np.linalg.norm(matrix @ found.vector - found.value * found.vector) < 1e-6
    assert np.linalg.norm(found.vector) == pytest.approx(1)


def test_small_maps_and_invariant_starts_end_exactly():
    matrix = np.diag([-1.0, -3.0, -2.0])
    assert rightmost_eigenpair(lambda x: matrix @ x, np.ones(3) + 0j).value == pytest.approx(-1)
    stuck = rightmost_eigenpair(lambda x: matrix @ x, np.array([0, 1, 0j]))
    assert stuck.value == pytest.approx(-3)
    assert stuck.products == 1


def test_what_does_not_converge_says_so(monkeypatch):
    monkeypatch.setattr(rightmost, "KRYLOV", 4)
    monkeypatch.setattr(rightmost, "MOST_PRODUCTS", 40)
    values = -(np.linspace(0, 1, 400) ** 2) + 1j * np.linspace(-40, 40, 400)
    found = rightmost_eigenpair(lambda x: values * x, np.ones(400) + 0j)
    assert not found.converged
    assert found.products == 40
