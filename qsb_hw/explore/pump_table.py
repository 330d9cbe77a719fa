"""The table of an experimentalist: what is set at the instrument of every tone, and how far each setting may drift."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.conditions import Requested
from qsb_hw.devices.pumps import RETUNED, left_alone
from qsb_hw.errors import ArgumentError, require
from qsb_hw.explore.asked import levels_kept
from qsb_hw.explore.sweep.chips import ChipEvaluation, evaluation_of
from qsb_hw.explore.sweep.points import PointStatus, evaluate
from qsb_hw.explore.sweep.subject import Subject, subject_of, under_conditions
from qsb_hw.lindblad.certificate import ACCURACY
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.model.display import html_tables
from qsb_hw.model.instrument import Instrument
from qsb_hw.result import Certificate, Result, Status
from qsb_hw.spec.paths import leaves
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import FREQUENCY, to_hertz, watt_to_dbm

SHARE = 0.1
"""Default share of S or P(n0) that a setting may cost."""
FARTHEST_FREQUENCY = 5.0
"""Linewidths κ up to which a limit of a frequency is looked for."""
FARTHEST_POWER = 20.0
"""dB up to which a limit of a power is looked for."""
NEAREST = 1 / 40
"""First distance looked at: of a linewidth, or of 4 dB."""
GROWTH = 2.0
"""By which each distance looked at exceeds the one before: a dip that is narrower is not seen."""
ACCURACY_OF_LIMIT = 1e-3
"""Relative error to which a limit is found."""
_DECIBEL = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*(?:dB)?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far one setting may move to either side before a quantity has lost the share.

    Attributes
    ----------
    quantity : str
        Measure that is lost first on that side: "S_resonance", "P", of a chip with nodes.
    distance, error : float
        From the setting, positive: Hz of a frequency, dB of a power; infinite where nothing is lost as far as was
        looked.
    reason : str
        Why the limit is not known beyond `distance`, "" where it is.
    """

    quantity: str
    distance: float
    error: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """What lies nearest to a tone: its name, and its distance in rad/s."""

    name: str
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneRow:
    """Settings of one tone.

    Attributes
    ----------
    node, instrument : str, Instrument
        Node of a chip, "" of a device; the tone as its instrument sees it.
    levels : (int, int)
        Transition of the ladder that it addresses, from and to.
    spacing : float
        Of that transition, rad/s.
    attenuation : float or None
        Between source and device, dB.
    phase : str
        "any": a mode of its own turns with the phase of its drive, and nothing else does.
    frequency_below, frequency_above, power_below, power_above : Drift or None
        How far frequency and power may fall and rise; None where no limits were asked for.
    own, others : Clearance or None
        What lies nearest of its own device, and of other nodes.
    """

    node: str
    instrument: Instrument
    levels: tuple[int, int]
    spacing: float
    attenuation: float | None
    phase: str
    frequency_below: Drift | None
    frequency_above: Drift | None
    power_below: Drift | None
    power_above: Drift | None
    own: Clearance | None
    others: Clearance | None

    @property
    def power_dbm(self) -> float | None:
        """At the device."""
        return None if self.instrument.power is None else watt_to_dbm(self.instrument.power)

    @property
    def source_dbm(self) -> float | None:
        """At the source, before the attenuation."""
        return None if self.power_dbm is None or self.attenuation is None else self.power_dbm + self.attenuation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PumpTable(Result):
    """What is set at the instruments of a device or chip.

    Attributes
    ----------
    name, description : str
        Of the device or chip.
    drives, drive : str, str
        What the platform calls its tones ("pumps", "pump").
    rows : tuple of ToneRow
        One per tone.
    share : float
        Of S at the weaker resonance, or of P(n0), that a setting may cost.
    nominal : mapping of str to float
        These quantities for the file as it is, baths eliminated; none where no limits were asked for.
    status : Status
        `NOT_CONVERGED` where a limit could not be found, `SKIPPED` where no Fock state is there to be lost.
    """

    name: str
    description: str
    drives: str
    drive: str
    rows: tuple[ToneRow, ...]
    share: float
    nominal: Mapping[str, float]
    status: Status
    message: str
    certificate: Certificate = field(default_factory=Certificate)

    def row(self, section: str, node: str = "") -> ToneRow:
        """The row of a tone by its section in the file; `ArgumentError` if there is none."""
        found = next((r for r in self.rows if (r.node, r.instrument.section) == (node, section)), None)
        if found is None:
            known = ", ".join(f"{r.node}.{r.instrument.section}".strip(".") for r in self.rows)
            raise ArgumentError(f"A tone must be one of {known}, but found {node}.{section}. Choose one of these.")
        return found

    def to_csv(self, path: str | Path) -> Path:
        """Write it as comma-separated values, keys as in the JSON record; a file that is there is not replaced."""
        from importlib import import_module

        section = import_module("qsb_hw.show.pumps").TONE
        place = Path(path)
        try:
            with place.open("x", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, section.fields)
                writer.writeheader()
                writer.writerows(section.record(row) for row in self.rows)
        except FileExistsError:
            found = f"A table must go to a new file, but found one at {str(place)!r}. Choose another name."
            raise ArgumentError(found) from None
        return place

    _repr_html_ = html_tables


