"""Which platforms there are, which device files ship, and how a file becomes a device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from qsb_hw.errors import ArgumentError, ConvergenceError, Problem, SpecError, shown, suggestion
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

    Raises
    ------
    SpecError
        Everything wrong with the file at once, each problem with its path.
    """
    file = device_file(path)
    return device_from_spec(read_toml(file), str(path))


def device_from_spec(spec: Mapping[str, Any] | DeviceSpec, source: str = "spec") -> Device:
    """Device described by a table (as a TOML file would give it) or by a validated spec.

    Raises
    ------
    SpecError
        Everything wrong with it at once, each problem with its path.
    """
    if isinstance(spec, DeviceSpec):
        return _built(_platform(spec.platform, source), spec, source)
    if not isinstance(spec, Mapping):
        raise ArgumentError(f"A device must be described by a table or a spec, but found {shown(spec)}. Pass one.")
    platform = _platform(spec.get("platform"), source)
    return _built(platform, validate(platform.spec, spec, source), source)


def _built(platform: Platform, spec: DeviceSpec, source: str) -> Device:
    """Device of a validated spec; what only its numbers together make impossible is said of the whole file."""
    try:
        return platform.build(spec, source)
    except (ArgumentError, ConvergenceError) as error:
        message = f"must describe a device that can be built, but found none. {error}"
        raise SpecError(source, (Problem("$", message),)) from error


def shipped_specs() -> dict[str, Path]:
    """Device files that ship, by name, sorted."""
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
