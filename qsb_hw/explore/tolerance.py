"""How much scatter a device bears: yield, and which of its numbers matter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.conditions import ELIMINATED, Requested
from qsb_hw.errors import ArgumentError, require
from qsb_hw.explore.design.problem import Limit, limit_of
from qsb_hw.explore.randomness import drawn_from
from qsb_hw.explore.sweep.axes import SECONDS, Axis, Parameter
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.measures import VERDICTS, measures_of
from qsb_hw.explore.sweep.pool import pool_of
from qsb_hw.explore.sweep.run import in_store
from qsb_hw.explore.sweep.study import PointStatus, Study
from qsb_hw.explore.sweep.subject import Subject, subject_of
from qsb_hw.lindblad.capacity import require_count
from qsb_hw.questions.criteria import Verdict
from qsb_hw.spec.paths import leaves
from qsb_hw.spec.quantity import TOLERANCE, Quantity
from qsb_hw.units import outside

if TYPE_CHECKING:
    from xarray import Dataset


CONFIDENCE = 0.95
"""Of every interval given."""
REPLICATES = 8
"""Independent scrambles of the sequence."""
RESAMPLES = 999
"""Of the bootstrap that gives the intervals of the indices."""
WIDEST = 0.3
"""Width of an interval from which on there are too few samples for an index, which is a share of 1."""
MOST_DEVICES = 1_000_000
"""Devices that are begun unless told otherwise."""
SAMPLES = 512
"""Devices of each of the two sets that are compared."""
DISTRIBUTIONS = ("normal", "uniform")


@dataclass(frozen=True, slots=True)
class Scatter:
    """A number that scatters: its path, what the file says, and the relative tolerance."""

    path: str
    nominal: Quantity
    tolerance: float


@dataclass(frozen=True, slots=True)
class Yield:
    """Share of devices that hold.

    Attributes
    ----------
    holding, devices : int
        How many do, of how many.
    low, high : float
        Clopper–Pearson interval of `CONFIDENCE`; quasi-random points scatter less than it allows for.
    """

    holding: int
    devices: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Of those that hold."""
        return self.holding / self.devices


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """Sobol' indices of one measure: the share of its variance that each number explains.

    Attributes
    ----------
    measure : str
        "holds" is 1 where a device does and 0 where it does not.
    mean, deviation : float
        Of the measure over all devices that have it.
    first, total : (d,) float
        First-order index (the number alone) and total index (with all its interactions); NaN where a device has no
        such measure, 0 where it does not vary.
    first_interval, total_interval : (d, 2) float
        Their intervals of `CONFIDENCE`, by bootstrap over the samples; quasi-random ones scatter less than it allows.
    without : int
        Devices that have no such measure.
    """

    measure: str
    mean: float
    deviation: float
    first: Floats
    first_interval: Floats
    total: Floats
    total_interval: Floats
    without: int

    @property
    def first_error(self) -> Floats:
        """Half the width of `first_interval`, (d,)."""
        return np.asarray(np.diff(self.first_interval)[:, 0] / 2)

    @property
    def total_error(self) -> Floats:
        """Half the width of `total_interval`, (d,)."""
        return np.asarray(np.diff(self.total_interval)[:, 0] / 2)

    @property
    def enough(self) -> NDArray[np.bool_]:
        """Which numbers' indices say something: both their intervals are narrower than `WIDEST`, (d,)."""
        return np.asarray(2 * np.maximum(self.first_error, self.total_error) < WIDEST)


@dataclass(frozen=True, slots=True, eq=False)
class Tolerance:
    """What scatter does to a device.

    Attributes
    ----------
    scatter : tuple of Scatter
        Numbers that scatter, independently of each other.
    distribution : str
        "normal": the tolerance is one standard deviation; "uniform": the half-width.
    condition : str
        What it takes to hold, in words.
    nominal : str
        Verdict of the file as it is.
    result : Yield
        Of the condition.
    sensitivities : tuple of Sensitivity
        Of "holds", then of the measures asked for.
    refused : int
        Of the devices counted, those that cannot be built at all; they do not hold.
    reasons : mapping of str to int
        Why.
    seed : int
        Decides everything.
    """

    scatter: tuple[Scatter, ...]
    distribution: str
    condition: str
    nominal: str
    result: Yield
    sensitivities: tuple[Sensitivity, ...]
    refused: int
    reasons: Mapping[str, int]
    seed: int


