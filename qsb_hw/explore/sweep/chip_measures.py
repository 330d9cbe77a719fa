"""What can be asked of a chip at every point: ``NAME[NODE]``, ``NAME[A-B]`` of two nodes, ``NAME`` of the whole chip.

Of one node everything that can be asked of one device by itself; ``value:KEY[A]``, ``margin:KEY[A]`` and
``derived:KEY[A]`` too, and ``value:KEY[A-B]`` of a link. Of two nodes Δ is that of the first over the second, so that
``detuning[B-A]`` is −``detuning[A-B]``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType

import numpy as np

from qsb_hw.errors import ArgumentError, require, suggestion
from qsb_hw.explore.sweep.chips import CHIP, ChipEvaluation
from qsb_hw.explore.sweep.measures import (
    HELD,
    MEASURES,
    WORDS,
    Measure,
    code_of,
    measure_named,
    smallest_margin,
)
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.noise import SlowLaw
from qsb_hw.questions.criteria import verdict_of
from qsb_hw.units import to_hertz

OF_ONE = "[NODE]"
OF_TWO = "[A-B]"
ASKED = re.compile(r"([^\[\]]+?)(?:\[([^\[\]]*)\])?")
_OF_CRITERIA = ("value", "margin")
ALONE = (
    "fidelity", "P", "populations", "gamma", "sigma", "n_plus", "n_minus", "kerr", "kerr_to_linewidth",
    "coupling_to_linewidth", "pump_power", "verdict", "margin", "trace_distance",
)  # fmt: skip
"""Measures of one device that a node has by itself."""

PAIR = "pair"
"""Dimension of what every two nodes have."""


@dataclass(frozen=True, slots=True)
class _Two:
    """A measure of two nodes, by their names."""

    long_name: str
    unit: str
    compute: Callable[[ChipEvaluation, str, str], float]
    meanings: tuple[str, ...] = ()


def _hertz(value: float) -> float:
    return float(to_hertz(value))


def _detuning(e: ChipEvaluation, a: str, b: str) -> float:
    pair, sign = e.pair(a, b)
    return _hertz(sign * pair.offset)


def _resonance(e: ChipEvaluation, a: str, b: str) -> float:
    pair, sign = e.pair(a, b)
    nearest = min((r.detuning for r in pair.resonances), key=abs, default=math.nan)
    return _hertz(sign * (pair.offset + nearest))


def _at_rest(e: ChipEvaluation, a: str, b: str) -> list[float]:
    """S of the pair alone at its blockade point, then at its resonances."""
    pair, _ = e.pair(a, b)
    found: list[float] = pair.S(pair.rest_detunings).tolist()
    return found


def _mediated(e: ChipEvaluation, a: str, b: str) -> float:
    found = (m.S_mediated for m in e.analysis.mediation if {a, b} == set(m.between))
    return next(found, math.nan)


TWO: Mapping[str, _Two] = MappingProxyType({
    "S": _Two("synchronization measure among all nodes", "1", lambda e, a, b: e.S_of(a, b)),
    "S_pair": _Two("synchronization measure of the two alone", "1", lambda e, a, b: float(e.pair(a, b)[0].S([0.0])[0])),
    "S_zero": _Two("synchronization measure of the two alone at their blockade point", "1",
                   lambda e, a, b: _at_rest(e, a, b)[0]),
    "S_resonance": _Two("synchronization measure of the two alone at the weaker resonance", "1",
                        lambda e, a, b: min(_at_rest(e, a, b)[1:], default=math.nan)),
    "S_mediated": _Two("synchronization measure among all nodes without the coupling of the two", "1", _mediated),
    "contrast": _Two("blockade contrast S(resonance)/S(blockade point) of the two alone", "1",
                     lambda e, a, b: e.pair(a, b)[0].contrast),
    "coupling": _Two("V/2π with its sign", "Hz", lambda e, a, b: _hertz(e.chip.coupling_between(a, b).real)),
    "detuning": _Two("Δ/2π where the nodes stand", "Hz", _detuning),
    "resonance": _Two("Δ/2π of the nearest resonance", "Hz", _resonance),
    "distance": _Two("distance from where the nodes stand to the nearest resonance, in linewidths", "1",
                     lambda e, a, b: e.pair(a, b)[0].to_resonance / 2),
    "verdict": _Two("verdict on the link", "1", lambda e, a, b: code_of(verdict_of(e.criteria_of(f"{a}-{b}"))), WORDS),
    "margin": _Two("smallest margin of a requirement on the link over its required margin", "1",
                   lambda e, a, b: smallest_margin(e.criteria_of(f"{a}-{b}"))),
})  # fmt: skip
"""Measures of two nodes by name."""


def _frequency(e: ChipEvaluation, node: str) -> float:
    return _hertz(float(e.analysis.node(node).reference.ladder.transition_frequencies[0]))


def _slow(e: ChipEvaluation, node: str) -> float:
    """Square root of the sum over all 1/f noises that move ω01."""
    noises = (n for n in e.chip.node(node).slow_noise if n.law is SlowLaw.FLICKER)
    return _hertz(math.sqrt(sum(float(n.levels[1] - n.levels[0]) ** 2 for n in noises)))


ONE: Mapping[str, Measure] = MappingProxyType({name: MEASURES[name] for name in ALONE})
"""Measures of one node that a device has."""
OWN: Mapping[str, tuple[str, str, Callable[[ChipEvaluation, str], float]]] = MappingProxyType({
    "frequency": ("ω01/2π, shifts by the baths included", "Hz", _frequency),
    "slow_noise": ("A/2π of the 1/f noise of ω01, √S at 1 Hz", "Hz", _slow),
})  # fmt: skip
"""Measures of one node that only chips ask for."""


def _all_margins(e: ChipEvaluation) -> float:
    return smallest_margin(e.criteria) if e.analysis.links else 0.0


WHOLE: Mapping[str, Measure] = MappingProxyType({
    m.name: m for m in (
        Measure("S", "synchronization measure of every two nodes, among all of them", "1",
                lambda e: np.array([e.S_of(*pair) for pair in combinations(e.chip.names, 2)]), dim=PAIR),
        Measure("verdict", "the worst verdict on nodes, links and the whole chip", "1", lambda e: code_of(e.verdict),
                meanings=WORDS),
        Measure("margin", "smallest margin of any requirement over its required margin", "1", _all_margins),
        Measure("chip_verdict", "verdict on what is required of all nodes together", "1",
                lambda e: code_of(verdict_of(e.criteria_of(CHIP))), meanings=WORDS),
        Measure("chip_margin", "smallest margin of what is required of all nodes together", "1",
                lambda e: smallest_margin(e.criteria_of(CHIP))),
    )
})  # fmt: skip
"""Measures of the whole chip by name."""


def chip_measure(name: str, subject: Subject) -> Measure:
    """The measure of a chip of that name; `ArgumentError` that names nodes and measures if there is none."""
    asked = ASKED.fullmatch(name)
    if asked is None:
        raise _unknown(name, subject)
    kind, where = asked.groups()
    if where is None:
        return _of_chip(name, subject)
    ends = where.split("-")
    if len(ends) == 1:
        return _of_node(name, kind, subject.node_named(where), subject)
    must = "Two nodes must be named like A-B"
    require(len(ends) == 2 and ends[0] != ends[1], must, repr(where), "Join two names of nodes with a hyphen.")
    first, second = (subject.node_named(end) for end in ends)
    return _of_two(name, kind, (first, second), subject)


def _of_chip(name: str, subject: Subject) -> Measure:
    """Of the whole chip, or of one of its own criteria."""
    if name in WHOLE:
        found = WHOLE[name]
        if found.dim is None:
            return found
        labels = tuple("-".join(pair) for pair in combinations(subject.nodes, 2))
        require(bool(labels), "S must be of two nodes", "one node", "Ask for P[NODE].")
        return replace(found, labels=labels)
    kind, colon, key = name.partition(":")
    if colon and kind in _OF_CRITERIA:
        return _of_criterion(name, kind, key, lambda e: Criteria(e.chip.criteria))
    raise _unknown(name, subject)


def _of_node(name: str, kind: str, node: str, subject: Subject) -> Measure:
    """Of one node: what a device has by itself."""
    if kind in OWN:
        long_name, unit, compute = OWN[kind]
        return Measure(name, f"{long_name}, of {node}", unit, lambda e: compute(e, node))
    if ":" not in kind and kind not in ONE:
        raise _unknown(name, subject)
    found = ONE[kind] if kind in ONE else measure_named(kind)
    dim = None if found.dim is None else f"{found.dim}_{node}"
    return replace(
        found, name=name, long_name=f"{found.long_name}, of {node}", compute=lambda e: found.compute(e.node(node)),
        dim=dim, node=None if dim is None else node,
    )  # fmt: skip


def _of_two(name: str, kind: str, nodes: tuple[str, str], subject: Subject) -> Measure:
    """Of two nodes, or of a criterion of their link."""
    what, colon, key = kind.partition(":")
    if colon and what in _OF_CRITERIA:
        return _of_criterion(name, what, key, lambda e: e.criteria_of("-".join(nodes)))
    if colon and what == "bound":
        return _bound_of_two(name, key, nodes)
    if kind not in TWO:
        raise _unknown(name, subject)
    found = TWO[kind]
    long_name = f"{found.long_name}, {'-'.join(nodes)}"
    return Measure(name, long_name, found.unit, lambda e: found.compute(e, *nodes), meanings=found.meanings)


def _bound_of_two(name: str, key: str, nodes: tuple[str, str]) -> Measure:
    """Where the bound of a criterion of a link lies on a measure of its two nodes."""
    word, _, held = key.partition(":")
    found = next((h for h in HELD.get(held, ()) if h.criterion == word and held in TWO), None)
    if found is None:
        raise ArgumentError(f"A criterion must bound {held}, but found {word!r}. Ask for value:{word}.")

    def compute(e: ChipEvaluation) -> float:
        criterion = e.criteria_of("-".join(nodes)).get(word)
        return found.at(criterion.bound, TWO[held].compute(e, *nodes), criterion.value)

    return Measure(name, f"bound of {word} on {held}, {'-'.join(nodes)}", TWO[held].unit, compute)


def _of_criterion(name: str, kind: str, key: str, of: Callable[[ChipEvaluation], Criteria]) -> Measure:
    def compute(e: ChipEvaluation) -> float:
        found = getattr(of(e).get(key), kind)
        return math.nan if found is None else float(found)

    return Measure(name, key if kind == "value" else f"margin of {key}", "SI" if kind == "value" else "1", compute)


def _unknown(name: str, subject: Subject) -> ArgumentError:
    nodes = subject.nodes
    two = "-".join((nodes * 2)[:2])
    known = (
        f"Of the whole chip: {', '.join(WHOLE)}; of a node, like P[{nodes[0]}]: {', '.join([*ONE, *OWN])}, value:…, "
        f"margin:…, derived:…; of two nodes, like S[{two}]: {', '.join(TWO)}. Nodes are {', '.join(nodes)}."
    )
    kind = name.partition("[")[0]
    near = suggestion(kind, {*WHOLE, *ONE, *OWN, *TWO}, "", cutoff=0.7).strip()
    if kind in {*ONE, *OWN, *TWO}:
        near = f"Say of which: {kind}[{two}]." if kind in TWO else f"Say of which: {kind}[{nodes[0]}]."
    hint = f"{near} {known}".strip()
    return ArgumentError(f"A measure of a chip must be one that is known, but found {name!r}. {hint}")


def listed() -> list[Measure]:
    """Every measure of a chip, to be shown in a list: names with ``[NODE]`` and ``[A-B]``."""

    def nothing(_: ChipEvaluation) -> float:
        return math.nan

    one = [replace(m, name=f"{name}{OF_ONE}") for name, m in ONE.items()]
    one += [Measure(f"{name}{OF_ONE}", long_name, unit, nothing) for name, (long_name, unit, _) in OWN.items()]
    one += WHOLE.values()
    return one + [Measure(f"{name}{OF_TWO}", two.long_name, two.unit, nothing) for name, two in TWO.items()]
