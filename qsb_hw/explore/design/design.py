"""From a device file and a goal to a better device file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.errors import require, suggestion
from qsb_hw.explore.design.problem import (
    DesignProblem,
    Goal,
    Limit,
    Trial,
    choices_of,
    is_outcome,
    limit_of,
    numeric_measure,
)
from qsb_hw.explore.design.search import Search, pareto_front, start_of
from qsb_hw.explore.sweep.axes import SECONDS
from qsb_hw.explore.sweep.chips import CHIP, of_parts
from qsb_hw.explore.sweep.pool import pool_of
from qsb_hw.explore.sweep.subject import subject_of, under_conditions
from qsb_hw.lindblad.capacity import require_count
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria
from qsb_hw.model.device import Device
from qsb_hw.questions.assessment import Assessment, assessed
from qsb_hw.questions.chip import ChipAssessment, assessed_chip
from qsb_hw.questions.criteria import Verdict
from qsb_hw.result import Certificate, Result, Status

EVALUATIONS = 600
"""Default number of trials of a design."""
MOST_EVALUATIONS = 1_000_000
"""Default limit on the number of trials."""
ACTIVE = math.log(1.05)
"""A constraint within five per cent of its bound is active."""
ROUNDS = 2
"""How often the search continues after a check with every bath kept."""
FRONT_POINTS = 9
"""Levels of the second goal at which the first is optimised."""


Checked = Assessment | ChipAssessment
"""A device or a chip with every bath kept."""


def criteria_checked(checked: Checked) -> Criteria:
    """Criteria of what was checked, of a chip those of every part with its name, as its trials have them."""
    if isinstance(checked, Assessment):
        return checked.criteria
    parts = {node.device.name: node.criteria for node in checked.nodes}
    parts |= {link.name: link.criteria for link in checked.links}
    return of_parts(parts | {CHIP: Criteria(c for c in checked.criteria if c.key != "links")})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DesignResult(Result):
    """The best device or chip that was found.

    Attributes
    ----------
    problem : DesignProblem
        As it was solved.
    before, after : Trial
        The device file as it is (its numbers clipped to the bounds), and the best one found.
    evaluations, seed : int
        Number of trials, and the seed that decides all of them.
    before_checked, after_checked : Assessment, ChipAssessment or None
        Both with every bath kept, without error budget; None of a model, or without `check`.
    front : tuple of Trial
        With two goals the Pareto front: trials that no other beats in both; else empty.
    second : Goal or None
        The other goal.
    status, message, certificate
        Of `after`, with its baths eliminated; the message says whether all constraints hold.
    """

    problem: DesignProblem
    before: Trial
    after: Trial
    evaluations: int
    seed: int
    before_checked: Checked | None
    after_checked: Checked | None
    front: tuple[Trial, ...]
    second: Goal | None
    status: Status
    message: str
    certificate: Certificate

    @property
    def feasible(self) -> bool:
        """Whether all requirements and limits hold in `after`, with every bath kept if that was checked."""
        return not self.blocked_by

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Requirements and limits that are violated in `after`, worst first."""
        return _violated(self.problem, self.after)

    @property
    def active(self) -> tuple[str, ...]:
        """Active constraints: those that hold within five per cent, and choices at their bounds."""
        slacks = sorted(self.problem.slacks(self.after).items(), key=lambda item: item[1])
        found = [name for name, slack in slacks if 0 <= slack < ACTIVE]
        for choice, number in zip(self.problem.choices, self.after.numbers, strict=True):
            if not 1e-3 <= choice.share(number) <= 1 - 1e-3:
                found.append(f"{','.join(choice.paths)} at its bound {choice.text(number)}")
        return tuple(found)

    @property
    def verdict(self) -> Verdict | None:
        """Verdict of the device found, with every bath kept if that was checked."""
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
    """Numbers of a device or chip that meet every requirement of the physics and maximise, or minimise, a measure.

    Parameters
    ----------
    spec, settings, workers, progress
        As for `sweep`; the device is the start of the search.
    vary : mapping or sequence of str
        What may be chosen, within bounds: ``{"$.damping.mutual_inductance": "10..60 pH"}``; ``"A,B"`` share a number;
        of a chip ``$.node.B.damping.linewidth``, or ``$.node.*.…`` for all nodes alike.
    maximise, minimise, subject_to : str, str, sequence of str
        Measures of `sweep`, with both there is a Pareto front; more constraints, ``"pump_power<=-60 dBm"``.
    standard : str
        "feasible": every requirement meets its margin; "borderline": every requirement is met.
    seed, evaluations, most_evaluations : int
        Of the random numbers; number of trials, at least 20; limit on it.
    check : bool
        Check with every bath kept, and continue the search where that is worse than with the baths eliminated.

    Returns
    -------
    DesignResult
        If no choice meets all constraints, with the trial that violates them least.

    Raises
    ------
    SpecError, ArgumentError, CapacityError
        If a file, choice, goal or limit is not valid, no choice gives a device, or there would be too many trials.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> model = {"model": "kerr_cavities", "kerr_to_linewidth": 1, "coupling_to_linewidth": 0.05, "fock_state": 1}
    >>> choice, few = {"$.kerr_to_linewidth": "0.5..3"}, {"levels": 3}
    >>> qh.design(model, choice, maximise="contrast", evaluations=20, settings=few).active
    ('$.kerr_to_linewidth at its bound 3',)
    """
    subject, chosen = under_conditions(subject_of(spec), settings)
    goals = [Goal(name, larger) for name, larger in ((maximise, True), (minimise, False)) if name is not None]
    require(bool(goals), "A design must have a goal", "none", "Name a measure to maximise or to minimise.")
    for goal in goals:
        numeric_measure(subject, goal.measure, "A goal must be a number")
    known = [Verdict.FEASIBLE.value, Verdict.BORDERLINE.value]
    require(
        standard in known,
        "The standard must be feasible or borderline",
        repr(standard),
        suggestion(standard, known, "Choose one."),
    )
    require(evaluations >= 20, "A design must have at least 20 evaluations", evaluations, "Allow some hundreds.")
    require_count(evaluations, most_evaluations, "most_evaluations", "Trials of a design", "Lower it", SECONDS)
    problem = DesignProblem(
        subject=subject,
        choices=choices_of(subject, vary),
        goal=goals[0],
        limits=tuple(limit_of(subject, text) for text in subject_to),
        standard=Verdict(standard),
        settings=chosen,
        also=tuple(goal.measure for goal in goals),
    )
    with pool_of("local", workers) as pool:
        search = Search(pool, evaluations * len(goals), progress)
        return _solved(search, problem, goals[1] if len(goals) > 1 else None, evaluations, seed, check)


