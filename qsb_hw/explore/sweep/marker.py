"""What makes a folder a store of this package: a signed marker that says which sweep wrote what there.

Nothing else is ever written to or removed: a folder without a marker must be empty (or hold a copied journal), an
array goes only where nothing is, and of an array that is replaced only its metadata and chunks are removed, one by
one. Links inside a store are refused, because what is written through one lands elsewhere.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import stat
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep.journal import SEGMENT

NAME = "qsb-sweep.json"
JOURNAL = "journal"
LOCK = "settling"
METADATA = "zarr.json"
FORMAT, VERSION = "qsb-hw sweep", 2
_BEGUN = re.compile(rf"\.{re.escape(NAME)}\.[0-9a-f]{{32}}\.tmp")
_PARTIAL = re.compile(r"(zarr|\d+)\.[0-9a-f]{32}\.partial")
_LINE = re.compile(rb'[0-9a-f]{8} \{"keys": |$')
_RESCUE = "To keep its points, copy its journal folder, and nothing else, into a new folder, and choose that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Marker of a store.

    Attributes
    ----------
    plan : str
        Digest of the plan of the sweep.
    definition : mapping
        The plan in words.
    arrays : mapping of str to sequence of int
        Everything written beside the journal: arrays by name, with their number of chunks along every dimension.
    """

    plan: str
    definition: Mapping[str, Any]
    arrays: Mapping[str, Sequence[int]]

    def write(self, folder: Path) -> None:
        """Put it into a store, whole or not at all."""
        content = {"format": FORMAT, "version": VERSION, **asdict(self)}
        content["signature"] = _signature(content)
        begun = folder / f".{NAME}.{uuid.uuid4().hex}.tmp"
        try:
            with begun.open("x", encoding="utf-8") as file:
                file.write(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
                file.flush()
                os.fsync(file.fileno())
            begun.replace(folder / NAME)
        finally:
            begun.unlink(missing_ok=True)


def marker_of(folder: Path) -> Marker | None:
    """Marker of a store; None if there is no such file.

    Raises
    ------
    ArgumentError
        If the file is a link, damaged, of another version, or not a marker.
    """
    path = folder / NAME
    if not _is_plain(path, directory=False):
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        signature, form, version = (content.pop(key) for key in ("signature", "format", "version"))
        if form == FORMAT and version != VERSION:
            raise ArgumentError(
                f"A store must be of version {VERSION} to be written to, but found version {version!r} in {path}. "
                "`open_sweep` still reads it; choose another place, or use the version of qsb-hw that wrote it."
            )
        if signature != _signature({"format": form, "version": version, **content}):
            raise ValueError
        return Marker(**content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError(
            f"A store must have a marker whose signature holds, but found another one at {path}. "
            f"Choose another place. {_RESCUE}"
        ) from None


def claim(folder: Path, first: Marker) -> None:
    """Make a folder a store if it does not exist yet, is empty, or holds a copied journal alone.

    Raises
    ------
    ArgumentError
        If it is anything else and no store.
    OSError
        If the file system refuses.
    """
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"A sweep must be stored in a folder, but found the file {folder}. Choose another place.")
    folder.mkdir(parents=True, exist_ok=True)
    if marker_of(folder) is not None:
        return
    foreign = sorted(entry.name for entry in _entries(folder) if not _BEGUN.fullmatch(entry.name))
    if not foreign or (foreign == [JOURNAL] and _is_journal(folder / JOURNAL)):
        first.write(folder)
    elif marker_of(folder) is None:  # another process may have made it a store meanwhile
        old = {JOURNAL, METADATA} <= set(foreign)
        more = f" It may be a store of an earlier version. {_RESCUE}" if old else ""
        raise ArgumentError(
            f"A sweep must be stored in a place of its own, but found {folder}, which is something else: it holds "
            f"{foreign[0]!r} and no marker {NAME}. Choose one that is empty or does not exist yet.{more}"
        )


def check_inside(folder: Path, arrays: Iterable[str]) -> None:
    """Raise `ArgumentError` unless everything that is written to is a regular file or folder in the store itself."""
    own = {JOURNAL, *arrays}
    _is_plain(folder / METADATA, directory=False)
    for name in own:
        if _is_plain(folder / name, directory=True):
            _check_tree(folder / name)
    for entry in _entries(folder):
        if entry.name not in own and entry.is_dir():
            nodes = (os.path.join(entry.path, name) for name in (METADATA, ".zgroup", ".zarray"))
            if any(map(os.path.lexists, nodes)):
                raise ArgumentError(
                    f"A store must hold the arrays of one sweep, but found another Zarr node at {entry.path}. "
                    "Move it elsewhere."
                )


def check_free(folder: Path, names: Iterable[str]) -> None:
    """Raise `ArgumentError` if anything exists where a new array is to go."""
    for name in names:
        if os.path.lexists(folder / name):
            raise ArgumentError(
                f"Arrays must go where nothing is, but found something that no sweep wrote at {folder / name}. "
                "Move it elsewhere, or choose another place for the sweep."
            )


def remove_array(folder: Path, name: str, chunks: Sequence[int]) -> None:
    """Remove the metadata and the chunks of an array that this store wrote, and folders that are empty then."""
    top = folder / name
    for index in itertools.product(*map(range, chunks)):
        top.joinpath("c", *map(str, index)).unlink(missing_ok=True)
    (top / METADATA).unlink(missing_ok=True)
    for here, _, files in os.walk(top, topdown=False):
        for file in filter(_PARTIAL.fullmatch, files):
            os.unlink(os.path.join(here, file))
        with suppress(OSError):  # not empty
            os.rmdir(here)


def _is_journal(folder: Path) -> bool:
    """Whether a folder holds segments of a journal and nothing else."""
    return _is_plain(folder, directory=True) and all(
        _is_plain(path, directory=False) and (path.name == LOCK or _is_segment(path)) for path in folder.iterdir()
    )


def _is_segment(file: Path) -> bool:
    with file.open("rb") as opened:
        return file.suffix == SEGMENT and _LINE.match(opened.read(32)) is not None


def _is_plain(path: Path, directory: bool) -> bool:
    """Whether it exists; `ArgumentError` if it is a link, or of another kind than it should be."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    link = stat.S_ISLNK(mode) or getattr(os.path, "isjunction", lambda _: False)(path)
    if link or not (stat.S_ISDIR(mode) if directory else stat.S_ISREG(mode)):
        raise ArgumentError(
            f"{path} must be a {'folder' if directory else 'file'} of the store itself, but found "
            f"{'a link' if link else 'something else'}. Remove it, or choose another place for the sweep."
        )
    return True


def _check_tree(top: Path) -> None:
    for entry in _entries(top):
        directory = entry.is_dir(follow_symlinks=False)
        if _is_plain(Path(entry.path), directory) and directory:
            _check_tree(Path(entry.path))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return list(entries)
    return []


def _signature(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
