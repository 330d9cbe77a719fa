"""What the instruments are set to: every tone with its frequency, strength and the transition it drives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import RenderableType

from qsb_hw.model.bath import Role, Tone
from qsb_hw.model.device import DerivedQuantity, Device
from qsb_hw.show.device import DERIVED, TONE
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import label, lines, stacked, value
from qsb_hw.show.text import quantity

SETTINGS = ("frequency", "power", "wavelength", "rabi_frequency", "photon_number")
"""Ends of the keys of derived quantities that an instrument is set by."""


@dataclass(frozen=True, slots=True)
class DrivenTone:
    """A tone of a device: its device, bath, and the lower level of the transition it drives."""

    device: str
    bath: str
    tone: Tone
    level: int

    @property
    def name(self) -> str:
        """What it does."""
        return "cooling" if self.tone.cooling else self.tone.role.value

    @property
    def transition(self) -> str:
        """Levels before and after."""
        low, high = self.level, self.level + 1
        return f"{low} → {high}" if self.tone.role is Role.AMPLIFICATION else f"{high} → {low}"


DRIVEN = Section(
    Field("device", "name of the device or node", symbol="device"),
    Field("bath", "auxiliary mode or levels that it drives", symbol="mode"),
    Field("name", "amplification, damping or cooling", symbol="tone"),
    Field("transition", "of the oscillator", symbol="transition"),
    *(Field(key, TONE[key].meaning, f"tone.{stem}", symbol=symbol, digits=digits)
      for key, stem, symbol, digits in (
          ("detuning_hz", "detuning", "δ/2π", 7), ("linewidth_hz", "linewidth", "κ/2π", 4),
          ("coupling_hz", "coupling", "g/2π", 4), ("gamma_hz", "gamma", "γ/2π", 4))),
)  # fmt: skip


def driven(devices: Sequence[Device]) -> list[DrivenTone]:
    """Every tone of some devices."""
    return [
        DrivenTone(device.name, bath.name, tone, _nearest(device, tone))
        for device in devices for bath in device.complete.baths for tone in bath.tones
    ]  # fmt: skip


INSTRUMENTS = Section(Field("tones", "every tone of every device", driven, each=DRIVEN))


def _nearest(device: Device, tone: Tone) -> int:
    return int(np.argmin(np.abs(device.complete.ladder.transition_frequencies - tone.resonance)))


def instruments_view(devices: Sequence[Device]) -> RenderableType:
    """Tones, then what is derived for the instruments, of one device or of every node."""
    several, words = len(devices) > 1, devices[0].vocabulary
    tones = DRIVEN.table(
        f"Tones of the {words.drives}", driven(devices), *(["device"] if several else []), "name", "transition",
        "detuning_hz", "linewidth_hz", "coupling_hz", "gamma_hz",
    )  # fmt: skip
    settings = [(device, one) for device in devices for one in _settings(device)]
    shown = DERIVED.table(
        "Settings", settings, *([(label("device"), lambda row: row[0].name)] if several else []),
        (label("setting"), lambda row: row[1].name),
        (value("value"), lambda row: quantity(row[1].value, row[1].unit, 7)),
        (label(""), lambda row: row[1].note),
    ) if settings else None  # fmt: skip
    return stacked(tones, shown, lines([
        f"δ: detuning of the {words.drive} from the resonance of its {words.bath}. γ = 4g²/κ.",
    ]))  # fmt: skip


def _settings(device: Device) -> Iterator[DerivedQuantity]:
    roles = tuple({role.value for role in Role} | {"cooling"})
    for one in device.derived_quantities:
        if one.key.startswith(roles) and one.key.endswith(SETTINGS):
            yield one
