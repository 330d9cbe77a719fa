"""A sweep on disk: a Zarr group that xarray opens, and beside its arrays the journal they are made from.

The journal is the truth: the arrays can be made again from it at any time, and are at the end of every run.
"""

from __future__ import annotations

import os
import platform
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._version import PHYSICS, __version__
from qsb_hw.errors import ArgumentError, StorageError, require
from qsb_hw.explore.sweep.journal import Journal, active_plans, storing_at
from qsb_hw.explore.sweep.locks import lock
from qsb_hw.explore.sweep.marker import (
    JOURNAL,
    LOCK,
    METADATA,
    arrays_written,
    check_inside,
    claim,
    remove_array,
    write_marker,
)
from qsb_hw.explore.sweep.plan import SweepPlan
from qsb_hw.explore.sweep.points import PointStatus, Rows
from qsb_hw.lindblad.steady import Auto
from qsb_hw.spec.paths import leaves

if TYPE_CHECKING:
    from xarray import Dataset

CHUNK = 4096
"""Largest number of points in a chunk of an array."""
MOST_REASONS = 1000
"""Different reasons for points without a result that are kept with the Dataset."""
PACKAGES = ("numpy", "scipy", "qutip", "scqubits", "xarray", "zarr")


class Store:
    """Where the results of a plan are; refused if it is something else, or if another sweep is being written there."""

    def __init__(self, path: Path, plan: SweepPlan) -> None:
        self.path, self.plan = path.resolve(), plan  # the place itself may be a link to another disk, nothing in it
        self.folder = self.path / JOURNAL
        with storing_at(path):
            claim(self.path, plan)
            check_inside(self.path)
            self.folder.mkdir(exist_ok=True)
        self.others = active_plans(self.folder)
        if any(other != plan.digest for other in self.others):
            raise StorageError(
                f"A store must be written by one sweep at a time, but found another process that runs another one "
                f"in {path}. Wait for it, or choose another place."
            )
        self.journal = Journal(self.folder, plan.keys, plan.width)

    def settle(self, values: bool = True) -> None:
        """Bring the arrays up to what the journal holds; without `values` only make sure that they exist."""
        with storing_at(self.path), self._alone(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="(Consolidated metadata|Object at .*) is")
            check_inside(self.path)
            group = self._group()
            if values:
                self.journal.refresh()
                self._fill(group, self.journal.rows)

    def _fill(self, group: Any, rows: Rows) -> None:
        import zarr

        plan, known = self.plan, {r: zlib.crc32(r.encode()) if r else 0 for r in set(rows["reason"])}
        group["status"][:] = rows["status"].reshape(plan.shape)
        group["residual"][:] = rows["residual"].reshape(plan.shape)
        group["reason"][:] = np.array([known[r] for r in rows["reason"]], dtype="<i8").reshape(plan.shape)
        columns = np.split(rows["values"], np.cumsum(plan.sizes)[:-1], axis=1)
        for measure, values in zip(plan.measures, columns, strict=True):
            inside = () if measure.dim is None else values.shape[1:]
            group[array_name(measure.name)][:] = values.reshape(*plan.shape, *inside)
        reasons = sorted((str(code), reason) for reason, code in known.items() if reason)
        group.attrs["reasons"] = dict(reasons[:MOST_REASONS])
        zarr.consolidate_metadata(group.store)

    def _group(self) -> Any:
        """The Zarr group of this plan, created if there is none or another plan's."""
        import zarr
        from zarr.errors import GroupNotFoundError, NodeTypeValidationError

        arrays = _arrays(self.plan)
        try:
            group = zarr.open_group(str(self.path), mode="r+", zarr_format=3, use_consolidated=False)
            if group.attrs.get("plan") == self.plan.digest and all(name in group for name in arrays):
                return group
        except (GroupNotFoundError, NodeTypeValidationError, FileNotFoundError, ValueError, KeyError):
            pass
        self._make_room({name: _chunk_counts(array["shape"], array["chunks"]) for name, array in arrays.items()})
        group = zarr.open_group(str(self.path), mode="a", zarr_format=3)
        codecs = [zarr.codecs.ZstdCodec(), zarr.codecs.Crc32cCodec()]
        for name, array in arrays.items():
            group.create_array(name, compressors=codecs, **array)
        for parameter in (p for axis in self.plan.axes for p in axis.parameters):
            group[parameter.name][:] = parameter.numbers
        group.update_attributes({**provenance(self.plan), "plan": self.plan.digest})  # `attrs.update` writes one by one
        zarr.consolidate_metadata(group.store)
        return group

    def _make_room(self, arrays: dict[str, list[int]]) -> None:
        """Remove the arrays of the store's earlier plan, and list the new ones in the marker."""
        before = arrays_written(self.path) or {}
        for name in arrays.keys() - before.keys():
            if os.path.lexists(self.path / name):
                raise ArgumentError(
                    f"Arrays must go where nothing is, but found something that no sweep wrote at {self.path / name}. "
                    "Move it elsewhere, or choose another place for the sweep."
                )
        for name, chunks in before.items():
            remove_array(self.path, name, chunks)
        (self.path / METADATA).unlink(missing_ok=True)
        write_marker(self.path, self.plan, arrays)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # never truncated, in case it is not ours
        with os.fdopen(os.open(self.folder / LOCK, flags, 0o644)) as file:
            lock(file.fileno())
            yield


