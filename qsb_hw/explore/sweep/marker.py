"""What makes a folder a store of this package: a signed marker that says which study wrote what there.

Nothing else is ever written to or removed: a folder without a marker must be empty (or hold a copied journal), an
array goes only where nothing is, and of an array that is replaced only its metadata and chunks are taken away, one by
one. Links inside a store are refused, because what is written through one lands elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep.journal import MARK, SEGMENT

NAME = "qsb-sweep.json"
JOURNAL = "journal"
METADATA = "zarr.json"
FORMAT, VERSION = "qsb-hw sweep", 1
_BEGUN = re.compile(rf"\.{re.escape(NAME)}\.[0-9a-f]{{32}}\.tmp")
_PARTIAL = re.compile(r"(zarr|\d+)\.[0-9a-f]{32}\.partial")
_RESCUE = "To keep its points, copy its journal folder, and nothing else, into a new folder, and choose that."


@dataclass(frozen=True, slots=True)
class Marker:
    """Of a store.

    Attributes
    ----------
    study : str
        Digest of the study.
    definition : mapping
        What the study is, in words.
    arrays : mapping of str to sequence of int
        Everything written beside the journal: arrays by name, with their number of chunks along every dimension.
    """

    study: str
    definition: Mapping[str, Any]
    arrays: Mapping[str, Sequence[int]]

    @property
    def text(self) -> str:
        """As it is stored."""
        said = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return json.dumps({**said, "signature": _signature(said)}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    def write(self, folder: Path) -> None:
        """Put it into a store, whole or not at all."""
        begun = folder / f".{NAME}.{uuid.uuid4().hex}.tmp"
        try:
            with begun.open("x", encoding="utf-8") as file:
                file.write(self.text)
                file.flush()
                os.fsync(file.fileno())
            begun.replace(folder / NAME)
        except OSError:
            begun.unlink(missing_ok=True)
            raise


def marker_of(folder: Path) -> Marker | None:
    """Marker of a store; None where there is none.

    Raises
    ------
    ArgumentError
        If it is a link, damaged, of another version, or not one of ours.
    """
    path = folder / NAME
    _plain(path, directory=False)
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        signature = said.pop("signature")
        if said["format"] == FORMAT and said["version"] != VERSION:
            raise ArgumentError(
                f"A store must be of version {VERSION}, but found version {said['version']!r} in {path}. "
                "Use the version of qsb-hw that wrote it."
            )
        if said["format"] != FORMAT or signature != _signature(said):
            raise ValueError
        return Marker(said["study"], said["definition"], said["arrays"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ArgumentError(
            f"A store must have a marker whose signature holds, but found another one at {path}. "
            f"Choose another place. {_RESCUE}"
        ) from None


def claim(folder: Path, first: Marker) -> None:
    """Make a folder a store: one that has a marker, is empty, is not there yet, or holds a copied journal alone.

    Raises
    ------
    ArgumentError
        If it is anything else.
    OSError
        If the disk refuses.
    """
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"A sweep must be stored in a folder, but found the file {folder}. Choose another place.")
    folder.mkdir(parents=True, exist_ok=True)
    if marker_of(folder) is None:
        strangers = sorted(entry.name for entry in _entries(folder) if not _BEGUN.fullmatch(entry.name))
        if not strangers or (strangers == [JOURNAL] and _is_journal(folder / JOURNAL)):
            first.write(folder)
        elif marker_of(folder) is None:  # another process may have made it a store meanwhile
            _refuse_place(folder, strangers)


def check_inside(folder: Path, arrays: Mapping[str, Any]) -> None:
    """Raise `ArgumentError` unless everything that is written to is a plain file or folder in the store itself."""
    _plain(folder / METADATA, directory=False)
    for name in (JOURNAL, *arrays):
        if _plain(folder / name, directory=True):
            _check_tree(folder / name)
    ours = {JOURNAL, *arrays}
    for entry in _entries(folder):
        if entry.name not in ours and entry.is_dir() and any(_has(entry, n) for n in (METADATA, ".zgroup", ".zarray")):
            raise ArgumentError(
                f"A store must hold one study's arrays, but found another Zarr node at {entry.path}. Move it elsewhere."
            )


def check_free(folder: Path, names: Sequence[str]) -> None:
    """Raise `ArgumentError` if something that is not ours stands where an array is to go."""
    taken = [name for name in names if os.path.lexists(folder / name)]
    if taken:
        raise ArgumentError(
            f"Arrays must go where nothing is, but found something that no sweep wrote at {folder / taken[0]}. "
            "Move it elsewhere, or choose another place for the sweep."
        )


def remove_array(folder: Path, name: str, chunks: Sequence[int]) -> None:
    """Remove the metadata and the chunks of an array that this store wrote, and folders that are empty then."""
    top = folder / name
    for here, folders, files in os.walk(top, topdown=False):
        inside = Path(here).relative_to(top).parts
        for file in files:
            if _is_of_array((*inside, file), chunks):
                (Path(here) / file).unlink(missing_ok=True)
        for one in folders:
            with suppress(OSError):  # not empty
                (Path(here) / one).rmdir()
    with suppress(OSError):
        top.rmdir()


def _is_of_array(parts: tuple[str, ...], chunks: Sequence[int]) -> bool:
    *inside, last = parts
    if _PARTIAL.fullmatch(last):
        return True
    if not inside:
        return last == METADATA
    index = (*inside, last)
    return (
        index[0] == "c"
        and len(index) == len(chunks) + 1
        and all(k.isascii() and k.isdigit() and int(k) < n for k, n in zip(index[1:], chunks, strict=True))
    )


def _has(entry: os.DirEntry[str], name: str) -> bool:
    return os.path.lexists(os.path.join(entry.path, name))


def _refuse_place(folder: Path, strangers: Sequence[str]) -> None:
    old = {JOURNAL, METADATA} <= set(strangers)
    more = f" It may be a store of an earlier version. {_RESCUE}" if old else ""
    raise ArgumentError(
        f"A sweep must be stored in a place of its own, but found {folder}, which is something else: it holds "
        f"{strangers[0]!r} and no marker {NAME}. Choose one that is empty or not there yet.{more}"
    )


def _is_journal(folder: Path) -> bool:
    """Whether a folder holds segments of a journal and nothing else."""
    files = [Path(entry.path) for entry in _entries(folder)]
    return _plain(folder, directory=True) and all(
        _plain(file, directory=False) and (file.name == "settling" or _is_segment(file)) for file in files
    )


def _is_segment(file: Path) -> bool:
    if file.suffix != SEGMENT:
        return False
    with file.open("rb") as opened:
        return opened.read(len(MARK)) in (MARK, b"")


def _plain(path: Path, directory: bool) -> bool:
    """Whether it is there; `ArgumentError` where it is a link, or of another kind than it should be."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    right = stat.S_ISDIR(mode) if directory else stat.S_ISREG(mode)
    if not right or _is_junction(path):
        what = "a link" if stat.S_ISLNK(mode) or _is_junction(path) else "something else"
        raise ArgumentError(
            f"{path} must be a {'folder' if directory else 'file'} of the store itself, but found {what}. "
            "Remove it, or choose another place for the sweep."
        )
    return True


def _is_junction(path: Path) -> bool:
    is_junction = getattr(os.path, "isjunction", None)  # of Python 3.12, where Windows has them
    return bool(is_junction and is_junction(path))


def _check_tree(top: Path) -> None:
    for entry in _entries(top):
        directory = entry.is_dir(follow_symlinks=False)
        if _plain(Path(entry.path), directory) and directory:
            _check_tree(Path(entry.path))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return list(entries)
    return []


def _signature(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
