"""Compiled functions: cached wherever a cache can be written, and run in pieces between which an interrupt is seen.

Threads are Python's: what numba makes of ``parallel=True`` takes longer to compile than the loops do.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from qsb_hw.lindblad.capacity import cores, on_every_core, require_count

PIECE_SECONDS = 0.1
"""Time a compiled function may take before it returns to Python, where an interrupt is seen."""
FIRST_PIECE = 64
"""Steps of the first piece, before the time of one is known."""
PARTS_PER_CORE = 4
"""Parts of a piece that are shared out among threads, so that a part that takes longer keeps no other core waiting."""

MOST_COUNTED = 2.0**62
"""Steps that a compiled counter holds."""

Decorator = Callable[[Callable[..., Any]], Any]


def compiled(**options: Any) -> Decorator:
    """Decorator that compiles a function with numba, like ``numba.njit(**options)``.

    The compiled code is cached beside the source, in the user's cache or in ``NUMBA_CACHE_DIR``, as numba does; where
    none of these can be written, in a private folder of the temporary one; else every process compiles it.
    """
    import numba

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            return _lenient(numba.njit(cache=True, **options)(function))
        except RuntimeError:  # no place where numba would write
            pass
        with suppress(RuntimeError, OSError), _cached_in(_temporary_cache()):
            return _lenient(numba.njit(cache=True, **options)(function))
        return numba.njit(**options)(function)

    return decorate


def jitable(function: Callable[..., Any]) -> Any:
    """Decorator of a function that runs as plain Python, and is compiled where a compiled function calls it."""
    from numba.extending import register_jitable

    return register_jitable(function)


def in_pieces(total: int, work: Callable[[int, int], None], first: int = FIRST_PIECE) -> None:
    """Call ``work(start, stop)`` for one piece of 0 … `total` after the other, each about `PIECE_SECONDS` long.

    Python looks for an interrupt between two pieces. The result must not depend on where they are cut.
    """
    done, piece = 0, first
    while done < total:
        stop, began = min(done + piece, total), time.perf_counter()
        work(done, stop)
        took = time.perf_counter() - began
        grown = piece * PIECE_SECONDS / max(took, 1e-9)
        piece = max(1, min(int(grown), 4 * piece))
        done = stop


def side_by_side(start: int, stop: int, work: Callable[[int, int], None]) -> None:
    """Call ``work(first, last)`` for parts of `start` … `stop` on all cores at once: compiled with ``nogil=True``."""
    count = stop - start
    parts = min(count, PARTS_PER_CORE * cores())
    bounds = [start + count * k // parts for k in range(parts + 1)] if count else []
    for _ in on_every_core(lambda part: work(*part), list(pairwise(bounds))):
        pass


def require_steps(steps: float, most: float, what: str) -> None:
    """Raise `CapacityError` if more steps than `most` would be needed, or more than can be counted."""
    require_count(steps, min(most, MOST_COUNTED), "most_steps", f"Steps of {what}", "Shorten the run")


@contextmanager
def _cached_in(folder: str) -> Iterator[None]:
    """Numba's cache in another folder, for what is decorated inside."""
    from numba.core import config

    before = config.CACHE_DIR
    config.CACHE_DIR = folder
    try:
        yield
    finally:
        config.CACHE_DIR = before


def _temporary_cache() -> str:
    """A folder that only this user may write to, because what is in a cache is executed; OSError if there is none."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"qsb-hw-compiled-{user}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    private = user == "user" or (found.st_uid == user and not stat.S_IMODE(found.st_mode) & 0o022)
    if not stat.S_ISDIR(found.st_mode) or not private:
        raise PermissionError(f"{folder} belongs to another user")
    return str(folder)


def _lenient(dispatcher: Any) -> Any:
    """The same, with a cache that may fail: that costs the next process its time and nothing else."""
    cache = dispatcher._cache
    save, load = cache.save_overload, cache.load_overload

    def try_to_save(signature: Any, data: Any) -> None:
        with suppress(Exception):  # a full disk, or an index that cannot be read
            save(signature, data)

    def try_to_load(signature: Any, context: Any) -> Any:
        try:
            return load(signature, context)
        except Exception:  # a damaged file raises whatever unpickling may raise; it is rewritten
            with suppress(Exception):
                cache.flush()
            return None

    cache.save_overload, cache.load_overload = try_to_save, try_to_load
    return dispatcher
