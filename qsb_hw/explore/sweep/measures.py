"""What can be asked of every point, of a device here, of a chip in `qsb_hw.explore.sweep.chip_measures`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats
from qsb_hw.analysis.conditions import Requested
from qsb_hw.errors import ArgumentError, require, suggestion
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.model.criterion import Criteria, Criterion, CriterionKind
from qsb_hw.model.device import DerivedQuantity, Device, HeldBy
from qsb_hw.model.oscillator import widest_linewidth
from qsb_hw.questions.criteria import Verdict, verdict_of
from qsb_hw.units import to_hertz

if TYPE_CHECKING:
    from qsb_hw.explore.sweep.chips import ChipEvaluation

Entry = TypeVar("Entry", Criterion, DerivedQuantity)

VERDICTS = (Verdict.INFEASIBLE, Verdict.BORDERLINE, Verdict.FEASIBLE)
"""In the order of their codes 0, 1, 2."""
WORDS = tuple(v.value for v in VERDICTS)


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, or a row of numbers along its own dimension `dim`, of every point; frequencies are cyclic.

    `compute` gives a number for all members of an `Evaluation`, or one row per member where the measure depends on Δ
    (`along`). `meanings` are those of the codes 0, 1, … where it is a word, `labels` those along `dim`; `node` is the
    node of a chip whose levels `dim` has.
    """

    name: str
    long_name: str
    unit: str
    compute: Callable[[Any], ArrayLike]
    requires_device: bool = False
    along: bool = False
    dim: str | None = None
    meanings: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    node: str | None = None

    def size(self, subject: Subject, requested: Requested) -> int:
        """Numbers per point: one, or one per label, or one per level kept."""
        if self.dim is None:
            return 1
        if self.labels:
            return len(self.labels)
        if self.node is not None:
            return requested.levels or subject.build().node(self.node).complete.levels  # type: ignore[union-attr]
        if requested.levels is not None or not subject.dimensionless:
            return requested.levels or subject.build().complete.levels  # type: ignore[union-attr]
        given, target = subject.number("$.levels"), subject.number("$.fock_state")
        assert target is not None
        return int(target.value) + 7 if given is None else int(given.value)

    def of(self, evaluation: Evaluation | ChipEvaluation, size: int) -> Floats:
        """Values of every member, (members, size); padded with NaN."""
        members = len(evaluation.detunings)
        rows = np.asarray(self.compute(evaluation), dtype=float)
        rows = rows.reshape(members if self.along else 1, -1)[:, :size]
        found = np.full((members, size), math.nan)
        found[:, : rows.shape[1]] = rows
        return found


def _cyclic(of: Callable[[Evaluation], float]) -> Callable[[Evaluation], float]:
    return lambda e: float(to_hertz(of(e))) if not e.subject.dimensionless else of(e)


def smallest_margin(criteria: Criteria) -> float:
    """Smallest margin of a requirement in units of the required one; NaN where none could be checked."""
    requirements = (c for c in criteria if c.kind is CriterionKind.REQUIREMENT)
    return min((c.margin / c.required_margin for c in requirements if c.margin is not None), default=math.nan)


def code_of(verdict: Verdict) -> float:
    """Place of a verdict in `VERDICTS`; NaN where it is undecided."""
    return math.nan if verdict is Verdict.UNDECIDED else float(VERDICTS.index(verdict))


def _kerr_ratio(evaluation: Evaluation) -> float:
    return _kerr(evaluation) / widest_linewidth(evaluation.analysis.oscillator)


def _coupling_ratio(evaluation: Evaluation) -> float:
    return max(t.coupling / t.linewidth for t in evaluation.analysis.oscillator.stabilising_tones)


