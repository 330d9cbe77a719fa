"""Exact steady states of coupled self-oscillators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, overload

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Floats, Integers
from qsb_hw.arguments import real_array
from qsb_hw.errors import require
from qsb_hw.lindblad import steady as linear
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.limit import long_time_limit
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.task import Progress, Solver
from qsb_hw.model.build import are_twins, network_model, oscillator_charge, oscillator_subsystems
from qsb_hw.model.lindblad import LindbladModel
from qsb_hw.model.network import Network
from qsb_hw.result import Status
from qsb_hw.sync.initial import initial_state
from qsb_hw.sync.mirror import exchanged
from qsb_hw.sync.solution import SyncSolution

STATE_BYTES = 2000.0
"""Bytes that a solution takes beside its elements."""
SAME_DETUNING = 1e-15
"""Difference, over the largest detuning, that counts as rounding of a grid that is meant to be symmetric."""


@overload
def steady_state(
    problem: Network,
    solver: Solver | None = ...,
    *,
    guess: SyncSolution | SteadyState | None = ...,
    initial: Any = ...,
    rwa: bool = ...,
    estimate_truncation: bool = ...,
    progress: Progress | None = ...,
) -> SyncSolution: ...
@overload
def steady_state(
    problem: LindbladModel,
    solver: Solver | None = ...,
    *,
    guess: SyncSolution | SteadyState | None = ...,
    initial: Any = ...,
    rwa: bool = ...,
    estimate_truncation: bool = ...,
    progress: Progress | None = ...,
) -> SteadyState: ...
def steady_state(
    problem: Network | LindbladModel,
    solver: Solver | None = None,
    *,
    guess: SyncSolution | SteadyState | None = None,
    initial: Any = None,
    rwa: bool = True,
    estimate_truncation: bool = True,
    progress: Progress | None = None,
) -> SyncSolution | SteadyState:
    """Steady state of a network of oscillators, or of any Lindblad model.

    Parameters
    ----------
    problem : Network or LindbladModel
        A network gives a `SyncSolution`, a model a `SteadyState`.
    solver : Solver, optional
        `Auto()` unless given; `SparseDirect()` and `SylvesterGMRES(tolerance=…)` are the others.
    guess : SyncSolution or SteadyState, optional
        Of a neighbouring problem: a warm start.
    initial : str, array_like, Qobj or earlier result, optional
        As of `evolve`: where there are several steady states, the one that this preparation ends in.
    rwa : bool
        For complete oscillators: drop the counter-rotating terms.
    estimate_truncation : bool
        For networks: whether `truncation_error` may be asked for, which then solves twice more, with one and with two
        levels less; nothing is solved for it before.
    progress : callable, optional
        Called with (step, relative residual).

    Returns
    -------
    SyncSolution or SteadyState
        Certified, or with a status that says why not.

    Raises
    ------
    ArgumentError
        If the problem, solver or guess is of another type, or an operator is not finite.
    CapacityError
        If the problem is too large for the solver or the memory.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=5)
    >>> solution = qh.steady_state(qh.Network([one, one], [[0, 0.3], [0.3, 0]]))
    >>> print(solution.status.value, f"{solution.synchronization(0, 1):.4f}")
    converged 0.0716
    """
    start = guess.steady if isinstance(guess, SyncSolution) else guess
    require(
        start is None or isinstance(start, SteadyState),
        "A guess must be an earlier solution",
        type(start).__name__,
        "Give what `steady_state` returned.",
    )
    require(
        solver is None or hasattr(solver, "solve"),
        "A solver must be one of Auto, SparseDirect and SylvesterGMRES",
        type(solver).__name__,
        "Give a value, `Auto()`, or leave it out.",
    )
    if isinstance(problem, LindbladModel):
        return _of_preparation(linear.steady_state(problem, solver, start, progress), problem, None, initial, rwa)
    require(
        isinstance(problem, Network),
        "A steady state is one of a Network or a LindbladModel",
        type(problem).__name__,
        "Make one; `LindbladModel.from_qutip` takes QuTiP's operators.",
    )
    model = network_model(problem, rwa)
    steady = _of_preparation(linear.steady_state(model, solver, start, progress), model, problem, initial, rwa)
    subsystems = oscillator_subsystems(problem)
    resolve = partial(steady_state, solver=solver, rwa=rwa) if estimate_truncation else None
    return SyncSolution(network=problem, steady=steady, subsystems=subsystems, resolve=resolve)


def _of_preparation(
    steady: SteadyState, model: LindbladModel, network: Network | None, initial: Any, rwa: bool
) -> SteadyState:
    """The steady state, or where there are several the one that a preparation ends in."""
    if initial is None:
        return steady
    start = initial_state(model, network, initial, rwa)
    return long_time_limit(model, start) if steady.status is Status.NOT_UNIQUE else steady


def detuning_sweep(
    network: Network,
    detunings: Sequence[float] | Floats,
    oscillator: int = 0,
    solver: Solver | None = None,
    *,
    rwa: bool = True,
    guesses: Sequence[SteadyState] = (),
    progress: Callable[[int, int], None] | None = None,
) -> list[SyncSolution]:
    """Steady states of a network while one oscillator, its tones following, is detuned.

    Parameters
    ----------
    network : Network
        At detuning zero.
    detunings : sequence of float
        Added to every spacing of `oscillator`, in the unit of its energies.
    rwa : bool
        For complete oscillators: drop the counter-rotating terms.
    guesses : sequence of SteadyState
        Of a neighbouring network, one per detuning: warm starts. Without them each state is the guess for the next.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    list of SyncSolution
        One per detuning. Of two like oscillators with a conserved charge the state at −Δ is the exchanged one of Δ;
        where both are asked for, one is solved.

    Raises
    ------
    ArgumentError
        If there is no such oscillator, or detunings are not finite.
    CapacityError
        If the problem, or its solutions together, are too large.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=5)
    >>> found = qh.detuning_sweep(qh.Network([one, one], [[0, 0.3], [0.3, 0]]), [0.0, 20.0])
    >>> print([round(s.synchronization(0, 1), 3) for s in found])
    [0.072, 0.333]
    """
    network.oscillator(oscillator)
    detunings = np.atleast_1d(real_array("Detunings", detunings, "Give them in the unit of the energies."))
    require(detunings.ndim == 1, "Detunings must be a list", f"shape {detunings.shape}", "Give one after another.")
    model = network_model(network, rwa)
    kept = 8.0 * model.size + STATE_BYTES
    require_memory(kept * detunings.size, f"{detunings.size:.3g} steady states", "Take fewer detunings.")
    charge = oscillator_charge(network, oscillator)
    direction = sp.diags_array(charge.astype(complex), format="csr")
    images = _images(network, model, detunings, rwa)
    solved = np.flatnonzero(images < 0)
    starts = [guesses[k] for k in solved.tolist()] if len(guesses) == detunings.size else guesses
    found = linear.steady_states_along(model, direction, detunings[solved], solver, starts, progress)
    known = dict(zip(solved.tolist(), found, strict=True))
    copied = np.flatnonzero(images >= 0)
    known |= dict(zip(copied.tolist(), exchanged([known[k] for k in images[copied].tolist()]), strict=True))
    states = [known[k] for k in range(detunings.size)]
    subsystems = oscillator_subsystems(network)
    resolve = partial(steady_state, solver=solver, rwa=rwa)
    return [
        SyncSolution(network=network.detuned(oscillator, d), steady=state, subsystems=subsystems, resolve=resolve)
        for d, state in zip(detunings.tolist(), states, strict=True)
    ]


def _images(network: Network, model: LindbladModel, detunings: Floats, rwa: bool) -> Integers:
    """For every detuning the number of the one whose exchanged state it has, (m,); −1 where it is solved."""
    images = np.full(detunings.size, -1)
    if detunings.size < 2 or model.charge is None:
        return images
    order = np.argsort(detunings)
    place = np.searchsorted(detunings, -detunings, sorter=order)
    beside = order[np.clip([place - 1, place], 0, detunings.size - 1)]
    distance = np.abs(detunings[beside] + detunings)
    nearest = np.where(distance[0] < distance[1], *beside)
    same = distance.min(axis=0) <= SAME_DETUNING * np.abs(detunings).max()
    opposite = np.flatnonzero(same & (nearest < np.arange(detunings.size)))
    for k in opposite if opposite.size and are_twins(network, rwa) else ():
        images[k] = nearest[k] if images[nearest[k]] < 0 else -1
    return images
