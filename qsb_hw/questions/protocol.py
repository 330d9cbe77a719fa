"""An experiment in stages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats, Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.arguments import real, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.evolution import ACCURACY
from qsb_hw.lindblad.ramp import ramp
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.protocol import Controls, Protocol, Stage
from qsb_hw.questions.setup import Acted, Setup, device_setup, setup_of
from qsb_hw.questions.time import Problem, evolved, problem_of
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.initial import error_of

PROTOCOL_ACCURACY = 100 * ACCURACY
"""Bound on the trace norm of the error at the end of a protocol unless another one is asked for."""
FEWEST_STEPS, MOST_STEPS = 4, 512
"""Steps of a ramp, at first and at most."""
PICTURED = 60
"""Times looked at in every stage for a picture."""
FASTEST_FALL = 15.0
"""By how much the rest of a series of halved steps is taken to be smaller than its last change, at most."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StageRun:
    """What is seen in one stage.

    Attributes
    ----------
    status, message : Status, str
        Of the first evolution in it that did not converge.
    times : (k,) float
        Since the stage began.
    populations : tuple of (k, levels) float
        Of every oscillator.
    S : (k, N, N) float
        Synchronization measure of every two; zero on the diagonal.
    steps : int
        That a ramp was cut into; 1 where nothing changes.
    error : float
        What the stage adds to the bound on the trace norm of the error.
    """

    status: Status
    message: str
    times: Floats
    populations: tuple[Floats, ...]
    S: Floats
    steps: int
    error: float


@dataclass(frozen=True, eq=False, kw_only=True)
class ProtocolRun(Result):
    """States in the course of a protocol.

    Attributes
    ----------
    protocol : Protocol
        Its stages.
    names, targets : tuple of str, tuple of int or None
        Of the oscillators; n0 of each.
    eliminated : bool
        Whether baths were eliminated at every moment: what is faster than they are is not resolved.
    stages : tuple of StageRun
        One after the other.
    error : float
        Bound on the trace norm of the error at the end, with what the steps of ramps leave, which is estimated.
    accuracy : float
        What was asked for.
    most_steps : int
        Steps of a ramp at most.
    final_state : (D, D) sparse array
        At the end.
    """

    protocol: Protocol
    names: tuple[str, ...]
    targets: tuple[int | None, ...]
    eliminated: bool
    stages: tuple[StageRun, ...]
    error: float
    accuracy: float
    most_steps: int
    final_state: sp.csr_array = field(repr=False)

    def __repr__(self) -> str:
        names = ", ".join(self.names)
        return f"ProtocolRun({self.status.value}, {len(self.stages)} stages of {names}, error ≤ {self.error:.1e})"

    @property
    def status(self) -> Status:
        """Of the first evolution that did not converge, else whether the error is below the accuracy."""
        found = worst_status(one.status for one in self.stages)
        return found if found is not Status.CONVERGED or self.error <= self.accuracy else Status.NOT_CONVERGED

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        failed = next((one.message for one in self.stages if one.status is not Status.CONVERGED), "")
        worst = max(range(len(self.stages)), key=lambda k: self.stages[k].error)
        name = self.protocol.stages[worst].name or f"stage {worst + 1}"
        late = (
            f"The error may be {self.error:.1e}, above the {self.accuracy:.0e} asked for, most of it from {name}, "
            f"which was cut into {self.stages[worst].steps} steps of `most_steps` = {self.most_steps}. Raise "
            "`most_steps`, or use shorter ramps or less accuracy."
        )
        return failed or ("" if self.ok else late)

    @property
    def certificate(self) -> Certificate:
        """The error bound."""
        return Certificate(error_bound=self.error)

    @property
    def size(self) -> int:
        """Number of oscillators."""
        return len(self.names)

    @property
    def times(self) -> Floats:
        """Since the beginning, (k,), those at which stages meet twice."""
        begun = np.cumsum([0.0, *(stage.duration for stage in self.protocol.stages)])
        return np.concatenate([start + one.times for start, one in zip(begun, self.stages, strict=False)])

    @property
    def stage(self) -> Floats:
        """Number of the stage at each time, (k,)."""
        return np.repeat(np.arange(len(self.stages)), [one.times.size for one in self.stages]).astype(float)

    def populations(self, oscillator: int = 0) -> Floats:
        """Level populations of one oscillator, (k, levels)."""
        return np.concatenate([one.populations[oscillator] for one in self.stages])

    def fidelity(self, oscillator: int = 0) -> Floats:
        """P(n0) of one oscillator, (k,); NaN where its tones single out no level."""
        target, found = self.targets[oscillator], self.populations(oscillator)
        return np.full(len(found), math.nan) if target is None else np.asarray(found[:, target])

    def synchronization(self, first: int, second: int) -> Floats:
        """S of two oscillators, (k,)."""
        return np.concatenate([one.S[:, first, second] for one in self.stages])

    @property
    def final(self) -> Complexes:
        """Density matrix at the end, (D, D)."""
        return np.asarray(self.final_state.toarray())


