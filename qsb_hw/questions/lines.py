"""Lines of a device on a spectrum analyser, and how two devices pull them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw._typing import Progress as Report
from qsb_hw.analysis.analysis import Analysis, analyse
from qsb_hw.analysis.pair import half_width, pair_of
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.spectra import emission_spectrum
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.sync.exact import steady_state
from qsb_hw.sync.spectrum import Line, Spectrum

VISIBLE = 0.01
"""Share of the quanta from which a line of a pair is shown."""
STEPS = (0.0, 0.15, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Where zero detuning and the resonances are looked at on either side, in half-widths of a line of S(Δ)."""
LEVELS_ABOVE = 3
"""Levels that the ladders of a pair keep above n0."""
BETWEEN = 25
"""Equal steps of the detuning over the whole range."""


Pair = tuple[tuple[Line, ...], tuple[Line, ...]]
"""Lines of both devices."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Pulling:
    """Lines of two coupled devices over their detuning.

    Attributes
    ----------
    detuning : (k,) float
        Δ = ω_1 − ω_2 in rad/s.
    lines : tuple of pairs of tuples of Line
        Visible lines of either device at each Δ, the strongest first.
        Positions are relative to the transition n0 − 1 ↔ n0 of the undetuned device with its baths.
    uncoupled : (k, 2) float
        Position of the strongest line of either without coupling, likewise, rad/s.
    centres, width : (m,) float, float
        Zero detuning and the resonances, and the half-width of a line of S(Δ) there, rad/s.
    levels : int
        That each ladder keeps.
    error : float
        Largest change of a position by one more level, at zero detuning and at the resonances, rad/s; NaN where the
        ladder has no more levels.
    """

    detuning: Floats
    lines: tuple[Pair, ...]
    uncoupled: Floats
    centres: Floats
    width: float
    levels: int
    error: float

    @property
    def shift(self) -> Floats:
        """Mean position of the lines of n0 → n0 − 1, by their weights, less that without coupling, (k, 2), rad/s."""
        return np.array([[_mean(lines) - bare for lines, bare in zip(*row, strict=True)] for row in
                         zip(self.lines, self.uncoupled, strict=True)])  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Emission(Result):
    """What a spectrum analyser shows of one device and of two.

    Attributes
    ----------
    target : int
        n0.
    spectrum : Spectrum
        Of the oscillator of one complete device.
    ports : dict of str to Spectrum
        Of the mode of every bath, by name, in the frame of its pump.
    coupling : float
        V in rad/s.
    pulling : Pulling or None
        Of the eliminated pair; None where none was asked for.
    """

    target: int
    spectrum: Spectrum
    ports: dict[str, Spectrum]
    coupling: float
    pulling: Pulling | None

    @property
    def status(self) -> Status:
        """Of the first spectrum that did not converge, else converged."""
        return worst_status(s.status for s in (self.spectrum, *self.ports.values()))

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        return next((s.message for s in (self.spectrum, *self.ports.values()) if not s.ok), "")

    @property
    def certificate(self) -> Certificate:
        """Of the steady state."""
        return self.spectrum.certificate


def emission(
    source: Device | SelfOscillator, *, pair: bool = True, progress: Report | None = None, **requested: Any
) -> Emission:
    """Lines of a complete device and of its baths' outputs, and how the lines of two devices depend on Δ.

    Parameters
    ----------
    source : Device or SelfOscillator
        What emits; two copies of it are the pair, whose baths are eliminated.
    pair : bool
        Whether to look at two devices.
    progress : callable, optional
        Called with (stage, done, total).
    **requested
        Fields of `Requested`, as of `analyse`.

    Returns
    -------
    Emission

    Raises
    ------
    ArgumentError
        If no level is singled out.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.emission(qh.load_device("kerr_squid_array"), levels=4, bath_levels=2, pair=False)
    >>> found.spectrum.peaks[0].levels
    (1, 0)
    """
    return emission_of(analyse(source, progress=progress, **requested), pair=pair)


def emission_of(analysis: Analysis, *, pair: bool = True) -> Emission:
    """The same of an analysis."""
    analysis = analysis.completed
    steady, target = analysis.alone.require(), analysis.target
    modes = [bath.name for bath in analysis.oscillator.baths if bath.is_mode]
    return Emission(
        target=target,
        spectrum=emission_spectrum(analysis, steady=steady),
        ports={name: emission_spectrum(analysis, port=name, steady=steady) for name in modes},
        coupling=analysis.coupling,
        pulling=_pulling(analysis, target) if pair else None,
    )


def _pulling(analysis: Analysis, target: int) -> Pulling:
    levels = min(target + LEVELS_ABOVE, analysis.effective.levels)
    effective = analysis.effective.truncated(levels)
    width = half_width(effective, analysis.coupling)
    centres = np.sort(analysis.rest_detunings)
    ends = 1.3 * max(float(np.abs(centres).max()), 20 * width)
    near = [centres + side * step * width for step in STEPS for side in (-1, 1)]
    detunings = np.unique(np.concatenate([np.linspace(-ends, ends, BETWEEN), *near]))
    bare = _visible(emission_spectrum(pair_of(effective, effective, analysis.coupling).oscillators[1]))[0].position
    found = _lines_at(analysis, effective, detunings)
    error = math.nan
    if levels < analysis.effective.levels:
        fewer = [found[int(np.argmin(np.abs(detunings - centre)))] for centre in centres.tolist()]
        more = _lines_at(analysis, analysis.effective.truncated(levels + 1), centres)
        error = max(
            _moved(one, other) for a, b in zip(fewer, more, strict=True) for one, other in zip(a, b, strict=True)
        )
    uncoupled = np.column_stack([bare + detunings, np.full(detunings.size, bare)])
    return Pulling(
        detuning=detunings, lines=tuple(found), uncoupled=uncoupled, centres=centres, width=width, levels=levels,
        error=error,
    )  # fmt: skip


def _lines_at(analysis: Analysis, effective: EffectiveOscillator, detunings: Floats) -> list[Pair]:
    """Visible lines of both devices of a pair at each Δ."""
    found = []
    for place, detuning in enumerate(detunings.tolist()):
        if analysis.progress is not None:
            stage = f"lines of a pair, eliminated, {effective.levels} levels"
            analysis.progress(stage, place, detunings.size)
        network = pair_of(effective, effective, analysis.coupling, detuning)
        steady = steady_state(network, estimate_truncation=False)
        first, second = (_visible(emission_spectrum(network, k, steady=steady)) for k in (0, 1))
        found.append((first, second))
    return found


def _moved(lines: tuple[Line, ...], others: tuple[Line, ...]) -> float:
    """Largest distance of a line of the strongest transition to the nearest one of it among others."""
    same = [[line.position for line in some if line.levels == lines[0].levels] for some in (lines, others)]
    return max(min((abs(one - other) for other in same[1]), default=math.inf) for one in same[0])


def _visible(spectrum: Spectrum) -> tuple[Line, ...]:
    return tuple(line for line in spectrum.require().peaks if line.weight >= VISIBLE * spectrum.total)


def _mean(lines: tuple[Line, ...]) -> float:
    same = [line for line in lines if line.levels == lines[0].levels]
    return float(np.average([line.position for line in same], weights=[line.weight for line in same]))
