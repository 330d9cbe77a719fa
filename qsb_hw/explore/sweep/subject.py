"""What is varied: the numbers of a device file, of a chip file or of a model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from qsb_hw.analysis.conditions import ELIMINATED, Requested
from qsb_hw.arguments import whole
from qsb_hw.devices.catalog import chip_from_spec, describes_chip, device_file, device_from_spec, platforms, table_of
from qsb_hw.devices.pumps import LEFT, PUMPS, RETUNED, left_alone
from qsb_hw.errors import ArgumentError, require, shown, suggestion
from qsb_hw.explore.sweep.models import MODELS, KerrCavities, LorentzianPair
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.spec.base import DeviceSpec, Section
from qsb_hw.spec.chip import ChipSpec
from qsb_hw.spec.load import digest_of, validate
from qsb_hw.spec.paths import ANY_NAME, SpecField, Table, field_at, leaves, prepared, with_value
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import written

_NOT_PHYSICS = ("$.name", "$.description")
_FILES = re.compile(r"\$(?:\.node\.\w+)?\.(?:potential|capacitance)\.file")
"""Paths of files beside the file: what is in them is part of the physics."""
_NAMED = re.compile(r"\$\.(node|link)\.([^.\[]+)\.(.+)")
_AT_REST: dict[str, Device | Chip] = {}
_ENTRY = re.compile(r"(\$\.capacitance\.matrix)\[(\d+)\]\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Subject:
    """A device file, a chip file or a model, ready to be varied and sent to a worker.

    `table` is as `qsb_hw.spec.paths.prepared` gives it, `source` the path of the file, for errors and files beside it.
    `pumps` says what pumps do when other numbers are varied: `RETUNED`, or `LEFT` as they are in the file.
    `network_levels` are those of each ladder of a chip's network; chosen unless given. `file_sha256` is that of the
    bytes of the file, None for what was read from none.
    """

    table: Table = field(repr=False)
    source: str
    pumps: str = RETUNED
    network_levels: int | None = None
    file_sha256: str | None = field(default=None, repr=False, compare=False)

    @property
    def spec_class(self) -> type[Section]:
        """The class its tables are validated by."""
        if self.dimensionless:
            return MODELS[self.table["model"]]
        platform = platforms()[self.table["platform"]]
        return platform.chip_spec if self.is_chip else platform.spec

    @property
    def is_chip(self) -> bool:
        """Whether it is the file of a chip."""
        return describes_chip(self.table)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the nodes of a chip, in its order."""
        return tuple(self.table["node"]) if self.is_chip else ()

    def node_named(self, name: str) -> str:
        """The name, if a node has it; `ArgumentError` that names the nodes if none has."""
        nodes = ", ".join(self.nodes)
        near = partial(suggestion, name, self.nodes, "Name one of these.")
        require(name in self.nodes, f"A node must be one of {nodes}", repr(name), near)
        return name

    @property
    def name(self) -> str:
        """Name in the file, else the tag of the model."""
        return str(self.table.get("name") or self.table.get("model"))

    @property
    def description(self) -> str:
        """Description in the file, "" for none."""
        return str(self.table.get("description") or "")

    @property
    def is_pair_model(self) -> bool:
        """Whether there is nothing but two eliminated oscillators."""
        return self.table.get("model") == "lorentzian_pair"

    @property
    def dimensionless(self) -> bool:
        """Whether its numbers are pure: it is a model and no device."""
        return "model" in self.table

    def field(self, path: str) -> SpecField:
        """Numeric field at a path, its nodes and links among the file's; `ArgumentError` if there is none."""
        return field_at(self.spec_class, next(iter(self.expanded(path))))

    def expanded(self, path: str) -> tuple[str, ...]:
        """The paths meant by one: ``$.node.*.key`` is that key of every node, a link may be named from either end."""
        named = _NAMED.fullmatch(path) if self.is_chip else None
        if named is None:
            return (path,)
        kind, name, rest = named.groups()
        if name == ANY_NAME:
            names = self.nodes if kind == "node" else (*self.table.get("link", {}),)
            require(bool(names), f"{path} must have a {kind} to be varied", "none in the file", "Name a number.")
        else:
            names = (self.node_named(name) if kind == "node" else self._link_named(name),)
        return tuple(f"$.{kind}.{one}.{rest}" for one in names)

    def _link_named(self, name: str) -> str:
        """The name of a link as the file has it, or in the order of the chip if the file has none of these nodes."""
        ends = name.split("-")
        must = "A link must be between two nodes, like " + "-".join((self.nodes * 2)[:2])
        require(len(ends) == 2 and ends[0] != ends[1], must, repr(name), "Join two names with a hyphen.")
        pair = sorted((self.node_named(end) for end in ends), key=self.nodes.index)
        names = ("-".join(pair), "-".join(pair[::-1]))
        return next((one for one in names if one in self.table.get("link", {})), names[0])

    def spec(self, values: Mapping[str, float] | None = None) -> Section:
        """The validated spec, with some of its fields set in internal units, within their ranges.

        Where pumps are left as they are, what sets them is replaced by what keeps them.
        """
        found = self._spec(values or {})
        if self.pumps == RETUNED or not values:
            return found
        return validate(self.spec_class, left_alone(found, _built_at_rest(self), [*values]), self.source)

    def _spec(self, values: Mapping[str, float]) -> Section:
        table: Any = self.table
        for path, value in values.items():
            field = self.field(path)
            text, within = written(value, field.reads.kind), field.reads.within
            require(within.holds(value), f"{path} must be {within.words}", text, "Stay within its range.")
            table = with_value(table, field.keys, Quantity(value, text))
            if (mirror := mirrored(field.path)) and mirror not in values:  # C_jk is C_kj
                table = with_value(table, self.field(mirror).keys, Quantity(value, text))
        return validate(self.spec_class, table, self.source)

    def build(self, values: Mapping[str, float] | None = None) -> Device | Chip | EffectiveOscillator:
        """The device or chip with those values; of a model of two eliminated oscillators one of them."""
        spec = self.spec(values)
        if isinstance(spec, ChipSpec):
            return chip_from_spec(spec, self.source)
        if isinstance(spec, DeviceSpec):
            return device_from_spec(spec, self.source)
        assert isinstance(spec, LorentzianPair | KerrCavities)
        return spec.build()

    def number(self, path: str) -> Quantity | None:
        """Number of the file at a path; None if there is none."""
        found = dict(leaves(self.table)).get(self.field(path).path)
        return found if isinstance(found, Quantity) else None

    def canonical(self) -> dict[str, str]:
        """Everything the physics depends on, by path; numbers exactly, files beside the file by their hash.

        The order of the nodes is that of V and of the answers, and links that are named are judged: both count too.
        """
        values = ((path, value) for path, value in leaves(self.table) if path not in _NOT_PHYSICS)
        found = {path: repr(value.value) if isinstance(value, Quantity) else str(value) for path, value in values}
        for path in filter(_FILES.fullmatch, [*found]):
            content = Path(self.source).parent / found[path]
            if content.is_file():
                found[path] = hashlib.sha256(content.read_bytes()).hexdigest()
        if self.is_chip:
            found["nodes"], found["links"] = ", ".join(self.nodes), ", ".join(self.table.get("link", {}))
        if self.pumps != RETUNED:
            found["pumps"] = self.pumps
        if self.network_levels is not None:
            found["network_levels"] = str(self.network_levels)
        return found

    @property
    def digest(self) -> str:
        """Hash of everything the physics depends on."""
        lines = (f"{path}={text}" for path, text in sorted(self.canonical().items()))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _built_at_rest(subject: Subject) -> Device | Chip:
    """What a file describes as it is, built once in a process."""
    key = f"{subject.source}\n{subject.digest}"
    if key not in _AT_REST:
        built = replace(subject, pumps=RETUNED).build()
        assert isinstance(built, Device | Chip)
        _AT_REST.clear()
        _AT_REST[key] = built
    return _AT_REST[key]


