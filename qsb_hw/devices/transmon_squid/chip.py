"""From a chip file of transmons to a chip."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.devices.chips import Worst, as_node, device_spec, linked_chip, of_each, physics_of, twin_chip, worst_of
from qsb_hw.devices.transmon_squid.build import (
    AGREEMENT,
    Circuit,
    device_of,
    exchanges,
    island_capacitance,
    solved_circuit,
)
from qsb_hw.devices.transmon_squid.chip_criteria import NodeCavities, crosstalk_criteria
from qsb_hw.devices.transmon_squid.chip_spec import CapacitanceSection, TransmonNode, TransmonSquidChipSpec
from qsb_hw.devices.transmon_squid.constants import ELEMENTARY_CHARGE, HBAR
from qsb_hw.devices.transmon_squid.matrix_file import Matrix, read_matrix
from qsb_hw.devices.transmon_squid.maxwell import Reduced, inline_matrix, maxwell, pad_mistakes, reduce, without_ground
from qsb_hw.devices.transmon_squid.oscillator import junction_and_charging_energy
from qsb_hw.devices.transmon_squid.spec import TransmonSquidSpec
from qsb_hw.errors import ArgumentError, Problem, SpecError
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.device import DerivedQuantity, Device, known_quantities
from qsb_hw.spec.files import LARGEST_TABLE_FILE, beside, read_text
from qsb_hw.spec.load import validate
from qsb_hw.spec.mistakes import path_of
from qsb_hw.spec.quantity import Quantity, value
from qsb_hw.units import FREQUENCY, show_frequency, written

LARGEST_ERROR = 0.1
"""Of V, by the digits of a capacitance matrix."""
MOST_KNOWN = 64
"""Nodes that are kept for other chips."""


_KNOWN: OrderedDict[Any, tuple[Circuit, Device]] = OrderedDict()
"""Nodes of earlier chips, by what they are built of and their name: in a sweep most are not varied."""


@dataclass(slots=True)
class _Built:
    """Circuits and devices of the nodes so far, each kind once."""

    circuits: dict[str, Circuit]
    known: dict[Any, tuple[Circuit, Device]]

    def device(self, name: str, table: Mapping[str, object], source: str) -> Device:
        """Device of a node; one that is built of the same numbers shares its oscillator."""
        spec = validate(TransmonSquidSpec, table, source)
        key = physics_of(spec)
        if key not in self.known:
            self.known[key] = _KNOWN[name, key] = _KNOWN.get((name, key)) or self._made(name, spec, source)
            _KNOWN.move_to_end((name, key))
            if len(_KNOWN) > MOST_KNOWN:
                _KNOWN.popitem(last=False)
        self.circuits[name], device = self.known[key]
        return replace(device, name=name, description=spec.description, spec=spec)

    def _made(self, name: str, spec: TransmonSquidSpec, source: str) -> tuple[Circuit, Device]:
        circuit = solved_circuit(spec, source)
        return circuit, as_node(device_of(circuit), name)


def build_twins(device: Device, source: str = "spec") -> Chip:
    """The device of a single-device file and its twin."""
    circuit = solved_circuit(device.spec, source)
    known = (circuit.oscillator.ladder, circuit.cavities, circuit.target)
    nodes = [NodeCavities(name, "$", *known) for name in ("A", "B")]
    coupling = device.coupling if len(device.coupling) == 2 else np.zeros((2, 2))
    return twin_chip(device, coupling, crosstalk_criteria(nodes))


def build_chip(spec: TransmonSquidChipSpec, source: str = "spec") -> Chip:
    """Chip described by a validated spec; a capacitance matrix is looked for beside `source`, the path of its file.

    SpecError if the matrix cannot be read, contradicts a charging energy, or a node cannot be built.
    """
    reduced = _reduced(spec, source) if spec.capacitance else None
    tables = {name: device_spec(TransmonSquidSpec, spec, name, node) for name, node in spec.node.items()}
    problems = []
    if reduced is not None:
        for k, (name, node) in enumerate(spec.node.items()):
            charging = ELEMENTARY_CHARGE**2 * float(reduced.inverse[k, k]) / (2 * HBAR)
            problems += _contradictions(name, node, charging)
            tables[name]["oscillator"] = _charged(tables[name]["oscillator"], charging)
    built = _Built({}, {})
    try:
        nodes = of_each(tables, lambda name, table: built.device(name, table, source), source)
    except SpecError as error:
        raise SpecError(source, (*problems, *error.problems)) from None
    if not problems:
        problems = _link_problems(spec, built.circuits)
    if problems:
        raise SpecError(source, tuple(problems))
    inverse = reduced.inverse if reduced else _inverse_of_links(spec, built.circuits)
    charges = [_zero_point_charge(circuit) for circuit in built.circuits.values()]
    cavities = [
        NodeCavities(name, f"$.node.{name}", c.oscillator.ladder, c.cavities, c.target)
        for name, c in built.circuits.items()
    ]
    coupling, criteria = exchanges(inverse, charges), crosstalk_criteria(cavities)
    if reduced is not None:
        criteria = (*criteria, _resolution(spec, reduced, coupling))
    return linked_chip(spec, nodes, coupling, criteria, _quantities(reduced))


def _charged(oscillator: Any, charging: float) -> dict[str, object]:
    """An oscillator's section with the E_C of the matrix in place of any of its own."""
    kept = {k: v for k, v in oscillator.items() if k not in ("capacitance", "junction_capacitance")}
    return kept | {"charging_energy": Quantity(charging, written(charging, FREQUENCY, 6), "the capacitance matrix")}


