"""Populations and S in the course of time, and lines over the detuning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw.model.device import Device
from qsb_hw.model.vocabulary import NEUTRAL
from qsb_hw.plot.style import (
    BAD,
    ELIMINATED,
    FULL,
    QUIET,
    frequency_unit,
    house_style,
    legend_beside,
    literal,
    name_figure,
    new_figure,
)
from qsb_hw.questions.chip_lines import ChipEmission
from qsb_hw.questions.chip_time import ChipTurnOn
from qsb_hw.questions.lines import Emission, Pulling
from qsb_hw.questions.protocol import ProtocolRun
from qsb_hw.questions.turn_on import TurnOn
from qsb_hw.units import show_frequency, to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

LEVELS = ("#8C8C8C", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SHOWN = 30.0
"""Last time drawn, over that at which everything is reached."""
SIZES = 6
"""Sizes of the points that show how strong a line is."""
ASKED = "duration asked about"
FLOOR = 1e-6
"""Smallest population that is drawn."""


def plot_turn_on(
    found: TurnOn, figure: Figure | SubFigure | None = None, device: Device | None = None
) -> tuple[Figure, NDArray[np.object_]]:
    """Populations of one device after its drives are turned on, and S of two after their coupling is turned on.

    Dotted: when the steady state is as good as reached; dashed: the duration asked about. The `device` gives its name
    and the word for its drives.
    """
    with house_style():
        rows = 2 if found.pairs else 1
        figure = figure or new_figure(6.2, 2.6 * rows)
        axes = figure.subplots(rows, 1, squeeze=False)[:, 0]
        _populations(axes[0], found)
        words = (device.vocabulary if device is not None else NEUTRAL).drives
        name = f"{literal(device.name)}: " if device is not None else ""
        axes[0].set_title(f"{name}{words} on, from the {found.initial} state")
        if found.pairs:
            _synchronization(axes[1], found)
        courses = [found.fidelity, *(pair.S for pair in found.pairs)]
        for ax in axes:
            ax.set(xscale="log", xlim=(courses[0].times[1], SHOWN * max(course.wait for course in courses)))
            legend_beside(ax)
        axes[-1].set_xlabel("time (s)")
    return axes[0].get_figure(root=True), axes


def _populations(ax: Axes, found: TurnOn) -> None:
    times = found.fidelity.times[1:]
    for level, population in enumerate(found.populations[1:].T[: len(LEVELS)]):
        width = 1.6 if level == found.target else 1.0
        shown = np.where(population > FLOOR, population, np.nan)
        if np.nanmax(shown, initial=0.0) > 1e-3:
            ax.plot(times, shown, color=LEVELS[level], linewidth=width, label=f"P({level})")
    _marks(ax, found.fidelity)
    ax.set(ylabel="population", ylim=(0, 1.02))


def _synchronization(ax: Axes, found: TurnOn) -> None:
    for pair, color in zip(found.pairs, (ELIMINATED, BAD), strict=False):
        r = pair.resonance
        name = "Δ = 0" if r is None else "|{},{}⟩ ↔ |{},{}⟩".format(*r.levels, *r.after)
        kept = pair.S.values[1:] > 0
        ax.plot(pair.S.times[1:][kept], pair.S.values[1:][kept], color=color, linewidth=1.2, label=name)
        ax.axvline(pair.S.wait, color=color, linewidth=0.8, linestyle=":")
    ax.plot([], [], color=QUIET, linewidth=0.8, linestyle=":", label="steady state reached")
    ax.axvline(found.pairs[0].S.time, color=QUIET, linewidth=0.8, linestyle="--", label=ASKED)
    largest = max(float(pair.S.values.max()) for pair in found.pairs)
    ax.set(ylabel="synchronization S", yscale="log", ylim=(1e-5 * largest, 2 * largest), title="coupling on")


def _marks(ax: Axes, course: Any) -> None:
    ax.axvline(course.wait, color=FULL, linewidth=0.8, linestyle=":", label="steady state reached")
    ax.axvline(course.time, color=QUIET, linewidth=0.8, linestyle="--", label=ASKED)


def plot_chip_turn_on(
    found: ChipTurnOn, figure: Figure | SubFigure | None = None
) -> tuple[Figure, NDArray[np.object_]]:
    """P(n0) of every node after the pumps are turned on, and S of every two after the couplings are.

    Dotted: when the steady state is as good as reached; dashed: the duration asked about.
    """
    coupled = [(f"{x.name}, complete", x.S, "-") for x in found.links]
    coupled += [(f"{p.name}, all nodes", p.S, "--") for w in found.networks for p in w.pairs]
    with house_style():
        rows = 2 if coupled else 1
        figure = figure or new_figure(6.8, 2.6 * rows)
        axes = figure.subplots(rows, 1, squeeze=False)[:, 0]
        shown = [[(n.name, n.fidelity, "-") for n in found.nodes], coupled]
        for ax, courses, what in zip(axes, shown, ("P(n0)", "synchronization S"), strict=False):
            for k, (name, course, dashes) in enumerate(courses):
                color = LEVELS[(k + 1) % len(LEVELS)]
                width = 1.1 + 1.1 * max(2 - k, 0)  # so that equal courses are seen beneath each other
                ax.plot(course.times[1:], course.values[1:], dashes, color=color, linewidth=width, label=literal(name))
                ax.axvline(course.wait, color=color, linewidth=0.6, linestyle=":")
            first, last = courses[0][1].times[1], SHOWN * max(course.wait for _, course, _ in courses)
            ax.plot([], [], color=QUIET, linewidth=0.8, linestyle=":", label="steady state reached")
            ax.axvline(found.time.value, color=QUIET, linewidth=0.8, linestyle="--", label=ASKED)
            ax.set(xscale="log", xlim=(first, max(last, 10 * first)), ylabel=what)
            legend_beside(ax)
        words = {node.vocabulary.drives for node in found.chip.nodes}
        drives = words.pop() if len(words) == 1 else NEUTRAL.drives
        axes[0].set_title(f"{literal(found.chip.name)}: {drives} on, from the {found.initial} state")
        axes[-1].set_xlabel("time (s)")
    return axes[0].get_figure(root=True), axes


def plot_protocol(run: ProtocolRun, figure: Figure | SubFigure | None = None) -> tuple[Figure, NDArray[np.object_]]:
    """P(n0) of every node, and S of every two, in the course of a protocol; dotted: where stages meet."""
    with house_style():
        rows = min(run.size, 2)
        figure = figure or new_figure(5.4, 2.6 * rows)
        axes = figure.subplots(rows, 1, squeeze=False)[:, 0]
        for k, name in enumerate(run.names):
            axes[0].plot(run.times, run.fidelity(k), color=LEVELS[(k + 1) % len(LEVELS)], label=literal(name))
        axes[0].set(ylabel=f"P({run.targets[0]})" if len({*run.targets}) == 1 else "P(n0)", ylim=(0, 1.02))
        legend_beside(axes[0])
        pairs = [(j, k) for j in range(run.size) for k in range(j + 1, run.size)]
        for color, (j, k) in zip((FULL, *LEVELS), pairs, strict=False):
            name = literal(f"{run.names[j]}-{run.names[k]}")
            axes[1].plot(run.times, run.synchronization(j, k), color=color, label=name)
        if pairs:
            axes[1].set_ylabel("synchronization S")
            legend_beside(axes[1])
        begun = np.cumsum([0.0, *(stage.duration for stage in run.protocol.stages)])
        for ax in axes:
            for end in begun[1:-1]:
                ax.axvline(end, color=QUIET, linewidth=0.8, linestyle=":")
        for stage, at in zip(run.protocol.stages, begun, strict=False):
            axes[0].text(at, 1.04, literal(stage.name), fontsize=7, transform=axes[0].get_xaxis_transform())
        axes[-1].set_xlabel("time (s)")
    return axes[0].get_figure(root=True), axes


def plot_emission(
    found: Emission, figure: Figure | SubFigure | None = None, name: str = ""
) -> tuple[Figure, NDArray[np.object_]]:
    """Lines of one device; of two devices over their detuning, dashed without coupling, and close to where they meet.

    The axes are in that order, the close ones in the order of Δ; `name` is that of the device, for the title.
    """
    pulling = found.pulling
    with house_style():
        close = 0 if pulling is None else len(pulling.centres)
        rows = 1 if pulling is None else 3 if close else 2
        figure = figure or new_figure(5.8, 2.4 * rows + 0.2)
        grid = figure.add_gridspec(rows, max(close, 1))
        axes = [figure.add_subplot(grid[0, :])]
        _spectrum(axes[0], found)
        if name:
            axes[0].set_title(literal(name))
        if pulling is not None:
            axes.append(figure.add_subplot(grid[1, :]))
            if pulling.at is not None:
                _pulling_along(axes[1], pulling, ("varied device", "other device"))
        if pulling is not None and close:
            _pulling(axes[1], found, None)
            for k, centre in enumerate(pulling.centres.tolist()):
                axes.append(figure.add_subplot(grid[2, k], sharey=axes[2] if k else None))
                _pulling(axes[-1], found, centre)
    made = np.array(axes, dtype=object)
    return made[0].get_figure(root=True), made


def plot_chip_emission(
    found: ChipEmission, figure: Figure | SubFigure | None = None
) -> tuple[Figure, NDArray[np.object_]]:
    """Lines of both nodes of every link over Δ or what was varied, dashed without coupling; their shifts.

    Dotted: where the nodes stand.
    """
    with house_style():
        count = max(len(found.links), 1)
        figure = figure or new_figure(8.0, 2.8 * count)
        axes = figure.subplots(count, 2, squeeze=False)
        for row, link in zip(axes, found.links, strict=False):
            _pulling_along(row[0], link.pulling, link.between)
            _shifts(row[1], link.pulling, link.between)
            if link.pulling.at is None:
                size = frequency_unit(link.pulling.detuning)[0]
                for ax in row:
                    ax.axvline(float(to_hertz(link.detuning)) / size, color=QUIET, linewidth=0.8, linestyle=":")
        for ax, node, device in zip(axes[0] if not found.links else (), found.nodes, found.chip.nodes, strict=False):
            _spectrum(ax, node)
            ax.set_title(literal(device.name))
        name_figure(axes[0, 0].get_figure(root=True), found.chip.name)
    return axes[0, 0].get_figure(root=True), axes


def _shifts(ax: Axes, pulling: Pulling, names: Sequence[str]) -> None:
    """By how much the coupling moves the strongest transition of two devices."""
    scale, own = frequency_unit(pulling.shift)
    for which, (color, name) in enumerate(zip((BAD, ELIMINATED), names, strict=True)):
        moved = np.asarray(to_hertz(pulling.shift[:, which])) / scale
        ax.plot(_axis(pulling)[0], moved, ".-", color=color, linewidth=0.8, markersize=4, label=literal(name))
    ax.set(xlabel=_axis(pulling)[1], ylabel=f"shift ({own})", title="moved by the coupling")


def _axis(pulling: Pulling) -> tuple[Any, str]:
    """What lines are drawn over, and its label."""
    if pulling.at is not None:
        return pulling.at, f"{literal(pulling.along)} ({literal(pulling.unit)})"
    size, unit = frequency_unit(pulling.detuning)
    return np.asarray(to_hertz(pulling.detuning)) / size, f"detuning Δ/2π ({unit})"


def _pulling_along(ax: Axes, pulling: Pulling, names: Sequence[str]) -> None:
    """Lines of two devices over Δ or over what was varied."""
    x, what = _axis(pulling)
    spread = np.array([line.position for row in pulling.lines for some in row for line in some])
    scale, own = frequency_unit(spread)
    for which, (color, name) in enumerate(zip((BAD, ELIMINATED), names, strict=True)):
        ax.plot(x, np.asarray(to_hertz(pulling.uncoupled[:, which])) / scale, "--", color=color, linewidth=0.7)
        points = [
            (at, float(to_hertz(line.position)) / scale, 22 * min(max(line.weight, 0.0), 1.0) + 1)
            for at, row in zip(x, pulling.lines, strict=True) for line in row[which]
        ]  # fmt: skip
        at, positions, sizes = zip(*points, strict=True)
        ax.scatter(at, positions, s=sizes, color=color, linewidths=0, label=literal(name), alpha=0.8)
    ax.set(xlabel=what, ylabel=f"lines ({own})", title=f"{literal('-'.join(names))}; dashed: without coupling")
    ax.legend(loc="upper left")


def _spectrum(ax: Axes, found: Emission) -> None:
    spectrum = found.spectrum
    strongest = spectrum.peaks[0]
    size, unit = frequency_unit(spectrum.frequencies - strongest.position)
    offset = (spectrum.frequencies - strongest.position) / (2 * np.pi) / size
    kept = spectrum.power > 1e-9 * spectrum.power.max()
    ax.plot(offset[kept], spectrum.power[kept] / spectrum.power.max(), color=FULL, linewidth=1.0)
    named = set[tuple[int, int]]()
    for line in spectrum.peaks:
        if line.levels not in named and line.weight > 0:
            named.add(line.levels)
            x = float(to_hertz(line.position - strongest.position)) / size
            height = float(spectrum.at(np.array([line.position]))[0]) / spectrum.power.max()
            first = x < offset[kept][0] + 0.12 * np.ptp(offset[kept])  # to its left there is no room
            ax.annotate("|{}⟩→|{}⟩".format(*line.levels), (x, max(height, 1e-9)), (2 if first else -2, 2), fontsize=7,
                        ha="left" if first else "right", textcoords="offset points")  # fmt: skip
    ax.set(yscale="log", xlabel=f"(ω − ω₀)/2π ({unit})", ylabel="P/max P", title="one device", ylim=(1e-9, 10))


def _pulling(ax: Axes, found: Emission, centre: float | None) -> None:
    """Lines over the detuning; around a centre less those without coupling, and then the nearest ones alone."""
    pulling = found.pulling
    assert pulling is not None
    size, unit = frequency_unit(pulling.detuning if centre is None else np.array([pulling.width]))
    scale, own = (size, unit) if centre is None else frequency_unit(np.array([found.coupling]))
    widest = 3 * abs(float(to_hertz(found.coupling))) / scale
    edge = 3.2 * float(to_hertz(pulling.width)) / size
    x = np.asarray(to_hertz(pulling.detuning - (centre or 0.0))) / size
    for which, (color, name) in enumerate(((BAD, "detuned device"), (ELIMINATED, "other device"))):
        bare = np.asarray(to_hertz(pulling.uncoupled[:, which])) / scale
        taken = np.zeros(bare.size) if centre is None else bare
        ax.plot(x, bare - taken, color=color, linewidth=0.7, linestyle="--")
        points = [
            (at, float(to_hertz(line.position)) / scale - less, 1 + 22 * round(min(line.weight, 1.0) * SIZES) / SIZES)
            for at, less, row in zip(x, taken, pulling.lines, strict=True) for line in row[which]
        ]  # fmt: skip
        if centre is not None:
            points = [point for point in points if abs(point[0]) <= edge and abs(point[1]) <= widest]
        for number, size_of in enumerate(sorted({point[2] for point in points}, reverse=True)):
            at, positions = zip(*(point[:2] for point in points if point[2] == size_of), strict=True)
            label = name if number == 0 else f"_{name}"
            ax.scatter(at, positions, s=size_of, color=color, linewidths=0, label=label, alpha=0.8)
    if centre is None:
        ax.set(ylabel=f"lines ({own})", title="two devices; dashed: without coupling")
        ax.set_xlabel(f"detuning Δ/2π ({unit})")
        ax.legend(loc="upper left")
        return
    where = f"Δ/2π = {show_frequency(centre, 3)}"
    ax.set(xlim=(-edge, edge), ylim=(-widest, widest), title=where, xlabel=f"from there ({unit})")
    if centre == pulling.centres[0]:
        ax.set_ylabel(f"less uncoupled ({own})")
    else:
        ax.tick_params(axis="y", labelleft=False)
