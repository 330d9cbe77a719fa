"""S by tomography after a number of shots, beside S of the state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw.arguments import whole
from qsb_hw.errors import require, suggestion
from qsb_hw.model.display import html_tables
from qsb_hw.questions.detection import RATE, SIGMAS, Shots, protocols, require_claim, shots_of
from qsb_hw.questions.estimators import PROTOCOLS, Estimate, estimate_synchronization
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.solution import SyncSolution

Source = SyncSolution | Evolution
MOST_SHOTS = 10**12
"""In one record."""
MOST_EXPERIMENTS = 10**5


@dataclass(frozen=True, eq=False, kw_only=True)
class SynchronizationRecord(Result):
    """S of a pair estimated from records, beside S of the state.

    Attributes
    ----------
    status, message, certificate : Status, str, Certificate
        Of the state.
    protocol : str
        "joint tomography" or "phase readout".
    shots : int
        In every record.
    S_state : float
        Of the state, with all levels and harmonics.
    stated : Shots
        What one shot costs, and how many it takes; its `.signal` is what the estimates are of: S of the levels read
        out and the harmonics used.
    estimates : tuple of Estimate
        One for each record.
    """

    status: Status
    message: str
    certificate: Certificate
    protocol: str
    shots: int
    S_state: float
    stated: Shots
    estimates: tuple[Estimate, ...]

    def __repr__(self) -> str:
        return (
            f"SynchronizationRecord({self.protocol}, {self.shots} shots: S = {self.S:.3g} ± {self.standard_error:.1g}, "
            f"of the state {self.S_state:.3g})"
        )

    @property
    def S(self) -> float:
        """Of the first record, every shot taken at the phase that all others find."""
        return self.estimates[0].value

    @property
    def standard_error(self) -> float:
        """Of the same, as that record itself gives it."""
        return self.estimates[0].standard_error

    @property
    def naive(self) -> float:
        """2π max P − 1 of the first record."""
        return self.estimates[0].naive

    @property
    def expected_bias(self) -> float:
        """−b/2N of S; the maximum of the record has the opposite one. For N so large that it is small against S."""
        return -self.stated.phase_cost / (2 * self.shots)

    @property
    def expected_error(self) -> float:
        """Scatter of S over records, √(v/N + b²/2N²)."""
        return math.sqrt(self.stated.variance / self.shots + self.stated.phase_cost**2 / (2 * self.shots**2))

    @property
    def mean(self) -> tuple[float, float]:
        """Mean of S over all records with its standard error; NaN for one record."""
        return _mean([one.value for one in self.estimates])

    @property
    def mean_naive(self) -> tuple[float, float]:
        """Mean of the maxima over all records with its standard error; NaN for one record."""
        return _mean([one.naive for one in self.estimates])

    @property
    def detected(self) -> float:
        """Share of the records in which S lies `stated.sigmas` standard errors above zero."""
        return float(np.mean([one.significance >= self.stated.sigmas for one in self.estimates]))

    _repr_html_ = html_tables


def sample_synchronization(
    source: Source,
    first: int = 0,
    second: int = 1,
    shots: int = 1000,
    *,
    protocol: str = "joint tomography",
    readout_error: float | Sequence[ArrayLike] = 0.0,
    experiments: int = 1,
    sigmas: float = SIGMAS,
    rate: float = RATE,
    number: int = -1,
    seed: int = 0,
) -> SynchronizationRecord:
    """S of two oscillators as an experiment with that many shots finds it.

    Parameters
    ----------
    source : SyncSolution or Evolution
        Prepares the state; an `Evolution` of a network.
    first, second : int
        The pair.
    shots : int
        Preparations and readouts in one record, at least 2.
    protocol : str
        "joint tomography" or "phase readout", as of `shots`.
    readout_error : float or two (3, 3) array_like
        As of `read_out`, on the levels n0 − 1, n0, n0 + 1.
    experiments : int
        Records, each with that many shots.
    sigmas, rate : float
        As of `shots`: what counts as detected.
    number : int
        Which time of an `Evolution`.
    seed : int
        Of the random numbers.

    Returns
    -------
    SynchronizationRecord

    Raises
    ------
    ArgumentError
        If there is no such pair, protocol or time, a number is not positive, or a ladder lacks n0 or a neighbour.
    ConvergenceError
        If the state is not certified.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    >>> solution = qh.steady_state(qh.Network([one.detuned(20.0), one], [[0, 0.3], [0.3, 0]]))
    >>> record = qh.sample_synchronization(solution, shots=20_000)
    >>> abs(record.S - record.S_state) < 5 * record.standard_error
    True
    """
    known = protocol in PROTOCOLS
    require(known, "`protocol` must be a measurement of S", repr(protocol), suggestion(str(protocol), list(PROTOCOLS)))
    count = whole("`shots`", shots, "An error takes two shots at least.", least=2, most=MOST_SHOTS)
    records = whole("`experiments`", experiments, "Give one or more.", least=1, most=MOST_EXPERIMENTS)
    rng = np.random.default_rng(whole("`seed`", seed, "Any whole number from 0.", least=0))
    require_claim(sigmas, rate, 0.0)
    _source(source)
    source.require()
    measured = next(p for p in protocols(source, first, second, readout_error, number) if p.name == protocol)
    stated = shots_of(measured, sigmas, rate)
    used = measured.with_harmonics(stated.harmonics)
    curve = (
        source.phase_distribution(first, second, number) if isinstance(source, Evolution)
        else source.phase_distribution(first, second)
    )  # fmt: skip
    return SynchronizationRecord(
        status=source.status,
        message=source.message,
        certificate=source.certificate,
        protocol=protocol,
        shots=count,
        S_state=curve.S,
        stated=stated,
        estimates=tuple(estimate_synchronization(used, used.sampled(count, rng)) for _ in range(records)),
    )


def _source(source: Any) -> None:
    hint = "`steady_state(network)` and `evolve(network, times)` give them."
    must = "A record must be of a SyncSolution or an Evolution"
    require(isinstance(source, SyncSolution | Evolution), must, type(source).__name__, hint)


def _mean(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return math.nan, math.nan
    return float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(len(values)))
