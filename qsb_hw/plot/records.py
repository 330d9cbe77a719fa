"""Records of a detector: populations with errors, S over the number of shots, relative phase and filters, slips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qsb_hw.plot.style import BAD, ELIMINATED, FULL, QUIET, house_style, new_figure, on
from qsb_hw.questions.heterodyne import BINS, HeterodyneRecord
from qsb_hw.questions.records import Readout
from qsb_hw.questions.tomography import SynchronizationRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

WIDEST = 100.0
"""Filters are drawn from the one in force over this to this times it."""


def plot_readout(record: Readout, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Estimates with standard errors as points, the state as bars."""
    with house_style():
        fig, ax = on(ax, 5.4, 2.6)
        names = [",".join(map(str, k)) for k in np.ndindex(record.counts.shape)]
        place = np.arange(len(names))
        ax.bar(place, record.populations.ravel(), color=QUIET, alpha=0.5, label="state")
        ax.plot(place, record.uncorrected.ravel(), "x", color=BAD, markersize=4, label="uncorrected")
        ax.errorbar(place, record.estimate.ravel(), record.error.ravel(), fmt="o", color=ELIMINATED,
                    markersize=3, capsize=2, label="corrected")  # fmt: skip
        ax.set_xticks(place, names)
        ax.set(xlabel="levels", ylabel="population", title=f"{record.shots} shots")
        ax.legend()
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
        ax.legend()
    return fig, ax


def plot_heterodyne(
    record: HeterodyneRecord, figure: Figure | SubFigure | None = None
) -> tuple[Figure, NDArray[np.object_]]:
    """Histogram of the record's relative phase with its two harmonics, and what filters pass."""
    with house_style():
        figure = figure or new_figure(6.4, 2.6)
        axes = figure.subplots(1, 2)
        heights, edges = np.histogram(record.phase.ravel(), BINS, (-math.pi, math.pi), density=True)
        axes[0].stairs(heights, edges, color=ELIMINATED, fill=True, alpha=0.4, label="record")
        phase = np.linspace(-math.pi, math.pi, 200)
        axes[0].plot(phase, record.distribution(phase) + 1 / (2 * math.pi), color=ELIMINATED, label="two harmonics")
        axes[0].axhline(1 / (2 * math.pi), color=QUIET, linewidth=0.8, linestyle="--")
        axes[0].set(xlabel="relative phase φ", ylabel="density", ylim=(0, 1.35 * heights.max()))
        axes[0].set_title(f"S = {record.S:.2g} ± {record.standard_error:.1g}, state {record.S_state:.2g}")
        axes[0].legend(ncols=2)
        bands = record.bandwidth * np.geomspace(1 / WIDEST, WIDEST, 81)
        axes[1].plot(bands, record.passed(bands), color=FULL, label="correlation passed")
        axes[1].plot(bands, record.visibilities(bands), color=BAD, label="visibility")
        axes[1].axvline(record.bandwidth, color=QUIET, linewidth=0.8, linestyle=":")
        axes[1].set(xscale="log", xlabel="filter bandwidth B", ylim=(0, 1.25), title="what the filter loses")
        axes[1].legend(loc="upper left")
    return axes[0].get_figure(root=True), axes
