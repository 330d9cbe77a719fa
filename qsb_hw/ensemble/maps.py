"""Whole planes of parameters: which state one or two groups end in, found directly wherever it can be.

Three criteria of locking are in use, and every point says which one its answer rests on. *Linear stability*: there is
a rotating wave, all groups at one frequency, and disturbances of it die out. Where there is none the equations are
integrated; then *phase slips* tell drifting groups from those that stay together while their amplitudes breathe, and
the frequencies are where the spectra peak (*frequency argmax*), which is a number even where groups breathe.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw._typing import Floats, Integers, Progress
from qsb_hw.arguments import real, real_array, whole
from qsb_hw.ensemble.dynamics import FINAL_SHARE, ORDER_SHARE
from qsb_hw.ensemble.groups import SPIN_ELEMENTS, two_elements
from qsb_hw.ensemble.lanes import CHUNK, MOST_STEPS, Block, integrated
from qsb_hw.ensemble.spectra import dominant_frequencies, phase_slips, spectra
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.compiling import in_pieces

POINT_BYTES = 600
"""Memory of one point, its parameters and results in every form they pass through."""
DEAD = 1e-9
"""Amplitude below which a group has none, and no phase that could be locked."""
QUIET = 1e-3
"""Amplitude below which an integrated group counts as unsynchronized."""


class Regime(IntEnum):
    """Long-time state of groups."""

    UNSYNCHRONIZED = 0
    """Rest is stable: from small amplitudes every group neglected what it has. A wave of finite amplitude may coexist."""
    LOCKED = 1
    """A stable rotating wave: every group turns with one frequency."""
    BREATHING = 2
    """Relative phases stay bounded, amplitudes do not settle."""
    DRIFTING = 3
    """Groups have amplitudes, and their relative phase slips; or only some of them have one."""


@dataclass(frozen=True, slots=True, eq=False)
class PhaseDiagram:
    """Long-time states over a plane of parameters of shape S; G groups.

    Attributes
    ----------
    regime : S int
        A `Regime`.
    order_parameter : (*S, G) float
        |⟨S⁺⟩|; of integrated points averaged over the last tenth of the run.
    frequency : (*S, G) float
        Of ⟨S⁺⟩ ∝ e^{iΩt}; NaN where a group is unsynchronized.
    relative_phase : S float
        arg⟨S⁺⟩ of the first group less that of the second, of integrated points at the end; NaN without amplitudes.
    growth : S float
        Largest growth rate of a disturbance of the unsynchronized state.
    wave_growth : S float
        The same of the rotating wave; NaN where there is none.
    integrated : S bool
        Whether the point comes from integration, so that its locking is judged by phase slips and its frequencies
        are peaks of spectra; elsewhere by linear stability.
    """

    regime: Integers
    order_parameter: Floats
    frequency: Floats
    relative_phase: Floats
    growth: Floats
    wave_growth: Floats
    integrated: NDArray[np.bool_]

    @property
    def frequency_difference(self) -> Floats:
        """Frequency of the first group less that of the second, S; NaN unless both have an amplitude."""
        require(self.frequency.shape[-1] > 1, "A frequency difference needs two groups", "one", "Give `intergroup`.")
        return np.asarray(self.frequency[..., 0] - self.frequency[..., 1])

    @property
    def synchronized(self) -> NDArray[np.bool_]:
        """Whether all groups turn together, S."""
        return np.asarray((self.regime == Regime.LOCKED) | (self.regime == Regime.BREATHING))


def phase_diagram(
    *,
    gain: ArrayLike,
    loss: ArrayLike,
    asymmetry: ArrayLike = 0.0,
    coupling: ArrayLike,
    intergroup: ArrayLike | None = None,
    detuning: ArrayLike = 0.0,
    elements: ArrayLike = SPIN_ELEMENTS,
    integrate: bool = False,
    t_final: float = 500.0,
    samples: int = 10000,
    most_steps: float = MOST_STEPS,
    progress: Progress | None = None,
) -> PhaseDiagram:
    """Long-time states of one or two groups (see `SpinGroups`) at every point of a plane of parameters.

    Stability of the unsynchronized state decides where nothing synchronizes, Newton's method finds rotating waves and
    their stability; only points with neither are integrated, from the paper's initial state. Where several states are
    stable (a few in a hundred points with a stable rest have a stable wave as well) one of them is reported: rest, or
    the first wave found. `limit_cycle` looks for a wave in any case; `integrate=True` lets the initial state decide.

    Parameters
    ----------
    gain, loss, asymmetry, coupling, intergroup, detuning : array_like
        γ₊, γ₋, K, V, V_AB and δ in any one unit of rate; broadcast together to the shape S. One group unless
        `intergroup` is given.
    elements : (2,) array_like
        Matrix elements of the raising operator.
    integrate : bool
        Integrate every point, whether or not it can be found directly.
    t_final, samples : float, int
        Length of an integration and number of samples; the last half is used.
    most_steps : float
        Steps of all integrations together that are begun at most.
    progress : callable, optional
        Called with (stage, done, total).

    Raises
    ------
    ArgumentError
        Numbers that are not finite, rates that are not positive, a detuning of one group, shapes that do not fit,
        times or numbers of samples without meaning.
    CapacityError
        If the points do not fit in memory, or their integration would take more than `most_steps` steps.
    """
    t_final = real("`t_final`", t_final, "Give a time.", above=0.0)
    samples = whole("`samples`", samples, "There must be at least 16 samples.", least=16)
    buffered = 32.0 * 2 * 16 * samples * CHUNK  # lanes, groups, bytes of a complex number, samples, blocks
    require_memory(2 * buffered, f"{samples} samples of runs side by side", "Lower `samples`.")
    rates, links, shape = _points(gain, loss, asymmetry, coupling, intergroup, detuning, elements)
    found = _direct(rates, links)
    chosen = np.flatnonzero(found.kinds == 2) if not integrate else np.arange(len(rates))
    if chosen.size:
        _integrated(found, rates, links, chosen, t_final, samples, most_steps, progress)
    return found.diagram(shape)


@dataclass(slots=True, eq=False)
class _Flat:
    """Results of all points in a row, while they are filled in."""

    kinds: Integers
    order: Floats
    frequency: Floats
    phase: Floats
    growth: Floats
    wave_growth: Floats
    integrated: NDArray[np.bool_]

    def diagram(self, shape: tuple[int, ...]) -> PhaseDiagram:
        groups = (*shape, self.order.shape[1])
        return PhaseDiagram(
            self.kinds.reshape(shape),
            self.order.reshape(groups),
            self.frequency.reshape(groups),
            self.phase.reshape(shape),
            self.growth.reshape(shape),
            self.wave_growth.reshape(shape),
            self.integrated.reshape(shape),
        )


def _points(
    gain: ArrayLike,
    loss: ArrayLike,
    asymmetry: ArrayLike,
    coupling: ArrayLike,
    intergroup: ArrayLike | None,
    detuning: ArrayLike,
    elements: ArrayLike,
) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Rates (points, G, 6) and links (points, G, G) as the kernels want them, and the shape S."""
    require(
        intergroup is not None or not np.any(detuning),
        "A detuning needs two groups",
        "no `intergroup`",
        "Give the coupling between the groups, 0 for none.",
    )
    parts = [gain, loss, asymmetry, coupling, detuning, 0.0 if intergroup is None else intergroup]
    given = [real_array("Every parameter", part, "Give plain numbers.") for part in parts]
    try:
        spread = np.broadcast_arrays(*given)
    except ValueError:
        shapes = [np.shape(part) for part in given]
        require(False, "Parameters must broadcast together", f"shapes {shapes}", "Insert axes with `[:, None]`.")
    shape = spread[0].shape
    require_memory(POINT_BYTES * float(spread[0].size), f"{spread[0].size:.3g} points", "Take fewer points.")
    require(spread[0].size > 0, "There must be at least one point", f"the shape {shape}", "Give numbers.")
    plus, minus, bend, inner, delta, outer = (part.ravel() for part in spread)
    require(
        bool(np.all(plus > 0) and np.all(minus > 0)),
        "Gain and loss must be positive",
        f"a smallest of {min(plus.min(), minus.min())}",
        "Without either, level 1 is not stabilised from both sides.",
    )
    count = 1 if intergroup is None else 2
    rates = np.empty((plus.size, count, 6))
    rates[..., 0], rates[..., 1], rates[..., 2] = plus[:, None], minus[:, None], bend[:, None]
    rates[..., 3] = delta[:, None] / 2 * np.array([1.0, -1.0])[:count]
    rates[..., 4:] = two_elements(elements)
    links = np.empty((plus.size, count, count))
    links[:] = outer[:, None, None]
    links[:, np.arange(count), np.arange(count)] = inner[:, None]
    return rates, links, shape


