"""Finite groups by second-order cumulants: how long their coherence lasts (Nadolny & Bruder 2023, Fig. S4)."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.ensemble.coherence import CoherenceDecay, Decay, Limits, decay
from qsb_hw.ensemble.cumulants import Closure
from qsb_hw.ensemble.groups import Groups
from qsb_hw.ensemble.starts import one_group, starting_state
from qsb_hw.errors import ClosureWarning
from qsb_hw.result import Status

NEGATIVE = 1e-6
"""Eigenvalues of ρ and ρ12 may be as far below zero before a run counts as unphysical."""
DIVERGED = 10.0
"""Norm of ρ12, at most 1 of a state, beyond which a run is ended."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class FiniteSize(CoherenceDecay):
    """`CoherenceDecay` from second-order cumulants; unphysical where the closure gave negative probabilities.

    Attributes
    ----------
    lowest_eigenvalues : (2, T) float
        Of ρ and of ρ12. The closure may drive them below zero.
    trace_error, hermiticity_error : float
        Largest |Tr ρ12 − 1| and element of ρ12 − ρ12† on the way.
    state, pair : (d, d) and (d², d²) complex
        ρ and ρ12 at the last step, in the frame that turns with `frequency`.
    frequency : float
        Of the frame the equations were integrated in; `amplitude` is in that of `groups`.
    """

    lowest_eigenvalues: Floats
    trace_error: float
    hermiticity_error: float
    state: Complexes
    pair: Complexes
    frequency: float

    @property
    def lowest_eigenvalue(self) -> float:
        """Lowest of all on the way; below zero where the closure left the physical states."""
        return float(self.lowest_eigenvalues.min())

    @property
    def physical(self) -> bool:
        """Whether all probabilities stayed positive, up to rounding."""
        return self.lowest_eigenvalue > -NEGATIVE


def finite_size(
    groups: Groups,
    n: int,
    *,
    initial: str | ArrayLike = "limit-cycle",
    t_final: float | None = None,
    samples: int = 200,
    longest: float = math.inf,
    max_steps: int = 50_000,
    tolerance: float = 1e-9,
) -> FiniteSize:
    """Integrate the second-order cumulant equations of one group of N identical oscillators; exact for two.

    Correlations of three oscillators and more are left out. Once the phase of the whole group has diffused, they are
    not small: the lifetimes grow with N as they must, but are too short by a factor that does not go away.
    `phase_diffusion` and `symmetric_ensemble` say by how much.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        One group.
    n : int
        Number of oscillators, at least 2.
    initial : str or (d, d) array_like
        State of every oscillator: "limit-cycle", "paper", which is 1/3 + (|1⟩⟨2| + h.c.)/10, or a density matrix.
    t_final, samples : float, int, optional
        End and number of the samples; up to the lifetime unless given. A run ends when the lifetime is known.
    longest, max_steps : float, int
        Time or number of steps after which a coherence is no longer followed.
    tolerance : float
        Relative error of one step.

    Returns
    -------
    FiniteSize
        Amplitude in time, lifetime, and how far the closure stayed physical.

    Raises
    ------
    ArgumentError
        If there are fewer than two oscillators, several groups or no limit cycle to start from, if the initial matrix
        is no state or carries no coherence, or if a time or tolerance is out of range.

    Warns
    -----
    ClosureWarning
        If the closure gives negative probabilities.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> run = qh.finite_size(qh.SpinGroups(gain=0.5, loss=1.0, coupling=0.75), 2)
    >>> print(run.status.value, f"{run.lifetime:.2f}")
    converged 3.90
    """
    limits = Limits(t_final, samples, longest, max_steps, tolerance)
    one_group(groups, n)
    state, frequency = starting_state(groups, initial)
    closure = Closure.of(groups.ladders, int(n), frequency)
    run = decay(
        closure, closure.product(state), closure.amplitude, limits, frequency,
        measure=closure.certificate, largest=DIVERGED,
    )  # fmt: skip
    found = _result(groups, closure, frequency, run)
    if not found.physical:
        warnings.warn(found.message, ClosureWarning, stacklevel=2)
    return found


def _result(groups: Groups, closure: Closure, frequency: float, run: Decay) -> FiniteSize:
    found = FiniteSize(
        groups=groups,
        n=closure.count,
        lowest_eigenvalues=np.ascontiguousarray(run.measured[:, :2].T),
        trace_error=float(run.measured[:, 2].max()),
        hermiticity_error=float(run.measured[:, 3].max()),
        state=closure.single(run.final[:, None])[0],
        pair=closure.pair(run.final[:, None])[0],
        frequency=frequency,
        **run.result,
    )
    if found.physical:
        return found
    first = found.times[np.argmax(found.lowest_eigenvalues.min(axis=0) < -NEGATIVE)]
    single, pair = found.lowest_eigenvalues.min(axis=1)
    message = (
        f"The second-order closure must keep probabilities positive, but found the lowest eigenvalues {single:.1e} of "
        f"one and {pair:.1e} of two out of {found.n} oscillators, negative from t = {first:.4g} on. "
        "Take `symmetric_ensemble` for few oscillators, `phase_diffusion` for many."
    )
    if found.status is not Status.CONVERGED:
        return replace(found, message=f"{found.message} {message}")
    return replace(found, status=Status.UNPHYSICAL, message=message)
