"""The usual experiment: pumps on until the Fock state stands, then the coupling, then S."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw._typing import Progress as Report
from qsb_hw.analysis.analysis import Analysis, analyse
from qsb_hw.analysis.conditions import Chosen
from qsb_hw.analysis.pair import PairAnalysis
from qsb_hw.arguments import real
from qsb_hw.errors import require
from qsb_hw.lindblad.evolution import ACCURACY
from qsb_hw.model.device import Device
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.time import evolve
from qsb_hw.result import Combined
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.resonances import Resonance
from qsb_hw.sync.solution import SyncSolution

TIMES = 300
"""Times at which an evolution is looked at, equal steps of the logarithm and zero."""
PER_TURN, TURNS = 12, 50
"""Times for each turn of the fastest resonance that S is detuned from, and turns that are followed so."""
EARLIEST, LATEST = 1e-2, 15.0
"""First time over the fastest, last one over the slowest relaxation time."""
REACHED = 0.01
"""Distance from the steady state at which it counts as reached: share of the population moved, or share of S."""
STARTS = ("ground", "thermal")


@dataclass(frozen=True, eq=False, kw_only=True)
class Course:
    """A number on its way to its steady value.

    Attributes
    ----------
    times, values : (k,) float
        In s; the number.
    forever : float
        Its steady value.
    wait : float
        Time in s from which on it is as good as reached.
    time, at_time : float
        The duration asked about in s, and the number then.
    """

    times: Floats
    values: Floats
    forever: float
    wait: float
    time: float
    at_time: float

    @property
    def reached(self) -> bool:
        """Whether the steady value is reached at `time`."""
        return self.wait <= self.time


@dataclass(frozen=True, eq=False, kw_only=True)
class CoupledCourse:
    """S of two devices after their coupling is turned on.

    Attributes
    ----------
    detuning, resonance : float, Resonance or None
        Δ in rad/s, and the levels that are resonant there.
    S : Course
        The synchronization measure.
    evolution : Evolution
        Of the pair, from the product of the single steady states.
    """

    detuning: float
    resonance: Resonance | None
    S: Course
    evolution: Evolution


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnOn(Combined):
    """What an experiment shows before the steady state.

    Attributes
    ----------
    initial : str
        "ground" or "thermal".
    time : Chosen
        Duration in s that is asked about, and where it comes from.
    target : int
        n0.
    populations : (k, levels) float
        Of one device, at the times of `fidelity`.
    fidelity : Course
        P(n0) after the pumps are turned on.
    evolution : Evolution
        Of one device.
    pairs : tuple of CoupledCourse
        At zero detuning and at the first resonance; empty where none was asked for.
    """

    initial: str
    time: Chosen
    target: int
    populations: Floats
    fidelity: Course
    evolution: Evolution
    pairs: tuple[CoupledCourse, ...]

    @property
    def _results(self) -> list[Evolution]:
        return [self.evolution, *(pair.evolution for pair in self.pairs)]


def turn_on(
    source: Device | SelfOscillator,
    initial: str = "ground",
    time: float | None = None,
    *,
    pair: bool = True,
    accuracy: float = ACCURACY,
    progress: Report | None = None,
    **requested: Any,
) -> TurnOn:
    """Pumps on from the ground or a thermal state until the Fock state stands, then the coupling of two devices: S(t).

    Every bath is kept. Times follow from the gaps.

    Parameters
    ----------
    source : Device or SelfOscillator
        What is turned on; two copies of it are the pair.
    initial : str
        "ground" or "thermal".
    time : float, optional
        Duration in s to ask about; that of one experiment unless given.
    pair : bool
        Whether to couple two devices.
    accuracy : float
        Bound on the trace norm of the error of every state.
    progress : callable, optional
        Called with (stage, done, total).
    **requested
        Fields of `Requested`, as of `analyse`.

    Returns
    -------
    TurnOn

    Raises
    ------
    ArgumentError
        If the initial state is another one, the time is not positive, or no level is singled out.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.turn_on(qh.load_device("kerr_squid_array"), levels=4, bath_levels=2, pair=False)
    >>> print(f"P(1) = {found.fidelity.forever:.2f} after {found.fidelity.wait * 1e6:.1f} µs")
    P(1) = 0.88 after 3.1 µs
    """
    return turned_on(analyse(source, progress=progress, **requested), initial, time, pair=pair, accuracy=accuracy)


def turned_on(
    analysis: Analysis, initial: str = "ground", time: float | None = None, *, pair: bool = True,
    accuracy: float = ACCURACY,
) -> TurnOn:  # fmt: skip
    """The same of an analysis."""
    require_start(initial)
    analysis = analysis.completed
    asked = asked_of(analysis, time)
    populations, fidelity, alone = device_turned_on(analysis, initial, asked.value, accuracy)
    return TurnOn(
        initial=initial,
        time=asked,
        target=analysis.target,
        populations=populations,
        fidelity=fidelity,
        evolution=alone,
        pairs=tuple(_pairs(analysis, asked.value, accuracy)) if pair else (),
    )


def asked_of(analysis: Analysis, time: float | None) -> Chosen:
    """The duration that is asked about; that of one experiment unless given."""
    found = analysis.base_conditions.experiment_time
    if time is None:
        return found
    return Chosen(real("The time", time, "Give it in s.", above=0.0), type(found.origin).GIVEN)


def require_start(initial: str) -> None:
    """`ArgumentError` unless an experiment can begin so."""
    hint = "States from elsewhere are what `evolve` takes."
    require(initial in STARTS, "The initial state must be ground or thermal", repr(initial), hint)


def device_turned_on(
    analysis: Analysis, initial: str, asked: float, accuracy: float
) -> tuple[Floats, Course, Evolution]:
    """Populations of one complete device, its P(n0) and its evolution after the pumps are turned on."""
    target, steady = analysis.target, analysis.alone.require()
    report_to(analysis, "pumps turned on", 0, 0)
    times = grid_of_times(steady.gap, fastest_bath(analysis.oscillator), asked)
    alone = evolve(analysis, times, initial, accuracy=accuracy, steady=steady)
    populations, forever = alone.populations(0), steady.populations(0)
    distance = np.abs(populations - forever).sum(1) / 2
    return populations, course_of(times, populations[:, target], float(forever[target]), distance, asked), alone


def pair_turned_on(pair: PairAnalysis, detuning: float, asked: float, accuracy: float) -> tuple[Course, Evolution]:
    """S of a complete pair at δ (rad/s) after the coupling is turned on, and its evolution."""
    solution: SyncSolution = pair.complete_pairs([detuning])[0].require()
    turning = max((abs(r.detuning - detuning) for r in pair.resonances), default=0.0)
    fastest = max(fastest_bath(node.completed.oscillator) for node in pair.nodes)
    times = grid_of_times(solution.gap, fastest, asked, turning)
    rwa = pair.requested.rwa
    evolution = evolve(solution.network, times, "uncoupled", rwa=rwa, accuracy=accuracy, steady=solution)
    forever = solution.synchronization(0, 1)
    return course_of_S(times, evolution.synchronization(0, 1), forever, asked, accuracy), evolution


def _pairs(analysis: Analysis, asked: float, accuracy: float) -> list[CoupledCourse]:
    named: Sequence[tuple[float, Resonance | None]] = [
        (0.0, None), *((r.detuning, r) for r in analysis.resonances[:1])
    ]  # fmt: skip
    found = []
    for place, (detuning, resonance) in enumerate(named):
        report_to(analysis, "coupling turned on, complete pair", place, len(named))
        course, evolution = pair_turned_on(analysis.pair, detuning, asked, accuracy)
        found.append(CoupledCourse(detuning=detuning, resonance=resonance, S=course, evolution=evolution))
    return found


def grid_of_times(gap: float, fastest: float, asked: float, turning: float = 0.0) -> Floats:
    """Zero, the time asked about, and a logarithmic grid; with a frequency (rad/s) its first turns as well.

    Later one turn is followed from each time of the grid, so that no picture shows fewer turns than there are.
    """
    last = max(LATEST / gap, asked)
    grid = np.geomspace(min(EARLIEST / fastest, last / 10), last, TIMES)
    turns = np.empty(0)
    if turning:
        point = 2 * np.pi / turning / PER_TURN
        first, one = point * np.arange(1, PER_TURN * TURNS + 1), point * np.arange(1, PER_TURN)
        turns = np.concatenate([first, np.add.outer(grid[grid > first[-1]], one).ravel()])
    return np.unique(np.concatenate([[0.0, asked], grid, turns[turns < last]]))


def fastest_bath(oscillator: SelfOscillator) -> float:
    """Largest κ in rad/s."""
    return max(tone.linewidth for bath in oscillator.baths for tone in bath.tones)


def course_of_S(times: Floats, S: Floats, forever: float, asked: float, accuracy: float) -> Course:
    """S on its way; one so small that the accuracy does not resolve its last per cent is measured against that."""
    resolved = max(forever, accuracy / REACHED)
    return course_of(times, S, forever, np.abs(S - forever) / resolved, asked)


def course_of(times: Floats, values: Floats, forever: float, distance: Floats, asked: float) -> Course:
    """A number on its way to its steady value, from which it is at some distance at every time."""
    far = np.flatnonzero(distance > REACHED)
    wait = 0.0
    if far.size:
        last = int(far[-1])
        wait = float(times[last])
        if last + 1 < times.size:  # the distance falls exponentially between two times
            high, low = distance[last], max(float(distance[last + 1]), 1e-300)
            share = np.log(high / REACHED) / np.log(high / low)
            wait += share * float(times[last + 1] - times[last])
    return Course(
        times=times,
        values=values,
        forever=forever,
        wait=wait,
        time=asked,
        at_time=float(values[np.searchsorted(times, asked)]),
    )


def report_to(analysis: Analysis, stage: str, done: int, total: int) -> None:
    """Tell how far it is, if somebody asked for that."""
    if analysis.progress is not None:
        analysis.progress(stage, done, total)