def _kerr(evaluation: Evaluation) -> float:
    if evaluation.subject.is_pair_model:
        return evaluation.analysis.effective.kerr
    return evaluation.analysis.oscillator.ladder.kerr_at(evaluation.analysis.target)


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        m.name: m
        for m in (
            Measure("S", "synchronization measure at Δ", "1", lambda e: e.S, along=True),
            Measure("S_zero", "synchronization measure at Δ = 0", "1", lambda e: e.S_at_rest[0]),
            Measure("S_resonance", "synchronization measure at the weaker resonance", "1",
                    lambda e: min(e.S_at_rest[1:].tolist(), default=math.nan)),
            Measure("contrast", "blockade contrast S(resonance)/S(0)", "1", lambda e: e.analysis.contrast),
            Measure("resonance", "first resonance Δ/2π", "Hz", _cyclic(lambda e: e.analysis.resonances[0].detuning)),
            Measure("fidelity", "P(n0) of one oscillator", "1", lambda e: e.analysis.fidelity),
            Measure("P", "P(n0)", "1", lambda e: e.analysis.fidelity),
            Measure("populations", "level populations of one oscillator", "1", lambda e: e.analysis.populations,
                    dim="level"),
            Measure("gamma", "γ/2π", "Hz", _cyclic(lambda e: e.analysis.effective.gamma)),
            Measure("sigma", "σ in levels", "1", lambda e: e.analysis.effective.sigma),
            Measure("n_plus", "n₊ in levels", "1", lambda e: e.analysis.effective.n_plus),
            Measure("n_minus", "n₋ in levels", "1", lambda e: e.analysis.effective.n_minus),
            Measure("kerr", "K/2π at n0", "Hz", _cyclic(_kerr)),
            Measure("kerr_to_linewidth", "K/κ", "1", _kerr_ratio, True),
            Measure("coupling_to_linewidth", "g/κ", "1", _coupling_ratio, True),
            Measure("pump_power", "pump power at the chip, the larger one", "W",
                    lambda e: _known(e.criterion("pump_power").value), True),
            Measure("verdict", "verdict on the requirements", "1", lambda e: code_of(verdict_of(e.criteria)), True,
                    meanings=WORDS),
            Measure("margin", "smallest margin of a requirement over its required margin", "1",
                    lambda e: smallest_margin(e.criteria), True),
            Measure("trace_distance", "trace distance of full and eliminated model", "1",
                    lambda e: e.analysis.comparison.trace_distance, True),
        )
    }
)  # fmt: skip
"""Every measure by name, beside ``value:KEY`` and ``margin:KEY`` of any criterion and ``derived:KEY`` of a device.

`qsb_hw.explore.sweep.names` takes their words and checks them.
"""


HELD: Mapping[str, tuple[HeldBy, ...]] = MappingProxyType({
    "kerr": (HeldBy(criterion="kerr_to_linewidth"), HeldBy(criterion="kerr_to_gamma")),
    "gamma": (
        HeldBy(criterion="kerr_to_gamma", power=-1.0), HeldBy(criterion="pumping_to_loss"),
        HeldBy(criterion="gamma_t_phi"), HeldBy(criterion="coupling_to_gamma_visible", power=-1.0),
        HeldBy(criterion="coupling_to_gamma_hybridised", power=-1.0),
    ),
    "sigma": (HeldBy(criterion="kerr_to_linewidth", power=-1.0),),
    "coupling": (
        HeldBy(criterion="coupling_to_gamma_visible", modulus=True),
        HeldBy(criterion="coupling_to_gamma_hybridised", modulus=True),
    ),
    "fidelity": (HeldBy(criterion="impurity", complement=True),),
    "contrast": (HeldBy(criterion="contrast", scale=1.0),),
    "pump_power": (HeldBy(criterion="pump_power", scale=1.0),),
    "kerr_to_linewidth": (HeldBy(criterion="kerr_to_linewidth", scale=1.0),),
    "coupling_to_linewidth": (HeldBy(criterion="adiabaticity"),),
})  # fmt: skip
"""Criteria of every platform that bound a measure."""


