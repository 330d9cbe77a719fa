"""States: density matrices, quasi-probabilities, and the distribution of a relative phase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.errors import require
from qsb_hw.plot.panels import phase_wheel
from qsb_hw.plot.style import BAD, ELIMINATED, FULL, QUIET, house_style, legend_below, literal, new_figure, on
from qsb_hw.sync.phase import PhaseDistribution
from qsb_hw.sync.solution import SyncSolution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

SMALLEST = 1e-8
"""Matrix elements below this share of the largest are not drawn."""
POINTS = 121
"""Of a quasi-probability along each axis."""
MANY = 8
"""States from which on their names are written upwards."""
ANGLES = ([-math.pi, -math.pi / 2, 0.0, math.pi / 2, math.pi], ["−π", "−π/2", "0", "π/2", "π"])


def plot_phase_distribution(
    of: SyncSolution | PhaseDistribution, first: int = 0, second: int = 1, ax: Axes | None = None, name: str = ""
) -> tuple[Figure, Axes]:
    """P(φ) of the relative phase of two oscillators, with S = 2π max P − 1 as an arrow from the flat distribution.

    Parameters
    ----------
    of : SyncSolution or PhaseDistribution
        The network that was solved, or a distribution alone.
    first, second : int
        Which oscillators of the network.
    ax : Axes, optional
        Where to draw.
    name : str
        Of the device, for the title; of a network the names of its oscillators unless given.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> from qsb_hw import plot
    >>> figure, ax = plot.plot_phase_distribution(qh.PhaseDistribution([1.0, 0.1]), name="two")
    >>> ax.get_title(loc="left")
    'two: S = 0.2'
    """
    found = of.phase_distribution(first, second) if isinstance(of, SyncSolution) else of
    flat, top = 1 / (2 * math.pi), 1 / (2 * math.pi) + found.maximum
    phase = np.linspace(-math.pi, math.pi, 721)
    with house_style():
        figure, ax = on(ax, 4.6, 3.4)
        ax.plot(phase, flat + found(phase), color=ELIMINATED, linewidth=1.4, label="P(φ)")
        ax.axhline(flat, color=QUIET, linewidth=0.9, linestyle="--", label="no synchronization, 1/2π")
        arrow = {"arrowstyle": "<->", "color": BAD, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (found.argmax, top), (found.argmax, flat), arrowprops=arrow)
        ax.plot([], [], color=BAD, marker="|", linestyle="-", label="S/2π")
        ax.set_xticks(*ANGLES)
        reach = max(top - flat, flat - float((flat + found(phase)).min()), 1e-12)
        ax.set(xlim=(-math.pi, math.pi), ylim=(flat - 1.15 * reach, flat + 1.15 * reach))
        ax.set(xlabel="relative phase φ (rad)", ylabel="P(φ) (1/rad)")
        ax.set_title(_titled(name or _names(of, first, second), f"S = {found.S:.3g}"))
        legend_below(ax, ncols=3)
    return figure, ax


def plot_density_matrix(
    state: SyncSolution | Any, levels: Sequence[int] | None = None, *, of: Sequence[int] | None = None,
    figure: Figure | SubFigure | None = None, name: str = "",
) -> tuple[Figure, Any]:  # fmt: skip
    """Density matrix: moduli of populations and coherences on a logarithmic scale, and their phases.

    Parameters
    ----------
    state : SyncSolution, Qobj or (d, d) array_like
        What was solved, or a density matrix in the basis of the levels, |n1, n2, …⟩ with the last index fastest.
    levels : sequence of int, optional
        Levels of every oscillator of a matrix; one oscillator unless given.
    of : sequence of int, optional
        Which oscillators of a network that was solved; the first two unless given.
    figure : Figure, optional
        Where to draw.
    name : str
        Of the device, for the title; of a network the names of its oscillators unless given.

    Raises
    ------
    ArgumentError
        If the state is not square, or has another size than the levels.

    Examples
    --------
    >>> import numpy as np
    >>> from qsb_hw import plot
    >>> figure, axes = plot.plot_density_matrix(np.full((2, 2), 0.5), name="cat")
    >>> len(axes)
    2
    """
    from matplotlib.colors import LogNorm

    rho, sizes, title = _state(state, levels, of, name)
    size = np.abs(rho)
    top = float(size.max()) or 1.0
    seen = size > SMALLEST * top
    names = [f"|{','.join(map(str, one))}⟩" for one in np.ndindex(*sizes)]
    with house_style():
        figure = figure or new_figure(8.4, 3.9)
        axes = figure.subplots(1, 2, sharey=True)
        low = min(float(size[seen].min(initial=top)), top / 10)
        moduli = axes[0].imshow(np.where(seen, size, np.nan), cmap="viridis", norm=LogNorm(low, top))
        phases = axes[1].imshow(
            np.where(seen, np.angle(rho), np.nan), cmap=phase_wheel(), vmin=-math.pi, vmax=math.pi
        )  # fmt: skip
        for ax, image, label, words in zip(
            axes, (moduli, phases), ("|⟨row|ρ|column⟩|", "arg ⟨row|ρ|column⟩ (rad)"), ("moduli", "phases"), strict=True
        ):
            ax.set_xticks(range(len(names)), names, rotation=90 if len(names) > MANY else 0, fontsize=7)
            ax.set_yticks(range(len(names)), names, fontsize=7)
            ax.tick_params(length=0)
            ax.spines[:].set_visible(True)
            ax.set(xlabel="column, state", title=words)
            bar = figure.colorbar(image, ax=ax, label=label)
        axes[0].set_ylabel("row, state")
        bar.set_ticks(ANGLES[0], labels=ANGLES[1])
        _suptitle(figure, _titled(title, "density matrix"))
    return axes[0].get_figure(root=True), axes


def plot_wigner(
    state: SyncSolution | Any, levels: Sequence[int] | None = None, *, of: Sequence[int] | None = None,
    husimi: bool = False, figure: Figure | SubFigure | None = None, name: str = "",
) -> tuple[Figure, Any]:  # fmt: skip
    """Wigner function W(α) of one oscillator or, if `husimi`, its Q(α); of a pair both partners.

    Level n is drawn as the Fock state |n⟩, and ∫ d²α = 1. Of a pair the first panel is one oscillator whatever the
    other does: a ring, for its phase is free. The second is the other one, given that the first is found in the
    coherent state of phase 0 with as many quanta as it has on average (marked in the first panel): where they
    synchronize it has a phase, −φ for φ = φ1 − φ2 of `plot_phase_distribution`.

    Parameters
    ----------
    state : SyncSolution, Qobj or (d, d) array_like
        What was solved, or the density matrix of one oscillator or two, |n1, n2⟩ with the last index fastest.
    levels : sequence of int, optional
        Levels of every oscillator of a matrix; one oscillator unless given.
    of : sequence of int, optional
        Which oscillator, or two, of a network that was solved; the first two unless given.
    husimi : bool
        Draw Q, which is never negative, in place of W.
    figure : Figure, optional
        Where to draw.
    name : str
        Of the device, for the title; of a network the names of its oscillators unless given.

    Raises
    ------
    ArgumentError
        If the state is not that of one or two oscillators, or has another size than the levels.

    Examples
    --------
    >>> import numpy as np
    >>> from qsb_hw import plot
    >>> figure, axes = plot.plot_wigner(np.diag([0.0, 1.0, 0.0]), name="one quantum")
    >>> len(axes)
    1
    """
    rho, sizes, title = _state(state, levels, of, name)
    must = "A quasi-probability must be of one oscillator or two"
    require(len(sizes) <= 2, must, len(sizes), "Trace out the others.")
    first, second, amplitude = rho, None, 0.0
    if len(sizes) == 2:
        joint = rho.reshape(*sizes, *sizes)
        first = np.trace(joint, axis1=1, axis2=3)
        amplitude = math.sqrt(float(np.arange(sizes[0]) @ first.diagonal().real))
        second = given_coherent(joint, amplitude)
    shown = [first] if second is None else [first, second]
    symbol = "Q(α)" if husimi else "W(α)"
    reach = math.sqrt(max(float(np.arange(len(one)) @ one.diagonal().real) for one in shown)) + 2.2
    axis = np.linspace(-reach, reach, POINTS)
    heights = [quasi_probability(one, axis, husimi) for one in shown]
    top = max(float(np.abs(one).max()) for one in heights)
    scale: dict[str, Any] = (
        {"cmap": "viridis", "vmin": 0, "vmax": top} if husimi else {"cmap": "RdBu_r", "vmin": -top, "vmax": top}
    )
    with house_style():
        figure = figure or new_figure(3.9 * len(shown) + 0.6, 3.8)
        axes = figure.subplots(1, len(shown), squeeze=False)[0]
        words = ("",) if second is None else ("one, alone", "the other, given the one at the cross")
        for ax, height, title_of in zip(axes, heights, words, strict=True):
            image = ax.pcolormesh(axis, axis, height, shading="gouraud", rasterized=True, **scale)
            ax.set(aspect="equal", xlabel="Re α", ylabel="Im α", title=title_of)
        if second is not None:
            axes[0].plot(amplitude, 0.0, "+", color="white" if husimi else FULL, markersize=9)
        figure.colorbar(image, ax=list(axes), label=symbol)
        _suptitle(figure, _titled(title, "Husimi function" if husimi else "Wigner function"))
    return axes[0].get_figure(root=True), axes


def given_coherent(joint: Complexes, amplitude: float) -> Complexes:
    """State of the second of two oscillators, (n1, n2, n1, n2), if the first is found in the coherent state |α⟩."""
    n = np.arange(joint.shape[0])
    coherent = amplitude**n / np.sqrt([math.factorial(k) for k in n])  # its norm drops out
    found = np.einsum("j,jakb,k->ab", coherent, joint, coherent)
    return np.asarray(found / np.trace(found).real)


def quasi_probability(rho: Complexes, axis: Floats, husimi: bool = False) -> Floats:
    """W(α) or Q(α) at α = x + iy of the axis, rows along y, with ∫ d²α = 1."""
    from qutip import Qobj, qfunc, wigner

    return np.asarray((qfunc if husimi else wigner)(Qobj(rho), axis, axis, g=2))


def _state(
    state: SyncSolution | Any, levels: Sequence[int] | None, of: Sequence[int] | None, name: str
) -> tuple[Complexes, list[int], str]:
    """Density matrix, levels of its oscillators, and what stands in the title."""
    if isinstance(state, SyncSolution):
        chosen = list(range(min(state.network.size, 2))) if of is None else list(of)
        sizes = [state.network.oscillators[k].levels for k in chosen]
        rho = state.steady.reduced([list(state.subsystems)[k] for k in chosen])
        return rho, sizes, name or _names(state, *chosen)
    rho = np.asarray(state.full() if hasattr(state, "full") else state, dtype=complex)
    square = rho.ndim == 2 and rho.shape[0] == rho.shape[1]
    require(square, "A density matrix must be square", rho.shape, "Give ρ, not a vector.")
    dims = state.dims[0] if levels is None and hasattr(state, "dims") else levels
    sizes = [rho.shape[0]] if dims is None else [int(size) for size in dims]
    must = f"Levels must multiply to the {rho.shape[0]} states of the density matrix"
    require(math.prod(sizes) == rho.shape[0], must, sizes, "Give the levels of every oscillator.")
    return rho, sizes, name


def _names(of: Any, *chosen: int) -> str:
    if not isinstance(of, SyncSolution):
        return ""
    names = [of.network.oscillators[k].name or str(k) for k in chosen]
    return names[0] if len(set(names)) == 1 else "-".join(names)


def _titled(name: str, words: str) -> str:
    return f"{literal(name)}: {words}" if name else words


def _suptitle(figure: Any, title: str) -> None:
    figure.suptitle(title, fontsize=9, x=0.01, ha="left")
