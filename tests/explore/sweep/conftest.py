"""Cheap sweeps, and ways to look at what they leave on disk."""

import hashlib

import pytest

from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.pool import pool_of
from qsb_hw.explore.sweep.run import run

PAIR = {"model": "lorentzian_pair", "kerr": 10, "sigma": 0.2, "fock_state": 1, "coupling": 0.3}
AXES = {"$.kerr": "5..20:25", "detuning": "-30..30:100"}


@pytest.fixture(scope="session")
def pair():
    return dict(PAIR)


@pytest.fixture
def axes():
    return dict(AXES)


@pytest.fixture(scope="session")
def plan():
    """Fifty units of work, of two numbers that cost next to nothing."""
    return plan_of(PAIR, AXES, "sigma,n_plus")


@pytest.fixture
def small():
    return plan_of(PAIR, {"$.kerr": "5..20:6", "detuning": "-30..30:11"}, "S,contrast")


@pytest.fixture(scope="session")
def do():
    """Run a plan in this process; returns the summary."""

    def call(plan, path, retry=False):
        with pool_of(workers=1) as workers:
            return run(plan, path, workers, retry=retry)

    return call


@pytest.fixture(scope="session")
def content():
    """Digest of every array chunk and of the metadata of a store, without the journal."""

    def call(path):
        files = sorted(f for f in path.rglob("*") if f.is_file() and "journal" not in f.parts)
        return {str(f.relative_to(path)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}

    return call
