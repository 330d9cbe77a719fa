"""Slips of the relative phase of two oscillators by 2π: what the spectrum of L says, and what trajectories show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats, Integers
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
from qsb_hw.sync.trajectories import MOST_SECONDS, Diffusion, diffuse, parts_of

CARRIED = 0.05
"""Share of the fluctuations of ⟨a_i†a_j⟩ from which a line is listed."""
SINGLE = 0.8
"""Share from which one line carries the relative phase."""
RESOLVED = 0.01
"""Share of a mode from which it can join two others to one line."""
FEWEST = 10
"""Slips from which a rate is given; of fewer only an upper limit."""
CONFIDENCE = 0.95
"""Of that limit."""
DECAYS = 50.0
"""Decay times of the fluctuations of a_i†a_j that one trajectory lasts unless told otherwise."""
SETTLING = 5.0
"""Decay times before anything is counted: trajectories begin in eigenstates of ρ, which are no states of a record."""
DIFFERENT = 3.0
"""Standard errors from which count and spectrum differ."""
BATCHES = 8
"""Groups of trajectories by whose scatter errors are known."""
EMPTY = "One of the oscillators holds no quanta."
GAUSSIAN = 2.0
"""E|ζ|⁴ / (E|ζ|²)² of complex Gaussian noise."""
FREE = 2 * math.pi**2
"""Decay over slip rate of a phase that diffuses freely at one amplitude: below it a slip is no event of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseLine:
    """Modes of L closer in frequency than their decay, and what they carry of the relative phase.

    Attributes
    ----------
    decay, turn : float
        Γ and Ω = dφ/dt, means by weight over its modes.
    weight, weight_error : float
        Share of the fluctuations of ⟨a_i†a_j⟩, and its standard error.
    modes : tuple of complex
        Eigenvalues of L.
    """

    decay: float
    turn: float
    weight: float
    weight_error: float
    modes: tuple[complex, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class PhaseSlips(Result):
    """Slips of the relative phase φ = φ_i − φ_j of two oscillators, from the spectrum of L and counted.

    A slip brings the phase back to where it was, so that no eigenvalue of L is its rate. The phase is that of
    z = ⟨a_i†a_j⟩ along trajectories, φ = −arg z. With m its mean, ζ = z − m fluctuates with
    E ζ*(0)ζ(τ) = σ² Σ w_k e^{λ_k τ}, λ_k = −Γ_k − iΩ_k the eigenvalues of L, w_k what each carries. Where ζ is Gaussian
    noise, spectrum and mean say everything: the phase turns Ω/2π · e^{−|m|²/σ²} times in unit time with Ω = Σ w_k Ω_k,
    since only where |ζ| > |m| it goes round (Rice's formula for the noise of a frequency-modulated signal); how
    often it slips either way is counted on noise of that spectrum, with the same step. A phase held by a well, or a
    state near a pure one, is not Gaussian: there the counts differ, and `kurtosis` says so. The phase of noise that
    diffuses turns fast where z is next to zero: both counts grow with the logarithm of the number of samples.

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
    mean : complex
        m, of the steady state.
    variances : (batches,) float
        σ² of groups of trajectories.
    drifts : (batches,) complex
        d/dτ of E ζ*(0)ζ(τ) at τ = 0 of these, σ² Σ w_k λ_k.
    kurtosis : float
        E|ζ|⁴/σ⁴; 2 of Gaussian noise.
    lines : tuple of PhaseLine
        Which carry at least 5 % of σ², the strongest first.
    forward, backward : (2, trajectories) int
        Slips by +2π and −2π, counted at every sample and at every second one.
    expected : (batches, 2) float
        Rates of these, of Gaussian noise with the spectrum of each group.
    observed : float
        Time of all trajectories together, in the inverse unit of the rates.
    """

    status: Status
    message: str
    certificate: Certificate
    pair: tuple[int, int]
    S: float
    mean: complex
    variances: Floats
    drifts: Complexes
    kurtosis: float
    lines: tuple[PhaseLine, ...]
    forward: Integers
    backward: Integers
    expected: Floats
    observed: float

    def __repr__(self) -> str:
        return (
            f"PhaseSlips({self.status.value}, {self.rate:.3g} ± {self.rate_error:.1g} counted, "
            f"{self.expected_rate:.3g} ± {self.expected_error:.1g} of Gaussian noise)"
        )

    @property
    def line(self) -> PhaseLine | None:
        """The line that carries at least 80 % of the fluctuations; None where no single one does."""
        return self.lines[0] if self.lines and self.lines[0].weight >= SINGLE else None

    @property
    def variance(self) -> float:
        """σ² = E|z − m|²."""
        return float(self.variances.mean())

    @property
    def decay(self) -> float:
        """Γ = Σ w_k Γ_k, at which the fluctuations begin to be forgotten."""
        return -float(_mean_rate(self).real)

    @property
    def turn(self) -> float:
        """Ω = Σ w_k Ω_k, with which they turn."""
        return -float(_mean_rate(self).imag)

    @property
    def turn_error(self) -> float:
        """Standard error of that, by the scatter of groups of trajectories."""
        without = np.array([float((self.drifts[k].mean() / self.variances[k].mean()).imag) for k in self._without])
        return float(np.sqrt((without.size - 1) * without.var()))

    @property
    def _without(self) -> list[Integers]:
        """Groups of trajectories without one of them each."""
        return [np.delete(np.arange(self.variances.size), k) for k in range(self.variances.size)]

    @property
    def turns(self) -> float:
        """Turns of the phase in unit time from the spectrum, forward less backward: Ω/2π · e^{−|m|²/σ²}."""
        return _turns(self.mean, self.variances, self.drifts)

    @property
    def turns_error(self) -> float:
        """Standard error of that, likewise."""
        without = np.array([_turns(self.mean, self.variances[k], self.drifts[k]) for k in self._without])
        return float(np.sqrt((without.size - 1) * without.var()))

    @property
    def expected_rate(self) -> float:
        """Slips in unit time of Gaussian noise of that spectrum and mean, both directions together."""
        return float(self.expected.sum(axis=1).mean())

    @property
    def expected_error(self) -> float:
        """Standard error of that, likewise."""
        return float(self.expected.sum(axis=1).std(ddof=1) / math.sqrt(len(self.expected)))

    @property
    def count(self) -> int:
        """Slips in both directions."""
        return int((self.forward + self.backward)[0].sum())

    @property
    def rate(self) -> float:
        """Slips counted, over the time; NaN where there are too few."""
        return self.count / self.observed if self.count >= FEWEST else math.nan

    @property
    def rate_error(self) -> float:
        """Scatter of trajectories, at least √N/T, and what half as many samples change; NaN where there is no rate."""
        return self._error(self.forward + self.backward) if self.count >= FEWEST else math.nan

    @property
    def net_rate(self) -> float:
        """Turns of the phase over the time, forward less backward; NaN where there are too few slips."""
        return int((self.forward - self.backward)[0].sum()) / self.observed if self.count >= FEWEST else math.nan

    @property
    def net_error(self) -> float:
        """Of that, likewise."""
        return self._error(self.forward - self.backward) if self.count >= FEWEST else math.nan

    def _error(self, counts: Integers) -> float:
        every, second = counts
        scatter = math.sqrt(every.size * every.var(ddof=1)) if every.size > 1 else 0.0  # turns come in bursts
        return math.hypot(max(scatter, math.sqrt(self.count)), int(every.sum() - second.sum())) / self.observed

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

    @property
    def differs(self) -> bool:
        """Whether count and spectrum differ by more than three errors: the phase is not that of Gaussian noise."""
        if self.count < FEWEST:
            return self.upper_limit < self.expected_rate - DIFFERENT * self.expected_error
        rates = abs(self.rate - self.expected_rate) > DIFFERENT * math.hypot(self.rate_error, self.expected_error)
        return rates or abs(self.net_rate - self.turns) > DIFFERENT * math.hypot(self.net_error, self.turns_error)

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
        Of one trajectory, in the inverse unit of the rates; 50 decay times of a_i†a_j unless given.
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
        If there is no such pair, it has no phase, or a number is out of its range.
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
    exchange, state = exchange_operator(network, first, second), sp.csr_array(known.state())
    mean = complex((exchange @ state).trace())
    diffusion = Diffusion(model, _frame(network, first))
    hint = "Give it in the inverse unit of the rates."
    decay = _decay(model, state, exchange)
    time = DECAYS / decay if duration is None else real("`duration`", duration, hint, above=0.0)
    longest = diffusion.step(state) if step is None else real("`step`", step, hint, above=0.0)
    steps = max(2, parts_of("Steps of a trajectory", time, longest))
    before = math.ceil(SETTLING / decay * steps / time)
    kets = diffusion.drawn(state, runs, rng)
    found = diffuse(
        diffusion, kets, time / steps, before + steps, rng, watch=exchange, skip=before, batches=min(BATCHES, runs),
        mean=mean, most_seconds=most_seconds, progress=progress,
    )  # fmt: skip
    fluctuations = [_Fluctuations.of(model, state, exchange, source) for source in found.sources]
    watched = found.watched[before:]
    phases = -np.angle(watched)
    counts = np.array([count_slips(phases), count_slips(phases[::2])])
    counted = int(counts[0].sum())
    few = counted < FEWEST
    message = (
        f"{counted} slips were counted, {FEWEST} are needed for a rate: only the upper limit is given. "
        "Raise `duration` or `trajectories`."
    )  # fmt: skip
    away = np.abs(watched - mean) ** 2
    return PhaseSlips(
        status=Status.NOT_CONVERGED if few else Status.CONVERGED,
        message=message if few else "",
        certificate=known.certificate,
        pair=(first, second),
        S=relative_phase(known, subsystems[first], subsystems[second]).S,
        mean=mean,
        variances=np.array([one.variance for one in fluctuations]),
        drifts=np.array([one.drift for one in fluctuations]),
        kurtosis=float((away**2).mean() / away.mean() ** 2),
        lines=_lines(_Fluctuations.of(model, state, exchange, found.sources.mean(axis=0)), fluctuations),
        forward=counts[:, 0],
        backward=counts[:, 1],
        expected=np.array([one.slips(mean, time / steps, steps, -(-runs // len(fluctuations)), rng)
                           for one in fluctuations]),
        observed=time * runs,
    )  # fmt: skip


def count_slips(phases: Floats) -> tuple[Integers, Integers]:
    """Slips by +2π and by −2π of each trajectory, (trajectories,), from phases (samples, trajectories) up to 2π.

    Samples must be so dense that the phase moves by less than π between two of them.
    """
    turned = np.unwrap(phases, axis=0)
    start = turned[0].copy()
    forward, backward = np.zeros((2, start.size), dtype=np.int64)
    for now in turned:
        moved = np.trunc((now - start) / (2 * math.pi))
        if moved.any():
            start += 2 * math.pi * moved
            forward += np.maximum(moved, 0).astype(np.int64)
            backward -= np.minimum(moved, 0).astype(np.int64)
    return forward, backward


@dataclass(frozen=True, eq=False)
class _Fluctuations:
    """E ζ*(0)ζ(τ) = Σ residues · e^{values τ} of an operator along trajectories, with its value and slope at τ = 0."""

    values: Complexes
    residues: Complexes
    variance: float
    drift: complex

    @classmethod
    def of(cls, model: LindbladModel, state: sp.csr_array, exchange: sp.csr_array, source: Complexes) -> _Fluctuations:
        """From E ζ*|ψ⟩⟨ψ|, whose part in the steady state is taken out."""
        source = source - np.trace(source) * state.toarray()
        variance, slope = float((exchange @ source).trace().real), _changing(model, exchange)
        require(variance > 0, "⟨a_i†a_j⟩ must fluctuate along trajectories", f"{variance:.2g}", EMPTY)
        row, col = sp.coo_array(exchange).coords
        marks = (np.zeros(row.size, dtype=np.int64), row, col)
        parts = [r.modes()[:2] for r in respond(model, sp.csr_array(source), exchange, state, marks)]
        values, residues = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        return cls(values, residues, variance, complex((slope @ source).trace()))

    def slips(self, mean: complex, step: float, samples: int, runs: int, rng: np.random.Generator) -> Floats:
        """Slips of Gaussian noise around a mean in unit time, (2,): by +2π and by −2π."""
        size = 2 * samples
        frequencies = 2 * math.pi * np.fft.fftfreq(size, step)
        power = np.zeros(size)
        for value, residue in zip(self.values, self.residues, strict=True):
            power += 2 * (residue / (1 - np.exp((value - 1j * frequencies) * step))).real - residue.real
        noise = rng.standard_normal((2, size, runs))
        amplitudes = np.sqrt(np.maximum(power, 0.0) * size / 2)[:, None] * (noise[0] + 1j * noise[1])
        phases = -np.angle(mean + np.fft.ifft(amplitudes, axis=0)[:samples])
        return np.array([found.sum() for found in count_slips(phases)]) / (step * samples * runs)


def _decay(model: LindbladModel, state: sp.csr_array, exchange: sp.csr_array) -> float:
    """Rate at which ⟨(a_i†a_j)†(0) a_i†a_j(τ)⟩ begins to decay."""
    source = state @ exchange.conj().T
    source = source - complex(source.trace()) * state
    variance = float((exchange @ source).trace().real)
    require(variance > 0, "a_i†a_j must fluctuate", f"{variance:.2g}", EMPTY)
    rate = -float((_changing(model, exchange) @ source).trace().real) / variance
    require(rate > 0, "The fluctuations of a_i†a_j must decay", f"{rate:.2g}", "Give the oscillators rates.")
    return rate


def _changing(model: LindbladModel, operator: sp.csr_array) -> sp.csr_array:
    """L†X = i[H, X] + Σ (L†XL − ½{L†L, X})."""
    found = 1j * (model.hamiltonian @ operator - operator @ model.hamiltonian)
    for jump in model.jumps:
        raised = jump.conj().T
        found = found + raised @ operator @ jump - 0.5 * (raised @ jump @ operator + operator @ raised @ jump)
    return sp.csr_array(found)


def _lines(of_all: _Fluctuations, of_groups: list[_Fluctuations]) -> tuple[PhaseLine, ...]:
    """Modes that stand closer than their decays, together; groups of trajectories give the errors of the weights."""
    strong = np.flatnonzero(np.abs(of_all.residues) >= RESOLVED * of_all.variance)
    strong = strong[np.argsort(-of_all.values[strong].imag)]
    positions, decays = -of_all.values[strong].imag, -of_all.values[strong].real
    apart = np.diff(positions) > np.maximum(decays[:-1], decays[1:])
    found = []
    ends = (positions[1:] + positions[:-1])[apart] / 2
    for low, high in zip([-math.inf, *ends], [*ends, math.inf], strict=True):
        within = strong[(positions > low) & (positions < high)]
        residues, values = of_all.residues[within], of_all.values[within]
        shares = [
            float(one.residues[(-one.values.imag > low) & (-one.values.imag < high)].sum().real) / one.variance
            for one in of_groups
        ]
        rate = complex((residues * values).sum() / residues.sum())
        line = PhaseLine(
            decay=-rate.real, turn=-rate.imag, weight=float(residues.sum().real) / of_all.variance,
            weight_error=float(np.std(shares, ddof=1)) / math.sqrt(len(shares)), modes=tuple(values.tolist()),
        )  # fmt: skip
        if line.weight >= CARRIED:
            found.append(line)
    return tuple(sorted(found, key=lambda line: -line.weight))


def _mean_rate(found: PhaseSlips) -> complex:
    return complex(found.drifts.mean() / found.variance)


def _turns(mean: complex, variances: Floats, drifts: Complexes) -> float:
    """Rice: −Im λ/2π · e^{−|m|²/σ²}."""
    variance = float(variances.mean())
    return -float(drifts.mean().imag) / variance / (2 * math.pi) * math.exp(-(abs(mean) ** 2) / variance)


def _frame(network: Network, first: int) -> float:
    """A frequency near those of the ladder."""
    one = network.oscillators[first]
    level = min(max(one.target or 1, 1), one.levels - 1)
    return float(one.ladder.transition_frequencies[level - 1])
