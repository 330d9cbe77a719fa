"""A chip drawn: its graph with numbers, S of every two nodes, and S(Δ) of its links."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats
from qsb_hw.analysis.pair import WorkingPoint
from qsb_hw.plot.device import plot_populations, plot_rates
from qsb_hw.plot.style import (
    BAD,
    GOOD,
    QUIET,
    TIGHT,
    house_style,
    literal,
    new_figure,
    on,
    power_of_ten,
    shown_frequency,
)
from qsb_hw.plot.synchronization import plot_synchronization
from qsb_hw.questions.criteria import Verdict
from qsb_hw.sync.solution import SyncSolution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qsb_hw.analysis.chip import ChipNetwork
    from qsb_hw.elimination.compare import Comparison
    from qsb_hw.model.chip import Chip
    from qsb_hw.model.effective import EffectiveOscillator
    from qsb_hw.questions.chip import ChipAssessment, ChipSynchronization, LinkAssessment

MOST_SWEEPS = 4
"""Unlike links whose S(Δ) is drawn beside a chip, the first ones."""
WIDE = 2.0
"""Half-width of a graph that is no line; half as high, so that the words on its links have room side by side."""
_COLOURS = {
    WorkingPoint.AT_RESONANCE: GOOD, WorkingPoint.BLOCKADED: TIGHT, WorkingPoint.OFF_RESONANCE: QUIET, None: BAD,
}  # fmt: skip
_VERDICTS = {Verdict.FEASIBLE: GOOD, Verdict.BORDERLINE: TIGHT}


def plot_s_matrix(
    found: ChipNetwork | SyncSolution, names: Sequence[str] | None = None, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """S of every two nodes of a solved network as colours and numbers, on a logarithmic scale of colours."""
    from matplotlib.colors import LogNorm

    S = found.synchronizations if isinstance(found, SyncSolution) else found.S
    if names is None:
        own = [one.name for one in found.network.oscillators] if isinstance(found, SyncSolution) else found.names
        names = own if len(set(own)) == len(own) else [str(k) for k in range(len(own))]
    known = S[np.isfinite(S) & (S > 0)]
    low, high = (float(known.min()), float(known.max())) if known.size else (1e-3, 1.0)
    norm = LogNorm(min(low, high / 10), high)
    with house_style():
        figure, ax = on(ax, 3.6, 3.2)
        image = ax.imshow(np.where(S > 0, S, math.nan), cmap="viridis", norm=norm)
        ax.set_xticks(range(len(names)), [literal(name) for name in names])
        ax.set_yticks(range(len(names)), [literal(name) for name in names])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        for (row, column), value in np.ndenumerate(S):
            if row != column:
                dark = np.isfinite(value) and value > 0 and norm(value) < 0.6
                colour = "white" if dark else "black"
                ax.text(column, row, _short(value), ha="center", va="center", fontsize=8, color=colour)
        ax.set_title("S of every two nodes, as they stand")
        figure.colorbar(image, ax=ax, shrink=0.8).set_label("S", rotation=0)
    return figure, ax


def plot_chip(found: ChipSynchronization) -> tuple[Figure, NDArray[np.object_]]:
    """The chip as a graph, S of every two nodes, and S(Δ) of its links around blockade point and resonances."""
    return _drawn(found, {})


def plot_chip_assessment(assessment: ChipAssessment) -> tuple[Figure, NDArray[np.object_]]:
    """As `plot_chip`, with the verdicts: of the chip in the title, of each node by its colour."""
    return _drawn(
        assessment, verdict_colours(assessment), f"{literal(assessment.chip.name)}: {assessment.verdict.value}"
    )


def verdict_colours(assessment: ChipAssessment) -> dict[str, str]:
    """Colour of every node by its verdict, for `plot_graph`."""
    return {node.device.name: _VERDICTS.get(node.verdict, BAD) for node in assessment.nodes}


def unlike_links(found: ChipSynchronization) -> list[list[LinkAssessment]]:
    """Links with a prediction, those that are alike together; the first `MOST_SWEEPS` of them."""
    alike: dict[tuple[int, bool], list[LinkAssessment]] = {}
    for link in found.links:
        if link.prediction is not None:
            alike.setdefault((id(link.pair), link.link.mirrored), []).append(link)
    return [*alike.values()][:MOST_SWEEPS]


def _drawn(
    found: ChipSynchronization, colours: Mapping[str, str], title: str = ""
) -> tuple[Figure, NDArray[np.object_]]:
    swept = unlike_links(found)
    with house_style():
        figure = new_figure(9.0, 3.8 + 3.0 * math.ceil(len(swept) / 2))
        figure.suptitle(title or literal(found.chip.name), fontsize=11, fontweight="bold")
        rows = 1 + math.ceil(len(swept) / 2)
        parts: Any = figure.subfigures(rows, 1, height_ratios=[1.25] + [1] * (rows - 1), squeeze=False)[:, 0]
        graph, matrix = parts[0].subplots(1, 2, width_ratios=[1.5, 1])
        axes = [plot_graph(found.chip, found.links, ax=graph, colours=colours)[1]]
        if found.network is None:
            matrix.set_axis_off()
        else:
            axes.append(plot_s_matrix(found.network, ax=matrix)[1])
        for row in range(1, rows):
            pair = swept[2 * (row - 1) : 2 * row]
            halves: Any = parts[row].subfigures(1, 2, squeeze=False)[0]
            for half, links in zip(halves, pair, strict=False):
                title = ", ".join(literal(link.name) for link in links)
                if (prediction := links[0].prediction) is not None:
                    axes += list(plot_synchronization(prediction, figure=half, title=title)[1])
    return figure, np.array(axes, dtype=object)


def plot_graph(
    chip: Chip,
    links: Sequence[LinkAssessment] = (),
    *,
    ax: Axes | None = None,
    colours: Mapping[str, str] | None = None,
) -> tuple[Figure, Axes]:
    """Nodes with ω/2π and n0; links with V/2π and S where the nodes stand; other couplings dashed.

    A link is green at a resonance, orange where it is blockaded, grey elsewhere.
    """
    places = _places(chip, [link.between for link in links] or list(chip.links))
    straight = bool(np.all(places[:, 1] == 0))
    judged = {link.between: link for link in links}
    strongest = max((abs(v) for v in chip.coupling.ravel()), default=0.0) or 1.0
    with house_style():
        arched = any(pair not in judged for pair in chip.links)
        low = straight and not arched
        figure, ax = on(ax, 5.0, 1.5 if low else 2.6 if straight else 3.6)
        for one, other in chip.links:
            link = judged.get((one, other))
            start, end = places[chip.index(one)], places[chip.index(other)]
            V = chip.coupling_between(one, other)
            bend = 0.0 if link is not None or not straight else 0.35
            words = f"V/2π = {_v(V)}" if link is not None or straight else f"V/2π =\n{_v(V)}"
            if link is not None and link.prediction is not None:
                words += f"\nS of the pair {_short(link.prediction.S_working)}"
            style = {"color": QUIET, "linestyle": (0, (4, 3)), "linewidth": 0.8}
            if link is not None:
                width = 1.0 + 2.5 * abs(V) / strongest
                style = {"color": _COLOURS[link.working_point], "linestyle": "-", "linewidth": width}
            _edge(ax, start, end, bend, words, style, link is not None)
        for node, place in zip(chip.nodes, places, strict=True):
            face = (colours or {}).get(node.name, "white")
            ax.plot(*place, "o", markersize=26, markerfacecolor=face, markeredgecolor="black", zorder=3)
            ink = "white" if face not in ("white", TIGHT) else "black"
            ax.text(
                float(place[0]),
                float(place[1]),
                literal(node.name)[:6],
                ha="center",
                va="center",
                fontsize=9,
                color=ink,
                zorder=4,
            )
            ladder = node.complete.ladder
            words = f"{shown_frequency(float(ladder.transition_frequencies[0]), 4)}\nn0 = {node.target}"
            if straight:
                offset, side, above = (0.0, -20.0), "center", False
            else:
                out = place / np.array([WIDE, 1.1])
                side = "left" if out[0] > 0.5 else "right" if out[0] < -0.5 else "center"
                offset, above = (20 * float(out[0]), 20 * float(out[1])), bool(out[1] > 0.5)
            vertical = "bottom" if above else "top" if straight or out[1] < -0.5 else "center"
            ax.annotate(words, place, offset, textcoords="offset points", ha=side, va=vertical, fontsize=8)
        reach = max(float(np.abs(places[:, 0]).max()), 0.5)
        ax.set(xlim=(-1.4 * reach, 1.4 * reach), ylim=(-1.4, 0.9) if low else (-1.0, 0.9) if straight else (-1.75, 1.6))
        ax.set_axis_off()
    return figure, ax


def _edge(ax: Axes, start: Floats, end: Floats, bend: float, words: str, style: dict[str, Any], judged: bool) -> None:
    """A line between two places, or an arc above it, with words in its middle."""
    share = np.linspace(0, 1, 50)[:, None]
    path = start + share * (end - start)
    path[:, 1] += 4 * bend * (share * (1 - share))[:, 0] * max(float(np.abs(end - start).max()), 1.0)
    ax.plot(path[:, 0], path[:, 1], zorder=1, **style)
    middle = path[len(path) // (2 if judged or bend else 3)]  # lines that cross in the middle keep their words apart
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    ax.text(float(middle[0]), float(middle[1]), words, ha="center", va="center", fontsize=7.5, bbox=box, zorder=2)


def _places(chip: Chip, links: Sequence[tuple[str, str]]) -> Floats:
    """Where nodes are drawn, (N, 2): on a line along links that make a path, else on a circle in such an order."""
    near: dict[str, list[str]] = {name: [] for name in chip.names}
    for one, other in links:
        near[one].append(other)
        near[other].append(one)
    ends = [name for name in chip.names if len(near[name]) == 1]
    order: list[str] = []
    waiting = [*(ends[:1] or chip.names[:1]), *chip.names]
    for name in waiting:
        here: str | None = name
        while here is not None and here not in order:
            order.append(here)
            here = next((other for other in near[here] if other not in order), None)
    path = len(links) == chip.size - 1 and all(other in near[one] for one, other in pairwise(order))
    count, places = chip.size, np.zeros((chip.size, 2))
    for k, name in enumerate(order):
        angle = math.pi / 2 - 2 * math.pi * k / count
        where = (k - (count - 1) / 2, 0.0) if path or count < 3 else (WIDE * math.cos(angle), 1.1 * math.sin(angle))
        places[chip.index(name)] = where
    return places


def plot_nodes(nodes: Sequence[tuple[str, EffectiveOscillator]]) -> tuple[Figure, NDArray[np.object_]]:
    """Up and down rates of every node, a panel each."""
    figure, axes = _panels(len(nodes))
    for ax, (name, effective) in zip(axes, nodes, strict=True):
        plot_rates(effective, ax=ax)
        ax.set_title(f"{literal(name)}, stabilised level {effective.target}", loc="left")
    return figure, axes


def plot_populations_of_nodes(nodes: Sequence[tuple[str, Comparison]]) -> tuple[Figure, NDArray[np.object_]]:
    """Populations of every node in each model, a panel each."""
    figure, axes = _panels(len(nodes))
    for ax, (name, comparison) in zip(axes, nodes, strict=True):
        plot_populations(comparison, ax=ax)
        distance = power_of_ten(comparison.trace_distance)
        ax.set_title(f"{literal(name)}, trace distance {distance}", loc="left")
    return figure, axes


def _panels(count: int) -> tuple[Figure, NDArray[np.object_]]:
    columns = min(count, 3)
    rows = math.ceil(count / columns)
    with house_style():
        figure = new_figure(4.0 * columns, 3.1 * rows)
        axes = np.ravel(figure.subplots(rows, columns, squeeze=False))
        for spare in axes[count:]:
            spare.set_axis_off()
    return figure, axes[:count]


def _v(V: complex) -> str:
    return shown_frequency(V.real, 3) if V.imag == 0 else f"{shown_frequency(abs(V), 3)}, arg {np.angle(V):.2f}"


def _short(value: float) -> str:
    if not np.isfinite(value):
        return "—"
    if value == 0 or value >= 0.01:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"${mantissa}\cdot10^{{{int(exponent)}}}$"
