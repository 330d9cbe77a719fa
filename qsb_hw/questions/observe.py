"""What one device and a pair of them show: P(n0), and S at zero detuning and at a resonance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.analysis.pair import assumed_coupling
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import require
from qsb_hw.lindblad.steady import SteadyState, steady_state
from qsb_hw.model.build import full_model
from qsb_hw.model.device import Device
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.exact import detuning_sweep
from qsb_hw.sync.phase import PhaseDistribution
from qsb_hw.sync.resonances import resonances
from qsb_hw.sync.solution import SyncSolution

QUANTA_IN_PAIRS = 1
"""Quanta an auxiliary mode may hold in a pair: the contrast then differs from three Fock states by less than 0.4 % and
S by less than 1 % up to g/κ = 0.1 (2 % at 0.2), at a thirtieth of the cost; single devices keep all."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a pair is looked at.

    Attributes
    ----------
    target : int
        n0.
    coupling : float
        V in rad/s.
    levels : int
        Levels per ladder in the complete pair.
    """

    target: int
    coupling: float
    levels: int


def pair_setting(device: Device, oscillator: SelfOscillator, coupling: float | None = None) -> tuple[Setting, bool]:
    """How the pair of a device is looked at, and whether V had to be assumed.

    Levels up to n0 + 3; V (rad/s) as asked for, else the spec's, else 0.3 γ.
    """
    given = coupling if coupling is not None else abs(device.nearest_coupling) or None
    v = given if given is not None else assumed_coupling(oscillator)
    target = oscillator.target or device.target
    return Setting(target, v, min(target + 3, oscillator.levels)), given is None


@dataclass(frozen=True, slots=True, eq=False)
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

    @property
    def S(self) -> Floats:
        """S at zero detuning, then at a resonance."""
        return np.array([PhaseDistribution(c).S if np.all(np.isfinite(c)) else math.nan for c in self.coefficients])

    @property
    def contrast(self) -> float:
        """S(resonance)/S(0); NaN without a resonance."""
        S = self.S
        return float(S[1] / S[0]) if S.size > 1 and S[0] > 0 else math.nan


def observe(oscillator: SelfOscillator, setting: Setting) -> Observed:
    """P(n0) of an oscillator with every bath kept, and S of two alike at zero detuning and at a resonance."""
    alone = certified_alone(oscillator)
    pair = certified_pair(oscillator, oscillator, pair_detunings(oscillator, setting), setting)
    return replace(
        pair,
        fidelity=populated(alone, setting.target),
        status=_worse(alone.status, pair.status),
        certificate=Certificate.worst((alone.certificate, pair.certificate)),
        solves=1 + pair.solves,
    )


def certified_alone(oscillator: SelfOscillator) -> SteadyState:
    """Steady state of one oscillator with every bath kept."""
    return steady_state(full_model(oscillator))


def populated(alone: SteadyState, target: int) -> float:
    """P(n0), NaN where there is no steady state."""
    return float(alone.populations(0)[target]) if alone.ok else math.nan


def certified_pair(first: SelfOscillator, second: SelfOscillator, detunings: Floats, setting: Setting) -> Observed:
    """Relative phase of two oscillators at given detunings (rad/s); the fidelity is left open."""
    found = solved_pair(first, second, detunings, setting)
    length = setting.levels
    coefficients = [
        s.phase_distribution(0, 1).coefficients if s.steady.ok else np.full(length, math.nan, complex) for s in found
    ]
    failed = (s.status for s in found if not s.steady.ok)
    return Observed(
        math.nan,
        np.array(coefficients),
        next(failed, Status.CONVERGED),
        Certificate.worst(s.certificate for s in found),
        len(found),
    )


def solved_pair(
    first: SelfOscillator, second: SelfOscillator, detunings: Floats, setting: Setting
) -> list[SyncSolution]:
    """Two oscillators with every auxiliary mode, of at most one quantum, while the first is detuned (rad/s)."""
    v = setting.coupling
    short = [in_pairs(oscillator, setting.levels) for oscillator in (first, second)]
    return detuning_sweep(Network(short, [[0, v], [v, 0]]), detunings)


def pair_detunings(oscillator: SelfOscillator, setting: Setting) -> Floats:
    """Zero and a resonance of two like oscillators, with the levels where their baths shift them, rad/s.

    The other resonance is its mirror image: exchanging the oscillators turns Δ into −Δ and leaves S as it is.
    """
    effective = eliminate(oscillator)
    v = setting.coupling
    found = resonances(Network([effective, effective], [[0, v], [v, 0]]), (setting.target, setting.target))
    upper = sorted(found, key=lambda r: -r.detuning)[:1]
    return np.array([0.0, *(r.detuning for r in upper)])


def averaged(parts: Sequence[Observed], weights: Sequence[float]) -> Observed:
    """Mixture of what is seen in several runs: populations and phases average, S does not."""
    require(len(parts) == len(weights), "Every part must have its weight", f"{len(weights)} of {len(parts)}", "")
    w = np.asarray(weights, dtype=float)
    return Observed(
        float(w @ [p.fidelity for p in parts]),
        np.einsum("i,ikm->km", w, np.array([p.coefficients for p in parts])),
        next((p.status for p in parts if p.status is not Status.CONVERGED), Status.CONVERGED),
        Certificate.worst(p.certificate for p in parts),
        sum(p.solves for p in parts),
    )


def in_pairs(oscillator: SelfOscillator, levels: int) -> SelfOscillator:
    """The oscillator as a complete pair has it: fewer levels, auxiliary modes of at most one quantum."""
    baths = tuple(b.with_at_most(QUANTA_IN_PAIRS) if b.quanta else b for b in oscillator.baths)
    return replace(oscillator, baths=baths).truncated(levels)


def _worse(one: Status, other: Status) -> Status:
    return other if one is Status.CONVERGED else one
