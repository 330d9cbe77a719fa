"""Records of a detector: populations with errors, S over the number of shots, relative phase and filters, slips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qsb_hw.plot.style import BAD, ELIMINATED, FULL, QUIET, house_style, legend_below, literal, new_figure, on
from qsb_hw.questions.heterodyne import BINS, HeterodyneRecord
from qsb_hw.questions.pair_records import PairRecords
from qsb_hw.questions.records import Readout
from qsb_hw.questions.slips import PhaseSlips
from qsb_hw.questions.tomography import SynchronizationRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

WIDEST = 100.0
"""Filters are drawn from the one in force over this to this times it."""
CROWDED = 10
"""Levels from which on their names are written upwards."""


def plot_readout(record: Readout, ax: Axes | None = None, name: str = "") -> tuple[Figure, Axes]:
    """Estimates with standard errors as points, the state as bars; `name` is that of the device, for the title."""
    with house_style():
        fig, ax = on(ax, 5.4, 2.6)
        names = [",".join(map(str, k)) for k in np.ndindex(record.counts.shape)]
        place = np.arange(len(names))
        ax.bar(place, record.populations.ravel(), color=QUIET, alpha=0.5, label="state")
        corrected = not np.array_equal(record.uncorrected, record.estimate)
        if corrected:
            ax.plot(place, record.uncorrected.ravel(), "x", color=BAD, markersize=4, label="uncorrected")
        ax.errorbar(place, record.estimate.ravel(), record.error.ravel(), fmt="o", color=ELIMINATED,
                    markersize=3, capsize=2, label="corrected" if corrected else "record")  # fmt: skip
        ax.set_xticks(place, names, rotation=90 if len(names) > CROWDED else 0)
        ax.set(xlabel="levels", ylabel="population", title=f"{literal(name)}: " * bool(name) + f"{record.shots} shots")
        legend_below(ax, ncols=3, drop=0.58 if len(names) > CROWDED else 0.46)
    return fig, ax


def plot_synchronization_records(
    records: Sequence[SynchronizationRecord], ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """S of records over their number of shots, and the maximum of the same records; dashed: S of the state."""
    with house_style():
        fig, ax = on(ax, 5.4, 2.8)
        ordered = sorted(records, key=lambda r: r.shots)
        shots = np.array([r.shots for r in ordered], dtype=float)
        spread = [np.array([[getattr(e, name) for e in r.estimates] for r in ordered]) for name in ("value", "naive")]
        for values, color, name, shift in zip(
            spread, (ELIMINATED, BAD), ("each shot at the others' phase", "maximum of P"), (0.96, 1.04), strict=True
        ):
            scatter = values.std(axis=1, ddof=1) if values.shape[1] > 1 else [r.standard_error for r in ordered]
            ax.errorbar(shots * shift, values.mean(axis=1), scatter, fmt="o", color=color, markersize=3, capsize=2,
                        label=name)  # fmt: skip
        ax.axhline(ordered[0].S_state, color=FULL, linewidth=0.8, linestyle="--", label="state")
        ax.axvline(ordered[0].stated.repetitions, color=QUIET, linewidth=0.8, linestyle=":", label="stated for 5σ"
                   if ordered[0].stated.sigmas == 5 else "stated")  # fmt: skip
        ax.set(xscale="log", xlabel="shots", ylabel="S", title=ordered[0].protocol)
        legend_below(ax)
    return fig, ax


def plot_heterodyne(
    record: HeterodyneRecord, figure: Figure | SubFigure | None = None
) -> tuple[Figure, NDArray[np.object_]]:
    """Histogram of the record's relative phase with its two harmonics, and what filters pass."""
    with house_style():
        figure = figure or new_figure(6.4, 3.0)
        axes = figure.subplots(1, 2)
        _phase(axes[0], record)
        bands = record.bandwidth * np.geomspace(1 / WIDEST, WIDEST, 81)
        passed = record.passed(bands)
        axes[1].plot(bands, passed, color=FULL, label="correlation, 1 unfiltered")
        axes[1].plot(bands, record.visibilities(bands), color=BAD, label="visibility")
        axes[1].axvline(record.bandwidth, color=QUIET, linewidth=0.8, linestyle=":")
        axes[1].set(xscale="log", xlabel="filter bandwidth B (rad/s)", ylim=(0, 1.1 * max(1.1, float(passed.max()))),
                    ylabel="of the filtered outputs", title="what a filter changes")  # fmt: skip
        legend_below(axes[1])
    return axes[0].get_figure(root=True), axes


