"""Quantities by the words one asks for them with: measures, derived quantities and criteria, with units and bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Requested
from qsb_hw.errors import require
from qsb_hw.explore.sweep import names
from qsb_hw.explore.sweep.chips import CHIP, ChipEvaluation, evaluation_of
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.measures import held_by, measures_of
from qsb_hw.explore.sweep.names import named
from qsb_hw.explore.sweep.points import PointStatus, evaluate
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.device import HeldBy
from qsb_hw.questions.criteria import named_of_device

ALIASES = names.ALIASES | {"fidelity": "P"}
"""Other words for measures, of a device and of the node of a chip."""
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

    A word is as `qsb_hw.explore.sweep.names` takes it for measures of sweeps: of a chip with its node or its two nodes
    behind it, ``kerr[A]``, ``contrast[A-B]``.

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
    """The key that a word for a quantity stands for: "P" for "fidelity", "P[A]" for "fidelity[A]"."""
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
    where = None if matched is None else matched[2]
    built = evaluation.chip if isinstance(evaluation, ChipEvaluation) else evaluation.analysis.device
    must = "A quantity of one device must come without a node"
    require(isinstance(built, Chip) or where is None, must, repr(word), "Drop the brackets.")
    name, entry = named(spelled(word), built)
    (measure,) = measures_of([name], subject)
    require(measure.dim is None, "A quantity must be a single number", name, "Choose another one.")
    suffix = "" if where is None else f"[{where}]"
    base = name.removesuffix(suffix)
    if entry is None or base.startswith("bound:"):
        key, said = base, measure.long_name
    else:
        key, said = entry.key, entry.name
    unit = measure.unit if entry is None else entry.unit
    return Asked(
        key=key + suffix, measure=name, name=said, unit="" if unit in ("1", "SI") else unit,
        limits=tuple(_limits(base, suffix, evaluation)),
    )  # fmt: skip


def _limits(measure: str, suffix: str, evaluation: Evaluation | ChipEvaluation) -> Iterator[Limiting]:
    """Criteria of the device, or of the part of the chip, that bound a quantity."""
    where, kind = suffix[1:-1], measure.partition(":")[0]
    if isinstance(evaluation, Evaluation) or (where and "-" not in where):
        judged = evaluation if isinstance(evaluation, Evaluation) else evaluation.node(where)
        device = judged.analysis.device
        known = {key for key, _, _ in named_of_device(device, paired=not suffix)}  # what bounds V is of links
        held = [one for one in held_by(measure, device) if one.criterion in known]
        yield from (_limiting(one, judged.criterion(one.criterion), measure + suffix) for one in held)
    else:
        criteria = evaluation.criteria_of(where or CHIP)
        for one in held_by(measure) if where or kind == "value" else ():
            limit = _limiting(one, criteria.get(one.criterion), measure + suffix)
            yield replace(limit, measure="", fixed=criteria.get(one.criterion).bound) if kind == "value" else limit


def _limiting(held: HeldBy, criterion: Criterion, measure: str) -> Limiting:
    at_most = criterion.sense is Sense.AT_MOST
    return Limiting(
        key=criterion.key,
        name=criterion.name,
        kind=criterion.kind,
        sense=Sense.AT_MOST if at_most != held.reversed else Sense.AT_LEAST,
        required_margin=criterion.required_margin,
        measure=f"bound:{criterion.key}:{measure}",
        held=held,
        at_most=at_most,
    )
