"""Which tones to use: as specified, at the best linewidth, with a comb of tones, or both."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.elimination.eliminate import bath_rates, intrinsic_rates
from qsb_hw.errors import ArgumentError
from qsb_hw.model.bath import Role, Tone
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.comb import ToneComb, tone_comb
from qsb_hw.questions.linewidth import LinewidthOptimum, optimal_linewidth, strongest, with_linewidth
from qsb_hw.questions.observe import (
    Observed,
    certified_alone,
    certified_pair,
    observe_nominal,
    pair_detunings,
    populated,
)
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.units import show_frequency

QUANTA_OF_COMBS = 1
"""Quanta that each auxiliary mode of a comb may hold."""
LARGEST_PAIR = 1100
"""States of a complete pair up to which its contrast is solved for a variant."""
ADIABATIC = 0.1
"""|X|g/κ up to which elimination holds, as the criterion of `check` has it."""
WORTH = 5e-3
"""Gain in P(n0) below which a change of tones is not advised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneVariant(Result):
    """One way to place the tones; status, certificate and message are those of its solves, or say why there are none.

    Attributes
    ----------
    linewidth, sigma : float
        κ of the strongest amplifying tone in rad/s, and κ/4K at n0.
    amplified, damped : int
        Number of tones.
    fidelity, contrast : float
        P(n0) with every tone kept, and S(resonance)/S(0); NaN where there is none or the pair is too large.
    slowest_pumping : float
        Smallest ratio of pump-up rate to loss below n0 (second order in g); infinite without loss.
    adiabaticity : float
        Largest |X| g/κ of any tone on the transition it addresses: above 0.1 its rate falls short of 4g²|X|²/κ.
    """

    name: str
    linewidth: float = math.nan
    sigma: float = math.nan
    amplified: int = 0
    damped: int = 0
    fidelity: float = math.nan
    contrast: float = math.nan
    slowest_pumping: float = math.nan
    adiabaticity: float = math.nan
    status: Status = Status.SKIPPED
    certificate: Certificate = field(default_factory=Certificate)
    solves: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ToneAdvice:
    """The variants, and what they say: what to change, in a sentence.

    Attributes
    ----------
    variants : tuple of ToneVariant
        As specified first.
    optimum : LinewidthOptimum
        One tone per side.
    comb : ToneComb or None
        At the linewidth specified; None where tones would collide. A comb of no more tones than the oscillator has is
        no variant.
    """

    target: int
    variants: tuple[ToneVariant, ...]
    optimum: LinewidthOptimum
    comb: ToneComb | None
    advice: str

    @property
    def solves(self) -> int:
        """Steady states solved."""
        return sum(v.solves for v in self.variants)


def advise_tones(analysis: Analysis, progress: Progress | None = None) -> ToneAdvice:
    """P(n0) and contrast of a device as specified, at its best linewidth, and with a comb of tones at either.

    The last variant is a single tone per bath at the linewidth best for the comb, to show what the comb changes. Every
    variant is solved with all its tones, each in an auxiliary mode of its own; those of a comb hold one quantum.
    `ArgumentError` where γ is so large that no linewidth fits.
    """
    oscillator, target = analysis.oscillator, analysis.target
    optimum = optimal_linewidth(oscillator, target, progress)
    best = _variant("best κ", optimum.oscillator, analysis, optimum)
    variants, comb = [_variant("as specified", oscillator, analysis), best], None
    try:
        comb = tone_comb(replace(oscillator, baths=tuple(b.with_at_most(QUANTA_OF_COMBS) for b in oscillator.baths)))
    except ArgumentError as error:
        variants.append(ToneVariant(name="comb", message=str(error)))
    if comb is not None and len(comb.oscillator.baths) > sum(_counts(oscillator)):
        if progress is not None:
            progress("comb of tones", 0, 0)
        combed = optimal_linewidth(comb.oscillator, target, progress)
        variants += [
            _variant("comb", comb.oscillator, analysis),
            _variant("comb, best κ", combed.oscillator, analysis, combed),
            _variant("same κ, single tone", with_linewidth(oscillator, combed.factor), analysis),
        ]
    advice = _advice(variants, target)
    return ToneAdvice(target=target, variants=tuple(variants), optimum=optimum, comb=comb, advice=advice)


