"""What an experiment shows before the steady state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.arguments import real, real_array
from qsb_hw.errors import require
from qsb_hw.lindblad.evolution import ACCURACY, propagate
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.build import network_model, oscillator_subsystems
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.lindblad import LindbladModel
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Status
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.initial import error_of, initial_state
from qsb_hw.sync.solution import SyncSolution

Dynamic = LindbladModel | Network | Chip | Device | Analysis | SelfOscillator | EffectiveOscillator


@dataclass(frozen=True, eq=False)
class Problem:
    """A model to be evolved, and what of it is an oscillator."""

    model: LindbladModel
    network: Network | None
    subsystems: tuple[int, ...]


def problem_of(problem: Dynamic, rwa: bool = True) -> Problem:
    """The model of anything that has one: a chip or a device with every bath kept."""
    if isinstance(problem, LindbladModel):
        return Problem(problem, None, tuple(range(len(problem.dims))))
    if isinstance(problem, Device):
        problem = Analysis(problem)
    if isinstance(problem, Analysis):
        rwa = problem.requested.rwa
        problem = problem.oscillator if problem.requested.complete else problem.effective
    if isinstance(problem, Chip):
        problem = problem.network(complete=True)
    if isinstance(problem, SelfOscillator | EffectiveOscillator):
        problem = Network([problem], [[0.0]])
    must = "A problem must be a LindbladModel, a Network, a Chip, a Device, an Analysis or an oscillator"
    require(isinstance(problem, Network), must, type(problem).__name__, "`load_device` reads a file.")
    return Problem(network_model(problem, rwa), problem, oscillator_subsystems(problem))


def evolve(
    problem: Dynamic,
    times: ArrayLike,
    initial: Any = "ground",
    *,
    rwa: bool = True,
    accuracy: float = ACCURACY,
    steady: SteadyState | SyncSolution | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> Evolution:
    """States in the course of time, ρ̇ = −i[H, ρ] + Σ (L ρ L† − ½{L†L, ρ}).

    Nothing is stepped: L is reduced to the directions in which the state moves, until the integrated defect
    bounds the error. Coherences between charges are evolved where the initial state has them.

    Parameters
    ----------
    problem : LindbladModel, Network, Chip, Device, Analysis or oscillator
        A chip or device with every bath kept; an `Analysis` as it was requested.
    times : (k,) array_like
        Ascending, not negative, in the inverse unit of the rates (s for devices).
    initial : str, array_like, Qobj, Evolution or steady state
        "ground": every subsystem in its lowest level. "thermal": complete oscillators at the temperature of their
        environment, baths empty. "uncoupled": product of the single steady states. A ket (D,), a density matrix (D, D),
        or an earlier result.
    rwa : bool
        For complete oscillators: drop the counter-rotating terms.
    accuracy : float
        Bound on ‖ρ − ρ_true‖₁ to reach.
    steady : SteadyState or SyncSolution, optional
        The steady state where it is known already; found unless given.
    progress : callable, optional
        Called with (directions, error bound).

    Returns
    -------
    Evolution
        With `.error`, the bound reached, that of an earlier result it starts from included; converged where what is
        added to that is within `accuracy`.

    Raises
    ------
    ArgumentError
        If times fall or are negative, or the initial state is none of this problem.
    CapacityError
        If it would not fit in memory.

    Examples
    --------
    A ladder pumped into its first excited level:

    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=5)
    >>> found = qh.evolve(one, [1.0, 1e3])
    >>> found.populations(0)[:, 1].round(3).tolist()
    [0.607, 0.916]
    >>> found.error < 1e-6
    True
    """
    real("`accuracy`", accuracy, f"Give a bound on the error; {ACCURACY:.0e} unless given.", above=0.0)
    when = times_of(times)
    chosen = problem_of(problem, rwa)
    start = initial_state(chosen.model, chosen.network, initial, rwa)
    known = known_steady(steady, chosen.model) or steady_state_of(chosen.model)
    found = evolved(chosen, when, start, known, accuracy, progress)
    return replace(found, motion=replace(found.motion, error=found.motion.error + error_of(initial)))


def evolved(
    chosen: Problem,
    when: Floats,
    start: sp.csr_array,
    known: SteadyState | None,
    accuracy: float,
    progress: Callable[[int, float], None] | None = None,
) -> Evolution:
    """The same of a checked problem, from a density matrix; without a steady state where times are short."""
    motion = propagate(chosen.model, start, when, known, accuracy, progress)
    good = motion.error <= accuracy
    message = "" if good else (
        f"The error may be as large as {motion.error:.1e}, above the {accuracy:.0e} asked for, with "
        f"{motion.directions} directions. Ask for shorter times or less accuracy, or keep fewer levels."
    )  # fmt: skip
    return Evolution(
        status=Status.CONVERGED if good else Status.NOT_CONVERGED,
        message=message,
        times=when,
        accuracy=accuracy,
        model=chosen.model,
        network=chosen.network,
        steady=known if known is not None and known.ok else None,
        motion=motion,
        subsystems=chosen.subsystems,
    )


def known_steady(given: object, model: LindbladModel) -> SteadyState | None:
    """A steady state that is known already; `ArgumentError` if it is something else, or of another model."""
    found, hint = given.steady if isinstance(given, SyncSolution) else given, "Leave it out to have it found."
    if found is None:
        return None
    must = "A steady state must be an earlier solution"
    require(isinstance(found, SteadyState), must, type(given).__name__, hint)
    assert isinstance(found, SteadyState)
    require(found.dims == model.dims, f"A steady state must have dimensions {model.dims}", found.dims, hint)
    return found


def times_of(times: ArrayLike) -> Floats:
    """Times as an array; `ArgumentError` unless they ascend from zero or later."""
    found = np.atleast_1d(real_array("Times", times, "Give them in the inverse unit of the rates."))
    require(found.ndim == 1 and found.size > 0, "Times must be a list", f"shape {found.shape}", "Give one at least.")
    require(found[0] >= 0, "Times must not be negative", found[0], "The initial state is that at time zero.")
    falls = np.flatnonzero(np.diff(found) < 0)
    fall = f"{found[falls[0] + 1]:g} after {found[falls[0]]:g}" if falls.size else ""
    require(not falls.size, "Times must not fall", fall, "Sort them.")
    return found
