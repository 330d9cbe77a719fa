"""Results as they come: segments of checksummed frames, appended and never changed.

Every writer has a segment of its own, so that a torn end harms nobody else; a reader takes every frame whose checksum
holds, in whatever segment, and finds the next one by its mark where one does not. What a kill, a full disk or a bad
sector can take away is the frame it hit.

A frame is a mark, the length of its body, the CRC-32 of length and body, and the body: number of points n and width w
(4 bytes each), n keys of 16 bytes, n × (status, residual, w values) and the reasons as JSON, all little-endian.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import struct
import uuid
import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Integers
from qsb_hw.errors import StorageError
from qsb_hw.explore.sweep.locks import is_locked, lock
from qsb_hw.explore.sweep.study import KEY_BYTES, Bytes, PointStatus, Rows

MARK = b"\x93qsbrow\n"
_HEAD = struct.Struct("<8sII")
_SIZE = struct.Struct("<II")
SEGMENT = ".rows"


def packed(keys: Bytes, rows: Rows) -> bytes:
    """A frame."""
    count, width = rows.values.shape
    numbers = np.column_stack([rows.status.astype(float), rows.residual, rows.values]).astype("<f8")
    body = b"".join(
        (_SIZE.pack(count, width), keys.tobytes(), numbers.tobytes(), json.dumps(rows.reasons).encode("utf-8"))
    )
    return _HEAD.pack(MARK, len(body), _checksum(body)) + body


def unpacked(body: bytes) -> tuple[Bytes, Rows]:
    """Keys and rows of a frame's body."""
    count, width = _SIZE.unpack_from(body)
    start = _SIZE.size + KEY_BYTES * count
    end = start + 8 * count * (width + 2)
    keys = np.frombuffer(body, np.uint8, KEY_BYTES * count, _SIZE.size).reshape(count, KEY_BYTES)
    numbers = np.frombuffer(body, "<f8", count * (width + 2), start).reshape(count, width + 2)
    reasons = tuple(json.loads(body[end:].decode("utf-8")))
    return keys, Rows(numbers[:, 2:], numbers[:, 0].astype(np.uint8), numbers[:, 1], reasons)


def _checksum(body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(len(body).to_bytes(4, "little")))


def frames(data: bytes | mmap.mmap, start: int = 0) -> Iterator[tuple[int, bytes | None]]:
    """(end, body) of every frame from `start` on; body None for a stretch that is damaged, end where it stops."""
    at = start
    while (found := data.find(MARK, at)) >= 0:
        if found > at:
            yield found, None
        at = found
        body = _body(data, at)
        if body is None:
            following = data.find(MARK, at + 1)
            if following < 0:
                return  # a torn end, or one that is still being written
            at = following
            yield at, None
        else:
            at += _HEAD.size + len(body)
            yield at, body


def _body(data: bytes | mmap.mmap, at: int) -> bytes | None:
    if at + _HEAD.size > len(data):
        return None
    _, length, checksum = _HEAD.unpack_from(data, at)
    body = data[at + _HEAD.size : at + _HEAD.size + length]
    return body if len(body) == length and _checksum(body) == checksum else None


class Writer:
    """A segment that only this process appends to, locked as long as it lives."""

    def __init__(self, folder: Path, study: str) -> None:
        """Open a new segment for a study."""
        self.path = folder / f"{study}-{uuid.uuid4().hex[:12]}{SEGMENT}"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
        try:
            self._file = os.open(self.path, flags, 0o644)
        except OSError as error:
            raise no_room(error, self.path) from error
        lock(self._file)
        self._size = 0

    def append(self, keys: Bytes, rows: Rows) -> None:
        """Append a frame, whole or not at all.

        Raises
        ------
        StorageError
            No room, or a disk that fails; what was there before is untouched.
        """
        data = memoryview(packed(keys, rows))
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise no_room(error, self.path) from error
        self._size += len(data)

    def close(self) -> None:
        """Bring everything to the disk and release the segment; an empty one is removed."""
        if self._file < 0:
            return
        try:
            if self._size:
                os.fsync(self._file)
        except OSError as error:
            raise no_room(error, self.path) from error
        finally:
            os.close(self._file)
            self._file = -1
        if not self._size:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def no_room(error: OSError, path: Path) -> StorageError:
    """What to say when the disk refuses."""
    reason = error.strerror or str(error)
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    mend = "Free some space" if full else "Mend the disk or its permissions"
    return StorageError(
        f"Results must find room at {path.parent}, but found: {reason}. Every point stored so far is safe. "
        f"{mend} and run the same command again: it goes on from there."
    )


def writers(folder: Path) -> list[str]:
    """Studies that other processes are writing at this moment, one entry per writer."""
    alive = []
    for path in _segments(folder):
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            if is_locked(file):
                alive.append(path.name.partition("-")[0])
        finally:
            os.close(file)
    return alive


