"""Relative phase of two outputs from heterodyne records, beside that of the state."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real, real_array, whole
from qsb_hw.errors import require
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.build import exchange_operator, network_model
from qsb_hw.model.display import html_tables
from qsb_hw.model.network import Network
from qsb_hw.questions.estimators import HARMONICS, heights_at, phases_of_maximum, standard_error_at
from qsb_hw.questions.ports import Detection, Filtered, Port, detection
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.phase import PhaseDistribution, relative_phase
from qsb_hw.sync.trajectories import MOST_SECONDS, Diffusion, Trajectories, diffuse, parts_of

FILTER_TIMES = 5.0
"""Response times of the filter that a record must last, and that are discarded before it."""
SAMPLES_PER_RESPONSE = 4
"""Samples of the filtered record in one response time 1/B."""
LARGEST_DEVIATION = 5.0
"""Standard errors by which the mean over trajectories may differ from the state."""
SEEN = 2.0
"""Standard errors above zero from which S of the records says how many more it would take."""
BINS = 24
"""Of a histogram of the relative phase."""


@dataclass(frozen=True, eq=False, kw_only=True)
class HeterodyneRecord(Result):
    """Relative phase φ = φ_i − φ_j of two heterodyne records, over many runs of one duration.

    A_j(t) = ∫ B e^{−B(t−s)} e^{iωs} dJ_j(s), dJ = √η ⟨L_j⟩ dt + √(1 + added) dξ with E|dξ|² = dt; φ = −arg A_i*A_j.

    Attributes
    ----------
    status, message : Status, str
        `NOT_CONVERGED` where the mean over trajectories differs from the state: the time step is too long.
    certificate : Certificate
        Of the steady state.
    pair : tuple of int
        Oscillators i and j.
    times : (k,) float
        Of the samples of one run, in the inverse unit of the rates.
    amplitudes : (2, k, trajectories) complex
        Filtered records; |A|² is a rate of quanta, B/2 of it vacuum noise.
    frequency, bandwidth, efficiency, added_noise : float
        ω of the detection and B of the filter in the unit of the rates; η; quanta added by the amplifiers.
    S_state, S_undisturbed : float
        S of the state with its outputs, and without those that were added.
    coefficients : (trajectories, harmonics) complex
        c_k = ⟨e^{−ikφ}⟩ of each run.
    expected_correlation : complex
        E A_i*A_j by the regression theorem.
    filtered : Filtered
        What a filter of another bandwidth would pass.
    deviation : float
        Standard errors by which mean quanta and ⟨a_i†a_j⟩ of the trajectories differ from those of the state, the
        largest.
    sign : int
        −1 where the outputs carry the opposite phase.
    """

    status: Status
    message: str
    certificate: Certificate
    pair: tuple[int, int]
    times: Floats
    amplitudes: Complexes
    frequency: float
    bandwidth: float
    efficiency: float
    added_noise: float
    S_state: float
    S_undisturbed: float
    coefficients: Complexes
    expected_correlation: complex
    filtered: Filtered
    deviation: float
    sign: int

    def __repr__(self) -> str:
        return (
            f"HeterodyneRecord({self.status.value}, {self.trajectories} runs of {self.duration:.3g}, "
            f"S = {self.S:.3g} ± {self.standard_error:.1g}, of the state {self.S_state:.3g})"
        )

    @property
    def trajectories(self) -> int:
        """Independent runs."""
        return int(self.amplitudes.shape[2])

    @property
    def duration(self) -> float:
        """Of one run, the filter's response left out."""
        return float(self.times[-1] - self.times[0])

    @property
    def phase(self) -> Floats:
        """Relative phase φ of every sample in (−π, π], (k, trajectories)."""
        product = self.amplitudes[0] * self.amplitudes[1].conj()
        return np.asarray(np.angle(product if self.sign > 0 else product.conj()))

    @property
    def correlation(self) -> complex:
        """Mean of A_i*A_j."""
        return complex(self._correlations.mean())

    @property
    def correlation_error(self) -> float:
        """Standard error of that mean in the complex plane, by the scatter of the runs."""
        found = self._correlations
        return float(np.sqrt(np.var(found.real, ddof=1) + np.var(found.imag, ddof=1)) / math.sqrt(found.size))

    @property
    def _correlations(self) -> Complexes:
        return np.asarray((self.amplitudes[0].conj() * self.amplitudes[1]).mean(axis=0))

    @property
    def distribution(self) -> PhaseDistribution:
        """Of the record's relative phase, with noise and filter: c_1 and c_2."""
        return PhaseDistribution(np.concatenate([[1.0], self.coefficients.mean(axis=0)]))

    @property
    def S(self) -> float:
        """2π max P − 1 of the record, every run taken at the phase that all others find."""
        return float(self._heights.mean())

    @property
    def standard_error(self) -> float:
        """Of S, by the scatter of the runs at the phase of all, and by what estimating that phase adds."""
        whole = self.distribution
        heights = heights_at(self.coefficients, np.full(self.trajectories, whole.argmax))
        return standard_error_at(float(heights.var(ddof=1)) / heights.size, whole.S, self.S)

    @property
    def S_naive(self) -> float:
        """Maximum of the record's distribution, which is biased upwards."""
        return self.distribution.S

    @property
    def _heights(self) -> Floats:
        total, count = self.coefficients.sum(axis=0), self.trajectories
        return heights_at(self.coefficients, phases_of_maximum((total - self.coefficients) / (count - 1)))

    @property
    def visibility(self) -> float:
        """|E A_i*A_j| over √(E|A_i|² E|A_j|²), by the regression theorem."""
        return float(self.visibilities([self.bandwidth])[0])

    @property
    def S_gaussian(self) -> float:
        """S of two Gaussian amplitudes of that visibility g: (π/2) g ₂F₁(½, ½; 2; g²)."""
        from scipy.special import hyp2f1

        return float(math.pi / 2 * self.visibility * hyp2f1(0.5, 0.5, 2.0, self.visibility**2))

    def visibilities(self, bandwidths: ArrayLike) -> Floats:
        """Visibility with other filters, (bandwidths,): a wide one lets noise in, a narrow one loses the line."""
        wanted = _bandwidths(bandwidths, self.filtered.bands)
        return self.filtered.visibility(self.frequency, wanted, self.efficiency, self.added_noise)

    def passed(self, bandwidths: ArrayLike) -> Floats:
        """Share of ⟨L_i†L_j⟩ that filters pass, (bandwidths,); 1 for a wide one."""
        wanted = _bandwidths(bandwidths, self.filtered.bands)
        widest = np.array([1e6 * float(wanted.max())])
        everything = abs(complex(self.filtered.correlation(self.frequency, widest)[0]))
        return np.asarray(np.abs(self.filtered.correlation(self.frequency, wanted)) / everything)

    @property
    def detection_time(self) -> float:
        """Total time of records after which S lies five standard errors above zero, by the scatter of these runs.

        NaN where S of these records does not lie `SEEN` of them above zero: it could be anything then.
        """
        value, error = self.S, self.standard_error
        spent = self.trajectories * self.duration
        return float(spent * (5 * error / value) ** 2) if value > SEEN * error else math.nan

    _repr_html_ = html_tables


