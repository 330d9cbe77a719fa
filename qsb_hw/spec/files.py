"""Files a user names, read up to a limit: a device, a queue or a folder is refused before it is opened."""

from __future__ import annotations

import stat
from pathlib import Path

from qsb_hw.errors import ArgumentError, shown

LARGEST_SPEC_FILE = 256 * 1024
"""Bytes of a device file."""
LARGEST_TABLE_FILE = 16 * 1024 * 1024
"""Bytes of a table beside it."""


def read_text(path: Path, largest: int) -> str:
    """Text of a file of at most `largest` bytes, with line feeds as line ends and without a byte-order mark.

    ArgumentError, whose text begins with "must", if there is no regular file of that name, or it is not readable, too
    large, or not UTF-8 (with the line).
    """
    return text_of(read_bytes(path, largest))


def text_of(data: bytes) -> str:
    """Text in the bytes of a file, as `read_text` gives it."""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x} in line {line}"
        raise ArgumentError(f"must be UTF-8, but found {found}. Save the file as UTF-8.") from None


def read_bytes(path: Path, largest: int) -> bytes:
    """What is in a file of at most `largest` bytes; ArgumentError as `read_text`."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            problem = "must be a file, but found a directory. Name the file in it."
        elif not stat.S_ISREG(mode):
            problem = "must be a regular file, but found a device, a queue or a socket. Copy it to a file."
        else:
            with path.open("rb") as file:
                data = file.read(largest + 1)
            if len(data) <= largest:
                return data
            problem = f"must have at most {largest // 1024} KiB, but found more. Shorten it."
    except FileNotFoundError:
        raise ArgumentError("must be a readable text file, but found none of that name.") from None
    except OSError as error:
        raise ArgumentError(f"must be a readable file, but found: {error.strerror}.") from None
    except ValueError:  # a name with a NUL in it
        raise ArgumentError(f"must be the name of a file, but found {shown(str(path))}.") from None
    raise ArgumentError(problem)


def beside(source: str | Path, name: str) -> Path:
    """File called `name` in the folder of the file `source`, or below it; any other name is refused unread."""
    folder = Path(source).parent
    try:
        inside = folder.resolve()
        found = (folder / name).resolve()
        within = bool(name.strip()) and found != inside and found.is_relative_to(inside)
    except (OSError, ValueError, RuntimeError):  # a name no system can have, or links in a circle
        within = False
    if not within or Path(name).is_absolute():
        raise ArgumentError(
            f"must name a file in the folder of the device file or below, but found {shown(name)}. Copy it there."
        )
    return folder / name
