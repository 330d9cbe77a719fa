"""Curves and contours of quantities with the bounds on them, and sensitivities at the working point."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.errors import require
from qsb_hw.explore.curves import Curve, CurveAxis, CurveBound, Curves, is_count
from qsb_hw.explore.sensitivities import Sensitivities
from qsb_hw.explore.sweep.measures import VERDICTS
from qsb_hw.model.criterion import CriterionKind, Sense
from qsb_hw.plot.style import BAD, ELIMINATED, FULL, GOOD, QUIET, TIGHT, house_style, literal, new_figure
from qsb_hw.questions.criteria import Verdict
from qsb_hw.units import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE = 38
"""Characters of a line of a title."""
COLUMNS = 3
"""Panels side by side, at most."""
_PLACES = [(0.0, "left"), (1.0, "right")]
"""Where along a bound its name stands, as a share of its length: bounds close to each other take turns."""
MOST_LINES = 5
"""Lines of text about bounds off the scale that get room above a curve."""
EDGE = 0.09
"""Share of a panel beside its edges in which there is no room for a name outwards."""
NEAR = 0.6
"""A bound is in the picture if it lies within this share of the range beside it; else it is named at the edge."""
SMALLEST_NUMBER = 5e-3
"""Logarithmic sensitivity that is still written into the picture."""
SHOWN_NUMBERS = 24
"""Rows of the picture of sensitivities, at most."""
LONGEST_HEAD = 20
"""Characters of a line of the slanted heads of its columns."""
_PREFIXES = tuple((10.0 ** (9 - 3 * k), prefix) for k, prefix in enumerate(["G", "M", "k", "", *"mµnpf"]))


def plot_curves(found: Curves, figure: Figure | None = None, against: str | None = None) -> tuple[Figure, Any]:
    """Every quantity in a panel: over one number as a curve, over two as contours.

    Red lines are bounds of requirements, solid, and with their required margin, dashed; grey ones those of
    approximations. The working point is marked. Grey areas describe no device. Over two numbers hatching covers where a
    requirement that is shown (or, if verdicts were solved, any) is not met. Curves are drawn `against` one of their
    own, E_J/E_C for instance, instead of the number that is varied, if its key is given.
    """
    found = found if against is None else _against(found, against)
    rows, columns = _layout(len(found.curves))
    plane = len(found.axes) == 2
    with house_style():
        figure = figure or new_figure(3.1 * columns + 0.4, (2.7 if plane else 2.1) * rows + 0.5)
        panels = figure.subplots(rows, columns, squeeze=False)
        for ax, curve in zip(panels.flat, found.curves, strict=False):
            (_contours if plane else _curve)(ax, found, curve)
        for ax in panels.flat[len(found.curves) :]:
            ax.set_visible(False)
        figure.suptitle(literal(found.name), fontsize=9, x=0.01, ha="left")
    return figure, panels


def _against(found: Curves, key: str) -> Curves:
    """The same curves over one of them."""
    must = "Only curves over one number can be drawn against one of them"
    require(len(found.axes) == 1, must, "a plane", "Leave `against` out.")
    chosen = found.curve(key)
    axis = CurveAxis(
        paths=(chosen.name,), name=chosen.name, unit=chosen.unit, values=chosen.values, working=chosen.working
    )
    return replace(found, axes=(axis,), curves=tuple(c for c in found.curves if c is not chosen))


def _layout(panels: int) -> tuple[int, int]:
    columns = panels if panels <= COLUMNS else 2 if panels == 4 else COLUMNS
    return -(-panels // columns), columns


def _curve(ax: Axes, found: Curves, curve: Curve) -> None:
    axis = found.axes[0]
    order = np.argsort(axis.values)
    x, values = axis.values[order], curve.values[order]
    scale, unit = _scaled(curve)
    steps = "steps-mid" if is_count(values) else "default"
    marker = "." if x.size < 9 else ""
    ax.plot(x, values / scale, color=ELIMINATED, linewidth=1.4, zorder=3, marker=marker, drawstyle=steps)
    low, high = _limits(curve, values)
    if curve.log:
        ax.set_yscale("log")
    places = iter(_PLACES * len(curve.bounds))
    drawn = [_draw_bound(ax, bound, x, order, scale, (low, high), places) for bound in curve.bounds]
    said = [_said(bound, curve.unit) for bound, there in zip(curve.bounds, drawn, strict=True) if not there]
    off_scale = [line for text in said for line in textwrap.wrap(text, LINE + 8)]
    _missing(ax, x, found.built[order])
    if np.nanmin(x) <= axis.working <= np.nanmax(x):
        ax.axvline(axis.working, color=QUIET, linewidth=0.7, linestyle=":", zorder=1)
        if math.isfinite(curve.working):
            ax.plot(axis.working, curve.working / scale, "o", color=FULL, markersize=4.5, zorder=5)
    ax.set_ylim(low / scale, _with_headroom(low, high, len(off_scale), curve.log) / scale)
    _name_axes(ax, axis, curve, unit)
    for place, text in enumerate(off_scale):
        ax.text(
            0.98, 0.97 - 0.09 * place, text, transform=ax.transAxes, fontsize=6.5, color=QUIET, ha="right", va="top",
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.6}, zorder=2,
        )  # fmt: skip


def _with_headroom(low: float, high: float, lines: int, log: bool) -> float:
    """Upper end of an axis that leaves room for lines of text above its curve."""
    share = 0.11 * lines / (1 - 0.11 * lines) if lines < MOST_LINES else 0.5
    return float(high * (high / low) ** share if log else high + (high - low) * share)


def _name_axes(ax: Axes, axis: CurveAxis, curve: Curve, unit: str) -> None:
    ax.set_xlabel(_label(axis))
    ax.set_title(_named(curve))
    ax.set_ylabel(unit or "pure number")
    finite = axis.values[np.isfinite(axis.values)]
    low, high = float(finite.min()), float(finite.max())
    if low < high:
        ax.set_xlim(low, high)


def _named(curve: Curve) -> str:
    """Name with the node behind it, on several lines where it is long."""
    where = curve.key.partition("[")[2].removesuffix("]")
    name = curve.name if not where or where in curve.name else f"{curve.name}, {where}"
    return "\n".join(literal(line) for line in textwrap.wrap(name, LINE))


def _label(axis: CurveAxis) -> str:
    paths = [path.removeprefix("$.") for path in axis.paths]
    sections, keys = zip(*(path.rpartition(".")[::2] for path in paths), strict=True)
    same = len(paths) > 1 and len(set(keys)) == 1
    name = f"{keys[0]} of {', '.join(sections)}" if same else ", ".join(paths)
    short = name if len(name) <= 44 else f"{keys[0]} of {len(paths)}" if same else f"{axis.name}, …"
    return literal(f"{short} ({axis.unit.replace('Phi_0', 'Φ₀')})" if axis.unit else short)


def _scaled(curve: Curve) -> tuple[float, str]:
    """SI units per unit of the picture, and that unit."""
    finite = np.abs(curve.values[np.isfinite(curve.values)])
    if curve.unit in ("", "dBm", "1/s", "kg") or not finite.size or not finite.max():
        return 1.0, curve.unit
    typical = float(np.exp(np.mean(np.log(finite[finite > 0])))) if curve.log else float(finite.max())
    return next(((size, prefix + curve.unit) for size, prefix in _PREFIXES if typical >= size), (1.0, curve.unit))


def _limits(curve: Curve, values: Floats) -> tuple[float, float]:
    """Range of the picture: the curve, and bounds that are near."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    forward, back = (np.log, np.exp) if curve.log else (np.asarray, np.asarray)
    low, high = float(forward(finite.min())), float(forward(finite.max()))
    span = high - low if high - low > 1e-9 * abs(high) else abs(high) * 0.5 or 1.0
    low, high = (low, high) if high - low > 1e-9 * abs(high) else (low - span / 4, high + span / 4)
    ends = [low, high]
    for bound in curve.bounds:
        known = bound.bound[np.isfinite(bound.bound) & ((bound.bound > 0) | (not curve.log))]
        ends += [y for y in forward(known).tolist() if low - NEAR * span <= y <= high + NEAR * span]
    margin = 0.06 * (max(ends) - min(ends) or span)
    return float(back(min(ends) - margin)), float(back(max(ends) + margin))


