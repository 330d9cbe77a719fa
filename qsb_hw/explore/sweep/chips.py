"""One point of a sweep of a chip, worked out as far as its measures ask, and no further."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Chosen, Origin, Requested
from qsb_hw.analysis.pair import PairAnalysis
from qsb_hw.devices.chips import physics_of
from qsb_hw.explore.sweep.axes import detuned_node
from qsb_hw.explore.sweep.evaluation import Evaluation, criterion_in
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria, Criterion
from qsb_hw.model.device import Device
from qsb_hw.questions.chip import WORST_FIRST
from qsb_hw.questions.criteria import Verdict, criteria_from, criteria_of_link, criteria_of_node, verdict_of
from qsb_hw.questions.lasting import lasting
from qsb_hw.result import Result, Status, worst_status

CHIP = "chip"
"""Part of a chip that is no node and no link: what its platform requires of all of them together."""
MOST_KNOWN = 256
"""Nodes whose solutions are kept for other points."""


class SharedNodes(ChipAnalysis):
    """A chip whose nodes are shared with other points at which they are the same."""

    @cached_property
    def nodes(self) -> tuple[Analysis, ...]:
        """One analysis per node."""
        return tuple(_analysis_of(node, self.requested) for node in self.chip.nodes)


_KNOWN: OrderedDict[Any, Analysis] = OrderedDict()
_JUDGED: WeakKeyDictionary[Analysis, Criteria] = WeakKeyDictionary()


def _analysis_of(node: Device, requested: Requested) -> Analysis:
    """Analysis of a node, one for all nodes of the same content."""
    ladder = node.complete.ladder.energies.tobytes()
    criteria = tuple((criterion.key, criterion.value) for criterion in node.criteria)
    key = (physics_of(node.spec), ladder, criteria, requested)
    if key not in _KNOWN:
        _KNOWN[key] = Analysis(node, requested)
        if len(_KNOWN) > MOST_KNOWN:
            _KNOWN.popitem(last=False)
    _KNOWN.move_to_end(key)
    return _KNOWN[key]


def _judged(node: Analysis) -> Criteria:
    """Criteria of a node by itself."""
    if node not in _JUDGED:
        _JUDGED[node] = criteria_of_node(node, lasting(node.device, node.base_conditions.experiment_time))
    return _JUDGED[node]


class ChipEvaluation:
    """A chip at one point; every property is worked out when it is first asked for.

    `values` are in internal units, by path, detunings of nodes among them, and `requested` has the others.
    """

    def __init__(self, subject: Subject, values: Mapping[str, float], requested: Requested) -> None:
        self.subject = subject
        self.values = {path: value for path, value in values.items() if path.startswith("$")}
        shifts = {detuned_node(path): value for path, value in values.items()}
        self.shifts = {node: value for node, value in shifts.items() if node is not None}
        own = {path: value for path, value in values.items() if path in ("levels", "pair_levels")}
        self.requested = requested.with_values(own)
        levels = values.get("network_levels", subject.network_levels)
        self.network_levels = None if levels is None else int(levels)
        self.detunings = np.zeros(1)

    @cached_property
    def chip(self) -> Chip:
        """What the values describe, nodes detuned."""
        built = self.subject.build(self.values)
        assert isinstance(built, Chip)
        return built.detuned(self.shifts) if self.shifts else built

    @cached_property
    def analysis(self) -> ChipAnalysis:
        """The chip under the conditions requested."""
        return SharedNodes(self.chip, self.requested, network_levels=self.network_levels)

    def node(self, name: str) -> NodeEvaluation:
        """One node by itself."""
        return NodeEvaluation(self, name)

    @cached_property
    def _pairs(self) -> dict[tuple[str, str], tuple[PairAnalysis, float]]:
        return {link.between: (link.pair, -1.0 if link.mirrored else 1.0) for link in self.analysis.links}

    def pair(self, first: str, second: str) -> tuple[PairAnalysis, float]:
        """Two nodes alone, and the sign that turns its Δ into that of the first over the second."""
        if (second, first) in self._pairs:
            found, sign = self._pairs[second, first]
            return found, -sign
        if (first, second) not in self._pairs:
            V = self.chip.coupling_between(first, second)
            chosen = Chosen(V.real if V.imag == 0 else abs(V), Origin.FILE)
            nodes = self.analysis.node(first), self.analysis.node(second)
            self._pairs[first, second] = PairAnalysis(*nodes, chosen), 1.0
        return self._pairs[first, second]

    @property
    def S(self) -> Floats:
        """S of every two nodes among all of them, (N, N), baths eliminated or kept as requested."""
        analysis = self.analysis
        return (analysis.complete_network if self.requested.complete else analysis.network).S

    def S_of(self, first: str, second: str) -> float:
        """S of two nodes among all of them."""
        return float(self.S[self.chip.index(first), self.chip.index(second)])

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of every part that has criteria: nodes, links that are judged, and the chip as a whole."""
        return (*self.chip.names, *(link.name for link in self.analysis.links), CHIP)

    @cached_property
    def _criteria(self) -> MutableMapping[PairAnalysis, Criteria]:
        return {}

    def criteria_of(self, part: str) -> Criteria:
        """Criteria of one part, of any two nodes in either order; parts that are alike share theirs."""
        if part == CHIP:
            return Criteria(self.chip.criteria)
        if "-" not in part:
            return _judged(self.analysis.node(part))
        first, second = part.split("-")
        pair, _ = self.pair(first, second)
        if pair not in self._criteria:
            self._criteria[pair] = criteria_of_link(pair)
        return self._criteria[pair]

    @property
    def criteria(self) -> Criteria:
        """Criteria of every part; their keys and names say of which."""
        return of_parts({part: self.criteria_of(part) for part in self.parts})

    @property
    def verdict(self) -> Verdict:
        """The worst of all parts; infeasible where nothing couples."""
        if not self.analysis.links:
            return Verdict.INFEASIBLE
        verdicts = {verdict_of(self.criteria_of(part)) for part in self.parts}
        return next(verdict for verdict in WORST_FIRST if verdict in verdicts)

    def certificate(self) -> list[tuple[Status, float]]:
        """Status and largest residual over all that was solved."""
        known = self.__dict__.get("analysis")
        solved = {} if known is None else known.__dict__
        pairs = [link.pair for link in solved.get("links", ())] + [
            p for p, _ in self.__dict__.get("_pairs", {}).values()
        ]
        found: list[Result] = [s for pair in dict.fromkeys(pairs) for s in pair.solved]
        found += [solved[name] for name in ("network", "complete_network") if name in solved]
        states = [(node.status, node.certificate) for node in dict.fromkeys(solved.get("nodes", ()))]
        states += [(one.status, one.certificate) for one in found]
        residual = np.fmax.reduce([c.residual for _, c in states], initial=0.0)
        return [(worst_status(status for status, _ in states), float(residual))]


