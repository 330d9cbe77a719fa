"""An experiment in stages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.pair import pair_of
from qsb_hw.arguments import real, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.evolution import ACCURACY
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.model.network import Network
from qsb_hw.model.protocol import OFF, Protocol, Stage, network_during
from qsb_hw.questions.time import Dynamic, evolve, evolved, problem_of
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.initial import initial_state

PROTOCOL_ACCURACY = 100 * ACCURACY
"""Bound on the trace norm of the error at the end of a protocol unless another one is asked for."""
FEWEST_STEPS, MOST_STEPS = 4, 128
"""Steps of a ramp, at first and at most."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ProtocolRun(Result):
    """States in the course of a protocol.

    Attributes
    ----------
    protocol : Protocol
        Its stages.
    evolutions : tuple of tuple of Evolution
        Of every stage, one after the other; several in a ramp.
    error : float
        Bound on the trace norm of the error at the end, with what the steps of ramps leave, which is estimated.
    accuracy : float
        What was asked for.
    """

    protocol: Protocol
    evolutions: tuple[tuple[Evolution, ...], ...]
    error: float
    accuracy: float

    @property
    def _all(self) -> list[Evolution]:
        return [one for stage in self.evolutions for one in stage]

    @property
    def status(self) -> Status:
        """Of the first evolution that did not converge, else whether the error is below the accuracy."""
        found = worst_status(one.status for one in self._all)
        return found if found is not Status.CONVERGED or self.error <= self.accuracy else Status.NOT_CONVERGED

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        failed = next((one.message for one in self._all if not one.ok), "")
        late = f"The error may be {self.error:.1e}, above the {self.accuracy:.0e} asked for. Use shorter ramps."
        return failed or ("" if self.ok else late)

    @property
    def certificate(self) -> Certificate:
        """The error bound."""
        return Certificate(error_bound=self.error)

    @property
    def times(self) -> Floats:
        """Since the beginning, (k,), those at which stages meet twice."""
        found, begun = [], 0.0
        for one in self._all:
            found.append(begun + one.times)
            begun += float(one.times[-1])
        return np.concatenate(found)

    @property
    def stage(self) -> Floats:
        """Number of the stage at each time, (k,)."""
        return np.concatenate(
            [np.full(one.times.size, k) for k, stage in enumerate(self.evolutions) for one in stage]
        ).astype(float)

    def populations(self, oscillator: int = 0) -> Floats:
        """Level populations of one oscillator, (k, levels)."""
        return np.concatenate([one.populations(oscillator) for one in self._all])

    def synchronization(self, first: int, second: int) -> Floats:
        """S of two oscillators, (k,)."""
        return np.concatenate([one.synchronization(first, second) for one in self._all])

    @property
    def final(self) -> Complexes:
        """Density matrix at the end, (D, D)."""
        return self._all[-1].final


