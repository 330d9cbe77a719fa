"""A designed device as a file: the one it came from, comments and all, with its chosen numbers replaced."""

from __future__ import annotations

from pathlib import Path

from qsb_hw import __version__
from qsb_hw.explore.changed import Change, changed_file
from qsb_hw.explore.design.design import DesignResult
from qsb_hw.questions.criteria import Verdict


def designed_file(result: DesignResult) -> str:
    """Text of a designed device or chip file: the original, comments and all, with the chosen numbers replaced.

    Every chosen number carries its origin and its former value; the head states the goal and the constraints. A node
    of a chip that is like a changed one gets what it had before in its own table.

    Parameters
    ----------
    result : DesignResult
        From `design`; the same design gives the same text.

    Returns
    -------
    str
        TOML, ready to be written to a file and loaded by `load_device` or `load_chip`, beside the files that the
        original names.

    Raises
    ------
    ArgumentError
        If a node would inherit a number that it did not have.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> model = {"model": "kerr_cavities", "kerr_to_linewidth": 1, "coupling_to_linewidth": 0.05, "fock_state": 1}
    >>> choice, few = {"$.kerr_to_linewidth": "0.5..3"}, {"levels": 3}
    >>> found = qh.design(model, choice, maximise="contrast", evaluations=20, settings=few)
    >>> print(qh.designed_file(found).splitlines()[3])
    kerr_to_linewidth = { value = 3.0, source = "qsb-hw design, seed 0: was 1, chosen within 0.5..3" }
    """
    subject, problem = result.problem.subject, result.problem
    changes = []
    for choice, number in zip(problem.choices, result.after.numbers, strict=True):
        for path in choice.paths:
            was = subject.number(path)
            before = "not given" if was is None else f"was {was.text}"
            origin = f"qsb-hw design, seed {result.seed}: {before}, chosen within {choice.span.text}"
            changes.append(Change(path=path, text=choice.text(number), origin=origin))
    goals = [goal.text for goal in (problem.goal, result.second) if goal is not None]
    wanted = ", ".join([*goals, *(limit.text for limit in problem.limits)])
    standard = f"Every requirement met{' with its margin' if problem.standard is Verdict.FEASIBLE else ''}"
    answer = "yes" if result.feasible else f"no; blocked by {', '.join(result.blocked_by)}"
    head = (
        f"# Designed from {Path(subject.source).name} by qsb-hw {__version__}: {wanted}.\n"
        f"# {standard}: {answer}. {result.evaluations} trials, seed {result.seed}.\n"
    )
    return changed_file(subject, changes, subject.spec(problem.values(result.after.numbers)), head)
