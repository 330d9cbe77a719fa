"""Compiled loops: interrupts are heard at once, absurd lengths refused with numbers, and a cache is not needed."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.lindblad import compiling
from qsb_hw.lindblad.compiling import in_pieces, side_by_side


def pair():
    one = qh.EffectiveOscillator.lorentzian(kerr=5, gamma=1, sigma=0.3, n_plus=1, n_minus=2, levels=8)
    return qh.Network([one, one], [[0, 0.3], [0.3, 0]])


def group():
    return qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.0)


# --- pieces ----------------------------------------------------------------------------------------------------------


def test_pieces_cover_everything_once():
    seen = []
    in_pieces(1000, lambda start, stop: seen.extend(range(start, stop)), first=7)
    assert seen == list(range(1000))
    in_pieces(0, lambda *_: pytest.fail("nothing to do"))


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_share_every_step_once(monkeypatch, threads):
    monkeypatch.setattr("qsb_hw.lindblad.capacity.cores", lambda: threads)
    monkeypatch.setattr(compiling, "cores", lambda: threads)
    seen = []
    for start, stop in ((5, 5), (5, 6), (6, 100)):
        side_by_side(start, stop, lambda first, last: seen.extend(range(first, last)))
    assert sorted(seen) == list(range(5, 100))


def test_pieces_take_about_as_long_as_they_may(monkeypatch):
    """A clock that only steps: 1 ms each at first, then 50 ms each."""
    now, sizes = [0.0], []
    monkeypatch.setattr(compiling.time, "perf_counter", lambda: now[0])

    def work(start, stop):
        sizes.append(stop - start)
        now[0] += (stop - start) * (0.001 if start < 500 else 0.05)

    in_pieces(800, work, first=1)
    assert sizes[:4] == [1, 4, 16, 64]
    assert max(sizes) == 100
    assert set(sizes[-10:-1]) == {2}


@pytest.mark.parametrize("seconds", [1e-3, 10.0])
def test_results_do_not_depend_on_the_pieces(monkeypatch, seconds):
    expected = qh.mean_field(group(), 30.0, samples=50)
    classical = qh.langevin(pair(), 0.05, np.random.default_rng(1), trajectories=6, duration=20, burn_in=5)
    diagram = qh.phase_diagram(gain=0.3, loss=1.0, coupling=np.linspace(0.1, 2, 9), intergroup=0.4, detuning=0.8,
                               integrate=True, t_final=50, samples=64)  # fmt: skip
    monkeypatch.setattr(compiling, "PIECE_SECONDS", seconds)
    monkeypatch.setattr(compiling, "FIRST_PIECE", 1)
    again = qh.mean_field(group(), 30.0, samples=50)
    np.testing.assert_array_equal(again.amplitudes, expected.amplitudes)
    np.testing.assert_array_equal(again.final, expected.final)
    other = qh.langevin(pair(), 0.05, np.random.default_rng(1), trajectories=6, duration=20, burn_in=5)
    np.testing.assert_array_equal(other.harmonics, classical.harmonics)
    np.testing.assert_array_equal(other.escapes, classical.escapes)
    more = qh.phase_diagram(gain=0.3, loss=1.0, coupling=np.linspace(0.1, 2, 9), intergroup=0.4, detuning=0.8,
                            integrate=True, t_final=50, samples=64)  # fmt: skip
    np.testing.assert_array_equal(more.order_parameter, diagram.order_parameter)


# --- interrupts ------------------------------------------------------------------------------------------------------

SETUP = """
    import sys, numpy as np, qsb_hw as qh
    one = qh.EffectiveOscillator.lorentzian(kerr=5, gamma=1, sigma=0.3, n_plus=1, n_minus=2, levels=8)
    pair = qh.Network([one, one], [[0, 0.3], [0.3, 0]])
    groups = qh.SpinGroups(gain=0.5, loss=1.0, coupling=1.0)
    rng = np.random.default_rng(1)
    def begin(small, endless):
        small()  # compiled
        print("begun", flush=True)
        try:
            endless()
        except KeyboardInterrupt:
            print("interrupted", flush=True)