def _solved(
    search: Search, problem: DesignProblem, second: Goal | None, evaluations: int, seed: int, check: bool
) -> DesignResult:
    start = start_of(problem)
    before = search.of(problem, [start])[0]
    after = search.best(problem, start, evaluations, seed)
    if second is not None and problem.holds(after):
        _explore(search, problem, second, after, evaluations, seed)
        after = min(search.trials.values(), key=problem.merit)
    checked = None
    if check:
        problem, after, checked = _confirmed(search, problem, after, evaluations)
    violated = ", ".join(_violated(problem, after))
    return DesignResult(
        problem=problem,
        before=before,
        after=after,
        evaluations=search.spent,
        seed=seed,
        before_checked=_checked(problem, None) if check else None,
        after_checked=checked,
        front=() if second is None else tuple(pareto_front(search.trials.values(), problem, second)),
        second=second,
        status=after.status,
        message=f"No choice meets all constraints; the best violates {violated}. Widen the bounds of the choices."
        if violated
        else "All requirements and limits hold.",
        certificate=after.certificate,
    )


def _violated(problem: DesignProblem, trial: Trial) -> tuple[str, ...]:
    found = sorted((slack, name) for name, slack in problem.slacks(trial).items() if slack < 0)
    return tuple(name for _, name in found)


def _confirmed(
    search: Search, problem: DesignProblem, after: Trial, evaluations: int
) -> tuple[DesignProblem, Trial, Checked | None]:
    """Check a device with every bath kept, and continue the search if the eliminated model was too optimistic."""
    checked = _checked(problem, after)
    for _ in range(ROUNDS):
        problem = replace(problem, corrections=_corrections(after, checked))
        violated = _violated(problem, after)
        if not any(is_outcome(key) and criterion.name in violated for key, criterion in after.margins.items()):
            break
        if search.progress is not None:
            search.progress("design, after a check with every bath kept", search.spent, search.budget)
        before, after = after, search.locally(problem, after, evaluations // 4)
        if after.numbers == before.numbers:
            break
        checked = _checked(problem, after)
    return replace(problem, corrections=_corrections(after, checked)), after, checked


def _checked(problem: DesignProblem, trial: Trial | None) -> Checked | None:
    """Assessment of the device or chip of a trial, or of the file itself."""
    if problem.subject.dimensionless:
        return None
    built = problem.subject.build(None if trial is None else problem.values(trial.numbers))
    complete = replace(problem.settings, complete=True)
    if isinstance(built, Chip):
        return assessed_chip(ChipAnalysis(built, complete), complete=False)
    assert isinstance(built, Device)
    return assessed(Analysis(built, complete), budget=False)


def _corrections(trial: Trial, checked: Checked | None) -> dict[str, float]:
    """Logarithms of the margins with every bath kept over those with the baths eliminated."""
    found: dict[str, float] = {}
    known = {} if checked is None else {c.key: c.margin for c in criteria_checked(checked) if is_outcome(c.key)}
    for key, complete in known.items():
        eliminated = trial.margins[key].margin if key in trial.margins else None
        if complete and eliminated and math.isfinite(complete) and math.isfinite(eliminated):
            found[key] = math.log(complete / eliminated)
    return found


def _explore(search: Search, problem: DesignProblem, second: Goal, after: Trial, evaluations: int, seed: int) -> None:
    """Trials along the Pareto front: its other end, then levels of the second goal, each from its neighbour."""
    start = [c.share(n) for c, n in zip(problem.choices, after.numbers, strict=True)]
    other = search.best(replace(problem, goal=second), np.array(start), evaluations // 2, seed)
    first, last = (trial.measures[second.measure] for trial in (after, other))
    if not (math.isfinite(first) and math.isfinite(last)) or first == last:
        return
    for share in (k / (FRONT_POINTS + 1) for k in range(1, FRONT_POINTS + 1)):
        level = first * (last / first) ** share if min(first, last) > 0 else first + share * (last - first)
        limit = Limit(second.measure, not second.maximise, level, f"{second.measure} at {level:.3g}")
        bounded = replace(problem, limits=(*problem.limits, limit))
        search.locally(bounded, min(search.trials.values(), key=bounded.merit), evaluations // (2 * FRONT_POINTS))
