"""How long the coherence of finite groups lasts, from three methods side by side."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats, Integers
from qsb_hw.arguments import whole
from qsb_hw.ensemble.finite_size import FiniteSize, finite_size
from qsb_hw.ensemble.groups import Groups
from qsb_hw.ensemble.limit_cycle import limit_cycle
from qsb_hw.ensemble.linear_noise import phase_diffusion
from qsb_hw.ensemble.occupations import Occupations
from qsb_hw.ensemble.starts import one_group, starting_state, uncoupled_lifetime
from qsb_hw.ensemble.symmetric import RAISED, symmetric_ensemble
from qsb_hw.errors import CapacityError, ClosureWarning, require
from qsb_hw.result import Certificate, Result, Status, worst_status

SIZES = (2, 4, 8, 12, 50, 100, 200, 500, 1000, 2000)
METHODS = ("cumulants", "linear_noise", "exact")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CoherenceLifetimes(Result):
    """Lifetimes of one group against the number of its oscillators.

    The three differ, and each has its range. `exact` leaves nothing out and is limited to few oscillators.
    `linear_noise` is the limit of many, where it tends to 2N/D; nonlinear corrections, of relative order 1/N, are
    missing. `cumulants` are exact for two; for many they end up in proportion to N too, but two to several times too
    short, because correlations of three oscillators are not small once the common phase has diffused.

    Attributes
    ----------
    groups : SpinGroups or LadderGroups
        What was asked about.
    sizes : (n,) int
        Numbers of oscillators, ascending.
    cumulants, linear_noise, exact : (n,) float
        When |⟨S⁺⟩| has fallen to 1/e, in the inverse unit of the rates. ∞ where it has not; NaN where a method has no
        answer: no stable limit cycle for linear noise, too many oscillators for the exact solution.
    uncoupled : float
        The same of one oscillator without coupling that starts in the same state.
    statuses : tuple of Status
        Of the cumulants at every size.
    lowest_eigenvalues : (n,) float
        Of the cumulants: below zero where the closure left the physical states.
    status : Status
        The first of `statuses` that is not converged; converged if there is none.
    message : str
        `summary`.
    certificate : Certificate
        Unknown: there is no steady state behind it.
    """

    groups: Groups
    sizes: Integers
    cumulants: Floats
    linear_noise: Floats
    exact: Floats
    uncoupled: float
    statuses: tuple[Status, ...]
    lowest_eigenvalues: Floats
    certificate: Certificate = field(default_factory=Certificate)

    def __repr__(self) -> str:
        return f"CoherenceLifetimes({self.summary})"

    @property
    def status(self) -> Status:
        """How it ended."""
        return worst_status(self.statuses)

    @property
    def message(self) -> str:
        """What happened and what to do about it."""
        return self.summary

    def power(self, method: str) -> float:
        """Fitted p of T ∝ N^p over the three largest sizes `method` has an answer for; NaN with fewer than two."""
        sizes, lifetimes = self._known(method)
        if sizes.size < 2:
            return math.nan
        return float(np.polyfit(np.log(sizes[-3:]), np.log(lifetimes[-3:]), 1)[0])

    def slope(self, method: str) -> float:
        """dT/dN between the two largest sizes `method` has an answer for; NaN with fewer than two."""
        sizes, lifetimes = self._known(method)
        return float(np.diff(lifetimes[-2:])[0] / np.diff(sizes[-2:])[0]) if sizes.size >= 2 else math.nan

    @property
    def underestimate(self) -> float:
        """Slope of linear noise over that of the cumulants: by how much the closure shortens the lifetime."""
        return self.slope("linear_noise") / self.slope("cumulants")

    @property
    def summary(self) -> str:
        """One sentence."""
        parts = [
            f"{name.replace('_', ' ')} ∝ N^{self.power(name):.2f}, dT/dN = {self.slope(name):.3g}"
            for name in METHODS
            if math.isfinite(self.slope(name))
        ]
        if math.isfinite(self.underestimate):
            parts.append(f"cumulants too short by {self.underestimate:.2f}")
        return "; ".join([*parts, f"uncoupled {self.uncoupled:.3g}"])

    def _known(self, method: str) -> tuple[Integers, Floats]:
        require(method in METHODS, f"The method must be one of {', '.join(METHODS)}", repr(method), "Choose one.")
        lifetimes: Floats = getattr(self, method)
        known = np.isfinite(lifetimes)
        return self.sizes[known], lifetimes[known]


def coherence_lifetimes(
    groups: Groups,
    sizes: Iterable[int] = SIZES,
    *,
    initial: str | ArrayLike = "limit-cycle",
    largest_exact: int = 20_000,
    longest: float = math.inf,
) -> CoherenceLifetimes:
    """Lifetimes of a coherence by cumulants, linear noise and the exact solution, and without coupling.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        One group.
    sizes : iterable of int
        Numbers of oscillators.
    initial : str or (d, d) array_like
        As of `finite_size`. Linear noise always starts on the limit cycle.
    largest_exact : int
        Occupations up to which the exact solution is computed; 20 000 are 14 oscillators of three levels.
    longest : float
        Time after which a coherence that has not fallen to 1/e is no longer followed.

    Returns
    -------
    CoherenceLifetimes
        Lifetimes over the sizes, NaN where a method has no answer.

    Raises
    ------
    ArgumentError
        If there are no sizes, or as `finite_size`.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.coherence_lifetimes(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.75), (2, 4))
    >>> print(found.exact.round(2))
    [3.9  3.23]
    """
    given = list(sizes)
    require(bool(given), "There must be at least one size", "none", "Give numbers of oscillators.")
    whole("`largest_exact`", largest_exact, "Give a number of matrix elements.", least=0)
    for n in given:
        one_group(groups, n)
    counts = sorted({int(n) for n in given})
    cycle = limit_cycle(groups)
    diffusing = cycle.synchronized and cycle.stable
    noise = phase_diffusion(groups) if diffusing else None
    runs = [_closed(groups, n, initial, longest) for n in counts]
    state, _ = starting_state(groups, initial)
    return CoherenceLifetimes(
        groups=groups,
        sizes=np.array(counts),
        cumulants=np.array([run.lifetime for run in runs]),
        linear_noise=np.array([math.nan if noise is None else noise.lifetime(n) for n in counts]),
        exact=np.array([_exact(groups, n, initial, largest_exact, longest) for n in counts]),
        uncoupled=uncoupled_lifetime(groups, state),
        statuses=tuple(run.status for run in runs),
        lowest_eigenvalues=np.array([run.lowest_eigenvalue for run in runs]),
    )


def _closed(groups: Groups, n: int, initial: str | ArrayLike, longest: float) -> FiniteSize:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ClosureWarning)  # `statuses` and `lowest_eigenvalues` say it
        return finite_size(groups, n, initial=initial, longest=longest)


def _exact(groups: Groups, n: int, initial: str | ArrayLike, largest: int, longest: float) -> float:
    try:
        if Occupations.of(n, groups.ladders.levels).size(RAISED) > largest:
            return math.nan
        return symmetric_ensemble(groups, n, initial=initial, longest=longest).lifetime
    except CapacityError:
        return math.nan
