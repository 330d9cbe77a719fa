"""Quantities by the words one asks for them with: measures, derived quantities and criteria, with units and bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Requested
from qsb_hw.errors import ArgumentError, require, suggestion
from qsb_hw.explore.sweep.chip_measures import ONE, OWN, TWO, WHOLE
from qsb_hw.explore.sweep.chips import ChipEvaluation, evaluation_of
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.measures import HELD, MEASURES, Measure, held_by, measures_of
from qsb_hw.explore.sweep.points import PointStatus, evaluate
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.device import DerivedQuantity, Device, HeldBy

ALIASES = {"P": "fidelity", "P(n0)": "fidelity"}
"""Words for measures of one device beside their names; `P[NODE]` is the name of a chip's."""
UNSOLVED = ("kerr", "kerr_to_linewidth", "coupling_to_linewidth", "pump_power")
"""Measures that are known without the steady state of anything."""
_WORD = re.compile(r"(.+?)(?:\[([^\[\]]*)\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limiting:
    """A criterion that bounds a quantity, as seen from the quantity.

    Attributes
    ----------
    key, name, kind : str, str, CriterionKind
        Of the criterion.
    sense : Sense
        Which side of the bound is good for the quantity; of one with a sign, for its modulus.
    required_margin : float
        Times better than the bound, from which the criterion counts as met.
    measure : str
        Measure of where the bound lies; "" where it is `fixed`.
    fixed : float
        The bound, where it is the same at every point.
    """

    key: str
    name: str
    kind: CriterionKind
    sense: Sense
    required_margin: float
    measure: str
    held: HeldBy
    at_most: bool  # of the criterion itself
    fixed: float = math.nan

    def required(self, bound: Floats, unit: str) -> Floats:
        """Where the quantity must lie to have the required margin, from where its bound is."""
        if not math.isfinite(self.required_margin):
            return bound
        factor = 1 / self.required_margin if self.at_most else self.required_margin
        if self.held.complement:
            return 1 - (1 - bound) * factor
        if unit == "dBm":
            return bound + 10 * math.log10(factor)
        return np.asarray(bound * factor ** (1 / self.held.power))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One quantity: key, measure of a sweep, name with its symbol, SI unit, and the criteria that bound it."""

    key: str
    measure: str
    name: str
    unit: str
    limits: tuple[Limiting, ...] = ()

    @property
    def solved(self) -> bool:
        """Whether it rests on a steady state."""
        base = self.measure.partition("[")[0]
        return not base.startswith("derived:") and base not in UNSOLVED


def asked(subject: Subject, of: Sequence[str] | str, settings: Requested) -> tuple[Asked, ...]:
    """Quantities of a device or chip by their words.

    A word is a name of `MEASURES`, the key or name of a derived quantity or of a criterion, or a measure written out
    (``margin:K/κ``); of a chip with its node or its two nodes behind it, ``kerr[A]``, ``contrast[A-B]``.

    Raises
    ------
    ArgumentError
        If a word is unknown, given twice, or no single number.
    """
    words = [w.strip() for w in re.split(r",(?![^\[]*\])", of)] if isinstance(of, str) else [str(w).strip() for w in of]
    require(bool(words) and all(words), "There must be a quantity", repr(of), "Name one: kerr, contrast.")
    must = "Quantities must be those of a device"
    require(not subject.is_pair_model, must, subject.name, "Name a device file, or sweep the model.")
    evaluation = evaluation_of(subject, {}, settings)
    found = tuple(_asked(subject, word, evaluation) for word in words)
    keys = [one.key for one in found]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    require(not twice, "A quantity must be named once", ", ".join(twice), "Remove one.")
    return found


def spelled(word: str) -> str:
    """The key that a word for a quantity stands for: "fidelity" for "P", "fidelity[A]" for "P[A]"."""
    base, bracket, where = word.partition("[")
    return ALIASES.get(base, base) + bracket + where


def at_work(subject: Subject, settings: Requested, measures: Sequence[str], solved: Collection[str]) -> Floats:
    """Values of measures for the file as it is; NaN for all where they could not be had.

    Those of `solved` rest on steady states, and are NaN too where one of these has no certificate.
    """
    (row,) = evaluate(subject, settings, measures, [1] * len(measures), (), ((),))
    lost = row["status"] == PointStatus.NOT_CONVERGED and np.isin(measures, [*solved])
    return np.where(lost, math.nan, row["values"])


def levels_kept(subject: Subject, chosen: Requested) -> Requested:
    """The same with the levels that the working point needs; as it is for chips and where all bound levels are kept."""
    if subject.is_chip or chosen.levels is not None:
        return chosen
    analysis = Evaluation(subject, {}, chosen).analysis
    levels = int(analysis.base_conditions.levels.value)
    return chosen if levels >= analysis.device.complete.levels else replace(chosen, levels=levels)


def _asked(subject: Subject, word: str, evaluation: Evaluation | ChipEvaluation) -> Asked:
    matched = _WORD.fullmatch(word)
    assert matched is not None
    base, where = matched.groups()
    if not isinstance(evaluation, ChipEvaluation):
        require(where is None, "A quantity of one device must come without a node", repr(word), "Drop the brackets.")
        return _of_device(subject, base, "", evaluation)
    if where is not None and "-" not in where:
        subject.node_named(where)
        return _of_device(subject, base, f"[{where}]", evaluation.node(where))
    return _of_parts(subject, base, where, evaluation)


def _of_device(subject: Subject, word: str, suffix: str, evaluation: Any) -> Asked:
    """Of one device, or of a node of a chip."""
    device: Device = evaluation.analysis.device
    word = ALIASES.get(word, word)
    kind, colon, inside = word.partition(":")
    own = {**ONE, **dict.fromkeys(OWN)} if suffix else MEASURES
    quantity, criterion = _derived(device, inside if kind in ("derived", "fact") else word), None
    if word in own:
        measure, key, quantity = word, word, None
    elif quantity is not None:
        measure, key = f"derived:{quantity.key}", quantity.key
    elif colon and kind == "margin":
        measure = key = word
    else:
        criterion = _criterion(evaluation, inside if kind == "value" else word, device, own, word)
        measure, key = f"value:{criterion.key}", criterion.key
    found = _single(subject, measure + suffix)
    held = [one for one in held_by(measure, device) if not suffix or _has(evaluation, one.criterion)]
    limits = tuple(_limits(held, measure, suffix, evaluation.criterion))
    if quantity is not None:
        return Asked(key=key + suffix, measure=found.name, name=quantity.name, unit=quantity.unit, limits=limits)
    if criterion is not None:
        return Asked(key=key + suffix, measure=found.name, name=criterion.name, unit=criterion.unit, limits=limits)
    name, unit = found.long_name, "" if found.unit in ("1", "SI") else found.unit
    return Asked(key=key + suffix, measure=found.name, name=name, unit=unit, limits=limits)


def _of_parts(subject: Subject, word: str, where: str | None, evaluation: ChipEvaluation) -> Asked:
    """Of two nodes of a chip, or of the chip as a whole."""
    suffix = "" if where is None else f"[{where}]"
    known = WHOLE if where is None else TWO
    kind, colon, _ = word.partition(":")
    if word in known or (colon and kind == "margin"):
        found = _single(subject, word + suffix)
        held = HELD.get(word, ()) if where is not None else ()
        limits = _limits(held, word, suffix, lambda key: evaluation.criteria_of(str(where)).get(key))
        unit = "" if found.unit in ("1", "SI") else found.unit
        return Asked(key=word + suffix, measure=found.name, name=found.long_name, unit=unit, limits=tuple(limits))
    _single(subject, f"value:{word}{suffix}")  # names of nodes
    criteria = evaluation.chip.criteria if where is None else evaluation.criteria_of(where)
    criterion = next((c for c in criteria if word.removeprefix("value:") in (c.key, c.name)), None)
    if criterion is None:
        nodes = ", ".join(subject.nodes)
        near = suggestion(word, {*known, *(c.key for c in criteria), *ONE}, "", cutoff=0.4)
        hint = f"{near} Of a node write kerr[{subject.nodes[0]}]; nodes are {nodes}.".strip()
        raise ArgumentError(f"A quantity must be one the chip has, but found {word + suffix!r}. {hint}")
    measure = f"value:{criterion.key}"
    (limit,) = _limits((HeldBy(criterion=criterion.key, scale=1.0),), measure, suffix, lambda _: criterion)
    return Asked(
        key=criterion.key + suffix, measure=measure + suffix, name=criterion.name, unit=criterion.unit,
        limits=(replace(limit, measure="", fixed=criterion.bound),),
    )  # fmt: skip


def _limits(
    held: Sequence[HeldBy], measure: str, suffix: str, criterion_of: Callable[[str], Criterion]
) -> Iterator[Limiting]:
    """Criteria of the device, or of its part, that bound a quantity."""
    for one in held:
        criterion = criterion_of(one.criterion)
        at_most = criterion.sense is Sense.AT_MOST
        yield Limiting(
            key=criterion.key,
            name=criterion.name,
            kind=criterion.kind,
            sense=Sense.AT_MOST if at_most != one.reversed else Sense.AT_LEAST,
            required_margin=criterion.required_margin,
            measure=f"bound:{criterion.key}:{measure}{suffix}",
            held=one,
            at_most=at_most,
        )


def _has(evaluation: Any, key: str) -> bool:
    """Whether a node has a criterion by itself; what bounds V is of its links."""
    with suppress(ArgumentError):
        evaluation.criterion(key)
        return True
    return False


def _single(subject: Subject, name: str) -> Measure:
    (measure,) = measures_of([name], subject)
    require(measure.dim is None, "A quantity must be a single number", name, "Choose another one.")
    return measure


def _derived(device: Device, word: str) -> DerivedQuantity | None:
    return next((q for q in device.derived_quantities if word in (q.key, q.name)), None)


def _criterion(evaluation: Any, word: str, device: Device, own: Any, asked: str) -> Criterion:
    """A criterion by its word; `ArgumentError` with the nearest of everything that can be asked for."""
    try:
        found: Criterion = evaluation.criterion(word)
    except ArgumentError:
        keys = {*own, *(q.key for q in device.derived_quantities), *(c.key for c in evaluation.unsolved)}
        hint = suggestion(asked, keys, "`qsb-hw check --json` and `qsb-hw sweep --list` name them.", cutoff=0.4)
        raise ArgumentError(f"A quantity must be one the device has, but found {asked!r}. {hint}") from None
    return found
