"""The figures of Nadolny & Bruder 2023. Each function takes the Dataset of its figure from `qsb_hw.papers.nadolny2023`.

Colours mean the same everywhere: black where nothing synchronizes, white where groups share one frequency, red and
blue where the frequency of A is above or below that of B; orange, black and blue lines for α < 0, α = 0
and α > 0. α is the asymmetry that the paper calls K.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.plot.panels import drawing, ends, heat_map, name_axes, phase_wheel, shades
from qsb_hw.plot.spectra import draw_3a, draw_3b, draw_3c, draw_s2, draw_s3
from qsb_hw.plot.style import BAD, ELIMINATED, FULL, GOOD, PUBLISHED, QUIET, house_style, legend_below, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import DataArray, Dataset

    from qsb_hw.plot.panels import Draw

__all__ = [
    "draw_2a", "draw_2b", "draw_2c", "draw_2d", "draw_3a", "draw_3b", "draw_3c", "draw_3d", "draw_4a", "draw_4b",
    "draw_4c", "draw_s1a", "draw_s1b", "draw_s1c", "draw_s1d", "draw_s2", "draw_s3", "draw_s4",
]  # fmt: skip

SIGNS = (PUBLISHED, FULL, ELIMINATED)
"""Of α < 0, α = 0 and α > 0, as in the paper."""
SMALL = 50
"""Largest N of the inset of Fig. S4."""
RUNNING = 1e-2
"""Difference of the frequencies (γ₋) from which on the relative phase is taken to run."""
VISIBLE = 1e-3
"""Order parameter from which on a group counts as synchronized."""
DETUNING, ASYMMETRY = r"detuning $\delta/\gamma_-$", r"asymmetry $\alpha/\gamma_-$ ($K$ in the paper)"
COUPLING = r"coupling $V/(\gamma_-+\gamma_+)$"
AMPLITUDE = r"$|\langle S^+\rangle|$"
DIFFERENCE = r"$(\omega_A-\omega_B)/\gamma_-$"
PHASES = ([-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi], ["$-\\pi$", "$-\\pi/2$", "0", "$\\pi/2$", "$\\pi$"])


@drawing(4.0, 2.6)
def draw_2a(ax: Axes, data: Dataset) -> None:
    """Re⟨S⁺⟩ and its envelope below and above the critical coupling."""
    for v, colour in zip(data.coupling.values, (ELIMINATED, BAD, FULL, GOOD), strict=False):
        row = data.sel(coupling=v)
        ax.plot(row.time, row.amplitude_abs, color=colour, linewidth=0.8, linestyle="--")
        ax.plot(row.time, row.amplitude_real, color=colour, linewidth=1.2, label=f"{v:g}")
    ax.axhline(0, color=QUIET, linewidth=0.6, zorder=0)
    name_axes(ax, r"time $\gamma_-t$", rf"Re$\langle S^+\rangle$ (dashed: {AMPLITUDE})", xlim=(0, float(data.time[-1])))
    ax.legend(title=r"$V/(\gamma_-+\gamma_+)$", ncols=2, loc="upper right", columnspacing=1.2)


@drawing(4.0, 2.8)
def draw_2b(ax: Axes, data: Dataset) -> None:
    """Order parameter and coherences over V; circles are integrated in time."""
    for name, colour, label in (
        ("order_parameter", FULL, AMPLITUDE),
        ("rho_12", BAD, r"$|\rho_{12}|$"),
        ("rho_01", ELIMINATED, r"$|\rho_{01}|$"),
        ("rho_02", GOOD, r"$|\rho_{02}|$"),
    ):
        ax.plot(data.coupling, data[name], color=colour, linewidth=1.3, label=label)
    ax.plot(data.checked, data.integrated, "o", color=FULL, markersize=3.5, markerfacecolor="white", label="integrated")
    ax.axvline(data.attrs["critical_coupling"], color=QUIET, linewidth=0.8, linestyle=":", zorder=0)
    ax.annotate("$V_c$", (data.attrs["critical_coupling"], 1), (3, -2), xycoords=("data", "axes fraction"),
                textcoords="offset points", va="top", color=QUIET)  # fmt: skip
    name_axes(ax, COUPLING, "long-time averages", xlim=ends(data.coupling), ylim=(0, None))
    ax.legend(loc="upper left")


@drawing(4.4, 3.2)
def draw_2c(ax: Axes, data: Dataset) -> None:
    """Order parameter over V and γ₊/γ₋ in grey, critical couplings for three α as lines."""
    heat_map(ax, data.order_parameter, rf"{AMPLITUDE} for $\alpha=0$", cmap="Greys", smooth=False, vmin=0)
    for alpha, colour in zip(data.asymmetry.values, SIGNS, strict=True):
        line = data.critical_coupling.sel(asymmetry=alpha)
        ax.plot(line.where(np.isfinite(line)), data.ratio, color=colour, linewidth=1.4,
                linestyle="-" if alpha else "--", label=f"${alpha:g}$")  # fmt: skip
    name_axes(
        ax, COUPLING, r"$\gamma_+/\gamma_-$", yscale="log", xlim=ends(data.coupling), ylim=ends(data.ratio)
    )  # fmt: skip
    ax.legend(title=r"$V_c$ for $\alpha/(\gamma_-+\gamma_+)=$", loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)


def draw_2d(data: Dataset) -> tuple[Figure, Any]:
    """s(φ) of a driven oscillator for three α, one panel per γ₊/γ₋; dotted: first order in the drive."""
    with house_style():
        figure = new_figure(3.0 * data.ratio.size, 2.8)
        axes = figure.subplots(1, data.ratio.size, sharey=True, squeeze=False)[0]
        for ax, ratio in zip(axes, data.ratio.values, strict=True):
            for alpha, colour in zip(data.asymmetry.values, SIGNS, strict=True):
                curve = data.sel(ratio=ratio, asymmetry=alpha)
                ax.plot(data.phase, curve.s, color=colour, linewidth=1.4, label=f"${alpha:g}$")
                ax.plot(data.phase, curve.s_first_order, color=colour, linewidth=0.9, linestyle=":")
            _phase_ticks(ax.xaxis)
            name_axes(ax, r"phase $\phi$", "", rf"$\gamma_+/\gamma_-={ratio:g}$")
        axes[0].set_ylabel(r"$s(\phi)$ (dotted: first order)")
        figure.legend(
            *axes[0].get_legend_handles_labels(), title=r"$\alpha/(\gamma_-+\gamma_+)$", loc="outside right center"
        )
    return figure, axes


@drawing(4.2, 3.1)
def draw_3d(ax: Axes, data: Dataset) -> None:
    """Frequency difference over δ and V_AB."""
    _difference(ax, data)
    name_axes(ax, DETUNING, r"coupling $V_{AB}/\gamma_-$")


def draw_s1a(data: Dataset) -> tuple[Figure, Any]:
    """Fig. 4 (a) in the middle, s(φ_AB) of two oscillators around it; dotted: exact in V_AB."""
    with house_style():
        figure = new_figure(7.6, 7.2)
        places = [(row, column) for row in range(3) for column in range(3) if (row, column) != (1, 1)]
        spots = figure.add_gridspec(3, 3, width_ratios=[1, 1.5, 1], height_ratios=[1, 1.5, 1])
        centre = figure.add_subplot(spots[1, 1])
        _difference(centre, data, bar=False)
        centre.plot(data.panel_detuning, data.panel_asymmetry, "o", color=QUIET, markersize=4)
        name_axes(centre, DETUNING, ASYMMETRY)
        axes = [centre]
        top = 1.1 * float(np.abs(data.s).max())
        for (row, column), panel in zip(places, data.panel.values, strict=False):
            ax = figure.add_subplot(spots[row, column])
            one = data.sel(panel=panel)
            ax.plot(data.phase, one.s, color=FULL, linewidth=1.3)
            ax.plot(data.phase, one.s_exact, color=BAD, linewidth=1.0, linestyle=":")
            ax.axhline(0, color=QUIET, linewidth=0.5, zorder=0)
            _phase_ticks(ax.xaxis)
            delta, alpha = float(one.panel_detuning), float(one.panel_asymmetry)
            title = rf"$\delta={delta:g}\,\gamma_-$, $\alpha={alpha:g}\,\gamma_-$"
            name_axes(ax, r"$\phi_{AB}$", r"$s(\phi_{AB})$", title, ylim=(-top, top))
            axes.append(ax)
        axes[1].plot([], [], color=FULL, label="first order in $V_{AB}$")
        axes[1].plot([], [], color=BAD, linestyle=":", label="exact")
        figure.legend(loc="outside lower center", ncols=2)
    return figure, np.array(axes)


def draw_s4(data: Dataset) -> tuple[Figure, Any]:
    """|⟨S⁺⟩| of finite groups, and lifetimes over N: cumulants, linear noise (dashed), exact (dotted, inset)."""
    with house_style():
        figure = new_figure(7.6, 3.2)
        axes = figure.subplots(1, 2)
        _decays(axes[0], data)
        inset = axes[1].inset_axes((0.1, 0.6, 0.36, 0.38))
        reds = shades(data.coupling.size, "Reds", 0.95, 0.4)  # dark to light, as in the paper
        small = data.sel(size=data.size[data.size <= SMALL])
        for ax, part in ((axes[1], data), (inset, small)):
            for v, colour in zip(data.coupling.values, reds, strict=True):
                one = part.sel(coupling=v)
                ax.plot(one.size, one.lifetime, "o-", color=colour, markersize=2.5, linewidth=1, label=f"{v:g}")
                other, style = ("lifetime_linear_noise", "--") if ax is axes[1] else ("lifetime_exact", ":")
                ax.plot(one.size, one[other], style, color=colour, linewidth=0.9 if ax is axes[1] else 1.6)
            ax.set_xlim(left=0)
        inset.set_ylim(bottom=0)
        inset.tick_params(labelsize=7)
        name_axes(
            axes[1], "number of oscillators $N$", r"lifetime $T\gamma_-$", "(b) dashed: linear noise, dotted: exact",
            ylim=(0, 1.05 * float(data.lifetime_linear_noise.max())),
        )  # fmt: skip
        axes[1].legend(title=r"$V/\gamma_-$", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure, np.array([*axes, inset])


def _decays(ax: Axes, data: Dataset) -> None:
    blues = shades(data.shown.size + 1)[::-1]
    for n, colour in zip(data.shown.values, blues, strict=False):
        ax.plot(data.time, data.amplitude.sel(shown=n), color=colour, linewidth=1.2, label=f"{n}")
    ax.plot(data.time, data.mean_field, color=blues[-1], linewidth=1.2, label=r"$\infty$")
    ax.plot(data.time, data.uncoupled, color=FULL, linewidth=1, linestyle="--", label="$V=0$")
    ax.axhline(float(data.mean_field[0]) / np.e, color=QUIET, linewidth=0.6, linestyle=":", zorder=0)
    ax.set(xlim=(0, float(data.time[-1])), ylim=(0, 1.45 * float(data.mean_field[0])))
    name_axes(ax, r"time $\gamma_-t$", AMPLITUDE, rf"(a) $V={float(data.coupling[0]):g}\,\gamma_-$")
    ax.legend(title="$N$", ncols=3, loc="upper right")


def _plane(paint: Callable[[Axes, Dataset], Any]) -> Draw:
    """One map over δ and α, with the lines α = ±δ."""

    @drawing(4.2, 3.6)
    def draw(ax: Axes, data: Dataset) -> None:
        paint(ax, data)
        limits = ax.get_xlim(), ax.get_ylim()
        reach = max(map(abs, limits[1]))
        for side in (-1, 1):
            ax.plot([-side * reach, side * reach], [-reach, reach], color=QUIET, linewidth=0.7, linestyle=":")
        name_axes(ax, DETUNING, ASYMMETRY, xlim=limits[0], ylim=limits[1])

    return draw


def _difference(ax: Axes, data: Dataset, bar: bool = True) -> Any:
    """Diverging map of ω_A − ω_B; what does not synchronize is missing, and black."""
    values = data.frequency_difference.where(data.order_parameter > VISIBLE)
    top = float(np.abs(values).max())
    label = rf"frequency difference {DIFFERENCE}" if bar else None
    if bool(values.isnull().any()):
        _key(ax, (FULL, "no synchronization"))
    return heat_map(ax, values, label, cmap="RdBu_r", smooth=False, vmin=-top, vmax=top)


def _key(ax: Axes, *entries: tuple[str, str]) -> None:
    """What colours outside the colour bar mean, beneath the axes."""
    from matplotlib.patches import Patch

    legend_below(ax, [Patch(facecolor=colour, edgecolor=QUIET, label=name) for colour, name in entries])


def _locked(ax: Axes, data: Dataset) -> None:
    """Relative phase where both groups have one frequency; elsewhere it runs, and has no value."""
    known = data.relative_phase
    if "frequency_difference" in data:
        known = known.where(np.abs(data.frequency_difference) < RUNNING)
    _phases(ax, known, r"relative phase $\phi_A-\phi_B$", bad=QUIET)
    _key(ax, (QUIET, "no synchronization, or two frequencies"))


def _favoured(ax: Axes, data: Dataset) -> None:
    """Where the two oscillators favour one relative phase."""
    heat_map(ax, data.favoured, None, cmap="Greys_r", smooth=False, vmin=0, vmax=1)
    _key(ax, ("white", "synchronization favoured"), (FULL, "not favoured"))


def _phases(ax: Axes, values: DataArray, label: str, bad: str = "black") -> None:
    mesh = heat_map(ax, values, None, cmap=phase_wheel(), smooth=False, bad=bad, vmin=-np.pi, vmax=np.pi)
    bar = ax.get_figure(root=True).colorbar(mesh, ax=ax, label=label)  # type: ignore[union-attr]
    bar.set_ticks(PHASES[0], labels=PHASES[1])


def _phase_ticks(axis: Any) -> None:
    axis.set_ticks(PHASES[0][::2], labels=PHASES[1][::2])


draw_4a = _plane(_difference)
draw_4b = _plane(lambda ax, data: heat_map(ax, data.order_parameter, AMPLITUDE, smooth=False, vmin=0))
draw_4c = _plane(_locked)
draw_s1b = _plane(lambda ax, data: heat_map(ax, data.maximum, r"$\max\,s(\phi_{AB})$", vmin=0))
draw_s1c = _plane(lambda ax, data: _phases(ax, data.most_likely, r"most likely $\phi_{AB}$", bad=QUIET))
draw_s1d = _plane(_favoured)
