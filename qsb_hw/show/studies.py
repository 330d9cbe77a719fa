"""Studies as records: what `--json` of ``sweep``, ``map``, ``tolerance`` and ``design`` prints.

Keys are stable as in `qsb_hw.show.record`. Numbers are in the unit named beside them; frequencies are cyclic.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.explore.sweep.points import PointStatus
from qsb_hw.explore.sweep.run import RunSummary
from qsb_hw.show.plain import plain

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

Record = dict[str, Any]

SWEEP_KEYS: Mapping[str, str] = {
    "store": "the Zarr store",
    "points": "points of the grid",
    "reused": "of these, found in the store",
    "computed": "of these, worked out in this run",
    "damaged": "records of the store whose checksum did not hold; their points were worked out again",
    "seconds": "of this run",
    "status": "points by what became of them: converged, not_converged, refused, failed, crashed, missing",
    "reasons": "points without a result by reason",
    "warnings": "what else to know, like a step of the detuning that is wider than the lines",
    "axes": "list of {name, unit, path, points, first, last}; the last axis is fastest",
    "measures": "list of {name, unit, long_name, least, most, at}: extremes, and the coordinates of the largest",
}


def sweep_record(store: Path | None, dataset: Dataset, summary: RunSummary) -> Record:
    """What ``qsb-hw sweep --json`` prints."""
    record: Record = plain(
        {
            "store": None if store is None else str(store),
            "points": summary.points,
            "reused": summary.reused,
            "computed": summary.computed,
            "damaged": summary.damaged,
            "seconds": summary.seconds,
            "status": statuses(dataset),
            "reasons": reasons(dataset),
            "warnings": dataset.attrs.get("warnings", []),
            "axes": [_axis(dataset[name]) for name in axes_of(dataset)],
            "measures": [_measure(dataset[name]) for name in measures_of(dataset)],
        }
    )
    return record


def axes_of(dataset: Dataset) -> list[str]:
    """Names of the axes, in order."""
    return [str(dim) for dim in dataset.status.dims]


def measures_of(dataset: Dataset) -> list[str]:
    """Names of the measures, in the order they were asked for."""
    asked = dataset.attrs.get("measures") or [str(name) for name in dataset.data_vars]
    return [name for name in asked if name not in ("status", "residual", "reason")]


def statuses(dataset: Dataset) -> dict[str, int]:
    """Points by what became of them, those that occur."""
    counts = np.bincount(dataset.status.values.ravel(), minlength=len(PointStatus))
    return {status.name.lower(): int(counts[status]) for status in PointStatus if counts[status]}


def reasons(dataset: Dataset) -> dict[str, int]:
    """Points without a result by reason, most frequent first."""
    codes, counts = np.unique(dataset.reason.values, return_counts=True)
    known = dataset.attrs.get("reasons", {})
    order = np.argsort(-counts, kind="stable")
    return {known.get(str(int(codes[k])), "another reason"): int(counts[k]) for k in order if codes[k]}


def _axis(coordinate: DataArray) -> Record:
    values = coordinate.values
    return {
        "name": coordinate.name,
        "unit": coordinate.attrs["units"],
        "path": coordinate.attrs["path"],
        "points": values.size,
        "first": values[0],
        "last": values[-1],
    }


def _measure(array: DataArray) -> Record:
    values = array.values
    found = np.isfinite(values)
    at = {}
    if found.any():
        index = np.unravel_index(int(np.nanargmax(np.where(found, values, np.nan))), values.shape)
        at = {str(d): array[d].values[k] for d, k in zip(array.dims, index, strict=True) if d in array.coords}
    return {
        "name": array.name,
        "unit": array.attrs["units"],
        "long_name": array.attrs["long_name"],
        "least": values[found].min() if found.any() else None,
        "most": values[found].max() if found.any() else None,
        "at": at,
    }
