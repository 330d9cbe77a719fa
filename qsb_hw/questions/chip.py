"""A chip judged: each node by itself, each link by its own criteria, and all of them together as they stand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from itertools import chain

from qsb_hw._typing import Progress
from qsb_hw.analysis.capacity import Estimate
from qsb_hw.analysis.chip import (
    LARGEST_NETWORK,
    MOST_COMPLETE_STATES,
    MOST_NETWORK_STATES,
    VISIBLE,
    ChipAnalysis,
    ChipNetwork,
    LinkAnalysis,
    Mediation,
)
from qsb_hw.analysis.conditions import Requested
from qsb_hw.analysis.pair import PairAnalysis, SyncPrediction, WorkingPoint
from qsb_hw.errors import ArgumentError, CapacityError
from qsb_hw.lindblad.certificate import ACCURACY
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria, Criterion, CriterionKind, Sense
from qsb_hw.model.display import html_tables
from qsb_hw.questions.assessment import Assessment, assessed_alone
from qsb_hw.questions.criteria import VERDICT_RULE, Verdict, criteria_of_link, verdict_of
from qsb_hw.result import Certificate, Result, Status, worst_status

LARGEST_NETWORK_ERROR = 0.05
"""Error of any population and any S that ladders of the network may leave, for its numbers to count as converged."""
WORST_FIRST = (Verdict.INFEASIBLE, Verdict.UNDECIDED, Verdict.BORDERLINE, Verdict.FEASIBLE)
CHIP_RULE = f"The worst of the verdicts on nodes, links and the chip as a whole. {VERDICT_RULE}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinkAssessment(Result):
    """Two coupled nodes judged.

    Attributes
    ----------
    between : (str, str)
        Names of the nodes, in the order of the chip; Δ is that of the first over the second.
    coupling : complex
        V_jk in rad/s.
    gammas : (float, float)
        γ of the weakest tone of either node in rad/s.
    link : LinkAnalysis
        Δ where the nodes stand, the blockade point and the resonances.
    prediction : SyncPrediction or None
        S(Δ) of the pair alone; None where a node has no Fock state.
    criteria, verdict : Criteria, Verdict
        |V| against both γ, the contrast, and the convergence of both.
    S_error : float
        Relative error of S where the nodes stand, by levels and Fock states left out; NaN where it is not known.
    S_network : float
        S of the two nodes among all others, baths eliminated; NaN where that was not solved.
    """

    between: tuple[str, str]
    coupling: complex
    gammas: tuple[float, float]
    link: LinkAnalysis
    prediction: SyncPrediction | None
    criteria: Criteria
    verdict: Verdict
    S_error: float
    S_network: float

    @property
    def name(self) -> str:
        """Both names, joined."""
        return self.link.name

    @property
    def pair(self) -> PairAnalysis:
        """The pair that was solved."""
        return self.link.pair

    @property
    def working_point(self) -> WorkingPoint | None:
        """Where the nodes stand; None where one has no Fock state."""
        return None if self.prediction is None else self.link.working_point

    @property
    def contrast(self) -> float:
        """S(resonance)/S(blockade point) of the complete pair, the weaker resonance; NaN where it was not solved."""
        return math.nan if self.prediction is None else self.prediction.contrast

    @property
    def status(self) -> Status:
        """Of the first solve that did not converge; skipped where a node has no Fock state."""
        return Status.SKIPPED if self.prediction is None else self.prediction.status

    @property
    def message(self) -> str:
        """What the complete pair says of it."""
        return "A node has no Fock state." if self.prediction is None else self.prediction.message

    @property
    def certificate(self) -> Certificate:
        """The worst of all solves of the pair."""
        return Certificate() if self.prediction is None else self.prediction.certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwantedCoupling:
    """Two nodes that couple and are not judged as a link: V in rad/s, and |V| over the smaller γ."""

    between: tuple[str, str]
    coupling: complex
    ratio: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChipSynchronization(Result):
    """How the nodes of a chip synchronize: every link, and all nodes together as they stand.

    Attributes
    ----------
    chip : Chip
        What was solved.
    links : tuple of LinkAssessment
        Those that are judged.
    unwanted : tuple of UnwantedCoupling
        The other couplings.
    network, complete_network : ChipNetwork or None
        All nodes as they stand, baths eliminated and kept; None where not solved, `skipped` says why.
    estimate : Estimate or None
        What the complete network takes; None where a node has no Fock state.
    mediation : tuple of Mediation
        Nodes that are coupled through a third one, with and without their direct coupling.
    skipped : tuple of str
        What was not computed, and why.
    """

    chip: Chip
    links: tuple[LinkAssessment, ...]
    unwanted: tuple[UnwantedCoupling, ...]
    network: ChipNetwork | None
    complete_network: ChipNetwork | None
    estimate: Estimate | None
    mediation: tuple[Mediation, ...]
    skipped: tuple[str, ...]

    def link(self, first: str, second: str) -> LinkAssessment:
        """The link between two nodes; `ArgumentError` where none is judged."""
        found = next((x for x in self.links if {first, second} == set(x.between)), None)
        names = ", ".join(x.name for x in self.links) or "none"
        if found is None:
            raise ArgumentError(f"A link must be one that is judged ({names}), but found {first}-{second}. Name one.")
        return found

    def _results(self) -> Iterable[Result]:
        networks = (one for one in (self.network, self.complete_network) if one is not None)
        return chain((x for x in self.links if x.prediction is not None), networks)

    @property
    def status(self) -> Status:
        """Of the first solve that did not converge, else converged."""
        return worst_status(result.status for result in self._results())

    @property
    def message(self) -> str:
        """What was skipped, and why."""
        return " ".join(self.skipped)

    @property
    def certificate(self) -> Certificate:
        """The worst of every solve."""
        return Certificate.worst(result.certificate for result in self._results())

    @property
    def truncation_error(self) -> float:
        """Of the eliminated network; NaN without one."""
        return math.nan if self.network is None else self.network.truncation_error

    _repr_html_ = html_tables


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChipAssessment(ChipSynchronization):
    """Everything that is found out about a chip as it is, beside how its nodes synchronize.

    Attributes
    ----------
    verdict : Verdict
        By `rule`: the worst of nodes, links and chip.
    nodes : tuple of Assessment
        Each device by itself, without pair and error budget.
    criteria : Criteria
        Of the chip as a whole: its platform's, the number of links, and the convergence of the network.
    analysis : ChipAnalysis or None
        What it was judged from, with every solution, for a report.
    """

    verdict: Verdict
    nodes: tuple[Assessment, ...]
    criteria: Criteria
    rule: str = CHIP_RULE
    analysis: ChipAnalysis | None = field(default=None, repr=False)

    @property
    def limited_by(self) -> tuple[str, ...]:
        """Names of the nodes and links with the verdict of the whole, and "chip" where its own criteria have it."""
        if self.verdict is Verdict.FEASIBLE:
            return ()
        judged = [*((n.device.name, n.verdict) for n in self.nodes), *((x.name, x.verdict) for x in self.links)]
        judged.append(("chip", verdict_of(self.criteria)))
        return tuple(name for name, verdict in judged if verdict is self.verdict)

    def node(self, name: str) -> Assessment:
        """The assessment of a node; `ArgumentError` with the nearest name if there is none."""
        return self.nodes[self.chip.index(name)]

    def _results(self) -> Iterable[Result]:
        return chain(self.nodes, ChipSynchronization._results(self))


def assess_chip(
    chip: Chip,
    *,
    levels: int | None = None,
    pair_levels: int | None = None,
    bath_levels: int | None = None,
    experiment_time: float | None = None,
    network_levels: int | None = None,
    largest_network: int = LARGEST_NETWORK,
    network_states: int = MOST_NETWORK_STATES,
    visible: float = VISIBLE,
    complete: bool | None = None,
    progress: Progress | None = None,
) -> ChipAssessment:
    """Judge a chip as it is: every node, every link, and all of them together.

    Parameters
    ----------
    chip : Chip
        Devices with their couplings.
    levels, pair_levels, bath_levels, experiment_time : optional
        Of every node and pair, as of `assess`.
    network_levels : int, optional
        Levels of each ladder of the network with eliminated baths; until S no longer changes unless given.
    largest_network, network_states : int
        Basis states beyond which that network is skipped, and up to which its nodes get more levels than n0 + 2.
    visible : float
        |V| over the smaller γ from which a coupling is judged as a link, where the chip names no links.
    complete : bool, optional
        Whether to solve the network of all nodes with every bath; up to `MOST_COMPLETE_STATES` states unless given.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    ChipAssessment
        `.verdict`, `.nodes`, `.links`, `.network`.

    Raises
    ------
    ArgumentError
        If a condition is out of its range.
    CapacityError
        If a complete network is asked for and does not fit in memory, or the eliminated one has too many states with
        the `network_levels` asked for.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import qsb_hw as qh
    >>> device = qh.load_device("photon_pressure")
    >>> found = qh.assess_chip(qh.Chip("two", [device, replace(device, name="B")], [[0, 1e3], [1e3, 0]]))
    >>> found.verdict.value, found.limited_by
    ('infeasible', ('photon_pressure', 'B', 'photon_pressure-B'))
    """
    requested = Requested(
        levels=levels, pair_levels=pair_levels, bath_levels=bath_levels, experiment_time=experiment_time
    )
    analysis = ChipAnalysis(
        chip, requested, visible=visible, network_levels=network_levels, largest_network=largest_network,
        network_states=network_states, progress=progress,
    )  # fmt: skip
    return assessed_chip(analysis, complete)


def assessed_chip(analysis: ChipAnalysis, complete: bool | None = None) -> ChipAssessment:
    """The verdict on what an analysis is of, with everything it rests on."""
    _refuse_large(analysis, complete)
    judged = {node: assessed_alone(node) for node in dict.fromkeys(analysis.nodes)}
    nodes = tuple(
        replace(judged[node], device=device) for node, device in zip(analysis.nodes, analysis.chip.nodes, strict=True)
    )
    found = chip_synchronization(analysis, complete)
    criteria = _chip_criteria(analysis, found)
    verdicts = {verdict_of(criteria), *(n.verdict for n in nodes), *(x.verdict for x in found.links)}
    return ChipAssessment(
        **{f.name: getattr(found, f.name) for f in fields(found)},
        verdict=next(verdict for verdict in WORST_FIRST if verdict in verdicts),
        nodes=nodes,
        criteria=criteria,
        analysis=analysis,
    )


def chip_synchronization(analysis: ChipAnalysis, complete: bool | None = None) -> ChipSynchronization:
    """Every link, and all nodes together as they stand; the complete network as of `assess_chip`."""
    _refuse_large(analysis, complete)
    known, skipped = analysis.has_fock_states, list[str]()
    if not known:
        named = zip(analysis.chip.names, analysis.nodes, strict=True)
        without = ", ".join(name for name, node in named if not node.has_fock_state)
        skipped.append(f"network and mediation: no Fock state is stabilised in {without}; its own checks say why.")
    links = _links(analysis)
    network = _network(analysis, skipped) if known else None
    if network is not None:
        links = tuple(replace(x, S_network=float(network.S[x.link.places])) for x in links)
    return ChipSynchronization(
        chip=analysis.chip,
        links=links,
        unwanted=tuple(_unwanted(analysis, *pair) for pair in analysis.unwanted),
        network=network,
        complete_network=_complete(analysis, complete, skipped) if known else None,
        estimate=analysis.complete_estimate if known else None,
        mediation=() if network is None else analysis.mediation,
        skipped=tuple(skipped),
    )


def _refuse_large(analysis: ChipAnalysis, complete: bool | None) -> None:
    """`CapacityError` before anything starts, where a network that is asked for has too many states."""
    if analysis.network_levels is not None:
        analysis.refuse_large_network()
    if complete:
        analysis.least_complete_estimate.require()


def _links(analysis: ChipAnalysis) -> tuple[LinkAssessment, ...]:
    """Every link judged; links that are the same share their solutions and criteria."""
    predictions = {x: x.prediction if x.pair.has_fock_state else None for x in analysis.links}
    pairs = dict.fromkeys(x.pair for x in analysis.links)
    criteria = {pair: criteria_of_link(pair) for pair in pairs}
    errors = {pair: pair.working_error for pair in pairs if pair.has_fock_state}
    return tuple(
        LinkAssessment(
            between=link.between,
            coupling=link.coupling,
            gammas=link.gammas,
            link=link,
            prediction=prediction,
            criteria=criteria[link.pair],
            verdict=verdict_of(criteria[link.pair]),
            S_error=math.nan if prediction is None else errors[link.pair],
            S_network=math.nan,
        )
        for link, prediction in predictions.items()
    )


def _network(analysis: ChipAnalysis, skipped: list[str]) -> ChipNetwork | None:
    """The eliminated network; where it has too many states the reason is added to `skipped`."""
    try:
        return analysis.network
    except CapacityError as error:
        skipped.append(f"network and mediation: {error}")
        return None


def _complete(analysis: ChipAnalysis, wanted: bool | None, skipped: list[str]) -> ChipNetwork | None:
    """The complete network as far as it is wanted or cheap; else the reason is added to `skipped`."""
    if wanted is False or (wanted is None and max(map(len, analysis.parts)) <= 2):
        return None  # of two nodes the link is the complete network
    if wanted is None:
        estimate = analysis.complete_estimate
        if estimate.states > MOST_COMPLETE_STATES:
            skipped.append(f"complete network: {estimate.words}. It is solved where it is asked for (--complete).")
            return None
    return analysis.complete_network


def _unwanted(analysis: ChipAnalysis, first: str, second: str) -> UnwantedCoupling:
    V, ratio = analysis.chip.coupling_between(first, second), analysis.strength(first, second)
    return UnwantedCoupling(between=(first, second), coupling=V, ratio=ratio)


def _chip_criteria(analysis: ChipAnalysis, found: ChipSynchronization) -> Criteria:
    """Of the chip as a whole, requirements first: the platform's, the number of links, and the network's numerics."""
    number = Criterion(
        "links", CriterionKind.REQUIREMENT, float(len(found.links)), 1.0, Sense.AT_LEAST,
        "Two nodes must couple, or nothing synchronizes.", "Couple two nodes.", required_margin=1.0, key="links",
    )  # fmt: skip
    own = [number, *analysis.chip.criteria, *_network_criteria(found)]
    return Criteria(sorted(own, key=lambda c: list(CriterionKind).index(c.kind)))


def _network_criteria(found: ChipSynchronization) -> list[Criterion]:
    """Numerics of the eliminated network; not checked, with the reason, where it was not solved."""
    network, missing = found.network, next((why for why in found.skipped if why.startswith("network")), "")
    bound = error = None
    if network is not None:
        bound = network.error_bound if network.ok else math.inf
        error = None if math.isnan(network.truncation_error) else network.truncation_error
    return [
        Criterion(
            "error bound of the network", CriterionKind.NUMERICS, bound, ACCURACY, Sense.AT_MOST,
            missing or "Residual and slowest relaxation together bound how far the steady state is from the true one.",
            "Keep fewer levels, or bring the rates closer together.", required_margin=1.0, solved=True,
            key="network_error_bound",
        ),
        Criterion(
            "truncation error of the network", CriterionKind.NUMERICS, error, LARGEST_NETWORK_ERROR, Sense.AT_MOST,
            "Largest error that the levels left out leave in any population and any S of the network."
            if error is not None else missing or "Ladders of n0 + 2 levels do not show what fewer would change.",
            "Keep more levels (--network-levels).", required_margin=1.0, solved=True, key="network_truncation",
        ),
    ]  # fmt: skip
