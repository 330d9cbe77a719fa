"""A sweep is run: points that are not in the store are handed to workers, and their results stored as they arrive."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qsb_hw._typing import Progress
from qsb_hw.analysis.conditions import Requested
from qsb_hw.devices.pumps import RETUNED
from qsb_hw.errors import ResolutionWarning
from qsb_hw.explore.sweep.axes import Vary
from qsb_hw.explore.sweep.journal import segment_writer
from qsb_hw.explore.sweep.plan import MOST_POINTS, SweepPlan, plan_of
from qsb_hw.explore.sweep.points import PointStatus, Rows, evaluate, without
from qsb_hw.explore.sweep.pool import Pool, pool_of
from qsb_hw.explore.sweep.progress import Pace
from qsb_hw.explore.sweep.store import Store, open_sweep

if TYPE_CHECKING:
    from xarray import Dataset


REPEATABLE = (PointStatus.FAILED, PointStatus.CRASHED)
"""Failures that may be due to the machine and not to the point."""
ATTEMPTS = 2
"""How often a unit may crash its worker before its points are stored as crashed."""
IN_FLIGHT = 2
"""Units handed out per worker."""
REFRESH_EVERY = 2.0
"""Shortest time in seconds between two reads of what other processes have stored."""
SETTLE_EVERY = 2.0
"""Shortest time in seconds between two updates of the arrays."""
SHARE = 0.05
"""Largest share of the time that either takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a run did: points in all, found in the store, computed now, and of these without a converged result.

    `damaged` lines of the journal do not have their checksum; their points were computed again.
    """

    points: int
    reused: int
    computed: int
    failed: int
    damaged: int
    seconds: float


def sweep(
    spec: Any,
    vary: Vary,
    measure: Sequence[str] | str,
    *,
    out: str | Path | None = None,
    settings: Mapping[str, Any] | Requested | None = None,
    executor: str = "local",
    workers: int | None = 1,
    scheduler: str | None = None,
    retry: bool = False,
    pumps: str = RETUNED,
    most_points: float = MOST_POINTS,
    progress: Progress | None = None,
) -> Dataset:
    """Measures of a device, a chip or a model over a grid of its numbers.

    Parameters
    ----------
    spec : path, table, spec, device or chip
        A device or chip file (or its shipped name), or the table of a model, ``{"model": "lorentzian_pair", …}``.
    vary : mapping or sequence
        Axes, the last one fastest, as `qsb_hw.explore.sweep.axes` describes them.
    measure : sequence of str or str
        Names of `qsb_hw.explore.sweep.measures.MEASURES`, ``value:K/κ``, ``margin:K/κ``, ``derived:…``; of a chip those
        of `qsb_hw.explore.sweep.chip_measures`, ``P[A]``, ``S[A-B]``, ``S`` of all pairs, ``verdict``.
    out : path, optional
        Zarr store to write, and to resume from if it exists; in memory unless given.
    settings : mapping, optional
        Of `Requested`: levels, pair_levels, bath_levels, coupling and detuning (rad/s), complete; of a chip also
        network_levels, and no coupling or detuning.
    executor, workers, scheduler, retry
        As for `qsb_hw.explore.sweep.pool.pool_of`; `retry` computes failed and crashed points again.
    pumps : str
        "retuned": tones that the file leaves open follow what is varied, and g stays at the file's g/κ. "left":
        frequency and power of every pump stay at their values at the file's working point.
    most_points, progress
        Largest number of points; function that is called with (stage and time left, points done, points).

    Returns
    -------
    Dataset
        A variable per measure over the axes, with `status`, `residual` and `reason` of every point.

    Raises
    ------
    SpecError, ArgumentError
        If the device file, an axis, a measure, a setting, the place or the executor is not valid.
    CapacityError
        If there are more than `most_points` points, or they do not fit in memory.
    StorageError
        If a disk is full or fails; the same call resumes from what is stored.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> pair = {"model": "lorentzian_pair", "kerr": 10, "sigma": 0.2, "fock_state": 1, "coupling": 0.3}
    >>> qh.sweep(pair, {"detuning": "-20, 0, 20"}, "S").S.values.round(3)
    array([0.33 , 0.071, 0.33 ])
    """
    plan = plan_of(spec, vary, measure, settings, most_points, pumps)
    with pool_of(executor, workers, scheduler) as pool:
        dataset = in_store(plan, None if out is None else Path(out), pool, progress, retry)
    for text in plan.warnings:
        warnings.warn(text, ResolutionWarning, stacklevel=2)
    return dataset


def in_store(
    plan: SweepPlan, path: Path | None, pool: Pool, progress: Progress | None = None, retry: bool = False
) -> Dataset:
    """Dataset of a plan that is run in a store, a temporary one unless given."""
    with tempfile.TemporaryDirectory() as scratch:
        place = path or Path(scratch) / "sweep.zarr"
        run(plan, place, pool, progress, retry, seen=path is not None)
        return open_sweep(place)


def run(
    plan: SweepPlan,
    path: Path,
    pool: Pool,
    progress: Progress | None = None,
    retry: bool = False,
    *,
    seen: bool = True,
) -> RunSummary:
    """Run a plan in a store to its end; with `retry` failed and crashed points are computed again.

    Where others may have `seen` the store there are arrays from the beginning on.

    Several processes may run the same plan in the same place: each writes its results into a segment of its own and
    skips points that others have stored; one that finds another process writing starts from the other end.
    """
    began, store = time.monotonic(), Store(path, plan)
    damaged = store.journal.damaged + (0 if store.others else store.journal.incomplete)
    todo, pace, failed = _Todo(plan, store, REPEATABLE if retry else ()), Pace(0, plan.size), 0
    settle = _throttled(store.settle, SETTLE_EVERY)
    if todo.left:
        pool.start()  # the workers load what they need while the store is made
    if seen:
        store.settle(values=False)
    with segment_writer(store.folder, plan.digest) as append:
        try:
            for numbers, rows in _results(plan, pool, todo):
                append(plan.keys[[*numbers]], rows)
                failed += int((rows["status"] != PointStatus.CONVERGED).sum())
                pace = replace(pace, done=todo.reused + pace.fresh).after(len(numbers), time.monotonic() - began)
                if progress is not None:
                    progress(f"sweep, {pace.text}", pace.done, plan.size)
                if seen:
                    settle()
        finally:
            store.settle()
    return RunSummary(
        points=plan.size,
        reused=todo.reused,
        computed=pace.fresh,
        failed=failed,
        damaged=damaged,
        seconds=time.monotonic() - began,
    )


def _throttled(action: Callable[[], None], every: float) -> Callable[[], None]:
    """`action`, skipped unless `every` seconds have passed and it takes at most `SHARE` of the time."""
    last, cost = time.monotonic(), 0.0

    def due() -> None:
        nonlocal last, cost
        start = time.monotonic()
        if start - last > max(every, cost / SHARE):
            action()
            last = time.monotonic()
            cost = last - start

    return due


class _Todo(Iterator[tuple[int, ...]]):
    """Points of one unit after the other that are not in the store, looked up when their turn comes."""

    def __init__(self, plan: SweepPlan, store: Store, repeated: Sequence[PointStatus]) -> None:
        self._plan, self._journal, self._repeated, self.reused = plan, store.journal, repeated, 0
        self._units = iter(range(plan.units)[::-1] if store.others else range(plan.units))
        self._refresh = _throttled(store.journal.refresh, REFRESH_EVERY)

    @property
    def left(self) -> bool:
        """Whether any point is not in the store."""
        return not self._journal.holds(range(self._plan.size), self._repeated).all()

    def __next__(self) -> tuple[int, ...]:
        for unit in self._units:
            self._refresh()
            span = self._plan.span(unit)
            held = self._journal.holds(span, self._repeated)
            self.reused += int(held.sum())
            if not held.all():
                return tuple(number for number, there in zip(span, held, strict=True) if not there)
        raise StopIteration


def _results(plan: SweepPlan, pool: Pool, todo: Iterator[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], Rows]]:
    """Points and their rows, as they arrive."""
    flying: dict[Future[Rows], tuple[int, ...]] = {}
    while True:
        while len(flying) < IN_FLIGHT * pool.size and (numbers := next(todo, None)) is not None:
            flying[_submit(plan, pool, numbers)] = numbers
        if not flying:
            return
        done, _ = wait(flying, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenExecutor) for future in done):
            pool.raise_if_start_failed()
            pool.restart()
            suspects, flying = list(flying.values()), {}
            yield from ((numbers, _alone(plan, pool, numbers)) for numbers in suspects)
            continue
        for future in done:
            numbers = flying.pop(future)
            yield numbers, _rows(plan, numbers, future)


def _submit(plan: SweepPlan, pool: Pool, numbers: tuple[int, ...]) -> Future[Rows]:
    try:
        return pool.executor.submit(evaluate, *plan.work(numbers))
    except BrokenExecutor as error:
        future: Future[Rows] = Future()
        future.set_exception(error)
        return future


def _alone(plan: SweepPlan, pool: Pool, numbers: tuple[int, ...]) -> Rows:
    """Rows of a unit that was in flight when a worker died, run singly to find the one that crashes."""
    for _ in range(ATTEMPTS):
        future = _submit(plan, pool, numbers)
        if not isinstance(future.exception(), BrokenExecutor):
            break
        pool.restart()
    return _rows(plan, numbers, future)


def _rows(plan: SweepPlan, numbers: tuple[int, ...], future: Future[Rows]) -> Rows:
    """Rows of a unit that is done, or why there are none."""
    error = future.exception()
    if error is None:
        return future.result()
    status, reason = PointStatus.FAILED, f"{type(error).__name__}: {error}"
    if isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":
        status = PointStatus.CRASHED
        reason = f"the worker died ({type(error).__name__}), as it does where memory runs out"
    return without(status, reason, len(numbers), plan.width)