def tolerance(
    spec: Any,
    scatter: Mapping[str, str | float] | None = None,
    *,
    holds: str | None = None,
    measures: Sequence[str] = ("contrast", "margin"),
    distribution: str = "normal",
    samples: int = SAMPLES,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    workers: int | None = 1,
    most_devices: float = MOST_DEVICES,
    progress: Progress | None = None,
) -> Tolerance:
    """Yield of a device whose numbers scatter, and how much each of them is to blame.

    Every number with a ``tolerance`` in the file scatters, independently; tones that the file leaves open follow the
    ladder of each device, as they would be tuned in the laboratory. Points come from a scrambled Sobol' sequence,
    two sets of `samples` and the mixtures of both that Saltelli's estimators need: samples · (d + 2) devices.

    Parameters
    ----------
    spec : path, table, spec or device
        The device.
    scatter : mapping, optional
        Tolerances by path on top of the file's or instead: ``{"$.oscillator.josephson_energy": "3 %"}``; 0 for none.
    holds : str, optional
        What a device must do, ``"contrast>=20"``; a verdict as good as the file's own unless given, and at least
        borderline.
    measures : sequence of str
        Whose variance is explained.
    distribution : str
        "normal" or "uniform": what a tolerance is.
    samples : int
        A power of two, at least 64.
    seed : int
        Decides everything.
    settings, out, workers, progress
        As for `sweep`.
    most_devices : float
        Devices that are begun at most.

    Raises
    ------
    SpecError, ArgumentError
        A file, path, tolerance or condition that is none; nothing that scatters.
    CapacityError
        If there are more than `most_devices` devices.
    """
    subject, chosen = subject_of(spec), replace(ELIMINATED, **(settings or {}))
    require(distribution in DISTRIBUTIONS, "The distribution must be normal or uniform", repr(distribution), "Choose.")
    require(
        samples >= 8 * REPLICATES and samples & (samples - 1) == 0,
        f"`samples` must be a power of two, at least {8 * REPLICATES}",
        samples,
        "Take 512.",
    )
    scattered = scatter_of(subject, scatter or {})
    devices = samples * (len(scattered) + 2)
    require_count(devices, most_devices, "most_devices", "Devices of a tolerance study", "Lower `samples`", SECONDS)
    limit = None if holds is None else limit_of(subject, holds)
    asked = dict.fromkeys([*measures, "verdict" if limit is None else limit.measure])
    nominal, at_least = _nominal(subject, chosen) if limit is None else ("", Verdict.BORDERLINE)
    points = sampled(scattered, distribution, samples, seed)  # (R, d + 2, n, d)
    axis = _axis(subject, scattered, points.reshape(-1, len(scattered)))
    study = Study(subject, (axis,), measures_of([*asked], subject), chosen)
    with pool_of("local", workers) as pool:
        dataset = in_store(study, None if out is None else Path(out), pool, progress)
    return _evaluated(dataset, scattered, limit, at_least, nominal, tuple(measures), distribution, points.shape, seed)


def scatter_of(subject: Subject, given: Mapping[str, str | float]) -> tuple[Scatter, ...]:
    """Numbers that scatter: those with a tolerance in the file, and those given.

    Raises
    ------
    ArgumentError
        A path that is none, not in the file, zero or a whole number; a tolerance that is none; nothing at all.
    """
    found = {path: value.tolerance for path, value in leaves(subject.table) if _scatters(value)}
    for path, text in given.items():
        problem, value = TOLERANCE.check(text)
        if problem is not None:
            raise ArgumentError(f"The tolerance of {path} {problem}")
        found[path] = value
    numbers = {path: subject.number(path) for path, value in found.items() if value}
    for path, number in numbers.items():
        require(number is not None, "What scatters must be in the file", path, "Write its value there.")
        require(not subject.field(path).reads.whole, "What scatters must not be a whole number", path, "Leave it out.")
        require(
            number is None or number.value != 0, "A relative tolerance must have a value", f"{path} = 0", "Drop it."
        )
    require(
        bool(numbers),
        "Something must scatter",
        "no tolerance",
        'Write { value = "20 GHz", tolerance = "3 %" } into the file, or --scatter.',
    )
    return tuple(Scatter(path, n, float(found[path] or 0)) for path, n in numbers.items() if n is not None)


def sampled(scatter: Sequence[Scatter], distribution: str, samples: int, seed: int) -> Floats:
    """Internal values of the numbers that scatter, (replicates, d + 2, samples per replicate, d): A, B, then A with
    one column after the other from B.
    """  # noqa: D205
    from scipy.special import ndtri

    count, each = len(scatter), samples // REPLICATES
    generators = np.random.default_rng(seed).spawn(REPLICATES)
    sets = []
    for generator in generators:
        uniform = np.clip(_sequence(2 * count, generator).random(each), 1e-12, 1 - 1e-12)
        first, second = uniform[:, :count], uniform[:, count:]
        mixed = [np.where(np.arange(count) == k, second, first) for k in range(count)]
        sets.append(np.stack([first, second, *mixed]))
    shares = np.stack(sets)
    deviations = ndtri(shares) if distribution == "normal" else 2 * shares - 1
    nominal, width = (np.array(x) for x in zip(*((s.nominal.value, s.tolerance) for s in scatter), strict=True))
    return np.asarray(nominal * (1 + width * deviations))


