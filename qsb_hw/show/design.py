"""Designs as records: what ``qsb-hw design --json`` prints, and what its tables and pictures are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qsb_hw.explore.design.design import DesignResult
from qsb_hw.explore.design.problem import Trial
from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.questions.assess import Assessment
from qsb_hw.show.plain import plain

Record = dict[str, Any]

DESIGN_KEYS: Mapping[str, str] = {
    "file": "the device file written",
    "wanted": "list of goals and limits, in words",
    "standard": '"feasible" or "borderline": what was asked of every need',
    "met": "whether every need and limit holds, with every bath kept where that was checked",
    "verdict": "of the device found",
    "verdict_before": "of the device file as it was",
    "blocked_by": "needs and limits that are missed, worst first",
    "active": "needs and limits within five per cent of their bound, and choices at theirs",
    "evaluations": "trials made",
    "seed": "decides everything",
    "choices": "list of {paths, before, after, within}: texts with units",
    "measures": "list of {name, unit, before, after, after_complete}: baths eliminated, and kept (contrast only)",
    "needs": "list of {name, before, after, asked}: margins, and the one asked for; null where not known",
    "front": "list of {choices, measures}: of two goals, devices none is better than in both",
}


def design_record(result: DesignResult, file: Path | None = None) -> Record:
    """What ``qsb-hw design --json`` prints."""
    problem = result.problem
    goals = [problem.goal, *([result.second] if result.second else [])]
    record: Record = plain(
        {
            "file": None if file is None else str(file),
            "wanted": [goal.text for goal in goals] + [limit.text for limit in problem.limits],
            "standard": problem.standard,
            "met": result.feasible,
            "verdict": result.verdict,
            "verdict_before": _verdict(result.before_checked, result.before),
            "blocked_by": result.blocked_by,
            "active": result.active,
            "evaluations": result.evaluations,
            "seed": result.seed,
            "choices": _choices(result),
            "measures": [_measure(result, name) for name in problem.measures],
            "needs": needs(result),
            "front": [_point(result, trial) for trial in result.front],
        }
    )
    return record


def needs(result: DesignResult) -> list[Record]:
    """Margins of every need before and after, with every bath kept where that was checked."""
    before = margins(result.before_checked, result.before)
    after = margins(result.after_checked, result.after)
    return [
        {"name": name, "before": before.get(name, (None, None))[0], "after": margin, "asked": asked}
        for name, (margin, asked) in after.items()
    ]


def margins(checked: Assessment | None, trial: Trial) -> dict[str, tuple[float | None, float]]:
    """Margin and the one asked for, by need."""
    if checked is None:
        return {name.partition(",")[0]: pair for name, pair in trial.margins.items()}
    chosen: Sequence[Criterion] = checked.criteria.of_kind(CriterionKind.REQUIREMENT)
    return {c.name.partition(",")[0]: (c.margin, c.required_margin) for c in chosen if c.margin is not None}


def _verdict(checked: Assessment | None, trial: Trial) -> Any:
    return trial.verdict if checked is None else checked.verdict


def _choices(result: DesignResult) -> list[Record]:
    found = []
    for choice, number in zip(result.problem.choices, result.after.numbers, strict=True):
        was = [result.problem.subject.number(path) for path in choice.paths]
        texts = dict.fromkeys("—" if q is None else q.text for q in was)
        found.append(
            {
                "paths": choice.paths,
                "before": ", ".join(texts),
                "after": choice.text(number),
                "within": choice.span.text,
            }
        )
    return found


def _measure(result: DesignResult, name: str) -> Record:
    from qsb_hw.explore.sweep.measures import measures_of

    checked = result.after_checked
    complete = None
    if name == "contrast" and checked is not None and checked.synchronization is not None:
        complete = checked.synchronization.contrast
    return {
        "name": name,
        "unit": measures_of([name], result.problem.subject)[0].unit,
        "before": result.before.measures.get(name),
        "after": result.after.measures.get(name),
        "after_complete": complete,
    }


def _point(result: DesignResult, trial: Trial) -> Record:
    texts = [c.text(n) for c, n in zip(result.problem.choices, trial.numbers, strict=True)]
    return {"choices": texts, "measures": trial.measures}
