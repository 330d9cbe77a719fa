"""Many devices: the coupling they need over their detuning, and how long their coherence lasts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw.plot.style import (
    BAD,
    ELIMINATED,
    FULL,
    GOOD,
    QUIET,
    frequency_unit,
    house_style,
    legend_below,
    literal,
    new_figure,
    shown_frequency,
)
from qsb_hw.questions.ensemble_results import EnsemblePrediction
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


JUMP = 3.0
"""Ratio of critical couplings at neighbouring detunings from which on they belong to different instabilities."""
NEAR = 1.5
"""Ratio up to which a part of the curve belongs to a line that explains it."""
WITHOUT_RESONANCE = ((1, "all together, as equal devices", "-."), (2, "each half by itself (2 × equal devices)", ":"))
"""How halves synchronize without a resonance: coupling over that of equal devices, what it is called, line style."""


def plot_ensemble(prediction: EnsemblePrediction) -> tuple[Figure, NDArray[np.object_]]:
    """Critical N|v| of two sub-ensembles over their detuning, and lifetimes of the common phase over N.

    Near δ = |α| the halves synchronize through a resonance between them: of the transition above n0 in one with that
    below n0 in the other, and beside it of the next higher ones. Where such a resonance no longer does it the curve
    jumps (dotted) to what sets in without one, and lines say which that is: all devices together, as equal ones do, or
    each half by itself, which takes twice that coupling, for a half has N/2 of them.
    """
    with house_style():
        figure = new_figure(7.6, 3.8)
        figure.suptitle(literal(prediction.device.name), fontsize=11, fontweight="bold")
        axes: Any = figure.subplots(1, 2, width_ratios=[1.15, 1])
        _couplings(axes[0], prediction)
        _lifetimes(axes[1], prediction)
    return figure, axes


def _couplings(ax: Axes, prediction: EnsemblePrediction) -> None:
    critical = prediction.critical_couplings[np.isfinite(prediction.critical_couplings)]
    x_size, x_unit = frequency_unit(prediction.detunings)
    y_size, y_unit = frequency_unit(np.median(critical, keepdims=True) if critical.size else critical)
    shown = np.where(np.isfinite(prediction.critical_couplings), prediction.critical_couplings, np.nan)
    x, y = to_hertz(prediction.detunings) / x_size, to_hertz(shown) / y_size
    jumps = np.flatnonzero(np.abs(np.diff(np.log(y))) > math.log(JUMP))
    parts = np.split(np.arange(x.size), jumps + 1)
    for part in parts:
        ax.plot(x[part], y[part], color=FULL, linewidth=1.2)
    for k in jumps:
        ax.plot(x[k : k + 2], y[k : k + 2], color=FULL, linewidth=0.7, linestyle=":")
    if jumps.size:
        ax.plot([], [], color=FULL, linewidth=0.7, linestyle=":", label="jump: another instability sets in first")
    total = to_hertz(abs(prediction.devices * prediction.pair_coupling)) / y_size
    ax.axhline(total, color=GOOD, linewidth=0.9, linestyle="--", label=f"coupling of {prediction.devices} devices")
    best = prediction.near_threshold
    for one, colour, name in ((prediction.equal, BAD, "equal devices"), (best, ELIMINATED, "best detuning")):
        if math.isfinite(one.critical):
            place = [to_hertz(one.critical_detuning) / x_size], [to_hertz(one.critical) / y_size]
            ax.plot(*place, "o", color=colour, markersize=5, label=name, clip_on=False)
    for share, name, style in WITHOUT_RESONANCE:
        level = float(to_hertz(share * prediction.equal.critical)) / y_size
        if any(1 / NEAR < np.nanmedian(y[part]) / level < NEAR for part in parts[1:] if np.isfinite(y[part]).any()):
            ax.axhline(level, color=QUIET, linewidth=0.9, linestyle=style, label=name)
    bend = to_hertz(abs(float(prediction.three_levels.asymmetry[0]))) / x_size
    ax.axvline(bend, color=QUIET, linewidth=0.6, linestyle=":", zorder=0)
    ax.text(bend, 1.02, r"$\delta=|\alpha|$", transform=ax.get_xaxis_transform(), ha="center", fontsize=8)
    ax.set_xlim(left=0)
    ax.set(yscale="log", ylabel=rf"critical $N|v|/2\pi$ ({y_unit})")
    ax.set_xlabel(rf"detuning of the sub-ensembles $\delta/2\pi$ ({x_unit})")
    legend_below(ax, ncols=1)


def _lifetimes(ax: Axes, prediction: EnsemblePrediction) -> None:
    shown = [(prediction.equal, BAD), (prediction.detuned, FULL)]
    if prediction.near_threshold is not prediction.detuned:
        shown.append((prediction.near_threshold, ELIMINATED))
    for one, colour in shown:
        life = one.lifetimes
        if life is None:
            continue
        name = f"{one.name},\nN|v|/2π = {shown_frequency(one.total, 3)}"
        ax.plot(life.sizes, life.linear_noise, "o-", color=colour, markersize=3.5, linewidth=1.2, label=name)
        if np.isfinite(life.cumulants).any():
            ax.plot(life.sizes, life.cumulants, "s:", color=colour, markersize=3, linewidth=1)
    ax.set(xscale="log", yscale="log", xlabel="number of devices $N$", ylabel="lifetime of the common phase (s)")
    if any(one.lifetimes is not None and np.isfinite(one.lifetimes.cumulants).any() for one, _ in shown):
        ax.plot([], [], "s:", color=QUIET, markersize=3, linewidth=1, label="the same by cumulants")
    if ax.lines:
        legend_below(ax, ncols=1)