def open_sweep(path: str | Path) -> Dataset:
    """Dataset of a stored sweep, finished or not, as it stands.

    Points that have not been computed are NaN with status 0, "missing".

    Parameters
    ----------
    path : str or Path
        The store, as given to `sweep(…, out=path)`.

    Returns
    -------
    Dataset
        As `sweep` returns it.

    Raises
    ------
    ArgumentError
        If there is no Zarr store.
    StorageError
        If the checksum of a chunk does not hold; running the same sweep again repairs it from the journal.

    Examples
    --------
    >>> import tempfile
    >>> import qsb_hw as qh
    >>> pair = {"model": "lorentzian_pair", "kerr": 10, "sigma": 0.2, "fock_state": 1, "coupling": 0.3}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = qh.sweep(pair, {"$.kerr": "5, 10"}, "resonance", out=f"{folder}/kerr.zarr")
    ...     print(abs(qh.open_sweep(f"{folder}/kerr.zarr").resonance.values))
    [10. 20.]
    """
    import xarray as xr

    require((Path(path) / METADATA).exists(), "A sweep must be a Zarr store", str(path), "Run `qsb-hw sweep` first.")
    try:
        dataset: Dataset = xr.open_zarr(str(path), chunks=None).load()
    except (ValueError, RuntimeError) as error:
        raise StorageError(
            f"Every chunk of {path} must have the checksum it was written with, but found: {error}. "
            "Run the same sweep again: it repairs the chunk from the journal beside it."
        ) from error
    return dataset.assign_coords(dataset.attrs.get("labels", {}))


def provenance(plan: SweepPlan) -> dict[str, Any]:
    """What a Dataset says about its origin; no dates, so that equal sweeps are equal bytes."""
    versions = {"python": platform.python_version(), "qsb-hw": __version__}
    return {
        "title": f"sweep of {plan.subject.name}",
        "physics": PHYSICS,
        "versions": versions | _packages(),
        "solver": repr(Auto()),
        "settings": {key: str(value) for key, value in asdict(plan.settings).items()},
        "pumps": plan.subject.pumps,
        "labels": {m.dim: [*m.labels] for m in plan.measures if m.dim is not None and m.labels},
        "spec": {path: str(value) for path, value in leaves(plan.subject.table)},
        "spec_hash": plan.subject.digest,
        "measures": [array_name(m.name) for m in plan.measures],
        "reasons": {},
        "warnings": [*plan.warnings],
    }


@cache
def _packages() -> dict[str, str]:
    """Versions of what computes and stores; reading them takes longer than a small sweep."""
    return {name: version(name) for name in PACKAGES}


def array_name(measure: str) -> str:
    """Name of a measure's array: a slash would nest it."""
    return measure.replace("/", "∕")


def _chunk_counts(shape: tuple[int, ...], chunks: tuple[int, ...]) -> list[int]:
    return [-(-size // chunk) for size, chunk in zip(shape, chunks, strict=True)]


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Chunks that are runs of neighbouring points: the last axes whole, a piece of one, a single index of the rest."""
    left, chunks = CHUNK, []
    for size in reversed(shape):
        chunks.append(max(min(size, left), 1))
        left = left // size if size <= left else 0
    return tuple(reversed(chunks))


def _arrays(plan: SweepPlan) -> dict[str, dict[str, Any]]:
    """Every array of a plan by name, as `zarr.Group.create_array` takes it."""
    dims, shape, chunks = [axis.name for axis in plan.axes], plan.shape, _chunks(plan.shape)

    def over_grid(dtype: str, fill: float, more: tuple[int, ...] = (), inside: str | None = None, **notes: Any) -> Any:
        names = dims if inside is None else [*dims, inside]
        return {
            "shape": (*shape, *more), "chunks": (*chunks, *more), "dtype": dtype, "fill_value": fill,
            "dimension_names": names, "attributes": notes,
        }  # fmt: skip

    flags: dict[str, Any] = {
        "flag_values": [int(s) for s in PointStatus],
        "flag_meanings": " ".join(s.name.lower() for s in PointStatus),
    }
    arrays = {
        "status": over_grid("|u1", 0, units="1", long_name="status of the point", **flags),
        "residual": over_grid("<f8", np.nan, units="1", long_name="largest ‖Lρ‖/(‖ρ‖·rate)"),
        "reason": over_grid("<i8", 0, units="1", long_name="why there is no result: key of `reasons`"),
    }
    for axis in plan.axes:
        for p in axis.parameters:
            arrays[p.name] = {
                "shape": (axis.size,), "chunks": (axis.size,), "dtype": "<f8", "fill_value": np.nan,
                "dimension_names": [axis.name], "attributes": {"units": p.unit, "path": p.path},
            }  # fmt: skip
    coordinates = " ".join(p.name for axis in plan.axes for p in axis.parameters if p.name not in dims)
    for measure, size in zip(plan.measures, plan.sizes, strict=True):
        notes: dict[str, Any] = {"units": measure.unit, "long_name": measure.long_name}
        if measure.meanings:
            notes |= {"flag_values": list(range(len(measure.meanings))), "flag_meanings": " ".join(measure.meanings)}
        if coordinates:
            notes["coordinates"] = coordinates
        more = () if measure.dim is None else (size,)
        arrays[array_name(measure.name)] = over_grid("<f8", np.nan, more, measure.dim, **notes)
    return arrays
