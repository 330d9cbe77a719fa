"""Scatter of the numbers of a device or a chip: yield, the share of each number in the variance, what is to blame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.conditions import Requested
from qsb_hw.devices.pumps import LEFT, RETUNED
from qsb_hw.errors import ArgumentError, require, suggestion
from qsb_hw.explore.design.problem import Limit, limit_of
from qsb_hw.explore.randomness import drawn_from
from qsb_hw.explore.sweep.axes import SECONDS, Axis, Parameter, paths_of
from qsb_hw.explore.sweep.chips import CHIP, ChipEvaluation, evaluation_of
from qsb_hw.explore.sweep.measures import VERDICTS
from qsb_hw.explore.sweep.names import measures_asked
from qsb_hw.explore.sweep.points import SOLVED, PointStatus
from qsb_hw.explore.sweep.run import sweep
from qsb_hw.explore.sweep.store import array_name
from qsb_hw.explore.sweep.subject import Subject, mirrored, subject_of, under_conditions
from qsb_hw.lindblad.capacity import require_count
from qsb_hw.questions.criteria import Verdict, verdict_of
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.spec.paths import leaves
from qsb_hw.spec.quantity import TOLERANCE, Quantity
from qsb_hw.units import outside

if TYPE_CHECKING:
    from xarray import Dataset


CONFIDENCE = 0.95
"""Level of every interval."""
REPLICATES = 8
"""Independent scrambles of the sequence."""
RESAMPLES = 999
"""Of the bootstrap behind the intervals of the indices."""
BLOCK = 2**20
"""Numbers that are drawn for it at once."""
WIDEST = 0.3
"""Width of an interval above which an index has too few samples."""
MOST_DEVICES = 1_000_000
"""Default limit on the number of devices."""
SAMPLES = 512
"""Default number of devices in each of the two sets."""
DISTRIBUTIONS = ("normal", "uniform")
NOT_SOLVED = "not built, not solved or not coupled"
"""Part that is to blame for samples of which no part is known to fail."""
PARTED = ("verdict", "margin")
"""Measures of a chip that are the worst of those of its parts."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """A number that scatters: its path, what the file says, and the relative tolerance."""

    path: str
    nominal: Quantity
    tolerance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """Share of devices for which the condition holds, `holding` of all `devices`.

    `low` and `high` are its Clopper–Pearson interval of level `CONFIDENCE`; conservative for quasi-random points.
    """

    holding: int
    devices: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Of all devices, those that hold."""
        return self.holding / self.devices


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sensitivity:
    """Sobol' indices of one measure: the share of its variance that each number explains.

    Attributes
    ----------
    measure, mean, deviation : str, float, float
        "holds" is 1 where a device does and 0 where it does not; over all devices that have the measure.
    first, total : (d,) float
        First-order index (the number alone) and total index (with all its interactions); NaN if any device has no such
        measure, 0 if it does not vary.
    first_interval, total_interval : (d, 2) float
        Their intervals of level `CONFIDENCE`, by bootstrap over the samples; conservative for quasi-random ones.
    without : int
        Number of devices that have no such measure.
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
        """Whether there are enough samples: both intervals of a number are narrower than `WIDEST`, (d,)."""
        return np.asarray(2 * np.maximum(self.first_error, self.total_error) < WIDEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartYield:
    """How often one part of a chip holds, and its part in the failures of the whole.

    Attributes
    ----------
    part : str
        A node, a link, "chip" for what is required of all nodes together, or `NOT_SOLVED`.
    result : Yield or None
        Of the condition on this part alone; None of `NOT_SOLVED`.
    failing, alone : int
        Samples that fail in which this part does, and in which it is the only one.
    blame : float
        Share of the failed samples, each divided equally among the parts that fail in it: over all parts they sum to
        one. NaN where no sample fails.
    """

    part: str
    result: Yield | None
    failing: int
    alone: int
    blame: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tolerance(Result):
    """Yield and sensitivities of a device or a chip whose numbers scatter.

    Attributes
    ----------
    scatter : tuple of Scatter
        Numbers that scatter, independently of each other.
    distribution : str
        "normal": the tolerance is one standard deviation; "uniform": the half-width.
    condition, nominal : str
        What must hold, in words; verdict of the file as it is, empty if the condition is another one.
    result : Yield
        Of the condition.
    sensitivities : tuple of Sensitivity
        Of "holds", then of the measures; empty where no indices were asked for.
    refused, reasons : int, mapping of str to int
        Number of devices that cannot be built or have no certified steady state, which count as failing; by reason.
    seed : int
        Of the random numbers.
    pumps : str
        "retuned", or "left" as they are in the file.
    retuned, recovered : Yield or None, int
        Of the same samples once the pumps are retuned, where they were left; and samples that fail when they are left
        and hold once they are retuned.
    parts : tuple of PartYield
        Of a chip whose condition is on its verdict or margin: every node and link, the worst first; else empty.
    status : Status
        `NOT_CONVERGED` if any device has no certified steady state, or a verdict that numerical checks leave open.
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
    pumps: str = RETUNED
    retuned: Yield | None = None
    recovered: int = 0
    parts: tuple[PartYield, ...] = ()
    status: Status
    message: str
    certificate: Certificate


