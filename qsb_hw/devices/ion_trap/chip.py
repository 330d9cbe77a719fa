"""From a chip file of ions to a chip: every ion shifted by all others, every two coupled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from qsb_hw.devices.chips import Worst, as_node, device_spec, linked_chip, of_each, physics_of, twin_chip, worst_of
from qsb_hw.devices.ion_trap.build import device_of
from qsb_hw.devices.ion_trap.chip_spec import IonTrapChipSpec
from qsb_hw.devices.ion_trap.coulomb import CoulombCoupling, Direction, Site, couple, static_forces
from qsb_hw.devices.ion_trap.neighbour import Neighbour
from qsb_hw.devices.ion_trap.spec import IonTrapSpec
from qsb_hw.devices.ion_trap.wells import TrappedIon, trapped_ion
from qsb_hw.errors import ArgumentError, Problem, SpecError
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.device import Device
from qsb_hw.spec.chip import at_node
from qsb_hw.spec.load import validate
from qsb_hw.spec.quantity import value
from qsb_hw.units import show

LARGEST_CROSSTALK = 0.03
"""Of a beam's Rabi frequency, at another ion: its γ there is a thousandth."""


def build_twins(device: Device, source: str = "spec") -> Chip:
    """The ion of a single-device file and its twin."""
    del source
    spec: IonTrapSpec = device.spec
    separation = value(spec.pair.separation, None) if spec.pair else None
    places = None if separation is None else (0.0, separation)
    coupling = device.coupling if len(device.coupling) == 2 else np.zeros((2, 2))
    return twin_chip(device, coupling, [_addressing({"A": spec, "B": spec}, places)])


def build_chip(spec: IonTrapChipSpec, source: str = "spec") -> Chip:
    """Chip described by a validated spec; tabulated wells are looked for beside `source`, the path of its file.

    SpecError if a node cannot be built, or ions are too close.
    """
    tables = {name: device_spec(IonTrapSpec, spec, name, node) for name, node in spec.node.items()}
    specs, ions = _ions(tables, source)
    places = [value(node.position, None) for node in spec.node.values()]
    placed = [place for place in places if place is not None]
    found = _coulomb(spec, specs, ions, placed, source) if len(placed) == len(ions) > 1 else None
    known: dict[Any, Device] = {}

    def device(name: str, own: IonTrapSpec) -> Device:
        other = _neighbour(found, [*specs].index(name), ions[name], placed, spec)
        key = (physics_of(own), other.shift, other.force, other.orbit_ratio)
        if key not in known:
            known[key] = as_node(device_of(own, ions[name], other, source), name)
        return replace(known[key], name=name, description=own.description, spec=own)

    nodes = of_each(specs, device, source)
    coupling = np.zeros((len(nodes), len(nodes))) if found is None else found.exchange
    return linked_chip(spec, nodes, coupling, [_addressing(specs, placed or None)])


def _ions(
    tables: Mapping[str, Mapping[str, object]], source: str
) -> tuple[dict[str, IonTrapSpec], dict[str, TrappedIon]]:
    """Spec and solved well of every node, each well solved once."""
    specs: dict[str, IonTrapSpec] = {}
    ions: dict[str, TrappedIon] = {}
    known: dict[Any, TrappedIon] = {}
    problems: list[Problem] = []
    for name, table in tables.items():
        try:
            specs[name] = own = validate(IonTrapSpec, table, source)
            key = tuple(physics_of(section) for section in (own.ion, own.potential, own.target))
            if key not in known:
                known[key] = trapped_ion(own, source)
            ions[name] = known[key]
        except SpecError as error:
            problems += at_node(name, error.problems)
    if problems:
        raise SpecError(source, tuple(problems))
    return specs, ions


def _direction(spec: IonTrapChipSpec) -> Direction:
    return Direction(spec.chain.direction if spec.chain else "axial")


def _coulomb(
    spec: IonTrapChipSpec,
    specs: Mapping[str, IonTrapSpec],
    ions: Mapping[str, TrappedIon],
    places: Sequence[float],
    source: str,
) -> CoulombCoupling:
    """What the repulsion does; SpecError at the ions that are too close."""
    names, direction = [*ions], _direction(spec)
    sites = [
        Site(place, ion.species.mass, ion.motion.frequency, ion.lamb_dicke_length)
        for place, ion in zip(places, ions.values(), strict=True)
    ]
    quanta = [specs[name].target.fock_state.value + 1 for name in names]
    try:
        return couple(sites, direction, quanta)
    except ArgumentError as error:
        problems, whole = [], error
    for j, k in combinations(range(len(sites)), 2):
        try:
            couple([sites[j], sites[k]], direction, [quanta[j], quanta[k]])
        except ArgumentError as error:
            message = f"must leave each ion to its own well, but found {names[k]} too close to {names[j]}. {error}"
            problems.append(Problem(f"$.node.{names[k]}.position", message))
    message = f"must leave each ion to its own well, but found them too close. {whole}"
    raise SpecError(source, tuple(problems) or (Problem("$.node", message),))


def _neighbour(
    found: CoulombCoupling | None, at: int, ion: TrappedIon, places: Sequence[float], spec: IonTrapChipSpec
) -> Neighbour:
    """What all others do to one ion."""
    if found is None:
        return Neighbour()
    axial = _direction(spec) is Direction.AXIAL
    force = float(abs(static_forces(places)[at])) if axial else None
    return Neighbour(
        shift=float(found.shifts[at]),
        force=force,
        displacement=None if force is None else force / (ion.species.mass * ion.motion.frequency**2),
        orbit_ratio=float(found.orbit_ratios[at]),
        separation=min(abs(place - places[at]) for k, place in enumerate(places) if k != at),
    )


_BEAMS = "beams of {0}, {3} wide, between {1} and {2}, {4} apart"


def _addressing(specs: Mapping[str, IonTrapSpec], places: Sequence[float] | None) -> Criterion:
    """Light that is meant for one ion, at the nearest other one."""
    names = [*specs]

    def leaks() -> Iterator[Worst]:
        for j, k in combinations(range(len(names)), 2) if places else ():
            assert places
            for name in (names[j], names[k]):
                drives = (specs[name].damping, specs[name].amplification, specs[name].cooling)
                waist = max((value(d.beam_waist) for d in drives if d), default=0.0)
                if waist:
                    distance = abs(places[j] - places[k])
                    sizes = show(waist, "m", 2), show(distance, "m", 3)
                    who = partial(_BEAMS.format, name, names[j], names[k], *sizes)
                    yield Worst(math.exp(-((distance / waist) ** 2)), who)

    worst = worst_of(leaks(), Sense.AT_MOST)
    why = "Not checked: each ion is taken to have light of its own; give beam_waist and positions to know."
    if worst is not None:
        why = f"Each ion has light of its own, across the line of the wells; most at another: {worst.who}."
    return Criterion(
        "Rabi frequency at another ion/own", CriterionKind.APPROXIMATION, None if worst is None else worst.value,
        LARGEST_CROSSTALK, Sense.AT_MOST, why, "Focus more tightly, or move the wells apart.", key="light_crosstalk",
    )  # fmt: skip
