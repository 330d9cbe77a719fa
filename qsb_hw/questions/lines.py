"""Lines of a device on a spectrum analyser, and how two devices pull them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw._typing import Progress as Report
from qsb_hw.analysis.analysis import Analysis, analyse
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.analysis.pair import PairAnalysis, frame_of, frame_shift, pair_of
from qsb_hw.model.chip import Chip
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
PORT_ERROR = 1e-4
"""Error of the output of a bath's mode over its highest value up to which it counts as converged: the mode holds few
quanta, and what its steady state leaves is bounded by the error of all of ρ."""
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
    along, unit, at : str, str, (k,) float or None
        Path, unit and numbers of what was varied instead of Δ; None where it was Δ itself.
    """

    detuning: Floats
    lines: tuple[Pair, ...]
    uncoupled: Floats
    centres: Floats
    width: float
    levels: int
    error: float
    along: str = ""
    unit: str = ""
    at: Floats | None = None

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
        """Of the first spectrum that did not converge, else converged; of a port one whose error is not negligible."""
        return worst_status((self.spectrum.status, *(s.status for s in self.ports.values() if _is_off(s))))

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        ports = [(f"Output of {name}: ", s) for name, s in self.ports.items() if _is_off(s)]
        return next((f"{of}{s.message}" for of, s in (("", self.spectrum), *ports) if not s.ok), "")

    @property
    def certificate(self) -> Certificate:
        """Of the steady state."""
        return self.spectrum.certificate


def _is_off(port: Spectrum) -> bool:
    return not port.error <= PORT_ERROR


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
        pulling=pulling_of(analysis.pair) if pair else None,
    )


def pulling_of(pair: PairAnalysis) -> Pulling:
    """Lines of two nodes with their baths eliminated, over Δ."""
    one, other = short_ladders(pair)
    width, middle, centres = pair.half_width, pair.blockade, np.sort(pair.rest_detunings)
    ends = 1.3 * max(float(np.abs(centres - middle).max()), 20 * width, abs(middle) + 10 * width)
    near = [centres + side * step * width for step in STEPS for side in (-1, 1)]
    detunings = np.unique(np.concatenate([middle + np.linspace(-ends, ends, BETWEEN), *near, [0.0]]))
    found = [_lines_at(pair, one, other, delta, place, detunings.size) for place, delta in enumerate(detunings)]
    error = math.nan
    more = [min(node.effective.levels, short.levels + 1) for node, short in zip(pair.nodes, (one, other), strict=True)]
    if more != [one.levels, other.levels]:
        longer = [node.effective.truncated(n) for node, n in zip(pair.nodes, more, strict=True)]
        fewer = [found[int(np.argmin(np.abs(detunings - centre)))] for centre in centres.tolist()]
        checked = [_lines_at(pair, longer[0], longer[1], centre, k, centres.size) for k, centre in enumerate(centres)]
        error = max(_moved(x, y) for a, b in zip(fewer, checked, strict=True) for x, y in zip(a, b, strict=True))
    places = detunings - frame_shift(one, other)
    first, second = uncoupled_lines(pair, one, other)
    return Pulling(
        detuning=detunings + pair.offset, lines=tuple(found),
        uncoupled=np.column_stack([first + places, np.full(detunings.size, second)]),
        centres=centres + pair.offset, width=width, levels=max(one.levels, other.levels), error=error,
    )  # fmt: skip


def pulling_along(pairs: Sequence[PairAnalysis], along: str, unit: str, numbers: Sequence[float]) -> Pulling:
    """Lines of two nodes where they stand while a number of their file is varied, baths eliminated.

    Positions are relative to the transition n0 − 1 ↔ n0 of the second node of the first pair.
    """
    rest, lines, bare, detunings, errors = math.nan, [], [], [], []
    for place, pair in enumerate(pairs):
        one, other = short_ladders(pair)
        frame = frame_of(other)
        rest = frame if math.isnan(rest) else rest
        found = _lines_at(pair, one, other, 0.0, place, len(pairs))
        if place in (0, len(pairs) - 1):
            longer = [n.effective.truncated(min(n.effective.levels, s.levels + 1))
                      for n, s in zip(pair.nodes, (one, other), strict=True)]  # fmt: skip
            more = _lines_at(pair, longer[0], longer[1], 0.0, place, len(pairs))
            errors += [_moved(x, y) for x, y in zip(found, more, strict=True)]
        lines.append(tuple(tuple(replace(x, position=x.position + frame - rest) for x in some) for some in found))
        first, second = uncoupled_lines(pair, one, other)
        bare.append((first - frame_shift(one, other) + frame - rest, second + frame - rest))
        detunings.append(pair.offset)
    return Pulling(
        detuning=np.array(detunings), lines=tuple(lines), uncoupled=np.array(bare),  # type: ignore[arg-type]
        centres=np.empty(0), width=max(pair.half_width for pair in pairs), levels=max(one.levels, other.levels),
        error=max(errors), along=along, unit=unit, at=np.array(numbers),
    )  # fmt: skip


def pulling_of_twins(
    found: Emission, chips: Sequence[tuple[float, Chip]], along: str, unit: str, requested: Requested
) -> Emission:
    """The same with the lines of two devices while a number of the first is varied."""
    pairs = [ChipAnalysis(chip, replace(requested, coupling=None)).links[0].pair for _, chip in chips]
    return replace(found, pulling=pulling_along(pairs, along, unit, [number for number, _ in chips]))


def short_ladders(pair: PairAnalysis) -> tuple[EffectiveOscillator, EffectiveOscillator]:
    """Both nodes, baths eliminated, with a few levels above n0."""
    first, second = (
        node.effective.truncated(min(node.target + LEVELS_ABOVE, node.effective.levels)) for node in pair.nodes
    )
    return first, second


def uncoupled_lines(pair: PairAnalysis, one: EffectiveOscillator, other: EffectiveOscillator) -> tuple[float, float]:
    """Position of the strongest line of each alone, relative to its own transition n0 − 1 ↔ n0, rad/s."""
    network = pair_of(one, other, pair.coupling)
    different = network.oscillators[:1] if pair.nodes[0] is pair.nodes[1] else network.oscillators
    found = [_visible(emission_spectrum(alone))[0].position for alone in different]
    return found[0], found[-1]


def _lines_at(
    pair: PairAnalysis, one: EffectiveOscillator, other: EffectiveOscillator, detuning: float, place: int, count: int
) -> Pair:
    """Visible lines of both nodes at one δ."""
    if pair.progress is not None:
        pair.progress(f"lines of a {pair.title}, eliminated, {one.levels} levels", place, count)
    network = pair_of(one, other, pair.coupling, float(detuning) - frame_shift(one, other))
    steady = steady_state(network, estimate_truncation=False)
    first, second = (_visible(emission_spectrum(network, k, steady=steady)) for k in (0, 1))
    return first, second


def _moved(lines: tuple[Line, ...], others: tuple[Line, ...]) -> float:
    """Largest distance of a line of the strongest transition to the nearest one of it among others."""
    same = [[line.position for line in some if line.levels == lines[0].levels] for some in (lines, others)]
    return max(min((abs(one - other) for other in same[1]), default=math.inf) for one in same[0])


def _visible(spectrum: Spectrum) -> tuple[Line, ...]:
    return tuple(line for line in spectrum.require().peaks if line.weight >= VISIBLE * spectrum.total)


def _mean(lines: tuple[Line, ...]) -> float:
    same = [line for line in lines if line.levels == lines[0].levels]
    return float(np.average([line.position for line in same], weights=[line.weight for line in same]))
