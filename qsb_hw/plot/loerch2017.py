"""The figures of Lörch 2017. Each function takes the Dataset of its figure from `qsb_hw.papers.loerch2017`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.plot.panels import dotted, drawing, ends, heat_map, name_axes, shades
from qsb_hw.plot.secular import draw_note41
from qsb_hw.plot.style import BAD, DOWN, ELIMINATED, FULL, GOOD, QUIET, UP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray, Dataset

    from qsb_hw.plot.panels import Draw

__all__ = [
    "draw_1a", "draw_2a", "draw_2b", "draw_3a", "draw_3b", "draw_3c", "draw_3d", "draw_4a", "draw_4b", "draw_4c",
    "draw_4d", "draw_5a", "draw_5b", "draw_6", "draw_7b", "draw_note41",
]  # fmt: skip

COLOURS = (FULL, ELIMINATED, BAD, GOOD)
"""Black, blue, red, green as in the paper, in shades told apart by everyone."""


@drawing(3.4, 3.4)
def draw_1a(ax: Axes, data: Dataset) -> None:
    """Levels with the engineered rates as arrows, populations as bars, the classical distribution in grey."""
    energy = data.energy.values
    classical = data.classical_density / data.classical_density.max() * data.population.max()
    heights = np.interp(data.quanta, data.level, data.energy)
    ax.fill_betweenx(heights, 0, classical, color=QUIET, alpha=0.3, linewidth=0)
    for n, (height, population) in enumerate(zip(energy, data.population.values, strict=True)):
        ax.plot([0.0, 1.0], [height, height], color=QUIET, linewidth=1)
        ax.plot([0.0, population], [height, height], color=FULL, linewidth=4, solid_capstyle="butt")
        ax.text(-0.04, height, f"$|{n}\\rangle$", ha="right", va="center")
    largest = float(max(data.up_rate.max(), data.down_rate.max()))
    for name, rates, place, colour, step in (
        ("gain", data.up_rate, 1.12, UP, 1), ("loss", data.down_rate, 1.28, DOWN, -1),
    ):  # fmt: skip
        for n, rate in zip(data.transition.values, rates.values, strict=True):
            tail, head = (energy[n - 1], energy[n])[::step]
            width = 0.4 + 5.6 * rate / largest
            style = {
                "arrowstyle": f"-|>,head_width={0.12 + 0.05 * width},head_length={0.3}", "linewidth": width,
                "color": colour, "shrinkA": 1, "shrinkB": 1, "joinstyle": "miter",
            }  # fmt: skip
            ax.annotate("", xy=(place, head), xytext=(place, tail), arrowprops=style)
        ax.text(place, energy[-1] + 0.2, name, color=colour, ha="center", va="bottom")
    ax.set(xlim=(-0.02, 1.38), ylim=(-0.35, energy[-1] + 0.55), xticks=[0, 0.5, 1], yticks=[], xlabel="population")
    ax.xaxis.set_label_coords(0.36, -0.09)
    ax.spines.left.set_visible(False)
    ax.spines.bottom.set_bounds(0, 1)


@drawing(3.4, 2.6)
def draw_2a(ax: Axes, data: Dataset) -> None:
    """Classical S/V, every curve as wide as its statistical error."""
    x = data.detuning.values / data.attrs["kerr"]
    for v, colour in zip(data.coupling.values, shades(data.coupling.size), strict=True):
        row = data.sel(coupling=v)
        middle, error = row.S_over_V.values, row.standard_error.values
        ax.fill_between(x, middle - error, middle + error, color=colour, alpha=0.45, linewidth=0)
        ax.plot(x, middle, color=colour, linewidth=0.7, label=f"$V={v:.3f}\\,\\gamma$")
    dotted(ax, -2, 0, 2)
    name_axes(ax, r"detuning $\Delta/K$", r"synchronization $S\gamma/V$", ylim=(0, None))
    ax.legend()


@drawing(3.4, 2.6)
def draw_2b(ax: Axes, data: Dataset) -> None:
    """Quantum S/V with the first order in V dashed."""
    x = data.detuning.values / data.attrs["kerr"]
    for v, colour in zip(data.coupling.values, shades(data.coupling.size), strict=True):
        ax.plot(x, data.S_over_V.sel(coupling=v), color=colour, linewidth=1.3, label=f"$V={v:g}\\,\\gamma$")
    ax.plot(x, data.S_over_V_first_order, color=FULL, linewidth=1, linestyle="--", label="first order")
    dotted(ax, -2, 0, 2)
    ax.set_ylim(bottom=0)
    name_axes(ax, r"detuning $\Delta/K$", r"synchronization $S\gamma/V$")
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1), columnspacing=1.2, handlelength=1.6)


@drawing(6.0, 2.7, columns=2, width_ratios=[1.25, 1])
def draw_3a(axes: Any, data: Dataset) -> None:
    """Map of S over Δ and σ, and σS along four cuts."""
    _map(axes[0], data.S)
    name_axes(axes[0], r"detuning $\Delta/K$", r"width $\sigma$")
    for sigma, colour in zip(data.cut_sigma.values, COLOURS, strict=False):
        axes[0].axhline(sigma, color="white", linewidth=0.6, linestyle=":")
        axes[1].plot(data.detuning, data.scaled_cut.sel(cut_sigma=sigma), color=colour, label=f"$\\sigma={sigma:g}$")
    dotted(axes[1], -2, 0, 2)
    axes[1].set(xlim=ends(data.detuning), ylim=(0, None))
    axes[1].locator_params(axis="x", integer=True)
    name_axes(axes[1], r"detuning $\Delta/K$", r"scaled synchronization $\sigma S$")
    axes[1].legend(loc="lower center", ncols=2)


@drawing(3.4, 2.7)
def draw_3b(ax: Axes, data: Dataset) -> None:
    """Map of S over amplitude mismatch and σ."""
    _map(ax, data.S)
    for mismatch in (-1, 1):
        ax.axvline(mismatch, color="white", linewidth=0.6, linestyle=":")
    name_axes(ax, r"amplitude mismatch $\bar n_2-\bar n_1$", r"width $\sigma$")


@drawing(3.4, 2.7)
def draw_3c(ax: Axes, data: Dataset) -> None:
    """Map of S over Δn and Δ with the two lines of Eq. (7)."""
    _map(ax, data.S.transpose("detuning", "difference"))
    limits = ax.get_ylim()
    for branch in data.branch.values:
        ax.plot(data.difference, data.resonance.sel(branch=branch), color="white", linewidth=0.8, linestyle="--")
    name_axes(ax, r"amplitude difference $\Delta n=\bar n_1-\bar n_2$", r"detuning $\Delta/K$", ylim=limits)


@drawing(6.0, 2.7, columns=2, width_ratios=[1.4, 1])
def draw_3d(axes: Any, data: Dataset) -> None:
    """Map of S over Δ and K with Δ = ±2K, and P(φ) at Δ = 0 for K = 0 and the largest K."""
    _map(axes[0], data.S, vmax=float(data.S.where(data.kerr > 0).max()))
    limits = axes[0].get_xlim()
    for side in (-2, 2):
        axes[0].plot(side * data.kerr, data.kerr, color="white", linewidth=0.8, linestyle="--")
    name_axes(axes[0], r"detuning $\Delta/\gamma$", r"Kerr parameter $K/\gamma$", xlim=limits)
    for kerr, colour in zip(data.kerr.values[[0, -1]], (BAD, ELIMINATED), strict=True):
        flat = 2 * np.pi * data.density.sel(kerr=kerr)
        axes[1].plot(data.phase / np.pi, flat, color=colour, label=f"$K={kerr:g}\\,\\gamma$")
    axes[1].axhline(1, color=QUIET, linewidth=0.6, linestyle=":")
    name_axes(axes[1], r"relative phase $\phi/\pi$", r"$2\pi P(\phi)$ at $\Delta=0$", xlim=(-1, 1))
    axes[1].legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


@drawing(6.0, 3.6, columns=2, sharey=True)
def draw_6(axes: Any, data: Dataset) -> None:
    """Energies of |n1, n2⟩ over n1 − n2; red on the diagonal, blue beside it, lines between resonant levels."""
    for ax, kerr, name in zip(axes, data.kerr.values, ("(a) harmonic, $K=0$", "(b) anharmonic"), strict=True):
        _energy_diagram(ax, data.sel(kerr=kerr))
        ax.set_title(name)
    axes[0].set_ylabel(r"energy $E(n_1,n_2)/\omega$")


@drawing(3.4, 2.6)
def draw_7b(ax: Axes, data: Dataset) -> None:
    """S(Δ) of three-level oscillators, harmonic and anharmonic, and of two-level ones."""
    x = data.detuning.values
    for name, colour, label, style in (
        ("S_harmonic", ELIMINATED, "3 levels, $K=0$", "-"),
        ("S_anharmonic", "#E69F00", r"3 levels, $K=3\gamma/\sigma$", "-"),
        ("S_two_levels", FULL, "2 levels", ":"),
    ):
        ax.plot(x, data[name], color=colour, linestyle=style, linewidth=1.4, label=label)
    dotted(ax, *(side * data.attrs["kerr"] for side in (-2, 0, 2)))
    ax.set(xlim=(x[0], x[-1]), ylim=(-0.01, 1.35 * float(data.S_anharmonic.max())))
    name_axes(ax, r"detuning $\Delta/\gamma$", "synchronization $S$")
    ax.legend(loc="upper center", ncols=2, columnspacing=1.2, handlelength=1.6)


def _map(ax: Axes, values: DataArray, vmax: float | None = None) -> None:
    heat_map(ax, values, "synchronization $S$", vmin=0, vmax=vmax, extend="max" if vmax else "neither")


def _network_map(name: str, y_name: str) -> Draw:
    """S of one pair over Δ and a coupling."""

    @drawing(3.4, 2.7)
    def draw(ax: Axes, data: Dataset) -> None:
        values = data[name]
        _map(ax, values.assign_coords(detuning=values.detuning / data.attrs["kerr"]))
        for side in (-2, 2):
            ax.axvline(side, color="white", linewidth=0.6, linestyle=":")
        name_axes(ax, r"detuning $\Delta/K$", y_name)

    return draw


def _link_maps(name: str, contours: bool) -> Draw:
    """S of one pair over V1 and V2 at Δ = ±2K, with contour lines or the line where the two links cancel."""

    @drawing(6.0, 2.9, columns=2, sharey=True)
    def draw(axes: Any, data: Dataset) -> None:
        top = float(data[name].max())
        for ax, detuning in zip(axes, data.detuning.values, strict=True):
            panel = data[name].sel(detuning=detuning)
            mesh = heat_map(ax, panel, None, vmin=0, vmax=top)
            if contours:
                ax.contour(data.V1, data.V2, panel, levels=8, colors="white", linewidths=0.6)
            else:
                ax.plot(data.V1, data.V2_cancel.sel(detuning=detuning), "--", color="white", linewidth=1)
            name_axes(ax, r"coupling to C, $V_1/\gamma$", "", rf"$\Delta={'+' if detuning > 0 else '-'}2K$")
        axes[0].set_ylabel(r"direct coupling $V_2/\gamma$")
        axes[0].figure.colorbar(mesh, ax=axes, pad=0.02, label=f"synchronization $S_{{{name[2:]}}}$")

    return draw


draw_4a, draw_4b = (_network_map(name, r"coupling $V_1/\gamma$") for name in ("S_AC", "S_AB"))
draw_4c, draw_4d = _link_maps("S_AC", contours=True), _link_maps("S_AB", contours=False)
draw_5a, draw_5b = (_network_map(name, r"coupling $V/\gamma$") for name in ("S_AB", "S_AD"))


def _energy_diagram(ax: Axes, data: Dataset) -> None:
    for n in data.n1.values:
        for m in data.n2.values:
            height, mismatch = float(data.energy[n, m]), float(data.mismatch[n, m])
            ax.plot([n - m - 0.3, n - m + 0.3], [height] * 2, color=_role(n, m), linewidth=2.5, solid_capstyle="butt")
            ax.text(n - m, height - 0.08, f"{n},{m}", fontsize=7, ha="center", va="top", color=_role(n, m))
            if abs(mismatch) < 1e-9:
                colour = {0: BAD, 1: ELIMINATED, 2: BAD}.get(int(n - m), QUIET)
                ax.plot([n - m - 0.3, n - m - 1.7], [height] * 2, color=colour, linewidth=0.8, linestyle=":")
    ax.set(xlabel="$n_1-n_2$", xticks=np.arange(1 - data.n1.size, data.n1.size))


def _role(n: int, m: int) -> str:
    """Colour of |n, m⟩: equal occupations, neighbours, and all others."""
    return {0: BAD, 1: ELIMINATED}.get(abs(n - m), QUIET)
