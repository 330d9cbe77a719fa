"""Several devices as one chip: what is the same on every platform."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.errors import ArgumentError, ConvergenceError, Problem, SpecError
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.device import DerivedQuantity, Device, gamma_of, known_quantities
from qsb_hw.spec.base import DeviceSpec, Section
from qsb_hw.spec.chip import ChipSpec, at_node
from qsb_hw.spec.paths import leaves, prepared
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import show_frequency, to_hertz

LARGEST_UNWANTED = 0.1
"""Of what an exchange that is not named does at a resonance; a link stands alone below it."""
CROWDING = 5.0
"""Linewidths γ between where two nodes stand and a resonance that no link names."""

Solved = TypeVar("Solved")


@dataclass(frozen=True, slots=True)
class Worst:
    """The pair that decides a criterion: its value, and how to name it, asked of one pair among hundreds."""

    value: float
    named: Callable[[], str]

    @property
    def who(self) -> str:
        """The name."""
        return self.named()


def worst_of(found: Iterator[Worst], sense: Sense) -> Worst | None:
    """The pair farthest on the wrong side; None where there is none."""
    choose = min if sense is Sense.AT_LEAST else max
    return choose(found, key=lambda worst: worst.value, default=None)


def of_each(nodes: Mapping[str, Solved], make: Callable[[str, Solved], Device], source: str) -> list[Device]:
    """Device of every node; SpecError with the problems of all, each at its node."""
    devices, problems = [], []
    for name, node in nodes.items():
        try:
            devices.append(make(name, node))
        except SpecError as error:
            problems += at_node(name, error.problems)
        except (ArgumentError, ConvergenceError) as error:
            problems.append(Problem(f"$.node.{name}", f"must be a device that can be built, but found none. {error}"))
    if problems:
        raise SpecError(source, tuple(problems))
    return devices


def as_node(device: Device, name: str) -> Device:
    """A device whose errors name the node of the file that it is."""
    baths = tuple(replace(bath, origin=bath.origin.replace("$.", f"$.node.{name}.")) for bath in device.complete.baths)
    return replace(device, complete=replace(device.complete, baths=baths))


def physics_of(spec: Section) -> tuple[tuple[str, object], ...]:
    """What a spec says but for its name, to tell whether two nodes are alike."""
    said = leaves(prepared(spec))
    return tuple(
        (path, float(f"{found.value:.12g}") if isinstance(found, Quantity) else found)  # "1 us" is "1000 ns"
        for path, found in said
        if path not in ("$.name", "$.description")
    )


def device_spec(model: type[DeviceSpec], chip: ChipSpec, name: str, node: Section) -> dict[str, object]:
    """A node as the table of a device file, ready for `model`."""
    known = {key: value for key, value in prepared(node).items() if key in model.model_fields}
    return {"name": name, "platform": chip.platform, "description": f"Node {name} of {chip.name}", **known}


def twin_chip(device: Device, coupling: Complexes | Floats, criteria: Sequence[Criterion]) -> Chip:
    """The device of a single-device file and its twin, as nodes A and B; no link where the file has no [pair]."""
    nodes = [replace(device, name=name) for name in ("A", "B")]
    return Chip(
        device.name, nodes, coupling, platform=device.platform, description=device.description,
        given=(("A", "B"),) if np.any(coupling) else (), spec=device.spec, criteria=criteria,
        derived_quantities=coupling_quantities(nodes, coupling),
    )  # fmt: skip


def linked_chip(
    spec: ChipSpec,
    nodes: Sequence[Device],
    coupling: Floats,
    criteria: Sequence[Criterion] = (),
    quantities: Sequence[DerivedQuantity] = (),
) -> Chip:
    """The chip of a file: V as its links give it where they do, else as `coupling` (N, N) in rad/s."""
    order = [*spec.node]
    matrix = np.array(coupling, dtype=float)
    for (a, b), link in spec.links().items():
        if link.coupling is not None:
            j, k = order.index(a), order.index(b)
            matrix[j, k] = matrix[k, j] = link.coupling.value
    named = [(a, b) for a, b in spec.links() if matrix[order.index(a), order.index(b)]]
    every = [(a, b) for j, a in enumerate(order) for k, b in enumerate(order) if j < k and matrix[j, k]]
    meant = named if spec.links() else every
    return Chip(
        spec.name, nodes, matrix, platform=spec.platform, description=spec.description, given=named, spec=spec,
        criteria=(*criteria, *unwanted_criteria(nodes, matrix, meant)),
        derived_quantities=(*quantities, *coupling_quantities(nodes, matrix)),
    )  # fmt: skip


def coupling_quantities(nodes: Sequence[Device], coupling: Complexes | Floats) -> tuple[DerivedQuantity, ...]:
    """V of every pair that couples."""
    return known_quantities(
        *(
            (
                f"coupling_{a.name}_{b.name}".lower(),
                f"coupling V of {a.name}-{b.name}",
                float(to_hertz(v.real)),
                "Hz",
                "",
            )
            for (a, b), v in _pairs(nodes, coupling)
            if v
        )
    )


def resonance_distance(one: Device, other: Device) -> float:
    """Distance in rad/s from where two nodes stand to the nearest of |n_j, n_k⟩ ↔ |n_j ∓ 1, n_k ± 1⟩ at n0 of both."""
    first, second = (device.complete.ladder.transition_frequencies for device in (one, other))
    n, m = one.target, other.target
    return float(min(abs(first[n - 1] - second[m]), abs(first[n] - second[m - 1])))


def unwanted_criteria(
    nodes: Sequence[Device], coupling: Complexes | Floats, given: Sequence[tuple[str, str]]
) -> tuple[Criterion, ...]:
    """What couplings that no link names do, and how near their resonances are."""
    linked = {frozenset(pair) for pair in given}
    unnamed = [(p, abs(v)) for p, v in _pairs(nodes, coupling) if v and frozenset(d.name for d in p) not in linked]

    def mixing() -> Iterator[Worst]:
        for (a, b), v in unnamed:
            gamma = min(gamma_of(a), gamma_of(b))
            named = partial("{}-{}, V/2π = {}".format, a.name, b.name, show_frequency(v, 3))
            yield Worst(v / math.hypot(gamma, resonance_distance(a, b)), named)

    def crowding() -> Iterator[Worst]:
        for (a, b), _ in unnamed:
            distance, gamma = resonance_distance(a, b), max(gamma_of(a), gamma_of(b))
            named = partial("{}-{}, {} away".format, a.name, b.name, show_frequency(distance, 3))
            yield Worst(distance / gamma, named)

    return (
        _of_pairs(
            "unnamed exchange V/√(γ² + Δ²)", "unwanted_coupling", worst_of(mixing(), Sense.AT_MOST), LARGEST_UNWANTED,
            Sense.AT_MOST, "A link by itself leaves out what couples without a link; Δ is the distance of the nearest "
            "resonance. Largest: {}.", "Every pair that couples is named by a link.",
            "Solve the network, name the link, or move the two apart in place or frequency.",
        ),
        _of_pairs(
            "distance of unnamed resonances/γ", "frequency_crowding", worst_of(crowding(), Sense.AT_LEAST), CROWDING,
            Sense.AT_LEAST, "Two nodes that no link names must not exchange quanta of n0 on resonance. Nearest: {}.",
            "Every pair that couples is named by a link.", "Detune the two, or name the link if it is meant.",
        ),
    )  # fmt: skip


def _of_pairs(
    name: str, key: str, worst: Worst | None, bound: float, sense: Sense, why: str, none: str, remedy: str
) -> Criterion:
    """An approximation criterion decided by one pair."""
    value = None if worst is None else worst.value
    said = none if worst is None else why.format(worst.who)
    return Criterion(name, CriterionKind.APPROXIMATION, value, bound, sense, said, remedy, key=key)


def _pairs(nodes: Sequence[Device], coupling: Complexes | Floats) -> Iterator[tuple[tuple[Device, Device], complex]]:
    for j, one in enumerate(nodes):
        for k in range(j + 1, len(nodes)):
            yield (one, nodes[k]), complex(coupling[j, k])
