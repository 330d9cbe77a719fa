"""What one setting of the numbers gives, as data: oscillators, pairs of them, criteria and a verdict, of one model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from qsb_hw._typing import Floats
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.criteria import Verdict
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.resonances import Resonance


class Model(Enum):
    """Which model numbers are of."""

    ELIMINATED = "eliminated model"
    FULL = "full model"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NodeView:
    """One oscillator.

    Attributes
    ----------
    oscillator, effective : SelfOscillator, EffectiveOscillator
        With the levels kept, and with its baths eliminated.
    target : int
        n0 of the file.
    populations : (n,) float
        Of the levels, of the model of the view; NaN where it was not solved.
    has_fock_state : bool
        Whether the tones single out a level.
    """

    name: str
    oscillator: SelfOscillator
    effective: EffectiveOscillator
    target: int
    populations: Floats
    has_fock_state: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinkView:
    """Two nodes, or a device and its twin.

    Attributes
    ----------
    coupling : float
        V in rad/s with its sign; |V| where it is complex.
    detuning, S : (m,) float
        Δ in rad/s and S there, of the model of the view.
    error : float
        Estimate of the largest error of S between solved detunings; 0 where each was solved, NaN where it is not known.
    solved : (k,) float
        Δ that were solved.
    refined : bool
        Whether S is as good between them as it is made where nothing moves; True without a curve.
    resonances : tuple of Resonance
        Of the two real ladders; their detuning is Δ.
    working_detuning, blockade, half_width : float
        Δ where the nodes stand, and midway between the resonances; half the width of a line of S(Δ), rad/s.
    contrast : float
        S(resonance)/S(blockade point), the weaker resonance; NaN where it was not solved.
    """

    name: str
    coupling: float
    detuning: Floats
    S: Floats
    error: float
    solved: Floats
    refined: bool
    resonances: tuple[Resonance, ...]
    working_detuning: float
    blockade: float
    half_width: float
    contrast: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class View(Result):
    """What one setting gives.

    Attributes
    ----------
    model : Model
        Of all its numbers.
    criteria, verdict, rule : Criteria, Verdict, str
        As of `check`, with this model; of a chip those of every part.
    pending : tuple of str
        Keys of criteria that take the full model.
    nodes, links : tuple of NodeView, tuple of LinkView
        Oscillators, and pairs of them.
    """

    model: Model
    name: str
    criteria: Criteria
    verdict: Verdict
    rule: str
    pending: tuple[str, ...]
    nodes: tuple[NodeView, ...]
    links: tuple[LinkView, ...]
    status: Status
    message: str
    certificate: Certificate
