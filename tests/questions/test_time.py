"""States in the course of time: against QuTiP and matrix exponentials, error bounds, long times, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
import qutip
import scipy.linalg
import scipy.sparse as sp

import qsb_hw as qh
from qsb_hw.lindblad import evolution
from qsb_hw.questions.time import evolve

rng_of = np.random.default_rng
LOWER = {n: np.diag(np.sqrt(np.arange(1.0, n)), 1) for n in range(2, 13)}
ONE = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)


def liouvillian(model: qh.LindbladModel) -> np.ndarray:
    """L on row-stacked matrices, dense."""
    h, one = model.hamiltonian.toarray(), np.eye(model.size)
    total = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for jump in (j.toarray() for j in model.jumps):
        decay = jump.conj().T @ jump
        total += np.kron(jump, jump.conj()) - 0.5 * (np.kron(decay, one) + np.kron(one, decay.T))
    return total


def exact(model: qh.LindbladModel, times: np.ndarray, state: np.ndarray) -> np.ndarray:
    generator = liouvillian(model)
    return np.array([(scipy.linalg.expm(t * generator) @ state.ravel()).reshape(state.shape) for t in times])


def trace_norm(matrix: np.ndarray) -> float:
    return float(np.linalg.svd(matrix, compute_uv=False).sum())


def random_model(seed: int, kind: str, size: int = 6) -> tuple[qh.LindbladModel, np.ndarray]:
    """A model without symmetry, with a charge, or with parity alone, and a random state with every coherence."""
    rng = rng_of(seed)
    noise = rng.standard_normal((2, size, size)) + 1j * rng.standard_normal((2, size, size))
    hamiltonian, jump = noise[0] + noise[0].conj().T, noise[1]
    levels = np.arange(size)
    if kind == "charge":
        hamiltonian = np.diag(100.0 * levels + rng.standard_normal(size))
        jumps = [LOWER[size] * rng.random(size), 0.3 * LOWER[size].T * rng.random(size), np.diag(rng.random(size))]
    elif kind == "parity":
        even = (levels[:, None] - levels[None, :]) % 2 == 0
        hamiltonian, jumps = 30 * hamiltonian * even, [jump * even, jump.T * ~even]
    else:
        hamiltonian, jumps = 30 * hamiltonian, [jump, 1e-2 * jump.T]
    root = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    state = root @ root.conj().T
    return qh.LindbladModel(hamiltonian, jumps), state / np.trace(state)


@pytest.mark.parametrize("kind", ["none", "charge", "parity"])
@pytest.mark.parametrize("accuracy", [1e-4, 1e-8])
def test_random_models_agree_with_the_matrix_exponential_within_the_bound(kind: str, accuracy: float) -> None:
    times = np.array([0.0, 1e-3, 0.03, 0.4, 7.0])
    for seed in range(3):
        model, state = random_model(seed, kind)
        found = evolve(model, times, state, accuracy=accuracy)
        errors = [trace_norm(found.state(k) - rho) for k, rho in enumerate(exact(model, times, state))]
        assert max(errors) <= found.error + 1e-11
        assert found.ok
        assert found.error <= accuracy
        operator = rng_of(seed).standard_normal((model.size,) * 2) + 1j * np.eye(model.size)
        assert np.allclose(found.expect(operator), [np.trace(found.state(k) @ operator) for k in range(times.size)])


TIGHT = {"atol": 1e-11, "rtol": 1e-10, "nsteps": 10**7}


@pytest.mark.parametrize(("kind", "size"), [("none", 8), ("charge", 12), ("parity", 10)])
def test_random_models_agree_with_mesolve(kind: str, size: int) -> None:
    model, state = random_model(size, kind, size)
    times = np.array([0.0, 0.02, 0.3, 1.5])
    found = evolve(model, times, state, accuracy=1e-8)
    hamiltonian, jumps = model.to_qutip()
    tight = {**TIGHT, "method": "vern9"}
    peer = qutip.mesolve(hamiltonian, qutip.Qobj(state, dims=hamiltonian.dims), times, jumps, options=tight)
    moved = [trace_norm(rho.full() - state) for rho in peer.states]
    assert moved[1] > 0.1
    for k, rho in enumerate(peer.states):
        assert trace_norm(found.state(k) - rho.full()) <= found.error + 1e-8  # of mesolve


def complete(levels: int = 4, bath_levels: int = 2) -> qh.SelfOscillator:
    ladder = qh.Ladder.kerr(frequency=50.0, kerr=1.0, levels=levels)
    up, down = ladder.transition_frequencies[:2]
    tones = ((up, 0.5, 0.06), (-down, 0.5, 0.05))
    baths = [qh.Bath.cavity(detuning=d, linewidth=k, coupling=g, levels=bath_levels) for d, k, g in tones]
    return qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=4e4, thermal_occupation=0.1))


@pytest.mark.parametrize("rwa", [True, False])
def test_turn_on_of_a_complete_device_agrees_with_mesolve(rwa: bool) -> None:
    one = complete(3)
    model = qh.full_model(one, rwa)
    times = np.array([0.0, 1.0, 10.0, 40.0])
    found = evolve(one, times, rwa=rwa)
    hamiltonian, jumps = model.to_qutip()
    start = qutip.ket2dm(qutip.basis(list(model.dims), [0] * 3))
    peer = qutip.mesolve(hamiltonian, start, times, jumps, options=TIGHT)
    for k, state in enumerate(peer.states):
        assert trace_norm(found.state(k) - state.full()) < 2e-7
    assert found.error < 1e-6


def test_a_pair_agrees_with_mesolve_in_populations_phases_and_correlations() -> None:
    net = qh.Network([ONE.detuned(20.0), ONE], [[0, 0.3], [0.3, 0]])
    times = np.array([0.0, 0.3, 2.0, 15.0])
    found = evolve(net, times, "uncoupled")
    hamiltonian, jumps = qh.network_model(net).to_qutip()
    start = qutip.Qobj(found.state(0), dims=[[4, 4], [4, 4]])
    peer = qutip.mesolve(hamiltonian, start, times, jumps, options=TIGHT)
    single = qh.steady_state(qh.effective_model(ONE)).populations()
    assert np.allclose(found.populations(0)[0], single, atol=1e-6)
    a = qutip.tensor(qutip.Qobj(ONE.ladder.annihilation), qutip.qeye(4)).dag()
    b = qutip.tensor(qutip.qeye(4), qutip.Qobj(ONE.ladder.annihilation))
    for k, state in enumerate(peer.states):
        assert trace_norm(found.state(k) - state.full()) < 1e-6
        assert np.allclose(found.populations(1)[k], state.ptrace(1).diag().real, atol=1e-6)
        assert found.cross_correlation(0, 1)[k] == pytest.approx(qutip.expect(a * b, state), abs=1e-6)
    limit = qh.steady_state(net)
    late = evolve(net, [1e4], "uncoupled")
    assert late.synchronization(0, 1)[0] == pytest.approx(limit.synchronization(0, 1), abs=1e-8)
    assert late.phase_distribution(0, 1, 0).argmax == pytest.approx(limit.phase_distribution(0, 1).argmax, abs=1e-6)


@pytest.mark.parametrize("initial", ["ground", "thermal", "uncoupled"])
def test_long_times_end_in_the_certified_steady_state(initial: str) -> None:
    one = complete()
    steady = qh.steady_state(qh.full_model(one))
    found = evolve(one, [0.0, 1e9 / steady.gap], initial)
    assert found.ok
    assert np.allclose(found.final, steady.state(), atol=1e-12)
    assert found.error < 1e-6


def test_slow_relaxation_costs_no_more_than_fast_motion() -> None:
    one = complete()
    short, long = (evolve(one, np.geomspace(t / 1e3, t, 20)) for t in (10.0, 1e8))
    assert long.motion.solves <= 1.5 * short.motion.solves


def test_the_error_follows_the_accuracy_asked_for() -> None:
    one = complete(4, 3)
    steady = qh.steady_state(qh.full_model(one), qh.SparseDirect(accuracy=1e-12))
    times = np.array([1.0, 30.0])
    coordinates = evolve(one, [1.0], accuracy=0.1, steady=steady).motion.parts[0].coordinates
    ground = sp.coo_array(([1.0], ([0], [0])), shape=(36, 36))
    start = coordinates.vector(coordinates.generator.space.flatten(ground))
    truth = [scipy.linalg.expm(t * coordinates.matrix.toarray()) @ start for t in times]
    asked, made = 10.0 ** -np.arange(1, 10), []
    for accuracy in asked:
        found = evolve(one, times, accuracy=float(accuracy), steady=steady)
        (part,) = found.motion.parts
        vectors = (part.rest + part.weights @ part.basis).real
        made.append(max(float(np.linalg.norm(v - u)) for v, u in zip(vectors, truth, strict=True)))
        assert made[-1] <= found.error <= accuracy
    slope = np.polyfit(np.log10(asked), np.log10(made), 1)[0]
    assert 0.7 < slope < 1.5


def test_an_evolution_goes_on_where_another_ended() -> None:
    model, state = random_model(1, "charge")
    once = evolve(model, [0.0, 0.7, 1.9], state)
    first = evolve(model, [0.7], state)
    second = evolve(model, [0.0, 1.2], first)
    assert np.allclose(second.state(0), once.state(1), atol=2e-6)
    assert np.allclose(second.final, once.final, atol=3e-6)
    stated, added = qh.steady_state(model), evolve(model, [0.0], qh.steady_state(model).state())
    assert evolve(model, [0.0], stated).error > added.error
    ket = np.zeros(6, dtype=complex)
    ket[:2] = 0.6, 0.8j
    assert np.allclose(evolve(model, [0.0], ket).final, np.outer(ket, ket.conj()), atol=1e-12)
    assert np.allclose(evolve(model, [0.0], qutip.Qobj(ket)).final, np.outer(ket, ket.conj()), atol=1e-12)


def test_a_model_without_a_unique_steady_state_evolves_too() -> None:
    model = qh.LindbladModel(np.diag([0.0, 1.0, 5.0]), [np.diag([0.0, 1.0, 1.0])])
    state = np.full((3, 3), 1 / 3)
    found = evolve(model, [0.0, 2.0, 1e6], state)
    assert found.ok
    assert found.final[1, 2] == pytest.approx(np.exp(4e6j) / 3, abs=1e-6)
    assert abs(found.final[0, 1]) < 1e-9
    assert found.state(1)[0, 1] == pytest.approx(np.exp(2j - 1) / 3, abs=1e-6)


def test_what_has_not_converged_says_so_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evolution, "MOST_DIRECTIONS", 5)
    found = evolve(complete(), [0.0, 30.0])
    assert found.status is qh.Status.NOT_CONVERGED
    assert found.error > found.accuracy
    assert "directions" in found.message
    with pytest.raises(qh.ConvergenceError, match="error may be"):
        found.require()
    monkeypatch.undo()
    good = evolve(complete(), [0.0, 30.0])
    assert trace_norm(found.final - good.final) <= found.error


@pytest.mark.parametrize(
    ("times", "initial", "words"),
    [
        ([1.0, 0.5], "ground", "must not fall"),
        ([-1.0], "ground", "must not be negative"),
        ([], "ground", "must be a list"),
        ([math.nan], "ground", "finite"),
        ([1.0], "hot", "ground, thermal, uncoupled"),
        ([1.0], "thermal", "must be of complete oscillators"),
        ([1.0], np.eye(4), "trace 1"),
        ([1.0], np.diag([1.5, -0.5, 0, 0]), "negative eigenvalue"),
        ([1.0], np.diag([0.5, 0.5, 0]), "4 states"),
        ([1.0], np.array([1.0, 1.0, 0, 0]), "norm 1"),
        ([1.0], np.array([[1, 1, 0, 0], *np.zeros((3, 4))]), "Hermitian"),
    ],
)
def test_bad_input_is_refused(times: list[float], initial: object, words: str) -> None:
    with pytest.raises(qh.ArgumentError, match=words):
        evolve(ONE, times, initial)


def test_other_bad_input_is_refused() -> None:
    with pytest.raises(qh.ArgumentError, match="problem must be"):
        evolve(np.eye(2), [1.0])  # type: ignore[arg-type]
    with pytest.raises(qh.ArgumentError, match="LindbladModel"):
        evolve(qh.effective_model(ONE), [1.0], "uncoupled")
    found = evolve(ONE, [0.0, 1.0])
    with pytest.raises(qh.ArgumentError, match="oscillator"):
        found.populations(1)
    with pytest.raises(qh.ArgumentError, match="time"):
        found.state(2)
    with pytest.raises(qh.ArgumentError, match="relative to another"):
        found.synchronization(0, 0)
    with pytest.raises(qh.ArgumentError, match="4 × 4"):
        found.expect(np.eye(3))
