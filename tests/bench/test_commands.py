"""Whole commands as a user runs them: CPU seconds (user and system) of a fresh process and its workers."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

DEVICES = ("transmon_squid", "ion_lattice_be9", "kerr_squid_array", "ion_lattice_ca40")
BOTH = "$.damping.{0},$.amplification.{0}"
DESIGN = [
    "design", "kerr_squid_array", "--maximise", "contrast", "--seed", "1", "--evaluations", "800",
    "--vary", BOTH.format("coupling_to_linewidth") + "=0.02..0.15", "--vary", BOTH.format("linewidth") + "=5..20 MHz",
    "--vary", "$.oscillator.anharmonicity=-10..-60 MHz", "--vary", "$.oscillator.t2=3..20 us",
    "--vary", "$.pair.coupling=20..300 kHz",
]  # fmt: skip
COMMANDS = [
    *([verb, device] for verb in ("ensemble", "budget", "check", "sync") for device in DEVICES),
    *(["compare", device, "--hierarchy"] for device in DEVICES),
    ["check", "three_transmons"],
    ["tolerance", "transmon_squid", "--scatter", "$.oscillator.josephson_energy=5 %"],
    *(["map", "--points", str(points)] for points in (11, 21, 41)),
    DESIGN,
]


def seconds(arguments, cache, folder):
    """CPU seconds of a command; compiled functions are looked for, and kept, in `cache`."""
    return cpu_of([sys.executable, "-m", "qsb_hw", *arguments, "--json"], cache, folder)


def cpu_of(command, cache, folder):
    """CPU seconds of a process and its workers."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | one_thread | {"NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 1), done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.slow
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda a: "-".join(a[:2]) + a[-1] * (a[0] == "map"))
def test_command(benchmark, arguments, tmp_path):
    """Nothing compiled yet, then everything that the first run compiled."""
    cold = seconds(arguments, tmp_path / "compiled", tmp_path)
    warm = benchmark.pedantic(seconds, (arguments, tmp_path / "compiled", tmp_path), rounds=1)
    benchmark.extra_info |= {"cold": cold, "warm": warm, "load": os.getloadavg()[0]}


@pytest.mark.slow
def test_python_of_the_readme(benchmark, tmp_path):
    """Every block of Python in README.md, one after the other in one process."""
    readme = Path(__file__).parents[2] / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "readme.py"
    body = "\n".join(blocks)
    script.write_text(
        f"def main():\n{indent(body, '    ')}\n\nif __name__ == '__main__':\n    main()\n", encoding="utf-8"
    )
    spent = benchmark.pedantic(cpu_of, ([sys.executable, script], tmp_path / "compiled", readme.parent), rounds=1)
    benchmark.extra_info |= {"seconds": spent, "load": os.getloadavg()[0]}


@pytest.mark.slow
def test_cost_of_a_map_against_its_points(benchmark, tmp_path):
    """Power with which the CPU seconds beyond those of the smallest map grow with the number of points."""
    sides = np.array([2, 8, 16, 32])
    spent = np.array([seconds(["map", "--points", str(n)], tmp_path / "compiled", tmp_path) for n in sides])
    benchmark.pedantic(seconds, (["map", "--points", "2"], tmp_path / "compiled", tmp_path), rounds=1)
    power = np.polyfit(np.log(sides[1:] ** 2), np.log(spent[1:] - spent[0]), 1)[0]
    benchmark.extra_info |= {"seconds": dict(zip((sides**2).tolist(), spent.tolist(), strict=True)), "power": power}
