"""The budgets of a device: noise, tones and shots, and what each approximation costs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.plot.style import (
    BAD,
    ELIMINATED,
    FULL,
    GOOD,
    PUBLISHED,
    QUIET,
    TIGHT,
    UP,
    frequency_unit,
    house_style,
    legend_below,
    literal,
    named_rows,
    new_figure,
    on,
)  # fmt: skip
from qsb_hw.questions.budget import DeviceBudget
from qsb_hw.questions.chip_budget import ChipBudget
from qsb_hw.questions.error_budget import BudgetRow, ErrorBudget
from qsb_hw.questions.noise import NoiseBudget
from qsb_hw.questions.tones import ToneAdvice
from qsb_hw.result import Status
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST = 1e-7
"""Shares below it are drawn at this value, in grey."""
VARIANTS = "oDs^v"
"""Markers of the variants of the tones, in their order."""
SHOWN = (1e-6, 2.0)
"""Costs below or above are drawn at the edge."""
LEFT = SHOWN[0] / 1.5
"""Where the axis and the bars of the costs begin."""
CHANGES = (
    ("state of one oscillator (trace distance)", FULL, "s"),
    ("S at Δ = 0", ELIMINATED, "o"),
    ("S at the resonance", PUBLISHED, "d"),
)


def plot_budget(budget: DeviceBudget) -> tuple[Figure, Any]:
    """Reduction per noise channel, P(n0) against the linewidth with the comb beside it, and number of shots."""
    with house_style():
        figure = new_figure(11.0, 4.2)
        figure.suptitle(literal(budget.device.name), fontsize=11, fontweight="bold")
        axes = figure.subplots(1, 3, width_ratios=[1.25, 1.1, 0.9])
        assert budget.noise is not None
        assert budget.tones is not None
        _noise(axes[0], budget.noise)
        _tones(axes[1], budget.tones)
        _repetitions(axes[2], budget)
    return figure, axes


def plot_chip_budget(budget: ChipBudget) -> tuple[Figure, Any]:
    """Reduction per noise channel of every node of a chip, side by side."""
    known = [(node.device.name, node.noise) for node in budget.nodes if node.noise is not None]
    with house_style():
        figure = new_figure(max(4.4 * len(known), 4.4), 4.0)
        figure.suptitle(literal(budget.chip.name), fontsize=11, fontweight="bold")
        axes = figure.subplots(1, max(len(known), 1), squeeze=False)[0]
        for ax, (name, noise) in zip(axes, known, strict=False):
            _noise(ax, noise)
            ax.set_title(literal(f"node {name}"))
    return figure, axes


def plot_noise(noise: NoiseBudget, ax: Axes | None = None, name: str = "") -> tuple[Figure, Axes]:
    """Reduction of P(n0) and of the contrast per noise channel; `name` is that of the device, for the title."""
    with house_style():
        figure, ax = on(ax, 5.4, 1.2 + 0.36 * max(sum(row.given for row in noise.rows), 3))
        _noise(ax, noise)
        ax.set_title(literal(name))
    return figure, ax


def plot_tone_choices(tones: ToneAdvice, ax: Axes | None = None, name: str = "") -> tuple[Figure, Axes]:
    """P(n0) against the linewidth at one γ, with the choices of the tones beside it.

    `name` is that of the device, for the title.
    """
    with house_style():
        figure, ax = on(ax, 5.4, 3.6)
        _tones(ax, tones)
        ax.set_title(literal(name))
    return figure, ax


def plot_shots(budget: DeviceBudget, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Number of shots by protocol, at the resonance and at Δ = 0."""
    with house_style():
        figure, ax = on(ax, 5.4, 3.4)
        _repetitions(ax, budget)
        ax.set_title(literal(budget.device.name))
    return figure, ax


def _noise(ax: Axes, noise: NoiseBudget) -> None:
    given = [row for row in noise.rows if row.given]
    series = ((-0.2, FULL, f"of P({noise.conditions.target})"), (0.2, ELIMINATED, "of the contrast"))
    for k, row in enumerate(given):
        losses = (row.fidelity_loss / row.fidelity_without, row.contrast_loss)
        for loss, (shift, colour, _) in zip(losses, series, strict=True):
            shade, filled = colour if abs(loss) > SMALLEST else QUIET, loss >= 0
            ax.barh(
                k + shift, max(abs(loss), SMALLEST * 1.2), height=0.36, color=shade if filled else "none",
                edgecolor=shade, hatch=None if filled else "////", linewidth=0.8,
            )  # fmt: skip
    for _, colour, name in series:
        ax.barh([0], [0], color=colour, label=name)
    ax.set(xscale="log", xlim=(SMALLEST, 1), xlabel="reduction as a share (hatched: increase)")
    named_rows(ax, [row.name for row in given])
    legend_below(ax)


