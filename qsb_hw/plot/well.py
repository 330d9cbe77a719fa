"""The potential an oscillator moves in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsb_hw.errors import require
from qsb_hw.model.device import Device
from qsb_hw.plot.style import FULL, GOOD, QUIET, frequency_unit, house_style, on
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_DENSITY = 0.9
"""Height of the highest density, in level spacings."""


def plot_well(device: Device, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Potential, levels and densities of a device whose oscillator is a particle; n0 stands out.

    Parameters
    ----------
    device : Device
        With a `well`.
    ax : Axes, optional
        Drawn on a new figure unless given.

    Raises
    ------
    ArgumentError
        If the device has no well.
    """
    well = device.well
    require(well is not None, "A device must have a potential well to draw", "none", "Draw its levels instead.")
    assert well is not None
    size, unit = frequency_unit(well.energies)
    length, length_unit = _length_unit(np.ptp(well.position))
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
            ax.annotate(f"{n}", (x[inside][-1], energy), (3, 0), textcoords="offset points", va="center", color=colour)
        margin = 0.06 * float(np.ptp(x[inside]))
        ax.set_xlim(x[inside][0] - margin, x[inside][-1] + margin)
        ax.set_ylim(0, top)
        ax.set_xlabel(f"position ({length_unit})")
        ax.set_ylabel(f"energy/h ({unit})")
    return figure, ax


def _length_unit(extent: float) -> tuple[float, str]:
    """Metres per unit and its name."""
    return next(((size, name) for size, name in ((1e-6, "µm"), (1e-9, "nm")) if extent >= size), (1e-9, "nm"))
