"""Section of a device file about what is turned on when; the same on all platforms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from qsb_hw.model.protocol import Protocol, Stage
from qsb_hw.spec.base import Given, Line, Section, optional
from qsb_hw.spec.mistakes import Mistake
from qsb_hw.spec.quantity import Frequency, NotNegativeNumber, Time, value


class ProtocolStage(Section):
    """One stage: how long, and what is on."""

    name: Line | None = optional("of the stage, for tables", "couple")
    duration: Time = Field(description="how long it takes")
    pumps: NotNegativeNumber | None = optional(
        "share of every pump amplitude: 0 off, 1 as specified; 1 unless given", 0
    )
    coupling: NotNegativeNumber | None = optional("share of V: 0 off, 1 as specified; 1 unless given", 0)
    detuning: Frequency | None = optional("Δ/2π of the first device, its pumps following; 0 Hz unless given", "1 MHz")
    ramp: bool = Field(default=False, description="reach these linearly over the stage, from those before")


class ProtocolSection(Section):
    """Stages of an experiment, in their order."""

    stage: Annotated[list[ProtocolStage], Field(min_length=1, max_length=50)] = Field(
        description="what is on for how long, one after the other"
    )

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """The pumps are on in some stage."""
        stages = given.table.get("stage")
        if isinstance(stages, list) and stages and all(isinstance(s, dict) and s.get("pumps") == 0 for s in stages):
            message = "must turn the pumps on in some stage, but found pumps = 0 in all. Leave `pumps` out of one."
            yield Mistake(("stage",), message)


def protocol_of(spec: Any) -> Protocol | None:
    """The protocol of a device file; None where it gives none."""
    section: ProtocolSection | None = getattr(spec, "protocol", None)
    if section is None:
        return None
    stages = [
        Stage(
            duration=stage.duration.value,
            pumps=value(stage.pumps, 1.0),
            coupling=value(stage.coupling, 1.0),
            detuning=value(stage.detuning, 0.0),
            ramp=stage.ramp,
            name=stage.name or f"stage {number}",
        )
        for number, stage in enumerate(section.stage, 1)
    ]
    return Protocol(stages)