def _tones(ax: Axes, tones: ToneAdvice) -> None:
    size, unit = frequency_unit(tones.optimum.scanned_linewidth)
    x = to_hertz(tones.optimum.scanned_linewidth) / size
    ax.plot(x, 1 - tones.optimum.scanned_fidelity, color=QUIET, linewidth=1.2, label="single tone per bath")
    marked = zip(tones.variants, VARIANTS, strict=False)
    solved = [(variant, marker) for variant, marker in marked if variant.status is not Status.SKIPPED]
    fewest = min(v.amplified + v.damped for v, _ in solved)
    for k, (variant, marker) in enumerate(solved):  # open and of falling size: those at one place are all seen
        colour = UP if variant.amplified + variant.damped > fewest else FULL
        place = to_hertz(variant.linewidth) / size
        style: dict[str, Any] = {"markerfacecolor": "none", "markeredgewidth": 1.1}
        ax.plot(place, 1 - variant.fidelity, marker, color=colour, markersize=13 - 2.4 * k, label=variant.name, **style)
    ax.set(
        xscale="log", yscale="log", xlabel=f"linewidth κ/2π ({unit}), same γ",
        ylabel=f"1 − P({tones.target}), every tone kept",
    )  # fmt: skip
    legend_below(ax)


def _repetitions(ax: Axes, budget: DeviceBudget) -> None:
    if not budget.detection:
        ax.set_axis_off()
        return
    first = budget.detection[0].shots
    for shift, estimate, colour in zip((-0.2, 0.2), budget.detection, (GOOD, BAD), strict=True):
        counts = [one.repetitions for one in estimate.shots]
        name = "at the resonance" if estimate.resonance else "at Δ = 0"
        places = np.arange(len(counts)) + shift
        ax.bar(places, np.where(np.isfinite(counts), counts, np.nan), 0.36, color=colour, label=name)
    ax.axhline(1 / budget.settling_time, color=TIGHT, linewidth=0.8, linestyle="--", label="one second")
    ax.set_xticks(range(len(first)), [s.protocol.replace(" ", "\n").replace("-", "-\n") for s in first], fontsize=7)
    legend_below(ax, ncols=1, drop=0.5)
    finite = [n for s in budget.detection for one in s.shots if np.isfinite(n := one.repetitions)] or [10.0]
    ax.set(
        yscale="log", ylim=(min(finite) / 5, max(finite) * 5),
        ylabel=f"shots for {first[0].sigmas:g}σ ({first[0].rate:.0%})",
    )  # fmt: skip


def plot_error_budget(budget: ErrorBudget, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Cost of every approximation as a bar on a logarithmic axis, in the order of the hierarchy, top first.

    Symbols on a bar are the changes the cost is the largest of; open ones are smaller than what is drawn. The line is
    the limit above which an approximation fails. A step of which nothing is known has its status in place of a bar.
    """
    rows = budget.rows
    with house_style():
        figure, ax = on(ax, 7.2, 1.3 + 0.42 * max(len(rows), 3))
        for place, row in enumerate(rows):
            _cost(ax, place, row)
        for k, (name, colour, marker) in enumerate(CHANGES):
            _symbols(ax, np.array([row.costs[k] for row in rows]), name, colour, marker)
        ax.axvline(budget.limit, color="black", linewidth=0.8)
        named_rows(ax, [textwrap.fill(row.neglected, 34) for row in rows])
        ax.set(
            xscale="log", xlim=(LEFT, SHOWN[1] * 1.5), xlabel="change by neglecting the term",
            title=f"{literal(budget.name)}: cost of each approximation (line: {budget.limit:.0%})",
        )  # fmt: skip
        legend_below(ax, ncols=3, align="right")
    return figure, ax


def _cost(ax: Axes, place: int, row: BudgetRow) -> None:
    if row.fails is None:
        ax.text(SHOWN[0], place, f" {row.status.value}", va="center", fontsize=7, color=QUIET)
        return
    end, colour = float(np.clip(row.cost, *SHOWN)), BAD if row.fails else GOOD
    ax.barh(place, end - LEFT, left=LEFT, height=0.66, color=colour, alpha=0.35, linewidth=0)


def _symbols(ax: Axes, costs: Floats, name: str, colour: str, marker: str) -> None:
    style: dict[str, Any] = {"marker": marker, "linestyle": "none", "color": colour, "markersize": 4.5}
    seen, small = np.flatnonzero(costs >= SHOWN[0]), np.flatnonzero(costs < SHOWN[0])
    ax.plot(np.minimum(costs[seen], SHOWN[1]), seen, label=name, **style)
    ax.plot(np.full(small.size, SHOWN[0]), small, clip_on=False, markerfacecolor="white", label="_smaller", **style)
