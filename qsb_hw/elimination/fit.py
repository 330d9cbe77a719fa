"""γ, σ and n± as the full model has them, read off its steady-state currents."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.elimination.conventions import KerrFit
from qsb_hw.lindblad.operators import embed
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.bath import Role
from qsb_hw.model.build import bath_interaction, full_model
from qsb_hw.model.effective import Lorentzian
from qsb_hw.model.oscillator import SelfOscillator

SMALLEST_POPULATION = 1e-10
"""Below this a level's population is rounding, and so is a rate divided by it."""
LEVELS_ABOVE = 5
"""Levels from n0 on that are solved for a fit: a rate, a current over a population, is that of its own transition."""
SWEEP = np.array([-1.0, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0])
"""Positions of the tone relative to the line, in units of κ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedParameters:
    """Lorentzians through the rates of the full model, in levels of the Kerr ladder matched at n0."""

    amplification: Lorentzian | None = None  # None for a side that cannot be fitted
    damping: Lorentzian | None = None
    worst_misfit: float = math.nan  # largest relative difference between a rate and its fit
    reason: str = ""  # why a side is missing; "" otherwise


def transition_rates(
    oscillator: SelfOscillator, steady: SteadyState, bath: int, rwa: bool = True, tone: int = 0
) -> Floats:
    """Rates the full model realises through one tone of a bath, for n−1 ↔ n with n = 1 … levels−1, in 1/s.

    The current of quanta through bath j across the gap below level n is i⟨[H_j, Π_{≥n}]⟩; divided by the
    population it starts from it is a rate, whatever its size compared with κ. NaN where that population is
    rounding.
    """
    populations = steady.populations(0)
    interaction = bath_interaction(oscillator, bath, rwa, tone)
    gains = oscillator.baths[bath].tones[tone].role is Role.AMPLIFICATION
    rates = np.full(oscillator.levels - 1, math.nan)
    for n in range(1, oscillator.levels):
        origin = populations[n - 1] if gains else populations[n]
        if origin > SMALLEST_POPULATION:
            above = embed({0: np.diag(np.arange(oscillator.levels) >= n).astype(float)}, oscillator.dims)
            current = (1j * steady.expectation(interaction @ above - above @ interaction)).real
            rates[n - 1] = (current if gains else -current) / origin
    return rates


def fit_full_model(oscillator: SelfOscillator, rwa: bool = True, steady: SteadyState | None = None) -> FittedParameters:
    """Fit γ, σ, n± to the full model by sweeping each tone across its line.

    The tone is moved by up to κ, the full model solved at every position, and the rate of the addressed
    transition read off its current. 1/Γ is a parabola in the position, so the fit is linear least squares on
    relative errors: |X|²/Γ = ((x − x0)² + (κ'/2)²)/(γ(κ'/2)²). Width and centre in levels follow from the spacing
    2K between neighbouring transitions at n0: σ = κ'/4K, n± = m + (ω_line − |δ|)/2K for the transition m−1 ↔ m.
    The full model's steady state, where it is known, is not solved again for a tone that is on its line.
    """
    target = oscillator.target_with_neighbours
    up, down = _only_tone(oscillator, Role.AMPLIFICATION), _only_tone(oscillator, Role.DAMPING)
    if target is None:
        return FittedParameters(reason="there is no target level with both neighbours")
    if up is None or down is None:
        return FittedParameters(reason="a side has not exactly one tone")
    solved = {} if steady is None or oscillator.levels > target + LEVELS_ABOVE else {_detunings(oscillator): steady}
    oscillator = oscillator.truncated(min(oscillator.levels, target + LEVELS_ABOVE))
    fit = KerrFit.at(oscillator.ladder, target)
    if fit.kerr <= 0:
        return FittedParameters(reason="K is not positive at the target level")
    (amplification, first), (damping, second) = (_sweep(oscillator, *place, fit, rwa, solved) for place in (up, down))
    return FittedParameters(
        amplification=amplification,
        damping=damping,
        worst_misfit=max(first, second),
        reason="" if amplification and damping else "a line of the full model is not a Lorentzian",
    )


def _only_tone(oscillator: SelfOscillator, role: Role) -> tuple[int, int] | None:
    """Bath and number of the only stabilising tone of a role; None where there is another number of them."""
    places = ((k, j, tone) for k, bath in enumerate(oscillator.baths) for j, tone in enumerate(bath.tones))
    found = [(k, j) for k, j, tone in places if tone.role is role and not tone.cooling]
    return found[0] if len(found) == 1 else None


def _sweep(
    oscillator: SelfOscillator,
    bath: int,
    tone_of_bath: int,
    fit: KerrFit,
    rwa: bool,
    solved: dict[tuple[float, ...], SteadyState],
) -> tuple[Lorentzian | None, float]:
    """Lorentzian through the rates of one transition while its tone is moved across it, and the misfit.

    `solved` holds the steady states so far by the detunings of all tones: those of both sweeps meet on the lines.
    """
    tone = oscillator.baths[bath].tones[tone_of_bath]
    transitions = oscillator.ladder.transition_frequencies
    addressed = int(np.argmin(np.abs(transitions - tone.resonance)))
    strength = abs(oscillator.ladder.coupling[addressed, addressed + 1]) ** 2
    line = float(transitions[addressed]) - tone.resonance
    offsets = line + tone.linewidth * SWEEP
    rates, baths = [], oscillator.baths
    for offset in offsets:
        retuned = baths[bath].retuned(tone_of_bath, offset)
        moved = replace(oscillator, baths=(*baths[:bath], retuned, *baths[bath + 1 :]))
        place = _detunings(moved)
        if place not in solved:
            solved[place] = steady_state(full_model(moved, rwa)).require()
        rates.append(transition_rates(moved, solved[place], bath, rwa, tone_of_bath)[addressed] / strength)
    found, misfit = _lorentzian_through(offsets / tone.linewidth, np.array(rates))
    if found is None:
        return None, math.nan
    in_levels = tone.linewidth / (2 * fit.kerr)
    return Lorentzian(found.gamma, found.sigma * in_levels, addressed + 1 + found.centre * in_levels), misfit


def _detunings(oscillator: SelfOscillator) -> tuple[float, ...]:
    return tuple(tone.detuning for bath in oscillator.baths for tone in bath.tones)


def _lorentzian_through(position: Floats, rates: Floats) -> tuple[Lorentzian | None, float]:
    if not np.all(np.isfinite(rates) & (rates > 0)):
        return None, math.nan
    powers = np.vander(position, 3)
    (a, b, c), *_ = np.linalg.lstsq(powers * rates[:, None], np.ones(rates.size), rcond=None)
    centre = -b / (2 * a)
    square = c / a - centre**2
    if not (a > 0 and square > 0):
        return None, math.nan
    misfit = np.abs((powers @ np.array([a, b, c])) * rates - 1)
    return Lorentzian(float(1 / (a * square)), math.sqrt(square), float(centre)), float(misfit.max())
