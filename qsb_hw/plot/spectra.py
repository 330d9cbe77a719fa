"""Spectra of two groups over their detuning: Figs. 3 (a–c), S2 and S3 of Nadolny & Bruder 2023."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.plot.panels import drawing, ends, heat_map, name_axes
from qsb_hw.plot.style import BAD, FULL, QUIET, house_style, legend_below, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import DataArray, Dataset

    from qsb_hw.plot.panels import Draw

DETUNING, FREQUENCY = r"detuning $\delta/\gamma_-$", r"frequency $\omega/\gamma_-$"
DIFFERENCE = r"$(\omega_A-\omega_B)/\gamma_-$"
LOUD = 0.05
"""Of the highest peak: what is lower does not decide how far the axis goes."""


@drawing(4.0, 2.8)
def draw_3c(ax: Axes, data: Dataset) -> None:
    """Difference of the dominant frequencies over δ; grey: where a phase-locked state is stable."""
    edge = data.attrs["locking_edge"]
    ax.axvspan(-edge, edge, color=QUIET, alpha=0.2, linewidth=0, label="stable locking")
    ax.plot(data.detuning, data.detuning, color=QUIET, linewidth=0.8, linestyle="--", label=r"$\delta$")
    ax.plot(data.detuning, data.frequency_difference, color=FULL, linewidth=1.4, label="integrated")
    name_axes(ax, DETUNING, f"frequency difference {DIFFERENCE}", xlim=ends(data.detuning))
    legend_below(ax, ncols=3)


def _single(group: str) -> Draw:
    """Spectrum of one group over δ."""

    @drawing(4.2, 3.0)
    def draw(ax: Axes, data: Dataset) -> None:
        power = data[f"P_{group}"]
        mesh = _spectrum(ax, power, float(power.max()))
        ax.get_figure(root=True).colorbar(mesh, ax=ax, label=f"$P_{group}$")  # type: ignore[union-attr]
        name_axes(ax, DETUNING, FREQUENCY, ylim=_loud(power))

    return draw


def _columns(data: Dataset, column: str, symbol: str) -> tuple[Figure, Any]:
    """Spectra of A and B and the difference of their dominant frequencies, one column per value of a parameter."""
    with house_style():
        count = data.sizes[column]
        figure = new_figure(1.2 + 2.0 * count, 6.2)
        axes = figure.subplots(3, count, sharex=True, sharey="row", squeeze=False)
        top = float(max(data.P_A.max(), data.P_B.max()))
        for k, value in enumerate(data[column].values):
            one = data.sel({column: value})
            for ax, power in zip(axes[:2, k], (one.P_A, one.P_B), strict=True):
                mesh = _spectrum(ax, power, top)
            axes[2, k].plot(data.detuning, data.detuning, color=QUIET, linewidth=0.8, linestyle="--")
            axes[2, k].plot(data.detuning, one.frequency_difference, ".", color=BAD, markersize=2)
            axes[0, k].set_title(rf"${symbol}={value:g}\,\gamma_-$")
            axes[2, k].set_xlabel(DETUNING)
        for ax in axes[:2, 0]:
            ax.set(ylim=_loud(data.P_A, data.P_B), ylabel=FREQUENCY)
        axes[2, 0].set(xlim=ends(data.detuning), ylabel=DIFFERENCE)
        for row, name in enumerate(("$P_A$", "$P_B$")):
            figure.colorbar(mesh, ax=axes[row], label=name, fraction=0.03, pad=0.01)
    return figure, axes


def _spectrum(ax: Axes, power: DataArray, top: float) -> Any:
    """Heights as their square roots, so that what one group picks up from the other is seen."""
    from matplotlib.colors import PowerNorm

    over = power.transpose("frequency", "detuning")
    return heat_map(ax, over, None, smooth=False, norm=PowerNorm(0.5, vmin=0, vmax=top))


def _loud(*powers: DataArray) -> tuple[float, float]:
    """Range of frequencies in which some spectra have strong lines, and a margin."""
    heights = np.max([p.values.reshape(-1, p.sizes["frequency"]).max(axis=0) for p in powers], axis=0)
    axis = powers[0].frequency.values
    heard = axis[heights > LOUD * heights.max()]
    margin = 0.15 * float(np.ptp(heard)) + 0.1
    return max(axis[0], heard[0] - margin), min(axis[-1], heard[-1] + margin)


draw_3a, draw_3b = _single("A"), _single("B")
draw_s2 = partial(_columns, column="intergroup", symbol="V_{AB}")
draw_s3 = partial(_columns, column="asymmetry", symbol=r"\alpha")
