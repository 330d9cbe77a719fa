"""Pumps of one node at the others' transitions, cavities and sidebands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from qsb_hw.devices.chips import Worst, worst_of
from qsb_hw.devices.transmon_squid.criteria import CLEARANCE, forbidden_frequencies
from qsb_hw.devices.transmon_squid.pump import PumpedCavity
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.ladder import Ladder
from qsb_hw.units import show_frequency

SIDEBAND_CLEARANCE = 1.0
"""Linewidths κ between a pump and a sideband of another node's cavity."""


@dataclass(frozen=True, slots=True, eq=False)
class NodeCavities:
    """What the pumps of other nodes can meet at a node, and its own pumps."""

    name: str
    path: str  # in the file
    ladder: Ladder
    cavities: tuple[PumpedCavity, ...]
    target: int


def crosstalk_criteria(nodes: Sequence[NodeCavities]) -> tuple[Criterion, ...]:
    """Clearances of every pump from what it could drive at other nodes; skipped unless all cavities are known.

    A pump that coincides with another node's own within γ is the same tone there, as for devices that are alike.
    """
    unknown = [f"{n.path}.{c.name}" for n in nodes for c in n.cavities if c.frequency is None]
    skip = f"Give the circuit or the frequency of {unknown[0]}." if unknown else "There is one node."
    same = "Every pump is one tone with the others' own." if len(nodes) > 1 and not unknown else skip

    def decided(found: Iterator[Worst]) -> Worst | None:
        return None if unknown else worst_of(found, Sense.AT_LEAST)

    driven, filled, leaked = decided(_transitions(nodes)), decided(_cavities(nodes)), decided(_sidebands(nodes))
    crowded = decided(_resonant_cavities(nodes))
    return (
        Criterion(
            "pump clearance from other nodes' transitions/κ", CriterionKind.REQUIREMENT, _value(driven),
            CLEARANCE, Sense.AT_LEAST,
            f"A pump reaches the whole chip and must drive no other node; nearest: {driven.who}." if driven else skip,
            "Move that cavity by a few hundred MHz.", key="pump_clearance_transitions",
        ),
        Criterion(
            "pump clearance from other nodes' cavities/κ", CriterionKind.REQUIREMENT, _value(filled),
            CLEARANCE, Sense.AT_LEAST,
            f"A pump must fill its own cavity only; nearest: {filled.who}." if filled else skip,
            "Tune the cavities of the nodes apart.", key="pump_clearance_cavities",
        ),
        Criterion(
            "transition clearance from other nodes' cavities/κ", CriterionKind.REQUIREMENT,
            _value(crowded), CLEARANCE, Sense.AT_LEAST,
            f"A transition at another node's cavity would decay into it; nearest: {crowded.who}." if crowded else skip,
            "Tune the cavities away from the oscillators.", key="transition_clearance_cavities",
        ),
        Criterion(
            "pump clearance from other nodes' pumps and sidebands/κ", CriterionKind.APPROXIMATION, _value(leaked),
            SIDEBAND_CLEARANCE, Sense.AT_LEAST,
            f"The model gives each node its own two tones: one that leaks to a pump or a sideband of another cavity "
            f"damps or amplifies there; nearest: {leaked.who}." if leaked else same,
            "Tune the cavities of the nodes apart, or isolate their pump lines.", key="pump_clearance_sidebands",
        ),
    )  # fmt: skip


def _value(worst: Worst | None) -> float | None:
    return None if worst is None else worst.value


def _pumps(nodes: Sequence[NodeCavities]) -> Iterator[tuple[NodeCavities, PumpedCavity, float, NodeCavities]]:
    """Every pump with its frequency, and every other node."""
    for node in nodes:
        for cavity in node.cavities:
            for other in nodes:
                if other is not node and cavity.pump_frequency is not None:
                    yield node, cavity, cavity.pump_frequency, other


def _apart(distance: float, words: str, *names: str) -> str:
    return f"{words.format(*names)}, {show_frequency(distance, 3)} apart"


def _transitions(nodes: Sequence[NodeCavities]) -> Iterator[Worst]:
    words = "the {} pump of {} and {} of {}"
    for node, cavity, pump, other in _pumps(nodes):
        widest = max(c.linewidth for c in (*node.cavities, *other.cavities))
        for name, frequency in forbidden_frequencies(other.ladder, other.target).items():
            distance = abs(pump - frequency)
            yield Worst(distance / widest, partial(_apart, distance, words, cavity.name, node.name, name, other.name))


def _cavities(nodes: Sequence[NodeCavities]) -> Iterator[Worst]:
    words = "the {} pump of {} and the {} cavity of {}"
    for node, cavity, pump, other in _pumps(nodes):
        for c in other.cavities:
            distance = abs(pump - (c.frequency or 0.0))
            names = cavity.name, node.name, c.name, other.name
            yield Worst(distance / c.linewidth, partial(_apart, distance, words, *names))


def _resonant_cavities(nodes: Sequence[NodeCavities]) -> Iterator[Worst]:
    words = "{} of {} and the {} cavity of {}"
    for node in nodes:
        for other in nodes:
            for c in other.cavities if other is not node else ():
                for n, spacing in enumerate(node.ladder.transition_frequencies[: node.target + 1]):
                    distance = abs(float(spacing) - (c.frequency or 0.0))
                    names = (f"ω{n}{n + 1}", node.name, c.name, other.name)
                    yield Worst(distance / c.linewidth, partial(_apart, distance, words, *names))


def _sidebands(nodes: Sequence[NodeCavities]) -> Iterator[Worst]:
    pumps = "the {} pump of {} and the {} pump of {}"
    sidebands = "the {} pump of {} and the {} sideband ω{} of {}'s {} cavity"
    for node, cavity, pump, other in _pumps(nodes):
        own = [(c.pump_frequency or 0.0, c.gamma) for c in other.cavities]
        if any(abs(pump - frequency) < gamma for frequency, gamma in own):
            continue
        for c in other.cavities:
            own_pump = abs(pump - (c.pump_frequency or 0.0))
            who = cavity.name, node.name, c.name, other.name
            yield Worst(own_pump / c.linewidth, partial(_apart, own_pump, pumps, *who))
            for n, spacing in enumerate(other.ladder.transition_frequencies[: other.target + 1]):
                for sign, side in ((-1, "red"), (1, "blue")):
                    distance = abs(pump - (c.frequency or 0.0) - sign * float(spacing))
                    names = (cavity.name, node.name, side, f"{n}{n + 1}", other.name, c.name)
                    yield Worst(distance / c.linewidth, partial(_apart, distance, sidebands, *names))
