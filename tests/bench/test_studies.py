"""Sweeps: throughput of a sweep with one and with two workers, what storing costs, design against chance."""

import json
import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from qsb_hw.explore.design.problem import DesignProblem, Goal, choices_of
from qsb_hw.explore.design.search import Search, start_of
from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.points import without
from qsb_hw.explore.sweep.pool import pool_of
from qsb_hw.explore.sweep.run import run
from qsb_hw.explore.sweep.subject import subject_of

PAIR = {"model": "lorentzian_pair", "kerr": 10, "sigma": 0.2, "fock_state": 1, "coupling": 0.3}
AXES = {"$.sigma": "0.05..0.5:100", "detuning": "-40..40:100"}

SCRIPT = """
    import json, resource, sys, time
    from pathlib import Path
    from qsb_hw.explore.sweep import run as module
    from qsb_hw.explore.sweep.pool import pool_of
    from qsb_hw.explore.sweep.plan import plan_of

    if __name__ == "__main__":
        pair, axes, path, workers, measure = json.loads(sys.argv[1])
        plan = plan_of(pair, axes, measure)
        start = time.perf_counter()
        with pool_of(workers=workers) as pool:
            summary = module.run(plan, Path(path), pool)
            if summary.computed:
                pool.executor.shutdown(wait=True)  # so that the workers' times are counted
        wall = time.perf_counter() - start
        own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
        print(json.dumps({
            "wall": wall, "computed": summary.computed, "reused": summary.reused, "memory": int(peak.split()[1]),
            "cpu": own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime,
        }))
"""


def measured(tmp_path, axes, path, workers, measure="S"):
    script = tmp_path / "sweep.py"
    script.write_text(textwrap.dedent(SCRIPT))
    arguments = json.dumps([PAIR, axes, str(path), workers, measure])
    command = [sys.executable, str(script), arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("workers", [1, 2])
def test_pair_sweep(benchmark, tmp_path, workers):
    """Ten thousand points of S of a pair of eight levels; a second run finds them all."""
    path = tmp_path / "sweep.zarr"
    cold = benchmark.pedantic(measured, (tmp_path, AXES, path, workers), rounds=1)
    resumed = measured(tmp_path, AXES, path, workers)
    assert (cold["computed"], resumed["reused"]) == (10_000, 10_000)
    benchmark.extra_info |= {"cold": cold, "resumed": resumed, "load": os.getloadavg()[0]}


def test_memory_is_flat(benchmark, tmp_path):
    """Largest resident size of the process that runs ten and a hundred thousand points."""
    axes = {"$.n_plus": "1..2:10", **AXES}
    small = measured(tmp_path, AXES, tmp_path / "small.zarr", 1, "gamma")
    large = benchmark.pedantic(measured, (tmp_path, axes, tmp_path / "large.zarr", 1, "gamma"), rounds=1)
    benchmark.extra_info |= {"small": small, "large": large}
    assert large["memory"] < 1.2 * small["memory"]


def test_study_layer(benchmark, tmp_path, monkeypatch):
    """Everything but the work itself: planning, addressing, storing, settling, reading back."""
    monkeypatch.setattr("qsb_hw.explore.sweep.run.evaluate", lambda *work: without(2, "", len(work[-1]), 1))
    plan, number = plan_of(PAIR, AXES, "S"), iter(range(100))

    def once():
        with pool_of(workers=1) as pool:
            run(plan, tmp_path / f"{next(number)}.zarr", pool)

    benchmark.pedantic(once, rounds=5, warmup_rounds=1)
    benchmark.extra_info["ms_per_point"] = 1e3 * benchmark.stats["min"] / plan.size


@pytest.mark.slow
def test_design_against_random_search(benchmark):
    """The shipped borderline device: a tenth of the evaluations of a random search of ten thousand."""
    subject = subject_of("kerr_squid_array")
    both = "$.damping.{0},$.amplification.{0}"
    choices = choices_of(
        subject,
        {
            both.format("coupling_to_linewidth"): "0.02..0.15",
            both.format("linewidth"): "5..20 MHz",
            "$.oscillator.anharmonicity": "-10..-60 MHz",
            "$.oscillator.t2": "3..20 us",
            "$.pair.coupling": "20..300 kHz",
        },
    )
    problem = DesignProblem(subject=subject, choices=choices, goal=Goal("contrast"))

    def designed():
        with pool_of(workers=2) as pool:
            search = Search(pool, 1000)
            return search.best(problem, start_of(problem), 1000, seed=1), search.spent

    found, spent = benchmark.pedantic(designed, rounds=1)
    chance = np.random.default_rng(0)
    start = time.perf_counter()
    with pool_of(workers=2) as pool:
        random = Search(pool, 10_000)
        trials = [t for _ in range(100) for t in random.of(problem, chance.random((100, len(choices))))]
    best = min(trials, key=problem.merit)
    benchmark.extra_info |= {
        "design": found.measures["contrast"], "random": best.measures["contrast"], "evaluations": spent,
        "random_holds": sum(problem.holds(t) for t in trials), "random_seconds": time.perf_counter() - start,
    }  # fmt: skip
    assert problem.holds(found)
    assert found.measures["contrast"] > best.measures["contrast"]
