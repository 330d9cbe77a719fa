"""Spectra of amplitudes: Hann window, peaks, slips of a relative phase."""

from __future__ import annotations

import math

import numpy as np

from qsb_hw._typing import Complexes, Floats


def frequencies(count: int, interval: float) -> Floats:
    """Angular frequencies of `spectra` of `count` samples taken every `interval`, ascending, (count,)."""
    return np.asarray(2 * math.pi * np.fft.fftshift(np.fft.fftfreq(count, interval)))


def spectra(amplitudes: Complexes) -> Floats:
    """|FT| of amplitudes (…, T) through a Hann window, (…, T) in the order of `frequencies`."""
    from scipy.fft import fft

    count = amplitudes.shape[-1]
    window = 0.5 - 0.5 * np.cos(2 * math.pi * np.arange(count) / count)
    return np.asarray(np.fft.fftshift(np.abs(fft(amplitudes * window, axis=-1, workers=-1)), axes=-1))


def dominant_frequencies(spectrum: Floats, interval: float) -> Floats:
    """Where spectra (…, T) peak, (…,), refined by a parabola through the logarithm around each peak."""
    count = spectrum.shape[-1]
    peak = np.argmax(spectrum, axis=-1)
    inside = np.clip(peak, 1, count - 2)
    around = np.take_along_axis(spectrum, inside[..., None] + np.array([-1, 0, 1]), axis=-1)
    left, middle, right = np.moveaxis(np.log(np.maximum(around, 1e-300)), -1, 0)
    bend = left - 2 * middle + right
    fine = (inside == peak) & (bend < 0)
    offset = np.where(fine, 0.5 * (left - right) / np.where(fine, bend, 1.0), 0.0)
    axis = frequencies(count, interval)
    return np.asarray(axis[peak] + (axis[1] - axis[0]) * offset)


def phase_slips(first: Complexes, second: Complexes) -> Floats:
    """Turns that the phase of `first` (…, T) relative to `second` wanders through, (…,)."""
    phase = np.unwrap(np.angle(first * np.conj(second)), axis=-1)
    return np.asarray(np.ptp(phase, axis=-1) / (2 * math.pi))