def _counts(oscillator: SelfOscillator) -> tuple[int, int]:
    """Amplifying and damping tones."""
    return len(oscillator.tones(Role.AMPLIFICATION)), len(oscillator.tones(Role.DAMPING))


def _variant(
    name: str, oscillator: SelfOscillator, analysis: Analysis, optimum: LinewidthOptimum | None = None
) -> ToneVariant:
    target, pair = analysis.target, None
    own = oscillator is analysis.oscillator and analysis.requested.rwa  # solved already
    alone = analysis.alone if own else certified_alone(oscillator) if optimum is None else optimum.alone
    if math.prod(analysis.pair_size.of(oscillator).dims) ** 2 <= LARGEST_PAIR:
        pair = observe_nominal(analysis) if own else _pair_of(oscillator, analysis)
    beside = [found for found in (optimum, pair) if found is not None]
    linewidth, (amplified, damped) = strongest(oscillator).linewidth, _counts(oscillator)
    return ToneVariant(
        name=name,
        linewidth=linewidth,
        sigma=linewidth / (4 * oscillator.ladder.kerr_at(target)),
        amplified=amplified,
        damped=damped,
        fidelity=populated(alone, target),
        slowest_pumping=_slowest_pumping(oscillator, target),
        adiabaticity=max(_adiabaticity(oscillator, t) for t in oscillator.stabilising_tones),
        contrast=math.nan if pair is None else pair.contrast,
        status=worst_status(found.status for found in (alone, *beside)),
        certificate=Certificate.worst(found.certificate for found in (alone, *beside)),
        solves=(optimum is None) + sum(found.solves for found in beside),
    )


def _pair_of(oscillator: SelfOscillator, analysis: Analysis) -> Observed:
    return certified_pair(oscillator, oscillator, pair_detunings(oscillator, analysis), analysis)


def _adiabaticity(oscillator: SelfOscillator, tone: Tone) -> float:
    """|X_{n−1,n}| g/κ on the transition nearest to the tone."""
    n = int(np.argmin(np.abs(oscillator.ladder.transition_frequencies - tone.resonance)))
    return float(abs(oscillator.ladder.coupling[n, n + 1]) * tone.coupling / tone.linewidth)


def _slowest_pumping(oscillator: SelfOscillator, target: int) -> float:
    up, _ = bath_rates(oscillator)
    own = intrinsic_rates(oscillator.ladder, oscillator.decoherence)
    steps = [(up[n, n - 1], own[n - 1, n]) for n in range(1, target + 1)]
    return float(min(pump / loss if loss else math.inf for pump, loss in steps))


def _advice(variants: list[ToneVariant], target: int) -> str:
    now, best = variants[:2]
    solved = [v for v in variants if v.status is Status.CONVERGED]
    if now not in solved:
        return "The device as specified has no certified steady state."
    limit = max(ADIABATIC, 1.01 * now.adiabaticity)  # no worse than what is there already
    slow = [v for v in solved if v.adiabaticity <= limit]
    if slow and max(v.fidelity for v in slow) - now.fidelity >= WORTH:
        solved = slow
    top = max(solved, key=lambda v: v.fidelity)
    if top.fidelity - now.fidelity < WORTH:
        return f"Keep the tones: no other choice gains more than {WORTH:g} of P({target}) = {now.fidelity:.4f}."
    worth = [v for v in solved if v.fidelity > top.fidelity - WORTH]
    chosen = min(worth, key=lambda v: (v.amplified + v.damped, v is not best))
    tones = f"{chosen.amplified} amplifying and {chosen.damped} damping"
    how = "a single tone per bath" if chosen.amplified == chosen.damped == 1 else f"{tones} tones"
    cost = ""
    if chosen.contrast < 0.9 * now.contrast:
        cost = f" The contrast falls from {now.contrast:.3g} to {chosen.contrast:.3g}."
    if chosen.adiabaticity > limit:
        cost += f" There |X|g/κ = {chosen.adiabaticity:.2g}: trust the full model only, elimination no longer holds."
    return (
        f"Use {how} with κ/2π = {show_frequency(chosen.linewidth, 3)} (σ = {chosen.sigma:.3g}) at the same γ: "
        f"P({target}) rises from {now.fidelity:.4f} to {chosen.fidelity:.4f}.{cost}"
    )
