"""Who does the work: this process, processes on this machine, or a Dask scheduler.

All three are `concurrent.futures.Executor`s, so that a study is run by one function. On a cluster with SLURM,
dask-jobqueue starts the workers and the study is given the scheduler's address::

    from dask_jobqueue import SLURMCluster

    cluster = SLURMCluster(cores=16, processes=16, memory="64 GB", walltime="04:00:00", nanny=True)
    cluster.scale(jobs=4)                       # 64 workers of one thread each
    qh.sweep("device.toml", {"$.damping.linewidth": "5..40 MHz:200", "detuning": "-300..300 MHz:500"}, "S",
             out="map.zarr", executor="dask", scheduler=cluster.scheduler_address)

or, with a scheduler that runs already, ``qsb-hw sweep … --executor dask --scheduler tcp://head:8786``. Workers need
this package at the same version; only the process that started the study touches the store. Put OMP_NUM_THREADS=1 into
``job_script_prologue``: every point is solved on one thread anyway.
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

from qsb_hw.errors import ArgumentError, require
from qsb_hw.lindblad.capacity import cores, require_count

EXECUTORS = ("local", "dask")
MOST_WORKERS = 512
"""Processes on one machine."""
PATIENCE = "20s"
"""For a scheduler to answer."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class InThisProcess(Executor):
    """Does at once what is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **keywords: Any) -> Future[Any]:
        """Do it, and give the finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **keywords))
        except Exception as error:
            future.set_exception(error)
        return future


UNGUARDED = (
    "Workers must be able to start, but found that they died at once. A script that asks for several "
    'workers is read by each of them: do its work under `if __name__ == "__main__":`.'
)


class Pool:
    """Workers: started when there is something to do, started afresh when one of them takes the others with it."""

    def __init__(self, make: Callable[[], tuple[Executor, int]]) -> None:
        """`make` starts an executor and says how many workers it has."""
        self._make = make
        self._found: tuple[Executor, int] | None = None

    def raise_if_start_failed(self) -> None:
        """Raise `ArgumentError` where workers died before they had anything to do; else it was what they did."""
        executor = self.executor
        if isinstance(executor, _Processes) and not any(_succeeded(future) for future in executor.ready):
            executor.shutdown(cancel_futures=True)  # what the others have to say comes before this
            raise ArgumentError(UNGUARDED)

    @property
    def executor(self) -> Executor:
        """Where to submit."""
        return self._working()[0]

    @property
    def size(self) -> int:
        """How many there are."""
        return self._working()[1]

    def start(self) -> None:
        """Let them get ready."""
        self._working()

    def restart(self) -> None:
        """Send everyone home; the next submission starts afresh."""
        if self._found is not None:
            executor, _ = self._found
            more: dict[str, bool] = {"cancel_futures": True} if isinstance(executor, ProcessPoolExecutor) else {}
            executor.shutdown(wait=False, **more)
        self._found = None

    def dismiss(self) -> None:
        """Stop everyone at once, whatever they are at."""
        if self._found is not None and isinstance(executor := self._found[0], ProcessPoolExecutor):
            for process in list((executor._processes or {}).values()):
                process.terminate()
        self.restart()

    def _working(self) -> tuple[Executor, int]:
        if self._found is None:
            self._found = self._make()
        return self._found


@contextmanager
def pool_of(executor: str = "local", workers: int | None = None, scheduler: str | None = None) -> Iterator[Pool]:
    """Workers for a study, sent home at the end.

    Parameters
    ----------
    executor : str
        "local" or "dask".
    workers : int, optional
        Processes; as many as there are cores unless given. One local worker is this process.
    scheduler : str, optional
        Address of a Dask scheduler that runs already, ``tcp://head:8786``; a cluster on this machine unless given.

    Raises
    ------
    ArgumentError
        An executor there is not, no workers, a scheduler without Dask or one that does not answer.
    """
    require(executor in EXECUTORS, "The executor must be local or dask", repr(executor), "Choose one.")
    require(
        workers is None or workers >= 1, "There must be at least one worker", workers, "Leave it out for all cores."
    )
    if executor == "local":
        mend = "Leave them out for one a core"
        require_count(workers or 1, MOST_WORKERS, "MOST_WORKERS", "Processes of one machine", mend)
    require(executor == "dask" or scheduler is None, "A scheduler must come with executor dask", executor, "Add it.")
    with ExitStack() as stack:
        if executor == "dask":
            found = Pool(lambda: _dask(stack, workers, scheduler))
        else:
            size = workers or cores()
            found = Pool(lambda: (InThisProcess() if size == 1 else _processes(size), size))
        try:
            yield found
        except BaseException:  # an interrupt as well: what the workers are at is not waited for
            found.dismiss()
            raise
        finally:
            found.restart()


class _Processes(ProcessPoolExecutor):
    """Processes on this machine; `ready` ends when they have loaded what they need."""

    ready: tuple[Future[None], ...] = ()


def _processes(size: int) -> Executor:
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # a worker that reads an unguarded script
        raise ArgumentError(UNGUARDED)  # before it makes semaphores that nobody would take away
    with _one_thread_each(), _deaf_to_interrupts():
        pool = _Processes(size, multiprocessing.get_context("spawn"), _follow_the_parent)
        # a process starts with a submission, and takes the environment of that moment
        pool.ready = tuple(pool.submit(_get_ready) for _ in range(size))
    return pool


def _succeeded(future: Future[None]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _get_ready() -> None:
    importlib.import_module("qsb_hw.explore.sweep.study")


def _follow_the_parent() -> None:
    """Leave when the process that started this one is gone, even if it was killed."""
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
            place = stack.enter_context(
                LocalCluster(
                    n_workers=workers or cores(), threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            )  # fmt: skip
    try:
        client = stack.enter_context(Client(place, timeout=PATIENCE))
    except (OSError, ValueError) as error:
        raise ArgumentError(
            f"The scheduler must answer at its address, but found nothing at {scheduler!r}: {error}. Start it first."
        ) from error
    size = workers or max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
    return client.get_executor(pure=False), size


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start now do not hear the terminal's interrupt: the one that started them stops them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Environment in which libraries of a process that starts now take one thread."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
