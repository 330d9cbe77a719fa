"""The budget of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.plot.style import (
    BAD,
    ELIMINATED,
    FULL,
    GOOD,
    QUIET,
    TIGHT,
    UP,
    frequency_unit,
    house_style,
    literal,
    named_rows,
    new_figure,
)
from qsb_hw.questions.budget import DeviceBudget
from qsb_hw.questions.noise import NoiseBudget
from qsb_hw.questions.tones import ToneAdvice
from qsb_hw.result import Status
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST = 1e-7
"""Shares below it are drawn at this value, in grey."""
MARKERS = "oDs^v"
"""Of the variants of the tones, in their order."""


def plot_budget(budget: DeviceBudget) -> tuple[Figure, Any]:
    """Reduction per noise channel, P(n0) against the linewidth with the comb beside it, and number of shots.

    Parameters
    ----------
    budget : DeviceBudget
        From `device_budget`, with a Fock state.
    """
    with house_style():
        figure = new_figure(11.0, 3.6)
        figure.suptitle(literal(budget.device.name), fontsize=11, fontweight="bold")
        axes = figure.subplots(1, 3, width_ratios=[1.25, 1.1, 0.9])
        assert budget.noise is not None
        assert budget.tones is not None
        _draw_noise(axes[0], budget.noise)
        _draw_tones(axes[1], budget.tones)
        _draw_repetitions(axes[2], budget)
    return figure, axes


def _draw_noise(ax: Axes, noise: NoiseBudget) -> None:
    given = [row for row in noise.rows if row.given]
    for k, row in enumerate(given):
        losses = (row.fidelity_loss / row.fidelity_without, row.contrast_loss)
        for shift, loss, colour in zip((-0.2, 0.2), losses, (FULL, ELIMINATED), strict=True):
            _bar(ax, k + shift, loss, colour)
    ax.set_xscale("log")
    ax.set_xlim(SMALLEST, 1)
    named_rows(ax, [row.name for row in given])
    ax.set_xlabel("reduction as a share (hatched: increase)")
    for colour, name in ((FULL, f"of P({noise.conditions.target})"), (ELIMINATED, "of the contrast")):
        ax.barh([0], [0], color=colour, label=name)
    ax.legend(loc="lower right")


def _bar(ax: Axes, row: float, loss: float, colour: str) -> None:
    size = max(abs(loss), SMALLEST * 1.2)
    shade = colour if abs(loss) > SMALLEST else QUIET
    filled = loss >= 0
    ax.barh(
        row, size, height=0.36, color=shade if filled else "none", edgecolor=shade, hatch=None if filled else "////",
        linewidth=0.8,
    )  # fmt: skip


def _draw_tones(ax: Axes, tones: ToneAdvice) -> None:
    size, unit = frequency_unit(tones.optimum.scanned_linewidth)
    x = to_hertz(tones.optimum.scanned_linewidth) / size
    ax.plot(x, 1 - tones.optimum.scanned_fidelity, color=QUIET, linewidth=1.2, label="single tone per bath")
    fewest = min(v.amplified + v.damped for v in tones.variants if v.status is not Status.SKIPPED)
    for variant, marker in zip(tones.variants, MARKERS, strict=False):
        if variant.status is not Status.SKIPPED:
            colour = UP if variant.amplified + variant.damped > fewest else FULL
            place = to_hertz(variant.linewidth) / size
            ax.plot(place, 1 - variant.fidelity, marker, color=colour, markersize=5, label=variant.name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(f"linewidth κ/2π ({unit}), same γ")
    ax.set_ylabel(f"1 − P({tones.target}), every tone kept")
    ax.legend(loc="best")


def _draw_repetitions(ax: Axes, budget: DeviceBudget) -> None:
    if not budget.detection:
        ax.set_axis_off()
        return
    protocols = [one.protocol for one in budget.detection[0].shots]
    place = np.arange(len(protocols))
    for shift, estimate, colour in zip((-0.2, 0.2), budget.detection, (GOOD, BAD), strict=True):
        counts = [one.repetitions for one in estimate.shots]
        name = "at the resonance" if estimate.resonance else "at Δ = 0"
        ax.bar(place + shift, np.where(np.isfinite(counts), counts, np.nan), 0.36, color=colour, label=name)
    ax.axhline(1 / budget.settling_time, color=TIGHT, linewidth=0.8, linestyle="--", label="one second")
    ax.set_yscale("log")
    ax.set_xticks(place, [p.replace(" ", "\n").replace("-", "-\n") for p in protocols], fontsize=7)
    first = budget.detection[0].shots[0]
    ax.set_ylabel(f"shots for {first.sigmas:g}σ ({first.rate:.0%})")
    ax.legend(loc="upper left", fontsize=7)
    finite = [n for s in budget.detection for one in s.shots if np.isfinite(n := one.repetitions)]
    ax.set_ylim(min(finite, default=10.0) / 5, max(finite, default=10.0) * 200)
