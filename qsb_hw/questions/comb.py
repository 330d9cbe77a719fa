"""Several tones per bath side: a comb that pumps every step up to n0 equally, and damps steps above it equally."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats
from qsb_hw.arguments import whole
from qsb_hw.elimination.eliminate import bath_rates
from qsb_hw.errors import require
from qsb_hw.model.bath import Bath, Role, Tone
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.units import show_frequency

DAMPED_STEPS = 2
"""Steps above n0 that get a damping tone unless given."""
CLEAR = 1.0
"""Linewidths two tones of a comb must lie apart."""


@dataclass(frozen=True, slots=True)
class CombTone:
    """One tone of a comb: the transition level − 1 ↔ level it addresses, and its tone."""

    level: int
    tone: Tone


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ToneComb:
    """A comb, and the oscillator that has it.

    Attributes
    ----------
    oscillator : SelfOscillator
        With an auxiliary mode of its own for every tone: nothing depends on time.
    amplification, damping : tuple of CombTone
        By ascending level.
    up_rates : (n0,) float
        Rates of n−1 → n for n = 1 … n0 through all amplifying tones together, 1/s; second order in g.
    down_rates : (k,) float
        Rates of n → n−1 through all damping tones together for the steps that have one, 1/s.
    """

    oscillator: SelfOscillator
    amplification: tuple[CombTone, ...]
    damping: tuple[CombTone, ...]
    up_rates: Floats
    down_rates: Floats


def tone_comb(
    oscillator: SelfOscillator, up: Sequence[int] | None = None, down: Sequence[int] | None = None
) -> ToneComb:
    """Comb of tones that makes the pumping rates up to n0 equal, and the damping rates above it.

    Every tone is a copy of the strongest one of its side, with its linewidth and in an auxiliary mode of its own, tuned
    to one transition of the real ladder. Its strength follows from nonnegative least squares on the golden-rule rates,
    the tails of all tones counted, such that every step has the rate the strongest tone gives to its own. A Kerr
    oscillator then needs g ∝ 1/√n.

    All tones of a side on one cavity (several pumps, one mode) give the same rates to second order in g. Averaged over
    a beat of that periodic steady state, P(n0) differs by 2e-5 and the others by up to 6 % of themselves at g/κ = 0.1.
    The jumps of a side are then one coherent sum, which changes S through the tails only: at a resonance S is larger by
    some 3σ², 0.03 % at σ = 0.01 and 3 % at σ = 0.1 without losses; with T1 = 100/γ by 0.5 % and 4 %.

    Parameters
    ----------
    oscillator : SelfOscillator
        With at least one tone per side.
    up, down : sequence of int, optional
        Transitions level − 1 ↔ level to pump (1 … n0 unless given) and to damp (n0 + 1 and n0 + 2, as far as there
        are levels).

    Returns
    -------
    ToneComb
        `.oscillator` has the comb, one auxiliary mode per tone.

    Raises
    ------
    ArgumentError
        If the ladder is too short for n0, a transition is off the ladder or on the wrong side of n0, or two tones
        collide: on one transition, or closer than their linewidth.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> comb = qh.tone_comb(qh.load_device("transmon_squid").oscillator(5))
    >>> [tone.level for tone in (*comb.amplification, *comb.damping)]
    [1, 2, 3]
    """
    n0, missing = oscillator.target, [role.value for role in Role if not oscillator.tones(role)]
    require(
        n0 is not None and not missing,
        "A comb must start from a tone on each side",
        f"none for {' and '.join(missing)}",
        "Give the oscillator a damping and an amplifying bath.",
    )
    assert n0 is not None
    require(
        oscillator.levels >= n0 + 2,
        f"The ladder must have level n0 + 1 = {n0 + 1} above the level it stabilises",
        f"{oscillator.levels} levels",
        f"Keep at least {n0 + 2} levels.",
    )
    amplified = tuple(sorted(range(1, n0 + 1) if up is None else up))
    damped = tuple(sorted(range(n0 + 1, min(n0 + DAMPED_STEPS, oscillator.levels - 1) + 1) if down is None else down))
    _check_levels(amplified, 1, n0, "pump", "a higher one would drive the oscillator out of n0")
    _check_levels(damped, n0 + 1, oscillator.levels - 1, "damp", "a lower one would empty n0, a higher one is not kept")
    above, amplification, up_rates = _side(oscillator, Role.AMPLIFICATION, amplified, np.arange(1, n0 + 1))
    below, damping, down_rates = _side(oscillator, Role.DAMPING, damped, np.array(damped))
    combed = replace(oscillator, baths=(*below, *above, *oscillator.cooling_baths))
    return ToneComb(
        oscillator=combed, amplification=amplification, damping=damping, up_rates=up_rates, down_rates=down_rates
    )


def _check_levels(levels: tuple[int, ...], least: int, most: int, verb: str, why: str) -> None:
    require(len(levels) > 0, f"A comb must {verb} at least one transition", "none", "Leave it out for the usual ones.")
    for level in levels:
        whole("A level of a comb", level, "Levels are counted from 0.")
        require(
            least <= level <= most,
            f"A comb must {verb} transitions level − 1 ↔ level between {least} and {most}",
            level,
            f"Drop it: {why}.",
        )
    for level, following in pairwise(levels):
        require(
            level != following,
            "The tones of a comb must not collide: one per transition",
            f"two that {verb} {level - 1} ↔ {level}",
            "Name every transition once and raise its coupling instead.",
        )


def _side(
    oscillator: SelfOscillator, role: Role, levels: tuple[int, ...], steps: NDArray[np.int64]
) -> tuple[tuple[Bath, ...], tuple[CombTone, ...], Floats]:
    """Baths, tones and the rates (1/s) of `steps` for one side.

    Weights of γ are nonnegative and bring every step to the rate wanted, by least squares on relative errors.
    """
    from scipy.optimize import nnls

    model = _strongest(oscillator, role)
    resonance, lines = model.tones[0].resonance, oscillator.ladder.transition_frequencies
    _check_spacing(levels, lines, model.tones[0], role)
    placed = [model.retuned(0, float(lines[level - 1]) - resonance) for level in levels]
    response = np.array([_rates(oscillator, bath, role)[steps - 1] for bath in placed]).T  # (steps, tones)
    wanted = _rates(oscillator, model, role)[int(np.argmin(np.abs(lines - resonance)))]
    strengths, _ = nnls(response / wanted, np.ones(response.shape[0]))
    kept = [(level, bath, s) for level, bath, s in zip(levels, placed, strengths, strict=True) if s > 0]
    baths = tuple(
        replace(bath.scaled(coupling=math.sqrt(s)), name=f"{role.value} {level - 1}↔{level}") for level, bath, s in kept
    )
    tones = tuple(CombTone(level, bath.tones[0]) for (level, *_), bath in zip(kept, baths, strict=True))
    return baths, tones, response @ strengths


def _strongest(oscillator: SelfOscillator, role: Role) -> Bath:
    """The auxiliary mode of the strongest tone of one side, alone."""
    found = [
        (tone.gamma, k, j) for k, bath in enumerate(oscillator.baths) for j, tone in enumerate(bath.tones)
        if tone.role is role and not tone.cooling
    ]  # fmt: skip
    _, k, j = max(found)
    return oscillator.baths[k].of_tone(j)


def _rates(oscillator: SelfOscillator, bath: Bath, role: Role) -> Floats:
    """Golden-rule rates of every step in the direction of a role through one bath, 1/s, shape (levels−1,)."""
    rates, _ = bath_rates(replace(oscillator, baths=(bath,)))
    return np.diag(rates, -1 if role is Role.AMPLIFICATION else 1).copy()


def _check_spacing(levels: tuple[int, ...], lines: Floats, tone: Tone, role: Role) -> None:
    width = show_frequency(tone.linewidth)
    for first, second in combinations(levels, 2):
        apart = abs(float(lines[first - 1] - lines[second - 1]))
        require(
            apart >= CLEAR * tone.linewidth,
            f"The {role.value} tones of a comb must lie at least a linewidth κ = {width} apart",
            f"those of {first - 1} ↔ {first} and {second - 1} ↔ {second} colliding at a distance of "
            f"{show_frequency(apart)}",
            "Narrow κ, raise K, or leave one of them out.",
        )
