"""The full model against the eliminated one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.elimination.conventions import Convention, closed_forms
from qsb_hw.elimination.eliminate import closed_form, eliminate
from qsb_hw.elimination.fit import FittedParameters, fit_full_model
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.spectrum import population_relaxation_rate
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.lindblad.task import Progress
from qsb_hw.model.build import effective_model, full_model
from qsb_hw.model.display import html_tables
from qsb_hw.model.effective import Lorentzian
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Certificate, Result, Status, worst_status


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Comparison(Result):
    """What elimination costs, and which convention the full model supports.

    Attributes
    ----------
    target : int or None
        n0.
    full, eliminated, published : SteadyState or None
        Of the full model, of `eliminate` and of the printed closed forms (None where those do not exist).
    trace_distance, trace_distance_published : float
        ½‖ρ_full − ρ‖₁ of the oscillator's reduced states.
    relaxation_rate_full, relaxation_rate_eliminated : float
        Slowest decay of the populations in 1/s.
    fitted : FittedParameters
        γ, σ, n± read off the full model's currents.
    derived_forms, published_forms : (Lorentzian, Lorentzian) or (None, None)
        (amplification, damping) of both conventions.
    supported : dict
        For each of "sigma", "n_plus", "n_minus" the convention the fit supports.
    """

    target: int | None
    full: SteadyState
    eliminated: SteadyState
    published: SteadyState | None
    trace_distance: float
    trace_distance_published: float
    relaxation_rate_full: float
    relaxation_rate_eliminated: float
    fitted: FittedParameters
    derived_forms: tuple[Lorentzian | None, Lorentzian | None]
    published_forms: tuple[Lorentzian | None, Lorentzian | None]
    supported: dict[str, str]

    @property
    def status(self) -> Status:
        """Of the full and the eliminated model."""
        return worst_status((self.full.status, self.eliminated.status))

    @property
    def message(self) -> str:
        """What happened in the full model."""
        return self.full.message

    @property
    def certificate(self) -> Certificate:
        """The worse of both models'."""
        return Certificate.worst((self.full.certificate, self.eliminated.certificate))

    @property
    def populations_full(self) -> Floats:
        """Level populations of the full model, shape (levels,)."""
        return self.full.populations(0)

    @property
    def populations_eliminated(self) -> Floats:
        """Level populations of the eliminated model, shape (levels,)."""
        return self.eliminated.populations(0)

    @property
    def populations_published(self) -> Floats | None:
        """Level populations with the printed parameters, shape (levels,); None where there are none."""
        return None if self.published is None else self.published.populations(0)

    def fock_fidelity(self, populations: Floats | None) -> float:
        """P(n0) of a set of populations; NaN without a target."""
        if populations is None or self.target is None:
            return math.nan
        return float(populations[self.target])

    @property
    def supported_convention(self) -> str:
        """The convention all of σ, n₊ and n₋ support, "neither" if they disagree, "undecided" without a fit."""
        found = set(self.supported.values())
        if not found:
            return "undecided"
        return found.pop() if len(found) == 1 else "neither"

    _repr_html_ = html_tables


def compare(oscillator: SelfOscillator, rwa: bool = True, progress: Progress | None = None) -> Comparison:
    """Solve an oscillator with its baths kept and with them eliminated, and compare.

    Parameters
    ----------
    oscillator : SelfOscillator
    rwa : bool
        Rotating-wave approximation in both models, or in neither.
    progress : callable, optional
        Called with (step, relative residual) of the full model's solve.

    Returns
    -------
    Comparison

    Raises
    ------
    ConvergenceError
        If a steady state is not unique or was not reached.
    CapacityError
        If the full model is too large for memory.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> baths = [qh.Bath.cavity(-48, 0.8, 0.02), qh.Bath.cavity(50, 0.8, 0.02)]
    >>> oscillator = qh.SelfOscillator(qh.Ladder.kerr(frequency=50, kerr=1, levels=4), baths)
    >>> comparison = qh.compare(oscillator)
    >>> comparison.supported_convention, round(comparison.trace_distance, 3)
    ('derived', 0.001)
    """
    model, reduced = full_model(oscillator, rwa), effective_model(eliminate(oscillator, rwa=rwa))
    full = steady_state(model, progress=progress).require()
    eliminated = steady_state(reduced).require()
    derived_forms, published_forms = (closed_forms(oscillator, c) for c in Convention)
    printed = steady_state(effective_model(closed_form(oscillator, "published"))) if all(published_forms) else None
    published = printed if printed and printed.ok else None
    fitted = fit_full_model(oscillator, rwa, full)
    return Comparison(
        target=oscillator.target,
        full=full,
        eliminated=eliminated,
        published=published,
        trace_distance=_distance(full, eliminated),
        trace_distance_published=math.nan if published is None else _distance(full, published),
        relaxation_rate_full=population_relaxation_rate(model, full),
        relaxation_rate_eliminated=population_relaxation_rate(reduced, eliminated),
        fitted=fitted,
        derived_forms=derived_forms,
        published_forms=published_forms,
        supported=_support(fitted, derived_forms, published_forms),
    )


def _distance(full: SteadyState, other: SteadyState) -> float:
    difference = full.reduced([0]) - np.diag(other.populations(0))
    return float(np.abs(np.linalg.eigvalsh(difference)).sum() / 2)


def _support(
    fitted: FittedParameters,
    derived: tuple[Lorentzian | None, Lorentzian | None],
    published: tuple[Lorentzian | None, Lorentzian | None],
) -> dict[str, str]:
    """The convention the fit supports for each parameter: σ in ratio, n± in levels."""
    triples = list(zip((fitted.amplification, fitted.damping), derived, published, strict=True))
    (up, up_derived, up_published), (down, down_derived, down_published) = triples
    if not (up and up_derived and up_published and down and down_derived and down_published):
        return {}
    width = math.log(math.sqrt(up.sigma * down.sigma))
    misses = {
        "sigma": [abs(width - math.log(s)) for s in (up_derived.sigma, up_published.sigma)],
        "n_plus": [abs(up.centre - c) for c in (up_derived.centre, up_published.centre)],
        "n_minus": [abs(down.centre - c) for c in (down_derived.centre, down_published.centre)],
    }
    return {name: "derived" if d <= p else "published" for name, (d, p) in misses.items()}
