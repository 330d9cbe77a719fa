"""Note [41] of Lörch 2017: separate dissipators beside collective ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.plot.panels import dotted, drawing, ends, name_axes
from qsb_hw.plot.style import BAD, ELIMINATED, FULL, PUBLISHED, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import Dataset

Entry = tuple[str, str, str]
"""Variable, colour, label."""

STYLES = ((1, "--"), (0, "-"))
"""Of `secular`: separate dissipators dashed, collective ones solid."""
MODERATE = 10.0
"""K/γ of panel (e), beside the largest."""
NARROW = 0.05
"""σ of panel (f)."""
VALLEY = 0.5
"""Largest Δ/K of panel (b)."""


@drawing(8.4, 5.2, rows=2, columns=3)
def draw_note41(axes: Any, data: Dataset) -> None:
    """S(Δ) and its valley, S(0) and S(2K) over K, and what Eq. (2) gets wrong over σ and over γ/2K."""
    _curves(axes[0, 0], data)
    _valley(axes[0, 1], data)
    heights = ("S_peak", BAD, "$S(2K)$"), ("S_blockaded", FULL, "$S(0)$")
    _over_kerrs(axes[0, 2], data, heights, "synchronization $S$", "(c)")
    axes[0, 2].set_ylim(bottom=0)
    axes[0, 2].legend(loc="lower center")
    _over_kerrs(axes[1, 0], data, (("contrast", FULL, ""),), r"contrast of $S(2K)$ and $S(0)$", "(d)")
    axes[1, 0].axhline(0, color=QUIET, linewidth=0.6, linestyle=":", zorder=0)
    _over_sigma(axes[1, 1], data)
    _over_kerr(axes[1, 2], data)


def _curves(ax: Axes, data: Dataset) -> None:
    for kerr, colour in zip(data.case_kerr.values, (ELIMINATED, PUBLISHED), strict=False):
        for secular, style in STYLES:
            label = f"$K={kerr:g}\\,\\gamma$" if not secular else None
            curve = data.S.sel(case_kerr=kerr, secular=secular)
            ax.plot(data.detuning, curve, style, color=colour, linewidth=1.3, label=label)
    ax.plot([], [], "--", color=QUIET, linewidth=1.3, label="separate")
    ax.plot([], [], "-", color=QUIET, linewidth=1.3, label="collective")
    dotted(ax, -2, 0, 2)
    ax.set(xlim=ends(data.detuning), ylim=(0, 1.45 * float(data.S.max())), xticks=[-2, 0, 2])
    name_axes(ax, r"detuning $\Delta/K$", "synchronization $S$", "(a)")
    ax.legend(ncols=2, loc="upper center", columnspacing=1.2, handlelength=1.8)


def _valley(ax: Axes, data: Dataset) -> None:
    """The same for the larger K, near Δ = 0 and over Δ/γ: what differs is as wide as γ."""
    kerr = float(data.case_kerr[0])
    near = data.sel(case_kerr=kerr).where(np.abs(data.detuning) <= VALLEY, drop=True)
    for secular, style in STYLES:
        ax.plot(kerr * near.detuning, near.S.sel(secular=secular), style, color=ELIMINATED, linewidth=1.3)
    dotted(ax, 0)
    ax.locator_params(axis="x", integer=True)
    name_axes(ax, r"detuning $\Delta/\gamma$", "synchronization $S$", f"(b) $K={kerr:g}\\,\\gamma$")


def _over_kerrs(ax: Axes, data: Dataset, entries: tuple[Entry, ...], y: str, title: str) -> None:
    for name, colour, label in entries:
        for secular, style in STYLES:
            values = data[name].sel(secular=secular)
            ax.plot(data.kerr, values, style, color=colour, linewidth=1.3, label=None if secular else label)
    name_axes(ax, r"Kerr parameter $K/\gamma$", y, title, xscale="log", xlim=ends(data.kerr))
    _plain_ticks(ax, (0.3, 1, 3, 10, 30))


def _plain_ticks(ax: Axes, values: tuple[float, ...]) -> None:
    """Numbers as they are written instead of powers of ten, on a logarithmic axis of few decades."""
    low, high = ax.get_xlim()
    kept = [value for value in values if low <= value <= high]
    ax.set_xticks(kept, [f"{value:g}" for value in kept])
    ax.tick_params(axis="x", which="minor", labelbottom=False)


def _over_sigma(ax: Axes, data: Dataset) -> None:
    largest, moderate = data.isel(limit_kerr=-1), data.sel(limit_kerr=MODERATE, method="nearest")
    far, near = (f"$K={float(part.limit_kerr):.4g}\\,\\gamma$" for part in (largest, moderate))
    x = data.limit_sigma.values
    _errors(ax, x, largest, (("error_blockaded", FULL, f"$S(0)$, {far}"),))
    both = ("error_blockaded", ELIMINATED, f"$S(0)$, {near}"), ("error_peak", BAD, f"$S(2K)$, {near}")
    _errors(ax, x, moderate, both)
    _plain_ticks(ax, (0.02, 0.05, 0.1, 0.2, 0.4))
    name_axes(ax, r"width $\sigma$", "relative error of Eq. (2)", "(e)", ylim=(3e-5, 20))
    ax.legend(loc="upper left", borderaxespad=0.1, labelspacing=0.3, handlelength=1.6)


def _over_kerr(ax: Axes, data: Dataset) -> None:
    narrow = data.sel(limit_sigma=NARROW, method="nearest")
    _errors(ax, 1 / (2 * data.limit_kerr.values), narrow, (
        ("error_blockaded", ELIMINATED, "$S(0)$"), ("error_peak", BAD, "$S(2K)$"),
        ("error_population", QUIET, "$P(n_0)$"),
    ))  # fmt: skip
    name_axes(ax, r"$\gamma/2K$", "relative error of Eq. (2)", rf"(f) $\sigma={float(narrow.limit_sigma):.2g}$")
    ax.legend(loc="lower right", borderaxespad=0.1)


def _errors(ax: Axes, x: Floats, data: Dataset, entries: tuple[Entry, ...]) -> None:
    """|Error| on logarithmic axes as points, hollow where it is negative, over its closed form where there is one."""
    fine = np.geomspace(x.min(), x.max(), 400)
    for name, colour, label in entries:
        found, form = data[name].values, f"{name}_first"
        line = _between(x, data[form].values, fine) if form in data else _straight(x, found, fine)
        ax.plot(fine, np.abs(line), color=colour, linewidth=0.9, zorder=1)
        for kept, face in ((found > 0, colour), (found <= 0, "white")):
            ax.plot(x[kept], np.abs(found[kept]), "o", color=colour, markersize=3.5, markerfacecolor=face, zorder=2)
        ax.plot([], [], "o-", color=colour, markersize=3.5, linewidth=0.9, label=label)
    ax.set(xscale="log", yscale="log")


def _between(x: Floats, y: Floats, fine: Floats) -> Floats:
    """A closed form between its points: of second degree in σ as in γ/K, so that a change of sign stays one."""
    shape = np.polynomial.Polynomial.fit(x, y, min(2, x.size - 1), w=1 / np.maximum(np.abs(y), 1e-12))
    return np.asarray(shape(fine))


def _straight(x: Floats, y: Floats, fine: Floats) -> Floats:
    """|y| joined by straight lines on logarithmic axes."""
    order = np.argsort(x)
    return np.exp(np.interp(np.log(fine), np.log(x[order]), np.log(np.abs(y[order]))))
