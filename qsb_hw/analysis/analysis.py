"""One device under given conditions, solved as far as asked: whoever shares an `Analysis` shares its solutions."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.conditions import (
    ASSUMED_COUPLING,
    Chosen,
    Conditions,
    Origin,
    Requested,
    conditions_of,
    steady_state_with,
    under,
)
from qsb_hw.analysis.pair import PairAnalysis, SyncPrediction
from qsb_hw.analysis.size import PairSize
from qsb_hw.elimination.compare import Comparison, compare
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import ArgumentError, ConvergenceError, require
from qsb_hw.lindblad.diagonal import steady_state_of_rates
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.build import effective_model, full_model
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator, has_fock_state
from qsb_hw.result import Certificate, Status, worst_status
from qsb_hw.sync.resonances import Resonance
from qsb_hw.sync.solution import SyncSolution

MOST_SWEPT_LEVELS = 12
"""Levels of each ladder, at most, of the eliminated pair that S(Δ) is taken from."""


class Analysis:
    """A device, or an oscillator without one, under given conditions.

    Parameters
    ----------
    source : Device, SelfOscillator or EffectiveOscillator
        Of a `SelfOscillator` every level and Fock state is kept; an `EffectiveOscillator` has no baths to keep.
    requested : Requested, optional
        What is asked for; everything is chosen unless given.
    progress : callable, optional
        Called with (stage, done, total).

    Raises
    ------
    ArgumentError
        If an `EffectiveOscillator` comes without a coupling.
    """

    def __init__(
        self,
        source: Device | SelfOscillator | EffectiveOscillator,
        requested: Requested | None = None,
        *,
        progress: Progress | None = None,
    ) -> None:
        asked = requested or Requested()
        if isinstance(source, EffectiveOscillator):
            asked = replace(asked, complete=False)
            if asked.coupling is None:
                raise ArgumentError("`coupling` must be given for an eliminated oscillator, but is missing. Give V.")
        if isinstance(source, SelfOscillator):
            modes = asked.bath_levels or source.bath_levels
            asked = replace(asked, levels=asked.levels or source.levels, bath_levels=modes)
        known = isinstance(source, Device | SelfOscillator | EffectiveOscillator)
        hint = "`load_device` reads a file."
        require(known, "An analysis must be of a Device or an oscillator", type(source).__name__, hint)
        self.source, self.requested, self.progress = source, asked, progress

    @cached_property
    def device(self) -> Device:
        """The device; one made around a `SelfOscillator`. `ArgumentError` for an eliminated oscillator."""
        if isinstance(self.source, EffectiveOscillator):
            raise ArgumentError("A device must be given, but found an eliminated oscillator. Name a device file.")
        if isinstance(self.source, Device):
            return self.source
        return Device(
            name=self.source.name,
            platform="oscillator",
            description="",
            spec=None,
            complete=self.source,
            target=self.source.target or 1,
            coupling=np.zeros((1, 1)),
        )

    @cached_property
    def completed(self) -> Analysis:
        """The same with every bath kept; itself where they are."""
        if self.requested.complete:
            return self
        return Analysis(self.device, replace(self.requested, complete=True), progress=self.progress)

    @cached_property
    def base_conditions(self) -> Conditions:
        """Conditions of one device; pairs are left open."""
        return conditions_of(self.device, self.requested)

    @property
    def conditions(self) -> Conditions:
        """Every condition decided so far, with its origin; those of the complete pair once one was asked for."""
        pair: PairSize | None = self.pair.__dict__.get("size")
        return replace(
            self.base_conditions,
            coupling=self.coupling_choice,
            pair_levels=None if pair is None else pair.levels,
            pair_bath_levels=None if pair is None else pair.bath_levels,
        )

    @cached_property
    def oscillator(self) -> SelfOscillator:
        """The device's oscillator with the levels and Fock states kept."""
        own, asked = self.source, self.requested
        if isinstance(own, SelfOscillator) and (asked.levels, asked.bath_levels) == (own.levels, own.bath_levels):
            return own
        return under(self.device, self.base_conditions)

    @cached_property
    def effective(self) -> EffectiveOscillator:
        """Eliminated, with the levels kept."""
        return self.source if isinstance(self.source, EffectiveOscillator) else eliminate(self.oscillator)

    @cached_property
    def reference(self) -> EffectiveOscillator:
        """Eliminated, with no more levels than S(Δ) is computed with."""
        if isinstance(self.source, EffectiveOscillator):
            return self.source
        return self.effective.truncated(min(self.effective.levels, MOST_SWEPT_LEVELS))

    @property
    def has_fock_state(self) -> bool:
        """Whether the tones single out a level."""
        return isinstance(self.source, EffectiveOscillator) or has_fock_state(self.oscillator)

    @property
    def target(self) -> int:
        """n0, the level the tones stabilise; `ArgumentError` without one that has both its neighbours on the ladder."""
        target = self.effective.target
        if target is None or not 1 <= target <= self.effective.levels - 2:
            raise ArgumentError(
                f"The tones must single out a level between 1 and {self.effective.levels - 2}, but found {target}. "
                "Move the amplifying tone or keep more levels."
            )
        return target

    @cached_property
    def coupling_choice(self) -> Chosen:
        """V in rad/s with its sign: as requested, else the device's own, else 0.3 γ of the weakest tone."""
        if self.requested.coupling is not None:
            return Chosen(self.requested.coupling, Origin.GIVEN)
        if self.device.nearest_coupling:
            return Chosen(self.device.nearest_coupling, Origin.FILE)
        gammas = [tone.gamma for tone in self.device.complete.stabilising_tones]
        return Chosen(ASSUMED_COUPLING * min(gammas, default=math.nan), Origin.ASSUMED)

    @property
    def coupling(self) -> float:
        """V in rad/s with its sign."""
        return self.coupling_choice.value

    @cached_property
    def alone(self) -> SteadyState:
        """Steady state of one oscillator: with every bath, or eliminated where no bath is kept."""
        if self.requested.complete:
            conditions = self.base_conditions
            if isinstance(self.source, Device) and self.requested.rwa and conditions.bath_levels is not None:
                return steady_state_with(self.source, self.oscillator.levels, int(conditions.bath_levels.value))
            return steady_state_of(full_model(self.oscillator, self.requested.rwa))
        return steady_state_alone(self.effective)

    @property
    def populations(self) -> Floats:
        """Level populations of one oscillator, (n,); NaN where it was not solved."""
        return self.alone.populations(0) if self.alone.ok else np.full(self.effective.levels, math.nan)

    @property
    def fidelity(self) -> float:
        """P(n0) of one oscillator."""
        return float(self.populations[self.target])

    @cached_property
    def comparison(self) -> Comparison:
        """The full model of one oscillator against the eliminated one."""
        if self.progress is not None:
            self.progress("full model against the eliminated one", 0, 0)
        return compare(self.completed.oscillator, self.requested.rwa)

    @cached_property
    def pair(self) -> PairAnalysis:
        """The device and its twin."""
        return PairAnalysis(self, self, self.coupling_choice, self.progress)

    @property
    def resonances(self) -> tuple[Resonance, ...]:
        """Where |n0, n0⟩ meets |n0 ± 1, n0 ∓ 1⟩, from the ladder with the baths' level shifts."""
        return self.pair.resonances

    @property
    def rest_detunings(self) -> Floats:
        """Zero and the resonances, rad/s."""
        return self.pair.rest_detunings

    @property
    def pair_size(self) -> PairSize:
        """How many levels and Fock states a complete pair has, and what is left out by that."""
        return self.pair.size

    def complete_pairs(self, detunings: Iterable[float]) -> list[SyncSolution]:
        """Two complete devices at each detuning of the first (rad/s), its tones following."""
        return self.pair.complete_pairs(detunings)

    def eliminated_pairs(self, detunings: Iterable[float]) -> list[SyncSolution]:
        """Two eliminated oscillators at each detuning of the first (rad/s)."""
        return self.pair.eliminated_pairs(detunings)

    def pairs(self, detunings: Iterable[float]) -> list[SyncSolution]:
        """Two devices at each detuning of the first (rad/s), complete or eliminated as requested."""
        return self.pair.pairs(detunings)

    def S(self, detunings: Iterable[float]) -> Floats:
        """Synchronization measure at each detuning (rad/s); NaN where a solve failed."""
        return self.pair.S(detunings)

    @property
    def contrast(self) -> float:
        """S(resonance)/S(0), the weaker resonance; NaN where a solve failed or nothing is resonant."""
        return self.pair.contrast

    @property
    def prediction(self) -> SyncPrediction:
        """S(Δ) of the eliminated pair over a sweep, and of the complete pair at zero and at the resonances."""
        return self.pair.prediction

    @property
    def certificate(self) -> Certificate:
        """The worst of all that has been solved so far."""
        return Certificate.worst(s.certificate for s in self._solved())

    @property
    def status(self) -> Status:
        """Of the first of all solves so far that did not converge, else converged."""
        return worst_status(s.status for s in self._solved())

    def certificates(self, apart: Collection[float]) -> tuple[Status, float, dict[float, tuple[Status, float]]]:
        """Status and largest residual of all solves so far but those at some detunings, and of these one by one."""
        pairs = self.pair.complete if self.requested.complete else self.pair.eliminated
        common = self._solved(apart)
        own = {d: (s.status, s.residual) for d, s in pairs.items() if d in apart}
        return worst_status(s.status for s in common), max((s.residual for s in common), default=0.0), own

    def _solved(self, apart: Collection[float] = ()) -> list[SteadyState]:
        """All solutions so far, without the pairs at some detunings."""
        found = [self.alone] if "alone" in self.__dict__ else []
        if "comparison" in self.__dict__:
            found += [self.comparison.full, self.comparison.eliminated]
        if self.requested.complete:
            found += [pair.steady for pair in self.pair.eliminated.values()]
        pairs = self.pair.complete if self.requested.complete else self.pair.eliminated
        return [*found, *(pair.steady for detuning, pair in pairs.items() if detuning not in apart)]