def run_protocol(
    problem: Dynamic,
    protocol: Protocol,
    initial: Any = "ground",
    *,
    points: int = 20,
    rwa: bool = True,
    accuracy: float = PROTOCOL_ACCURACY,
    progress: Callable[[int, int], None] | None = None,
) -> ProtocolRun:
    """States while the stages of a protocol follow one another.

    States are continuous in the frame of every pump, whose phases go on. A ramp is cut into steps of two
    halves each, with what is on a third of a step before its middle and a third after it: the commutator-free Magnus
    integrator of fourth order for a generator linear in time (Blanes & Moan, Appl. Numer. Math. 56, 1519 (2006)). The
    steps are halved until the final state no longer changes.

    Parameters
    ----------
    problem : Network, Chip, Device, Analysis or oscillator
        As of `evolve`; of a device without its twin V does nothing.
    protocol : Protocol
    initial : str, array_like, Qobj or earlier result
        As of `evolve`; "uncoupled" is of the oscillators with their pumps as specified.
    points : int
        Times looked at in every stage, at least.
    rwa : bool
        For complete oscillators: drop the counter-rotating terms.
    accuracy : float
        Bound on the trace norm of the error at the end.
    progress : callable, optional
        Called with (stages done, stages).

    Returns
    -------
    ProtocolRun

    Raises
    ------
    ArgumentError
        If the problem is a bare model, or pumps of eliminated oscillators are turned down.

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
    require(isinstance(protocol, Protocol), "A protocol must be a Protocol", type(protocol).__name__, "Make one.")
    chosen = problem_of(problem, rwa)
    hint = "Give a Network, a device or a chip: of a bare model nobody knows what the pumps are."
    require(chosen.network is not None, "A protocol must be of oscillators", "a LindbladModel", hint)
    assert chosen.network is not None
    share = accuracy / (2 * len(protocol.stages))
    before, found, error = OFF, list[tuple[Evolution, ...]](), 0.0
    state: Any = initial_state(chosen.model, chosen.network, initial, rwa)
    at_rest: dict[tuple[float, float, float], SteadyState | None] = {}
    for number, stage in enumerate(protocol.stages):
        if progress is not None:
            progress(number, len(protocol.stages))
        if stage.ramp:
            evolutions, left = _ramped(chosen.network, before, stage, state, points, rwa, share)
        else:
            evolutions, left = _held(chosen.network, stage, state, points, rwa, share, at_rest)
        error += left
        found.append(evolutions)
        before, state = stage, evolutions[-1].final
    return ProtocolRun(protocol=protocol, evolutions=tuple(found), error=error, accuracy=accuracy)


def _held(
    network: Network,
    stage: Stage,
    state: Any,
    points: int,
    rwa: bool,
    accuracy: float,
    at_rest: dict[tuple[float, float, float], SteadyState | None],
) -> tuple[tuple[Evolution, ...], float]:
    """A stage in which nothing changes; its steady state is kept for a stage that returns to it."""
    times, on = np.linspace(0.0, stage.duration, points), (stage.pumps, stage.coupling, stage.detuning)
    one = evolve(network_during(network, stage), times, state, rwa=rwa, accuracy=accuracy, steady=at_rest.get(on))
    at_rest[on] = one.steady
    return (one,), one.error


def _ramped(
    network: Network, before: Stage, stage: Stage, state: Any, points: int, rwa: bool, accuracy: float
) -> tuple[tuple[Evolution, ...], float]:
    """A ramp, in ever more steps until the final state no longer changes."""
    steps, last, change = FEWEST_STEPS, None, math.inf
    problem = problem_of(network_during(network, stage), rwa)
    begin = initial_state(problem.model, problem.network, state, rwa)
    while True:
        found, current = list[Evolution](), begin
        times = np.linspace(0.0, stage.duration / (2 * steps), max(2, points // (2 * steps)))
        for k in range(2 * steps):
            share = (k // 2 + 0.5 + (k % 2 - 0.5) * 2 / 3) / steps
            during = problem_of(network_during(network, stage.between(before, share)), rwa)
            found.append(evolved(during, times, current, None, accuracy / (8 * steps)))
            current = sp.csr_array(found[-1].motion.matrix(-1))
        if last is not None:
            change = float(np.linalg.svd((current - last).toarray(), compute_uv=False).sum())
        bound = sum(one.error for one in found)
        if change + bound <= accuracy or steps >= MOST_STEPS:
            return tuple(found), change + bound
        steps, last = 2 * steps, current


def staged(
    analysis: Analysis,
    protocol: Protocol,
    initial: str = "ground",
    *,
    pair: bool = True,
    accuracy: float = PROTOCOL_ACCURACY,
) -> ProtocolRun:
    """A protocol with one complete device, or with two of them."""
    analysis = analysis.completed
    one = analysis.oscillator
    if pair:
        one = analysis.pair_size.of(one)
    network = pair_of(one, one, analysis.coupling) if pair else Network([one], [[0.0]])

    def report(done: int, total: int) -> None:
        if analysis.progress is not None:
            analysis.progress("protocol", done, total)

    rwa = analysis.requested.rwa
    return run_protocol(network, protocol, initial, points=60, rwa=rwa, accuracy=accuracy, progress=report)
