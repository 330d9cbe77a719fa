"""Sensitivities at the working point: how much each quantity changes with each number of the file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.conditions import Requested
from qsb_hw.devices.pumps import RETUNED
from qsb_hw.errors import ArgumentError, require
from qsb_hw.explore.asked import Asked, asked, at_work, levels_kept, spelled
from qsb_hw.explore.sweep.axes import Axis, Parameter, paths_of
from qsb_hw.explore.sweep.points import PointStatus
from qsb_hw.explore.sweep.run import sweep
from qsb_hw.explore.sweep.store import array_name
from qsb_hw.explore.sweep.subject import Subject, mirrored, subject_of, under_conditions
from qsb_hw.model.display import html_tables
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.spec.paths import leaves
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import FLUX, NUMBER, Kind, outside, written

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEP = 0.01
"""Default of the largest step of a difference, relative to the number."""
HALVINGS = 3
"""Steps of every derivative: each half of the one before."""
AT_ZERO: Mapping[Kind, float] = {NUMBER: 0.01, FLUX: 2.0678e-17}
"""Largest step, in SI, of a number that is zero: a hundredth; a hundredth of a flux quantum."""
RESOLVED = 0.05
"""Error of a derivative relative to it, up to which it counts as resolved."""
NEGLIGIBLE = 1e-3
"""Logarithmic sensitivity below which a number does not matter."""
ROUNDING = 1e-13
"""Relative accuracy to which a quantity is computed at best."""
NO_SIZE = "the number is 0, which has no size to step by"
_CONDITIONS = "$.conditions."


@dataclass(frozen=True, slots=True, kw_only=True)
class VariedNumber:
    """A number of the file: path, value and unit as tables show them (frequencies in Hz), and relative tolerance."""

    path: str
    value: float
    unit: str
    text: str
    tolerance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitiveQuantity:
    """A quantity at the working point: key, name with its symbol, SI unit, value, and its measure in a sweep."""

    key: str
    name: str
    unit: str
    value: float
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensitivities(Result):
    """Derivatives of quantities x after numbers p of the file, at the working point.

    Attributes
    ----------
    name, description : str
        Of the device or chip.
    quantities, numbers : tuple of SensitiveQuantity, tuple of VariedNumber
        Rows and columns of all that follows.
    logarithmic, logarithmic_error : (q, p) Floats
        S = ∂ln x/∂ln p and its error; of a level in dBm, of the power; NaN where x or p is zero.
    derivative, derivative_error : (q, p) Floats
        ∂x/∂p in the unit of x per SI unit of p (frequencies cyclic), and its error.
    contribution : (q, p) Floats
        |S| · δp/p with the tolerance of the file, relative to x; NaN where the file gives none.
    kink : (q, p) bool
        Whether the slopes on both sides differ, as where a worst-of-several changes hands; the derivative is their mean
        and its error half the difference.
    below, above : (q, p) Floats
        ∂ln x/∂ln p on either side where there is a kink; NaN elsewhere.
    resolved : (q, p) bool
        Whether the error is small beside the derivative, or both are negligible; never at a kink.
    reasons : mapping of str
        Numbers without derivatives, by path, with the reason.
    step : float
        Largest step, relative to the number.
    pumps : str
        "retuned" or "left".
    status : Status
        `NOT_CONVERGED` where a derivative is not resolved or has no certified values.
    """

    name: str
    description: str
    quantities: tuple[SensitiveQuantity, ...]
    numbers: tuple[VariedNumber, ...]
    logarithmic: Floats
    logarithmic_error: Floats
    derivative: Floats
    derivative_error: Floats
    contribution: Floats
    kink: NDArray[np.bool_]
    below: Floats
    above: Floats
    resolved: NDArray[np.bool_]
    reasons: Mapping[str, str]
    step: float
    pumps: str
    status: Status
    message: str
    certificate: Certificate = field(default_factory=Certificate)

    def index(self, key: str) -> int:
        """Row of a quantity; `ArgumentError` if there is none of that key."""
        words = {key, spelled(key)}
        found = next((k for k, q in enumerate(self.quantities) if words & {q.key, q.measure, q.name}), None)
        if found is None:
            known = ", ".join(q.key for q in self.quantities)
            raise ArgumentError(f"A quantity must be one of {known}, but found {key!r}. Choose one of these.")
        return found

    def of(self, key: str, path: str) -> float:
        """∂ln x/∂ln p of one quantity and one number; `ArgumentError` if either is none of these."""
        paths = [number.path for number in self.numbers]
        require(path in paths, "A number must be one that is varied", path, f"Choose from {', '.join(paths)}.")
        return float(self.logarithmic[self.index(key), paths.index(path)])

    def largest(self, key: str, *, by: str = "logarithmic") -> tuple[VariedNumber, ...]:
        """Numbers a quantity depends on, the one to control best first; `by` "logarithmic" or "contribution"."""
        require(by in ("logarithmic", "contribution"), "`by` must be logarithmic or contribution", by, "Choose one.")
        size = np.nan_to_num(np.abs(getattr(self, by)[self.index(key)]))
        return tuple(self.numbers[k] for k in np.argsort(-size, kind="stable") if size[k] > NEGLIGIBLE * size.max())

    @property
    def matter(self) -> NDArray[np.int_]:
        """Columns of the numbers that any quantity depends on, the largest |S| first."""
        size = np.nan_to_num(np.abs(self.logarithmic)).max(axis=0, initial=0.0)
        moved = np.nan_to_num(self.derivative) != 0
        zero = np.isnan(self.logarithmic).all(axis=0) & moved.any(axis=0)  # ∂ln p means nothing there
        order = np.argsort(-size, kind="stable")
        return np.array([k for k in order if size[k] > NEGLIGIBLE or zero[k]], dtype=int)

    def plot(self, figure: Figure | None = None) -> tuple[Figure, Any]:
        """Draw it: `qsb_hw.plot.plot_sensitivities`."""
        from importlib import import_module

        found: tuple[Figure, Any] = import_module("qsb_hw.plot").plot_sensitivities(self, figure)
        return found

    _repr_html_ = html_tables


def sensitivities(
    spec: Any,
    of: Sequence[str] | str,
    over: Sequence[str] | str | None = None,
    *,
    step: float = STEP,
    tolerances: Mapping[str, float] | None = None,
    settings: Mapping[str, Any] | Requested | None = None,
    pumps: str = RETUNED,
    workers: int | None = 1,
    progress: Progress | None = None,
) -> Sensitivities:
    """How much quantities of a device or chip change with each number of its file, at the working point.

    Central differences at three steps, each half of the one before, extrapolated to step zero (Richardson); the error
    is the most that the last extrapolation changed. Where the slopes on both sides differ (a kink) both are given.
    Every other number stays, and so does the number of levels that the working point needs.

    Parameters
    ----------
    spec, settings, pumps, workers, progress
        As for `sweep`.
    of : sequence of str or str
        Quantities, as for `curves`.
    over : sequence of str or str, optional
        Paths of the numbers; all of the file that are no whole numbers unless given.
    step : float
        Largest step, relative to the number.
    tolerances : mapping, optional
        Relative tolerances by path, 0.03 for 3 %, which replace those of the file.

    Returns
    -------
    Sensitivities
        ∂ln x/∂ln p and ∂x/∂p with their errors, and the share that each tolerance contributes.

    Raises
    ------
    SpecError, ArgumentError
        If the file, a path, a quantity or the step is not valid.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.sensitivities("transmon_squid", ["kerr"], ["$.oscillator.charging_energy"])
    >>> round(found.of("kerr", "$.oscillator.charging_energy"), 3)  # K follows E_C, and a little the ratio E_J/E_C
    1.062
    """
    subject, chosen = under_conditions(subject_of(spec), settings, pumps)
    must = "`step` must lie between 1e-5 and 0.2"
    require(1e-5 <= step <= 0.2, must, step, "Take 0.01.")
    quantities = asked(subject, of, chosen)
    if any(one.solved for one in quantities):
        chosen = levels_kept(subject, chosen)
    numbers = _numbers(subject, over)
    steps = np.array([_largest_step(subject, path, number, step) for path, number in numbers.items()])
    shares = np.array([sign / 2**k for k in range(HALVINGS) for sign in (1, -1)])
    values, reasons = _differences(
        subject, chosen, quantities, numbers, steps[:, None] * shares, pumps, workers, progress
    )
    solved = [one.measure for one in quantities if one.solved]
    work = at_work(subject, chosen, [one.measure for one in quantities], solved)
    slopes = _richardson(values.reshape(*values.shape[:2], HALVINGS, 2), work, steps)
    given = {path: number.tolerance for path, number in numbers.items()} | dict(tolerances or {})
    unknown = sorted(set(given) - set(numbers))
    must = "A tolerance must be of a number that is varied"
    require(not unknown, must, ", ".join(unknown), "Name its path in `over`.")
    return _assembled(subject, quantities, numbers, given, work, slopes, reasons, step)


def _numbers(subject: Subject, over: Sequence[str] | str | None) -> dict[str, Quantity]:
    """Numbers of the file by path: all of them that can be varied, or those named."""
    if over is None:
        found = {
            path: q for path, q in leaves(subject.table)
            if isinstance(q, Quantity) and not path.startswith(_CONDITIONS) and not subject.field(path).reads.whole
        }  # fmt: skip
        return {path: q for path, q in found.items() if (other := mirrored(path)) is None or path < other}
    names = [over] if isinstance(over, str) else over
    found = {}
    for path in (one for name in names for part in name.split(",") for one in paths_of(subject, part)):
        require(path.startswith("$"), "A number must have a path like $.section.key", repr(path), "Name one.")
        require(not subject.field(path).reads.whole, "A number must not be a whole one", path, "Leave it out.")
        number = subject.number(path)
        if number is None:
            raise ArgumentError(f"A number must be in the file, but found {path}. Write its value there.")
        found[path] = number
    require(bool(found), "There must be a number to vary", "none", "Name a path.")
    return found


def _largest_step(subject: Subject, path: str, number: Quantity, step: float) -> float:
    """In internal units; NaN for a zero of a kind without a size of its own."""
    kind = subject.field(path).reads.kind
    return abs(number.value) * step if number.value else AT_ZERO.get(kind, math.nan) * step / STEP


def _differences(
    subject: Subject, chosen: Requested, quantities: Sequence[Asked], numbers: Mapping[str, Quantity], moves: Floats,
    pumps: str, workers: int | None, progress: Progress | None,
) -> tuple[Floats, dict[str, str]]:  # fmt: skip
    """Values (q, p, steps) of every quantity with each number moved; NaN and a reason where there are none."""
    no_size = np.isnan(moves[:, 0]).tolist()
    reasons = {path: NO_SIZE for path, without in zip(numbers, no_size, strict=True) if without}
    nominal = np.array([number.value for number in numbers.values()])
    rows = [(p, s) for p, path in enumerate(numbers) for s in range(moves.shape[1]) if path not in reasons]
    points = np.tile(nominal, (len(rows), 1))
    for row, (p, s) in enumerate(rows):
        points[row, p] += moves[p, s]
    found = np.full((len(quantities), *moves.shape), math.nan)
    if not rows:
        return found, reasons
    parameters = []
    for path, column in zip(numbers, points.T, strict=True):
        shown, unit = outside(column, subject.field(path).reads.kind)
        parameters.append(Parameter(path=path, numbers=tuple(shown.tolist()), unit=unit, values=tuple(column.tolist())))
    measures = [one.measure for one in quantities]
    data = sweep(
        subject, [Axis(tuple(parameters))], measures, settings=chosen, pumps=pumps, workers=workers, progress=progress,
    )  # fmt: skip
    status, codes = data["status"].values, data["reason"].values
    for row, (p, s) in enumerate(rows):
        for k, one in enumerate(quantities):
            if status[row] == PointStatus.CONVERGED or (status[row] == PointStatus.NOT_CONVERGED and not one.solved):
                found[k, p, s] = data[array_name(one.measure)].values[row]
        if status[row] != PointStatus.CONVERGED:
            reasons.setdefault([*numbers][p], data.attrs["reasons"].get(str(int(codes[row])), "not solved"))
    return found, reasons


@dataclass(frozen=True, slots=True, eq=False)
class _Slopes:
    """∂x/∂p in internal units, (q, p): central and its error, on either side, and whether these differ."""

    central: Floats
    error: Floats
    above: Floats
    below: Floats
    kink: NDArray[np.bool_]


def _richardson(values: Floats, work: Floats, steps: Floats) -> _Slopes:
    """Slopes from values (q, p, halvings, 2) at ± steps (p,), each half of the one before."""
    h = steps[:, None] / 2.0 ** np.arange(HALVINGS)
    plus, minus = values[..., 0], values[..., 1]
    table = [(plus - minus) / (2 * h)]
    for order in range(1, HALVINGS):
        last = table[-1]
        table.append(last[..., 1:] + (last[..., 1:] - last[..., :-1]) / (4**order - 1))
    slope = table[-1][..., 0]
    rounding = ROUNDING * np.abs(work)[:, None] / h[:, -1]
    error = np.abs(slope[..., None] - table[-2]).max(axis=-1) + rounding
    sides = [sign * (x - work[:, None, None]) / h for sign, x in ((1, plus), (-1, minus))]
    above, below = (2 * side[..., -1] - side[..., -2] for side in sides)
    apart = np.abs(sides[0] - sides[1])  # ∝ h where it is smooth
    seen = np.maximum(RESOLVED * np.abs(slope), 4 * rounding)
    kink = (apart[..., -1] > 0.5 * apart[..., 0]) & (apart[..., -1] > seen)
    return _Slopes(slope, np.where(kink, np.maximum(error, np.abs(above - below) / 2), error), above, below, kink)


def _assembled(
    subject: Subject, quantities: Sequence[Asked], numbers: Mapping[str, Quantity],
    tolerances: Mapping[str, float | None], work: Floats, slopes: _Slopes, reasons: Mapping[str, str], step: float,
) -> Sensitivities:  # fmt: skip
    slope, error = slopes.central, slopes.error
    nominal = np.array([number.value for number in numbers.values()])
    kinds = [subject.field(path).reads.kind for path in numbers]
    per_unit = np.array([float(outside(1.0, kind)[0]) for kind in kinds])
    level = np.array([one.unit == "dBm" for one in quantities])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(level, math.log(10) / 10, 1 / work[:, None]) * np.where(nominal == 0, math.nan, nominal)
    factor = np.where(np.isfinite(factor), factor, math.nan)
    logarithmic, log_error = slope * factor, np.abs(error * factor)
    shares = np.array([math.nan if (t := tolerances[path]) is None else t for path in numbers])
    scale = np.where(np.isnan(logarithmic), np.abs(slope), np.abs(logarithmic))
    beside = np.where(np.isnan(logarithmic), error, log_error)
    small = np.where(np.isnan(logarithmic), 0.0, NEGLIGIBLE)
    kink = slopes.kink & (beside > np.maximum(RESOLVED * scale, small))
    resolved = (beside <= np.maximum(RESOLVED * scale, small)) & np.isfinite(slope)
    open_ones = int((~resolved & ~kink & np.isfinite(slope)).sum())
    shown = []
    for (path, number), kind, tolerance in zip(numbers.items(), kinds, shares.tolist(), strict=True):
        value, unit = outside(number.value, kind)
        known = None if math.isnan(tolerance) else tolerance
        text = number.text or written(number.value, kind)
        shown.append(VariedNumber(path=path, value=float(value), unit=unit, text=text, tolerance=known))
    message = f"{slope.size} derivatives" + (f", {open_ones} not resolved" if open_ones else "")
    return Sensitivities(
        name=subject.name,
        description=subject.description,
        quantities=tuple(
            SensitiveQuantity(key=q.key, name=q.name, unit=q.unit, value=float(x), measure=q.measure)
            for q, x in zip(quantities, work, strict=True)
        ),
        numbers=tuple(shown),
        logarithmic=logarithmic,
        logarithmic_error=log_error,
        derivative=slope / per_unit,
        derivative_error=error / per_unit,
        contribution=np.abs(logarithmic) * shares,
        kink=kink,
        below=np.where(kink, slopes.below * factor, math.nan),
        above=np.where(kink, slopes.above * factor, math.nan),
        resolved=resolved,
        reasons=dict(reasons),
        step=step,
        pumps=subject.pumps,
        status=Status.NOT_CONVERGED if open_ones else Status.CONVERGED,
        message=message + (f"; {len(reasons)} numbers have none." if reasons else "."),
    )
