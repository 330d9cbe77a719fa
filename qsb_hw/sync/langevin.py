"""The classical limit: noisy amplitudes instead of quanta (Lörch 2017 Eq. 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.arguments import real, whole
from qsb_hw.errors import ArgumentError, require
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.compiling import in_pieces, require_steps, side_by_side
from qsb_hw.lindblad.operators import frozen
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.phase import PhaseDistribution, highest

MOST_STEPS = 1e11
"""Steps of all trajectories together that are begun unless told otherwise: hours on a few cores."""
BLOCK_WORK = 2**22
"""Steps times pairs times harmonics of a trajectory between two looks for an interrupt; its random numbers are seeded
again for each such block, so that they depend on nothing else."""
LARGEST_STEP = 1.0
"""Radians by which the fastest term may turn in one step."""
LARGEST_DRIFT = 4.0
"""Standard errors by which the two halves of a run may differ before its burn-in counts as too short."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LangevinSolution(Result):
    """Ensemble of classical trajectories.

    Attributes
    ----------
    network : Network
        What was simulated.
    harmonics : (trajectories, 2, N, N, m) complex
        Time averages of e^{−ik(φ_i − φ_j)}, k = 1 … m, over the first and the second half of every trajectory
        after its burn-in.
    intensity : (trajectories, N) float
        Time averages of |α|².
    escapes : (trajectories,) int
        How often each trajectory left the limit cycle and was restarted.
    step, duration, burn_in : float
        Time step, averaging time and time discarded before it, in the inverse unit of the rates.
    status : Status
        Converged; not converged where the two halves of the run differ by more than their errors.
    certificate : Certificate
        Unknown: errors are statistical, see `standard_error`.
    """

    network: Network
    harmonics: Complexes
    intensity: Floats
    escapes: Integers
    step: float
    duration: float
    burn_in: float
    certificate: Certificate = field(default_factory=Certificate)

    @property
    def status(self) -> Status:
        """How it ended."""
        return Status.CONVERGED if self.burned_in else Status.NOT_CONVERGED

    @property
    def message(self) -> str:
        """What happened and what to do about it."""
        if self.burned_in:
            return f"Both halves of the run agree; {int(self.escapes.sum())} restarts."
        return f"The halves of the run differ by {self.drift:.1f} standard errors. Raise `burn_in`."

    @property
    def trajectories(self) -> int:
        """Number of independent trajectories."""
        return int(self.harmonics.shape[0])

    def phase_distribution(self, first: int, second: int) -> PhaseDistribution:
        """Distribution of φ_first − φ_second over the ensemble, up to the harmonics kept."""
        return _distribution(self._samples(first, second).mean(axis=0))

    def synchronization(self, first: int, second: int) -> float:
        """S = 2π max P − 1 (Lörch 2017 Eq. 6)."""
        return self.phase_distribution(first, second).S

    def standard_error(self, first: int, second: int) -> float:
        """Statistical error of S: jackknife over the independent trajectories."""
        samples = self._samples(first, second)
        total, count = samples.sum(axis=0), self.trajectories
        left_out = highest(np.column_stack([np.ones(count), (total - samples) / (count - 1)]))
        return float(math.sqrt((count - 1) / count * np.sum((left_out - left_out.mean()) ** 2)))

    @property
    def drift(self) -> float:
        """Largest difference between the two halves of the run, in standard errors of that difference.

        Of the first harmonic of every pair and of nothing else; far above 3 the burn-in was too short.
        """
        count = self.network.size
        upper = np.triu_indices(count, 1)
        difference = (self.harmonics[:, 1] - self.harmonics[:, 0])[..., 0][:, upper[0], upper[1]]
        parts = np.stack([difference.real, difference.imag], axis=-1)
        error = parts.std(axis=0, ddof=1) / math.sqrt(self.trajectories)
        return float(np.max(np.abs(parts.mean(axis=0)) / np.maximum(error, 1e-300), initial=0.0))

    @property
    def burned_in(self) -> bool:
        """Whether both halves of the run agree within their errors."""
        return self.drift < LARGEST_DRIFT

    def _samples(self, first: int, second: int) -> Complexes:
        self.network.pair(first, second)
        return np.asarray(self.harmonics[:, :, first, second].mean(axis=1))