def _segments(folder: Path) -> list[Path]:
    """Files of a journal, and no links, pipes or folders that are called so."""
    return sorted(path for path in folder.glob(f"*{SEGMENT}") if path.is_file() and not path.is_symlink())


_ENTRY = np.dtype(
    [("high", "<u8"), ("low", "<u8"), ("offset", "<i8"), ("segment", "<i4"), ("row", "<i2"), ("status", "<i2")]
)


class Journal:
    """Every frame of a folder, found by the key of a point; 32 bytes of memory for each point."""

    def __init__(self, folder: Path) -> None:
        """Read what there is."""
        self.folder = folder
        self.damaged = 0
        self._segments: list[Path] = []
        self._read_to: list[int] = []
        self._entries = np.empty(0, dtype=_ENTRY)
        self.refresh()

    def __len__(self) -> int:
        return int(self._entries.size)

    @property
    def torn(self) -> int:
        """Segments that end in the middle of a frame."""
        sizes = (path.stat().st_size for path in self._segments)
        return sum(size > end for size, end in zip(sizes, self._read_to, strict=True))

    def refresh(self) -> None:
        """Read what was appended since, by whomever."""
        for path in _segments(self.folder):
            if path not in self._segments:
                self._segments.append(path)
                self._read_to.append(0)
        found = [entries for number in range(len(self._segments)) for entries in self._appended(number)]
        if found:
            self._entries = _distinct(np.concatenate([self._entries, *found]))

    def holds(self, keys: Bytes, but: Collection[PointStatus] = ()) -> NDArray[np.bool_]:
        """Which of these points are there, with another status than those of `but`, (n,)."""
        found = self._find(keys)
        held = found >= 0
        if but:
            held[held] = ~np.isin(self._entries["status"][found[held]], [int(status) for status in but])
        return held

    def read(self, keys: Bytes, width: int) -> Rows:
        """Rows of these points; status 0 and NaN for those that are not there, or not readable any more."""
        rows = Rows.without(PointStatus.MISSING, "", len(keys), width)
        reasons = [""] * len(keys)
        found = self._find(keys)
        wanted = np.flatnonzero(found >= 0)
        entries = self._entries[found[wanted]]
        for frame in np.unique(entries[["segment", "offset"]]):
            chosen = (entries["segment"] == frame["segment"]) & (entries["offset"] == frame["offset"])
            there = self._frame(int(frame["segment"]), int(frame["offset"]))
            if there is None:
                continue
            to, at = wanted[chosen], entries["row"][chosen]
            rows.values[to], rows.status[to], rows.residual[to] = there.values[at], there.status[at], there.residual[at]
            for place, row in zip(to, at, strict=True):
                reasons[int(place)] = there.reasons[int(row)]
        return replace(rows, reasons=tuple(reasons))

    def _appended(self, number: int) -> Iterator[NDArray[np.void]]:
        path, start = self._segments[number], self._read_to[number]
        if not path.exists() or path.stat().st_size <= start:
            return
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for end, body in frames(data, start):
                self._read_to[number] = end
                if body is None:
                    self.damaged += 1
                    continue
                keys, rows = unpacked(body)
                entries = np.empty(len(keys), dtype=_ENTRY)
                entries["high"], entries["low"] = _halves(keys)
                entries["offset"], entries["segment"], entries["row"] = end - len(body), number, np.arange(len(keys))
                entries["status"] = rows.status
                yield entries

    def _find(self, keys: Bytes) -> Integers:
        """Number of the entry of every key, −1 where there is none, (n,)."""
        high, low = _halves(keys)
        if not len(self):
            return np.full(len(keys), -1)
        at = np.minimum(np.searchsorted(self._entries["high"], high), len(self) - 1)
        there = (self._entries["high"][at] == high) & (self._entries["low"][at] == low)
        return np.where(there, at, -1)

    def _frame(self, segment: int, offset: int) -> Rows | None:
        with self._segments[segment].open("rb") as file:
            file.seek(offset - _HEAD.size)
            head = file.read(_HEAD.size)
            _, length, checksum = _HEAD.unpack(head)
            body = file.read(length)
        return unpacked(body)[1] if len(body) == length and _checksum(body) == checksum else None


def _distinct(entries: NDArray[np.void]) -> NDArray[np.void]:
    """Entries by key, each point once: a converged one where there is one."""
    worse = entries["status"] != PointStatus.CONVERGED
    ordered = entries[np.lexsort((worse, entries["low"], entries["high"]))]
    keys = ordered[["high", "low"]]
    return np.asarray(ordered[np.append(True, keys[1:] != keys[:-1])])


def _halves(keys: Bytes) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    whole = np.ascontiguousarray(keys).view("<u8").reshape(-1, 2)
    return whole[:, 0], whole[:, 1]
