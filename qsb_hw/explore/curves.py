"""Curves and contours: quantities of a device or chip over one number of its file or two, with the bounds on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.conditions import Requested
from qsb_hw.devices.pumps import RETUNED
from qsb_hw.errors import ArgumentError, require
from qsb_hw.explore.asked import Asked, Limiting, asked, at_work, spelled
from qsb_hw.explore.design.problem import LIMIT, bound_in
from qsb_hw.explore.sweep.axes import Axis, Parameter, axes_of, internal, reads_of
from qsb_hw.explore.sweep.measures import VERDICTS
from qsb_hw.explore.sweep.plan import MOST_POINTS
from qsb_hw.explore.sweep.points import SOLVED, PointStatus
from qsb_hw.explore.sweep.run import sweep
from qsb_hw.explore.sweep.store import array_name
from qsb_hw.explore.sweep.subject import Subject, subject_of, under_conditions
from qsb_hw.model.criterion import CriterionKind, Sense
from qsb_hw.model.device import HeldBy
from qsb_hw.model.display import html_tables
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.units import parse, watt_to_dbm

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from xarray import Dataset

START, PLANE = 17, 21
"""Points of an axis whose range does not say how many: to begin a curve with, and along each axis of a plane."""
RESOLUTION = 0.01
"""Default of what a curve may leave its straight pieces by, as a share of its range, before points are added."""
MOST_ON_A_CURVE = 201
"""Default limit on the points of a curve that are chosen."""
ROUNDS = 5
"""How often, at most, intervals are halved: a jump is followed that far."""
LARGEST_COUNT = 1e3
"""Whole numbers below it are counts."""
ROUNDING = 1e-9
"""Relative range of a quantity that does not vary."""
DECADES = 2.0
"""Positive quantities that span more powers of ten are resolved, and drawn, on a logarithmic scale."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveAxis:
    """What is varied: its paths in the file, its name and unit, values (n,), and the file's own; NaN for none."""

    paths: tuple[str, ...]
    name: str
    unit: str
    values: Floats
    working: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveBound:
    """Where the bound of a criterion lies on a quantity.

    Attributes
    ----------
    key, name, kind : str, str, CriterionKind
        Of the criterion.
    sense : Sense
        Which side is good for the quantity; of one with a sign, for its modulus.
    required_margin : float
        Margin from which the criterion counts as met.
    modulus : bool
        Whether the quantity has a sign that does not count.
    bound, required : Floats
        In the quantity's unit at every point: the bound itself, and with the required margin; NaN where not known.
    working, working_required : float
        The same for the file as it is.
    """

    key: str
    name: str
    kind: CriterionKind
    sense: Sense
    required_margin: float
    modulus: bool
    bound: Floats
    required: Floats
    working: float
    working_required: float

    def met(self, values: Floats, margin: bool = False) -> NDArray[np.bool_]:
        """Where values keep the bound, or have the required margin; so does what has no bound."""
        limit = self.required if margin else self.bound
        if self.modulus:
            values, limit = np.abs(values), np.abs(limit)
        good = values >= limit if self.sense is Sense.AT_LEAST else values <= limit
        return np.asarray(np.where(np.isnan(limit), True, good & ~np.isnan(values)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One quantity over the axes.

    Attributes
    ----------
    key, name, unit, measure : str
        Stable key, name with its symbol, SI unit (frequencies cyclic), and its measure in a sweep.
    values : Floats
        At every point, (n,) or (n, m); NaN where there is none.
    working : float
        For the file as it is.
    deviation : float
        How far the last points added lie from the straight line between their neighbours, as a share of the range;
        NaN where points were given.
    bounds : tuple of CurveBound
        Criteria that bound it.
    """

    key: str
    name: str
    unit: str
    measure: str
    values: Floats
    working: float
    deviation: float
    bounds: tuple[CurveBound, ...]

    @property
    def log(self) -> bool:
        """Whether it spans so many decades that it is drawn on a logarithmic scale."""
        return self.unit != "dBm" and _spans_decades(self.values)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves(Result):
    """Quantities of a device or chip over one or two of its numbers.

    Attributes
    ----------
    name, description : str
        Of the device or chip.
    axes : tuple of CurveAxis
        One or two.
    curves : tuple of Curve
        One per quantity.
    built : (n,) or (n, m) bool
        Whether the point describes a device.
    reasons : tuple of (tuple of int, str)
        Points without a result, by their index, with the reason.
    verdict : Floats or None
        0 infeasible, 1 borderline, 2 feasible, NaN undecided, baths eliminated, over every requirement; None unless
        asked for.
    pumps : str
        "retuned" or "left".
    status : Status
        `NOT_CONVERGED` if a steady state has no certificate; points that describe no device are an answer.
    """

    name: str
    description: str
    axes: tuple[CurveAxis, ...]
    curves: tuple[Curve, ...]
    built: NDArray[np.bool_]
    reasons: tuple[tuple[tuple[int, ...], str], ...]
    verdict: Floats | None
    pumps: str
    status: Status
    message: str
    certificate: Certificate = field(default_factory=Certificate)

    def curve(self, key: str) -> Curve:
        """The curve of that key; `ArgumentError` if there is none."""
        words = (key, spelled(key))
        found = next((one for one in self.curves if {one.key, one.measure, one.name} & {*words}), None)
        if found is None:
            raise ArgumentError(f"A curve must be one of {', '.join(c.key for c in self.curves)}, but found {key!r}.")
        return found

    def holds(self, margin: bool = False) -> NDArray[np.bool_]:
        """Where every requirement that bounds a quantity shown is met, or met with its required margin."""
        good = self.built.copy()
        for curve in self.curves:
            for bound in curve.bounds:
                if bound.kind is CriterionKind.REQUIREMENT:
                    good &= bound.met(curve.values, margin)
        return good

    def to_xarray(self) -> Dataset:
        """Quantities as variables over the axes, bounds beside them as ``KEY:bound:CRITERION``."""
        from xarray import Dataset

        dims = [axis.name for axis in self.axes]
        data: dict[str, Any] = {}
        for c in self.curves:
            about = {"units": c.unit, "long_name": c.name, "working_point": c.working}
            data[array_name(c.key)] = (dims, c.values, about)
            for b in c.bounds:
                notes: dict[str, Any] = {"units": c.unit, "long_name": f"bound of {b.name}", "sense": b.sense.value}
                notes |= {"required_margin": b.required_margin, "kind": b.kind.value}
                data[array_name(f"{c.key}:bound:{b.key}")] = (dims, b.bound, notes)
        if self.verdict is not None:
            data["verdict"] = (dims, self.verdict, {"flag_meanings": " ".join(v.value for v in VERDICTS)})
        data["built"] = (dims, self.built)
        about = {axis.name: {"units": axis.unit, "working_point": axis.working} for axis in self.axes}
        coords = {axis.name: (axis.name, axis.values, about[axis.name]) for axis in self.axes}
        return Dataset(data, coords, {"device": self.name, "pumps": self.pumps})

    def plot(self, figure: Figure | None = None) -> tuple[Figure, Any]:
        """Draw it: `qsb_hw.plot.plot_curves`."""
        from importlib import import_module

        found: tuple[Figure, Any] = import_module("qsb_hw.plot").plot_curves(self, figure)
        return found

    _repr_html_ = html_tables


def curves(
    spec: Any,
    over: Mapping[str, Any] | Sequence[str],
    of: Sequence[str] | str,
    *,
    subject_to: Sequence[str] = (),
    resolution: float = RESOLUTION,
    most_on_a_curve: int = MOST_ON_A_CURVE,
    verdict: bool = False,
    settings: Mapping[str, Any] | Requested | None = None,
    pumps: str = RETUNED,
    workers: int | None = 1,
    most_points: float = MOST_POINTS,
    progress: Progress | None = None,
) -> Curves:
    """Quantities of a device or chip over one or two of its numbers, each with where its bounds lie.

    Parameters
    ----------
    spec, settings, pumps, workers, most_points, progress
        As for `sweep`.
    over : mapping or sequence
        One axis or two, ``{"$.oscillator.josephson_energy": "10..40 GHz"}``, as for `sweep`. A range of one axis that
        does not say how many points gets as many as its curves need; of two axes `PLANE` along each.
    of : sequence of str or str
        Keys of derived quantities and criteria, and measures: ``"kerr"``, ``"damping_flux_slope"``, ``"P"``,
        ``"gamma"``, ``"sigma"``, ``"contrast"``; of a chip with the node or two nodes, ``"kerr[A]"``,
        ``"coupling[A-B]"``.
    subject_to : sequence of str
        What is wanted besides the criteria, ``"damping_pump_power<=-45 dBm"``: one more bound on a quantity that is
        shown, and it counts as a requirement.
    resolution : float
        Points are added where a curve leaves the straight line between two by more than this share of its range.
    most_on_a_curve : int
        Limit on the points that are chosen.
    verdict : bool
        Solve every requirement at every point, for the feasible region.

    Returns
    -------
    Curves
        Values, bounds, the working point, and where no device can be built and why.

    Raises
    ------
    SpecError, ArgumentError
        If the file, a range or a quantity is not valid.
    CapacityError
        If there are more than `most_points` points.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.curves("transmon_squid", {"$.oscillator.josephson_energy": "15, 20, 25 GHz"}, "kerr")
    >>> (found.curve("kerr").values / 1e6).round(1).tolist()  # K/2π in MHz
    [141.5, 138.7, 136.9]
    >>> round(found.curve("kerr").bounds[0].working / 1e6, 3)  # K/κ ≥ 1: κ/2π in MHz
    20.0
    """
    subject, chosen = under_conditions(subject_of(spec), settings, pumps)
    require(0 < resolution < 1, "`resolution` must lie between 0 and 1", resolution, "Take 0.01.")
    require(most_on_a_curve >= 3, "`most_on_a_curve` must be at least 3", most_on_a_curve, "Take 201.")
    axes, open_ended = _axes(subject, over, most_points)
    quantities = _wanted(asked(subject, of, chosen), subject_to)
    names = _measures(quantities, verdict)

    def run(over: Sequence[Axis]) -> _Grid:
        data = sweep(
            subject, over, names, settings=chosen, pumps=pumps, workers=workers, most_points=most_points,
            progress=progress,
        )  # fmt: skip
        return _grid(data, names, len(over))

    grid, deviations = run(axes), {q.key: math.nan for q in quantities}
    if open_ended and len(axes) == 1:
        axes, grid, deviations = _refined(subject, axes[0], grid, run, quantities, resolution, most_on_a_curve)
    work = at_work(subject, chosen, names, [one.measure for one in quantities if one.solved])
    return _assembled(subject, axes, quantities, grid, work, deviations, verdict)


def _wanted(quantities: Sequence[Asked], limits: Sequence[str]) -> tuple[Asked, ...]:
    """Quantities with limits of one's own among what bounds them."""
    more: dict[str, tuple[Limiting, ...]] = {one.key: () for one in quantities}
    for text in [limits] if isinstance(limits, str) else limits:
        match = LIMIT.fullmatch(text)
        if match is None:
            raise ArgumentError(f"A limit must look like damping_pump_power<=-45 dBm, but found {text!r}.")
        word, sign, said = match.groups()
        one = next((q for q in quantities if {word, spelled(word)} & {q.key, q.measure, q.name}), None)
        if one is None:
            known = ", ".join(q.key for q in quantities)
            raise ArgumentError(f"A limit must be on a quantity that is shown, one of {known}, but found {text!r}.")
        fixed = bound_in(said, one.unit, word)
        at_most = sign in ("<=", "≤")
        more[one.key] += (Limiting(
            key=text, name=f"{'≤' if at_most else '≥'} {said}, as wanted", kind=CriterionKind.REQUIREMENT,
            sense=Sense.AT_MOST if at_most else Sense.AT_LEAST, required_margin=1.0, measure="",
            held=HeldBy(criterion=text, scale=1.0), at_most=at_most, fixed=fixed,
        ),)  # fmt: skip
    return tuple(replace(one, limits=(*one.limits, *more[one.key])) for one in quantities)


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """What was computed at every point: values by measure, status, reasons."""

    values: dict[str, Floats]
    status: NDArray[np.int_]
    reasons: NDArray[np.object_]
    residual: Floats

    def joined(self, other: _Grid, order: NDArray[np.int_]) -> _Grid:
        """Points of both along the only axis, in an order."""

        def both(first: Any, second: Any) -> Any:
            return np.concatenate([first, second])[order]

        return _Grid(
            {name: both(values, other.values[name]) for name, values in self.values.items()},
            both(self.status, other.status),
            both(self.reasons, other.reasons),
            both(self.residual, other.residual),
        )


def _measures(quantities: Sequence[Asked], verdict: bool) -> list[str]:
    """Measures of a sweep behind some quantities and their bounds."""
    bounds = [limit.measure for one in quantities for limit in one.limits]
    names = [*(one.measure for one in quantities), *(name for name in bounds if name), *["verdict"] * verdict]
    return [*dict.fromkeys(names)]


def _grid(data: Dataset, names: Sequence[str], dims: int) -> _Grid:
    order = tuple(str(d) for d in data["status"].dims)
    assert len(order) == dims
    known = data.attrs["reasons"]
    codes = data["reason"].values
    reasons = np.array([known.get(str(int(c)), "another reason") if c else "" for c in codes.ravel()], dtype=object)
    values = {name: np.array(data[array_name(name)].values, dtype=float) for name in names}
    return _Grid(values, np.array(data["status"].values), reasons.reshape(codes.shape), data["residual"].values)


def _axes(subject: Subject, over: Mapping[str, Any] | Sequence[str], most: float) -> tuple[tuple[Axis, ...], bool]:
    """Axes of curves or a plane, and whether the points were left open."""
    if isinstance(over, Mapping):
        given = [f"{p}={v if isinstance(v, str) else ', '.join(map(str, v))}" for p, v in over.items()]
    else:
        given = [over] if isinstance(over, str) else [str(one) for one in over]
    hint = "Write one range, or two for a plane."
    require(1 <= len(given) <= 2, "Curves must be over one number or two", f"{len(given)}", hint)
    points, left_open = (START if len(given) == 1 else PLANE), False
    texts = []
    for text in given:
        parts = text.split(";")
        unsaid = [".." in part.partition("=")[2] and ":" not in part.partition("=")[2] for part in parts]
        left_open |= any(unsaid)
        texts.append(";".join(f"{p}:{points}" if u else p for p, u in zip(parts, unsaid, strict=True)))
    axes = axes_of(subject, texts, most)
    fixed = tuple(axis for axis in axes if isinstance(axis, Axis))
    require(len(fixed) == len(axes), "Curves must come without an adaptive axis", ", ".join(texts), "Drop `adaptive`.")
    return fixed, left_open


def _refined(
    subject: Subject, axis: Axis, grid: _Grid, run: Any, quantities: Sequence[Asked], resolution: float, most: int
) -> tuple[tuple[Axis, ...], _Grid, dict[str, float]]:
    """The curve with points added where it bends or jumps, and how far the last ones lie from straight pieces."""
    inside = np.ones(axis.size - 1, dtype=bool)  # intervals still to be halved
    depth = np.zeros(axis.size - 1, dtype=int)
    last = {q.key: np.zeros(axis.size - 1) for q in quantities}
    while inside.any() and axis.size < most:
        halved = np.flatnonzero(inside)[: most - axis.size]
        middle = _between(subject, axis, halved)
        new = run([middle])
        order = np.argsort(np.concatenate([np.arange(axis.size), halved + 0.5]), kind="stable")
        axis, grid = _joined(axis, middle, order), grid.joined(new, order)
        is_new = order >= axis.size - len(halved)
        places = np.flatnonzero(is_new)
        grown = np.repeat(np.arange(inside.size), np.where(np.isin(np.arange(inside.size), halved), 2, 1))
        depth, inside = depth[grown] + np.isin(grown, halved), np.zeros(axis.size - 1, dtype=bool)
        last = {key: found[grown] for key, found in last.items()}
        for one in quantities:
            bend, edge = _bends(grid.values[one.measure], places)
            for side in (places - 1, places):
                last[one.key][side] = bend
                inside[side] |= ((bend > resolution) | edge) & (depth[side] < ROUNDS)
    return (axis,), grid, {key: float(found.max()) for key, found in last.items()}


def _bends(values: Floats, places: NDArray[np.int_]) -> tuple[Floats, NDArray[np.bool_]]:
    """How far points lie from the straight line between their neighbours, as a share of the range; and at an edge.

    A quantity that is a whole number everywhere goes in steps and is not resolved further.
    """
    finite = values[np.isfinite(values)]
    known = np.isfinite(values[np.stack([places - 1, places, places + 1])])
    edge = np.asarray(known.any(axis=0) & ~known.all(axis=0))
    if is_count(values):
        return np.zeros(len(places)), edge
    scaled = np.log(values) if _spans_decades(values) else values
    span = float(np.ptp(scaled[np.isfinite(scaled)])) if finite.size else 0.0
    if span <= ROUNDING * float(np.max(np.abs(finite), initial=0.0)):
        return np.zeros(len(places)), edge
    bend = np.abs(scaled[places] - (scaled[places - 1] + scaled[places + 1]) / 2) / span
    return np.where(known.all(axis=0), bend, 0.0), edge


def is_count(values: Floats) -> bool:
    """Whether a quantity is a small whole number everywhere, and so goes in steps."""
    finite = values[np.isfinite(values)]
    return bool(finite.size and np.array_equal(finite, np.round(finite)) and np.max(np.abs(finite)) < LARGEST_COUNT)


def _spans_decades(values: Floats) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() > 0 and finite.max() > 10**DECADES * finite.min())


def _between(subject: Subject, axis: Axis, intervals: NDArray[np.int_]) -> Axis:
    """The middle of some intervals of an axis."""
    parameters = []
    for p in axis.parameters:
        numbers = np.array(p.numbers)
        chosen = tuple(float(f"{x:.12g}") for x in (numbers[intervals] + numbers[intervals + 1]) / 2)
        values = internal(subject, p.path, chosen, p.unit)
        parameters.append(Parameter(path=p.path, numbers=chosen, unit=p.unit, values=values))
    return Axis(tuple(parameters))


def _joined(axis: Axis, other: Axis, order: NDArray[np.int_]) -> Axis:
    return Axis(tuple(
        Parameter(
            path=p.path, unit=p.unit, numbers=tuple((*p.numbers, *q.numbers)[k] for k in order),
            values=tuple((*p.values, *q.values)[k] for k in order),
        )
        for p, q in zip(axis.parameters, other.parameters, strict=True)
    ))  # fmt: skip


def working_value(subject: Subject, path: str, unit: str) -> float:
    """The file's number at a path in some unit; NaN where the file has none."""
    number = subject.number(path) if path.startswith("$") else None
    if number is None:
        return math.nan
    if unit == "dBm":
        return watt_to_dbm(number.value)
    kind = reads_of(subject, path).kind
    zero, one = (parse(f"{x} {unit}".strip(), kind) for x in (0, 1))
    return (number.value - zero) / (one - zero)


def _axis_shown(subject: Subject, axis: Axis) -> CurveAxis:
    own = [working_value(subject, p.path, p.unit) for p in axis.parameters]
    same = len(own) > 0 and np.allclose(own, own[0], rtol=1e-9, atol=0)
    first = axis.parameters[0]
    return CurveAxis(
        paths=axis.paths, name=first.name, unit=first.unit, values=np.array(first.numbers),
        working=own[0] if same else math.nan,
    )  # fmt: skip


def _assembled(
    subject: Subject, axes: Sequence[Axis], quantities: Sequence[Asked], grid: _Grid, work: Floats,
    deviations: Mapping[str, float], verdict: bool,
) -> Curves:  # fmt: skip
    names = _measures(quantities, verdict)
    own = dict(zip(names, work.tolist(), strict=True))
    uncertain = grid.status == PointStatus.NOT_CONVERGED
    built = np.isin(grid.status, (*SOLVED, PointStatus.NOT_CONVERGED))
    found = []
    for one in quantities:
        values = np.where(uncertain, math.nan, grid.values[one.measure]) if one.solved else grid.values[one.measure]
        bounds = tuple(_bound(limit, grid, own, one.unit) for limit in one.limits)
        found.append(Curve(
            key=one.key, name=one.name, unit=one.unit, measure=one.measure, values=values, working=own[one.measure],
            deviation=deviations[one.key], bounds=bounds,
        ))  # fmt: skip
    without = np.argwhere(grid.status != PointStatus.CONVERGED)
    missing = [(tuple(map(int, k)), str(grid.reasons[tuple(k)])) for k in without]
    bad = int((uncertain | (grid.status > PointStatus.REFUSED)).sum())
    refused = int((grid.status == PointStatus.REFUSED).sum())
    said = f"{grid.status.size} points" + (f", {refused} describe no device" if refused else "")
    return Curves(
        name=subject.name,
        description=subject.description,
        axes=tuple(_axis_shown(subject, axis) for axis in axes),
        curves=tuple(found),
        built=built,
        reasons=tuple(missing),
        verdict=np.where(uncertain, math.nan, grid.values["verdict"]) if verdict else None,
        pumps=subject.pumps,
        status=Status.NOT_CONVERGED if bad else Status.CONVERGED,
        message=said + (f", {bad} have no certified result." if bad else "."),
        certificate=Certificate(residual=float(np.fmax.reduce(grid.residual, axis=None, initial=math.nan))),
    )


def _bound(limit: Limiting, grid: _Grid, own: Mapping[str, float], unit: str) -> CurveBound:
    if limit.measure:
        bound, working = grid.values[limit.measure], own[limit.measure]
    else:
        bound, working = np.full(grid.status.shape, limit.fixed), limit.fixed
    return CurveBound(
        key=limit.key,
        name=limit.name,
        kind=limit.kind,
        sense=limit.sense,
        required_margin=limit.required_margin,
        modulus=limit.held.modulus,
        bound=bound,
        required=limit.required(bound, unit),
        working=working,
        working_required=float(limit.required(np.array(working), unit)),
    )