def langevin(
    network: Network,
    noise: float,
    rng: np.random.Generator,
    *,
    trajectories: int = 256,
    duration: float | None = None,
    burn_in: float | None = None,
    step: float | None = None,
    harmonics: int = 12,
    most_steps: float = MOST_STEPS,
) -> LangevinSolution:
    """Simulate Lörch 2017 Eq. (5) for an ensemble of independent trajectories.

    dα_j = −[iΩ_j(|α_j|²) + ½Γ_j(|α_j|²)]α_j dt − i Σ_k C_jk α_k dt + dη_j, with Ω = ω − 2K|α|²,
    Γ = γ₋f₋(|α|²) − γ₊f₊(|α|²) and ⟨dη dη*⟩ = γ_T n_T dt, half of it in each quadrature; by Heun's method.

    The Lorentzian damping dies out as 1/|α|⁴ while the noise does not, so that no stationary state exists. What is
    simulated is the quasi-stationary one: a trajectory above n₋ + max(10σ, 2) is restarted and counted in `escapes`.

    Parameters
    ----------
    network : Network
        Of oscillators with a closed form on both sides (`EffectiveOscillator.lorentzian`).
    noise : float
        γ_T n_T in the unit of the rates.
    rng : numpy.random.Generator
        Seeds the trajectories; the result does not depend on the number of threads.
    trajectories, harmonics : int
        Independent runs, whose scatter gives the errors, and harmonics of the phase distribution kept.
    duration, burn_in, step : float, optional
        Averaging time, time discarded and step; 400/γ and 100/γ of the slowest, a tenth of the fastest time scale.
    most_steps : float
        Steps of all trajectories together that are begun at most.

    Returns
    -------
    LangevinSolution
        Averages of every trajectory, with S and its statistical error.

    Raises
    ------
    ArgumentError
        If oscillators have no closed forms, noise, times or steps are out of range, or there are no two trajectories.
    CapacityError
        If the run would take more than `most_steps` steps, or its averages do not fit in memory.

    Examples
    --------
    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=2, gamma=1, sigma=0.2, n_plus=2, n_minus=3, levels=3)
    >>> network = qh.Network([one, one], [[0, 0.05], [0.05, 0]])
    >>> run = qh.langevin(network, 0.1, np.random.default_rng(1), trajectories=8, duration=20.0)
    >>> print(run.trajectories, run.harmonics.shape)
    8 (8, 2, 2, 2, 12)
    """
    parameters = np.array([_parameters(o) for o in network.oscillators])  # (N, 8)
    parameters[:, 0] -= parameters[:, 0].mean()  # a common rotation is no physics
    noise = real("The noise", noise, "Give γ_T n_T.", least=0.0)
    trajectories = whole("`trajectories`", trajectories, "Use a few hundred: an error needs two.", least=2)
    harmonics = whole("`harmonics`", harmonics, "Use about ten.", least=1)
    must, hint = "`rng` must be a numpy.random.Generator", "Give `numpy.random.default_rng(seed)`."
    require(isinstance(rng, np.random.Generator), must, type(rng).__name__, hint)
    duration, burn_in, step = _times(parameters, network.coupling, duration, burn_in, step)
    require_steps(trajectories * (burn_in + duration) / step, most_steps, f"{trajectories} trajectories")
    needed = 32.0 * trajectories * network.size**2 * (harmonics + 1)
    require_memory(needed, f"{trajectories} trajectories of {network.size} oscillators", "Take fewer trajectories.")
    lengths = (math.ceil(burn_in / step), max(1, math.ceil(duration / (2 * step))))
    averages = np.zeros((trajectories, 2, network.size, network.size, harmonics), dtype=complex)
    intensity, escapes = _simulate(parameters, network.coupling, noise, step, lengths, rng, averages)
    return LangevinSolution(
        network=network,
        harmonics=frozen(averages),
        intensity=frozen(intensity),
        escapes=frozen(escapes),
        step=step,
        duration=duration,
        burn_in=burn_in,
    )