def mirrored(path: str) -> str | None:
    """Path of the entry across the diagonal of a capacitance matrix; None for any other number."""
    found = _ENTRY.fullmatch(path)
    return f"{found[1]}[{found[3]}][{found[2]}]" if found and found[2] != found[3] else None


def with_pumps(subject: Subject, pumps: str) -> Subject:
    """The subject with its pumps retuned or left; refused where there are none to leave."""
    must = "`pumps` must be retuned or left"
    require(pumps in PUMPS, must, repr(pumps), lambda: suggestion(pumps, PUMPS, "Choose one of these."))
    if pumps == LEFT:
        hint = "Leave `pumps` out, or name a device file."
        require(not subject.dimensionless, "Pumps that are left must be those of a device", subject.name, hint)
        known = platforms()[subject.table["platform"]].left_tones is not None
        hint = "Its platform does not say how; retune them."
        require(known, "Pumps that are left must be known to the platform", subject.table["platform"], hint)
    return replace(subject, pumps=pumps)


def under_conditions(
    subject: Subject, settings: Mapping[str, Any] | Requested | None, pumps: str | None = None
) -> tuple[Subject, Requested]:
    """A subject and what is requested of it; what only chips have, and what pumps do, goes with the subject."""
    found = subject if pumps is None else with_pumps(subject, pumps)
    if isinstance(settings, Requested):
        return found, settings
    known = dict(settings or {})
    if found.is_chip and (levels := known.pop("network_levels", None)) is not None:
        whole("`network_levels`", levels, "Leave it out to have them chosen.", least=2)
        found = replace(found, network_levels=int(levels))
    return found, ELIMINATED.with_settings(known)