def _draw_bound(
    ax: Axes, bound: CurveBound, x: Floats, order: Any, scale: float, limits: tuple[float, float],
    places: Iterator[tuple[float, str]],
) -> bool:  # fmt: skip
    """Draw a bound if any of it is in the picture, with its name at the next of some places along it."""
    level, required = bound.bound[order], bound.required[order]
    inside = np.isfinite(level) & (level >= limits[0]) & (level <= limits[1])
    if not inside.any():
        return False
    needed = bound.kind is CriterionKind.REQUIREMENT
    colour = BAD if needed else QUIET
    ax.plot(x, level / scale, color=colour, linewidth=1.0, zorder=2)
    if bound.required_margin > 1:
        ax.plot(x, required / scale, color=colour, linewidth=0.8, linestyle="--", zorder=2)
    lower = (bound.sense is Sense.AT_LEAST) != bool(bound.modulus and np.nanmax(level) < 0)
    if needed:
        edge = np.full(level.shape, limits[0 if lower else 1]) / scale
        ax.fill_between(x, level / scale, edge, color=BAD, alpha=0.10, linewidth=0, zorder=0)
    share, side = next(places)
    there = np.flatnonzero(inside)
    place = int(there[np.argmin(np.abs(x[there] - (x[there[0]] + share * (x[there[-1]] - x[there[0]]))))])
    lower = _away_from_the_edge(level[place], limits, ax.get_yscale() == "log", lower)
    ax.annotate(
        literal(bound.name), (x[place], level[place] / scale), xytext=(2 if side == "left" else -2, -2 if lower else 2),
        textcoords="offset points", fontsize=6.5, color=colour, ha=side, va="top" if lower else "bottom", zorder=4,
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.4},
    )  # fmt: skip
    return True