def _direct(rates: Floats, links: Floats) -> _Flat:
    from qsb_hw.ensemble._map_kernel import search

    units = np.abs(rates[..., :3]).max(axis=(1, 2)) + np.abs(links).max(axis=(1, 2))
    kinds = np.empty(len(rates), dtype=np.int64)
    rest, waves, unknowns = np.empty(len(rates)), np.empty(len(rates)), np.zeros((len(rates), 2 * rates.shape[1]))
    in_pieces(len(rates), partial(search, rates, links, units, kinds, rest, waves, unknowns))
    amplitudes = unknowns[:, 0::2] + 1j * unknowns[:, 1::2]
    amplitudes[:, 0] = unknowns[:, 0]
    locked = (kinds == Regime.LOCKED)[:, None]
    phase = np.angle(amplitudes[:, 0] * np.conj(amplitudes[:, -1]))
    return _Flat(
        kinds,
        np.where(locked, np.abs(amplitudes), 0.0),
        np.where(locked, (units * unknowns[:, 1])[:, None], np.full(amplitudes.shape, np.nan)),
        np.where(locked[:, 0], phase, np.nan),
        rest,
        waves,
        np.zeros(kinds.size, dtype=bool),
    )


def _integrated(
    found: _Flat,
    rates: Floats,
    links: Floats,
    chosen: Integers,
    t_final: float,
    samples: int,
    most_steps: float,
    progress: Progress | None,
) -> None:
    """Fill in `chosen` points from runs of length `t_final`."""
    done = 0
    for block in integrated(rates[chosen], links[chosen], t_final, samples, most_steps):
        _read_off(found, chosen[block.points], block)
        if progress is not None and block.done > done:
            done = block.done
            progress("integrating", block.done, block.total)


def _read_off(found: _Flat, points: Integers, block: Block) -> None:
    """Observables of the last half of some runs."""
    run = block.amplitudes
    last = max(1, int(run.shape[-1] * ORDER_SHARE / FINAL_SHARE))
    order = np.abs(run[..., -last:]).mean(axis=-1)
    alive = order > QUIET
    peaks = dominant_frequencies(spectra(run), block.interval) + block.frame[:, None]
    slips = phase_slips(run[:, 0], run[:, -1])
    together = (slips < 0.5) & (order > DEAD).all(axis=1)
    kinds = np.where(together, Regime.BREATHING, Regime.DRIFTING)
    steady = np.ptp(np.abs(run[..., -last:]), axis=-1).max(axis=-1) < QUIET
    kinds = np.where(steady & together, Regime.LOCKED, kinds)
    found.kinds[points] = np.where(alive.any(axis=1), kinds, Regime.UNSYNCHRONIZED)
    found.order[points] = order
    found.frequency[points] = np.where(alive, peaks, np.nan)
    found.phase[points] = np.where(alive.all(axis=1), np.angle(run[:, 0, -1] * np.conj(run[:, -1, -1])), np.nan)
    found.integrated[points] = True