def tolerance(
    spec: Any,
    scatter: Mapping[str, str | float] | None = None,
    *,
    holds: str | None = None,
    measures: Sequence[str] | None = None,
    distribution: str = "normal",
    indices: bool = True,
    samples: int = SAMPLES,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    workers: int | None = 1,
    pumps: str = RETUNED,
    most_devices: float = MOST_DEVICES,
    progress: Progress | None = None,
) -> Tolerance:
    """Yield of a device or chip whose numbers scatter, and the share of each of them in the variance.

    Numbers scatter independently, those of every node of a chip too, also where it inherits them; tones that the file
    leaves open follow the ladder of each device.

    Parameters
    ----------
    spec, settings, out, workers, progress
        As for `sweep`.
    scatter : mapping, optional
        Relative tolerances by path, ``{"$.oscillator.josephson_energy": "3 %"}``, which replace those of the file;
        ``$.node.*.oscillator.josephson_energy`` is that of every node, each scattering by itself.
    holds : str, optional
        Condition, ``"contrast>=20"``; unless given a verdict as good as the file's own, at least borderline.
    measures, distribution
        Whose variance is explained, contrast and margin (margin of a chip) unless given; "normal" or "uniform": a
        tolerance is one standard deviation, or the half-width.
    indices : bool
        Whether the shares of the variance are found; the yield alone takes 2 · samples devices.
    pumps : str
        "retuned" for every sample, or "left" as they are in the file, as for `sweep`; then the yield of the same
        samples with the pumps retuned is found too, in a store of its own beside `out`, "…-retuned".
    samples, seed, most_devices : int
        A power of two, at least 64, for samples · (d + 2) devices; of the random numbers; limit on the devices.

    Returns
    -------
    Tolerance
        Yield of the condition, and sensitivities of the measures.

    Raises
    ------
    SpecError, ArgumentError, CapacityError
        If a file, path, tolerance or condition is not valid, nothing scatters, or there are more than `most_devices`.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> pair = {"model": "lorentzian_pair", "kerr": 10, "sigma": 0.2, "fock_state": 1, "coupling": 0.3}
    >>> qh.tolerance(pair, {"$.kerr": "10 %"}, holds="resonance<=-20", measures=(), samples=64).result.share
    0.5
    """
    subject, chosen = under_conditions(subject_of(spec), settings, pumps)
    if measures is None:
        measures = () if not indices else ("margin",) if subject.is_chip else ("contrast", "margin")
    measures = [m.name for m in measures_asked(measures, subject)] if measures else []
    numbers = scatter_of(subject, scatter or {})
    hint = suggestion(distribution, DISTRIBUTIONS, "Choose one.")
    require(distribution in DISTRIBUTIONS, "The distribution must be normal or uniform", repr(distribution), hint)
    must = f"`samples` must be a power of two, at least {8 * REPLICATES}"
    require(samples >= 8 * REPLICATES and samples & (samples - 1) == 0, must, samples, "Take 512.")
    require(indices or not measures, "`measures` must be left out, or (), without `indices`", measures, "Drop them.")
    devices = samples * (len(numbers) * indices + 2 + 2 * (pumps == LEFT))
    require_count(devices, most_devices, "most_devices", "Devices of a tolerance", "Lower `samples`", SECONDS)
    limit, nominal = _verdict(subject, chosen) if holds is None else (limit_of(subject, holds), "")
    points = sampled(numbers, distribution, samples, seed)  # (R, d + 2, n, d)
    points = points if indices else points[:, :2]
    axis, parts = _axis(subject, numbers, points), _parts(subject, limit, chosen)
    names = [*dict.fromkeys([*measures, limit.measure, *parts.values()])]
    dataset = sweep(
        subject, [axis], names, out=out, settings=chosen, workers=workers, pumps=pumps, most_points=most_devices,
        progress=progress,
    )  # fmt: skip
    known = {"scatter": numbers, "distribution": distribution, "nominal": nominal, "seed": seed, "pumps": pumps}
    holds_in = _holding(dataset, limit.measure, limit, points.shape[:3])
    found = _evaluated(dataset, limit, holds_in, measures if indices else None, known)
    holding = holds_in[:, :2]
    if parts:
        held = {part: _holding(dataset, name, limit, points.shape[:3])[:, :2] for part, name in parts.items()}
        solved = dataset["status"].values.reshape(points.shape[:3])[:, :2]
        solved = np.isin(solved, SOLVED)
        found = replace(found, parts=_blamed(held, holding, solved))
    if pumps == RETUNED:
        return found
    again = sweep(
        subject, [_axis(subject, numbers, points[:, :2])], [limit.measure], out=_beside(out), settings=chosen,
        workers=workers, pumps=RETUNED, most_points=most_devices, progress=progress,
    )  # fmt: skip
    follows = _holding(again, limit.measure, limit, holding.shape)
    return replace(found, retuned=_yield(follows), recovered=int((follows & ~holding).sum()))


