"""A study on disk: a Zarr group that xarray opens, and beside its arrays the journal it is made from.

The journal is the truth. The arrays are written from it, chunk by chunk, each with a checksum and each put into its
place by renaming; they can be made again at any time, and are at the end of every run. What in the folder is the
store's says its marker (`qsb_hw.explore.sweep.marker`); nothing else is touched.
"""

from __future__ import annotations

import os
import platform
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.errors import QsbError, StorageError, require
from qsb_hw.explore.sweep.journal import Journal, Writer, no_room, writers
from qsb_hw.explore.sweep.locks import lock
from qsb_hw.explore.sweep.marker import (
    JOURNAL,
    METADATA,
    Marker,
    check_free,
    check_inside,
    claim,
    marker_of,
    remove_array,
)
from qsb_hw.explore.sweep.study import PointStatus, Study, solver_in_words
from qsb_hw.explore.sweep.subject import physics_version
from qsb_hw.spec.paths import leaves

if TYPE_CHECKING:
    from xarray import Dataset

CHUNK = 4096
"""Points per chunk of an array, at most."""
MOST_REASONS = 1000
"""Different reasons for points without a result that are kept with the Dataset."""


class Store:
    """Where a study lives."""

    def __init__(self, path: Path, study: Study) -> None:
        """Open the store of a study, or make it.

        Raises
        ------
        ArgumentError
            A place that is something else.
        StorageError
            A disk that refuses, or a place where another process is writing another study.
        """
        self.path, self.study = path.resolve(), study  # the place itself may be a link to another disk, nothing in it
        self.folder = self.path / JOURNAL
        try:
            claim(self.path, Marker(study.digest, study.definition, {}))
            check_inside(self.path, self._written())
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            if isinstance(error, QsbError):
                raise
            raise StorageError(
                f"A sweep must find a place at {path}, but found: {error.strerror or error}. Choose another one."
            ) from error
        self.others = writers(self.folder)
        if any(other != study.digest for other in self.others):
            raise StorageError(
                f"A store must be written for one study at a time, but found another process at work on another one "
                f"in {path}. Wait for it, or choose another place."
            )
        self.journal = Journal(self.folder)
        self._blocks = _Blocks.of(study)
        self._dirty = set(range(self._blocks.count))

    def writer(self) -> Writer:
        """A new segment of the journal."""
        return Writer(self.folder, self.study.digest)

    def touch(self, numbers: Iterable[int]) -> None:
        """Remember that the journal has points that the arrays may lack."""
        self._dirty.update(self._blocks.holding(number) for number in numbers)

    def settle(self, values: bool = True) -> None:
        """Bring the arrays up to what the journal holds; without `values` only make sure that there are any.

        Raises
        ------
        StorageError
            No room; the journal is untouched.
        """
        try:
            with self._alone(), warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="(Consolidated metadata|Object at .*) is")
                check_inside(self.path, self._written())
                group = self._group()
                if not values:
                    return
                self.journal.refresh()
                reasons = dict(group.attrs.get("reasons", {}))
                for block in sorted(self._dirty):
                    reasons |= self._settle(group, block)
                group.attrs["reasons"] = dict(sorted(reasons.items())[:MOST_REASONS])
                import zarr

                zarr.consolidate_metadata(group.store)
        except OSError as error:
            if isinstance(error, QsbError):
                raise
            raise no_room(error, self.path / METADATA) from error
        self._dirty.clear()

    def _settle(self, group: Any, block: int) -> dict[str, str]:
        study, numbers = self.study, self._blocks.span(block)
        rows = self.journal.read(study.keys(numbers), study.width)
        region = _region(study, numbers)
        shape = tuple(s.stop - s.start for s in region)
        group["status"][region] = rows.status.reshape(shape)
        group["residual"][region] = rows.residual.reshape(shape)
        group["reason"][region] = np.array([_code(r) for r in rows.reasons], dtype="<i8").reshape(shape)
        at = 0
        for measure, size in zip(study.measures, study.sizes, strict=True):
            values = rows.values[:, at : at + size].reshape((*shape, *(() if measure.dim is None else (size,))))
            group[_array_name(measure.name)][region] = values
            at += size
        return {str(_code(reason)): reason for reason in rows.reasons if reason}

    def _group(self) -> Any:
        """The Zarr group of this study, made anew where there is none or another one's."""
        import zarr
        from zarr.errors import GroupNotFoundError, NodeTypeValidationError

        try:
            group = zarr.open_group(str(self.path), mode="r+", zarr_format=3, use_consolidated=False)
            if group.attrs.get("study") == self.study.digest and all(name in group for name in _grids(self.study)):
                return group
        except (GroupNotFoundError, NodeTypeValidationError, FileNotFoundError, ValueError, KeyError):
            pass
        self._make_room()
        group = zarr.open_group(str(self.path), mode="a", zarr_format=3)
        _write_skeleton(group, self.study)
        self._dirty = set(range(self._blocks.count))
        group.attrs.update({**provenance(self.study), "study": self.study.digest})
        zarr.consolidate_metadata(group.store)
        return group

    def _written(self) -> dict[str, Any]:
        """Arrays that are the store's, with their numbers of chunks."""
        marker = marker_of(self.path)
        return {} if marker is None else dict(marker.arrays)

    def _make_room(self) -> None:
        """Take away what an earlier study of this store wrote beside the journal, and mark what this one will."""
        before, grids = self._written(), _grids(self.study)
        check_free(self.path, [name for name in grids if name not in before])
        for name, chunks in before.items():
            remove_array(self.path, name, chunks)
        (self.path / METADATA).unlink(missing_ok=True)
        Marker(self.study.digest, self.study.definition, grids).write(self.path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # and not cut, whatever it is
        file = os.open(self.folder / "settling", flags, 0o644)
        try:
            lock(file)
            yield
        finally:
            os.close(file)


def open_sweep(path: str | Path) -> Dataset:
    """Dataset of a study, finished or not, as it stands.

    Points that have not come in are NaN with status "missing".

    Raises
    ------
    ArgumentError
        Nothing of the kind there.
    StorageError
        A chunk whose checksum does not hold; the study run again mends it.
    """
    import xarray as xr

    require((Path(path) / "zarr.json").exists(), "A sweep must be a Zarr store", str(path), "Run `qsb-hw sweep` first.")
    try:
        dataset: Dataset = xr.open_zarr(str(path)).load()
    except (ValueError, RuntimeError) as error:
        raise StorageError(
            f"Every chunk of {path} must have the checksum it was written with, but found: {error}. "
            "Run the same sweep again: it mends the chunk from the journal beside it."
        ) from error
    return dataset


def provenance(study: Study) -> dict[str, Any]:
    """What a Dataset must say about where it comes from; no dates, so that equal studies are equal bytes."""
    packages = ("qsb-hw", "numpy", "scipy", "qutip", "scqubits", "xarray", "zarr")
    return {
        "title": f"sweep of {study.subject.name}",
        "physics": physics_version(),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
        "solver": solver_in_words(),
        "settings": {key: str(value) for key, value in asdict(study.settings).items()},
        "spec": {path: str(value) for path, value in leaves(study.subject.table)},
        "spec_hash": study.subject.digest,
        "measures": [_array_name(m.name) for m in study.measures],
        "reasons": {},
        "warnings": [*study.warnings],
    }


def _version(name: str) -> str:
    from qsb_hw import __version__

    return __version__ if name == "qsb-hw" else version(name)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Chunks as runs of neighbouring points: the last axes whole, a piece of one, a single index of the rest."""

    chunks: tuple[int, ...]
    points: int
    per_line: int
    line: int
    total: int

    @classmethod
    def of(cls, study: Study) -> _Blocks:
        left, inner, chunks = CHUNK, 1, [1] * len(study.shape)
        per_line, line = 1, 1
        for k in reversed(range(len(study.shape))):
            size = study.shape[k]
            chunks[k] = min(size, max(left // inner, 1))
            per_line, line = -(-size // chunks[k]), inner * size
            inner *= chunks[k]
            if per_line > 1:
                break
        return cls(tuple(chunks), inner, per_line, line, study.size)

    @property
    def count(self) -> int:
        return self.total // self.line * self.per_line

    def span(self, block: int) -> range:
        row, piece = divmod(block, self.per_line)
        start = row * self.line + piece * self.points
        return range(start, min(start + self.points, (row + 1) * self.line))

    def holding(self, number: int) -> int:
        row, within = divmod(number, self.line)
        return row * self.per_line + within // self.points


def _grids(study: Study) -> dict[str, list[int]]:
    """Every array of a study, with its number of chunks along each dimension."""
    chunks = _Blocks.of(study).chunks
    grid = [-(-size // chunk) for size, chunk in zip(study.shape, chunks, strict=True)]
    coordinates = {p.name: [1] for axis in study.axes for p in axis.parameters}
    measures = {_array_name(m.name): grid if m.dim is None else [*grid, 1] for m in study.measures}
    return {"status": grid, "residual": grid, "reason": grid, **coordinates, **measures}


def _array_name(measure: str) -> str:
    return measure.replace("/", "∕")  # a slash would nest it


def _region(study: Study, numbers: range) -> tuple[slice, ...]:
    first = np.unravel_index(numbers[0], study.shape)
    last = np.unravel_index(numbers[-1], study.shape)
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))


def _code(reason: str) -> int:
    return zlib.crc32(reason.encode()) if reason else 0


def _write_skeleton(group: Any, study: Study) -> None:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    dims, chunks = [axis.name for axis in study.axes], _Blocks.of(study).chunks

    def add(name: str, shape: Any, chunks: Any, dims: Any, dtype: str, fill: Any, **attributes: Any) -> Any:
        return group.create_array(
            name, shape=shape, chunks=chunks, dtype=dtype, fill_value=fill, dimension_names=dims,
            compressors=[ZstdCodec(), Crc32cCodec()], attributes=attributes,
        )  # fmt: skip

    coordinates = []
    for axis in study.axes:
        for p in axis.parameters:
            array = add(p.name, (axis.size,), (axis.size,), [axis.name], "<f8", np.nan, units=p.unit, path=p.path)
            array[:] = p.numbers
            coordinates += [p.name]
    flags = {
        "flag_values": [int(s) for s in PointStatus],
        "flag_meanings": " ".join(s.name.lower() for s in PointStatus),
    }
    add("status", study.shape, chunks, dims, "|u1", 0, units="1", long_name="what became of the point", **flags)
    add("residual", study.shape, chunks, dims, "<f8", np.nan, units="1", long_name="largest ‖Lρ‖/(‖ρ‖·rate)")
    add("reason", study.shape, chunks, dims, "<i8", 0, units="1", long_name="why there is nothing: key of `reasons`")
    for measure, size in zip(study.measures, study.sizes, strict=True):
        more = [] if measure.dim is None else [size]
        inside = [] if measure.dim is None else [measure.dim]
        notes: dict[str, Any] = {"units": measure.unit, "long_name": measure.long_name}
        if measure.meanings:
            notes |= {"flag_values": list(range(len(measure.meanings))), "flag_meanings": " ".join(measure.meanings)}
        extra = [c for c in coordinates if c not in dims]
        add(
            _array_name(measure.name), (*study.shape, *more), (*chunks, *more), [*dims, *inside], "<f8", np.nan,
            **notes, **({"coordinates": " ".join(extra)} if extra else {}),
        )  # fmt: skip