def _sequence(dimensions: int, generator: np.random.Generator) -> Any:
    from scipy.stats import qmc

    return qmc.Sobol(dimensions, scramble=True, **drawn_from(qmc.Sobol, generator))


def _scatters(value: Any) -> bool:
    return isinstance(value, Quantity) and bool(value.tolerance)


def _nominal(subject: Subject, settings: Requested) -> tuple[str, Verdict]:
    evaluation = Evaluation(subject, {}, settings)
    code = int(measures_of(["verdict"], subject)[0].of(evaluation, 1)[0, 0])
    return VERDICTS[code].value, VERDICTS[max(code, 1)]


def _axis(subject: Subject, scatter: Sequence[Scatter], values: Floats) -> Axis:
    parameters = []
    for one, column in zip(scatter, values.T, strict=True):
        numbers, unit = outside(column, subject.field(one.path).reads.kind)
        parameters.append(Parameter(one.path, tuple(numbers.tolist()), unit, tuple(column.tolist())))
    return Axis(tuple(parameters))


def _evaluated(
    dataset: Dataset,
    scatter: tuple[Scatter, ...],
    limit: Limit | None,
    at_least: Verdict,
    nominal: str,
    measures: tuple[str, ...],
    distribution: str,
    shape: tuple[int, ...],
    seed: int,
) -> Tolerance:
    sets = shape[:3]
    if limit is None:
        codes = dataset["verdict"].values
        good = codes >= VERDICTS.index(at_least)
    else:
        good = np.array([limit.slack(value) >= 0 for value in dataset[_stored(limit.measure)].values])
    holding = good.reshape(sets)
    status, reason = (dataset[name].values.reshape(sets)[:, :2] for name in ("status", "reason"))
    known = dataset.attrs.get("reasons", {})
    codes, counts = np.unique(reason[reason != 0], return_counts=True)
    sensitivities = [sensitivity("holds", holding.astype(float), seed)]
    sensitivities += [sensitivity(name, dataset[_stored(name)].values.reshape(sets), seed) for name in measures]
    return Tolerance(
        scatter=scatter,
        distribution=distribution,
        condition=f"verdict at least {at_least.value}" if limit is None else limit.text,
        nominal=nominal,
        result=_yield(holding[:, :2]),
        sensitivities=tuple(sensitivities),
        refused=int((status != PointStatus.CONVERGED).sum()),
        reasons={known.get(str(int(c)), "another reason"): int(n) for c, n in zip(codes, counts, strict=True)},
        seed=seed,
    )


def _stored(measure: str) -> str:
    return measure.replace("/", "∕")


def _yield(holding: NDArray[np.bool_]) -> Yield:
    from scipy.stats import binomtest

    good, total = int(holding.sum()), int(holding.size)
    interval = binomtest(good, total).proportion_ci(CONFIDENCE, method="exact")
    return Yield(good, total, float(interval.low), float(interval.high))


def sensitivity(name: str, values: Floats, seed: int) -> Sensitivity:
    """Indices of values (replicates, d + 2, n) at the points of `sampled`, with their intervals."""
    sets = np.moveaxis(values, 0, 1).reshape(values.shape[1], -1)  # all replicates are one sample
    missing = ~np.isfinite(sets)
    kept = sets[:2][~missing[:2]]
    mean, deviation = (float(kept.mean()), float(kept.std())) if kept.size else (math.nan, math.nan)
    if missing.any():
        nothing = np.full(len(sets) - 2, math.nan)
        none = np.full((len(sets) - 2, 2), math.nan)
        return Sensitivity(name, mean, deviation, nothing, none, nothing, none, int(missing[:2].sum()))
    generator, size = np.random.default_rng(seed), sets.shape[1]
    resampled = np.array([_indices(sets[:, generator.integers(size, size=size)]) for _ in range(RESAMPLES)])
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    first_interval, total_interval = np.moveaxis(np.quantile(resampled, tails, axis=0), 0, 2)
    first, total = _indices(sets)
    return Sensitivity(name, mean, deviation, first, first_interval, total, total_interval, 0)


def _indices(sets: Floats) -> Floats:
    """First-order and total indices by Saltelli's estimators of 2010, (2, d), from the sets A, B, A with B's columns.

    As `scipy.stats.sobol_indices` has them, which cannot be resampled from a seed; and from the first-order index the
    covariance of A and B is taken, times the total index, which is nothing on average and what scatters most.
    """
    first, second, mixed = sets[0], sets[1], sets[2:]
    centre, variance = sets[:2].mean(), sets[:2].var()
    if variance == 0:
        return np.zeros((2, len(mixed)))
    total = 0.5 * ((first - mixed) ** 2).mean(axis=1) / variance
    alone = ((second - centre) * (mixed - first)).mean(axis=1) / variance
    chance = ((first - centre) * (second - centre)).mean() / variance
    return np.array([alone + total * chance, total])