def _away_from_the_edge(level: float, limits: tuple[float, float], log: bool, below: bool) -> bool:
    """Whether a name stands below its line, where there is room for it."""
    low, high, here = np.log([*limits, level]) if log else (*limits, level)
    share = (here - low) / (high - low)
    return bool(share > 1 - EDGE or (below and share > EDGE))


def _said(bound: CurveBound, unit: str) -> str:
    """What a bound that is not in the picture asks for, in an SI unit."""
    finite = bound.bound[np.isfinite(bound.bound)]
    if not finite.size:
        return literal(f"{bound.name}: not known")
    value = show(float(np.median(finite)), unit, 3).replace("-", "−")
    return literal(f"{bound.sense.value} {value} by {bound.name}, off the scale")


def _missing(ax: Axes, x: Floats, built: Any) -> None:
    """Grey where no device can be built, up to the middle of the next point."""
    middle = np.concatenate([[x[0]], (x[1:] + x[:-1]) / 2, [x[-1]]])
    for k in np.flatnonzero(~built):
        ax.axvspan(middle[k], middle[k + 1], color="0.85", linewidth=0, zorder=0)


def _contours(ax: Axes, found: Curves, curve: Curve) -> None:
    from matplotlib.colors import LogNorm

    x, y = found.axes
    scale, unit = _scaled(curve)
    values = np.ma.masked_invalid(curve.values.T / scale)
    ax.set_facecolor("0.85")
    if values.count():
        norm = LogNorm() if curve.log else None
        mesh = ax.pcolormesh(x.values, y.values, values, shading="nearest", cmap="cividis", norm=norm, rasterized=True)
        ax.get_figure(root=True).colorbar(mesh, ax=ax, label=unit or "pure number")  # type: ignore[union-attr]
        if not curve.log and float(np.ptp(values.compressed())) > 0:
            lines = ax.contour(x.values, y.values, values, levels=6, colors="white", linewidths=0.5, alpha=0.7)
            ax.clabel(lines, fontsize=6)
    _region(ax, found)
    for bound in curve.bounds:
        _bound_line(ax, found, curve, bound)
    if all(math.isfinite(axis.working) for axis in (x, y)):
        ax.plot(x.working, y.working, "*", color="white", markeredgecolor="black", markersize=9, zorder=6)
    ax.set(xlabel=_label(x), ylabel=_label(y), title=_named(curve))
    ax.set(xlim=(min(x.values), max(x.values)), ylim=(min(y.values), max(y.values)))
    ax.spines[:].set_visible(True)


