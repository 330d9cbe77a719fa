"""Tolerances: the yield, and the share of the variance that each number explains."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from qsb_hw.devices.pumps import LEFT
from qsb_hw.explore.tolerance import CONFIDENCE, WIDEST, Sensitivity, Tolerance, Yield
from qsb_hw.show.detail import Path
from qsb_hw.show.fields import Field, Record, Section, With
from qsb_hw.show.style import WARNING, answer, label, lines, named, stacked, table, value
from qsb_hw.show.sweep import reasons_shown
from qsb_hw.show.text import NONE, number, percent

SHOWN_REASONS = 3
TOO_FEW = "too few samples"
YIELD = Section(
    Field("share", "of the devices that meet the condition"),
    Field("low", "lower end of its interval"),
    Field("high", "upper end"),
    Field("holding", "devices that meet the condition"),
    Field("devices", "devices sampled"),
)
SCATTER = Section(
    Field("path", "in the device file"),
    Field("nominal", "value in the device file", "nominal.text"),
    Field("tolerance", "relative"),
)
INDEX = Section(
    Field("path", "of the number"),
    Field("first", "share of the variance that the number explains alone; null where a device has no such measure"),
    Field("first_error", "half the width of its interval"),
    Field("first_interval", "[low, high]"),
    Field("total", "share with its interactions"),
    Field("total_error", "half the width of its interval"),
    Field("total_interval", "[low, high]"),
    Field("enough", "false where an interval is wider than 0.3: there are too few samples"),
)
SENSITIVITY = Section(
    Field("measure", "whose variance is explained"),
    Field("mean", "over the devices"),
    Field("deviation", "standard deviation over the devices"),
    Field("without", "devices without such a measure"),
    Field("indices", "one per number that scatters", each=INDEX),
)


PART = Section(
    Field("part", "node, link, the chip as a whole, or what was not solved"),
    Field("yield", "of the condition on this part alone; null of what was not solved", "result", inside=YIELD),
    Field("failing", "failed samples in which this part fails"),
    Field("alone", "failed samples in which nothing else does"),
    Field("blame", "share of the failed samples, each divided equally among the parts that fail in it: sums to one"),
)


def _sensitivities(found: Tolerance) -> list[With]:
    numbers = list(enumerate(found.scatter))
    return [With(one, indices=[_index(one, k, s.path) for k, s in numbers]) for one in found.sensitivities]


def _index(one: Sensitivity, k: int, path: str) -> Record:
    return {"path": path, **{key: getattr(one, key)[k] for key in INDEX.fields if key != "path"}}


TOLERANCE = Section(
    Field("condition", "what a device must meet to count"),
    Field("nominal", "verdict of the file as it is; empty where the condition is another one"),
    Field("distribution", '"normal": a tolerance is one standard deviation; "uniform": the half-width'),
    Field("confidence", "of every interval", lambda _: CONFIDENCE),
    Field("yield", "share of the devices that meet the condition", "result", inside=YIELD),
    Field("refused", "devices that cannot be built, were not solved or have no verdict; they count as failing"),
    Field("reasons", "of those, by reason"),
    Field("scatter", "numbers that scatter", each=SCATTER),
    Field("sensitivities", "shares of the variance", _sensitivities, each=SENSITIVITY),
    Field("parts", "of a chip whose condition is on verdict or margin: which node or link is to blame", each=PART),
    Field("pumps", '"retuned" for every sample, or "left" at the frequency and power they have in the file'),
    Field("retuned", "yield of the same samples with the pumps retuned, where they were left", inside=YIELD),
    Field("recovered", "samples that fail with the pumps left and hold once they are retuned"),
    Field("seed", "the same seed gives the same result"),
)


def tolerance_view(found: Any) -> RenderableType:
    """What ``qsb-hw tolerance`` prints: a `Tolerance`, with name and description of its `subject` where known."""
    result = found.result
    said = Text(
        f"{percent(result.share, 1)} of the devices ({_interval(result)}, {100 * CONFIDENCE:g} % interval) meet: "
        f"{found.condition}."
    )
    worst = next((p for p in found.parts if not np.isnan(p.blame)), None)
    blame = None if worst is None else Text(f"Most failures are due to {worst.part} (blame {percent(worst.blame, 1)}).")
    rows = table("Yield", label("condition"), value("share"), value("95 % interval"), value("devices"))
    rows.add_row(found.condition, percent(result.share, 1), _interval(result), str(result.devices))
    if (again := found.retuned) is not None:
        rows.add_row("  likewise, pumps retuned", percent(again.share, 1), _interval(again), str(again.devices))
    parts = _parts(found) if found.parts else None
    return stacked(
        named(*found.subject) if hasattr(found, "subject") else None,
        answer("How many such devices hold?", said, blame), rows, parts,
        _indices(found) if found.sensitivities else None,
        Group(*_notes(found)),
    )  # fmt: skip


def _interval(result: Yield) -> str:
    return f"{percent(result.low, 1)} … {percent(result.high, 1)}"


def _parts(found: Tolerance) -> RenderableType:
    """What is to blame for the samples that fail."""
    rows = table(
        "Yield of each node and link, and its part in the failed samples", label("part"), value("yield"),
        value("95 % interval"), value("fails in"), value("alone in"), value("blame"),
    )  # fmt: skip
    for row in found.parts:
        own = (NONE, NONE) if row.result is None else (percent(row.result.share, 1), _interval(row.result))
        blame = NONE if np.isnan(row.blame) else percent(row.blame, 1)
        rows.add_row(row.part, *own, str(row.failing), str(row.alone), blame)
    return rows


def _indices(found: Tolerance) -> RenderableType:
    measures = _sensitivities(found)
    rows = table(
        "Share of the variance each number explains: alone, and below it with its interactions (95 % intervals)",
        label("number", ratio=1), value("value"), *(value(m.measure.replace(":", ":\n")) for m in measures),
    )  # fmt: skip
    for k, one in enumerate(found.scatter):
        shares = (_share(m.indices[k]) for m in measures)
        rows.add_row(Path(one.path), f"{one.nominal.text} ± {100 * one.tolerance:.3g} %", *shares)
    rows.add_row("mean", "", *(number(m.mean, 4) for m in measures))
    rows.add_row("standard deviation", "", *(number(m.deviation, 3) for m in measures))
    return rows


def _share(index: dict[str, Any]) -> str:
    if np.isnan(index["first"]):
        return NONE
    if not index["enough"]:
        return TOO_FEW
    shares = ((index[kind], *index[f"{kind}_interval"]) for kind in ("first", "total"))
    places = ([f"{round(float(x), 2) + 0.0:.2f}" for x in share] for share in shares)
    return "\n".join("{} ({} … {})".format(*share) for share in places).replace("-", "−")


def _notes(found: Tolerance) -> list[RenderableType]:
    law = "one standard deviation" if found.distribution == "normal" else "the half-width of a uniform distribution"
    follow = "tones left out of the file follow the ladder."
    if found.pumps == LEFT:
        follow = f"pumps stay as they are in the file; retuning them recovers {found.recovered} samples."
    notes = [f"A tolerance is {law}; numbers scatter independently, {follow}"]
    if found.nominal:
        notes.append(f"The file as it is: {found.nominal}.")
    warnings = []
    if any(not one.enough[np.isfinite(one.first)].all() for one in found.sensitivities):
        warnings = [f"{TOO_FEW.capitalize()}: the interval of a share is wider than {WIDEST:g}. Raise --samples."]
    warnings += [
        f"No {one.measure} in {one.without} of the devices: its shares are not defined."
        for one in found.sensitivities
        if one.without
    ]
    if found.refused:
        warnings.append(f"Cannot be built, or not solved, and counted as failing: {found.refused}")
    why = reasons_shown(found.reasons, SHOWN_REASONS) if found.refused else ()
    return [lines(notes), *(Text(text, style=WARNING) for text in warnings), *why]
