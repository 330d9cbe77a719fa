"""Emission spectra and their lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real_array
from qsb_hw.lindblad.response import Response
from qsb_hw.result import Certificate, Result, Status

MOST_RESOLVED = 16
"""Lines that frequencies are chosen for; all are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One Lorentzian of a spectrum: an eigenvalue −width/2 − i·position of L.

    Attributes
    ----------
    position, width : float
        Frequency of the emitted quantum, and full width at half maximum, in rad/s.
    weight, dispersion : float
        Quanta in it, and the strength of its antisymmetric part: w/(width/2 + i(position − ω)) has
        w = weight + i·dispersion.
    levels : tuple of int
        Level of the oscillator before and after: the transition that most of the mode is made of.
    error : float
        Residual of the eigenvalue in rad/s.
    """

    position: float
    width: float
    weight: float
    dispersion: float
    levels: tuple[int, int]
    error: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Spectrum(Result):
    """P(ω) = 2 Re ∫₀^∞ ⟨a†(0)a(τ)⟩ e^{iωτ} dτ less its coherent part; ∫P dω/2π = `total`.

    Attributes
    ----------
    status, message : Status, str
        `CONVERGED` where the error is at most four times the accuracy asked for.
    frequencies, power : (k,) float
        ω in rad/s, the frequency of the emitted quantum, with the pump's where it was given; P, a number without unit.
    peaks : tuple of Line
        The strongest first.
    total : float
        ⟨a†a⟩ − |⟨a⟩|².
    coherent : float
        |⟨a⟩|², a line without width; zero where a charge is conserved.
    offset : float
        What was added to all frequencies.
    error : float
        Bound on the error of the power over its highest value, for the model as it is: the residual of the reduced
        sector by the slowest decay found, the bound on the steady state's error times ‖a (−L − iω)⁻¹‖ at the
        frequencies of all lines, and rounding. Levels left out are not in it.
    responses : tuple of Response
        From which P follows at every frequency.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    >>> spectrum = qh.emission_spectrum(one)
    >>> [(line.levels, round(line.position, 1), round(line.weight, 2)) for line in spectrum.peaks[:2]]
    [((1, 0), 0.0, 0.92), ((2, 1), -20.0, 0.07)]
    """

    status: Status
    message: str
    certificate: Certificate
    frequencies: Floats
    power: Floats
    peaks: tuple[Line, ...]
    total: float
    coherent: float
    offset: float
    error: float
    responses: tuple[Response, ...]

    def __repr__(self) -> str:
        return (
            f"Spectrum({self.status.value}, {len(self.peaks)} lines, {self.frequencies.size} frequencies, "
            f"error ≤ {self.error:.1e})"
        )

    def at(self, frequencies: Floats) -> Floats:
        """P at other frequencies, (k,)."""
        wanted = np.atleast_1d(real_array("Frequencies", frequencies, "Give them in rad/s.")) - self.offset
        return power_of(self.responses, wanted)

    @property
    def linewidth(self) -> float:
        """Full width of the strongest line in rad/s: twice the rate at which the phase of one oscillator diffuses."""
        return self.peaks[0].width if self.peaks else float("nan")

    @property
    def slowest_decay(self) -> float:
        """Slowest decay in 1/s of all modes that are listed: how fast the phase forgets, whatever the line's weight.

        `qsb_hw.phase_diffusion` is another thing, of a whole ensemble around its limit cycle.
        """
        return min((line.width for line in self.peaks), default=float("nan")) / 2


def power_of(responses: tuple[Response, ...], frequencies: Floats) -> Floats:
    """2 Re of all responses together."""
    total: Complexes = sum((r.at(frequencies) for r in responses), np.zeros(frequencies.size, dtype=complex))
    return 2 * total.real


def lines_of(responses: tuple[Response, ...], levels: int, least: float) -> tuple[Line, ...]:
    """All lines with a weight of at least `least`, the strongest first; groups of a response are n · levels + m."""
    found = []
    for response in responses:
        for value, weight, group, error in zip(*response.modes(), strict=True):
            if abs(weight) >= least:
                before, after = divmod(int(group), levels)
                found.append(
                    Line(
                        position=float(-value.imag),
                        width=float(-2 * value.real),
                        weight=float(weight.real),
                        dispersion=float(weight.imag),
                        levels=(before, after),
                        error=float(error),
                    )
                )
    return tuple(sorted(found, key=lambda line: -abs(line.weight)))


def resolving(lines: tuple[Line, ...], points: int = 30) -> Floats:
    """Frequencies that show the strongest lines and what is between them and around."""
    lines = lines[:MOST_RESOLVED]
    steps = np.concatenate([[0.0], np.geomspace(0.1, 1000.0, points)])
    margin = 10 * max(line.width for line in lines)
    low, high = (pick(line.position for line in lines) + s * margin for pick, s in ((min, -1), (max, 1)))
    near = [line.position + side * steps * line.width / 2 for line in lines for side in (-1, 1)]
    grid = np.concatenate([np.linspace(low, high, 8 * points), *near])
    return np.unique(grid[(grid >= low) & (grid <= high)])
