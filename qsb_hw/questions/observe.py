"""What one device and a pair of them show: P(n0), and S at zero detuning and at a resonance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.pair import contrast_of
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.build import full_model
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.sync.exact import detuning_sweep
from qsb_hw.sync.phase import PhaseDistribution
from qsb_hw.sync.resonances import Resonance, resonances
from qsb_hw.sync.solution import SyncSolution


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Observed(Result):
    """What is seen of one device and of a pair, certified by all its solves; NaN where one failed.

    Attributes
    ----------
    fidelity : float
        P(n0) of one device, every bath kept.
    coefficients : (k, m) complex
        c_0 … of the relative phase at zero detuning and at a resonance (`PhaseDistribution`).
    solves : int
        Steady states behind it.
    """

    fidelity: float
    coefficients: Complexes
    status: Status
    certificate: Certificate
    solves: int
    message: str = ""

    @property
    def S(self) -> Floats:
        """S at zero detuning, then at a resonance."""
        return np.array([PhaseDistribution(c).S if np.all(np.isfinite(c)) else math.nan for c in self.coefficients])

    @property
    def contrast(self) -> float:
        """S(resonance)/S(0); NaN without a resonance."""
        return contrast_of(self.S)


def observe_nominal(analysis: Analysis) -> Observed:
    """What an analysis shows of its own device; its solutions are shared."""
    pair = _of_pairs(analysis.complete_pairs(nominal_detunings(analysis)))
    return _observed(analysis.alone, pair, analysis)


def observe(oscillator: SelfOscillator, analysis: Analysis) -> Observed:
    """P(n0) of an oscillator with every bath kept, and S of two alike at zero detuning and at a resonance.

    Pairs are as large as those of `analysis`, with the same V.
    """
    pair = certified_pair(oscillator, oscillator, pair_detunings(oscillator, analysis), analysis)
    return _observed(certified_alone(oscillator, analysis.requested.rwa), pair, analysis)


def _observed(alone: SteadyState, pair: Observed, analysis: Analysis) -> Observed:
    return replace(
        pair,
        fidelity=populated(alone, analysis.target),
        status=worst_status((alone.status, pair.status)),
        certificate=Certificate.worst((alone.certificate, pair.certificate)),
        solves=1 + pair.solves,
    )


def certified_alone(oscillator: SelfOscillator, rwa: bool = True) -> SteadyState:
    """Steady state of one oscillator with every bath kept."""
    return steady_state(full_model(oscillator, rwa))


def populated(alone: SteadyState, target: int) -> float:
    """P(n0), NaN where there is no steady state."""
    return float(alone.populations(0)[target]) if alone.ok else math.nan


def certified_pair(
    first: SelfOscillator,
    second: SelfOscillator,
    detunings: Floats,
    analysis: Analysis,
    guesses: Sequence[SteadyState] = (),
) -> Observed:
    """Relative phase of two oscillators while the first is detuned (rad/s); the fidelity is left open.

    Both are cut to the size of the analysis's pairs. `guesses` are of neighbouring pairs, one for each detuning.
    """
    v = analysis.coupling
    network = Network([analysis.pair_size.of(oscillator) for oscillator in (first, second)], [[0, v], [v, 0]])
    return _of_pairs(detuning_sweep(network, detunings, rwa=analysis.requested.rwa, guesses=guesses))


def _of_pairs(found: Sequence[SyncSolution]) -> Observed:
    length = found[0].network.oscillators[0].levels
    coefficients = [
        s.phase_distribution(0, 1).coefficients if s.steady.ok else np.full(length, math.nan, complex) for s in found
    ]
    return Observed(
        fidelity=math.nan,
        coefficients=np.array(coefficients),
        status=worst_status(s.status for s in found),
        certificate=Certificate.worst(s.certificate for s in found),
        solves=len(found),
    )


def pair_detunings(oscillator: SelfOscillator, analysis: Analysis) -> Floats:
    """Zero and a resonance of two like oscillators, with the levels where their baths shift them, rad/s.

    The other resonance is its mirror image: exchanging the oscillators turns Δ into −Δ and leaves S as it is.
    """
    effective, v, n0 = eliminate(oscillator), analysis.coupling, analysis.target
    return _zero_and_upper(resonances(Network([effective, effective], [[0, v], [v, 0]]), (n0, n0)))


def nominal_detunings(analysis: Analysis) -> Floats:
    """Zero and the upper resonance of an analysis, rad/s."""
    return _zero_and_upper(analysis.resonances)


def _zero_and_upper(found: Sequence[Resonance]) -> Floats:
    return np.array([0.0, *sorted((r.detuning for r in found), reverse=True)[:1]])
