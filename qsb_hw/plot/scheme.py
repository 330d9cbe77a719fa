"""What a device is made of: its circuit, and its levels with the tones on them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.errors import require
from qsb_hw.model.bath import Role, Tone
from qsb_hw.model.device import Device, SketchedMode
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.plot.style import DOWN, FULL, GOOD, QUIET, UP, house_style, literal, on, shown_frequency

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LEVELS = 7
"""Levels drawn of a ladder, beginning below the stabilised one; tones above them are drawn at the top."""
COLOURS = {Role.AMPLIFICATION: UP, Role.DAMPING: DOWN}
_WIRE: dict[str, Any] = {"color": FULL, "linewidth": 1.1, "solid_capstyle": "round"}


def plot_scheme(of: Device | SelfOscillator, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Levels with the tones on them: up where a tone amplifies, down where it damps; spacings are not to scale.

    The stabilised level is thick; every tone has its detuning δ from its bath and γ, every spacing its frequency.
    """
    oscillator = of.complete if isinstance(of, Device) else of
    spacings, target = oscillator.ladder.transition_frequencies, oscillator.target
    first = max((target or 1) - 2, 0)
    last = min(first + MOST_LEVELS, oscillator.levels) - 1
    tones = [tone for bath in oscillator.baths for tone in bath.tones]
    with house_style():
        figure, ax = on(ax, 5.4, 3.6)
        for level in range(first, last + 1):
            stabilised = level == target
            colour, width = (GOOD, 2.6) if stabilised else (FULL, 1.2)
            ax.plot([0, 1], [level, level], color=colour, linewidth=width, solid_capstyle="butt")
            ax.text(-0.04, level, f"{level}", ha="right", va="center", color=colour)
            if stabilised:
                ax.text(-0.12, level, "n0 =", ha="right", va="center", color=colour)
        for low, high in pairwise(range(first, last + 1)):
            words = f"ω/2π = {shown_frequency(float(spacings[low]), 5, zeros=5)}"
            ax.text(1.04, (low + high) / 2, words, va="center", fontsize=8, color=QUIET)
        for k, tone in enumerate(tones):
            _tone(ax, tone, _transition(tone, spacings), (k + 1) / (len(tones) + 1), last)
        if last < oscillator.levels - 1:
            ax.text(0.5, last + 0.25, "⋮", ha="center", va="bottom", color=QUIET)
        _tone_words(ax, tones, spacings, last + 0.9)
        ax.set(xlim=(-0.35, 1.75), ylim=(first - 0.4, last + 1.0 + 0.42 * len(tones)))
        ax.set_axis_off()
    return figure, ax


def _transition(tone: Tone, spacings: Floats) -> int:
    """Lower level of the transition nearest to what a tone addresses."""
    return int(np.argmin(np.abs(spacings - tone.resonance)))


def _tone(ax: Axes, tone: Tone, low: int, place: float, last: int) -> None:
    low = min(low, last - 1) if last else low
    start, end = (low, low + 1) if tone.role is Role.AMPLIFICATION else (low + 1, low)
    dashed = "--" if tone.cooling else "-"
    arrow = {"arrowstyle": "-|>", "color": COLOURS[tone.role], "linewidth": 1.8, "linestyle": dashed}
    ax.annotate("", (place, end), (place, start), arrowprops={**arrow, "shrinkA": 2, "shrinkB": 2})


def _tone_words(ax: Axes, tones: list[Tone], spacings: Floats, above: float) -> None:
    for k, tone in enumerate(tones):
        low = _transition(tone, spacings)
        name, ends = tone.role.value, f"{low} → {low + 1}" if tone.role is Role.AMPLIFICATION else f"{low + 1} → {low}"
        name, detuning = "cooling" if tone.cooling else name, shown_frequency(tone.detuning, 5, zeros=5)
        words = f"{name} {ends}: δ/2π = {detuning}, γ/2π = {shown_frequency(tone.gamma, 3)}"
        ax.text(-0.3, above + 0.42 * k, words, va="center", fontsize=8, color=COLOURS[tone.role])


