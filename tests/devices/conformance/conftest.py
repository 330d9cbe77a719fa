"""Every platform of the catalog, and a third one as small as one can be: all that a newcomer has to write."""

from __future__ import annotations

import types
from typing import Literal

import numpy as np
import pytest
from pydantic import Field

import qsb_hw as qh
from qsb_hw.devices import catalog
from qsb_hw.model.bath import Bath
from qsb_hw.model.device import DerivedQuantity, Device
from qsb_hw.model.ladder import Ladder
from qsb_hw.model.noise import Noise
from qsb_hw.model.oscillator import Decoherence, SelfOscillator
from qsb_hw.model.vocabulary import DescriptionWords, Vocabulary
from qsb_hw.spec.base import DeviceSpec, Section
from qsb_hw.spec.quantity import Count, PositiveFrequency, Time
from qsb_hw.units import to_hertz


class Resonator(Section):
    """A Kerr resonator."""

    frequency: PositiveFrequency = Field(description="ω01/2π")
    kerr: PositiveFrequency = Field(description="K/2π")
    t1: Time = Field(description="energy relaxation time")


class Reservoir(Section):
    """Both baths alike."""

    linewidth: PositiveFrequency = Field(description="κ/2π")
    coupling: PositiveFrequency = Field(description="g/2π")


class ToySpec(DeviceSpec):
    """A resonator with two reservoirs."""

    platform: Literal["toy"] = Field(description="tag of the platform")
    resonator: Resonator = Field(description="the oscillator")
    reservoir: Reservoir = Field(description="its baths")
    fock_state: Count = Field(description="n0")


def build(spec: ToySpec, source: str = "spec") -> Device:
    """Device described by a spec."""
    del source
    target = int(spec.fock_state.value)
    ladder = Ladder.kerr(spec.resonator.frequency.value, spec.resonator.kerr.value, target + 4)
    spacing = ladder.transition_frequencies
    kappa, g = spec.reservoir.linewidth.value, spec.reservoir.coupling.value
    baths = tuple(Bath.cavity(delta, kappa, g) for delta in (-spacing[target], spacing[target - 1]))
    oscillator = SelfOscillator(ladder, baths, Decoherence(t1=spec.resonator.t1.value), spec.name)
    kerr = float(to_hertz(spec.resonator.kerr.value))
    return Device(
        name=spec.name,
        platform=spec.platform,
        description=spec.description,
        spec=spec,
        complete=oscillator,
        target=target,
        coupling=np.zeros((1, 1)),
        derived_quantities=(DerivedQuantity("K", kerr, "Hz", key="kerr"),),
        vocabulary=WORDS,
    )


WORDS = Vocabulary(
    bath="reservoir",
    baths="reservoirs",
    drive="antenna",
    drives="antennas",
    descriptions={"rotating_wave": DescriptionWords(remedy="Turn the antennas down.")},
    noises={Noise.T1: "leakage"},
    noise_remedies={Noise.T1: "Close the lid."},
    remedies={"kerr_to_linewidth": "Bend the resonator more."},
    hints={"kerr": "measure the reservoirs' Kerr constant"},
)


TOML = """
name = "toy"
platform = "toy"
description = "a third platform"
fock_state = 1
[resonator]
frequency = "6 GHz"
kerr = "20 MHz"
t1 = "200 us"
[reservoir]
linewidth = "8 MHz"
coupling = "400 kHz"
"""


@pytest.fixture(scope="module")
def with_toy():
    """The catalog with one line more."""
    known = dict(catalog.platforms())
    patch = pytest.MonkeyPatch()
    more = types.MappingProxyType(known | {"toy": catalog.Platform(ToySpec, build)})
    patch.setattr(catalog, "platforms", lambda: more)
    yield
    patch.undo()


CHIP = """
name = "toys"
platform = "toy"
[node.A]
fock_state = 1
[node.A.resonator]
frequency = "6 GHz"
kerr = "20 MHz"
t1 = "200 us"
[node.A.reservoir]
linewidth = "8 MHz"
coupling = "400 kHz"
[node.B]
like = "A"
[node.B.resonator]
kerr = "21 MHz"
[node.C]
like = "A"
[link.A-B]
coupling = "-40 kHz"
[link.C-B]
coupling = "30 kHz"
"""


@pytest.fixture(scope="module")
def chips(with_toy, tmp_path_factory):
    """Every shipped chip, the toys, and a chip of every shipped device and its twin, by name."""
    folder = tmp_path_factory.mktemp("toys")
    (folder / "toys.toml").write_text(CHIP, encoding="utf-8")
    (folder / "toy.toml").write_text(TOML, encoding="utf-8")
    known = {name: qh.load_chip(name) for name in (*qh.shipped_chips(), *qh.shipped_specs())}
    return known | {"toys": qh.load_chip(folder / "toys.toml"), "toy": qh.load_chip(folder / "toy.toml")}


@pytest.fixture(scope="module")
def devices(with_toy, tmp_path_factory):
    """Every shipped device, and the toy, by name."""
    file = tmp_path_factory.mktemp("toy") / "toy.toml"
    file.write_text(TOML, encoding="utf-8")
    return {name: qh.load_device(name) for name in qh.shipped_specs()} | {"toy": qh.load_device(file)}
