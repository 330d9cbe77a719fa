"""What is set at the instruments: one row per tone, and how far each setting may drift."""

from __future__ import annotations

import math
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from qsb_hw.explore.pump_table import Clearance, Drift, PumpTable, ToneRow
from qsb_hw.result import Status
from qsb_hw.show.fields import Cell, Field, Section
from qsb_hw.show.style import WARNING, brief, label, lines, named, skipped, stacked, table, value
from qsb_hw.show.text import NONE, ket, number, percent, position, quantity
from qsb_hw.units import to_hertz


def _drift(name: str, unit: str, what: str) -> tuple[Field, Field, Field]:
    """How far a setting may move to one side: distance, error, and what is lost first."""
    end = "_hz" if unit == "Hz" else "_db"
    return (
        Field(f"{name}{end}", f"{what}; null where nothing is lost as far as was looked, or no limit asked for",
              lambda row: _internal(getattr(row, name), "distance", unit), unit=unit),
        Field(f"{name}_error{end}", "its error", lambda row: _internal(getattr(row, name), "error", unit), unit=unit),
        Field(f"{name}_loses", "what is lost there first", f"{name}.quantity"),
    )  # fmt: skip


def _internal(drift: Drift | None, name: str, unit: str) -> float | None:
    """A field in Hz is read as an angular frequency."""
    if drift is None:
        return None
    return float(getattr(drift, name)) * (math.tau if unit == "Hz" else 1.0)


TONE = Section(
    Field("node", "of a chip; empty for a device"),
    Field("tone", "its section in the file", "instrument.section", symbol="tone"),
    Field("mode", "what it drives", "instrument.mode", symbol="drives"),
    Field(
        "transition",
        "of the ladder that it addresses, from and to",
        lambda row: f"{ket(row.levels[0])} → {ket(row.levels[1])}",
    ),
    Field("spacing_hz", "of that transition"),
    Field(
        "frequency_hz",
        "of the generator, laboratory frame; null where the mode's is not known",
        "instrument.frequency",
        symbol="generator",
        show=position,
    ),
    Field("detuning_hz", "of the tone from the mode", "instrument.detuning", symbol="δ/2π", show=position),
    Field("mode_frequency_hz", "of the mode", "instrument.mode_frequency", symbol="mode", show=position),
    Field("wavelength", "of an optical transition", "instrument.wavelength", symbol="wavelength", unit="m", digits=6),
    Field("linewidth_hz", "κ/2π of the mode", "instrument.linewidth"),
    Field("strength", "what the power makes at the device", "instrument.strength"),
    Field("strength_name", "what the strength is", "instrument.strength_name"),
    Field("strength_unit", "SI, cyclic", "instrument.strength_unit"),
    Field("power", "at the device; null where it is not known", "instrument.power", unit="W"),
    Field("power_dbm", "likewise", symbol="power at device", unit="dBm"),
    Field("attenuation_db", "between source and device", "attenuation", symbol="attenuation", unit="dB"),
    Field("source_dbm", "power at the source", symbol="power at source", unit="dBm"),
    Field("phase", '"any": of a mode of its own the phase of the drive changes nothing', symbol="phase"),
    *_drift("frequency_below", "Hz", "how far the frequency may fall"),
    *_drift("frequency_above", "Hz", "how far it may rise"),
    *_drift("power_below", "dB", "how far the power may fall"),
    *_drift("power_above", "dB", "how far it may rise"),
    Field("nearest", "what of its own device lies nearest to it", "own.name"),
    Field("nearest_distance_hz", "how far", "own.distance"),
    Field("nearest_of_others", "what of another node lies nearest to it", "others.name"),
    Field("nearest_of_others_distance_hz", "how far", "others.distance"),
)
PUMPS = Section(
    Field("name", "of the device or chip"),
    Field("description", "of the device or chip, from its file"),
    Field("status", "how it ended"),
    Field("message", "why a limit is not known"),
    Field("share", "of S at the weaker resonance, or of P(n0), that a setting may cost"),
    Field("nominal", "S and P(n0) for the file as it is, baths eliminated, by measure; none without limits"),
    Field("rows", "one per tone", each=TONE),
)


