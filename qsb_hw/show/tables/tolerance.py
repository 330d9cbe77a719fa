"""Tables of a tolerance study."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from qsb_hw.explore.tolerance import WIDEST, Tolerance
from qsb_hw.show.tables.style import WARNING, label, lines, table, value
from qsb_hw.show.tables.text import NONE, number
from qsb_hw.show.tolerance import tolerance_record

SHOWN_REASONS = 3
TOO_FEW = "too few samples"


def tolerance_view(found: Tolerance) -> RenderableType:
    """What ``qsb-hw tolerance`` prints: the yield, and how much of what each number explains."""
    record = tolerance_record(found)
    parts: list[RenderableType] = [_yield(record), "", _indices(record), *_notes(record)]
    return Group(*parts)


def _yield(record: dict[str, Any]) -> RenderableType:
    rows = table("Yield", label("condition"), value("share"), value("95 % interval"), value("devices"))
    found = record["yield"]
    interval = f"{found['low']:.1%} … {found['high']:.1%}"
    rows.add_row(record["condition"], f"{found['share']:.1%}", interval, str(found["devices"]))
    return rows


def _indices(record: dict[str, Any]) -> RenderableType:
    measures = record["sensitivities"]
    rows = table(
        "Share of the variance each number explains: alone, and below it with its interactions (95 % intervals)",
        label("number"), value("nominal"), value("tolerance"), *(value(m["measure"]) for m in measures),
    )  # fmt: skip
    for k, one in enumerate(record["scatter"]):
        shares = (_share(m["indices"][k]) for m in measures)
        rows.add_row(one["path"], one["nominal"], f"{100 * one['tolerance']:.3g} %", *shares)
    rows.add_section()
    rows.add_row("mean", "", "", *(number(m["mean"], 4) for m in measures))
    rows.add_row("standard deviation", "", "", *(number(m["deviation"], 3) for m in measures))
    return rows


def _share(index: dict[str, Any]) -> str:
    if index["first"] is None:
        return NONE
    if not index["enough"]:
        return TOO_FEW
    rows = (
        f"{index[kind]:.2f} ({index[f'{kind}_interval'][0]:.2f} … {index[f'{kind}_interval'][1]:.2f})"
        for kind in ("first", "total")
    )
    return "\n".join(rows).replace("-", "−")


def _all_indices(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [index for measure in record["sensitivities"] for index in measure["indices"]]


def _notes(record: dict[str, Any]) -> list[RenderableType]:
    meaning = "one standard deviation" if record["distribution"] == "normal" else "the half-width of a uniform law"
    notes = [f"A tolerance is {meaning}; numbers scatter independently, open tones follow the ladder."]
    if record["nominal"]:
        notes.append(f"The file as it is: {record['nominal']}.")
    parts: list[RenderableType] = [lines(notes)]
    if any(index["enough"] is False and index["first"] is not None for index in _all_indices(record)):
        words = f"{TOO_FEW.capitalize()}: the interval of a share is wider than {WIDEST:g}. Raise --samples."
        parts.append(Text(words, style=WARNING))
    for one in record["sensitivities"]:
        if one["without"]:
            words = f"No {one['measure']} in {one['without']} of the devices: its shares are not defined."
            parts.append(Text(words, style=WARNING))
    if record["refused"]:
        parts.append(Text(f"Not to be built, or not solved, and counted as failing: {record['refused']}", WARNING))
        most = sorted(record["reasons"].items(), key=lambda item: -item[1])[:SHOWN_REASONS]
        parts += [Text(f"{count} × {reason}", WARNING) for reason, count in most]
    return parts