def run_protocol(
    problem: Acted,
    protocol: Protocol,
    initial: Any = "ground",
    *,
    points: int = 20,
    rwa: bool = True,
    accuracy: float = PROTOCOL_ACCURACY,
    most_steps: int = MOST_STEPS,
    source: str = "spec",
    progress: Callable[[int, int], None] | None = None,
) -> ProtocolRun:
    """States while the stages of a protocol follow one another.

    States are continuous in the frame of every pump, whose phases go on, and in the levels of every ladder, which a
    flux moves slowly against its frequency. A ramp is cut into steps of the commutator-free Magnus integrator of fourth
    order (Blanes & Moan, Appl. Numer. Math. 56, 1519 (2006)), a ramp of a flux too, where everything is built anew at
    two fluxes of every step. The steps are halved until the final state no longer changes, as far as that follows from
    the last changes.

    Parameters
    ----------
    problem : Network, Chip, ChipAnalysis, Device, Analysis, oscillator or Setup
        As of `evolve`; of a device without its twin V does nothing. Only what comes from a file has a flux.
    protocol : Protocol
    initial : str, array_like, Qobj or earlier result
        As of `evolve`; "uncoupled" is of the oscillators with their pumps as specified.
    points : int
        Times looked at in every stage, at least.
    rwa : bool
        For complete oscillators: drop the counter-rotating terms.
    accuracy : float
        Bound on the trace norm of the error at the end.
    most_steps : int
        Steps of a ramp at most.
    source : str
        Path of the file, where it names files beside it and a stage sets a flux.
    progress : callable, optional
        Called with (stages done, stages).

    Returns
    -------
    ProtocolRun

    Raises
    ------
    ArgumentError
        If the problem is a bare model, a stage names a node or link that is not there or a flux where there is none,
        the pumps are on in no stage, or pumps of eliminated oscillators are turned down.
    SpecError
        If no device can be built at a flux.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("kerr_squid_array").oscillator(4).with_bath_levels(2)
    >>> on, off = qh.Stage(duration=6e-6), qh.Stage(duration=1e-6, pumps=0)
    >>> run = qh.run_protocol(device, qh.Protocol([on, off]))
    >>> print(run.populations(0)[run.stage == 0][-1, 1].round(2), run.populations(0)[-1, 1].round(2))
    0.88 0.83
    """
    real("`accuracy`", accuracy, "Give a bound on the error.", above=0.0)
    whole("`points`", points, "Give how many times are looked at in every stage.", least=2)
    whole("`most_steps`", most_steps, f"{MOST_STEPS} unless given.", least=1)
    require(isinstance(protocol, Protocol), "A protocol must be a Protocol", type(protocol).__name__, "Make one.")
    setup = setup_of(problem, protocol.tuning, source)
    targets = [Controls.of(stage, setup.names, setup.flux) for stage in protocol.stages]
    pumped = any(one.pumps.any() for one in targets)
    require(pumped, "A protocol must turn the pumps on in some stage", "pumps = 0 in all", "Leave `pumps` out of one.")
    setup.require_flux(targets)
    runner = _Runner(setup, rwa, points, accuracy / (2 * len(targets)), most_steps)
    before, found, error = Controls.off(setup.flux), list[StageRun](), error_of(initial)
    state = setup.initial(initial, rwa)
    for number, (stage, target) in enumerate(zip(protocol.stages, targets, strict=True)):
        if progress is not None:
            progress(number, len(targets))
        one, state = runner.ramped(before, target, stage, state) if stage.ramp else runner.held(target, stage, state)
        error += one.error
        found.append(one)
        before = target
    return ProtocolRun(
        protocol=protocol,
        names=setup.names,
        targets=tuple(one.target for one in setup.oscillators),
        eliminated=setup.eliminated,
        stages=tuple(found),
        error=error,
        accuracy=accuracy,
        most_steps=most_steps,
        final_state=state,
    )