def _beside(out: str | Path | None) -> Path | None:
    """Store of the samples with the pumps retuned, beside that of those with the pumps left."""
    return None if out is None else Path(out).with_name(f"{Path(out).stem}-retuned{Path(out).suffix}")


def _parts(subject: Subject, limit: Limit, settings: Requested) -> dict[str, str]:
    """Measure of every part of a chip that the condition is made of, by part; empty for any other condition."""
    if not subject.is_chip or limit.measure not in PARTED:
        return {}
    evaluation = evaluation_of(subject, {}, settings)
    assert isinstance(evaluation, ChipEvaluation)
    named = {part: f"{limit.measure}[{part}]" for part in evaluation.parts if part != CHIP}
    return named | {CHIP: f"{CHIP}_{limit.measure}"}


def _holding(dataset: Dataset, measure: str, limit: Limit, sets: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether the condition holds of a measure in each device, in the shape of `sets`: (replicates, sets, samples)."""
    return np.array([limit.slack(value) >= 0 for value in dataset[array_name(measure)].values]).reshape(sets)


def _yield(holding: NDArray[np.bool_]) -> Yield:
    from scipy.stats import binomtest

    good, devices = int(holding.sum()), int(holding.size)
    interval = binomtest(good, devices).proportion_ci(CONFIDENCE, method="exact")
    return Yield(holding=good, devices=devices, low=float(interval.low), high=float(interval.high))


def _blamed(
    held: Mapping[str, NDArray[np.bool_]], holding: NDArray[np.bool_], solved: NDArray[np.bool_]
) -> tuple[PartYield, ...]:
    """What every part does to the yield, the most to blame first; samples in which no part is known to fail last."""
    failed = ~holding
    fails = np.array([~found for found in held.values()]) & failed & solved  # (parts, replicates, 2, samples)
    count, total = fails.sum(axis=0), int(failed.sum())
    shares = (fails / np.maximum(count, 1)).reshape(len(fails), -1).sum(axis=1)
    rows = [
        PartYield(
            part=part,
            result=_yield(found),
            failing=int(own.sum()),
            alone=int((own & (count == 1)).sum()),
            blame=share / total if total else math.nan,
        )
        for (part, found), own, share in zip(held.items(), fails, shares.tolist(), strict=True)
    ]
    rows.sort(key=lambda row: -row.failing)
    if rest := total - int((failed & (count > 0)).sum()):
        rows.append(PartYield(part=NOT_SOLVED, result=None, failing=rest, alone=rest, blame=rest / total))
    return tuple(rows)


def scatter_of(subject: Subject, given: Mapping[str, str | float]) -> tuple[Scatter, ...]:
    """Numbers that scatter: those with a tolerance in the file, and those given."""
    found = {p: q.tolerance for p, q in leaves(subject.table) if isinstance(q, Quantity) and q.tolerance}
    for path, text in given.items():
        problem, value = TOLERANCE.check(text)
        if problem is not None:
            raise ArgumentError(f"The tolerance of {path} {problem}")
        for one in paths_of(subject, path):
            if (mirror := mirrored(one)) in found:
                found[str(mirror)] = value
            else:
                found[one] = value
    for one, other in combinations([*found], 2):
        if mirrored(one) == other:  # C_jk is C_kj
            del found[other]
    scatter = []
    for path, tolerance in found.items():
        if not tolerance:
            continue
        number = subject.number(path)
        if number is None:
            raise ArgumentError(f"What scatters must be in the file, but found {path}. Write its value there.")
        require(not subject.field(path).reads.whole, "What scatters must not be a whole number", path, "Leave it out.")
        require(number.value != 0, "A relative tolerance must have a value", f"{path} = 0", "Drop it.")
        scatter.append(Scatter(path, number, float(tolerance)))
    hint = 'Write { value = "20 GHz", tolerance = "3 %" } into the file, or --scatter.'
    require(bool(scatter), "Something must scatter", "no tolerance", hint)
    return tuple(scatter)


def sampled(scatter: Sequence[Scatter], distribution: str, samples: int, seed: int) -> Floats:
    """Internal values at A, B, then A with one column after the other from B, (replicates, d + 2, samples each, d)."""
    from scipy.special import ndtri
    from scipy.stats.qmc import Sobol

    count, sets = len(scatter), []
    for generator in np.random.default_rng(seed).spawn(REPLICATES):
        sequence = Sobol(2 * count, scramble=True, **drawn_from(Sobol, generator))
        uniform = np.clip(sequence.random(samples // REPLICATES), 1e-12, 1 - 1e-12)
        first, second = uniform[:, :count], uniform[:, count:]
        mixed = [np.where(np.arange(count) == k, second, first) for k in range(count)]
        sets.append(np.stack([first, second, *mixed]))
    shares = np.stack(sets)
    deviations = ndtri(shares) if distribution == "normal" else 2 * shares - 1
    nominal, width = (np.array(x) for x in zip(*((s.nominal.value, s.tolerance) for s in scatter), strict=True))
    return np.asarray(nominal * (1 + width * deviations))


def _verdict(subject: Subject, settings: Requested) -> tuple[Limit, str]:
    """A verdict as good as the file's own, at least borderline, as a limit on its code; and the file's own."""
    evaluation = evaluation_of(subject, {}, settings)
    found = evaluation.verdict if isinstance(evaluation, ChipEvaluation) else verdict_of(evaluation.criteria)
    least = Verdict.BORDERLINE if found in (Verdict.UNDECIDED, Verdict.INFEASIBLE) else found
    return Limit("verdict", False, float(VERDICTS.index(least)), f"verdict at least {least.value}"), found.value


def _axis(subject: Subject, scatter: Sequence[Scatter], points: Floats) -> Axis:
    parameters = []
    for one, column in zip(scatter, points.reshape(-1, len(scatter)).T, strict=True):
        numbers, unit = outside(column, subject.field(one.path).reads.kind)
        shown, internal = tuple(numbers.tolist()), tuple(column.tolist())
        parameters.append(Parameter(path=one.path, numbers=shown, unit=unit, values=internal))
    return Axis(tuple(parameters))


def _evaluated(
    dataset: Dataset, limit: Limit, holding: NDArray[np.bool_], measures: Sequence[str] | None, facts: dict[str, Any]
) -> Tolerance:
    """Yield and sensitivities of the devices of a sweep, (replicates, d + 2, samples) of them, and where it holds.

    Without `measures` there are devices for the yield alone, (replicates, 2, samples).
    """
    sets = holding.shape
    status, reason = (dataset[name].values.reshape(sets)[:, :2] for name in ("status", "reason"))
    known = dataset.attrs["reasons"]
    codes, counts = np.unique(reason[reason != 0], return_counts=True)
    columns = {m: dataset[array_name(m)].values.reshape(sets) for m in measures or ()}
    if measures is not None:
        columns = {"holds": holding.astype(float)} | columns
    found = _yield(holding[:, :2])
    uncertain = int(np.isin(status, (PointStatus.NOT_CONVERGED, PointStatus.UNDECIDED)).sum())
    return Tolerance(
        **facts,
        condition=limit.text,
        result=found,
        sensitivities=tuple(sensitivity(name, values, facts["seed"]) for name, values in columns.items()),
        refused=int((status != PointStatus.CONVERGED).sum()),
        reasons={known.get(str(int(c)), "another reason"): int(n) for c, n in zip(codes, counts, strict=True)},
        status=Status.NOT_CONVERGED if uncertain else Status.CONVERGED,
        message=f"{found.holding} of {found.devices} devices hold"
        + (f"; {uncertain} have not converged and count as failing." if uncertain else "."),
        certificate=Certificate(residual=float(np.fmax.reduce(dataset["residual"].values, initial=math.nan))),
    )


def sensitivity(name: str, values: Floats, seed: int) -> Sensitivity:
    """Indices of values (replicates, d + 2, n) at the points of `sampled`, with their intervals."""
    sets = np.moveaxis(values, 0, 1).reshape(values.shape[1], -1)  # all replicates are one sample
    missing, count = ~np.isfinite(sets), len(sets) - 2
    kept = sets[:2][~missing[:2]]
    indices, intervals = np.full((2, count), math.nan), np.full((2, count, 2), math.nan)
    if not missing.any():
        indices = _indices(sets, np.ones((1, sets.shape[1])))[0]
        resampled = np.concatenate([_indices(sets, often) for often in _resamples(sets.shape[1], seed)])
        tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
        intervals = np.moveaxis(np.quantile(resampled, tails, axis=0), 0, 2)
    return Sensitivity(
        measure=name,
        mean=float(kept.mean()) if kept.size else math.nan,
        deviation=float(kept.std()) if kept.size else math.nan,
        first=indices[0],
        first_interval=intervals[0],
        total=indices[1],
        total_interval=intervals[1],
        without=int(missing[:2].sum()),
    )


def _resamples(size: int, seed: int) -> Iterator[Floats]:
    """How often each sample is drawn in every resample of the bootstrap, (resamples, n), block by block."""
    generator, block = np.random.default_rng(seed), max(BLOCK // size, 1)
    for start in range(0, RESAMPLES, block):
        count = min(block, RESAMPLES - start)
        drawn = generator.integers(size, size=(count, size)) + size * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size).astype(float)


def _indices(sets: Floats, often: Floats) -> Floats:
    """First-order and total indices, (r, 2, d), from the sets A, B, A with B's columns (Saltelli et al. 2010).

    Of r samples at once: each takes the n devices of a set as `often` as it says, (r, n). The first-order index has the
    covariance of A and B times the total index added to it, which is zero on average and removes most of the scatter.
    (`scipy.stats.sobol_indices` cannot be resampled from a seed.)
    """
    first, second, *mixed = sets - sets[:2].mean()
    change = np.array(mixed) - first
    terms = [(first + second) / 2, (first**2 + second**2) / 2, first * second]
    means = often @ np.vstack([*terms, change**2 / 2, second * change, change]).T / often.sum(axis=1, keepdims=True)
    centre, square, product = means[:, :3].T[..., None]
    total, alone, moved = np.split(means[:, 3:], 3, axis=1)
    variance = square - centre**2
    varies = variance > sets.shape[1] * np.finfo(float).eps * square  # above its rounding
    indices = np.stack([alone - centre * moved, total], axis=1)
    indices = np.divide(indices, variance[:, None], out=np.zeros_like(indices), where=varies[:, None])
    indices[:, 0] += indices[:, 1] * np.where(varies, (product - centre**2), 0) / np.where(varies, variance, 1)
    return np.asarray(indices)
