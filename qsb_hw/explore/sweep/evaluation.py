"""One point of a study, worked out as far as its measures ask, and no further."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Conditions, conditions_of, under
from qsb_hw.analysis.pair import MOST_SWEPT_LEVELS, assumed_coupling
from qsb_hw.elimination.compare import Comparison, compare
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import ArgumentError
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.lindblad.steady import SteadyState
from qsb_hw.model.build import full_model
from qsb_hw.model.criterion import Criteria, Criterion
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator, has_fock_state
from qsb_hw.questions.criteria import Accuracy, feasibility
from qsb_hw.result import Status
from qsb_hw.sync.exact import detuning_sweep, steady_state
from qsb_hw.sync.resonances import resonances
from qsb_hw.sync.solution import SyncSolution


@dataclass(frozen=True, slots=True)
class Settings:
    """How every point is solved.

    Attributes
    ----------
    levels : int or None
        Levels of the ladder; as many as the populations need unless given. Of a model of two oscillators its own.
    pair_levels : int or None
        Levels per ladder of the complete pair; n0 + 3 unless given.
    coupling : float or None
        V in rad/s; the file's unless given, 0.3 γ if that has none.
    detuning : float
        Δ in rad/s, for S.
    complete : bool
        Keep every bath of both devices in S, the contrast, P(n0) and the verdict; else they are eliminated.
    """

    levels: int | None = None
    pair_levels: int | None = None
    coupling: float | None = None
    detuning: float = 0.0
    complete: bool = False

    def with_values(self, values: Mapping[str, float]) -> Settings:
        """The same with those of `values` that are settings."""
        known = {key: value for key, value in values.items() if not key.startswith("$")}
        whole = {key: int(value) if key.endswith("levels") else value for key, value in known.items()}
        return replace(self, **whole)  # type: ignore[arg-type]


class Evaluation:
    """A point, or several that differ in Δ only; every property is worked out when it is first asked for.

    Parameters
    ----------
    subject : Subject
        The device file or model.
    values : mapping
        What is varied, by path, in internal units.
    settings : Settings
        With `values` already in it.
    detunings : sequence of float
        Δ of every member.
    previous : Evaluation, optional
        A neighbouring point: complete pairs are solved starting from its states.
    """

    def __init__(
        self,
        subject: Subject,
        values: Mapping[str, float],
        settings: Settings,
        detunings: Sequence[float] | None = None,
        previous: Evaluation | None = None,
    ) -> None:
        self.subject, self.settings = subject, settings
        self.values = {path: value for path, value in values.items() if path.startswith("$")}
        self.detunings = np.asarray([settings.detuning] if detunings is None else detunings, dtype=float)
        self._guess = previous._states if previous is not None else {}
        self._states: dict[int, SyncSolution] = {}
        self._solved: list[tuple[Status, float]] = []
        self._solved_along: list[tuple[Status, float]] = [(Status.CONVERGED, 0.0)] * len(self.detunings)

    @cached_property
    def built(self) -> Device | EffectiveOscillator:
        """What the values describe."""
        return self.subject.build(self.values)

    @property
    def device(self) -> Device:
        """The device; `ArgumentError` of a model that has none."""
        if not isinstance(self.built, Device):
            raise ArgumentError("This measure needs a device, but found a model of two oscillators. Leave it out.")
        return self.built

    @cached_property
    def conditions(self) -> Conditions:
        """How many levels are kept, and what is left out."""
        return conditions_of(self.device, self.settings.levels, baths=self.settings.complete)

    @cached_property
    def oscillator(self) -> SelfOscillator:
        """The device's oscillator with the levels kept."""
        return under(self.device, self.conditions)

    @cached_property
    def effective(self) -> EffectiveOscillator:
        """Eliminated."""
        return self.built if isinstance(self.built, EffectiveOscillator) else eliminate(self.oscillator)

    @property
    def target(self) -> int:
        """n0, with both its neighbours on the ladder."""
        target = self.effective.target
        if target is None or not 1 <= target <= self.effective.levels - 2:
            raise ArgumentError(
                f"The tones must single out a level between 1 and {self.effective.levels - 2}, but found {target}. "
                "Move the amplifying tone or keep more levels."
            )
        return target

    @cached_property
    def coupling(self) -> float:
        """V in rad/s."""
        if isinstance(self.built, EffectiveOscillator):
            found = self.subject.number("$.coupling") if "$.coupling" not in self.values else None
            return self.values["$.coupling"] if found is None else found.value
        return self.settings.coupling or abs(self.built.nearest_coupling) or assumed_coupling(self.oscillator)

    @property
    def complete(self) -> bool:
        """Whether the baths are kept."""
        return self.settings.complete

    @cached_property
    def pair(self) -> Network:
        """Two of them at Δ = 0."""
        if not self.complete:
            model = isinstance(self.built, EffectiveOscillator)
            most = self.effective.levels if model else min(self.effective.levels, MOST_SWEPT_LEVELS)
            return self._pair_of(self.effective.truncated(most))
        given = self.settings.pair_levels
        levels = min(self.target + 3, self.oscillator.levels) if given is None else given
        return self._pair_of(self.oscillator.truncated(levels))

    @cached_property
    def resonances(self) -> tuple[float, ...]:
        """Δ at which |n0, n0⟩ meets |n0 ± 1, n0 ∓ 1⟩, in rad/s."""
        return tuple(r.detuning for r in resonances(self._pair_of(self.effective), (self.target, self.target)))

    @cached_property
    def S(self) -> Floats:
        """S at every member's Δ, (m,)."""
        solutions = self._sweep(self.detunings)
        self._solved_along = [(s.status, s.residual) for s in solutions]
        return np.array([_synchronization(s) for s in solutions])

    @cached_property
    def S_at_rest(self) -> tuple[float, ...]:
        """S at Δ = 0, then at the resonances."""
        solutions = self._sweep(np.array([0.0, *self.resonances]))
        self._note(s.steady for s in solutions)
        return tuple(_synchronization(s) for s in solutions)

    @property
    def contrast(self) -> float:
        """S(resonance)/S(0), the weaker resonance."""
        zero, *resonant = self.S_at_rest
        return min(resonant) / zero if resonant and zero > 0 else math.nan

    @cached_property
    def populations(self) -> Floats:
        """Level populations of one oscillator."""
        if self.complete:
            state = steady_state(full_model(self.oscillator, True))
        else:
            state = steady_state(Network([self.effective], [[0.0]]), estimate_truncation=False).steady
        self._note([state])
        return state.populations(0) if state.ok else np.full(self.effective.levels, math.nan)

    @property
    def fidelity(self) -> float:
        """P(n0)."""
        return float(self.populations[self.target])

    @cached_property
    def comparison(self) -> Comparison:
        """Full against eliminated."""
        found = compare(self.oscillator)
        self._note(s for s in (found.full, found.eliminated) if s is not None)
        return found

    @cached_property
    def criteria(self) -> Criteria:
        """Every criterion; where the baths are eliminated, P(n0) and the contrast are those without them."""
        known = has_fock_state(self.oscillator)
        left_out = Accuracy(self.conditions.truncation_error, math.nan, math.nan, 0.0, self.oscillator.levels, 0)
        accuracy = left_out if known else None
        if self.complete and known:
            return feasibility(self.device, self.comparison, self.contrast, accuracy=accuracy)
        found = feasibility(self.device, None, self.contrast if known else None, accuracy=accuracy)
        if self.complete:
            return found
        return Criteria(self._eliminated(c, known) if c.name.startswith("1 − P(n0)") else c for c in found)

    def _eliminated(self, skipped: Criterion, known: bool) -> Criterion:
        return replace(
            skipped,
            name="1 − P(n0), eliminated model",
            value=1 - self.fidelity if known else None,
            why="The blockade is an effect of one populated level." if known else "There is no Fock state.",
        )

    def certificate(self) -> list[tuple[Status, float]]:
        """Status and largest residual of every member, over all that was solved for it."""
        common = next((s for s, _ in self._solved if s is not Status.CONVERGED), Status.CONVERGED)
        largest = max((r for _, r in self._solved), default=0.0)
        return [
            (status if status is not Status.CONVERGED else common, float(np.fmax(residual, largest)))
            for status, residual in self._solved_along
        ]

    def _pair_of(self, one: EffectiveOscillator | SelfOscillator) -> Network:
        return Network([one, one], [[0, self.coupling], [self.coupling, 0]])

    def _sweep(self, detunings: Floats) -> list[SyncSolution]:
        if not self.complete:
            return detuning_sweep(self.pair, detunings)
        first, second = self.pair.oscillators
        found = []
        for number, detuning in enumerate(detunings):
            network = Network([first.detuned(float(detuning)), second], self.pair.coupling)
            guess = self._guess.get(number) or self._states.get(number - 1)
            found.append(steady_state(network, guess=guess, estimate_truncation=False))
            self._states[number] = found[-1]
        return found

    def _note(self, states: Iterable[SteadyState]) -> None:
        self._solved += [(state.status, state.residual) for state in states]


def _synchronization(solution: SyncSolution) -> float:
    return solution.synchronization(0, 1) if solution.steady.ok else math.nan
