"""Results as they come: text files of checksummed records, one per line, appended and never changed.

Every writer has a file of its own, a segment: a kill, a full disk or a bad sector loses the lines it hit. (One flipped
bit in an index page of SQLite loses every point behind it.) A line is the CRC-32 of the record in hexadecimal, a space,
and the record as JSON: the keys of some points, and their status, residual, values and reasons.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import uuid
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from qsb_hw._typing import Booleans
from qsb_hw.errors import QsbError, StorageError
from qsb_hw.explore.sweep.locks import is_locked, lock
from qsb_hw.explore.sweep.plan import KEY_BYTES, Keys
from qsb_hw.explore.sweep.points import PointStatus, Rows, rows_of, without

SEGMENT = ".rows"
_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)


def encoded(keys: Keys, rows: Rows) -> bytes:
    """Line of some points."""
    fields = {"status": "status", "residual": "residual", "values": "values", "reasons": "reason"}
    record = {"keys": keys.tobytes().hex()} | {key: rows[name].tolist() for key, name in fields.items()}
    body = json.dumps(record).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decoded(line: bytes) -> tuple[Keys, Rows] | None:
    """Keys and rows of a line; None if its checksum does not hold."""
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    record = json.loads(body)
    values, reasons = np.array(record["values"], dtype=float), [*map(sys.intern, record["reasons"])]
    rows = rows_of(values, record["status"], record["residual"], reasons)
    return np.frombuffer(bytes.fromhex(record["keys"]), f"S{KEY_BYTES}"), rows


@contextmanager
def storing_at(folder: Path) -> Iterator[None]:
    """Raise `StorageError` for an error of the file system."""
    try:
        yield
    except OSError as error:
        if isinstance(error, QsbError):
            raise
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        hint = "Free some space" if full else "Correct the disk, the path or its permissions"
        raise StorageError(
            f"Results must find room at {folder}, but found: {error.strerror or error}. Every point stored so far is "
            f"safe. {hint} and run the same command again: it resumes from there."
        ) from error


@contextmanager
def segment_writer(folder: Path, plan: str) -> Iterator[Callable[[Keys, Rows], None]]:
    """Function that appends points to a new segment, each line whole or not at all; locked until the end."""
    path, size = folder / f"{plan}-{uuid.uuid4().hex[:12]}{SEGMENT}", 0

    def append(keys: Keys, rows: Rows) -> None:
        nonlocal size
        line = encoded(keys, rows)
        with storing_at(folder):
            try:
                left = memoryview(line)
                while left:
                    left = left[os.write(file, left) :]
            except OSError:
                os.ftruncate(file, size)
                raise
        size += len(line)

    with storing_at(folder):
        file = os.open(path, _CREATE, 0o644)
    lock(file)
    try:
        yield append
    finally:
        try:
            with storing_at(folder):
                os.fsync(file)
        finally:
            os.close(file)
            if not size:
                path.unlink(missing_ok=True)


def active_plans(folder: Path) -> list[str]:
    """Digests of the plans that other processes are writing at this moment, one entry per writer."""
    found = []
    for path in _segments(folder):
        try:
            with path.open("rb") as file:
                if is_locked(file.fileno()):
                    found.append(path.name.partition("-")[0])
        except OSError:
            continue
    return found


def _segments(folder: Path) -> list[Path]:
    """Regular files with the name of a segment; no links, pipes or folders."""
    return sorted(path for path in folder.glob(f"*{SEGMENT}") if path.is_file() and not path.is_symlink())


class Journal:
    """What the segments of a folder say about the points of a plan: their `keys` in order, `width` numbers each."""

    def __init__(self, folder: Path, keys: Keys, width: int) -> None:
        self.folder, self.damaged = folder, 0
        self._keys, self._place = np.unique(keys, return_inverse=True)
        self._rows = without(PointStatus.MISSING, "", len(self._keys), width)
        self._read_to: dict[Path, int] = {}
        self.refresh()

    @property
    def rows(self) -> Rows:
        """Row of every point, in order; status `MISSING` for those that are not there."""
        return np.asarray(self._rows[self._place])

    @property
    def incomplete(self) -> int:
        """Segments whose last line is not complete: cut off, or being written."""
        return sum(path.stat().st_size > end for path, end in self._read_to.items() if path.exists())

    def refresh(self) -> None:
        """Read what any process has appended since the last call."""
        for path in _segments(self.folder):
            with path.open("rb") as file:
                file.seek(self._read_to.setdefault(path, 0))
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._read_to[path] += len(line)
                    if (found := decoded(line)) is None:
                        self.damaged += 1
                    else:
                        self._take(*found)

    def holds(self, numbers: range, but: Collection[PointStatus] = ()) -> Booleans:
        """Which points are there with a status that is not one of `but`, (n,)."""
        status = self._rows["status"][self._place[numbers.start : numbers.stop]]
        return np.isin(status, [PointStatus.MISSING, *but], invert=True)

    def _take(self, keys: Keys, rows: Rows) -> None:
        """Keep rows of points of the plan; a converged row is not replaced."""
        if rows.dtype == self._rows.dtype:
            at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            wanted = (self._keys[at] == keys) & (self._rows["status"][at] != PointStatus.CONVERGED)
            self._rows[at[wanted]] = rows[wanted]
