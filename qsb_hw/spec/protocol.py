"""Section of a device or chip file about what is turned on when; the same on all platforms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from qsb_hw.errors import shown, suggestion
from qsb_hw.model.protocol import Protocol, Setting, Stage
from qsb_hw.spec.base import Given, Line, Section, optional
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Flux, Frequency, NotNegativeNumber, Time, value

NEVER_PUMPED = Mistake(
    ("stage",), "must turn the pumps on in some stage, but found pumps = 0 in all. Leave `pumps` out of one."
)
TUNING = "what pumps do where a stage moves a flux: retuned, they follow; left, frequency and power stay"
MOST_STAGES = 50


class AnyStage(Section):
    """What stages of devices and of chips share: how long, and what is on."""

    name: Line | None = optional("of the stage, for tables", "couple")
    duration: Time = Field(description="how long it takes")
    pumps: NotNegativeNumber | None = optional(
        "share of every pump amplitude: 0 off, 1 as specified; 1 unless given", 0
    )
    coupling: NotNegativeNumber | None = optional("share of every V: 0 off, 1 as specified; 1 unless given", 0)
    ramp: bool = Field(default=False, description="reach these linearly over the stage, from those before")


class ProtocolStage(AnyStage):
    """One stage of a device and its twin."""

    detuning: Frequency | None = optional("Δ/2π of the first device, its pumps following; 0 Hz unless given", "1 MHz")
    flux: Flux | None = optional(
        "flux bias of the first device: ladder, matrix elements and g0 move together; flux_bias unless given",
        "0.2 Phi_0",
    )


class ChipStage(AnyStage):
    """One stage of a chip."""

    pumps_of: dict[str, NotNegativeNumber] = Field(
        default={}, description="share of the pump amplitudes of some nodes, instead of `pumps`", examples=[{"A": 0}]
    )
    coupling_of: dict[str, NotNegativeNumber] = Field(
        default={}, description="share of V of some links, instead of `coupling`", examples=[{"A-B": 0}]
    )
    detuning: dict[str, Frequency] = Field(
        default={}, description="by which all spacings of a node are raised, its pumps following; over 2π",
        examples=[{"B": "1 MHz"}],
    )  # fmt: skip
    flux: dict[str, Flux] = Field(
        default={},
        description="flux bias of a node: its ladder, matrix elements, g0 and V move together; flux_bias unless given",
        examples=[{"B": "0.2 Phi_0"}],
    )

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """One way to say what is on."""
        for key in ("pumps", "coupling"):
            if key in given.table and f"{key}_of" in given.table:
                yield Mistake((), f"must have only one of {key} or {key}_of. Remove one.")


class AnyProtocol(Section):
    """What protocols of devices and of chips share."""

    tuning: Literal["retuned", "left"] = Field(default="retuned", description=TUNING)

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """The pumps are on in some stage."""
        if (stages := _tables(given.table)) and all("pumps_of" not in s and _off(s.get("pumps")) for s in stages):
            yield NEVER_PUMPED


class ProtocolSection(AnyProtocol):
    """Stages of an experiment, in their order."""

    stage: Annotated[list[ProtocolStage], Field(min_length=1, max_length=MOST_STAGES)] = Field(
        description="what is on for how long, one after the other"
    )


class ChipProtocolSection(AnyProtocol):
    """Stages of an experiment with a chip, in their order."""

    stage: Annotated[list[ChipStage], Field(min_length=1, max_length=MOST_STAGES)] = Field(
        description="what is on for how long, one after the other"
    )


def chip_protocol_rules(nodes: Sequence[str], given: object) -> Iterator[Mistake]:
    """Rules: every name in a stage of a chip is that of a node, or joins two; the pumps are on somewhere."""
    stages = _tables(given)
    for number, stage in enumerate(stages):
        for key in ("pumps_of", "detuning", "flux", "coupling_of"):
            named = stage.get(key)
            for name in named if isinstance(named, Mapping) else ():
                at = ("protocol", "stage", number, key, str(name))
                ends = str(name).split("-") if key == "coupling_of" else [str(name)]
                unknown = [end for end in ends if end not in nodes]
                if key == "coupling_of" and (len(ends) != 2 or len(set(ends)) != 2):
                    message = f"must join two nodes, but found {shown(name)}. Write it like A-B."
                    yield Mistake(at, message)
                elif unknown:
                    hint = suggestion(unknown[0], nodes, f"Nodes are {', '.join(nodes)}.")
                    yield Mistake(at, f"must name a node of the file, but found {shown(unknown[0])}. {hint}")
    if any("pumps_of" in stage for stage in stages) and all(_dark(stage, nodes) for stage in stages):
        yield Mistake(("protocol", *NEVER_PUMPED.at), NEVER_PUMPED.message)


def _tables(protocol: object) -> list[Mapping[str, Any]]:
    """The stages of a protocol that are tables."""
    stages = protocol.get("stage") if isinstance(protocol, Mapping) else None
    return [stage if isinstance(stage, Mapping) else {} for stage in stages] if isinstance(stages, list) else []


def _dark(stage: Mapping[str, Any], nodes: Sequence[str]) -> bool:
    """Whether every node's pumps are off in a stage of a chip."""
    by_name = stage.get("pumps_of")
    if not isinstance(by_name, Mapping):
        return _off(stage.get("pumps"))
    return all(_off(by_name.get(node)) for node in nodes)


def _off(share: object) -> bool:
    """Whether a share is zero, with or without its source."""
    number = share.get("value") if isinstance(share, Mapping) else share
    return not isinstance(number, bool) and number == 0


def protocol_of(spec: Any) -> Protocol | None:
    """The protocol of a device or chip file; None where it gives none."""
    section: ProtocolSection | ChipProtocolSection | None = getattr(spec, "protocol", None)
    if section is None:
        return None
    given: Sequence[ProtocolStage | ChipStage] = section.stage
    stages = [
        Stage(
            duration=stage.duration.value,
            pumps=_several(stage, "pumps"),
            coupling=_several(stage, "coupling"),
            detuning=_read(stage.detuning, 0.0),
            flux=_read(stage.flux, None),
            ramp=stage.ramp,
            name=stage.name or f"stage {number}",
        )
        for number, stage in enumerate(given, 1)
    ]
    return Protocol(stages, section.tuning)


def _several(stage: AnyStage, key: str) -> Setting:
    by_name: Mapping[str, float] | None = _read(getattr(stage, f"{key}_of", {}), None)
    return value(getattr(stage, key), 1.0) if by_name is None else by_name


def _read(given: Any, rest: Any) -> Any:
    """A number or several by name; `rest` where none is given."""
    if isinstance(given, Mapping):
        return {name: number.value for name, number in given.items()} if given else rest
    return value(given, rest)
