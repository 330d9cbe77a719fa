"""Which platforms there are, which device files ship, and how a file becomes a device."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from qsb_hw.devices.chips import as_node, device_spec, linked_chip, of_each, physics_of, twin_chip
from qsb_hw.errors import ArgumentError, ConvergenceError, Problem, SpecError, require, shown, suggestion
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.spec.base import DeviceSpec, SpecJsonSchema
from qsb_hw.spec.chip import ChipSpec, chip_of, node_model, read_chip
from qsb_hw.spec.load import FileTable, digest_of, read_toml, validate
from qsb_hw.spec.quantity import Quantity

Built = TypeVar("Built", Device, Chip)


@dataclass(frozen=True, slots=True)
class Platform:
    """A spec class and the function that builds its devices, called with the spec and the file's name.

    Where a platform knows no more of chips than its devices and V of each link, it has no more than these.
    """

    spec: type[DeviceSpec]
    build: Callable[[Any, str], Device]
    own_chip_spec: type[ChipSpec] | None = None
    own_build_chip: Callable[[Any, str], Chip] | None = None
    own_build_twins: Callable[[Device, str], Chip] | None = None
    left_tones: Callable[[Any, Device], Mapping[str, Mapping[str, Quantity]]] | None = None
    """From a spec and the device before it was changed: by section, the keys that leave its pumps as they were."""

    @property
    def chip_spec(self) -> type[ChipSpec]:
        """Class of its chip files: its own, else its device files' sections by node, and links with V."""
        return self.own_chip_spec or chip_of(self.spec)

    def build_chip(self, spec: ChipSpec, source: str) -> Chip:
        """Chip of a validated spec."""
        return self.own_build_chip(spec, source) if self.own_build_chip else plain_chip(self, spec, source)

    def build_twins(self, device: Device, source: str) -> Chip:
        """The device and its twin."""
        if self.own_build_twins:
            return self.own_build_twins(device, source)
        return twin_chip(device, device.coupling if len(device.coupling) == 2 else np.zeros((2, 2)), ())


class _Platforms(Mapping[str, Platform]):
    """Platforms by their tags, each loaded when it is asked for."""

    def __init__(self, loaders: Mapping[str, Callable[[], Platform]]) -> None:
        self._loaders, self._loaded = loaders, dict[str, Platform]()

    def __getitem__(self, tag: str) -> Platform:
        if tag not in self._loaded:
            self._loaded[tag] = self._loaders[tag]()
        return self._loaded[tag]

    def __contains__(self, tag: object) -> bool:
        return tag in self._loaders

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaders)

    def __len__(self) -> int:
        return len(self._loaders)


@cache
def platforms() -> Mapping[str, Platform]:
    """Every platform by its tag: one line each."""
    return _Platforms({"transmon_squid": _transmon_squid, "ion_trap": _ion_trap})


def _transmon_squid() -> Platform:
    from qsb_hw.devices.transmon_squid import (
        TransmonSquidChipSpec,
        TransmonSquidSpec,
        build,
        build_chip,
        build_twins,
        left_tones,
    )

    return Platform(TransmonSquidSpec, build, TransmonSquidChipSpec, build_chip, build_twins, left_tones)