def measures_of(names: Sequence[str] | str, subject: Subject) -> tuple[Measure, ...]:
    """Measures of those names; refused if there is none, one twice, an unknown one or one the model does not have."""
    wanted = [n.strip() for n in names.split(",")] if isinstance(names, str) else [*names]
    require(bool(wanted and all(wanted)), "A sweep must have a measure", names or "none", "Name one: S, contrast.")
    require(len(set(wanted)) == len(wanted), "A measure must be named once", ", ".join(wanted), "Remove one.")
    if subject.is_chip:
        from qsb_hw.explore.sweep.chip_measures import chip_measure

        return tuple(chip_measure(name, subject) for name in wanted)
    found = tuple(measure_named(name) for name in wanted)
    if subject.dimensionless:
        found = tuple(replace(measure, unit="1") for measure in found)
    for measure in found:
        require(
            not (measure.requires_device and subject.is_pair_model),
            "A measure of a model of two oscillators must be one it has",
            measure.name,
            f"Choose from {', '.join(m.name for m in MEASURES.values() if not m.requires_device)}.",
        )
    return found


def measure_named(name: str) -> Measure:
    """The measure of one device of that name; `ArgumentError` with the nearest if there is none."""
    kind, colon, inside = name.partition(":")
    if name in MEASURES:
        return MEASURES[name]
    if colon and kind == "value":
        return Measure(name, inside, "SI", lambda e: _known(e.criterion(inside).value), True)
    if colon and kind == "margin":
        return Measure(name, f"margin of {inside}", "1", lambda e: _known(e.criterion(inside).margin), True)
    if colon and kind == "bound":
        word, _, held = inside.partition(":")
        measure = measure_named(held)
        return Measure(name, f"bound of {word} on {held}", measure.unit, lambda e: _bound(e, measure, word), True)
    if colon and kind in ("derived", "fact"):  # "fact" was its name in 0.1
        must, hint = "A derived quantity must be one the device has", "`qsb-hw check` lists them."
        return Measure(
            name, inside, "SI", lambda e: _named(e.analysis.device.derived_quantities, inside, must, hint).value, True
        )
    known = f"Known are {', '.join(MEASURES)}, value:…, margin:…, bound:… and derived:…."
    hint = suggestion(name, MEASURES, known, cutoff=0.5)
    raise ArgumentError(f"A measure must be one that is known, but found {name!r}. {hint}")


def held_by(measure: str, device: Device | None = None) -> tuple[HeldBy, ...]:
    """Criteria that bound a measure: of a criterion itself, of a derived quantity of `device`, or of any device."""
    kind, colon, key = measure.partition(":")
    if colon and kind == "value":
        return (HeldBy(criterion=key, scale=1.0),)
    if colon and kind in ("derived", "fact"):
        own = next((q.held_by for q in device.derived_quantities if key in (q.key, q.name)), ()) if device else ()
        return own or HELD.get(key, ())
    return HELD.get("fidelity" if measure == "P" else measure, ())


def _bound(e: Any, measure: Measure, word: str) -> float:
    """Where a criterion's bound lies on a measure."""
    criterion, device = e.criterion(word), e.analysis.device
    held = next((h for h in held_by(measure.name, device) if h.criterion == criterion.key), None)
    if held is None:
        hint = f"Ask for value:{criterion.key}."
        raise ArgumentError(f"A criterion must bound {measure.name}, but found {word!r}. {hint}")
    quantity = float(np.asarray(measure.compute(e)))
    _, colon, key = measure.name.partition(":")
    unit = next((q.unit for q in device.derived_quantities if colon and key in (q.key, q.name)), "")
    return held.at(criterion.bound, quantity, criterion.value, unit)


def _named(entries: Sequence[Entry], name: str, must: str, hint: str) -> Entry:
    found = next((e for e in entries if name in (e.key, e.name)), None)
    if found is None:
        near = suggestion(name, (n for e in entries for n in (e.key, e.name)), hint, cutoff=0.3)
        raise ArgumentError(f"{must}, but found {name!r}. {near}")
    return found


def _known(value: float | None) -> float:
    return math.nan if value is None else value
