"""Slips of the relative phase of two oscillators by 2π: what the spectrum of L says, and what trajectories show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Floats, Integers
from qsb_hw.arguments import real, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.response import respond
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.build import exchange_operator, network_model, oscillator_subsystems
from qsb_hw.model.display import html_tables
from qsb_hw.model.lindblad import LindbladModel
from qsb_hw.model.network import Network
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.phase import relative_phase
from qsb_hw.sync.spectrum import Line, lines_of
from qsb_hw.sync.trajectories import MOST_SECONDS, Diffusion, diffuse

CARRIED = 0.05
"""Share of the fluctuations of a_i†a_j from which a mode carries the relative phase."""
FEWEST = 10
"""Slips from which a rate is given; of fewer only an upper limit."""
CONFIDENCE = 0.95
"""Of that limit."""
FREE_SLIPS = 10.0
"""Slips of a freely moving phase that one trajectory lasts for unless told otherwise."""
ROUNDING = 1e-10
"""Relative error of an eigenvalue at least."""
FREE = 2 * math.pi**2
"""Decay over slip rate of a phase that diffuses freely: below it a slip is no event of its own."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PhaseSlips(Result):
    """Slips of the relative phase φ = φ_i − φ_j of two oscillators, from the spectrum of L and counted.

    A slip brings the phase back to where it was, so that no eigenvalue of L is its rate. The slowest mode that carries
    the relative phase says how fast the phase is forgotten, Γ, and how fast it turns, Ω. A phase that diffuses freely
    with that decay and turns with that frequency slips (Ω/2π) coth(πΩ/Γ) times in unit time: Ω/2π where it runs, Γ/2π²
    where it does not. The two agree where it runs. A locked phase is forgotten within its well and slips less often
    than that: they must differ there. In between a slip takes as long as the time to the next, and only counting
    defines it. Where K is large every oscillator has several lines, and the phase turns now with one, now with another:
    `modes` has them all, counting sees their mean.

    Attributes
    ----------
    status, message : Status, str
        `NOT_CONVERGED` where too few slips were counted for a rate.
    certificate : Certificate
        Of the steady state.
    pair : tuple of int
        Oscillators i and j.
    S : float
        Synchronization measure of the steady state.
    modes : tuple of Line
        Of ⟨(a_i†a_j)†(0) a_i†a_j(τ)⟩ that carry the relative phase, the slowest first; `position` is dφ/dt.
    forward, backward : (2,) int
        Slips by +2π and −2π, counted at every sample and at every second one.
    observed : float
        Time of all trajectories together, in the inverse unit of the rates.
    """

    status: Status
    message: str
    certificate: Certificate
    pair: tuple[int, int]
    S: float
    modes: tuple[Line, ...]
    forward: Integers
    backward: Integers
    observed: float

    def __repr__(self) -> str:
        return (
            f"PhaseSlips({self.status.value}, {self.rate:.3g} ± {self.rate_error:.1g} counted, "
            f"{self.free_rate:.3g} ± {self.free_error:.1g} of a free phase)"
        )

    @property
    def decay(self) -> float:
        """Γ, at which the slowest mode that carries the relative phase decays."""
        return self.modes[0].width / 2

    @property
    def turn(self) -> float:
        """Ω, dφ/dt of that mode; zero below the rounding of the eigenvalue."""
        turn = self.modes[0].position
        return turn if abs(turn) > ROUNDING * self.decay else 0.0

    @property
    def free_rate(self) -> float:
        """Slips of a freely moving phase of that Γ and Ω, both directions together."""
        return free_slips(self.decay, self.turn)

    @property
    def free_error(self) -> float:
        """Of that, from the residual of the eigenvalue, or its rounding where that is larger."""
        error = max(self.modes[0].error, ROUNDING * (self.decay + abs(self.turn)))
        ends = [
            free_slips(max(self.decay + a, 1e-300), self.turn + b) for a in (-error, error) for b in (-error, error)
        ]
        return max(abs(end - self.free_rate) for end in ends)

    @property
    def count(self) -> int:
        """Slips in both directions."""
        return int(self.forward[0] + self.backward[0])

    @property
    def rate(self) -> float:
        """Slips counted, over the time; NaN where there are too few."""
        return self.count / self.observed if self.count >= FEWEST else math.nan

    @property
    def rate_error(self) -> float:
        """Poisson error √N/T, and the difference that half as many samples make; NaN where there is no rate."""
        return self._error(self.forward + self.backward) if self.count >= FEWEST else math.nan

    @property
    def net_rate(self) -> float:
        """Turns of the phase over the time, forward less backward; NaN where there are too few slips."""
        return int(self.forward[0] - self.backward[0]) / self.observed if self.count >= FEWEST else math.nan

    @property
    def net_error(self) -> float:
        """Of that, likewise."""
        return self._error(self.forward - self.backward) if self.count >= FEWEST else math.nan

    def _error(self, counts: Integers) -> float:
        sampling = abs(int(counts[0]) - int(counts[1]))
        return math.hypot(math.sqrt(self.count), sampling) / self.observed

    @property
    def upper_limit(self) -> float:
        """Rate that is not exceeded with 95 % confidence."""
        from scipy.stats import chi2

        return float(chi2.ppf(CONFIDENCE, 2 * (self.count + 1)) / 2 / self.observed)

    @property
    def separation(self) -> float:
        """Γ over the slip rate, or a lower bound of it where too few were counted."""
        return self.decay / (self.rate if self.count >= FEWEST else self.upper_limit)

    @property
    def separated(self) -> bool:
        """Whether slips are events of their own: rarer than a free phase of that Γ would make them, by two errors."""
        highest = self.rate + 2 * self.rate_error if self.count >= FEWEST else self.upper_limit
        return self.decay > FREE * highest

    _repr_html_ = html_tables


