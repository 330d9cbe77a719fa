"""Locks on both kinds of operating system."""

import os
import subprocess
import sys
import types

import pytest

from qsb_hw.explore.sweep import locks


@pytest.fixture
def without_fcntl(monkeypatch):
    """As on Windows, with a stand-in for its byte locks."""
    held = {}

    def locking(file, how, count):
        place = (os.fstat(file).st_ino, os.lseek(file, 0, os.SEEK_CUR))
        if how == "unlock":
            del held[place]
        elif place in held:
            raise OSError("locked")
        else:
            held[place] = count

    fake = types.SimpleNamespace(locking=locking, LK_LOCK="lock", LK_NBLCK="try", LK_UNLCK="unlock")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    return held


@pytest.mark.skipif(os.name != "posix", reason="the system's own locks are tested where fcntl is")
def test_a_file_is_locked_until_it_is_closed(tmp_path):
    first = os.open(tmp_path / "x", os.O_RDWR | os.O_CREAT)
    second = os.open(tmp_path / "x", os.O_RDONLY)
    assert not locks.is_locked(second)
    os.close(second)
    locks.lock(first)
    second = os.open(tmp_path / "x", os.O_RDONLY)
    assert locks.is_locked(second)
    os.close(first)
    assert not locks.is_locked(second)
    os.close(second)


def test_bytes_are_locked_where_there_is_no_fcntl(without_fcntl, tmp_path):
    (tmp_path / "x").write_bytes(b"kept")
    first, second = (os.open(tmp_path / "x", os.O_RDWR) for _ in range(2))
    assert not locks.is_locked(second)
    assert without_fcntl == {}
    locks.lock(first)
    assert [place[1] for place in without_fcntl] == [2**31 - 2]  # far from what is written
    assert locks.is_locked(second)
    assert (tmp_path / "x").read_bytes() == b"kept"
    os.close(first)
    os.close(second)


def test_the_package_is_imported_where_there_is_no_fcntl():
    script = "import sys; sys.modules['fcntl'] = None; import qsb_hw.explore.sweep.run, qsb_hw.cli.main"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