def subject_of(spec: Any) -> Subject:
    """Subject of a path, the name of a shipped file, a table, a validated spec, a device or a chip."""
    if isinstance(spec, Subject):
        return spec
    if isinstance(spec, Device | Chip):
        hint = "Pass the path of its file, or its table."
        known = isinstance(spec.spec, Section)
        require(known, "A device or chip must come from a file or a table", spec.name, hint)
        if isinstance(spec, Chip):
            _refuse_changed(spec)
        return replace(subject_of(spec.spec), file_sha256=spec.file_sha256)
    if isinstance(spec, Section):
        return Subject(prepared(spec), "spec")
    if isinstance(spec, str | Path):
        return _validated(table_of(spec), str(device_file(spec)))
    if isinstance(spec, Mapping):
        return _validated(spec, "spec")
    raise ArgumentError(
        f"A device or chip must be given by its file or a table, but found {type(spec).__name__}. Pass one."
    )


def _refuse_changed(chip: Chip) -> None:
    """`ArgumentError` for a chip that is no longer what its spec describes: detuned, or a part of one."""
    described = chip_from_spec(chip.spec)
    same = described.names == chip.names and np.allclose(described.coupling, chip.coupling, rtol=1e-9, atol=0)
    same = same and all(
        np.allclose(one.complete.ladder.energies, other.complete.ladder.energies, rtol=1e-12, atol=0)
        for one, other in zip(described.nodes, chip.nodes, strict=True)
    )
    hint = "Vary what changes it, detuning[NODE] for instance, or write its own file."
    require(same, "A chip must be as its file describes it", f"{chip.name}, changed since", hint)


def _validated(table: Mapping[str, Any], source: str) -> Subject:
    digest = digest_of(table)
    if "model" in table:
        tag = table["model"]
        if not isinstance(tag, str) or tag not in MODELS:
            raise ArgumentError(f"`model` must be one of {', '.join(MODELS)}, but found {shown(tag)}. Correct it.")
        return Subject(prepared(validate(MODELS[tag], table, source)), source, file_sha256=digest)
    if describes_chip(table):
        return Subject(prepared(chip_from_spec(table, source).spec), source, file_sha256=digest)
    return Subject(prepared(device_from_spec(table, source).spec), source, file_sha256=digest)