def _times(
    parameters: Floats, coupling: Complexes, duration: float | None, burn_in: float | None, step: float | None
) -> tuple[float, float, float]:
    """Averaging time, time discarded and time step, checked."""
    slowest, fastest = float(np.min(parameters[:, [2, 5]])), _fastest(parameters, coupling)
    hint = "Give a time in the inverse unit of the rates."
    duration = real("`duration`", 400 / slowest if duration is None else duration, hint, above=0.0)
    burn_in = real("`burn_in`", 100 / slowest if burn_in is None else burn_in, hint, least=0.0)
    step = real("`step`", 0.1 / fastest if step is None else step, "Leave it out.", above=0.0)
    require(
        step * fastest <= LARGEST_STEP,
        f"`step` must be at most {LARGEST_STEP / fastest:.3g}, one radian of the fastest term",
        step,
        "Leave it out for a safe one.",
    )
    return duration, burn_in, step


def _simulate(
    parameters: Floats,
    coupling: Complexes,
    noise: float,
    step: float,
    lengths: tuple[int, int],
    rng: np.random.Generator,
    averages: Complexes,
) -> tuple[Floats, Integers]:
    """Fill `averages`; mean intensities and escapes. Block after block of steps, each with seeds of its own."""
    from qsb_hw.sync._langevin_kernel import ESCAPES, SAMPLED, simulate

    trajectories, _, count, _, harmonics = averages.shape
    burn_in, half = lengths
    alphas = np.full((trajectories, count), math.nan, dtype=complex)
    counts = np.zeros((trajectories, 4), dtype=np.int64)
    intensity = np.zeros((trajectories, count))
    ceilings = parameters[:, 6] + np.maximum(10 * parameters[:, 7], 2.0)
    model = (parameters, np.array(coupling, order="C"), noise, step, ceilings)
    steps = max(BLOCK_WORK // (count**2 * (harmonics + 4)), 1)
    while (counts[:, SAMPLED] < 2 * half).any():
        seeds = rng.integers(0, 2**32 - 1, size=trajectories)
        work = partial(simulate, alphas, counts, model, (burn_in, half, steps), seeds, averages, intensity)
        in_pieces(trajectories, partial(side_by_side, work=work), first=4)
    return intensity, counts[:, ESCAPES].copy()


def _parameters(oscillator: object) -> tuple[float, ...]:
    """(ω, K, γ₊, n₊, σ₊, γ₋, n₋, σ₋)."""
    if not isinstance(oscillator, EffectiveOscillator) or not (oscillator.amplification and oscillator.damping):
        raise ArgumentError(
            "The classical limit needs γ, σ and n± of both sides, but found an oscillator without closed forms. "
            "Use `EffectiveOscillator.lorentzian`, or `eliminate` a device with one tone per side."
        )
    up, down = oscillator.amplification, oscillator.damping
    kerr = oscillator.kerr if oscillator.levels > 2 else 0.0
    frequency = float(oscillator.ladder.transition_frequencies[0])
    return (frequency, kerr, up.gamma, up.centre, up.sigma, down.gamma, down.centre, down.sigma)


def _fastest(parameters: Floats, coupling: Complexes) -> float:
    quanta = np.maximum(parameters[:, 3], parameters[:, 6]) + 1
    turning = np.abs(parameters[:, 0]) + 2 * np.abs(parameters[:, 1]) * quanta
    return float(np.max(turning + parameters[:, 2] + parameters[:, 5] + np.abs(coupling).sum(axis=1)))


def _distribution(means: Complexes) -> PhaseDistribution:
    return PhaseDistribution(np.concatenate([[1.0], means]))
