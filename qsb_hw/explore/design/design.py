"""From a device file and what is wanted to a better device file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.analysis.conditions import ELIMINATED
from qsb_hw.devices.catalog import device_from_spec
from qsb_hw.errors import require
from qsb_hw.explore.design.problem import OUTCOMES, Choice, DesignProblem, Goal, Limit, Trial, choices_of, limit_of
from qsb_hw.explore.design.search import Search, pareto_front, start_of
from qsb_hw.explore.sweep.axes import SECONDS
from qsb_hw.explore.sweep.measures import measures_of
from qsb_hw.explore.sweep.pool import pool_of
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.lindblad.capacity import require_count
from qsb_hw.questions.assess import Assessment, assess
from qsb_hw.questions.criteria import Verdict

EVALUATIONS = 600
"""Trials of a design unless it is said how many."""
MOST_EVALUATIONS = 1_000_000
"""Trials of a design that are begun unless told otherwise."""
ACTIVE = math.log(1.05)
"""A constraint within five per cent of its bound is active."""
ROUNDS = 2
"""Times the search may go on with what the complete model has taught it."""
FRONT_POINTS = 9
"""Levels of the second goal at which the first is sought."""


@dataclass(frozen=True, slots=True, eq=False)
class DesignResult:
    """What a design came to.

    Attributes
    ----------
    problem : DesignProblem
        As it was solved.
    before, after : Trial
        The device file as it is (`refused` where it lies outside the bounds' reach), and the best one found.
    feasible : bool
        Whether everything holds in `after`, in the complete model too.
    blocked_by : tuple of str
        What is missing in `after`, worst first; empty where everything holds.
    active : tuple of str
        Constraints that hold within five per cent, and choices at their bounds: what the goal leans against.
    evaluations, seed : int
        What it cost, and what decided it.
    before_checked, after_checked : Assessment or None
        Both with every bath kept; None of a model, or where that was not wanted.
    front : tuple of Trial
        Of two goals: trials none is better than in both; empty of one.
    second : Goal or None
        The other goal.
    """

    problem: DesignProblem
    before: Trial
    after: Trial
    feasible: bool
    blocked_by: tuple[str, ...]
    active: tuple[str, ...]
    evaluations: int
    seed: int
    before_checked: Assessment | None = None
    after_checked: Assessment | None = None
    front: tuple[Trial, ...] = ()
    second: Goal | None = None

    @property
    def verdict(self) -> Verdict | None:
        """Of the device found: the complete model's where it was solved, else that of the eliminated one."""
        return self.after.verdict if self.after_checked is None else self.after_checked.verdict


def design(
    spec: Any,
    vary: Mapping[str, Any] | Sequence[str],
    *,
    maximise: str | None = None,
    minimise: str | None = None,
    subject_to: Sequence[str] = (),
    standard: str = "feasible",
    seed: int = 0,
    evaluations: int = EVALUATIONS,
    settings: Mapping[str, Any] | None = None,
    check: bool = True,
    workers: int | None = 1,
    most_evaluations: float = MOST_EVALUATIONS,
    progress: Progress | None = None,
) -> DesignResult:
    """Numbers of a device that meet every need of the physics and make a measure large, or small.

    The search solves the device with its baths eliminated; what it finds is then checked with every bath kept, and
    where that is worse the search goes on with the difference taken into account.

    Parameters
    ----------
    spec : path, table, spec or device
        Where to start from.
    vary : mapping or sequence of str
        What may be chosen, with bounds: ``{"$.damping.mutual_inductance": "10..60 pH"}``; ``"A,B"`` get one number.
    maximise, minimise : str
        A measure of `qsb_hw.explore.sweep.measures`; one of each gives their Pareto front as well.
    subject_to : sequence of str
        More constraints, ``"pump_power<=-60 dBm"``.
    standard : str
        "feasible": every need with the margin asked for; "borderline": met.
    seed : int
        Decides everything; the same seed gives the same device.
    evaluations : int
        Trials to spend, at least 20.
    settings : mapping
        As for `sweep`.
    check : bool
        Check the device before and after with every bath kept.
    workers : int, optional
        Processes that try devices out; this one unless given.
    most_evaluations : float
        Trials that are begun at most.
    progress : callable, optional
        Called with (stage, trials, budget).

    Returns
    -------
    DesignResult
        If nothing holds, with the trial that misses least, and what blocks it.

    Raises
    ------
    SpecError, ArgumentError
        A file, a choice, a goal or a limit that is none; choices that never give a device.
    CapacityError
        If there are more than `most_evaluations` trials.
    """
    problem, second = _problem(spec, vary, maximise, minimise, subject_to, standard, settings)
    require(evaluations >= 20, "A design must have at least 20 evaluations", evaluations, "Allow some hundreds.")
    require_count(
        evaluations, most_evaluations, "most_evaluations", "Trials of a design", "Allow some hundreds", SECONDS
    )
    with pool_of("local", workers) as pool:
        search = Search(pool, evaluations * (2 if second else 1), progress)
        start = start_of(problem)
        before = search.of(problem, [start])[0]
        after = search.best(problem, start, evaluations, seed)
        if second is not None and problem.holds(after):
            _explore(search, problem, second, after, evaluations, seed)
            after = min(search.trials.values(), key=problem.merit)
        problem, after, checked = _confirmed(search, problem, after, evaluations, check, progress)
    front = () if second is None else tuple(pareto_front(search.trials.values(), problem, second))
    original = _checked(problem, None) if check else None
    return _result(problem, second, before, after, (original, checked), front, search.spent, seed)


def _result(
    problem: DesignProblem,
    second: Goal | None,
    before: Trial,
    after: Trial,
    checked: tuple[Assessment | None, Assessment | None],
    front: tuple[Trial, ...],
    evaluations: int,
    seed: int,
) -> DesignResult:
    slacks = problem.slacks(after)
    missing = sorted((slack, name) for name, slack in slacks.items() if slack < 0)
    return DesignResult(
        problem=problem,
        before=before,
        after=after,
        feasible=not missing,
        blocked_by=tuple(name for _, name in missing),
        active=(*_active(slacks), *_at_bounds(problem.choices, after)),
        evaluations=evaluations,
        seed=seed,
        before_checked=checked[0],
        after_checked=checked[1],
        front=front,
        second=second,
    )


def _problem(
    spec: Any,
    vary: Mapping[str, Any] | Sequence[str],
    maximise: str | None,
    minimise: str | None,
    subject_to: Sequence[str],
    standard: str,
    settings: Mapping[str, Any] | None,
) -> tuple[DesignProblem, Goal | None]:
    subject = subject_of(spec)
    goals = [Goal(name, larger) for name, larger in ((maximise, True), (minimise, False)) if name is not None]
    require(bool(goals), "A design must have a goal", "none", "Name a measure to maximise or to minimise.")
    for goal in goals:
        measure = measures_of([goal.measure], subject)[0]
        number = measure.dim is None and not measure.meanings
        require(number, "A goal must be a number", goal.measure, "Choose another measure.")
    words = [Verdict.FEASIBLE.value, Verdict.BORDERLINE.value]
    require(standard in words, "The standard must be feasible or borderline", repr(standard), "Choose one.")
    problem = DesignProblem(
        subject,
        choices_of(subject, vary),
        goals[0],
        tuple(limit_of(subject, text) for text in subject_to),
        Verdict(standard),
        replace(ELIMINATED, **(settings or {})),
        tuple(goal.measure for goal in goals),
    )
    return problem, goals[1] if len(goals) > 1 else None


def _confirmed(
    search: Search, problem: DesignProblem, after: Trial, evaluations: int, check: bool, progress: Progress | None
) -> tuple[DesignProblem, Trial, Assessment | None]:
    """Check a device with every bath kept, and search on where the eliminated model was too hopeful."""
    if not check:
        return problem, after, None
    checked = _checked(problem, after)
    for _ in range(ROUNDS):
        problem = replace(problem, corrections=_corrections(after, checked))
        if problem.holds(after) or not any(s < 0 for n, s in problem.slacks(after).items() if n.startswith(OUTCOMES)):
            break
        if progress is not None:
            progress("design, after a check with every bath kept", search.spent, search.budget)
        after = search.locally(problem, after, evaluations // 4)
        checked = _checked(problem, after)
    return replace(problem, corrections=_corrections(after, checked)), after, checked


def _checked(problem: DesignProblem, trial: Trial | None) -> Assessment | None:
    """Assessment of the device of a trial, or of the file itself."""
    if problem.subject.dimensionless:
        return None
    spec = problem.subject.spec(None if trial is None else problem.values(trial.numbers))
    settings = problem.settings
    device = device_from_spec(spec, problem.subject.source)  # type: ignore[arg-type]
    return assess(device, levels=settings.levels, pair_levels=settings.pair_levels, coupling=settings.coupling)


def _corrections(trial: Trial, checked: Assessment | None) -> dict[str, float]:
    """By how much the complete model's margins exceed those of the eliminated one, as logarithms."""
    if checked is None:
        return {}
    found = {}
    for start in OUTCOMES:
        complete = next((c.margin for c in checked.criteria if c.name.startswith(start)), None)
        eliminated = next((m for name, (m, _) in trial.margins.items() if name.startswith(start)), None)
        if complete and eliminated and math.isfinite(complete) and math.isfinite(eliminated):
            found[start] = math.log(complete / eliminated)
    return found


def _explore(search: Search, problem: DesignProblem, second: Goal, after: Trial, evaluations: int, seed: int) -> None:
    """Try devices along the Pareto front: its other end, then levels of the second goal, each from its neighbour."""
    start = [c.share(n) for c, n in zip(problem.choices, after.numbers, strict=True)]
    other = search.best(replace(problem, goal=second), np.array(start), evaluations // 2, seed)
    ends = [trial.measures[second.measure] for trial in (after, other)]
    if not all(map(math.isfinite, ends)) or ends[0] == ends[1]:
        return
    for level in _levels(*ends):
        limit = Limit(second.measure, not second.maximise, level, f"{second.measure} at {level:.3g}")
        bounded = replace(problem, limits=(*problem.limits, limit))
        search.locally(bounded, min(search.trials.values(), key=bounded.merit), evaluations // (2 * FRONT_POINTS))


def _levels(first: float, last: float) -> list[float]:
    shares = [k / (FRONT_POINTS + 1) for k in range(1, FRONT_POINTS + 1)]
    if min(first, last) > 0:
        return [first * (last / first) ** share for share in shares]
    return [first + share * (last - first) for share in shares]


def _active(slacks: Mapping[str, float]) -> list[str]:
    return [name for name, slack in sorted(slacks.items(), key=lambda item: item[1]) if 0 <= slack < ACTIVE]


def _at_bounds(choices: Sequence[Choice], trial: Trial) -> list[str]:
    found = []
    for choice, number in zip(choices, trial.numbers, strict=True):
        share = choice.share(number)
        if share < 1e-3 or share > 1 - 1e-3:
            found.append(f"{','.join(choice.paths)} at its bound {choice.text(number)}")
    return found
