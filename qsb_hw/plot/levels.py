"""The ladder of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsb_hw.model.bath import Role
from qsb_hw.model.device import Device
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.plot.style import DOWN, FULL, QUIET, UP, frequency_unit, house_style, on
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_levels(of: Device | SelfOscillator, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Spacing of every transition, with the tones as bands as wide as their linewidth.

    Parameters
    ----------
    of : Device or SelfOscillator
        What to draw.
    ax : Axes, optional
        Drawn on a new figure unless given.
    """
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
                ax.axhspan(edges[0], edges[1], color=colour, alpha=0.5, linewidth=1, label=name)
        ax.plot(n, to_hertz(spacings) / size, "o", color=FULL, markersize=4)
        ax.plot(n, to_hertz(spacings) / size, color=QUIET, linewidth=0.6, zorder=0)
        ax.set_xticks(n, [f"{k - 1}↔{k}" for k in n])
        ax.set_xlabel("transition between levels")
        ax.set_ylabel(f"spacing ω/2π ({unit})")
        ax.legend()
    return figure, ax
