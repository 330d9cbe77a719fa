"""What the device is."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qsb_hw.model.device import DerivedQuantity, Device
from qsb_hw.show.tables.style import label, table, value
from qsb_hw.show.tables.text import NONE, quantity


def device_tables(device: Device) -> RenderableType:
    """Derived numbers of a device: those of the oscillator, then those of its baths side by side."""
    names = [bath.name for bath in device.complete.baths]
    own = [fact for fact in device.derived_quantities if _bath_of(fact, names) is None]
    parts: list[RenderableType] = [heading(device), _own_facts(own)]
    if len(own) < len(device.derived_quantities):
        parts += ["", _bath_facts(device.derived_quantities, names)]
    return Group(*parts)


def heading(device: Device) -> Text:
    """Name and description in one line."""
    return Text.assemble((device.name, "bold"), f" · {device.description}" if device.description else "", "\n")


def _own_facts(derived_quantities: list[DerivedQuantity]) -> Table:
    rows = table("Device", label("quantity"), value("value"), label("", style="dim"))
    for fact in derived_quantities:
        rows.add_row(fact.name, quantity(fact.value, fact.unit), fact.note)
    return rows


def _bath_facts(derived_quantities: tuple[DerivedQuantity, ...], baths: list[str]) -> Table:
    rows = table("Auxiliary modes", label("quantity"), *(value(bath) for bath in baths), label("", style="dim"))
    found: dict[str, dict[str, DerivedQuantity]] = {}
    for fact in derived_quantities:
        bath = _bath_of(fact, baths)
        if bath is not None:
            found.setdefault(fact.name.removeprefix(bath).strip(), {})[bath] = fact
    for name, of in found.items():
        note = next(iter(of.values())).note
        cells = (quantity(of[bath].value, of[bath].unit) if bath in of else NONE for bath in baths)
        rows.add_row(name, *cells, note)
    return rows


def _bath_of(fact: DerivedQuantity, baths: list[str]) -> str | None:
    return next((bath for bath in baths if fact.name.startswith(f"{bath} ")), None)