def pump_table(
    spec: Any,
    attenuation: str | float | Mapping[str, str | float] | None = None,
    *,
    share: float = SHARE,
    limits: bool = True,
    settings: Mapping[str, Any] | Requested | None = None,
    progress: Progress | None = None,
) -> PumpTable:
    """What is set at the instrument of every tone, and how far each setting may drift.

    Frequency and power of one tone at a time are moved, all else stays, until S of the pair at its weaker resonance or
    P(n0) has lost the share. Of a device its twin moves with it; of a chip a node moves alone, and S is that of every
    link it has. Limits are found on the model with its baths eliminated.

    Parameters
    ----------
    spec, settings, progress
        As for `sweep`.
    attenuation : str, float or mapping, optional
        Between sources and device in dB, "60 dB", or by tone, ``{"damping": "60 dB", "A.damping": 63}``; ``""`` is
        that of all others.
    share : float
        That a setting may cost, 0.1 for 10 %.
    limits : bool
        Whether to look for how far each setting may drift, which takes most of the time.

    Returns
    -------
    PumpTable
        A row per tone; `.to_csv(path)` writes them.

    Raises
    ------
    SpecError, ArgumentError
        If the file, the attenuation or the share is not valid, or the platform does not say what is set.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.pump_table("transmon_squid", "60 dB")
    >>> row = found.row("damping")
    >>> round(row.instrument.frequency / 6.283185e9, 3), round(row.power_dbm, 1), round(row.source_dbm, 1)
    (2.696, -64.2, -4.2)
    """
    subject, chosen = under_conditions(subject_of(spec), settings)
    require(0 < share < 1, "`share` must lie between 0 and 1", share, "Take 0.1.")
    written_out, built = _as_set(subject)
    nodes = {"": built} if isinstance(built, Device) else {node.name: node for node in built.nodes}
    without = _without_fock_state(written_out, chosen, nodes) if limits else ""
    limits = limits and not without
    chosen = levels_kept(written_out, chosen) if limits else chosen
    losses = _measures(written_out, chosen) if limits else {}
    first = _values(written_out, chosen, [*losses], {}) if limits else np.zeros(0)
    nominal = dict(zip(losses, first.tolist(), strict=True))
    attenuations, rows = _attenuations(attenuation, nodes), []
    tones = [(node, tone) for node, device in nodes.items() for tone in device.instruments]
    for done, (node, tone) in enumerate(tones):
        if progress is not None:
            progress(f"{node} {tone.section}".strip(), done, len(tones))
        own = {name: nominal[name] for name, members in losses.items() if not node or node in members}
        rows.append(_row(written_out, chosen, nodes, node, tone, own, share, attenuations[node, tone.section]))
    drifts = [d for r in rows for d in (r.frequency_below, r.frequency_above, r.power_below, r.power_above)]
    unknown = [d.reason for d in drifts if d is not None and d.reason]
    device = next(iter(nodes.values()))
    return PumpTable(
        name=subject.name,
        description=subject.description,
        drives=device.vocabulary.drives,
        drive=device.vocabulary.drive,
        rows=tuple(rows),
        share=share,
        nominal=nominal,
        status=Status.SKIPPED if without else Status.NOT_CONVERGED if unknown else Status.CONVERGED,
        message=without or (unknown[0] if unknown else f"{len(rows)} tones."),
    )