def _ion_trap() -> Platform:
    from qsb_hw.devices.ion_trap import IonTrapChipSpec, IonTrapSpec, build, build_chip, build_twins, left_tones

    return Platform(IonTrapSpec, build, IonTrapChipSpec, build_chip, build_twins, left_tones)


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
    ArgumentError
        If `path` is no path.
    SpecError
        If anything is wrong with the file: everything at once, each problem with its path.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("transmon_squid")
    >>> device.target, device.complete.levels, round(device.quantity("energy_ratio").value)
    (1, 8, 80)
    """
    return device_from_spec(table_of(path), str(path))


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
        return _built(_platform(spec.platform, source).build, spec, source)
    if not isinstance(spec, Mapping):
        raise ArgumentError(f"A device must be described by a table or a spec, but found {shown(spec)}. Pass one.")
    platform = _platform(spec.get("platform"), source)
    if describes_chip(spec) and "node" not in platform.spec.model_fields:
        message = "must be left out of the file of one device, but found a chip's. Load it with load_chip."
        raise SpecError(source, (Problem("$.node", message),))
    device = _built(platform.build, validate(platform.spec, spec, source), source)
    return replace(device, file_sha256=digest_of(spec))


def load_chip(path: str | Path) -> Chip:
    """Chip described by a TOML file.

    Parameters
    ----------
    path : str or Path
        A chip file, or the bare name of one that ships ("three_transmons"). The file of a single device gives the
        device and its twin, as nodes A and B, coupled as its [pair] says; without a [pair] they are not coupled.

    Returns
    -------
    Chip

    Raises
    ------
    ArgumentError
        If `path` is no path.
    SpecError
        If anything is wrong with the file: everything at once, each problem with its path.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> chip = qh.load_chip("three_transmons")
    >>> chip.names, round(chip.coupling_between("A", "C").real / 6.28319e3)  # V/2π in kHz, with its sign
    (('A', 'C', 'B'), -158)
    """
    return chip_from_spec(table_of(path), str(path))


def chip_from_spec(spec: Mapping[str, Any] | ChipSpec | DeviceSpec, source: str = "spec") -> Chip:
    """Chip described by a table (as a TOML file would give it) or by a validated spec.

    Parameters
    ----------
    spec : mapping, ChipSpec or DeviceSpec
        Tables of a chip file, or of the file of one device, which gives the device and its twin.
    source : str
        What errors call it; files that it names are looked for beside a file of that path.

    Returns
    -------
    Chip

    Raises
    ------
    SpecError
        If anything is wrong with it: everything at once, each problem with its path.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> spec = qh.load_chip("ion_pair_mixed").spec
    >>> qh.chip_from_spec(spec).platform
    'ion_trap'
    """
    if isinstance(spec, ChipSpec):
        return _built(_platform(spec.platform, source).build_chip, spec, source)
    if isinstance(spec, Mapping) and describes_chip(spec):
        platform = _platform(spec.get("platform"), source)
        chip = _built(platform.build_chip, read_chip(platform.chip_spec, spec, source), source)
        return replace(chip, file_sha256=digest_of(spec))
    device = device_from_spec(spec, source)
    twins = _platform(device.platform, source).build_twins(device, source)
    return replace(twins, file_sha256=device.file_sha256)


def load(path: str | Path) -> Device | Chip:
    """The device or the chip that a TOML file describes, whichever it is.

    Parameters
    ----------
    path : str or Path
        A file, or the bare name of one that ships.

    Returns
    -------
    Device or Chip
        A Chip where the file has nodes.

    Raises
    ------
    ArgumentError
        If `path` is no path.
    SpecError
        If anything is wrong with the file: everything at once, each problem with its path.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> qh.load("photon_pressure").name
    'photon_pressure'
    """
    table = table_of(path)
    return chip_from_spec(table, str(path)) if describes_chip(table) else device_from_spec(table, str(path))


def describes_chip(table: Mapping[str, Any]) -> bool:
    """Whether a table is that of a chip file: it has nodes."""
    return "node" in table


def plain_chip(platform: Platform, spec: ChipSpec, source: str) -> Chip:
    """Chip of a platform that adds nothing: each device by itself, V as links give it."""
    known: dict[Any, Device] = {}

    def device(name: str, table: Mapping[str, object]) -> Device:
        own = validate(platform.spec, table, source)
        key = physics_of(own)
        if key not in known:
            known[key] = as_node(platform.build(own, source), name)
        return replace(known[key], name=name, description=own.description, spec=own)

    tables = {name: device_spec(platform.spec, spec, name, node) for name, node in spec.node.items()}
    nodes = of_each(tables, device, source)
    return linked_chip(spec, nodes, np.zeros((len(nodes), len(nodes))))


def _built(build: Callable[[Any, str], Built], spec: ChipSpec | DeviceSpec, source: str) -> Built:
    """What a validated spec describes; one that its numbers make impossible together is a problem of the whole file."""
    try:
        return build(spec, source)
    except (ArgumentError, ConvergenceError) as error:
        what = "chip" if isinstance(spec, ChipSpec) else "device"
        message = f"must describe a {what} that can be built, but found none. {error}"
        raise SpecError(source, (Problem("$", message),)) from error


def shipped_specs() -> dict[str, Path]:
    """Device files that ship with the package; `shipped_chips` has those of chips.

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
    return _shipped_of(chips=False)


def shipped_chips() -> dict[str, Path]:
    """Chip files that ship with the package.

    Returns
    -------
    dict
        Paths by name, sorted.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> "ring_of_four" in qh.shipped_chips()
    True
    """
    return _shipped_of(chips=True)


def _shipped_of(*, chips: bool) -> dict[str, Path]:
    return {n: file for n, file in _shipped().items() if _describes_chip(file, file.stat().st_mtime_ns) is chips}


@lru_cache(maxsize=64)
def _describes_chip(file: Path, _changed: int) -> bool:
    """Of a file as it was at that time: it is read once."""
    return describes_chip(read_toml(file))


def _shipped() -> dict[str, Path]:
    return {file.stem: file for file in sorted(_shipped_folder().glob("*.toml"))}


def table_of(path: str | Path) -> FileTable:
    """Table in the file of that path, or in the shipped one of that name."""
    return read_toml(device_file(path), _shipped())


def device_file(path: str | Path) -> Path:
    """File of that path, or the shipped one of that name; a path as given where there is neither.

    `ArgumentError` if it is no path.
    """
    hint = "Give its path, or the name of one that ships."
    require(isinstance(path, str | os.PathLike), "A file must be given by its path", type(path).__name__, hint)
    file = Path(path)
    try:
        there = file.exists()
    except (OSError, ValueError):  # a name no file can have: refused where it is read
        there = True
    return file if there else _shipped().get(str(path), file)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a device or chip file: one of the platforms'."""
    from pydantic.json_schema import models_json_schema

    known = platforms().values()
    specs = [*(platform.spec for platform in known), *(platform.chip_spec for platform in known)]
    references, described = models_json_schema(
        [(spec, "validation") for spec in specs], schema_generator=SpecJsonSchema
    )
    for spec in specs:
        if issubclass(spec, ChipSpec):
            _allow_like(described["$defs"], node_model(spec).__name__, spec.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "qsb_hw device or chip file",
        "oneOf": [references[spec, "validation"] for spec in specs],
        **described,
    }


def _allow_like(definitions: dict[str, Any], node: str, chip: str) -> None:
    """Let a node be like another: `like` itself, and of every section what differs."""
    complete = definitions[node]
    partial = copy.deepcopy(complete) | {"required": ["like"], "title": f"{node}Like"}
    for key, described in complete["properties"].items():
        if reference := described.get("$ref"):
            section = reference.rsplit("/", 1)[1]
            some = {k: v for k, v in definitions[section].items() if k != "required"}
            definitions[f"{section}Like"] = some | {"title": f"{section}Like"}
            partial["properties"][key] = described | {"$ref": f"{reference}Like"}
    definitions[f"{node}Like"] = partial
    either = [{"$ref": f"#/$defs/{name}"} for name in (node, f"{node}Like")]
    definitions[chip]["properties"]["node"]["additionalProperties"] = {"anyOf": either}


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
