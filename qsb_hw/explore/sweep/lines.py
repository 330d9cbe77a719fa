"""Lines of S(Δ) over a grid: where an adaptive axis has its points, and whether another axis is too coarse for them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Requested
from qsb_hw.analysis.pair import LINE_STEPS, ON_A_LINE, grid_of_lines, half_width
from qsb_hw.errors import ArgumentError, QsbError
from qsb_hw.explore.sweep.axes import DETUNING, AdaptiveAxis, Axis, Parameter, internal
from qsb_hw.explore.sweep.chips import ChipEvaluation
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.subject import Subject

MOST_COMBINATIONS = 64
"""Combinations of the other axes' values whose lines are computed, evenly chosen if there are more."""
THINNED = 0.5
"""Where lines of several combinations share an axis, points closer than this fraction of a step are merged."""
FEWEST = 5
"""Smallest number of points of an axis that is taken for a grid and not for a list of chosen places."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Centres (the resonances) and half-width in rad/s of the lines at one combination of the other axes' values."""

    centres: tuple[float, ...]
    half_width: float


def resolved(subject: Subject, settings: Requested, axes: Sequence[Axis | AdaptiveAxis]) -> tuple[Axis, ...]:
    """The axes, with points for those that are adaptive.

    They resolve every line at every combination of the other axes' values (`MOST_COMBINATIONS` of them, and what lies
    between), so that all combinations share one axis.
    """
    fixed = [axis for axis in axes if isinstance(axis, Axis)]
    return tuple(axis if isinstance(axis, Axis) else _adapted(subject, settings, fixed, axis) for axis in axes)


def too_coarse(subject: Subject, settings: Requested, axes: Sequence[Axis]) -> str:
    """Warning if the step of the axis of detunings is wider than a line of S(Δ) on it; empty if it is not."""
    own = next((p for axis in axes for p in axis.parameters if p.path == DETUNING), None)
    if own is None or len(own.values) < FEWEST:
        return ""
    grid = np.sort(np.array(own.values))
    others = [axis for axis in axes if DETUNING not in axis.paths]
    worst = (0.0, 0.0, 0.0)
    for lines in _lines(subject, settings, others):
        for centre in lines.centres:
            after = int(np.searchsorted(grid, centre))
            if 0 < after < grid.size:
                gap = float(grid[after] - grid[after - 1])
                worst = max(worst, (gap / (2 * lines.half_width), gap, centre))
    times = worst[0]
    if times <= 1:
        return ""
    (unit,) = internal(subject, DETUNING, [1.0], own.unit)
    step, width, place = (f"{x / unit:.3g} {own.unit}".strip() for x in (worst[1], worst[1] / times, worst[2]))
    low, high = (f"{x / unit:.6g}" for x in (grid[0], grid[-1]))
    return (
        f"The step of the detuning is {step}, wider than the line of {width} near {place}: S may miss its peaks. "
        f"Write '{DETUNING}={f'{low}..{high} {own.unit}'.strip()}:adaptive', or measure S_resonance."
    )


def too_coarse_for_links(subject: Subject, settings: Requested, axes: Sequence[Axis], asked: Sequence[str]) -> str:
    """Warning if the nodes of a chip pass a resonance between two points of an axis; empty if they do not.

    Axes that rise or fall over at least `FEWEST` points are looked at, each at the first point of all others, at up to
    `MOST_COMBINATIONS` points and what lies between. Two points are too far apart if a resonance lies between them and
    neither of them on its line. `asked` are pairs "A-B"; links unless given.
    """
    for axis in axes:
        numbers = axis.parameters[0].numbers
        steps = np.diff(numbers)
        if axis.size < FEWEST or not (np.all(steps > 0) or np.all(steps < 0)) or axis.paths == ("network_levels",):
            continue
        others = {p.path: p.values[0] for other in axes if other is not axis for p in other.parameters}
        passed = [found for found in _passed(subject, settings, axis, others, asked) if found is not None]
        if passed:
            pair, k, wide = max(passed, key=lambda found: found[2])
            first, last = (f"{number:g} {axis.parameters[0].unit}".strip() for number in numbers[k : k + 2])
            return (
                f"{pair} passes a resonance between {first} and {last} of {axis.name}, {wide:.3g} linewidths apart: S "
                f"may miss its peak. Take more points there, or measure distance[{pair}] and S_resonance[{pair}]."
            )
    return ""


