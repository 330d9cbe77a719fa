"""What one setting of the numbers gives: with the baths eliminated at once, with every bath where there is time.

Nothing is computed here in its own way: points are those of a sweep, criteria and verdicts those of `check`.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from qsb_hw._typing import Floats, Integers
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis, LinkAnalysis
from qsb_hw.analysis.conditions import ELIMINATED, Chosen, Requested
from qsb_hw.analysis.pair import PairAnalysis, SyncPrediction, contrast_of, half_width
from qsb_hw.errors import require
from qsb_hw.explore.sweep.chips import MOST_KNOWN, ChipEvaluation, SharedNodes, of_parts
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.explorer.controls import Setting
from qsb_hw.lindblad.capacity import on_one_core
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.questions.chip import CHIP_RULE, assessed_chip
from qsb_hw.questions.criteria import VERDICT_RULE, Verdict, criteria_of, verdict_of
from qsb_hw.questions.lasting import lasting
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.between import between
from qsb_hw.sync.resonances import Resonance

CURVE_ERROR = 5e-3
"""Of the largest S: what the curve between solved detunings may be wrong by, by its residual."""
MOST_SOLVED = 12
"""Detunings solved at most for one curve; the error that is left then is shown."""
AT_ONCE = 3
"""Detunings solved together, where the curve is worst."""
TWIN = "twin"
"""What a device's twin is called where links have names."""


class Model(Enum):
    """Which model numbers are of."""

    ELIMINATED = "eliminated model"
    FULL = "full model"


PENDING = ("elimination_error", "truncation_contrast", "truncation_synchronization")
"""Criteria that only the full model answers."""


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


_PAIRS: OrderedDict[tuple[Analysis, Analysis, Chosen], PairAnalysis] = OrderedDict()
_JUDGED: WeakKeyDictionary[PairAnalysis, Criteria] = WeakKeyDictionary()


class _SharedLinks(SharedNodes):
    """A chip whose links are shared with earlier settings in which they are the same."""

    def pair_of(self, one: Analysis, other: Analysis, coupling: Chosen, title: str) -> PairAnalysis:
        """Two nodes coupled by V."""
        key = (one, other, coupling)
        if key not in _PAIRS:
            _PAIRS[key] = super().pair_of(one, other, coupling, title)
            if len(_PAIRS) > MOST_KNOWN:
                _PAIRS.popitem(last=False)
        _PAIRS.move_to_end(key)
        return _PAIRS[key]


class _Live(ChipEvaluation):
    """A chip as a point of a sweep, of which a move changes little."""

    @cached_property
    def analysis(self) -> ChipAnalysis:
        """The chip under the conditions requested."""
        return _SharedLinks(self.chip, self.requested, network_levels=self.network_levels)

    @cached_property
    def _criteria(self) -> MutableMapping[PairAnalysis, Criteria]:
        return _JUDGED


def eliminated_view(subject: Subject, setting: Setting, links: Sequence[str] | None = None) -> View:
    """A setting with the baths eliminated, as a point of a sweep.

    `links` are those of a chip whose S(Δ) is wanted; all unless given. `SpecError` for numbers that give no device.
    """
    _refuse_problems(setting)
    with on_one_core():
        if subject.is_chip:
            return _chip(_Live(subject, setting.values, ELIMINATED), links)
        found = Evaluation(subject, setting.values, ELIMINATED)
        analysis = found.analysis
        criteria = found.criteria  # first: its error bound is that of what the criteria rest on
        pairs = (_curve(TWIN, analysis.pair),) if analysis.has_fock_state else ()
        return View(
            model=Model.ELIMINATED,
            name=subject.name,
            criteria=criteria,
            verdict=verdict_of(criteria),
            rule=VERDICT_RULE,
            pending=_pending(criteria),
            nodes=(_node(subject.name, analysis),),
            links=pairs,
            status=analysis.status,
            message="",
            certificate=analysis.certificate,
        )


