"""QuTiP's operators become a model by their dims, or are refused with what to pass instead."""

from __future__ import annotations

import numpy as np
import pytest
import qutip

import qsb_hw as qh

A, N = qutip.destroy(3), qutip.num(3)
H = N + 0.3 * (A + A.dag())


def test_operators_of_the_same_shape_on_other_spaces_are_refused():
    """Shapes agree and dims do not: answered, the number of quanta was 1.69 for 0.037."""
    small, large = qutip.destroy(2), qutip.destroy(10)
    one = qutip.tensor(qutip.qeye(2), large)
    other = qutip.tensor(large, qutip.qeye(2))
    assert one.shape == other.shape
    hamiltonian = one.dag() * one + 0.2 * (one + one.dag())
    with pytest.raises(qh.ArgumentError, match=r"same dims, but found \[\[2, 10\], \[2, 10\]\] of H and \[\[10, 2\]"):
        qh.LindbladModel.from_qutip(hamiltonian, [other, qutip.tensor(qutip.qeye(10), small)])
    jumps = [one, qutip.tensor(small, qutip.qeye(10))]
    model = qh.LindbladModel.from_qutip(hamiltonian, jumps)
    assert model.dims == (2, 10)
    right = qutip.expect(one.dag() * one, qutip.steadystate(hamiltonian, jumps))
    assert right == pytest.approx(0.2**2 / (1 + 1 / 4), rel=1e-6)  # a driven cavity: ε²/(ω² + κ²/4)
    found = qh.steady_state(model).require().expectation((one.dag() * one).full())
    assert np.real(found) == pytest.approx(right, rel=1e-8)


def test_an_excitation_number_restricted_space_is_one_subsystem():
    a, b = qutip.enr_destroy([4, 4], 2)
    hamiltonian = a.dag() * a + 1.1 * b.dag() * b + 0.4 * (a.dag() * b + b.dag() * a) + 0.3 * (a + a.dag())
    model = qh.LindbladModel.from_qutip(hamiltonian, [a, 0.7 * b])
    assert model.dims == (6,)
    right = qutip.steadystate(hamiltonian, [a, 0.7 * b])
    found = qh.steady_state(model).require()
    for operator in (a.dag() * a, b.dag() * b, a):
        assert found.expectation(operator.full()) == pytest.approx(qutip.expect(operator, right), abs=1e-9)
    again, _ = model.to_qutip()
    assert again.shape == (6, 6)


def test_a_single_collapse_operator_and_one_that_rests_in_time():
    listed = qh.LindbladModel.from_qutip(H, [A])
    for hamiltonian, jumps in [(H, A), (qutip.QobjEvo(H), [A]), (H, (A,)), (H, [qutip.QobjEvo(A)])]:
        model = qh.LindbladModel.from_qutip(hamiltonian, jumps)
        assert (model.hamiltonian != listed.hamiltonian).nnz == 0
        assert len(model.jumps) == 1
    assert qh.LindbladModel.from_qutip(H).jumps == ()


REFUSED = [
    ("Liouvillian", (qutip.liouvillian(H, [A]), []), "H must be an operator, but found super"),
    ("superoperator as a jump", (H, [qutip.spre(A)]), r"c_ops\[0\] must be an operator, but found super"),
    ("ket", (qutip.basis(3, 0), []), "H must be an operator, but found ket"),
    ("time dependence", (qutip.QobjEvo([N, [A + A.dag(), lambda t: t]]), [A]), "H must not depend on time"),
    ("array", (np.eye(3), [A]), r"H must be a Qobj, but found ndarray. For arrays call LindbladModel"),
    ("array as jumps", (H, np.eye(3)), "Jumps must be a list of operators, but found ndarray"),
    ("array as a jump", (H, [np.eye(3)]), r"c_ops\[0\] must be a Qobj, but found ndarray"),
    ("nothing", (None, None), "Jumps must be a list"),
    ("text", (H, "a"), "Jumps must be a list"),
    ("another size", (H, [qutip.destroy(4)]), "same dims"),
    ("not Hermitian", (1j * N, [A]), "must be Hermitian"),
]


@pytest.mark.parametrize(("given", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_no_hamiltonian_or_collapse_operator_is_refused(given, message):
    with pytest.raises(qh.ArgumentError, match=message):
        qh.LindbladModel.from_qutip(*given)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"hamiltonian": N}, "Use LindbladModel.from_qutip"),
        ({"jumps": [A]}, "Use LindbladModel.from_qutip"),
        ({"jumps": A}, "Jumps must be a list"),
        ({"dims": (-3, -1)}, "must be a whole number, at least 1, but found -3"),
        ({"dims": (1.5, 2)}, "must be a whole number, at least 1, but found 1.5"),
        ({"dims": (3,), "labels": ("a", "b")}, "`labels` must name every subsystem"),
        ({"charge": [0, 1, 1.5]}, "`charge` must be whole numbers"),
        ({"hamiltonian": np.ones((2, 3))}, "must be 2 × 2"),
        ({"hamiltonian": [[1, 2], [3]]}, "must be a matrix"),
        ({"hamiltonian": [["a"]]}, "must be a matrix of numbers"),
        ({"hamiltonian": np.ones((3, 3, 3))}, "must be a matrix of numbers"),
    ],
)
def test_a_model_of_what_is_none_is_refused(keywords, message):
    with pytest.raises(qh.ArgumentError, match=message):
        qh.LindbladModel(**{"hamiltonian": np.eye(3), "jumps": [], **keywords})