def _contradictions(name: str, node: TransmonNode, charging: float) -> list[Problem]:
    """A charging energy or capacitance that is given and is not that of the matrix."""
    oscillator = node.oscillator
    if not (oscillator.charging_energy or oscillator.capacitance):
        return []
    key = "charging_energy" if oscillator.charging_energy else "capacitance"
    own = junction_and_charging_energy(oscillator)[1]
    if abs(own / charging - 1) <= AGREEMENT:
        return []
    found = f"E_C/h = {written(own, FREQUENCY, 4)} where the matrix gives {written(charging, FREQUENCY, 4)}"
    must = f"must agree with the capacitance matrix to {100 * AGREEMENT:g} %"
    message = f"{must}, but found {found}. Correct one, or leave it out."
    return [Problem(f"$.node.{name}.oscillator.{key}", message)]


def _reduced(spec: TransmonSquidChipSpec, source: str) -> Reduced:
    """What the junctions see of the capacitance matrix, in the order of the nodes."""
    section = spec.capacitance
    assert section
    key, ground = ("file" if section.file else "matrix"), section.ground or []
    try:
        given = _matrix(section, source)
        if mistakes := [*pad_mistakes(given.names, ground, section.junctions)]:
            found = (Problem(path_of(("capacitance", *mistake.at)), mistake.message) for mistake in mistakes)
            raise SpecError(source, tuple(found))
        conductors = without_ground(maxwell(given), ground)
    except ArgumentError as error:
        raise SpecError(source, (Problem(f"$.capacitance.{key}", str(error)),)) from error
    own = {name: value(node.oscillator.junction_capacitance) for name, node in spec.node.items()}
    return reduce(conductors, {name: section.junctions[name] for name in spec.node}, own)


def _matrix(section: CapacitanceSection, source: str) -> Matrix:
    if section.file:
        return read_matrix(read_text(beside(source, section.file), LARGEST_TABLE_FILE), section.unit)
    given = inline_matrix(section.conductors, section.matrix)
    assert isinstance(given, Matrix)
    return given


def _zero_point_charge(circuit: Circuit) -> float:
    transmon = circuit.oscillator.transmon
    return transmon.zero_point_charge if transmon else 0.0


