"""Finite groups by second-order cumulants: how long their coherence lasts (Nadolny & Bruder 2023, Fig. S4)."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.ensemble.coherence import Fading, Limits, RunStatus, fade
from qsb_hw.ensemble.cumulants import Closure
from qsb_hw.ensemble.groups import Groups
from qsb_hw.ensemble.starts import one_group, starting_state
from qsb_hw.errors import ClosureWarning

NEGATIVE = 1e-6
"""Eigenvalues of ρ and ρ12 may be as far below zero before a run counts as unphysical."""
DIVERGED = 10.0
"""Norm of ρ12, at most 1 of a state, beyond which a run is given up."""


@dataclass(frozen=True, slots=True, eq=False)
class FiniteSize:
    """Amplitude of N oscillators against time.

    Attributes
    ----------
    groups : SpinGroups or LadderGroups
        What was integrated.
    n : int
        Number of oscillators.
    times : (T,) float
        In the inverse unit of the rates.
    amplitude : (T,) complex
        ⟨S⁺⟩ (⟨A†⟩ of a ladder).
    lifetime : float
        When |⟨S⁺⟩| first falls to 1/e of its start, between the times too; ∞ where it has not.
    status : RunStatus
        "converged", "positivity lost", "still coherent" or "integration failed".
    message : str
        What happened and what to do about it.
    lowest_eigenvalues : (2, T) float
        Of ρ and of ρ12. The closure may drive them below zero.
    trace_error, hermiticity_error : float
        Largest |Tr ρ12 − 1| and element of ρ12 − ρ12† on the way.
    state : (d, d) complex
        ρ at the last step, in the frame that turns with `frequency`.
    pair : (d², d²) complex
        ρ12 there, the first oscillator's level slowest.
    frequency : float
        Of the frame the equations were integrated in; `amplitude` is in that of `groups`.
    evaluations : int
        How often the equations were evaluated.
    """

    groups: Groups
    n: int
    times: Floats
    amplitude: Complexes
    lifetime: float
    status: RunStatus
    message: str
    lowest_eigenvalues: Floats
    trace_error: float
    hermiticity_error: float
    state: Complexes
    pair: Complexes
    frequency: float
    evaluations: int

    def __repr__(self) -> str:
        return (
            f"FiniteSize(n={self.n}, lifetime {self.lifetime:.6g}, {self.status.value}, "
            f"lowest eigenvalue {self.lowest_eigenvalue:.1e})"
        )

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
        One group; jumps that serve several transitions at once are taken as they are.
    n : int
        Number of oscillators, at least 2.
    initial : str or (d, d) array_like
        State of every oscillator: "limit-cycle", that of the mean-field limit cycle; "paper", 1/3 + (|1⟩⟨2| + h.c.)/10;
        or a density matrix.
    t_final : float, optional
        Samples are taken up to there, `samples` of them; up to the lifetime unless given. The run goes on until the
        lifetime is known.
    longest, max_steps : float, int
        Time or number of steps after which a coherence that has not fallen to 1/e is left alone.
    tolerance : float
        Relative error of one step.

    Raises
    ------
    ArgumentError
        Fewer than two oscillators, several groups, no limit cycle where one is asked for, matrices that are no states
        or carry no coherence, times or tolerances without meaning.

    Warns
    -----
    ClosureWarning
        Where the closure gives negative probabilities.
    """
    limits = Limits(t_final, samples, longest, max_steps, tolerance)
    one_group(groups, n)
    state, frequency = starting_state(groups, initial)
    closure = Closure.of(groups.ladders, int(n), frequency)
    run = fade(closure, closure.product(state), closure.amplitude, limits, watch=closure.certificate, largest=DIVERGED)
    found = _result(groups, closure, frequency, run)
    if not found.physical:
        warnings.warn(found.message, ClosureWarning, stacklevel=2)
    return found


def _result(groups: Groups, closure: Closure, frequency: float, run: Fading) -> FiniteSize:
    found = FiniteSize(
        groups,
        closure.count,
        run.times,
        np.asarray(run.amplitudes * np.exp(1j * frequency * run.times)),
        run.lifetime,
        run.status,
        run.message,
        np.ascontiguousarray(run.watched[:, :2].T),
        float(run.watched[:, 2].max()),
        float(run.watched[:, 3].max()),
        closure.single(run.final[:, None])[0],
        closure.pair(run.final[:, None])[0],
        frequency,
        run.evaluations,
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
    if found.status is not RunStatus.CONVERGED:
        return replace(found, message=f"{found.message} {message}")
    return replace(found, status=RunStatus.POSITIVITY_LOST, message=message)
