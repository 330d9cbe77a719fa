"""Memory and threads, asked for before they are needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar

from qsb_hw.errors import CapacityError

Item = TypeVar("Item")
Result = TypeVar("Result")

NOT_ASKED = 2**21
"""Bytes for which nobody asks the operating system, which takes a noticeable part of a small model's time."""

_ALONE: ContextVar[bool] = ContextVar("one core", default=False)


def available_memory() -> int:
    """Bytes of memory free on this machine, from the operating system; 8 GiB where it does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            fields = dict(line.split(":", 1) for line in lines)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE")) // 2
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


def require_memory(needed: float, what: str, hint: str) -> None:
    """Raise `CapacityError` if `needed` bytes are not free."""
    if needed <= NOT_ASKED:
        return
    free = available_memory()
    if needed > free:
        raise CapacityError(
            f"{what} must fit in memory, but would need {needed / 2**30:.3g} GiB "
            f"and {free / 2**30:.3g} GiB are free. {hint}"
        )


def require_count(count: float, most: float, name: str, what: str, hint: str, seconds: float = 0.0) -> None:
    """Raise `CapacityError` if there is more to do than `most`, the argument called `name`.

    With the `seconds` each takes at least on one core, the time it would need is told.
    """
    if not count <= most:
        shown = float(min(count, 1e300))
        time = f", {shown * seconds / 3600:.3g} hours or more on one core" if seconds else ""
        raise CapacityError(
            f"{what} must be at most `{name}` = {most:.3g}, but would be {shown:.3g}{time}. {hint}, or raise `{name}`."
        )


def require_seconds(needed: float, most: float, what: str, hint: str) -> None:
    """Raise `CapacityError` if work that is estimated at `needed` seconds of one core may take `most_seconds`."""
    if not needed <= most:
        raise CapacityError(
            f"{what} must take at most `most_seconds` = {most:.3g}, but are estimated at {min(needed, 1e300):.3g} s on "
            f"one core. {hint}, or raise `most_seconds`."
        )


def threads_for(largest_block: int) -> Any:
    """One BLAS thread where blocks are small: waking the others costs more than the work."""
    return _controller().limit(limits=1 if largest_block < 300 or _ALONE.get() else None)


def on_every_core(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """`function` of every item, in order, on as many threads as there are cores, each with one BLAS thread."""
    if _ALONE.get():
        yield from map(function, items)
        return
    threads = min(len(items), cores())
    if threads <= 1:  # starting a thread takes longer than solving a small model
        with on_one_core():
            found = [function(item) for item in items]
        yield from found
        return

    def alone(item: Item) -> Result:
        """On this thread only, also what would use every core."""
        _ALONE.set(True)
        return function(item)

    with threads_for(1), ThreadPoolExecutor(threads) as pool:
        yield from pool.map(alone, items)


def cores() -> int:
    """Cores this process may use, one inside `on_one_core`."""
    if _ALONE.get():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@contextmanager
def on_one_core() -> Iterator[None]:
    """One thread for everything inside: what one worker among several may take."""
    token = _ALONE.set(True)
    try:
        with _controller().limit(limits=1):
            yield
    finally:
        _ALONE.reset(token)


def _controller() -> Any:
    """The BLAS and OpenMP libraries of this process."""
    return _controller_of(len(sys.modules))


@lru_cache(maxsize=1)
def _controller_of(_modules: int) -> Any:
    """Looked up anew where modules came since, as a compiled kernel with its OpenMP: that takes a millisecond."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