def steady_state_alone(effective: EffectiveOscillator) -> SteadyState:
    """Steady state of one eliminated oscillator: a Markov chain where nothing keeps coherences."""
    if not effective.collective:
        n = np.arange(effective.levels, dtype=float)
        with contextlib.suppress(ConvergenceError):  # nothing leads to the ground state
            return steady_state_of_rates(effective.rates, 2 * effective.dephasing_rate * n**2)
    return steady_state_of(effective_model(effective))


def analyse(
    source: Device | SelfOscillator | EffectiveOscillator, *, progress: Progress | None = None, **requested: Any
) -> Analysis:
    """A device under given conditions, solved as far as it is asked.

    Parameters
    ----------
    source : Device, SelfOscillator or EffectiveOscillator
        What to analyse; two copies of it are the pair.
    progress : callable, optional
        Called with (stage, done, total).
    **requested
        Fields of `Requested`: `levels`, `pair_levels`, `bath_levels`, `coupling` (V in rad/s with its sign),
        `rwa`, `complete`, `experiment_time` (s). What is left out is decided by the device file, or chosen.

    Returns
    -------
    Analysis
        Nothing is solved yet; `.conditions` says what was decided, and why.

    Raises
    ------
    ArgumentError
        If a condition is unknown or out of its range.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.analyse(qh.load_device("kerr_squid_array"), complete=False)
    >>> round(found.fidelity, 2), round(found.contrast)
    (0.89, 10)
    """
    hint = "Ask for S at detunings: `.S([0.0, detuning])`."
    require("detuning" not in requested, "An analysis must come without a detuning", "`detuning`", hint)
    return Analysis(source, Requested().with_settings(requested), progress=progress)
