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
from qsb_hw.spec.paths import leaves, prepared
from qsb_hw.spec.quantity import Quantity

PACKAGES = ("numpy", "scipy", "qutip", "scqubits", "pint")
INPUT = Section(
    Field("file", "as given, or the name of a shipped one"),
    Field("hash", "of the values that the physics rests on; tables beside the file by content"),
    Field("values", "of the device file after reading, with their units, by path"),
)
PROVENANCE = Section(
    Field("version", "of qsb_hw"),
    Field("date", "UTC, ISO 8601"),
    Field("command", "command line"),
    Field("input", "null where no device file was read", inside=INPUT),
    Field("versions", "of Python and of the packages that compute"),
)


def provenance(arguments: Sequence[str], spec: str | None = None, device: Device | Chip | None = None) -> Record:
    """Provenance of a command line's record; the file is not read again where its device or chip is given."""
    return PROVENANCE.record({
        "version": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["qsb-hw", *arguments]),
        "input": None if spec is None else _input(spec, device),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
    })  # fmt: skip


def _input(spec: str, device: Device | Chip | None) -> Mapping[str, Any]:
    subject = subject_of(spec) if device is None else Subject(prepared(device.spec), str(device_file(spec)))
    values = {
        path.removeprefix("$."): value.text if isinstance(value, Quantity) else value
        for path, value in leaves(subject.table)
    }
    return {"file": spec, "hash": subject.digest, "values": values}