class NodeEvaluation:
    """One node of a chip where an `Evaluation` of one device is asked for."""

    def __init__(self, chip: ChipEvaluation, name: str) -> None:
        self.subject, self.analysis = chip.subject, chip.analysis.node(name)
        self._chip, self._name = chip, name

    @property
    def criteria(self) -> Criteria:
        """Every criterion of the node by itself."""
        return self._chip.criteria_of(self._name)

    @property
    def unsolved(self) -> Criteria:
        """Those that are known without the steady state of anything; those that rest on one are skipped."""
        return criteria_from(self.analysis.device, paired=False)

    def criterion(self, word: str) -> Criterion:
        """A criterion by its key or name; nothing is solved for one that needs no solution."""
        return criterion_in(self, word)


def of_parts(parts: Mapping[str, Criteria]) -> Criteria:
    """Criteria of several parts as one list, in keys and names said of which."""
    return Criteria(
        replace(criterion, key=f"{part}.{criterion.key}", name=f"{part}: {criterion.name}")
        for part, criteria in parts.items()
        for criterion in criteria
    )


def evaluation_of(
    subject: Subject,
    values: Mapping[str, float],
    settings: Requested,
    detunings: Sequence[float] | None = None,
) -> Evaluation | ChipEvaluation:
    """Evaluation of a device, a model or a chip with some values; `detunings` are those of the members."""
    if subject.is_chip:
        return ChipEvaluation(subject, values, settings)
    return Evaluation(subject, values, settings.with_values(values), detunings)
