"""Whole planes of parameters: which state one or two groups end in, found directly wherever it can be.

Locked by linear stability: disturbances of a phase-locked state die out. Where there is none the equations are
integrated; then phase slips tell drifting groups from those that stay together while their amplitudes breathe, and the
frequencies are where the spectra peak.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Booleans, Complexes, Floats, Integers, Progress
from qsb_hw.arguments import real, real_array, whole
from qsb_hw.ensemble.dynamics import FINAL_SHARE, ORDER_SHARE
from qsb_hw.ensemble.groups import SPIN_ELEMENTS, checked_elements
from qsb_hw.ensemble.lanes import CHUNK, MOST_STEPS, Block, integrated
from qsb_hw.ensemble.spectra import dominant_frequencies, phase_slips, spectra
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.compiling import in_pieces, side_by_side
from qsb_hw.result import Certificate, Result, Status

POINT_BYTES = 600
"""Memory of one point, its parameters and results in every form they pass through."""
DEAD = 1e-9
"""Amplitude below which a group has none, and no phase that could be locked."""
SEARCHED = 4096
"""Points that are searched together."""
UNDECIDED = -1
"""Mark of a point that is unstable and has no stable phase-locked state yet."""
QUIET = 1e-3
"""Amplitude below which an integrated group counts as unsynchronized."""


class Regime(IntEnum):
    """Long-time state of groups."""

    UNSYNCHRONIZED = 0
    """The unsynchronized state is stable; a phase-locked state of finite amplitude may coexist with it."""
    LOCKED = 1
    """A stable phase-locked state: every group turns with one frequency."""
    BREATHING = 2
    """Relative phases stay bounded, amplitudes do not settle."""
    DRIFTING = 3
    """Groups have amplitudes, and their relative phase slips; or only some of them have one."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PhaseDiagram(Result):
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
    locked_growth : S float
        The same of the phase-locked state; NaN where there is none.
    integrated : S bool
        Whether the point comes from integration, so that its locking is judged by phase slips and its frequencies
        are peaks of spectra; elsewhere by linear stability.
    status : Status
        Converged: every point has a state, found directly or by integration.
    """

    regime: Integers
    order_parameter: Floats
    frequency: Floats
    relative_phase: Floats
    growth: Floats
    locked_growth: Floats
    integrated: Booleans
    status: Status
    message: str
    certificate: Certificate

    @property
    def frequency_difference(self) -> Floats:
        """Frequency of the first group less that of the second, S; NaN unless both have an amplitude."""
        require(self.frequency.shape[-1] > 1, "A frequency difference needs two groups", "one", "Give `intergroup`.")
        return np.asarray(self.frequency[..., 0] - self.frequency[..., 1])

    @property
    def synchronized(self) -> Booleans:
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

    Stability of the unsynchronized state decides where nothing synchronizes, Newton's method finds phase-locked states
    and their stability; only points with neither are integrated, from the paper's initial state. Where several states
    are stable (a few points in a hundred) the unsynchronized one is reported, or the first that is found;
    `limit_cycle` looks for a phase-locked state in any case, `integrate=True` lets the initial state decide.

    Parameters
    ----------
    gain, loss, asymmetry, coupling, intergroup, detuning : array_like
        γ₊, γ₋, α, V, V_AB and δ in any one unit of rate; broadcast together to the shape S. One group unless
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

    Returns
    -------
    PhaseDiagram
        Regime, order parameters, frequencies and relative phases over S.

    Raises
    ------
    ArgumentError
        If numbers are not finite, rates or times are not positive, shapes do not fit, or one group is detuned.
    CapacityError
        If the points do not fit in memory, or their integration would take more than `most_steps` steps.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.phase_diagram(gain=0.5, loss=1.0, coupling=[0.1, 0.3, 1.5])
    >>> [qh.Regime(value).name for value in found.regime]
    ['UNSYNCHRONIZED', 'UNSYNCHRONIZED', 'LOCKED']
    """
    t_final = real("`t_final`", t_final, "Give a time.", above=0.0)
    samples = whole("`samples`", samples, "There must be at least 16 samples.", least=16)
    buffered = 32.0 * 2 * 16 * samples * CHUNK  # lanes, groups, bytes of a complex number, samples, blocks
    require_memory(2 * buffered, f"{samples} samples of runs side by side", "Lower `samples`.")
    rates, links, shape = _points(gain, loss, asymmetry, coupling, intergroup, detuning, elements)
    found = _direct(rates, links)
    chosen = np.flatnonzero(found["integrated"] | integrate)
    done = 0
    for block in integrated(rates[chosen], links[chosen], t_final, samples, most_steps) if chosen.size else ():
        points = chosen[block.points]
        for name, values in _read_off(block).items():
            found[name][points] = values
        if progress is not None and block.done > done:
            done = block.done
            progress("integrating", block.done, block.total)
    return PhaseDiagram(
        **{name: values.reshape((*shape, *values.shape[1:])) for name, values in found.items()},
        status=Status.CONVERGED,
        message=f"{len(rates) - chosen.size} points were found directly and {chosen.size} by integration.",
        certificate=Certificate(),
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
    rates[..., 4:] = checked_elements(elements)
    links = np.empty((plus.size, count, count))
    links[:] = outer[:, None, None]
    links[:, np.arange(count), np.arange(count)] = inner[:, None]
    return rates, links, shape


def _direct(rates: Floats, links: Floats) -> dict[str, Any]:
    """Fields of `PhaseDiagram` over all points in a row; `integrated` is true where there is nothing stable yet."""
    parts = [_searched(rates[k : k + SEARCHED], links[k : k + SEARCHED]) for k in range(0, len(rates), SEARCHED)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _searched(rates: Floats, links: Floats) -> dict[str, Any]:
    """The same of points that are searched together, one way to a locked state after the other."""
    from qsb_hw.ensemble import _search

    count = len(rates)
    units = np.abs(rates[..., :3]).max(axis=(1, 2)) + np.abs(links).max(axis=(1, 2))
    model = (*_coherences(rates), rates)
    growth, locked_growth = _search.growth(model, links), np.full(count, np.nan)
    kinds = np.where(growth > 0, UNDECIDED, Regime.UNSYNCHRONIZED)
    amplitudes, frequency = np.zeros(rates.shape[:2], dtype=complex), np.full(count, np.nan)
    for way in range(_search.FOLLOWED + 1):
        left = np.flatnonzero(kinds == UNDECIDED)
        if not left.size:
            break
        chosen, bonds, unit = tuple(part[left] for part in model), links[left], units[left]
        unknowns, found = np.zeros((left.size, 2 * rates.shape[1])), np.zeros(left.size, dtype=bool)
        given = (*chosen, bonds, unit, *_search.beginning(chosen, bonds, unit, way), unknowns, found)
        in_pieces(left.size, partial(side_by_side, work=partial(_search.search, *given)))
        turning, waves = unit * unknowns[:, 1], unknowns.view(complex)
        waves[:, 0] = waves[:, 0].real
        rate = np.full(left.size, np.nan)
        rate[found] = _search.locked_growth(rates[left[found]], bonds[found], turning[found], waves[found])
        locked_growth[left] = np.fmin(locked_growth[left], rate)
        stable = rate < 0
        kinds[left[stable]] = Regime.LOCKED
        amplitudes[left[stable]], frequency[left[stable]] = waves[stable], turning[stable]
    phase = np.angle(amplitudes[:, 0] * np.conj(amplitudes[:, -1]))
    return {
        "regime": kinds,
        "order_parameter": np.abs(amplitudes),
        "frequency": np.broadcast_to(frequency[:, None], amplitudes.shape).copy(),
        "relative_phase": np.where(kinds == Regime.LOCKED, phase, np.nan),
        "growth": growth,
        "locked_growth": locked_growth,
        "integrated": kinds == UNDECIDED,
    }


def _coherences(rates: Floats) -> tuple[Complexes, Complexes, Complexes]:
    """As `LadderGroups.first_coherences`, of three levels at every point."""
    gain, loss, bend, frequency = np.moveaxis(rates[..., :4], -1, 0)
    elements = rates[..., 4:].astype(complex)
    parts = np.zeros((*rates.shape[:2], 2, 2), dtype=complex)
    parts[..., 0, 0] = 1j * frequency - gain / 2
    parts[..., 1, 1] = 1j * (frequency + bend) - loss / 2
    return parts, elements * np.array([-1j, 1j]), elements


def _read_off(block: Block) -> dict[str, Any]:
    """Fields of `PhaseDiagram` from the last half of some runs."""
    run = block.amplitudes
    last = max(1, int(run.shape[-1] * ORDER_SHARE / FINAL_SHARE))
    order = np.abs(run[..., -last:]).mean(axis=-1)
    alive = order > QUIET
    peaks = dominant_frequencies(spectra(run), block.interval) + block.frame[:, None]
    together = (phase_slips(run[:, 0], run[:, -1]) < 0.5) & (order > DEAD).all(axis=1)
    steady = np.ptp(np.abs(run[..., -last:]), axis=-1).max(axis=-1) < QUIET
    kinds = np.where(together, np.where(steady, Regime.LOCKED, Regime.BREATHING), Regime.DRIFTING)
    phase = np.angle(run[:, 0, -1] * np.conj(run[:, -1, -1]))
    return {
        "regime": np.where(alive.any(axis=1), kinds, Regime.UNSYNCHRONIZED),
        "order_parameter": order,
        "frequency": np.where(alive, peaks, np.nan),
        "relative_phase": np.where(alive.all(axis=1), phase, np.nan),
        "integrated": True,
    }
