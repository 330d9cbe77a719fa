"""What every result has: how it ended, how far it can be trusted, and a way to insist on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from qsb_hw.errors import ConvergenceError


class Status(Enum):
    """How a computation ended.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> undamped = qh.LindbladModel(np.diag([0.0, 1.0]), [])
    >>> qh.steady_state(undamped).status
    <Status.NOT_UNIQUE: 'not unique'>
    """

    CONVERGED = "converged"
    """The error bound is below the accuracy asked for."""
    NOT_CONVERGED = "not converged"
    """The solver stopped before it got there."""
    SLOW_RELAXATION = "slow relaxation"
    """The slowest relaxation rate cannot be distinguished from zero in double precision."""
    NOT_UNIQUE = "not unique"
    """Proven: there are several steady states."""
    UNPHYSICAL = "unphysical"
    """Negative populations beyond the error bound, or an approximation that has left the physical states."""
    STILL_COHERENT = "still coherent"
    """The time ran out before the coherence had decayed."""
    FAILED = "failed"
    """There is no result; the message says why."""
    SKIPPED = "skipped"
    """Not computed, because it means nothing here."""
    TOO_LARGE = "too large"
    """Not computed, because it would not fit the limits in force."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """How far one steady state, or the worst of several, is to be trusted; NaN for what is not known.

    Attributes
    ----------
    residual : float
        Largest ‖Lρ‖/(‖ρ‖·rate).
    error_bound : float
        Largest bound on ‖ρ − ρ_true‖.
    gap : float
        Smallest relaxation rate, in the unit of the rates.
    """

    residual: float = math.nan
    error_bound: float = math.nan
    gap: float = math.nan

    @classmethod
    def worst(cls, of: Iterable[Certificate]) -> Certificate:
        """The worst of several in every respect."""
        found = np.array([(c.residual, c.error_bound, -c.gap) for c in of]).reshape(-1, 3)
        residual, error_bound, gap = np.fmax.reduce(found, initial=math.nan).tolist()
        return cls(residual, error_bound, -gap)


class Result:
    """A result with `status`, `message` and `certificate`, as fields or properties."""

    __slots__ = ()
    if TYPE_CHECKING:  # fields of a result, or properties of it

        @property
        def status(self) -> Status:
            """How the computation ended."""

        @property
        def message(self) -> str:
            """What happened, and what to do about it."""

        @property
        def certificate(self) -> Certificate:
            """How far it can be trusted."""

    @property
    def ok(self) -> bool:
        """Whether the result can be relied on."""
        return self.status is Status.CONVERGED

    def require(self) -> Self:
        """This result, or `ConvergenceError` with the reason why there is none."""
        if not self.ok:
            raise ConvergenceError(f"There is no certified result ({self.status.value}). {self.message}".strip())
        return self

    def report(self, **options: Any) -> Any:
        """Report on this result, to be saved as HTML, Markdown or PDF: `.report().save("report.html")`.

        On a verdict it is the whole report, with `only`, `skip` and `brief` as of `qsb_hw.report`; what was solved for
        the verdict is not solved again. `ArgumentError` for a result that has no tables.
        """
        show = import_module("qsb_hw.show.report")  # by name, when asked: data know nothing of how they are shown
        return show.report_of(self, **options)

    @property
    def residual(self) -> float:
        """Largest ‖Lρ‖/(‖ρ‖·rate) of the steady states behind it."""
        return self.certificate.residual

    @property
    def error_bound(self) -> float:
        """Largest bound on ‖ρ − ρ_true‖ of the steady states behind it."""
        return self.certificate.error_bound

    @property
    def gap(self) -> float:
        """Smallest relaxation rate of the steady states behind it."""
        return self.certificate.gap


class Combined(Result):
    """A result made of others, `_results`: it ended as the first that did not converge, and is certain as the worst."""

    __slots__ = ()

    @property
    def _results(self) -> Iterable[Result]:
        raise NotImplementedError

    @property
    def status(self) -> Status:
        """Of the first part that did not converge, else converged."""
        return worst_status(one.status for one in self._results)

    @property
    def message(self) -> str:
        """What the first part that did not converge says."""
        return next((one.message for one in self._results if not one.ok), "")

    @property
    def certificate(self) -> Certificate:
        """The worst of every part."""
        return Certificate.worst(one.certificate for one in self._results)


def worst_status(of: Iterable[Status]) -> Status:
    """The first status that is not `CONVERGED`; that if there is none."""
    return next((status for status in of if status is not Status.CONVERGED), Status.CONVERGED)