def _region(ax: Axes, found: Curves) -> None:
    """Hatch where a requirement is not met; where nothing is feasible everything, where everything is nothing."""
    from matplotlib import rc_context

    if found.verdict is None:
        needed = [(c, b) for c in found.curves for b in c.bounds if b.kind is CriterionKind.REQUIREMENT]
        slack = [np.where(np.isnan(d := _slack(c, b, b.bound)), math.inf, d) for c, b in needed]
        beyond = -np.clip(np.min([*slack, np.full(found.built.shape, math.inf)], axis=0), -9.0, 9.0)
    else:
        beyond = np.where(found.verdict >= VERDICTS.index(Verdict.BORDERLINE), -1.0, 1.0)
    if beyond.max() <= 0:
        return
    x, y = found.axes
    with rc_context({"hatch.linewidth": 0.5}):
        ax.contourf(x.values, y.values, beyond.T, levels=[0, 10], colors="none", hatches=["////"])


def _slack(curve: Curve, bound: CurveBound, limit: Floats) -> Floats:
    """How far a quantity lies on the good side of a limit, as a logarithm, or in dB; NaN where it is not known."""
    sign = 1 if bound.sense is Sense.AT_LEAST else -1
    if curve.unit == "dBm":
        return np.asarray(sign * (curve.values - limit))
    value, level = (np.abs(curve.values), np.abs(limit)) if bound.modulus else (curve.values, limit)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sign * np.log(np.maximum(value, 0.0) / level))