def plot_circuit(device: Device, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Circuit of a device: the oscillator in the middle, an auxiliary mode with its pump on either side.

    Elements known only by what was measured are boxes.

    Raises
    ------
    ArgumentError
        If the device is no circuit.
    """
    sketch = device.circuit
    require(sketch is not None, "A device must be a circuit to draw", "none", "Draw its levels instead.")
    assert sketch is not None
    with house_style():
        figure, ax = on(ax, 7.0, 3.7)
        if sketch.junction:
            _oscillator(ax)
        else:
            _box(ax, 0.0, "oscillator")
        _words(ax, 0.0, -0.42, sketch.values, "center")
        for mode, side in zip(sketch.modes, (-1, 1), strict=False):
            _mode(ax, mode, side)
        lines = max(len(sketch.values), *(len(mode.values) for mode in sketch.modes))
        ax.set(xlim=(-4.3, 4.3), ylim=(-0.5 - 0.19 * lines, 2.75), aspect="equal")
        ax.set_axis_off()
    return figure, ax


def _words(ax: Axes, x: float, y: float, lines: tuple[str, ...], align: str) -> None:
    text = "\n".join(literal(line) for line in lines)
    ax.text(x, y, text, ha=align, va="top", fontsize=7.5, linespacing=1.35)


def _oscillator(ax: Axes) -> None:
    """A junction and its capacitance, both to ground."""
    ax.plot([-0.45, 0.45], [1.6, 1.6], **_WIRE)
    _junction(ax, -0.45, 0.0, 1.6)
    _capacitor(ax, 0.45, 0.0, 1.6)
    _ground(ax, -0.45)
    _ground(ax, 0.45)
    ax.text(0.0, 1.75, "oscillator", ha="center", va="bottom")


def _box(ax: Axes, x: float, name: str) -> None:
    """A mode of which only what was measured is known."""
    ax.plot([x - 0.55, x + 0.55, x + 0.55, x - 0.55, x - 0.55], [0.2, 0.2, 1.4, 1.4, 0.2], **_WIRE)
    ax.text(x, 0.8, "ω", ha="center", va="center", fontsize=12)
    ax.text(x, 1.75, name, ha="center", va="bottom")


def _mode(ax: Axes, mode: SketchedMode, side: int) -> None:
    inner, outer, colour = 2.1 * side, 3.0 * side, COLOURS[Role(mode.name)]
    if mode.squid:
        ax.plot([inner, outer], [1.6, 1.6], **_WIRE)
        _inductor(ax, inner, 0.95, 1.6)
        _squid(ax, inner, 0.45)
        ax.plot([inner, inner], [-0.0, 0.15], **_WIRE)
        _capacitor(ax, outer, 0.0, 1.6)
        _ground(ax, inner)
        _ground(ax, outer)
        ax.text((inner + outer) / 2, 1.75, mode.name, ha="center", va="bottom")
        near, middle = inner - 0.4 * side, (inner + outer) / 2
    else:
        _box(ax, 2.55 * side, mode.name)
        near, middle = 2.0 * side, 2.55 * side
    _words(ax, middle, -0.42, mode.values, "center")
    own = 0.55 * side
    arrow = {"arrowstyle": "<|-|>", "color": QUIET, "linewidth": 1.1, "connectionstyle": f"arc3,rad={0.25 * side}"}
    ax.annotate("", (near, 0.45), (own, 0.35), arrowprops=arrow)
    ax.text((near + own) / 2, 1.0, literal(mode.link).replace(", ", "\n"), ha="center", va="bottom", fontsize=7.5)
    ax.annotate("", (middle, 2.0), (middle, 2.45), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8})
    ax.text(middle, 2.5, literal(mode.drive), ha="center", va="bottom", fontsize=7.5, color=colour)


def _ground(ax: Axes, x: float) -> None:
    for half, y in ((0.16, 0.0), (0.1, -0.08), (0.04, -0.16)):
        ax.plot([x - half, x + half], [y, y], **_WIRE)


def _capacitor(ax: Axes, x: float, low: float, high: float) -> None:
    middle = (low + high) / 2
    for start, end in ((low, middle - 0.08), (middle + 0.08, high)):
        ax.plot([x, x], [start, end], **_WIRE)
    for y in (middle - 0.08, middle + 0.08):
        ax.plot([x - 0.2, x + 0.2], [y, y], **_WIRE)


def _junction(ax: Axes, x: float, low: float, high: float) -> None:
    middle = (low + high) / 2
    ax.plot([x, x], [low, high], **_WIRE)
    _cross(ax, x, middle)


def _cross(ax: Axes, x: float, y: float) -> None:
    for sign in (-1, 1):
        ax.plot([x - 0.11, x + 0.11], [y - 0.11 * sign, y + 0.11 * sign], **_WIRE)


def _squid(ax: Axes, x: float, y: float) -> None:
    """A loop with a junction in either arm."""
    turn = np.linspace(0, 2 * np.pi, 60)
    ax.plot(x + 0.3 * np.cos(turn), y + 0.3 * np.sin(turn), **_WIRE)
    for sign in (-1, 1):
        _cross(ax, x + 0.3 * sign, y)
    ax.plot([x, x], [y + 0.3, y + 0.5], **_WIRE)
    ax.plot([x, x], [y - 0.45, y - 0.3], **_WIRE)


def _inductor(ax: Axes, x: float, low: float, high: float) -> None:
    turn = np.linspace(0, 1, 90)
    bulge = 0.14 * np.abs(np.sin(4 * np.pi * turn))
    ax.plot(x + bulge, low + (high - low) * turn, **_WIRE)
