"""One point of a sweep, worked out as far as its measures ask, and no further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.questions.criteria import criteria_of
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

    def certificate(self) -> list[tuple[Status, float]]:
        """Status and largest residual of every member, over all that was solved for it."""
        along = {float(d) for d in self.detunings}
        common, shared, own = self.analysis.certificates(along)
        members = [own.get(float(d), (Status.CONVERGED, 0.0)) for d in self.detunings]
        return [(worst_status((status, common)), float(np.fmax(residual, shared))) for status, residual in members]
