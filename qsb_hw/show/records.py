"""Records of a detector beside the state they are taken of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from qsb_hw.model.device import Device
from qsb_hw.questions.heterodyne import FILTER_TIMES, HeterodyneRecord
from qsb_hw.questions.records import Readout
from qsb_hw.questions.slips import CONFIDENCE, DIFFERENT, FREE, GAUSSIAN, SINGLE, PhaseSlips
from qsb_hw.questions.tomography import SynchronizationRecord
from qsb_hw.show.chip import chip_heading
from qsb_hw.show.detail import Detail, Notes
from qsb_hw.show.device import heading
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import (
    BAD,
    answer,
    label,
    lines,
    skipped,
    stacked,
    table,
    until_verbose,
    value,
    verbose,
)
from qsb_hw.show.text import NONE, count, ket, number, percent, plus_minus, quantity, rounded
from qsb_hw.units import to_hertz

MOST_ROWS, FEW_ROWS = 25, 6
"""Joint levels that a table shows at most, and in ordinary output: the most populated ones."""
FILTERS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Other bandwidths over the one in force that a table shows."""


def _bare(x: float) -> str:
    return number(x, 3)


READOUT = Section(
    Field("shots", "preparations and readouts"),
    Field("counts", "how often every outcome came, one axis for each oscillator"),
    Field("estimate", "populations with the readout errors taken out; unbiased, so that they may be negative"),
    Field("error", "standard error of `estimate`"),
    Field("uncorrected", "share of the shots"),
    Field("readout_bias", "by which `uncorrected` would be off after infinitely many shots"),
    Field("populations", "joint populations of the state"),
)  # fmt: skip
SYNCHRONIZATION_READ = Section(
    Field("protocol", "joint tomography or phase readout"),
    Field("shots", "in one record"),
    Field("S_state", "of the state, all levels and harmonics"),
    Field("S_levels", "of the levels read out and the harmonics used: what the records estimate", "stated.signal"),
    Field("S", "of the first record, every shot at the phase that all others find"),
    Field("standard_error", "of `S`, as the record gives it"),
    Field("naive", "maximum of that record's distribution, 2π max P − 1, biased upwards"),
    Field("expected_bias", "−b/2N of `S`; the maximum has the opposite one"),
    Field("expected_error", "scatter of `S` over records"),
    Field("experiments", "records", lambda r: len(r.estimates)),
    Field("detected", "share of the records in which S lies `sigmas` standard errors above zero"),
    Field("sigmas", "standard errors that count as detected", "stated.sigmas"),
    Field("repetitions", "number of shots stated for that", "stated.repetitions"),
)  # fmt: skip
HETERODYNE = Section(
    Field("frequency", "ω of the detection, in the unit of the rates (rad/s of devices)"),
    Field("bandwidth", "B of the filter, half width at half maximum, likewise"),
    Field("efficiency", "share of the output that is detected"),
    Field("added_noise", "quanta added by each amplifier"),
    Field("duration", "of one record, in the inverse unit of the rates"),
    Field("trajectories", "records"),
    Field("S_state", "of the state with its outputs"),
    Field("S_undisturbed", "of the state without outputs that were added"),
    Field("S", "of the record's relative phase, every record at the phase that all others find"),
    Field("standard_error", "of `S`"),
    Field("S_naive", "maximum of the distribution over all records, biased upwards"),
    Field("S_gaussian", "of two Gaussian amplitudes of that visibility"),
    Field("visibility", "|E A₁*A₂| over √(E|A₁|² E|A₂|²), by the regression theorem"),
    Field("passed", "share of the outputs' correlation that the filter passes",
          lambda r: float(r.passed([r.bandwidth])[0])),
    Field("detection_time", "time of records after which S lies five standard errors above zero; null where two "
          "of them are more than S of these records"),
    Field("deviation", "standard errors by which the mean over records differs from the state, the largest"),
)  # fmt: skip
PHASE_LINE = Section(
    Field("decay", "Γ, mean by weight over the modes of the line"),
    Field("turn", "Ω, dφ/dt, likewise"),
    Field("weight", "share of the fluctuations of ⟨a₁†a₂⟩ along trajectories"),
    Field("weight_error", "of that"),
    Field("modes", "eigenvalues of L", lambda x: [[z.real, z.imag] for z in x.modes]),
)
SLIPS = Section(
    Field("S", "of the steady state"),
    Field("lines", "of the relative phase, the strongest first", each=PHASE_LINE),
    Field("single", f"whether one of them carries {percent(SINGLE)} or more", lambda r: r.line is not None),
    Field("decay", "Γ, mean by weight over all modes, in the unit of the rates"),
    Field("turn", "Ω, dφ/dt, likewise"),
    Field("turn_error", "of that"),
    Field("mean_over_spread", "|m|²/σ² of ⟨a₁†a₂⟩ = m + ζ along trajectories, σ² = E|ζ|²",
          lambda r: abs(r.mean) ** 2 / r.variance),
    Field("kurtosis", "E|ζ|⁴/σ⁴; 2 of Gaussian noise"),
    Field("turns", "turns in unit time by the spectrum of L, forward less backward: Ω/2π exp(−|m|²/σ²)"),
    Field("turns_error", "of that"),
    Field("expected_rate", "slips of Gaussian noise of that spectrum and mean"),
    Field("expected_error", "of that"),
    Field("count", "slips counted"),
    Field("observed", "time of all trajectories together"),
    Field("rate", "slips counted over that time; null for too few"),
    Field("rate_error", "of that: scatter of trajectories, Poisson error at least, and half as many samples"),
    Field("net_rate", "forward less backward, likewise"),
    Field("net_error", "of that"),
    Field("upper_limit", f"rate not exceeded with {percent(CONFIDENCE)} confidence"),
    Field("differs", f"whether count and spectrum differ by more than {DIFFERENT:g} standard errors"),
    Field("separation", "Γ over the slip rate, at least"),
    Field("separated", "whether slips are events of their own"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """How rates and times of a record are written: in SI where it is of devices."""

    bandwidth: str
    angular: Callable[[float], str]
    rate: Callable[[float], str]
    time: Callable[[float], str]


BARE = Units(bandwidth="bandwidth B", angular=_bare, rate=_bare, time=_bare)
"""Of a network, in the unit of its rates."""
OF_DEVICES = Units(
    bandwidth="bandwidth B/2π", angular=lambda x: quantity(float(to_hertz(x)), "Hz", 3),
    rate=lambda x: quantity(x, "1/s", 3), time=lambda x: quantity(x, "s", 3),
)  # fmt: skip

POINT = Section(
    Field("where", "blockade point or resonance"),
    Field("status", '"converged" if every record is to be relied on'),
    Field("message", "why not; empty where they are"),
    Field("detuning_hz", "Δ/2π"),
    Field("readout", "levels of both read at once, in the complete pair", inside=READOUT),
    Field("synchronization", "S from as many shots, in the complete pair", inside=SYNCHRONIZATION_READ),
    Field("heterodyne", "of the eliminated pair with outputs added; null where left out or not collected",
          inside=HETERODYNE),
    Field("slips", "of the relative phase of the eliminated pair; null where not asked for", inside=SLIPS),
)  # fmt: skip
RECORDED = Section(
    Field("names", "of the two devices"),
    Field("coupling_hz", "V/2π"),
    Field("points", "at the blockade point and at the first resonance", each=POINT),
    Field("skipped", "what was not computed, and why"),
)
CHIP_RECORDED = Section(Field("links", "one of every kind of links, in the order of the chip", each=RECORDED))


def records_view(found: Any) -> RenderableType:
    """What ``qsb-hw record`` prints."""
    shown: list[RenderableType] = []
    for one in found["points"]:
        at = f", {one.where}"
        shown += [readout_tables(one.readout, at), synchronization_tables(one.synchronization, at)]
        shown += [] if one.heterodyne is None else [heterodyne_tables(one.heterodyne, at, OF_DEVICES)]
        shown += [] if one.slips is None else [slip_tables(one.slips, at, OF_DEVICES)]
    subject = found["device"]
    said = [*_seen(found)] if found["points"] else ["Not known: nothing was recorded."]
    head = heading(subject) if isinstance(subject, Device) else chip_heading(subject)
    return stacked(
        head, answer("What do detectors show?", Notes(tuple(said)), *(Text(text, BAD) for text in _unsure(found))),
        skipped(found["skipped"]), *shown)  # fmt: skip


def chip_records_view(links: Any) -> RenderableType:
    """What is recorded of one link after the other."""
    return stacked(*(records_view(link) for link in links["links"]))


def _seen(found: Any) -> Iterator[str]:
    """S of every record beside that of the state, at every place."""
    one, other = found["names"]
    V, names = RECORDED["coupling_hz"].text(found), f"{one} and {'its twin' if one == other else other}"
    yield f"{names}, V/2π = {V}."
    for one in found["points"]:
        where, at = POINT.text(one, "where", "detuning_hz")
        of = one.synchronization
        said = (
            f"At the {where}, Δ/2π = {at}: S = {plus_minus(of.S, of.standard_error)} from {of.shots} shots; of the "
            f"state {number(of.S_state, 3)}"
        )
        if one.heterodyne is not None:
            said += f"; S of the outputs' phase {plus_minus(one.heterodyne.S, one.heterodyne.standard_error)}"
        if one.slips is not None and one.slips.ok:
            said += f"; {OF_DEVICES.rate(one.slips.rate)} phase slips"
        yield f"{said}."


def _unsure(found: Any) -> list[str]:
    """Records that are not to be relied on, and why."""
    return [f"Not converged, {one.where}: {one.message}" for one in found["points"] if not one.ok]


def readout_tables(record: Readout, at: str = "") -> RenderableType:
    """Populations of the record beside those of the state."""
    worst = max((1 - float(np.diag(c).min()) for c in record.confusion), default=0.0)
    rows = table(
        f"Populations from {record.shots} shots{at}", label("level"), value("shots"),
        *([value("uncorrected")] if worst else []), value("estimate"), value("±"), value("state"), value("off by"),
    )  # fmt: skip
    places = list(product(*map(range, record.counts.shape)))
    ordered = sorted(places, key=lambda k: -record.populations[k])
    shown, first = sorted(ordered[:MOST_ROWS]), set(ordered[:FEW_ROWS])
    estimate, error = record.estimate, record.error
    for k in shown:
        off = (estimate[k] - record.populations[k]) / error[k]
        corrected = [record.uncorrected[k]] if worst else []
        numbers = (*corrected, estimate[k], error[k], record.populations[k])
        rows.of_rows[len(rows.rows)] = Detail.BRIEF if k in first else Detail.VERBOSE
        rows.add_row(
            ket(*k), str(int(record.counts[k])), *(f"{x:.4f}" for x in numbers), f"{off:+.1f} σ".replace("-", "−")
        )
    bias = float(np.abs(record.readout_bias).max())
    few, all_shown = len(places) - len(first), len(places) - len(shown)
    return stacked(
        rows,
        until_verbose(lines([f"{few} less populated rows are left out."])) if few else None,
        verbose(lines([f"{all_shown} less populated rows are left out."])) if all_shown else None,
        lines([
            f"Readout error up to {number(worst, 2)}; uncorrected, populations would stay off by up to "
            f"{number(bias, 2)}." if worst else "Read out without error."
        ]),
    )  # fmt: skip


def synchronization_tables(record: SynchronizationRecord, at: str = "") -> RenderableType:
    """S of the state, of what is read out, and of records, with the bias of either estimate."""
    title = f"S by {record.protocol}, {record.shots} shots{at}"
    rows = table(title, label("what"), value("S"), value("±"), value("expected bias"))
    known = abs(record.expected_bias) < record.stated.signal
    bias = record.expected_bias if known else math.nan
    rows.add_row("of the state", number(record.S_state), NONE, NONE)
    rows.add_row("of the levels and harmonics read out", number(record.stated.signal), NONE, NONE)
    error = record.standard_error
    rows.add_row("one record, each shot at the others' phase", *rounded(record.S, error), number(bias, 2))
    rows.add_row("the same record, maximum of P", *rounded(record.naive, error), number(-bias, 2))
    said = [f"Harmonics used: {record.stated.harmonics}. The bias falls as 1/N, the error as 1/√N."]
    said += [] if known else ["The bias is not known where it is not small against S: take more shots."]
    if len(record.estimates) > 1:
        records = len(record.estimates)
        for name, (mean, error), expected in (
            (f"mean of {records} records", record.mean, bias), ("mean of their maxima", record.mean_naive, -bias),
        ):  # fmt: skip
            rows.add_row(name, *rounded(mean, error), number(expected, 2))
        said.append(
            f"{percent(record.detected)} of {records} records lie {record.stated.sigmas:g} standard errors above zero."
        )
    wanted = record.stated.repetitions
    said.append(
        f"With {count(wanted)} shots S lies {record.stated.sigmas:g} standard errors above zero in "
        f"{percent(record.stated.rate)} of all experiments."
        if math.isfinite(wanted) else "No number of shots shows it: there is no signal."
    )  # fmt: skip
    return stacked(rows, lines(said))


def heterodyne_tables(record: HeterodyneRecord, at: str = "", units: Units = BARE) -> RenderableType:
    """S of the record beside S of the state, and what filters pass."""
    rows = table(f"Relative phase from heterodyne records{at}", label("what"), value("S"), value("±"))
    if record.S_undisturbed != record.S_state:
        rows.add_row("of the state without its outputs", number(record.S_undisturbed), NONE)
    rows.add_row("of the state", number(record.S_state), NONE)
    rows.add_row("of the record, each run at the others' phase", *rounded(record.S, record.standard_error))
    rows.add_row("maximum of the record's distribution", *rounded(record.S_naive, record.standard_error))
    rows.add_row("Gaussian amplitudes of that visibility", number(record.S_gaussian), NONE)
    found = table(
        f"Filters{at}", value(units.bandwidth), value("correlation, 1 unfiltered"), value("visibility"),
        detail=Detail.VERBOSE,
    )  # fmt: skip
    bands = record.bandwidth * np.array(FILTERS)
    for one, share, seen in zip(bands, record.passed(bands), record.visibilities(bands), strict=True):
        found.add_row(units.angular(float(one)), number(float(share), 3), number(float(seen), 3))
    correlation, expected = record.correlation, record.expected_correlation
    off = abs(correlation - expected) / record.correlation_error
    band = units.angular(record.bandwidth)
    return stacked(rows, found, lines((
        f"{record.trajectories} records of {units.time(record.duration)}, {units.bandwidth} = {band}, efficiency "
        f"{percent(record.efficiency)}; {FILTER_TIMES:g}/B before each are discarded.",
        f"Correlation E A₁*A₂ of the filtered outputs: {number(off, 2)} standard errors from that of the state.",
        "S of a record is no estimate of S of the state: noise lowers it, and a narrow filter at the common line "
        "raises it, since the uncorrelated lines are filtered away.",
        f"Five standard errors take {units.time(record.detection_time)} of records in all."
        if math.isfinite(record.detection_time) else
        "These records are too few to say how long five standard errors take: S lies less than two above zero.",
    )))  # fmt: skip


def slip_tables(found: PhaseSlips, at: str = "", units: Units = BARE) -> RenderableType:
    """The two ways to the rate of slips, side by side, and the lines of the phase."""
    rows = table(
        f"Slips of the relative phase by 2π{at}", label("from"), value("slips per time"), value("±"),
        value("turns per time"), value("±"),
    )  # fmt: skip
    rate, turns = units.rate, 2 * math.pi
    rows.add_row("spectrum of L, Gaussian noise", rate(found.expected_rate), rate(found.expected_error),
                 rate(found.turns), rate(found.turns_error))  # fmt: skip
    if found.ok:
        rows.add_row(f"trajectories, {found.count} slips", rate(found.rate), rate(found.rate_error),
                     rate(found.net_rate), rate(found.net_error))  # fmt: skip
    else:
        rows.add_row(f"trajectories, {found.count} slips", f"< {rate(found.upper_limit)}", NONE, NONE, NONE)
    carried = table(f"Lines of the relative phase{at}", value("decay Γ"), value("turn Ω/2π"), value("weight"),
                    value("±"), value("modes"))  # fmt: skip
    for line in found.lines:
        carried.add_row(rate(line.decay), rate(line.turn / turns), percent(line.weight), percent(line.weight_error, 2),
                        str(len(line.modes)))  # fmt: skip
    return stacked(rows, carried, lines((_carried(found), _compared(found), *([] if found.ok else [found.message]))))


def _carried(found: PhaseSlips) -> str:
    """Whether one line carries the phase, and whether a slip is an event."""
    least = "" if found.ok else "at least "
    single = (
        f"One line carries {percent(found.line.weight)} of the fluctuations of ⟨a₁†a₂⟩."
        if found.line is not None
        else f"No single line carries {percent(SINGLE)} of the fluctuations of ⟨a₁†a₂⟩: the phase has no one rate."
    )
    event = (
        "slips are events of their own, the phase is locked in between"
        if found.separated
        else "a slip is no event of its own, the count says how often the phase goes round"
        if found.ok
        else "too few slips to tell whether they are events of their own"
    )
    return (
        f"{single} Γ over the slip rate: {least}{number(found.separation, 3)}, {FREE:.3g} where the phase diffuses "
        f"freely: {event}. S = {number(found.S, 3)}."
    )


def _compared(found: PhaseSlips) -> str:
    """Whether spectrum and count agree, and what it means if not."""
    said = (
        f"Count and spectrum differ by more than {DIFFERENT:g} standard errors: more than the spectrum decides."
        if found.differs
        else f"Count and spectrum agree within {DIFFERENT:g} standard errors."
    )
    kurtosis = number(found.kurtosis, 3)
    return f"{said} The fourth moment of ⟨a₁†a₂⟩ over σ⁴ is {kurtosis}, {GAUSSIAN:g} where it is Gaussian noise."
