"""The same sweep on a Dask cluster, and a worker of it that is killed."""

import os
import signal

import pytest

from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep import run
from qsb_hw.explore.sweep.pool import pool_of

pytest.importorskip("distributed")


def test_a_killed_dask_worker_costs_nothing_and_the_bytes_are_those_of_one_process(plan, do, tmp_path, content):
    killed = []
    with pool_of("dask", workers=2) as pool:

        def kill_one(_stage, done, _total):
            if not killed and done > 500:
                killed.append(next(iter(pool.executor._client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        summary = run.run(plan, tmp_path / "dask.zarr", pool, kill_one)
    assert killed
    assert summary.failed == 0
    do(plan, tmp_path / "here.zarr")
    assert content(tmp_path / "dask.zarr") == content(tmp_path / "here.zarr")


def test_a_scheduler_that_is_not_there_is_said_so(plan, tmp_path, monkeypatch):
    monkeypatch.setattr("qsb_hw.explore.sweep.pool.CONNECT_TIMEOUT", "0.5s")
    with (
        pool_of("dask", scheduler="tcp://127.0.0.1:9") as pool,
        pytest.raises(ArgumentError, match=r"nothing at 'tcp://127.0.0.1:9'.*Start it first"),
    ):
        run.run(plan, tmp_path / "x.zarr", pool)


def test_a_cluster_that_runs_already_is_used_and_left_running(small, do, tmp_path, content):
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        with pool_of("dask", scheduler=cluster.scheduler_address) as pool:
            summary = run.run(small, tmp_path / "dask.zarr", pool)
        assert cluster.status.name == "running"
    assert (summary.computed, summary.failed) == (small.size, 0)
    do(small, tmp_path / "here.zarr")
    assert content(tmp_path / "dask.zarr") == content(tmp_path / "here.zarr")
