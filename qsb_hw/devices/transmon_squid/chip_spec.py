"""Chip file of the transmon–SQUID-cavity platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from qsb_hw.devices.transmon_squid import rules
from qsb_hw.devices.transmon_squid.maxwell import inline_mistakes
from qsb_hw.devices.transmon_squid.spec import CIRCUIT, MEASURED, Amplification, Damping, Oscillator
from qsb_hw.errors import shown, suggestion
from qsb_hw.spec.base import Given, Line, Section, needs, one_of, optional
from qsb_hw.spec.chip import ChipSpec, Link, Node
from qsb_hw.spec.conditions import Conditions, Target
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Capacitance, SignedCapacitance

Names = Annotated[
    list[Line],
    BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class ChipOscillator(Oscillator):
    """The anharmonic mode of a node; its E_C is in the capacitance matrix where there is one."""

    circuit_keys: ClassVar[tuple[str, ...]] = (*CIRCUIT, "junction_capacitance")
    charged: ClassVar[bool] = False
    replaces: ClassVar = {
        key: (*others, "junction_capacitance") if key in MEASURED else others
        for key, others in Oscillator.replaces.items()
    }

    junction_capacitance: Capacitance | None = optional(
        "circuit: of the junction itself, between its two pads; with [capacitance], in which it is not", "3 fF"
    )


class TransmonNode(Node):
    """A transmon (or any anharmonic circuit mode) of a chip, with its two SQUID cavities."""

    oscillator: ChipOscillator = Field(description="the anharmonic mode and its losses")
    target: Target = Field(description="the state to stabilise")
    damping: Damping = Field(description="the cavity driven on the red side")
    amplification: Amplification = Field(description="the cavity driven on the blue side")
    conditions: Conditions | None = optional("how it is computed and used; chosen unless given")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Check what one section needs of another."""
        yield from rules.sections_rules(given)


class CircuitLink(Link):
    """What couples two circuits."""

    coupling_capacitance: Capacitance | None = optional("C_g between the two islands; needs E_C or C of both", "5 aF")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """One way to couple."""
        yield from one_of(given, "coupling", "coupling_capacitance", needed=False)


class CapacitanceSection(Section):
    """One capacitance matrix of the chip's conductors: every E_C and every V follows from it."""

    file: Line | None = optional(
        "text of a field solver, or CSV with the conductors' names in its header, beside the chip file", "q3d.txt"
    )
    unit: Line | None = optional("of the numbers in a CSV file that names none", "fF")
    conductors: Annotated[list[Line], Field(min_length=1)] | None = optional(
        "names, in the order of `matrix`", ["a1", "a2", "b"]
    )
    matrix: list[list[SignedCapacitance]] | None = optional(
        "Maxwell (off the diagonal ≤ 0) or mutual (SPICE, all ≥ 0) capacitances",
        [["61 fF", "-5 aF"], ["-5 aF", "70 fF"]],
    )
    source: Line | None = optional("where the numbers come from")
    ground: Names | None = optional("conductors at ground, one or a list; left out where the matrix has none", "gnd")
    junctions: dict[str, Names] = Field(
        description="pads of each node's junction: two conductors, or one where the other pad is ground",
        examples=[{"A": ["a1", "a2"], "B": ["b"]}],
    )

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """One matrix, complete; pads of one junction each; what can be checked without opening a file."""
        inline = given.among("conductors", "matrix")
        if given.among("file") and inline:
            yield Mistake((), f"must have only one of file or {' and '.join(inline)}. Remove one.")
        elif not given.among("file") and not inline:
            yield Mistake((), "must have file, or conductors and matrix, but found neither. Add one.")
        elif inline:
            yield from needs(cls, given, "conductors", "matrix")
        if given.among("unit") and inline:
            yield Mistake(("unit",), "must be left out where the matrix is in the file: its numbers have units.")
        yield from inline_mistakes(given.table)


class TransmonSquidChipSpec(ChipSpec):
    """Transmons (or any anharmonic circuit modes), each with two SQUID cavities."""

    couplings: ClassVar[tuple[str, ...]] = ("coupling", "coupling_capacitance")

    platform: Literal["transmon_squid"] = Field(description="tag of the platform")
    node: dict[str, TransmonNode] = Field(min_length=1, description="the devices, in the order of the chip")
    link: dict[str, CircuitLink] = Field(default={}, description="what couples two nodes; A-B, in either order")
    capacitance: CapacitanceSection | None = optional("every E_C and every V from one matrix, instead of links")

    @classmethod
    def coupled_by_links(cls, table: Mapping[str, Any]) -> bool:
        """Whether there is no capacitance matrix."""
        return "capacitance" not in table

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """What nodes and links need of a capacitance matrix, or of its absence."""
        yield from super().rules(given)
        nodes = {str(k): n for k, n in _tables(given.table.get("node")).items() if isinstance(n, Mapping)}
        links = _tables(given.table.get("link"))
        if nodes and "capacitance" in given.table:
            yield from _matrix_rules(nodes, links, _tables(given.table["capacitance"]))
        elif nodes:
            yield from _matrixless_rules(nodes, links)


def _tables(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _measured(node: Mapping[str, Any]) -> bool:
    keys = set(_tables(node.get("oscillator")))
    return bool(keys) and not keys & {"josephson_energy", "critical_current"}


def _matrix_rules(nodes: Mapping[str, Any], links: Mapping[str, Any], section: Mapping[str, Any]) -> Iterator[Mistake]:
    """With a matrix: a junction for every node, circuits only, no capacitance given beside it."""
    junctions = _tables(section.get("junctions"))
    for name in junctions:
        if name not in nodes:
            message = f"must be a node of the file, but found {shown(name)}. {suggestion(str(name), nodes)}"
            yield Mistake(("capacitance", "junctions", str(name)), message)
    for name, node in nodes.items():
        if "junctions" in section and name not in junctions:
            message = f'must be given, but is missing. Name the pads of the junction of {name}: {name} = ["…", "…"].'
            yield Mistake(("capacitance", "junctions", name), message)
        if _measured(node):
            message = "must be given from its circuit where there is a [capacitance] matrix. Give josephson_energy."
            yield Mistake(("node", name, "oscillator"), message)
    for key, link in links.items():
        if "coupling_capacitance" in _tables(link):
            message = "must be left out where there is a [capacitance] matrix: it is in there. Remove it."
            yield Mistake(("link", str(key), "coupling_capacitance"), message)


def _matrixless_rules(nodes: Mapping[str, Any], links: Mapping[str, Any]) -> Iterator[Mistake]:
    """Without a matrix: E_C of every circuit, and circuits where a capacitance couples."""
    for name, node in nodes.items():
        oscillator = _tables(node.get("oscillator"))
        if not _measured(node) and oscillator and not {"charging_energy", "capacitance"} & set(oscillator):
            message = (
                "must have one of charging_energy, capacitance, but found none of them. Add one, or [capacitance]."
            )
            yield Mistake(("node", name, "oscillator"), message)
        if "junction_capacitance" in oscillator:
            message = "must come with a [capacitance] matrix; else E_C holds it already. Remove it."
            yield Mistake(("node", name, "oscillator", "junction_capacitance"), message)
    for key, link in links.items():
        if "coupling_capacitance" in _tables(link):
            measured = [end for end in str(key).split("-") if end in nodes and _measured(nodes[end])]
            if measured:
                message = (
                    f"must come with oscillators given from their circuit, but {measured[0]} is given as measured. "
                    'Write the coupling itself: coupling = "150 kHz".'
                )
                yield Mistake(("link", str(key), "coupling_capacitance"), message)
