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
from qsb_hw.sync.spectrum import Line
from qsb_hw.units import show_frequency, to_hertz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

LEVELS = ("#8C8C8C", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SHOWN = 30.0
"""Last time drawn, over that at which everything is reached."""
SIZES = 6
"""Sizes of the points that show how strong a line is."""
BELOW, LOWEST = 30.0, 1e-9
"""Factor below the weakest named line at which a spectrum is cut off, and where it is at the latest."""
CHARACTER = 0.016
"""Width of a character of a stage's name over that of the axes."""
NAME_WIDTH, NAME_HEIGHT = 0.11, 0.08
"""Size of the name of a line over that of the axes."""
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
        axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
        _populations(axes[0], found)
        words = (device.vocabulary if device is not None else NEUTRAL).drives
        name = f"{literal(device.name)}: " if device is not None else ""
        axes[0].set_title(f"{name}{words} on, from the {found.initial} state")
        if found.pairs:
            _synchronization(axes[1], found)
        courses = [found.fidelity, *(pair.S for pair in found.pairs)]
        for ax in axes:
            ax.set(xscale="log", xlim=(courses[0].times[1], SHOWN * max(course.wait for course in courses)))
            _asked(ax, found.fidelity.time)
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
    ax.axvline(found.fidelity.wait, color=FULL, linewidth=0.8, linestyle=":", label="steady state reached")
    ax.set(ylabel="population", ylim=(0, 1.02))


def _synchronization(ax: Axes, found: TurnOn) -> None:
    for pair, color in zip(found.pairs, (ELIMINATED, BAD), strict=False):
        r = pair.resonance
        name = "Δ = 0" if r is None else "|{},{}⟩ ↔ |{},{}⟩".format(*r.levels, *r.after)
        kept = pair.S.values[1:] > 0
        ax.plot(pair.S.times[1:][kept], pair.S.values[1:][kept], color=color, linewidth=1.2, label=name)
        ax.axvline(pair.S.wait, color=color, linewidth=0.8, linestyle=":")
    ax.plot([], [], color=QUIET, linewidth=0.8, linestyle=":", label="steady state reached")
    largest = max(float(pair.S.values.max()) for pair in found.pairs)
    ax.set(ylabel="synchronization S", yscale="log", ylim=(1e-5 * largest, 2 * largest), title="coupling on")


def _asked(ax: Axes, time: float) -> None:
    """Mark the duration asked about where it lies on the axis."""
    low, high = ax.get_xlim()
    if low < time < high:
        ax.axvline(time, color=QUIET, linewidth=0.8, linestyle="--", label=ASKED)


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
        axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
        shown = [[(n.name, n.fidelity, "-") for n in found.nodes], coupled]
        every = [course for courses in shown for _, course, _ in courses]
        first, last = every[0].times[1], SHOWN * max(course.wait for course in every)
        for ax, courses, what in zip(axes, shown, ("P(n0)", "synchronization S"), strict=False):
            for k, (name, course, dashes) in enumerate(courses):
                color = LEVELS[(k + 1) % len(LEVELS)]
                width = 1.1 + 1.1 * max(2 - k, 0)  # so that equal courses are seen beneath each other
                ax.plot(course.times[1:], course.values[1:], dashes, color=color, linewidth=width, label=literal(name))
                ax.axvline(course.wait, color=color, linewidth=0.6, linestyle=":")
            ax.plot([], [], color=QUIET, linewidth=0.8, linestyle=":", label="steady state reached")
            ax.set(xscale="log", xlim=(first, max(last, 10 * first)), ylabel=what)
            _asked(ax, found.time.value)
            legend_beside(ax)
        axes[0].set_title(f"{literal(found.chip.name)}: {found.chip.drives} on, from the {found.initial} state")
        axes[-1].set_xlabel("time (s)")
    return axes[0].get_figure(root=True), axes


def plot_protocol(run: ProtocolRun, figure: Figure | SubFigure | None = None) -> tuple[Figure, NDArray[np.object_]]:
    """P(n0) of every node, and S of every two, in the course of a protocol; dotted: where stages meet."""
    with house_style():
        rows, (size, unit) = min(run.size, 2), _time_unit(float(run.times[-1]))
        times = run.times / size
        figure = figure or new_figure(5.4, 2.6 * rows)
        axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
        for k, name in enumerate(run.names):
            axes[0].plot(times, run.fidelity(k), color=LEVELS[(k + 1) % len(LEVELS)], label=literal(name))
        axes[0].set(ylabel=f"P({run.targets[0]})" if len({*run.targets}) == 1 else "P(n0)", ylim=(0, 1.02))
        legend_beside(axes[0])
        pairs = [(j, k) for j in range(run.size) for k in range(j + 1, run.size)]
        for color, (j, k) in zip((FULL, *LEVELS), pairs, strict=False):
            name = literal(f"{run.names[j]}-{run.names[k]}")
            axes[1].plot(times, run.synchronization(j, k), color=color, label=name)
        if pairs:
            axes[1].set_ylabel("synchronization S")
            legend_beside(axes[1])
        begun = np.cumsum([0.0, *(stage.duration for stage in run.protocol.stages)]) / size
        for ax in axes:
            for end in begun[1:-1]:
                ax.axvline(end, color=QUIET, linewidth=0.8, linestyle=":")
        _name_stages(axes[0], [stage.name for stage in run.protocol.stages], begun)
        axes[-1].set_xlabel(f"time ({unit})")
    return axes[0].get_figure(root=True), axes


def _time_unit(longest: float) -> tuple[float, str]:
    """Seconds per unit and its name, so that a time reads well."""
    units = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
    return next(((size, name) for size, name in units if longest >= size), units[-1])


def _name_stages(ax: Axes, names: Sequence[str], begun: NDArray[np.float64]) -> None:
    """Names of stages above the axes where these begin, in as many rows as short stages take."""
    rows: list[float] = []
    for name, at in zip(names, begun / begun[-1], strict=False):
        row = next((k for k, end in enumerate(rows) if end <= at), len(rows))
        rows[row : row + 1] = [at + CHARACTER * (len(name) + 1)]
        ax.text(begun[-1] * at, 1.04 + 0.07 * row, literal(name), fontsize=7, transform=ax.get_xaxis_transform())


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
            names = ("varied device" if pulling.at is not None else "detuned device", "other device")
            axes.append(figure.add_subplot(grid[1, :]))
            _overview(axes[1], pulling, names)
            axes[1].set_title("two devices; dashed: without coupling")
            axes += _zooms(figure, [grid[2, k] for k in range(close)], pulling, abs(found.coupling), names)
    made = np.array(axes, dtype=object)
    return made[0].get_figure(root=True), made


def plot_chip_emission(
    found: ChipEmission, figure: Figure | SubFigure | None = None
) -> tuple[Figure, NDArray[np.object_]]:
    """Lines of both nodes of every link over Δ and close to where they meet, or over what was varied with their shifts.

    One row for each link; of nodes alone their spectra. Dashed: without coupling; dotted: where the nodes stand.
    """
    with house_style():
        close = [len(link.pulling.centres) for link in found.links]
        rows, columns = max(len(found.links), 1), max((2 + n if n else 4 for n in close), default=len(found.nodes))
        figure = figure or new_figure(10.0 if found.links else 3.2 * columns, 2.6 * rows)
        grid = figure.add_gridspec(rows, columns)
        axes = []
        for row, (link, count) in enumerate(zip(found.links, close, strict=True)):
            axes.append(figure.add_subplot(grid[row, :2]))
            _overview(axes[-1], link.pulling, link.between)
            if link.pulling.at is not None:
                axes.append(figure.add_subplot(grid[row, 2:]))
                _shifts(axes[-1], link.pulling, link.between)
                continue
            places = [grid[row, 2 + k] for k in range(count)]
            zooms = _zooms(figure, places, link.pulling, abs(link.coupling), link.between)
            shown = [(axes[-1], 0.0, link.pulling.detuning)]
            shown += [(ax, at, _width(link.pulling)) for ax, at in zip(zooms, link.pulling.centres, strict=True)]
            for ax, centre, scale in shown:
                ends, size = ax.get_xlim(), frequency_unit(scale)[0]
                ax.axvline(float(to_hertz(link.detuning - centre)) / size, color=QUIET, linewidth=0.8, linestyle=":")
                ax.set_xlim(ends)
            axes += zooms
        for column, (node, device) in enumerate(zip(found.nodes, found.chip.nodes, strict=True)):
            if not found.links:
                axes.append(figure.add_subplot(grid[0, column]))
                _spectrum(axes[-1], node)
                axes[-1].set_title(literal(device.name))
        made = np.array(axes, dtype=object)
        name_figure(made[0].get_figure(root=True), found.chip.name)
    return made[0].get_figure(root=True), made


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


def _overview(ax: Axes, pulling: Pulling, names: Sequence[str]) -> None:
    """Lines of two devices over Δ or over what was varied."""
    x, what = _axis(pulling)
    spread = np.array([line.position for row in pulling.lines for some in row for line in some])
    scale, own = frequency_unit(spread)
    for which, (color, name) in enumerate(zip((BAD, ELIMINATED), names, strict=True)):
        ax.plot(x, np.asarray(to_hertz(pulling.uncoupled[:, which])) / scale, "--", color=color, linewidth=0.7)
        points = [
            (at, float(to_hertz(line.position)) / scale, _dot(line))
            for at, row in zip(x, pulling.lines, strict=True) for line in row[which]
        ]  # fmt: skip
        _dots(ax, points, color, name)
    ax.set(xlabel=what, ylabel=f"lines ({own})", title=f"{literal('-'.join(names))}; dashed: without coupling")
    ax.legend(loc="upper left" if pulling.at is None else "best", frameon=True, edgecolor="none", framealpha=0.9)


def _zooms(
    figure: Figure | SubFigure, places: Sequence[Any], pulling: Pulling, coupling: float, names: Sequence[str]
) -> list[Axes]:
    """How far lines are shifted by the coupling around zero detuning and the resonances, the nearest ones alone."""
    axes: list[Axes] = []
    size, unit = frequency_unit(_width(pulling))
    edge, (scale, own) = float(to_hertz(_width(pulling)[0])) / size, frequency_unit(np.array([3 * coupling]))
    widest = 3 * float(to_hertz(coupling)) / scale
    for place, centre in zip(places, pulling.centres.tolist(), strict=True):
        ax = figure.add_subplot(place, sharey=axes[0] if axes else None)
        x = np.asarray(to_hertz(pulling.detuning - centre)) / size
        near = np.abs(x) <= edge
        for which, (color, name) in enumerate(zip((BAD, ELIMINATED), names, strict=True)):
            bare = np.asarray(to_hertz(pulling.uncoupled[:, which])) / scale
            points = [
                (x[k], float(to_hertz(line.position)) / scale - bare[k], _dot(line))
                for k in np.flatnonzero(near).tolist() for line in pulling.lines[k][which]
            ]  # fmt: skip
            _dots(ax, [point for point in points if abs(point[1]) <= widest], color, name)
        ax.axhline(0.0, color=QUIET, linewidth=0.7, linestyle="--", zorder=0)
        where = "Δ = 0" if abs(centre) < 1e-9 * pulling.width else f"Δ/2π = {show_frequency(centre, 3)}"
        ax.set(xlim=(-edge, edge), ylim=(-widest, widest), title=where.replace("-", "−"), xlabel=f"distance ({unit})")
        if axes:
            ax.tick_params(axis="y", labelleft=False)
        else:
            ax.set_ylabel(f"shift ({own})")
        axes.append(ax)
    return axes


def _width(pulling: Pulling) -> Any:
    """Largest distance from a centre that is drawn close, rad/s, as an array."""
    return np.array([3.2 * pulling.width])


def _dot(line: Line) -> float:
    """Area of the point of a line, by its weight in a few sizes."""
    return 1 + 22 * round(min(max(line.weight, 0.0), 1.0) * SIZES) / SIZES


def _dots(ax: Axes, points: Sequence[tuple[float, float, float]], color: str, name: str) -> None:
    """Points of one device, the large ones first; named once."""
    for number, size in enumerate(sorted({point[2] for point in points}, reverse=True)):
        at, positions = zip(*(point[:2] for point in points if point[2] == size), strict=True)
        label = literal(name) if number == 0 else f"_{name}"
        ax.scatter(at, positions, s=size, color=color, linewidths=0, label=label, alpha=0.8)


def _spectrum(ax: Axes, found: Emission) -> None:
    """P(ω) over its maximum, from a decade below the weakest line that is named, and what the lines are."""
    spectrum = found.spectrum
    strongest, highest = spectrum.peaks[0], float(spectrum.power.max())
    named: dict[tuple[int, int], Line] = {}
    for line in spectrum.peaks:
        if line.weight > 0:
            named.setdefault(line.levels, line)
    heights = {levels: float(spectrum.at(np.array([line.position]))[0]) / highest for levels, line in named.items()}
    floor = max(min(heights.values()) / BELOW, LOWEST)
    kept = spectrum.power > floor * highest
    size, unit = frequency_unit(spectrum.frequencies[kept] - strongest.position)
    offset, power = (spectrum.frequencies - strongest.position) / (2 * np.pi) / size, spectrum.power / highest
    ax.plot(offset, np.where(power > 0, power, np.nan), color=FULL, linewidth=1.0)
    ax.set(yscale="log", xlabel=f"(ω − ω₀)/2π ({unit})", ylabel="P/max P", title="one device")
    places = [(float(to_hertz(line.position - strongest.position)) / size, max(heights[levels], floor),
               "|{}⟩→|{}⟩".format(*levels)) for levels, line in named.items()]  # fmt: skip
    _named_lines(ax, places, offset[kept], power[kept], floor)


def _named_lines(ax: Axes, places: Sequence[tuple[float, float, str]], x: Any, power: Any, floor: float) -> None:
    """Names above lines, each as high as neither the curve nor another name is in its way."""
    margin = 0.04 * float(np.ptp(x))
    low, high = float(x.min()) - margin, float(x.max()) + margin
    wide, tall = NAME_WIDTH * (high - low), 10 ** (NAME_HEIGHT * np.log10(10 / floor))
    taken: list[tuple[float, float]] = []
    for at, height, text in sorted(places, key=lambda place: -place[1]):
        middle = min(max(at, low + wide / 2), high - wide / 2)
        under = power[np.abs(x - middle) <= wide / 2]
        bottom = max(height, float(under.max(initial=floor))) * tall**0.3
        for other, level in sorted(taken, key=lambda one: one[1]):
            if abs(other - middle) < wide and level / tall < bottom < level * tall:
                bottom = level * tall
        taken.append((middle, bottom))
        ax.annotate(text, (middle, bottom), ha="center", va="bottom", fontsize=7)
    ax.set(xlim=(low, high), ylim=(floor, max(level for _, level in taken) * tall * 1.2))