def _passed(
    subject: Subject, settings: Requested, axis: Axis, others: Mapping[str, float], asked: Sequence[str]
) -> Iterator[tuple[str, int, float] | None]:
    """Of every pair and resonance: its name, the widest step that passes it, and how many linewidths that has."""
    chosen = np.unique(np.linspace(0, axis.size - 1, min(axis.size, MOST_COMBINATIONS)).round().astype(int))
    known: dict[str, dict[int, list[float]]] = {}
    for k in chosen.tolist():
        try:
            found = ChipEvaluation(subject, dict(others) | {p.path: p.values[k] for p in axis.parameters}, settings)
            for name in asked or [link.name for link in found.analysis.links]:
                known.setdefault(name, {})[k] = _distances(found, *name.split("-"))
        except QsbError:
            continue  # the sweep itself stores the reason at each point
    for name, places in known.items():
        for along in zip(*places.values(), strict=False):
            distance = np.interp(range(axis.size), [*places], along)
            step, least = np.abs(np.diff(distance)), np.minimum(np.abs(distance[1:]), np.abs(distance[:-1]))
            step = np.where((distance[1:] * distance[:-1] < 0) & (least > ON_A_LINE / 2), step, 0.0)
            yield (name, int(np.argmax(step)), float(step.max())) if step.max() > 0 else None


def _distances(found: ChipEvaluation, first: str, second: str) -> list[float]:
    """Signed distances of two nodes from their resonances, in linewidths."""
    pair, _ = found.pair(first, second)
    return [r.detuning / (2 * pair.half_width) for r in pair.resonances]


def _adapted(subject: Subject, settings: Requested, others: Sequence[Axis], axis: AdaptiveAxis) -> Axis:
    found = list(_lines(subject, settings, others))
    if not found:
        raise ArgumentError(
            f"An adaptive axis must have lines to adapt to, but found none of S({DETUNING}) for these values. "
            f"Say how many points: {DETUNING}={axis.span.text}:101."
        )
    (unit,) = internal(subject, DETUNING, [1.0], axis.span.unit)
    grid = _shared(found, _between(found, _count(others)), axis.low, axis.high)
    numbers = tuple(dict.fromkeys(float(f"{x / unit:.12g}") for x in grid))
    values = internal(subject, DETUNING, numbers, axis.span.unit)
    return Axis((Parameter(path=DETUNING, numbers=numbers, unit=axis.span.unit, values=values),))


def _shared(found: Sequence[Lines], between: Sequence[float], low: float, high: float) -> Floats:
    """Points that resolve all lines; of a single combination exactly its own."""
    grids = [grid_of_lines((0.0, *lines.centres), lines.half_width, low, high) for lines in found]
    points = np.unique(np.concatenate([*grids, [x for x in between if low <= x <= high]]))
    if len(found) == 1:
        return points
    places, allowed = np.array((0.0, *LINE_STEPS)), np.full(points.shape, np.inf)
    for lines in found:
        for centre in (0.0, *lines.centres):
            distance = np.abs(points - centre) / lines.half_width
            step = np.interp(distance, places[1:], np.diff(places)) * lines.half_width
            allowed = np.minimum(allowed, step)
    kept = [0]
    for k in range(1, points.size):
        if points[k] - points[kept[-1]] >= THINNED * allowed[k]:
            kept.append(k)
    return np.asarray(points[np.unique([*kept, points.size - 1])])


def _between(found: Sequence[Lines], combinations: int) -> list[float]:
    """Points between the lines of combinations that were computed, for those that were not."""
    if combinations <= MOST_COMBINATIONS:
        return []
    step = LINE_STEPS[0] * min(lines.half_width for lines in found)
    filled: list[float] = []
    for centres in itertools.zip_longest(*(sorted(lines.centres) for lines in found)):
        there = np.sort([c for c in centres if c is not None])
        for left, right in itertools.pairwise(there):
            filled += np.linspace(left, right, int((right - left) / step) + 2).tolist()
    return filled


def _lines(subject: Subject, settings: Requested, others: Sequence[Axis]) -> Iterator[Lines]:
    """Lines at combinations of the axes' values that have any."""
    for values in _combinations(others):
        evaluation = Evaluation(subject, values, settings.with_values(values))
        try:
            found = evaluation.analysis
            yield Lines(tuple(r.detuning for r in found.resonances), half_width(found.effective, found.coupling))
        except QsbError:
            continue  # the sweep itself stores the reason at each point


def _combinations(axes: Sequence[Axis]) -> Iterator[dict[str, float]]:
    most = MOST_COMBINATIONS
    if _count(axes) > MOST_COMBINATIONS:
        most = max(2, int(MOST_COMBINATIONS ** (1 / sum(axis.size > 1 for axis in axes))))
    chosen = [np.unique(np.linspace(0, axis.size - 1, min(axis.size, most)).round().astype(int)) for axis in axes]
    for index in itertools.product(*chosen):
        yield {p.path: p.values[k] for axis, k in zip(axes, index, strict=True) for p in axis.parameters}


def _count(axes: Sequence[Axis]) -> int:
    return math.prod(axis.size for axis in axes)
