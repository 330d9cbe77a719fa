"""Chip file of the ion-trap platform: ions in wells of their own along one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from qsb_hw.devices.ion_trap import rules
from qsb_hw.devices.ion_trap.spec import Ion, IonAmplification, IonCooling, IonDamping, Well
from qsb_hw.spec.base import Given, Section, optional, readable
from qsb_hw.spec.chip import ChipSpec, Link, Node
from qsb_hw.spec.conditions import Conditions, Target
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Quantity, Reads
from qsb_hw.units import LENGTH

Position = Annotated[Quantity, Reads(LENGTH, written="40 um")]


class IonNode(Node):
    """An ion in an anharmonic well of its own, two of its transitions driven on motional sidebands."""

    position: Position | None = optional("of the well along the line of the wells; of every ion or of none", "0 um")
    ion: Ion = Field(description="the ion and what disturbs its motion")
    potential: Well = Field(description="the well the ion sits in")
    target: Target = Field(description="the state to stabilise")
    damping: IonDamping = Field(description="the transition driven on the red sideband")
    amplification: IonAmplification = Field(description="the transition driven on the blue sideband")
    cooling: IonCooling | None = optional("a further transition that cools the levels far above n0; none unless given")
    conditions: Conditions | None = optional("how it is computed and used; chosen unless given")

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Lines that the species has."""
        yield from rules.transition_rules(given)


class Chain(Section):
    """How the ions move against the line of their wells."""

    direction: Literal["axial", "transverse"] = Field(description="of the motion against the line of the wells")


class IonTrapChipSpec(ChipSpec):
    """Ions in wells of their own, coupled by their repulsion."""

    platform: Literal["ion_trap"] = Field(description="tag of the platform")
    node: dict[str, IonNode] = Field(min_length=1, description="the ions, in the order of the chip")
    link: dict[str, Link] = Field(default={}, description="V instead of what the distance gives; A-B, in either order")
    chain: Chain | None = optional("how the ions move; axial unless given")

    @classmethod
    def coupled_by_links(cls, table: Mapping[str, Any]) -> bool:
        """Whether no ion has a position."""
        return not any("position" in node for node in _nodes(table).values())

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Positions of all or none, each another one."""
        yield from super().rules(given)
        nodes = _nodes(given.table)
        if cls.coupled_by_links(given.table):
            if "chain" in given.table:
                yield Mistake(("chain",), "must come with a position of every ion. Add them, or remove [chain].")
            return
        places: dict[float, str] = {}
        for name, node in nodes.items():
            at = ("node", name, "position")
            if "position" not in node:
                yield Mistake(at, 'must be given, as other ions have one, but is missing. Write position = "40 um".')
                continue
            place = readable(IonNode, node).get("position")
            if place is not None and (first := places.setdefault(place, name)) != name:
                yield Mistake(at, f"must differ from that of {first}: each ion sits in a well of its own. Move one.")


def _nodes(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = table.get("node")
    nodes = found.items() if isinstance(found, Mapping) else ()
    return {str(name): node for name, node in nodes if isinstance(node, Mapping)}
