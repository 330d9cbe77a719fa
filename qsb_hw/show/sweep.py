"""Sweeps: points, axes and measures; the feasibility map."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.console import RenderableType
from rich.text import Text

from qsb_hw.explore.map import FeasibilityMap
from qsb_hw.explore.sweep.points import PointStatus
from qsb_hw.show.detail import Detail, Path
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import WARNING, answer, brief, label, lines, named, stacked, table, value
from qsb_hw.show.text import NONE, number, percent, quantity

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

SHOWN_REASONS = 5


def _coordinates(array: DataArray) -> dict[str, Any]:
    """Where a measure is largest."""
    if not np.isfinite(array.values).any():
        return {}
    index = _largest(array.values)
    return {str(d): array[d].values[k] for d, k in zip(array.dims, index, strict=True) if d in array.coords}


def _largest(values: NDArray[np.float64]) -> tuple[int, ...]:
    """Index of the largest finite value."""
    index = int(np.nanargmax(np.where(np.isfinite(values), values, np.nan)))
    return tuple(int(k) for k in np.unravel_index(index, values.shape))


def _extreme(array: DataArray, of: Callable[[NDArray[np.float64]], float]) -> float | None:
    finite = array.values[np.isfinite(array.values)]
    return of(finite) if finite.size else None


MEASURE = Section(
    Field("name", "of the measure"),
    Field("what", "what it is", "long_name", symbol="what it is"),
    Field("unit", "of its values"),
)
MEASURES = Section(
    Field("measures", "accepted by `--measure`", each=MEASURE),
    Field("of_chips", "accepted where the file is that of a chip, for each NODE and each two nodes A-B", each=MEASURE),
)
AXIS = Section(
    Field("name", "of the axis", symbol="axis"),
    Field("unit", "of its values", "attrs.units"),
    Field("path", "in the device file", "attrs.path"),
    Field("points", "how many", "size"),
    Field("first", "value", lambda a: a.values[0]),
    Field("last", "value", lambda a: a.values[-1]),
)
EXTREMES = Section(
    Field("name", "of the measure"),
    Field("unit", "of its values", "attrs.units"),
    Field("long_name", "what it is", "attrs.long_name"),
    Field("least", "smallest value", partial(_extreme, of=np.min)),
    Field("most", "largest value", partial(_extreme, of=np.max)),
    Field("at", "coordinates of the largest value, by axis", _coordinates),
)
SWEEP = Section(
    Field("store", "the Zarr store", lambda s: None if s.store is None else str(s.store)),
    Field("points", "of the grid"),
    Field("reused", "points found in the store"),
    Field("computed", "points computed in this run"),
    Field("damaged", "records of the store whose checksum was wrong; their points were computed again"),
    Field("seconds", "of this run", unit="s"),
    Field("status", "points by status: converged, not_converged, undecided (solved, without the verdict asked for), "
                    "refused, failed, crashed, missing",
          lambda s: _statuses(s.dataset)),
    Field("reasons", "points without a result by reason", lambda s: _reasons(s.dataset)),
    Field("warnings", "for instance a step of the detuning that is wider than the lines",
          lambda s: s.dataset.attrs.get("warnings", [])),
    Field("pumps", '"retuned", or "left" at the frequency and power they have in the file',
          lambda s: s.dataset.attrs.get("pumps", "retuned")),
    Field("axes", "the last axis is fastest", lambda s: [s.dataset[str(dim)] for dim in s.dataset.status.dims],
          each=AXIS),
    Field("measures", "extremes of every measure", lambda s: [s.dataset[name] for name in _measures_of(s.dataset)],
          each=EXTREMES),
)  # fmt: skip


def _measures_of(dataset: Dataset) -> list[str]:
    """Names of the measures, in the order requested."""
    asked = dataset.attrs.get("measures") or [str(name) for name in dataset.data_vars]
    return [name for name in asked if name not in ("status", "residual", "reason")]


def _statuses(dataset: Dataset) -> dict[str, int]:
    """Points by status, those that occur."""
    counts = np.bincount(dataset.status.values.ravel(), minlength=len(PointStatus))
    return {status.name.lower(): int(counts[status]) for status in PointStatus if counts[status]}


def _reasons(dataset: Dataset) -> dict[str, int]:
    """Points without a result by reason, most frequent first."""
    codes, counts = np.unique(dataset.reason.values, return_counts=True)
    known = dataset.attrs.get("reasons", {})
    order = np.argsort(-counts, kind="stable")
    return {known.get(str(int(codes[k])), "another reason"): int(counts[k]) for k in order if codes[k]}


def measures_view(found: Mapping[str, Any]) -> RenderableType:
    """What ``qsb-hw sweep --list`` prints."""
    more = (
        "Keys of criteria and of derived quantities, which `qsb-hw check --json` lists; margin:KEY: the margin of a "
        "criterion; bound:KEY:MEASURE: where its bound lies on a measure or on a derived quantity. Of a chip with its "
        "NODE or two nodes A-B in brackets. Verbs that take measures and quantities take the same words."
    )

    def listed(title: str, key: str) -> RenderableType:
        unit = (label("unit"), lambda m: shown_unit(m.unit))
        return MEASURE.table(title, found[key], "name", "what", unit, detail=Detail.BRIEF)

    return stacked(listed("Measures", "measures"), brief(lines((more,))), listed("Measures of a chip", "of_chips"))


def shown_unit(unit: str) -> str:
    """Unit of a measure for tables: nothing where it is a pure number or spelt out elsewhere."""
    return "" if unit in ("1", "SI") else unit


def sweep_view(sweep: Any) -> RenderableType:
    """What ``qsb-hw sweep`` prints; `sweep` is the summary of a run with its `store` and `dataset` beside it."""
    record = SWEEP.record(sweep)
    axes = AXIS.table(
        "Axes", SWEEP["axes"].value(sweep), "name", "points",
        (value("from"), lambda a: _plain(a.values[0])), (value("to"), lambda a: _plain(a.values[-1])), "unit",
    )  # fmt: skip
    found = table(
        "Measures", label("measure"), value("least"), value("most"), label("largest at", ratio=1), detail=Detail.BRIEF
    )
    for one in record["measures"]:
        array = sweep.dataset[one["name"].replace("/", "∕")]
        at = "\n".join(f"{name} = {_at(sweep.dataset, name, where)}" for name, where in one["at"].items())
        constant = one["least"] is not None and math.isclose(one["least"], one["most"], rel_tol=1e-9)
        ends = (_worded(array, one[key]) for key in ("least", "most"))
        found.add_row(one["name"], *ends, Path(NONE if constant else at or NONE))
    return stacked(
        named(*sweep.subject), answer("What was found?", Text(_account(record)), *_warnings(record)), axes, brief(found)
    )


def _account(record: Mapping[str, Any]) -> str:
    status = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in record["status"].items())
    return (
        f"{record['points']} points: {status}; {record['computed']} computed in {record['seconds']:.3g} s, "
        f"{record['reused']} found in the store. Pumps {record['pumps']}. Store: {record['store']}."
    )


def _warnings(record: Mapping[str, Any]) -> Iterable[RenderableType]:
    yield from (Text(text, WARNING) for text in record["warnings"])
    if record["damaged"]:
        yield Text(f"{record['damaged']} damaged records were found and their points computed again.", WARNING)
    yield from reasons_shown(record["reasons"])


def reasons_shown(reasons: Mapping[str, int], most: int = SHOWN_REASONS) -> Iterator[Text]:
    """Why points have no result, the most frequent first; of a file with problems the last of them."""
    known: dict[str, int] = {}
    for reason, count in reasons.items():
        last = reason.splitlines()[-1].strip() if reason else "not solved"
        known[last] = known.get(last, 0) + count
    frequent = sorted(known.items(), key=lambda item: -item[1])
    yield from (Text(f"{count} × {reason}", WARNING) for reason, count in frequent[:most])
    if (more := len(frequent) - most) > 0:
        yield Text(f"and {more} other reasons", WARNING)


def _worded(array: DataArray, value: float | None) -> str:
    """A value of a measure with its unit; of a code its word."""
    words = str(array.attrs.get("flag_meanings", "")).split()
    if words and value is not None:
        return words[int(value)]
    return quantity(value, shown_unit(str(array.attrs["units"])))


def _at(dataset: Dataset, name: str, where: Any) -> str:
    """A coordinate with the unit of its axis."""
    return f"{_plain(where)} {dataset[name].attrs.get('units', '')}".removesuffix(" 1").strip()


def _plain(value: float | str) -> str:
    return str(value) if isinstance(value, str) else f"{value:.6g}".replace("-", "−")


PLACE = Section(
    Field("name", "of the device", symbol="device"),
    Field("kerr_to_linewidth", "K/κ", symbol="K/κ", digits=3),
    Field("coupling_to_linewidth", "g/κ", symbol="g/κ", digits=3),
    Field("verdict", "baths eliminated"),
    Field("own_losses", "whether the plane holds for it"),
)


def _margins(found: FeasibilityMap) -> dict[str, Any]:
    return {key: found.dataset[f"margin:{key}"].values for key in (*found.requirements, *found.approximations)}


MAP = Section(
    Field("losses_of", "device whose n0, losses, temperature and V/γ hold everywhere"),
    Field("description", "of that device, from its file"),
    Field("kerr_to_linewidth", "K/κ of the rows", "dataset.kerr_to_linewidth.values"),
    Field("coupling_to_linewidth", "g/κ of the columns", "dataset.coupling_to_linewidth.values"),
    Field("contrast", "blockade contrast, rows of columns, baths eliminated", "dataset.contrast.values"),
    Field("verdict", "0 infeasible, 1 borderline, 2 feasible, likewise", "dataset.verdict.values"),
    Field("margins", "of every criterion by key, likewise", _margins),
    Field("requirements", "keys of the requirements among them", lambda m: [*m.requirements]),
    Field("places", "the device and those that ship, each with its own losses", each=PLACE),
)


def map_view(found: FeasibilityMap) -> RenderableType:
    """What ``qsb-hw map`` prints: the feasible share of the plane, where the contrast is best, the shipped devices."""
    dataset = found.dataset
    rows = PLACE.table(
        "Devices, each with its own losses", found.places, "name", "kerr_to_linewidth", "coupling_to_linewidth",
        (label("verdict, baths eliminated"), lambda place: place.verdict.value), detail=Detail.BRIEF,
    )  # fmt: skip
    shares = [float((dataset["verdict"].values == code).mean()) for code in (2, 1, 0)]
    row, column = _largest(dataset["contrast"].values)
    best = dataset.isel(kerr_to_linewidth=row, coupling_to_linewidth=column)
    said = (
        f"With the losses of {found.losses_of}: {percent(shares[0])} of the plane feasible, "
        f"{percent(shares[1])} borderline, {percent(shares[2])} infeasible.",
        f"Largest contrast {number(float(best.contrast), 3)} at K/κ = {number(float(best.kerr_to_linewidth), 3)}, "
        f"g/κ = {number(float(best.coupling_to_linewidth), 3)}.",
    )
    return stacked(named(found.losses_of, found.description), answer("Where should one build?", *map(Text, said)), rows)
