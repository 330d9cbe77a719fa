"""Curves and planes of quantities with their bounds, and sensitivities at the working point."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from qsb_hw.explore.curves import Curve, CurveAxis, CurveBound, Curves
from qsb_hw.explore.sensitivities import Sensitivities
from qsb_hw.show.detail import Notes, Path
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import WARNING, answer, brief, label, lines, named, stacked, table, value
from qsb_hw.show.sweep import reasons_shown
from qsb_hw.show.text import NONE, number, percent, quantity

AXIS = Section(
    Field("paths", "in the device file"),
    Field("unit", "of its values"),
    Field("values", "what is varied"),
    Field("working_point", "the file's own; null for none", "working"),
)
BOUND = Section(
    Field("criterion", "its key", "key"),
    Field("name", "of the criterion"),
    Field("kind", "requirement or approximation"),
    Field("sense", "side of the bound that is good for the quantity"),
    Field("required_margin", "times better than the bound from which it counts as met"),
    Field("modulus", "whether the sign of the quantity does not count"),
    Field("bound", "at every point, in the unit of the quantity"),
    Field("required", "the same with the required margin"),
    Field("working_point", "bound for the file as it is", "working"),
    Field("working_point_required", "the same with the required margin", "working_required"),
)
CURVE = Section(
    Field("key", "of the quantity"),
    Field("name", "with its symbol"),
    Field("unit", "SI, frequencies cyclic; empty for a pure number"),
    Field("measure", "its name in a sweep"),
    Field("values", "at every point; null where there is none"),
    Field("working_point", "for the file as it is", "working"),
    Field("deviation", "of the last points added from the line between their neighbours, share of the range"),
    Field("bounds", "criteria that bound it", each=BOUND),
)
REASON = Section(
    Field("point", "its index along every axis", lambda entry: list(entry[0])),
    Field("reason", "why it has no result", lambda entry: entry[1]),
)
CURVES = Section(
    Field("name", "of the device or chip"),
    Field("description", "of the device or chip, from its file"),
    Field("status", "how it ended"),
    Field("message", "how many points, and how many describe no device"),
    Field("pumps", '"retuned", or "left" at the frequency and power they have in the file'),
    Field("axes", "one or two", each=AXIS),
    Field("curves", "one per quantity", each=CURVE),
    Field("built", "whether a point describes a device"),
    Field("holds", "whether every requirement shown is met", lambda found: found.holds()),
    Field("holds_with_margin", "the same with the required margins", lambda found: found.holds(margin=True)),
    Field("verdict", "0 infeasible, 1 borderline, 2 feasible, baths eliminated; null unless asked for"),
    Field("reasons", "points without a result", each=REASON),
)


def curves_view(found: Curves) -> RenderableType:
    """Range, working point and bounds of every quantity; where requirements hold."""
    over = " × ".join(_said(axis) for axis in found.axes)
    rows = table(
        f"{found.name}: quantities over {over}", label("quantity", ratio=2), value("least"), value("most"),
        value("working point"), label("bounds there", ratio=3),
    )  # fmt: skip
    for curve in found.curves:
        ends = [float(f(curve.values[np.isfinite(curve.values)], initial=start)) if np.isfinite(curve.values).any()
                else math.nan for f, start in ((np.min, math.inf), (np.max, -math.inf))]  # fmt: skip
        shown = [quantity(x, curve.unit) for x in (*ends, curve.working)]
        place = curve.key.partition("[")[2].rstrip("]")
        name = curve.name if curve.name.endswith(place) else f"{curve.name}, {place}"
        rows.add_row(name, *shown, "\n".join(_bound_said(curve, b) for b in curve.bounds) or NONE)
    said = answer("Where do requirements hold?", Notes(tuple(_notes(found))), *_missing(found))
    return stacked(named(found.name, found.description), said, brief(rows))


def _said(axis: CurveAxis) -> str:
    finite = axis.values[np.isfinite(axis.values)]
    name = ", ".join(path.removeprefix("$.") for path in axis.paths)
    return f"{name} = {finite.min():.4g} … {finite.max():.4g} {axis.unit}".strip()


def _bound_said(curve: Curve, bound: CurveBound) -> str:
    needed = f"{bound.sense.value} {quantity(bound.working, curve.unit, 3)}"
    margin = f", {quantity(bound.working_required, curve.unit, 3)} with margin" if bound.required_margin > 1 else ""
    return f"{bound.name}: {needed}{margin}"


def _notes(found: Curves) -> Iterable[str]:
    held, margin = float(found.holds().mean()), float(found.holds(margin=True).mean())
    points = found.message[0].upper() + found.message[1:]
    yield f"{points} Requirements shown are met at {percent(held)} of them, with their margins at {percent(margin)}."
    if found.verdict is not None:
        shares = [float((found.verdict == code).mean()) for code in (2, 1, 0)]
        words = ("feasible", "borderline", "infeasible")
        said = ", ".join(f"{word} {percent(x)}" for word, x in zip(words, shares, strict=True))
        yield f"All requirements: {said}."
    coarse = {c.key: c.deviation for c in found.curves if c.deviation > 0.01}
    if coarse:
        said = ", ".join(f"{key} {percent(x)}" for key, x in coarse.items())
        yield f"Last points added lie off straight lines by (share of the range): {said}."


def _missing(found: Curves) -> list[RenderableType]:
    return [*reasons_shown(Counter(reason for _, reason in found.reasons))]


QUANTITY = Section(
    Field("key", "of the quantity"),
    Field("name", "with its symbol"),
    Field("unit", "SI, frequencies cyclic; empty for a pure number"),
    Field("value", "at the working point"),
    Field("measure", "its name in a sweep"),
)
NUMBER = Section(
    Field("path", "in the device file"),
    Field("value", "in its unit"),
    Field("unit", "SI, frequencies cyclic"),
    Field("text", "as the file has it"),
    Field("tolerance", "relative, from the file or given; null for none"),
)
SENSITIVITIES = Section(
    Field("name", "of the device or chip"),
    Field("description", "of the device or chip, from its file"),
    Field("status", "how it ended"),
    Field("message", "how many derivatives, and how many are not resolved"),
    Field("pumps", '"retuned", or "left" at the frequency and power they have in the file'),
    Field("step", "largest step of a difference, relative to the number"),
    Field("quantities", "rows of all that follows", each=QUANTITY),
    Field("numbers", "columns of all that follows", each=NUMBER),
    Field("logarithmic", "∂ln x/∂ln p; null where x or p is zero"),
    Field("logarithmic_error", "its error"),
    Field("derivative", "∂x/∂p, unit of x per unit of p"),
    Field("derivative_error", "its error"),
    Field("contribution", "|∂ln x/∂ln p| · tolerance, relative to x; null without a tolerance"),
    Field("resolved", "whether the error is small beside the derivative, or both are negligible"),
    Field("kink", "whether the slopes on both sides differ; the derivative is their mean"),
    Field("below", "∂ln x/∂ln p below the working point, at a kink"),
    Field("above", "∂ln x/∂ln p above the working point, at a kink"),
    Field("reasons", "numbers without derivatives, by path, with the reason"),
)


def sensitivities_view(found: Sensitivities) -> RenderableType:
    """∂ln x/∂ln p of every quantity by the numbers that matter; numbers that do not are counted."""
    shown = found.matter
    parts: list[RenderableType] = [named(found.name, found.description), brief(_legend(found))]
    tolerated = any(found.numbers[k].tolerance is not None for k in shown)
    rows = table(
        f"{found.name}: ∂ln x/∂ln p at the working point", label("number", ratio=1), value("value"),
        *([value("δp/p")] if tolerated else []), *(value(f"x{k + 1}") for k in range(len(found.quantities))),
    )  # fmt: skip
    for k in shown:
        one = found.numbers[k]
        tolerance = NONE if one.tolerance is None else f"{100 * one.tolerance:.2g} %"
        cells = [_cell(found, row, int(k)) for row in range(len(found.quantities))]
        rows.add_row(Path(one.path), one.text, *([tolerance] if tolerated else []), *cells)
    parts.append(brief(rows))
    worst = [_worst(found, k) for k in range(len(found.quantities))]
    if any(one is not None for one in worst):
        blamed = table("What the tolerances contribute", label("quantity"), value("all together"), label("most"))
        for q, one in zip(found.quantities, worst, strict=True):
            if one is not None:
                blamed.add_row(q.name, percent(one.together, 2), f"{one.path}, {percent(one.share, 2)}")
        parts.append(blamed)
    none = len(found.numbers) - len(shown) - len(found.reasons)
    notes = [f"{found.message} Steps of at most {found.step:g} of each number, extrapolated to zero."]
    if none > 0:
        notes.append(f"{none} numbers change none of these.")
    notes.append("a | b: a kink, slopes below and above; (a): not resolved; ×: x or p is zero.")
    return stacked(*parts, lines(notes), *(Text(f"{path}: {why.splitlines()[-1].strip()}", WARNING)
                                           for path, why in found.reasons.items()))  # fmt: skip


def _legend(found: Sensitivities) -> RenderableType:
    rows = table("Quantities", label(""), label("quantity"), label("key"), value("value"))
    for k, q in enumerate(found.quantities):
        rows.add_row(f"x{k + 1}", q.name, q.key, quantity(q.value, q.unit))
    return rows


def _cell(found: Sensitivities, row: int, column: int) -> str:
    value = float(found.logarithmic[row, column])
    if math.isnan(value):
        return "×"
    if found.kink[row, column]:
        return " | ".join(number(float(side[row, column]), 2) for side in (found.below, found.above))
    text = "0" if abs(value) < 5e-4 else number(round(value, 3), 3)
    return text if found.resolved[row, column] else f"({text})"


def _worst(found: Sensitivities, row: int) -> Any:
    """The tolerance that moves a quantity most, and all of them in quadrature; None without any."""
    share = np.nan_to_num(found.contribution[row])
    if not share.max(initial=0.0) > 0:
        return None
    most = int(share.argmax())
    together = math.sqrt(float((share**2).sum()))
    return SimpleNamespace(path=found.numbers[most].path, share=float(share[most]), together=together)
