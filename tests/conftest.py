"""Settings shared by all tests."""

import gc
import importlib.util
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import qsb_hw as qh

for _library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM"):  # workers find it before they load numpy
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every process that a test starts would compile the package anew
os.environ.pop("COLUMNS", None)  # workers of pytest-xdist have it, and tables would be as wide as the terminal

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []

settings.register_profile("qsb_hw", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("qsb_hw")


def pytest_addoption(parser):
    parser.addoption("--fuzz", type=int, default=200, metavar="N", help="mutated device files to read (200)")
    parser.addoption("--models", type=int, default=120, metavar="N", help="random Lindblad models to solve (120)")
    parser.addoption("--fuzz-seed", type=int, default=1, metavar="SEED", help="seed of the mutated device files (1)")


TOGETHER = {
    "compiled": (
        "tests/ensemble",
        "tests/papers/test_nadolny",
        "tests/papers/test_loerch2017_langevin",
        "tests/questions/test_ensemble",
        "tests/cli/test_ensemble",
        "tests/sync/test_lengths",
    ),
    "shown": ("tests/show", "tests/plot", "tests/cli/test_verbs", "tests/cli/test_budget"),
}
"""Files for one worker: they need the same kernels or the same session fixtures, which two would make twice."""
EARLY = (*TOGETHER["compiled"], "tests/explore", "tests/systems", *TOGETHER["shown"], "tests/cli", "tests/lindblad",
         "tests/devices/conformance", "tests/notebooks", "tests/docs", "tests/test_examples")  # fmt: skip
"""Long ones first, so that the workers end together; what is compiled is read from the cache by then."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """``--dist loadfile``, with the files that need the same kernels as one."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class InGivenOrder(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            whole = next((name for name, parts in TOGETHER.items() if file.startswith(parts)), file)
            return nodeid.partition("[")[2] or nodeid if file.startswith("tests/notebooks") else whole

    config.option.loadscopereorder = False
    return InGivenOrder(config, log)


def pytest_configure(config):
    """A worker has a core of its own: a second thread of one would take from the other what it gains, and more."""
    if hasattr(config, "workerinput") and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {CORES[number_of_worker(config) % len(CORES)]})


@pytest.fixture
def every_core():
    """All cores, for what runs side by side, also in a worker."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, CORES)
    yield
    os.sched_setaffinity(0, before)


class FromTheEnd(pytest.Dir):
    """A folder whose files are read last to first."""

    def collect(self):
        return reversed([*super().collect()])


def pytest_collect_directory(path, parent):
    """Every second worker reads the tests from the end: each finds half of them compiled by the other."""
    if hasattr(parent.config, "workerinput") and number_of_worker(parent.config) % 2:
        return FromTheEnd.from_parent(parent, path=path)
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """The same order for all workers."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (early(item.nodeid), str(item.path)))


def early(name):
    return next((k for k, part in enumerate(EARLY) if name.startswith(part)), len(EARLY))


def number_of_worker(config):
    return int(config.workerinput["workerid"].removeprefix("gw"))


def pytest_collection_finish():
    gc.freeze()  # thousands of tests and all modules stay: no full collection need look at them
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def analysis():
    """A shipped Kerr resonator of six levels, in pairs of three."""
    return qh.analyse(qh.load_device("kerr_squid_array"), levels=6, pair_levels=3)


@pytest.fixture(scope="session")
def assessment(analysis):
    """The verdict on it, with everything it rests on."""
    from qsb_hw.questions.assessment import assessed

    return assessed(analysis)


@pytest.fixture(scope="session")
def hopeless():
    """The verdict on a device without a Fock state."""
    return qh.assess(qh.load_device("photon_pressure"))


@pytest.fixture(scope="session")
def device_budget():
    """Noise, tones and detection of the Kerr resonator."""
    return qh.device_budget(qh.load_device("kerr_squid_array"), levels=5, pair_levels=3, bath_levels=2)


@pytest.fixture(scope="session")
def many_devices():
    """A hundred shipped Kerr resonators of four levels, on small graphs."""
    with pytest.MonkeyPatch.context() as patch:
        few_members(patch)
        return qh.predict_ensemble(qh.load_device("kerr_squid_array"), levels=4, sites=4, sizes=(10, 100, 1000))


@pytest.fixture
def with_few_members(monkeypatch):
    """Ensembles as `many_devices` has them."""
    few_members(monkeypatch)


def few_members(patch):
    """Tolerated scatter is sampled with few members: what it is with many has tests of its own."""
    patch.setattr("qsb_hw.questions.ensemble.MEMBERS", 16)


@pytest.fixture(scope="session")
def readable():
    """Checks of figures, `tests/readable.py`."""
    spec = importlib.util.spec_from_file_location("readable", Path(__file__).with_name("readable.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium: that of QSB_HW_CHROMIUM, else the one on the path; skipped where there is none.

    One per file, closed at its end: as long as it lives, an event loop runs in this thread, and others cannot.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("QSB_HW_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium is installed: put one on the path, or name it in QSB_HW_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()
