"""Steady states that depend on the preparation, and models of the usual kinds against QuTiP."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.linalg

import qsb_hw as qh


def lowering(size: int) -> np.ndarray:
    return np.diag(np.sqrt(np.arange(1.0, size)), 1)


def liouvillian(model: qh.LindbladModel) -> np.ndarray:
    h, one = model.hamiltonian.toarray(), np.eye(model.size)
    total = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for jump in (j.toarray() for j in model.jumps):
        decay = jump.conj().T @ jump
        total += np.kron(jump, jump.conj()) - 0.5 * (np.kron(decay, one) + np.kron(one, decay.T))
    return total


def two_photon_loss(detuned: float = 0.0) -> qh.LindbladModel:
    """Parity is conserved, and so is a coherence between the two states that are left."""
    lower = lowering(7)
    return qh.LindbladModel(detuned * np.diag(np.arange(7.0)), [lower @ lower])


def lambda_system() -> qh.LindbladModel:
    """Decay from an excited state into two ground states."""
    jumps = [np.zeros((3, 3)) for _ in range(2)]
    jumps[0][0, 2], jumps[1][1, 2] = 1.0, 0.5
    return qh.LindbladModel(np.diag([0.0, 0.0, 3.0]), jumps)


def collective_decay() -> qh.LindbladModel:
    """Two atoms that decay together: the singlet never does."""
    atom = np.array([[0.0, 1.0], [0.0, 0.0]])
    both = np.kron(atom, np.eye(2)) + np.kron(np.eye(2), atom)
    return qh.LindbladModel(0 * both, [both], dims=(2, 2))


def dephased() -> qh.LindbladModel:
    return qh.LindbladModel(np.diag([0.0, 1.0, 3.0]), [np.diag([0.0, 1.0, 2.0])])


MODELS = {
    "two-photon loss": two_photon_loss, "lambda system": lambda_system, "collective decay": collective_decay,
    "dephasing": dephased,
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_preparation_ends_where_the_matrix_exponential_says(name: str) -> None:
    model = MODELS[name]()
    rng = np.random.default_rng(len(name))
    assert qh.steady_state(model).status is qh.Status.NOT_UNIQUE
    late = scipy.linalg.expm(1e4 * liouvillian(model))
    for _ in range(3):
        root = rng.standard_normal((model.size,) * 2) + 1j * rng.standard_normal((model.size,) * 2)
        state = root @ root.conj().T / np.trace(root @ root.conj().T)
        found = qh.steady_state(model, initial=state)
        expected = (late @ state.ravel()).reshape(state.shape)
        assert found.ok
        assert np.abs(found.state() - expected).max() <= found.error_bound + 1e-9
        assert found.error_bound < 1e-7
        assert found.residual < 1e-9
        assert np.trace(found.state()) == pytest.approx(1)
        ended = qh.evolve(model, [1e5], state)
        assert np.allclose(ended.final, found.state(), atol=1e-6)


def test_coherent_states_under_two_photon_loss_keep_the_known_coherence() -> None:
    """Quanta of one parity end in |0⟩ or |1⟩ with their share; |0⟩ + |1⟩ stays as it is."""
    model = two_photon_loss()
    ket = np.zeros(7)
    ket[[0, 1]] = 0.6, 0.8
    assert np.allclose(qh.steady_state(model, initial=ket).state()[:2, :2], np.outer(ket[:2], ket[:2]), atol=1e-9)
    ket = np.zeros(7)
    ket[[4, 5]] = 0.6, 0.8
    assert np.allclose(np.diag(qh.steady_state(model, initial=ket).state())[:2], [0.36, 0.64], atol=1e-9)


def test_what_turns_for_ever_has_no_long_time_limit() -> None:
    model = two_photon_loss(detuned=0.3)
    ket = np.zeros(7)
    ket[[0, 1]] = 0.6, 0.8
    found = qh.steady_state(model, initial=ket)
    assert found.status is qh.Status.STILL_COHERENT
    assert "Evolve in time" in found.message
    assert qh.steady_state(model, initial=np.diag([0.5, 0.5, *np.zeros(5)])).ok


def test_a_large_model_that_never_relaxes_is_not_said_to_converge() -> None:
    """A driven oscillator that nothing damps: the unit jump does nothing."""
    lower = lowering(34)
    model = qh.LindbladModel(lower.T @ lower + 0.4 * (lower + lower.T), [np.eye(34)])
    ground = np.eye(34)[0]
    found = qh.steady_state(model, initial=ground)
    assert found.status is qh.Status.NOT_CONVERGED
    assert "Evolve in time" in found.message
    assert "average over time" in found.message
    assert "31 states without symmetry" in found.message
    fewer = lowering(14)
    model = qh.LindbladModel(fewer.T @ fewer + 0.4 * (fewer + fewer.T), [np.eye(14)])
    assert qh.steady_state(model, initial=np.eye(14)[0]).status is qh.Status.STILL_COHERENT


def test_a_large_model_with_one_coherence_that_turns_is_decided() -> None:
    """Two-photon loss of a coherent state: what is left turns at the detuning between the parities."""
    lower = lowering(80)
    model = qh.LindbladModel(0.3 * np.diag(np.arange(80.0)), [lower @ lower])
    for kept, status in (([4, 5], qh.Status.STILL_COHERENT), ([4, 8], qh.Status.CONVERGED)):
        ket = np.zeros(80)
        ket[kept] = 0.6, 0.8
        assert qh.steady_state(model, initial=ket).status is status


def test_a_large_model_whose_coherences_die_out_converges() -> None:
    """Driven in pairs of quanta, a damped oscillator keeps one coherence between its parities, and that is steady."""
    lower = lowering(80)
    model = qh.LindbladModel(0.2 * (lower @ lower + (lower @ lower).T), [lower @ lower])
    ket = np.zeros(80)
    ket[[0, 1]] = 0.6, 0.8
    found = qh.steady_state(model, initial=ket)
    assert found.ok
    assert not found.message
    assert np.allclose(qh.evolve(model, [1e3], ket).final, found.state(), atol=1e-6)


def test_a_unique_steady_state_does_not_depend_on_the_preparation() -> None:
    lower = lowering(5)
    model = qh.LindbladModel(0.3 * (lower + lower.T), [lower])
    plain, other = qh.steady_state(model), qh.steady_state(model, initial=np.diag([0, 0, 0, 0, 1.0]))
    assert np.array_equal(plain.state(), other.state())
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    network = qh.Network([one, one], [[0, 0.1], [0.1, 0]])
    assert qh.steady_state(network, initial="uncoupled").synchronization(0, 1) == pytest.approx(
        qh.steady_state(network).synchronization(0, 1)
    )
    with pytest.raises(qh.ArgumentError, match="trace 1"):
        qh.steady_state(dephased(), initial=np.eye(3))


def kinds() -> dict[str, tuple[np.ndarray, list[np.ndarray]]]:
    """Models of the kinds that QuTiP's own tests of steady states take."""
    spin, lower = np.array([[0.0, 1.0], [0.0, 0.0]]), lowering(12)
    number = lower.T @ lower
    cavity, atom = np.kron(lowering(8), np.eye(2)), np.kron(np.eye(8), spin)
    exchange = cavity.T @ atom + atom.T @ cavity
    return {
        "thermal qubit": (0.5 * np.pi * np.diag([1.0, -1.0]), [np.sqrt(0.3) * spin, np.sqrt(0.1) * spin.T]),
        "driven qubit": (0.5 * (spin + spin.T) + 0.2 * np.diag([0, 1.0]), [0.4 * spin, 0.1 * np.diag([0, 1.0])]),
        "thermal oscillator": (number, [np.sqrt(0.05 * 1.3) * lower, np.sqrt(0.05 * 0.3) * lower.T]),
        "driven cavity": (0.2 * number + 0.6 * (lower + lower.T), [np.sqrt(1.2) * lower]),
        "Kerr cavity": (-0.3 * number + 0.2 * number @ number + 0.5 * (lower + lower.T), [lower]),
        "atom in a driven cavity": (exchange + 0.3 * (cavity + cavity.T), [0.7 * cavity, 0.5 * atom]),
        "squeezed": (0.4j * (lower @ lower - lower.T @ lower.T), [lower, 0.3 * lower.T, 0.2 * number]),
    }


@pytest.mark.parametrize("name", kinds())
def test_models_of_the_usual_kinds_agree_with_qutip_from_any_preparation(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import qutip
    hamiltonian, jumps = kinds()[name]
    peer = qutip.steadystate(qutip.Qobj(hamiltonian), [qutip.Qobj(j) for j in jumps]).full()
    model = qh.LindbladModel(hamiltonian, jumps)
    highest = np.diag(np.eye(model.size)[-1])
    assert np.abs(qh.steady_state(model, initial=highest).state() - peer).max() < 1e-8
    assert np.abs(qh.evolve(model, [1e4], highest).final - peer).max() < 1e-7
