"""One point of a sweep, worked out as far as its measures ask, and no further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Origin, Requested
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria, Criterion
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.questions.criteria import criteria_from, criteria_of
from qsb_hw.questions.lasting import lasting
from qsb_hw.result import Status, worst_status


class Evaluation:
    """A point, or several that differ in Δ only; every property is worked out when it is first asked for.

    `values` are in internal units, by path, and `requested` has them already; `detunings` are those of the members.
    """

    def __init__(
        self,
        subject: Subject,
        values: Mapping[str, float],
        requested: Requested,
        detunings: Sequence[float] | None = None,
    ) -> None:
        self.subject, self.requested = subject, requested
        self.values = {path: value for path, value in values.items() if path.startswith("$")}
        self.detunings = np.asarray([requested.detuning] if detunings is None else detunings, dtype=float)

    @cached_property
    def analysis(self) -> Analysis:
        """What the values describe, under the conditions requested."""
        built, requested = self.subject.build(self.values), self.requested
        assert not isinstance(built, Chip)
        if isinstance(built, EffectiveOscillator):
            given = self.subject.number("$.coupling")
            assert given is not None
            requested = requested.with_values({"coupling": self.values.get("$.coupling", given.value)})
        return Analysis(built, requested)

    @property
    def S(self) -> Floats:
        """S at every member's Δ, (m,)."""
        return self.analysis.S(self.detunings)

    @property
    def S_at_rest(self) -> Floats:
        """S at Δ = 0, then at the resonances."""
        return self.analysis.S(self.analysis.rest_detunings)

    @cached_property
    def criteria(self) -> Criteria:
        """Every criterion; where the baths are eliminated, P(n0) and the contrast are those without them."""
        if self.subject.dimensionless:
            return criteria_of(self.analysis)
        time = self.analysis.base_conditions.experiment_time
        return criteria_of(self.analysis, lasting(self.analysis.device, time))

    @cached_property
    def unsolved(self) -> Criteria:
        """Criteria that are known without the steady state of anything, or all where they were asked for before."""
        if "criteria" in self.__dict__:
            return self.criteria
        choice = self.analysis.coupling_choice
        given = None if choice.origin is Origin.ASSUMED else self.analysis.coupling
        return criteria_from(self.analysis.device, coupling=given)

    def criterion(self, word: str) -> Criterion:
        """A criterion by its key or name; nothing is solved for one that needs no solution."""
        return criterion_in(self, word)

    def certificate(self) -> list[tuple[Status, float]]:
        """Status and largest residual of every member, over all that was solved for it."""
        along = {float(d) for d in self.detunings}
        common, shared, own = self.analysis.certificates(along)
        members = [own.get(float(d), (Status.CONVERGED, 0.0)) for d in self.detunings]
        return [(worst_status((status, common)), float(np.fmax(residual, shared))) for status, residual in members]


class _Judged(Protocol):
    """One device at one point, by itself or a node of a chip."""

    @property
    def analysis(self) -> Analysis: ...
    @property
    def unsolved(self) -> Criteria: ...
    @property
    def criteria(self) -> Criteria: ...


def criterion_in(evaluation: _Judged, word: str) -> Criterion:
    """A criterion of a device by its key or name, from where it costs least; `ArgumentError` if there is none."""
    for criteria in (evaluation.analysis.device.criteria, evaluation.unsolved):
        found = next((c for c in criteria if word in (c.key, c.name)), None)
        if found is not None and found.value is not None:
            return found
    return evaluation.criteria.get(word)