def _inverse_of_links(spec: TransmonSquidChipSpec, circuits: Mapping[str, Circuit]) -> Floats:
    """Inverse of the Maxwell matrix that islands of given total capacitance and coupling capacitors have, in 1/F."""
    order = [*circuits]
    transmons = [circuit.oscillator.transmon for circuit in circuits.values()]
    matrix = np.diag([island_capacitance(transmon) if transmon else 1.0 for transmon in transmons])
    for (a, b), link in spec.links().items():
        j, k = order.index(a), order.index(b)
        matrix[j, k] = matrix[k, j] = -value(link.coupling_capacitance)
    return np.linalg.inv(matrix)


def _link_problems(spec: TransmonSquidChipSpec, circuits: Mapping[str, Circuit]) -> list[Problem]:
    """Coupling capacitors that are half of an island's capacitance or more."""
    problems = []
    for name, circuit in circuits.items():
        links = {pair: link for pair, link in spec.links().items() if name in pair and link.coupling_capacitance}
        transmon = circuit.oscillator.transmon
        total = math.fsum(value(link.coupling_capacitance) for link in links.values())
        if links and transmon and 2 * total >= island_capacitance(transmon):
            largest = max(links, key=lambda pair: value(links[pair].coupling_capacitance))
            message = (
                f"must be, all links of {name} together, less than half of its island's total capacitance, "
                f"{island_capacitance(transmon):.3g} F, of which they are a part, but found {total:.3g} F. Lower it."
            )
            key = next(k for k in spec.link if set(k.split("-")) == set(largest))
            problems.append(Problem(f"$.link.{key}.coupling_capacitance", message))
    return problems


def _quantities(reduced: Reduced | None) -> tuple[DerivedQuantity, ...]:
    """What the matrix says of each node."""
    if reduced is None:
        return ()
    rows = zip(reduced.names, np.diag(reduced.inverse), np.diag(reduced.error), strict=True)
    return known_quantities(
        *(
            row
            for name, inverse, error in rows
            for row in (
                (f"capacitance_{name}".lower(), f"capacitance seen by {name}", 1 / float(inverse), "F", "1/(C⁻¹)_jj"),
                (
                    f"charging_energy_error_{name}".lower(), f"relative error of E_C of {name}", float(error / inverse),
                    "", "digits of the matrix",
                ),
            )
        )
    )  # fmt: skip


def _resolution(spec: TransmonSquidChipSpec, reduced: Reduced, coupling: Floats) -> Criterion:
    """How well the digits of the matrix tell V of the links, or of all pairs where none is named."""
    order, links = [*spec.node], spec.links()
    asked = [pair for pair, link in links.items() if link.coupling is None] if links else [*combinations(order, 2)]

    def errors() -> Iterator[Worst]:
        for a, b in asked:
            j, k = order.index(a), order.index(b)
            if not reduced.inverse[j, k]:
                continue
            share, v = float(reduced.error[j, k] / abs(reduced.inverse[j, k])), float(coupling[j, k])
            shown = show_frequency(v, 3), show_frequency(abs(share * v), 2)
            yield Worst(share, partial("V/2π of {}-{} is {} ± {}".format, a, b, *shown))

    worst = worst_of(errors(), Sense.AT_MOST) if np.any(reduced.error) else None
    why = "The matrix is written in the chip file: its numbers are taken as they are, solver's errors not included."
    if worst is not None:
        why = (
            f"{worst.who}: an entry smaller than the last digit of its conductors' own capacitance is not resolved by "
            "the solver."
        )
    return Criterion(
        "error of V by the digits of the capacitance matrix", CriterionKind.APPROXIMATION,
        None if worst is None else worst.value, LARGEST_ERROR, Sense.AT_MOST, why,
        "Export more digits and let the solver converge further, or give the coupling of that link.",
        key="capacitance_resolution",
    )  # fmt: skip
