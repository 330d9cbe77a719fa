"""A setting with the baths eliminated, at once, and with every bath, where there is time.

Nothing is computed here in its own way: points are those of a sweep, criteria and verdicts those of `check`.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import ELIMINATED, Chosen, Requested
from qsb_hw.analysis.pair import PairAnalysis
from qsb_hw.errors import require
from qsb_hw.explore.sweep.chips import MOST_KNOWN, ChipEvaluation, SharedNodes, of_parts
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.explorer.controls import Setting
from qsb_hw.explorer.curve import link_curve, pair_curve, predicted_curve
from qsb_hw.explorer.view import LinkView, Model, NodeView, View
from qsb_hw.lindblad.capacity import on_one_core
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.device import Device
from qsb_hw.questions.chip import CHIP_RULE, assessed_chip
from qsb_hw.questions.criteria import VERDICT_RULE, criteria_of, verdict_of
from qsb_hw.questions.lasting import lasting
from qsb_hw.result import Certificate

TWIN = "twin"
"""What a device's twin is called where links have names."""
PENDING = ("elimination_error", "truncation_contrast", "truncation_synchronization")
"""Criteria that only the full model answers."""

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


def eliminated_view(
    subject: Subject,
    setting: Setting,
    links: Sequence[str] | None = None,
    near: Mapping[str, LinkView] | None = None,
) -> View:
    """A setting with the baths eliminated, as a point of a sweep.

    `links` are those of a chip whose S(Δ) is wanted; all unless given. `near` are links of a setting nearby, by name:
    their S(Δ) is then solved where it was solved there, which is quicker, and may have to be refined. `SpecError` for
    numbers that give no device.
    """
    _refuse_problems(setting)
    known = near or {}
    with on_one_core():
        if subject.is_chip:
            return _chip(_Live(subject, setting.values, ELIMINATED), links, known)
        found = Evaluation(subject, setting.values, ELIMINATED)
        analysis = found.analysis
        pairs = (pair_curve(TWIN, analysis.pair, near=known.get(TWIN)),) if analysis.has_fock_state else ()
        criteria = found.criteria  # after S(Δ), which solves what they rest on together with all else
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
    pairs = (predicted_curve(TWIN, analysis.prediction, analysis.pair),) if known else ()
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


def _chip(found: ChipEvaluation, wanted: Sequence[str] | None, near: Mapping[str, LinkView]) -> View:
    analysis = found.analysis
    curves = [link_curve(link, wanted is None or link.name in wanted, near.get(link.name)) for link in analysis.links]
    criteria = found.criteria
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
    links = [predicted_curve(x.name, x.prediction, x.link.pair) for x in found.links if x.prediction is not None]
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
