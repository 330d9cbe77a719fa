"""The search: differential evolution over the whole box, then a local search along the constraints, both SciPy's.

Trials are ranked by Deb's rules: feasible ones before all others and by the goal, the others by their violation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.errors import ArgumentError
from qsb_hw.explore.design.problem import Choice, DesignProblem, Goal, Trial, try_out
from qsb_hw.explore.randomness import drawn_from
from qsb_hw.explore.sweep.axes import internal
from qsb_hw.explore.sweep.pool import Pool

GLOBAL_SHARE = 0.75
"""Fraction of the evaluations spent on differential evolution."""
STEPS = (0.1, 0.03, 0.01)
"""First steps of the local searches, as fractions of the box."""
FEWEST = 12
"""Smallest size of a population."""
PER_CHOICE = 6
"""Members of a population per choice."""


@dataclass(slots=True)
class Search:
    """Trials of one problem, or of several that differ in goal, limits and standard; each is computed once.

    `budget` is the number of evaluations expected, for `progress`; `trials` are by numbers, in the order of making.
    """

    pool: Pool
    budget: int
    progress: Progress | None = None
    trials: dict[tuple[float, ...], Trial] = field(default_factory=dict)

    @property
    def spent(self) -> int:
        """Number of evaluations so far."""
        return len(self.trials)

    def of(self, problem: DesignProblem, points: Iterable[Sequence[float] | Floats]) -> list[Trial]:
        """Trials at points of the unit cube, in order."""
        numbers = [tuple(c.number(float(x)) for c, x in zip(problem.choices, point, strict=True)) for point in points]
        new = [n for n in dict.fromkeys(numbers) if n not in self.trials]
        flying = [self.pool.executor.submit(try_out, problem, n) for n in new]
        for n, future in zip(new, flying, strict=True):
            self.trials[n] = future.result()
        if self.progress is not None and new:
            self.progress("design, trials", min(self.spent, self.budget), self.budget)
        return [self.trials[n] for n in numbers]

    def best(self, problem: DesignProblem, start: Floats, evaluations: int, seed: int) -> Trial:
        """Best trial of a global and a local search within a number of evaluations; refused if none is a device."""
        end = self.spent + evaluations
        first = self.of(problem, [start])[0]
        found = [first, *self._globally(problem, start, int(GLOBAL_SHARE * evaluations), seed)]
        if all(trial.failed for trial in found):
            raise ArgumentError(f"Some choice must give a device, but found none. The first one: {first.message}")
        return self.locally(problem, min(found, key=problem.merit), end - self.spent)

    def _globally(self, problem: DesignProblem, start: Floats, evaluations: int, seed: int) -> list[Trial]:
        from scipy.optimize import differential_evolution

        count = len(problem.choices)
        members = max(FEWEST, PER_CHOICE * count)
        seen: list[Trial] = []

        def merits(points: Floats) -> Floats:
            trials = self.of(problem, points.T)
            seen.extend(trials)
            return np.array([problem.merit(trial) for trial in trials])

        differential_evolution(
            merits, [(0.0, 1.0)] * count, x0=np.clip(start, 0, 1), popsize=-(-members // count), init="latinhypercube",
            maxiter=max(evaluations // members - 1, 0), tol=0.0, polish=False, vectorized=True, updating="deferred",
            strategy="rand1bin",  # greedier ones converge to the local optimum next to the device file
            **drawn_from(differential_evolution, np.random.default_rng(seed)),
        )  # fmt: skip
        return seen

    def locally(self, problem: DesignProblem, best: Trial, evaluations: int) -> Trial:
        """Best trial of local searches from a trial: along the constraints if they hold, else towards them."""
        end = self.spent + evaluations
        for step in STEPS:
            left = end - self.spent
            if left < len(problem.choices) + 2:
                break
            best = min([best, *self._around(problem, best, left, step)], key=problem.merit)
        return best

    def _around(self, problem: DesignProblem, best: Trial, evaluations: int, step: float) -> list[Trial]:
        from scipy.optimize import minimize

        start = np.array([c.share(n) for c, n in zip(problem.choices, best.numbers, strict=True)])
        names, seen = sorted(problem.slacks(best)), []
        scale = abs(best.measures[problem.goal.measure]) or 1.0
        sign = -1.0 if problem.goal.maximise else 1.0

        def at(x: Floats) -> Trial:
            seen.append(self.of(problem, [np.clip(x, 0, 1)])[0])
            return seen[-1]

        def goal(x: Floats) -> float:
            value = at(x).measures.get(problem.goal.measure, math.nan)
            return sign * value / scale if math.isfinite(value) else 10.0

        def violation(x: Floats) -> float:
            return min(problem.violation(at(x)), 1e3)

        def slacks(x: Floats) -> Floats:
            trial = at(x)
            found = {} if trial.failed else problem.slacks(trial)
            return np.array([found.get(name, -1.0) for name in names])

        options: dict[str, Any] = {
            "method": "COBYLA",
            "bounds": [(0.0, 1.0)] * start.size,
            "options": {"maxiter": evaluations, "rhobeg": step, "tol": 1e-3 * step},
        }
        if problem.holds(best):
            minimize(goal, start, constraints={"type": "ineq", "fun": slacks}, **options)
        else:
            minimize(violation, start, **options)
        return seen


def start_of(problem: DesignProblem) -> Floats:
    """Position of the device file in the unit cube; the middle for numbers it does not give."""
    found = []
    for choice in problem.choices:
        given = next((q for path in choice.paths if (q := problem.subject.number(path)) is not None), None)
        found.append(0.5 if given is None else _share(problem, choice, given.value))
    return np.array(found)


def _share(problem: DesignProblem, choice: Choice, value: float) -> float:
    """Fraction of the way at which an internal value lies, by bisection: units may be logarithmic."""
    span = choice.span

    def at(share: float) -> float:
        return internal(problem.subject, choice.paths[0], [span.at(share, False)], span.unit)[0]

    low, high = (0.0, 1.0) if at(1.0) > at(0.0) else (1.0, 0.0)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) < value else (low, middle)
    return choice.share(span.at(low, False))


def pareto_front(trials: Iterable[Trial], problem: DesignProblem, second: Goal) -> list[Trial]:
    """Trials that hold and that no other beats in both goals, by the problem's own goal, best first."""

    def costs(trial: Trial) -> tuple[float, float]:
        first, other = (trial.measures[g.measure] * (-1 if g.maximise else 1) for g in (problem.goal, second))
        return first, other

    front: list[Trial] = []
    for trial in sorted((t for t in trials if problem.holds(t)), key=costs):
        if not front or costs(trial)[1] < costs(front[-1])[1]:
            front.append(trial)
    return front
