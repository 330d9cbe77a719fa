"""Rates of every transition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.plot.style import DOWN, UP, house_style, on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_rates(
    effective: EffectiveOscillator, published: EffectiveOscillator | None = None, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Up and down rates of every transition on a log scale; open symbols for the published convention.

    Parameters
    ----------
    effective : EffectiveOscillator
        From `eliminate`.
    published : EffectiveOscillator, optional
        The same device in the published convention.
    ax : Axes, optional
        Drawn on a new figure unless given.
    """
    with house_style():
        figure, ax = on(ax, 4.6, 3.2)
        for oscillator, kind in ((effective, ""), (published, ", published")):
            if oscillator is not None:
                _draw(ax, oscillator, kind)
        n = np.arange(1, effective.levels)
        ax.set_yscale("log")
        ax.set_xticks(n, [f"{k - 1}↔{k}" for k in n])
        ax.set_xlim(0.6, effective.levels - 0.4)
        ax.set_xlabel("transition between levels")
        ax.set_ylabel("rate (events per second)")
        low, high = ax.get_ylim()
        ax.set_ylim(top=high * (high / low) ** 0.25)  # room for the legend
        if effective.target:
            ax.set_title(f"stabilised level: {effective.target}")
        ax.legend(ncols=2 if published else 1, loc="upper right", columnspacing=1)
    return figure, ax


def _draw(ax: Axes, oscillator: EffectiveOscillator, kind: str) -> None:
    n = np.arange(1, oscillator.levels)
    style: dict[str, Any] = {"linestyle": ":", "markerfacecolor": "white"} if kind else {"linestyle": "-"}
    sides = (("up", "^", UP, oscillator.up_rates), ("down", "v", DOWN, oscillator.down_rates))
    for name, marker, colour, rates in sides:
        shown = np.where(rates > 0, rates, np.nan)
        ax.plot(n, shown, marker=marker, color=colour, linewidth=0.8, label=f"{name}{kind}", **style)
