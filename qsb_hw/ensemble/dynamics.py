"""Mean-field dynamics of large groups, integrated in time (Nadolny & Bruder 2023 Eq. 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import complex_array, real, whole
from qsb_hw.ensemble.groups import Groups, SpinGroups
from qsb_hw.ensemble.ladders import LadderGroups
from qsb_hw.ensemble.spectra import dominant_frequencies, frequencies, phase_slips, spectra
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.compiling import in_pieces, require_steps
from qsb_hw.result import Certificate, Result, Status

MOST_STEPS = 1e9
"""Runge–Kutta steps of one run that are begun unless told otherwise: about an hour for a few groups."""
STEPS_PER_RADIAN = 20.0
"""Runge–Kutta steps while the fastest term of the equations turns by one radian."""
LARGEST_STEP = 2.5
"""Radians by which the fastest term may turn in one step: the method is unstable from 2.8 on."""
FINAL_SHARE = 0.5
"""Part of a run, from its end, that spectra are taken from."""
LOWEST = 1e-6
"""How far below zero an eigenvalue of a final state may lie."""
TILT = 0.1
"""Angle by which the first group of ladders is tilted at the start unless told otherwise."""
ORDER_SHARE = 0.1
"""Part of a run, from its end, that order parameters are averaged over."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MeanField(Result):
    """Amplitudes of groups against time.

    Attributes
    ----------
    groups : SpinGroups or LadderGroups
        What was integrated.
    times : (T,) float
        In the inverse unit of the rates.
    amplitudes : (G, T) complex
        ⟨S⁺⟩ (⟨a†⟩ of a ladder) of every group.
    final : (G, d, d) complex
        Density matrices at the end.
    status : Status
        Converged, or unphysical where the final states are not positive: the step was too long.
    """

    groups: Groups
    times: Floats
    amplitudes: Complexes
    final: Complexes
    status: Status
    message: str
    certificate: Certificate = field(default_factory=Certificate)

    @property
    def order_parameter(self) -> Floats:
        """|⟨S⁺⟩| averaged over the last tenth of the run, (G,)."""
        last = max(1, int(ORDER_SHARE * self.times.size))
        return np.asarray(np.abs(self.amplitudes[:, -last:]).mean(axis=1))

    @property
    def frequencies(self) -> Floats:
        """Angular frequencies of `spectra`, ascending."""
        return frequencies(self._final.shape[1], self._interval)

    @property
    def spectra(self) -> Floats:
        """|FT ⟨S⁺⟩| of the last half of the run through a Hann window, (G, frequencies)."""
        return spectra(self._final)

    @property
    def dominant_frequencies(self) -> Floats:
        """Where each spectrum peaks, (G,), refined by a parabola through the logarithm around the peak."""
        return dominant_frequencies(self.spectra, self._interval)

    @property
    def frequency_difference(self) -> float:
        """Dominant frequency of the first group less that of the second (the paper's criterion of locking)."""
        require(self.groups.count >= 2, "A frequency difference needs two groups", "one", "Give `intergroup`.")
        first, second = self.dominant_frequencies[:2]
        return float(first - second)

    @property
    def relative_phase(self) -> float:
        """arg⟨S⁺⟩ of the first group less that of the second at the end, in (−π, π]."""
        require(self.groups.count >= 2, "A relative phase needs two groups", "one", "Give `intergroup`.")
        return float(np.angle(self.amplitudes[0, -1] * np.conj(self.amplitudes[1, -1])))

    @property
    def phase_slips(self) -> float:
        """Turns of the relative phase during the last half of the run; below one half where the groups are locked."""
        require(self.groups.count >= 2, "A relative phase needs two groups", "one", "Give `intergroup`.")
        return float(phase_slips(self._final[0], self._final[1]))

    @property
    def _interval(self) -> float:
        return float(self.times[1] - self.times[0])

    @property
    def _final(self) -> Complexes:
        return np.asarray(self.amplitudes[:, -max(4, int(FINAL_SHARE * self.times.size)) :])


def mean_field(
    groups: Groups,
    t_final: float,
    *,
    samples: int = 5000,
    initial: ArrayLike | None = None,
    step: float | None = None,
    most_steps: float = MOST_STEPS,
) -> MeanField:
    """Integrate the mean-field equations, exact for infinitely many oscillators.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        What to integrate.
    t_final : float
        Length of the run in the inverse unit of the rates.
    samples : int
        Equally spaced times kept, besides the start.
    initial : (G, d, d) array_like, optional
        Density matrices. Three levels start from 1/3 + (|1⟩⟨2| + h.c.)/10 in the first group and 1/3 in the others,
        ladders uncoupled, the first group tilted by a tenth of a radian.
    step : float, optional
        Largest Runge–Kutta step; a twentieth of a radian of the fastest term unless given.
    most_steps : float
        Steps that are begun at most.

    Returns
    -------
    MeanField
        Amplitudes in time, order parameters, spectra and relative phase.

    Raises
    ------
    ArgumentError
        If a time or step is not positive, samples are too few, or matrices are no states.
    CapacityError
        If the run would take more than `most_steps` steps, or its samples do not fit in memory.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> run = qh.mean_field(qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.5), 60.0, samples=600)
    >>> print(run.order_parameter.round(3))
    [0.117]
    """
    t_final = real("`t_final`", t_final, "Give a time.", above=0.0)
    samples = whole("`samples`", samples, "There must be at least 8 samples.", least=8)
    step = None if step is None else real("`step`", step, "Leave it out for a safe one.", above=0.0)
    states = _initial(groups) if initial is None else checked_states(groups, initial)
    ladders, turn = in_slowest_frame(groups.ladders)
    rate = fastest(ladders)
    require(
        step is None or 0 < step * rate <= LARGEST_STEP,
        f"`step` must be positive and at most {LARGEST_STEP / rate:.3g}, {LARGEST_STEP:g} radians of the fastest term",
        step,
        "Leave it out for a safe one.",
    )
    steps = t_final / samples / (step or 1 / (STEPS_PER_RADIAN * rate))
    require_steps(samples * max(1.0, steps), most_steps, "a run")
    require_memory(64.0 * groups.count * samples, f"{samples} samples of {groups.count} groups", "Lower `samples`.")
    every = max(1, math.ceil(steps))
    amplitudes, final = _integrated(ladders, states, t_final / samples / every, every, samples)
    times = np.linspace(0, t_final, samples + 1)
    levels = np.arange(ladders.levels)
    back = np.exp(-1j * turn * t_final * (levels[:, None] - levels[None, :]))
    lowest = float(np.linalg.eigvalsh(final).min())
    physical = lowest > -LOWEST
    return MeanField(
        groups=groups,
        times=times,
        amplitudes=amplitudes * np.exp(1j * turn * times),
        final=final * back,
        status=Status.CONVERGED if physical else Status.UNPHYSICAL,
        message=f"Integrated up to t = {t_final:g}."
        if physical
        else f"The states at t = {t_final:g} have an eigenvalue of {lowest:.1e}. Shorten `step`.",
    )