def _without_fock_state(subject: Subject, chosen: Requested, nodes: Mapping[str, Device]) -> str:
    """Why there is nothing that a setting could lose; "" where every node holds its Fock state."""
    evaluation = evaluation_of(subject, {}, chosen)
    analyses = evaluation.analysis.nodes if isinstance(evaluation, ChipEvaluation) else (evaluation.analysis,)
    names = [name for name, one in zip(nodes, analyses, strict=True) if not one.has_fock_state]
    of = f" in {', '.join(names)}" if any(names) else ""
    return f"limits: no Fock state is stabilised{of}; `check` says why." if names else ""


def _as_set(subject: Subject) -> tuple[Subject, Device | Chip]:
    """The subject with frequency and strength of every tone written out, so that each is a number; and what it is."""
    built = subject.build()
    require(isinstance(built, Device | Chip) and not subject.dimensionless, "A table of tones must be of a device",
            subject.name, "Name a device file.")  # fmt: skip
    assert isinstance(built, Device | Chip)
    nodes = [built] if isinstance(built, Device) else built.nodes
    says = all(node.instruments for node in nodes)
    require(says, "The platform must say what is set at the instruments", nodes[0].platform, "It does not.")
    return replace(subject, table=left_alone(subject.spec(), built, []), pumps=RETUNED), built


def _measures(subject: Subject, chosen: Requested) -> dict[str, tuple[str, ...]]:
    """What is lost, with the nodes it belongs to: P(n0) of every node, S at the weaker resonance of every link."""
    if not subject.is_chip:
        return {"P": (), "S_resonance": ()}
    evaluation = evaluation_of(subject, {}, chosen)
    assert isinstance(evaluation, ChipEvaluation)
    links = [link.between for link in evaluation.analysis.links]
    return {f"P[{n}]": (n,) for n in subject.nodes} | {f"S_resonance[{a}-{b}]": (a, b) for a, b in links}


def _values(subject: Subject, chosen: Requested, names: Sequence[str], values: Mapping[str, float]) -> Floats:
    """Measures with some numbers set; NaN for what gives no device or has no certified steady state."""
    rows = evaluate(subject, chosen, names, [1] * len(names), tuple(values), (tuple(values.values()),))
    converged = rows["status"][0] == PointStatus.CONVERGED
    return np.asarray(rows["values"][0] if converged else np.full(len(names), math.nan))


def _row(
    subject: Subject, chosen: Requested, nodes: Mapping[str, Device], node: str, tone: Instrument,
    nominal: Mapping[str, float], share: float, attenuation: float | None,
) -> ToneRow:  # fmt: skip
    at = f"$.node.{node}.{tone.section}" if node else f"$.{tone.section}"
    ladder = nodes[node].complete.ladder.transition_frequencies
    lower = int(np.argmin(np.abs(ladder - abs(tone.detuning))))
    there = dict(leaves(subject.table))
    known = {key: there[f"{at}.{key}"] for key in ("detuning", *STRENGTHS) if f"{at}.{key}" in there}
    strength = next(key for key in STRENGTHS if key in known)
    power = 2.0 if subject.field(f"{at}.{strength}").reads.kind is FREQUENCY else 1.0

    def found(key: str, move: Callable[[float, Quantity], float], first: float, last: float, sign: int) -> Drift | None:
        def lost(distance: float) -> Floats:
            moved = {f"{at}.{key}": move(sign * distance, known[key])}
            left = _values(subject, chosen, [*nominal], moved) / np.array([*nominal.values()])
            return np.asarray(left - (1 - share))

        return _drift(cache(lost), dict.fromkeys(nominal, share), first, last) if nominal else None

    frequency = partial(found, "detuning", _shifted, NEAREST * tone.linewidth, FARTHEST_FREQUENCY * tone.linewidth)
    strengthened = partial(found, strength, partial(_scaled, power), 4 * NEAREST, FARTHEST_POWER)
    below, above = (_in_hertz(frequency(sign)) for sign in (-1, 1))
    return ToneRow(
        node=node,
        instrument=tone,
        levels=(lower + 1, lower) if tone.detuning < 0 else (lower, lower + 1),
        spacing=float(ladder[lower]),
        attenuation=attenuation,
        phase="any",
        frequency_below=below,
        frequency_above=above,
        power_below=strengthened(-1),
        power_above=strengthened(1),
        own=_nearest(tone, tone.avoid),
        others=_nearest(tone, _of_others(nodes, node)) if len(nodes) > 1 else None,
    )


STRENGTHS = ("pump_power", "photon_number", "coupling", "rabi_frequency")
"""Keys of a file that say how strong a tone is, as pumps that are left have them; a frequency is an amplitude."""


