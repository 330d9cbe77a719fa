"""What is turned on when: stages of an experiment, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.arguments import real
from qsb_hw.errors import require, suggestion
from qsb_hw.model.network import Network, Oscillator
from qsb_hw.model.oscillator import SelfOscillator

TUNINGS = ("retuned", "left")
"""What the pumps do where a flux changes: follow the ladder, or keep their frequency and power."""
Setting = float | Mapping[str, float]
"""One number, or one for each node (or link) named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: how long, and what is on.

    Attributes
    ----------
    duration : float
        In s (in the inverse unit of the rates).
    pumps : float or dict of str to float
        Share of the amplitude g of every stabilising and cooling tone: 0 off, 1 as specified; of all nodes, or by the
        name of a node, where nodes that are not named have 1.
    coupling : float or dict of str to float
        Share of V likewise; of all links, or by link ("A-B").
    detuning : float or dict of str to float
        Rad/s by which all spacings are raised, tones following; a number is of the first oscillator.
    flux : float or dict of str to float, optional
        Flux bias in Wb; a number is of the first oscillator. The device is built anew at that flux, which moves its
        ladder, matrix elements, g0 and V together. As in the file unless given.
    ramp : bool
        Whether these are reached linearly over the stage, from those of the stage before (from everything off, at the
        file's flux, in the first); else they hold from its beginning.
    name : str
        For tables.

    Raises
    ------
    ArgumentError
        If the duration is not positive, a share is negative, or a number is not finite.
    """

    duration: float
    pumps: Setting = 1.0
    coupling: Setting = 1.0
    detuning: Setting = 0.0
    flux: Setting | None = None
    ramp: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        real("A stage's duration", self.duration, "Leave out stages that take no time.", above=0.0)
        for what in ("pumps", "coupling"):
            for which, share in _each(getattr(self, what)):
                real(f"A stage's `{what}`{which}", share, "Give 0 for off, 1 for as specified.", least=0.0)
        for which, detuning in _each(self.detuning):
            real(f"A stage's detuning{which}", detuning, "Give Δ in rad/s.")
        for which, flux in _each({} if self.flux is None else self.flux):
            real(f"A stage's flux{which}", flux, "Give it in Wb.")

    @property
    def pumped(self) -> bool:
        """Whether some pump may be on: nodes that are not named have 1."""
        return isinstance(self.pumps, Mapping) or self.pumps > 0


def _each(setting: Setting) -> list[tuple[str, float]]:
    """Every number of a setting, and how to name it in an error."""
    if isinstance(setting, Mapping):
        return [(f" of {name}", number) for name, number in setting.items()]
    return [("", setting)]


@dataclass(frozen=True, slots=True, init=False)
class Protocol:
    """Stages one after the other.

    Parameters
    ----------
    stages : sequence of Stage
    tuning : str
        What pumps do where a stage changes a flux: "retuned", they follow; "left", frequency and power stay.

    Raises
    ------
    ArgumentError
        If there is no stage, the pumps are on in none, or the tuning is unknown.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> protocol = qh.Protocol([qh.Stage(duration=5e-6, coupling=0), qh.Stage(duration=2e-6)])
    >>> round(protocol.duration * 1e6, 3)
    7.0
    """

    stages: tuple[Stage, ...]
    tuning: str = field(default="retuned")

    def __init__(self, stages: Sequence[Stage], tuning: str = "retuned") -> None:
        good = len(stages) > 0 and all(isinstance(stage, Stage) for stage in stages)
        require(good, "A protocol must be made of stages", f"{stages!r}"[:80], "List at least one Stage.")
        hint = "Without pumps no Fock state is stabilised: leave `pumps` out of a stage, or give 1."
        pumped = any(stage.pumped for stage in stages)
        require(pumped, "A protocol must turn the pumps on in some stage", "pumps = 0 in all", hint)
        require(tuning in TUNINGS, "`tuning` must be retuned or left", repr(tuning), "Choose one of these.")
        object.__setattr__(self, "stages", tuple(stages))
        object.__setattr__(self, "tuning", tuning)

    @property
    def duration(self) -> float:
        """Of all stages together."""
        return float(sum(stage.duration for stage in self.stages))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Controls:
    """What is on at one moment, of every oscillator and of every two.

    Attributes
    ----------
    pumps : (N,) float
        Shares of the amplitudes.
    coupling : (N, N) float
        Shares of V.
    detuning, flux : (N,) float
        In rad/s; in Wb, NaN where there is none.
    """

    pumps: Floats
    coupling: Floats
    detuning: Floats
    flux: Floats

    @classmethod
    def off(cls, flux: Floats) -> Controls:
        """Everything off, at some flux."""
        none = np.zeros(flux.size)
        return cls(pumps=none, coupling=np.zeros((flux.size,) * 2), detuning=none, flux=flux)

    @classmethod
    def of(cls, stage: Stage, names: Sequence[str], flux: Floats) -> Controls:
        """Those at the end of a stage, of oscillators with these names and at this flux where it sets none.

        `ArgumentError` where the stage names a node or a link that is not there.
        """
        moved = flux.copy()
        if stage.flux is not None:
            at = _by_node(stage.flux, names, np.nan, "flux", first=True)
            moved = np.where(np.isnan(at), flux, at)
        return cls(
            pumps=_by_node(stage.pumps, names, 1.0, "pumps"),
            coupling=_by_link(stage.coupling, names),
            detuning=_by_node(stage.detuning, names, 0.0, "detuning", first=True),
            flux=moved,
        )

    def between(self, before: Controls, share: float) -> Controls:
        """What is on when a share of a linear ramp from `before` is over."""
        names = ("pumps", "coupling", "detuning", "flux")
        mixed = {name: (1 - share) * getattr(before, name) + share * getattr(self, name) for name in names}
        return replace(self, **mixed)

    @property
    def key(self) -> bytes:
        """Equal where everything is."""
        return b"".join(
            np.ascontiguousarray(a).tobytes() for a in (self.pumps, self.coupling, self.detuning, self.flux)
        )

    def network(self, oscillators: Sequence[Oscillator], coupling: np.ndarray) -> Network:
        """Oscillators at that flux with all else that is on; `ArgumentError` where eliminated ones have less pump."""
        found = []
        for one, detuning, pumps in zip(oscillators, self.detuning.tolist(), self.pumps.tolist(), strict=True):
            found.append(_pumped(one.detuned(detuning) if detuning else one, pumps))
        return Network(found, self.coupling * np.asarray(coupling))


def _by_node(setting: Setting, names: Sequence[str], rest: float, what: str, first: bool = False) -> Floats:
    if not isinstance(setting, Mapping):
        found = np.full(len(names), rest if first else setting, dtype=float)
        found[0] = setting
        return found
    found = np.full(len(names), rest)
    for name, number in setting.items():
        must, hint = f"A stage's `{what}` must name a node", suggestion(str(name), names, f"Nodes: {', '.join(names)}.")
        require(name in names, must, repr(name), hint)
        found[list(names).index(name)] = number
    return found


def _by_link(setting: Setting, names: Sequence[str]) -> Floats:
    shares = np.full((len(names),) * 2, 1.0 if isinstance(setting, Mapping) else setting)
    for name, share in setting.items() if isinstance(setting, Mapping) else ():
        ends = str(name).split("-")
        there = len(ends) == 2 and ends[0] != ends[1] and all(end in names for end in ends)
        hint = f"Join two of {', '.join(names)} by a hyphen."
        require(there, "A stage's `coupling` must name two nodes", repr(name), hint)
        j, k = (list(names).index(end) for end in ends)
        shares[j, k] = shares[k, j] = share
    return shares


def _pumped(oscillator: Oscillator, share: float) -> Oscillator:
    if share == 1:
        return oscillator
    complete = isinstance(oscillator, SelfOscillator)
    must = "Pumps must be turned down in complete oscillators"
    require(complete, must, "an eliminated one", "Keep the baths: rates follow pumps at once only where they are slow.")
    assert isinstance(oscillator, SelfOscillator)
    baths = [bath.with_tones(lambda tone: replace(tone, coupling=share * tone.coupling)) for bath in oscillator.baths]
    return replace(oscillator, baths=tuple(baths))
