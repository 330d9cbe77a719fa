"""What makes a folder a store of this package: a signed marker that says which sweep wrote what there.

Nothing else is ever written to or removed. Links inside a store are refused: what is written through one lands
elsewhere.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import stat
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep.journal import SEGMENT
from qsb_hw.explore.sweep.plan import SweepPlan

NAME = "qsb-sweep.json"
JOURNAL = "journal"
LOCK = "settling"
METADATA = "zarr.json"
FORMAT, VERSION = "qsb-hw sweep", 2
_BEGUN = re.compile(rf"\.{re.escape(NAME)}\.[0-9a-f]{{32}}\.tmp")
_PARTIAL = re.compile(r"(zarr|\d+)\.[0-9a-f]{32}\.partial")
_LINE = re.compile(rb'[0-9a-f]{8} \{"keys": |$')
_RESCUE = "To keep its points, copy its journal folder, and nothing else, into a new folder, and choose that."


def write_marker(folder: Path, plan: SweepPlan, arrays: Mapping[str, Sequence[int]]) -> None:
    """Put a marker into a store, whole or not at all: its plan, and its arrays with their numbers of chunks."""
    said = {"plan": plan.digest, "definition": plan.definition, "arrays": arrays}
    content = {"format": FORMAT, "version": VERSION, **said}
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


def arrays_written(folder: Path) -> dict[str, list[int]] | None:
    """Arrays that the marker of a store lists, with their numbers of chunks; None if there is no marker."""
    path, content = folder / NAME, None
    if not _is_plain(path, directory=False):
        return None
    with suppress(ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
    said: dict[str, Any] = content if isinstance(content, dict) else {}
    signature, version = said.pop("signature", None), said.get("version")
    if said.get("format") == FORMAT and version != VERSION:
        raise ArgumentError(
            f"A store must be of version {VERSION} to be written to, but found version {version!r} in {path}. "
            "`open_sweep` still reads it; choose another place, or use the version of qsb-hw that wrote it."
        )
    if signature != _signature(said):
        raise ArgumentError(
            f"A store must have a marker whose signature holds, but found another one at {path}. "
            f"Choose another place. {_RESCUE}"
        )
    found: dict[str, list[int]] = said["arrays"]
    return found


def claim(folder: Path, plan: SweepPlan) -> None:
    """Make a folder a store if it does not exist yet, is empty, or holds a copied journal alone; else refuse it."""
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"A sweep must be stored in a folder, but found the file {folder}. Choose another place.")
    folder.mkdir(parents=True, exist_ok=True)
    if arrays_written(folder) is not None:
        return
    foreign = sorted(entry.name for entry in _entries(folder) if not _BEGUN.fullmatch(entry.name))
    if not foreign or (foreign == [JOURNAL] and _is_journal(folder / JOURNAL)):
        write_marker(folder, plan, {})
    elif arrays_written(folder) is None:  # another process may have made it a store meanwhile
        old = {JOURNAL, METADATA} <= set(foreign)
        more = f" It may be a store of an earlier version. {_RESCUE}" if old else ""
        raise ArgumentError(
            f"A sweep must be stored in a place of its own, but found {folder}, which is something else: it holds "
            f"{foreign[0]!r} and no marker {NAME}. Choose one that is empty or does not exist yet.{more}"
        )


def check_inside(folder: Path) -> None:
    """Raise `ArgumentError` unless everything that is written to is a regular file or folder in the store itself."""
    own = {JOURNAL, *(arrays_written(folder) or ())}
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