def heterodyne(
    network: Network,
    ports: Port | Sequence[Port] | None = None,
    *,
    port_rate: float | None = None,
    bandwidth: float,
    duration: float,
    frequency: float | None = None,
    efficiency: float = 1.0,
    added_noise: float = 0.0,
    pair: tuple[int, int] = (0, 1),
    trajectories: int = 100,
    seed: int = 0,
    step: float | None = None,
    most_seconds: float = MOST_SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> HeterodyneRecord:
    """Heterodyne records of two outputs in the steady state, and the relative phase that they show.

    Pure states are conditioned on heterodyne detection of every jump (quantum state diffusion); what is not detected is
    thrown away, which changes no record. They are drawn from the steady state with the outputs, whose back-action is
    part of the model.

    Parameters
    ----------
    network : Network
        Of eliminated or complete oscillators, in the rotating-wave approximation.
    ports : int or str, or two of them, optional
        Bath of each complete oscillator whose mode c is detected.
    port_rate : float, optional
        κ of an output √κ a that is added to each oscillator instead.
    bandwidth : float
        B of the filter B e^{−Bt}: half width at half maximum, in the unit of the rates.
    duration : float
        Of one record.
    frequency : float, optional
        ω of the detection in the frame of the ladder's energies; where most of the correlation passes unless given.
    efficiency : float
        η, the share of the output that is detected.
    added_noise : float
        Quanta that each amplifier adds to the vacuum noise.
    pair : tuple of int
        The two oscillators.
    trajectories : int
        Independent records, at least 2.
    seed : int
        Of the random numbers.
    step : float, optional
        Time step; from the rates unless given, and shortened so that it divides the samples.
    most_seconds : float
        Time on one core that the trajectories may take, as estimated before they begin.
    progress : callable, optional
        Called with (step, steps).

    Returns
    -------
    HeterodyneRecord

    Raises
    ------
    ArgumentError
        If there is no such port or oscillator, the record is shorter than five response times of the filter, or a
        number is out of its range.
    CapacityError
        If they are estimated to take longer than `most_seconds`, or do not fit in memory.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    >>> pair = qh.Network([one.detuned(20.0), one], [[0, 0.5], [0.5, 0]])
    >>> found = qh.heterodyne(pair, port_rate=0.5, bandwidth=1.0, duration=10.0, trajectories=40)
    >>> found.ok, found.trajectories, round(found.S_state, 3), round(found.S_undisturbed, 3)
    (True, 40, 0.167, 0.407)
    """
    receiver = _receiver(bandwidth, duration, efficiency, added_noise)
    runs = whole("`trajectories`", trajectories, "An error takes two records at least.", least=2)
    rng = np.random.default_rng(whole("`seed`", seed, "Any whole number from 0.", least=0))
    found = detection(network, pair, ports, port_rate)
    band, hint = receiver.bandwidth, "Give it in the frame of the ladder's energies."
    given = None if frequency is None else real("`frequency`", frequency, hint)
    usual = "Leave it out for the usual one."
    asked = None if step is None else real("`step`", step, usual, above=0.0)
    state, anywhere = sp.csr_array(found.steady.state()), Diffusion(found.model, 0.0)
    fewest = receiver.steps(receiver.stride(anywhere.longest_step(state) if asked is None else asked))
    anywhere.require_seconds(fewest, runs, most_seconds)  # before the search for the line, which takes long itself
    filtered = Filtered.of(found, band, given)
    centre = filtered.frequency(band) if given is None else given
    diffusion = Diffusion(found.model, found.sign * centre)
    stride = receiver.stride(diffusion.step(state) if asked is None else asked)
    dt = receiver.interval / stride
    kets = diffusion.drawn(state, runs, rng)
    exchange, groups = _watched(found)
    raw = diffuse(diffusion, kets, dt, receiver.steps(stride), rng, ports=found.ports,
                  watch=exchange, stride=stride, groups=groups, most_seconds=most_seconds,
                  progress=progress)  # fmt: skip
    sigma = _deviation(found, raw, exchange, groups)
    good = sigma <= LARGEST_DEVIATION
    message = f"The mean over trajectories is {sigma:.1f} standard errors off. Lower `step`, {dt:.3g}."
    amplitudes = _amplitudes(raw, receiver, stride, rng)
    places = [found.subsystems[k] for k in pair]
    undisturbed = found.steady if port_rate is None else steady_state_of(network_model(network)).require()
    return HeterodyneRecord(
        status=Status.CONVERGED if good else Status.NOT_CONVERGED,
        message="" if good else message,
        certificate=found.steady.certificate,
        pair=pair,
        times=receiver.interval * np.arange(receiver.samples, dtype=float),
        amplitudes=amplitudes,
        frequency=centre,
        bandwidth=band,
        efficiency=receiver.efficiency,
        added_noise=receiver.added,
        S_state=relative_phase(found.steady, *places).S,
        S_undisturbed=relative_phase(undisturbed, *places).S,
        coefficients=_harmonics(amplitudes, found.sign),
        expected_correlation=receiver.efficiency * complex(filtered.correlation(centre, np.array([band]))[0]),
        filtered=filtered,
        deviation=sigma,
        sign=found.sign,
    )


@dataclass(frozen=True, slots=True)
class _Receiver:
    """Filter and detector, and the samples taken of one record."""

    bandwidth: float
    duration: float
    efficiency: float
    added: float

    @property
    def interval(self) -> float:
        """Time between two samples."""
        return 1 / (SAMPLES_PER_RESPONSE * self.bandwidth)

    @property
    def settling(self) -> int:
        """Samples discarded while the filter responds."""
        return math.ceil(FILTER_TIMES * SAMPLES_PER_RESPONSE)

    @property
    def samples(self) -> int:
        """Samples kept."""
        return parts_of("Samples of a record", self.duration, self.interval) + 1

    def stride(self, longest: float) -> int:
        """Time steps of at most that length in one interval."""
        return parts_of("Steps of a sample", self.interval, longest)

    def steps(self, stride: int) -> int:
        """Of one record, with those before it."""
        return (self.settling + self.samples) * stride


def _receiver(bandwidth: float, duration: float, efficiency: float, added_noise: float) -> _Receiver:
    band = real("`bandwidth`", bandwidth, "Give B in the unit of the rates.", above=0.0)
    time = real("`duration`", duration, "Give it in the inverse unit of the rates.", above=0.0)
    least = FILTER_TIMES / band
    must = f"A record must last {FILTER_TIMES:g} response times of its filter, {least:.3g}"
    require(time >= least, must, f"{time:g}", "Record for longer, or widen the filter.")
    share = real("`efficiency`", efficiency, "Give a share above 0 and up to 1.", above=0.0)
    require(share <= 1, "`efficiency` must be at most 1", efficiency, "Give a share.")
    return _Receiver(band, time, share, real("`added_noise`", added_noise, "0 is the quantum limit.", least=0.0))


def _harmonics(amplitudes: Complexes, sign: int) -> Complexes:
    """c_k = ⟨e^{−ikφ}⟩ of every run, (trajectories, harmonics)."""
    product = amplitudes[0].conj() * amplitudes[1]
    turns = (product if sign > 0 else product.conj()) / np.abs(product)
    return np.stack([(turns**k).mean(axis=0) for k in range(1, HARMONICS + 1)], axis=1)


def _bandwidths(given: ArrayLike, known: tuple[float, float]) -> Floats:
    found = np.atleast_1d(real_array("Bandwidths", given, "Give them in the unit of the rates."))
    positive = found.size > 0 and float(found.min()) > 0
    require(positive, "Bandwidths must be positive", found.tolist(), "Give them in the unit of the rates.")
    low, high = known
    inside = bool(np.all((found >= low * (1 - 1e-9)) & (found <= high * (1 + 1e-9))))
    hint = "Of so large a model other filters are not known: record again with another `bandwidth`."
    require(inside, f"Bandwidths must lie between {low:.3g} and {high:.3g}", found.tolist(), hint)
    return found


def _watched(found: Detection) -> tuple[sp.csr_array, sp.csr_array]:
    """a_i†a_j, and the numbers of quanta of both as rows, (2, D)."""
    dims, places = found.model.dims, [found.subsystems[k] for k in found.pair]
    digits = np.indices(dims).reshape(len(dims), -1)[places]
    return exchange_operator(found.network, *found.pair), sp.csr_array(digits.astype(float))


def _amplitudes(raw: Trajectories, receiver: _Receiver, stride: int, rng: np.random.Generator) -> Complexes:
    """Filtered records at the end of every interval that is kept, (2, samples, trajectories)."""
    from scipy.signal import lfilter

    ports, steps, count = raw.records.shape
    seen = math.sqrt(receiver.efficiency) * raw.records
    if missing := 1 - receiver.efficiency + receiver.added:
        noise = rng.standard_normal((2, ports, steps, count)) * math.sqrt(missing * raw.step / 2)
        seen = seen + noise[0] + 1j * noise[1]
    kept = math.exp(-receiver.bandwidth * raw.step)
    weight = (1 - kept) / raw.step  # the filter's mean over a step
    smooth = lfilter([weight], [1.0, -kept], seen, axis=1)
    return np.asarray(smooth[:, stride - 1 :: stride][:, receiver.settling :])


def _deviation(found: Detection, raw: Trajectories, exchange: sp.csr_array, groups: sp.csr_array) -> float:
    """Largest difference between trajectories and state, in standard errors."""
    state = found.steady.state()
    diagonal = state.diagonal().real
    mean = raw.watched.mean(axis=0)
    truth = complex((exchange @ sp.csr_array(state)).trace())
    pairs = [(mean.real, truth.real), (mean.imag, truth.imag),
             *zip(raw.populations, groups @ diagonal, strict=True)]  # fmt: skip
    errors = [float(v.std(ddof=1)) / math.sqrt(v.size) for v, _ in pairs]
    return max(abs(float(v.mean()) - float(t)) / max(e, 1e-12) for (v, t), e in zip(pairs, errors, strict=True))
