"""Which platforms there are, which device files ship, and how a file becomes a device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from qsb_hw.errors import ArgumentError, ConvergenceError, Problem, SpecError, shown, suggestion
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.spec.base import DeviceSpec, SpecJsonSchema
from qsb_hw.spec.load import read_toml, validate


@dataclass(frozen=True, slots=True)
class Platform:
    """A spec class and the function that builds its devices, called with the spec and the file's name."""

    spec: type[DeviceSpec]
    build: Callable[[Any, str], Device]


@cache
def platforms() -> Mapping[str, Platform]:
    """Every platform by its tag: one line each."""
    from qsb_hw.devices import ion_trap, transmon_squid

    return {
        "transmon_squid": Platform(transmon_squid.TransmonSquidSpec, transmon_squid.build),
        "ion_trap": Platform(ion_trap.IonTrapSpec, ion_trap.build),
    }


def load_device(path: str | Path) -> Device:
    """Device described by a TOML file.

    Parameters
    ----------
    path : str or Path
        A file, or the bare name of one that ships ("transmon_squid").

    Returns
    -------
    Device

    Raises
    ------
    SpecError
        If anything is wrong with the file: everything at once, each problem with its path.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("transmon_squid")
    >>> device.target, device.complete.levels, round(device.quantity("energy_ratio").value)
    (1, 8, 80)
    """
    file = device_file(path)
    return device_from_spec(read_toml(file), str(path))


def device_from_spec(spec: Mapping[str, Any] | DeviceSpec, source: str = "spec") -> Device:
    """Device described by a table (as a TOML file would give it) or by a validated spec.

    Parameters
    ----------
    spec : mapping or DeviceSpec
        Sections and keys of a device file; numbers as text with their unit.
    source : str
        What errors call it; a tabulated well is looked for beside a file of that path.

    Returns
    -------
    Device

    Raises
    ------
    SpecError
        If anything is wrong with it: everything at once, each problem with its path.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> spec = qh.load_device("kerr_squid_array").spec
    >>> qh.device_from_spec(spec).platform
    'transmon_squid'
    """
    if isinstance(spec, DeviceSpec):
        return _built(_platform(spec.platform, source), spec, source)
    if not isinstance(spec, Mapping):
        raise ArgumentError(f"A device must be described by a table or a spec, but found {shown(spec)}. Pass one.")
    platform = _platform(spec.get("platform"), source)
    return _built(platform, validate(platform.spec, spec, source), source)


def load(path: str | Path) -> Device | Chip:
    """The device or the chip that a TOML file describes, whichever it is."""
    return load_device(path)


def _built(platform: Platform, spec: DeviceSpec, source: str) -> Device:
    """Device of a validated spec; a device that its numbers make impossible together is a problem of the whole file."""
    try:
        return platform.build(spec, source)
    except (ArgumentError, ConvergenceError) as error:
        message = f"must describe a device that can be built, but found none. {error}"
        raise SpecError(source, (Problem("$", message),)) from error


def shipped_specs() -> dict[str, Path]:
    """Device files that ship with the package.

    Returns
    -------
    dict
        Paths by name, sorted.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> "ion_lattice_be9" in qh.shipped_specs()
    True
    """
    return {file.stem: file for file in sorted(_shipped_folder().glob("*.toml"))}


def device_file(path: str | Path) -> Path:
    """File of that path, or the shipped one of that name; a path as given where there is neither."""
    file = Path(path)
    try:
        there = file.exists()
    except (OSError, ValueError):  # a name no file can have: refused where it is read
        there = True
    return file if there else shipped_specs().get(str(path), file)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a device file: one of the platforms'."""
    from pydantic.json_schema import models_json_schema

    specs = [platform.spec for platform in platforms().values()]
    references, definitions = models_json_schema(
        [(spec, "validation") for spec in specs], schema_generator=SpecJsonSchema
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "qsb_hw device file",
        "oneOf": [references[spec, "validation"] for spec in specs],
        **definitions,
    }


def _platform(tag: object, source: str) -> Platform:
    known = platforms()
    if isinstance(tag, str) and tag in known:
        return known[tag]
    if tag is None:
        message = f'must be given, but is missing. Write platform = "{next(iter(known))}".'
    else:
        message = f"must be a known platform, but found {shown(tag)}. {suggestion(str(tag), known)}"
    raise SpecError(source, (Problem("$.platform", message),))


def _shipped_folder() -> Path:
    package = Path(str(files("qsb_hw.devices"))).parent
    inside = package / "device_specs"
    return inside if inside.is_dir() else package.parent / "device_specs"
