"""Workers: this process, processes on this machine, or a Dask scheduler, all `concurrent.futures.Executor`s.

On a cluster with SLURM, dask-jobqueue starts the workers and the sweep is given the scheduler's address::

    from dask_jobqueue import SLURMCluster

    cluster = SLURMCluster(cores=16, processes=16, memory="64 GB", walltime="04:00:00", nanny=True)
    cluster.scale(jobs=4)                       # 64 workers of one thread each
    qh.sweep("device.toml", {"detuning": "-300..300 MHz:500"}, "S", out="map.zarr", executor="dask",
             scheduler=cluster.scheduler_address)

or ``qsb-hw sweep … --executor dask --scheduler tcp://head:8786``. Workers need this package at the same version; only
the process that started the sweep writes. OMP_NUM_THREADS=1 belongs into ``job_script_prologue``.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from qsb_hw.errors import ArgumentError, require, suggestion
from qsb_hw.lindblad.capacity import cores, require_count

MOST_WORKERS = 512
"""Largest number of processes on one machine."""
CONNECT_TIMEOUT = "20s"
"""For a scheduler to answer."""
UNGUARDED = (
    "Workers must be able to start, but found that they died at once. A script that asks for several "
    'workers is read by each of them: do its work under `if __name__ == "__main__":`.'
)
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class InThisProcess(Executor):
    """Runs what is submitted at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **keywords: Any) -> Future[Any]:
        """Finished future of a call."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **keywords))
        except Exception as error:
            future.set_exception(error)
        return future


class Pool:
    """An executor that is started when it is first needed, and again after one of its workers has crashed.

    `make` starts one and returns it with its number of workers.
    """

    def __init__(self, make: Callable[[], tuple[Executor, int]]) -> None:
        self._make = make
        self._running: tuple[Executor, int] | None = None

    def start(self) -> tuple[Executor, int]:
        """The executor and its number of workers, started if it does not run yet."""
        if self._running is None:
            self._running = self._make()
        return self._running

    @property
    def executor(self) -> Executor:
        """Where to submit."""
        return self.start()[0]

    @property
    def size(self) -> int:
        """Number of workers."""
        return self.start()[1]

    def raise_if_start_failed(self) -> None:
        """Raise `ArgumentError` if workers died before they were given work."""
        executor = self.executor
        if isinstance(executor, _Processes) and not any(
            future.done() and not future.cancelled() and future.exception() is None for future in executor.ready
        ):
            executor.shutdown(cancel_futures=True)  # error output of the workers comes before this message
            raise ArgumentError(UNGUARDED)

    def restart(self) -> None:
        """Shut down the executor without waiting; the next submission starts another."""
        if self._running is not None:
            executor, _ = self._running
            more: dict[str, bool] = {"cancel_futures": True} if isinstance(executor, ProcessPoolExecutor) else {}
            executor.shutdown(wait=False, **more)
        self._running = None

    def terminate(self) -> None:
        """Stop all workers at once, with units in flight."""
        if self._running is not None and isinstance(executor := self._running[0], ProcessPoolExecutor):
            for process in list((executor._processes or {}).values()):
                process.terminate()
        self.restart()


@contextmanager
def pool_of(executor: str = "local", workers: int | None = None, scheduler: str | None = None) -> Iterator[Pool]:
    """Worker pool that is shut down at the end.

    Parameters
    ----------
    executor : str
        "local" or "dask".
    workers : int, optional
        Processes, each started afresh: a script that asks for several must do its work under
        ``if __name__ == "__main__":``. One per core unless given; one local worker is this process.
    scheduler : str, optional
        Address of a Dask scheduler that runs already, ``tcp://head:8786``; a cluster on this machine unless given.
    """
    known = ("local", "dask")
    hint = suggestion(executor, known, "Choose one.")
    require(executor in known, "The executor must be local or dask", repr(executor), hint)
    hint = "Leave it out for all cores."
    require(workers is None or workers >= 1, "There must be at least one worker", workers, hint)
    if executor == "local":
        hint = "Leave them out for one per core"
        require_count(workers or 1, MOST_WORKERS, "MOST_WORKERS", "Processes of one machine", hint)
    require(executor == "dask" or scheduler is None, "A scheduler must come with executor dask", executor, "Add it.")
    size = workers or cores()
    if executor == "local" and size > 1 and getattr(multiprocessing.current_process(), "_inheriting", False):
        raise ArgumentError(UNGUARDED)  # to a worker that reads an unguarded script, before it makes anything
    with ExitStack() as stack:
        pool = Pool(
            (lambda: _dask(stack, workers, scheduler))
            if executor == "dask"
            else (lambda: (InThisProcess() if size == 1 else _processes(size), size))
        )
        try:
            yield pool
        except BaseException:  # an interrupt as well: units in flight are not waited for
            pool.terminate()
            raise
        finally:
            pool.restart()


class _Processes(ProcessPoolExecutor):
    """Processes on this machine; `ready` ends when they have loaded what they need."""

    ready: tuple[Future[Any], ...] = ()


def _processes(size: int) -> Executor:
    with _one_thread_each(), interrupts_blocked():
        pool = _Processes(size, multiprocessing.get_context("spawn"), _exit_with_parent)
        # a process starts with a submission, and takes the environment of that moment
        pool.ready = tuple(pool.submit(_preload) for _ in range(size))
    return pool


def _preload() -> None:
    importlib.import_module("qsb_hw.explore.sweep.points")


def _exit_with_parent() -> None:
    """End this process when the one that started it has ended, even if it was killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _dask(stack: ExitStack, workers: int | None, scheduler: str | None) -> tuple[Executor, int]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ArgumentError(
            'The executor dask must have dask[distributed], but found none. Run pip install "qsb-hw[dask]".'
        ) from error
    place: Any = scheduler
    if scheduler is None:
        with _one_thread_each():
            cluster = LocalCluster(
                n_workers=workers or cores(), threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )  # fmt: skip
        place = stack.enter_context(cluster)
    try:
        client = stack.enter_context(Client(place, timeout=CONNECT_TIMEOUT))
    except (OSError, ValueError) as error:
        raise ArgumentError(
            f"The scheduler must answer at its address, but found nothing at {scheduler!r}: {error}. Start it first."
        ) from error
    size = workers or max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
    return client.get_executor(pure=False), size


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Processes that start now ignore the terminal's interrupt: the one that started them stops them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it comes with the first of them, and lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Environment in which libraries of a process that starts now take one thread."""
    before = os.environ.copy()
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name in _ONE_THREAD:
            del os.environ[name]
            os.environ.update({name: before[name]} if name in before else {})