def _shifted(distance: float, number: Quantity) -> float:
    return number.value + distance


def _scaled(power: float, decibel: float, number: Quantity) -> float:
    return number.value * 10 ** (decibel / 10 / power)


def _in_hertz(drift: Drift | None) -> Drift | None:
    return drift and replace(drift, distance=float(to_hertz(drift.distance)), error=float(to_hertz(drift.error)))


def _drift(lost: Callable[[float], Floats], at_rest: Mapping[str, float], first: float, last: float) -> Drift:
    """Smallest distance at which one of several quantities crosses zero, looked for from `first` to `last`.

    `at_rest` are their values at distance zero, by name.
    """
    names = [*at_rest]
    before, at, kept = 0.0, first, np.array([*at_rest.values()])
    while True:
        here = min(at, last)
        values = lost(here)
        nothing = Drift(quantity="", distance=before, error=math.nan, reason="beyond it nothing could be solved")
        if np.isnan(values).any():
            return nothing
        if (values < 0).any():
            first_found: tuple[float, float, int] | None = None
            try:
                for k in np.flatnonzero(values < 0).tolist():
                    if first_found is None or lost(first_found[0])[k] < 0:  # else it crosses later
                        first_found = _crossing(lost, k, before, here, kept[k], values[k])
            except ValueError:  # NaN on the way
                return nothing
            assert first_found is not None
            distance, error, k = first_found
            return Drift(quantity=names[k], distance=distance, error=error)
        if here >= last:
            return Drift(quantity="", distance=math.inf, error=math.nan)
        before, at, kept = here, at * GROWTH, values


def _crossing(
    lost: Callable[[float], Floats], k: int, low: float, high: float, at_low: float, at_high: float
) -> tuple[float, float, int]:
    """Where a quantity crosses zero, and the error: of the search, and of the quantity over its slope."""
    from scipy.optimize import brentq

    known = {low: at_low, high: at_high}

    def value(x: float) -> float:
        return float(known[x] if x in known else lost(x)[k])

    tolerance = ACCURACY_OF_LIMIT * high
    root = float(brentq(value, low, high, xtol=tolerance / 2, rtol=1e-12))
    slope = abs(at_high - at_low) / (high - low)
    return root, max(tolerance, ACCURACY / slope), k


def _of_others(nodes: Mapping[str, Device], node: str) -> dict[str, float]:
    """What a tone can meet at other nodes: their transitions, and their modes."""
    found: dict[str, float] = {}
    for other, device in nodes.items():
        for tone in device.instruments if other != node else ():
            found |= {f"{name} of {other}": frequency for name, frequency in tone.avoid.items()}
            if tone.mode_frequency is not None:
                found[f"the {tone.mode} of {other}"] = tone.mode_frequency
    return found


def _nearest(tone: Instrument, avoid: Mapping[str, float]) -> Clearance | None:
    if tone.frequency is None or not avoid:
        return None
    distances = {name: abs(frequency - tone.frequency) for name, frequency in avoid.items()}
    name = min(distances, key=lambda one: distances[one])
    return Clearance(name=name, distance=distances[name])


def _attenuations(given: Any, nodes: Mapping[str, Device]) -> dict[tuple[str, str], float | None]:
    """Attenuation in dB of every tone."""
    tones = [(node, tone.section) for node, device in nodes.items() for tone in device.instruments]
    if not isinstance(given, Mapping):
        return dict.fromkeys(tones, None if given is None else _decibel(given))
    known = {name for node, section in tones for name in _names(node, section) if name}
    unknown = sorted(set(given) - known - {""})
    must = f"An attenuation must be of a tone, one of {', '.join(sorted(known))}"
    require(not unknown, must, ", ".join(unknown), "Correct the name.")
    return {tone: next((_decibel(given[name]) for name in _names(*tone) if name in given), None) for tone in tones}


def _names(node: str, section: str) -> Iterator[str]:
    if node:
        yield f"{node}.{section}"
    yield section
    yield ""  # of all that have none of their own


def _decibel(given: str | float) -> float:
    matched = _DECIBEL.fullmatch(str(given))
    must, hint = "An attenuation must be a number of dB, zero or more", 'Write "60 dB".'
    value = float(matched[1]) if matched else math.nan
    require(value >= 0 and math.isfinite(value), must, repr(given), hint)
    return value
