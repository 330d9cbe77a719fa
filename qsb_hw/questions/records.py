"""What a detector that reads levels gives: finite shots with readout errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats, Integers
from qsb_hw.arguments import index, real, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.model.display import html_tables
from qsb_hw.questions.readout import confusions, together
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.solution import SyncSolution


@dataclass(frozen=True, eq=False, kw_only=True)
class Readout(Result):
    """Levels of some oscillators read in repeated shots.

    Attributes
    ----------
    status, message, certificate : Status, str, Certificate
        Of the state.
    shots : int
        Repetitions.
    counts : (n_1, …) int
        How often each combination of levels was read.
    confusion : tuple of (n, n) float
        Of every oscillator, the probability that level m (column) is read as n (row).
    populations : (n_1, …) float
        The joint populations in the state.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    >>> seen = qh.read_out(qh.evolve(one, [20.0]), shots=1000, readout_error=0.02, rng=np.random.default_rng(1))
    >>> int(seen.counts.sum()), bool(abs(seen.estimate - seen.populations)[1] < 4 * seen.error[1])
    (1000, True)
    """

    status: Status
    message: str
    certificate: Certificate
    shots: int
    counts: Integers
    confusion: tuple[Floats, ...]
    populations: Floats

    @property
    def _inverse(self) -> Floats:
        return together([np.asarray(np.linalg.inv(c), dtype=float) for c in self.confusion])

    @property
    def uncorrected(self) -> Floats:
        """Share of the shots in which each combination was read."""
        return np.asarray(self.counts / self.shots)

    @property
    def readout_bias(self) -> Floats:
        """By how much `uncorrected` would be off after infinitely many shots."""
        read = together(self.confusion) @ self.populations.ravel()
        return np.asarray(read.reshape(self.populations.shape) - self.populations)

    @property
    def estimate(self) -> Floats:
        """Populations with the readout errors taken out, without bias; those of few shots can be negative."""
        found: Floats = self._inverse @ self.counts.ravel() / self.shots
        return found.reshape(self.counts.shape)

    @property
    def error(self) -> Floats:
        """Standard error of `estimate`, from the counts.

        Every combination counts half a shot more, so that one that was never read has an error too.
        """
        share = (self.counts.ravel() + 0.5) / (self.shots + 0.5 * self.counts.size)
        inverse = self._inverse
        variance = (inverse**2 @ share - (inverse @ share) ** 2) / self.shots
        return np.asarray(np.sqrt(np.maximum(variance, 0)).reshape(self.counts.shape))

    _repr_html_ = html_tables

    def shots_for(self, error: float) -> int:
        """Shots after which no population has a standard error above `error`."""
        real("An error", error, "Give a standard error of a population.", above=0.0)
        inverse, read = self._inverse, together(self.confusion) @ self.populations.ravel()
        variance = inverse**2 @ read - (inverse @ read) ** 2
        return max(1, math.ceil(float(variance.max()) / error**2))


def read_out(
    state: Evolution | SteadyState | SyncSolution,
    oscillators: Sequence[int] = (0,),
    shots: int = 1000,
    readout_error: float | Sequence[ArrayLike] = 0.0,
    *,
    number: int = -1,
    rng: np.random.Generator | None = None,
) -> Readout:
    """Read the levels of some oscillators at once, in repeated shots.

    Parameters
    ----------
    state : Evolution, SteadyState or SyncSolution
        What is prepared anew for every shot; of an evolution the state at `times[number]`.
    oscillators : sequence of int
        Which ones are read; of a `SteadyState`, which subsystems.
    shots : int
        Repetitions.
    readout_error : float or sequence of (n, n) array_like
        Probability that a level is read as a neighbouring one, either alike; or for every oscillator the matrix of
        probabilities that level m (column) is read as n (row).
    number : int
        Time of an evolution.
    rng : numpy Generator, optional
        Seeded for the same counts again.

    Returns
    -------
    Readout

    Raises
    ------
    ArgumentError
        If an oscillator is not there or named twice, or probabilities are none.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    >>> solution = qh.steady_state(qh.Network([one, one], [[0, 0.1], [0.1, 0]]))
    >>> qh.read_out(solution, (0, 1), shots=10, rng=np.random.default_rng(1)).counts.sum()
    np.int64(10)
    """
    shots = whole("`shots`", shots, "Give how often it is repeated.", least=1)
    populations = _joint(state, list(oscillators), number)
    confusion = confusions(populations.shape, readout_error)
    read = together(confusion) @ populations.ravel()
    chance = np.maximum(read, 0)
    drawn = (rng or np.random.default_rng()).multinomial(shots, chance / chance.sum())
    counts = drawn.reshape(populations.shape).astype(np.int64)
    return Readout(
        status=state.status,
        message=state.message,
        certificate=state.certificate,
        shots=shots,
        counts=counts,
        confusion=confusion,
        populations=populations,
    )


def _joint(state: Evolution | SteadyState | SyncSolution, oscillators: list[int], number: int) -> Floats:
    known = isinstance(state, Evolution | SteadyState | SyncSolution)
    require(known, "What is read must be a solution", type(state).__name__, "Give what `evolve` returned.")
    require(len(set(oscillators)) == len(oscillators) > 0, "Oscillators must be named once each", oscillators, "List.")
    if isinstance(state, SteadyState):
        subsystems: tuple[int, ...] = tuple(range(len(state.dims)))
        dims, diagonal = state.dims, state.diagonal()
    elif isinstance(state, SyncSolution):
        subsystems, dims, diagonal = state.subsystems, state.steady.dims, state.steady.diagonal()
    else:
        subsystems, dims = state.subsystems, state.model.dims
        diagonal = state.state(number).diagonal().real
    chosen = [subsystems[index("The oscillator", k, len(subsystems), "Counted from 0.")] for k in oscillators]
    table = np.moveaxis(diagonal.reshape(dims), chosen, range(len(chosen)))
    return np.asarray(table.sum(axis=tuple(range(len(chosen), table.ndim))))
