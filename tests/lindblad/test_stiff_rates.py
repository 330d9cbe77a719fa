"""Rates many orders of magnitude apart, against arithmetic with 60 digits."""

from itertools import product

import numpy as np
import pytest

import qsb_hw as qh

mpmath = pytest.importorskip("mpmath")  # comes with scqubits (by way of sympy)

SOLVERS = [qh.SparseDirect(), qh.SylvesterGMRES(), qh.SylvesterGMRES(single_above=0)]


def steady_populations_with_60_digits(model):
    """Populations from Gaussian elimination in multiple precision on the elements ρ_ij of equal charge."""
    with mpmath.workdps(60):
        jumps = [entries(jump) for jump in model.jumps]
        decay = mpmath.zeros(model.size)  # Σ L†L
        for r, c, x, s, d, y in (one + other for jump in jumps for one, other in product(jump, jump)):
            decay[c, d] += x.conjugate() * y if r == s else 0
        effective = mpmath.matrix(model.hamiltonian.toarray().tolist()) - mpmath.mpc(0, 0.5) * decay
        every = range(model.size)
        place = {(i, j): k for k, (i, j) in enumerate(p for p in product(every, every) if same_charge(model, *p))}
        generator = mpmath.zeros(len(place))
        for ((i, j), k), m in product(place.items(), every):
            if same_charge(model, i, m):
                generator[k, place[m, j]] += -1j * effective[i, m]
                generator[k, place[i, m]] += 1j * effective[j, m].conjugate()
        for r, c, x, s, d, y in (one + other for jump in jumps for one, other in product(jump, jump)):
            if same_charge(model, r, s):
                generator[place[r, s], place[c, d]] += x * y.conjugate()
        diagonal = {place[n, n] for n in every}
        for k in range(len(place)):  # one row is redundant: the trace in its place
            generator[0, k] = 1 if k in diagonal else 0
        solved = mpmath.lu_solve(generator, mpmath.matrix([1] + [0] * (len(place) - 1)))
        return np.array([float(solved[place[n, n]].real) for n in every]).reshape(model.dims)


def entries(jump):
    coo = jump.tocoo()
    return [(int(r), int(c), mpmath.mpc(x)) for r, c, x in zip(coo.row, coo.col, coo.data, strict=True)]


def same_charge(model, i, j):
    return model.charge[i] == model.charge[j]


@pytest.mark.parametrize("solver", SOLVERS, ids=["direct", "double", "single"])
@pytest.mark.parametrize(("kappa", "ratio"), [(0.4, 0.05), (0.1, 0.02), (0.05, 0.01), (0.05, 0.003)])
def test_narrow_lines_and_weak_pumps_cost_no_digits_that_matter(solver, kappa, ratio):
    # slowest over fastest rate: (g/κ)²(κ/4K)², here down to 1e-9; the populations must come out to 1e-6 all the same
    ladder = qh.Ladder.kerr(50.0, 1.0, 3)
    spacing = ladder.transition_frequencies
    baths = [qh.Bath.cavity(delta, kappa, ratio * kappa, 2) for delta in (-spacing[1], spacing[0])]
    model = qh.full_model(qh.SelfOscillator(ladder, baths))
    solution = qh.steady_state(model, solver)
    exact = steady_populations_with_60_digits(model).sum(axis=(1, 2))
    assert solution.ok, solution.message
    assert np.allclose(solution.populations(0), exact, rtol=0, atol=1e-6)
