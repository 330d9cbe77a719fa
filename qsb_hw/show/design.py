"""Designs: choices, measures and requirements before and after, and what blocks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from qsb_hw.explore.design.design import Checked, DesignResult, criteria_checked
from qsb_hw.explore.design.problem import Choice, Trial
from qsb_hw.explore.sweep.measures import measures_of
from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.questions.assessment import Assessment
from qsb_hw.show.advice import tradeoffs
from qsb_hw.show.criteria import margin_text, stated
from qsb_hw.show.detail import Detail, Part
from qsb_hw.show.fields import Field, Record, Section
from qsb_hw.show.style import BAD, GOOD, QUIET, WARNING, answer, label, named, stacked, value, verbose
from qsb_hw.show.sweep import shown_unit
from qsb_hw.show.text import quantity


def _choice(result: DesignResult, choice: Choice, number: float) -> Record:
    was = [result.problem.subject.number(path) for path in choice.paths]
    before = ", ".join(dict.fromkeys("—" if q is None else q.text for q in was))
    return {"paths": choice.paths, "before": before, "after": choice.text(number), "within": choice.span.text}


def _measure(result: DesignResult, name: str) -> Record:
    checked, complete = result.after_checked, None
    if name == "contrast" and isinstance(checked, Assessment) and checked.synchronization is not None:
        complete = checked.synchronization.contrast
    return {
        "name": name,
        "unit": measures_of([name], result.problem.subject)[0].unit,
        "before": result.before.measures.get(name),
        "after": result.after.measures.get(name),
        "after_complete": complete,
    }


def _requirements(result: DesignResult) -> list[Record]:
    """Margins of every requirement before and after, with every bath kept where that was checked."""
    before = _margins(result.before_checked, result.before)
    return [
        {
            "name": after.name, "before": before[key].margin if key in before else None, "after": after.margin,
            "required_margin": after.required_margin, "active": key in _active(result),
        }
        for key, after in _margins(result.after_checked, result.after).items()
    ]  # fmt: skip


def _margins(checked: Checked | None, trial: Trial) -> Mapping[str, Criterion]:
    """Requirements that could be checked, by key."""
    if checked is None:
        return trial.margins
    return {c.key: c for c in criteria_checked(checked).of_kind(CriterionKind.REQUIREMENT) if c.margin is not None}


def _active(result: DesignResult) -> set[str]:
    """Keys of the active requirements."""
    return {key for key, criterion in result.after.margins.items() if criterion.name in result.active}


def _point(result: DesignResult, trial: Trial) -> Record:
    texts = [c.text(n) for c, n in zip(result.problem.choices, trial.numbers, strict=True)]
    return {"choices": texts, "measures": trial.measures}


CHOICE = Section(
    Field("paths", "numbers of the device file that were chosen"),
    Field("before", "value with its unit in the file as it was"),
    Field("after", "value chosen"),
    Field("within", "bounds"),
)
MEASURE = Section(
    Field("name", "of the measure"),
    Field("unit", "of its values"),
    Field("before", "of the file as it was, baths eliminated"),
    Field("after", "of the device found, baths eliminated"),
    Field("after_complete", "likewise with every bath kept; the contrast only"),
)
REQUIREMENT = Section(
    Field("name", "of the requirement", symbol="requirement"),
    Field("before", "margin of the file as it was; null where not known", show=margin_text),
    Field("after", "margin of the device found", show=margin_text),
    Field("required_margin", "margin from which it counts as met", symbol="required", show=margin_text),
    Field("active", "whether it is within five per cent of its bound, baths eliminated"),
)
POINT = Section(Field("choices", "texts with units"), Field("measures", "by name"))
DESIGN = Section(
    Field("file", "the device file written", lambda d: None if d.file is None else str(d.file)),
    Field("wanted", "goals and limits", lambda d: [g.text for g in (*_goals(d), *d.problem.limits)]),
    Field("standard", '"feasible": every requirement with its margin; "borderline": every requirement met',
          "problem.standard"),
    Field("met", "whether every requirement and limit holds, with every bath kept where that was checked", "feasible"),
    Field("verdict", "of the device found"),
    Field("verdict_before", "of the device file as it was", lambda d: (d.before_checked or d.before).verdict),
    Field("blocked_by", "requirements and limits that are missed, worst first"),
    Field("active", "active constraints: within five per cent of their bound, and choices at theirs"),
    Field("evaluations", "trials made"),
    Field("seed", "the same seed gives the same file"),
    Field("choices", "numbers that were chosen",
          lambda d: [_choice(d, *pair) for pair in zip(d.problem.choices, d.after.numbers, strict=True)], each=CHOICE),
    Field("measures", "goals and limited measures", lambda d: [_measure(d, name) for name in d.problem.measures],
          each=MEASURE),
    Field("requirements", "margins of the requirements", _requirements, each=REQUIREMENT),
    Field("front", "of two goals, devices that no other one surpasses in both",
          lambda d: [_point(d, trial) for trial in d.front], each=POINT),
)  # fmt: skip


def _goals(result: DesignResult) -> list[Any]:
    return [result.problem.goal, *([result.second] if result.second else [])]


def design_view(result: Any) -> RenderableType:
    """What ``qsb-hw design`` prints; `result` is a `DesignResult` with the `file` written beside it."""
    record = DESIGN.record(result)
    heads = {"before": "before", "after": "after", "after_complete": "after, baths kept"}
    subject = result.problem.subject
    return stacked(
        named(subject.name, subject.description), _panel(record, result),
        CHOICE.table(
            "Chosen numbers", record["choices"], (label("number"), lambda c: "\n".join(c["paths"])),
            "before", "after", "within", detail=Detail.BRIEF,
        ),
        MEASURE.table(
            "Goals", record["measures"], (label("measure"), lambda m: m["name"]),
            *((value(head), lambda m, key=key: quantity(m[key], shown_unit(m["unit"]))) for key, head in heads.items()),
            detail=Detail.BRIEF,
        ),
        REQUIREMENT.table(
            "Requirements of the effect: margins", DESIGN["requirements"].value(result), "name", "before", "after",
            "required_margin", (label("", min_width=8), _standing),
        ),
        _front(record) if record["front"] else None,
    )  # fmt: skip


def _standing(requirement: Record) -> Text:
    after = requirement["after"]
    if after < 1:
        return Text("FAIL", style=BAD)
    if after < requirement["required_margin"]:
        return Text("marginal", style=WARNING)
    return Text("active" if requirement["active"] else "", style=GOOD)


def _front(record: Record) -> RenderableType:
    units = {measure["name"]: shown_unit(measure["unit"]) for measure in record["measures"]}
    return POINT.table(
        "Pareto front", record["front"],
        *((value(name), lambda p, name=name: quantity(p["measures"][name], units.get(name, "")))
          for name in record["front"][0]["measures"]),
        (label("choices", ratio=1), lambda p: ", ".join(p["choices"])),
    )  # fmt: skip


def _panel(record: Record, result: DesignResult) -> Part:
    said: list[RenderableType] = [
        f"Verdict {record['verdict_before']} → {record['verdict']}; {'; '.join(record['wanted'])}."
    ]
    if record["blocked_by"]:
        of = {c.name: c for c in result.after.margins.values()}
        said.append("Blocked by:")
        said += [_indented(f"{stated(of[n])} → {of[n].remedy}" if n in of else n) for n in record["blocked_by"]]
    if record["active"]:
        said += ["Active constraints:", *map(_indented, record["active"])]
    if result.after_checked is None:
        said.append("Not checked with every bath kept.")
    missed = [c for c in result.after.margins.values() if c.name in record["blocked_by"]]
    said += tradeoffs((c.name, c.remedy) for c in missed)
    if record["file"] is not None:
        said.append(f"Written to {record['file']}.")
    head = Text("YES", style=GOOD) if record["met"] else Text("NO", style=BAD)
    how = "met with its margin" if record["standard"] == "feasible" else "met"
    title = f"Is every requirement {how} and every limit kept?"
    how_found = Text(f"{record['evaluations']} trials, seed {record['seed']}.", style=QUIET)
    return answer(title, head, *(Text(one) if isinstance(one, str) else one for one in said), verbose(how_found))


def _indented(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 2))
