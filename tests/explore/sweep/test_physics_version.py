"""Stored points are reused unless the version of the physics was raised, and it must be where numbers change."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw._version import PHYSICS
from qsb_hw.devices.catalog import shipped_specs
from qsb_hw.explore.sweep.plan import plan_of

GOLDEN = {
    "ion_lattice_be9": [1061.8583, 990.96131, 1911.6875, 0.97923573, 0.0039939375, 0.0034323598, 0.40524259],
    "ion_lattice_ca40": [153.25845, 145.33155, 291.30246, 0.91085035, 0.024950564, 0.0076905501, 0.31781254],
    "ion_surface_trap_brown2011": [
        1061.8583,
        4932.9493,
        5010.8203,
        0.17000973,
        0.16708555,
        2.1758895e-05,
        2.1759034e-05,
    ],
    "kerr_squid_array": [1347114.9, 1347132.2, 2823296.7, 0.88681222, 0.032559787, 0.021576097, 0.25425685],
    "photon_pressure": [703716.75, 4038594.9, 5038595.9, 0.2164835, 0.17351846, 4.8526804e-10, 4.8526807e-10],
    "transmon_squid": [2463008.6, 2463012.8, 4295614.9, 0.99330801, 0.0012858347, 0.0023128304, 0.42266927],
}
"""γ in rad/s, fastest rate up and down in 1/s, P(n0), P(n0 + 1) of one oscillator, S(0) and S(2K) of two, V = 0.3 γ."""
VERSION = 2


def numbers(name):
    device = qh.load_device(name)
    one, n0 = qh.eliminate(device.oscillator(6)), device.target
    populations = qh.steady_state(qh.Network([one], [[0.0]])).populations(0)
    v = 0.3 * one.gamma
    detunings = [0.0, 2 * device.oscillator(6).ladder.kerr_at(n0)]
    pair = qh.detuning_sweep(qh.Network([one, one], [[0, v], [v, 0]]), np.array(detunings))
    synchronization = [solution.synchronization(0, 1) for solution in pair]
    return [one.gamma, one.up_rates.max(), one.down_rates.max(), *populations[n0 : n0 + 2], *synchronization]


@pytest.mark.parametrize("name", sorted(shipped_specs()))
def test_the_numbers_are_those_of_this_version(name):
    assert numbers(name) == pytest.approx(GOLDEN[name], rel=1e-6, abs=1e-9), (
        "The same device gives other numbers than before: raise PHYSICS in qsb_hw/_version.py, so that stored points "
        "are computed again, and put the new numbers and the new version into this test."
    )
    assert PHYSICS == VERSION


@pytest.mark.parametrize("edit", ["docstring", "physics"])
def test_only_the_version_of_the_physics_changes_the_digest(edit, pair, tmp_path):
    """In a copy of the package a docstring is changed, or the version raised."""
    package = Path(qh.__file__).parent
    shutil.copytree(package, tmp_path / "qsb_hw", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(package.parent / "device_specs", tmp_path / "device_specs")
    if edit == "docstring":
        with (tmp_path / "qsb_hw" / "model" / "ladder.py").open("a", encoding="utf-8") as file:
            file.write('\n_NOTE = "a correction"\n')
    else:
        (tmp_path / "qsb_hw" / "_version.py").write_text(f'__version__ = "0.1.0"\nPHYSICS = {PHYSICS + 1}\n', "utf-8")
    axes = {"$.kerr": "1, 2"}
    script = f"from qsb_hw.explore.sweep.plan import plan_of; print(plan_of({pair!r}, {axes!r}, 'S').digest)"
    digest = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120,
        cwd=tmp_path / "device_specs", env={**os.environ, "PYTHONPATH": str(tmp_path)},
    ).stdout.strip()  # fmt: skip
    assert (digest == plan_of(pair, axes, "S").digest) == (edit == "docstring")