def full_view(subject: Subject, setting: Setting) -> View:
    """A setting with every bath kept, as `check` has it."""
    _refuse_problems(setting)
    built = subject.build(setting.values)
    if isinstance(built, Chip):
        return _full_chip(subject, built)
    assert isinstance(built, Device)
    analysis = Analysis(built, Requested())
    known = analysis.has_fock_state
    pairs = (_predicted(TWIN, analysis.prediction, analysis.pair),) if known else ()
    criteria = criteria_of(analysis, lasting(built, analysis.base_conditions.experiment_time))
    return View(
        model=Model.FULL,
        name=built.name,
        criteria=criteria,
        verdict=verdict_of(criteria),
        rule=VERDICT_RULE,
        pending=(),
        nodes=(replace(_node(built.name, analysis), populations=_complete_populations(analysis)),),
        links=pairs,
        status=analysis.status,
        message="",
        certificate=analysis.certificate,
    )


def _refuse_problems(setting: Setting) -> None:
    found = "; ".join(map(str, setting.problems))
    require(not setting.problems, "Every number must be valid", found, "Correct it first.")


def _chip(found: ChipEvaluation, wanted: Sequence[str] | None) -> View:
    analysis, criteria = found.analysis, found.criteria
    curves = [_link(link, wanted is None or link.name in wanted) for link in analysis.links]
    (status, residual) = found.certificate()[0]
    return View(
        model=Model.ELIMINATED,
        name=found.subject.name,
        criteria=criteria,
        verdict=found.verdict,
        rule=CHIP_RULE,
        pending=_pending(criteria),
        nodes=tuple(_node(name, analysis.node(name)) for name in found.chip.names),
        links=tuple(curves),
        status=status,
        message="" if analysis.links else "No two nodes couple.",
        certificate=Certificate(residual=residual),
    )


def _full_chip(subject: Subject, chip: Chip) -> View:
    found = assessed_chip(ChipAnalysis(chip, Requested()))
    parts = {node.device.name: node.criteria for node in found.nodes}
    parts |= {link.name: link.criteria for link in found.links} | {"chip": found.criteria}
    nodes = [
        NodeView(
            name=node.device.name,
            oscillator=node.oscillator,
            effective=node.effective,
            target=node.device.target,
            populations=np.full(node.effective.levels, math.nan)
            if node.comparison is None
            else node.comparison.populations_full,
            has_fock_state=node.comparison is not None,
        )
        for node in found.nodes
    ]
    links = [_predicted(x.name, x.prediction, x.link.pair) for x in found.links if x.prediction is not None]
    return View(
        model=Model.FULL,
        name=subject.name,
        criteria=of_parts(parts),
        verdict=found.verdict,
        rule=CHIP_RULE,
        pending=(),
        nodes=tuple(nodes),
        links=tuple(links),
        status=found.status,
        message=found.message,
        certificate=found.certificate,
    )


def _pending(criteria: Criteria) -> tuple[str, ...]:
    return tuple(c.key for c in criteria if c.value is None and c.key.rpartition(".")[2] in PENDING)


def _node(name: str, analysis: Analysis) -> NodeView:
    return NodeView(
        name=name,
        oscillator=analysis.oscillator,
        effective=analysis.effective,
        target=analysis.device.target,
        populations=np.empty(0) if analysis.requested.complete else analysis.populations,
        has_fock_state=analysis.has_fock_state,
    )


def _complete_populations(analysis: Analysis) -> Floats:
    if not analysis.has_fock_state:
        return np.full(analysis.effective.levels, math.nan)
    return analysis.comparison.populations_full


def _link(link: LinkAnalysis, wanted: bool) -> LinkView:
    """A link of a chip, seen from its first node; without S(Δ) unless wanted."""
    found = _curve(link.name, link.pair, wanted and link.pair.has_fock_state)
    if not link.pair.has_fock_state or not link.mirrored:
        return found
    return replace(
        found,
        detuning=-found.detuning[::-1],
        S=found.S[::-1],
        solved=-found.solved,
        resonances=link.resonances,
        working_detuning=link.detuning,
        blockade=link.blockade,
    )


