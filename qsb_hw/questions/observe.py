"""What one device and a pair of them show: P(n0), and S at zero detuning and at a resonance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import require
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.model.build import full_model
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.sync.exact import detuning_sweep
from qsb_hw.sync.phase import PhaseDistribution
from qsb_hw.sync.resonances import resonances
from qsb_hw.sync.solution import SyncSolution


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Observed(Result):
    """What is seen of one device and of a pair, with the certificate of every solve behind it.

    Attributes
    ----------
    fidelity : float
        P(n0) of one device, every bath kept; NaN where the solve failed.
    coefficients : (k, m) complex
        c_0 … of the relative phase at zero detuning and at a resonance (`PhaseDistribution`); NaN likewise.
    status : Status
        Of the first solve that failed, else converged.
    certificate : Certificate
        The worst of all solves.
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
        S = self.S
        return float(S[1] / S[0]) if S.size > 1 and S[0] > 0 else math.nan


def observe_nominal(analysis: Analysis) -> Observed:
    """What an analysis shows of its own device; its solutions are shared."""
    return _observed(analysis.alone, analysis.complete_pairs(nominal_detunings(analysis)), analysis)


def observe(oscillator: SelfOscillator, analysis: Analysis) -> Observed:
    """P(n0) of an oscillator with every bath kept, and S of two alike at zero detuning and at a resonance.

    Pairs are as large as those of `analysis`, with the same V.
    """
    detunings = pair_detunings(oscillator, analysis)
    return _observed(certified_alone(oscillator), solved_pair(oscillator, oscillator, detunings, analysis), analysis)


def _observed(alone: SteadyState, pairs: Sequence[SyncSolution], analysis: Analysis) -> Observed:
    pair = _of_pairs(pairs)
    return replace(
        pair,
        fidelity=populated(alone, analysis.target),
        status=worst_status((alone.status, pair.status)),
        certificate=Certificate.worst((alone.certificate, pair.certificate)),
        solves=1 + pair.solves,
    )


def certified_alone(oscillator: SelfOscillator) -> SteadyState:
    """Steady state of one oscillator with every bath kept."""
    return steady_state(full_model(oscillator))


def populated(alone: SteadyState, target: int) -> float:
    """P(n0), NaN where there is no steady state."""
    return float(alone.populations(0)[target]) if alone.ok else math.nan


def certified_pair(first: SelfOscillator, second: SelfOscillator, detunings: Floats, analysis: Analysis) -> Observed:
    """Relative phase of two oscillators at given detunings (rad/s); the fidelity is left open."""
    return _of_pairs(solved_pair(first, second, detunings, analysis))


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


def solved_pair(
    first: SelfOscillator, second: SelfOscillator, detunings: Floats, analysis: Analysis
) -> list[SyncSolution]:
    """Two complete oscillators, cut to the size of the analysis's pairs, while the first is detuned (rad/s)."""
    v = analysis.coupling
    short = [analysis.short(oscillator) for oscillator in (first, second)]
    return detuning_sweep(Network(short, [[0, v], [v, 0]]), detunings, rwa=analysis.requested.rwa)


def pair_detunings(oscillator: SelfOscillator, analysis: Analysis) -> Floats:
    """Zero and a resonance of two like oscillators, with the levels where their baths shift them, rad/s.

    The other resonance is its mirror image: exchanging the oscillators turns Δ into −Δ and leaves S as it is.
    """
    effective = eliminate(oscillator)
    v, n0 = analysis.coupling, analysis.target
    found = resonances(Network([effective, effective], [[0, v], [v, 0]]), (n0, n0))
    return _zero_and_upper(r.detuning for r in found)


def nominal_detunings(analysis: Analysis) -> Floats:
    """Zero and the upper resonance of an analysis, rad/s."""
    return _zero_and_upper(r.detuning for r in analysis.resonances)


def _zero_and_upper(detunings: Iterable[float]) -> Floats:
    return np.array([0.0, *sorted(detunings, reverse=True)[:1]])


def averaged(parts: Sequence[Observed], weights: Sequence[float]) -> Observed:
    """Mixture of what is seen in several runs: populations and phases average, S does not."""
    require(len(parts) == len(weights), "Every part must have its weight", f"{len(weights)} of {len(parts)}", "")
    w = np.asarray(weights, dtype=float)
    return Observed(
        fidelity=float(w @ [p.fidelity for p in parts]),
        coefficients=np.einsum("i,ikm->km", w, np.array([p.coefficients for p in parts])),
        status=worst_status(p.status for p in parts),
        certificate=Certificate.worst(p.certificate for p in parts),
        solves=sum(p.solves for p in parts),
    )
