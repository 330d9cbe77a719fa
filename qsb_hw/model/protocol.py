"""What is turned on when: stages of an experiment, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw.arguments import real
from qsb_hw.errors import require
from qsb_hw.model.network import Network, Oscillator
from qsb_hw.model.oscillator import SelfOscillator


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: how long, and what is on.

    Attributes
    ----------
    duration : float
        In s (in the inverse unit of the rates).
    pumps, coupling : float
        Share of the amplitude g of every stabilising and cooling tone, and of V: 0 off, 1 as specified.
    detuning : float
        Δ in rad/s by which the first oscillator is raised, its tones following.
    ramp : bool
        Whether these are reached linearly over the stage, from those of the stage before (from everything off in the
        first); else they hold from its beginning.
    name : str
        For tables.

    Raises
    ------
    ArgumentError
        If the duration is not positive, or a share is negative.
    """

    duration: float
    pumps: float = 1.0
    coupling: float = 1.0
    detuning: float = 0.0
    ramp: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        real("A stage's duration", self.duration, "Leave out stages that take no time.", above=0.0)
        for what in ("pumps", "coupling"):
            real(f"A stage's `{what}`", getattr(self, what), "Give 0 for off, 1 for as specified.", least=0.0)
        real("A stage's detuning", self.detuning, "Give Δ in rad/s.")

    def between(self, before: Stage, share: float) -> Stage:
        """What is on when a share of a ramp from the stage before is over."""
        mixed = {
            name: (1 - share) * getattr(before, name) + share * getattr(self, name)
            for name in ("pumps", "coupling", "detuning")
        }
        return replace(self, **mixed)


@dataclass(frozen=True, slots=True, init=False)
class Protocol:
    """Stages one after the other.

    Parameters
    ----------
    stages : sequence of Stage

    Raises
    ------
    ArgumentError
        If there is no stage, or the pumps are on in none.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> protocol = qh.Protocol([qh.Stage(duration=5e-6, coupling=0), qh.Stage(duration=2e-6)])
    >>> round(protocol.duration * 1e6, 3)
    7.0
    """

    stages: tuple[Stage, ...]

    def __init__(self, stages: Sequence[Stage]) -> None:
        good = len(stages) > 0 and all(isinstance(stage, Stage) for stage in stages)
        require(good, "A protocol must be made of stages", f"{stages!r}"[:80], "List at least one Stage.")
        pumped = any(stage.pumps > 0 for stage in stages)
        hint = "Without pumps no Fock state is stabilised: leave `pumps` out of a stage, or give 1."
        require(pumped, "A protocol must turn the pumps on in some stage", "pumps = 0 in all", hint)
        object.__setattr__(self, "stages", tuple(stages))

    @property
    def duration(self) -> float:
        """Of all stages together."""
        return float(sum(stage.duration for stage in self.stages))


OFF = Stage(duration=1.0, pumps=0.0, coupling=0.0)
"""Before the first stage."""


def network_during(network: Network, stage: Stage) -> Network:
    """The network with what is on in a stage; `ArgumentError` where an eliminated oscillator's pumps are not."""
    first, *others = network.oscillators
    oscillators = [first.detuned(stage.detuning) if stage.detuning else first, *others]
    return Network([_pumped(one, stage.pumps) for one in oscillators], stage.coupling * np.asarray(network.coupling))


def _pumped(oscillator: Oscillator, share: float) -> Oscillator:
    if share == 1:
        return oscillator
    complete = isinstance(oscillator, SelfOscillator)
    must = "Pumps must be turned down in complete oscillators"
    require(complete, must, "an eliminated one", "Keep the baths: rates follow pumps at once only where they are slow.")
    assert isinstance(oscillator, SelfOscillator)
    baths = [bath.with_tones(lambda tone: replace(tone, coupling=share * tone.coupling)) for bath in oscillator.baths]
    return replace(oscillator, baths=tuple(baths))
