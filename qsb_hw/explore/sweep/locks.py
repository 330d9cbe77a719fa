"""Locks on open files, on every operating system."""

from __future__ import annotations

import os
from contextlib import suppress

_FAR = 2**31 - 2
"""Byte that is locked where locks are of bytes and keep others from reading them: far behind what is written."""


def lock(file: int) -> None:
    """Wait until nobody else holds an open file, and hold it until it is closed.

    On a file system without locks it is held by nobody, and others do not know of it.
    """
    try:
        import fcntl
    except ImportError:
        _lock_byte(file)
        return
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX)


def is_locked(file: int) -> bool:
    """Whether another process holds a file."""
    try:
        import fcntl
    except ImportError:
        return _is_byte_locked(file)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock_byte(file: int) -> None:
    import msvcrt

    os.lseek(file, _FAR, os.SEEK_SET)
    while True:
        with suppress(OSError):
            msvcrt.locking(file, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined, unused-ignore]
            return


def _is_byte_locked(file: int) -> bool:
    import msvcrt

    os.lseek(file, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return True
    os.lseek(file, _FAR, os.SEEK_SET)
    msvcrt.locking(file, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    return False