def in_slowest_frame(ladders: LadderGroups) -> tuple[LadderGroups, float]:
    """In a frame in which the fastest coherence of all groups is as slow as it can be, and its frequency."""
    levels = np.arange(ladders.levels)

    def widest(turn: float) -> float:
        return float(np.ptp(ladders.energies - turn * levels, axis=1).max())

    spacings = np.diff(ladders.energies, axis=1)
    low, high = float(spacings.min()), float(spacings.max())
    for _ in range(60):  # convex
        third = (high - low) / 3
        low, high = (low, high - third) if widest(low + third) < widest(high - third) else (low + third, high)
    turn = (low + high) / 2
    return replace(ladders, energies=ladders.energies - turn * levels), turn


def _integrated(
    groups: LadderGroups, states: Complexes, step: float, every: int, samples: int
) -> tuple[Complexes, Complexes]:
    import scipy.sparse as sp

    from qsb_hw.ensemble._kernel import integrate

    local = groups.superoperators()[0]
    diagonal = np.ascontiguousarray(np.diagonal(local, 0, 1, 2))
    group, row, column = np.nonzero(local * (1 - np.eye(groups.levels**2)))
    own = (diagonal, np.searchsorted(group, np.arange(groups.count + 1)), row, column, local[group, row, column])
    elements = np.ascontiguousarray(np.diagonal(groups.lowering, 1, 1, 2))
    links = sp.csr_array(groups.links)
    network = (links.indptr.astype(np.int64), links.indices.astype(np.int64), links.data.astype(float))
    final = states.reshape(groups.count, -1).copy()
    found = np.empty((samples + 1, groups.count), dtype=complex)
    in_pieces(every * samples, partial(integrate, final, own, elements, network, step, every, found))
    return np.ascontiguousarray(found.T), final.reshape(states.shape)


def fastest(ladders: LadderGroups) -> float:
    """Largest rate or frequency in the equations."""
    largest = np.abs(ladders.lowering).max(axis=(1, 2))
    field = 2 * largest * (np.abs(ladders.links) @ largest)  # 2|A||h| with |⟨A⟩| ≤ largest element
    turning = np.ptp(ladders.energies, axis=1)
    decay = [sum(float(np.sum(np.abs(jump) ** 2, axis=0).max()) for jump in group) for group in ladders.jumps]
    return float((turning + field + np.array(decay)).max())


def _initial(groups: Groups) -> Complexes:
    if isinstance(groups, SpinGroups):
        return paper_states(groups.count)
    return groups.ladders.tilted(np.where(np.arange(groups.count) == 0, TILT, 0.0))


def paper_states(count: int, coherence: complex = 0.1) -> Complexes:
    """1/3 + (c|1⟩⟨2| + h.c.) in the first group and 1/3 in the others, (G, 3, 3).

    Nadolny & Bruder 2023 print c|1⟩⟨2| alone, which is no state.
    """
    states: Complexes = np.tile(np.eye(3, dtype=complex) / 3, (count, 1, 1))
    states[0, 1, 2], states[0, 2, 1] = coherence, np.conj(coherence)
    return states


def checked_states(groups: Groups, initial: ArrayLike) -> Complexes:
    """Density matrices (G, d, d), one per group."""
    states = complex_array("`initial`", initial, "Give one density matrix per group.")
    size = groups.ladders.levels
    require(
        states.shape == (groups.count, size, size),
        f"`initial` must hold {groups.count} matrices of {size} × {size}",
        f"shape {states.shape}",
        "Give one density matrix per group.",
    )
    hermitian = np.allclose(states, np.swapaxes(states.conj(), 1, 2), atol=1e-10)
    traces = np.trace(states, axis1=1, axis2=2).real
    require(
        hermitian and np.allclose(traces, 1, atol=1e-10) and float(np.linalg.eigvalsh(states).min()) > -1e-10,
        "`initial` must hold density matrices: Hermitian, trace one, not negative",
        f"traces {traces.tolist()}",
        "Add the Hermitian conjugate, and normalise.",
    )
    return states
