"""One device: its levels, the rates between them, populations, and the potential it moves in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Integers
from qsb_hw.elimination.compare import Comparison
from qsb_hw.errors import require
from qsb_hw.model.bath import Role
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.plot.style import (
    DOWN,
    ELIMINATED,
    FULL,
    GOOD,
    PUBLISHED,
    QUIET,
    UP,
    frequency_unit,
    house_style,
    legend_below,
    literal,
    on,
    power_of_ten,
)  # fmt: skip
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 0.27
"""Of a bar, in levels."""
SHOWN_DENSITY = 0.9
"""Height of the highest density, in level spacings."""
CROWDED = 9
"""Transitions from which on their names are written upwards."""
HATCHES = {Role.AMPLIFICATION: "//", Role.DAMPING: "\\\\"}
"""Of the bands of the tones: they can be told apart where they lie on each other."""


def plot_levels(of: Device | SelfOscillator, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Spacing of every transition, with the tones as bands as wide as their linewidth."""
    oscillator = of.oscillator() if isinstance(of, Device) else of
    spacings = oscillator.ladder.transition_frequencies
    size, unit = frequency_unit(spacings)
    n = np.arange(1, oscillator.levels)
    with house_style():
        figure, ax = on(ax, 4.6, 3.2)
        for role, colour in ((Role.AMPLIFICATION, UP), (Role.DAMPING, DOWN)):
            for k, tone in enumerate(oscillator.tones(role)):
                edges = to_hertz(np.array([-0.5, 0.5]) * tone.linewidth + tone.resonance) / size
                name = f"{role.value} tone, ±κ/2" if k == 0 else None
                ax.axhspan(
                    edges[0], edges[1], facecolor=(colour, 0.35), edgecolor=colour, hatch=HATCHES[role], linewidth=0.8,
                    label=name,
                )  # fmt: skip
        ax.plot(n, to_hertz(spacings) / size, "o", color=FULL, markersize=4)
        ax.plot(n, to_hertz(spacings) / size, color=QUIET, linewidth=0.6, zorder=0)
        _name_transitions(ax, n)
        ax.set(xlabel="transition between levels", ylabel=f"spacing ω/2π ({unit})", title=literal(oscillator.name))
        legend_below(ax, drop=0.7 if n.size > CROWDED else 0.46)
    return figure, ax


def _name_transitions(ax: Axes, n: Integers) -> None:
    ax.set_xticks(n, [f"{k - 1}↔{k}" for k in n], rotation=90 if n.size > CROWDED else 0)


def plot_rates(
    effective: EffectiveOscillator, published: EffectiveOscillator | None = None, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Up and down rates of every transition on a log scale; open symbols for the published convention.

    Open symbols are larger, so that both are seen where the conventions agree.
    """
    with house_style():
        figure, ax = on(ax, 4.6, 3.2)
        _rates(ax, effective, "", "-", markersize=4.5)
        if published is not None:
            _rates(ax, published, ", published", ":", markerfacecolor="none", markersize=8.5, zorder=1.9)
        n = np.arange(1, effective.levels)
        ax.set(yscale="log", xlim=(0.6, effective.levels - 0.4))
        ax.set(xlabel="transition between levels", ylabel="rate (events per second)")
        _name_transitions(ax, n)
        target = f"stabilised level {effective.target}" if effective.target else ""
        ax.set_title(": ".join(filter(None, [literal(effective.name), target])))
        legend_below(ax, ncols=4, drop=0.7 if n.size > CROWDED else 0.46)
    return figure, ax


def _rates(ax: Axes, oscillator: EffectiveOscillator, kind: str, line: str, **style: Any) -> None:
    n = np.arange(1, oscillator.levels)
    for name, marker, colour, rates in (
        ("up", "^", UP, oscillator.up_rates),
        ("down", "v", DOWN, oscillator.down_rates),
    ):
        shown = np.where(rates > 0, rates, np.nan)
        ax.plot(n, shown, line, marker=marker, color=colour, linewidth=0.8, label=f"{name}{kind}", **style)


def plot_populations(
    comparison: Comparison, log: bool = False, ax: Axes | None = None, name: str = ""
) -> tuple[Figure, Axes]:
    """Populations of every level, one bar per model; `log` shows the tail, with symbols in place of bars.

    `name` is that of the device, for the title.
    """
    series = [
        ("full model", FULL, "s", comparison.populations_full),
        ("eliminated", ELIMINATED, "o", comparison.populations_eliminated),
        ("published σ, n±", PUBLISHED, "d", comparison.populations_published),
    ]
    with house_style():
        figure, ax = on(ax, 4.6, 3.2)
        n = np.arange(comparison.populations_full.size)
        for k, (model, colour, marker, populations) in enumerate(series):
            if populations is not None and log:
                ax.plot(n + (k - 1) * 0.1, populations, marker, color=colour, markersize=4.5, label=model)
            elif populations is not None:
                ax.bar(n + (k - 1) * WIDTH, populations, WIDTH, color=colour, label=model)
        ax.set(
            yscale="log" if log else "linear", xticks=n, xlabel="level n", ylabel="population P(n)",
            title=f"{literal(name)}: " * bool(name) + f"trace distance {power_of_ten(comparison.trace_distance)}",
        )  # fmt: skip
        legend_below(ax, ncols=3)
    return figure, ax


def plot_well(device: Device, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Potential, levels and densities of a device whose oscillator is a particle; n0 stands out.

    Raises
    ------
    ArgumentError
        If the device has no well.
    """
    well = device.well
    require(well is not None, "A device must have a potential well to draw", "none", "Draw its levels instead.")
    assert well is not None
    size, unit = frequency_unit(well.energies)
    length, length_unit = (1e-6, "µm") if np.ptp(well.position) >= 1e-6 else (1e-9, "nm")
    energies, x = to_hertz(well.energies) / size, well.position / length
    spacing = float(np.diff(energies).min())
    scale = SHOWN_DENSITY * spacing / float(well.densities.max())
    top = energies[-1] + 1.5 * spacing
    potential = to_hertz(well.potential) / size
    inside = potential <= top
    with house_style():
        figure, ax = on(ax, 4.6, 3.6)
        ax.plot(x, potential, color=QUIET, linewidth=1.2)
        for n, (energy, density) in enumerate(zip(energies, well.densities.T, strict=True)):
            colour = GOOD if n == device.target else FULL
            ax.fill_between(x, energy, energy + scale * density, color=colour, alpha=0.35, linewidth=0)
            ax.hlines(energy, x[inside][0], x[inside][-1], color=colour, linewidth=0.5)
            ax.annotate(
                f"{n}",
                (x[inside][-1], energy),
                (3, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                fontsize=7,
            )
        margin = 0.06 * float(np.ptp(x[inside]))
        ax.set(xlim=(x[inside][0] - margin, x[inside][-1] + margin), ylim=(0, top))
        ax.set(xlabel=f"position ({length_unit})", ylabel=f"energy/h ({unit})", title=literal(device.name))
    return figure, ax
