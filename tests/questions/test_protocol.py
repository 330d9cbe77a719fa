"""Experiments in stages: against a single evolution, closed forms, and a time-dependent solution of QuTiP."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.questions import protocol as room

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import qutip

T1 = 400.0


def complete() -> qh.SelfOscillator:
    ladder = qh.Ladder.kerr(frequency=50.0, kerr=1.0, levels=3)
    up, down = ladder.transition_frequencies[:2]
    tones = ((up, 0.5, 0.06), (-down, 0.5, 0.05))
    baths = [qh.Bath.cavity(detuning=d, linewidth=k, coupling=g, levels=2) for d, k, g in tones]
    return qh.SelfOscillator(ladder, baths, qh.Decoherence(t1=T1))


ONE = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
PAIR = qh.Network([ONE, ONE], [[0, 0.3], [0.3, 0]])


def test_stages_that_change_nothing_are_one_evolution() -> None:
    run = qh.run_protocol(complete(), qh.Protocol([qh.Stage(duration=10.0), qh.Stage(duration=30.0)]))
    once = qh.evolve(complete(), [0.0, 10.0, 40.0])
    assert run.ok
    assert run.times[-1] == pytest.approx(40.0)
    assert np.allclose(run.populations(0)[run.stage == 0][-1], once.populations(0)[1], atol=1e-5)
    assert np.allclose(run.final, once.final, atol=1e-5)


def test_a_device_without_pumps_relaxes_with_its_t1() -> None:
    stages = [qh.Stage(duration=2e3), qh.Stage(duration=50.0, pumps=0), qh.Stage(duration=300.0, pumps=0)]
    run = qh.run_protocol(complete(), qh.Protocol(stages))
    number = run.populations(0) @ np.arange(3)
    late = number[run.stage == 2]
    assert late[-1] / late[0] == pytest.approx(np.exp(-300 / T1), rel=1e-3)


def test_the_coupling_turned_on_late_acts_as_from_uncoupled_devices() -> None:
    run = qh.run_protocol(PAIR, qh.Protocol([qh.Stage(duration=1e3, coupling=0), qh.Stage(duration=4.0)]), points=9)
    peer = qh.evolve(PAIR, np.linspace(0, 4, 9), "uncoupled")
    assert np.allclose(run.synchronization(0, 1)[run.stage == 1], peer.synchronization(0, 1), atol=1e-5)
    assert np.abs(run.synchronization(0, 1)[run.stage == 0]).max() < 1e-6


def ramp_by_qutip(duration: float) -> np.ndarray:
    """V and Δ raised linearly, integrated as they are."""

    def model(coupling: float, detuning: float) -> qh.LindbladModel:
        return qh.network_model(qh.Network([ONE.detuned(detuning), ONE], coupling * PAIR.coupling))

    (bare, jumps), coupled, detuned = model(0, 0).to_qutip(), model(1, 0).to_qutip()[0], model(0, 6.0).to_qutip()[0]
    start = qutip.Qobj(qh.evolve(PAIR, [0.0], "uncoupled").final, dims=bare.dims)
    hamiltonian = [bare, [coupled - bare + detuned - bare, lambda t: t / duration]]
    options = {"atol": 1e-11, "rtol": 1e-9, "nsteps": 10**6}
    return qutip.mesolve(hamiltonian, start, [0.0, duration], jumps, options=options).states[-1].full()


def test_ramps_agree_with_qutip_within_their_error() -> None:
    ramp = qh.Stage(duration=1.5, detuning=6.0, ramp=True)
    run = qh.run_protocol(PAIR, qh.Protocol([qh.Stage(duration=1e3, coupling=0), ramp]), accuracy=1e-4)
    wrong = np.linalg.svd(run.final - ramp_by_qutip(1.5), compute_uv=False).sum()
    assert run.ok
    assert wrong <= run.error


def test_the_error_of_a_ramp_falls_as_the_fourth_power_of_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    exact, errors = ramp_by_qutip(1.5), []
    before = qh.Stage(duration=1e3, coupling=0)
    for steps in (4, 8, 16):
        monkeypatch.setattr(room, "FEWEST_STEPS", steps)
        ramp = qh.Stage(duration=1.5, detuning=6.0, ramp=True)
        run = qh.run_protocol(PAIR, qh.Protocol([before, ramp]), accuracy=1e-8, most_steps=steps)
        errors.append(np.linalg.svd(run.final - exact, compute_uv=False).sum())
        assert not run.ok
    slope = np.polyfit(np.log([4, 8, 16]), np.log(errors), 1)[0]
    assert -4.8 < slope < -3.5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: qh.Stage(duration=-1.0), "must be positive"),
        (lambda: qh.Stage(duration=0.0), "must be positive"),
        (lambda: qh.Stage(duration=1.0, pumps=-0.5), "must not be negative"),
        (lambda: qh.Protocol([]), "made of stages"),
        (lambda: qh.Protocol([qh.Stage(duration=1.0, pumps=0)]), "turn the pumps on"),
        (lambda: qh.run_protocol(ONE, [qh.Stage(duration=1.0)]), "must be a Protocol"),  # type: ignore[arg-type]
        (lambda: qh.run_protocol(qh.effective_model(ONE), qh.Protocol([qh.Stage(duration=1.0)])), "of oscillators"),
        (
            lambda: qh.run_protocol(ONE, qh.Protocol([qh.Stage(duration=1.0, pumps=0), qh.Stage(duration=1.0)])),
            "complete oscillators",
        ),
    ],
)
def test_bad_protocols_are_refused(make, words: str) -> None:
    with pytest.raises(qh.ArgumentError, match=words):
        make()
