"""Mean-field dynamics of large groups, integrated in time (Nadolny & Bruder 2023 Eq. 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qsb_hw.errors import require
from qsb_hw.sync.ensemble.groups import SpinGroups

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

STEPS_PER_RADIAN = 20.0
"""Runge–Kutta steps while the fastest term of the equations turns by one radian."""
FINAL_SHARE = 0.5
"""Part of a run, from its end, that spectra are taken from."""


@dataclass(frozen=True, slots=True, eq=False)
class MeanField:
    """Amplitudes of groups against time.

    Attributes
    ----------
    groups : SpinGroups
        What was integrated.
    times : (T,) float
        In the inverse unit of the rates.
    amplitudes : (G, T) complex
        ⟨S⁺⟩ of every group.
    final : (G, 3, 3) complex
        Density matrices at the end.
    """

    groups: SpinGroups
    times: Floats
    amplitudes: Complexes
    final: Complexes

    @property
    def order_parameter(self) -> Floats:
        """|⟨S⁺⟩| averaged over the last tenth of the run, (G,)."""
        last = max(1, self.times.size // 10)
        return np.asarray(np.abs(self.amplitudes[:, -last:]).mean(axis=1))

    @property
    def frequencies(self) -> Floats:
        """Angular frequencies of `spectra`, ascending."""
        count = self._final.shape[1]
        return np.asarray(2 * math.pi * np.fft.fftshift(np.fft.fftfreq(count, self.times[1] - self.times[0])))

    @property
    def spectra(self) -> Floats:
        """|FT ⟨S⁺⟩| of the last half of the run through a Hann window, (G, frequencies)."""
        window = np.hanning(self._final.shape[1])
        return np.asarray(np.abs(np.fft.fftshift(np.fft.fft(self._final * window, axis=1), axes=1)))

    @property
    def dominant_frequencies(self) -> Floats:
        """Where each spectrum peaks, (G,), refined by a parabola through the logarithm around the peak."""
        frequencies, step = self.frequencies, self.frequencies[1] - self.frequencies[0]
        return np.array([frequencies[k] + step * offset for k, offset in map(_peak, self.spectra)])

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
        phase = np.unwrap(np.angle(self._final[0] * np.conj(self._final[1])))
        return float(np.ptp(phase) / (2 * math.pi))

    @property
    def _final(self) -> Complexes:
        return np.asarray(self.amplitudes[:, -max(4, int(FINAL_SHARE * self.times.size)) :])


def mean_field(
    groups: SpinGroups,
    t_final: float,
    *,
    samples: int = 5000,
    initial: ArrayLike | None = None,
    step: float | None = None,
) -> MeanField:
    """Integrate the mean-field equations, exact for infinitely many oscillators.

    Parameters
    ----------
    groups : SpinGroups
        What to integrate.
    t_final : float
        Length of the run in the inverse unit of the rates.
    samples : int
        Equally spaced times kept, besides the start.
    initial : (G, 3, 3) array_like, optional
        Density matrices; 1/3 + (|1⟩⟨2| + h.c.)/10 in the first group and 1/3 in the others unless given, as in the
        paper.
    step : float, optional
        Largest Runge–Kutta step; a twentieth of a radian of the fastest term unless given.

    Raises
    ------
    ArgumentError
        Times or steps that are not positive, too few samples, matrices that are no states.
    """
    require(math.isfinite(t_final) and t_final > 0, "`t_final` must be positive", t_final, "Give a time.")
    require(samples >= 8, "There must be at least 8 samples", samples, "Raise `samples`.")
    require(step is None or step > 0, "`step` must be positive", step, "Leave it out for a safe one.")
    states = _packed(_initial(groups) if initial is None else _checked(groups, initial))
    longest = step or 1 / (STEPS_PER_RADIAN * _fastest(groups))
    every = max(1, math.ceil(t_final / samples / longest))
    from qsb_hw.sync.ensemble._kernel import integrate

    rates = np.stack([groups.gain, groups.loss, groups.asymmetry, groups.frequency], axis=1)
    batch = states[None].copy()
    found = integrate(batch, rates[None], groups.links[None].copy(), t_final / samples / every, every, samples)
    return MeanField(groups, np.linspace(0, t_final, samples + 1), found[0], _unpacked(batch[0]))


def _fastest(groups: SpinGroups) -> float:
    """Largest rate or frequency in the equations."""
    field = 4 * np.abs(groups.links).sum(axis=1)  # √2|h| with |⟨S⁺⟩| ≤ √2
    own = np.abs(2 * groups.frequency + groups.asymmetry) + np.abs(groups.asymmetry) + groups.gain + groups.loss
    return float((own + field).max())


def _initial(groups: SpinGroups) -> Complexes:
    states: Complexes = np.zeros((groups.count, 3, 3), dtype=complex)
    states += np.eye(3) / 3
    states[0, 1, 2] = states[0, 2, 1] = 0.1
    return states


def _checked(groups: SpinGroups, initial: ArrayLike) -> Complexes:
    states = np.asarray(initial, dtype=complex)
    require(
        states.shape == (groups.count, 3, 3),
        f"`initial` must hold {groups.count} matrices of 3 × 3",
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


def _packed(states: Complexes) -> Complexes:
    rows, cols = np.array([0, 2, 0, 1, 0]), np.array([0, 2, 1, 2, 2])
    return np.asarray(states[:, rows, cols])


def _unpacked(packed: Complexes) -> Complexes:
    states = np.zeros((len(packed), 3, 3), dtype=complex)
    states[:, [0, 0, 1], [1, 2, 2]] = packed[:, [2, 4, 3]]
    states += np.swapaxes(states.conj(), 1, 2)
    states[:, 0, 0], states[:, 2, 2] = packed[:, 0].real, packed[:, 1].real
    states[:, 1, 1] = 1 - packed[:, 0].real - packed[:, 1].real
    return states


def _peak(spectrum: Floats) -> tuple[int, float]:
    """Index of the peak and its offset in bins."""
    k = int(np.argmax(spectrum))
    if not 0 < k < spectrum.size - 1 or spectrum[k] <= 0:
        return k, 0.0
    a, b, c = np.log(np.maximum(spectrum[k - 1 : k + 2], 1e-300))
    bend = a - 2 * b + c
    return k, float(0.5 * (a - c) / bend) if bend < 0 else 0.0