def pump_view(found: PumpTable) -> RenderableType:
    """Settings, then how far each may drift, then what lies nearest."""
    where = [(label("node"), lambda row: row.node)] if any(row.node for row in found.rows) else []
    optical = any(row.instrument.wavelength is not None for row in found.rows)
    place = ["wavelength", "detuning_hz"] if optical else ["frequency_hz", "detuning_hz"]
    rows = found.rows
    known = any(row.instrument.power is not None for row in rows)
    attenuated = any(row.attenuation is not None for row in rows)
    at_device = (value("power\nat device"), TONE["power_dbm"].text)
    at_source = (value("power\nat source"), TONE["source_dbm"].text)
    behind: list[str | Cell] = ["attenuation_db", at_source]
    powers: list[str | Cell] = [*[at_device] * known, *behind * (known and attenuated)]
    title = f"{found.drives[0].upper()}{found.drives[1:]} of {found.name}"
    settings = TONE.table(
        title, rows, *where, "tone", (label("transition"), TONE["transition"].text), *place,
        (value(_strength_name(rows)), _strength), *powers,
    )  # fmt: skip
    drifts = TONE.table(
        f"How far a setting may drift until {percent(found.share)} of S at the resonance or of P(n0) is lost",
        rows, *where, "tone", *((value(head), _shown(name, unit)) for head, name, unit in _SIDES),
    ) if found.nominal else None  # fmt: skip
    clear = [row for row in rows if row.own is not None or row.others is not None]
    none = found.status is Status.SKIPPED
    unknown = "" if found.ok or none else f"Not known how far some settings may drift: {found.message}."
    parts: list[RenderableType | None] = [
        named(found.name, found.description),
        skipped([found.message]) if none else None,
        brief(Text(unknown, WARNING)) if unknown else None,
        brief(settings),
        drifts,
        _clearances(clear, where) if clear else None,
    ]
    parts.append(lines(_notes(found)))
    return stacked(*parts)


_SIDES = (
    ("frequency −", "frequency_below", "Hz"), ("frequency +", "frequency_above", "Hz"),
    ("power −", "power_below", "dB"), ("power +", "power_above", "dB"),
)  # fmt: skip


def _shown(name: str, unit: str) -> Any:
    def text(row: ToneRow) -> str:
        drift: Drift = getattr(row, name)
        if math.isinf(drift.distance):
            return "no limit"
        size = quantity(drift.distance, unit, 3) if unit == "Hz" else f"{drift.distance:.2f} dB"
        between = "\n" if "[" in drift.quantity else " "
        return f"> {size}" if drift.reason else f"{size}{between}({_short(drift.quantity)})"

    return text


def _short(measure: str) -> str:
    kind, bracket, where = measure.partition("[")
    return {"S_resonance": "S"}.get(kind, kind) + bracket + where


def _strength_name(rows: tuple[ToneRow, ...]) -> str:
    return rows[0].instrument.strength_name if rows else ""


def _strength(row: ToneRow) -> str:
    one = row.instrument
    return quantity(one.strength, one.strength_unit) if one.strength_unit else number(one.strength)


def _clearances(rows: list[ToneRow], where: list[Any]) -> RenderableType:
    def said(one: Clearance | None, linewidth: float) -> tuple[str, str]:
        if one is None:
            return NONE, NONE
        return one.name, f"{quantity(float(to_hertz(one.distance)), 'Hz', 3)} = {one.distance / linewidth:.3g} κ"

    others = any(row.others is not None for row in rows)
    heads = [label("nearest"), value("distance"), *([label("of other nodes"), value("distance")] if others else [])]
    found = table("Nearest other frequencies", *([label("node")] if where else []), label("tone"), *heads)
    for row in rows:
        one = row.instrument
        cells = [*said(row.own, one.linewidth), *(said(row.others, one.linewidth) if others else ())]
        found.add_row(*([row.node] if where else []), one.section, *cells)
    return found


def _notes(found: PumpTable) -> list[str]:
    nominal = ", ".join(f"{_short(name)} = {value:.4g}" for name, value in found.nominal.items())
    moved = f"Baths eliminated: {nominal}. One setting is moved at a time. S at the weaker resonance of the pair."
    phase = f"Phases are free: each {found.drive} acts on a mode of its own, and its phase changes neither P(n0) nor S."
    return [moved, phase] if nominal else [phase]
