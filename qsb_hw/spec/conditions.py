"""Sections of a device file that are the same on all platforms: its target, and how it is computed and used."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qsb_hw import units
from qsb_hw.model.device import GivenConditions
from qsb_hw.spec.base import Section, optional
from qsb_hw.spec.quantity import Count, Quantity, Range, Reads, Time, value

LadderLevels = Annotated[Quantity, Reads(units.NUMBER, Range("between 3 and 200", 3.0, 200.0), True, "12")]
BathLevels = Annotated[Quantity, Reads(units.NUMBER, Range("between 2 and 12", 2.0, 12.0), True, "4")]


class Target(Section):
    """What the device is to do."""

    fock_state: Count = Field(description="n0, the Fock state to stabilise; whole, at least 1")


class Conditions(Section):
    """How long an experiment takes, and sizes that are otherwise chosen until the answer converges."""

    experiment_time: Time | None = optional(
        "duration of one experiment; the platform's usual one unless given. What relaxes more slowly is judged as it "
        "is at the end of it, and in the long run",
        "10 s",
    )
    levels: LadderLevels | None = optional(
        "levels of the ladder; chosen until the populations converge unless given", 12
    )
    pair_levels: LadderLevels | None = optional(
        "levels of each ladder where two complete devices are solved; chosen until S converges unless given", 4
    )
    bath_levels: BathLevels | None = optional(
        "Fock states of each auxiliary mode; chosen until the populations converge unless given", 4
    )


def given_conditions(section: Conditions | None, levels: int | None = None) -> GivenConditions:
    """What the section says; `levels` is what the platform calls so elsewhere in the file."""
    if section is None:
        return GivenConditions(levels=levels)
    sizes = (section.levels, section.pair_levels, section.bath_levels)
    own, pair, bath = (None if size is None else int(size.value) for size in sizes)
    return GivenConditions(own or levels, pair, bath, value(section.experiment_time, None))
