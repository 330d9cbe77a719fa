"""What a long sweep must survive."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from qsb_hw.errors import StorageError
from qsb_hw.explore.sweep import run
from qsb_hw.explore.sweep.journal import segment_writer
from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.points import PointStatus, evaluate
from qsb_hw.explore.sweep.pool import InThisProcess, Pool, pool_of
from qsb_hw.explore.sweep.store import Store, open_sweep
from qsb_hw.lindblad import steady

SCRIPT = """
    import sys, time
    from pathlib import Path
    from qsb_hw.explore.sweep import run
    from qsb_hw.explore.sweep.pool import pool_of
    from qsb_hw.explore.sweep.plan import plan_of

    if __name__ == "__main__":
        plan, run.SETTLE_EVERY = plan_of({pair!r}, {axes!r}, "sigma,n_plus"), 0.2
        while not Path(sys.argv[2]).exists():
            time.sleep(0.002)
        with pool_of(workers={workers}) as pool:
            run.run(plan, Path(sys.argv[1]), pool, lambda stage, done, total: time.sleep({pause}))
"""


@pytest.fixture
def program(tmp_path, pair, axes):
    """Run the sweep of `plan` in a process of its own."""

    def call(path, workers=1, pause=0.0, gate=tmp_path):
        script = tmp_path / f"study_{workers}_{pause}.py"
        script.write_text(textwrap.dedent(SCRIPT).format(pair=pair, axes=axes, workers=workers, pause=pause))
        return subprocess.Popen([sys.executable, str(script), str(path), str(gate)], stderr=subprocess.PIPE)

    return call


def stored(path):
    return sum(f.stat().st_size for f in path.glob("journal/*.rows"))


def wait_for(condition, process, seconds=60):
    end = time.monotonic() + seconds
    while not condition() and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture(scope="module")
def undisturbed(plan, do, tmp_path_factory, content):
    """A sweep that nothing happened to: content, size of the journal, and place."""
    path = tmp_path_factory.mktemp("undisturbed") / "x.zarr"
    do(plan, path)
    return content(path), stored(path), path


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_random_moments_it_resumes_to_the_same_bytes(
    plan, do, tmp_path, content, program, undisturbed, workers
):
    path, chance = tmp_path / "killed.zarr", random.Random(workers)
    expected, size, _ = undisturbed
    moments = sorted(chance.uniform(0, 0.9 * size) for _ in range(2))
    for moment in moments:
        process = program(path, workers, pause=0.01)
        wait_for(lambda moment=moment: stored(path) > moment, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    held = Store(path, plan).journal
    stored_points = held.holds(range(plan.size)).sum()
    assert 0 < stored_points < plan.size
    summary = do(plan, path)
    assert summary.reused == stored_points
    assert summary.computed == plan.size - stored_points
    assert content(path) == expected
    again = do(plan, path)
    assert (again.reused, again.computed) == (plan.size, 0)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_an_unfinished_store_can_be_opened(plan, tmp_path, program, by):
    path = tmp_path / "partial.zarr"
    process = program(path, pause=0.05)
    wait_for(lambda: len(list(path.glob("sigma/c/*/*"))) > 0, process)  # the arrays are brought up to date now and then
    process.send_signal(by)
    process.wait()
    process.stderr.close()
    dataset = open_sweep(path)
    there = dataset.status.values == PointStatus.CONVERGED
    stored = Store(path, plan).journal.holds(range(plan.size)).sum()
    assert 0 < there.sum() <= stored < plan.size
    assert by is signal.SIGKILL or there.sum() == stored
    assert np.all(np.isfinite(dataset.sigma.values) == there)
    assert np.all(dataset.status.values[~there] == PointStatus.MISSING)


def test_a_full_disk_is_told_and_the_store_stays_whole(plan, do, tmp_path, content, monkeypatch, undisturbed):
    path, write, room = tmp_path / "full.zarr", os.write, 20_000

    def write_while_there_is_room(file, data):
        nonlocal room
        taken = min(len(data), room)
        room -= taken
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[:taken])  # the last write is a partial one, as on a real disk

    monkeypatch.setattr("qsb_hw.explore.sweep.journal.os.write", write_while_there_is_room)
    with pytest.raises(StorageError, match=r"No space left.*stored so far is safe.*run the same command again"):
        do(plan, path)
    monkeypatch.undo()
    held = Store(path, plan).journal
    stored_points = held.holds(range(plan.size)).sum()
    assert 0 < stored_points < plan.size
    assert held.damaged == held.incomplete == 0
    assert do(plan, path).reused == stored_points
    assert content(path) == undisturbed[0]


def test_a_disk_that_fills_while_the_arrays_are_written_loses_nothing(
    plan, do, tmp_path, content, monkeypatch, undisturbed
):
    path = tmp_path / "full.zarr"

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Store, "_fill", full)
    monkeypatch.setattr(run, "SETTLE_EVERY", 1e9)  # at the end only, however slow the machine
    with pytest.raises(StorageError, match="No space left"):
        do(plan, path)
    monkeypatch.undo()
    assert do(plan, path).reused == plan.size
    assert content(path) == undisturbed[0]


def test_damaged_records_are_found_and_worked_out_again(plan, do, tmp_path, content, undisturbed):
    path, chance = tmp_path / "damaged.zarr", random.Random(7)
    shutil.copytree(undisturbed[2], path)
    segment = next(path.glob("journal/*.rows"))
    data = bytearray(segment.read_bytes())
    places = [chance.randrange(len(data)) for _ in range(5)]
    for place in places:
        data[place] ^= 1 << chance.randrange(8)
    segment.write_bytes(data)
    summary = do(plan, path)
    assert 1 <= summary.damaged <= 5
    assert summary.computed <= 5 * plan.unit_length
    assert summary.computed + summary.reused == plan.size
    assert content(path) == undisturbed[0]


def test_a_damaged_chunk_of_an_array_is_found_and_mended(plan, do, tmp_path, content, undisturbed):
    path = tmp_path / "damaged.zarr"
    shutil.copytree(undisturbed[2], path)
    chunk = sorted((path / "n_plus" / "c").rglob("*"))[-1]
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 4
    chunk.write_bytes(data)
    with pytest.raises(StorageError, match=r"checksum.*Run the same sweep again"):
        open_sweep(path)
    assert do(plan, path).computed == 0
    assert content(path) == undisturbed[0]


def test_damaged_metadata_are_made_anew(plan, do, tmp_path, content, undisturbed):
    path = tmp_path / "damaged.zarr"
    shutil.copytree(undisturbed[2], path)
    for name in ("zarr.json", "sigma/zarr.json"):
        whole = (path / name).read_bytes()
        (path / name).write_bytes(whole[: len(whole) // 2])
        assert do(plan, path).computed == 0
        assert content(path) == undisturbed[0]


def test_two_processes_at_one_sweep_share_the_work(plan, tmp_path, content, program, undisturbed):
    path, gate = tmp_path / "shared.zarr", tmp_path / "gate"
    second = program(path, pause=0.0301, gate=gate)
    first = program(path, pause=0.03)
    wait_for(lambda: stored(path) > 5_000, first)
    gate.touch()
    messages = [process.communicate(timeout=120)[1] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], messages
    journal = Store(path, plan).journal
    assert journal.holds(range(plan.size)).all()
    assert undisturbed[1] <= stored(path) < 2 * undisturbed[1]  # both worked, and not both on everything
    assert len(list(path.glob("journal/*.rows"))) == 2
    assert content(path) == undisturbed[0]


def test_what_another_process_stored_before_it_died_is_in_the_arrays(plan, do, tmp_path, content, undisturbed):
    """Its lines arrive while this process is at work; its arrays never were written."""
    path, arrived = tmp_path / "x.zarr", []

    def dies_in_the_middle(_stage, done, _total):
        if not arrived and done > 1000:
            with segment_writer(Store(path, plan).folder, plan.digest) as append:
                for unit in range(plan.units - 8, plan.units):
                    append(plan.keys[[*plan.span(unit)]], evaluate(*plan.work(plan.span(unit))))
            store = Store(path, plan)
            arrived.append(store.journal.holds(range(plan.size)).sum())

    with pool_of(workers=1) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "REFRESH_EVERY", 0.0)
        patch.setattr(run, "SETTLE_EVERY", 0.0)
        patch.setattr(run, "SHARE", 100.0)  # however slow the disk is: else it may be read too seldom
        summary = run.run(plan, path, pool, dies_in_the_middle)
    assert arrived
    assert summary.reused >= 8 * 36
    assert content(path) == undisturbed[0]


def test_another_sweep_is_refused_while_one_is_written_and_welcome_afterwards(plan, do, tmp_path, pair):
    path = tmp_path / "busy.zarr"
    other = plan_of(pair, {"$.kerr": "5..20:13", "detuning": "-30..30:100"}, "sigma,n_plus")
    with segment_writer(Store(path, plan).folder, plan.digest) as append:
        append(plan.keys[:1], evaluate(*plan.work(range(1))))
        with pytest.raises(StorageError, match="one sweep at a time"):
            do(other, path)
    assert do(other, path).computed == other.size - 1  # they have their first point in common


ACCURACY_OF_SOME = 1.5e-16
"""Half of the rounding of a pure state, so that mixed states reach it and pure ones do not."""


def test_points_that_fail_are_data(pair, do, tmp_path, monkeypatch):
    # an accuracy that rounding allows some of the points and not others
    given = steady.Auto.__init__.__defaults__
    monkeypatch.setattr(steady.Auto.__init__, "__defaults__", (ACCURACY_OF_SOME, *given[1:]))
    plan = plan_of(pair, {"$.sigma": "0.1..0.5:8", "detuning": "-30..30:8"}, "S,n_plus")
    summary = do(plan, tmp_path / "hard.zarr")
    dataset = open_sweep(tmp_path / "hard.zarr")
    bad = dataset.status.values == PointStatus.NOT_CONVERGED
    assert 0 < bad.sum() == summary.failed < plan.size
    assert np.all(np.isnan(dataset.S.values) == bad)
    assert {dataset.attrs["reasons"][str(code)] for code in dataset.reason.values[bad]} == {
        "steady state: not converged"
    }


def test_devices_that_cannot_be_are_data_with_their_reason(do, tmp_path):
    plan = plan_of("kerr_squid_array", {"$.damping.linewidth": "3..7 MHz:5"}, "sigma")
    assert do(plan, tmp_path / "x.zarr").failed == 2
    dataset = open_sweep(tmp_path / "x.zarr")
    assert list(dataset.status.values) == [PointStatus.REFUSED] * 2 + [PointStatus.CONVERGED] * 3
    reason = dataset.attrs["reasons"][str(int(dataset.reason[0]))]
    assert "external_linewidth" in reason
    assert "3 MHz" in reason


def test_an_unexpected_exception_at_a_point_does_not_stop_the_sweep(small, do, tmp_path, monkeypatch):
    monkeypatch.setattr("qsb_hw.analysis.pair.synchronizations", lambda *_: 1 / 0)
    assert do(small, tmp_path / "x.zarr").failed == small.size
    dataset = open_sweep(tmp_path / "x.zarr")
    assert np.all(dataset.status == PointStatus.FAILED)
    assert list(dataset.attrs["reasons"].values()) == ["ZeroDivisionError: division by zero"]
    monkeypatch.undo()
    assert do(small, tmp_path / "x.zarr").computed == 0  # what is known is not worked out again
    assert do(small, tmp_path / "x.zarr", retry=True).computed == small.size  # unless it is asked for
    assert np.all(open_sweep(tmp_path / "x.zarr").status == PointStatus.CONVERGED)
    assert do(small, tmp_path / "x.zarr", retry=True).computed == 0


def test_a_killed_worker_costs_nothing(plan, tmp_path, content, undisturbed):
    path, killed = tmp_path / "worker.zarr", []
    with pool_of(workers=2) as pool:

        def kill_one(_stage, done, _total):
            if not killed and done > 500:
                killed.append(next(iter(pool.executor._processes)))
                os.kill(killed[0], signal.SIGKILL)

        summary = run.run(plan, path, pool, kill_one)
    assert killed
    assert summary.failed == 0
    assert content(path) == undisturbed[0]


def test_a_script_without_a_guard_is_told_so(tmp_path, pair):
    script = tmp_path / "unguarded.py"
    script.write_text(f"import qsb_hw as qh\nqh.sweep({pair!r}, {{'$.kerr': '1, 2'}}, 'S', workers=2)\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert 'do its work under `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]


class Deadly(InThisProcess):
    """An executor whose workers die of one point."""

    def __init__(self, of):
        self.of = of

    def submit(self, fn, /, *work):
        if self.of in work[-1]:
            fn = _die
        return super().submit(fn, *work)


def _die(*_work):
    from concurrent.futures import BrokenExecutor

    raise BrokenExecutor


def test_points_that_kill_every_worker_are_put_down_and_the_others_go_on(plan, tmp_path):
    path, deadly = tmp_path / "deadly.zarr", plan.point(1111)
    summary = run.run(plan, path, Pool(lambda: (Deadly(deadly), 2)))
    assert summary.failed == len(plan.span(1111 // 100 * 2))
    dataset = open_sweep(path)
    crashed = dataset.status.values.ravel() == PointStatus.CRASHED
    assert crashed[1111]
    assert crashed.sum() == summary.failed
    assert "the worker died" in dataset.attrs["reasons"][str(int(dataset.reason.values.ravel()[1111]))]


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="interrupts cannot be blocked here")
def test_workers_leave_an_interrupt_to_the_process_that_started_them():
    """Also the first ones, with which multiprocessing starts a process of its own and lets interrupts through."""
    script = """
import signal
from qsb_hw.explore.sweep.pool import pool_of

with pool_of(workers=2) as pool:
    asked = [pool.executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()) for _ in range(6)]
    print(all(signal.SIGINT in one.result() for one in asked))
print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("True\nFalse\n", "")
