"""The one place that is written to: the file, or the folder, that the command line names."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qsb_hw import __version__
from qsb_hw.devices.catalog import chip_from_spec, describes_chip, device_from_spec
from qsb_hw.errors import ArgumentError, require, shown
from qsb_hw.explore.changed import Change, changed_file
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.explorer.answer import eliminated_view
from qsb_hw.explorer.controls import Setting

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}\.toml", re.ASCII)


class ExistsError(ArgumentError):
    """A file is there already, and nobody asked to replace it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting may be saved: a file, or any new file of a folder."""

    path: Path
    is_folder: bool

    @classmethod
    def of(cls, path: Path, source: str) -> Place:
        """The place that an option names; `ArgumentError` where nothing can be written, or it is the file explored."""
        folder = path.is_dir()
        hint = "Name a new .toml file, or a folder."
        require(folder or path.suffix.lower() == ".toml", "--save must end in .toml, or be a folder", str(path), hint)
        require(folder or path.parent.is_dir(), "--save must lie in a folder that is there", str(path), hint)
        require(not path.is_symlink(), "--save must be no link", str(path), "Name what it points to.")
        same = not folder and path.exists() and Path(source).exists() and os.path.samefile(path, source)
        require(not same, "--save must be another file than the one explored", str(path), hint)
        _try_to_write(path if folder else path.parent)
        return cls(path.resolve(), folder)

    def file(self, name: str | None) -> Path:
        """The file to be written; `name` is that of one in the folder, and has no path in it."""
        if not self.is_folder:
            require(name in (None, "", self.path.name), "The file must be the one named by --save", shown(name), "")
            return self.path
        found = name if isinstance(name, str) else ""
        must = "A file must have a plain name that ends in .toml"
        require(_NAME.fullmatch(found) is not None, must, shown(name, 80), "Letters, digits, ., _ and -.")
        return self.path / found

    def write(self, text: str, source: str, name: str | None = None, replace: bool = False) -> Path:
        """Write a file, complete or not at all.

        `ExistsError` where there is one and `replace` is not asked for; `ArgumentError` where it cannot be written.
        """
        file = self.file(name)
        there = os.path.lexists(file)
        plain = not file.is_symlink() and (not there or file.is_file())
        require(plain, "The file must be a regular one", str(file), "Choose another name.")
        same = there and Path(source).exists() and os.path.samefile(file, source)
        require(not same, "The file must be another one than the one explored", str(file), "Choose another name.")
        if there and not replace:
            raise ExistsError(f"The file must be a new one, but found {file}. Replace it, or choose another name.")
        try:
            handle, begun = tempfile.mkstemp(suffix=".toml", prefix=f".{file.stem[:50]}-", dir=file.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as opened:
                    opened.write(text)
                if not replace:
                    _link(Path(begun), file)
                else:
                    os.replace(begun, file)
            finally:
                Path(begun).unlink(missing_ok=True)
        except FileExistsError:
            raise ExistsError(f"The file must be a new one, but found {file}. Choose another name.") from None
        except OSError as error:
            what = error.strerror or str(error)
            raise ArgumentError(
                f"The file must be writable, but found {file}: {what}. Choose another place."
            ) from error
        return file


def _try_to_write(folder: Path) -> None:
    """`ArgumentError` where no file can be made in a folder: only trying tells, on every system."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        what = error.strerror or str(error)
        must = f"--save must lie where files can be written, but found {shown(str(folder))}: {what}."
        raise ArgumentError(f"{must} Name another folder, or leave --save out.") from error


def _link(begun: Path, file: Path) -> None:
    """Give a file its name, unless another one has it meanwhile."""
    try:
        os.link(begun, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        with file.open("xb") as opened:
            opened.write(begun.read_bytes())


def explored_file(subject: Subject, setting: Setting, full_verdict: str | None = None) -> str:
    """Text of the file with a setting in it: origin and former value of every changed number, and both verdicts.

    `full_verdict` is that of the full model where it is known. `SpecError` for numbers that give no device,
    `ArgumentError` if a node of a chip would inherit a number that it did not have.
    """
    view = eliminated_view(subject, setting, links=())
    changes = [
        Change(path=path, text=text, origin=f"qsb-hw explore: was {_former(subject, path)}")
        for path, text in setting.texts.items()
    ]
    date = datetime.now(UTC).isoformat(timespec="seconds")
    head = (
        f"# Changed from {Path(subject.source).name} ({subject.digest}) by qsb-hw {__version__} explore, {date}.\n"
        f"# Numbers changed: {len(changes)}. Verdict with the baths eliminated: {view.verdict.value}; "
        f"of the full model: {full_verdict or 'not computed'}.\n"
    )
    return changed_file(subject, changes, subject.spec(setting.values), head)


def check_file(text: str, file: Path) -> None:
    """Read a text back as the file it will be; `SpecError` where what it names does not lie beside it."""
    import tomllib

    table = tomllib.loads(text)
    (chip_from_spec if describes_chip(table) else device_from_spec)(table, str(file))


def _former(subject: Subject, path: str) -> str:
    was = subject.number(path)
    return "not given" if was is None else was.text
