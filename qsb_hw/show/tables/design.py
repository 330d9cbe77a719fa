"""Tables of a design."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from qsb_hw.explore.design.design import DesignResult
from qsb_hw.show.design import design_record
from qsb_hw.show.tables.criteria import margin_text
from qsb_hw.show.tables.style import BAD, GOOD, WARNING, label, lines, table, value
from qsb_hw.show.tables.text import quantity


def design_view(result: DesignResult, file: Path | None = None) -> RenderableType:
    """What ``qsb-hw design`` prints: choices and needs before and after, and what came of it."""
    record = design_record(result, file)
    parts: list[RenderableType] = [_choices(record), "", _measures(record), "", _needs(record, result)]
    if record["front"]:
        parts += ["", _front(record)]
    return Group(*parts, "", _panel(record, result))


def _choices(record: Mapping[str, Any]) -> RenderableType:
    rows = table("What was chosen", label("number"), value("before"), value("after"), value("within"))
    for choice in record["choices"]:
        rows.add_row("\n".join(choice["paths"]), choice["before"], choice["after"], choice["within"])
    return rows


def _measures(record: Mapping[str, Any]) -> RenderableType:
    rows = table("What was wanted", label("measure"), value("before"), value("after"), value("after, baths kept"))
    for measure in record["measures"]:
        unit = "" if measure["unit"] in ("1", "SI") else measure["unit"]
        columns = (quantity(measure[key], unit) for key in ("before", "after", "after_complete"))
        rows.add_row(measure["name"], *columns)
    return rows


def _needs(record: Mapping[str, Any], result: DesignResult) -> RenderableType:
    rows = table("What the effect needs", label("need"), value("before"), value("after"), value("asked"), label(""))
    active = {name.partition(",")[0] for name in result.active}
    for need in record["needs"]:
        rows.add_row(
            need["name"],
            *(margin_text(need[key]) for key in ("before", "after", "asked")),
            _standing(need, need["name"] in active),
        )
    return rows


def _standing(need: Mapping[str, Any], active: bool) -> Text:
    if need["after"] is not None and need["after"] < 1:
        return Text("FAIL", style=BAD)
    if need["after"] is not None and need["after"] < need["asked"]:
        return Text("tight", style=WARNING)
    return Text("active" if active else "", style=GOOD)


def _front(record: Mapping[str, Any]) -> RenderableType:
    names = list(record["front"][0]["measures"])
    rows = table("Pareto front", *(value(name) for name in names), label("choices", ratio=1))
    units = {
        measure["name"]: "" if measure["unit"] in ("1", "SI") else measure["unit"] for measure in record["measures"]
    }
    for point in record["front"]:
        rows.add_row(*(quantity(point["measures"][n], units.get(n, "")) for n in names), ", ".join(point["choices"]))
    return rows


def _panel(record: Mapping[str, Any], result: DesignResult) -> RenderableType:
    style = GOOD if record["met"] else BAD
    words = "YES" if record["met"] else "NO"
    said = [f"Verdict {record['verdict_before']} → {record['verdict']}; {'; '.join(record['wanted'])}."]
    if record["blocked_by"]:
        said += ["Blocked by:", *(f"  {name}{_remedy(result, name)}" for name in record["blocked_by"])]
    if record["active"]:
        said += ["The goal leans against:", *(f"  {name}" for name in record["active"])]
    if result.after_checked is None:
        said.append("Not checked with every bath kept.")
    said.append(f"{record['evaluations']} trials, seed {record['seed']}.")
    head = Text(words, style=style)
    needs = "met with its margin" if record["standard"] == "feasible" else "met"
    return Panel(Group(head, lines(said)), title=f"Is every need {needs} and every limit kept?", title_align="left")


def _remedy(result: DesignResult, name: str) -> str:
    checked = result.after_checked
    known = {} if checked is None else {c.name.partition(",")[0]: c.remedy for c in checked.criteria}
    remedy = known.get(name.partition(",")[0])
    return f" → {remedy}" if remedy else ""