def _bound_line(ax: Axes, found: Curves, curve: Curve, bound: CurveBound) -> None:
    """Contour on which a quantity is at its bound, with the name of the criterion, and at its required margin."""
    x, y = found.axes
    colour = BAD if bound.kind is CriterionKind.REQUIREMENT else TIGHT
    for limit, style in ((bound.bound, "-"), (bound.required, "--")):
        distance = np.ma.masked_invalid(_slack(curve, bound, limit))
        if not distance.count() or not distance.min() < 0 < distance.max():
            continue
        lines = ax.contour(x.values, y.values, distance.T, levels=[0], colors=colour, linewidths=1.3, linestyles=style)
        if style == "-" and not ax.clabel(lines, fmt={0: literal(bound.name)}, fontsize=6.5):
            along = np.concatenate([np.asarray(path.vertices) for path in lines.get_paths()])
            place = along[len(along) // 2].tolist()
            ax.annotate(literal(bound.name), (place[0], place[1]), fontsize=6.5, color=colour)


def plot_sensitivities(found: Sensitivities, figure: Figure | None = None) -> tuple[Figure, Any]:
    """∂ln x/∂ln p as a table of colours, the numbers that matter most on top; what the tolerances contribute beside it.

    Purple falls, orange rises with the number. A value in brackets is not resolved; ± marks a kink, where the slopes on
    both sides differ. "×" stands where a logarithm means nothing, for a zero.
    """
    shown = found.matter[:SHOWN_NUMBERS]
    names = [literal(found.numbers[k].path.removeprefix("$.")) for k in shown]
    tolerated = bool(np.isfinite(found.contribution[:, shown]).any()) if shown.size else False
    count = len(found.quantities)
    with house_style():
        figure = figure or new_figure(3.0 + 0.62 * count + 2.2 * tolerated, 1.7 + 0.2 * max(len(shown), 3))
        axes = figure.subplots(1, 1 + tolerated, squeeze=False, width_ratios=[max(count, 2), 3][: 1 + tolerated])[0]
        _table_of_colours(axes[0], found, shown)
        axes[0].set_yticks(range(len(shown)), names, fontsize=7)
        if tolerated:
            _contributions(axes[1], found, shown)
        more = len(found.matter) - len(shown)
        title = f"{literal(found.name)}: ∂ln x/∂ln p" + (f" ({more} smaller ones not shown)" if more else "")
        title += "".join(f"\n{line}" for line in _marks(found, shown))
        figure.suptitle(title, fontsize=9, x=0.01, ha="left")
    return figure, axes


def _marks(found: Sensitivities, shown: Any) -> Iterator[str]:
    """What the marks in the picture mean, of those that are in it."""
    there = np.abs(np.nan_to_num(found.logarithmic[:, shown])) >= SMALLEST_NUMBER
    kinks = found.kink[:, shown] & there
    if kinks.any():
        yield "±: a kink, the slopes on both sides differ; their mean"
    if (there & ~found.resolved[:, shown] & ~kinks).any():
        yield "(…): not resolved, its error is not small"
    if np.isnan(found.logarithmic[:, shown]).any():
        yield "×: a number or quantity that is zero has no logarithm"


def _table_of_colours(ax: Axes, found: Sensitivities, shown: Any) -> None:
    from matplotlib.colors import SymLogNorm

    values = found.logarithmic[:, shown].T
    largest = max(float(np.nanmax(np.abs(values), initial=0.0)), 1.0)
    norm = SymLogNorm(linthresh=0.1, vmin=-largest, vmax=largest)
    ax.imshow(np.nan_to_num(values), cmap="PuOr_r", norm=norm, aspect="auto")
    for row, column in np.ndindex(*values.shape):
        number = values[row, column]
        text = "×" if math.isnan(number) else "" if abs(number) < SMALLEST_NUMBER else f"{number:.2f}".replace("-", "−")
        if text not in ("", "×") and not found.resolved[column, shown[row]]:
            text = f"±{text}" if found.kink[column, shown[row]] else f"({text})"
        dark = abs(float(norm(number)) - 0.5) > 0.33 if math.isfinite(number) else False
        ax.text(column, row, text, ha="center", va="center", fontsize=6.5, color="white" if dark else "black")
    heads = [textwrap.fill(literal(q.name), LONGEST_HEAD) for q in found.quantities]
    ax.set_xticks(range(len(heads)), heads, rotation=55, ha="left", rotation_mode="anchor", linespacing=0.95)
    ax.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0, labelsize=7)
    ax.spines[:].set_visible(False)


def _contributions(ax: Axes, found: Sensitivities, shown: Any) -> None:
    """What each tolerance of the file moves each quantity by, the largest over the quantities as a bar."""
    share = np.nan_to_num(found.contribution[:, shown])
    largest = share.max(axis=0)
    ax.barh(range(len(shown)), 100 * largest, color=GOOD, height=0.6)
    for row, value in enumerate(largest.tolist()):
        if value > 0:
            which = found.quantities[int(share[:, row].argmax())].name
            ax.text(100 * value, row, f" {literal(which)}", fontsize=6.5, va="center")
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_xlim(0, 100 * float(largest.max(initial=1e-6)) * 1.9)
    ax.set_xlabel("|S|·δp/p (%), tolerance of the file", fontsize=7)