def staged(
    analysis: Analysis,
    protocol: Protocol,
    initial: str = "ground",
    *,
    pair: bool = True,
    most_steps: int = MOST_STEPS,
    source: str = "spec",
) -> ProtocolRun:
    """A protocol with one complete device, or with it and its twin, nodes A and B."""
    setup = device_setup(analysis, pair, protocol.tuning, source)
    return staged_setup(setup, protocol, initial, analysis.requested.rwa, most_steps, analysis.progress)


def staged_setup(
    setup: Setup, protocol: Protocol, initial: str, rwa: bool, most_steps: int, progress: Progress | None
) -> ProtocolRun:
    """A protocol with as many times as a picture needs."""

    def tick(done: int, total: int) -> None:
        if progress is not None:
            progress("protocol", done, total)

    return run_protocol(
        setup, protocol, initial, points=PICTURED, rwa=rwa, most_steps=most_steps, progress=tick
    )  # fmt: skip


@dataclass(eq=False)
class _Runner:
    """Stages of one protocol, with the steady states of what was held already."""

    setup: Setup
    rwa: bool
    points: int
    accuracy: float
    most_steps: int
    known: dict[bytes, tuple[Problem, SteadyState | None]] = field(default_factory=dict)

    def held(self, now: Controls, stage: Stage, state: sp.csr_array) -> tuple[StageRun, sp.csr_array]:
        """A stage in which nothing changes."""
        if now.key not in self.known:
            problem = problem_of(self.setup.network(now), self.rwa)
            self.known[now.key] = problem, steady_state_of(problem.model)
        problem, steady = self.known[now.key]
        times = np.linspace(0.0, stage.duration, self.points)
        one = evolved(problem, times, state, steady, self.accuracy)
        return _seen(one, 1, one.error), sp.csr_array(one.motion.matrix(-1))

    def ramped(
        self, before: Controls, target: Controls, stage: Stage, state: sp.csr_array
    ) -> tuple[StageRun, sp.csr_array]:
        """A ramp, in ever more steps until the final state no longer changes."""
        steps, last, change = min(FEWEST_STEPS, self.most_steps), None, math.inf
        while True:
            one, current = self._in_steps(before, target, stage, state, steps)
            previous = change
            if last is not None:
                change = float(np.abs(np.linalg.eigvalsh((current - last).toarray())).sum())
            fall = previous / change if math.isfinite(previous) and change > 0 else 2.0
            left = change / min(max(fall - 1, 1.0), FASTEST_FALL)
            if left + one.error <= self.accuracy or 2 * steps > self.most_steps:
                return _seen(one, steps, left + one.error), current
            steps, last = 2 * steps, current

    def _in_steps(
        self, before: Controls, target: Controls, stage: Stage, state: sp.csr_array, steps: int
    ) -> tuple[Evolution, sp.csr_array]:
        def problem(share: float) -> Problem:
            return problem_of(self.setup.network(target.between(before, share)), self.rwa)

        motion, times = ramp(
            lambda share: problem(share).model, state, stage.duration, steps, self.points, 0.25 * self.accuracy
        )
        end = problem(1.0)
        one = Evolution(
            status=Status.CONVERGED, message="", times=times, accuracy=self.accuracy, model=end.model,
            network=end.network, steady=None, motion=motion, subsystems=end.subsystems,
        )  # fmt: skip
        return one, sp.csr_array(motion.matrix(-1))


def _seen(one: Evolution, steps: int, error: float) -> StageRun:
    """What is kept of an evolution: its directions would fill the memory."""
    count = len(one.subsystems)
    S = np.zeros((one.times.size, count, count))
    for j in range(count):
        for k in range(j + 1, count):
            S[:, j, k] = S[:, k, j] = one.synchronization(j, k)
    populations = tuple(one.populations(k) for k in range(count))
    return StageRun(
        status=one.status, message=one.message, times=one.times, populations=populations, S=S, steps=steps, error=error
    )  # fmt: skip
