"""A designed device as a file: the one it came from, comments and all, with its chosen numbers replaced."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

from qsb_hw import __version__
from qsb_hw.devices.catalog import chip_from_spec
from qsb_hw.errors import ArgumentError
from qsb_hw.explore.design.design import DesignResult
from qsb_hw.questions.criteria import Verdict
from qsb_hw.spec.paths import Key, leaves, prepared
from qsb_hw.spec.quantity import Quantity


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
    import tomlkit

    subject, problem = result.problem.subject, result.problem
    source = Path(subject.source)
    original = source.read_text("utf-8") if source.is_file() else tomlkit.dumps(_plain(subject.table))
    document = tomlkit.parse(original)
    how = f"qsb-hw design, seed {result.seed}"
    for choice, number in zip(problem.choices, result.after.numbers, strict=True):
        for path in choice.paths:
            was = subject.number(path)
            before = "not given" if was is None else f"was {was.text}"
            origin = f"{how}: {before}, chosen within {choice.span.text}"
            _put(document, subject.field(path).keys, choice.text(number), origin, was)
    if subject.is_chip:
        _keep_others(document, result)
    goals = [goal.text for goal in (problem.goal, result.second) if goal is not None]
    wanted = ", ".join([*goals, *(limit.text for limit in problem.limits)])
    standard = f"Every requirement met{' with its margin' if problem.standard is Verdict.FEASIBLE else ''}"
    answer = "yes" if result.feasible else f"no; blocked by {', '.join(result.blocked_by)}"
    head = (
        f"# Designed from {source.name} by qsb-hw {__version__}: {wanted}.\n"
        f"# {standard}: {answer}. {result.evaluations} trials, seed {result.seed}.\n"
    )
    return head + tomlkit.dumps(document).lstrip("\n")


def _keep_others(document: Any, result: DesignResult) -> None:
    """Write into nodes that are like a changed one what they had: only what was chosen changes."""
    problem = result.problem
    wanted = dict(leaves(prepared(problem.subject.spec(problem.values(result.after.numbers)))))
    for _ in range(len(problem.subject.nodes)):  # what is written may be inherited in its turn
        found = dict(leaves(prepared(chip_from_spec(document.unwrap(), problem.subject.source).spec)))
        moved = [path for path, value in wanted.items() if not _same(found.get(path), value)]
        if not moved:
            break
        for path in moved:
            number = wanted[path]
            assert isinstance(number, Quantity)
            _put(document, problem.subject.field(path).keys, number.text, number.source, number)
    if more := sorted(found.keys() - wanted.keys()):
        raise ArgumentError(
            f"A designed file must change nothing but what was chosen, but found that {', '.join(more)} would be "
            "inherited from a node it is like. Write into the file how that node has it, then design again."
        )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return math.isclose(one.value, other.value, rel_tol=1e-5)
    return bool(one == other)


def _put(document: Any, keys: tuple[Key, ...], text: str, origin: str | None, was: Quantity | None) -> None:
    import tomlkit

    inside = document
    for key in keys[:-1]:
        if isinstance(key, str) and key not in inside:
            inside[key] = tomlkit.table()
        inside = inside[key]
    notes = _noted(text, origin, None if was is None else was.tolerance)
    written = ", ".join(f"{key} = {tomlkit.item(note).as_string()}" for key, note in notes.items())
    inside[keys[-1]] = tomlkit.parse(f"x = {{ {written} }}")["x"]


def _noted(text: str, source: str | None, tolerance: float | None) -> dict[str, Any]:
    """What a file says of a number; a pure one without quotes."""
    value: str | float = text
    for number in (float, int):  # a whole number stays one
        with suppress(ValueError):
            value = number(text)
    notes = {"value": value, "source": source, "tolerance": tolerance}
    return {key: note for key, note in notes.items() if note is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_plain(inside) for inside in value]
    if not isinstance(value, Quantity):
        return value
    notes = _noted(value.text, value.source, value.tolerance)
    return notes if len(notes) > 1 else notes["value"]
