"""Fluxes in protocols: the device is built anew, in steps whose error is of fourth order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.devices.rebuilt import flux_of, rebuilt
from qsb_hw.lindblad.ramp import ramp
from qsb_hw.model.protocol import Controls
from qsb_hw.questions import protocol as room
from qsb_hw.questions.setup import Setup, chip_setup
from qsb_hw.questions.time import problem_of
from qsb_hw.units import FLUX_QUANTUM


@pytest.fixture(scope="module")
def chip() -> qh.Chip:
    return qh.load_chip("two_transmons_tunable")


@pytest.fixture(scope="module")
def setup(chip: qh.Chip) -> Setup:
    return chip_setup(ChipAnalysis(chip, Requested(bath_levels=2), network_levels=4), complete=False)


def at(flux: float, ramp: bool = False, duration: float = 5e-9) -> qh.Stage:
    return qh.Stage(duration=duration, flux={"B": flux * FLUX_QUANTUM}, ramp=ramp)


def test_a_flux_moves_frequency_elements_and_coupling_together(chip: qh.Chip) -> None:
    path = "$.node.B.oscillator.flux_bias"
    moved = rebuilt(chip, {path: 0.2 * FLUX_QUANTUM})
    assert isinstance(moved, qh.Chip)
    one, other = (c.node("B").complete.ladder for c in (chip, moved))
    assert other.transition_frequencies[0] < one.transition_frequencies[0]
    assert abs(moved.coupling_between("A", "B")) < abs(chip.coupling_between("A", "B"))
    assert np.all(np.diag(other.exchange, 1).real > 0)  # levels keep their phases: states go on
    left = rebuilt(chip, {path: 0.2 * FLUX_QUANTUM}, "left").node("B")  # type: ignore[union-attr]
    tones = [[t.detuning for b in d.complete.baths for t in b.tones] for d in (chip.node("B"), left)]
    assert np.allclose(*tones, rtol=1e-6)
    assert flux_of(chip, "B") == pytest.approx(0.12999 * FLUX_QUANTUM, rel=1e-4)
    with pytest.raises(qh.ArgumentError, match="A has none"):
        flux_of(chip, "A")


def test_a_stage_at_another_flux_is_the_device_built_there(chip: qh.Chip, setup: Setup) -> None:
    run = qh.run_protocol(setup, qh.Protocol([at(0.15, duration=1e-4)]))
    moved = rebuilt(chip, {"$.node.B.oscillator.flux_bias": 0.15 * FLUX_QUANTUM})
    nodes = [qh.eliminate(moved.node(n).oscillator(4)) for n in "AB"]  # type: ignore[union-attr]
    nodes = [one.detuned(-setup.frame) for one in nodes]
    V = moved.coupling_between("A", "B").real  # type: ignore[union-attr]
    peer = qh.steady_state(qh.Network(nodes, [[0, V], [V, 0]]))
    assert run.synchronization(0, 1)[-1] == pytest.approx(peer.synchronization(0, 1), abs=1e-4)
    assert np.allclose(run.populations(1)[-1], peer.populations(1), atol=1e-4)


def test_flux_ramps_converge_with_the_fourth_power_of_their_steps(setup: Setup) -> None:
    start = setup.initial("uncoupled", True)
    before = Controls.of(qh.Stage(duration=1.0), setup.names, setup.flux)
    target = Controls.of(at(0.14), setup.names, setup.flux)

    def final(steps: int) -> np.ndarray:
        def model(share: float) -> qh.LindbladModel:
            return problem_of(setup.network(target.between(before, share))).model

        return ramp(model, start, 1e-8, steps, 2, 1e-10)[0].matrix(-1).toarray()

    counts = (4, 16)
    found = {steps: final(steps) for steps in (*counts, 36)}
    errors = [np.abs(found[steps] - found[36]).max() for steps in counts]
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert -4.8 < slope < -3.5


def test_too_few_steps_are_said_and_can_be_raised(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = qh.Protocol([at(0.15, ramp=True, duration=1e-8)])
    few = qh.run_protocol(setup, protocol, "uncoupled", most_steps=4)
    assert few.status is qh.Status.NOT_CONVERGED
    assert "`most_steps` = 4" in few.message
    monkeypatch.setattr(room, "FEWEST_STEPS", 16)
    assert qh.run_protocol(setup, protocol, "uncoupled", most_steps=64).ok


def test_a_stage_that_comes_back_is_not_solved_again(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    solved, real = [], room.steady_state_of
    monkeypatch.setattr(room, "steady_state_of", lambda model: solved.append(1) or real(model))
    on, off = qh.Stage(duration=1e-6), qh.Stage(duration=1e-6, coupling={"A-B": 0.0})
    qh.run_protocol(setup, qh.Protocol([on, off, on, off]), "uncoupled")
    assert len(solved) == 2


def test_nodes_are_pumped_one_after_the_other(setup: Setup) -> None:
    first = qh.Stage(duration=3e-6, pumps={"A": 0.0}, coupling=0.0)
    run = qh.run_protocol(setup, qh.Protocol([first, replace(first, pumps=1.0)]))
    end = np.flatnonzero(run.stage == 0)[-1]
    assert run.fidelity(0)[end] < 0.1
    assert run.fidelity(1)[end] > 0.9
    assert run.fidelity(0)[-1] > 0.9


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (qh.Stage(duration=1.0, detuning={"C": 1.0}), "must name a node, but found 'C'"),
        (qh.Stage(duration=1.0, coupling={"A-C": 1.0}), "must name two nodes"),
        (qh.Stage(duration=1.0, pumps={"A": 0.0, "B": 0.0}), "turn the pumps on in some stage"),
        (qh.Stage(duration=1.0, flux={"A": 1e-16}), "A has none"),
    ],
)
def test_bad_stages_are_refused(setup: Setup, stage: qh.Stage, words: str) -> None:
    with pytest.raises(qh.ArgumentError, match=words):
        qh.run_protocol(setup, qh.Protocol([stage]))


def test_a_network_has_no_flux() -> None:
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    with pytest.raises(qh.ArgumentError, match="device or chip from its file"):
        qh.run_protocol(qh.Network([one, one], np.zeros((2, 2))), qh.Protocol([qh.Stage(duration=1.0, flux=1e-16)]))
    with pytest.raises(qh.ArgumentError, match="`tuning` must be"):
        qh.Protocol([qh.Stage(duration=1.0)], "follow")
