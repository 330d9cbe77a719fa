"""A study is run: what is not in the store is handed to workers, and what they bring is stored as it comes."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qsb_hw._typing import Progress
from qsb_hw.analysis.conditions import Requested
from qsb_hw.errors import ResolutionWarning
from qsb_hw.explore.sweep.axes import Vary
from qsb_hw.explore.sweep.pool import Pool, pool_of
from qsb_hw.explore.sweep.progress import Pace
from qsb_hw.explore.sweep.store import Store, open_sweep
from qsb_hw.explore.sweep.study import MOST_POINTS, PointStatus, Rows, Study, Work, evaluate, study_of

if TYPE_CHECKING:
    from xarray import Dataset


ANOTHER_TIME = (PointStatus.FAILED, PointStatus.CRASHED)
"""What may be the machine's fault and no property of the point."""
ATTEMPTS = 2
"""Times a unit may take its worker down before its points are put down as crashed."""
IN_FLIGHT = 2
"""Units handed out per worker."""
REFRESH_EVERY = 2.0
"""Seconds between two looks at what other processes have stored, at least."""
SETTLE_EVERY = 2.0
"""Seconds between two updates of the arrays, at least; they take a twentieth of the time at most."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did.

    Attributes
    ----------
    points, reused, computed, failed : int
        Points of the study; found in the store; worked out now; of these without a converged result.
    damaged : int
        Stretches and ends of the journal whose checksum does not hold; their points were worked out again.
    seconds : float
        Of the whole run.
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
    most_points: float = MOST_POINTS,
    progress: Progress | None = None,
) -> Dataset:
    """Measures of a device or a model over a grid of its numbers.

    Parameters
    ----------
    spec : path, table, spec or device
        A device file (or its shipped name), or a table of a model, ``{"model": "lorentzian_pair", …}``.
    vary : mapping or sequence
        Axes, the last one fastest: ``{"$.damping.linewidth": "10..30 MHz:11", "detuning": "-300..300 MHz:101"}``.
        ``"A,B"`` share their values; ``"A=…; B=…"`` in a sequence go through theirs together. ``{"detuning":
        "-300..300 MHz:adaptive"}`` puts the points where the lines of S(Δ) are.
    measure : sequence of str or str
        Names of `qsb_hw.explore.sweep.measures.MEASURES`, ``value:K/κ``, ``margin:K/κ``, ``fact:…``.
    out : path, optional
        Zarr store to write, and to go on from if it is there. In memory unless given.
    settings : mapping, optional
        Of `Requested`: levels, pair_levels, coupling and detuning (rad/s), complete.
    executor, workers, scheduler
        As for `qsb_hw.explore.sweep.pool.pool_of`; this process alone unless given. Workers are started afresh, so a
        script that asks for several must do its work under ``if __name__ == "__main__":``.
    retry : bool
        Work out again what failed or crashed before; every other point is worked out once.
    most_points : float
        Points that are begun at most.
    progress : callable, optional
        Called with (stage with an estimate, points done, points).

    Returns
    -------
    Dataset
        A variable per measure over the axes, with `status`, `residual` and `reason` of every point, units and
        provenance. A point that fails is NaN and says why. Its attribute `warnings` says what else to know, like a
        step of the detuning that is wider than the lines; it is warned of as well (`ResolutionWarning`).

    Raises
    ------
    SpecError, ArgumentError
        A file, an axis, a measure or a place that is none.
    CapacityError
        If there are more than `most_points` points, or they do not fit in memory.
    StorageError
        A disk that is full or fails; what is stored is safe, and the same call goes on from there.
    """
    study = study_of(spec, vary, measure, settings, most_points)
    with pool_of(executor, workers, scheduler) as pool:
        dataset = in_store(study, None if out is None else Path(out), pool, progress, retry)
    for text in study.warnings:
        warnings.warn(text, ResolutionWarning, stacklevel=2)
    return dataset


def in_store(
    study: Study, path: Path | None, pool: Pool, progress: Progress | None = None, retry: bool = False
) -> Dataset:
    """Dataset of a study that is run in a store, or in a scratch one where there is none."""
    with tempfile.TemporaryDirectory() as scratch:
        place = path or Path(scratch) / "sweep.zarr"
        run(study, place, pool, progress, retry)
        return open_sweep(place)


def run(study: Study, path: Path, pool: Pool, progress: Progress | None = None, retry: bool = False) -> RunSummary:
    """Bring a study to its end in a store; with `retry` also what failed or crashed before.

    Several processes may run the same study in the same place: each writes what it finds into a segment of its own
    and skips what it sees of the others', and a later one starts from the other end.

    Raises
    ------
    StorageError
        As `sweep`.
    """
    began, store = time.monotonic(), Store(path, study)
    damaged = store.journal.damaged + (0 if store.others else store.journal.torn)
    todo, pace, failed = _Todo(study, store, retry), Pace(0, study.size), 0
    clock = _Clock(SETTLE_EVERY)
    first = next(todo, None)
    if first is not None:
        pool.start()  # the workers load what they need while the store is made
    store.settle(values=False)
    with store.writer() as writer:
        try:
            for numbers, rows in _results(study, pool, chain([] if first is None else [first], todo)):
                writer.append(study.keys(numbers), rows)
                store.touch(numbers)
                failed += int((rows.status != PointStatus.CONVERGED).sum())
                pace = replace(pace, done=todo.reused + pace.fresh).after(len(numbers), time.monotonic() - began)
                if progress is not None:
                    progress(f"sweep, {pace.text}", pace.done, study.size)
                clock.whenever_due(store.settle)
        finally:
            store.settle()
    return RunSummary(study.size, todo.reused, pace.fresh, failed, damaged, time.monotonic() - began)


class _Clock:
    """Lets something be done now and then, so that it takes a twentieth of the time at most."""

    def __init__(self, every: float) -> None:
        self._every, self._last, self._cost = every, time.monotonic(), 0.0

    def whenever_due(self, action: Callable[[], None]) -> None:
        start = time.monotonic()
        if start - self._last > max(self._every, 20 * self._cost):
            action()
            self._last, self._cost = time.monotonic(), time.monotonic() - start


class _Todo(Iterator[tuple[int, ...]]):
    """Points of one unit after the other that are not in the store, looked up when their turn comes.

    A process that finds others at the same study begins at the end.
    """

    def __init__(self, study: Study, store: Store, retry: bool) -> None:
        self._but = ANOTHER_TIME if retry else ()
        self.study, self.store, self.reused = study, store, 0
        self._units = iter(range(study.units)[::-1] if store.others else range(study.units))
        self._clock = _Clock(REFRESH_EVERY)

    def __next__(self) -> tuple[int, ...]:
        journal = self.store.journal
        for unit in self._units:
            self._clock.whenever_due(journal.refresh)
            span = self.study.span(unit)
            held = journal.holds(self.study.keys(span), self._but)
            self.reused += int(held.sum())
            self.store.touch(number for number, there in zip(span, held, strict=True) if there)
            if not held.all():
                return tuple(number for number, there in zip(span, held, strict=True) if not there)
        raise StopIteration


def _results(study: Study, pool: Pool, todo: Iterator[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], Rows]]:
    """Points and their rows, as they come."""
    flying: dict[Future[Rows], tuple[int, ...]] = {}
    while True:
        while len(flying) < IN_FLIGHT * pool.size and (numbers := next(todo, None)) is not None:
            flying[_submit(pool, study.work(numbers))] = numbers
        if not flying:
            return
        done, _ = wait(flying, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenExecutor) for future in done):
            pool.raise_if_start_failed()
            pool.restart()
            suspects, flying = list(flying.values()), {}
            yield from ((numbers, _alone(study, pool, numbers)) for numbers in suspects)
            continue
        for future in done:
            numbers = flying.pop(future)
            error = future.exception()
            yield numbers, future.result() if error is None else _lost(study, numbers, error)


def _submit(pool: Pool, work: Work) -> Future[Rows]:
    try:
        return pool.executor.submit(evaluate, work)
    except BrokenExecutor as error:
        future: Future[Rows] = Future()
        future.set_exception(error)
        return future


def _alone(study: Study, pool: Pool, numbers: tuple[int, ...]) -> Rows:
    """Rows of points in flight when a worker died, worked out with no others about: no innocent one is blamed."""
    error: BaseException = BrokenExecutor()
    for _ in range(ATTEMPTS):
        future = _submit(pool, study.work(numbers))
        found = future.exception()
        if not isinstance(found, BrokenExecutor):
            return future.result() if found is None else _lost(study, numbers, found)
        error = found
        pool.restart()
    return _lost(study, numbers, error)


def _lost(study: Study, numbers: tuple[int, ...], error: BaseException) -> Rows:
    reason = f"the worker died ({type(error).__name__}), as it does where memory runs out"
    died = isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"
    status, words = (PointStatus.CRASHED, reason) if died else (PointStatus.FAILED, f"{type(error).__name__}: {error}")
    return Rows.without(status, words, len(numbers), study.width)
