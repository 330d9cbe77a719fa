"""Nothing outside a store is ever changed: whatever lies in and around its folder, and whatever is run there."""

import hashlib
import json
import os
import random
import shutil
import stat
from contextlib import suppress

import pytest

from qsb_hw.errors import ArgumentError, StorageError
from qsb_hw.explore.sweep.marker import NAME
from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.store import Store, open_sweep

KERR = {"$.kerr": "5..20:3"}
LINKS = hasattr(os, "symlink") and os.name == "posix"
pytestmark = pytest.mark.skipif(not LINKS, reason="needs links and pipes")


@pytest.fixture(scope="module")
def first(pair):
    return plan_of(pair, {**KERR, "detuning": "-30..30:5"}, "sigma,n_plus")


@pytest.fixture
def other(pair):
    """Another grid, and an array more."""
    return plan_of(pair, {**KERR, "$.sigma": "0.1..0.2:2"}, "n_plus,gamma")


@pytest.fixture
def place(tmp_path):
    """Where sweeps are stored, with foreign things around it."""
    around = tmp_path / "around"
    (around / "data" / "c").mkdir(parents=True)
    (around / "thesis.txt").write_text("three years of work")
    (around / "data" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {"mine": 1}}')
    (around / "data" / "c" / "0").write_bytes(b"measured")
    return around / "map.zarr"


@pytest.fixture(scope="module")
def stored(first, do, tmp_path_factory):
    """The store of that sweep, to be copied."""
    path = tmp_path_factory.mktemp("stored") / "map.zarr"
    do(first, path)
    return path


def snapshot(top):
    """Kind, content, link and identity of everything under a folder, no link followed."""
    found = {}
    for here, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = os.path.join(here, name)
            status = os.lstat(path)
            content = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            found[path] = (status.st_mode, status.st_ino, content)
    return found


def write(path, text="foreign"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def replace(path, put):
    """Put something foreign where the store has (or would have) something of its own."""
    if path.is_dir() and not path.is_symlink():
        shutil.move(path, path.parent.parent / f"moved-{path.name}-{len(list(path.parent.parent.iterdir()))}")
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path)


def linked(name):
    return lambda p: p.symlink_to(_around(p) / name)


def hard(name):
    return lambda p: os.link(_around(p) / name, p)


def _around(path):
    return next(parent for parent in path.parents if parent.name == "around")


OWN = (NAME, "zarr.json", "sigma/zarr.json", "n_plus/c/0/0", "kerr/c/0", "status/c/0/0", "journal/settling")
FOLDERS = ("journal", "sigma", "sigma/c", "n_plus/c/0", "kerr")
INTRUSIONS = {
    **{f"file {n}": lambda d, n=n: write(d / n) for n in (
        "notes.txt", ".hidden", "raw/run.csv", "sigma/notes.txt", "sigma/c/notes", "n_plus/c/0/0x", "n_plus/c/7/notes",
        "journal/notes", "journal/strange.rows", "gamma/results.txt", "gamma", "gamma/zarr.json", "raw/zarr.json",
        f".{NAME}.backup", "zarr.backup.partial", "journal/sub/x.rows")},
    **{f"link at {n}": lambda d, n=n: replace(d / n, linked("thesis.txt")) for n in OWN},
    **{f"hard link at {n}": lambda d, n=n: replace(d / n, hard("thesis.txt")) for n in OWN},
    **{f"link at folder {n}": lambda d, n=n: replace(d / n, linked("data")) for n in FOLDERS},
    **{f"file at folder {n}": lambda d, n=n: replace(d / n, lambda p: p.write_text("foreign")) for n in FOLDERS},
    **{f"pipe at {n}": lambda d, n=n: replace(d / n, os.mkfifo) for n in (
        "journal/pipe.rows", "sigma/c/0/0", "zarr.json", "pipe")},
    "links to rows": lambda d: replace(d / "journal/a.rows", linked("thesis.txt")),
    "dangling link": lambda d: replace(d / "gamma", linked("nowhere")),
    "loop": lambda d: replace(d / "loop", lambda p: p.symlink_to(d)),
    "group": lambda d: shutil.copytree(_around(d) / "data", d / "group", dirs_exist_ok=True),
    "folder at zarr.json": lambda d: replace(d / "zarr.json", lambda p: write(p / "x")),
    "folder at settling": lambda d: replace(d / "journal/settling", lambda p: write(p / "x")),
}  # fmt: skip


def intrude(place, names):
    """What was put there, of what could be."""
    done = []
    for name in names:
        try:
            INTRUSIONS[name](place)
            done.append(name)
        except OSError:  # an earlier one is in its way
            continue
    return done


def unharmed(top, before, ours):
    after = snapshot(top)
    for path, was in before.items():
        if path not in ours:
            assert after.get(path) == was, path


CHANCE = random.Random(11)
MIXTURES = [(name,) for name in INTRUSIONS] + [tuple(CHANCE.sample(sorted(INTRUSIONS), 3)) for _ in range(40)]


