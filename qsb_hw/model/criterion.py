"""One check of a device: a number, its bound, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeVar

from qsb_hw.errors import require, suggestion
from qsb_hw.model.display import html_tables


class CriterionKind(Enum):
    """What a failed criterion means."""

    REQUIREMENT = "requirement"
    """The effect itself requires it: a failure makes the device infeasible."""
    APPROXIMATION = "approximation"
    """A description requires it: a failure only says which model to trust."""
    NUMERICS = "numerics"
    """The numbers themselves require it: a failure means that there is no verdict."""


class Sense(Enum):
    """Which side of the bound is good."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Criterion:
    """A value held against a bound.

    Attributes
    ----------
    name : str
        Short, in the field's symbols ("K/κ").
    kind : CriterionKind
        Whether the physics, an approximation or the numbers require it.
    value : float or None
        In `unit`; None if the check was skipped (`why` says why).
    bound : float
        In `unit`; positive.
    sense : Sense
        Which side of the bound is good.
    why : str
        What the criterion is for, or why it was skipped.
    remedy : str
        What to change if it fails.
    unit : str
        SI unit for display ("Hz", "W", "" for a pure number).
    required_margin : float
        The margin from which the criterion counts as met; below, it is marginal.
    solved : bool
        Whether the value rests on populations or states that were solved, and with them on how many levels were kept.
    lasting : bool
        Whether it concerns the long run, beside another that asks the same at the end of an experiment.
    key : str
        Stable name for programs ("kerr_to_linewidth"): lower case, words joined by underscores.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> criterion = qh.load_device("transmon_squid").criteria[0]
    >>> bool(criterion.passed), bool(criterion.margin >= criterion.required_margin)
    (True, True)
    """

    name: str
    kind: CriterionKind
    value: float | None
    bound: float
    sense: Sense
    why: str
    remedy: str
    unit: str = ""
    required_margin: float = 2.0
    solved: bool = False
    lasting: bool = False
    key: str = field(kw_only=True)

    @property
    def margin(self) -> float | None:
        """How many times better than the bound: ≥ 1 passes; None where skipped."""
        if self.value is None:
            return None
        if self.sense is Sense.AT_LEAST:
            return max(self.value / self.bound, 0.0)
        return math.inf if self.value <= 0 else self.bound / self.value

    @property
    def passed(self) -> bool | None:
        """Whether the bound is kept; None where skipped."""
        return None if self.margin is None else self.margin >= 1

    @property
    def meets_margin(self) -> bool | None:
        """Whether the bound is kept with the required margin; None where skipped."""
        return None if self.margin is None else self.margin >= self.required_margin

    @property
    def outcome(self) -> str:
        """In one word: "ok", "marginal" (met without the required margin), "FAIL", or "skipped"."""
        if self.passed is None:
            return "skipped"
        return ("ok" if self.meets_margin else "marginal") if self.passed else "FAIL"

    _repr_html_ = html_tables


class _Named(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=_Named)


def find(items: Iterable[Named], word: str, what: str) -> Named:
    """The item of that key or name; `ArgumentError` with a suggestion if there is none."""
    known = {spelled: item for item in items for spelled in (item.name, item.key) if spelled}
    must = f"A {what} must be one the device has"
    require(word in known, must, repr(word), lambda: suggestion(word, known, cutoff=0.3))
    return known[word]


class Criteria(tuple[Criterion, ...]):
    """Criteria of one device, as a tuple that shows itself as a table."""

    __slots__ = ()

    def get(self, word: str) -> Criterion:
        """The criterion of that key or name; `ArgumentError` with the nearest if there is none."""
        return find(self, word, "criterion")

    @property
    def failed(self) -> Criteria:
        """Those that fail."""
        return Criteria(c for c in self if c.passed is False)

    def of_kind(self, kind: CriterionKind) -> Criteria:
        """Those of one kind, worst margin first, skipped ones last."""
        chosen = (c for c in self if c.kind is kind)
        return Criteria(sorted(chosen, key=lambda c: math.inf if c.margin is None else c.margin))

    _repr_html_ = html_tables