def plot_slips(found: PhaseSlips, ax: Axes | None = None, where: str = "") -> tuple[Figure, Axes]:
    """Rate of slips from the spectrum of L and as counted; an arrow where only a limit is known."""
    with house_style():
        fig, ax = on(ax, 3.2, 2.6)
        ax.errorbar([0], [found.expected_rate], [found.expected_error], fmt="s", color=FULL, markersize=4, capsize=2)
        if found.ok:
            ax.errorbar([1], [found.rate], [found.rate_error], fmt="o", color=ELIMINATED, markersize=4, capsize=2)
        else:
            ax.errorbar([1], [found.upper_limit], [0.4 * found.upper_limit], uplims=True, fmt="_", color=BAD)
        ax.set_xticks([0, 1], ["spectrum of L,\nGaussian noise", f"{found.count} slips\ncounted"])
        tops = [found.expected_rate + found.expected_error]
        tops.append(found.rate + found.rate_error if found.ok else found.upper_limit)
        ax.ticklabel_format(axis="y", scilimits=(-2, 4), useMathText=True)
        title = f"{where}, slips of the phase" if where else "slips of the relative phase"
        ax.set(xlim=(-0.5, 1.5), ylim=(0, 1.15 * max(tops)), ylabel="slips per time", title=title)
    return fig, ax


def plot_records(
    points: Sequence[PairRecords], figure: Figure | SubFigure | None = None
) -> tuple[Figure, NDArray[np.object_]]:
    """Populations read, relative phase recorded and slips, one row for each Δ."""
    with house_style():
        columns = 1 + any(p.heterodyne is not None for p in points) + any(p.slips is not None for p in points)
        figure = figure or new_figure(3.6 * columns, 3.2 * len(points))
        axes = np.empty((len(points), columns), dtype=object)
        grid = figure.add_gridspec(len(points), columns)
        for row, point in enumerate(points):
            axes[row, 0] = figure.add_subplot(grid[row, 0])
            plot_readout(point.readout, axes[row, 0])
            axes[row, 0].set_title(f"{point.where}, {point.readout.shots} shots")
            if point.heterodyne is not None:
                axes[row, 1] = figure.add_subplot(grid[row, 1])
                _phase(axes[row, 1], point.heterodyne)
            if point.slips is not None:
                axes[row, -1] = figure.add_subplot(grid[row, columns - 1])
                plot_slips(point.slips, axes[row, -1], point.where)
                axes[row, -1].set_ylabel("slips per second")
    return figure.get_figure(root=True) or figure, axes  # type: ignore[return-value]


def _phase(ax: Axes, record: HeterodyneRecord) -> None:
    """Histogram of a record's relative phase, with its two harmonics."""
    heights, edges = np.histogram(record.phase.ravel(), BINS, (-math.pi, math.pi), density=True)
    ax.stairs(heights, edges, color=ELIMINATED, fill=True, alpha=0.4, label="record")
    phase = np.linspace(-math.pi, math.pi, 200)
    ax.plot(phase, record.distribution(phase) + 1 / (2 * math.pi), color=ELIMINATED, label="two harmonics")
    ax.axhline(1 / (2 * math.pi), color=QUIET, linewidth=0.8, linestyle="--")
    ax.set(xlabel="relative phase φ (rad)", ylabel="density (1/rad)", ylim=(0, 1.05 * heights.max()))
    error = record.standard_error
    places = max(1 - math.floor(math.log10(error)), 0) if error > 0 else 3
    ax.set_title(f"S = {record.S:.{places}f} ± {error:.{places}f}, state {record.S_state:.2g}".replace("-", "−"))
    legend_below(ax, ncols=2)
