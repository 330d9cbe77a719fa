"""The full model in processes of its own, so that a newer move, or a closed page, can end it at once."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from qsb_hw.errors import QsbError
from qsb_hw.explore.sweep.pool import interrupts_blocked
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.explorer.answer import full_view
from qsb_hw.explorer.controls import controls_of, setting_of
from qsb_hw.explorer.record import problems_of, problems_record, view_record
from qsb_hw.lindblad.capacity import on_one_core

MOST_WORKERS = 2
"""Full models that are solved at the same time; more wait."""
PATIENT = 10
"""Niceness of the processes, where the system knows it: the next move comes before a full model that goes on."""
PATIENCE = 0.05
"""Seconds between two looks at whether the answer is still wanted."""


class FullModels:
    """Solves full models of one file, each in a process that is ended when nobody wants the answer any more.

    Parameters
    ----------
    subject : Subject
        The file.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._context = multiprocessing.get_context("spawn")
        self._free: list[tuple[Any, Connection]] = []
        self._busy: list[Any] = []
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MOST_WORKERS)
        self._closed = False

    def prepare(self) -> None:
        """Start a process, so that the first full model need not wait for its imports."""
        with self._lock:
            self._free.append(self._started())

    def solve(self, texts: dict[str, str], wanted: Callable[[], bool]) -> dict[str, Any] | None:
        """Record of the full view of a setting, or of its problems; None once `wanted` says no."""
        while not self._places.acquire(timeout=PATIENCE):
            if not wanted():
                return None
        try:
            return self._solved(texts, wanted)
        finally:
            self._places.release()

    def _solved(self, texts: dict[str, str], wanted: Callable[[], bool]) -> dict[str, Any] | None:
        process, connection = self._taken()
        done = False
        try:
            connection.send(texts)
            while not connection.poll(PATIENCE):
                if not wanted() or self._closed:
                    return None
            found: dict[str, Any] = connection.recv()
            done = True
        except (EOFError, OSError):
            return {"error": "The process that solved the full model ended unexpectedly. Move a slider to try again."}
        finally:
            self._put_back(process, connection, done)
        return found

    def _taken(self) -> tuple[Any, Connection]:
        with self._lock:
            free = self._free.pop() if self._free else None
        process, connection = free or self._started()
        with self._lock:
            self._busy.append(process)
        return process, connection

    def _started(self) -> tuple[Any, Connection]:
        here, there = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(there, self.subject), daemon=True)
        with interrupts_blocked():
            process.start()
        there.close()
        return process, here

    def _put_back(self, process: Any, connection: Connection, usable: bool) -> None:
        with self._lock:
            self._busy.remove(process)
            if usable and not self._closed:
                self._free.append((process, connection))
                return
        _end(process, connection)

    @property
    def busy(self) -> int:
        """Full models that are being solved."""
        return len(self._busy)

    def close(self) -> None:
        """End every process."""
        with self._lock:
            self._closed = True
            free, self._free, busy = self._free, [], [*self._busy]
        for process, connection in free:
            _end(process, connection)
        for process in busy:
            process.terminate()


def _end(process: Any, connection: Connection) -> None:
    connection.close()
    process.terminate()
    process.join()


def _serve(connection: Connection, subject: Subject) -> None:
    """Solve one setting after the other until the other end is closed."""
    import os
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this process
    if hasattr(os, "nice"):
        os.nice(PATIENT)  # moves come first
    controls = {control.path: control for control in controls_of(subject)}
    while True:
        try:
            texts = connection.recv()
        except (EOFError, OSError):
            return
        try:
            with on_one_core():
                found: dict[str, Any] = {"view": view_record(full_view(subject, setting_of(subject, controls, texts)))}
        except QsbError as error:
            found = {"problems": problems_record(problems_of(error))}
        except Exception as error:  # the page says so, and continues
            found = {"error": f"unexpected {type(error).__name__}: {error}"}
        try:
            connection.send(found)
        except OSError:
            return
