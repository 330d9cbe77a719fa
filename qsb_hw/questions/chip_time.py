"""What an experiment with a chip shows before the steady state: pumps on every node, then the couplings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis, LinkAnalysis
from qsb_hw.analysis.conditions import Chosen, Requested
from qsb_hw.arguments import real, whole
from qsb_hw.errors import CapacityError
from qsb_hw.lindblad.evolution import ACCURACY
from qsb_hw.model.chip import Chip
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network
from qsb_hw.questions.time import evolve
from qsb_hw.questions.turn_on import (
    Course,
    asked_of,
    course_of,
    course_of_S,
    device_turned_on,
    grid_of_times,
    pair_turned_on,
    require_start,
)
from qsb_hw.result import Combined
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.exact import steady_state
from qsb_hw.sync.solution import SyncSolution

NETWORK_ACCURACY = 1e-4
"""Bound on the trace norm of the error of networks of three nodes or more, unless another one is asked for."""
MOST_STATES = 130
"""Basis states of an eliminated network up to which its ladders are as long in time as in the steady state, unless
another number is asked for."""


@dataclass(frozen=True, slots=True)
class NetworkLimits:
    """How exactly, and up to how many basis states with whole ladders, eliminated networks are followed in time."""

    accuracy: float = NETWORK_ACCURACY
    states: int = MOST_STATES

    def __post_init__(self) -> None:
        hint = f"{NETWORK_ACCURACY:g} unless given."
        real("The accuracy of networks in time", self.accuracy, hint, above=0.0)
        whole("Basis states of networks in time", self.states, f"{MOST_STATES} unless given.", least=1)


@dataclass(frozen=True, eq=False, kw_only=True)
class NodeTurnOn:
    """One complete node after its pumps are turned on.

    Attributes
    ----------
    name, target : str, int
        Of the node; n0.
    populations : (k, levels) float
        At the times of `fidelity`.
    fidelity : Course
        P(n0).
    evolution : Evolution
        Of the node alone; shared by nodes that are alike.
    """

    name: str
    target: int
    populations: Floats
    fidelity: Course
    evolution: Evolution


@dataclass(frozen=True, eq=False, kw_only=True)
class LinkTurnOn:
    """Two complete nodes as they stand, after the coupling of these two is turned on.

    Attributes
    ----------
    link : LinkAnalysis
        The two nodes.
    S : Course
        The synchronization measure.
    S_error : float
        Relative, of its steady value, by levels and Fock states left out; NaN where it is not known.
    evolution : Evolution
        Of the pair, from the product of the single steady states.
    """

    link: LinkAnalysis
    S: Course
    S_error: float
    evolution: Evolution

    @property
    def name(self) -> str:
        """Both names, joined."""
        return self.link.name


@dataclass(frozen=True, eq=False, kw_only=True)
class BetweenNodes:
    """S of two nodes among all others: their names, and its course."""

    between: tuple[str, str]
    S: Course

    @property
    def name(self) -> str:
        """Both names, joined."""
        return "-".join(self.between)


@dataclass(frozen=True, eq=False, kw_only=True)
class NodeAmongAll:
    """P(n0) of one node among all others: its name, and its course."""

    name: str
    target: int
    fidelity: Course


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkTurnOn:
    """Nodes that couplings join, baths eliminated, after all couplings are turned on.

    Attributes
    ----------
    nodes : tuple of NodeAmongAll
        P(n0) of each.
    pairs : tuple of BetweenNodes
        S of every two.
    evolution : Evolution
        Of these nodes, from the product of the single steady states.
    accuracy : float
        Bound on the trace norm that was asked for.
    shortened : bool
        Whether ladders have fewer levels in time than in the steady state.
    """

    nodes: tuple[NodeAmongAll, ...]
    pairs: tuple[BetweenNodes, ...]
    evolution: Evolution
    accuracy: float
    shortened: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class ChipTurnOn(Combined):
    """What an experiment with a chip shows before the steady state.

    Attributes
    ----------
    chip : Chip
        What is turned on.
    initial : str
        "ground" or "thermal".
    time : Chosen
        Duration in s that is asked about, and where it comes from.
    nodes : tuple of NodeTurnOn
        Pumps on, every bath kept.
    links : tuple of LinkTurnOn
        Every judged link by itself, every bath kept; empty where no coupling was asked for.
    networks : tuple of NetworkTurnOn
        All nodes together, part by part, baths eliminated: what is faster than κ is not resolved.
    truncation_error : float
        Of populations and S in the steady state of the eliminated network; NaN where it is not known.
    skipped : tuple of str
        What was not computed, and why.
    """

    chip: Chip
    initial: str
    time: Chosen
    nodes: tuple[NodeTurnOn, ...]
    links: tuple[LinkTurnOn, ...]
    networks: tuple[NetworkTurnOn, ...]
    truncation_error: float
    skipped: tuple[str, ...]

    def node(self, name: str) -> NodeTurnOn:
        """A node by its name; `ArgumentError` with the nearest if there is none."""
        return self.nodes[self.chip.index(name)]

    @property
    def courses(self) -> list[Course]:
        """Everything that is waited for."""
        coupled = [*(x.S for x in self.links), *(p.S for n in self.networks for p in n.pairs)]
        return [*(n.fidelity for n in self.nodes), *coupled, *(n.fidelity for w in self.networks for n in w.nodes)]

    @property
    def wait(self) -> float:
        """Time in s from which on everything stands, the couplings turned on once the pumps have done their work."""
        pumped = max(n.fidelity.wait for n in self.nodes)
        return pumped + max((one.wait for one in self.courses[len(self.nodes) :]), default=0.0)

    @property
    def _results(self) -> Iterator[Evolution]:
        yield from (node.evolution for node in self.nodes)
        yield from (link.evolution for link in self.links)
        yield from (network.evolution for network in self.networks)

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        failed = next((e.message for e in self._results if not e.ok), "")
        return " ".join(part for part in (failed, *self.skipped) if part)


def turn_on_chip(
    chip: Chip,
    initial: str = "ground",
    time: float | None = None,
    *,
    coupled: bool = True,
    accuracy: float = ACCURACY,
    network_accuracy: float = NETWORK_ACCURACY,
    most_states: int = MOST_STATES,
    progress: Progress | None = None,
    **requested: Any,
) -> ChipTurnOn:
    """Pumps on every node from the ground or a thermal state until the Fock states stand, then the couplings: S(t).

    Nodes and judged links keep every bath; the network of all nodes has them eliminated.

    Parameters
    ----------
    chip : Chip
        What is turned on, as it stands.
    initial : str
        "ground" or "thermal".
    time : float, optional
        Duration in s to ask about; that of one experiment unless given.
    coupled : bool
        Whether to turn the couplings on.
    accuracy : float
        Bound on the trace norm of the error of every state of nodes and pairs.
    network_accuracy : float
        The same of three nodes or more together, where it is larger.
    most_states : int
        Basis states of an eliminated network up to which its ladders are as long in time as in the steady state; with
        more they keep n0 + 2 levels, and what that moves is in `truncation_error`.
    progress : callable, optional
        Called with (stage, done, total).
    **requested
        Fields of `Requested`, as of `analyse`.

    Returns
    -------
    ChipTurnOn

    Raises
    ------
    ArgumentError
        If the initial state is another one, a time or an accuracy is not positive, or no level is singled out.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import qsb_hw as qh
    >>> device = qh.load_device("kerr_squid_array")
    >>> chip = qh.Chip("two", [device, replace(device, name="twin")], device.coupling)
    >>> found = qh.turn_on_chip(chip, coupled=False, levels=4, bath_levels=2)
    >>> print(f"P(1) = {found.node('twin').fidelity.forever:.2f} after {found.wait * 1e6:.1f} µs")
    P(1) = 0.88 after 3.1 µs
    """
    analysis = ChipAnalysis(chip, Requested().with_settings(requested), progress=progress)
    limits = NetworkLimits(network_accuracy, most_states)
    return turned_on_chip(analysis, initial, time, coupled=coupled, accuracy=accuracy, limits=limits)


def turned_on_chip(
    analysis: ChipAnalysis, initial: str = "ground", time: float | None = None, *, coupled: bool = True,
    accuracy: float = ACCURACY, limits: NetworkLimits = NetworkLimits(),
) -> ChipTurnOn:  # fmt: skip
    """The same of an analysis."""
    require_start(initial)
    asked = max((asked_of(node.completed, time) for node in analysis.nodes), key=lambda one: one.value)
    skipped = list[str]()
    networks = _networks(analysis, asked.value, accuracy, limits, skipped) if coupled else ()
    return ChipTurnOn(
        chip=analysis.chip,
        initial=initial,
        time=asked,
        nodes=tuple(_nodes(analysis, initial, asked.value, accuracy)),
        links=tuple(_links(analysis, asked.value, accuracy)) if coupled else (),
        networks=networks,
        truncation_error=_changed(analysis, networks),
        skipped=tuple(skipped),
    )


def _nodes(analysis: ChipAnalysis, initial: str, asked: float, accuracy: float) -> Iterator[NodeTurnOn]:
    found: dict[Analysis, tuple[Floats, Course, Evolution]] = {}
    for name, node in zip(analysis.chip.names, analysis.nodes, strict=True):
        if node not in found:
            found[node] = device_turned_on(node.completed, initial, asked, accuracy)
        populations, fidelity, evolution = found[node]
        yield NodeTurnOn(
            name=name, target=node.target, populations=populations, fidelity=fidelity, evolution=evolution
        )  # fmt: skip


def _links(analysis: ChipAnalysis, asked: float, accuracy: float) -> Iterator[LinkTurnOn]:
    """Every judged link where its nodes stand; links that are the same share what is found."""
    pairs = dict.fromkeys(link.pair for link in analysis.links)
    found = {}
    for place, pair in enumerate(pairs):
        if analysis.progress is not None:
            analysis.progress(f"coupling turned on, complete {pair.title}", place, len(pairs))
        found[pair] = pair_turned_on(pair, 0.0, asked, accuracy)
    for link in analysis.links:
        S, evolution = found[link.pair]
        yield LinkTurnOn(link=link, S=S, S_error=link.pair.working_error, evolution=evolution)


def _networks(
    analysis: ChipAnalysis, asked: float, accuracy: float, limits: NetworkLimits, skipped: list[str]
) -> tuple[NetworkTurnOn, ...]:
    """All nodes together, part by part; where there are too many states the reason is added to `skipped`."""
    try:
        parts = [(part, solution.require()) for part, solution in analysis.network.parts if len(part) > 1]
        return tuple(_network(analysis, part, solution, asked, accuracy, limits) for part, solution in parts)
    except CapacityError as error:
        skipped.append(f"network: {error}")
        return ()


def _network(
    analysis: ChipAnalysis, part: tuple[int, ...], steady: SyncSolution, asked: float, accuracy: float,
    limits: NetworkLimits,
) -> NetworkTurnOn:  # fmt: skip
    solution = _short(steady, limits.states)
    network, names = solution.network, [analysis.chip.names[place] for place in part]
    if analysis.progress is not None:
        analysis.progress(f"couplings turned on, network of {', '.join(names)}, baths eliminated", 0, 0)
    away = [abs(r.detuning) for link in analysis.links if set(link.places) <= set(part) for r in link.pair.resonances]
    times = grid_of_times(solution.gap, _fastest(network), asked, max(away, default=0.0))
    wanted = max(accuracy, limits.accuracy) if len(part) > 2 else accuracy
    evolution = evolve(network, times, "uncoupled", accuracy=wanted, steady=solution)
    nodes, pairs = [], []
    for k, name in enumerate(names):
        populations, forever = evolution.populations(k), solution.populations(k)
        target, distance = analysis.nodes[part[k]].target, np.abs(populations - forever).sum(1) / 2
        course = course_of(times, populations[:, target], float(forever[target]), distance, asked)
        nodes.append(NodeAmongAll(name=name, target=target, fidelity=course))
        for j in range(k):
            S, still = evolution.synchronization(j, k), solution.synchronization(j, k)
            pairs.append(BetweenNodes(between=(names[j], name), S=course_of_S(times, S, still, asked, wanted)))
    levels = tuple(one.levels for one in network.oscillators)
    return NetworkTurnOn(
        nodes=tuple(nodes), pairs=tuple(pairs), evolution=evolution, accuracy=wanted,
        shortened=levels != tuple(one.levels for one in steady.network.oscillators),
    )  # fmt: skip


def _short(solution: SyncSolution, most: int) -> SyncSolution:
    """The same with ladders of n0 + 2 levels where there are too many states for a course in time."""
    network = solution.network
    if math.prod(one.levels for one in network.oscillators) <= most:
        return solution
    least = [
        one.truncated(min((one.target or 1) + 2, one.levels))
        for one in network.oscillators if isinstance(one, EffectiveOscillator)
    ]  # fmt: skip
    return steady_state(Network(least, network.coupling), estimate_truncation=False).require()


def _changed(analysis: ChipAnalysis, networks: tuple[NetworkTurnOn, ...]) -> float:
    """Largest error of a steady S by levels left out, those left out in time alone among them."""
    if not networks:
        return math.nan
    index, S = analysis.chip.index, analysis.network.S
    moved = [abs(p.S.forever - S[index(p.between[0]), index(p.between[1])]) for n in networks for p in n.pairs]
    return float(max(moved)) + analysis.network.truncation_error


def _fastest(network: Network) -> float:
    """Largest total rate out of any level."""
    return max(
        float(one.rates.sum(axis=0).max()) for one in network.oscillators if isinstance(one, EffectiveOscillator)
    )