def phase_slips(
    network: Network,
    first: int = 0,
    second: int = 1,
    *,
    duration: float | None = None,
    trajectories: int = 50,
    seed: int = 0,
    step: float | None = None,
    most_seconds: float = MOST_SECONDS,
    steady: SteadyState | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PhaseSlips:
    """Rate at which the relative phase of two oscillators slips by 2π, from the spectrum of L and from trajectories.

    The trajectories are pure states conditioned on heterodyne detection of every jump, the best an observer can do;
    their phase is φ = −arg⟨a_i†a_j⟩, followed from sample to sample. A slip is counted when it has moved by 2π since
    the last one.

    Parameters
    ----------
    network : Network
        Of eliminated or complete oscillators, in the rotating-wave approximation.
    first, second : int
        Oscillators i and j.
    duration : float, optional
        Of one trajectory, in the inverse unit of the rates; ten slips of a free phase unless given.
    trajectories, seed : int
        How many, at least 2; of the random numbers.
    step : float, optional
        Time step; from the rates and detunings unless given.
    most_seconds : float
        Time on one core that the trajectories may take, as estimated before they begin.
    steady : SteadyState, optional
        Where it is known already.
    progress : callable, optional
        Called with (step, steps).

    Returns
    -------
    PhaseSlips

    Raises
    ------
    ArgumentError
        If there is no such pair, no mode carries its phase, or a number is out of its range.
    CapacityError
        If they are estimated to take longer than `most_seconds`, or do not fit in memory.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    Far from resonance the phase runs, and slips once a turn:

    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    >>> pair = qh.Network([one.detuned(20.0), one], [[0, 1.0], [1.0, 0]])
    >>> found = qh.phase_slips(pair, duration=20.0, trajectories=20)
    >>> found.ok, found.rate_error > 0
    (True, True)
    """
    must = "Slips must be those of a Network"
    require(isinstance(network, Network), must, type(network).__name__, "Couple two oscillators.")
    network.pair(first, second)
    runs = whole("`trajectories`", trajectories, "Give two at least.", least=2)
    rng = np.random.default_rng(whole("`seed`", seed, "Any whole number from 0.", least=0))
    model, subsystems = network_model(network), oscillator_subsystems(network)
    known = (steady_state_of(model) if steady is None else steady).require()
    exchange = exchange_operator(network, first, second)
    state = sp.csr_array(known.state())
    modes = _modes(model, state, exchange)
    hint = "Give it in the inverse unit of the rates."
    free = free_slips(modes[0].width / 2, modes[0].position)
    time = FREE_SLIPS / free if duration is None else real("`duration`", duration, hint, above=0.0)
    diffusion = Diffusion(model, _frame(network, first))
    longest = diffusion.step(state) if step is None else real("`step`", step, hint, above=0.0)
    steps = max(2, math.ceil(time / longest))
    kets = diffusion.drawn(state, runs, rng)
    found = diffuse(
        diffusion, kets, time / steps, steps, rng, watch=exchange, most_seconds=most_seconds, progress=progress
    )
    phases = -np.angle(found.watched)
    counts = np.array([count_slips(phases), count_slips(phases[::2])])
    few = int(counts[0].sum()) < FEWEST
    message = (
        f"{int(counts[0].sum())} slips were counted, {FEWEST} are needed for a rate: only the upper limit is given. "
        "Raise `duration` or `trajectories`."
    )  # fmt: skip
    return PhaseSlips(
        status=Status.NOT_CONVERGED if few else Status.CONVERGED,
        message=message if few else "",
        certificate=known.certificate,
        pair=(first, second),
        S=relative_phase(known, subsystems[first], subsystems[second]).S,
        modes=modes,
        forward=counts[:, 0],
        backward=counts[:, 1],
        observed=time * runs,
    )


def free_slips(decay: float, turn: float) -> float:
    """Slips by ±2π of a phase with ⟨e^{iφ}⟩ ~ e^{(iΩ − Γ)t}: (Ω/2π) coth(πΩ/Γ), one over the mean time to leave ±2π."""
    x = math.pi * abs(turn) / decay
    return decay / (2 * math.pi**2) * (1 + x**2 / 3 if x < 1e-4 else x / math.tanh(x))


def count_slips(phases: Floats) -> tuple[int, int]:
    """Slips by +2π and by −2π of all trajectories, from phases (samples, trajectories) up to 2π.

    Samples must be so dense that the phase moves by less than π between two of them.
    """
    turned = np.unwrap(phases, axis=0)
    start, forward, backward = turned[0].copy(), 0, 0
    for now in turned:
        moved = np.trunc((now - start) / (2 * math.pi))
        if moved.any():
            start += 2 * math.pi * moved
            forward += int(moved[moved > 0].sum())
            backward -= int(moved[moved < 0].sum())
    return forward, backward


def _modes(model: LindbladModel, state: sp.csr_array, exchange: sp.csr_array) -> tuple[Line, ...]:
    """Modes of the equal-charge sector that carry the relative phase, the slowest first."""
    source = sp.csr_array(state @ exchange.conj().T)
    total = float((exchange @ source).trace().real) - abs(complex(source.trace())) ** 2
    row, col = sp.coo_array(exchange).coords
    responses = tuple(respond(model, source, exchange, state, (np.zeros(row.size, dtype=np.int64), row, col)))
    lines = lines_of(responses, 1, CARRIED * max(total, 1e-300))
    must = f"A mode must carry {100 * CARRIED:g} % of the fluctuations of a_i†a_j"
    require(bool(lines), must, "none", "One of the oscillators holds no quanta.")
    return tuple(sorted(lines, key=lambda line: line.width))


def _frame(network: Network, first: int) -> float:
    """A frequency near those of the ladder."""
    one = network.oscillators[first]
    level = min(max(one.target or 1, 1), one.levels - 1)
    return float(one.ladder.transition_frequencies[level - 1])