@pytest.mark.parametrize("names", MIXTURES, ids=" + ".join)
def test_a_store_changes_nothing_that_is_not_its_own(names, first, other, do, stored, place):
    shutil.copytree(stored, place)
    ours = set(snapshot(place)) | {str(place)}
    intrude(place, names)
    before = snapshot(place.parent)
    ours = {path for path in ours if path not in before or not _taken(path, names, place)}
    for plan in (first, other, first):
        with suppress(ArgumentError, StorageError):  # refused, or done; nothing else
            do(plan, place)
        unharmed(place.parent, before, ours)
    shutil.rmtree(place.parent)


def _taken(path, names, place):
    """Whether an intrusion took a name of the store's, or of a folder above it.

    A file that was put under such a name, by a hard link, is the store's to replace; under its other name it is not.
    """
    taken = [str(place / name.rpartition(" ")[2]) for name in names if " at " in name and "hard" not in name]
    return any(path == one or path.startswith(one + os.sep) for one in taken)


@pytest.mark.parametrize("names", MIXTURES[: len(INTRUSIONS) : 2], ids=" + ".join)
def test_a_folder_that_is_no_store_is_refused_and_left_alone(names, first, do, place):
    place.mkdir()
    assert intrude(place, names)
    before = snapshot(place.parent)
    with pytest.raises(ArgumentError, match=r"place of its own|marker|of the store itself"):
        do(first, place)
    assert snapshot(place.parent) == before
    for path in place.rglob("pipe*"):
        path.unlink()


def test_a_folder_named_journal_makes_no_store(first, do, place):
    """The case that once cost everything beside it."""
    for name in ("journal/diary.txt", "photos/a.jpg", "zarr.json", "raw/b.csv"):
        write(place / name)
    before = snapshot(place.parent)
    with pytest.raises(ArgumentError, match=r"place of its own.*no marker qsb-sweep\.json.*earlier version"):
        do(first, place)
    assert snapshot(place.parent) == before


def test_a_link_as_the_place_itself_is_followed_as_far_as_to_a_store(first, do, place, tmp_path):
    (tmp_path / "disk").mkdir()
    place.symlink_to(tmp_path / "disk")
    do(first, place)
    assert (tmp_path / "disk" / NAME).is_file()
    assert place.is_symlink()
    place.unlink()
    place.symlink_to(place.parent / "data")
    before = snapshot(place.parent)
    with pytest.raises(ArgumentError, match="place of its own"):
        do(first, place)
    assert snapshot(place.parent) == before


@pytest.mark.parametrize("spoil", ["plan", "arrays", "format", "version", "signature", "cut", "empty", "list"])
def test_a_marker_whose_signature_does_not_hold_is_refused(spoil, first, do, place):
    do(first, place)
    text = (place / NAME).read_text()
    said = json.loads(text)
    changed = {
        "plan": {**said, "plan": "0" * 32},
        "arrays": {**said, "arrays": {**said["arrays"], "photos": [1]}},
        "format": {**said, "format": "something else"},
        "version": {**said, "version": 99},
        "signature": {**said, "signature": said["signature"][::-1]},
        "list": [said],
    }
    (place / NAME).write_text(text[:-40] if spoil == "cut" else "" if spoil == "empty" else json.dumps(changed[spoil]))
    before = snapshot(place.parent)
    with pytest.raises(ArgumentError, match=r"signature|version"):
        do(first, place)
    assert snapshot(place.parent) == before


def test_the_points_of_a_store_without_a_marker_are_not_lost(first, do, place, tmp_path):
    do(first, place)
    (place / NAME).unlink()
    with pytest.raises(ArgumentError, match="copy its journal folder, and nothing else"):
        do(first, place)
    shutil.copytree(place / "journal", tmp_path / "new.zarr" / "journal")
    summary = do(first, tmp_path / "new.zarr")
    assert (summary.reused, summary.computed) == (first.size, 0)


def test_the_marker_says_what_was_written(first, other, do, place):
    do(first, place)
    said = json.loads((place / NAME).read_text())
    assert said["plan"] == first.digest
    assert [axis[0]["path"] for axis in said["definition"]["axes"]] == ["$.kerr", "detuning"]
    there = {entry.name for entry in place.iterdir() if entry.is_dir()} - {"journal"}
    assert set(said["arrays"]) == there
    write(place / "n_plus" / "notes.txt")
    do(other, place)
    said = json.loads((place / NAME).read_text())
    there = {entry.name for entry in place.iterdir() if entry.is_dir()} - {"journal"}
    assert set(said["arrays"]) == there == {*there} - {"detuning"}
    assert (place / "n_plus" / "notes.txt").read_text() == "foreign"
    assert open_sweep(place).gamma.shape == (3, 2)


def test_partial_files_of_a_killed_writer_go_with_their_array(first, other, do, place):
    do(first, place)
    (place / "detuning" / "c" / f"0.{'a' * 32}.partial").write_bytes(b"")
    do(other, place)
    assert not (place / "detuning").exists()


def test_a_store_is_made_by_two_at_once(first, place):
    stores = [Store(place, first), Store(place, first)]
    for store in stores:
        store.settle()
    assert open_sweep(place).sizes == {"kerr": 3, "detuning": 5}
