"""Random models against `qutip.steadystate`, with and without symmetry."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import qsb_hw as qh

SINGLE = qh.SylvesterGMRES(single_above=0)
SOLVERS = [qh.SparseDirect(), qh.SylvesterGMRES(), SINGLE, qh.Auto(), qh.Auto(direct_work=0)]


def random_model(lab, seed, size, jump_count, symmetry):
    """Random H and jumps; "none", "parity" (jumps keep or flip it) or "charge" (jumps shift it by −1, 0 or 1)."""
    rng = np.random.default_rng(seed)
    hamiltonian = rng.uniform(0.1, 3) * lab.random_hermitian(rng, size)
    jumps = [rng.uniform(0.2, 1.5) * lab.random_jump(rng, size) for _ in range(jump_count)]
    if symmetry == "none":
        return hamiltonian, jumps, None
    charge = rng.integers(0, 2 if symmetry == "parity" else 4, size)
    difference = charge[:, None] - charge[None, :]
    shifts = rng.integers(-1, 2, jump_count)
    if symmetry == "parity":
        masks = [(difference % 2) == (shift % 2) for shift in shifts]
    else:
        masks = [difference == shift for shift in shifts]
    return hamiltonian * (difference == 0), [j * m for j, m in zip(jumps, masks, strict=True)], charge


def qutip_steady_state(hamiltonian, jumps):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # QuTiP's import warns about what it finds installed
        import qutip
    return qutip.steadystate(qutip.Qobj(hamiltonian), [qutip.Qobj(j) for j in jumps]).full()


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(2, 12),
    jump_count=st.integers(1, 4),
    symmetry=st.sampled_from(["none", "parity", "charge"]),
)
def test_every_solver_agrees_with_qutip_or_says_that_the_answer_is_not_unique(lab, seed, size, jump_count, symmetry):
    hamiltonian, jumps, charge = random_model(lab, seed, size, jump_count, symmetry)
    singular = np.linalg.svd(lab.liouvillian(hamiltonian, jumps), compute_uv=False)
    gap = singular[-2] / singular[0]
    assume(gap > 1e-5 or gap < 1e-14)  # in between double precision cannot decide
    model = qh.LindbladModel(hamiltonian, tuple(jumps), charge=charge if symmetry == "charge" else None)
    if gap < 1e-14:
        assert {qh.steady_state(model, solver).status for solver in SOLVERS} == {qh.Status.NOT_UNIQUE}
        return
    expected = qutip_steady_state(hamiltonian, jumps)
    for solver in SOLVERS:
        solution = qh.steady_state(model, solver)
        assert solution.ok, (solver, solution.message)
        assert np.abs(solution.state() - expected).max() < 1e-8


@pytest.mark.parametrize("symmetry", ["none", "parity", "charge"])
def test_random_models_cover_unique_answers_in_every_symmetry_class(lab, symmetry):
    # guards the test above: what it draws must mostly have one steady state, or it would compare nothing
    gaps = []
    for seed in range(40):
        hamiltonian, jumps, _ = random_model(lab, seed, 6, 3, symmetry)
        singular = np.linalg.svd(lab.liouvillian(hamiltonian, jumps), compute_uv=False)
        gaps.append(singular[-2] / singular[0])
    assert np.mean(np.array(gaps) > 1e-5) > 0.5


def test_round_trip_through_qutip_changes_nothing(lab):
    rng = np.random.default_rng(0)
    model = qh.LindbladModel(lab.random_hermitian(rng, 6), (lab.random_jump(rng, 6),), dims=(2, 3))
    back = qh.LindbladModel.from_qutip(*model.to_qutip())
    assert back.dims == (2, 3)
    assert abs(back.hamiltonian - model.hamiltonian).max() == 0
    assert abs(back.jumps[0] - model.jumps[0]).max() == 0


def test_qutip_model_with_a_charge_is_solved_in_its_sectors():
    import qutip

    a, b = qutip.tensor(qutip.destroy(3), qutip.qeye(3)), qutip.tensor(qutip.qeye(3), qutip.destroy(3))
    hamiltonian = 2.0 * a.dag() * a + 0.5 * (a.dag() * b + b.dag() * a)
    jumps = [0.3 * a, 0.2 * a.dag(), 0.5 * b]
    charge = np.add.outer(np.arange(3), np.arange(3)).ravel()
    solution = qh.steady_state(qh.LindbladModel.from_qutip(hamiltonian, jumps, charge=charge))
    assert [batch.size for batch in solution.space.batches] == [1, 2, 3]
    assert np.abs(solution.state() - qutip.steadystate(hamiltonian, jumps).full()).max() < 1e-10
    with pytest.raises(qh.ArgumentError, match="charge"):
        qh.steady_state(qh.LindbladModel.from_qutip(hamiltonian, jumps, charge=np.arange(9)))
