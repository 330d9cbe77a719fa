"""Names of noises, and noise that is slow against a run: what Lindblad channels do not describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from qsb_hw._typing import Floats
from qsb_hw.arguments import real, real_array
from qsb_hw.errors import require, suggestion
from qsb_hw.lindblad.operators import frozen

_AMOUNT = "Slow noise must move levels and resonances by a finite amount, in rad/s."


class Noise(Enum):
    """A row of the noise budget; the values are what the command line calls them."""

    T1 = "t1"
    DEPHASING = "dephasing"
    TEMPERATURE = "temperature"
    HEATING = "heating"
    RECOIL = "recoil"
    CAVITY_KERR = "cavity-kerr"
    CHARGE = "charge-dispersion"
    FLUX = "flux-noise"
    FREQUENCY = "frequency-noise"


class SlowLaw(Enum):
    """How a slow quantity is distributed over the runs."""

    FLICKER = "1/f"
    """Gaussian; one-sided density 1/f per Hz, so that the variance is ln(f_high/f_low)."""
    PERIODIC = "cosine of a uniform phase"
    """Arcsine on [−1, 1]: an offset charge that wanders through many periods."""


@dataclass(frozen=True, slots=True, eq=False)
class SlowNoise:
    """Noise that is constant during one run and differs between runs; x is its value."""

    noise: Noise  # the row it belongs to
    where: str  # what it moves: "oscillator", or the name of a tone's role
    law: SlowLaw  # distribution of x
    levels: Floats  # (n,): shift of every level at x = 1, rad/s
    resonances: tuple[float, ...] = ()  # shift of every bath's every tone's resonance at x = 1, rad/s; empty for none
    nominal: float = 0.0  # the x at which the device is tuned
    remedy: str = ""  # what to change

    def __post_init__(self) -> None:
        levels = real_array("Shifts of levels by slow noise", self.levels, _AMOUNT)
        real_array("Shifts of resonances by slow noise", self.resonances, _AMOUNT)
        real("The nominal value of slow noise", self.nominal, "Give the x at which the device is tuned.")
        object.__setattr__(self, "levels", frozen(levels))


def noises_named(names: Sequence[str]) -> tuple[Noise, ...]:
    """Noises by their names; all of them for none; `ArgumentError` if a name is not known."""
    known = {noise.value: noise for noise in Noise}
    for name in names:
        require(name in known, "A noise must be one that is known", repr(name), suggestion(name, known))
    return tuple(known[name] for name in dict.fromkeys(names)) or tuple(Noise)
