"""Where a record comes from: versions, date, command, and the values of the device file."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from qsb_hw import __version__
from qsb_hw.devices.catalog import device_file
from qsb_hw.explore.sweep.subject import Subject, subject_of
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.show.fields import Field, Record, Section
from qsb_hw.spec.base import Section as Spec
from qsb_hw.spec.paths import leaves, prepared
from qsb_hw.spec.quantity import Quantity

PACKAGES = ("numpy", "scipy", "qutip", "scqubits", "pint")
INPUT = Section(
    Field("file", "as given, or the name of a shipped one; null for what was built in Python"),
    Field(
        "file_sha256", "of the bytes that were read from the file, by which it is told apart from others; null likewise"
    ),
    Field("hash", "of the values that the physics rests on; tables beside the file by content"),
    Field("values", "of the device file after reading, with their units, by path"),
)
PROVENANCE = Section(
    Field("version", "of qsb_hw"),
    Field("date", "UTC, ISO 8601"),
    Field("command", "command line"),
    Field("input", "null where no device file was read", inside=INPUT),
    Field("versions", "of Python and of the packages that compute, by name"),
)


def provenance(
    arguments: Sequence[str], spec: str | None = None, device: Device | Chip | Subject | None = None
) -> Record:
    """Provenance of a command line's record; the file is not read again where what was read from it is given."""
    return PROVENANCE.record({
        "version": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["qsb-hw", *arguments]),
        "input": _input(spec, device) if spec is not None or _described(device) else None,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
    })  # fmt: skip


def _described(device: Device | Chip | Subject | None) -> bool:
    """Whether a device or chip comes from a file or a table."""
    return isinstance(device, Subject) or (device is not None and isinstance(device.spec, Spec))


def _input(spec: str | None, device: Device | Chip | Subject | None) -> Mapping[str, Any]:
    file = None if spec is None else device_file(spec)
    if device is None or isinstance(device, Subject):
        subject = subject_of(spec) if device is None else device
    else:
        place = "spec" if file is None else str(file)
        subject = Subject(prepared(device.spec), place, file_sha256=device.file_sha256)
    values = {
        path.removeprefix("$."): value.text if isinstance(value, Quantity) else value
        for path, value in leaves(subject.table)
    }
    return {"file": spec, "file_sha256": subject.file_sha256, "hash": subject.digest, "values": values}