def _curve(name: str, pair: PairAnalysis, wanted: bool = True) -> LinkView:
    """S(Δ) of an eliminated pair, unless it is not wanted.

    It is solved at the blockade point and on the resonances, then where the residual of what lies between is largest.
    """
    nothing = np.empty(0)
    if not pair.has_fock_state:
        return LinkView(
            name=name, coupling=pair.coupling, detuning=nothing, S=nothing, error=math.nan, solved=nothing,
            resonances=(), working_detuning=math.nan, blockade=math.nan, half_width=math.nan, contrast=math.nan,
        )  # fmt: skip
    offset, rest = pair.offset, pair.rest_detunings
    S = pair.S(rest)
    grid = solved = nothing
    curve, error = nothing, math.nan
    if wanted and np.all(np.isfinite(S)):
        grid = _mirrored(pair.grid) if pair.first is pair.second else pair.grid
        curve, error, solved = _between(pair, grid, [float(d) for d in rest], float(S.max()))
    return LinkView(
        name=name,
        coupling=pair.coupling,
        detuning=grid + offset,
        S=curve,
        error=error,
        solved=solved + offset,
        resonances=tuple(replace(r, detuning=r.detuning + offset) for r in pair.resonances),
        working_detuning=offset,
        blockade=pair.blockade + offset,
        half_width=pair.half_width,
        contrast=contrast_of(S),
    )


def _mirrored(grid: Floats) -> Floats:
    """The detunings above zero, and their negatives."""
    half = grid[grid >= 0]
    return np.concatenate([-half[half > 0][::-1], half])


def _between(pair: PairAnalysis, grid: Floats, start: Sequence[float], largest: float) -> tuple[Floats, float, Floats]:
    """S on a grid of δ, its estimated error, and where it was solved."""
    alike, size = pair.first is pair.second, grid.size
    places = [*dict.fromkeys(abs(d) if alike else d for d in start)]
    decay = half_width(pair.first.effective, 0.0, pair.second.effective)  # V widens lines, and hastens no decay
    if alike:  # S(−Δ) = S(Δ)
        grid = grid[grid >= 0]
    while True:
        solutions = pair.eliminated_pairs(places)
        if not all(solution.ok for solution in solutions):
            return np.full(size, math.nan), math.nan, np.array(places)
        found = between(solutions, places, grid, alike=alike)
        errors = 2 * found.residual / decay  # S is twice a coherence
        error, room = float(errors.max()), MOST_SOLVED - len(places)
        if error <= CURVE_ERROR * largest or room <= 0:
            S = np.concatenate([found.S[grid > 0][::-1], found.S]) if alike else found.S
            return S, error, np.array(places)
        places += grid[_peaks(errors, CURVE_ERROR * largest)[: min(room, AT_ONCE)]].tolist()


def _peaks(errors: Floats, least: float) -> Integers:
    """Where errors are larger than at both neighbours and than `least`, the largest first."""
    padded = np.concatenate([[-1.0], errors, [-1.0]])
    found = np.flatnonzero((errors >= padded[:-2]) & (errors > padded[2:]) & (errors > least))
    return found[np.argsort(-errors[found])]


def _predicted(name: str, found: SyncPrediction, pair: PairAnalysis) -> LinkView:
    """The complete pair where it was solved."""
    order = np.argsort(found.full_detuning)
    return LinkView(
        name=name,
        coupling=found.coupling,
        detuning=found.full_detuning[order],
        S=found.S_full[order],
        error=0.0,
        solved=found.full_detuning[order],
        resonances=found.resonances,
        working_detuning=found.working_detuning,
        blockade=float(found.full_detuning[0]),
        half_width=pair.half_width,
        contrast=found.contrast,
    )