"""
ENDLESS = {
    "mean_field": "qh.mean_field(groups, {time}, samples=8, most_steps=1e18)",
    "langevin": "qh.langevin(pair, 0.05, rng, trajectories=2, duration={time}, burn_in=1, most_steps=1e18)",
    "langevin, burning in": "qh.langevin(pair, 0.05, rng, trajectories=2, duration=1, burn_in={time}, most_steps=1e18)",
    "phase_diagram": "qh.phase_diagram(gain=0.5, loss=1.0, coupling=1.0, integrate=True, t_final={time}, samples=16, "
    "most_steps=1e18)",
}


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_an_interrupt_is_heard_at_once():
    calls = [f"begin(lambda: {call.format(time=2.0)}, lambda: {call.format(time=1e12)})" for call in ENDLESS.values()]
    script = textwrap.dedent(SETUP) + "\n".join(calls)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        try:
            for name in ENDLESS:
                assert process.stdout.readline() == "begun\n", name
                time.sleep(0.3)
                process.send_signal(signal.SIGINT)
                heard = threading.Timer(20, process.kill)
                heard.start()
                assert process.stdout.readline() == "interrupted\n", name
                heard.cancel()
        finally:
            process.kill()


# --- lengths and sizes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qh.mean_field(group(), 1e12), r"Steps of a run must be at most `most_steps` = 1e\+09, but would be"),
        (lambda: qh.mean_field(group(), 1e300), "most_steps"),
        (lambda: qh.mean_field(group(), 10.0, most_steps=10), "most_steps` = 10,"),
        (lambda: qh.mean_field(group(), 1e20, most_steps=float("inf")), "most_steps"),  # beyond what is counted
        (
            lambda: qh.mean_field(group(), 1.0, samples=10**12, most_steps=1e18),
            "samples of 1 groups must fit in memory",
        ),
        (lambda: qh.langevin(pair(), 0.1, np.random.default_rng(), duration=1e12), "256 trajectories.*most_steps"),
        (lambda: qh.langevin(pair(), 0.1, np.random.default_rng(), burn_in=1e12), "most_steps"),
        (lambda: qh.langevin(pair(), 0.1, np.random.default_rng(), trajectories=10**12), "most_steps"),
        (lambda: qh.langevin(pair(), 0.1, np.random.default_rng(), trajectories=10**12, most_steps=1e18), "memory"),
        (lambda: qh.langevin(pair(), 0.1, np.random.default_rng(), harmonics=10**12), "memory"),
        (lambda: qh.phase_diagram(gain=1.0, loss=1.0, coupling=1.0, integrate=True, t_final=1e15), "most_steps"),
        (lambda: qh.phase_diagram(gain=1.0, loss=1.0, coupling=1.0, samples=10**12), "memory"),
        (
            lambda: qh.phase_diagram(gain=np.ones(10**6)[:, None], loss=1.0, coupling=np.ones(10**6)),
            r"1e\+12 points must fit in memory",
        ),
    ],
)
def test_absurd_lengths_and_sizes_are_refused_with_numbers(call, message):
    with pytest.raises(qh.CapacityError, match=message):
        call()


@pytest.mark.parametrize("step", [1e9, -1.0, 0.0, float("nan"), 10.0])
def test_steps_that_resolve_nothing_are_refused(step):
    with pytest.raises(qh.ArgumentError, match=r"`step` must be (positive|at most)"):
        qh.langevin(pair(), 0.1, np.random.default_rng(), step=step)
    with pytest.raises(qh.ArgumentError, match=r"`step` must be (positive|at most)"):
        qh.mean_field(group(), 100.0, step=step)


@pytest.mark.parametrize("wrong", [{"duration": -1.0}, {"duration": float("nan")}, {"burn_in": -1.0}])
def test_times_that_are_none_are_refused(wrong):
    with pytest.raises(qh.ArgumentError, match=next(iter(wrong))):
        qh.langevin(pair(), 0.1, np.random.default_rng(), **wrong)


# --- no place for a cache --------------------------------------------------------------------------------------------

COMPILED = """
    import importlib, sys
    from pathlib import Path
    import numba.core.caching as caching
    caching.InTreeCacheLocator.get_cache_path = lambda _: {blocked!r} + "/x"
    import kernel
    def call():
        print(kernel.twice(2), sum(kernel.twice.stats.cache_hits.values()))
        importlib.reload(kernel)  # what a new process would import
    call()
    for kind in {kinds!r}:
        for file in Path({temporary!r}).rglob("*." + kind):
            file.write_bytes(b"damaged")
        call()
        call()
"""
KERNEL = """
from qsb_hw.lindblad.compiling import compiled

@compiled()
def twice(x):
    return 2 * x
"""


def run_without_cache(tmp_path, temporary, *kinds):
    """Numba's own places cannot be written; the temporary folder is given. Root writes anywhere: places are files.

    Files of these kinds are damaged, and what is compiled called twice after that.
    """
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, no folder")
    (tmp_path / "kernel.py").write_text(KERNEL)
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    environment |= {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked), "TMPDIR": str(temporary)}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *sys.path])
    script = textwrap.dedent(COMPILED).format(blocked=str(blocked), temporary=str(temporary), kinds=kinds)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.skipif(os.name != "posix", reason="owners as POSIX has them")
def test_what_is_compiled_is_kept_in_a_private_temporary_folder_where_nothing_else_can_be_written(tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    assert run_without_cache(tmp_path, temporary) == ["4 0"]
    (folder,) = temporary.glob("qsb-hw-compiled-*")
    assert folder.stat().st_mode & 0o077 == 0
    found, *mended = run_without_cache(tmp_path, temporary, "nbc", "nbi")
    assert found == "4 1"  # the second process finds it
    assert mended == ["4 0", "4 1"] * 2  # and what was damaged is made anew


@pytest.mark.skipif(os.name != "posix", reason="owners as POSIX has them")
@pytest.mark.parametrize("trap", ["writable by all", "link", "file"])
def test_a_cache_that_others_may_write_is_not_used(tmp_path, monkeypatch, trap):
    """What is in a cache is executed."""
    monkeypatch.setattr(compiling.tempfile, "gettempdir", lambda: str(tmp_path))
    folder = Path(compiling._temporary_cache())
    assert folder.parent == tmp_path
    folder.rmdir()
    if trap == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    elif trap == "file":
        folder.touch(0o600)
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(PermissionError, match="belongs to another user"):
        compiling._temporary_cache()


def test_without_any_place_everything_is_compiled_anew(monkeypatch):
    def nowhere():
        raise PermissionError

    monkeypatch.setattr("numba.core.dispatcher.FunctionCache", _no_locator)
    monkeypatch.setattr(compiling, "_temporary_cache", nowhere)
    assert compiling.compiled()(lambda x: x + 1)(1) == 2


def _no_locator(_function):
    raise RuntimeError("cannot cache function: no locator available")


def test_a_full_disk_costs_the_cache_and_nothing_else(monkeypatch, tmp_path):
    from numba.core import config

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    function = compiling.compiled()(_twice)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", full)
    assert function(2) == 4


def _twice(x):
    return 2 * x
