"""Every number with its source: given, from the file, chosen or assumed, derived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType

from qsb_hw.analysis.conditions import Conditions
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import DerivedQuantity, Device
from qsb_hw.show.fields import Cell, Field, Section
from qsb_hw.show.numerics import CONDITIONS
from qsb_hw.show.style import label, lines, stacked, value
from qsb_hw.show.text import quantity
from qsb_hw.spec.base import Section as Spec
from qsb_hw.spec.paths import leaves, prepared
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import to_hertz

FROM_FILE, DERIVED = "from the file", "derived"
_WORDS = ("$.name", "$.platform", "$.description")


@dataclass(frozen=True, slots=True)
class Sourced:
    """A number with its source: where it stands in the file, or its name; how it is shown; and what is known of it."""

    name: str
    value: str
    origin: str
    source: str
    tolerance: float | None = None


SOURCED = Section(
    Field("name", "path in the file, or what it is", symbol="number"),
    Field("value", "with its unit, as the file has it", symbol="value"),
    Field("origin", "given, from the file, chosen, assumed or derived", symbol="from"),
    Field("source", "what the file says of it, or how it is derived", symbol="source"),
    Field("tolerance", "relative, where the file has one", symbol="tolerance",
          show=lambda t: f"{100 * t:.3g} %"),
)  # fmt: skip
SOURCES = Section(Field("numbers", "every number with its source", lambda rows: rows, each=SOURCED))


def of_file(spec: Any) -> Iterator[Sourced]:
    """Every value of a device or chip file as it was written."""
    if not isinstance(spec, Spec):
        return
    for path, found in leaves(prepared(spec)):
        if path not in _WORDS:
            known = isinstance(found, Quantity)
            yield Sourced(
                path.removeprefix("$."), str(found), FROM_FILE,
                (found.source or "") if known else "", found.tolerance if known else None,
            )  # fmt: skip


def of_conditions(conditions: Conditions, of: str = "") -> Iterator[Sourced]:
    """Sizes, coupling and durations in force."""
    units = {"coupling": "Hz", "experiment_time": "s"}
    for name, chosen in conditions.decided.items():
        number = float(to_hertz(chosen.value)) if name == "coupling" else chosen.value
        yield Sourced(of + CONDITIONS[name], quantity(number, units.get(name, "")), chosen.origin.value, "")


def of_derived(found: Sequence[DerivedQuantity], of: str = "") -> Iterator[Sourced]:
    """What follows from the file."""
    for one in found:
        yield Sourced(of + one.name, quantity(one.value, one.unit, 6), DERIVED, one.note)


def of_device(device: Device, conditions: Conditions) -> tuple[Sourced, ...]:
    """Every number of one device."""
    return (*of_file(device.spec), *of_conditions(conditions), *of_derived(device.derived_quantities))


def of_chip(chip: Chip, conditions: Iterable[tuple[str, Conditions]]) -> tuple[Sourced, ...]:
    """Every number of a chip, node by node."""
    return (
        *of_file(chip.spec),
        *(row for name, found in conditions for row in of_conditions(found, f"{name}: ")),
        *of_derived(chip.derived_quantities),
        *(row for node in chip.nodes for row in of_derived(node.derived_quantities, f"{node.name}: ")),
    )


def sources_view(rows: Sequence[Sourced]) -> RenderableType:
    """One table per source."""
    given = [row for row in rows if row.origin == FROM_FILE]
    chosen = [row for row in rows if row.origin not in (FROM_FILE, DERIVED)]
    derived = [row for row in rows if row.origin == DERIVED]
    shown = (value("tolerance"), lambda row: "" if row.tolerance is None else SOURCED["tolerance"].text(row))
    toleranced = [shown] if any(row.tolerance is not None for row in given) else []
    return stacked(
        SOURCED.table("From the file", given, *_name_and_value(), *toleranced, "source") if given else None,
        SOURCED.table("Given, chosen or assumed", chosen, *_name_and_value(), "origin") if chosen else None,
        SOURCED.table("Derived from these", derived, *_name_and_value(), "source") if derived else None,
        lines(["Frequencies are cyclic."]) if rows else None,
    )


def _name_and_value() -> tuple[Cell, Cell]:
    return (label("number"), lambda row: row.name), (value("value"), lambda row: row.value)
