"""Locks on open files, on every operating system."""

from __future__ import annotations

import os
from contextlib import suppress

_FAR = 2**31 - 2
"""Byte that is locked on Windows, where a lock keeps others from reading: far behind what is written."""


def lock(file: int) -> None:
    """Wait until no other process holds an open file, and hold it until it is closed.

    A file system without locks holds nothing, and other processes do not know of it.
    """
    try:
        import fcntl
    except ImportError:
        while not _lock_byte(file, wait=True):
            pass
        return
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX)


def is_locked(file: int) -> bool:
    """Whether another process holds an open file."""
    try:
        import fcntl
    except ImportError:
        return not _lock_byte(file, wait=False)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock_byte(file: int, wait: bool) -> bool:
    """Whether Windows gave the lock; without `wait` it is only tried and released."""
    import msvcrt

    for how in ("LK_LOCK",) if wait else ("LK_NBLCK", "LK_UNLCK"):
        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, getattr(msvcrt, how), 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError:
            return False
    return True
